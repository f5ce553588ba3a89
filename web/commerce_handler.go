package web

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"bourg/internal/hours"
	"bourg/internal/town"
	"bourg/web/locale"

	"github.com/go-chi/chi/v5"
)

// Commerce shows a shop's own page with its news, or a page that gathers those of several.
func (h *Handlers) Commerce(w http.ResponseWriter, r *http.Request) error {
	ctx, l := r.Context(), h.renderer.Locale(r.Context())
	before, err := readCursor(r.URL.Query())
	if err != nil {
		return err
	}
	m, err := h.merchantIn(r)
	if errors.Is(err, town.ErrNotFound) {
		return h.groupe(w, r)
	}
	if err != nil {
		return err
	}
	if chi.URLParam(r, "handle") != m.Handle {
		return h.goTo(w, r, "/@"+m.Handle)
	}
	t, err := h.config.Directory.Town(ctx)
	if err != nil {
		return err
	}
	posts, more, err := h.config.Timeline.MerchantFeed(ctx, m.ID, before)
	if err != nil {
		return err
	}
	p := PageCommerce{
		Shop: h.shop(l, m), FollowName: m.Handle, ActorID: string(h.config.Addresses.Actor(m.ID)),
		AtomURL: "/@" + m.Handle + "/atom.xml", Hours: lines(m.HoursInWords()), DirectionsURL: directions(t, m), Place: placeLine(t, m),
		Description: h.written(m.Summary), Entries: h.entries(l, posts), Website: siteShown(m.Website), Verified: m.WebsiteVerified,
	}
	if s, ok := h.schedule(m); ok {
		now := h.config.Now().In(s.Zone)
		p.Week, p.Notice, p.Special = week(l, s, now), notice(l, s, now), specialLater(l, s, now)
		p.Structured = h.shopPageTwin(t, m, s, hours.DateOf(now))
	}
	if before.IsZero() {
		if err := h.display(r, l, m, &p); err != nil {
			return err
		}
	}
	if p.Groups, err = h.groupsOfShop(ctx, m.ID); err != nil {
		return err
	}
	if m.Moved != nil {
		p.Moved = departure(m.Moved)
	}
	if m.Cover != nil {
		cover := h.photo(m.Cover)
		p.Cover = &cover
	}
	if !before.IsZero() {
		p.NewerURL = p.Shop.URL
	}
	if more {
		p.OlderURL = p.Shop.URL + "?avant=" + olderThan(posts[len(posts)-1])
	}
	return h.show(w, r, http.StatusOK, p)
}

// How much stands in a shop's window.
const (
	offersInWindow   = 6
	productsInWindow = 24
)

// display puts into the window of a shop's page what it has beside news: offers, products and events.
func (h *Handlers) display(r *http.Request, l *locale.Locale, m *town.Merchant, p *PageCommerce) error {
	offers, err := h.config.Timeline.LiveOffers(r.Context(), m.ID, offersInWindow)
	if err != nil {
		return err
	}
	products, err := h.config.Timeline.Products(r.Context(), m.ID, productsInWindow)
	if err != nil {
		return err
	}
	events, _, err := h.config.Timeline.ComingEvents(r.Context(), m.ID, town.Cursor{}, eventsBeside)
	if err != nil {
		return err
	}
	p.Offers, p.Products, p.Events = h.entries(l, offers), h.entries(l, products), h.entries(l, events)
	return nil
}

// placeLine is the line under the street of an address: « 30500 Saint-Laurent ».
func placeLine(t *town.Town, m *town.Merchant) string {
	if m.Locality != "" {
		return strings.TrimSpace(m.PostalCode + " " + m.Locality)
	}
	return strings.TrimSpace(m.PostalCode + " " + t.Name)
}

// lines are the lines of a text that hold something.
func lines(text string) []string {
	var all []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}

// directions is the way to a shop on OpenStreetMap, by its place, else by its address.
func directions(t *town.Town, m *town.Merchant) string {
	const osm = "https://www.openstreetmap.org/"
	switch {
	case m.Lat != nil && m.Lon != nil:
		degrees := func(f float64) string { return strconv.FormatFloat(f, 'f', 6, 64) }
		return osm + "directions?to=" + url.QueryEscape(degrees(*m.Lat)+","+degrees(*m.Lon))
	case m.Address != "":
		return osm + "search?query=" + url.QueryEscape(m.FullAddress(t.Name))
	}
	return ""
}

// siteShown is a website that may be linked to; "" for what is none.
func siteShown(website string) string {
	if strings.HasPrefix(website, "https://") || strings.HasPrefix(website, "http://") {
		return website
	}
	return ""
}
