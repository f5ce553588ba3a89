package town

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"bourg/federation"

	"github.com/google/uuid"
)

// InboxStore has the effects of what peers send. Each method is one transaction: it
// remembers the activity (by Received) and answers federation.ErrDuplicate, changing
// nothing, where that one was applied before. The sender is stored or refreshed as a
// remote actor where it is not known yet.
type InboxStore interface {
	// AddFollower adds or renews a follower and inserts the Accept. A Follow by somebody who follows already
	// changes the follow's id only and is accepted again. ErrForbidden, and nothing is remembered, where the merchant has
	// blocked the sender, or has moved away and the sender does not follow it yet.
	AddFollower(ctx context.Context, in Received, actor uuid.UUID, followID federation.IRI, accept Outgoing) error
	// RemoveFollower ends a following (Undo Follow, Block, Reject); nothing happens where there is none.
	RemoveFollower(ctx context.Context, in Received, actor uuid.UUID) error
	// AddReply stores what a peer wrote, counts it on its post and notifies the merchant. It stores nothing where the
	// object's id has a tombstone, or is known already (the audience of a known object never grows).
	AddReply(ctx context.Context, in Received, r *Reply) error
	// EditReply replaces the text of the sender's own object if updated is newer than what is stored; unknown objects are
	// ignored. A public reply that was shown and now says something else waits again where r.State is ReplyWaiting, or where
	// the merchant's or the town's settings want replies approved: what was accepted was the old text.
	EditReply(ctx context.Context, in Received, r *Reply) error
	// DeleteObject removes the sender's own object with all that hangs on it (counts, notifications) and keeps a
	// tombstone of its id.
	DeleteObject(ctx context.Context, in Received, object federation.IRI) error
	// DeleteQuoting does what DeleteObject does for an object that quotes one of our posts with our leave, which ends with
	// it: revoked is the Delete of the authorisation.
	DeleteQuoting(ctx context.Context, in Received, object federation.IRI, revoked Outgoing) error
	// DeleteActor removes everything of the sender: followings, replies, reactions, notifications, waiting deliveries to its own inbox.
	DeleteActor(ctx context.Context, in Received) error
	// UpdateActor stores the sender's new document.
	UpdateActor(ctx context.Context, in Received) error
	// AddReaction counts a like or a share of a post once for each actor, and notifies the merchant.
	AddReaction(ctx context.Context, in Received, kind ReactionKind, post uuid.UUID) error
	// RemoveReaction takes the sender's like or share of a post back.
	RemoveReaction(ctx context.Context, in Received, kind ReactionKind, post uuid.UUID) error
	// AddQuote remembers that a peer's object quotes a post, and tells the merchant once; where accept is given, with leave.
	// ErrNotFound where there is no such public post, or no more; ErrForbidden, and nothing is remembered, where the merchant
	// has blocked the sender.
	AddQuote(ctx context.Context, in Received, q *Quote, accept *Outgoing) error
	// QuoteBy finds the quote that an object makes, or ErrNotFound.
	QuoteBy(ctx context.Context, actor, object federation.IRI) (*Quote, error)
	// AddReport keeps what a peer reports and, where mails is set, writes to the town hall. ErrTooMany where the sender's
	// host has reported too much within the hour.
	AddReport(ctx context.Context, in Received, r *Report, mails bool) error
	// AskForMove has the target of a Move looked at, if the sender follows somebody here; else federation.ErrIgnored.
	AskForMove(ctx context.Context, in Received, target federation.IRI) error
	// AskForObject has an object read at its origin, with so many requests at most. It may be refused (federation.ErrIgnored) where too many wait.
	AskForObject(ctx context.Context, in Received, object federation.IRI, fetches int) error
	// Respond remembers the activity and sends the answer to it; nothing else changes.
	Respond(ctx context.Context, in Received, answer Outgoing) error
	// UndoByID takes back whatever the sender did by the activity with this id: a following, a like or a share
	// (peers may undo by the bare id).
	UndoByID(ctx context.Context, in Received, activity federation.IRI) error

	// PostOf finds what an object's id stands for here: one of our posts, or a reply that stands under one.
	// merchant is who published the post or was written to. ErrNotFound where it is neither.
	PostOf(ctx context.Context, object federation.IRI) (post, merchant uuid.UUID, err error)
	// PublicPost finds a post of ours that everybody may read and that has left; else ErrNotFound.
	PublicPost(ctx context.Context, id uuid.UUID) (kind Kind, merchant uuid.UUID, err error)
	// WriterOf tells who wrote an object of a peer's that is known here, or ErrNotFound.
	WriterOf(ctx context.Context, object federation.IRI) (*federation.Actor, error)
	// ActorKind tells what lives under the id of a local actor: "merchant", "town", "group" or "relay"; ErrNotFound, ErrGone.
	ActorKind(ctx context.Context, id uuid.UUID) (string, error)
	// ApprovesReplies tells whether public replies to the merchant wait.
	ApprovesReplies(ctx context.Context, merchant uuid.UUID) (bool, error)
}

