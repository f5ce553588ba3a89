package town

import (
	"strconv"
	"strings"
	"time"
)

// This file writes what a document says in French: prices, days, hours and telephone numbers,
// with the signs and the unbreakable spaces that French typography wants. Documents bear one
// language, so there is no other to choose; the screens have their own words.

const (
	nbsp       = "\u00a0" // before a colon, between a number and its unit
	narrowNBSP = "\u202f" // between thousands
)

func frenchDay(d time.Weekday) string {
	return [...]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"}[d]
}

func frenchMonth(m time.Month) string {
	return [...]string{
		"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre",
	}[m-1]
}

// Euros writes an amount as people read it: « 9,90 € », « 12 € », « 1 250 € ».
func (c Cents) Euros() string {
	whole := strconv.FormatInt(int64(c)/100, 10)
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + narrowNBSP + whole[i:]
	}
	if c%100 != 0 {
		whole += "," + strconv.FormatInt(int64(c)%100+100, 10)[1:]
	}
	return whole + nbsp + "€"
}

// dayNumber is the day of the month; French says « 1er » and counts on in plain numbers.
func dayNumber(t time.Time) string {
	if t.Day() == 1 {
		return "1er"
	}
	return strconv.Itoa(t.Day())
}

// fullDay is « samedi 12 décembre 2026 ».
func fullDay(t time.Time) string {
	return frenchDay(t.Weekday()) + " " + dayNumber(t) + nbsp + frenchMonth(t.Month()) + " " + strconv.Itoa(t.Year())
}

// clock is « 9 h » or « 9 h 30 ».
func clock(t time.Time) string {
	s := strconv.Itoa(t.Hour()) + nbsp + "h"
	if t.Minute() != 0 {
		s += nbsp + strconv.Itoa(t.Minute() + 100)[1:]
	}
	return s
}

func sameDay(a, b time.Time) bool { return FirstMoment(a).Equal(FirstMoment(b)) }

// wholeDays tells whether two moments are the ends of whole days, so that hours go without saying.
func wholeDays(from, to time.Time) bool {
	return from.Equal(FirstMoment(from)) && (to.IsZero() || to.Truncate(time.Second).Equal(LastMoment(to)))
}

// eventSpan says when something takes place, both times being in the town's time zone:
// « samedi 12 décembre 2026, 9 h – 18 h »; to may be zero.
func eventSpan(from, to time.Time) string {
	switch {
	case wholeDays(from, to) && (to.IsZero() || sameDay(from, to)):
		return fullDay(from)
	case wholeDays(from, to):
		return "du " + fullDay(from) + " au " + fullDay(to)
	case to.IsZero():
		return fullDay(from) + ", " + clock(from)
	case sameDay(from, to):
		return fullDay(from) + ", " + clock(from) + " – " + clock(to)
	default:
		return "du " + fullDay(from) + ", " + clock(from) + ", au " + fullDay(to) + ", " + clock(to)
	}
}

// movedTo says to when something was put off: « samedi 19 décembre 2026, de 9 h à 18 h ».
func movedTo(from, to time.Time) string {
	if !to.IsZero() && sameDay(from, to) && !wholeDays(from, to) {
		return fullDay(from) + ", de " + clock(from) + " à " + clock(to)
	}
	return strings.TrimPrefix(eventSpan(from, to), "du ")
}

// daysSpan says for which days something holds, both times being in the town's time zone:
// « du mardi 24 au dimanche 29 novembre 2026 », « le mardi 24 novembre 2026 ». Hours are said
// where it does not hold for whole days. Either time may be zero.
func daysSpan(from, to time.Time) string {
	hours := !wholeDays(FirstMoment(from), to)
	if !from.IsZero() {
		hours = !wholeDays(from, to)
	}
	last := fullDay(to)
	switch {
	case to.IsZero() && from.IsZero():
		return ""
	case to.IsZero():
		return "à partir du " + fullDay(from)
	case hours && !from.IsZero():
		span := eventSpan(from, to)
		if sameDay(from, to) {
			span = "le " + span
		}
		return span
	case from.IsZero() && hours:
		return "jusqu’au " + last + ", " + clock(to)
	case from.IsZero():
		return "jusqu’au " + last
	case sameDay(from, to):
		return "le " + last
	}
	first := frenchDay(from.Weekday()) + " " + dayNumber(from)
	switch {
	case from.Year() != to.Year():
		first = fullDay(from)
	case from.Month() != to.Month():
		first += nbsp + frenchMonth(from.Month())
	}
	return "du " + first + " au " + last
}

// upperFirst makes a sentence of what begins in lower case.
func upperFirst(s string) string {
	r := []rune(s)
	if len(r) == 0 {
		return s
	}
	return strings.ToUpper(string(r[:1])) + string(r[1:])
}

// sentence ends s with a full stop where it has no sign at its end.
func sentence(s string) string {
	if s == "" || strings.ContainsAny(s[len(s)-1:], ".!?") || strings.HasSuffix(s, "…") {
		return s
	}
	return s + "."
}
