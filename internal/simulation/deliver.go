package simulation

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"bourg/federation"
	"bourg/internal/town"
)

// about is what a delivery carries.
type about uint8

const (
	create about = iota
	update
	remove
	words // a letter between town halls
)

// delivery is one activity on its way to one town.
type delivery struct {
	post    int32 // or the number of a letter
	changed int32 // of the post as it is in the activity
	about   about
	late    bool // it comes from a backlog
	attempt uint16
	seq     uint32 // in the backlog, by age
	created moment
	next    moment
}

// same tells whether two deliveries are about the same object, and so keep their order.
func (d *delivery) same(o *delivery) bool {
	return (d.about == words) == (o.about == words) && (d.about == words || d.post == o.post)
}

// backlog is what waits for a town that failed, with the patience that a Deliverer has for it.
type backlog struct {
	patience *federation.Patience
	waiting  []delivery
	busy     bool // one is on its way
	wake     moment
	next     uint32
}

// send puts an activity into the queue.
func (w *World) send(l *link, d delivery) {
	d.created, d.next = w.now, w.now
	if l.backlog == nil {
		w.start(l, d)
		return
	}
	w.enqueue(l, d)
	w.pump(l)
}

func (w *World) enqueue(l *link, d delivery) {
	b := l.backlog
	if b == nil {
		b = &backlog{patience: federation.NewPatience(federation.DefaultRetryPolicy())}
		l.backlog = b
	}
	d.late = false
	if d.seq == 0 {
		b.next++
		d.seq = b.next
	}
	b.waiting = append(b.waiting, d)
	w.count.waiting++
}

// start makes a request. It takes effect when it arrives.
func (w *World) start(l *link, d delivery) {
	var slot int32
	if n := len(w.idle); n > 0 {
		slot, w.idle = w.idle[n-1], w.idle[:n-1]
		w.flying[slot] = d
	} else {
		slot = int32(len(w.flying))
		w.flying = append(w.flying, d)
	}
	w.queue.push(w.now+w.answerTime(), evArrive, w.links[l.reverse].reverse, slot)
}

// answerTime is how long a request takes.
func (w *World) answerTime() moment {
	if w.net.IntN(100) == 0 {
		return w.net.lasts(w.a.SlowAnswerTime, 0.7)
	}
	return w.net.lasts(w.a.MedianAnswerTime, 0.6)
}

// arrive is the other end of a request.
func (w *World) arrive(i, slot int32) {
	l, d := &w.links[i], w.flying[slot]
	w.idle = append(w.idle, slot)
	from, to := &w.towns[l.from], &w.towns[l.to]
	if d.late {
		l.backlog.busy = false
	}
	if from.down { // the sender died: its queue still has the delivery
		w.enqueue(l, d)
		return
	}
	w.signed(l)
	switch {
	case to.down:
		w.count.add(w.now, from.id, requests, 1)
		w.count.add(w.now, from.id, failures, 1)
		w.settleFailure(l, d, nil, federation.ErrUnreachable)
		return
	case d.about != words:
		var refusal *federation.Refusal
		if err := to.rates.Take(w.links[l.reverse].knows.Domain, clock(w.now)); errors.As(err, &refusal) {
			w.exchange(l, w.size(&d), w.sizes.Answer)
			w.count.add(w.now, to.id, verifications, 1)
			w.count.refusals++
			w.settleFailure(l, d, &federation.Answer{Status: refusal.Status, RetryAfter: strconv.Itoa(refusal.RetryAfter)}, nil)
			return
		}
	}
	w.exchange(l, w.size(&d), w.sizes.Answer)
	w.count.add(w.now, to.id, verifications, 1)
	l.ed25519 = true // the answer asks for it
	if b := l.backlog; b != nil && d.late {
		b.patience.Settle(w.rule(&d), &federation.Answer{Status: http.StatusAccepted}, nil, w.a.MedianAnswerTime, clock(w.now), 0.5)
		if len(b.waiting) == 0 {
			l.backlog = nil
		}
	}
	w.receive(l, &d)
	if l.backlog != nil {
		w.pump(l)
	}
}

// rule is a delivery as the policy of package federation takes it.
func (w *World) rule(d *delivery) federation.Delivery {
	return federation.Delivery{Attempt: int(d.attempt), Created: clock(d.created)}
}

