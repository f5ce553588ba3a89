package town

import (
	"context"
	"errors"
	"fmt"
	"time"

	"bourg/federation"
)

// Console is the town hall's dealing with neighbours: what it sees of them, and what it decides about their merchants. The
// handshake itself is Neighbours'.
type Console struct {
	Neighbours *Neighbours
	Documents  *Documents
	Store      ConsoleStore
	Reader     ConsoleReader
	// Mails: a mail server is configured, by which the town hall learns of requests.
	Mails bool
}

// ConsoleStore keeps what the town hall sees of neighbours.
type ConsoleStore interface {
	// Traffic returns the days on which something came or went since a day of the town's clock, by neighbour and day.
	Traffic(ctx context.Context, since time.Time) ([]NeighbourDay, error)
	// ForeignMerchants lists the merchants of a neighbour of whom something is kept or about whom something was decided, by
	// id, at most n after one.
	ForeignMerchants(ctx context.Context, domain string, after federation.IRI, n int) ([]ForeignMerchant, error)
	// WaitingMerchants lists merchants of towns under ModeReview about whom nothing was decided, each with its newest news.
	WaitingMerchants(ctx context.Context, n int) ([]ForeignMerchant, error)
	// DecideMerchant stores a decision. What a blocked merchant published is removed.
	DecideMerchant(ctx context.Context, actor federation.IRI, domain string, decision Decision, at time.Time) error
	// KeepHints replaces what one neighbour tells of its own; Hints returns what neighbours with an agreement tell of towns
	// that we neither know nor have blocked, by the domain of the teller.
	KeepHints(ctx context.Context, source string, hints []Hint) error
	Hints(ctx context.Context) (map[string][]Hint, error)
	// TellOfRequest writes to the town hall that a town waits for an answer, unless that was done within a request's life; one
	// letter in half an hour is enough for all who ask then.
	TellOfRequest(ctx context.Context, domain string, data map[string]string, now time.Time) error
	// LatestPosts returns the newest public posts that are not for this town alone, newest first.
	LatestPosts(ctx context.Context, now time.Time, n int) ([]*Post, error)
}

// ConsoleReader reads what other towns publish of themselves.
type ConsoleReader interface {
	// ReadTowns returns a town's list of its neighbours, which lies on the domain.
	ReadTowns(ctx context.Context, list federation.IRI, domain string) ([]Hint, error)
	// ReadLatest returns the objects of a collection, at most n, those that can be read.
	ReadLatest(ctx context.Context, collection federation.IRI, n int) ([]*federation.Object, error)
	// ReadCharter returns a town's charter, as lines of plain text.
	ReadCharter(ctx context.Context, charter federation.IRI) (string, error)
	// ReadName returns the name of an actor, as plain text.
	ReadName(ctx context.Context, actor federation.IRI) (string, error)
}

// NeighbourDay is how much came from a neighbour and went to it in one day of the town's clock.
type NeighbourDay struct {
	Domain     string
	Day        time.Time // midnight UTC of the date
	Came, Sent int
	SentAt     time.Time // when something last arrived there; zero: nothing did
}

// Decision is what becomes of one merchant of another town.
type Decision string

// The decisions; no decision leaves a merchant to the mode of the town.
const (
	DecisionLetIn   Decision = "let_in"
	DecisionMuted   Decision = "muted"   // what it publishes is kept, and not shown
	DecisionBlocked Decision = "blocked" // what it publishes is not taken
)

// Valid tells whether d is one of the three.
func (d Decision) Valid() bool {
	return d == DecisionLetIn || d == DecisionMuted || d == DecisionBlocked
}

// ForeignMerchant is a merchant of another town, as the town hall sees it.
type ForeignMerchant struct {
	Actor    RemoteActor // its name may not be known yet
	Domain   string
	Town     string   // name of the neighbour
	Decision Decision // "": none
	Posts    int      // that are kept
	Last     time.Time
	Sample   *ForeignPost // its newest; nil where none was asked for
}

// Shown tells whether the merchant's news is shown under a mode, of some kind at least.
func (m ForeignMerchant) Shown(mode Mode) bool {
	if m.Decision == DecisionMuted || m.Decision == DecisionBlocked {
		return false
	}
	return mode.Shows(Event, m.Decision == DecisionLetIn)
}

