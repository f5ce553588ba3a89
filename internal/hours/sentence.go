package hours

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Language is a language in which hours are said.
type Language int

// The two languages of the screens.
const (
	French Language = iota
	English
)

const nbsp = "\u00a0"

// words are how a language says hours.
type words struct {
	days       [8]string // short, and public holidays
	months     [12]string
	clock      func(minutes int) string
	and        string
	to         string // between two times
	semicolon  string
	colon      string
	first      string // the first of a month
	closed     string
	everyDay   string
	allDay     string
	singleDate string // with a date
	dateRange  string // with two dates
	monthRange string // with two months
	month      string // with one
}

func (l Language) words() words {
	if l == English {
		return words{
			days:   [8]string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "public holidays"},
			months: [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
			clock:  englishClock, and: " and ", to: "–", semicolon: "; ", colon: ": ", first: "1", closed: "closed", everyDay: "every day", allDay: "24 hours",
			singleDate: "on %s", dateRange: "from %s to %s", monthRange: "%s to %s", month: "in %s",
		}
	}
	return words{
		days: [8]string{"lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim.", "jours fériés"},
		months: [12]string{
			"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre",
		},
		clock: frenchClock, and: " et ", to: "–", semicolon: nbsp + "; ", colon: nbsp + ": ", first: "1er", closed: "fermé", everyDay: "tous les jours",
		allDay: "24" + nbsp + "h sur 24", singleDate: "le %s", dateRange: "du %s au %s", monthRange: "de %s à %s", month: "en %s",
	}
}

// frenchClock writes « 7 h », « 15 h 30 », « minuit ».
func frenchClock(minutes int) string {
	if minutes == day {
		return "minuit"
	}
	minutes %= day
	s := strconv.Itoa(minutes/60) + nbsp + "h"
	if minutes%60 != 0 {
		s += nbsp + fmt.Sprintf("%02d", minutes%60)
	}
	return s
}

// englishClock writes "7am", "3:30pm", "midnight".
func englishClock(minutes int) string {
	if minutes == day {
		return "midnight"
	}
	minutes %= day
	hour, half := minutes/60, "am"
	if hour >= 12 {
		hour, half = hour-12, "pm"
	}
	if hour == 0 {
		hour = 12
	}
	if minutes%60 == 0 {
		return strconv.Itoa(hour) + half
	}
	return fmt.Sprintf("%d:%02d%s", hour, minutes%60, half)
}

// Sentence says the hours in one line: « mar.–sam. 7 h–13 h et 15 h 30–19 h ; dim. 7 h–12 h 30 ; fermé lun. et jours fériés ».
// Days with the same hours stand together; those of which no rule speaks are left out.
func (h Hours) Sentence(l Language) string {
	w := l.words()
	week, dated := h.Week()
	var parts []string
	for _, r := range week.Hours() {
		parts = append(parts, r.sentence(w))
	}
	for _, r := range dated {
		parts = append(parts, r.sentence(w))
	}
	return strings.Join(parts, w.semicolon)
}

func (r Rule) sentence(w words) string {
	when := make([]string, 0, 2)
	if len(r.Dates) > 0 {
		when = append(when, r.datesIn(w))
	}
	if r.Days != 0 && (r.Days&Weekdays != Weekdays || len(r.Dates) == 0) {
		when = append(when, r.Days.in(w))
	}
	said := r.in(w)
	switch {
	case len(when) == 0:
		return said
	case r.Closed:
		return said + " " + strings.Join(when, " ")
	}
	return strings.Join(when, " ") + " " + said
}

// Sentence says the line: « 7 h–13 h et 15 h 30–19 h », « fermé », « sur rendez-vous ».
func (l Line) Sentence(in Language) string { return l.in(in.words()) }

