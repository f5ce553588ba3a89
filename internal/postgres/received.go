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
// transaction: a batch of three statements, of which the first two take the locks below and the
// third does everything, the reminder of the activity included.
//
// The locks are on what the activity is about, so that a Create and the Delete of the same
// thing, which come at once by two connections, see each other; and on the activity's own id, or
// that of what it undoes, for the same reason. They are statements of their
// own because a statement sees the database as it was when it began, before it waited.
const lockSubject = `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`

// receivedWith begins a statement of the inbox. sender is the actor's row, locked against its
// removal (DeleteActor, BlockDomain), gate has one row where the activity is to be applied. Its
// parameters are the key's and the sender's numbers.
func receivedWith(key, sender int) string {
	return fmt.Sprintf(`
	WITH sender AS (
		SELECT id, blocked_by, deleted_at IS NULL AND NOT blocked AS alive FROM remote_actors WHERE iri = $%[2]d FOR KEY SHARE
	), gate AS (
		INSERT INTO received (key) SELECT $%[1]d FROM sender WHERE alive ON CONFLICT DO NOTHING RETURNING key
	),`, key, sender)
}

// receivedUnlessUndone is receivedWith for what can be taken back: gate has no row where the sender has undone the
// activity before it came, or undid it after this copy of it was signed. The third parameter is when it was signed.
func receivedUnlessUndone(key, sender, signed int) string {
	return receivedUnlessRefused("false", key, sender, signed)
}

// receivedUnlessRefused lets nothing through either where the condition on sender holds. Whom a merchant has blocked can be
// told from blocked_by, which is read once the row is locked.
func receivedUnlessRefused(refused string, key, sender, signed int) string {
	return fmt.Sprintf(`
	WITH sender AS (
		SELECT id, blocked_by, deleted_at IS NULL AND NOT blocked AS alive FROM remote_actors WHERE iri = $%[2]d FOR KEY SHARE
	), void AS (
		UPDATE undone u SET unseen = false, signed_at = greatest(u.signed_at, $%[3]d)
		 WHERE u.key = $%[1]d AND (u.unseen OR u.signed_at > $%[3]d) RETURNING u.key
	), gate AS (
		INSERT INTO received (key) SELECT $%[1]d FROM sender WHERE alive AND NOT EXISTS (SELECT FROM void) AND NOT (%[4]s) ON CONFLICT DO NOTHING RETURNING key
	),`, key, sender, signed, refused)
}

// markUndone are the parts of a statement that remember what an Undo takes back, beside which it may be
// received again (some peers use an id for each pair of actors). done is the condition under which there was
// something to undo. Parameters: the number of the undone activity's key, null where it has no id, and of the Undo's signature.
func markUndone(undone, signed int, done string) string {
	return fmt.Sprintf(`,
		marked AS (
			INSERT INTO undone (key, signed_at, unseen)
			SELECT $%[1]d, $%[2]d, NOT (%[3]s) AND NOT EXISTS (SELECT FROM received WHERE key = $%[1]d) FROM gate WHERE $%[1]d::uuid IS NOT NULL
			ON CONFLICT (key) DO UPDATE SET signed_at = greatest(undone.signed_at, excluded.signed_at), unseen = excluded.unseen, undone_at = now()
		), released AS (
			DELETE FROM received r USING gate WHERE r.key = $%[1]d
		)`, undone, signed, done)
}

// undoneKey is the key under which received knows what an activity undoes; nil where that has no id.
func undoneKey(in town.Received) any {
	if in.Undoes == "" {
		return nil
	}
	return town.Key(string(in.Sender.ID), string(in.Undoes))
}

// receivedEnd ends it: did anything happen?
const receivedEnd = ` SELECT (SELECT alive FROM sender), EXISTS (SELECT FROM gate), `

// receive runs a statement that begins with receivedWith and ends with receivedEnd and one more
// boolean, which is returned: whether it found what it is about, also with
// federation.ErrDuplicate. A sender who is not known is stored first.
func (s *Store) receive(ctx context.Context, doing string, in town.Received, subject, sql string, args ...any) (bool, error) {
	var alive *bool
	var fresh, found bool
	run := func() error {
		batch := &pgx.Batch{}
		batch.Queue(lockSubject, subject)
		batch.Queue(lockSubject, lockOf(in))
		batch.Queue(sql, args...)
		results := s.pool.SendBatch(ctx, batch)
		defer func() { _ = results.Close() }() // for the early returns; the last line looks at the error
		for range 2 {
			if _, err := results.Exec(); err != nil {
				return err
			}
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
		return found, federation.ErrDuplicate
	}
	return found, nil
}

// lockOf names an activity and the Undo of it, for the lock.
func lockOf(in town.Received) string {
	if in.Undoes != "" {
		return subject(in.Sender.ID, in.Undoes)
	}
	return subject(in.Sender.ID, in.ID)
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
