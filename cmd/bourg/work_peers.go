package main

import (
	"context"
	"fmt"

	"bourg/federation"
	"bourg/internal/jobs"
	"bourg/internal/town"

	"github.com/google/uuid"
)

// fillThread completes a conversation within what its activity has left to fetch.
func (s *server) fillThread(ctx context.Context, j jobs.FillThread) error {
	f := town.Fill{Reply: federation.IRI(j.Reply), Parent: federation.IRI(j.Parent), Budget: min(j.Budget, federation.FetchesPerActivity)}
	if j.Post != "" {
		post, err := uuid.Parse(j.Post)
		if err != nil {
			return jobs.Final(fmt.Errorf("fill thread: %w", err))
		}
		f.Post = post
	}
	for _, m := range j.Mentions {
		f.Mentions = append(f.Mentions, federation.IRI(m))
	}
	return s.town.filler.Fill(ctx, f, s.fetcher.Within(federation.NewBudget(f.Budget)))
}