// Bounds of what the town hall is shown at once.
const (
	merchantsShown = 100
	waitingMax     = 20
	samplesShown   = 3
	latestListed   = 5
	// WeekDays are the days of which the console tells, today among them.
	WeekDays = 7
)

// Overview is all that the town hall sees at one look.
type Overview struct {
	Here        *Town
	Towns       []ListedNeighbour
	Waiting     []ForeignMerchant
	Suggestions []Suggestion
	Week        Week
}

// Week is what was exchanged in the last seven days, today among them.
type Week struct {
	Came, Sent int
	ByTown     map[string][]NeighbourDay // by domain, by day
}

// Of counts what came from a town and went there.
func (w Week) Of(domain string) (came, sent int) {
	for _, d := range w.ByTown[domain] {
		came, sent = came+d.Came, sent+d.Sent
	}
	return came, sent
}

// Overview returns it.
func (c *Console) Overview(ctx context.Context, by Author) (*Overview, error) {
	towns, err := c.Neighbours.List(ctx, by)
	if err != nil {
		return nil, err
	}
	o := &Overview{Towns: towns}
	if o.Here, err = c.Neighbours.Store.Town(ctx); err != nil {
		return nil, err
	}
	if o.Waiting, err = c.Store.WaitingMerchants(ctx, waitingMax); err != nil {
		return nil, err
	}
	if o.Week, err = c.week(ctx, o.Here); err != nil {
		return nil, err
	}
	for _, t := range o.Towns {
		for _, d := range o.Week.ByTown[t.Domain] {
			if d.SentAt.After(t.LastExchange) {
				t.LastExchange = d.SentAt
			}
		}
	}
	hints, err := c.Store.Hints(ctx)
	if err != nil {
		return nil, err
	}
	named := map[string][]Hint{}
	for _, t := range o.Towns {
		if told := hints[t.Domain]; len(told) > 0 {
			named[orDomain(t.Neighbour)] = append(named[orDomain(t.Neighbour)], told...)
		}
	}
	o.Suggestions = suggest(o.Here.Place(), named)
	return o, nil
}

// Received counts the news that came from neighbours in the last seven days.
func (c *Console) Received(ctx context.Context, by Author) (int, error) {
	if err := mustRunTown(ctx, c.Neighbours.Accounts, by); err != nil {
		return 0, err
	}
	here, err := c.Neighbours.Store.Town(ctx)
	if err != nil {
		return 0, err
	}
	week, err := c.week(ctx, here)
	return week.Came, err
}

func (c *Console) week(ctx context.Context, here *Town) (Week, error) {
	y, m, d := c.Neighbours.now().In(here.Location()).Date()
	days, err := c.Store.Traffic(ctx, time.Date(y, m, d-WeekDays+1, 0, 0, 0, 0, time.UTC))
	w := Week{ByTown: map[string][]NeighbourDay{}}
	for _, day := range days {
		w.Came, w.Sent = w.Came+day.Came, w.Sent+day.Sent
		w.ByTown[day.Domain] = append(w.ByTown[day.Domain], day)
	}
	return w, err
}

// Detail is one neighbour with all that the town hall decides about it.
type Detail struct {
	ListedNeighbour
	Merchants []ForeignMerchant
	More      bool // there are merchants behind these
	Days      []NeighbourDay
}

// Detail returns a neighbour, with the merchants behind one; ErrNotFound for a town that was never asked and has not asked.
func (c *Console) Detail(ctx context.Context, by Author, domain string, after federation.IRI) (*Detail, error) {
	n := c.Neighbours
	domain, err := n.known(ctx, by, domain)
	if err != nil {
		return nil, err
	}
	k, err := n.Store.Neighbour(ctx, domain)
	if err != nil {
		return nil, err
	}
	here, err := n.Store.Town(ctx)
	if err != nil {
		return nil, err
	}
	d := &Detail{ListedNeighbour: listedFrom(here, k, n.now())}
	if d.Merchants, err = c.Store.ForeignMerchants(ctx, domain, after, merchantsShown+1); err != nil {
		return nil, err
	}
	if len(d.Merchants) > merchantsShown {
		d.Merchants, d.More = d.Merchants[:merchantsShown], true
	}
	week, err := c.week(ctx, here)
	d.Days = week.ByTown[domain]
	for _, day := range d.Days {
		if day.SentAt.After(d.LastExchange) {
			d.LastExchange = day.SentAt
		}
	}
	return d, err
}

