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
	posts, more, err := h.config.Timeline.ComingEvents(ctx, uuid.Nil, after, eventsOnPage)
	if err != nil {
		return err
	}
	p := PageAgenda{ICSURL: pathCalendar}
	if more {
		p.LaterURL = pathAgenda + "?apres=" + placeBehind(town.AfterEvent(posts[len(posts)-1]))
	}
	if !after.IsZero() {
		p.FirstURL = pathAgenda
	}
	p.Spans = BySpan(l, h.entries(l, posts), h.config.Now(), h.zone(t))
	return h.show(w, r, http.StatusOK, p)
}

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

// AgendaICS is the calendar of the town, to subscribe to.
func (h *Handlers) AgendaICS(w http.ResponseWriter, r *http.Request) error {
	t, err := h.config.Directory.Town(r.Context())
	if err != nil {
		return err
	}
	posts, _, err := h.config.Timeline.ComingEvents(r.Context(), uuid.Nil, town.Cursor{}, eventsInCalendar)
	if err != nil {
		return err
	}
	c := ical.Calendar{Product: calendarProduct, Name: t.Name, URL: h.base + pathCalendar}
	for _, p := range posts {
		if p.Left(h.config.Now()) { // what may still be called back is not given to calendars that keep it
			c.Events = append(c.Events, h.calendarEvent(p))
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
	words := make([]string, 0, 3)
	for _, s := range []string{p.Text, p.Merchant.Name, p.Merchant.Phone} {
		if s = strings.TrimSpace(s); s != "" {
			words = append(words, s)
		}
	}
	e.Description = strings.Join(words, "\n")
	if d := p.Event; d != nil {
		e.Location = placeOf(d)
		switch d.Status {
		case town.EventCancelled:
			e.Status = ical.Cancelled
		case town.EventPostponed:
			e.Status = ical.Tentative
		}
	}
	return e
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
