package web

import (
	"time"

	"bourg/web/locale"
)

// PageAgenda is what is to come, GET /agenda ("apres": a place in the list), soonest first: a page of events under a heading
// for this week, the next one, and then for each month.
type PageAgenda struct {
	Filters  []Filtre  // by where it takes place, and markets; those of places not in a town without neighbours
	Around   bool      // the town has neighbours, and their events stand here too
	Spans    []Periode // none when nothing is announced
	LaterURL string    // next page; empty on the last
	FirstURL string    // back to the first page; empty on it
	ICSURL   string    // the same for calendars
}

// Periode is a part of the agenda.
type Periode struct {
	Heading string // « Cette semaine »
	Entries []Avis
}

func (p PageAgenda) head(l *locale.Locale) head {
	return head{template: "agenda", title: l.T("agenda.title"), description: l.T("agenda.description"), door: pathAgenda, public: true}
}

// BySpan groups entries with events, which come soonest first, by the part of the agenda in which they begin; what has begun
// already stands in the first.
func BySpan(l *locale.Locale, entries []Avis, now time.Time, zone *time.Location) []Periode {
	var spans []Periode
	for _, a := range entries {
		heading := spanOf(l, a.Event.Start.In(zone), now.In(zone))
		if n := len(spans); n == 0 || spans[n-1].Heading != heading {
			spans = append(spans, Periode{Heading: heading})
		}
		last := &spans[len(spans)-1]
		last.Entries = append(last.Entries, a)
	}
	return spans
}

// spanOf is the heading for an event that begins at t. Weeks begin on Monday (ISO 8601).
func spanOf(l *locale.Locale, t, now time.Time) string {
	y, m, d := now.Date()
	monday := time.Date(y, m, d-(int(now.Weekday())+6)%7, 0, 0, 0, 0, now.Location())
	switch {
	case t.Before(monday.AddDate(0, 0, 7)):
		return l.T("agenda.this_week")
	case t.Before(monday.AddDate(0, 0, 14)):
		return l.T("agenda.next_week")
	}
	return locale.UpperFirst(l.Month(t, now))
}
