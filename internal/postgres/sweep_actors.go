package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// actorUnused is how long an actor is known of whom nothing is left here.
	actorUnused = 30 * day
	// actorGone is how much longer one who was deleted is remembered, so that nothing on its way brings it back.
	actorGone = 150 * day
)

// sweepActors removes peers' actors whom nothing refers to any more: no following, reply, reaction, notification,
// nor a mention in a merchant's answer, nor news in another town. What refers to them is read from the database's own catalogue, so that a table
// that is added later counts by itself; their keys and pictures go along with them.
func (s *Store) sweepActors(ctx context.Context, now time.Time) error {
	rows, _ := s.pool.Query(ctx, `
		SELECT format('NOT EXISTS (SELECT FROM %s t WHERE t.%I = a.id)', c.conrelid::regclass, n.attname)
		  FROM pg_constraint c JOIN pg_attribute n ON n.attrelid = c.conrelid AND n.attnum = c.conkey[1]
		 WHERE c.contype = 'f' AND c.confrelid = 'remote_actors'::regclass
		   AND c.conrelid <> ALL (ARRAY['remote_keys', 'remote_media']::regclass[]) ORDER BY 1`)
	unreferred, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("list what refers to actors: %w", err)
	}
	sql := `
		DELETE FROM remote_actors WHERE id IN (
			SELECT a.id FROM remote_actors a
			 WHERE a.fetched_at < $1 AND (a.deleted_at IS NULL OR a.deleted_at < $2) AND ` + strings.Join(unreferred, " AND ") + `
			   AND NOT EXISTS (SELECT FROM foreign_posts p WHERE p.actor = a.iri)
			   AND NOT EXISTS (SELECT FROM externals e WHERE e.actor = a.iri)
			   AND NOT EXISTS (SELECT FROM neighbours n WHERE a.iri IN (n.relay, n.town_actor))
			   AND NOT EXISTS (SELECT FROM posts p WHERE p.addressee = a.iri)
			   AND NOT EXISTS (SELECT FROM posts p WHERE p.mentions @> ARRAY[a.iri::text] AND p.mentions <> '{}')
			 LIMIT $3 FOR UPDATE SKIP LOCKED)`
	for {
		tag, err := s.pool.Exec(ctx, sql, now.Add(-actorUnused), now.Add(-actorUnused-actorGone), sweepBatch)
		if err != nil || tag.RowsAffected() < sweepBatch {
			return err
		}
	}
}