// settleFailure lets the policy decide when a delivery is tried again.
func (w *World) settleFailure(l *link, d delivery, answer *federation.Answer, err error) {
	if l.backlog == nil {
		l.backlog = &backlog{patience: federation.NewPatience(federation.DefaultRetryPolicy())}
	}
	b := l.backlog
	result := b.patience.Settle(w.rule(&d), answer, err, w.a.MedianAnswerTime, clock(w.now), w.net.Float64())
	if result.Outcome == federation.Retry {
		d.attempt++
		d.next = result.Next.Sub(epoch)
		w.enqueue(l, d)
	} else {
		w.count.abandoned++
		if len(b.waiting) == 0 && !b.busy {
			l.backlog = nil
			return
		}
	}
	w.pump(l)
}

// pump sends what is due of a backlog: one at a time, the longest due first, none before an earlier one about the same object.
func (w *World) pump(l *link) {
	b := l.backlog
	if b == nil || b.busy || len(b.waiting) == 0 || w.towns[l.from].down {
		return
	}
	if until := b.patience.Until(); until.After(clock(w.now)) {
		w.plan(l, until.Sub(epoch))
		return
	}
	best, soonest := -1, moment(1<<62)
	for i := range b.waiting {
		d := &b.waiting[i]
		if d.next > w.now {
			soonest = min(soonest, d.next)
			continue
		}
		if best >= 0 && b.waiting[best].next <= d.next {
			continue
		}
		held := false
		for j := range b.waiting {
			held = held || (b.waiting[j].seq < d.seq && b.waiting[j].same(d))
		}
		if !held {
			best = i
		}
	}
	if best < 0 {
		w.plan(l, max(soonest, w.now+time.Second))
		return
	}
	d := b.waiting[best]
	b.waiting[best] = b.waiting[len(b.waiting)-1]
	b.waiting = b.waiting[:len(b.waiting)-1]
	w.count.waiting--
	d.late, b.busy = true, true
	w.start(l, d)
}

// plan looks at the backlog again at a moment.
func (w *World) plan(l *link, at moment) {
	if b := l.backlog; b.wake <= w.now || at < b.wake {
		b.wake = at
		w.queue.push(at, evPump, w.links[l.reverse].reverse, 0)
	}
}

func (w *World) pumped(i int32) {
	if l := &w.links[i]; l.backlog != nil && l.backlog.wake == w.now {
		w.pump(l)
	}
}

// size is the number of bytes of a request.
func (w *World) size(d *delivery) int {
	switch d.about {
	case remove:
		return w.sizes.Delete
	case words:
		return w.sizes.Letter
	default:
		return w.sizes.Announce[w.posts[d.post].kind]
	}
}

// exchange counts a request from the first town to the second, and its answer, in bytes.
func (w *World) exchange(l *link, request, answer int) {
	w.count.add(w.now, l.from, requests, 1)
	w.count.add(w.now, l.from, bytesOut, request)
	w.count.add(w.now, l.from, bytesIn, answer)
	w.count.add(w.now, l.to, served, 1)
	w.count.add(w.now, l.to, bytesIn, request)
	w.count.add(w.now, l.to, bytesOut, answer)
}

// signed counts a signature of the first town toward the second.
func (w *World) signed(l *link) {
	if l.ed25519 {
		w.count.add(w.now, l.from, signatures, 1)
	} else {
		w.count.add(w.now, l.from, rsaSignatures, 1)
	}
}

// receive is the effect of an activity that was taken.
func (w *World) receive(l *link, d *delivery) {
	n := &w.links[l.reverse].knows // what the second town knows of the first
	if d.about == words {
		w.read(l, &w.letters[d.post])
		return
	}
	w.count.add(w.now, l.from, delivered, 1)
	w.count.add(w.now, l.from, deliveredBytes, w.size(d))
	n.Failing = time.Time{} // as the store notes with each piece of news
	if d.about == remove {
		w.release(l, d.post)
		return
	}
	p := &w.posts[d.post]
	if n.Outgoing != town.StandingAccepted || !w.takes(l, p) {
		return
	}
	if w.hold(l, d.post, d.changed) {
		by := byDelivery
		if d.attempt > 0 || d.late || d.about == update { // an Update that fills a gap is one
			by = byRetry
		}
		w.arrived(l, p, by, 0)
	}
	w.count.add(w.now, l.to, stored, w.sizes.Object[p.kind])
}

// arrived notes that the second town has a post for the first time.
func (w *World) arrived(l *link, p *post, by way, later time.Duration) {
	w.count.add(w.now, l.to, received, 1)
	if p.published >= l.since {
		w.count.delay(by, w.now+later-p.published-w.a.Undo)
	}
	if by != byComparison && w.links[l.reverse].knows.Mode.Shows(p.kind, true) {
		w.announce(&w.towns[l.to], p.shop, false)
	}
}
