// Package testdb gives each test a PostgreSQL database of its own, with the
// schema in place.
//
// The server is the one that BOURG_TEST_DATABASE_URL names (its role needs
// CREATEDB), else a private one that all test processes of a user share: see
// keeper.go. The schema is migrated once into a template database, and a
// test's database is a copy of that. Where there is no PostgreSQL, tests fail:
// none of them is worth running without.
package testdb

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"bourg/internal/postgres"
	"bourg/migrations"
)

const (
	// urlVariable names a server to use instead of the private one.
	urlVariable = "BOURG_TEST_DATABASE_URL"

	// poolSize keeps many packages' tests together below max_connections.
	poolSize = 4

	// templateLock is the advisory lock under which the template is made.
	templateLock = 0x7465737464620001 // "testdb", 1

	// longestClose is how long a pool waits for connections that a test
	// forgot to give back.
	longestClose = 20 * time.Second
)

// New returns a pool of at most four connections to a database of the test's
// own, which has the schema and is otherwise empty. Both are gone after the
// test.
func New(t testing.TB) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(URL(t))
	if err != nil {
		t.Fatalf("testdb: read the database's URL: %v", err)
	}
	config.MaxConns = poolSize
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatalf("testdb: open a pool: %v", err)
	}
	t.Cleanup(func() {
		closed := make(chan struct{})
		go func() {
			defer close(closed)
			pool.Close()
		}()
		select {
		case <-closed:
		case <-time.After(longestClose):
			t.Errorf("testdb: the test kept %d connections, want all of them given back", pool.Stat().AcquiredConns())
		}
	})
	return pool
}

// URL returns the URL of a database of the test's own, for a program that
// connects by itself. The database is gone after the test.
func URL(t testing.TB) string {
	t.Helper()
	template, err := prepared()
	if err != nil {
		t.Fatalf("testdb: %v", err)
	}
	return create(t, ` template `+pgx.Identifier{template.name}.Sanitize(), template.server)
}

// Empty returns the URL of a database of the test's own without any schema.
func Empty(t testing.TB) string {
	t.Helper()
	server, err := server()
	if err != nil {
		t.Fatalf("testdb: %v", err)
	}
	return create(t, "", server)
}

// create makes a database for a test and drops it afterwards.
func create(t testing.TB, options, server string) string {
	t.Helper()
	name := strings.ToLower("test_" + rand.Text()[:16])
	quoted := pgx.Identifier{name}.Sanitize()
	if err := execute(t.Context(), server, `create database `+quoted+options); err != nil {
		t.Fatalf("testdb: %v", err)
	}
	t.Cleanup(func() {
		// The test's own context has ended by now.
		if err := drop(context.WithoutCancel(t.Context()), server, quoted); err != nil {
			t.Errorf("testdb: %v", err)
		}
	})
	dsn, err := withDatabase(server, name)
	if err != nil {
		t.Fatalf("testdb: %v", err)
	}
	return dsn
}

// drop removes a database and ends the sessions in it. An autovacuum worker may not be ended by
// the tests' role (42501): it leaves by itself, and is waited for.
func drop(ctx context.Context, server, quoted string) error {
	for try := 0; ; try++ {
		err := execute(ctx, server, `drop database if exists `+quoted+` with (force)`)
		var refused *pgconn.PgError
		if err == nil || try == 100 || !errors.As(err, &refused) || refused.Code != "42501" {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// server returns the URL of a database on the server for this process, once.
var server = sync.OnceValues(func() (string, error) {
	if named := os.Getenv(urlVariable); named != "" {
		return named, nil
	}
	return join(context.Background())
})

// template is the database that tests' databases are copies of.
type template struct{ server, name string }

// prepared returns the template for this process, once.
var prepared = sync.OnceValues(func() (template, error) {
	server, err := server()
	if err != nil {
		return template{}, err
	}
	name, err := templateName()
	if err != nil {
		return template{}, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	if err := makeTemplate(ctx, server, name); err != nil {
		return template{}, fmt.Errorf("make the template database: %w", err)
	}
	return template{server, name}, nil
})

// templateName is a name that changes with the schema: with the migrations'
// text and with the version of the job queue, which brings its own.
func templateName() (string, error) {
	sum := sha256.New()
	err := fs.WalkDir(migrations.FS, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(migrations.FS, path)
		fmt.Fprintf(sum, "%s\x00%s\x00", path, content)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("read the migrations: %w", err)
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dependency := range info.Deps {
			if strings.HasPrefix(dependency.Path, "github.com/riverqueue/") {
				fmt.Fprintf(sum, "%s\x00%s\x00", dependency.Path, dependency.Version)
			}
		}
	}
	return fmt.Sprintf("bourg_template_%x", sum.Sum(nil)[:8]), nil
}

// makeTemplate makes and migrates the template unless it is there. It is
// marked as a template when it is complete, and made anew without the mark.
func makeTemplate(ctx context.Context, server, name string) (err error) {
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return err
	}
	// Closing the session releases the lock.
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	if _, err := conn.Exec(ctx, `select pg_advisory_lock($1)`, int64(templateLock)); err != nil {
		return fmt.Errorf("wait for the lock: %w", err)
	}
	var complete bool
	err = conn.QueryRow(ctx,
		`select exists (select from pg_database where datname = $1 and datistemplate)`, name).Scan(&complete)
	if err != nil || complete {
		return err
	}
	quoted := pgx.Identifier{name}.Sanitize()
	if _, err := conn.Exec(ctx, `drop database if exists `+quoted+` with (force)`); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, `create database `+quoted); err != nil {
		return err
	}
	dsn, err := withDatabase(server, name)
	if err != nil {
		return err
	}
	if err := postgres.Migrate(ctx, dsn, slog.New(slog.DiscardHandler)); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, `alter database `+quoted+` is_template true`)
	return err
}

// withDatabase returns the URL of another database on the same server.
func withDatabase(server, name string) (string, error) {
	u, err := url.Parse(server)
	if err != nil || !strings.HasPrefix(u.Scheme, "postgres") {
		return "", fmt.Errorf("%s must be a postgres:// URL", urlVariable)
	}
	u.Path = "/" + name
	return u.String(), nil
}

// execute runs one statement in a session of its own.
func execute(ctx context.Context, dsn, sql string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, sql); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", sql, err), conn.Close(ctx))
	}
	return conn.Close(ctx)
}
