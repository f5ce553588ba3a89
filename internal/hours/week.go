package hours

import "slices"

// Week is how hours are written on a door: a line for each day, Monday first, and one for public holidays. A zero line
// of a weekday means closed; that of Holidays means that they are days like others.
type Week struct {
	Days     [7]Line
	Holidays Line
}

// Hours makes rules of the week: days with the same line together, those that are closed last. A week of which nothing is said
// gives none.
func (w Week) Hours() Hours {
	var open, closed Hours
	add := func(rules Hours, days Days, line Line) Hours {
		if i := slices.IndexFunc(rules, func(r Rule) bool { return r.equal(line) }); i >= 0 {
			rules[i].Days |= days
			return rules
		}
		return append(rules, Rule{Days: days, Line: line})
	}
	for i, line := range w.Days {
		switch {
		case line.IsZero():
		case line.Closed:
			closed = add(closed, Monday<<i, line)
		default:
			open = add(open, Monday<<i, line)
		}
	}
	// The line of public holidays overrides the others', so it must come last.
	switch {
	case w.Holidays.IsZero():
	case w.Holidays.Closed && len(closed) == 1 && closed[0].equal(w.Holidays):
		closed[0].Days |= PublicHolidays
	default:
		closed = append(closed, Rule{Days: PublicHolidays, Line: w.Holidays})
	}
	return append(open, closed...)
}

// Week takes hours apart: what holds in each week of the year, and the rules for certain dates, which go beyond it.
func (h Hours) Week() (w Week, dated Hours) {
	for _, r := range h {
		if len(r.Dates) > 0 {
			dated = append(dated, r)
			continue
		}
		for i := range w.Days {
			if r.Days == 0 || r.Days&(Monday<<i) != 0 {
				w.Days[i] = r.Line
			}
		}
		switch {
		case r.Days&PublicHolidays != 0:
			w.Holidays = r.Line
		case r.Days == 0:
			w.Holidays = Line{}
		}
	}
	return w, dated
}
