package federation

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// How the Deliverer deals with its queue.
const (
	finishWithin = 20 * time.Millisecond  // results are written back together, this late at most
	finishAt     = 128                    // or when there are so many
	claimAgain   = 100 * time.Millisecond // after a claim that found nothing
	queueFault   = time.Second            // after a queue that answered an error
	keyLifetime  = 30 * time.Second
)

// claimed is a delivery that is ours until a time.
type claimed struct {
	Delivery
	until time.Time
}

// attempt is how one delivery went.
type attempt struct {
	host     *peerHost
	suspect  bool // whether the host was one when it started
	delivery Delivery
	answer   *Answer
	err      error
	scheme   SignatureScheme
	latency  time.Duration
}

// knownKeys are a sender's keys, or why it has none, for a while: so a process goes on with keys that
// another has replaced for keyLifetime at most, which is less than they are published after that.
type knownKeys struct {
	keys  *SigningKeys
	err   error
	until time.Time
}

// round is the state of a running Deliverer. It belongs to the goroutine of Run; the
// goroutines that send know nothing of it and report through attempts.
type round struct {
	*Deliverer
	sending context.Context // of the requests: outlives Run's by Grace

	hosts    *hostTable
	active   map[string]*peerHost // those with something running or waiting
	full     []*peerHost          // those that may start another delivery as soon as a worker is free
	keys     map[IRI]knownKeys
	attempts chan attempt

	running  int // requests in flight
	suspects int // of these, toward hosts that failed the last time
	waiting  int // claimed and not started
	results  []DeliveryResult

	claimAfter  time.Time
	finishAfter time.Time // when results are written back; zero where there are none
}

func (r *round) loop(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		if due := r.finishAfter; !due.IsZero() && !r.Now().Before(due) {
			r.finish(ctx)
		}
		if n := r.room(); n > 0 && !r.Now().Before(r.claimAfter) {
			// What is finished may set a pause or free what comes next, so the queue hears of it first.
			if r.finish(ctx) {
				r.claim(ctx, n)
			}
		}
		now := r.Now()
		next := r.claimAfter
		if r.room() == 0 {
			next = now.Add(r.Poll) // an answer comes first
		}
		if !r.finishAfter.IsZero() && r.finishAfter.Before(next) {
			next = r.finishAfter
		}
		timer.Reset(max(next.Sub(now), 0))
		select {
		case a := <-r.attempts:
			r.settle(a)
		case <-r.wake:
			r.claimAfter = time.Time{}
		case <-timer.C:
		case <-ctx.Done():
		}
	}
}

// room returns how many deliveries to claim now: none before a quarter of the workers is
// free, so that a long queue is taken in few large bites.
func (r *round) room() int {
	free := min(r.Workers-r.running, r.Workers-r.waiting)
	if free < max(r.Workers/4, 1) || len(r.results) > 4*r.Workers {
		return 0
	}
	return free
}

// drain ends the work: what was not started goes back to the queue, what is in flight is awaited.
func (r *round) drain(stop context.CancelFunc) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.sending), 2*r.Grace+time.Second)
	defer cancel()
	for _, h := range r.active {
		r.release(h, time.Time{})
	}
	r.finish(ctx)
	grace := time.NewTimer(r.Grace)
	defer grace.Stop()
	for r.running > 0 {
		select {
		case a := <-r.attempts:
			r.settle(a)
		case <-grace.C:
			stop()
		}
	}
	r.finish(ctx)
}

// claim takes up to n deliveries from the queue and starts them.
func (r *round) claim(ctx context.Context, n int) {
	now := r.Now()
	perHost, busy := r.PerHost, []string(nil)
	for name, h := range r.active {
		if h.running+len(h.waiting) >= h.share(now) {
			busy = append(busy, name)
		}
		perHost = max(perHost, h.limit(now))
	}
	deliveries, err := r.Queue.ClaimDeliveries(ctx, n, perHost, busy, r.Lease)
	if err != nil {
		r.fault(ctx, "claiming deliveries", err)
		return
	}
	until, given := now.Add(r.Lease), map[string]int{}
	for _, d := range deliveries {
		h := r.hosts.host(d.Host, r.PerHost)
		given[d.Host]++
		if h.pausedAt(now) { // the queue knows of every pause: somebody has ended this one
			h.until = time.Time{}
		}
		h.more = given[d.Host] == perHost
		if d.Attempt > 0 && !h.known && !h.suspect() {
			h.failures = 1 // it failed before this process came to know of it
		}
		r.active[h.name] = h
		h.waiting = append(h.waiting, claimed{d, until})
		r.waiting++
	}
	for _, d := range deliveries {
		r.start(r.hosts.host(d.Host, r.PerHost))
	}
	if len(deliveries) == 0 {
		r.claimAfter = r.nextClaim(ctx)
	}
}

// nextClaim returns when to look at an empty queue again.
func (r *round) nextClaim(ctx context.Context) time.Time {
	now := r.Now()
	latest := now.Add(r.Poll)
	next, err := r.Queue.NextDelivery(ctx)
	switch {
	case err != nil || next.IsZero() || next.After(latest):
		return latest
	case next.Before(now.Add(claimAgain)):
		// It is due, and yet was not given: an earlier one or its host holds it up.
		return now.Add(claimAgain)
	}
	return next
}

