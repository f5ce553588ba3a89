package town

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"bourg/federation"

	"github.com/google/uuid"
)

// ExternalStore keeps the accounts elsewhere that the town lists, and their posts.
type ExternalStore interface {
	Town(ctx context.Context) (*Town, error)
	// RelayActor returns the server's own actor, which follows; ErrNotSetUp. ActorByHandle finds the town's, which asks.
	RelayActor(ctx context.Context) (*LocalActor, error)
	ActorByHandle(ctx context.Context, handle string) (*LocalActor, error)
	// ActorKind is InboxStore's.
	ActorKind(ctx context.Context, id uuid.UUID) (string, error)
	// Neighbour returns the neighbouring town with this domain; ErrNotFound.
	Neighbour(ctx context.Context, domain string) (*Neighbour, error)
	// SaveActor is federation.ActorCache's.
	SaveActor(ctx context.Context, actor federation.Verified[*federation.Actor], fetched time.Time) error
	// External and ExternalByActor return an account that is or was listed; ErrNotFound.
	External(ctx context.Context, id uuid.UUID) (*External, error)
	ExternalByActor(ctx context.Context, actor federation.IRI) (*External, error)
	// Externals lists all accounts that are or were listed, by name, at most 1,000; ShownExternals those that are shown, from a
	// memory that is as old as the pages' may be.
	Externals(ctx context.Context) ([]*External, error)
	ShownExternals(ctx context.Context) ([]*External, error)
	// ChangeExternal locks an account's row, which it makes where there is none, lets change alter it, and stores it with the
	// activities that change returns, all in one transaction. Where the account stops to be shown its posts go with it; where it
	// begins to be, its outbox is read soon. change may be called again where the transaction lost against another one.
	ChangeExternal(ctx context.Context, actor federation.IRI, change func(*External) ([]Outgoing, error)) error
	// ReceiveFromExternal does so as the effect of an activity (see InboxStore); federation.ErrIgnored where there is no row.
	ReceiveFromExternal(ctx context.Context, in Received, actor federation.IRI, change func(*External) ([]Outgoing, error)) error
	// SaveForeignPost and KeepForeignPost are NeighbourStore's.
	SaveForeignPost(ctx context.Context, in Received, p *ForeignPost) error
	KeepForeignPost(ctx context.Context, p *ForeignPost) error
	// DeleteExternalPost removes a listed account's post and leaves a tombstone; DropExternalPost does so for no activity's sake.
	DeleteExternalPost(ctx context.Context, in Received, external uuid.UUID, object federation.IRI) error
	DropExternalPost(ctx context.Context, external uuid.UUID, object federation.IRI) error
	// ExternalOf returns the listed account by which an object is known here; ErrNotFound.
	ExternalOf(ctx context.Context, object federation.IRI) (*External, error)
	// AskForExternalPost has an object read at its origin, for a listed account. It is federation.ErrIgnored where too many wait.
	AskForExternalPost(ctx context.Context, in Received, external uuid.UUID, object federation.IRI) error
}

// Profile is what an account's own pages say.
type Profile struct {
	Actor federation.Verified[*federation.Actor]
	// Links are the addresses to which it says that it belongs (rel="me"), in its document and on its page. Of what nobody
	// speaks for (External.Answers) they are all to which its description and its server's own pages lead.
	Links []string
}

// ExternalReader asks other servers about accounts.
type ExternalReader interface {
	AccountFinder
	// Software returns the name of a server's software in lower case; "" where it does not tell.
	Software(ctx context.Context, base string) string
	// Profile reads an actor's document and pages anew; ErrGone where the server answers that there is no such actor any more.
	Profile(ctx context.Context, actor federation.IRI) (*Profile, error)
	// Published returns the ids of the latest objects in an outbox, newest first, at most n.
	Published(ctx context.Context, outbox federation.IRI, n int) ([]federation.IRI, error)
	// ReadPost is PeerReader's.
	ReadPost(ctx context.Context, id federation.IRI) (*federation.Object, []byte, error)
}

// Externals is how this town deals with accounts elsewhere that it lists.
type Externals struct {
	Store     ExternalStore
	Accounts  AccountStore
	Addresses Addresses
	Reader    ExternalReader
	// Pause waits between two requests to one server; its error ends what is done.
	Pause func(ctx context.Context, d time.Duration) error
	Clean func(html string) string
	Line  func(text string) string
	Plain func(html string) string // the words of HTML
	HTML  func(text string) string
	Now   func() time.Time
	Wake  func()

	rates PeerRates // of what each account sends, as of a neighbour
}

// ExternalListing is what the town hall says of an account when it lists it.
type ExternalListing struct {
	Account        string // as typed
	Trade          string
	Phone, Address string
	Lat, Lon       *float64
}

