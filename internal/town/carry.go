package town

import (
	"context"
	"errors"
	"fmt"

	"bourg/federation"

	"github.com/google/uuid"
)

// Form is in which form a follower of our relay hears of a post. A follower hears of it in one form only.
type Form string

const (
	// FormWhole is the Announce of the merchant's activity, whole (FEP-1b12), which other towns read.
	FormWhole Form = "whole"
	// FormURI is the Announce of the object by its id, which the reader fetches (Mobilizon, the Event Bridge of WordPress).
	// Updates and Deletes are the merchant's own.
	FormURI Form = "uri"
	// FormEvent is a Create, Update or Delete of the event by the relay itself: Gancio 1.21 takes events from the actor that
	// it follows and trusts, and announcements of its own events only (its server/federation/inbox.js and ego.js).
	FormEvent Form = "event"
)

// Form is the form in which the neighbour gets our news.
func (n *Neighbour) Form() Form {
	switch {
	case n.Peering != "" || n.SpeaksPeering:
		return FormWhole
	case n.Software == "gancio":
		return FormEvent
	default:
		return FormURI
	}
}

// routes are the inboxes to which news of one post goes, by what goes there.
type routes struct {
	whole  []federation.IRI // the Announce of the whole activity
	uri    []federation.IRI // an Announce of the object's id
	own    []federation.IRI // the merchant's own activity
	create []federation.IRI // the event, by the relay
	update []federation.IRI
	delete []federation.IRI
}

// route decides who hears of an activity about a post, and how. Of a change hears also whom only the earlier version has reached.
func route(all []*Neighbour, post *Post, from, before Point, activity string) routes {
	earlier := post
	if post.Before != nil {
		earlier = post.Before
	}
	var to routes
	for _, k := range all {
		if k.Incoming != StandingAccepted || k.Mode == ModeBlocked {
			continue
		}
		now := k.Sends(post.Kind, post.Reach, from)
		had := activity != "Create" && k.Sends(earlier.Kind, earlier.Reach, before)
		if activity == "Delete" {
			// What it knows of our place and radius may have changed since.
			now, had = false, k.MayHave(post.Kind, post.Reach)
		}
		switch form := k.Form(); {
		case !now && !had:
		case form == FormWhole:
			to.whole = append(to.whole, k.Relay.Inbox)
		case form == FormURI && had:
			to.own = append(to.own, k.Relay.Inbox)
		case form == FormURI:
			to.uri = append(to.uri, k.Relay.Inbox)
		case post.Kind != Event: // Gancio knows nothing else
		case !now:
			to.delete = append(to.delete, k.Relay.Inbox)
		case had:
			to.update = append(to.update, k.Relay.Inbox)
		default:
			to.create = append(to.create, k.Relay.Inbox)
		}
	}
	return to
}

// Carry adds to an activity about a post what neighbours hear of it (PEERING.md, section 4): announcements by our relay,
// in the form that each of them reads. A Create goes to those within the post's reach and the agreement, an Update
// also to those who had the version before it, a Delete to all who may have had any. It goes where the activity goes, and
// when. The announcement of a Create stands in our relay's outbox, for who begins to follow it.
func (n *Neighbours) Carry(ctx context.Context, post *Post, out *Outgoing) error {
	if !post.Public || post.Kind == Answer || (out.Type != "Create" && out.Type != "Update" && out.Type != "Delete") {
		return nil
	}
	here, err := n.Store.Town(ctx)
	if errors.Is(err, ErrNotSetUp) {
		return nil
	}
	if err != nil {
		return err
	}
	all, err := n.Store.Neighbours(ctx)
	if err != nil {
		return err
	}
	from := *post.place(here)
	before := from
	if post.Before != nil {
		before = *post.Before.place(here)
	}
	to := route(all, post, from, before, out.Type)
	out.To.Inboxes = append(out.To.Inboxes, to.own...)
	listed := post.Reach != ReachTown && (out.Listed || (out.Type == "Update" && post.Before != nil && post.Before.Reach == ReachTown))
	if !listed && len(to.whole)+len(to.uri)+len(to.create)+len(to.update)+len(to.delete) == 0 {
		return nil
	}
	relay, err := n.Store.RelayActor(ctx)
	if err != nil {
		return err
	}
	c := carrier{n, relay.ID, post, out}
	if listed || len(to.whole) > 0 {
		err = errors.Join(err, c.whole(listed, to.whole))
	}
	err = errors.Join(err, c.uri(to.uri), c.event("Create", to.create), c.event("Update", to.update), c.event("Delete", to.delete))
	if err != nil {
		return fmt.Errorf("carry: %w", err)
	}
	return nil
}

// carrier makes what the relay says of an activity about a post.
type carrier struct {
	*Neighbours
	relay uuid.UUID
	post  *Post
	out   *Outgoing
}

// whole announces the activity as it is.
func (c *carrier) whole(listed bool, inboxes []federation.IRI) error {
	return c.add(listed, inboxes, federation.Activity{
		Type: "Announce", ObjectID: c.Addresses.Activity(c.out.ID), Embedded: c.out.JSON,
		To: []federation.IRI{c.followers()},
	})
}

// uri announces the object's id.
func (c *carrier) uri(inboxes []federation.IRI) error {
	if len(inboxes) == 0 {
		return nil
	}
	return c.add(false, inboxes, federation.Activity{
		Type: "Announce", ObjectID: c.Addresses.Post(c.post.ID),
		To: []federation.IRI{federation.Public}, Cc: []federation.IRI{c.followers(), c.Addresses.Actor(c.post.Merchant.ID)},
	})
}

// event says what happens to an event in the relay's own name.
func (c *carrier) event(activity string, inboxes []federation.IRI) error {
	if len(inboxes) == 0 {
		return nil
	}
	act := federation.Activity{
		Type: activity, ObjectID: c.Addresses.Post(c.post.ID),
		To: []federation.IRI{federation.Public}, Cc: []federation.IRI{c.followers()},
	}
	if activity == "Delete" {
		act.Object = &federation.Object{ID: act.ObjectID, Type: "Tombstone", FormerType: objectType(c.post.Kind), Deleted: c.now()}
	} else {
		object, err := gancioEvent(c.out.JSON, c.Addresses.Actor(c.relay))
		if err != nil {
			return err
		}
		act.Embedded = object
	}
	return c.add(false, inboxes, act)
}

// add puts an activity of the relay's beside the merchant's. What is said of one post arrives in its order.
func (c *carrier) add(listed bool, inboxes []federation.IRI, act federation.Activity) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make an id: %w", err)
	}
	act.Actor, act.Published = c.Addresses.Actor(c.relay), c.now()
	said, err := c.Addresses.encode(Outgoing{
		ID: id, Actor: c.relay, Public: true, Listed: listed, Leaves: c.out.Leaves, To: Recipients{Inboxes: inboxes},
	}, act)
	if err != nil {
		return err
	}
	said.Object = c.out.Object
	c.out.Also = append(c.out.Also, said)
	return nil
}

func (c *carrier) followers() federation.IRI { return c.Addresses.Actor(c.relay) + "/followers" }

// place is where a post stands: where its event takes place, else the shop, else the town.
func (p *Post) place(t *Town) *Point {
	if p.Event != nil && p.Event.Lat != nil && p.Event.Lon != nil {
		return &Point{*p.Event.Lat, *p.Event.Lon}
	}
	if m := p.Merchant; m != nil && m.Lat != nil && m.Lon != nil {
		return &Point{*m.Lat, *m.Lon}
	}
	at := t.Place()
	return &at
}
