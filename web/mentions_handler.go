package web

import (
	"net/http"
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
	p := PageAccessibilite{}
	if day, err := time.Parse(time.DateOnly, t.Accessibility.Audited); err == nil {
		p.AuditedOn, p.AuditedBy = day, t.Accessibility.Contact
	}
	return h.show(w, r, http.StatusOK, p)
}