// maxAddress bounds the address of a listed account, in runes.
const maxAddress = 300

// FoundExternal is an account that was looked up, before anything is sent.
type FoundExternal struct {
	*External
	Known  bool // it is or was listed; State tells how that stands
	Linked bool // its profile names this town: it agrees as soon as it is listed
}

// Find looks an account up by what was typed: "@user@host", "!community@host", the address of its page, or the host of an
// agenda. Nothing is sent but questions. Invalid with the field "account": as Mover.AddAlias, account.neighbour (it belongs to a town
// with which news is exchanged), account.dumb (nothing can be sent to it).
func (x *Externals) Find(ctx context.Context, by Author, typed string) (*FoundExternal, error) {
	if err := mustRunTown(ctx, x.Accounts, by); err != nil {
		return nil, err
	}
	return x.find(ctx, typed)
}

func (x *Externals) find(ctx context.Context, typed string) (*FoundExternal, error) {
	here, err := x.Store.Town(ctx)
	if err != nil {
		return nil, err
	}
	if typed = strings.TrimSpace(typed); typed == "" {
		return nil, Invalid{"account": "account.empty"}
	}
	var verified federation.Verified[*federation.Actor]
	var handle string
	for _, way := range waysTo(typed) {
		if verified, handle, err = x.Reader.FindAccount(ctx, way); err == nil {
			break
		}
	}
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, Invalid{"account": whyNotFound(err)}
	}
	a := verified.Value()
	if a.Inbox == "" {
		return nil, Invalid{"account": "account.dumb"}
	}
	switch k, err := x.Store.Neighbour(ctx, a.ID.Host()); {
	case err == nil && k.Mode != ModeBlocked && (k.Outgoing == StandingAccepted || k.Outgoing == StandingPending):
		return nil, Invalid{"account": "account.neighbour"}
	case err != nil && !errors.Is(err, ErrNotFound):
		return nil, err
	}
	found := &FoundExternal{External: &External{State: ExternalEnded, Trade: "autre"}}
	known, err := x.Store.ExternalByActor(ctx, a.ID)
	switch {
	case err == nil:
		found.External, found.Known = known, true
	case !errors.Is(err, ErrNotFound):
		return nil, err
	}
	if err := x.Store.SaveActor(ctx, verified, x.now()); err != nil {
		return nil, err
	}
	found.describe(a, handle, x.Line)
	found.Software = cutRunes(x.Line(x.Reader.Software(ctx, baseOf(a.ID))), 100)
	profile, err := x.Reader.Profile(ctx, a.ID)
	if err == nil {
		found.Linked = x.Addresses.namesTown(profile.Links, here.Handle)
	}
	return found, nil
}

// waysTo are the ways in which what was typed may name an account, the likeliest first.
func waysTo(typed string) []string {
	if community, found := strings.CutPrefix(typed, "!"); found { // Lemmy
		name, host, _ := strings.Cut(community, "@")
		return []string{"https://" + host + "/c/" + name, "@" + community}
	}
	if bare := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(typed, "https://"), "http://"), "/"); !strings.ContainsAny(bare, "/@") {
		return []string{"@relay@" + bare, typed} // the voice of an agenda: Gancio, Mobilizon
	}
	return []string{typed}
}

// describe takes over what an account's document says.
func (e *External) describe(a *federation.Actor, handle string, line func(string) string) {
	e.Actor, e.Type, e.Host, e.Inbox, e.Outbox = a.ID, cutRunes(a.Type, 100), a.ID.Host(), a.Inbox, a.Outbox
	if e.URL = a.URL; e.URL == "" {
		e.URL = a.ID
	}
	if handle != "" {
		e.Handle = cutRunes(handle, 600)
	}
	if e.Name = cutRunes(line(a.Name), 100); e.Name == "" {
		e.Name = cutRunes(line(a.PreferredUsername), 100)
	}
}

// Add lists an account. Where its profile names this town it has agreed by that; else it is waited for that, and whoever can
// answer is asked by a message, twice at most in all. Invalid as Find, and trade.unknown, phone.wrong, address.long, place.wrong.
func (x *Externals) Add(ctx context.Context, by Author, l ExternalListing) (*External, error) {
	if err := mustRunTown(ctx, x.Accounts, by); err != nil {
		return nil, err
	}
	if bad := l.check(); len(bad) > 0 {
		return nil, bad
	}
	found, err := x.find(ctx, l.Account)
	if err != nil {
		return nil, err
	}
	question, follow, err := twoIDs()
	if err != nil {
		return nil, err
	}
	now := x.now()
	var added *External
	err = x.change(ctx, found.Actor, func(e *External) []ExternalDeed {
		e.Actor, e.Type, e.Software, e.Handle, e.Name, e.URL = found.Actor, found.Type, found.Software, found.Handle, found.Name, found.URL
		e.Host, e.Inbox, e.Outbox = found.Host, found.Inbox, found.Outbox
		e.Trade, e.Phone, e.Address, e.Lat, e.Lon = l.Trade, l.Phone, l.Address, l.Lat, l.Lon
		e.Looked, added = now, e
		switch {
		case e.State == ExternalAgreed || (e.State == ExternalAsked && !e.Waits.IsZero() && !found.Linked):
			return nil
		case found.Linked:
			return e.Agree(ByLink, follow, now)
		}
		return e.Ask(question, now)
	})
	return added, err
}

