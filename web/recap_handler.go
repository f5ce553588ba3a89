package web

import (
	"net/http"

	"bourg/internal/sanitize"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"
)

// recapsOnPage is how many of the latest evening summaries a page to follow leads to.
const recapsOnPage = 5

// recap shows the evening summary of a page to follow. It has the address of a piece of news.
func (h *Handlers) recap(w http.ResponseWriter, r *http.Request, id uuid.UUID) error {
	ctx, handle := r.Context(), chi.URLParam(r, "handle")
	s, err := h.config.Groups.Summary(ctx, handle, id)
	if err != nil {
		return err
	}
	if handle != s.Group.Handle {
		return h.goTo(w, r, "/@"+s.Group.Handle+"/"+id.String())
	}
	t, err := h.config.Directory.Town(ctx)
	if err != nil {
		return err
	}
	p := PageRecap{Group: h.suivie(s.Group), ObjectID: string(h.config.Addresses.Post(s.ID)), Day: s.Published.In(h.zone(t))}
	for _, e := range s.Entries {
		url, shop, words := e.Line(h.config.Addresses, sanitize.Text)
		p.Lines = append(p.Lines, LigneRecap{Shop: shop, URL: string(url), Text: words})
	}
	return h.show(w, r, http.StatusOK, p)
}
