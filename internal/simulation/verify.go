package simulation

import (
	"fmt"

	"bourg/internal/town"
)

// Check is what a look at every exchange finds, by the program's own comparison.
type Check struct {
	Exchanges int // in which news flows
	Objects   int // posts that second towns should have
	Missing   int // of these, that they lack or have in an older state
	Surplus   int // posts that they have and should not have
	Aged      int // posts that they have and whose day to be dropped is the present one
	Digests   int // exchanges whose two lists have one digest
	OneSided  int // pairs of which one believes that news flows and the other does not
	Stranger  int // posts on the shelf of a town with which there is no agreement, or out of reach
}

// Check looks at every exchange.
func (w *World) Check() Check {
	var c Check
	for i := range w.links {
		news := &w.links[i]
		reader := &w.links[news.reverse].knows
		gets, sends := reader.Outgoing == town.StandingAccepted, news.knows.Incoming == town.StandingAccepted
		if gets != sends {
			c.OneSided++
		}
		if !gets || !sends {
			c.Stranger += len(news.shelf)
			continue
		}
		c.Exchanges++
		var listed []town.ActiveLine
		for _, l := range w.list(news) {
			if w.takes(news, &w.posts[number(l.ID)]) {
				listed = append(listed, l)
			}
		}
		known := w.known(news)
		c.Objects += len(listed)
		if town.Digest(listed) == town.Digest(known) {
			c.Digests++
		}
		fetch, drop := town.Difference(known, listed, len(listed))
		c.Missing += len(fetch)
		for _, id := range drop {
			p := &w.posts[number(id)]
			if ended := max(p.published+town.BackfillAge, p.ends); p.expired && w.now-ended <= town.ReconcileEvery+town.TendEvery {
				c.Aged++
			} else {
				c.Surplus++
			}
		}
		for _, copy := range news.shelf {
			p := &w.posts[copy.post]
			if p.town != news.from || !news.knows.Sends(p.kind, p.reach, w.shops[p.shop].Point) || !w.takes(news, p) {
				c.Stranger++
			}
		}
	}
	return c
}

// fault returns what a check may not find.
func (c *Check) fault() error {
	if c.Missing != 0 || c.Surplus != 0 || c.OneSided != 0 || c.Stranger != 0 {
		return fmt.Errorf("towns differ: %+v", *c)
	}
	return nil
}
