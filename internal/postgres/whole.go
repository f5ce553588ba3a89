package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// This file looks at a database from outside, before a Store is opened on it.

// ServerVersion returns the major version of the PostgreSQL that serves a database.
func ServerVersion(ctx context.Context, databaseURL string) (major int, err error) {
	err = ask(ctx, databaseURL, `SELECT current_setting('server_version_num')::int / 10000`, &major)
	return major, err
}

// Empty tells whether a database has no tables yet.
func Empty(ctx context.Context, databaseURL string) (empty bool, err error) {
	err = ask(ctx, databaseURL, `SELECT NOT EXISTS (SELECT FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema'))`, &empty)
	return empty, err
}

func ask(ctx context.Context, databaseURL, question string, answer any) error {
	conn, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	defer conn.Close(ctx)
	if err := conn.QueryRow(ctx, question).Scan(answer); err != nil {
		return fmt.Errorf("look at the database: %w", err)
	}
	return nil
}
