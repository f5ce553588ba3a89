package town

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"bourg/federation"

	"github.com/google/uuid"
)

// This file is what merchants and the town hall do to people elsewhere: thank them, stop delivering to them, stop hearing
// them, report them to their own server.

// ActorID is the id of somebody elsewhere, as screens hand it back.
type ActorID = federation.IRI

// Person is what there is between a merchant and somebody elsewhere.
type Person struct {
	RemoteActor
	Inbox   federation.IRI
	Follow  federation.IRI // id of the Follow by which the person follows the merchant; "" where not
	Since   time.Time      // of the following
	Block   uuid.UUID      // of the Block activity; zero: not blocked
	Blocked time.Time
	// Quotes are those of the merchant's posts that the person may show by the merchant's leave; for ChangePerson only, at most 100.
	Quotes []*Quote
}

// Follower is an entry of a merchant's followers.
type Follower struct {
	RemoteActor
	Since time.Time
	Key   int64 // for FollowerCursor
}

// FollowerCursor is where a page of followers ends; the zero value stands before the newest.
type FollowerCursor struct {
	Since time.Time
	Key   int64
}

// SentReport is what was reported to another server.
type SentReport struct {
	ID       uuid.UUID // of the Flag
	Actor    RemoteActor
	Object   federation.IRI
	Merchant uuid.UUID // who reported it; zero: the town hall
	Shop     string    // the merchant's name
	Words    string
	At       time.Time

	// Of a report to another town's hall: its domain, for what reason, the headline of the post, the answer, and whether the
	// post is hidden here. Hall is "" for any other.
	Hall     string
	Category Category
	Title    string
	Answer   string
	Answered time.Time
	Hidden   bool
}

// PeopleStore keeps what merchants do to people elsewhere.
type PeopleStore interface {
	MemberStore
	// Reply returns what a peer wrote, or ErrNotFound.
	Reply(ctx context.Context, id uuid.UUID) (*Reply, error)
	// RelayActor returns the server's own actor; ErrNotSetUp.
	RelayActor(ctx context.Context) (*LocalActor, error)
	// Person returns what there is between a merchant and an actor; ErrNotFound where nothing is known of that one.
	Person(ctx context.Context, merchant uuid.UUID, actor federation.IRI) (*Person, error)
	// ChangePerson lets change decide about an actor, while nothing of it is received, and inserts the activities that it
	// returns. An emptied Follow ends the following. A Block that is set hides everything that the actor wrote to the
	// merchant, and takes nothing more from it; one that is taken away lets it speak again, and shows nothing again. Of
	// somebody who is blocked all quotes are taken off the merchant's posts. Where change fails nothing happens. It may be called again after a conflict.
	ChangePerson(ctx context.Context, merchant uuid.UUID, actor federation.IRI, change func(p *Person) ([]Outgoing, error)) error
	// BlockedPeople lists whom a merchant has blocked, newest first, at most 500.
	BlockedPeople(ctx context.Context, merchant uuid.UUID) ([]Person, error)
	// Followers returns a merchant's present followers, newest first, behind the cursor, at most n.
	Followers(ctx context.Context, merchant uuid.UUID, behind FollowerCursor, n int) ([]Follower, error)
	// Thanks returns by which Like the merchant has thanked for a reply; zero: by none. ErrNotFound.
	Thanks(ctx context.Context, merchant, reply uuid.UUID) (uuid.UUID, error)
	// ChangeThanks lets change set or take away that Like, and inserts the activities that it returns. As ChangePerson.
	ChangeThanks(ctx context.Context, merchant, reply uuid.UUID, change func(like *uuid.UUID) ([]Outgoing, error)) error
	// AddSentReport keeps a report and inserts its Flag; ErrTaken where the same was reported by the same before.
	AddSentReport(ctx context.Context, r *SentReport, flag Outgoing) error
	// SentReports lists what was reported, newest first, at most n.
	SentReports(ctx context.Context, n int) ([]SentReport, error)
}

// People is what merchants and the town hall do to people elsewhere.
type People struct {
	Store     PeopleStore
	Accounts  AccountStore
	Addresses Addresses
	Now       func() time.Time
	Wake      func()
}

