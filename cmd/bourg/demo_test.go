package main

import (
	"testing"
	"time"
)

// Whatever day the demonstration begins on, its week lies ahead.
func TestSampleDaysLieAhead(t *testing.T) {
	t.Parallel()
	for n := range 7 {
		now := time.Date(2026, 11, 23+n, 23, 59, 0, 0, time.UTC)
		for day := time.Sunday; day <= time.Saturday; day++ {
			got := demoDays{now}.next(day, 8, 30)
			if got.Weekday() != day || !got.After(now) || got.After(now.AddDate(0, 0, 7)) || got.Hour() != 8 {
				t.Errorf("on %v the next %v: got %v", now, day, got)
			}
		}
		for _, folder := range []string{"saint-laurent", "la-bastide"} {
			for _, p := range demoPosts(folder) {
				d := p.details(demoDays{now})
				if !d.Starts.IsZero() && !d.Ends.IsZero() && !d.Ends.After(d.Starts) || !d.Ends.IsZero() && !d.Ends.After(now) {
					t.Errorf("%s: got %v to %v on %v", p.shop, d.Starts, d.Ends, now)
				}
			}
		}
	}
}
