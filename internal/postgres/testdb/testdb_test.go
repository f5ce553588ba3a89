package testdb_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"bourg/internal/postgres/testdb"
)

// childVariable makes this test binary a process that uses one database, says
// which server it is on, and ends.
const childVariable = "TESTDB_TEST_CHILD"

func TestDatabasesAreApart(t *testing.T) {
	t.Parallel()
	first, second := testdb.New(t), testdb.New(t)
	if _, err := first.Exec(t.Context(), `create table only_here ()`); err != nil {
		t.Fatal(err)
	}
	var there bool
	if err := second.QueryRow(t.Context(), `select to_regclass('only_here') is not null`).Scan(&there); err != nil {
		t.Fatal(err)
	}
	if there {
		t.Error("a table of one test's database is in another's, want them apart")
	}
}

func TestSchemaIsInPlace(t *testing.T) {
	t.Parallel()
	const count = `select count(*) from information_schema.tables where table_schema = 'public'`
	var with, without int
	if err := testdb.New(t).QueryRow(t.Context(), count).Scan(&with); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), testdb.Empty(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if err := conn.QueryRow(t.Context(), count).Scan(&without); err != nil {
		t.Fatal(err)
	}
	if with == 0 || without != 0 {
		t.Errorf("tables: got %d with the schema and %d without, want some and none", with, without)
	}
}

func TestDatabaseIsDropped(t *testing.T) {
	t.Parallel()
	var name string
	t.Run("inner", func(t *testing.T) {
		pool := testdb.New(t)
		if err := pool.QueryRow(t.Context(), `select current_database()`).Scan(&name); err != nil {
			t.Fatal(err)
		}
	})
	var there bool
	err := testdb.New(t).QueryRow(t.Context(), `select exists (select from pg_database where datname = $1)`, name).Scan(&there)
	if err != nil {
		t.Fatal(err)
	}
	if there {
		t.Errorf("database %s is there after its test, want it dropped", name)
	}
}

// TestProcessesShare starts several test processes at once, as `go test ./...`
// does, and looks that they meet on one server.
func TestProcessesShare(t *testing.T) {
	t.Parallel()
	const processes = 4
	answers := make([]string, processes)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChild$", "-test.v")
			cmd.Env = append(os.Environ(), childVariable+"=1")
			output, err := cmd.CombinedOutput()
			if err != nil {
				t.Errorf("process %d: %v\n%s", i, err, output)
			}
			_, rest, _ := strings.Cut(string(output), "server=")
			answers[i], _, _ = strings.Cut(rest, "\n")
		})
	}
	wg.Wait()
	want := startOfServer(t)
	for i, got := range answers {
		if got != want {
			t.Errorf("process %d: got a server started at %q, want %q", i, got, want)
		}
	}
}

// TestChild is the part of TestProcessesShare that runs in other processes.
func TestChild(t *testing.T) {
	started := startOfServer(t)
	if os.Getenv(childVariable) != "" {
		fmt.Printf("server=%s\n", started)
	}
}

func startOfServer(t *testing.T) string {
	t.Helper()
	var started string
	if err := testdb.New(t).QueryRow(t.Context(), `select pg_postmaster_start_time()::text`).Scan(&started); err != nil {
		t.Fatal(err)
	}
	return started
}
