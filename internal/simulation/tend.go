package simulation

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"bourg/federation"
	"bourg/internal/town"
)

// visitDue is the round of a town that looks whether one of its neighbours is to be visited, as town.Neighbours.Tend does.
func (w *World) visitDue(i int32) {
	l := &w.links[i]
	if l.visit != w.now || w.towns[l.from].down { // planned anew since, or at the next start
		return
	}
	if l.knows.VisitDue(clock(w.now), clock(w.towns[l.from].started)) {
		w.visit(i)
		return
	}
	w.planVisit(i)
}

// planVisit plans the round at which the neighbour may be due. What is not due then is planned again.
func (w *World) planVisit(i int32) {
	l := &w.links[i]
	n := &l.knows
	if n.Mode == town.ModeBlocked || (n.Outgoing != town.StandingAccepted && n.Incoming == town.StandingNone) {
		l.visit = 0
		return
	}
	at := w.now
	if n.Failing.IsZero() {
		at = n.Read.Add(town.ReconcileEvery).Sub(epoch)
		if n.Outgoing == town.StandingAccepted {
			compared := n.Reconciled.Sub(epoch)
			at = min(at, compared+town.ReconcileEvery)
			if compared < w.towns[l.from].started {
				at = min(at, compared+town.TendEvery)
			}
		}
	}
	l.visit = w.round(&w.towns[l.from], at)
	w.queue.push(l.visit, evVisit, i, 0)
}

// round is the first round of a town after now, and not before a moment.
func (w *World) round(t *townState, at moment) moment {
	at = max(at, w.now+1)
	rounds := (at - t.tick + town.TendEvery - 1) / town.TendEvery
	return t.tick + rounds*town.TendEvery
}

// visit reads a neighbour's card, and compares where that is due, as town.Neighbours.Visit does.
func (w *World) visit(i int32) {
	l := &w.links[i]
	from, to := &w.towns[l.from], &w.towns[l.to]
	n := &l.knows
	if to.down {
		w.count.add(w.now, from.id, requests, 1)
		w.count.add(w.now, from.id, failures, 1)
		n.NotReached(clock(w.now))
		w.planVisit(i)
		return
	}
	for range 3 {
		w.exchange(l, w.sizes.Request, w.sizes.Card/3)
	}
	w.count.add(w.now, from.id, cards, 3)
	w.signed(l) // of the three requests the last is signed, as each fetch of an object
	card := n.Card
	card.Read = clock(w.now)
	if !n.SameTown(n.Relay.ID, card) {
		panic("simulation: a town is not the same as before") // no town of the model changes hands
	}
	due := n.CompareDue(clock(w.now), clock(from.started), n.Reached(card, n.Relay))
	if n.Exchanges() { // then its own neighbours are read as well
		w.exchange(l, w.sizes.Request, w.sizes.Towns)
		w.count.add(w.now, from.id, cards, 1)
	}
	if due {
		w.compare(i)
	}
	w.planVisit(i)
}

// compare makes what a town has of a neighbour what the neighbour lists, as town.Neighbours.Reconcile does.
func (w *World) compare(i int32) {
	l := &w.links[i]
	news := &w.links[l.reverse]
	began := clock(w.now)
	w.signed(l)
	w.count.add(w.now, l.from, lists, 1)
	w.count.add(w.now, l.to, verifications, 1)
	if news.knows.Incoming != town.StandingAccepted {
		w.exchange(l, w.sizes.Request, w.sizes.Answer) // 403
		w.tell(l, l.knows.NotKnown(w.newID(), began))
		w.planAgain(i)
		return
	}
	if !news.apart() && news.refused == 0 { // the two lists have one digest: the answer is 304
		w.exchange(l, w.sizes.Request, w.sizes.Answer)
		l.knows.Compared(began)
		return
	}
	w.exchange(l, w.sizes.Request, w.sizes.Answer+(news.owes+news.refused)*w.sizes.Line)
	w.count.add(w.now, l.from, listed, news.owes+news.refused)
	fetch, drop := town.Difference(w.known(news), w.list(news), town.BackfillObjects)
	kept := 0
	for k, id := range fetch {
		p := number(id)
		w.signed(l)
		w.exchange(l, w.sizes.Request, w.sizes.Object[w.posts[p].kind])
		w.count.add(w.now, l.from, fetched, 1)
		if !w.takes(news, &w.posts[p]) {
			w.count.inVain++
			continue
		}
		kept++
		if w.hold(news, p, w.posts[p].changed) {
			w.arrived(news, &w.posts[p], byComparison, time.Duration(k)*town.BackfillEvery)
		}
		w.count.add(w.now, l.from, stored, w.sizes.Object[w.posts[p].kind])
	}
	for _, id := range drop {
		w.release(news, number(id))
	}
	w.count.dropped += len(drop)
	if kept > 0 && len(fetch) == town.BackfillObjects {
		began = began.Add(-town.ReconcileEvery) // the rest in the next round
	}
	l.knows.Compared(began)
}

// iri is the id of a post, and number what iri made it of.
func iri(of *townState, post int32) federation.IRI {
	return federation.IRI("https://" + domain(of.id) + "/posts/" + strconv.Itoa(int(post)))
}

func number(id federation.IRI) int32 {
	n, err := strconv.ParseInt(string(id[strings.LastIndexByte(string(id), '/')+1:]), 10, 32)
	if err != nil {
		panic(err) // it was made by iri
	}
	return int32(n)
}

func stamp(changed int32) time.Time { return clock(moment(changed) * time.Second) }

// list is what the first town of a link lists for the second: what is live and within the agreement, and of a great deal the newest.
func (w *World) list(news *link) []town.ActiveLine {
	t := &w.towns[news.from]
	var lines []town.ActiveLine
	for _, id := range slices.Backward(t.own) {
		p := &w.posts[id]
		if p.live() && news.knows.Sends(p.kind, p.reach, w.shops[p.shop].Point) && len(lines) < town.MaxActive {
			lines = append(lines, town.ActiveLine{ID: iri(t, id), Changed: stamp(p.changed)})
		}
	}
	return lines
}

// known is what the second town has.
func (w *World) known(news *link) []town.ActiveLine {
	t := &w.towns[news.from]
	lines := make([]town.ActiveLine, len(news.shelf))
	for i, c := range news.shelf {
		lines[i] = town.ActiveLine{ID: iri(t, c.post), Changed: stamp(c.changed)}
	}
	return lines
}
