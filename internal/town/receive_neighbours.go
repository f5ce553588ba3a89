package town

import (
	"context"
	"errors"
	"fmt"
	"time"

	"bourg/federation"

	"github.com/google/uuid"
)

// This file has the effects of what other servers' relays send to ours (PEERING.md). The switch is in receive.go.

// followed is a Follow of our relay: the request of another town, or of another kind of server, for our news.
func (n *Neighbours) followed(ctx context.Context, in *federation.Incoming) error {
	if n == nil {
		return federation.ErrIgnored
	}
	if in.Sender.Type != "Application" && in.Sender.Type != "Service" {
		return federation.ErrIgnored // people follow the town or its merchants
	}
	term, isTown := readPeering(in.JSON)
	wants := term.Wants.scope()
	if !isTown {
		wants = Scope{Kinds: []Kind{Event}} // an agenda
	}
	return n.take(ctx, in, in.Sender.ID.Host(), func(k *Neighbour) ([]Say, error) {
		if k.Relay.ID != "" && k.Relay.ID != in.Sender.ID {
			return nil, federation.ErrIgnored // another actor than the one that speaks for the town
		}
		k.Relay = RelayActor{ID: in.Sender.ID, Inbox: in.Sender.Inbox, Outbox: in.Sender.Outbox}
		k.Base = baseOf(in.Sender.ID)
		if k.Name == "" {
			k.Name = cutRunes(n.Line(in.Sender.Name), 100)
		}
		k.SpeaksPeering = k.SpeaksPeering || isTown
		return k.IsAsked(in.Activity.ID, wants, cutRunes(n.Line(term.Message), maxMessage), false, FullScope(), n.now()), nil
	})
}

// take applies a step that a neighbour's activity brings about, and sends what it says. A Follow counts by when it was signed
// as well, because Gancio has one id for all times that it begins to follow somebody; that a second one changes nothing is
// seen to by IsAsked.
func (n *Neighbours) take(ctx context.Context, in *federation.Incoming, domain string, step func(*Neighbour) ([]Say, error)) error {
	rec := received(in)
	if in.Activity.Type == "Follow" {
		rec.Key = Key(string(in.Sender.ID), string(in.Activity.ID), in.Signed.UTC().Format(time.RFC3339))
	}
	return n.saying(ctx, step, func(change func(*Neighbour) ([]Outgoing, error)) error {
		return n.Store.ReceiveFromNeighbour(ctx, rec, domain, change)
	})
}

// sender is the neighbour whose relay sent an activity; federation.ErrIgnored where it is nobody's.
func (n *Neighbours) sender(ctx context.Context, in *federation.Incoming) (*Neighbour, error) {
	if n == nil {
		return nil, federation.ErrIgnored
	}
	k, err := n.Store.NeighbourByRelay(ctx, in.Sender.ID)
	if errors.Is(err, ErrNotFound) {
		return nil, federation.ErrIgnored
	}
	return k, err
}

// answered is an Accept or a Reject of a Follow of ours.
func (n *Neighbours) answered(ctx context.Context, in *federation.Incoming) error {
	if inner := in.Activity.Inner; inner != nil && inner.Type != "Follow" {
		return federation.ErrIgnored
	}
	k, err := n.sender(ctx, in)
	if err != nil {
		return err
	}
	follow, ours := n.Addresses.ID("activities", in.Activity.ObjectID)
	if !ours {
		return federation.ErrIgnored
	}
	term, isTown := readPeering(in.JSON)
	gives := term.Gives.scope()
	if !isTown {
		gives = FullScope() // another kind of server: it sends what it has
	}
	return n.take(ctx, in, k.Domain, func(k *Neighbour) ([]Say, error) {
		if in.Activity.Type == "Reject" {
			k.IsRefused(follow, cutRunes(n.Line(in.Activity.Content), maxMessage))
			return nil, nil
		}
		k.SpeaksPeering = k.SpeaksPeering || isTown
		return k.IsAccepted(follow, gives, n.now()), nil
	})
}

// left is an Undo of a Follow of our relay.
func (n *Neighbours) left(ctx context.Context, in *federation.Incoming) error {
	k, err := n.sender(ctx, in)
	if err != nil {
		return err
	}
	return n.take(ctx, in, k.Domain, func(k *Neighbour) ([]Say, error) {
		k.IsLeft(in.Activity.ObjectID)
		return nil, nil
	})
}

