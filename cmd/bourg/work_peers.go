package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"bourg/federation"
	"bourg/internal/jobs"
	"bourg/internal/media"
	"bourg/internal/relme"
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

// maxSite is how much of a website's first page is read, in bytes, as in Mastodon.
const maxSite = 1 << 20

// checkWebsite looks whether a merchant's website says that it is the merchant's.
func (s *server) checkWebsite(ctx context.Context, merchant string) error {
	id, err := uuid.Parse(merchant)
	if err != nil {
		return jobs.Final(fmt.Errorf("check website: %w", err))
	}
	sites := &town.Websites{Store: s.town.store, Addresses: s.town.addresses, Sites: siteReader{s}, Now: s.town.now}
	return lasting(sites.Check(ctx, id))
}

// siteReader is a town.SiteReader on the one way out.
type siteReader struct{ *server }

// RelMe implements town.SiteReader. A page that is not there, or is no page, names nobody.
func (s siteReader) RelMe(ctx context.Context, page string) ([]string, error) {
	got, err := s.fetcher.Client.Get(ctx, federation.IRI(page), "text/html", maxSite)
	var status *federation.StatusError
	if errors.As(err, &status) && (status.Status == http.StatusNotFound || status.Status == http.StatusGone) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	base, err := url.Parse(string(got.URL))
	if err != nil || (got.ContentType != "text/html" && got.ContentType != "application/xhtml+xml") {
		return nil, nil //nolint:nilerr // a file of another kind names nobody
	}
	return relme.Links(got.Body, base), nil
}

// Location implements town.SiteReader.
func (s siteReader) Location(ctx context.Context, address string) (string, error) {
	to, err := s.fetcher.Client.Location(ctx, federation.IRI(address))
	return string(to), err
}
