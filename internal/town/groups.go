package town

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"bourg/federation"

	"github.com/google/uuid"
)

// GroupStore keeps groups.
type GroupStore interface {
	Town(ctx context.Context) (*Town, error)
	// Groups returns all groups, also those that are switched off, in no particular order.
	Groups(ctx context.Context) ([]*Group, error)
	// Group and GroupByHandle return one of them, or ErrNotFound.
	Group(ctx context.Context, id uuid.UUID) (*Group, error)
	GroupByHandle(ctx context.Context, handle string) (*Group, error)
	// GroupsOf returns the groups that are switched on and announce a merchant's news; none where the merchant does not wish it, has
	// moved away or is gone.
	GroupsOf(ctx context.Context, merchant uuid.UUID) ([]*Group, error)
	// HandleTaken tells whether an actor has or had the handle.
	HandleTaken(ctx context.Context, handle string) (bool, error)
	// AddGroup inserts a group with its actor and members. ErrTaken where the handle is or was in use, or there is a group for
	// the trade; ErrTooMany above MaxGroups.
	AddGroup(ctx context.Context, g *Group, a NewActor, members []uuid.UUID) error
	// EditGroup replaces what a group says of itself and whether it is on, and its members where members is not nil, and inserts the
	// Update of its actor, if out has an id.
	EditGroup(ctx context.Context, g *Group, members []uuid.UUID, out Outgoing) error
	// GroupMembers returns the living merchants who belong to a group, by name, those who do not wish to be announced too.
	GroupMembers(ctx context.Context, id uuid.UUID) ([]*Merchant, error)
	// SetGroupMember takes a merchant in or out; nothing happens where it is so already. ErrNotFound where one of the two does not live.
	SetGroupMember(ctx context.Context, group, merchant uuid.UUID, in bool) error
	// GroupFeed returns the public news of those whom a group announces, newest first: the town's, and for GroupAround the neighbours'
	// as they are shown.
	GroupFeed(ctx context.Context, g *Group, before Cursor, n int) ([]GroupEntry, error)
	// GroupDay counts what a group announced on a day ("2026-11-26").
	GroupDay(ctx context.Context, id uuid.UUID, day string) (GroupDay, error)
	// GroupDays does so for all groups; those that announced nothing are left out.
	GroupDays(ctx context.Context, day string) (map[uuid.UUID]GroupDay, error)
	// Summary returns a summary with its group and what still stands in it, or ErrNotFound.
	Summary(ctx context.Context, id uuid.UUID) (*GroupSummary, error)
	// SummaryDays returns the latest days on which a group published a summary, newest first, at most n.
	SummaryDays(ctx context.Context, group uuid.UUID, n int) ([]SummaryDay, error)
	// EnsureGroups gives a town that was set up earlier the groups that every town has.
	EnsureGroups(ctx context.Context, around NewActor) error
}

// MaxGroups bounds how many groups a town has, MaxGroupMembers how many merchants belong to one.
const (
	MaxGroups       = 200
	MaxGroupMembers = 500
)

// Groups are what people follow: pages that gather the news of many merchants.
type Groups struct {
	Store     GroupStore
	Accounts  AccountStore
	Addresses Addresses
	Now       func() time.Time
	Wake      func()
	HTML      func(text string) string
	Fold      func(text string) string // lower case without accents
}

// List returns the groups that are switched on: the town, its surroundings, markets, collectives, trades.
func (s *Groups) List(ctx context.Context) ([]*Group, error) {
	list, err := s.all(ctx)
	return slices.DeleteFunc(list, func(g *Group) bool { return !g.On }), err
}

// All returns all groups, also those that are switched off, for whom runs the town.
func (s *Groups) All(ctx context.Context, by Author) ([]*Group, error) {
	if err := mustRunTown(ctx, s.Accounts, by); err != nil {
		return nil, err
	}
	return s.all(ctx)
}

func (s *Groups) all(ctx context.Context) ([]*Group, error) {
	list, err := s.Store.Groups(ctx)
	if err != nil {
		return nil, err
	}
	return s.named(ctx, list)
}

