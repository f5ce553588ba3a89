package hours

import (
	"fmt"
	"time"
)

// Date is a day of the calendar, the same in all time zones.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf returns the day on which t lies in its own time zone.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// ParseDate reads "2026-12-24". Years reach from 2000 to 2199.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 2000 || t.Year() > 2199 {
		return Date{}, fmt.Errorf("%.20q is no date of the form 2026-12-24", s)
	}
	return DateOf(t), nil
}

// String writes the day as "2026-12-24".
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

// MarshalText implements encoding.TextMarshaler with String.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler with ParseDate.
func (d *Date) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDate(string(text))
	return err
}

// In returns the first moment of the day in a time zone, which is not midnight where the clock skips it.
func (d Date) In(zone *time.Location) time.Time { return moment(d, 0, zone) }

// AddDays returns the day so many days later, or earlier where n is negative.
func (d Date) AddDays(n int) Date { return DateOf(d.utc().AddDate(0, 0, n)) }

// Days returns how many days lie between d and a later day; it is negative for an earlier one.
func (d Date) Days(later Date) int { return int(later.utc().Sub(d.utc()) / (24 * time.Hour)) }

// Before tells whether d is earlier than e.
func (d Date) Before(e Date) bool { return d.utc().Before(e.utc()) }

// Weekday returns which day of the week it is.
func (d Date) Weekday() time.Weekday { return d.utc().Weekday() }

func (d Date) utc() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// moment returns the first moment at which the clocks of a zone have reached a minute of a day, counted from
// midnight and beyond 24 hours into the next day. Where the clock is put forward over that minute, it is the moment of
// the change; where it is put back, the first of the two.
func moment(d Date, minute int, zone *time.Location) time.Time {
	wall := time.Date(d.Year, d.Month, d.Day, 0, minute, 0, 0, time.UTC)
	before := wall.Add(-36 * time.Hour).In(zone) // before any change that could matter: no zone is further from UTC than 14 hours
	for range 4 {
		_, offset := before.Zone()
		guess := wall.Add(-time.Duration(offset) * time.Second)
		_, change := before.ZoneBounds()
		if change.IsZero() || guess.Before(change) {
			return guess.In(zone)
		}
		_, after := change.Zone()
		if !change.Add(time.Duration(after) * time.Second).UTC().Before(wall) {
			return change.In(zone)
		}
		before = change
	}
	return wall.In(zone) // four changes in two days: no such zone is known
}
