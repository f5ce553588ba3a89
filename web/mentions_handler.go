package web

import (
	"net/http"
	"strings"
	"time"
)

// Mentions shows the legal notice, with what the town has told so far.
func (h *Handlers) Mentions(w http.ResponseWriter, r *http.Request) error {
	t, err := h.config.Directory.Town(r.Context())
	if err != nil {
		return err
	}
	return h.show(w, r, http.StatusOK, PageMentions{
		Director: t.Legal.Director, Address: t.Legal.Publisher, Host: t.Legal.Host, Version: h.config.Version, SourceURL: h.config.SourceURL,
	})
}

// Accessibilite shows the declaration about accessibility.
func (h *Handlers) Accessibilite(w http.ResponseWriter, r *http.Request) error {
	t, err := h.config.Directory.Town(r.Context())
	if err != nil {
		return err
	}
	p := PageAccessibilite{AuditedBy: t.Accessibility.Auditor, Contact: t.Accessibility.Contact}
	if day, err := time.ParseInLocation(time.DateOnly, t.Accessibility.Audited, h.zone(t)); err == nil {
		p.AuditedOn = day
	}
	for line := range strings.Lines(t.Accessibility.Faults) {
		if line = strings.TrimSpace(line); line != "" {
			p.KnownFaults = append(p.KnownFaults, line)
		}
	}
	return h.show(w, r, http.StatusOK, p)
}