func (l *ExternalListing) check() Invalid {
	bad := Invalid{}
	l.Phone, l.Address = strings.TrimSpace(l.Phone), strings.TrimSpace(l.Address)
	if _, err := TradeBySlug(l.Trade); err != nil && l.Trade != TradeAgenda {
		bad["trade"] = "trade.unknown"
	}
	if !validPhone(l.Phone) {
		bad["phone"] = "phone.wrong"
	}
	if cutRunes(l.Address, maxAddress) != l.Address || !oneLine(l.Address) {
		bad["address"] = "address.long"
	}
	switch {
	case l.Lat == nil && l.Lon == nil:
	case l.Lat == nil || l.Lon == nil || !(*l.Lat >= -90 && *l.Lat <= 90) || !(*l.Lon >= -180 && *l.Lon <= 180):
		bad["place"] = "place.wrong"
	}
	return bad
}

// AskAgain asks a second time, or waits anew for an account that cannot be asked. ErrNotFound; Invalid with account.asked where
// it was asked twice already and nothing changes by asking.
func (x *Externals) AskAgain(ctx context.Context, by Author, id uuid.UUID) error {
	e, err := x.known(ctx, by, id)
	if err != nil {
		return err
	}
	if e.Answers() && !e.MayAsk() {
		return Invalid{"account": "account.asked"}
	}
	question, _, err := twoIDs()
	if err != nil {
		return err
	}
	return x.change(ctx, e.Actor, func(e *External) []ExternalDeed { return e.Ask(question, x.now()) })
}

// Remove takes an account off the list: its posts are gone at once, and it is no longer followed.
func (x *Externals) Remove(ctx context.Context, by Author, id uuid.UUID) error {
	e, err := x.known(ctx, by, id)
	if err != nil {
		return err
	}
	return x.change(ctx, e.Actor, func(e *External) []ExternalDeed { return e.End(EndedByTown, x.now()) })
}

// Named finds a listed account by its handle, its id or the address of its page; ErrNotFound.
func (x *Externals) Named(ctx context.Context, by Author, account string) (*External, error) {
	all, err := x.List(ctx, by)
	if err != nil {
		return nil, err
	}
	for _, e := range all {
		if string(e.Actor) == account || string(e.URL) == account || strings.EqualFold(e.Handle, strings.TrimLeft(account, "@!")) {
			return e, nil
		}
	}
	return nil, ErrNotFound
}

// List returns all accounts that are or were listed, by name. Only the town hall sees who did not agree.
func (x *Externals) List(ctx context.Context, by Author) ([]*External, error) {
	if err := mustRunTown(ctx, x.Accounts, by); err != nil {
		return nil, err
	}
	return x.Store.Externals(ctx)
}

// Shown returns the accounts that are shown, by name.
func (x *Externals) Shown(ctx context.Context) ([]*External, error) {
	return x.Store.ShownExternals(ctx)
}

func (x *Externals) known(ctx context.Context, by Author, id uuid.UUID) (*External, error) {
	if err := mustRunTown(ctx, x.Accounts, by); err != nil {
		return nil, err
	}
	return x.Store.External(ctx, id)
}

// change takes a step with an account and sends what that brings about.
func (x *Externals) change(ctx context.Context, actor federation.IRI, step func(*External) []ExternalDeed) error {
	return x.sending(ctx, step, func(change func(*External) ([]Outgoing, error)) error {
		return x.Store.ChangeExternal(ctx, actor, change)
	})
}

func (x *Externals) sending(
	ctx context.Context, step func(*External) []ExternalDeed, store func(change func(*External) ([]Outgoing, error)) error,
) error {
	sent := false
	err := store(func(e *External) ([]Outgoing, error) {
		out, err := x.letters(ctx, e, step(e))
		sent = len(out) > 0
		return out, err
	})
	if err == nil && sent {
		x.Wake()
	}
	return err
}

func (x *Externals) now() time.Time { return x.Now().UTC().Truncate(time.Second) }

func twoIDs() (a, b uuid.UUID, err error) {
	if a, err = uuid.NewV7(); err == nil {
		b, err = uuid.NewV7()
	}
	if err != nil {
		return a, b, fmt.Errorf("make an id: %w", err)
	}
	return a, b, nil
}
