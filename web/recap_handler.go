package web

import (
	"net/http"
	"time"

	"bourg/internal/sanitize"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"
)

// recapsOnPage is how many of the latest evening summaries a page to follow leads to.
const recapsOnPage = 5

// recap shows the evening summary of a page to follow. It has the address of a piece of news.
func (h *Handlers) recap(w http.ResponseWriter, r *http.Request, id uuid.UUID) error {
	ctx, l := r.Context(), h.renderer.Locale(r.Context())
	handle := chi.URLParam(r, "handle")
	sum, err := h.config.Groups.Summary(ctx, handle, id)
	if err != nil {
		return err
	}
	page := h.suivie(sum.Group)
	if handle != sum.Group.Handle {
		return h.goTo(w, r, page.URL+"/"+id.String())
	}
	t, err := h.config.Directory.Town(ctx)
	if err != nil {
		return err
	}
	p := PageRecap{
		Group: page, ObjectID: string(h.config.Addresses.Post(sum.ID)), Published: sum.Published, Further: sum.Further,
	}
	if p.Day, err = time.ParseInLocation(time.DateOnly, sum.Day, h.zone(t)); err != nil {
		return err
	}
	for _, e := range sum.Entries {
		if post := e.Post; post != nil {
			p.Lines = append(p.Lines, LigneRecap{Shop: post.Merchant.Name, URL: pathOf(post), Text: orWords(titleOfPost(post), l.T("publier.photo_only"))})
			continue
		}
		words := orWords(sanitize.Line(e.Foreign.Title), title(sanitize.Text(e.Foreign.Content)))
		p.Lines = append(p.Lines, LigneRecap{
			Shop: sanitize.Line(e.Foreign.ShopName()), Town: e.Foreign.Town, URL: string(e.Foreign.URL), Text: orWords(words, l.T("publier.photo_only")),
		})
	}
	return h.show(w, r, http.StatusOK, p)
}
