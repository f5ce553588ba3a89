package town

import (
	"time"

	"bourg/federation"

	"github.com/google/uuid"
)

// The handshake of two towns (PEERING.md, section 3) as steps on a Neighbour. Each changes what is known and
// says what has to be told to the other town; none of them reads a clock or a database, so that the property
// tests and the simulation can play both sides.

// Say is something to be told to the other town's relay.
type Say struct {
	Type   string         // Follow, Accept, Reject or Undo
	Follow federation.IRI // the Follow that it is about: ours where Ours is set, else theirs
	Ours   bool
	Former uuid.UUID // Undo: the request of ours, where it is not the latest one
	Scope  Scope     // Follow: what we want; Accept: what we give
	Words  string    // Follow: the message; Reject: the reason
}

// Ask asks for the other town's news, or asks anew where it refused or never answered. Where we have its news, or
// wait for its answer, a further request changes what we want: the other town, which knows us, answers it at once or holds it
// for the one that waits. The same wish twice changes nothing. follow is the id of the new request.
func (n *Neighbour) Ask(follow uuid.UUID, wants Scope, message string, now time.Time) []Say {
	if n.Outgoing == StandingAccepted || n.Outgoing == StandingPending {
		if n.Wants.Equal(wants) {
			return nil
		}
		if n.Outgoing == StandingAccepted {
			n.Asked, n.Asks = now, 1
		}
		n.Wants, n.FollowID = wants, follow
		return []Say{{Type: "Follow", Ours: true, Scope: wants, Words: message}}
	}
	n.Outgoing, n.Wants, n.Gives, n.Refusal = StandingPending, wants, Scope{}, ""
	n.FollowID, n.Asked, n.Asks = follow, now, 1
	return []Say{{Type: "Follow", Ours: true, Scope: wants, Words: message}}
}

// AskAgain repeats a request that is due, or lets one expire that was never answered. The repeat has an id of its own, because
// receivers drop what they have had; the answer to an older one does not count any more, and the other town answers each.
func (n *Neighbour) AskAgain(follow uuid.UUID, now time.Time) []Say {
	if n.Outgoing != StandingPending {
		return nil
	}
	if !now.Before(n.Asked.Add(AskExpires)) {
		n.Outgoing = StandingExpired
		return []Say{{Type: "Undo", Ours: true}} // so that it does not wait on a desk over there
	}
	if due, again := NextAsk(n.Asked, n.Asks); again && !now.Before(due) {
		n.Asks++
		n.FollowID = follow
		return []Say{{Type: "Follow", Ours: true, Scope: n.Wants}}
	}
	return nil
}

// NotKnown is the other town's word that it has no agreement with us, where we believe in one: it went back to a backup from
// before, or we never got its Reject. We ask anew; a town that has us after all says so again at once.
func (n *Neighbour) NotKnown(follow uuid.UUID, now time.Time) []Say {
	if n.Outgoing != StandingAccepted {
		return nil
	}
	n.Outgoing = StandingNone
	return n.Ask(follow, n.Wants, "", now)
}

// IsAsked is the other town's request. It is answered at once where it was accepted before (a repeat), is welcome, or
// where the town accepts everybody; grants is what is then given. A blocked neighbour is refused.
func (n *Neighbour) IsAsked(follow federation.IRI, wants Scope, message string, open bool, grants Scope, now time.Time) []Say {
	repeat := n.Incoming == StandingAccepted
	if message != "" || n.Incoming != StandingPending { // a repeat has no words, and takes none back
		n.Message = message
	}
	n.TheirFollow, n.TheirWants, n.TheyAsked = follow, wants, now
	switch {
	case n.Mode == ModeBlocked:
		n.Incoming = StandingRefused
		return []Say{{Type: "Reject", Follow: follow}}
	case repeat:
		return []Say{{Type: "Accept", Follow: follow, Scope: n.Grants}}
	case open || now.Before(n.Welcome):
		return n.Accept(grants, now)
	}
	n.Incoming = StandingPending
	return nil
}

// Accept gives our news to the other town. Where it has not asked yet, it is welcome for as long as a request lives.
func (n *Neighbour) Accept(grants Scope, now time.Time) []Say {
	if n.Mode == ModeBlocked {
		n.Mode = ModeOpen
	}
	n.Grants, n.Welcome = grants, now.Add(AskExpires)
	if n.TheirFollow == "" || n.Incoming == StandingExpired {
		return nil
	}
	n.Incoming, n.Welcome = StandingAccepted, time.Time{}
	if n.Since.IsZero() {
		n.Since = now
	}
	return []Say{{Type: "Accept", Follow: n.TheirFollow, Scope: grants}}
}

// Refuse refuses the other town's request, or ends what was accepted.
func (n *Neighbour) Refuse(reason string) []Say {
	n.Welcome = time.Time{}
	if n.TheirFollow == "" {
		return nil
	}
	n.Incoming = StandingRefused
	return []Say{{Type: "Reject", Follow: n.TheirFollow, Words: reason}}
}

// IsAccepted is the other town's Accept of the request with this id. What is accepted after we have left is undone, so that
// the other town does not go on sending; so is a request that is not the latest one, because the later ones, and their Undo, may
// have been given up on their way to a town that was away for long. Where they come, the Undo of an older one has no effect.
func (n *Neighbour) IsAccepted(follow uuid.UUID, gives Scope, now time.Time) []Say {
	switch {
	case follow == uuid.Nil || n.FollowID == uuid.Nil:
		return nil
	case follow != n.FollowID:
		return []Say{{Type: "Undo", Ours: true, Former: follow}}
	}
	if n.Outgoing == StandingNone || n.Outgoing == StandingExpired {
		return []Say{{Type: "Undo", Ours: true}}
	}
	n.Outgoing, n.Gives, n.Refusal = StandingAccepted, gives, ""
	n.Reconciled = time.Time{} // what we had under an earlier agreement may be gone, and a wider one has more
	if n.Since.IsZero() {
		n.Since = now
	}
	return nil
}

// IsRefused is the other town's Reject of the request with this id, whether it was accepted before or not. The Reject of an
// earlier one, where we have changed since then what we want, ends what was agreed; the latest is a request like any other then.
func (n *Neighbour) IsRefused(follow uuid.UUID, reason string) {
	if n.Outgoing == StandingAccepted && follow != n.FollowID && follow != uuid.Nil {
		n.Outgoing, n.Gives = StandingPending, Scope{}
		return
	}
	if follow != n.FollowID || n.FollowID == uuid.Nil || n.Outgoing == StandingNone || n.Outgoing == StandingExpired {
		return
	}
	n.Outgoing, n.Refusal = StandingRefused, reason
}

// IsLeft is the other town's Undo of its request: it wants our news no more.
func (n *Neighbour) IsLeft(follow federation.IRI) {
	if follow == n.TheirFollow {
		n.Incoming, n.TheirFollow, n.TheirWants, n.Message = StandingNone, "", Scope{}, ""
	}
}

// Leave ends both directions.
func (n *Neighbour) Leave() []Say {
	var say []Say
	if n.Outgoing == StandingPending || n.Outgoing == StandingAccepted {
		say = append(say, Say{Type: "Undo", Ours: true})
	}
	if n.Incoming == StandingPending || n.Incoming == StandingAccepted {
		say = append(say, Say{Type: "Reject", Follow: n.TheirFollow})
	}
	n.Outgoing, n.Incoming, n.Welcome = StandingNone, StandingNone, time.Time{}
	n.TheirFollow, n.TheirWants = "", Scope{}
	return say
}
