package web

import (
	"cmp"
	"context"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"bourg/internal/hours"
	"bourg/internal/sanitize"
	"bourg/internal/town"
	"bourg/web/locale"

	"github.com/google/uuid"
)

// MaPage shows the merchant the form about the shop.
func (h *Handlers) MaPage(w http.ResponseWriter, r *http.Request) error {
	m, err := h.config.Directory.Merchant(r.Context(), visitorOf(r.Context()).merchant.ID)
	if err != nil {
		return err
	}
	p := h.shopPage(h.renderer.Locale(r.Context()), m)
	p.Saved = r.URL.Query().Has("fait")
	if id, err := uuid.Parse(r.URL.Query().Get("avis")); err == nil {
		p.NoticeURL = pathEspace + "/nouvelles/" + id.String() + "/publie"
	}
	return h.show(w, r, http.StatusOK, p)
}

// AncienneMaPage leads to where the shop's page is kept now.
func (h *Handlers) AncienneMaPage(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, Href(LanguageOf(r.Context()), pathMaPage), http.StatusMovedPermanently)
	return nil
}

func (h *Handlers) shopPage(l *locale.Locale, m *town.Merchant) PageMaPage {
	p := PageMaPage{
		Shop: h.shop(l, m), Name: m.Name, Trade: m.Trade, Trades: everyTrade(l), Address: m.Address, Phone: m.Phone,
		Website: m.Website, PageURL: string(h.config.Addresses.Profile(m.Handle)), Verified: m.WebsiteVerified,
		Postcode: m.PostalCode, Locality: m.Locality, About: m.Summary, Followers: m.Followers,
		Reach: string(m.Reach), Relayed: !m.Unannounced,
		Hours: hoursOf(l, m, hours.DateOf(h.townNow())),
	}
	if m.Lat != nil && m.Lon != nil {
		p.Latitude, p.Longitude = degreesTyped(*m.Lat), degreesTyped(*m.Lon)
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
	m.Summary, m.Paint = typed(form.Get("description")), cmp.Or(form.Get("couleur"), before.Paint)
	if form.Has("site") {
		m.Website = siteTyped(form.Get("site"))
	}
	if form.Has("portee") {
		m.Reach = town.Reach(form.Get("portee"))
	}
	if form.Has("relais_demande") { // or the form never had the box
		m.Unannounced = form.Get("relais") == ""
	}
	said, ok := typedHours(form.Values)
	var wrongHours Erreurs
	if ok {
		m.PostalCode, m.Locality = sanitize.Line(form.Get("code_postal")), sanitize.Line(form.Get("localite"))
		m.Lat, m.Lon = placeTyped(form.Get("latitude"), form.Get("longitude"))
	}
	if ok || form.Has("horaires") {
		said.Dated = hoursOf(l, before, hours.Date{}).Dated
		wrongHours = said.into(l, &m, form.Has("saison") || !ok, h.townNow())
	}
	all, err := h.editShop(ctx, l, v, &m, wrongHours)
	if err != nil {
		return err
	}
	if len(all) > 0 && form.photo != nil {
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
		told, err := h.config.Notices.Tell(ctx, v.author(), &m, before.Special)
		if err != nil {
			return err
		}
		to := pathMaPage + "?fait=1"
		if len(told) > 0 {
			to += "&avis=" + told[0].ID.String()
		}
		return h.goTo(w, r, to)
	}
	p := h.shopPage(l, &m)
	p.Shop.Name, p.Errors = before.Name, all
	if ok {
		p.Hours, p.Latitude, p.Longitude = said, form.Get("latitude"), form.Get("longitude")
	}
	return h.show(w, r, status, p)
}

// editShop changes the shop, unless something is wrong with its hours already, and tells what is wrong in the order of the form.
func (h *Handlers) editShop(ctx context.Context, l *locale.Locale, v *visitor, m *town.Merchant, wrongHours Erreurs) (Erreurs, error) {
	check := h.config.Directory.CheckMerchant
	if len(wrongHours) == 0 {
		check = func(m *town.Merchant) error { return h.config.Directory.EditMerchant(ctx, v.author(), m) }
	}
	err := check(m)
	all, wrong := faults(l, err,
		fieldName{"name", "nom"}, fieldName{"trade", "metier"}, fieldName{"address", "adresse"}, fieldName{"postal_code", "code_postal"},
		fieldName{"locality", "localite"}, fieldName{"place", "latitude"}, fieldName{"phone", "telephone"}, fieldName{"website", "site"}, fieldName{"opening", "lundi"},
		fieldName{"special", "jour1_du"}, fieldName{"hours", "horaires"}, fieldName{"summary", "description"}, fieldName{"paint", "couleur"}, fieldName{"reach", "portee"})
	if err != nil && !wrong {
		return nil, err
	}
	return inFormOrder(append(all, wrongHours...)), nil
}

// inFormOrder puts faults in the order of the form's fields, of which those of special days have numbers in their names.
func inFormOrder(all Erreurs) Erreurs {
	order := append([]string{"nom", "metier", "adresse", "code_postal", "localite", "telephone", "site"}, dayIDs()...)
	order = append(order, "horaires", "jour", "description", "latitude", "portee", "couleur", "couverture")
	place := func(e Erreur) int {
		return slices.IndexFunc(order, func(name string) bool {
			return e.Field == name || name == "jour" && strings.HasPrefix(e.Field, name)
		})
	}
	slices.SortStableFunc(all, func(a, b Erreur) int { return place(a) - place(b) })
	return all
}

// townNow is the present by the town's clock.
func (h *Handlers) townNow() time.Time {
	now := h.config.Now()
	if c := h.clock.Load(); c != nil {
		return now.In(c.zone)
	}
	return now
}

// placeTyped reads a place in degrees; two empty fields are none, and half a place is wrong (the domain says so).
func placeTyped(latitude, longitude string) (lat, lon *float64) {
	if strings.TrimSpace(latitude) != "" {
		f := degrees(latitude)
		lat = &f
	}
	if strings.TrimSpace(longitude) != "" {
		f := degrees(longitude)
		lon = &f
	}
	return lat, lon
}

// degreesTyped writes degrees as placeTyped reads them, to about a metre.
func degreesTyped(f float64) string {
	return strings.Replace(strconv.FormatFloat(math.Round(f*1e5)/1e5, 'f', -1, 64), ".", ",", 1)
}

// siteTyped is the address of a website as people type it, most often without https://.
func siteTyped(s string) string {
	if s = strings.TrimSpace(s); s != "" && !strings.Contains(s, "://") {
		s = "https://" + s
	}
	return s
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
