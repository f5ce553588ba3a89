package town

import (
	"context"
	"errors"
	"fmt"
	"time"

	"bourg/federation"

	"github.com/google/uuid"
)

// This file is what comes due with listed accounts by the clock, and what is asked of their servers on our own account: at most
// one request a second to each, and nobody is told of what is found.

// What is read of an account's outbox once it has agreed: so many objects, or back to so long ago.
const (
	ExternalFill    = 20
	ExternalFillAge = 30 * 24 * time.Hour
)

// Tend comes round every quarter of an hour: profiles that must name the town are looked at, outboxes read, Follows repeated, and
// what nobody answered expires.
func (x *Externals) Tend(ctx context.Context) error {
	all, err := x.Store.Externals(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range all {
		if ctx.Err() != nil {
			break
		}
		now := x.now()
		if e.NeedsLook(now) {
			errs = append(errs, x.Look(ctx, e.ID))
		}
		if e.NeedsFill(now) {
			errs = append(errs, x.Fill(ctx, e.ID))
		}
		if e.Due(now) {
			follow, _, err := twoIDs()
			if err == nil {
				err = x.change(ctx, e.Actor, func(e *External) []ExternalDeed { return e.Tick(follow, now) })
			}
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Look reads an account's profile: does it name the town (still)? A server that does not answer changes nothing; one that says that
// the account is gone ends everything.
func (x *Externals) Look(ctx context.Context, id uuid.UUID) error {
	e, err := x.Store.External(ctx, id)
	if err != nil {
		return err
	}
	here, err := x.Store.Town(ctx)
	if err != nil {
		return err
	}
	_, follow, err := twoIDs()
	if err != nil {
		return err
	}
	profile, err := x.Reader.Profile(ctx, e.Actor)
	gone := errors.Is(err, ErrGone)
	if err != nil && !gone {
		return fmt.Errorf("look at %s: %w", e.Actor, err)
	}
	return x.change(ctx, e.Actor, func(e *External) []ExternalDeed {
		if gone {
			e.Looked = x.now()
			return e.End(EndedByDeletion, x.now())
		}
		e.describe(profile.Actor.Value(), "", x.Line)
		return e.LookedAt(x.Addresses.namesTown(profile.Links, here.Handle), follow, x.now())
	})
}

// Fill reads what a listed account has published of late.
func (x *Externals) Fill(ctx context.Context, id uuid.UUID) error {
	e, err := x.Store.External(ctx, id)
	if err != nil {
		return unlessGone(err)
	}
	if !e.Shown() || e.Outbox == "" {
		return nil
	}
	began := x.now()
	objects, err := x.Reader.Published(ctx, e.Outbox, ExternalFill)
	if err != nil {
		return fmt.Errorf("fill in from %s: %w", e.Actor, err)
	}
	for _, object := range objects {
		if err := x.Pause(ctx, BackfillEvery); err != nil {
			return err
		}
		old, err := x.readAt(ctx, e, object, began)
		if err != nil {
			return fmt.Errorf("fill in from %s: %w", e.Actor, err)
		}
		if old {
			break
		}
	}
	return x.change(ctx, e.Actor, func(e *External) []ExternalDeed {
		e.Filled = began
		return nil
	})
}

// ReadObject reads an object at its origin for a listed account, and shows what that says of it.
func (x *Externals) ReadObject(ctx context.Context, id uuid.UUID, object federation.IRI) error {
	e, err := x.Store.External(ctx, id)
	if err != nil {
		return unlessGone(err)
	}
	if !e.Shown() {
		return nil
	}
	_, err = x.readAt(ctx, e, object, x.now())
	return err
}

// readAt reads one object and keeps it, or drops what is known of it where it is gone, or is no news any more. old tells that it was
// published too long ago to be filled in, and is no event to come.
func (x *Externals) readAt(ctx context.Context, e *External, id federation.IRI, now time.Time) (old bool, err error) {
	o, raw, err := x.Reader.ReadPost(ctx, id)
	var refused *federation.Refusal
	switch {
	case errors.Is(err, ErrGone):
		return false, x.Store.DropExternalPost(ctx, e.ID, id)
	case errors.As(err, &refused), errors.Is(err, federation.ErrBlocked), errors.Is(err, federation.ErrForbiddenURL):
		return false, nil // what it is nobody can tell; the rest may be better
	case err != nil:
		return false, err
	}
	if now.Sub(o.Published) > ExternalFillAge && !o.StartTime.After(now) {
		return true, nil
	}
	post, err := x.news(ctx, e, now, readObjectTerms(raw), o)
	if errors.Is(err, federation.ErrIgnored) {
		return false, x.Store.DropExternalPost(ctx, e.ID, id)
	}
	if err != nil {
		return false, err
	}
	return false, x.Store.KeepForeignPost(ctx, post)
}

// unlessGone is nil for what is not there any more.
func unlessGone(err error) error {
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}
