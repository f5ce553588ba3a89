package postgres_test

import (
	"errors"
	"io/fs"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"bourg/internal/postgres"
	"bourg/internal/postgres/testdb"
	"bourg/migrations"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

func testURL(t testing.TB) string {
	t.Helper()
	return testdb.URL(t)
}

// emptyDatabase returns the URL of a database without the schema.
func emptyDatabase(t *testing.T) string {
	t.Helper()
	admin := testURL(t)
	conn, err := pgx.Connect(t.Context(), admin)
	if err != nil {
		t.Fatal(err)
	}
	name := "empty_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	if _, err := conn.Exec(t.Context(), `CREATE DATABASE `+name+` TEMPLATE template0`); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := conn.Exec(t.Context(), `DROP DATABASE `+name+` WITH (FORCE)`); err != nil && t.Context().Err() == nil {
			t.Error(err)
		}
	})
	u, err := url.Parse(admin)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

func schemaOf(t *testing.T, databaseURL string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	rows, _ := conn.Query(t.Context(), `
		SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable FROM information_schema.columns
		 WHERE table_schema = 'public' ORDER BY 1`)
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(list, "\n")
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	quiet := slog.New(slog.DiscardHandler)
	t.Run("from nothing, and again", func(t *testing.T) {
		t.Parallel()
		databaseURL := emptyDatabase(t)
		if err := postgres.Migrate(t.Context(), databaseURL, quiet); err != nil {
			t.Fatal(err)
		}
		first := schemaOf(t, databaseURL)
		if !strings.Contains(first, "posts.once uuid") || !strings.Contains(first, "river_job.") {
			t.Errorf("schema: got %s, want the town's and the job queue's tables", first)
		}
		var log strings.Builder
		if err := postgres.Migrate(t.Context(), databaseURL, slog.New(slog.NewTextHandler(&log, nil))); err != nil {
			t.Errorf("second run: %v", err)
		}
		if got := schemaOf(t, databaseURL); got != first || strings.Contains(log.String(), "migrated file") {
			t.Errorf("second run: it migrated again: %s", log.String())
		}
	})
	t.Run("several at once", func(t *testing.T) {
		t.Parallel()
		databaseURL := emptyDatabase(t)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if err := postgres.Migrate(t.Context(), databaseURL, quiet); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	})
	for name, sql := range map[string]string{ // M7
		"newer schema":          `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)`,
		"newer job queue":       `INSERT INTO river_migration (line, version) VALUES ('main', 9999)`,
		"newer schema and data": `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9998, true), (9999, true)`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			databaseURL := testURL(t)
			conn, err := pgx.Connect(t.Context(), databaseURL)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close(t.Context())
			if _, err := conn.Exec(t.Context(), sql); err != nil {
				t.Fatal(err)
			}
			err = postgres.Migrate(t.Context(), databaseURL, quiet)
			if !errors.Is(err, postgres.ErrNewerSchema) || !strings.Contains(err.Error(), "9999") {
				t.Errorf("got %v, want ErrNewerSchema with the number", err)
			}
		})
	}
}

// Each file has a number of its own: two branches that both added "the next" would be seen here. A number
// that a branch has taken may still be missing.
func TestMigrationsAreNumbered(t *testing.T) {
	t.Parallel()
	files, err := fs.Glob(migrations.FS, "*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("got %d files, error %v", len(files), err)
	}
	before := 0
	for _, file := range files {
		number, name, _ := strings.Cut(file, "_")
		n, err := strconv.Atoi(number)
		if err != nil || n <= before || len(number) != 4 || name == "" {
			t.Errorf("got %s, want %s with a number above %d", file, "0000_name.sql", before)
		}
		before = n
	}
}
