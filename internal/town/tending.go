package town

import "time"

// How a town keeps up with its neighbours (PEERING.md, section 5), as steps on a Neighbour like those of the handshake:
// none of them reads a clock, a database or the network, so that the simulation of many towns takes the same ones.

// TendEvery is how often a town looks which of its neighbours are to be visited.
const TendEvery = 15 * time.Minute

// VisitDue tells whether a neighbour's card is to be read now: each time while the neighbour fails, else once a
// day, and when a comparison is due. A town with which nothing is exchanged or asked for is left alone. started is when our
// server began to run; zero where that is of no matter.
func (n *Neighbour) VisitDue(now, started time.Time) bool {
	if n.Mode == ModeBlocked || (n.Outgoing != StandingAccepted && n.Incoming != StandingAccepted && n.Incoming != StandingPending) {
		return false
	}
	return !n.Failing.IsZero() || now.Sub(n.Read) >= ReconcileEvery || n.CompareDue(now, started, false)
}

// CompareDue tells whether what we have of a neighbour has to be compared with what it has: every day, when it is back after
// a failure, and after each start of ours, for what it sent in vain before: its next try may be hours away. A server that
// starts again and again compares once in TendEvery.
func (n *Neighbour) CompareDue(now, started time.Time, back bool) bool {
	since := now.Sub(n.Reconciled)
	missed := n.Reconciled.Before(started) && since >= TendEvery
	return n.Outgoing == StandingAccepted && (back || missed || since >= ReconcileEvery)
}

// Reached notes what a visit found, and tells whether the neighbour is back after a failure.
func (n *Neighbour) Reached(card Card, relay RelayActor) (back bool) {
	back = !n.Failing.IsZero()
	n.Card, n.Relay, n.Failing = card, relay, time.Time{}
	return back
}

// NotReached notes a visit that failed.
func (n *Neighbour) NotReached(now time.Time) {
	if n.Failing.IsZero() {
		n.Failing = now
	}
}

// Compared notes that what we have was made what the neighbour had when the comparison began.
func (n *Neighbour) Compared(began time.Time) {
	n.Reconciled, n.Failing = began, time.Time{}
}
