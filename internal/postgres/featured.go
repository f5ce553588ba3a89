package postgres

import (
	"context"
	"fmt"
	"time"

	"bourg/internal/town"

	"github.com/jackc/pgx/v5"
)

// featuredChanges compares what a merchant's featured collection holds with what followers were told
// of it: the offers that end next and the event that comes next, of what has left
// and takes place.
var featuredChanges = fmt.Sprintf(`
	SELECT merchant_id, post_id, added FROM (
		SELECT coalesce(w.merchant_id, f.merchant_id) AS merchant_id, coalesce(w.post_id, f.post_id) AS post_id, f.post_id IS NULL AS added
		  FROM (
			SELECT m.id AS merchant_id, p.id AS post_id
			  FROM `+merchantTables+` CROSS JOIN LATERAL (
				(SELECT p.id FROM posts p WHERE `+isOffer+` AND p.merchant_id = m.id AND p.ends_at > $1 AND p.leaves_at <= $1
				  ORDER BY p.ends_at, p.id LIMIT %d)
				UNION ALL
				(SELECT p.id FROM posts p WHERE `+isEvent+` AND p.merchant_id = m.id AND NOT p.ended AND p.starts_at > $2 AND p.leaves_at <= $1
				    AND coalesce(p.ends_at, p.starts_at + interval '12 hours') > $1
				  ORDER BY p.starts_at, p.id LIMIT %d)
			) p WHERE a.deleted_at IS NULL
		  ) w FULL JOIN featured f ON f.merchant_id = w.merchant_id AND f.post_id = w.post_id
		 WHERE w.post_id IS NULL OR f.post_id IS NULL
	) c ORDER BY added, merchant_id, post_id LIMIT $3`, town.FeaturedOffers, town.FeaturedEvents)

// FeaturedChanges implements town.PostStore. What goes out comes first, so that no collection seems too long.
func (s *Store) FeaturedChanges(ctx context.Context, now time.Time, n int) ([]town.Feature, error) {
	rows, _ := s.pool.Query(ctx, featuredChanges, now, now.AddDate(0, 0, -town.MaxEventDays), n)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[town.Feature])
	return list, mapped("compare featured", err)
}

// SetFeatured implements town.PostStore.
func (s *Store) SetFeatured(ctx context.Context, change town.Feature, out town.Outgoing) error {
	return s.inTx(ctx, "set featured", func(tx pgx.Tx) error {
		// Activities about one object are written under a lock on it.
		if _, err := lockPost(ctx, tx, change.Post); err != nil {
			return err
		}
		statement := `DELETE FROM featured WHERE merchant_id = $1 AND post_id = $2`
		if change.Added {
			statement = `INSERT INTO featured (merchant_id, post_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`
		}
		tag, err := tx.Exec(ctx, statement, change.Merchant, change.Post)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return town.ErrChanged
		}
		return s.addOutgoing(ctx, tx, out)
	})
}