const (
	// MaxReport is how long the words of a report are, in runes.
	MaxReport = 1000
	// FollowersPage is how many followers a page shows.
	FollowersPage  = 40
	followersBatch = 1000
	reportsShown   = 200
)

// Person returns what there is between a merchant and somebody elsewhere.
func (s *People) Person(ctx context.Context, by Author, merchant uuid.UUID, actor federation.IRI) (*Person, error) {
	if err := mustSpeak(ctx, s.Store, by, merchant); err != nil {
		return nil, err
	}
	return s.Store.Person(ctx, merchant, actor)
}

// Followers returns a page of a merchant's followers, newest first, and whether there are more.
func (s *People) Followers(ctx context.Context, by Author, merchant uuid.UUID, behind FollowerCursor) ([]Follower, bool, error) {
	if err := mustSpeak(ctx, s.Store, by, merchant); err != nil {
		return nil, false, err
	}
	list, err := s.Store.Followers(ctx, merchant, behind, FollowersPage+1)
	return list[:min(len(list), FollowersPage)], len(list) > FollowersPage, err
}

// EveryFollower calls f for each follower of a merchant, newest first.
func (s *People) EveryFollower(ctx context.Context, by Author, merchant uuid.UUID, f func(Follower) error) error {
	if err := mustSpeak(ctx, s.Store, by, merchant); err != nil {
		return err
	}
	var behind FollowerCursor
	for {
		list, err := s.Store.Followers(ctx, merchant, behind, followersBatch)
		if err != nil {
			return err
		}
		for _, one := range list {
			if err := f(one); err != nil {
				return err
			}
		}
		if len(list) < followersBatch {
			return nil
		}
		last := list[len(list)-1]
		behind = FollowerCursor{Since: last.Since, Key: last.Key}
	}
}

// Blocked lists whom a merchant has blocked.
func (s *People) Blocked(ctx context.Context, by Author, merchant uuid.UUID) ([]Person, error) {
	if err := mustSpeak(ctx, s.Store, by, merchant); err != nil {
		return nil, err
	}
	return s.Store.BlockedPeople(ctx, merchant)
}

// RemoveFollower ends a following with a Reject of the Follow. Nothing happens where there is none; the person may follow
// again.
func (s *People) RemoveFollower(ctx context.Context, by Author, merchant uuid.UUID, actor federation.IRI) error {
	return s.change(ctx, by, merchant, actor, func(p *Person) ([]Outgoing, error) {
		if p.Follow == "" {
			return nil, nil
		}
		reject, err := s.reject(merchant, p)
		p.Follow = ""
		return []Outgoing{reject}, err
	})
}

// Block ends a following and the leave to quote, hides everything that the person wrote to the merchant, and hears no more of it. The person's
// server is told, and lets nobody there see the merchant as this person. Nothing happens where the person is blocked already.
func (s *People) Block(ctx context.Context, by Author, merchant uuid.UUID, actor federation.IRI) error {
	return s.change(ctx, by, merchant, actor, func(p *Person) ([]Outgoing, error) {
		if p.Block != uuid.Nil {
			return nil, nil
		}
		var list []Outgoing
		if p.Follow != "" {
			reject, err := s.reject(merchant, p)
			if err != nil {
				return nil, err
			}
			p.Follow, list = "", append(list, reject)
		}
		act := federation.Activity{Type: "Block", Actor: s.Addresses.Actor(merchant), ObjectID: p.ID, To: []federation.IRI{p.ID}}
		block, err := s.outgoing(merchant, p.ID, p.Inbox, act)
		if err != nil {
			return nil, err
		}
		p.Block, p.Blocked = block.ID, s.now()
		for _, q := range p.Quotes {
			revoked, err := revocation(s.Addresses, q, p.Inbox, s.now())
			if err != nil {
				return nil, err
			}
			list = append(list, revoked)
		}
		return append(list, block), nil
	})
}

