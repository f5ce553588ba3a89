package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"bourg/federation"
	"bourg/internal/town"

	"github.com/jackc/pgx/v5"
)

var _ town.InboxStore = (*Store)(nil)

// The inbox is the town's hottest path, so an activity is one round trip and one
// transaction: a batch of two statements, of which the first takes the lock below and the
// second does everything, the reminder of the activity included.
//
// The lock is on what the activity is about, so that a Create and the Delete of the same
// thing, which come at once by two connections, see each other. It is a statement of its
// own because a statement sees the database as it was when it began, before it waited.
const lockSubject = `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`

// receivedWith begins a statement of the inbox. sender is the actor's row, locked against its
// removal (DeleteActor, BlockDomain), gate has one row where the activity is to be applied. Its
// parameters are the key's and the sender's numbers.
func receivedWith(key, sender int) string {
	return fmt.Sprintf(`
	WITH sender AS (
		SELECT id, deleted_at IS NULL AND NOT blocked AS alive FROM remote_actors WHERE iri = $%[2]d FOR KEY SHARE
	), gate AS (
		INSERT INTO received (key) SELECT $%[1]d FROM sender WHERE alive ON CONFLICT DO NOTHING RETURNING key
	),`, key, sender)
}

// receivedEnd ends it: did anything happen?
const receivedEnd = ` SELECT (SELECT alive FROM sender), EXISTS (SELECT FROM gate), `

// receive runs a statement that begins with receivedWith and ends with receivedEnd and one more
// boolean, which is returned: whether it found what it is about. A sender who is
// not known is stored first.
func (s *Store) receive(ctx context.Context, doing string, in town.Received, subject, sql string, args ...any) (bool, error) {
	var alive *bool
	var fresh, found bool
	run := func() error {
		batch := &pgx.Batch{}
		batch.Queue(lockSubject, subject)
		batch.Queue(sql, args...)
		results := s.pool.SendBatch(ctx, batch)
		defer func() { _ = results.Close() }() // for the early returns; the last line looks at the error
		if _, err := results.Exec(); err != nil {
			return err
		}
		if err := results.QueryRow().Scan(&alive, &fresh, &found); err != nil {
			return err
		}
		return results.Close()
	}
	if err := retry(ctx, doing, run); err != nil {
		return false, err
	}
	if alive == nil {
		if err := retry(ctx, doing, func() error { return saveActor(ctx, s.pool, in.Sender, s.now()) }); err != nil {
			return false, err
		}
		if err := retry(ctx, doing, run); err != nil {
			return false, err
		}
	}
	switch {
	case alive == nil || !*alive:
		return false, federation.ErrIgnored // a deleted or blocked actor: what it says has no effect
	case !fresh:
		return false, federation.ErrDuplicate
	}
	return found, nil
}

// receiveInTx is for activities that are rare and take more than a statement: f gets the
// sender's row id, with the row locked, in a transaction that remembers the activity.
func (s *Store) receiveInTx(ctx context.Context, doing string, in town.Received, f func(tx pgx.Tx, sender int64) error) error {
	err := s.inTx(ctx, doing, func(tx pgx.Tx) error {
		var id int64
		var alive bool
		lock := func() error {
			return tx.QueryRow(ctx, `
				SELECT id, deleted_at IS NULL AND NOT blocked FROM remote_actors WHERE iri = $1 FOR UPDATE`,
				string(in.Sender.ID)).Scan(&id, &alive)
		}
		err := lock()
		if errors.Is(err, pgx.ErrNoRows) {
			if err = saveActor(ctx, tx, in.Sender, s.now()); err == nil {
				err = lock()
			}
		}
		if err != nil {
			return err
		}
		if !alive {
			return federation.ErrIgnored
		}
		tag, err := tx.Exec(ctx, `INSERT INTO received (key) VALUES ($1) ON CONFLICT DO NOTHING`, in.Key)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return federation.ErrDuplicate
		}
		return f(tx, id)
	})
	if err == nil {
		s.changed()
	}
	return err
}

// subject names what an activity is about, for the lock.
func subject[T ~string](parts ...T) string {
	all := make([]string, len(parts))
	for i, p := range parts {
		all[i] = string(p)
	}
	return strings.Join(all, "\n")
}
