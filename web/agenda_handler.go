package web

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"bourg/internal/ical"
	"bourg/internal/sanitize"
	"bourg/internal/town"
	"bourg/web/locale"

	"github.com/google/uuid"
)

// The lengths of lists of events.
const (
	eventsOnPage     = town.PageSize
	eventsBeside     = 5   // in a column beside something else
	eventsInCalendar = 200 // in a calendar to subscribe to
)

// calendarFile is what the address of an event for calendars ends with.
const calendarFile = "/agenda.ics"

// Agenda shows what is to come in the town.
func (h *Handlers) Agenda(w http.ResponseWriter, r *http.Request) error {
	ctx, l, query := r.Context(), h.renderer.Locale(r.Context()), r.URL.Query()
	after, err := cursorIn(query, "apres")
	if err != nil {
		return err
	}
	t, err := h.config.Directory.Town(ctx)
	if err != nil {
		return err
	}
	part, markets := partIn(query), query.Get("g") == marketGroup
	entries, more, err := h.config.Timeline.ComingAround(ctx, part, markets, after, eventsOnPage)
	if err != nil {
		return err
	}
	neighbours, err := h.config.Neighbours.Public(ctx)
	if err != nil {
		return err
	}
	around := len(signs(neighbours)) > 0
	chosen := map[string]string{"l": partNamed(part)}
	if markets {
		chosen["g"] = marketGroup
	}
	p := PageAgenda{Around: around, Filters: agendaChips(l, around, part, markets), ICSURL: calendarOf(around, part, markets)}
	if !after.IsZero() {
		p.FirstURL = listOf(pathAgenda, chosen)
	}
	if more {
		chosen["apres"] = placeBehind(entries[len(entries)-1].AfterStart())
		p.LaterURL = listOf(pathAgenda, chosen)
	}
	p.Spans = BySpan(l, h.mixed(l, entries), h.config.Now(), h.zone(t))
	return h.show(w, r, http.StatusOK, p)
}

// marketGroup is the value of "g" for markets.
const marketGroup = "marche"

// agendaParts are the words of the chips above the agenda.
var agendaParts = map[town.Part]string{town.PartAll: "part.all", town.PartTown: "part.in_town", town.PartAround: "part.at_neighbours"}

// agendaChips are the chips above the agenda; those by place only where there are neighbours.
func agendaChips(l *locale.Locale, around bool, part town.Part, markets bool) []Filtre {
	chips := partChips(l, pathAgenda, agendaParts, part)
	if markets {
		for i := range chips {
			chips[i].Current = false
		}
	}
	if !around && part == town.PartAll {
		chips = chips[:1]
	}
	return append(chips, Filtre{URL: listOf(pathAgenda, map[string]string{"g": marketGroup}), Text: l.T("part.markets"), Current: markets})
}

// calendarOf is the address of what the agenda shows for calendars. The town's own events have the address that stands on posters, which
// never gave others'.
func calendarOf(around bool, part town.Part, markets bool) string {
	switch {
	case markets:
		return listOf(pathCalendar, map[string]string{"g": marketGroup})
	case part == town.PartAll && around:
		return listOf(pathCalendar, map[string]string{"l": everybody})
	case part == town.PartAround:
		return listOf(pathCalendar, map[string]string{"l": partAround})
	default:
		return pathCalendar
	}
}

// everybody is the value of "l" for calendars with the neighbours' events beside the town's.
const everybody = "tout"

// thisWeek are the events of the next seven days of a merchant, or of all (uuid.Nil), as many as stand beside something else.
func (h *Handlers) thisWeek(r *http.Request, merchant uuid.UUID) ([]*town.Post, error) {
	posts, _, err := h.config.Timeline.ComingEvents(r.Context(), merchant, town.Cursor{}, eventsBeside)
	until := h.config.Now().AddDate(0, 0, 7)
	for i, p := range posts {
		if p.Starts.After(until) {
			return posts[:i], err
		}
	}
	return posts, err
}

