package town

import (
	"time"

	"bourg/federation"

	"github.com/google/uuid"
)

// Neighbour is another town, as this one knows it and stands with it. The exchange of news
// (federation/PEERING.md) has a direction, so there are two standings: what we asked of the other
// town, and what it asked of us.
type Neighbour struct {
	Domain string // canonical host; every id of the other town lies on it
	Base   string // "https://" or, in closed networks, "http://" before the domain
	Card
	Relay RelayActor

	Outgoing Standing // do we receive its news?
	Incoming Standing // does it receive ours?
	Mode     Mode     // what becomes of what it sends

	// Ask is the request that we made; the agreement about what we receive is Wants.And(Gives).
	Wants    Scope
	Gives    Scope // what the other town said in its Accept
	FollowID uuid.UUID
	Asked    time.Time // first asking
	Asks     int       // how often the request was sent
	Refusal  string    // why the other town refused us, plain text

	// What the other town asked; the agreement about what it receives is Grants.
	TheirWants  Scope
	Grants      Scope
	TheirFollow federation.IRI
	TheyAsked   time.Time
	Message     string // what it wrote with its request, plain text
	// Welcome is until when a request that has not come yet is accepted as soon as it comes.
	Welcome time.Time

	Since        time.Time // of the agreement; zero: there never was one
	Ended        time.Time // when the last agreement ended; zero: there is one, or never was
	LastExchange time.Time // when news last came from there or arrived there
	Failing      time.Time // since when every attempt to reach it has failed; zero: it is reached
	Reconciled   time.Time // when what we have was last compared with what it has

	// SpeaksPeering tells that it has spoken with us as towns do, whatever its card says or does not say.
	SpeaksPeering bool
}

// Card is what a town says of itself in NodeInfo (PEERING.md, section 2).
type Card struct {
	Name     string
	INSEE    []string
	Place    *Point // nil: not told
	RadiusKm float64
	Peering  string // open, approval or closed; "": the server is no town
	Legal    federation.IRI
	Phone    string
	Town     federation.IRI // the Group that people follow; "" where there is none
	Active   federation.IRI // its list of what is live, see reconcile.go
	Read     time.Time      // when the card was read last

	Shops  *int           // how many merchants publish there; nil: not told
	Towns  federation.IRI // its public list of its own neighbours, see hints.go
	Latest federation.IRI // its newest news, to be looked at before it is asked; it is not kept

	Charter federation.IRI // its charter, as plain text; "" where there is none

	Software string // what the server runs, as NodeInfo names it, in lower case; "": not told
}

// RelayActor is the Application that speaks for the other server.
type RelayActor struct {
	ID, Inbox, Outbox federation.IRI
}

// Standing is how a request to receive news stands.
type Standing string

// The five standings, as `bourg neighbour list` prints them.
const (
	StandingNone     Standing = "none"
	StandingPending  Standing = "pending"
	StandingAccepted Standing = "accepted"
	StandingRefused  Standing = "refused"
	StandingExpired  Standing = "expired"
)

// Mode is what becomes of what a neighbour sends.
type Mode string

// The five modes, from wide to narrow.
const (
	ModeOpen    Mode = "open"    // everything within the agreement is shown
	ModeReview  Mode = "review"  // a merchant's news is shown once the town hall has let that merchant in
	ModeAgenda  Mode = "agenda"  // events only
	ModeMuted   Mode = "muted"   // it is received and kept, and not shown
	ModeBlocked Mode = "blocked" // nothing is exchanged
)

// Valid tells whether m is one of the five.
func (m Mode) Valid() bool {
	switch m {
	case ModeOpen, ModeReview, ModeAgenda, ModeMuted, ModeBlocked:
		return true
	}
	return false
}

// Shows tells whether a post of this kind is shown to readers under the mode; let says whether the town hall has let its merchant in.
func (m Mode) Shows(k Kind, let bool) bool {
	switch m {
	case ModeOpen:
		return true
	case ModeReview:
		return let
	case ModeAgenda:
		return k == Event
	default:
		return false
	}
}

// Receives tells whether news of a kind from so far away is taken from the neighbour.
func (n *Neighbour) Receives(k Kind, km float64) bool {
	return n.Outgoing == StandingAccepted && n.Mode != ModeBlocked && n.Wants.And(n.Gives).Takes(k, km)
}

// Sends tells whether a post with this reach, which stands at from, is sent to the neighbour. To a town at
// no known distance goes only what goes everywhere.
func (n *Neighbour) Sends(k Kind, reach Reach, from Point) bool {
	if n.Incoming != StandingAccepted || n.Mode == ModeBlocked {
		return false
	}
	if n.Place == nil {
		return reach == ReachEverywhere && n.Grants.And(n.TheirWants).Takes(k, 0)
	}
	return reach.Carries(from, *n.Place, n.RadiusKm) && n.Grants.And(n.TheirWants).Takes(k, from.KmTo(*n.Place))
}

// MayHave tells whether the neighbour may have got a post of this kind with this reach, wherever either stood by then.
func (n *Neighbour) MayHave(k Kind, reach Reach) bool {
	return reach != ReachTown && n.Grants.And(n.TheirWants).has(k)
}

// Exchanges tells whether news goes in one direction at least.
func (n *Neighbour) Exchanges() bool {
	return n.Mode != ModeBlocked && (n.Outgoing == StandingAccepted || n.Incoming == StandingAccepted)
}

// settle notes that an agreement has begun or ended, after a step; exchanged tells whether there was one before it.
func (n *Neighbour) settle(exchanged bool, now time.Time) {
	switch {
	case exchanged && !n.Exchanges():
		n.Ended = now
	case !exchanged && n.Exchanges():
		n.Since, n.Ended = now, time.Time{}
	}
}

// SameTown tells whether a card that was read again is still the same town's: the relay is the same, and so is at least one
// commune, where communes are told. A domain that somebody else has bought does not pass for the town.
func (n *Neighbour) SameTown(relay federation.IRI, c Card) bool {
	if n.Relay.ID == "" {
		return true
	}
	if relay != n.Relay.ID {
		return false
	}
	if len(n.INSEE) == 0 {
		return true
	}
	for _, code := range c.INSEE {
		for _, known := range n.INSEE {
			if code == known {
				return true
			}
		}
	}
	return false
}