// ReactionKind is "like" or "share".
type ReactionKind string

// The two reactions.
const (
	Liked  ReactionKind = "like"
	Shared ReactionKind = "share"
)

// Received says which activity a store method applies.
type Received struct {
	// Key is the dedupe key: the first 128 bits of SHA-256 over sender and activity id; for an Update over
	// sender, object and its time (GoToSocial 0.20 sends every edit under one id).
	Key    uuid.UUID
	Sender *federation.Actor
	ID     federation.IRI // of the activity
	// Undoes is, of an Undo, the id of what it takes back; "" where it does not name it.
	Undoes federation.IRI
	// Signed is when the sender signed it: by this a repeated Follow is told from one that was undone before it came.
	Signed time.Time
}

// Receiver is the town's side of the inbox: the one switch over everything that a
// town understands. It implements federation.Receiver.
type Receiver struct {
	Store     InboxStore
	Addresses Addresses
	Clean     func(html string) string // HTML of strangers made safe
	Line      func(text string) string // plain text of strangers made one safe line
	Wake      func()                   // something was written that must leave
	// Approve: public replies wait in the whole town, whatever its settings say (BOURG_REPLIES=approve).
	Approve bool
	// Mails: a mail server is configured, by which the town hall learns of reports.
	Mails bool
	// Neighbours has the effects of what other servers' relays say to ours; nil: none has any.
	Neighbours *Neighbours
	// Externals has the effects of what the accounts elsewhere say that the town lists; nil: it lists none.
	Externals *Externals
	// Refresh asks for an actor to be fetched again soon (an Update that carries no document); may be nil.
	Refresh func(actor federation.IRI)
	// Fill asks for what is missing around a reply; may be nil.
	Fill func(ctx context.Context, f Fill) error
}

// Receive applies a verified activity. This switch is the list of all that a town
// understands (FEDERATION.md names the same); anything else is ErrIgnored.
func (r *Receiver) Receive(ctx context.Context, in *federation.Incoming) error {
	act := in.Activity
	switch act.Type {
	case "Follow":
		if r.ofRelay(ctx, in.Activity.ObjectID) {
			return r.Neighbours.followed(ctx, in)
		}
		return r.follow(ctx, in)
	case "Accept", "Reject":
		return r.also(ctx, in, r.Externals.answered, r.Neighbours.answered)
	case "Undo":
		return r.undo(ctx, in)
	case "Create":
		return r.also(ctx, in, r.Externals.wrote, r.create)
	case "Update":
		return r.also(ctx, in, r.Externals.changed, r.update)
	case "Delete":
		return r.also(ctx, in, r.Externals.deleted, r.delete)
	case "Like", "EmojiReact":
		return r.react(ctx, in, Liked)
	case "Announce":
		if err := r.Neighbours.announced(ctx, in); !errors.Is(err, federation.ErrIgnored) {
			return err
		}
		return r.also(ctx, in, r.Externals.announced, r.announce)
	case "Block":
		return r.also(ctx, in, r.Externals.blocked, r.block)
	case "QuoteRequest":
		return r.quoteRequest(ctx, in)
	case "Flag":
		return r.flag(ctx, in)
	case "Move":
		return r.also(ctx, in, r.Externals.moved, r.move)
	case "Join", "Leave":
		return r.attend(ctx, in)
	case "Add", "Remove": // what a peer shows first on its own page
		return federation.ErrIgnored
	default:
		return federation.ErrIgnored
	}
}

