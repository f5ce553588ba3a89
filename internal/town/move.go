package town

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"bourg/federation"

	"github.com/google/uuid"
)

// This file is how merchants come from accounts elsewhere, and leave for them, with their followers: alsoKnownAs, movedTo
// and Move as FEP-7628 describes what Mastodon does (app/lib/activitypub/activity/move.rb). Two documents have to agree: the
// old account's movedTo names the new one, the new one's alsoKnownAs the old one. Followers' servers do the rest.

// Account is an account elsewhere that a merchant has named.
type Account struct {
	ID     federation.IRI `json:"id"`
	Handle string         `json:"handle"` // "user@domain", confirmed by both hosts
	URL    federation.IRI `json:"url"`    // its page
	At     time.Time      `json:"at"`     // when it was named, or moved to
	// MovedTo is where an alias's own server says that it has gone, when it was Looked at last; "" if nowhere.
	MovedTo federation.IRI `json:"moved_to,omitempty"`
	Looked  time.Time      `json:"looked"`
}

// MoveStore keeps which accounts elsewhere belong to merchants.
type MoveStore interface {
	MemberStore
	// Town returns the town, or ErrNotSetUp.
	Town(ctx context.Context) (*Town, error)
	// Merchant returns a merchant; ErrNotFound, ErrGone.
	Merchant(ctx context.Context, id uuid.UUID) (*Merchant, error)
	// ChangeAccounts lets change rewrite a merchant's Aliases, Moved, LastMove and Updated, while nobody else changes them,
	// and stores these together with the activities that it returns, in their order. Its error is returned, and nothing
	// happens then. It may be called again after a conflict, with the merchant read anew.
	ChangeAccounts(ctx context.Context, merchant uuid.UUID, change func(m *Merchant) ([]Outgoing, error)) error
	// CountFollowersSince counts the present followers who came at that time or later.
	CountFollowersSince(ctx context.Context, merchant uuid.UUID, since time.Time) (int, error)
}

// AccountFinder finds people on other servers by what somebody typed: "@user@host" or the address of a profile. It asks the
// servers anew each time, and returns the actor's handle as both its hosts confirm it. Its errors are those of
// federation.AccountFinder.
type AccountFinder interface {
	FindAccount(ctx context.Context, typed string) (actor federation.Verified[*federation.Actor], handle string, err error)
}

// Mover lets merchants come and go.
type Mover struct {
	Store     MoveStore
	Accounts  AccountStore
	Addresses Addresses
	Media     MediaAddress
	Find      AccountFinder
	HTML      func(text string) string
	Now       func() time.Time
	Wake      func()
}

const (
	// MaxAliases is how many accounts elsewhere a merchant may call its own.
	MaxAliases = 10
	// MoveEvery is how long a merchant waits between two moves: Mastodon takes no second Move of an account within a week.
	MoveEvery = 7 * 24 * time.Hour
)

// AddAlias names an account elsewhere as the merchant's own, so that its server can send the followers here. Followers'
// servers get the new profile. An account that is named already is looked at again.
//
// Invalid with the field "account": account.empty, account.wrong (no handle and no address), account.here (of this town),
// account.unknown (its server knows no such account), account.unreachable, account.blocked, account.many, account.gone (the
// merchant has moved away itself).
func (m *Mover) AddAlias(ctx context.Context, by Author, merchant uuid.UUID, typed string) (*Account, error) {
	if err := mustSpeak(ctx, m.Store, by, merchant); err != nil {
		return nil, err
	}
	found, _, err := m.find(ctx, typed)
	if err != nil {
		return nil, err
	}
	err = m.change(ctx, merchant, func(shop *Merchant) error {
		if shop.Moved != nil {
			return Invalid{"account": "account.gone"}
		}
		if i := slices.IndexFunc(shop.Aliases, func(a Account) bool { return a.ID == found.ID }); i >= 0 {
			found.At = shop.Aliases[i].At
			shop.Aliases[i] = *found
			return nil
		}
		if len(shop.Aliases) >= MaxAliases {
			return Invalid{"account": "account.many"}
		}
		shop.Aliases = append(shop.Aliases, *found)
		return nil
	})
	return found, err
}

