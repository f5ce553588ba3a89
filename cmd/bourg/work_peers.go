package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"bourg/federation"
	"bourg/internal/jobs"
	"bourg/internal/media"
	"bourg/internal/town"
	"bourg/web"

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

// maxPicture is the largest picture of a peer's that is taken, in bytes, as in Mastodon.
const maxPicture = 8 << 20

// fetchMedia makes a copy of a peer's picture: its pixels, encoded anew. What is no picture, or is not there, stays a link.
func (s *server) fetchMedia(ctx context.Context, id string) error {
	wanted, err := uuid.Parse(id)
	if err != nil {
		return jobs.Final(fmt.Errorf("fetch picture: %w", err))
	}
	address, err := s.town.store.MediaToFetch(ctx, wanted)
	if errors.Is(err, town.ErrNotFound) {
		return nil
	}
	if err == nil {
		err = s.town.store.Allowed(ctx, address.Host())
	}
	if err != nil {
		return lasting(err)
	}
	got, err := s.client.Get(ctx, address, "image/jpeg, image/png, image/webp, image/gif", maxPicture)
	if err != nil {
		return lasting(err)
	}
	if !strings.HasPrefix(got.ContentType, "image/") {
		return jobs.Final(fmt.Errorf("fetch picture: got %.100q", got.ContentType))
	}
	kept, err := s.town.media.Add(ctx, bytes.NewReader(got.Body))
	if err != nil {
		return lasting(err)
	}
	err = s.town.store.KeepMedia(ctx, wanted, web.PhotoOf(kept))
	if err != nil {
		err = errors.Join(err, s.town.media.Remove(context.WithoutCancel(ctx), kept))
	}
	if errors.Is(err, town.ErrNotFound) {
		return nil // its writer took it back in the meantime
	}
	return err
}

// lasting marks the errors of a peer that asking again would meet again.
func lasting(err error) error {
	var status *federation.StatusError
	switch {
	case errors.As(err, &status) && status.Status < 500 && status.Status != http.StatusTooManyRequests && status.Status != http.StatusRequestTimeout,
		errors.Is(err, federation.ErrBlocked), errors.Is(err, federation.ErrForbiddenURL), errors.Is(err, federation.ErrForbiddenAddress),
		errors.Is(err, federation.ErrTooLarge), errors.Is(err, federation.ErrRedirects), errors.Is(err, federation.ErrContentType),
		errors.Is(err, media.ErrNotAPhoto), errors.Is(err, media.ErrDamaged), errors.Is(err, media.ErrTooManyPixels), errors.Is(err, media.ErrTooLarge):
		return jobs.Final(err)
	}
	return err
}

// removeFiles removes the files whose rows are gone.
func (s *server) removeFiles(ctx context.Context) error {
	for {
		files, err := s.town.store.FilesToRemove(ctx, orphanBatch)
		if err != nil || len(files) == 0 {
			return err
		}
		for _, file := range files {
			if err := s.town.media.Remove(ctx, media.Photo{Variants: []media.Variant{{File: file}}}); err != nil {
				return err
			}
		}
		if err := s.town.store.FilesRemoved(ctx, files); err != nil {
			return err
		}
	}
}
