package town

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"bourg/federation"
)

// This file has the effects of what accounts send that the town lists, or would like to. The switch is in receive.go. Whatever they
// say is said by the very account: the gate has held the signature to the actor.

// also applies an activity to the listed account that sends it, beside what it means to merchants.
func (r *Receiver) also(
	ctx context.Context, in *federation.Incoming, listed, usual func(context.Context, *federation.Incoming) error,
) error {
	first := federation.ErrIgnored
	if r.Externals != nil {
		first = listed(ctx, in)
	}
	if first != nil && !errors.Is(first, federation.ErrIgnored) && !errors.Is(first, federation.ErrDuplicate) {
		return first
	}
	if err := usual(ctx, in); !errors.Is(err, federation.ErrIgnored) {
		return err
	}
	return first
}

// receivedByList is received with a key of its own: the activity may have an effect on a merchant as well.
func receivedByList(in *federation.Incoming) Received {
	rec := received(in)
	rec.Key = Key("listed", rec.Key.String())
	return rec
}

// sender is the listed account that sent an activity, whatever its state; federation.ErrIgnored where it is none. What comes too
// fast is refused, and comes again.
func (x *Externals) sender(ctx context.Context, in *federation.Incoming) (*External, error) {
	if x == nil {
		return nil, federation.ErrIgnored
	}
	e, err := x.Store.ExternalByActor(ctx, in.Sender.ID)
	if errors.Is(err, ErrNotFound) {
		return nil, federation.ErrIgnored
	}
	if err != nil {
		return nil, err
	}
	return e, x.rates.Take(string(e.Actor), in.Received)
}

// take applies a step that an account's activity brings about.
func (x *Externals) take(ctx context.Context, in *federation.Incoming, actor federation.IRI, step func(*External) []ExternalDeed) error {
	return x.sending(ctx, step, func(change func(*External) ([]Outgoing, error)) error {
		return x.Store.ReceiveFromExternal(ctx, receivedByList(in), actor, change)
	})
}

// answered is an Accept or a Reject of our Follow. Whom it answers is told by the Follow; who answers must be whom it was sent to.
func (x *Externals) answered(ctx context.Context, in *federation.Incoming) error {
	e, err := x.sender(ctx, in)
	if err != nil {
		return err
	}
	follow, ours := x.Addresses.ID("activities", in.Activity.ObjectID)
	if inner := in.Activity.Inner; !ours || (inner != nil && inner.Type != "Follow") || follow != e.FollowID {
		return federation.ErrIgnored
	}
	return x.take(ctx, in, e.Actor, func(e *External) []ExternalDeed {
		if in.Activity.Type == "Accept" {
			return e.Accepted(follow)
		}
		e.Rejected(follow, x.now())
		return nil
	})
}

// wrote is a Create by a listed account: its news, or its answer to our question.
func (x *Externals) wrote(ctx context.Context, in *federation.Incoming) error {
	e, err := x.sender(ctx, in)
	if err != nil {
		return err
	}
	o := in.Activity.Object
	if o == nil {
		if e.Shown() { // a Create by the bare id
			return x.Store.AskForExternalPost(ctx, receivedByList(in), e.ID, in.Activity.ObjectID)
		}
		return federation.ErrIgnored
	}
	if x.answersUs(ctx, e, o) {
		_, follow, err := twoIDs()
		if err != nil {
			return err
		}
		words := x.Line(x.Plain(o.Content))
		return x.take(ctx, in, e.Actor, func(e *External) []ExternalDeed { return e.Say(words, follow, x.now()) })
	}
	return x.keep(ctx, in, e, readTermsOf(in.JSON), o)
}

// answersUs tells whether what an account wrote is for the town itself: it answers our question, or is a private message to
// one of our own voices.
func (x *Externals) answersUs(ctx context.Context, e *External, o *federation.Object) bool {
	if o.InReplyTo != "" && o.InReplyTo == x.Addresses.Post(e.Question) && e.Asks > 0 {
		return true
	}
	return !o.IsPublic() && x.speaksForTown(ctx, append(slices.Clone(o.To), o.Cc...))
}

