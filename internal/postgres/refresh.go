package postgres

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"bourg/federation"
	"bourg/internal/jobs"

	"github.com/riverqueue/river/rivertype"
)

// AskToRefresh asks for a peer's actor to be fetched again (jobs.RefreshActor): at some moment within the
// given time, so that not all who are old are asked for at once, or, where that is 0, now. Asking again while it waits
// changes nothing, except that what waits for later is done now.
func (s *Store) AskToRefresh(ctx context.Context, actor federation.IRI, within time.Duration) error {
	opts := jobs.RefreshActor{}.InsertOpts()
	if within > 0 {
		opts.ScheduledAt = time.Now().Add(rand.N(within)) //nolint:gosec // G404: only spreads requests
	}
	asked, err := s.jobs.Insert(ctx, jobs.RefreshActor{ID: string(actor)}, &opts)
	if err == nil && within == 0 && asked.UniqueSkippedAsDuplicate && asked.Job.State == rivertype.JobStateScheduled {
		_, err = s.jobs.JobRetry(ctx, asked.Job.ID)
	}
	if err != nil {
		return fmt.Errorf("ask to refresh actor: %w", err)
	}
	return nil
}
