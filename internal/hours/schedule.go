package hours

import (
	"slices"
	"time"
)

// Schedule is everything that decides whether a shop is open.
type Schedule struct {
	Regular Hours
	Special []Special       // goes before Regular; of two that hold on a day, the later in the list counts
	Zone    *time.Location  // of the shop
	Holiday func(Date) bool // public holidays, see Holidays; nil: there are none
}

// Day is a day of a schedule.
type Day struct {
	Date     Date
	Line          // of which the zero one means closed, unless the regular hours are not known
	Special  bool // the line comes from special hours
	Holiday  bool
	Headline string // why the hours are special, in the shop's words
}

// Known tells whether anything is known of the day; else nobody should be told that the shop is closed.
func (d Day) Known() bool { return !d.IsZero() }

// On returns what holds on a day.
func (s Schedule) On(d Date) Day {
	out := Day{Date: d, Holiday: s.Holiday != nil && s.Holiday(d)}
	for _, special := range slices.Backward(s.Special) {
		if special.On(d) {
			out.Special, out.Headline = true, special.Note
			out.Line = Line{Spans: special.Spans, Closed: special.Closed()}
			return out
		}
	}
	out.Line = s.Regular.On(d, out.Holiday)
	if out.IsZero() && len(s.Regular) > 0 {
		out.Closed = true
	}
	return out
}

// Week returns the seven days that begin with the Monday of the week of d.
func (s Schedule) Week(d Date) [7]Day {
	monday := d.AddDays(-((int(d.Weekday()) + 6) % 7))
	var week [7]Day
	for i := range week {
		week[i] = s.On(monday.AddDays(i))
	}
	return week
}

// Coming returns the special hours that hold on one of the next so many days, today included.
func (s Schedule) Coming(today Date, days int) []Special {
	var list []Special
	for _, special := range s.Special {
		if !special.Through.Before(today) && special.From.Before(today.AddDays(days)) {
			list = append(list, special)
		}
	}
	return list
}

// State is whether a shop is open at a moment.
type State struct {
	Known bool // false: nothing is known of that day, and the rest is zero
	Open  bool
	// Change is when that ends: when an open shop closes, or a closed one opens. Zero: never, as far as can be seen
	// (a week for one that is open, a year for one that is closed).
	Change time.Time
	// Words are what the shop says of a day on which it has no fixed hours ("sur rendez-vous").
	Words string
}

// How far State looks ahead, in days.
const (
	openHorizon   = 8
	closedHorizon = 367
)

// period is a time for which a shop is open.
type period struct{ from, to time.Time }

// State tells whether the shop is open at a moment. Hours are those of the clock on the shop's wall: a span begins and ends at
// the first moment at which the clock has reached its minutes, which makes an hour that the clock skips no hour, and the hour that
// it repeats one long one. Periods that touch are one: who is open to midnight and from midnight on does not close.
func (s Schedule) State(at time.Time) State {
	today := DateOf(at.In(s.Zone))
	day := s.On(today)
	periods := s.periods(today, openHorizon)
	i := slices.IndexFunc(periods, func(p period) bool { return p.to.After(at) })
	if i >= 0 && !periods[i].from.After(at) {
		state := State{Known: true, Open: true, Change: periods[i].to}
		if periods[i].to.Sub(at) > 7*24*time.Hour {
			state.Change = time.Time{}
		}
		return state
	}
	if !day.Known() {
		return State{}
	}
	state := State{Known: true}
	if len(day.Spans) == 0 {
		state.Words = day.Comment
	}
	switch {
	case i >= 0:
		state.Change = periods[i].from
	default:
		for d := openHorizon; d < closedHorizon; d++ {
			for _, span := range s.On(today.AddDays(d)).Spans {
				if p := s.period(today.AddDays(d), span); p.to.After(p.from) {
					state.Change = p.from
					return state
				}
			}
		}
	}
	return state
}

// periods are those of yesterday and so many days from today on, in their order, touching ones joined.
func (s Schedule) periods(today Date, days int) []period {
	var list []period
	for d := -1; d < days; d++ {
		date := today.AddDays(d)
		for _, span := range s.On(date).Spans {
			if p := s.period(date, span); p.to.After(p.from) {
				list = append(list, p)
			}
		}
	}
	slices.SortFunc(list, func(a, b period) int { return a.from.Compare(b.from) })
	joined := list[:0]
	for _, p := range list {
		if n := len(joined); n > 0 && !p.from.After(joined[n-1].to) {
			if p.to.After(joined[n-1].to) {
				joined[n-1].to = p.to
			}
			continue
		}
		joined = append(joined, p)
	}
	return joined
}

func (s Schedule) period(d Date, span Span) period {
	return period{moment(d, span.From, s.Zone), moment(d, span.To, s.Zone)}
}
