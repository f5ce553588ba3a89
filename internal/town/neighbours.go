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

// NeighbourStore keeps other towns, and what they send.
type NeighbourStore interface {
	Town(ctx context.Context) (*Town, error)
	// RelayActor returns the server's own actor; ErrNotSetUp.
	RelayActor(ctx context.Context) (*LocalActor, error)
	// Neighbour and NeighbourByRelay return a neighbour; ErrNotFound.
	Neighbour(ctx context.Context, domain string) (*Neighbour, error)
	NeighbourByRelay(ctx context.Context, relay federation.IRI) (*Neighbour, error)
	// Neighbours lists all towns that were ever asked or have asked, by domain, at most 2,000.
	Neighbours(ctx context.Context) ([]*Neighbour, error)
	// ChangeNeighbour locks a neighbour's row, which it makes where there is none, lets change alter it, and stores it with the
	// activities that change returns, all in one transaction. change may be called again where the transaction lost against
	// another one, and alters nothing else; its error ends everything.
	ChangeNeighbour(ctx context.Context, domain string, change func(*Neighbour) ([]Outgoing, error)) error
	// ReceiveFromNeighbour does so as the effect of an activity (see InboxStore). Where 500 towns wait for an
	// answer already, a further one is federation.ErrIgnored.
	ReceiveFromNeighbour(ctx context.Context, in Received, domain string, change func(*Neighbour) ([]Outgoing, error)) error
	// SaveForeignPost inserts a neighbour's post, or replaces it where this one is newer and by the same actor; nothing
	// happens where its id has a tombstone. DeleteForeignPost removes it and leaves a tombstone.
	SaveForeignPost(ctx context.Context, in Received, p *ForeignPost) error
	DeleteForeignPost(ctx context.Context, in Received, domain string, object federation.IRI) error
	// LoseForeignPost forgets what an Update by its author has taken out of our reach or out of the agreement. It leaves no
	// tombstone: the next Update may bring it back. Nothing happens where a newer version is known.
	LoseForeignPost(ctx context.Context, in Received, domain string, o *federation.Object) error
	// AnswerReport keeps the answer of another town hall, at a domain, to a report of ours; federation.ErrIgnored where none was sent there.
	AnswerReport(ctx context.Context, in Received, flag uuid.UUID, domain, words string, at time.Time) error
	// RadiusKm is how far from the town's own point its shops lie, those that have a place.
	RadiusKm(ctx context.Context) (float64, error)
	// ForeignFeed lists what is shown of a neighbour's news, or of all neighbours' where domain is "", newest first.
	ForeignFeed(ctx context.Context, domain string, before Cursor, n int) ([]*ForeignPost, error)
	// PurgeForeign removes what neighbours sent with whom the exchange has ended.
	PurgeForeign(ctx context.Context) error
	ActiveStore
}

// CardReader asks another server who it is. The base is "https://host", or "http://host" inside a closed network.
type CardReader interface {
	// ReadCard returns its card and its relay, which is remembered as a peer's actor; the domain is the relay's host.
	// ErrNotFound where nobody answers or no Application is named there.
	ReadCard(ctx context.Context, base string) (Card, RelayActor, error)
}

// Neighbours is how this town deals with others (federation/PEERING.md).
type Neighbours struct {
	Store     NeighbourStore
	Accounts  AccountStore
	Addresses Addresses
	Cards     CardReader
	Peers     PeerReader
	// Pause waits between two requests to one neighbour; its error ends what is done.
	Pause func(ctx context.Context, d time.Duration) error
	Clean func(html string) string
	Plain func(html string) string // the words of HTML
	Line  func(text string) string
	Now   func() time.Time
	Wake  func()

	// Started is when this server began to run; zero in a command, which looks after no neighbours.
	Started time.Time

	// Visited is told of each visit, whether the town was reached or not; nil: nobody wants to know.
	Visited func(ctx context.Context, domain string, reached bool) error

	Rates *PeerRates               // nil: neighbours may send as much as they like
	Text  func(html string) string // the text of HTML
}

// maxMessage bounds what town halls write to each other with a request or a refusal, in runes.
const maxMessage = 500

