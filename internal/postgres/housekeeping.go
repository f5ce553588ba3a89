package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"bourg/internal/town"

	"github.com/jackc/pgx/v5"
)

const (
	day = 24 * time.Hour
	// sweepBatch is how many rows one statement of the sweep removes, so that none holds locks for long.
	sweepBatch = 5000
	// undoneLife is longer than peers try to deliver what its author has undone since.
	undoneLife = 8 * day
	// hostsMax bounds what is remembered of hosts to which nothing waits.
	hostsMax = 100_000
)

// Sweep removes what has served its time. It returns the files of the uploads that it has
// forgotten, which are to be removed from where they are stored.
func (s *Store) Sweep(ctx context.Context, now time.Time) (files []string, err error) {
	for _, rule := range []struct {
		what, table, condition string
		before                 time.Time
	}{
		{"received activities", "received", `received_at < $1`, now.Add(-90 * day)},
		{"tombstones", "remote_tombstones", `deleted_at < $1`, now.Add(-180 * day)},
		{"undone activities", "undone", `undone_at < $1`, now.Add(-undoneLife)},
		{"links", "sign_in_links", `expires_at < $1`, now},
		{"used links", "sign_in_links", `used_at < $1`, now.Add(-day)},
		{"sessions", "sessions", `expires_at < $1`, now},
		{"drafts", "drafts", `saved_at < $1`, now.Add(-60 * day)},
		{"former followers", "followers", `ended_at < $1`, now.Add(-90 * day)},
		{"parked deliveries", "deliveries", `state = 'parked' AND created_at < $1`, now.Add(-30 * day)},
		{"deliveries given up to blocked hosts", "deliveries", `state = 'parked' AND created_at < $1 AND host IN (SELECT host FROM hosts WHERE paused_until = 'infinity')`, now.Add(-day)},
		{"activities", "activities", `leaves_at < $1 AND NOT listed AND type <> 'Create' AND NOT EXISTS (SELECT FROM deliveries d WHERE d.activity_id = activities.id)`, now.Add(-180 * day)},
		{"totals of days", "neighbour_days", `day < $1`, now.Add(-60 * day)},
		{"what accounts elsewhere published", "foreign_posts", `external IS NOT NULL AND published_at < $1 AND coalesce(ends_at, starts_at, published_at) < $1`, now.Add(-town.ExternalFillAge)},
		{"look-ups", "lookups", `at < $1`, now.Add(-day)},
		{"hosts", "hosts", unusedHost + ` AND paused_until < $1 AND coalesce(greatest(last_success, last_failure, scheme_at), '-infinity') < $1`, now.Add(-90 * day)},
		{"too many hosts", "hosts", unusedHost + fmt.Sprintf(` AND paused_until < $1 AND host IN (
			SELECT host FROM hosts ORDER BY greatest(last_success, last_failure, scheme_at) DESC NULLS LAST OFFSET %d)`, hostsMax), now},
	} {
		if err := s.sweep(ctx, rule.table, rule.condition, rule.before); err != nil {
			return files, fmt.Errorf("sweep %s: %w", rule.what, err)
		}
	}
	// Of those that wait, some were written while the host was being blocked.
	err = retry(ctx, "sweep deliveries to blocked hosts", func() error {
		return dropDeliveries(ctx, s.pool, `created_at < $1 AND host IN (SELECT host FROM hosts WHERE paused_until = 'infinity')`, now.Add(-day))
	})
	if err != nil {
		return files, err
	}
	if err := s.sweepActors(ctx, now); err != nil {
		return files, fmt.Errorf("sweep unused actors: %w", err)
	}
	if err := s.sweepMedia(ctx, now); err != nil {
		return files, fmt.Errorf("sweep peers' pictures: %w", err)
	}
	if files, err = s.sweepPhotos(ctx, now.Add(-day)); err != nil {
		return files, fmt.Errorf("sweep photos: %w", err)
	}
	return files, nil
}

const unusedHost = `NOT EXISTS (SELECT FROM deliveries d WHERE d.host = hosts.host AND d.state = 'waiting')`

// sweep removes the rows of a table that fulfil the condition, a batch at a time. The
// names are this file's own.
func (s *Store) sweep(ctx context.Context, table, condition string, before time.Time) error {
	for {
		tag, err := s.pool.Exec(ctx, `DELETE FROM `+table+` WHERE ctid = ANY (ARRAY(
			SELECT ctid FROM `+table+` WHERE `+condition+fmt.Sprintf(` LIMIT %d)) AND `, sweepBatch)+condition, before)
		if err != nil || tag.RowsAffected() < sweepBatch {
			return err
		}
	}
}

// sweepPhotos removes loose uploads, and returns the files of their variants.
func (s *Store) sweepPhotos(ctx context.Context, before time.Time) ([]string, error) {
	var files []string
	for {
		rows, _ := s.pool.Query(ctx, fmt.Sprintf(`
			DELETE FROM photos WHERE post_id IS NULL AND draft_id IS NULL AND NOT cover AND id IN (
				SELECT id FROM photos WHERE post_id IS NULL AND draft_id IS NULL AND NOT cover AND created_at < $1 LIMIT %d)
			RETURNING file`, sweepBatch), before)
		batch, err := pgx.CollectRows(rows, pgx.RowTo[json.RawMessage])
		if err != nil {
			return files, err
		}
		for _, encoded := range batch {
			var p town.Photo
			if err := json.Unmarshal(encoded, &p); err != nil {
				return files, fmt.Errorf("read photo: %w", err)
			}
			for _, v := range p.Variants {
				files = append(files, v.File)
			}
		}
		if len(batch) < sweepBatch {
			return files, nil
		}
	}
}