func (r *Receiver) follow(ctx context.Context, in *federation.Incoming) error {
	actor, err := r.followable(ctx, in.Activity.ObjectID)
	if err != nil {
		return err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("follow: make an id: %w", err)
	}
	follow := &federation.Activity{
		ID: in.Activity.ID, Type: "Follow", Actor: in.Sender.ID, ObjectID: in.Activity.ObjectID,
	}
	accept, err := r.Addresses.encode(Outgoing{
		ID: id, Actor: actor, Leaves: in.Received,
		To: Recipients{Inboxes: []federation.IRI{in.Sender.Inbox}},
	}, federation.Activity{
		Type: "Accept", Actor: in.Activity.ObjectID, ObjectID: in.Activity.ID, Inner: follow,
		To: []federation.IRI{in.Sender.ID},
	})
	if err != nil {
		return fmt.Errorf("follow: %w", err)
	}
	err = r.Store.AddFollower(ctx, received(in), actor, in.Activity.ID, accept)
	if errors.Is(err, ErrForbidden) {
		return r.refuseFollow(ctx, in, actor, follow)
	}
	if err != nil {
		return err
	}
	r.Wake()
	return nil
}

// undo takes back a Follow, Like or Announce. What was done is told by the embedded
// activity, whose actor may be missing (Gancio 1.21), or by its bare id.
func (r *Receiver) undo(ctx context.Context, in *federation.Incoming) error {
	inner := in.Activity.Inner
	if inner == nil {
		return r.undoByID(ctx, in, in.Activity.ObjectID)
	}
	if inner.Actor != "" && inner.Actor != in.Sender.ID {
		return &federation.Refusal{Status: 403, Code: "not_owner"}
	}
	switch inner.Type {
	case "Follow":
		actor, ok := r.Addresses.ID("actors", inner.ObjectID)
		if !ok {
			return federation.ErrIgnored
		}
		if r.ofRelay(ctx, inner.ObjectID) {
			return r.Neighbours.left(ctx, in)
		}
		return r.Store.RemoveFollower(ctx, received(in), actor)
	case "Like":
		return r.unreact(ctx, in, inner, Liked)
	case "EmojiReact":
		if inner.ID == "" {
			return r.unreact(ctx, in, inner, Liked)
		}
		return r.undoByID(ctx, in, inner.ID) // one of several, of which one counts
	case "Announce":
		return r.unreact(ctx, in, inner, Shared)
	case "Block":
		return r.undoByID(ctx, in, inner.ID) // the following does not come back; a Block that comes late ends none
	default:
		return federation.ErrIgnored
	}
}

func (r *Receiver) undoByID(ctx context.Context, in *federation.Incoming, id federation.IRI) error {
	if id == "" {
		return federation.ErrIgnored
	}
	return r.Store.UndoByID(ctx, received(in), id)
}

func (r *Receiver) unreact(ctx context.Context, in *federation.Incoming, inner *federation.Activity, kind ReactionKind) error {
	post, ok := r.post(inner.ObjectID)
	if !ok {
		return federation.ErrIgnored
	}
	return r.Store.RemoveReaction(ctx, received(in), kind, post)
}

func (r *Receiver) update(ctx context.Context, in *federation.Incoming) error {
	act := in.Activity
	switch {
	case act.Profile != nil && act.Profile.ID == in.Sender.ID:
		rec := received(in)
		rec.Sender = act.Profile
		return r.Store.UpdateActor(ctx, rec)
	case act.Object != nil:
		reply := r.reply(in, act.Object)
		if r.Approve {
			reply.State = ReplyWaiting
		}
		return r.Store.EditReply(ctx, received(in), reply)
	case act.ObjectID == in.Sender.ID && r.Refresh != nil:
		r.Refresh(in.Sender.ID)
	}
	return federation.ErrIgnored
}

func (r *Receiver) delete(ctx context.Context, in *federation.Incoming) error {
	switch in.Activity.ObjectID {
	case "":
		return federation.ErrIgnored
	case in.Sender.ID:
		return r.Store.DeleteActor(ctx, received(in))
	default:
		return r.deleteObject(ctx, in)
	}
}

