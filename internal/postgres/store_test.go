package postgres_test

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"bourg/internal/postgres"
	"bourg/internal/postgres/testdb"
	"bourg/internal/town"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// The connections of a store end what takes too long, and it warns where a power cut loses data.
func TestOpen(t *testing.T) {
	t.Parallel()
	databaseURL := testURL(t)
	conn, err := pgx.Connect(t.Context(), databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var log strings.Builder
	s, err := postgres.Open(t.Context(), databaseURL, postgres.Options{Log: slog.New(slog.NewTextHandler(&log, nil)), Addresses: open(t).addresses})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for name, want := range map[string]string{
		"statement_timeout": "10s", "lock_timeout": "5s", "idle_in_transaction_session_timeout": "30s", "timezone": "UTC",
	} {
		var got string
		if err := s.Pool().QueryRow(t.Context(), `SELECT current_setting($1)`, name).Scan(&got); err != nil || got != want {
			t.Errorf("%s: got %q, error %v, want %q", name, got, err, want)
		}
	}
	for _, name := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
		var value string
		if err := s.Pool().QueryRow(t.Context(), `SELECT current_setting($1)`, name).Scan(&value); err != nil {
			t.Fatal(err)
		}
		if warned := strings.Contains(log.String(), "setting="+name); warned != (value == "off") {
			t.Errorf("%s is %s: got a warning %v", name, value, warned)
		}
	}
	if err := s.Ready(t.Context()); err != nil {
		t.Errorf("ready: %v", err)
	}
}

func TestOpenFails(t *testing.T) {
	t.Parallel()
	good := postgres.Options{Addresses: open(t).addresses}
	for _, c := range []struct {
		databaseURL string
		options     postgres.Options
		want        string
	}{
		{"postgres://nobody@/none?host=" + t.TempDir(), good, "reach database: "},
		{"port=x", good, "read database URL: "},
		{testURL(t), postgres.Options{}, "address is missing"},
	} {
		s, err := postgres.Open(t.Context(), c.databaseURL, c.options)
		if err == nil {
			s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.databaseURL, err, c.want)
		}
	}
}

// K7: what lost against another transaction is tried again, three times at most; anything else is not.
func TestRetry(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code  string
		fails int // how often
		tries int
		err   bool
	}{
		{"40P01", 1, 2, false}, {"40001", 3, 4, false}, {"40001", 9, 4, true}, {"23514", 9, 1, true}, {"", 0, 1, false},
	} {
		tries := 0
		err := postgres.Retry(t.Context(), func() error {
			if tries++; tries <= c.fails {
				return fmt.Errorf("statement: %w", &pgconn.PgError{Code: c.code})
			}
			return nil
		})
		if tries != c.tries || (err != nil) != c.err {
			t.Errorf("%s %d times: got %d tries and %v, want %d tries and an error %v", c.code, c.fails, tries, err, c.tries, c.err)
		}
	}
}

// Two transactions that lock each other's rows both succeed in the end.
func TestDeadlock(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	a, b := f.post(m, "Du pain"), f.post(m, "Du vin")
	var wg sync.WaitGroup
	for _, order := range [][2]*town.Post{{a, b}, {b, a}} {
		wg.Go(func() {
			for range 10 {
				err := f.InTx(t.Context(), func(tx pgx.Tx) error {
					for _, p := range order {
						if _, err := tx.Exec(t.Context(), `SELECT FROM posts WHERE id = $1 FOR UPDATE`, p.ID); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func TestNewFromPool(t *testing.T) {
	t.Parallel()
	s, err := postgres.NewFromPool(testdb.New(t), postgres.Options{Addresses: open(t).addresses})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Ready(t.Context()); err != nil {
		t.Error(err)
	}
}
