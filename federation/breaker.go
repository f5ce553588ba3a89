package federation

import (
	"container/list"
	"time"
)

// How a host is treated that fails.
const (
	breakerAfter = 5                // failures in a row that open the breaker
	firstPause   = 45 * time.Second // short enough that the first retry of a delivery comes within a minute
	longestPause = time.Hour
	maxHosts     = 100_000 // hosts that are remembered; beyond, the one longest unheard of is forgotten

	// A host that was away for long gets its backlog at five a second at most.
	longAway    = 4 // attempts that its deliveries have behind them by then
	gentlePause = 200 * time.Millisecond

	// quick is an answer time below which a host may be given more at once; slow is one
	// above which it is given less.
	quick = 250 * time.Millisecond
	slow  = 2 * time.Second
)

// peerHost is what the Deliverer knows of one host: its circuit breaker, and how many
// deliveries it may be sent at once. It belongs to one goroutine.
type peerHost struct {
	name    string
	waiting []claimed // claimed for it and not yet started, oldest first
	running int
	queued  bool // it waits for a free worker
	more    bool // the last claim gave it all that it might have, so the queue may hold more

	known    bool      // it has answered before
	window   int       // requests at once, once it is known and while all goes well
	heard    time.Time // when it answered last, or was first asked since it was idle
	failures int       // in a row
	opened   int       // times that the breaker opened since the host last worked
	until    time.Time // it is left alone until then

	place *list.Element
}

// suspect tells whether the host failed the last time.
func (h *peerHost) suspect() bool { return h.failures > 0 }

// limit is how many requests the host may have in flight. One that is suspect or not
// known is probed by one, which is also the half-open state of the breaker once the pause
// is over; one that has fallen silent gets no more. So a dead host holds one worker, or
// what it had when it died.
func (h *peerHost) limit(now time.Time) int {
	if h.suspect() || !h.known || (h.running > 0 && now.Sub(h.heard) > slow) {
		return 1
	}
	return h.window
}

// share is how many deliveries may be claimed for the host, in flight or waiting: once
// more its limit, so that the next ones are at hand when a quick host is done; one for a probe.
func (h *peerHost) share(now time.Time) int { return 2*h.limit(now) - 1 }

// hungry tells whether more should be claimed for the host before its requests run out.
func (h *peerHost) hungry(now time.Time) bool { return h.more && len(h.waiting) < h.limit(now)/2 }

// idle tells whether nothing is in flight or waiting here for the host.
func (h *peerHost) idle() bool { return h.running == 0 && len(h.waiting) == 0 }

// pausedAt tells whether the host is to be left alone.
func (h *peerHost) pausedAt(now time.Time) bool { return now.Before(h.until) }

// pause leaves the host alone until a time, unless it is left alone for longer already.
func (h *peerHost) pause(until time.Time) {
	if h.until.Before(until) {
		h.until = until
	}
}

// works records an answer after which the host is trusted. One that answers quickly is
// given more at once, up to most; one that becomes slow is given less.
func (h *peerHost) works(latency time.Duration, most int) {
	if h.suspect() {
		h.window = 1
	}
	h.known, h.failures, h.opened = true, 0, 0
	switch {
	case latency < quick:
		h.window = min(h.window+1, most)
	case latency > slow:
		h.window = max(h.window/2, 1)
	}
}

// settle records what an attempt told about the host. attempt counts those that the delivery had behind it before;
// pause is until when the host asked to be left alone, zero where it did not. It returns until when it is to be
// left alone, zero where it need not be.
func (h *peerHost) settle(about verdict, attempt int, pause time.Time, latency time.Duration, most int, now time.Time) time.Time {
	switch about {
	case hostWorks:
		h.works(latency, most)
		if attempt >= longAway {
			h.window = 1
			h.pause(now.Add(gentlePause))
		}
	case hostBusy:
		h.busy(now)
	case hostFails:
		h.fails(now)
	}
	h.pause(pause)
	if h.pausedAt(now) {
		return h.until
	}
	return pause
}

// busy records that the host asks for patience.
func (h *peerHost) busy(now time.Time) {
	h.window = 1
	h.pause(now.Add(firstPause))
}

// fails records a failure. From the fifth in a row on, the breaker opens, each time for
// twice as long as before.
func (h *peerHost) fails(now time.Time) {
	h.failures++
	if h.failures < breakerAfter || h.pausedAt(now) {
		return
	}
	h.pause(now.Add(min(firstPause<<min(h.opened, 10), longestPause)))
	h.opened++
}

// hostTable holds the hosts that were heard of last.
type hostTable struct {
	most   int
	byName map[string]*peerHost
	recent *list.List // of *peerHost, the last used first
}

func newHostTable(most int) *hostTable {
	return &hostTable{most: most, byName: map[string]*peerHost{}, recent: list.New()}
}

// host returns what is known of a host; a new one gets window requests at once when it is known.
func (t *hostTable) host(name string, window int) *peerHost {
	if h, ok := t.byName[name]; ok {
		t.recent.MoveToFront(h.place)
		return h
	}
	h := &peerHost{name: name, window: window}
	h.place = t.recent.PushFront(h)
	t.byName[name] = h
	for e := t.recent.Back(); len(t.byName) > t.most && e != nil; {
		old, before := e.Value.(*peerHost), e.Prev()
		if old.idle() && old != h {
			t.recent.Remove(e)
			delete(t.byName, old.name)
		}
		e = before
	}
	return h
}
