package main

import (
	"errors"
	"io"
	"net/http"
	"strings"

	"bourg/federation"
	"bourg/internal/town"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"
)

// active serves the list of what is live to a neighbouring town's relay, and to nobody else (PEERING.md, section 5).
func (s *server) active(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Vary", "Signature, Signature-Input")
	w.Header().Set("Cache-Control", "private, no-cache")
	reader, err := s.publications.Readers.Reader(r)
	if err != nil {
		var refusal *federation.Refusal
		status := http.StatusServiceUnavailable
		switch {
		case errors.As(err, &refusal):
			status = refusal.Status
		case errors.Is(err, federation.ErrBlocked):
			status = http.StatusForbidden
		}
		say(w, r, status, http.StatusText(status))
		return
	}
	relay, err := s.town.documents.ServerActor(r.Context())
	id, invalid := uuid.Parse(chi.URLParam(r, "actor"))
	if err != nil || invalid != nil || relay.ID != s.town.addresses.Actor(id) {
		say(w, r, http.StatusNotFound, http.StatusText(http.StatusNotFound))
		return
	}
	lines, err := s.town.neighbours.Active(r.Context(), reader.ID)
	switch {
	case errors.Is(err, town.ErrForbidden):
		say(w, r, http.StatusForbidden, http.StatusText(http.StatusForbidden))
		return
	case err != nil:
		s.log.ErrorContext(r.Context(), "the list for a neighbour", "neighbour", reader.ID, "error", err)
		say(w, r, http.StatusServiceUnavailable, http.StatusText(http.StatusServiceUnavailable))
		return
	}
	tag := activeTag(lines)
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if r.Method == http.MethodHead {
		return
	}
	var text strings.Builder
	for _, l := range lines {
		text.WriteString(l.String() + "\n")
	}
	_, _ = io.WriteString(w, text.String())
}

// activeTag is the ETag of a list of what is live.
func activeTag(lines []town.ActiveLine) string { return `"` + town.Digest(lines) + `"` }
