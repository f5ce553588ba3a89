package hours

import "time"

// Specification is schema.org's OpeningHoursSpecification. Fields that are empty are left out in JSON.
type Specification struct {
	Type         string   `json:"@type"`
	DayOfWeek    []string `json:"dayOfWeek,omitempty"`
	Opens        string   `json:"opens"`
	Closes       string   `json:"closes"` // on the next day where it is not later than Opens
	ValidFrom    *Date    `json:"validFrom,omitempty"`
	ValidThrough *Date    `json:"validThrough,omitempty"`
}

var schemaDays = [...]string{
	"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "PublicHolidays",
}

// Specifications writes the schedule for search engines, as it is seen from today: the regular week; the rules for certain
// dates, in the year in which they come next; and the special hours that are not over. Closed days have equal times for
// opens and closes, where it must be said at all.
func (s Schedule) Specifications(today Date) []Specification {
	var all []Specification
	week, dated := s.Regular.Week()
	for _, r := range week.Hours() {
		all = append(all, specify(r.Line, r.Days, nil, nil)...)
	}
	for _, r := range dated {
		for _, dates := range r.Dates {
			from, through := dates.next(today)
			all = append(all, specify(r.Line, r.Days, &from, &through)...)
		}
	}
	for _, special := range s.Special {
		if !special.Through.Before(today) {
			from, through := special.From, special.Through
			all = append(all, specify(Line{Spans: special.Spans, Closed: special.Closed()}, 0, &from, &through)...)
		}
	}
	return all
}

func specify(l Line, days Days, from, through *Date) []Specification {
	var names []string
	for i, name := range schemaDays {
		if days&(Monday<<i) != 0 {
			names = append(names, name)
		}
	}
	one := Specification{Type: "OpeningHoursSpecification", DayOfWeek: names, ValidFrom: from, ValidThrough: through}
	if l.Closed {
		one.Opens, one.Closes = "00:00", "00:00"
		return []Specification{one}
	}
	var all []Specification
	for _, span := range l.Spans {
		one.Opens, one.Closes = span.String()[:5], span.String()[6:]
		if span.To == day { // "24:00" is no time of schema.org
			one.Closes = "23:59"
		}
		all = append(all, one)
	}
	return all
}

// next is the range in the year in which it is, or comes next.
func (r DateRange) next(today Date) (from, through Date) {
	for year := today.Year - 1; ; year++ {
		from, through = Date{year, r.From.Month, max(1, r.From.Day)}, Date{year, r.To.Month, r.To.Day}
		if r.To.Day == 0 {
			through = DateOf(time.Date(year, r.To.Month+1, 0, 0, 0, 0, 0, time.UTC))
		}
		if through.Before(from) {
			through.Year++
		}
		if !through.Before(today) {
			return from, through
		}
	}
}