// DecideMerchant decides about one merchant of a neighbour; ErrNotFound where the actor lies on no neighbour's domain.
func (c *Console) DecideMerchant(ctx context.Context, by Author, actor federation.IRI, decision Decision) error {
	if err := mustRunTown(ctx, c.Neighbours.Accounts, by); err != nil {
		return err
	}
	if !decision.Valid() {
		return Invalid{"decision": "decision.unknown"}
	}
	if len(actor) > federation.MaxIRI || actor.Host() == "" {
		return ErrNotFound
	}
	k, err := c.Neighbours.Store.Neighbour(ctx, actor.Host())
	if err != nil {
		return err
	}
	return c.Store.DecideMerchant(ctx, actor, k.Domain, decision, c.Neighbours.now())
}

// Former lists the towns with which the exchange has ended not long ago, for everybody to see, the last first.
func (c *Console) Former(ctx context.Context) ([]ListedNeighbour, error) {
	return c.Neighbours.listed(ctx, func(k *Neighbour) bool {
		return !k.Exchanges() && !k.Ended.IsZero() && c.Neighbours.now().Sub(k.Ended) < FormerShown
	})
}

// FormerShown is how long the end of an exchange is told on the public page.
const FormerShown = 30 * 24 * time.Hour

// PublicTowns is the list of our neighbours for other towns, the actor being our relay; federation.ErrNotFound for another.
func (c *Console) PublicTowns(ctx context.Context, actor federation.IRI) ([]byte, error) {
	if err := c.mustBeRelay(ctx, actor); err != nil {
		return nil, err
	}
	list, err := c.Neighbours.Public(ctx)
	if err != nil {
		return nil, err
	}
	return WriteTowns(list)
}

// Latest is our newest news for whoever looks at the town before it asks: a collection of our relay.
func (c *Console) Latest(ctx context.Context, actor federation.IRI) ([]*federation.Object, error) {
	if err := c.mustBeRelay(ctx, actor); err != nil {
		return nil, err
	}
	posts, err := c.Store.LatestPosts(ctx, c.Neighbours.now(), latestListed)
	if err != nil {
		return nil, err
	}
	return c.Documents.objects(ctx, posts)
}

func (c *Console) mustBeRelay(ctx context.Context, actor federation.IRI) error {
	relay, err := c.Neighbours.Store.RelayActor(ctx)
	if errors.Is(err, ErrNotSetUp) || (err == nil && c.Neighbours.Addresses.Actor(relay.ID) != actor) {
		return federation.ErrNotFound
	}
	return err
}

// Visited reads which towns a neighbour exchanges news with, and writes to the town hall about a town that waits for an answer.
// It is Neighbours.Visited. A list that cannot be read leaves the last one.
func (c *Console) Visited(ctx context.Context, domain string, reached bool) error {
	k, err := c.Neighbours.Store.Neighbour(ctx, domain)
	if err != nil {
		return err
	}
	if k.Incoming == StandingPending && c.Mails {
		err := c.Store.TellOfRequest(ctx, domain, map[string]string{
			"name": orDomain(k), "domain": domain, "link": string(c.Neighbours.Addresses.at("/mairie/voisins")),
		}, c.Neighbours.now())
		if err != nil {
			return fmt.Errorf("tell the town hall of %s: %w", domain, err)
		}
	}
	if !reached || !k.Exchanges() || k.Towns == "" {
		return nil
	}
	hints, err := c.Reader.ReadTowns(ctx, k.Towns, domain)
	if err != nil {
		return nil //nolint:nilerr // the list is a convenience, and a stranger's
	}
	return c.Store.KeepHints(ctx, domain, hints)
}

// orDomain is a town's name, or its domain where it has not told one.
func orDomain(k *Neighbour) string {
	if k.Name != "" {
		return k.Name
	}
	return k.Domain
}
