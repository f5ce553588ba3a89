package hours

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Parse reads an opening_hours value of OpenStreetMap. The subset is: rules separated by ";", of which a later one
// overrides an earlier one on the days of which it speaks; each of them, in this order, dates ("Dec 24", "Dec 24-26",
// "Dec 24-Jan 2", "Jul-Aug", lists of these), days ("Mo", "Tu-Sa", "PH", lists of these), then times ("07:00-13:00,15:30-19:00",
// "22:00-02:00"), "off" or "closed", and a comment in quotation marks; and "24/7" alone.
//
// Everything else is refused, above all what cannot be decided without a further calendar or the sun's ("SH", "week",
// "sunrise", "easter"): half understood hours would be wrong on the door. The empty string gives no rules and no error.
func Parse(s string) (Hours, error) {
	if len(s) > MaxText {
		return nil, fmt.Errorf("opening hours are longer than %d bytes", MaxText)
	}
	p := &parser{rest: s}
	if p.skip(); p.rest == "" {
		return nil, nil
	}
	if strings.TrimSpace(s) == "24/7" {
		return Hours{{Line: Line{Spans: []Span{{0, day}}}}}, nil
	}
	var h Hours
	for {
		r, err := p.rule()
		if err != nil {
			return nil, fmt.Errorf("opening hours near %.20q: %w", p.rest, err)
		}
		if h = append(h, r); len(h) > MaxRules {
			return nil, fmt.Errorf("opening hours have more than %d rules", MaxRules)
		}
		if !p.take(";") {
			break
		}
		if p.skip(); p.rest == "" { // one ";" too many at the end is common
			break
		}
	}
	if p.rest != "" {
		return nil, fmt.Errorf("opening hours: %.20q is not understood", p.rest)
	}
	return h, nil
}

var osmDays = [...]string{"Mo", "Tu", "We", "Th", "Fr", "Sa", "Su", "PH"}

var osmMonths = [...]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}

// parser reads from the front of rest. White space is skipped after each thing that is taken.
type parser struct{ rest string }

func (p *parser) skip() { p.rest = strings.TrimLeft(p.rest, " \t\r\n") }

// take takes exactly these characters, if they come next.
func (p *parser) take(s string) bool {
	rest, ok := strings.CutPrefix(p.rest, s)
	if ok {
		p.rest = rest
		p.skip()
	}
	return ok
}

