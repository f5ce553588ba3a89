package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"bourg/internal/fold"
	"bourg/internal/town"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"
)

// Lists of one kind, each with an index of its own.
const (
	isOffer   = `p.kind = 'offer' AND p.public AND NOT p.ended AND p.withdrawn_at IS NULL`
	isProduct = `p.kind = 'product' AND p.public AND p.withdrawn_at IS NULL`
	isEvent   = `p.kind = 'event' AND p.public AND p.withdrawn_at IS NULL`

	liveOffers = isOffer + ` AND a.deleted_at IS NULL AND p.ends_at > $1
		ORDER BY p.ends_at, p.id LIMIT $2`
	merchantOffers = isOffer + ` AND p.ends_at > $1 AND p.merchant_id = $3
		ORDER BY p.ends_at, p.id LIMIT $2`
	merchantProducts = isProduct + ` AND p.merchant_id = $1 ORDER BY p.published_at DESC, p.id DESC LIMIT $2`
	// An event lasts town.MaxEventDays at most, so what began before that is over.
	comingEvents = isEvent + ` AND a.deleted_at IS NULL AND p.starts_at > $1 AND (p.starts_at, p.id) > ($3, $4)
		AND coalesce(p.ends_at, p.starts_at + interval '12 hours') > $2
		ORDER BY p.starts_at, p.id LIMIT $5`
	merchantEvents = isEvent + ` AND p.merchant_id = $6 AND p.starts_at > $1 AND (p.starts_at, p.id) > ($3, $4)
		AND coalesce(p.ends_at, p.starts_at + interval '12 hours') > $2
		ORDER BY p.starts_at, p.id LIMIT $5`
	// Whoever has just written in an offer is not to be written over at once: machines edit an object once an hour at most.
	endedOffers = isOffer + ` AND p.ends_at < $1 AND p.leaves_at < $2 AND (p.updated_at IS NULL OR p.updated_at < $2)
		ORDER BY p.ends_at, p.id LIMIT $3`
	eventsToRemind = isEvent + ` AND NOT p.ended AND a.deleted_at IS NULL AND p.announced_at IS NULL AND p.starts_at >= $1 AND p.starts_at < $2 AND p.leaves_at < $3
		ORDER BY p.starts_at, p.id LIMIT $4`
)

// LiveOffers implements town.TimelineStore.
func (s *Store) LiveOffers(ctx context.Context, merchant uuid.UUID, n int) ([]*town.Post, error) {
	condition, args := liveOffers, []any{s.now(), n}
	if merchant != uuid.Nil {
		condition, args = merchantOffers, append(args, merchant)
	}
	posts, err := postsWhere(ctx, s.pool, condition, args...)
	return posts, mapped("list offers", err)
}

// Products implements town.TimelineStore.
func (s *Store) Products(ctx context.Context, merchant uuid.UUID, n int) ([]*town.Post, error) {
	posts, err := postsWhere(ctx, s.pool, merchantProducts, merchant, n)
	return posts, mapped("list products", err)
}

// ComingEvents implements town.TimelineStore.
func (s *Store) ComingEvents(ctx context.Context, merchant uuid.UUID, after town.Cursor, n int) ([]*town.Post, error) {
	condition, args := comingEvents, s.comingArgs(after, n)
	if merchant != uuid.Nil {
		condition, args = merchantEvents, append(args, merchant)
	}
	posts, err := postsWhere(ctx, s.pool, condition, args...)
	return posts, mapped("list events", err)
}

// EndedOffers implements town.PostStore.
func (s *Store) EndedOffers(ctx context.Context, before, quiet time.Time, n int) ([]*town.Post, error) {
	posts, err := postsWhere(ctx, s.pool, endedOffers, before, quiet, n)
	return posts, mapped("list ended offers", err)
}

// EventsToRemind implements town.PostStore.
func (s *Store) EventsToRemind(ctx context.Context, from, to, left time.Time, n int) ([]*town.Post, error) {
	posts, err := postsWhere(ctx, s.pool, eventsToRemind, from, to, left, n)
	return posts, mapped("list events of tomorrow", err)
}

// pricesMax bounds how many offers and products of one name are looked at, and pricesVersions how many former versions of each.
const (
	pricesMax      = 100
	pricesVersions = 20
)

// pastPrices selects what a merchant asked for what bears a title, and what was asked before each edit.
const pastPrices = `
	SELECT p.kind, p.details, p.starts_at, p.ends_at, p.ended, coalesce(p.updated_at, p.published_at), v.versions
	  FROM posts p CROSS JOIN LATERAL (
		SELECT coalesce(jsonb_agg(jsonb_build_object('at', w.written_at, 'details', w.details) ORDER BY w.written_at), '[]') AS versions
		  FROM (SELECT written_at, details FROM post_versions WHERE post_id = p.id ORDER BY written_at DESC LIMIT $5) w
	) v
	 WHERE p.kind IN ('offer', 'product') AND p.merchant_id = $1 AND left(split_part(p.folded, E'\n', 1), 300) = left($2, 300)
	   AND p.id <> $3 AND p.withdrawn_at IS NULL
	 ORDER BY p.published_at DESC LIMIT $4`

// PastPrices implements town.PostStore.
func (s *Store) PastPrices(ctx context.Context, merchant uuid.UUID, title string, except uuid.UUID) ([]town.PastPrice, error) {
	rows, _ := s.pool.Query(ctx, pastPrices, merchant, fold.Fold(title), except, pricesMax, pricesVersions)
	lists, err := pgx.CollectRows(rows, scanPrices)
	if err != nil {
		return nil, mapped("list prices", err)
	}
	var all []town.PastPrice
	for _, list := range lists {
		all = append(all, list...)
	}
	return all, nil
}

// scanPrices reads the prices of one offer or product, the oldest first.
func scanPrices(row pgx.CollectableRow) ([]town.PastPrice, error) {
	var (
		kind              town.Kind
		details, versions []byte
		starts, ends      time.Time
		ended             bool
		since             time.Time
	)
	err := row.Scan(&kind, &details, (*zeronull.Timestamptz)(&starts), (*zeronull.Timestamptz)(&ends), &ended, &since, &versions)
	if err != nil {
		return nil, err
	}
	var former []struct {
		At      time.Time       `json:"at"`
		Details json.RawMessage `json:"details"`
	}
	if err := json.Unmarshal(versions, &former); err != nil {
		return nil, fmt.Errorf("read versions: %w", err)
	}
	var list []town.PastPrice
	add := func(encoded []byte, from, until time.Time) error {
		var d town.Details
		if err := readDetails(encoded, &d); err != nil {
			return err
		}
		if kind == town.Offer {
			from = later(from, starts)
			until = sooner(until, ends)
		}
		price := town.PastPrice{From: from, Until: until}
		switch {
		case d.Offer != nil && d.Offer.Price != nil:
			price.Price, price.Prior = *d.Offer.Price, d.Offer.Prior
		case d.Product != nil && d.Product.Price != nil:
			price.Price = *d.Product.Price
		default:
			return nil
		}
		if until.IsZero() || from.Before(until) {
			list = append(list, price)
		}
		return nil
	}
	for i, v := range former {
		until := since
		if i+1 < len(former) {
			until = former[i+1].At
		}
		if err := add(v.Details, v.At, until); err != nil {
			return nil, err
		}
	}
	if ended { // what it said last is that it is over
		return list, nil
	}
	return list, add(details, since, time.Time{})
}

// later and sooner compare two moments, of which the zero one is none.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