// keep stores what an account published, where it is news: for everybody, no answer to somebody, without a warning. What a person only
// shows to who looks for it (unlisted) is not carried further either.
func (x *Externals) keep(ctx context.Context, in *federation.Incoming, e *External, terms foreignTerms, o *federation.Object) error {
	post, err := x.news(ctx, e, in.Received, terms, o)
	if err != nil {
		return err
	}
	return x.Store.SaveForeignPost(ctx, receivedByList(in), post)
}

// news makes a ForeignPost of an account's object; federation.ErrIgnored where it is none of its news, or none to show.
func (x *Externals) news(ctx context.Context, e *External, received time.Time, terms foreignTerms, o *federation.Object) (*ForeignPost, error) {
	kind := terms.kind(o.Type)
	warned := o.Sensitive || (o.Type == "Note" && o.Summary != "")
	if !e.Takes(kind) || !isNews(o.Type) || !slices.Contains(o.To, federation.Public) || o.InReplyTo != "" || o.IsVote || warned || !e.owns(o) {
		return nil, federation.ErrIgnored
	}
	post, err := foreignPost(received, terms, o, x.Clean, x.Line, x.Plain)
	if err != nil {
		return nil, err
	}
	if kind == News && post.Title != "" {
		post.Kind = Article // a Page of Lemmy, a Video of PeerTube: what has a title is shown with it
	}
	place := terms.place()
	if place == nil {
		place = e.Place()
	}
	if place != nil {
		here, err := x.Store.Town(ctx)
		if err != nil {
			return nil, err
		}
		km := here.Place().KmTo(*place)
		post.Km = &km
	}
	post.Source = &Source{ID: e.ID, Name: e.Name, URL: e.URL, Host: e.Host, Trade: e.Trade}
	return post, nil
}

// isNews tells the types of objects that are news: Lemmy's is Page, Pixelfed's and Mastodon's Note, WordPress's Article or Note,
// the agendas' Event.
func isNews(objectType string) bool {
	switch objectType {
	case "Note", "Article", "Page", "Event", "Image", "Video":
		return true
	}
	return false
}

// owns tells whether an object is an account's news: its own, or, of a community or an agenda, what was written to it.
func (e *External) owns(o *federation.Object) bool {
	if o.AttributedTo == e.Actor {
		return true
	}
	return e.Relays() && (o.Audience == e.Actor || slices.Contains(o.To, e.Actor) || slices.Contains(o.Cc, e.Actor))
}

// changed is an Update of an object: of an account's own, or of one that is known by it, and that somebody changed who acts in its
// name. Of the latter its origin is asked.
func (x *Externals) changed(ctx context.Context, in *federation.Incoming) error {
	o := in.Activity.Object
	e, err := x.sender(ctx, in)
	switch {
	case err == nil && o != nil && o.AttributedTo == e.Actor:
		err = x.keep(ctx, in, e, readTermsOf(in.JSON), o)
		if !errors.Is(err, federation.ErrIgnored) {
			return err
		}
		return x.unshown(ctx, in, e, o) // it is for some people only now
	case err == nil && in.Activity.Profile != nil:
		return x.take(ctx, in, e.Actor, func(e *External) []ExternalDeed {
			e.describe(in.Activity.Profile, "", x.Line)
			return nil
		})
	case err != nil && !errors.Is(err, federation.ErrIgnored):
		return err
	}
	return x.askOrigin(ctx, in)
}

// unshown takes away what an account changed so that it is no news any more.
func (x *Externals) unshown(ctx context.Context, in *federation.Incoming, e *External, o *federation.Object) error {
	known, err := x.Store.ExternalOf(ctx, o.ID)
	if errors.Is(err, ErrNotFound) || (err == nil && known.ID != e.ID) {
		return federation.ErrIgnored
	}
	if err != nil {
		return err
	}
	return x.Store.DeleteExternalPost(ctx, receivedByList(in), e.ID, o.ID)
}

