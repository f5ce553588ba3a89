package town

import (
	"context"
	"errors"
	"fmt"
	"time"

	"bourg/federation"

	"github.com/google/uuid"
)

// Quote tells that somebody elsewhere quotes one of our posts.
type Quote struct {
	ID       uuid.UUID // of the authorisation, where it was granted
	Post     uuid.UUID
	Merchant uuid.UUID // who published the post
	ObjectID federation.IRI
	URL      federation.IRI // the page of what quotes
	Actor    RemoteActor
	Granted  bool // asked for and granted (FEP-044f); else it was only seen
	At       time.Time
	Revoked  time.Time // zero: it stands
}

// Authorisation returns the id under which a quote's authorisation is found.
func (a Addresses) Authorisation(q *Quote) federation.IRI {
	return a.Post(q.Post) + "/quotes/" + federation.IRI(q.ID.String())
}

// newQuote makes the Quote of an object. Its id follows from what quotes what, so that whoever asks twice is
// given the same authorisation.
func newQuote(in *federation.Incoming, post uuid.UUID, object, url federation.IRI) *Quote {
	if url == "" || url.Host() != object.Host() {
		url = object
	}
	return &Quote{
		ID: Key("quote", string(in.Sender.ID), string(object), post.String()), Post: post,
		ObjectID: object, URL: url, Actor: RemoteActor{ID: in.Sender.ID}, At: in.Received,
	}
}

// quoteRequest answers who asks to quote a public post: everybody may, as the posts' interactionPolicy says, until
// the merchant takes it back. What is not public is not there.
func (r *Receiver) quoteRequest(ctx context.Context, in *federation.Incoming) error {
	act := in.Activity
	post, ok := r.post(act.ObjectID)
	if !ok || act.Instrument == "" {
		return federation.ErrIgnored
	}
	_, merchant, err := r.Store.PublicPost(ctx, post)
	if err != nil {
		return unlessMissing(err)
	}
	var page federation.IRI
	if act.Quoting != nil {
		page = act.Quoting.URL
	}
	quote := newQuote(in, post, act.Instrument, page)
	quote.Granted = true
	answer := federation.Activity{
		Type: "Accept", Actor: r.Addresses.Actor(merchant), ObjectID: act.ID, Result: r.Addresses.Authorisation(quote),
		Inner: &federation.Activity{
			ID: act.ID, Type: act.Type, Actor: in.Sender.ID, ObjectID: act.ObjectID, Instrument: act.Instrument,
		},
		To: []federation.IRI{in.Sender.ID},
	}
	known, err := r.Store.QuoteBy(ctx, in.Sender.ID, act.Instrument)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	reject := federation.Activity{Type: "Reject", Actor: answer.Actor, ObjectID: act.ID, Inner: answer.Inner, To: answer.To}
	if known != nil && !known.Revoked.IsZero() {
		return r.respond(ctx, in, merchant, reject)
	}
	accept, err := r.answer(in, merchant, answer)
	if err != nil {
		return fmt.Errorf("quote: %w", err)
	}
	err = r.Store.AddQuote(ctx, received(in), quote, &accept)
	if errors.Is(err, ErrForbidden) {
		return r.respond(ctx, in, merchant, reject)
	}
	if err != nil {
		return unlessMissing(err)
	}
	r.Wake()
	return nil
}

// quoted remembers a quote that somebody publishes without asking, as Misskey does. It is listed like the others and has no
// authorisation. It tells whether there was one.
func (r *Receiver) quoted(ctx context.Context, in *federation.Incoming, o *federation.Object) (bool, error) {
	post, ok := r.post(o.Quote)
	if !ok || !o.IsPublic() {
		return false, nil
	}
	rec := received(in)
	rec.Key = Key(string(in.Sender.ID), string(in.Activity.ID), "quote") // the activity itself may be a reply as well
	err := r.Store.AddQuote(ctx, rec, newQuote(in, post, o.ID, o.URL), nil)
	if errors.Is(err, ErrForbidden) || errors.Is(err, ErrNotFound) || errors.Is(err, federation.ErrDuplicate) || errors.Is(err, federation.ErrIgnored) {
		return false, nil
	}
	return err == nil, err
}

// deleteObject removes what a peer deletes. Where it quoted us with our leave, the leave ends with it.
func (r *Receiver) deleteObject(ctx context.Context, in *federation.Incoming) error {
	object := in.Activity.ObjectID
	quote, err := r.Store.QuoteBy(ctx, in.Sender.ID, object)
	switch {
	case errors.Is(err, ErrNotFound), err == nil && (!quote.Granted || !quote.Revoked.IsZero()):
		return r.Store.DeleteObject(ctx, received(in), object)
	case err != nil:
		return err
	}
	revoked, err := revocation(r.Addresses, quote, in.Sender.Inbox, in.Received)
	if err != nil {
		return fmt.Errorf("delete quote: %w", err)
	}
	if err := r.Store.DeleteQuoting(ctx, received(in), object, revoked); err != nil {
		return err
	}
	r.Wake()
	return nil
}

// revocation tells who quotes that the authorisation is no more (FEP-044f, "Revoking").
func revocation(a Addresses, q *Quote, inbox federation.IRI, at time.Time) (Outgoing, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return Outgoing{}, fmt.Errorf("make an id: %w", err)
	}
	return a.encode(Outgoing{
		ID: id, Actor: q.Merchant, Leaves: at, Public: true, To: Recipients{Inboxes: []federation.IRI{inbox}},
	}, federation.Activity{
		Type: "Delete", Actor: a.Actor(q.Merchant), ObjectID: a.Authorisation(q),
		To: []federation.IRI{federation.Public}, Cc: []federation.IRI{q.Actor.ID}, Published: at,
	})
}

// unlessMissing ignores what is about a thing that is not there, or no more.
func unlessMissing(err error) error {
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrGone) {
		return federation.ErrIgnored
	}
	return err
}

// answer makes an activity of a local actor that goes to the sender's own inbox.
func (r *Receiver) answer(in *federation.Incoming, actor uuid.UUID, act federation.Activity) (Outgoing, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return Outgoing{}, fmt.Errorf("make an id: %w", err)
	}
	return r.Addresses.encode(Outgoing{
		ID: id, Actor: actor, Leaves: in.Received, To: Recipients{Inboxes: []federation.IRI{in.Sender.Inbox}},
	}, act)
}

// respond sends an answer that is the whole effect of an activity.
func (r *Receiver) respond(ctx context.Context, in *federation.Incoming, actor uuid.UUID, act federation.Activity) error {
	out, err := r.answer(in, actor, act)
	if err != nil {
		return fmt.Errorf("answer %s: %w", in.Activity.Type, err)
	}
	if err := r.Store.Respond(ctx, received(in), out); err != nil {
		return err
	}
	r.Wake()
	return nil
}