// Unblock hears a person again, with an Undo of the Block. What the block has hidden stays hidden. Nothing happens where
// the person is not blocked.
func (s *People) Unblock(ctx context.Context, by Author, merchant uuid.UUID, actor federation.IRI) error {
	return s.change(ctx, by, merchant, actor, func(p *Person) ([]Outgoing, error) {
		if p.Block == uuid.Nil {
			return nil, nil
		}
		me := s.Addresses.Actor(merchant)
		block := &federation.Activity{
			ID: s.Addresses.Activity(p.Block), Type: "Block", Actor: me, ObjectID: p.ID, To: []federation.IRI{p.ID},
		}
		undo, err := s.outgoing(merchant, p.ID, p.Inbox, federation.Activity{
			Type: "Undo", Actor: me, ObjectID: block.ID, Inner: block, To: []federation.IRI{p.ID},
		})
		p.Block = uuid.Nil
		return []Outgoing{undo}, err
	})
}

func (s *People) change(ctx context.Context, by Author, merchant uuid.UUID, actor federation.IRI, f func(p *Person) ([]Outgoing, error)) error {
	if err := mustSpeak(ctx, s.Store, by, merchant); err != nil {
		return err
	}
	if err := s.Store.ChangePerson(ctx, merchant, actor, f); err != nil {
		return err
	}
	s.Wake()
	return nil
}

// reject is the answer that ends a following, to the follower's own inbox as its Accept.
func (s *People) reject(merchant uuid.UUID, p *Person) (Outgoing, error) {
	me := s.Addresses.Actor(merchant)
	follow := &federation.Activity{ID: p.Follow, Type: "Follow", Actor: p.ID, ObjectID: me}
	return s.outgoing(merchant, p.Follow, p.Inbox, federation.Activity{
		Type: "Reject", Actor: me, ObjectID: p.Follow, Inner: follow, To: []federation.IRI{p.ID},
	})
}

// Thanks tells whether the merchant has thanked for a reply.
func (s *People) Thanks(ctx context.Context, by Author, merchant, reply uuid.UUID) (bool, error) {
	if err := mustSpeak(ctx, s.Store, by, merchant); err != nil {
		return false, err
	}
	like, err := s.Store.Thanks(ctx, merchant, reply)
	return like != uuid.Nil, err
}

// Thank thanks for a reply with a Like, which its writer's server shows as a favourite. Once.
func (s *People) Thank(ctx context.Context, by Author, merchant, reply uuid.UUID) error {
	return s.changeThanks(ctx, by, merchant, reply, func(r *Reply, p *Person, like *uuid.UUID) (*Outgoing, error) {
		if *like != uuid.Nil {
			return nil, nil
		}
		out, err := s.outgoing(merchant, r.ObjectID, p.Inbox, s.like(merchant, r))
		*like = out.ID
		return &out, err
	})
}

// TakeThanksBack undoes Thank.
func (s *People) TakeThanksBack(ctx context.Context, by Author, merchant, reply uuid.UUID) error {
	return s.changeThanks(ctx, by, merchant, reply, func(r *Reply, p *Person, like *uuid.UUID) (*Outgoing, error) {
		if *like == uuid.Nil {
			return nil, nil
		}
		act := s.like(merchant, r)
		act.ID = s.Addresses.Activity(*like)
		out, err := s.outgoing(merchant, r.ObjectID, p.Inbox, federation.Activity{
			Type: "Undo", Actor: act.Actor, ObjectID: act.ID, Inner: &act, To: act.To,
		})
		*like = uuid.Nil
		return &out, err
	})
}

// like is the Like of a reply. Mastodon takes the Undo of one by its object, so it stands whole in there.
func (s *People) like(merchant uuid.UUID, r *Reply) federation.Activity {
	return federation.Activity{
		Type: "Like", Actor: s.Addresses.Actor(merchant), ObjectID: r.ObjectID, To: []federation.IRI{r.Actor.ID},
	}
}

