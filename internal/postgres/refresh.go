package postgres

import (
	"context"
	"fmt"

	"bourg/federation"
	"bourg/internal/jobs"
)

// AskToRefresh asks for a peer's actor to be fetched again soon (jobs.RefreshActor). Asking
// again while that waits changes nothing.
func (s *Store) AskToRefresh(ctx context.Context, actor federation.IRI) error {
	if _, err := s.jobs.Insert(ctx, jobs.RefreshActor{ID: string(actor)}, nil); err != nil {
		return fmt.Errorf("ask to refresh actor: %w", err)
	}
	return nil
}
