package web

import (
	"net/http"

	"bourg/internal/town"

	"github.com/google/uuid"
)

// Fil shows the town's news, newest first, a page at a time.
func (h *Handlers) Fil(w http.ResponseWriter, r *http.Request) error {
	ctx, l := r.Context(), h.renderer.Locale(r.Context())
	before, err := readCursor(r.URL.Query())
	if err != nil {
		return err
	}
	part := partIn(r.URL.Query())
	t, err := h.config.Directory.Town(ctx)
	if err != nil {
		return err
	}
	entries, more, err := h.config.Timeline.Surroundings(ctx, part, before)
	if err != nil {
		return err
	}
	shops, err := h.config.Directory.Hours(ctx)
	if err != nil {
		return err
	}
	counts, open := h.countTrades(shops)
	zone := h.zone(t)
	p := PageFil{Part: part, Days: ByDay(h.mixed(l, entries), zone)}
	neighbours, err := h.config.Neighbours.Public(ctx)
	if err != nil {
		return err
	}
	if p.Near = signs(neighbours); len(p.Near) > 0 || part != town.PartAll {
		p.Filters = partChips(l, pathFil, filParts, part)
	}
	groups, total := groupsOf(counts)
	p.Families, p.Shops = Families(l, groups), total
	openGroups, openNow := groupsOf(open)
	p.Open, p.OpenNow = OpenFamilies(l, openGroups), openNow
	events, err := h.thisWeek(r, uuid.Nil)
	if err != nil {
		return err
	}
	p.Events = h.entries(l, events)
	if p.Follow, err = h.besideThread(ctx); err != nil {
		return err
	}
	if before.IsZero() {
		p.Today, p.Tonight = today(entries, h.config.Now(), zone), beginToday(events, h.config.Now(), zone)
	} else {
		p.NewerURL = listOf(pathFil, map[string]string{"l": partNamed(part)})
	}
	if more {
		p.OlderURL = listOf(pathFil, map[string]string{"l": partNamed(part), "avant": placeBehind(entries[len(entries)-1].After())})
	}
	return h.show(w, r, http.StatusOK, p)
}

// filParts are the words of the chips above the thread.
var filParts = map[town.Part]string{town.PartAll: "part.all", town.PartTown: "part.town", town.PartAround: "part.around"}

// countTrades counts the shops of each trade, and those that are open now.
func (h *Handlers) countTrades(shops []*town.Merchant) (all, open map[string]int) {
	all, open = map[string]int{}, map[string]int{}
	now := h.config.Now()
	for _, m := range shops {
		all[m.Trade]++
		if h.openNow(m, now) {
			open[m.Trade]++
		}
	}
	return all, open
}

// groupsOf sums the counts of trades by their groups, in the order of the directory, and all of them.
func groupsOf(counts map[string]int) (groups []Groupe, total int) {
	sums := make(map[string]int, len(town.Headings))
	for slug, n := range counts {
		sums[groupOf(slug)] += n
		total += n
	}
	for _, g := range town.Headings {
		groups = append(groups, Groupe{Slug: g, Count: sums[g]})
	}
	return groups, total
}

// groupOf is the group of a trade; one that the list no longer has goes to the last.
func groupOf(slug string) string {
	if t, err := town.TradeBySlug(slug); err == nil {
		return t.Group
	}
	return town.Headings[len(town.Headings)-1]
}