// start begins as many of the host's deliveries as it may have now.
func (r *round) start(h *peerHost) {
	now := r.Now()
	switch {
	case len(h.waiting) == 0:
	case h.pausedAt(now):
		r.release(h, h.until)
	case h.suspect() && h.running == 0 && r.suspects >= max(r.Workers/10, 1):
		h.pause(now.Add(r.Lease / 3)) // there are enough probes out
		r.release(h, h.until)
	default:
		for len(h.waiting) > 0 && h.running < h.limit(now) {
			if r.running >= r.Workers {
				if !h.queued {
					h.queued, r.full = true, append(r.full, h)
				}
				return
			}
			next := h.waiting[0]
			h.waiting = h.waiting[1:]
			r.waiting--
			if next.until.Sub(now) < r.Lease*2/3 {
				r.record(released(next.Delivery)) // it might not be ours to the end
				continue
			}
			r.send(h, next.Delivery, now)
		}
		if h.suspect() {
			r.release(h, time.Time{}) // all depends on the probe
		} else if h.hungry(now) {
			h.more, r.claimAfter = false, time.Time{}
		}
	}
	if h.idle() {
		delete(r.active, h.name)
	}
}

// send starts one delivery.
func (r *round) send(h *peerHost, d Delivery, now time.Time) {
	a := attempt{host: h, suspect: h.suspect(), delivery: d}
	if h.running == 0 {
		h.heard = now
	}
	h.running++
	r.running++
	if a.suspect {
		r.suspects++
	}
	keys, err := r.keysOf(d.Sender, now)
	if err != nil {
		a.err = err
		r.attempts <- a // has room for all workers
		return
	}
	go func() {
		begin := time.Now()
		a.answer, a.scheme, a.err = r.post(r.sending, d, keys)
		if a.latency = time.Since(begin); a.answer != nil {
			a.latency = a.answer.Latency
		}
		r.attempts <- a
	}()
}

// keysOf returns the keys of a sender. A fan-out asks a thousand times for the same.
func (r *round) keysOf(sender IRI, now time.Time) (*SigningKeys, error) {
	if known, ok := r.keys[sender]; ok && now.Before(known.until) {
		return known.keys, known.err
	}
	if len(r.keys) > 10_000 {
		clear(r.keys)
	}
	keys, err := r.Actors.SigningKeys(r.sending, sender)
	if err != nil {
		r.Log.Warn("no key to sign a delivery with", "sender", sender, "error", err)
	}
	if err == nil || errors.Is(err, ErrNotFound) || errors.Is(err, ErrGone) {
		r.keys[sender] = knownKeys{keys, err, now.Add(keyLifetime)}
	}
	return keys, err
}

// settle records how an attempt ended and starts what may start now.
func (r *round) settle(a attempt) {
	h, now := a.host, r.Now()
	h.heard = now
	h.running--
	r.running--
	if a.suspect {
		r.suspects--
	}
	result, about := r.Retry.judge(a.delivery, a.answer, a.err, now, rand.Float64()) //nolint:gosec // spreads retries, guards nothing
	result.Latency = a.latency
	switch {
	case errors.Is(a.err, context.Canceled) && r.sending.Err() != nil:
		// Stopped by us; whether it arrived is not known, so it is sent again, soon.
		result, about = released(a.delivery), hostUnknown
	case errors.Is(a.err, ErrNotFound), errors.Is(a.err, ErrGone):
		result.Outcome, result.Error = Abandoned, "sender has no key"
	case result.Outcome == Delivered:
		result.Scheme = a.scheme
	}
	result.Pause = h.settle(about, a.delivery.Attempt, result.Pause, a.latency, r.PerHostMax, now)
	r.record(result)
	r.start(h)
	for len(r.full) > 0 && r.running < r.Workers {
		next := r.full[0]
		r.full, next.queued = r.full[1:], false
		r.start(next)
	}
}

// release gives back what waits for a host, and tells the queue to leave the host alone until a time.
func (r *round) release(h *peerHost, pause time.Time) {
	for _, c := range h.waiting {
		result := released(c.Delivery)
		result.Pause = pause
		r.record(result)
	}
	r.waiting -= len(h.waiting)
	h.waiting = nil
}

func released(d Delivery) DeliveryResult {
	return DeliveryResult{ID: d.ID, Lease: d.Lease, Host: d.Host, Inbox: d.Inbox, Outcome: Released}
}

// record keeps a result until it is written back with others.
func (r *round) record(result DeliveryResult) {
	r.results = append(r.results, result)
	switch len(r.results) {
	case 1:
		r.finishAfter = r.Now().Add(finishWithin)
	case finishAt:
		r.finishAfter = r.Now()
	}
	if r.Observe != nil {
		r.Observe(result)
	}
	if result.Outcome == Abandoned || result.Outcome == InboxGone {
		r.Log.Info("delivery ended", "inbox", result.Inbox, "error", result.Error)
	}
}

// finish writes the results back and tells whether the queue has them all. What it does
// not take now is offered again.
func (r *round) finish(ctx context.Context) bool {
	if len(r.results) == 0 {
		return true
	}
	if err := r.Queue.FinishDeliveries(ctx, r.results); err != nil {
		r.fault(ctx, "finishing deliveries", err)
		r.finishAfter = r.Now().Add(queueFault)
		return false
	}
	// A finished delivery may have held up another one.
	if soon := r.Now().Add(claimAgain); r.claimAfter.After(soon) {
		r.claimAfter = soon
	}
	r.results, r.finishAfter = nil, time.Time{}
	return true
}

// fault logs that the queue failed and leaves it alone for a moment.
func (r *round) fault(ctx context.Context, doing string, err error) {
	if ctx.Err() == nil {
		r.Log.Error(doing, "error", err)
	}
	r.claimAfter = r.Now().Add(queueFault)
}
