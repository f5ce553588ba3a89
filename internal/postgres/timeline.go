package postgres

import (
	"context"
	"time"

	"bourg/internal/town"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

var _ town.TimelineStore = (*Store)(nil)

// inFeed is the condition of the indexes over what stands in feeds, findable that of the index over what can be found by words.
const (
	inFeed   = `p.kind <> 'answer' AND p.public AND NOT p.silent AND p.withdrawn_at IS NULL`
	findable = `p.kind <> 'answer' AND p.public AND p.withdrawn_at IS NULL`
)

// Pages of feeds: the posts behind a cursor.
const (
	feedPage = inFeed + ` AND a.deleted_at IS NULL AND (p.published_at, p.id) < ($1, $2)
		ORDER BY p.published_at DESC, p.id DESC LIMIT $3`
	merchantFeedPage = inFeed + ` AND p.merchant_id = $1 AND (p.published_at, p.id) < ($2, $3)
		ORDER BY p.published_at DESC, p.id DESC LIMIT $4`
	// threadReplies selects the replies of a thread.
	threadReplies = `SELECT ` + replyColumns + ` FROM ` + replyTables + ` WHERE r.post_id = $1 AND r.public AND r.state = 'shown'
		 ORDER BY r.published_at, r.id LIMIT $2`
)

const (
	threadMax = 500
	// searchTimeout ends a search that finds too much.
	searchTimeout = `SET LOCAL statement_timeout = '2s'`
	// searchDepth is among how many of the newest posts that match the best are looked for.
	searchDepth = 500
)

// Feed implements town.TimelineStore.
func (s *Store) Feed(ctx context.Context, before town.Cursor, n int) ([]*town.Post, error) {
	before = fromTop(before)
	posts, err := postsWhere(ctx, s.pool, feedPage, before.At, before.ID, n)
	return posts, mapped("read feed", err)
}

// MerchantFeed implements town.TimelineStore.
func (s *Store) MerchantFeed(ctx context.Context, merchant uuid.UUID, before town.Cursor, n int) ([]*town.Post, error) {
	before = fromTop(before)
	posts, err := postsWhere(ctx, s.pool, merchantFeedPage, merchant, before.At, before.ID, n)
	return posts, mapped("read merchant's feed", err)
}

// fromTop puts a zero cursor before the newest entry of all.
func fromTop(c town.Cursor) town.Cursor {
	if c.IsZero() {
		return town.Cursor{At: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), ID: uuid.Max}
	}
	return c
}

func postsWhere(ctx context.Context, tx db, condition string, args ...any) ([]*town.Post, error) {
	rows, _ := tx.Query(ctx, selectPosts+condition, args...)
	return pgx.CollectRows(rows, scanPost)
}

// postsByID reads the posts with these ids; those that there are not are left out.
func (s *Store) postsByID(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]*town.Post, error) {
	posts, err := postsWhere(ctx, s.pool, `p.id = ANY($1)`, ids)
	byID := make(map[uuid.UUID]*town.Post, len(posts))
	for _, p := range posts {
		byID[p.ID] = p
	}
	return byID, err
}

// SearchPosts implements town.TimelineStore. The best are looked for among the newest 500 that match.
func (s *Store) SearchPosts(ctx context.Context, words string, n int) ([]*town.Post, error) {
	var posts []*town.Post
	err := s.inTx(ctx, "search posts", func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, searchTimeout)
		if err != nil {
			return err
		}
		posts, err = postsWhere(ctx, tx, `p.id IN (
				SELECT p.id FROM (
					SELECT p.id, p.published_at, ts_rank(p.search, websearch_to_tsquery('french', $1)) AS rank FROM posts p
					 WHERE `+findable+` AND p.search @@ websearch_to_tsquery('french', $1)
					 ORDER BY p.published_at DESC LIMIT $3
				) p ORDER BY rank DESC, p.published_at DESC, p.id DESC LIMIT $2
			) AND a.deleted_at IS NULL
			ORDER BY ts_rank(p.search, websearch_to_tsquery('french', $1)) DESC, p.published_at DESC, p.id DESC`, words, n, searchDepth)
		return err
	})
	return posts, err
}

// SearchMerchants implements town.TimelineStore.
func (s *Store) SearchMerchants(ctx context.Context, words string, n int) ([]*town.Merchant, error) {
	var list []*town.Merchant
	err := s.inTx(ctx, "search merchants", func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, searchTimeout)
		if err != nil {
			return err
		}
		rows, _ := tx.Query(ctx, `
			SELECT `+merchantColumns+` FROM `+merchantTables+`
			 WHERE a.deleted_at IS NULL AND m.search @@ websearch_to_tsquery('french', $1)
			 ORDER BY ts_rank(m.search, websearch_to_tsquery('french', $1)) DESC, `+merchantOrder+` LIMIT $2`, words, n)
		list, err = pgx.CollectRows(rows, scanMerchant)
		return err
	})
	return list, err
}