// RemoveAlias takes an account, by its id or handle, from the merchant's own; ErrNotFound where it is none of them.
func (m *Mover) RemoveAlias(ctx context.Context, by Author, merchant uuid.UUID, account string) error {
	if err := mustSpeak(ctx, m.Store, by, merchant); err != nil {
		return err
	}
	handle := strings.TrimPrefix(account, "@")
	return m.change(ctx, merchant, func(shop *Merchant) error {
		rest := slices.DeleteFunc(slices.Clone(shop.Aliases), func(a Account) bool {
			return string(a.ID) == account || string(a.URL) == account || strings.EqualFold(a.Handle, handle)
		})
		if len(rest) == len(shop.Aliases) {
			return ErrNotFound
		}
		shop.Aliases = rest
		return nil
	})
}

// Arrivals is what has come of an alias.
type Arrivals struct {
	Account
	// Here tells that the old account's server says that it has moved to this merchant.
	Here bool
	// Followers is how many have come since the account was named, and are still there.
	Followers int
}

// Arrivals tells what has come of each of a merchant's aliases.
func (m *Mover) Arrivals(ctx context.Context, by Author, merchant uuid.UUID) ([]Arrivals, error) {
	if err := mustSpeak(ctx, m.Store, by, merchant); err != nil {
		return nil, err
	}
	shop, err := m.Store.Merchant(ctx, merchant)
	if err != nil {
		return nil, err
	}
	list := make([]Arrivals, len(shop.Aliases))
	for i, a := range shop.Aliases {
		n, err := m.Store.CountFollowersSince(ctx, merchant, a.At)
		if err != nil {
			return nil, err
		}
		list[i] = Arrivals{Account: a, Here: a.MovedTo == m.Addresses.Actor(merchant), Followers: n}
	}
	return list, nil
}

// Destination finds the account to which a merchant wants to move and looks whether the move would be followed: it must
// name the merchant as its own, and not have moved on itself. Nothing changes yet.
//
// Invalid as AddAlias, and account.unlinked (it does not name the merchant), account.moved_on (it has moved itself),
// account.soon (the last move is less than MoveEvery ago), account.away (the merchant has moved already).
func (m *Mover) Destination(ctx context.Context, by Author, merchant uuid.UUID, typed string) (*Account, error) {
	if err := mustSpeak(ctx, m.Store, by, merchant); err != nil {
		return nil, err
	}
	shop, err := m.Store.Merchant(ctx, merchant)
	if err != nil {
		return nil, err
	}
	if err := m.mayMove(shop); err != nil {
		return nil, err
	}
	found, actor, err := m.find(ctx, typed)
	switch {
	case err != nil:
		return nil, err
	case actor.MovedTo != "" && actor.MovedTo != actor.ID:
		return nil, Invalid{"account": "account.moved_on"}
	case !slices.Contains(actor.AlsoKnownAs, m.Addresses.Actor(merchant)):
		return nil, Invalid{"account": "account.unlinked"}
	}
	return found, nil
}

// mayMove tells whether it is not too early, or too late, for a merchant to move.
func (m *Mover) mayMove(shop *Merchant) error {
	switch {
	case shop.Moved != nil:
		return Invalid{"account": "account.away"}
	case m.Now().Sub(shop.LastMove) < MoveEvery:
		return Invalid{"account": "account.soon"}
	}
	return nil
}

// Move moves a merchant to another account, which is looked at once more: its profile says so from now on, and its
// followers' servers are told to follow the other account. What it published stays; it takes no new followers and publishes
// no more. Only the town hall can take that back. Errors as Destination.
func (m *Mover) Move(ctx context.Context, by Author, merchant uuid.UUID, typed string) (*Account, error) {
	found, err := m.Destination(ctx, by, merchant, typed)
	if err != nil {
		return nil, err
	}
	err = m.change(ctx, merchant, func(shop *Merchant) error {
		if err := m.mayMove(shop); err != nil {
			return err
		}
		shop.Moved, shop.LastMove = found, found.At
		return nil
	})
	return found, err
}

// TakeBack lets a merchant who has moved be here again, without the followers who have gone. Only the town hall may;
// ErrNotFound where the merchant has not moved.
func (m *Mover) TakeBack(ctx context.Context, by Author, merchant uuid.UUID) error {
	if err := mustRunTown(ctx, m.Accounts, by); err != nil {
		return err
	}
	return m.change(ctx, merchant, func(shop *Merchant) error {
		if shop.Moved == nil {
			return ErrNotFound
		}
		shop.Moved = nil
		return nil
	})
}

