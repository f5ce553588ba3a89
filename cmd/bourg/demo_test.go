package main

import (
	"testing"
	"time"
)

// The sample towns' markets and collectives are made of shops that there are.
func TestSampleGroupsHaveMembers(t *testing.T) {
	t.Parallel()
	for _, d := range demoTowns {
		shops, trades := map[string]bool{}, map[string]bool{}
		for _, s := range d.shops {
			shops[s.handle], trades[s.trade] = true, true
		}
		groups, own := demoGroups(d.folder)
		for _, g := range groups {
			for _, member := range g.members {
				if !shops[member] {
					t.Errorf("%s: %s has the member %q, which is no shop", d.name, g.name, member)
				}
			}
		}
		for _, trade := range own {
			if !trades[trade] {
				t.Errorf("%s: nobody has the trade %q", d.name, trade)
			}
		}
		if len(groups) < 2 || len(own) < 1 {
			t.Errorf("%s: got %d markets and collectives and %d trades, want some of each", d.name, len(groups), len(own))
		}
	}
}

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