// Look reads another town's card, for the town hall to see before it asks. typed is a host, or a base address; Invalid
// where it is neither, ErrNotFound where no town answers there.
func (n *Neighbours) Look(ctx context.Context, by Author, typed string) (*Neighbour, error) {
	if err := mustRunTown(ctx, n.Accounts, by); err != nil {
		return nil, err
	}
	base, err := normalBase(typed)
	if err != nil {
		return nil, err
	}
	if n.Addresses.Local(federation.IRI(base)) {
		return nil, Invalid{"domain": "domain.own"} // nobody asks itself over the network
	}
	card, relay, err := n.Cards.ReadCard(ctx, base)
	if err != nil {
		return nil, err
	}
	seen := &Neighbour{Domain: relay.ID.Host(), Base: baseOf(relay.ID), Outgoing: StandingNone, Incoming: StandingNone, Mode: ModeOpen}
	if n.Addresses.Local(relay.ID) {
		return nil, Invalid{"domain": "domain.own"}
	}
	known, err := n.Store.Neighbour(ctx, seen.Domain)
	switch {
	case err == nil:
		seen = known
	case !errors.Is(err, ErrNotFound):
		return nil, err
	}
	seen.Card, seen.Relay, seen.Base = card, relay, baseOf(relay.ID)
	return seen, nil
}

// Ask asks another town for its news. Where it was asked already, nothing happens.
func (n *Neighbours) Ask(ctx context.Context, by Author, typed string, wants Scope, message string) error {
	seen, err := n.Look(ctx, by, typed)
	if err != nil {
		return err
	}
	follow, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("ask a neighbour: make an id: %w", err)
	}
	return n.change(ctx, seen.Domain, func(k *Neighbour) ([]Say, error) {
		if !k.SameTown(seen.Relay.ID, seen.Card) {
			return nil, Invalid{"domain": "domain.other_town"}
		}
		k.Card, k.Relay, k.Base = seen.Card, seen.Relay, seen.Base
		if k.Mode == ModeBlocked {
			k.Mode = ModeOpen
		}
		return k.Ask(follow, wants, cutRunes(strings.TrimSpace(message), maxMessage), n.now()), nil
	})
}

// Want changes what is asked of a neighbour that was asked; ErrNotFound for one that was not.
func (n *Neighbours) Want(ctx context.Context, by Author, typed string, wants Scope) error {
	domain, err := n.known(ctx, by, typed)
	if err != nil {
		return err
	}
	follow, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("ask a neighbour: make an id: %w", err)
	}
	return n.change(ctx, domain, func(k *Neighbour) ([]Say, error) {
		if k.Outgoing != StandingAccepted && k.Outgoing != StandingPending {
			return nil, ErrNotFound
		}
		return k.Ask(follow, wants, "", n.now()), nil
	})
}

// Accept gives a town our news; where it has not asked yet, it will be accepted when it does, within fourteen days.
func (n *Neighbours) Accept(ctx context.Context, by Author, typed string, grants Scope) error {
	domain, err := n.domain(ctx, by, typed)
	if err != nil {
		return err
	}
	return n.change(ctx, domain, func(k *Neighbour) ([]Say, error) { return k.Accept(grants, n.now()), nil })
}

// Refuse refuses a town's request, with a reason in words, or ends what was given to it.
func (n *Neighbours) Refuse(ctx context.Context, by Author, typed, reason string) error {
	domain, err := n.known(ctx, by, typed)
	if err != nil {
		return err
	}
	return n.change(ctx, domain, func(k *Neighbour) ([]Say, error) {
		return k.Refuse(cutRunes(strings.TrimSpace(reason), maxMessage)), nil
	})
}

// Remove ends the exchange in both directions. What the town sent is hidden at once, and removed within a day.
func (n *Neighbours) Remove(ctx context.Context, by Author, typed string) error {
	domain, err := n.known(ctx, by, typed)
	if err != nil {
		return err
	}
	return n.change(ctx, domain, func(k *Neighbour) ([]Say, error) { return k.Leave(), nil })
}

// SetMode chooses what becomes of what a neighbour sends. ModeBlocked ends the exchange.
func (n *Neighbours) SetMode(ctx context.Context, by Author, typed string, mode Mode) error {
	if !mode.Valid() {
		return Invalid{"mode": "mode.unknown"}
	}
	domain, err := n.known(ctx, by, typed)
	if err != nil {
		return err
	}
	return n.change(ctx, domain, func(k *Neighbour) ([]Say, error) {
		k.Mode = mode
		if mode == ModeBlocked {
			return k.Leave(), nil
		}
		return nil, nil
	})
}