func (l Line) in(w words) string {
	if l.Closed {
		if l.Comment != "" {
			return w.closed + " (" + l.Comment + ")"
		}
		return w.closed
	}
	spans := make([]string, len(l.Spans))
	for i, s := range l.Spans {
		if spans[i] = w.clock(s.From) + w.to + w.clock(s.To); s == (Span{0, day}) {
			spans[i] = w.allDay
		}
	}
	said := list(spans, w)
	switch {
	case l.Comment == "":
		return said
	case said == "":
		return l.Comment
	}
	return said + " (" + l.Comment + ")"
}

// in names the days: « mar.–sam. », « lun. et jeu. ».
func (d Days) in(w words) string {
	var parts []string
	for i := 0; i < 7; i++ {
		n := 0
		for i+n < 7 && d&(Monday<<(i+n)) != 0 {
			n++
		}
		switch {
		case n == 7:
			parts = append(parts, w.everyDay)
			i += n
		case n >= 3:
			parts = append(parts, w.days[i]+"–"+w.days[i+n-1])
			i += n
		case n > 0:
			parts = append(parts, w.days[i])
		}
	}
	if d&PublicHolidays != 0 {
		parts = append(parts, w.days[7])
	}
	return list(parts, w)
}

func (r Rule) datesIn(w words) string {
	parts := make([]string, len(r.Dates))
	for i, d := range r.Dates {
		from, to := d.From.in(w), d.To.in(w)
		switch {
		case d.From == d.To && d.From.Day == 0:
			parts[i] = fmt.Sprintf(w.month, from)
		case d.From == d.To:
			parts[i] = fmt.Sprintf(w.singleDate, from)
		case d.From.Day == 0:
			parts[i] = fmt.Sprintf(w.monthRange, from, to)
		case d.From.Month == d.To.Month:
			parts[i] = fmt.Sprintf(w.dateRange, ordinal(d.From.Day, w), to)
		default:
			parts[i] = fmt.Sprintf(w.dateRange, from, to)
		}
	}
	return list(parts, w)
}

func (m MonthDay) in(w words) string {
	if m.Day == 0 {
		return w.months[m.Month-1]
	}
	return ordinal(m.Day, w) + nbsp + w.months[m.Month-1]
}

// ordinal is a day of the month; French says « 1er » and counts on in plain numbers.
func ordinal(day int, w words) string {
	if day == 1 {
		return w.first
	}
	return strconv.Itoa(day)
}

// list joins with commas, and the last with "and".
func list(parts []string, w words) string {
	if n := len(parts); n > 1 {
		return strings.Join(parts[:n-1], ", ") + w.and + parts[n-1]
	}
	return strings.Join(parts, "")
}

// Sentence says the days and what holds on them: « fermé du 24 au 26 décembre (Congés) ». The year stands where it is not that
// of today.
func (s Special) Sentence(l Language, today Date) string {
	said := Line{Spans: s.Spans, Closed: s.Closed()}.Sentence(l)
	when := s.When(l, today)
	if s.Closed() {
		said += " " + when
	} else {
		said = when + l.words().colon + said
	}
	if s.Note != "" {
		said += " (" + s.Note + ")"
	}
	return said
}

// When names the days: « le 24 décembre », « du 24 au 26 décembre », « du 24 décembre au 2 janvier 2027 ».
func (s Special) When(l Language, today Date) string {
	w := l.words()
	date := func(d Date) string {
		text := MonthDay{d.Month, d.Day}.in(w)
		if l == English {
			text = strconv.Itoa(d.Day) + nbsp + time.Month(d.Month).String()
		}
		if d.Year != today.Year {
			text += nbsp + strconv.Itoa(d.Year)
		}
		return text
	}
	switch {
	case s.From == s.Through:
		return fmt.Sprintf(w.singleDate, date(s.From))
	case s.From.Year == s.Through.Year && s.From.Month == s.Through.Month:
		return fmt.Sprintf(w.dateRange, ordinal(s.From.Day, w), date(s.Through))
	}
	return fmt.Sprintf(w.dateRange, date(s.From), date(s.Through))
}
