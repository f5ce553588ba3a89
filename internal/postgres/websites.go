package postgres

import (
	"context"
	"fmt"
	"time"

	"bourg/internal/jobs"
	"bourg/internal/town"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"
)

var _ town.WebsiteStore = (*Store)(nil)

// websiteAgain is how often a website is looked at.
const websiteAgain = 30 * day

// SetWebsiteChecked implements town.WebsiteStore. The time stays that since which the website has been verified.
func (s *Store) SetWebsiteChecked(ctx context.Context, merchant uuid.UUID, website string, verified bool, at time.Time) error {
	err := s.inTx(ctx, "set website", func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			UPDATE merchants SET website_checked_at = $4, website_verified_at = CASE WHEN $3 THEN $4::timestamptz END WHERE id = $1 AND website = $2`,
			merchant, website, verified, at)
		if err != nil {
			return err
		}
		return changedByPerson(ctx, tx)
	})
	if err == nil {
		s.changed()
	}
	return err
}

// askAboutWebsite forgets what was known of another website than the merchant's present one, and
// asks to look at it where that has not been found to be the merchant's. before is the one that it had.
func (s *Store) askAboutWebsite(ctx context.Context, tx pgx.Tx, merchant uuid.UUID, before string) error {
	var website string
	var verified time.Time
	err := tx.QueryRow(ctx, `
		UPDATE merchants SET website_verified_at = CASE WHEN website = $2 THEN website_verified_at END WHERE id = $1
		RETURNING website, website_verified_at`, merchant, before).Scan(&website, (*zeronull.Timestamptz)(&verified))
	if err != nil || website == "" || !verified.IsZero() {
		return err
	}
	_, err = s.jobs.InsertTx(ctx, tx, jobs.CheckWebsite{Merchant: merchant.String()}, nil)
	return err
}

// AskAboutWebsites asks to look at the websites that were not looked at for a month.
func (s *Store) AskAboutWebsites(ctx context.Context, now time.Time) error {
	rows, _ := s.pool.Query(ctx, `
		SELECT m.id FROM merchants m JOIN actors a ON a.id = m.id
		 WHERE m.website <> '' AND a.deleted_at IS NULL AND (m.website_checked_at IS NULL OR m.website_checked_at < $1) LIMIT 1000`, now.Add(-websiteAgain))
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	for _, id := range ids {
		if err == nil {
			_, err = s.jobs.Insert(ctx, jobs.CheckWebsite{Merchant: id.String()}, nil)
		}
	}
	if err != nil {
		return fmt.Errorf("ask about websites: %w", err)
	}
	return nil
}
