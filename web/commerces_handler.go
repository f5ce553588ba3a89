package web

import (
	"cmp"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"bourg/internal/town"
)

// shopsOnPage is how many shops a page of the directory holds.
const shopsOnPage = 60

// Commerces shows the directory, all of it or one family of trades ("c"), near shops first. A page begins behind the shop
// whose handle is "apres".
func (h *Handlers) Commerces(w http.ResponseWriter, r *http.Request) error {
	ctx, l, query := r.Context(), h.renderer.Locale(r.Context()), r.URL.Query()
	group := query.Get("c")
	if group != "" && !slices.Contains(town.Groups, group) {
		return town.ErrNotFound
	}
	t, err := h.config.Directory.Town(ctx)
	if err != nil {
		return err
	}
	all, err := h.config.Directory.Merchants(ctx, "")
	if err != nil {
		return err
	}
	counts := map[string]int{}
	for _, m := range all {
		counts[m.Trade]++
	}
	groups, total := groupsOf(counts)
	p := PageCommerces{Total: total, Filters: Filters(l, total, groups, group)}
	if group != "" {
		all = slices.DeleteFunc(all, func(m *town.Merchant) bool { return groupOf(m.Trade) != group })
	}
	far := distances(t, all)
	p.ByDistance = len(far) > 0
	slices.SortStableFunc(all, func(a, b *town.Merchant) int { return cmp.Compare(farOf(far, a), farOf(far, b)) })

	if query.Has("apres") {
		after := slices.IndexFunc(all, func(m *town.Merchant) bool { return m.Handle == query.Get("apres") })
		if after < 0 {
			return badPage()
		}
		all = all[after+1:]
	}
	if len(all) > shopsOnPage {
		all = all[:shopsOnPage]
		p.NextURL = pathCommerces + "?" + strings.TrimPrefix(url.Values{"c": {group}}.Encode()+"&", "c=&") +
			"apres=" + all[len(all)-1].Handle
	}
	for _, m := range all {
		c := h.shop(l, m)
		if d, known := far[m]; known {
			c.Distance = &d
		}
		p.Shops = append(p.Shops, c)
	}
	return h.show(w, r, http.StatusOK, p)
}

// distances are how far the shops lie from the middle of the town, in metres, where both places are known.
func distances(t *town.Town, all []*town.Merchant) map[*town.Merchant]float64 {
	far := map[*town.Merchant]float64{}
	if t.Lat == 0 && t.Lon == 0 { // nobody has said where the town is
		return far
	}
	for _, m := range all {
		if m.Lat != nil && m.Lon != nil {
			far[m] = apart(t.Lat, t.Lon, *m.Lat, *m.Lon)
		}
	}
	return far
}

func farOf(far map[*town.Merchant]float64, m *town.Merchant) float64 {
	if d, known := far[m]; known {
		return d
	}
	return math.Inf(1)
}