// word takes one of some words if it comes next and no letter follows it, and returns its place in the list.
func (p *parser) word(words []string) (int, bool) {
	for i, w := range words {
		if rest, ok := strings.CutPrefix(p.rest, w); ok && (rest == "" || !isLetter(rest[0])) {
			p.rest = rest
			p.skip()
			return i, true
		}
	}
	return 0, false
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// number takes one or two digits.
func (p *parser) number() (int, bool) {
	n, i := 0, 0
	for i < len(p.rest) && i < 3 && p.rest[i] >= '0' && p.rest[i] <= '9' {
		n = n*10 + int(p.rest[i]-'0')
		i++
	}
	if i == 0 || i > 2 {
		return 0, false
	}
	p.rest = p.rest[i:]
	return n, true
}

func (p *parser) rule() (r Rule, err error) {
	if r.Dates, err = p.dates(); err != nil {
		return r, err
	}
	if r.Days, err = p.days(); err != nil {
		return r, err
	}
	if len(r.Dates) > 0 || r.Days != 0 {
		p.take(":") // "Mo-Fr: 08:00-12:00" is common
	}
	switch _, closed := p.word([]string{"off", "closed"}); {
	case closed:
		r.Closed = true
	case p.rest != "" && p.rest[0] >= '0' && p.rest[0] <= '9':
		if r.Spans, err = p.spans(); err != nil {
			return r, err
		}
	}
	if p.take(`"`) {
		text, rest, ended := strings.Cut(p.rest, `"`)
		if r.Comment = strings.TrimSpace(text); !ended || r.Comment == "" || !validComment(r.Comment) {
			return r, errors.New("the comment is wrong")
		}
		p.rest = rest
		p.skip()
	}
	if r.IsZero() {
		return r, errors.New("a rule says neither times nor off")
	}
	return r, nil
}

func (p *parser) days() (Days, error) {
	var set Days
	for {
		first, ok := p.word(osmDays[:])
		switch {
		case !ok && set == 0:
			return 0, nil
		case !ok:
			return 0, errors.New("a day is missing")
		}
		last := first
		if first < 7 && p.take("-") {
			if last, ok = p.word(osmDays[:7]); !ok {
				return 0, errors.New("a day is missing")
			}
		}
		set |= daysBetween(first, last)
		if !p.take(",") {
			return set, nil
		}
	}
}

// daysBetween is a range of days of the week by their places, 0 for Monday; it may go over Sunday.
func daysBetween(first, last int) Days {
	set := Monday << first
	for i := first; i != last; {
		i = (i + 1) % 7
		set |= Monday << i
	}
	return set
}

func (p *parser) dates() ([]DateRange, error) {
	var list []DateRange
	for {
		from, ok := p.monthDay()
		switch {
		case !ok && list == nil:
			return nil, nil
		case !ok:
			return nil, errors.New("a date is missing")
		}
		r := DateRange{From: from, To: from}
		if p.take("-") {
			if r.To, ok = p.monthDay(); !ok {
				r.To.Month = from.Month
				if r.To.Day, ok = p.number(); !ok {
					return nil, errors.New("a date is missing")
				}
				p.skip()
			}
		}
		if !r.valid() {
			return nil, errors.New("there is no such date")
		}
		if list = append(list, r); len(list) > MaxDates {
			return nil, errors.New("too many dates")
		}
		if !p.take(",") {
			return list, nil
		}
	}
}

// monthDay takes "Dec 24" or "Dec". A number that a colon follows is a time ("Dec 08:00-12:00").
func (p *parser) monthDay() (MonthDay, bool) {
	month, ok := p.word(osmMonths[:])
	if !ok {
		return MonthDay{}, false
	}
	m := MonthDay{Month: time.Month(month + 1)}
	behind := *p
	if n, ok := behind.number(); ok && n > 0 && !strings.HasPrefix(behind.rest, ":") {
		behind.skip()
		m.Day, p.rest = n, behind.rest
	}
	return m, true
}

func (p *parser) spans() ([]Span, error) {
	var list []Span
	for {
		from, ok := p.clock()
		if !ok || !p.take("-") {
			return nil, errors.New("a time is wrong")
		}
		to, ok := p.clock()
		if !ok {
			return nil, errors.New("a time is wrong")
		}
		if to <= from {
			to += day
		}
		if list = append(list, Span{from, to}); len(list) > MaxSpans {
			return nil, errors.New("too many times")
		}
		if !p.take(",") {
			if !tidy(list) {
				return nil, errors.New("times overlap")
			}
			return list, nil
		}
	}
}

// clock takes "7:00", "07:00" or, as the end of a day that goes on, up to "48:00".
func (p *parser) clock() (minutes int, ok bool) {
	h, ok := p.number()
	if !ok || !strings.HasPrefix(p.rest, ":") || len(p.rest) < 3 {
		return 0, false
	}
	p.rest = p.rest[1:]
	before := len(p.rest)
	m, ok := p.number()
	if !ok || before-len(p.rest) != 2 || m > 59 || h*60+m > 2*day {
		return 0, false
	}
	p.skip()
	return h*60 + m, true
}

// String writes the hours as an opening_hours value, which Parse reads back as they are.
func (h Hours) String() string {
	if len(h) == 1 && h[0].equal(Line{Spans: []Span{{0, day}}}) && len(h[0].Dates) == 0 && h[0].Days == 0 {
		return "24/7"
	}
	rules := make([]string, len(h))
	for i, r := range h {
		rules[i] = r.String()
	}
	return strings.Join(rules, "; ")
}

// String writes the rule as it stands in an opening_hours value.
func (r Rule) String() string {
	var parts []string
	if len(r.Dates) > 0 {
		dates := make([]string, len(r.Dates))
		for i, d := range r.Dates {
			dates[i] = d.String()
		}
		parts = append(parts, strings.Join(dates, ","))
	}
	if r.Days != 0 {
		parts = append(parts, r.Days.String())
	}
	if s := r.Line.String(); s != "" {
		parts = append(parts, s)
	}
	return strings.Join(parts, " ")
}

// String writes what holds on a day: `07:00-13:00 "sur rendez-vous"`, "off"; nothing for the zero Line.
func (l Line) String() string {
	var parts []string
	if l.Closed {
		parts = append(parts, "off")
	}
	if len(l.Spans) > 0 {
		spans := make([]string, len(l.Spans))
		for i, s := range l.Spans {
			spans[i] = s.String()
		}
		parts = append(parts, strings.Join(spans, ","))
	}
	if l.Comment != "" {
		parts = append(parts, `"`+l.Comment+`"`)
	}
	return strings.Join(parts, " ")
}

// String writes "07:00-13:00"; an end beyond midnight as the time of the next day.
func (s Span) String() string {
	to := s.To
	if to > day {
		to -= day
	}
	return fmt.Sprintf("%02d:%02d-%02d:%02d", s.From/60, s.From%60, to/60, to%60)
}

// String writes "Tu-Sa,PH". Three days in a row and more are a range.
func (d Days) String() string {
	var parts []string
	for i := 0; i < 7; i++ {
		n := 0
		for i+n < 7 && d&(Monday<<(i+n)) != 0 {
			n++
		}
		switch {
		case n >= 3:
			parts = append(parts, osmDays[i]+"-"+osmDays[i+n-1])
			i += n
		case n > 0:
			parts = append(parts, osmDays[i])
		}
	}
	if d&PublicHolidays != 0 {
		parts = append(parts, "PH")
	}
	return strings.Join(parts, ",")
}

// String writes "Dec 24", "Dec 24-26", "Dec 24-Jan 2" or "Jul-Aug".
func (r DateRange) String() string {
	from := r.From.String()
	switch {
	case r.From == r.To:
		return from
	case r.From.Month == r.To.Month:
		return fmt.Sprintf("%s-%d", from, r.To.Day)
	}
	return from + "-" + r.To.String()
}

// String writes "Dec 24", or "Dec" for the whole month.
func (m MonthDay) String() string {
	if m.Day == 0 {
		return osmMonths[m.Month-1]
	}
	return fmt.Sprintf("%s %d", osmMonths[m.Month-1], m.Day)
}