// AgendaICS is the calendar of the town, to subscribe to: its own events or, with "l" or "g", what the agenda shows with the same.
func (h *Handlers) AgendaICS(w http.ResponseWriter, r *http.Request) error {
	t, err := h.config.Directory.Town(r.Context())
	if err != nil {
		return err
	}
	query := r.URL.Query()
	part, markets, address := town.PartTown, query.Get("g") == marketGroup, pathCalendar
	switch {
	case markets:
		part, address = town.PartAll, calendarOf(true, town.PartAll, true)
	case query.Get("l") == everybody:
		part, address = town.PartAll, calendarOf(true, town.PartAll, false)
	case query.Get("l") == partAround:
		part, address = town.PartAround, calendarOf(true, town.PartAround, false)
	}
	entries, _, err := h.config.Timeline.ComingAround(r.Context(), part, markets, town.Cursor{}, eventsInCalendar)
	if err != nil {
		return err
	}
	c := ical.Calendar{Product: calendarProduct, Name: t.Name, URL: h.base + address}
	for _, e := range entries {
		switch {
		case e.Foreign != nil:
			c.Events = append(c.Events, calendarEventAway(e.Foreign))
		case e.Own.Left(h.config.Now()): // what may still be called back is not given to calendars that keep it
			c.Events = append(c.Events, h.calendarEvent(e.Own))
		}
	}
	return serveCalendar(w, r, c, "")
}

// EvenementICS is one event, to be kept in somebody's own calendar.
func (h *Handlers) EvenementICS(w http.ResponseWriter, r *http.Request) error {
	p, err := h.publicPost(r)
	if err != nil {
		return err
	}
	if p.Kind != town.Event {
		return town.ErrNotFound
	}
	c := ical.Calendar{Product: calendarProduct, Events: []ical.Event{h.calendarEvent(p)}}
	return serveCalendar(w, r, c, "evenement.ics")
}

const calendarProduct = "-//Bourg//Agenda//FR"

// calendarEvent is an event as calendars know it. One that is put off to an unknown day keeps its old one, and is tentative.
func (h *Handlers) calendarEvent(p *town.Post) ical.Event {
	e := ical.Event{
		UID: p.ID.String() + "@" + h.config.Addresses.Domain(), Stamp: latest(p.Published, p.Updated), Start: p.Starts, End: p.Ends,
		Summary: sanitize.Line(p.Title), URL: string(h.config.Addresses.Page(p.Merchant.Handle, p.ID)), Status: ical.Confirmed,
		Sequence: p.Revision,
	}
	describe(&e, p.Event, p.Text, p.Merchant.Name, p.Merchant.Phone)
	return e
}

// calendarEventAway is the same for an event of another town, under the id that it has there.
func calendarEventAway(p *town.ForeignPost) ical.Event {
	e := ical.Event{
		UID: string(p.ObjectID), Stamp: latest(p.Published, p.Updated), Start: p.Starts, End: p.Ends,
		Summary: sanitize.Line(p.Title), URL: string(p.URL), Status: ical.Confirmed,
	}
	describe(&e, p.Event, sanitize.Text(p.Content), sanitize.Line(p.ShopName()), p.Town)
	return e
}

// describe writes what is said of an event, where it takes place and what has become of it.
func describe(e *ical.Event, d *town.EventDetails, words ...string) {
	said := make([]string, 0, len(words))
	for _, s := range words {
		if s = strings.TrimSpace(s); s != "" {
			said = append(said, s)
		}
	}
	e.Description = strings.Join(said, "\n")
	if d == nil {
		return
	}
	e.Location = placeOf(d)
	switch d.Status {
	case town.EventCancelled:
		e.Status = ical.Cancelled
	case town.EventPostponed:
		e.Status = ical.Tentative
	}
}

// latest is the later of two moments.
func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// serveCalendar answers with a calendar; with a name it is offered as a file to keep.
func serveCalendar(w http.ResponseWriter, r *http.Request, c ical.Calendar, name string) error {
	body := c.Write()
	sum := sha256.Sum256(body)
	tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:9]) + `"`
	header := w.Header()
	header.Set("Content-Type", ical.MediaType)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Security-Policy", "default-src 'none'")
	header.Set("Cache-Control", "no-cache")
	header.Set("ETag", tag)
	if name != "" {
		header.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	}
	if matches(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the reader has gone: nobody is left to tell
	}
	return nil
}
