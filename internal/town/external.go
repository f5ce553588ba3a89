package town

import (
	"time"

	"bourg/federation"

	"github.com/google/uuid"
)

// External is an account on another server that this town lists as one of its own: a merchant, a town hall or an agenda that
// lives on Mastodon, WordPress, Pixelfed, Mobilizon, Gancio, Lemmy or wherever else ActivityPub is spoken. Nothing of it is
// shown before it has agreed, and nothing once it no longer does.
type External struct {
	ID       uuid.UUID
	Actor    federation.IRI
	Type     string // of its document: Person, Group, Application, ...
	Software string // of its server, as NodeInfo names it, in lower case; "" where it does not tell
	Handle   string // "user@domain", confirmed by both hosts
	Name     string
	URL      federation.IRI // its page
	Host     string         // where it lives, canonical
	Inbox    federation.IRI
	Outbox   federation.IRI

	// What the town hall says of it.
	Trade    string // a slug of Trades, or TradeAgenda
	Phone    string
	Address  string
	Lat, Lon *float64

	State    ExternalState
	Waits    time.Time // since when it is waited for, last time
	Asks     int       // how often it was asked by a message, ever
	Asked    time.Time // last time; zero: never
	Question uuid.UUID // the last message
	Answer   string    // what it answered that was neither yes nor no, plain text
	AgreedBy Consent
	Agreed   time.Time
	Unlinked int       // looks in a row that did not find the link by which it agreed
	Looked   time.Time // when its profile was looked at last
	Ended    time.Time
	Why      Ending
	MovedTo  federation.IRI // where it said that it has gone

	FollowID uuid.UUID
	// Following is how our Follow of it stands; Followed is when the first of the present ones was sent, Follows how many.
	Following Standing
	Followed  time.Time
	Follows   int
	Filled    time.Time // when its outbox was last read
	Created   time.Time
}

// TradeAgenda is what is listed for its events alone.
const TradeAgenda = "agenda"

// ExternalState is how far an account's consent has come.
type ExternalState string

// The five states. Only an account that agreed is shown.
const (
	ExternalAsked   ExternalState = "asked"
	ExternalAgreed  ExternalState = "agreed"
	ExternalRefused ExternalState = "refused"
	ExternalExpired ExternalState = "expired"
	ExternalEnded   ExternalState = "ended"
)

// Consent is how an account agreed.
type Consent string

// Either its profile names this town, or it said yes.
const (
	ByLink  Consent = "link"
	ByReply Consent = "reply"
)

// Ending is why an account is listed no more.
type Ending string

// The endings.
const (
	EndedByTown     Ending = "town"     // the town hall took it from the list
	EndedBySaying   Ending = "said_no"  // it said so
	EndedByBlock    Ending = "blocked"  // it blocked us
	EndedByReject   Ending = "rejected" // it refused our Follow, or took its Accept back
	EndedByMove     Ending = "moved"    // it has another account now
	EndedByUnlink   Ending = "unlinked" // the link by which it agreed is gone
	EndedByDeletion Ending = "gone"     // its server does not know it any more
)

const (
	// MaxAsks is how often an account is ever asked by a message.
	MaxAsks = 2
	// LookEvery is the time between two looks at a profile that has to name this town.
	LookEvery = 24 * time.Hour
	// maxUnlinked is how many looks in a row may miss the link before the consent has ended.
	maxUnlinked = 2
)

// ExternalDeed is something that has to be sent: Ask (the question), Follow, or Undo of the Follow with the id Follow.
type ExternalDeed struct {
	Type   string
	Follow uuid.UUID
}

// Answers tells whether somebody can answer a message to it. Nobody writes in the name of a community of Lemmy, a group of
// Mobilizon, an agenda of Gancio or the blog of WordPress: these agree by a link.
func (e *External) Answers() bool { return e.Type != "Group" && e.Type != "Application" }

// Relays tells whether what it announces of others is its news: communities and agendas do nothing else.
func (e *External) Relays() bool {
	return !e.Answers() || e.Type == "Service" && e.Trade == TradeAgenda
}

// Shown tells whether its posts and itself are shown.
func (e *External) Shown() bool { return e.State == ExternalAgreed }

// IsShop tells whether it stands in the directory.
func (e *External) IsShop() bool { return e.Trade != TradeAgenda }

// Place is where it is; nil: not known.
func (e *External) Place() *Point {
	if e.Lat == nil || e.Lon == nil {
		return nil
	}
	return &Point{*e.Lat, *e.Lon}
}

// Takes tells whether a kind of post is taken from it.
func (e *External) Takes(k Kind) bool { return e.Shown() && (e.Trade != TradeAgenda || k == Event) }

// MayAsk tells whether it may be asked by a message now: it was not asked twice, it has not said no, and it is not answering already.
func (e *External) MayAsk() bool {
	return e.Answers() && e.Asks < MaxAsks && e.State != ExternalAgreed && e.State != ExternalRefused
}

// Ask begins to wait for its consent, and asks for it by a message where that is possible and was not done too often.
func (e *External) Ask(question uuid.UUID, now time.Time) []ExternalDeed {
	if e.State == ExternalAgreed || e.State == ExternalRefused {
		return nil
	}
	may := e.MayAsk()
	e.State, e.Waits, e.Why, e.Ended = ExternalAsked, now, "", time.Time{}
	if !may {
		return nil
	}
	e.Asks++
	e.Asked, e.Question, e.Answer = now, question, ""
	return []ExternalDeed{{Type: "Ask"}}
}

