package simulation

import (
	"time"

	"bourg/internal/town"
)

const hour = time.Hour

// planPublishing plans a town's next post: a Poisson process at the rate of the busiest hour, of which the other hours keep a part.
func (w *World) planPublishing(t *townState, from moment) {
	hours := t.writes.ExpFloat64() / t.peak
	if left := w.scenario.newsTo() - from; hours < left.Hours() {
		w.queue.push(from+moment(hours*float64(hour)), evPublish, t.id, 0)
	}
}

// publish is a merchant at the keyboard. Where the server is down, the merchant comes back when it is up; late says that.
func (w *World) publish(t *townState, late bool) {
	if !late {
		w.planPublishing(t, w.now)
		most := 0.0
		for _, h := range w.a.HourWeights {
			most = max(most, h)
		}
		if t.writes.Float64()*most > w.a.HourWeights[int(w.now/hour)%24] {
			return
		}
	}
	if t.down {
		w.queue.push(t.back+moment(w.net.Float64()*float64(30*time.Minute)), evPublish, t.id, 1)
		return
	}
	d := t.writes
	mine := w.shops[t.first : t.first+t.merchants]
	x := float32(d.Float64()) * mine[len(mine)-1].upTo
	who := int32(0)
	for who < t.merchants-1 && x >= mine[who].upTo {
		who++
	}
	p := post{
		town: t.id, shop: t.first + who, kind: w.kinds.draw(d), reach: w.reaches.draw(d),
		published: w.now, changed: int32(w.now / time.Second),
	}
	switch p.kind {
	case town.Offer, town.Closure:
		p.ends = w.now + moment((1+d.Float64()*6)*float64(day))
	case town.Event:
		p.ends = w.now + moment((2+d.Float64()*38)*float64(day))
	}
	id := int32(len(w.posts))
	w.posts = append(w.posts, p)
	w.queue.push(w.now+w.a.Undo, evLeave, id, 0)
}

// leave is the end of the undo window: the post goes to the neighbours within its reach and the agreement, as
// town.Neighbours.Carry sends it, and stands in the list.
func (w *World) leave(id int32) {
	p := &w.posts[id]
	t := &w.towns[p.town]
	t.own = append(t.own, id)
	w.count.add(w.now, t.id, published, 1)
	w.count.add(w.now, t.id, activities, 1)
	w.announce(t, p.shop, true)
	bytes := 0
	for _, i := range t.links {
		l := &w.links[i]
		if !l.knows.Sends(p.kind, p.reach, w.shops[p.shop].Point) {
			continue
		}
		p.links |= l.bit
		if w.takes(l, p) {
			w.owe(l, id, p.changed, 1)
		} else {
			l.refused++
		}
		w.send(l, delivery{post: id, changed: p.changed, about: create})
		bytes = w.sizes.Announce[p.kind]
	}
	w.count.add(w.now, t.id, stored, bytes+w.sizes.Object[p.kind])
	d := t.writes
	if d.Float64() < w.a.Edited {
		w.queue.push(w.now+moment(d.Float64()*float64(2*day)), evEdit, id, 0)
	}
	if d.Float64() < w.a.Withdrawn {
		w.queue.push(w.now+moment(d.Float64()*float64(7*day)), evWithdraw, id, 0)
	}
	if p.kind == town.Offer { // which the program closes by an Update
		w.queue.push(p.ends+moment(d.Float64()*float64(5*time.Minute)), evEnd, id, 0)
	}
	w.queue.push(max(p.published+town.BackfillAge, p.ends), evAge, id, 0)
}

// takes tells whether the second town takes a post from so far away. What has no place of its own stands where its town is.
func (w *World) takes(l *link, p *post) bool {
	at := w.towns[l.from].Point
	switch p.kind {
	case town.Offer, town.Event, town.Closure, town.Product:
		at = w.shops[p.shop].Point
	}
	to := &w.towns[l.to]
	return w.links[l.reverse].knows.Receives(p.kind, to.KmTo(at)) && p.reach.Carries(at, to.Point, to.RadiusKm)
}