// List returns all towns that were asked or have asked, the nearest first, those at no known distance last.
func (n *Neighbours) List(ctx context.Context, by Author) ([]ListedNeighbour, error) {
	if err := mustRunTown(ctx, n.Accounts, by); err != nil {
		return nil, err
	}
	return n.listed(ctx, func(*Neighbour) bool { return true })
}

// Public lists the towns with which news is exchanged, for everybody to see. An agenda that merely hears of the town's
// events is no town.
func (n *Neighbours) Public(ctx context.Context) ([]ListedNeighbour, error) {
	return n.listed(ctx, func(k *Neighbour) bool {
		return k.Exchanges() && (k.Outgoing == StandingAccepted || k.Form() == FormWhole)
	})
}

// ListedNeighbour is a neighbour with what depends on where and when one looks.
type ListedNeighbour struct {
	*Neighbour
	Km     *float64 // nil: not known
	Health Health

	Bearing float64 // in degrees from north by east; 0 where Km is nil
}

func (n *Neighbours) listed(ctx context.Context, wanted func(*Neighbour) bool) ([]ListedNeighbour, error) {
	here, err := n.Store.Town(ctx)
	if err != nil {
		return nil, err
	}
	all, err := n.Store.Neighbours(ctx)
	if err != nil {
		return nil, err
	}
	var list []ListedNeighbour
	for _, k := range all {
		if !wanted(k) {
			continue
		}
		list = append(list, listedFrom(here, k, n.now()))
	}
	slices.SortStableFunc(list, func(a, b ListedNeighbour) int {
		switch {
		case a.Km == nil && b.Km == nil:
			return strings.Compare(a.Domain, b.Domain)
		case a.Km == nil:
			return 1
		case b.Km == nil:
			return -1
		case *a.Km < *b.Km:
			return -1
		case *a.Km > *b.Km:
			return 1
		}
		return strings.Compare(a.Domain, b.Domain)
	})
	return list, nil
}

// listedFrom is a neighbour seen from a town.
func listedFrom(here *Town, k *Neighbour, now time.Time) ListedNeighbour {
	one := ListedNeighbour{Neighbour: k, Health: HealthAt(k.Failing, now)}
	if k.Place != nil {
		km := here.Place().KmTo(*k.Place)
		one.Km, one.Bearing = &km, here.Place().Bearing(*k.Place)
	}
	return one
}

// Latest returns the newest news of one neighbour, at most count of them, and whether there is older.
func (n *Neighbours) Latest(ctx context.Context, domain string, count int) (posts []*ForeignPost, more bool, err error) {
	posts, err = n.Store.ForeignFeed(ctx, domain, Cursor{}, count+1)
	if len(posts) > count {
		return posts[:count], true, err
	}
	return posts, false, err
}

// Alentours returns a page of the neighbours' news, of one of them or of all (domain ""), and whether there is older.
func (n *Neighbours) Alentours(ctx context.Context, domain string, before Cursor) (posts []*ForeignPost, more bool, err error) {
	posts, err = n.Store.ForeignFeed(ctx, domain, before, PageSize+1)
	if len(posts) > PageSize {
		return posts[:PageSize], true, err
	}
	return posts, false, err
}