// Agree is its consent: it is followed from then on.
func (e *External) Agree(by Consent, follow uuid.UUID, now time.Time) []ExternalDeed {
	if e.State == ExternalAgreed {
		return nil
	}
	e.State, e.AgreedBy, e.Agreed, e.Unlinked, e.Why, e.Answer = ExternalAgreed, by, now, 0, "", ""
	return e.follow(follow, now)
}

func (e *External) follow(follow uuid.UUID, now time.Time) []ExternalDeed {
	e.Following, e.FollowID, e.Followed, e.Follows = StandingPending, follow, now, 1
	return []ExternalDeed{{Type: "Follow", Follow: follow}}
}

// End ends what there is. Where it was followed, or may have been, that is undone.
func (e *External) End(why Ending, now time.Time) []ExternalDeed {
	if e.State == ExternalEnded || e.State == ExternalRefused {
		return nil
	}
	e.State, e.Why, e.Ended, e.AgreedBy = ExternalEnded, why, now, ""
	if why == EndedBySaying {
		e.State = ExternalRefused
	}
	return e.leave()
}

func (e *External) leave() []ExternalDeed {
	was := e.Following
	e.Following = StandingNone
	if was != StandingPending && was != StandingAccepted {
		return nil
	}
	return []ExternalDeed{{Type: "Undo", Follow: e.FollowID}}
}

// Say is what it wrote to us in answer. What is neither yes nor no is kept for the town hall to read.
func (e *External) Say(words string, follow uuid.UUID, now time.Time) []ExternalDeed {
	switch readAnswer(words) {
	case yes:
		// Only to what was asked, and not to what the town has given up; who was told no more by the town stays so.
		if e.State == ExternalAsked || e.State == ExternalExpired {
			return e.Agree(ByReply, follow, now)
		}
	case no:
		return e.End(EndedBySaying, now)
	default:
		e.Answer = cutRunes(words, maxMessage)
	}
	return nil
}

// Accepted is its Accept of the Follow with this id. What is accepted after it has ended is undone.
func (e *External) Accepted(follow uuid.UUID) []ExternalDeed {
	switch {
	case follow != e.FollowID || follow == uuid.Nil:
		return nil
	case e.State != ExternalAgreed:
		return []ExternalDeed{{Type: "Undo", Follow: follow}}
	}
	e.Following = StandingAccepted
	return nil
}

// Rejected is its Reject of the Follow with this id, accepted before or not.
func (e *External) Rejected(follow uuid.UUID, now time.Time) {
	if follow != e.FollowID || follow == uuid.Nil || e.State != ExternalAgreed {
		return
	}
	e.Following = StandingRefused
	e.End(EndedByReject, now)
}

// LookedAt is a look at its profile, which names this town or does not. A look that failed is none.
func (e *External) LookedAt(linked bool, follow uuid.UUID, now time.Time) []ExternalDeed {
	e.Looked = now
	switch {
	case e.State == ExternalAsked && linked:
		return e.Agree(ByLink, follow, now)
	case e.State == ExternalAgreed && e.AgreedBy == ByLink && linked:
		e.Unlinked = 0
	case e.State == ExternalAgreed && e.AgreedBy == ByLink:
		if e.Unlinked++; e.Unlinked >= maxUnlinked {
			return e.End(EndedByUnlink, now)
		}
	}
	return nil
}

// NeedsLook tells whether its profile has to be looked at: daily while it waits, and while it is shown because of a link.
func (e *External) NeedsLook(now time.Time) bool {
	waits := e.State == ExternalAsked || (e.State == ExternalAgreed && e.AgreedBy == ByLink)
	return waits && now.Sub(e.Looked) >= LookEvery
}

// NeedsFill tells whether its outbox has to be read: once for all, and daily where others act in its name, whose edits
// the authority gate does not take from them.
func (e *External) NeedsFill(now time.Time) bool {
	return e.State == ExternalAgreed && (e.Filled.IsZero() || (e.Relays() && now.Sub(e.Filled) >= LookEvery))
}

// Tick does what comes due by the clock: what is not answered expires, a Follow is repeated, with an id of its own, and ends too.
func (e *External) Tick(follow uuid.UUID, now time.Time) []ExternalDeed {
	switch {
	case e.State == ExternalAsked && !now.Before(e.Waits.Add(AskExpires)):
		e.State = ExternalExpired
	case e.State == ExternalAgreed && e.Following == StandingPending:
		if !now.Before(e.Followed.Add(AskExpires)) {
			e.Following = StandingExpired
			return []ExternalDeed{{Type: "Undo", Follow: e.FollowID}}
		}
		if due, again := NextAsk(e.Followed, e.Follows); again && !now.Before(due) {
			e.Follows++
			e.FollowID = follow
			return []ExternalDeed{{Type: "Follow", Follow: follow}}
		}
	}
	return nil
}

// Due tells whether Tick has something to do.
func (e *External) Due(now time.Time) bool {
	trial := *e
	return len(trial.Tick(uuid.Nil, now)) > 0 || trial.State != e.State
}