// edit changes a post: an Update to the neighbours within its reach.
func (w *World) edit(id int32) {
	p := &w.posts[id]
	t := &w.towns[p.town]
	if !p.live() || w.now > w.scenario.newsTo() {
		return
	}
	if t.down {
		w.queue.push(t.back+time.Minute, evEdit, id, 0)
		return
	}
	w.count.add(w.now, t.id, activities, 1)
	before := p.changed
	p.changed = max(int32(w.now/time.Second), before+1)
	for _, i := range t.links {
		l := &w.links[i]
		if !l.knows.Sends(p.kind, p.reach, w.shops[p.shop].Point) {
			continue
		}
		if p.links&l.bit == 0 {
			p.links |= l.bit
			if w.takes(l, p) {
				w.owe(l, id, p.changed, 1)
			} else {
				l.refused++
			}
		} else if w.takes(l, p) {
			w.owe(l, id, before, 0)
			w.owe(l, id, p.changed, 0)
		}
		w.send(l, delivery{post: id, changed: p.changed, about: update})
	}
	w.count.add(w.now, t.id, stored, w.sizes.Announce[p.kind]+w.sizes.Object[p.kind])
}

// withdraw takes a post back: a Delete to every town that may have had it.
func (w *World) withdraw(id int32) {
	p := &w.posts[id]
	t := &w.towns[p.town]
	if !p.live() || w.now > w.scenario.newsTo() {
		return
	}
	if t.down {
		w.queue.push(t.back+time.Minute, evWithdraw, id, 0)
		return
	}
	w.unlist(id)
	p.withdrawn = true
	w.count.add(w.now, t.id, activities, 1)
	for _, i := range t.links {
		l := &w.links[i]
		if l.knows.Incoming == town.StandingAccepted && l.knows.Mode != town.ModeBlocked && l.knows.MayHave(p.kind, p.reach) {
			w.send(l, delivery{post: id, about: remove})
		}
	}
}

// age ends what is too old for the list. Neighbours drop it when they compare.
func (w *World) age(id int32) {
	p := &w.posts[id]
	if !p.live() {
		return
	}
	w.unlist(id)
	p.expired = true
	t := &w.towns[p.town]
	for len(t.own) > 0 && !w.posts[t.own[0]].live() {
		t.own = t.own[1:]
	}
}

// unlist notes that no neighbour should have a post any more.
func (w *World) unlist(id int32) {
	p := &w.posts[id]
	for _, i := range w.towns[p.town].links {
		l := &w.links[i]
		if p.links&l.bit == 0 {
			continue
		}
		if w.takes(l, p) {
			w.owe(l, id, p.changed, -1)
		} else {
			l.refused--
		}
	}
}

// recount works out what the second town should have, when the agreement has begun and it has nothing yet.
func (w *World) recount(l *link) {
	l.owed, l.owes, l.refused = 0, 0, 0
	for _, id := range w.towns[l.from].own {
		p := &w.posts[id]
		if !p.live() || !l.knows.Sends(p.kind, p.reach, w.shops[p.shop].Point) {
			continue
		}
		p.links |= l.bit
		if w.takes(l, p) {
			l.owed ^= hash(id, p.changed)
			l.owes++
		} else {
			l.refused++
		}
	}
	w.count.apart(false, l.apart())
}

// quota is what a town's groups have announced today: the town's own group, and the one of the surroundings.
type quota struct {
	day          int
	town, around int
	ofMerchant   []quotaOf
}

type quotaOf struct {
	shop         int32
	town, around int
}

// announce puts a post that a town's readers may see before its groups: at once, or into the evening's summary, as the daily
// allowance has it (town.MayAnnounce).
func (w *World) announce(t *townState, shop int32, own bool) {
	q := &t.quota
	if today := int(w.now / day); q.day != today {
		q.day, q.town, q.around, q.ofMerchant = today, 0, 0, q.ofMerchant[:0]
	}
	var of *quotaOf
	for i := range q.ofMerchant {
		if q.ofMerchant[i].shop == shop {
			of = &q.ofMerchant[i]
		}
	}
	if of == nil {
		q.ofMerchant = append(q.ofMerchant, quotaOf{shop: shop})
		of = &q.ofMerchant[len(q.ofMerchant)-1]
	}
	if own {
		if town.MayAnnounce(q.town, of.town) {
			q.town++
			of.town++
			w.count.add(w.now, t.id, townNow, 1)
		} else {
			w.count.add(w.now, t.id, townLater, 1)
		}
	}
	if town.MayAnnounce(q.around, of.around) {
		q.around++
		of.around++
		w.count.add(w.now, t.id, aroundNow, 1)
	} else {
		w.count.add(w.now, t.id, aroundLater, 1)
	}
}
