package web

import (
	"net/http"

	"bourg/internal/town"
)

// Espace is where merchants come in. Whoever speaks for several chooses here.
func (h *Handlers) Espace(w http.ResponseWriter, r *http.Request) error {
	v := visitorOf(r.Context())
	if len(v.login.Merchants) < 2 {
		return h.goTo(w, r, homeOf(v.login))
	}
	l, p := h.renderer.Locale(r.Context()), PageChoisir{}
	for _, m := range v.login.Merchants {
		p.Shops = append(p.Shops, CommerceAChoisir{ID: m.ID.String(), Shop: h.shop(l, m), Current: m.ID == v.merchant.ID})
	}
	return h.show(w, r, http.StatusOK, p)
}

// Choisir remembers whom the visitor speaks for from now on.
func (h *Handlers) Choisir(w http.ResponseWriter, r *http.Request) error {
	v := visitorOf(r.Context())
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	id, err := readID(form.Get("commerce"))
	if err != nil {
		return err
	}
	if !v.speaksFor(id) {
		return town.ErrNotFound
	}
	h.keep(r.Context(), v, func(s *session) { s.Merchant = id })
	return h.goTo(w, r, pathPublier)
}
