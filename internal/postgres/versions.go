package postgres

import (
	"context"
	"time"

	"bourg/internal/town"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"
)

// versionsKept is how many former versions of a post are kept: the newest.
const versionsKept = 100

// keepVersion keeps what a locked post says until now, before it is edited at the time updated.
func keepVersion(ctx context.Context, tx pgx.Tx, post uuid.UUID, updated time.Time) error {
	if updated.IsZero() {
		return nil
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO post_versions (post_id, written_at, title, text, starts_at, ends_at, details)
		SELECT id, coalesce(updated_at, published_at), title, text, starts_at, ends_at, details 
		  FROM posts WHERE id = $1 AND updated_at IS DISTINCT FROM $2
		ON CONFLICT DO NOTHING`, post, updated)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		DELETE FROM post_versions WHERE post_id = $1 AND written_at <= (
			SELECT written_at FROM post_versions WHERE post_id = $1 ORDER BY written_at DESC LIMIT 1 OFFSET $2)`, post, versionsKept)
	return err
}

// Versions implements town.PostStore.
func (s *Store) Versions(ctx context.Context, post uuid.UUID) ([]town.Version, error) {
	rows, _ := s.pool.Query(ctx, `
		SELECT written_at, text, title, starts_at, ends_at, details FROM post_versions WHERE post_id = $1 ORDER BY written_at DESC LIMIT $2`,
		post, versionsKept)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (town.Version, error) {
		var v town.Version
		var details []byte
		err := row.Scan(&v.At, &v.Text, &v.Title, (*zeronull.Timestamptz)(&v.Starts), (*zeronull.Timestamptz)(&v.Ends), &details)
		if err != nil {
			return v, err
		}
		return v, readDetails(details, &v.Details)
	})
	return list, mapped("list versions", err)
}