func (s *People) changeThanks(
	ctx context.Context, by Author, merchant, reply uuid.UUID, f func(r *Reply, p *Person, like *uuid.UUID) (*Outgoing, error),
) error {
	if err := mustSpeak(ctx, s.Store, by, merchant); err != nil {
		return err
	}
	r, err := s.Store.Reply(ctx, reply)
	if err != nil {
		return err
	}
	if r.Merchant != merchant {
		return ErrNotFound
	}
	p, err := s.Store.Person(ctx, merchant, r.Actor.ID)
	if err != nil {
		return err
	}
	err = s.Store.ChangeThanks(ctx, merchant, reply, func(like *uuid.UUID) ([]Outgoing, error) {
		out, err := f(r, p, like)
		if out == nil || err != nil {
			return nil, err
		}
		return []Outgoing{*out}, nil
	})
	if err != nil {
		return err
	}
	s.Wake()
	return nil
}

// Report reports a reply to its writer's server, in the server's own name as Mastodon does: nobody there learns who
// complained. merchant is zero where the town hall reports. A second report of the same changes nothing. Invalid with the
// field "words" (report.long); ErrNotFound.
func (s *People) Report(ctx context.Context, by Author, merchant, reply uuid.UUID, words string) error {
	if err := s.mayReport(ctx, by, merchant); err != nil {
		return err
	}
	words = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(words, ""), "\x00", ""))
	if utf8.RuneCountInString(words) > MaxReport {
		return Invalid{"words": "report.long"}
	}
	r, err := s.Store.Reply(ctx, reply)
	if err != nil {
		return err
	}
	if merchant != uuid.Nil && r.Merchant != merchant || merchant == uuid.Nil && !r.Public {
		return ErrNotFound
	}
	p, err := s.Store.Person(ctx, r.Merchant, r.Actor.ID)
	if err != nil {
		return err
	}
	relay, err := s.Store.RelayActor(ctx)
	if err != nil {
		return err
	}
	flag, err := s.outgoing(relay.ID, r.ObjectID, p.Inbox, federation.Activity{
		Type: "Flag", Actor: s.Addresses.Actor(relay.ID), ObjectIDs: []federation.IRI{r.Actor.ID, r.ObjectID}, Content: words,
	})
	if err != nil {
		return err
	}
	err = s.Store.AddSentReport(ctx, &SentReport{
		ID: flag.ID, Actor: r.Actor, Object: r.ObjectID, Merchant: merchant, Words: words, At: s.now(),
	}, flag)
	if errors.Is(err, ErrTaken) {
		return nil
	}
	if err != nil {
		return err
	}
	s.Wake()
	return nil
}

func (s *People) mayReport(ctx context.Context, by Author, merchant uuid.UUID) error {
	if merchant == uuid.Nil {
		return mustRunTown(ctx, s.Accounts, by)
	}
	return mustSpeak(ctx, s.Store, by, merchant)
}

// Public returns a public reply that the town hall may report; ErrNotFound for any other.
func (s *People) Public(ctx context.Context, by Author, reply uuid.UUID) (*Reply, error) {
	if err := mustRunTown(ctx, s.Accounts, by); err != nil {
		return nil, err
	}
	r, err := s.Store.Reply(ctx, reply)
	if err == nil && !r.Public {
		return nil, ErrNotFound
	}
	return r, err
}

// Reports lists what merchants and the town hall have reported, newest first. Only the town hall may see it.
func (s *People) Reports(ctx context.Context, by Author) ([]SentReport, error) {
	if err := mustRunTown(ctx, s.Accounts, by); err != nil {
		return nil, err
	}
	return s.Store.SentReports(ctx, reportsShown)
}

// outgoing encodes an activity to one person's inbox. Activities to it about the same thing keep their order, an Undo
// behind what it undoes included.
func (s *People) outgoing(actor uuid.UUID, about, inbox federation.IRI, act federation.Activity) (Outgoing, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return Outgoing{}, fmt.Errorf("make an id: %w", err)
	}
	out, err := s.Addresses.encode(Outgoing{
		ID: id, Actor: actor, Leaves: s.now(), To: Recipients{Inboxes: []federation.IRI{inbox}},
	}, act)
	out.Object = about
	return out, err
}

func (s *People) now() time.Time { return s.Now().UTC().Truncate(time.Second) }
