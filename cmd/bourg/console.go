package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"bourg/federation"
	"bourg/internal/sanitize"
	"bourg/internal/town"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"
)

var _ town.ConsoleReader = (*cards)(nil)

// maxTownsList is how many bytes of another town's list of neighbours are read: five hundred towns.
const maxTownsList = 256 << 10

// ReadTowns implements town.ConsoleReader.
func (c *cards) ReadTowns(ctx context.Context, list federation.IRI, domain string) ([]town.Hint, error) {
	found, err := c.fetcher.FetchText(ctx, list, "application/json", "", maxTownsList)
	if err != nil {
		return nil, err
	}
	if found.URL.Host() != domain {
		return nil, fmt.Errorf("the list of %s lies elsewhere", domain)
	}
	return town.ReadTowns(found.Body, sanitize.Line)
}

// ReadLatest implements town.ConsoleReader. Each object is fetched through the gate.
func (c *cards) ReadLatest(ctx context.Context, collection federation.IRI, n int) ([]*federation.Object, error) {
	fetcher := c.fetcher.Within(federation.NewBudget(n + 2))
	page, err := fetcher.FetchCollection(ctx, collection)
	if err != nil {
		return nil, err
	}
	var objects []*federation.Object
	for _, id := range page.Items[:min(len(page.Items), n)] {
		if id.Host() != collection.Host() {
			continue
		}
		if found, err := fetcher.FetchObject(ctx, id); err == nil {
			objects = append(objects, found.Value())
		}
	}
	return objects, nil
}

// maxCharter is how many bytes of a charter are read.
const maxCharter = 4 * town.MaxCharter

// ReadCharter implements town.ConsoleReader.
func (c *cards) ReadCharter(ctx context.Context, charter federation.IRI) (string, error) {
	found, err := c.fetcher.FetchText(ctx, charter, "text/plain", "", maxCharter)
	if err != nil {
		return "", err
	}
	var words strings.Builder
	for line := range strings.Lines(string(found.Body)) {
		words.WriteString(sanitize.Line(line) + "\n")
	}
	return strings.TrimSpace(words.String()), nil
}

// ReadName implements town.ConsoleReader.
func (c *cards) ReadName(ctx context.Context, actor federation.IRI) (string, error) {
	found, err := c.fetcher.FetchActor(ctx, actor)
	if err != nil {
		return "", err
	}
	return sanitize.Line(found.Value().Name), nil
}

// neighbourTowns serves the list of the towns with which this one exchanges news to everybody (PEERING.md, section 7).
func (s *server) neighbourTowns(w http.ResponseWriter, r *http.Request) {
	id, err := uuid.Parse(chi.URLParam(r, "actor"))
	if err != nil {
		say(w, r, http.StatusNotFound, http.StatusText(http.StatusNotFound))
		return
	}
	list, err := s.town.console.PublicTowns(r.Context(), s.town.addresses.Actor(id))
	switch {
	case errors.Is(err, federation.ErrNotFound):
		say(w, r, http.StatusNotFound, http.StatusText(http.StatusNotFound))
		return
	case err != nil:
		s.log.ErrorContext(r.Context(), "the list of neighbours", "error", err)
		say(w, r, http.StatusServiceUnavailable, http.StatusText(http.StatusServiceUnavailable))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Cache-Control", "public, max-age=300")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(append(list, '\n')) //nolint:gosec // JSON, which is escaped, and not to be sniffed
}
