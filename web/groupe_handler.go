package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"bourg/internal/ical"
	"bourg/internal/town"
	"bourg/web/locale"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"
)

// groupIn finds the page to follow whose handle stands in the address, in any letter case.
func (h *Handlers) groupIn(r *http.Request) (*town.Group, error) {
	return h.groupCalled(r, chi.URLParam(r, "handle"))
}

func (h *Handlers) groupCalled(r *http.Request, handle string) (*town.Group, error) {
	if handle = strings.ToLower(handle); !handlePattern.MatchString(handle) {
		return nil, town.ErrNotFound
	}
	return h.config.Groups.ByHandle(r.Context(), handle)
}

// suivie is a page to follow as it is shown.
func (h *Handlers) suivie(g *town.Group) Suivie {
	s := Suivie{
		Kind: string(g.Kind), Name: g.Name, URL: "/@" + g.Handle, FollowName: g.Handle, Handle: "@" + h.config.Addresses.Handle(g.Handle),
	}
	switch g.Kind {
	case town.GroupTown:
		s.Mark, s.Paint = "mairie", "nuit"
	case town.GroupAround:
		s.Mark, s.Paint = "route", "sapin"
	case town.GroupMarket:
		s.Mark, s.Paint = "marche", "brique"
		s.Note = strings.Join(slices.DeleteFunc([]string{g.When, g.Where}, func(words string) bool { return words == "" }), ", ")
	case town.GroupCollective:
		s.Mark, s.Paint = "sac", "prune"
	case town.GroupTrade:
		if trade, err := town.TradeBySlug(g.Trade); err == nil {
			s.Mark, s.Paint = trade.Icon, trade.Paint
		}
	}
	return s
}

// toFollow are the pages that can be followed, but for those of one kind; "" for all.
func (h *Handlers) toFollow(ctx context.Context, but town.GroupKind) ([]Suivie, error) {
	groups, err := h.config.Groups.List(ctx)
	if err != nil {
		return nil, err
	}
	var all []Suivie
	for _, g := range groups {
		if g.Kind != but {
			all = append(all, h.suivie(g))
		}
	}
	return all, nil
}

// followBeside is how many pages to follow stand beside the thread.
const followBeside = 6

// besideThread are the pages to follow that stand beside the thread, which is the whole town's: its surroundings, markets and
// collectives.
func (h *Handlers) besideThread(ctx context.Context) ([]Suivie, error) {
	all, err := h.toFollow(ctx, town.GroupTown)
	all = slices.DeleteFunc(all, func(s Suivie) bool { return s.Kind == string(town.GroupTrade) })
	return all[:min(len(all), followBeside)], err
}

// groupsOfShop are the markets and collectives to which a shop belongs.
func (h *Handlers) groupsOfShop(ctx context.Context, merchant uuid.UUID) ([]Suivie, error) {
	groups, err := h.config.Groups.Of(ctx, merchant)
	if err != nil {
		return nil, err
	}
	var all []Suivie
	for _, g := range groups {
		if g.Kind.Chosen() {
			all = append(all, h.suivie(g))
		}
	}
	return all, nil
}

// groupe shows a page that people follow in the place of single shops, with the news that it relays.
func (h *Handlers) groupe(w http.ResponseWriter, r *http.Request) error {
	ctx, l := r.Context(), h.renderer.Locale(r.Context())
	before, err := readCursor(r.URL.Query())
	if err != nil {
		return err
	}
	g, err := h.groupIn(r)
	if err != nil {
		return err
	}
	if chi.URLParam(r, "handle") != g.Handle {
		return h.goTo(w, r, "/@"+g.Handle)
	}
	t, err := h.config.Directory.Town(ctx)
	if err != nil {
		return err
	}
	day, err := h.config.Groups.Today(ctx, g.ID)
	if err != nil {
		return err
	}
	p := PageGroupe{
		Group: h.suivie(g), ActorID: string(h.config.Addresses.Actor(g.ID)), Words: h.written(g.Summary), Where: g.Where, When: g.When, Off: !g.On,
		Quota: Quota{
			Most: town.DailyAnnounces, OfOne: town.DailyAnnouncesMerchant, Today: day.Announced, Waiting: day.Waiting,
			Evening: l.Clock(time.Date(2000, time.January, 1, town.SummaryHour, 0, 0, 0, time.UTC)),
		},
	}
	if err := h.whoIsIn(ctx, l, g, &p); err != nil {
		return err
	}
	if p.Off {
		if p.Others, err = h.toFollow(ctx, ""); err != nil {
			return err
		}
		return h.show(w, r, http.StatusOK, p)
	}
	summaries, err := h.config.Groups.Summaries(ctx, g.ID, recapsOnPage)
	if err != nil {
		return err
	}
	for _, s := range summaries {
		p.Recaps = append(p.Recaps, Lien{URL: p.Group.URL + "/" + s.ID.String(), Text: l.Date(s.Published.In(h.zone(t)), time.Time{})})
	}
	p.AtomURL = p.Group.URL + "/atom.xml"
	p.ICSURL = p.Group.URL + calendarFile
	entries, more, err := h.config.Groups.Feed(ctx, g, before)
	if err != nil {
		return err
	}
	p.Days = ByDay(h.relayed(l, entries), h.zone(t))
	if !before.IsZero() {
		p.Newest = p.Group.URL
	}
	if more {
		p.Older = p.Group.URL + "?avant=" + placeBehind(entries[len(entries)-1].Cursor())
	}
	return h.show(w, r, http.StatusOK, p)
}