// AskAgain repeats the requests that are due and lets those expire that were never answered. It comes round every hour.
func (n *Neighbours) AskAgain(ctx context.Context) error {
	all, err := n.Store.Neighbours(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, k := range all {
		follow, err := uuid.NewV7()
		if err != nil {
			return fmt.Errorf("ask a neighbour again: make an id: %w", err)
		}
		if trial := *k; k.Outgoing == StandingPending && len(trial.AskAgain(follow, n.now())) > 0 {
			errs = append(errs, n.change(ctx, k.Domain, func(k *Neighbour) ([]Say, error) { return k.AskAgain(follow, n.now()), nil }))
		}
	}
	return errors.Join(errs...)
}

// change takes a step with a neighbour and sends what it says.
func (n *Neighbours) change(ctx context.Context, domain string, step func(*Neighbour) ([]Say, error)) error {
	err := n.saying(ctx, step, func(change func(*Neighbour) ([]Outgoing, error)) error {
		return n.Store.ChangeNeighbour(ctx, domain, change)
	})
	if err != nil {
		return fmt.Errorf("neighbour %s: %w", domain, err)
	}
	return nil
}

// saying lets the store take a step together with the letters of what it says, and wakes who sends them.
func (n *Neighbours) saying(
	ctx context.Context, step func(*Neighbour) ([]Say, error), store func(change func(*Neighbour) ([]Outgoing, error)) error,
) error {
	said := false
	err := store(func(k *Neighbour) ([]Outgoing, error) {
		exchanged := k.Exchanges()
		say, err := step(k)
		if err != nil {
			return nil, err
		}
		k.settle(exchanged, n.now())
		out, err := n.letters(ctx, k, say)
		said = len(out) > 0
		return out, err
	})
	if err == nil && said {
		n.Wake()
	}
	return err
}

// letters makes the activities of what is to be told to a neighbour's relay. They all are about the neighbour's relay, so
// that they arrive in their order.
func (n *Neighbours) letters(ctx context.Context, k *Neighbour, say []Say) ([]Outgoing, error) {
	if len(say) == 0 {
		return nil, nil
	}
	relay, err := n.Store.RelayActor(ctx)
	if err != nil {
		return nil, err
	}
	us := n.Addresses.Actor(relay.ID)
	var out []Outgoing
	for _, one := range say {
		id := k.FollowID // of a Follow; everything else has an id of its own
		if one.Type != "Follow" {
			if id, err = uuid.NewV7(); err != nil {
				return nil, fmt.Errorf("make an id: %w", err)
			}
		}
		act := federation.Activity{Type: one.Type, Actor: us, To: []federation.IRI{k.Relay.ID}}
		request := k.FollowID
		if one.Former != uuid.Nil {
			request = one.Former
		}
		ours := &federation.Activity{ID: n.Addresses.Activity(request), Type: "Follow", Actor: us, ObjectID: k.Relay.ID}
		theirs := &federation.Activity{ID: one.Follow, Type: "Follow", Actor: k.Relay.ID, ObjectID: us}
		switch one.Type {
		case "Follow":
			act.ObjectID = k.Relay.ID
			act.Extra = map[string]any{"bourg:peering": peeringTerm{Version: 1, Wants: scopeTerm(one.Scope), Message: one.Words}.asMap()}
		case "Undo":
			act.ObjectID, act.Inner = ours.ID, ours
		case "Accept":
			act.ObjectID, act.Inner = theirs.ID, theirs
			act.Extra = map[string]any{"bourg:peering": peeringTerm{Version: 1, Gives: scopeTerm(one.Scope)}.asMap()}
		case "Reject":
			act.ObjectID, act.Inner, act.Content = theirs.ID, theirs, one.Words
		}
		o, err := n.Addresses.encode(Outgoing{
			ID: id, Actor: relay.ID, Leaves: n.now(), To: Recipients{Inboxes: []federation.IRI{k.Relay.Inbox}},
		}, act)
		if err != nil {
			return nil, err
		}
		o.Object = k.Relay.ID
		out = append(out, o)
	}
	return out, nil
}

// Domain is the canonical host of what was typed; Invalid where it is none.
func (n *Neighbours) Domain(typed string) (string, error) { return normalDomain(typed) }

// domain is the canonical host of what was typed, for whom runs the town.
func (n *Neighbours) domain(ctx context.Context, by Author, typed string) (string, error) {
	if err := mustRunTown(ctx, n.Accounts, by); err != nil {
		return "", err
	}
	return normalDomain(typed)
}

// known does so for a town that is known already; ErrNotFound otherwise.
func (n *Neighbours) known(ctx context.Context, by Author, typed string) (string, error) {
	domain, err := n.domain(ctx, by, typed)
	if err != nil {
		return "", err
	}
	_, err = n.Store.Neighbour(ctx, domain)
	return domain, err
}

func (n *Neighbours) now() time.Time { return n.Now().UTC().Truncate(time.Second) }

// normalBase reads a host or an address as the base address of a server. Without a scheme it is https.
func normalBase(typed string) (string, error) {
	domain, err := normalDomain(typed)
	if err != nil {
		return "", err
	}
	if scheme, _, found := strings.Cut(strings.TrimSpace(typed), "://"); found && scheme == "http" {
		return "http://" + domain, nil
	}
	return "https://" + domain, nil
}

// baseOf is the scheme and host of an id.
func baseOf(id federation.IRI) string {
	scheme, _, _ := strings.Cut(string(id), ":")
	return scheme + "://" + id.Host()
}

// Place is where the town lies.
func (t *Town) Place() Point { return Point{t.Lat, t.Lon} }
