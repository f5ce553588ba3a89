package web

import (
	"net/http"
	"strings"

	"bourg/internal/sanitize"
)

// maxQuery is how much of a question is looked at, in runes.
const maxQuery = 200

// Recherche shows what was found for some words.
func (h *Handlers) Recherche(w http.ResponseWriter, r *http.Request) error {
	l := h.renderer.Locale(r.Context())
	p := PageRecherche{Query: sanitize.Cut(strings.TrimSpace(sanitize.Line(clean(r.URL.Query().Get("q")))), maxQuery)}
	if p.Query != "" {
		if err := h.limits.searches.take(clientKey(r)); err != nil {
			return err
		}
	}
	found, err := h.config.Timeline.Search(r.Context(), p.Query)
	if err != nil {
		return err
	}
	for _, m := range found.Merchants {
		p.Shops = append(p.Shops, h.shop(l, m))
	}
	p.Entries = h.entries(l, found.Posts)
	for _, f := range found.Foreign {
		p.Around = append(p.Around, h.away(l, f))
	}
	return h.show(w, r, http.StatusOK, p)
}
