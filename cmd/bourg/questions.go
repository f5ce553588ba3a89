package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"bourg/federation"
	"bourg/internal/jobs"
	"bourg/internal/town"
)

// readObject reads an object at its own server, with its author where that is not known yet, and takes what
// comes as if that server had sent it. It makes so many requests at most, and is not tried
// again: who names an object without sending it has to be there.
func (s *server) readObject(ctx context.Context, id string, fetches int) error {
	now := s.town.now()
	receiver, fetcher := s.town.receiver, s.fetcher.Within(federation.NewBudget(fetches))
	verified, err := fetcher.FetchObject(ctx, federation.IRI(id))
	if isGone(err) || (err == nil && verified.Value().Type == "Tombstone") {
		writer, err := receiver.WriterOf(ctx, federation.IRI(id))
		if errors.Is(err, town.ErrNotFound) {
			return nil // never heard of
		}
		if err != nil {
			return err
		}
		return receiver.ReadAtOrigin(ctx, federation.IRI(id), nil, writer, now)
	}
	if err != nil {
		return finally(err)
	}
	object := *verified.Value()
	object.ClampDates(now)
	writer, _, err := s.town.store.CachedActor(ctx, object.AttributedTo)
	if errors.Is(err, federation.ErrNotFound) {
		var fetched federation.Verified[*federation.Actor]
		if fetched, err = fetcher.FetchActor(ctx, object.AttributedTo); err != nil {
			return finally(err)
		}
		writer, err = fetched.Value(), s.town.store.SaveActor(ctx, fetched, now)
	}
	if err != nil {
		return fmt.Errorf("find the author of %s: %w", id, err)
	}
	return receiver.ReadAtOrigin(ctx, object.ID, &object, writer, now)
}

// followMove looks whether who has moved is named as one of its own by whom it moved to.
func (s *server) followMove(ctx context.Context, from, to string) error {
	now := s.town.now()
	target, err := s.fetcher.FetchActor(ctx, federation.IRI(to))
	if err != nil {
		return finally(err)
	}
	if !slices.Contains(target.Value().AlsoKnownAs, federation.IRI(from)) {
		return jobs.Final(fmt.Errorf("%s does not say that it is %s", to, from))
	}
	if err := s.town.store.SaveActor(ctx, target, now); err != nil {
		return err
	}
	return s.town.store.FinishMove(ctx, federation.IRI(from))
}

// finally marks what a peer would answer in the same way again.
func finally(err error) error {
	var refusal *federation.Refusal
	switch {
	case errors.As(err, &refusal), errors.Is(err, federation.ErrBlocked), errors.Is(err, federation.ErrForbiddenURL), errors.Is(err, federation.ErrBudget), isGone(err):
		return jobs.Final(err)
	}
	return err
}

// isGone tells whether a peer said that there is nothing at an address, or nothing any more.
func isGone(err error) bool {
	var status *federation.StatusError
	return errors.As(err, &status) && (status.Status == http.StatusNotFound || status.Status == http.StatusGone)
}
