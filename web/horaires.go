package web

import (
	"time"

	"bourg/internal/hours"
	"bourg/internal/town"
	"bourg/web/locale"
)

// This file says when shops are open. What it says changes with the minute, so a kept page is shown in the minute in which it was
// made only (see pagecache.Config).

// townClock is by what the hours of all shops are read. It is fixed once the town is set up.
type townClock struct {
	town *town.Town // of whom zone and commune count
	zone *time.Location
}

// schedule is when a shop is open; ok is false before the town is set up.
func (h *Handlers) schedule(m *town.Merchant) (s hours.Schedule, ok bool) {
	c := h.clock.Load()
	if c == nil {
		return s, false
	}
	return m.Schedule(c.town, c.zone), true
}

// state is whether a shop is open now; nil where that is not known.
func (h *Handlers) state(l *locale.Locale, m *town.Merchant) *Etat {
	s, ok := h.schedule(m)
	if !ok {
		return nil
	}
	now := h.config.Now().In(s.Zone)
	return stateInWords(l, s.State(now), now)
}

// stateInWords says a state: « Ouvert jusqu’à 13 h », « Fermé, ouvre samedi à 10 h ».
func stateInWords(l *locale.Locale, s hours.State, now time.Time) *Etat {
	change := s.Change.In(now.Location())
	days := hours.DateOf(now).Days(hours.DateOf(change))
	switch {
	case !s.Known:
		return nil
	case s.Open && s.Change.IsZero():
		return &Etat{Open, l.T("hours.always")}
	case s.Open && (days == 0 || change.Sub(now) < 12*time.Hour): // who closes at two closes "at two", tonight
		return &Etat{Open, l.T("hours.until", clockOrMidnight(l, change))}
	case s.Open:
		return &Etat{Open, l.T("hours.until_day", l.Weekday(change), clockOrMidnight(l, change))}
	case s.Words != "":
		return &Etat{Soon, locale.UpperFirst(s.Words)}
	case s.Change.IsZero():
		return &Etat{Closed, l.T("hours.closed")}
	case days == 0:
		return &Etat{Closed, l.T("hours.opens", l.Clock(change))}
	case days == 1:
		return &Etat{Closed, l.T("hours.opens_tomorrow", clockOrMidnight(l, change))}
	case days < 7:
		return &Etat{Closed, l.T("hours.opens_day", l.Weekday(change), clockOrMidnight(l, change))}
	}
	return &Etat{Closed, l.T("hours.opens_date", l.Date(change, now))}
}

// clockOrMidnight writes the time of day; nobody says that a shop closes at 0 h.
func clockOrMidnight(l *locale.Locale, t time.Time) string {
	if t.Hour() == 0 && t.Minute() == 0 {
		return l.T("hours.midnight")
	}
	return l.Clock(t)
}

// openNow tells whether a shop is known to be open.
func (h *Handlers) openNow(m *town.Merchant, now time.Time) bool {
	s, ok := h.schedule(m)
	return ok && s.State(now).Open
}

// language is that in which hours are said.
func language(l *locale.Locale) hours.Language {
	if l.Lang == locale.EN {
		return hours.English
	}
	return hours.French
}

// week is the present week of a shop, day by day; nothing where its hours are known in words only.
func week(l *locale.Locale, s hours.Schedule, now time.Time) []JourOuvrable {
	today := hours.DateOf(now)
	if len(s.Regular) == 0 {
		return nil
	}
	var all []JourOuvrable
	for _, d := range s.Week(today) {
		day := JourOuvrable{Name: l.Weekday(d.Date.In(s.Zone)), Today: d.Date == today, Comment: d.Comment}
		for _, span := range d.Spans {
			day.Spans = append(day.Spans, spanInWords(l, d.Date, span))
		}
		switch {
		case d.Special:
			day.Comment = d.Headline
			if day.Comment == "" {
				day.Comment = l.T("commerce.special")
			}
		case d.Holiday:
			day.Comment = l.T("commerce.holiday")
		}
		all = append(all, day)
	}
	return all
}

// spanInWords is « 6 h 30 – 13 h ».
func spanInWords(l *locale.Locale, d hours.Date, s hours.Span) string {
	if s == (hours.Span{From: 0, To: 24 * 60}) {
		return l.T("hours.all_day")
	}
	at := func(minutes int) time.Time { return time.Date(d.Year, d.Month, d.Day, 0, minutes, 0, 0, time.UTC) }
	from, to := l.Clock(at(s.From)), l.Clock(at(s.To))
	if s.To == 24*60 {
		to = l.T("hours.midnight")
	}
	return from + " – " + to
}

// notice is what hangs on the shop's door: the special hours that come next, from two weeks before.
func notice(l *locale.Locale, s hours.Schedule, now time.Time) *Ecriteau {
	today := hours.DateOf(now)
	coming := s.Coming(today, town.NoticeDays+1)
	if len(coming) == 0 {
		return nil
	}
	next := coming[0]
	said := next
	said.Note = ""
	return &Ecriteau{Title: locale.UpperFirst(said.Sentence(language(l), today)), Text: next.Note}
}

// specialLater are further special hours that a page lists, in words.
func specialLater(l *locale.Locale, s hours.Schedule, now time.Time) []string {
	today := hours.DateOf(now)
	var all []string
	shown := s.Coming(today, town.NoticeDays+1)
	for i, special := range s.Coming(today, hours.MaxSpecialDays) {
		if i > 0 || len(shown) == 0 { // the first hangs on the door
			all = append(all, locale.UpperFirst(special.Sentence(language(l), today)))
		}
	}
	return all
}