// announced is an Announce by another server's relay of what one of its merchants did. The origin rule: sender, activity,
// actor, object and owner all lie on one host, whose relay has the agreement with us. Everything else is nobody's news here.
func (n *Neighbours) announced(ctx context.Context, in *federation.Incoming) error {
	inner := in.Activity.Inner
	if inner == nil || in.Sender.Type != "Application" {
		return federation.ErrIgnored
	}
	k, err := n.sender(ctx, in)
	if err != nil {
		return err
	}
	if k.Outgoing != StandingAccepted || k.Mode == ModeBlocked {
		return federation.ErrIgnored
	}
	host := in.Sender.ID.Host()
	if host != k.Domain || inner.ID.Host() != host || inner.Actor.Host() != host || inner.ObjectID.Host() != host {
		return federation.ErrIgnored
	}
	if err := n.Rates.Take(k.Domain, n.Now()); err != nil {
		return err
	}
	of := received(&federation.Incoming{Activity: inner, Sender: in.Sender})
	switch inner.Type {
	case "Create", "Update":
		o := inner.Object
		if o == nil || !o.IsPublic() || o.InReplyTo != "" || o.AttributedTo != inner.Actor {
			return federation.ErrIgnored
		}
		post, err := n.foreign(ctx, k, in.Received, readTerms(in.JSON), o)
		if errors.Is(err, federation.ErrIgnored) && inner.Type == "Update" {
			return n.Store.LoseForeignPost(ctx, of, k.Domain, o)
		}
		if err != nil {
			return err
		}
		return n.Store.SaveForeignPost(ctx, of, post)
	case "Delete":
		return n.Store.DeleteForeignPost(ctx, of, k.Domain, inner.ObjectID)
	default:
		return federation.ErrIgnored
	}
}

// foreign makes a ForeignPost of an announced object; ErrIgnored where it is not within the agreement.
func (n *Neighbours) foreign(ctx context.Context, k *Neighbour, received time.Time, terms foreignTerms, o *federation.Object) (*ForeignPost, error) {
	here, err := n.Store.Town(ctx)
	if err != nil {
		return nil, err
	}
	kind := terms.kind(o.Type)
	var km *float64
	place := terms.place()
	if place == nil {
		place = k.Place
	}
	far := 0.0
	if place != nil {
		far = here.Place().KmTo(*place)
		km = &far
	}
	if !k.Receives(kind, far) {
		return nil, federation.ErrIgnored
	}
	reaches, err := n.reaches(ctx, terms.reach(), far)
	if err != nil {
		return nil, err
	}
	if !reaches {
		return nil, federation.ErrIgnored
	}
	post, err := foreignPost(received, terms, o, n.Clean, n.Line, n.Plain)
	if err != nil {
		return nil, err
	}
	post.Domain, post.Km = k.Domain, km
	return post, nil
}

// foreignPost makes a ForeignPost of an object, of which it is not said yet whence it came and how far that is.
// clean, line and plain are those of Neighbours.
func foreignPost(received time.Time, terms foreignTerms, o *federation.Object, clean, line, plain func(string) string) (*ForeignPost, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("foreign post: make an id: %w", err)
	}
	url := o.URL
	if url == "" || url.Host() != o.ID.Host() {
		url = o.ID
	}
	kind := terms.kind(o.Type)
	details := terms.details(line, kind, o, received)
	attachments := o.Attachments
	if o.Sensitive {
		attachments = nil // what has to be covered is looked at where it was published
	}
	published := o.Published
	if published.Year() < 2000 {
		published = received
	}
	content := clean(terms.words(o, details))
	return &ForeignPost{
		ID: id, ObjectID: o.ID, Actor: RemoteActor{ID: o.AttributedTo}, Kind: kind,
		Content: content, Words: plain(content), Language: o.Language, URL: url, Attachments: attachments,
		Published: published, Updated: o.Updated, Received: received, Details: details,
	}, nil
}

// reaches tells whether a post with this reach that stands so far away is carried to us. Who sent it has decided so by our
// card; here it is asked once more, for posts whose reach was narrowed by an edit.
func (n *Neighbours) reaches(ctx context.Context, reach Reach, far float64) (bool, error) {
	switch {
	case reach == ReachTown:
		return false, nil
	case far <= reach.Km():
		return true, nil
	}
	radius, err := n.Store.RadiusKm(ctx)
	return far <= reach.Km()+float64(cardRadius(radius)), err
}
