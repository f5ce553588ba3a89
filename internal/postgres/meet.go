package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"bourg/federation"
	"bourg/internal/jobs"

	"github.com/jackc/pgx/v5"
)

// meetRate is how many merchants of one neighbour who are not known yet are fetched in a minute (PEERING.md, section 4). What
// they wrote does not wait for it.
const meetRate = 20

// meet asks for the document of a neighbour's merchant who is not known yet: at once, or in its turn where as many of the
// same town are asked for already.
func (s *Store) meet(ctx context.Context, tx pgx.Tx, actor federation.IRI) error {
	opts := jobs.RefreshActor{}.InsertOpts()
	var before time.Time
	err := tx.QueryRow(ctx, `
		SELECT scheduled_at FROM river_job WHERE kind = 'refresh_actor' AND starts_with(args->>'id', $1) ORDER BY scheduled_at DESC OFFSET $2 LIMIT 1`,
		actor.Origin()+"/", meetRate-1).Scan(&before)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
	case err != nil:
		return fmt.Errorf("meet actor: %w", err)
	case before.Add(time.Minute).After(s.now()):
		opts.ScheduledAt = before.Add(time.Minute)
	}
	if _, err := s.jobs.InsertTx(ctx, tx, jobs.RefreshActor{ID: string(actor)}, &opts); err != nil {
		return fmt.Errorf("meet actor: %w", err)
	}
	return nil
}
