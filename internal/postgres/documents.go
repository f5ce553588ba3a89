package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"bourg/internal/town"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"
)

var _ town.DocumentStore = (*Store)(nil)

// ActorByID implements town.DocumentStore.
func (s *Store) ActorByID(ctx context.Context, id uuid.UUID) (*town.LocalActor, error) {
	return s.actorWhere(ctx, `id = $1`, id)
}

// ActorByHandle implements town.DocumentStore.
func (s *Store) ActorByHandle(ctx context.Context, handle string) (*town.LocalActor, error) {
	return s.actorWhere(ctx, `handle = $1`, handle)
}

// RelayActor implements town.DocumentStore.
func (s *Store) RelayActor(ctx context.Context) (*town.LocalActor, error) {
	a, err := s.actorWhere(ctx, `kind = $1`, "relay")
	if errors.Is(err, town.ErrNotFound) {
		return nil, fmt.Errorf("read relay: %w", town.ErrNotSetUp)
	}
	return a, err
}

func (s *Store) actorWhere(ctx context.Context, condition string, arg any) (*town.LocalActor, error) {
	var a town.LocalActor
	var deleted bool
	var keys []byte
	err := s.pool.QueryRow(ctx, `
		SELECT id, kind, handle, `+publishedKeys+`, created_at, updated_at, deleted_at IS NOT NULL
		  FROM actors a WHERE `+condition, arg).Scan(&a.ID, &a.Kind, &a.Handle, &keys, &a.Created, &a.Updated, &deleted)
	if err != nil {
		return nil, mapped("read actor", err)
	}
	if deleted {
		return nil, fmt.Errorf("read actor: %w", town.ErrGone)
	}
	a.Keys, err = readKeys(keys)
	return &a, err
}

// PublicActivity implements town.DocumentStore.
func (s *Store) PublicActivity(ctx context.Context, id uuid.UUID, now time.Time) ([]byte, error) {
	var json []byte
	err := s.pool.QueryRow(ctx, `SELECT json FROM activities WHERE id = $1 AND public AND leaves_at <= $2`, id, now).Scan(&json)
	return json, mapped("read activity", err)
}

// outboxPage selects the activities of actor $1 that had left at $2, below the id $3, and of a group's Announces what they carry.
const outboxPage = `
	SELECT a.id, a.json, c.json, c.id, a.leaves_at
	  FROM (SELECT id, json, leaves_at FROM activities WHERE actor_id = $1 AND listed AND leaves_at <= $2 AND id < $3 ORDER BY id DESC LIMIT $4) a
	  LEFT JOIN group_announces g ON g.activity_id = a.id LEFT JOIN activities c ON c.id = g.carries AND c.public
	 ORDER BY a.id DESC`

// OutboxPage implements town.DocumentStore.
func (s *Store) OutboxPage(ctx context.Context, actor, before uuid.UUID, n int, now time.Time) ([]town.OutboxRow, int, error) {
	if before == uuid.Nil {
		before = uuid.Max
	}
	var total int
	err := s.pool.QueryRow(ctx, `SELECT count(*) FROM activities WHERE actor_id = $1 AND listed AND leaves_at <= $2`, actor, now).Scan(&total)
	if err != nil {
		return nil, 0, mapped("count outbox", err)
	}
	rows, _ := s.pool.Query(ctx, outboxPage, actor, now, before, n)
	page, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r town.OutboxRow, err error) {
		err = row.Scan(&r.ID, &r.JSON, &r.Carries, (*zeronull.UUID)(&r.CarriesID), &r.Leaves)
		return r, err
	})
	return page, total, mapped("read outbox", err)
}

// kmFromTown is how far a merchant m lies from the point of the town t, along a globe of 6371 km.
const kmFromTown = `12742 * asin(least(1, sqrt(
	sin(radians(m.lat - t.lat) / 2) ^ 2 + cos(radians(t.lat)) * cos(radians(m.lat)) * sin(radians(m.lon - t.lon) / 2) ^ 2)))`

// RadiusKm implements town.NeighbourStore.
func (s *Store) RadiusKm(ctx context.Context) (float64, error) {
	var km float64
	err := s.pool.QueryRow(ctx, `
		SELECT coalesce(max(`+kmFromTown+`), 0) FROM `+merchantTables+` CROSS JOIN town t WHERE a.deleted_at IS NULL`).Scan(&km)
	return km, mapped("measure the town", err)
}

// Statistics implements town.DocumentStore. A merchant is active who has published within
// 30 or 180 days; answers are no posts here. Distances are along a globe of 6371 km.
func (s *Store) Statistics(ctx context.Context, now time.Time) (town.Statistics, error) {
	var st town.Statistics
	err := s.pool.QueryRow(ctx, `
		SELECT count(*), count(*) FILTER (WHERE last > $1), count(*) FILTER (WHERE last > $2),
		       (SELECT count(*) FROM posts p WHERE `+inFeed+`), coalesce(max(away.km), 0)
		  FROM `+merchantTables+` LEFT JOIN LATERAL (
			SELECT p.published_at AS last FROM posts p WHERE p.merchant_id = m.id AND `+inFeed+` ORDER BY p.published_at DESC LIMIT 1
		  ) newest ON true LEFT JOIN LATERAL (
			SELECT `+kmFromTown+` AS km FROM town t
		  ) away ON true
		 WHERE a.deleted_at IS NULL`, now.AddDate(0, 0, -30), now.AddDate(0, 0, -180)).Scan(
		&st.Merchants, &st.ActiveMonth, &st.ActiveHalfyear, &st.Posts, &st.RadiusKm)
	return st, mapped("count", err)
}
