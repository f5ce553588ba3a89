package postgres

import (
	"context"

	"bourg/internal/town"

	"github.com/jackc/pgx/v5"
)

// Pages of what neighbours send, as far as it is shown. They walk an index in their order, and what is not shown is left
// out on the way: a month of news of the neighbours at most, for older is dropped.
const (
	selectForeign = `SELECT ` + foreignColumns + ` FROM ` + foreignTables + ` WHERE `

	foreignOrder = ` AND (f.published_at, f.id) < ($1, $2)
		ORDER BY f.published_at DESC, f.id DESC LIMIT $3`
	foreignPage     = shownForeign + foreignOrder
	aroundPage      = shownAround + foreignOrder
	listedPage      = shownListed + foreignOrder
	foreignTownPage = shownAround + ` AND f.domain = $4 AND (f.published_at, f.id) < ($1, $2)
		ORDER BY f.published_at DESC, f.id DESC LIMIT $3`
	comingOrder = ` AND f.kind = 'event' AND (f.starts_at, f.id) > ($1, $2)
		AND coalesce(f.ends_at, f.starts_at + interval '12 hours') > $3
		ORDER BY f.starts_at, f.id LIMIT $4`
	comingForeign = shownForeign + comingOrder
	comingAround  = shownAround + comingOrder
	comingListed  = shownListed + comingOrder
	titledMarket  = `f.title ~* ` + market + ` AND `
	comingMarkets = `p.title ~* ` + market + ` AND ` + comingEvents

	// market finds the word « marché » in a title; a hike (« marche ») is none. It does not depend on what the database takes for
	// letters.
	market = `'(^|[^a-z0-9é])march[éÉ]s?($|[^a-z0-9é])'`
)

// ForeignFeed implements town.NeighbourStore.
func (s *Store) ForeignFeed(ctx context.Context, domain string, before town.Cursor, n int) ([]*town.ForeignPost, error) {
	before = fromTop(before)
	condition, args := aroundPage, []any{before.At, before.ID, n}
	if domain != "" {
		condition, args = foreignTownPage, append(args, domain)
	}
	list, err := foreignWhere(ctx, s.pool, condition, args...)
	return list, mapped("list foreign posts", err)
}

// ElsewhereFeed implements town.SurroundingsStore.
func (s *Store) ElsewhereFeed(ctx context.Context, part town.Part, before town.Cursor, n int) ([]*town.ForeignPost, error) {
	before = fromTop(before)
	condition := map[town.Part]string{town.PartAll: foreignPage, town.PartTown: listedPage, town.PartAround: aroundPage}[part]
	list, err := foreignWhere(ctx, s.pool, condition, before.At, before.ID, n)
	return list, mapped("list posts from elsewhere", err)
}

// ComingForeign implements town.SurroundingsStore.
func (s *Store) ComingForeign(ctx context.Context, part town.Part, markets bool, after town.Cursor, n int) ([]*town.ForeignPost, error) {
	condition := map[town.Part]string{town.PartAll: comingForeign, town.PartTown: comingListed, town.PartAround: comingAround}[part]
	if markets {
		condition = titledMarket + condition
	}
	now := s.now()
	if begun := now.AddDate(0, 0, -town.MaxEventDays); after.At.Before(begun) { // what began before that is over
		after = town.Cursor{At: begun}
	}
	list, err := foreignWhere(ctx, s.pool, condition, after.At, after.ID, now, n)
	return list, mapped("list foreign events", err)
}

// ComingMarkets implements town.TimelineStore.
func (s *Store) ComingMarkets(ctx context.Context, after town.Cursor, n int) ([]*town.Post, error) {
	posts, err := postsWhere(ctx, s.pool, comingMarkets, s.comingArgs(after, n)...)
	return posts, mapped("list markets", err)
}

// comingArgs are the arguments of lists of coming events: since when one may have begun that goes on, now, the cursor, and how many.
func (s *Store) comingArgs(after town.Cursor, n int) []any {
	now := s.now()
	return []any{now.AddDate(0, 0, -town.MaxEventDays), now, after.At, after.ID, n}
}

// SearchForeign implements town.SurroundingsStore. The best are looked for among the newest 500 that match.
func (s *Store) SearchForeign(ctx context.Context, words string, n int) ([]*town.ForeignPost, error) {
	var list []*town.ForeignPost
	err := s.inTx(ctx, "search foreign posts", func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, searchTimeout)
		if err != nil {
			return err
		}
		list, err = foreignWhere(ctx, tx, `f.id IN (
				SELECT f.id FROM foreign_posts f WHERE f.search @@ websearch_to_tsquery('french', $1)
				 ORDER BY f.published_at DESC LIMIT $3
			) AND `+shownForeign+`
			ORDER BY ts_rank(f.search, websearch_to_tsquery('french', $1)) DESC, f.published_at DESC, f.id DESC LIMIT $2`,
			words, n, searchDepth)
		return err
	})
	return list, err
}

func foreignWhere(ctx context.Context, tx db, condition string, args ...any) ([]*town.ForeignPost, error) {
	rows, _ := tx.Query(ctx, selectForeign+condition, args...)
	return pgx.CollectRows(rows, scanForeign)
}
