package town

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"bourg/federation"

	"github.com/google/uuid"
)

// Announcement says what a group announces. A store writes the Announce once for each group and object, while the
// group is on, and only where MayAnnounce finds room on that day; two that come at once are counted one after the other. What
// there is no room for is kept for the evening's summary.
type Announcement struct {
	Object  uuid.UUID // the post; of a neighbour's post the Key of its id
	Post    uuid.UUID // zero: it is a neighbour's
	Foreign uuid.UUID // of a neighbour's, here; else zero
	Author  uuid.UUID // the merchant; of a neighbour's the Key of the actor's id
	Day     string    // by the town's clock, "2026-11-26"
	Carries uuid.UUID // the activity that the outbox shows within the Announce (FEP-1b12): the post's Create
}

// AnnounceStore keeps what groups announce.
type AnnounceStore interface {
	Town(ctx context.Context) (*Town, error)
	// GroupsOf is GroupStore's.
	GroupsOf(ctx context.Context, merchant uuid.UUID) ([]*Group, error)
	// AroundGroup returns the group for the surroundings, or ErrNotFound.
	AroundGroup(ctx context.Context) (*Group, error)
	// AroundNews returns up to n neighbours' posts that were heard of as they were published and are shown, the first heard first,
	// of those that their authors published after a time.
	AroundNews(ctx context.Context, published time.Time, n int) ([]*ForeignPost, error)
	// AnnounceForeign writes the announcement of such a post, which is looked at no more.
	AnnounceForeign(ctx context.Context, out Outgoing) error
	// ForgetAroundNews looks no more at what was heard of before a time and has not been shown since.
	ForgetAroundNews(ctx context.Context, before time.Time) error
	// GoneAnnounces returns up to n announcements after a time of neighbours' posts that are here no more, and were not taken back.
	GoneAnnounces(ctx context.Context, after time.Time, n int) ([]GoneAnnounce, error)
	// UndoAnnounce inserts the Undo of one and takes it out of the outbox; ErrChanged where that was done already.
	UndoAnnounce(ctx context.Context, gone GoneAnnounce, at time.Time, undo Outgoing) error
	SummaryStore
}

// GoneAnnounce is an announcement of what is not there any more.
type GoneAnnounce struct {
	Group, Activity uuid.UUID
	Object          federation.IRI
}

// Announcer lets groups announce what merchants publish, and sum up in the evening what they had no room for.
type Announcer struct {
	Store     AnnounceStore
	Addresses Addresses
	Now       func() time.Time
	Wake      func()
	Plain     func(html string) string // text of HTML
}

// Carry adds to the Create of a public post the announcements by the groups to which its merchant belongs (a Carrier). They
// leave when the post leaves, and name it by its id. How far a post is carried to other towns is of no matter here.
func (a *Announcer) Carry(ctx context.Context, post *Post, out *Outgoing) error {
	if out.Type != "Create" || !post.Public || post.Kind == Answer || post.Silent() {
		return nil
	}
	groups, err := a.Store.GroupsOf(ctx, post.Merchant.ID)
	if err != nil || len(groups) == 0 {
		return err
	}
	t, err := a.Store.Town(ctx)
	if err != nil {
		return err
	}
	// In one order everywhere, so that two posts never wait for each other.
	slices.SortFunc(groups, func(g, h *Group) int { return slices.Compare(g.ID[:], h.ID[:]) })
	for _, g := range groups {
		announce, err := a.announce(g.ID, out.Object, out.Leaves, Announcement{
			Object: post.ID, Post: post.ID, Author: post.Merchant.ID, Day: dayOf(out.Leaves, t), Carries: out.ID,
		})
		if err != nil {
			return fmt.Errorf("announce by @%s: %w", g.Handle, err)
		}
		out.Also = append(out.Also, announce)
	}
	return nil
}

// announce encodes a group's Announce of an object, which it names by its id: so Mastodon takes it for a boost.
func (a *Announcer) announce(group uuid.UUID, object federation.IRI, leaves time.Time, of Announcement) (Outgoing, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return Outgoing{}, fmt.Errorf("make an id: %w", err)
	}
	return a.Addresses.encode(Outgoing{
		ID: id, Actor: group, Public: true, Listed: true, Leaves: leaves, To: Recipients{Followers: true}, Announcement: &of,
	}, groupAnnounce(a.Addresses, group, object, leaves))
}

