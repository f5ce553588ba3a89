package postgres

import (
	"context"
	"time"

	"bourg/internal/town"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"
)

// ActivitySince implements town.ModerationStore.
func (s *Store) ActivitySince(ctx context.Context, since time.Time) (town.Activity, error) {
	var a town.Activity
	err := s.pool.QueryRow(ctx, `
		SELECT (SELECT count(*) FROM posts p WHERE `+inFeed+` AND p.published_at >= $1),
		       (SELECT count(*) FROM replies WHERE received_at >= $1),
		       (SELECT count(*) FROM followers f JOIN merchants m ON m.id = f.actor_id WHERE f.ended_at IS NULL)`, since).Scan(
		&a.News, &a.Replies, &a.Followers)
	return a, mapped("count activity", err)
}

// WaitingReplies implements town.ModerationStore, with a query for the replies and one for their posts.
func (s *Store) WaitingReplies(ctx context.Context, n int) ([]town.WaitingReply, error) {
	rows, _ := s.pool.Query(ctx, `
		SELECT `+replyColumns+` FROM `+replyTables+` WHERE r.state = 'waiting' AND r.public ORDER BY r.received_at, r.id LIMIT $1`, n)
	replies, err := pgx.CollectRows(rows, scanReply)
	if err != nil {
		return nil, mapped("list waiting replies", err)
	}
	posts := make([]uuid.UUID, len(replies))
	for i, r := range replies {
		posts[i] = r.Post
	}
	byID, err := s.postsByID(ctx, posts)
	if err != nil {
		return nil, mapped("read posts of waiting replies", err)
	}
	list := make([]town.WaitingReply, len(replies))
	for i, r := range replies {
		list[i] = town.WaitingReply{Reply: r, Post: byID[r.Post]}
	}
	return list, nil
}

// ShopStates implements town.ModerationStore.
func (s *Store) ShopStates(ctx context.Context) ([]town.ShopState, error) {
	rows, _ := s.pool.Query(ctx, `
		SELECT EXISTS (
			SELECT FROM memberships ms JOIN logins l ON l.id = ms.login_id WHERE ms.merchant_id = m.id AND l.signed_in_at IS NOT NULL),
		       (SELECT p.published_at FROM posts p WHERE p.merchant_id = m.id AND `+inFeed+` ORDER BY p.published_at DESC LIMIT 1), `+merchantColumns+`
		  FROM `+merchantTables+` WHERE a.deleted_at IS NULL ORDER BY `+merchantOrder)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (town.ShopState, error) {
		state := town.ShopState{Merchant: new(town.Merchant)}
		fields, fill := merchantFields(state.Merchant)
		if err := row.Scan(append([]any{&state.SignedIn, (*zeronull.Timestamptz)(&state.LastNews)}, fields...)...); err != nil {
			return state, err
		}
		return state, fill()
	})
	return list, mapped("list shops", err)
}
