package postgres_test

import (
	"log/slog"
	"strings"
	"testing"

	"bourg/internal/postgres"
	"bourg/internal/postgres/testdb"

	"github.com/jackc/pgx/v5"
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
