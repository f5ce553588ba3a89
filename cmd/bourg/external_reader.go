package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"bourg/federation"
	"bourg/internal/relme"
	"bourg/internal/town"
)

// externalReader asks other servers about accounts that the town lists or would like to (town.ExternalReader). Everything goes
// by the one way out, and documents through the gate.
type externalReader struct {
	*federation.AccountFinder
	peers *cards
}

func (t *theTown) externalReader(peers *cards) *externalReader {
	return &externalReader{AccountFinder: t.accountFinder(), peers: peers}
}

// Software implements town.ExternalReader.
func (r *externalReader) Software(ctx context.Context, base string) string {
	server, err := (&federation.NodeInfoLookup{Client: r.Fetcher.Client}).Lookup(ctx, federation.IRI(base))
	if err != nil {
		return ""
	}
	return server.Software
}

// Profile implements town.ExternalReader. The document counts; a page that does not answer says nothing. Of what nobody writes for,
// Gancio's and Mobilizon's agendas and Lemmy's communities, every link in the description counts, and so does the page about the
// server of an Application: these have no rel="me".
func (r *externalReader) Profile(ctx context.Context, id federation.IRI) (*town.Profile, error) {
	found, err := r.Fetcher.FetchActor(ctx, id)
	var status *federation.StatusError
	if errors.As(err, &status) && status.Status == http.StatusGone {
		return nil, fmt.Errorf("%s: %w", id, town.ErrGone)
	}
	if err != nil {
		return nil, err
	}
	actor := found.Value()
	base, err := url.Parse(string(actor.ID))
	if err != nil {
		return nil, fmt.Errorf("read the address of %s: %w", id, err)
	}
	profile := &town.Profile{Actor: found}
	for _, field := range actor.Fields {
		profile.Links = append(profile.Links, relme.Links([]byte(field.Value), base)...)
	}
	profile.Links = append(profile.Links, relme.Links([]byte(actor.Summary), base)...)
	pages := []federation.IRI{actor.URL}
	voiceless := !(&town.External{Type: actor.Type}).Answers()
	if voiceless {
		profile.Links = append(profile.Links, relme.All([]byte(actor.Summary), base)...)
	}
	if actor.Type == "Application" {
		origin := federation.IRI(actor.ID.Origin())
		pages = []federation.IRI{origin + "/about", origin + "/"}
	}
	for _, page := range pages {
		if page.Host() != actor.ID.Host() {
			continue
		}
		got, err := r.Fetcher.Client.Get(ctx, page, "text/html", maxSite)
		if err != nil || (got.ContentType != "text/html" && got.ContentType != "application/xhtml+xml") || got.URL.Host() != actor.ID.Host() {
			continue
		}
		at, err := url.Parse(string(got.URL))
		if err != nil {
			continue
		}
		profile.Links = append(profile.Links, relme.Links(got.Body, at)...)
		if actor.Type == "Application" {
			profile.Links = append(profile.Links, relme.All(got.Body, at)...)
		}
	}
	return profile, nil
}

// maxOutboxPages is how many pages of an outbox are read.
const maxOutboxPages = 2

// Published implements town.ExternalReader.
func (r *externalReader) Published(ctx context.Context, outbox federation.IRI, n int) ([]federation.IRI, error) {
	var objects []federation.IRI
	address := outbox
	for pages := 0; address != "" && pages <= maxOutboxPages && len(objects) < n; pages++ {
		if address.Host() != outbox.Host() {
			break
		}
		page, err := r.Fetcher.FetchCollection(ctx, address)
		if err != nil {
			return nil, err
		}
		objects = append(objects, page.About...)
		if address = page.Next; address == "" && len(page.Items) == 0 {
			address = page.First // the head
		}
	}
	return objects[:min(len(objects), n)], nil
}

// ReadPost implements town.ExternalReader.
func (r *externalReader) ReadPost(ctx context.Context, id federation.IRI) (*federation.Object, []byte, error) {
	return r.peers.ReadPost(ctx, id)
}