// change rewrites a merchant's accounts and tells its followers: an Update of the profile and, where the merchant has moved
// by it, the Move behind that, because servers that get the Move read the profile.
func (m *Mover) change(ctx context.Context, merchant uuid.UUID, rewrite func(shop *Merchant) error) error {
	town, err := m.Store.Town(ctx)
	if err != nil {
		return err
	}
	err = m.Store.ChangeAccounts(ctx, merchant, func(shop *Merchant) ([]Outgoing, error) {
		wasAway := shop.Moved != nil
		if err := rewrite(shop); err != nil {
			return nil, err
		}
		now := m.Now().UTC().Truncate(time.Second)
		shop.Updated = laterThan(now, shop.Updated)
		actor := actorDocument(m.Addresses, m.Media, m.HTML, town, shop)
		acts := []federation.Activity{{
			Type: "Update", Actor: actor.ID, ObjectID: actor.ID, Profile: actor,
			To: []federation.IRI{federation.Public}, Cc: []federation.IRI{actor.Followers}, Published: shop.Updated,
		}}
		if shop.Moved != nil && !wasAway {
			acts = append(acts, federation.Activity{
				Type: "Move", Actor: actor.ID, ObjectID: actor.ID, Target: shop.Moved.ID,
				To: []federation.IRI{actor.Followers}, Published: shop.Updated,
			})
		}
		return m.outgoing(shop.ID, now, acts)
	})
	if err != nil {
		return err
	}
	m.Wake()
	return nil
}

// outgoing encodes activities that go to a merchant's followers.
func (m *Mover) outgoing(merchant uuid.UUID, leaves time.Time, acts []federation.Activity) ([]Outgoing, error) {
	list := make([]Outgoing, len(acts))
	for i, act := range acts {
		id, err := uuid.NewV7()
		if err != nil {
			return nil, fmt.Errorf("change accounts: make an id: %w", err)
		}
		list[i], err = m.Addresses.encode(Outgoing{
			ID: id, Actor: merchant, Public: true, Leaves: leaves, To: Recipients{Followers: true},
		}, act)
		if err != nil {
			return nil, fmt.Errorf("change accounts: %w", err)
		}
	}
	return list, nil
}

// find looks an account up and turns the ways in which that fails into sentences for whoever typed it.
func (m *Mover) find(ctx context.Context, typed string) (*Account, *federation.Actor, error) {
	if typed = strings.TrimSpace(typed); typed == "" {
		return nil, nil, Invalid{"account": "account.empty"}
	}
	verified, handle, err := m.Find.FindAccount(ctx, typed)
	if err != nil {
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		return nil, nil, Invalid{"account": whyNotFound(err)}
	}
	actor := verified.Value()
	page := actor.URL
	if page == "" {
		page = actor.ID
	}
	now := m.Now().UTC().Truncate(time.Second)
	return &Account{ID: actor.ID, Handle: cutRunes(handle, 600), URL: page, At: now, MovedTo: actor.MovedTo, Looked: now}, actor, nil
}

func whyNotFound(err error) string {
	var refusal *federation.Refusal
	var status *federation.StatusError
	switch {
	case errors.Is(err, federation.ErrBlocked):
		return "account.blocked"
	case errors.Is(err, federation.ErrLocal):
		return "account.here"
	case errors.Is(err, federation.ErrForbiddenURL):
		return "account.wrong"
	case errors.Is(err, federation.ErrNotFound), errors.Is(err, federation.ErrUnconfirmed):
		return "account.unknown"
	case errors.As(err, &refusal):
		if refusal.Status == 400 {
			return "account.wrong"
		}
		return "account.unknown"
	case errors.As(err, &status) && (status.Status == 404 || status.Status == 410):
		return "account.unknown"
	}
	return "account.unreachable"
}

// moveTerms writes into a merchant's document which accounts belong together.
func moveTerms(actor *federation.Actor, m *Merchant) {
	for _, a := range m.Aliases {
		actor.AlsoKnownAs = append(actor.AlsoKnownAs, a.ID)
	}
	if m.Moved != nil {
		actor.MovedTo = m.Moved.ID
	}
}
