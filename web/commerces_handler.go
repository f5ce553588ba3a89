package web

import (
	"cmp"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"bourg/internal/hours"
	"bourg/internal/town"
	"bourg/web/locale"
)

// shopsOnPage is how many shops a page of the directory holds.
const shopsOnPage = 60

// Commerces shows the directory, all of it or one family of trades ("c"), near shops first; with "ouvert" those only that are open
// now. A page begins behind the shop whose handle is "apres".
func (h *Handlers) Commerces(w http.ResponseWriter, r *http.Request) error {
	ctx, l, query := r.Context(), h.renderer.Locale(r.Context()), r.URL.Query()
	group := query.Get("c")
	if group != "" && !slices.Contains(town.Headings, group) {
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
	listed, elsewhere, err := h.shopsElsewhere(ctx)
	if err != nil {
		return err
	}
	all = append(all, listed...)
	counts := map[string]int{}
	for _, m := range all {
		counts[m.Trade]++
	}
	groups, total := groupsOf(counts)
	p := PageCommerces{Total: total, Filters: Filters(l, total, groups, group), Open: query.Has("ouvert")}
	now := h.config.Now()
	p.Closures = h.announced(l, all, now)
	if chip, ok := openChip(l, h.countOpen(all, now), group, p.Open); ok {
		p.Filters = slices.Insert(p.Filters, 1, chip)
	}
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
	if p.Open { // behind the place, which may have closed since
		all = slices.DeleteFunc(all, func(m *town.Merchant) bool { return !h.openNow(m, now) })
	}
	if p.Follow, err = h.toFollow(ctx, ""); err != nil {
		return err
	}
	if len(all) > shopsOnPage {
		all = all[:shopsOnPage]
		p.NextURL = directoryOf(group, p.Open, all[len(all)-1].Handle)
	}
	for _, m := range all {
		c := h.shop(l, m)
		if e := elsewhere[m]; e != nil {
			c = listedShop(l, e)
		}
		if d, known := far[m]; known {
			c.Distance = &d
		}
		p.Shops = append(p.Shops, c)
	}
	return h.show(w, r, http.StatusOK, p)
}

// directoryOf is the address of a part of the directory; after is the shop behind which it begins.
func directoryOf(group string, open bool, after string) string {
	query := url.Values{}
	if group != "" {
		query.Set("c", group)
	}
	if open {
		query.Set("ouvert", "1")
	}
	if after != "" {
		query.Set("apres", after)
	}
	return strings.TrimSuffix(pathCommerces+"?"+query.Encode(), "?")
}

// openChip is the chip of the shops that are open now, which takes itself away again; none while all are closed.
func openChip(l *locale.Locale, count int, group string, chosen bool) (Filtre, bool) {
	return Filtre{URL: directoryOf(group, !chosen, ""), Text: l.T("commerces.open"), Count: count, Current: chosen}, count > 0 || chosen
}

// countOpen counts the shops that are open.
func (h *Handlers) countOpen(all []*town.Merchant, now time.Time) int {
	n := 0
	for _, m := range all {
		if h.openNow(m, now) {
			n++
		}
	}
	return n
}

// closuresBeside is how many announced closings stand beside the directory.
const closuresBeside = 8

// announced are the special hours of all shops that begin within two weeks or hold now, soonest first.
func (h *Handlers) announced(l *locale.Locale, all []*town.Merchant, now time.Time) []Annonce {
	type dated struct {
		hours.Special
		*town.Merchant
	}
	var coming []dated
	var zone *time.Location
	for _, m := range all {
		s, ok := h.schedule(m)
		if !ok || len(m.Special) == 0 {
			continue
		}
		zone = s.Zone
		for _, special := range s.Coming(hours.DateOf(now.In(zone)), town.NoticeDays+1) {
			if special.Closed() {
				coming = append(coming, dated{special, m})
			}
		}
	}
	slices.SortStableFunc(coming, func(a, b dated) int { return b.From.Days(a.From) })
	var list []Annonce
	for _, c := range coming[:min(len(coming), closuresBeside)] {
		from, through := c.From.In(zone), c.Through.In(zone)
		one := Annonce{URL: "/@" + c.Handle, Text: c.Name, When: l.ShortWeekday(from) + " " + strconv.Itoa(from.Day())}
		switch {
		case c.From == c.Through:
		case c.From.Month == c.Through.Month && c.From.Year == c.Through.Year:
			one.When = strconv.Itoa(from.Day()) + "–" + strconv.Itoa(through.Day())
		default:
			one.When = strconv.Itoa(from.Day()) + locale.NBSP + l.ShortMonth(from)
		}
		if c.Note != "" {
			one.Text += ", " + locale.LowerFirst(c.Note)
		}
		list = append(list, one)
	}
	return list
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
