package web

import (
	"net/http"
	"strings"

	"bourg/internal/sanitize"
	"bourg/internal/town"
	"bourg/web/locale"
)

// MaPage shows the merchant the form about the shop.
func (h *Handlers) MaPage(w http.ResponseWriter, r *http.Request) error {
	m, err := h.config.Directory.Merchant(r.Context(), visitorOf(r.Context()).merchant.ID)
	if err != nil {
		return err
	}
	p := h.shopPage(h.renderer.Locale(r.Context()), m)
	p.Saved = r.URL.Query().Has("fait")
	return h.show(w, r, http.StatusOK, p)
}

func (h *Handlers) shopPage(l *locale.Locale, m *town.Merchant) PageMaPage {
	p := PageMaPage{
		Shop: h.shop(l, m), Name: m.Name, Trade: m.Trade, Trades: everyTrade(l), Address: m.Address, Phone: m.Phone, Hours: m.Hours,
		About: m.Summary, Followers: m.Followers,
	}
	if m.Cover != nil {
		cover := h.photo(m.Cover)
		p.Cover, p.CoverAlt = &cover, m.Cover.Alt
	}
	return p
}

// EnregistrerMaPage changes what the shop says of itself. A good photo is kept even where something else is wrong.
func (h *Handlers) EnregistrerMaPage(w http.ResponseWriter, r *http.Request) error {
	ctx, l, v := r.Context(), h.renderer.Locale(r.Context()), visitorOf(r.Context())
	form, err := h.readUpload(w, r, v, "couverture")
	if err != nil {
		return err
	}
	before, err := h.config.Directory.Merchant(ctx, v.merchant.ID)
	if err != nil {
		return err
	}
	if form.photo != nil {
		before.Cover = form.photo
	}
	if before.Cover != nil {
		before.Cover.Alt = cutRunes(strings.TrimSpace(form.Get("couverture_alt")), town.MaxAltLength)
	}
	m := *before
	m.Name, m.Trade = sanitize.Line(form.Get("nom")), form.Get("metier")
	m.Address, m.Phone = typed(form.Get("adresse")), strings.TrimSpace(form.Get("telephone"))
	m.Hours, m.Summary, m.Paint = typed(form.Get("horaires")), typed(form.Get("description")), form.Get("couleur")
	if m.Paint == "" {
		m.Paint = before.Paint
	}
	err = h.config.Directory.EditMerchant(ctx, v.author(), &m)
	all, wrong := faults(l, err,
		fieldName{"name", "nom"}, fieldName{"trade", "metier"}, fieldName{"address", "adresse"}, fieldName{"phone", "telephone"},
		fieldName{"hours", "horaires"}, fieldName{"summary", "description"}, fieldName{"paint", "couleur"})
	if err != nil && !wrong {
		return err
	}
	if wrong && form.photo != nil {
		if err := h.config.Directory.EditMerchant(ctx, v.author(), before); err != nil {
			return err
		}
	}
	status := http.StatusUnprocessableEntity
	if form.fault != nil {
		var key string
		key, status, _ = photoFault(form.fault)
		all.Add("couverture", l.T(key))
	}
	if len(all) == 0 {
		return h.goTo(w, r, pathMaPage+"?fait=1")
	}
	p := h.shopPage(l, &m)
	p.Shop.Name, p.Errors = before.Name, all
	return h.show(w, r, status, p)
}

// typed is a text of several lines as it was typed, with plain line ends.
func typed(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n"))
}

func cutRunes(s string, n int) string {
	runes := 0
	for i := range s {
		if runes == n {
			return s[:i]
		}
		runes++
	}
	return s
}
