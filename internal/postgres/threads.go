package postgres

import (
	"context"
	"time"

	"bourg/federation"
	"bourg/internal/town"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// repliesMax is how many entries a post's collections name.
const repliesMax = 1000

const (
	// publicAnswers is the condition of answers of ours, p, that peers may read; $3 is the present.
	publicAnswers = `p.public AND p.withdrawn_at IS NULL AND p.leaves_at <= $3`
	// directReplies and threadEntries select ids, what they answer, and when: of our own, the uuid in place of the id.
	directReplies = `
		SELECT r.object_id, NULL::uuid, r.in_reply_to, r.published_at FROM replies r
		 WHERE r.in_reply_to = $1 AND r.public AND r.state = 'shown'
		UNION ALL
		SELECT '', p.id, p.in_reply_to, p.published_at FROM posts p WHERE p.in_reply_to = $1 AND ` + publicAnswers + `
		ORDER BY 4, 1 LIMIT $2`
	threadEntries = `
		SELECT r.object_id, NULL::uuid, r.in_reply_to, r.published_at FROM replies r
		 WHERE r.post_id = $1 AND r.public AND r.state = 'shown'
		UNION ALL
		SELECT '', p.id, p.in_reply_to, p.published_at FROM posts p WHERE p.root_id = $1 AND ` + publicAnswers + `
		ORDER BY 4, 1 LIMIT $2`
)

// PublicReplies implements town.DocumentStore.
func (s *Store) PublicReplies(ctx context.Context, post uuid.UUID) ([]federation.IRI, error) {
	return s.threadIDs(ctx, directReplies, string(s.addresses.Post(post)))
}

// PublicThread implements town.DocumentStore.
func (s *Store) PublicThread(ctx context.Context, post uuid.UUID) ([]federation.IRI, error) {
	return s.threadIDs(ctx, threadEntries, post)
}

func (s *Store) threadIDs(ctx context.Context, sql string, of any) ([]federation.IRI, error) {
	type entry struct {
		id, parent federation.IRI
		at         time.Time
	}
	rows, _ := s.pool.Query(ctx, sql, of, repliesMax, s.now())
	entries, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (e entry, err error) {
		var own *uuid.UUID
		var parent *string
		if err = row.Scan(&e.id, &own, &parent, &e.at); err != nil {
			return e, err
		}
		if own != nil {
			e.id = s.addresses.Post(*own)
		}
		if parent != nil {
			e.parent = federation.IRI(*parent)
		}
		return e, nil
	})
	if err != nil {
		return nil, mapped("list replies", err)
	}
	town.ThreadOrder(entries, func(e entry) (id, parent federation.IRI, at time.Time) { return e.id, e.parent, e.at })
	ids := make([]federation.IRI, len(entries))
	for i, e := range entries {
		ids[i] = e.id
	}
	return ids, nil
}

// Thread implements town.TimelineStore.
func (s *Store) Thread(ctx context.Context, post uuid.UUID) ([]town.ThreadEntry, error) {
	rows, _ := s.pool.Query(ctx, threadReplies, post, threadMax)
	replies, err := pgx.CollectRows(rows, scanReply)
	if err != nil {
		return nil, mapped("read thread", err)
	}
	if err := s.addCopies(ctx, replies); err != nil {
		return nil, mapped("read thread", err)
	}
	answers, err := postsWhere(ctx, s.pool, `p.root_id = $1 AND p.public AND p.withdrawn_at IS NULL
		ORDER BY p.published_at, p.id LIMIT $2`, post, threadMax)
	if err != nil {
		return nil, mapped("read thread", err)
	}
	thread := s.inThreadOrder(replies, answers)
	return thread[:min(len(thread), threadMax)], nil
}

// inThreadOrder brings replies and answers into one order.
func (s *Store) inThreadOrder(replies []*town.Reply, answers []*town.Post) []town.ThreadEntry {
	entries := make([]town.ThreadEntry, 0, len(replies)+len(answers))
	for _, r := range replies {
		entries = append(entries, town.ThreadEntry{Reply: r})
	}
	for _, a := range answers {
		entries = append(entries, town.ThreadEntry{Answer: a})
	}
	town.ThreadOrder(entries, func(e town.ThreadEntry) (id, parent federation.IRI, at time.Time) {
		if a := e.Answer; a != nil {
			return s.addresses.Post(a.ID), a.InReplyTo, a.Published
		}
		return e.Reply.ObjectID, e.Reply.InReplyTo, e.Reply.Published
	})
	return entries
}
