package web

import (
	"io"
	"net/http"

	"bourg/internal/town"
)

// Charte shows the town's charter.
func (h *Handlers) Charte(w http.ResponseWriter, r *http.Request) error {
	t, err := h.config.Directory.Town(r.Context())
	if err != nil {
		return err
	}
	return h.show(w, r, http.StatusOK, PageCharte{Parts: charterParts(town.CharterParts(t.CharterWords()))})
}

// CharteTexte gives the charter as plain text, for other town halls (PEERING.md, section 2).
func (h *Handlers) CharteTexte(w http.ResponseWriter, r *http.Request) error {
	t, err := h.config.Directory.Town(r.Context())
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Language", "fr")
	w.Header().Set("Cache-Control", "private, no-cache")
	w.Header().Add("Vary", "Accept, Cookie")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Security-Policy", "default-src 'none'")
	_, err = io.WriteString(w, t.CharterWords()+"\n")
	return err
}

func charterParts(parts []town.CharterPart) []PartieCharte {
	all := make([]PartieCharte, len(parts))
	for i, p := range parts {
		all[i] = PartieCharte{Title: p.Title, Lines: p.Lines}
	}
	return all
}
