package postgres

import (
	"context"
	"errors"
	"fmt"

	"bourg/federation"
	"bourg/internal/town"

	"github.com/google/uuid"
)

// refusesFollow is the condition under which actor $19 takes no following of sender: it has blocked sender, or has moved
// away or, being a group, was switched off, and is not followed by sender yet.
const refusesFollow = `$19 = ANY (blocked_by) OR ((EXISTS (SELECT FROM merchants WHERE id = $19 AND moved IS NOT NULL)
	OR EXISTS (SELECT FROM groups WHERE id = $19 AND NOT active)) AND NOT EXISTS (SELECT FROM followers f WHERE f.actor_id = $19 AND f.follower_id = sender.id AND f.ended_at IS NULL))`

// AddFollower implements town.InboxStore. The merchant is told of a follower who is new,
// not of one whose server repeats itself.
func (s *Store) AddFollower(ctx context.Context, in town.Received, actor uuid.UUID, followID federation.IRI, accept town.Outgoing) error {
	refused, err := s.receive(ctx, "add follower", in, subject(string(in.Sender.ID), actor.String()), receivedUnlessRefused(refusesFollow, 17, 18, 21)+outgoing+`,
		before AS (
			SELECT ended_at FROM followers WHERE actor_id = $19 AND follower_id = (SELECT id FROM sender)
		), follower AS (
			INSERT INTO followers (actor_id, follower_id, follow_id) SELECT $19, sender.id, $20 FROM gate, sender
			ON CONFLICT (actor_id, follower_id) DO UPDATE
			   SET follow_id = excluded.follow_id, ended_at = NULL,
			       accepted_at = CASE WHEN followers.ended_at IS NULL THEN followers.accepted_at ELSE excluded.accepted_at END
			RETURNING follower_id
		), told AS (
			INSERT INTO notifications (merchant_id, kind, actor_id)
			SELECT m.id, 'follow', follower_id FROM follower, merchants m
			 WHERE m.id = $19 AND NOT EXISTS (SELECT FROM before WHERE ended_at IS NULL)
		)`+receivedEnd+`coalesce((SELECT `+refusesFollow+` FROM sender), false)`,
		append(s.outgoingArgs(accept), in.Key, string(in.Sender.ID), actor, string(followID), in.Signed)...)
	if refused && errors.Is(err, federation.ErrDuplicate) {
		return fmt.Errorf("add follower: %w", town.ErrForbidden)
	}
	if err == nil {
		s.changed()
	}
	return err
}

// RemoveFollower implements town.InboxStore.
func (s *Store) RemoveFollower(ctx context.Context, in town.Received, actor uuid.UUID) error {
	found, err := s.receive(ctx, "remove follower", in, subject(string(in.Sender.ID), actor.String()), receivedUnlessUndone(1, 2, 5)+`
		ended AS (
			UPDATE followers f SET ended_at = now() FROM gate, sender
			 WHERE f.actor_id = $3 AND f.follower_id = sender.id AND f.ended_at IS NULL RETURNING f.follower_id
		), untold AS (
			DELETE FROM notifications n USING ended WHERE n.actor_id = ended.follower_id AND n.merchant_id = $3 AND n.kind = 'follow'
		)`+markUndone(4, 5, `EXISTS (SELECT FROM ended)`)+receivedEnd+`EXISTS (SELECT FROM ended)`,
		in.Key, string(in.Sender.ID), actor, undoneKey(in), in.Signed)
	if found {
		s.changed()
	}
	return err
}

// CountFollowers implements town.DocumentStore.
func (s *Store) CountFollowers(ctx context.Context, actor uuid.UUID) (int, error) {
	var n int
	err := s.pool.QueryRow(ctx, `SELECT count(*) FROM followers WHERE actor_id = $1 AND ended_at IS NULL`, actor).Scan(&n)
	return n, mapped("count followers", err)
}
