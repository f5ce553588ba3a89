package postgres

import (
	"context"
	"fmt"

	"bourg/federation"
	"bourg/internal/town"

	"github.com/google/uuid"
)

// countShards is over how many rows the counts of a post are spread (table post_counts).
const countShards = 16

// countReactions adds to the likes and shares of posts what the select says: post, likes, shares.
func countReactions(sel string) string {
	return fmt.Sprintf(`
		INSERT INTO post_counts AS c (post_id, shard, likes, shares)
		SELECT post_id, pg_backend_pid() %% %d, likes, shares FROM (%s) AS d(post_id, likes, shares) WHERE likes <> 0 OR shares <> 0
		ON CONFLICT (post_id, shard) DO UPDATE SET likes = c.likes + excluded.likes, shares = c.shares + excluded.shares`, countShards, sel)
}

// countReplies adds to the shown public replies of posts what the select says: post, replies.
func countReplies(sel string) string {
	return fmt.Sprintf(`
		INSERT INTO post_counts AS c (post_id, shard, replies)
		SELECT post_id, pg_backend_pid() %% %d, replies FROM (%s) AS d(post_id, replies)
		ON CONFLICT (post_id, shard) DO UPDATE SET replies = c.replies + excluded.replies`, countShards, sel)
}

// AddReaction implements town.InboxStore; town.ErrNotFound where there is no such post, no more, or none that the sender may see.
func (s *Store) AddReaction(ctx context.Context, in town.Received, kind town.ReactionKind, post uuid.UUID) error {
	found, err := s.receive(ctx, "add reaction", in, subject(string(in.Sender.ID), string(kind), post.String()), receivedUnlessUndone(1, 2, 6)+`
		post AS (
			SELECT id, merchant_id FROM posts WHERE id = $3 AND withdrawn_at IS NULL
			   AND (public OR (addressee = $2 AND $4 = 'like'))
		), reaction AS (
			INSERT INTO reactions (post_id, kind, actor_id, activity_id)
			SELECT post.id, $4, sender.id, $5 FROM gate, sender, post WHERE post.merchant_id <> ALL (sender.blocked_by)
			ON CONFLICT DO NOTHING RETURNING post_id, kind, actor_id
		), counted AS (`+countReactions(`
			SELECT post_id, (kind = 'like')::int, (kind = 'share')::int FROM reaction`)+`
		), told AS (
			INSERT INTO notifications (merchant_id, kind, actor_id, post_id)
			SELECT post.merchant_id, kind, actor_id, post_id FROM reaction, post
		)`+receivedEnd+`EXISTS (SELECT FROM post)`,
		in.Key, string(in.Sender.ID), post, string(kind), string(in.ID), in.Signed)
	if err != nil {
		return err
	}
	if !found {
		return fmt.Errorf("add reaction: %w", town.ErrNotFound)
	}
	s.changed()
	return nil
}

// removeReaction takes back the rows of reactions r that the condition names.
func removeReaction(condition string) string {
	return `
		gone AS (
			DELETE FROM reactions r USING gate, sender WHERE r.actor_id = sender.id AND ` + condition + `
			RETURNING r.post_id, r.kind, r.actor_id
		), counted AS (` + countReactions(`
			SELECT post_id, -(kind = 'like')::int, -(kind = 'share')::int FROM gone`) + `
		), untold AS (
			DELETE FROM notifications n USING gone u WHERE n.actor_id = u.actor_id AND n.kind = u.kind AND n.post_id = u.post_id
		)`
}

// RemoveReaction implements town.InboxStore.
func (s *Store) RemoveReaction(ctx context.Context, in town.Received, kind town.ReactionKind, post uuid.UUID) error {
	found, err := s.receive(ctx, "remove reaction", in, subject(string(in.Sender.ID), string(kind), post.String()),
		receivedWith(1, 2)+removeReaction(`r.post_id = $3 AND r.kind = $4`)+markUndone(5, 6, `EXISTS (SELECT FROM gone)`)+
			receivedEnd+`EXISTS (SELECT FROM gone)`,
		in.Key, string(in.Sender.ID), post, string(kind), undoneKey(in), in.Signed)
	if found {
		s.changed()
	}
	return err
}

// UndoByID implements town.InboxStore.
func (s *Store) UndoByID(ctx context.Context, in town.Received, activity federation.IRI) error {
	found, err := s.receive(ctx, "undo", in, subject(in.Sender.ID, activity), receivedWith(1, 2)+removeReaction(`r.activity_id = $3`)+`,
		ended AS (
			UPDATE followers f SET ended_at = now() FROM gate, sender
			 WHERE f.follower_id = sender.id AND f.follow_id = $3 AND f.ended_at IS NULL RETURNING f.actor_id, f.follower_id
		), unfollowed AS (
			DELETE FROM notifications n USING ended e WHERE n.actor_id = e.follower_id AND n.merchant_id = e.actor_id AND n.kind = 'follow'
		)`+markUndone(4, 5, `EXISTS (SELECT FROM gone) OR EXISTS (SELECT FROM ended)`)+
		receivedEnd+`EXISTS (SELECT FROM gone) OR EXISTS (SELECT FROM ended)`,
		in.Key, string(in.Sender.ID), string(activity), undoneKey(in), in.Signed)
	if found {
		s.changed()
	}
	return err
}
