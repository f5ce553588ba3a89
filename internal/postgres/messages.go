package postgres

import (
	"context"
	"math"
	"time"

	"bourg/internal/town"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"
)

var _ town.MessageStore = (*Store)(nil)

// conversationMax is how much of what one peer and one merchant wrote to each other is looked through.
const conversationMax = 500

// Notifications implements town.MessageStore, with three queries for a page.
func (s *Store) Notifications(ctx context.Context, merchant uuid.UUID, before int64, n int) ([]town.Notification, error) {
	if before == 0 {
		before = math.MaxInt64
	}
	var posts, replies []uuid.UUID // of the page, by row
	rows, _ := s.pool.Query(ctx, `
		SELECT n.id, n.kind, n.at, n.read_at, n.post_id, n.reply_id, a.iri, a.name, a.handle, a.url, a.host
		  FROM notifications n JOIN remote_actors a ON a.id = n.actor_id
		 WHERE n.merchant_id = $1 AND n.id < $2 AND n.merchant_id <> ALL (a.blocked_by) ORDER BY n.id DESC LIMIT $3`, merchant, before, n)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (town.Notification, error) {
		var n town.Notification
		var post, reply uuid.UUID
		err := row.Scan(&n.ID, &n.Kind, &n.At, (*zeronull.Timestamptz)(&n.Read), (*zeronull.UUID)(&post), (*zeronull.UUID)(&reply),
			&n.Actor.ID, &n.Actor.Name, &n.Actor.Handle, &n.Actor.URL, &n.Actor.Host)
		posts, replies = append(posts, post), append(replies, reply)
		return n, err
	})
	if err != nil {
		return nil, mapped("list notifications", err)
	}
	postByID, err := s.postsByID(ctx, posts)
	if err != nil {
		return nil, mapped("read posts of notifications", err)
	}
	rows, _ = s.pool.Query(ctx, `SELECT `+replyColumns+` FROM `+replyTables+` WHERE r.id = ANY($1)`, replies)
	replyList, err := pgx.CollectRows(rows, scanReply)
	if err != nil {
		return nil, mapped("read replies of notifications", err)
	}
	replyByID := make(map[uuid.UUID]*town.Reply, len(replyList))
	for _, r := range replyList {
		replyByID[r.ID] = r
	}
	for i := range list {
		list[i].Post, list[i].Reply = postByID[posts[i]], replyByID[replies[i]]
	}
	return list, nil
}

// Unread implements town.MessageStore.
func (s *Store) Unread(ctx context.Context, merchant uuid.UUID) (int, error) {
	var n int
	err := s.pool.QueryRow(ctx, `
		SELECT count(*) FROM notifications n JOIN remote_actors a ON a.id = n.actor_id
		 WHERE n.merchant_id = $1 AND n.read_at IS NULL AND n.kind IN ('reply', 'mention', 'message') AND n.merchant_id <> ALL (a.blocked_by)`, merchant).Scan(&n)
	return n, mapped("count unread", err)
}

// MarkRead implements town.MessageStore.
func (s *Store) MarkRead(ctx context.Context, merchant, reply uuid.UUID, at time.Time) error {
	_, err := s.pool.Exec(ctx, `
		UPDATE notifications SET read_at = $3 WHERE merchant_id = $1 AND read_at IS NULL AND ($2::uuid IS NULL OR reply_id = $2)`,
		merchant, nullID(reply), at)
	return mapped("mark read", err)
}

// Conversation implements town.MessageStore.
func (s *Store) Conversation(ctx context.Context, merchant, reply uuid.UUID) ([]town.ThreadEntry, error) {
	start, err := s.Reply(ctx, reply)
	if err == nil && start.Merchant != merchant {
		err = town.ErrNotFound
	}
	if err != nil {
		return nil, mapped("read conversation", err)
	}
	rows, _ := s.pool.Query(ctx, `
		SELECT `+replyColumns+` FROM `+replyTables+`
		 WHERE a.iri = $1 AND r.merchant_id = $2 AND r.post_id IS NOT DISTINCT FROM $3 ORDER BY r.published_at DESC LIMIT $4`,
		string(start.Actor.ID), merchant, nullID(start.Post), conversationMax)
	replies, err := pgx.CollectRows(rows, scanReply)
	if err != nil {
		return nil, mapped("read conversation", err)
	}
	answers, err := postsWhere(ctx, s.pool, `p.addressee = $1 AND p.merchant_id = $2 AND p.root_id IS NOT DISTINCT FROM $3
		AND p.withdrawn_at IS NULL ORDER BY p.published_at DESC LIMIT $4`,
		string(start.Actor.ID), merchant, nullID(start.Post), conversationMax)
	if err != nil {
		return nil, mapped("read conversation", err)
	}
	entries := s.inThreadOrder(replies, answers)
	if start.Post == uuid.Nil {
		entries = s.chainOf(start, entries)
	}
	return entries, nil
}

// chainOf keeps those entries that hang together with start by who replies to whom.
func (s *Store) chainOf(start *town.Reply, entries []town.ThreadEntry) []town.ThreadEntry {
	inChain := map[string]bool{string(start.ObjectID): true}
	names := func(e town.ThreadEntry) (own, parent string) {
		if e.Answer != nil {
			return string(s.addresses.Post(e.Answer.ID)), string(e.Answer.InReplyTo)
		}
		return string(e.Reply.ObjectID), string(e.Reply.InReplyTo)
	}
	for grown := true; grown; {
		grown = false
		for _, e := range entries {
			own, parent := names(e)
			if parent != "" && inChain[own] != inChain[parent] {
				inChain[own], inChain[parent], grown = true, true, true
			}
		}
	}
	kept := entries[:0]
	for _, e := range entries {
		if own, _ := names(e); inChain[own] {
			kept = append(kept, e)
		}
	}
	return kept
}
