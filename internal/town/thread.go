package town

import (
	"cmp"
	"slices"
	"time"

	"bourg/federation"
)

// ThreadOrder sorts what stands in a thread by time, but nothing before what it answers: the
// clocks of two servers differ, and a date is what its writer claims. of tells the id of an
// entry, the id of what it answers, and when it was written.
func ThreadOrder[T any](entries []T, of func(T) (id, parent federation.IRI, at time.Time)) {
	type place struct {
		entry  T
		id     federation.IRI
		parent federation.IRI
		at     time.Time // not before its parent's
		depth  int
		state  int // 0: not looked at; 1: being looked at, so that a ring ends; 2: known
	}
	places := make([]place, len(entries))
	byID := make(map[federation.IRI]*place, len(entries))
	for i, e := range entries {
		p := &places[i]
		p.entry = e
		p.id, p.parent, p.at = of(e)
		byID[p.id] = p
	}
	var settle func(p *place)
	settle = func(p *place) {
		if p.state != 0 {
			return
		}
		p.state = 1
		if parent := byID[p.parent]; parent != nil {
			if settle(parent); parent.state == 2 {
				p.depth = parent.depth + 1
				if parent.at.After(p.at) {
					p.at = parent.at
				}
			}
		}
		p.state = 2
	}
	for i := range places {
		settle(&places[i])
	}
	slices.SortStableFunc(places, func(a, b place) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.depth, b.depth))
	})
	for i := range places {
		entries[i] = places[i].entry
	}
}