// Of returns the groups that announce a merchant's news; none where the merchant does not wish it.
func (s *Groups) Of(ctx context.Context, merchant uuid.UUID) ([]*Group, error) {
	list, err := s.Store.GroupsOf(ctx, merchant)
	if err != nil {
		return nil, err
	}
	return s.named(ctx, list)
}

// ByHandle returns a group, on or off, by its handle in any letter case; ErrNotFound.
func (s *Groups) ByHandle(ctx context.Context, handle string) (*Group, error) {
	g, err := s.Store.GroupByHandle(ctx, strings.ToLower(handle))
	return s.one(ctx, g, err)
}

// Group returns a group, on or off; ErrNotFound.
func (s *Groups) Group(ctx context.Context, id uuid.UUID) (*Group, error) {
	g, err := s.Store.Group(ctx, id)
	return s.one(ctx, g, err)
}

func (s *Groups) one(ctx context.Context, g *Group, err error) (*Group, error) {
	if err != nil {
		return nil, err
	}
	list, err := s.named(ctx, []*Group{g})
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

// named gives groups their names and puts them into order.
func (s *Groups) named(ctx context.Context, list []*Group) ([]*Group, error) {
	t, err := s.Store.Town(ctx)
	if err != nil {
		return nil, err
	}
	for _, g := range list {
		g.called(t)
	}
	sortGroups(list, s.Fold)
	return list, nil
}

// Members returns the living merchants who belong to a group, by name. Unannounced tells which of them do not wish to be announced.
func (s *Groups) Members(ctx context.Context, group uuid.UUID) ([]*Merchant, error) {
	return s.Store.GroupMembers(ctx, group)
}

// Feed returns a page of the news that a group gathers, newest first, and whether there is older.
func (s *Groups) Feed(ctx context.Context, g *Group, before Cursor) (entries []GroupEntry, more bool, err error) {
	entries, err = s.Store.GroupFeed(ctx, g, before, PageSize+1)
	return entries[:min(len(entries), PageSize)], len(entries) > PageSize, err
}

// Summary returns a summary of the group called handle, in any letter case, with what still stands in it; ErrNotFound.
func (s *Groups) Summary(ctx context.Context, handle string, id uuid.UUID) (*GroupSummary, error) {
	sum, err := s.Store.Summary(ctx, id)
	if err != nil {
		return nil, err
	}
	if sum.Group.Handle != strings.ToLower(handle) {
		return nil, ErrNotFound
	}
	_, err = s.named(ctx, []*Group{sum.Group})
	return sum, err
}

// Summaries returns the latest days on which a group published a summary, newest first, at most n.
func (s *Groups) Summaries(ctx context.Context, group uuid.UUID, n int) ([]SummaryDay, error) {
	return s.Store.SummaryDays(ctx, group, n)
}

// Today counts what a group has announced today, by the town's clock.
func (s *Groups) Today(ctx context.Context, group uuid.UUID) (GroupDay, error) {
	t, err := s.Store.Town(ctx)
	if err != nil {
		return GroupDay{}, err
	}
	return s.Store.GroupDay(ctx, group, dayOf(s.Now(), t))
}

// dayOf is the day by the town's clock, as in "2026-11-26".
func dayOf(at time.Time, t *Town) string { return at.In(t.Location()).Format(time.DateOnly) }

// NewGroup is what the town hall says of a market or a collective.
type NewGroup struct {
	Kind        GroupKind // for Edit of no matter
	Name        string
	Summary     string
	Where, When string // of a market
	Members     []uuid.UUID
}

// Add makes a market or a collective and switches it on. Its handle is made from its name. Invalid, ErrTooMany.
func (s *Groups) Add(ctx context.Context, by Author, n NewGroup) (*Group, error) {
	if err := mustRunTown(ctx, s.Accounts, by); err != nil {
		return nil, err
	}
	bad := n.check()
	if !n.Kind.Chosen() {
		bad["kind"] = "gather.kind_unknown"
	}
	if len(bad) > 0 {
		return nil, bad
	}
	return s.add(ctx, &Group{Kind: n.Kind, Name: n.Name, Summary: n.Summary, Where: n.Where, When: n.When}, n.Name, n.Members)
}

// SwitchTrade switches the group of a trade on or off; it is made when it is switched on for the first time. Invalid for
// an unknown trade, ErrNotFound where one is switched off that there never was.
func (s *Groups) SwitchTrade(ctx context.Context, by Author, trade string, on bool) (*Group, error) {
	if err := mustRunTown(ctx, s.Accounts, by); err != nil {
		return nil, err
	}
	if _, err := TradeBySlug(trade); err != nil {
		return nil, Invalid{"trade": "trade.unknown"}
	}
	list, err := s.all(ctx)
	if err != nil {
		return nil, err
	}
	for _, g := range list {
		if g.Trade == trade {
			return g, s.turn(ctx, g, on)
		}
	}
	if !on {
		return nil, ErrNotFound
	}
	return s.add(ctx, &Group{Kind: GroupTrade, Trade: trade}, tradesName(trade), nil)
}

// add inserts a group, whose handle is made from name.
func (s *Groups) add(ctx context.Context, g *Group, name string, members []uuid.UUID) (*Group, error) {
	handle, err := freeHandle(ctx, s.Store, s.Fold(name), "groupe")
	if err != nil {
		return nil, err
	}
	actor, err := MakeActor(handle)
	if err != nil {
		return nil, err
	}
	g.ID, g.Handle, g.On, g.Created = actor.ID, handle, true, s.now()
	g.Updated = g.Created
	if err := s.Store.AddGroup(ctx, g, actor, members); err != nil {
		return nil, fmt.Errorf("add group: %w", err)
	}
	return s.Group(ctx, g.ID)
}

// Switch switches a group on or off. Invalid for those that every town has.
func (s *Groups) Switch(ctx context.Context, by Author, group uuid.UUID, on bool) error {
	if err := mustRunTown(ctx, s.Accounts, by); err != nil {
		return err
	}
	g, err := s.Group(ctx, group)
	if err != nil {
		return err
	}
	return s.turn(ctx, g, on)
}

func (s *Groups) turn(ctx context.Context, g *Group, on bool) error {
	if g.Kind.Own() && !on {
		return Invalid{"kind": "gather.own"}
	}
	if g.On == on {
		return nil
	}
	g.On, g.Updated = on, laterThan(s.now(), g.Updated)
	if err := s.Store.EditGroup(ctx, g, nil, Outgoing{}); err != nil {
		return fmt.Errorf("switch group: %w", err)
	}
	return nil
}

// Edit changes what the town hall says of a market or a collective, and its members; followers' servers get the new profile.
// Invalid also for a group of another kind, which says of itself what it is.
func (s *Groups) Edit(ctx context.Context, by Author, group uuid.UUID, n NewGroup) error {
	if err := mustRunTown(ctx, s.Accounts, by); err != nil {
		return err
	}
	g, err := s.Group(ctx, group)
	if err != nil {
		return err
	}
	if !g.Kind.Chosen() {
		return Invalid{"kind": "gather.own"}
	}
	if bad := n.check(); len(bad) > 0 {
		return bad
	}
	if n.Members == nil {
		n.Members = []uuid.UUID{}
	}
	same := g.Name == n.Name && g.Summary == n.Summary && g.Where == n.Where && g.When == n.When
	g.Name, g.Summary, g.Where, g.When = n.Name, n.Summary, n.Where, n.When
	var out Outgoing
	if !same {
		g.Updated = laterThan(s.now(), g.Updated)
		if out, err = s.update(ctx, g); err != nil {
			return fmt.Errorf("edit group: %w", err)
		}
	}
	if err := s.Store.EditGroup(ctx, g, n.Members, out); err != nil {
		return fmt.Errorf("edit group: %w", err)
	}
	s.Wake()
	return nil
}

// SetMember takes a merchant into a market or a collective, or out of it. Invalid for a group of another kind.
func (s *Groups) SetMember(ctx context.Context, by Author, group, merchant uuid.UUID, in bool) error {
	if err := mustRunTown(ctx, s.Accounts, by); err != nil {
		return err
	}
	g, err := s.Store.Group(ctx, group)
	if err != nil {
		return err
	}
	if !g.Kind.Chosen() {
		return Invalid{"kind": "gather.own"}
	}
	return s.Store.SetGroupMember(ctx, group, merchant, in)
}

// check tidies what was typed and tells what is wrong with it.
func (n *NewGroup) check() Invalid {
	bad := Invalid{}
	n.Name, n.Summary = strings.TrimSpace(n.Name), strings.TrimSpace(strings.ReplaceAll(n.Summary, "\r\n", "\n"))
	n.Where, n.When = strings.TrimSpace(n.Where), strings.TrimSpace(n.When)
	if n.Kind == GroupCollective {
		n.Where, n.When = "", ""
	}
	if r := utf8.RuneCountInString(n.Name); r == 0 || r > MaxGroupName || !oneLine(n.Name) {
		bad["name"] = "name.wrong"
	}
	if utf8.RuneCountInString(n.Summary) > MaxGroupSummary || !utf8.ValidString(n.Summary) || strings.ContainsRune(n.Summary, 0) {
		bad["summary"] = "summary.long"
	}
	for field, s := range map[string]string{"where": n.Where, "when": n.When} {
		if utf8.RuneCountInString(s) > MaxGroupLine || !oneLine(s) {
			bad[field] = "gather.line_long"
		}
	}
	if len(n.Members) > MaxGroupMembers {
		bad["members"] = "gather.members_many"
	}
	return bad
}

// How much is said of a group, in runes.
const (
	MaxGroupName    = 100
	MaxGroupSummary = 1000
	MaxGroupLine    = 200 // where a market takes place, and when
)

// update encodes the Update of a group's actor to its followers.
func (s *Groups) update(ctx context.Context, g *Group) (Outgoing, error) {
	t, err := s.Store.Town(ctx)
	if err != nil {
		return Outgoing{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Outgoing{}, fmt.Errorf("make an id: %w", err)
	}
	actor := groupDocument(s.Addresses, s.HTML, t, g)
	return s.Addresses.encode(Outgoing{
		ID: id, Actor: g.ID, Public: true, Leaves: g.Updated, To: Recipients{Followers: true},
	}, federation.Activity{
		Type: "Update", Actor: actor.ID, ObjectID: actor.ID, Profile: actor,
		To: []federation.IRI{federation.Public}, Cc: []federation.IRI{actor.Followers}, Published: g.Updated,
	})
}

// Ensure gives a town that was set up before there were groups those that every town has. It may be called each time, and does
// nothing before the town is set up.
func (s *Groups) Ensure(ctx context.Context) error {
	list, err := s.Store.Groups(ctx)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(list, func(g *Group) bool { return g.Kind == GroupAround }) {
		return nil
	}
	if _, err := s.Store.Town(ctx); errors.Is(err, ErrNotSetUp) {
		return nil
	}
	around, err := makeAround(ctx, s.Store)
	if err != nil {
		return err
	}
	err = s.Store.EnsureGroups(ctx, around)
	if errors.Is(err, ErrTaken) { // another process was quicker
		return nil
	}
	return err
}

// aroundHandle is reserved in every town: no merchant ever had it.
const aroundHandle = "alentours"

func makeAround(ctx context.Context, s handleStore) (NewActor, error) {
	handle := aroundHandle
	if taken, err := s.HandleTaken(ctx, handle); err != nil {
		return NewActor{}, err
	} else if taken { // by a town that is called so
		if handle, err = freeHandle(ctx, s, aroundHandle+"_2", ""); err != nil {
			return NewActor{}, err
		}
	}
	return MakeActor(handle)
}

func (s *Groups) now() time.Time { return s.Now().UTC().Truncate(time.Second) }