// whoIsIn puts on the page whose news it relays.
func (h *Handlers) whoIsIn(ctx context.Context, l *locale.Locale, g *town.Group, p *PageGroupe) error {
	if g.Kind.Own() {
		p.Shops = g.Members
	} else {
		members, err := h.config.Groups.Members(ctx, g.ID)
		if err != nil {
			return err
		}
		for _, m := range members {
			if m.Moved == nil && (g.Kind.Chosen() || !m.Unannounced) {
				p.Members = append(p.Members, h.shop(l, m))
			}
		}
	}
	if g.Kind != town.GroupAround {
		return nil
	}
	neighbours, err := h.config.Neighbours.Public(ctx)
	if err != nil {
		return err
	}
	for _, n := range neighbours {
		if n.Outgoing != town.StandingAccepted || n.Health == town.HealthHidden || n.Mode == town.ModeMuted {
			continue
		}
		link := Lien{URL: n.Base + "/", Text: orWords(n.Name, n.Domain)}
		if n.Km != nil {
			link.Note = l.Distance(1000 * *n.Km)
		}
		p.Towns = append(p.Towns, link)
	}
	return nil
}

// relayed are the entries of a page to follow, each cut to what a list shows.
func (h *Handlers) relayed(l *locale.Locale, entries []town.GroupEntry) []Avis {
	all := make([]Avis, len(entries))
	for i, e := range entries {
		if e.Foreign != nil {
			all[i] = h.away(l, e.Foreign)
		} else {
			all[i] = h.entry(l, e.Post, false)
		}
	}
	return all
}

// groupeAtom is the feed of a page to follow: the news of the town's own shops in it.
func (h *Handlers) groupeAtom(w http.ResponseWriter, r *http.Request) error {
	g, err := h.groupIn(r)
	if err != nil {
		return err
	}
	if !g.On {
		return town.ErrGone
	}
	t, err := h.config.Directory.Town(r.Context())
	if err != nil {
		return err
	}
	entries, _, err := h.config.Groups.Feed(r.Context(), g, town.Cursor{})
	if err != nil {
		return err
	}
	var posts []*town.Post
	for _, e := range entries {
		if e.Post != nil {
			posts = append(posts, e.Post)
		}
	}
	page := string(h.config.Addresses.Profile(g.Handle))
	return h.feed(w, r, atomFeed{
		ID: string(h.config.Addresses.Actor(g.ID)), Title: g.Name, Updated: g.Updated.UTC().Format(time.RFC3339),
		Links: []atomLink{{Rel: "self", Href: page + "/atom.xml"}, {Rel: "alternate", Type: "text/html", Href: page}},
	}, h.atomEntries(t, posts))
}

// CommerceICS is the calendar of a shop, or of a page that gathers several, to subscribe to.
func (h *Handlers) CommerceICS(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	m, err := h.merchantIn(r)
	if err == nil {
		events, _, err := h.config.Timeline.ComingEvents(ctx, m.ID, town.Cursor{}, eventsInCalendar)
		if err != nil {
			return err
		}
		return h.calendar(w, r, m.Name, m.Handle, events)
	}
	if !errors.Is(err, town.ErrNotFound) {
		return err
	}
	g, err := h.groupIn(r)
	if err != nil {
		return err
	}
	if !g.On {
		return town.ErrGone
	}
	events, _, err := h.config.Timeline.ComingEvents(ctx, uuid.Nil, town.Cursor{}, eventsInCalendar)
	if err != nil {
		return err
	}
	members, err := h.config.Groups.Members(ctx, g.ID)
	if err != nil {
		return err
	}
	events = slices.DeleteFunc(events, func(p *town.Post) bool {
		return p.Merchant.Unannounced || !g.Kind.Own() && !slices.ContainsFunc(members, func(m *town.Merchant) bool { return m.ID == p.Merchant.ID })
	})
	return h.calendar(w, r, g.Name, g.Handle, events)
}

// calendar answers with those of the events that have left: what may still be called back is not given to calendars that keep it.
func (h *Handlers) calendar(w http.ResponseWriter, r *http.Request, name, handle string, events []*town.Post) error {
	c := ical.Calendar{Product: calendarProduct, Name: name, URL: string(h.config.Addresses.Profile(handle)) + calendarFile}
	for _, p := range events {
		if p.Left(h.config.Now()) {
			c.Events = append(c.Events, h.calendarEvent(p))
		}
	}
	return serveCalendar(w, r, c, "")
}
