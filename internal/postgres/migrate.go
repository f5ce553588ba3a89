package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"bourg/migrations"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

// ErrNewerSchema means that a newer program has migrated the database: this one does
// not know what it would write into.
var ErrNewerSchema = errors.New("the database's schema is newer than this program; install the newer version again")

const (
	// migrationLock is the advisory lock ("bourg" in ASCII) under which one process migrates at a time.
	migrationLock = 0x626f757267
	// migrationLockTimeout bounds how long a migration may wait for a table lock, and with
	// it how long the readers and writers of a running town can queue up behind it.
	migrationLockTimeout = "1s"
	// migrationTries is how often a migration that met a busy table begins again.
	migrationTries = 20
	// migrationPoll is the pause between two tries of the lock or of the migration. The lock is
	// tried and not waited for, because a waiting statement would hold a snapshot, which
	// CREATE INDEX CONCURRENTLY of the other process waits for.
	migrationPoll = 250 * time.Millisecond
)

// Migrate brings the schema of the database up to what this program knows: first the
// files of package migrations, then those of the job queue (River). Any number of
// processes may call it at once; one works, the others wait for it. It answers
// ErrNewerSchema, changing nothing, where the schema is newer than the program.
func Migrate(ctx context.Context, databaseURL string, log *slog.Logger) error {
	config, err := pgxpool.ParseConfig(databaseURL)
	if err != nil {
		return fmt.Errorf("read database URL: %w", err)
	}
	config.MinConns, config.MaxConns = 0, 3 // the lock's, goose's or River's, one to spare
	config.ConnConfig.RuntimeParams["application_name"] = "bourg migrate"
	config.ConnConfig.RuntimeParams["lock_timeout"] = migrationLockTimeout
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	defer pool.Close()

	unlock, err := lockMigrations(ctx, pool)
	if err != nil {
		return err
	}
	defer unlock()
	for try := 1; ; try++ {
		err := migrate(ctx, pool, log)
		if err == nil || !isLockTimeout(err) || try == migrationTries {
			return err
		}
		log.Warn("a table is busy, the migration tries again", "try", try)
		if err := pause(ctx, migrationPoll); err != nil {
			return err
		}
	}
}

// lockMigrations takes the advisory lock on a connection of its own.
func lockMigrations(ctx context.Context, pool *pgxpool.Pool) (unlock func(), err error) {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect to migrate: %w", err)
	}
	for {
		var locked bool
		if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, int64(migrationLock)).Scan(&locked); err != nil {
			conn.Release()
			return nil, fmt.Errorf("lock migrations: %w", err)
		}
		if locked {
			// The pool is closed with the migration, and the lock goes with the connection.
			return conn.Release, nil
		}
		if err := pause(ctx, migrationPoll); err != nil {
			conn.Release()
			return nil, fmt.Errorf("wait for another migration: %w", err)
		}
	}
}

func migrate(ctx context.Context, pool *pgxpool.Pool, log *slog.Logger) error {
	db := stdlib.OpenDBFromPool(pool)
	defer func() { _ = db.Close() }() // it only gives connections back
	own, err := goose.NewProvider(goose.DialectPostgres, db, migrations.FS, goose.WithSlog(log), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	jobs, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return fmt.Errorf("read job queue migrations: %w", err)
	}
	if err := refuseNewer(ctx, pool, own, jobs); err != nil {
		return err
	}
	results, err := own.Up(ctx)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	for _, r := range results {
		log.Info("migrated", "file", r.Source.Path, "duration", r.Duration)
	}
	if _, err := jobs.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate job queue: %w", err)
	}
	return nil
}

// refuseNewer answers ErrNewerSchema where the database knows a migration that the program does not.
func refuseNewer(ctx context.Context, pool *pgxpool.Pool, own *goose.Provider, jobs *rivermigrate.Migrator[pgx.Tx]) error {
	have, known, err := own.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	if have > known {
		return fmt.Errorf("%w (schema %d, program %d)", ErrNewerSchema, have, known)
	}
	// River answers a plain error for versions that it does not know, so the table is read here.
	var table *string
	if err := pool.QueryRow(ctx, `SELECT to_regclass('river_migration')::text`).Scan(&table); err != nil {
		return fmt.Errorf("read job queue's schema version: %w", err)
	}
	if table == nil {
		return nil
	}
	var version int
	if err := pool.QueryRow(ctx, `SELECT coalesce(max(version), 0) FROM river_migration`).Scan(&version); err != nil {
		return fmt.Errorf("read job queue's schema version: %w", err)
	}
	all := jobs.AllVersions()
	if newest := all[len(all)-1].Version; version > newest {
		return fmt.Errorf("%w (job queue's schema %d, program %d)", ErrNewerSchema, version, newest)
	}
	return nil
}

// isLockTimeout tells whether lock_timeout ended the statement (SQLSTATE 55P03).
func isLockTimeout(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "55P03"
}

// pause waits, or answers the context's error when that ends first.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
