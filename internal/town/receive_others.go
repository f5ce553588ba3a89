package town

import (
	"context"
	"errors"
	"fmt"
	"time"

	"bourg/federation"
)

// announce counts a share of a post. Lemmy and WordPress also announce what members of a community did: such
// an activity of somebody else is a claim, and its origin is asked where it seems to concern us.
func (r *Receiver) announce(ctx context.Context, in *federation.Incoming) error {
	inner := in.Activity.Inner
	if inner == nil {
		return r.react(ctx, in, Shared)
	}
	switch inner.Type {
	case "Create", "Update", "Delete":
	default:
		return federation.ErrIgnored // whoever likes or follows says so in a request of its own
	}
	concerned, err := r.concerns(ctx, append(inner.Regards, inner.ObjectID))
	if err != nil {
		return err
	}
	if !concerned {
		return federation.ErrIgnored
	}
	return r.read(ctx, in, inner.ObjectID)
}

// concernedBy is how many ids of a stranger's claim are looked up.
const concernedBy = 10

// concerns tells whether one of the ids is of ours, or of what stands below something of ours.
func (r *Receiver) concerns(ctx context.Context, ids []federation.IRI) (bool, error) {
	for _, id := range ids[:min(len(ids), concernedBy)] {
		if r.Addresses.Local(id) {
			return true, nil
		}
		_, _, err := r.Store.PostOf(ctx, id)
		if err == nil {
			return true, nil
		}
		if !errors.Is(err, ErrNotFound) {
			return false, err
		}
	}
	return false, nil
}

// read has an object fetched from its own server, and taken as if that had sent it (see ReadAtOrigin).
func (r *Receiver) read(ctx context.Context, in *federation.Incoming, object federation.IRI) error {
	left := federation.FetchesPerActivity
	if in.Budget != nil {
		left = in.Budget.Left()
	}
	if object == "" || object.Host() == "" || r.Addresses.Local(object) || left == 0 {
		return federation.ErrIgnored
	}
	return r.Store.AskForObject(ctx, received(in), object, left)
}

// ReadAtOrigin takes what an object's own server says that it is: new, changed or, where object is nil, gone.
// writer is its author.
func (r *Receiver) ReadAtOrigin(ctx context.Context, id federation.IRI, object *federation.Object, writer *federation.Actor, now time.Time) error {
	kinds := []string{"Create", "Update"}
	if object == nil {
		kinds = []string{"Delete"}
	}
	for _, kind := range kinds {
		// The ids are made up, under the object's own, and are the same whoever made us look.
		act := &federation.Activity{ID: id.WithoutFragment() + federation.IRI("#read-"+kind), Type: kind, Actor: writer.ID, ObjectID: id, Object: object}
		err := r.Receive(ctx, &federation.Incoming{Activity: act, Sender: writer, Received: now, Signed: now})
		if err != nil && !errors.Is(err, federation.ErrIgnored) && !errors.Is(err, federation.ErrDuplicate) {
			return fmt.Errorf("take %s of %s: %w", kind, id, err)
		}
	}
	return nil
}

// WriterOf tells who wrote an object of a peer's that is known here, or ErrNotFound.
func (r *Receiver) WriterOf(ctx context.Context, object federation.IRI) (*federation.Actor, error) {
	return r.Store.WriterOf(ctx, object)
}

// move has the target of a Move looked at. Only if that names the mover as one of its own names does the old following
// end; the new one begins when its server asks for it.
func (r *Receiver) move(ctx context.Context, in *federation.Incoming) error {
	target := in.Activity.Target
	if target == "" || target == in.Sender.ID || target.Host() == "" || r.Addresses.Local(target) {
		return federation.ErrIgnored
	}
	return r.Store.AskForMove(ctx, received(in), target)
}

// attend answers who wants to come to an event, or no longer: nobody keeps a list of guests here.
func (r *Receiver) attend(ctx context.Context, in *federation.Incoming) error {
	act := in.Activity
	post, ok := r.post(act.ObjectID)
	if !ok {
		return federation.ErrIgnored
	}
	kind, merchant, err := r.Store.PublicPost(ctx, post)
	if err != nil {
		return unlessMissing(err)
	}
	if kind != Event {
		return federation.ErrIgnored
	}
	return r.respond(ctx, in, merchant, federation.Activity{
		Type: "Ignore", Actor: r.Addresses.Actor(merchant), ObjectID: act.ID,
		Inner: &federation.Activity{ID: act.ID, Type: act.Type, Actor: in.Sender.ID, ObjectID: act.ObjectID},
		To:    []federation.IRI{in.Sender.ID},
	})
}