// askOrigin has an object read again that is known by a listed account, because somebody of its own server said that it changed.
func (x *Externals) askOrigin(ctx context.Context, in *federation.Incoming) error {
	if x == nil {
		return federation.ErrIgnored
	}
	id := in.Activity.ObjectID
	if id.Host() != in.Sender.ID.Host() {
		return federation.ErrIgnored
	}
	known, err := x.Store.ExternalOf(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return federation.ErrIgnored
	}
	if err != nil {
		return err
	}
	return x.Store.AskForExternalPost(ctx, receivedByList(in), known.ID, id)
}

// deleted is a Delete of one object. What the account itself deletes is gone; of others' word the origin is asked.
func (x *Externals) deleted(ctx context.Context, in *federation.Incoming) error {
	id := in.Activity.ObjectID
	if id == "" || id == in.Sender.ID {
		return federation.ErrIgnored // an account that is gone goes with everything: InboxStore.DeleteActor
	}
	e, err := x.sender(ctx, in)
	if err == nil && id.Host() == e.Actor.Host() {
		return x.Store.DeleteExternalPost(ctx, receivedByList(in), e.ID, id)
	}
	if err != nil && !errors.Is(err, federation.ErrIgnored) {
		return err
	}
	return x.askOrigin(ctx, in)
}

// announced is an Announce by a community or an agenda (FEP-1b12 and its kin): what it carries of its own server may be used as it
// is, everything else is read at its origin. What people boost is not their news.
func (x *Externals) announced(ctx context.Context, in *federation.Incoming) error {
	e, err := x.sender(ctx, in)
	if err != nil {
		return err
	}
	if !e.Shown() || !e.Relays() {
		return federation.ErrIgnored
	}
	inner := in.Activity.Inner
	if inner == nil {
		return x.Store.AskForExternalPost(ctx, receivedByList(in), e.ID, in.Activity.ObjectID)
	}
	switch inner.Type {
	case "Create", "Update":
		if o := inner.Object; o != nil && o.ID.Host() == e.Actor.Host() {
			return x.keep(ctx, in, e, readTerms(in.JSON), o)
		}
		return x.Store.AskForExternalPost(ctx, receivedByList(in), e.ID, inner.ObjectID)
	case "Delete": // the community shows it no more, whoever decided that
		return x.Store.DeleteExternalPost(ctx, receivedByList(in), e.ID, inner.ObjectID)
	default:
		return federation.ErrIgnored
	}
}

// blocked is a Block of one of the town's own voices.
func (x *Externals) blocked(ctx context.Context, in *federation.Incoming) error {
	e, err := x.sender(ctx, in)
	if err != nil {
		return err
	}
	if !x.speaksForTown(ctx, []federation.IRI{in.Activity.ObjectID}) {
		return federation.ErrIgnored
	}
	return x.take(ctx, in, e.Actor, func(e *External) []ExternalDeed { return e.End(EndedByBlock, x.now()) })
}

// moved is a Move of a listed account: what it agreed to was about the account that it leaves.
func (x *Externals) moved(ctx context.Context, in *federation.Incoming) error {
	e, err := x.sender(ctx, in)
	if err != nil {
		return err
	}
	if in.Activity.ObjectID != e.Actor {
		return federation.ErrIgnored
	}
	return x.take(ctx, in, e.Actor, func(e *External) []ExternalDeed {
		e.MovedTo = in.Activity.Target
		return e.End(EndedByMove, x.now())
	})
}

// readTermsOf reads the terms of a Create's or an Update's object.
func readTermsOf(activity []byte) foreignTerms {
	var a struct {
		Object foreignTerms `json:"object"`
	}
	if err := json.Unmarshal(activity, &a); err != nil {
		return foreignTerms{}
	}
	return a.Object
}

// speaksForTown tells whether one of the ids is that of an actor of this server that is no merchant.
func (x *Externals) speaksForTown(ctx context.Context, ids []federation.IRI) bool {
	for _, id := range ids[:min(len(ids), concernedBy)] {
		if actor, ok := x.Addresses.ID("actors", id); ok {
			if kind, err := x.Store.ActorKind(ctx, actor); err == nil && kind != "merchant" {
				return true
			}
		}
	}
	return false
}
