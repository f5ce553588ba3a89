package hours

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The bounds of what is read. They are far above what a shop's door says, and low enough that evaluating hostile hours
// costs next to nothing.
const (
	MaxText    = 2000 // bytes of an opening_hours value or of a typed text
	MaxRules   = 30
	MaxSpans   = 6   // of one day
	MaxDates   = 8   // ranges of one rule
	MaxComment = 100 // runes
)

const day = 24 * 60 // minutes

// Span is a time for which the shop is open, in minutes from midnight of the day on which it begins. From lies on that day; To
// is later, by 24 hours at most, and may lie beyond midnight: 22:00-02:00 is {1320, 1560}.
type Span struct{ From, To int }

func (s Span) valid() bool { return s.From >= 0 && s.From < day && s.To > s.From && s.To-s.From <= day }

// tidy sorts spans in place, and tells whether they are valid, not too many, and none begins before another ends.
func tidy(spans []Span) bool {
	slices.SortFunc(spans, func(a, b Span) int { return a.From - b.From })
	for i, s := range spans {
		if !s.valid() || i > 0 && s.From < spans[i-1].To {
			return false
		}
	}
	return len(spans) <= MaxSpans
}

// Days is a set of the days of the week and of public holidays.
type Days uint8

// The members of Days. PublicHolidays stands beside the weekdays: a rule for Monday holds on a public holiday that is a
// Monday too, unless a later rule for PublicHolidays says otherwise.
const (
	Monday Days = 1 << iota
	Tuesday
	Wednesday
	Thursday
	Friday
	Saturday
	Sunday
	PublicHolidays

	Weekdays = PublicHolidays - 1
)

// DayOf returns the set of one day of the week.
func DayOf(d time.Weekday) Days { return 1 << ((int(d) + 6) % 7) }

// MonthDay is a day of every year; Day 0 stands for the whole month.
type MonthDay struct {
	Month time.Month
	Day   int
}

// DateRange is a part of every year, both ends included. One that ends before it begins goes over the new year. Either both
// ends are whole months, or none is.
type DateRange struct{ From, To MonthDay }

// contains tells whether the day lies in the range.
func (r DateRange) contains(d Date) bool {
	ordinal := func(m MonthDay, whole int) int {
		if m.Day == 0 {
			m.Day = whole
		}
		return int(m.Month)*100 + m.Day
	}
	from, to, at := ordinal(r.From, 1), ordinal(r.To, 31), int(d.Month)*100+d.Day
	if from <= to {
		return from <= at && at <= to
	}
	return at >= from || at <= to
}

func (m MonthDay) valid() bool {
	return m.Month >= time.January && m.Month <= time.December && m.Day >= 0 &&
		m.Day <= time.Date(2024, m.Month+1, 0, 0, 0, 0, 0, time.UTC).Day() // a leap year
}

func (r DateRange) valid() bool {
	return r.From.valid() && r.To.valid() && (r.From.Day == 0) == (r.To.Day == 0) &&
		(r.From.Month != r.To.Month || r.From.Day <= r.To.Day)
}

// Line says what holds on a day: when the shop is open, or that it is closed, or in words how it is
// to be reached ("sur rendez-vous"). The zero Line says nothing.
type Line struct {
	Spans   []Span
	Closed  bool   // then there are no Spans
	Comment string // one line without quotation marks
}

// IsZero tells whether the line says nothing.
func (l Line) IsZero() bool { return len(l.Spans) == 0 && !l.Closed && l.Comment == "" }

func (l Line) equal(m Line) bool {
	return slices.Equal(l.Spans, m.Spans) && l.Closed == m.Closed && l.Comment == m.Comment
}

func validComment(s string) bool {
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= MaxComment && s == strings.TrimSpace(s) &&
		!strings.ContainsFunc(s, func(r rune) bool {
			return r == '"' || r == '\u2028' || r == '\u2029' || unicode.In(r, unicode.Cc, unicode.Cf)
		})
}

// Rule says what holds on certain days.
type Rule struct {
	Dates []DateRange // none: the whole year
	Days  Days        // 0: every day
	Line
}

// on tells whether the rule speaks of a day.
func (r Rule) on(d Date, holiday bool) bool {
	if r.Days != 0 && r.Days&DayOf(d.Weekday()) == 0 && (!holiday || r.Days&PublicHolidays == 0) {
		return false
	}
	return len(r.Dates) == 0 || slices.ContainsFunc(r.Dates, func(dates DateRange) bool { return dates.contains(d) })
}

// Hours are the regular hours of a shop. Of several rules that speak of a day, the last one holds, whole; a day of
// which none speaks is closed. No rules at all: the hours are not known.
type Hours []Rule

// On returns what holds on a day; the zero Line where no rule speaks of it.
func (h Hours) On(d Date, holiday bool) Line {
	for _, r := range slices.Backward(h) {
		if r.on(d, holiday) {
			return r.Line
		}
	}
	return Line{}
}
