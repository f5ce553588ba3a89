package town

import (
	"time"

	"bourg/federation"

	"github.com/google/uuid"
)

// Kind is the kind of a post.
type Kind string

const (
	// News is a few words, with or without a photo.
	News Kind = "news"
	// Answer is a merchant's reply to somebody; it stands in a thread, never in the feed.
	Answer Kind = "answer"
)

// Reach is how far a post is carried. It is promotion, not secrecy: whoever has the address may read it.
type Reach string

// The four reaches, from near to far.
const (
	ReachTown       Reach = "town"
	ReachNeighbours Reach = "neighbours"
	ReachRegion     Reach = "region"
	ReachEverywhere Reach = "everywhere"
)

// Valid tells whether r is one of the four.
func (r Reach) Valid() bool {
	return r == ReachTown || r == ReachNeighbours || r == ReachRegion || r == ReachEverywhere
}

// Post is what a merchant published.
type Post struct {
	ID        uuid.UUID
	Merchant  *Merchant // with what a card shows: handle, name, trade, paint, phone
	Kind      Kind
	Text      string // as typed
	Language  string
	Reach     Reach
	Photos    []Photo
	Public    bool
	InReplyTo federation.IRI
	Root      uuid.UUID      // Answer: the post in whose thread it stands, or zero
	Addressee federation.IRI // Answer: whom it mentions
	// Mentions are further actors whom an Answer mentions: those whom the answered reply had named.
	Mentions  []federation.IRI
	Once      uuid.UUID // a second post with the same one is the first
	Published time.Time
	Leaves    time.Time // end of the undo window
	Updated   time.Time // zero: never edited
	Withdrawn time.Time // zero: not withdrawn
	Announced time.Time // when its merchant last put it forward (a product) or it was reminded of (an event); zero: never
	Revision  int       // counts the changes; who changes a post brings the one that was read
	Details

	Likes, Shares, Replies int

	// Before is the post as it stood when an edit began that is about to be told: who had that version hears of the edit too.
	// Nil: where and how far it is carried has not changed.
	Before *Post
}

// Left tells whether the undo window is over.
func (p *Post) Left(now time.Time) bool { return !now.Before(p.Leaves) }

// Draft is a post being written: what a form holds, and what the command line is given.
type Draft struct {
	ID     uuid.UUID // zero: not kept yet
	Kind   Kind
	Text   string
	Reach  Reach // "": the merchant's default
	Photos []Photo
	Once   uuid.UUID
	Saved  time.Time
	// Typed holds, by the name of the form's field, what was typed and could not be read (a price,
	// a day), so that a draft gives everything back. Publishing takes no notice of it.
	Typed map[string]string
	Details
}

// Reply is what a peer wrote to a merchant.
type Reply struct {
	ID        uuid.UUID
	ObjectID  federation.IRI
	Actor     RemoteActor
	Merchant  uuid.UUID
	Post      uuid.UUID // in whose thread it stands; zero: a mention or a message
	InReplyTo federation.IRI
	URL       federation.IRI
	Replies   federation.IRI // the collection of replies to it, at its server; "" where it names none
	Type      string         // as its server calls it: Note, Question, Article...
	Name      string         // its title, plain text; of a Note it stands in Content
	Public    bool
	Summary   string // content warning, plain text
	Content   string // sanitised HTML
	Language  string
	Sensitive bool // its pictures are not for every eye
	// Mentions are the actors elsewhere whom it names, at most MaxMentions.
	Mentions []federation.IRI
	// Attachments lie at its server. Those that were copied here are shown, the others linked to: Copies has as many
	// entries, nil where there is no copy. Face is the copy of its writer's picture.
	Attachments []federation.Image
	Copies      []*Photo
	Face        *Photo
	Wants       bool // a copy that should be here is not, or it is to be noted that one was shown
	Published   time.Time
	Updated     time.Time
	Received    time.Time
	State       ReplyState
}

// MaxMentions is how many of those whom a reply names are known, and are named again in the answer.
const MaxMentions = 10

// ReplyState says whether a public reply stands on the post's page.
type ReplyState string

// A reply waits for the merchant where the town or the merchant wants that; a merchant may hide any.
const (
	ReplyShown   ReplyState = "shown"
	ReplyWaiting ReplyState = "waiting"
	ReplyHidden  ReplyState = "hidden"
)

// RemoteActor is a peer's actor as pages show it.
type RemoteActor struct {
	ID     federation.IRI
	Name   string
	Handle string // "user@domain"
	URL    federation.IRI
	Host   string
	Row    int64 // the store's own number of it; 0 where it was not asked for
}

// NotificationKind is what the merchant is told: that somebody replied to a post, mentioned
// the merchant, or sent a private message.
func (r *Reply) NotificationKind() string {
	switch {
	case !r.Public:
		return "message"
	case r.Post != uuid.Nil:
		return "reply"
	default:
		return "mention"
	}
}