// groupAnnounce is a group's Announce.
func groupAnnounce(a Addresses, group uuid.UUID, object federation.IRI, at time.Time) federation.Activity {
	us := a.Actor(group)
	return federation.Activity{
		Type: "Announce", Actor: us, ObjectID: object, To: []federation.IRI{federation.Public}, Cc: []federation.IRI{us + "/followers"},
		Published: at.UTC(),
	}
}

// How old a neighbour's news may be when it is announced, how long it is looked at again (until its merchant is known, or let
// in by the town hall), and how long an announcement is taken back when what was announced is gone: not as long as a neighbour
// lists what is live, because what it lists no more has not been withdrawn for that.
const (
	aroundFresh = 48 * time.Hour
	aroundWaits = 24 * time.Hour
	takenBack   = 28 * 24 * time.Hour
)

// Tend does what comes due for groups: it announces neighbours' news, takes back what neighbours have withdrawn, and writes
// the evening's summaries. Each is one transaction that does nothing where it was done already, so that Tend may be broken off
// and run again, by several processes too. The error tells what failed.
func (a *Announcer) Tend(ctx context.Context) error {
	t, err := a.Store.Town(ctx)
	if err != nil {
		return ignoreNotSetUp(err)
	}
	err = errors.Join(a.takeBack(ctx), a.announceAround(ctx, t), a.summarise(ctx, t), a.correct(ctx, t))
	a.Wake()
	return err
}

// announceAround lets the group for the surroundings announce neighbours' news that has come and is shown.
func (a *Announcer) announceAround(ctx context.Context, t *Town) error {
	g, err := a.Store.AroundGroup(ctx)
	if err != nil {
		return err
	}
	now := a.now()
	if err := a.Store.ForgetAroundNews(ctx, now.Add(-aroundWaits)); err != nil {
		return err
	}
	for done := 0; done < tendMost; {
		news, err := a.Store.AroundNews(ctx, now.Add(-aroundFresh), tendBatch)
		if err != nil {
			return err
		}
		for _, p := range news {
			out, err := a.announce(g.ID, p.ObjectID, now, Announcement{
				Object: Key(p.Domain, string(p.ObjectID)), Foreign: p.ID, Author: Key(string(p.Actor.ID)), Day: dayOf(now, t),
			})
			if err != nil {
				return fmt.Errorf("announce %s: %w", p.ObjectID, err)
			}
			if err := a.Store.AnnounceForeign(ctx, out); err != nil {
				return fmt.Errorf("announce %s: %w", p.ObjectID, err)
			}
		}
		if done += len(news); len(news) < tendBatch {
			return nil
		}
	}
	return nil
}

// takeBack undoes the announcements of what neighbours have withdrawn: their own servers do not know who follows us.
func (a *Announcer) takeBack(ctx context.Context) error {
	now := a.now()
	gone, err := a.Store.GoneAnnounces(ctx, now.Add(-takenBack), tendMost)
	if err != nil {
		return err
	}
	for _, g := range gone {
		id, err := uuid.NewV7()
		if err != nil {
			return fmt.Errorf("make an id: %w", err)
		}
		us := a.Addresses.Actor(g.Group)
		inner := groupAnnounce(a.Addresses, g.Group, g.Object, time.Time{})
		inner.ID = a.Addresses.Activity(g.Activity)
		out, err := a.Addresses.encode(Outgoing{
			ID: id, Actor: g.Group, Leaves: now, To: Recipients{Followers: true, Since: now.Add(-takenBack)},
		}, federation.Activity{
			Type: "Undo", Actor: us, ObjectID: inner.ID, Inner: &inner, To: inner.To, Cc: inner.Cc, Published: now,
		})
		if err != nil {
			return fmt.Errorf("take back the announcement of %s: %w", g.Object, err)
		}
		out.Object = g.Object // it arrives behind the Announce
		if err := a.Store.UndoAnnounce(ctx, g, now, out); err != nil && !isChanged(err) {
			return fmt.Errorf("take back the announcement of %s: %w", g.Object, err)
		}
	}
	return nil
}

func (a *Announcer) now() time.Time { return a.Now().UTC().Truncate(time.Second) }
