package town

import (
	"context"
	"errors"
	"fmt"
	"time"

	"bourg/federation"

	"github.com/google/uuid"
)

// Feature is a post that has come into a merchant's featured collection, or has gone out of it.
type Feature struct {
	Merchant uuid.UUID
	Post     uuid.UUID
	Added    bool
}

// What a merchant's featured collection holds beside the card.
const (
	FeaturedOffers = 3
	FeaturedEvents = 1
)

const (
	// tendBatch is how many things are done at once, tendMost how many in one round.
	tendBatch, tendMost = 100, 1000
	// edited is how long a machine leaves alone what was edited: it edits an object once an hour at most.
	edited = time.Hour
	// remindFrom is the hour of the day from which people are reminded of tomorrow's events.
	remindFrom = 9
)

// Tend does what comes due by the clock: it retires the offers whose last day is over, reminds
// followers of tomorrow's events, and tells them what has come into the featured collections and what
// has gone out. Each is one transaction which does nothing where it was done already, so that Tend may be
// broken off and run again, by several processes too. The error tells all that failed.
func (p *Publisher) Tend(ctx context.Context) error {
	t, err := p.Store.Town(ctx)
	if errors.Is(err, ErrNotSetUp) {
		return nil
	}
	if err != nil {
		return err
	}
	now := p.now().In(t.Location())
	return errors.Join(p.retireOffers(ctx, now), p.remindOfEvents(ctx, now), p.refreshFeatured(ctx, now))
}

// retireOffers closes the offers that ended before today.
func (p *Publisher) retireOffers(ctx context.Context, now time.Time) error {
	return p.each(ctx, func() ([]*Post, error) {
		return p.Store.EndedOffers(ctx, FirstMoment(now), now.Add(-edited), tendBatch)
	}, func(post *Post) error {
		post.Offer = orEmpty(post.Offer)
		if err := p.closeOffer(ctx, post, OfferEnded); err != nil {
			return fmt.Errorf("retire offer %s: %w", post.ID, err)
		}
		return nil
	})
}

// remindOfEvents announces each event of tomorrow once, unless it was published today or does not take place.
func (p *Publisher) remindOfEvents(ctx context.Context, now time.Time) error {
	if now.Hour() < remindFrom {
		return nil
	}
	today := FirstMoment(now)
	return p.each(ctx, func() ([]*Post, error) {
		return p.Store.EventsToRemind(ctx, today.AddDate(0, 0, 1), today.AddDate(0, 0, 2), today, tendBatch)
	}, func(post *Post) error {
		post.Announced = p.now()
		if err := p.announce(ctx, post); err != nil {
			return fmt.Errorf("remind of event %s: %w", post.ID, err)
		}
		return nil
	})
}

// each does something with all posts of a list that gets shorter by it. Where somebody else was
// quicker, the post is looked at again in the next round.
func (p *Publisher) each(ctx context.Context, list func() ([]*Post, error), do func(*Post) error) error {
	var errs []error
	for done := 0; done < tendMost; {
		posts, err := list()
		if err != nil {
			return errors.Join(append(errs, err)...)
		}
		worked := false
		for _, post := range posts {
			switch err := do(post); {
			case err == nil:
				worked = true
			case !errors.Is(err, ErrChanged) && !errors.Is(err, ErrGone):
				errs = append(errs, err)
			}
		}
		if done += len(posts); !worked || len(posts) < tendBatch {
			break
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return errors.Join(errs...)
}

// refreshFeatured sends an Add or Remove for each change of the featured collections.
func (p *Publisher) refreshFeatured(ctx context.Context, now time.Time) error {
	changes, err := p.Store.FeaturedChanges(ctx, now, tendMost)
	if err != nil {
		return err
	}
	var errs []error
	for _, change := range changes {
		if err := p.feature(ctx, change, now); err != nil && !errors.Is(err, ErrChanged) {
			errs = append(errs, fmt.Errorf("feature post %s: %w", change.Post, err))
		}
	}
	if len(changes) > 0 {
		p.Wake()
	}
	return errors.Join(errs...)
}

func (p *Publisher) feature(ctx context.Context, change Feature, now time.Time) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make an id: %w", err)
	}
	out, err := p.Addresses.encode(Outgoing{
		ID: id, Actor: change.Merchant, Public: true, Leaves: now, To: Recipients{Followers: true},
	}, featuring(p.Addresses, change, now))
	if err != nil {
		return err
	}
	return p.Store.SetFeatured(ctx, change, out)
}

// featuring is the Add or Remove by which Mastodon pins a post to a profile, or takes it off.
func featuring(a Addresses, change Feature, at time.Time) federation.Activity {
	actor := a.Actor(change.Merchant)
	act := federation.Activity{
		Type: "Remove", Actor: actor, ObjectID: a.Post(change.Post), Target: actor + "/featured",
		To: []federation.IRI{federation.Public}, Cc: []federation.IRI{actor + "/followers"}, Published: at.UTC(),
	}
	if change.Added {
		act = federation.Activity{
			Type: "Add", Actor: act.Actor, ObjectID: act.ObjectID, Target: act.Target, To: act.To, Cc: act.Cc, Published: act.Published,
		}
	}
	return act
}
