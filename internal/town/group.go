package town

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Group is an actor that people follow in the place of single shops: it announces what several merchants publish. It
// is no part of the exchange between towns.
type Group struct {
	ID     uuid.UUID
	Kind   GroupKind
	Handle string
	// Name is what people read: of a market or a collective as the town hall wrote it, of the others made of the town and the trade.
	Name    string
	Summary string // what the town hall says of it, plain text; "" where it says nothing
	Trade   string // of a GroupTrade, slug of Trades
	// Where and When a market takes place, in words.
	Where, When string
	// On tells whether the group announces and takes new followers. What is switched off stays where it is, and is listed nowhere.
	On      bool
	Keys    []ActorKey // what it publishes, the newest first
	Created time.Time
	Updated time.Time

	Followers int
	// Members are how many merchants' news it announces, those who do not wish it apart.
	Members int
}

// GroupKind is what a group gathers.
type GroupKind string

// The kinds of groups, in the order in which they are listed. A town has one of each of the first two from its set-up
// on; the others are what the town hall adds and switches on.
const (
	GroupTown       GroupKind = "town"       // all merchants of the town
	GroupAround     GroupKind = "around"     // these, and the neighbouring towns' as they are shown here
	GroupMarket     GroupKind = "market"     // those who stand on a market
	GroupCollective GroupKind = "collective" // those who belong to an association, a street
	GroupTrade      GroupKind = "trade"      // all who have one trade
)

// groupOrder is the order of the kinds in lists.
var groupOrder = []GroupKind{GroupTown, GroupAround, GroupMarket, GroupCollective, GroupTrade}

// Chosen tells whether the town hall chooses the group's members one by one.
func (k GroupKind) Chosen() bool { return k == GroupMarket || k == GroupCollective }

// Own tells whether the group belongs to every town, and is never switched off.
func (k GroupKind) Own() bool { return k == GroupTown || k == GroupAround }

// called gives the group the name that people read, for those kinds that are called after the town or a trade.
func (g *Group) called(t *Town) {
	switch g.Kind {
	case GroupTown:
		g.Name = t.Name
	case GroupAround:
		g.Name = t.ShortName + " et alentours"
	case GroupTrade:
		g.Name = tradesName(g.Trade)
	}
}

// title is the group's name where nothing else tells of the town: in a list of accounts from everywhere.
func (g *Group) title(t *Town) string {
	if g.Kind.Own() || strings.Contains(g.Name, t.ShortName) {
		return g.Name
	}
	return g.Name + " · " + t.ShortName
}

// sortGroups puts groups into the order of their kinds, and by name within a kind.
func sortGroups(list []*Group, fold func(string) string) {
	slices.SortStableFunc(list, func(a, b *Group) int {
		return cmp.Or(
			cmp.Compare(slices.Index(groupOrder, a.Kind), slices.Index(groupOrder, b.Kind)),
			cmp.Compare(fold(a.Name), fold(b.Name)), strings.Compare(a.Handle, b.Handle),
		)
	})
}

// GroupEntry is a piece of news on a group's page: one of the town's own, or a neighbour's; the other one is nil.
type GroupEntry struct {
	Post    *Post
	Foreign *ForeignPost
}

// Cursor is the place behind the entry in the group's news.
func (e GroupEntry) Cursor() Cursor {
	if e.Foreign != nil {
		return Cursor{At: e.Foreign.Published, ID: e.Foreign.ID}
	}
	return After(e.Post)
}

// GroupSummary is a group's list, in the evening, of what it had no room for that day.
type GroupSummary struct {
	ID        uuid.UUID
	Group     *Group
	Day       string // by the town's clock, "2026-11-26"
	Published time.Time
	Updated   time.Time // zero: nothing in it was withdrawn
	// Entries are what still stands in it, oldest first, at most MaxSummary; Further counts what there was no room for either.
	Entries []GroupEntry
	Further int
}

// SummaryDay is a day on which a group published a summary.
type SummaryDay struct {
	ID        uuid.UUID // of the summary
	Published time.Time
}

// MaxSummary is how much stands in one summary.
const MaxSummary = 40

// GroupDay is what a group has announced on one day.
type GroupDay struct {
	Announced int // of DailyAnnounces
	Waiting   int // what stands in the evening's summary, or will
}
