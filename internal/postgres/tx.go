package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"bourg/internal/town"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// db is a pool or a transaction.
type db interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// transactionTries is how often a transaction is tried that lost against another one.
const transactionTries = 4

// inTx runs f in a transaction, which it commits when f returns nil. doing says what for
// ("add post"). A transaction that lost against another one is tried again, so f must
// change nothing outside it before it returns.
func (s *Store) inTx(ctx context.Context, doing string, f func(tx pgx.Tx) error) error {
	return retry(ctx, doing, func() error { return pgx.BeginFunc(ctx, s.pool, f) })
}

// retry runs f again, at most three times, where it failed for a reason that lies in
// other transactions: a deadlock (40P01) or a serialisation failure (40001). It maps
// the error that stays.
func retry(ctx context.Context, doing string, f func() error) error {
	for try := 1; ; try++ {
		err := f()
		if err == nil {
			return nil
		}
		if try == transactionTries || !lostAgainstOther(err) {
			return mapped(doing, err)
		}
		if pause(ctx, time.Duration(try)*time.Duration(rand.IntN(int(10*time.Millisecond)))) != nil { //nolint:gosec // G404: only spreads retries
			return mapped(doing, err)
		}
	}
}

func lostAgainstOther(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40P01" || pg.Code == "40001")
}

// mapped gives database errors the domain's names, in this one place: no row is
// ErrNotFound, a unique violation (23505) ErrTaken, what ended because it took too long
// (57014, and 55P03 where it waited for a lock) ErrBusy. All but the first two keep their cause.
func mapped(doing string, err error) error {
	var pg *pgconn.PgError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, pgx.ErrNoRows):
		return fmt.Errorf("%s: %w", doing, town.ErrNotFound)
	case errors.As(err, &pg) && pg.Code == "23505":
		return fmt.Errorf("%s: %w", doing, town.ErrTaken)
	case errors.As(err, &pg) && (pg.Code == "57014" || pg.Code == "55P03"):
		return fmt.Errorf("%s: %w: %w", doing, town.ErrBusy, err)
	default:
		return fmt.Errorf("%s: %w", doing, err)
	}
}

// changedByPerson tells the other processes of the town, with the transaction's commit,
// that pages have changed. It is for acts of people only: NOTIFY makes commits wait for
// each other, which the inbox cannot afford.
func changedByPerson(ctx context.Context, tx db) error {
	_, err := tx.Exec(ctx, `SELECT pg_notify('bourg_changed', '')`)
	return err
}