func (r *Receiver) react(ctx context.Context, in *federation.Incoming, kind ReactionKind) error {
	post, ok := r.post(in.Activity.ObjectID)
	if !ok {
		return federation.ErrIgnored
	}
	err := r.Store.AddReaction(ctx, received(in), kind, post)
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrGone) {
		return federation.ErrIgnored
	}
	return err
}

// block is what Mastodon sends when somebody blocks a merchant: the following ends.
func (r *Receiver) block(ctx context.Context, in *federation.Incoming) error {
	actor, ok := r.Addresses.ID("actors", in.Activity.ObjectID)
	if !ok {
		return federation.ErrIgnored
	}
	return r.Store.RemoveFollower(ctx, received(in), actor)
}

// ofRelay tells whether this is the id of our relay, which other servers' relays follow.
func (r *Receiver) ofRelay(ctx context.Context, iri federation.IRI) bool {
	id, ok := r.Addresses.ID("actors", iri)
	if !ok {
		return false
	}
	kind, err := r.Store.ActorKind(ctx, id)
	return err == nil && kind == "relay"
}

// merchant returns the living merchant with this id, ErrIgnored where there is none.
func (r *Receiver) merchant(ctx context.Context, iri federation.IRI) (uuid.UUID, error) {
	return r.actor(ctx, iri, "merchant")
}

// followable returns the living merchant or group with this id. Groups are followed, and understand nothing else: whoever
// writes to one, mentions or shares it, cannot make it announce anything.
func (r *Receiver) followable(ctx context.Context, iri federation.IRI) (uuid.UUID, error) {
	return r.actor(ctx, iri, "merchant", "town", "group")
}

// actor returns the living actor of one of these kinds with this id, ErrIgnored where there is none.
func (r *Receiver) actor(ctx context.Context, iri federation.IRI, kinds ...string) (uuid.UUID, error) {
	id, ok := r.Addresses.ID("actors", iri)
	if !ok {
		return uuid.Nil, federation.ErrIgnored
	}
	kind, err := r.Store.ActorKind(ctx, id)
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrGone) || (err == nil && !slices.Contains(kinds, kind)) {
		return uuid.Nil, federation.ErrIgnored
	}
	return id, err
}

// post returns the uuid in the id or the page address of one of our posts.
func (r *Receiver) post(iri federation.IRI) (uuid.UUID, bool) {
	if id, ok := r.Addresses.ID("posts", iri); ok {
		return id, true
	}
	rest, ok := strings.CutPrefix(string(iri), string(r.Addresses.Profile("")))
	if !ok {
		return uuid.Nil, false
	}
	_, last, _ := strings.Cut(rest, "/")
	id, err := uuid.Parse(last)
	return id, err == nil
}

// received makes the dedupe key: sender and activity id, so that nobody can use up the id
// of another's activity; for an Update sender, object and time; for an Undo the time of the signature too, because
// Misskey has one id for each time that somebody stops following somebody.
func received(in *federation.Incoming) Received {
	act := in.Activity
	parts := []string{string(in.Sender.ID), string(act.ID)}
	if act.Type == "Update" {
		at := act.Updated
		if act.Object != nil && !act.Object.Updated.IsZero() {
			at = act.Object.Updated
		}
		if at.IsZero() {
			at = act.Published
		}
		if !at.IsZero() {
			parts = []string{string(in.Sender.ID), "Update", string(act.ObjectID), at.UTC().Format(time.RFC3339Nano)}
		}
	}
	rec := Received{Sender: in.Sender, ID: act.ID, Signed: in.Signed}
	if act.Type == "Undo" {
		parts = append(parts, in.Signed.UTC().Format(time.RFC3339))
		if rec.Undoes = act.ObjectID; act.Inner != nil {
			rec.Undoes = act.Inner.ID
		}
	}
	rec.Key = Key(parts...)
	return rec
}

// Key is the first 128 bits of SHA-256 over the parts, each ended by a newline (which no
// IRI holds).
func Key(parts ...string) uuid.UUID {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{'\n'})
	}
	return uuid.UUID(h.Sum(nil)[:16])
}
