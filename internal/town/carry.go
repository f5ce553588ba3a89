package town

import (
	"context"
	"fmt"

	"bourg/federation"

	"github.com/google/uuid"
)

// Carry makes the announcement by which neighbours hear of what a merchant did with a post: the activity, whole, from
// our relay to theirs (PEERING.md, section 4). A Create and an Update go to the neighbours within the post's reach and
// the agreement, a Delete to all that receive our news. It goes where the activity goes, and when.
func (n *Neighbours) Carry(ctx context.Context, post *Post, out *Outgoing) error {
	if !post.Public || post.Kind == Answer || (out.Type != "Create" && out.Type != "Update" && out.Type != "Delete") {
		return nil
	}
	all, err := n.Store.Neighbours(ctx)
	if err != nil {
		return err
	}
	var inboxes []federation.IRI
	var from *Point
	for _, k := range all {
		if k.Incoming != StandingAccepted || k.Mode == ModeBlocked {
			continue
		}
		if from == nil {
			here, err := n.Store.Town(ctx)
			if err != nil {
				return err
			}
			from = post.place(here)
		}
		if out.Type == "Delete" || k.Sends(post.Kind, post.Reach, *from) {
			inboxes = append(inboxes, k.Relay.Inbox)
		}
	}
	if len(inboxes) == 0 {
		return nil
	}
	relay, err := n.Store.RelayActor(ctx)
	if err != nil {
		return err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("carry: make an id: %w", err)
	}
	us := n.Addresses.Actor(relay.ID)
	announce, err := n.Addresses.encode(Outgoing{
		ID: id, Actor: relay.ID, Leaves: out.Leaves, To: Recipients{Inboxes: inboxes},
	}, federation.Activity{
		Type: "Announce", Actor: us, ObjectID: n.Addresses.Activity(out.ID), Embedded: out.JSON,
		To: []federation.IRI{us + "/followers"}, Published: n.now(),
	})
	if err != nil {
		return fmt.Errorf("carry: %w", err)
	}
	announce.Object = out.Object // what is announced of one post arrives in its order
	out.Also = append(out.Also, announce)
	return nil
}

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
