package postgres_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"bourg/internal/town"

	"github.com/google/uuid"
)

// group adds a group that is switched on.
func (f *fixture) group(kind town.GroupKind, handle, trade string, members ...*town.Merchant) *town.Group {
	f.t.Helper()
	ids := make([]uuid.UUID, len(members))
	for i, m := range members {
		ids[i] = m.ID
	}
	g := &town.Group{Kind: kind, Name: handle, Trade: trade, On: true, Created: time.Now()}
	a := f.newActor(handle)
	f.must(f.AddGroup(f.ctx(), g, a, ids))
	stored, err := f.Group(f.ctx(), a.ID)
	f.must(err)
	return stored
}

// ownGroup is one of the groups that every town has.
func (f *fixture) ownGroup(kind town.GroupKind) *town.Group {
	f.t.Helper()
	all, err := f.Groups(f.ctx())
	f.must(err)
	i := slices.IndexFunc(all, func(g *town.Group) bool { return g.Kind == kind })
	if i < 0 {
		f.t.Fatalf("the town has no group %q", kind)
	}
	return all[i]
}

// merchantOf adds a merchant with a trade.
func (f *fixture) merchantOf(handle, trade string) *town.Merchant {
	f.t.Helper()
	m := &town.Merchant{Handle: handle, Name: handle, Trade: trade, Paint: "brique", Created: time.Now()}
	f.must(f.AddMerchant(f.ctx(), m, f.newActor(handle)))
	stored, err := f.Merchant(f.ctx(), m.ID)
	f.must(err)
	return stored
}

func handles(list []*town.Group) []string {
	names := make([]string, len(list))
	for i, g := range list {
		names[i] = g.Handle
	}
	slices.Sort(names)
	return names
}

func TestGroupsOfAMerchant(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.setUp()
	baker, florist := f.merchantOf("martin", "boulangerie"), f.merchantOf("rose", "fleuriste")
	f.group(town.GroupTrade, "boulangeries", "boulangerie")
	market := f.group(town.GroupMarket, "marche_du_samedi", "", baker, florist)
	f.group(town.GroupCollective, "rue_haute", "", florist)
	for _, c := range []struct {
		what string
		m    *town.Merchant
		act  func()
		want []string
	}{
		{"a baker on the market", baker, func() {}, []string{"alentours", "boulangeries", "marche_du_samedi", "saint_aubin"}},
		{"a florist", florist, func() {}, []string{"alentours", "marche_du_samedi", "rue_haute", "saint_aubin"}},
		{"when the market is switched off", florist, func() {
			market.On = false
			f.must(f.EditGroup(f.ctx(), market, nil, town.Outgoing{}))
		}, []string{"alentours", "rue_haute", "saint_aubin"}},
		{"a baker who does not wish it", baker, func() {
			baker.Unannounced = true
			f.must(f.EditMerchant(f.ctx(), baker, f.outgoing(baker.ID, "Update", f.addresses.Actor(baker.ID), town.Recipients{})))
		}, nil},
		{"a florist who has moved away", florist, func() {
			f.exec(`UPDATE merchants SET moved = '{"id":"https://away.example/u"}' WHERE id = $1`, florist.ID)
		}, nil},
	} {
		c.act()
		list, err := f.GroupsOf(f.ctx(), c.m.ID)
		f.must(err)
		if got := handles(list); !slices.Equal(got, c.want) && len(got)+len(c.want) > 0 {
			t.Errorf("%s: got groups %q, want %q", c.what, got, c.want)
		}
	}
	if g, err := f.Group(f.ctx(), market.ID); err != nil || g.On || g.Members != 0 {
		t.Errorf("the market: got %+v, error %v, want it off and without anybody whom it may announce", g, err)
	}
}

func TestGroupsAreCountedAndFound(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.setUp()
	baker := f.merchantOf("martin", "boulangerie")
	f.merchantOf("rose", "fleuriste")
	g := f.group(town.GroupTrade, "boulangeries", "boulangerie")
	f.follow(g.ID, peer("away.example", "ana"))
	f.follow(f.ownGroup(town.GroupTown).ID, peer("away.example", "ana"))
	for handle, want := range map[string][2]int{"boulangeries": {1, 1}, "saint_aubin": {1, 2}, "alentours": {0, 2}} {
		found, err := f.GroupByHandle(f.ctx(), handle)
		f.must(err)
		if got := [2]int{found.Followers, found.Members}; got != want {
			t.Errorf("@%s: got followers and members %d, want %d", handle, got, want)
		}
	}
	if _, err := f.GroupByHandle(f.ctx(), "martin"); !errors.Is(err, town.ErrNotFound) {
		t.Errorf("a merchant's handle: got error %v, want not found", err)
	}
	members, err := f.GroupMembers(f.ctx(), g.ID)
	f.must(err)
	if len(members) != 1 || members[0].ID != baker.ID {
		t.Errorf("got members %+v, want the baker alone", members)
	}
	if err := f.AddGroup(f.ctx(), &town.Group{Kind: town.GroupTrade, Trade: "boulangerie", On: true}, f.newActor("autres"), nil); !errors.Is(err, town.ErrTaken) {
		t.Errorf("a second group of one trade: got error %v, want taken", err)
	}
	if err := f.AddGroup(f.ctx(), &town.Group{Kind: town.GroupMarket, Name: "x", On: true}, f.newActor("martin"), nil); !errors.Is(err, town.ErrTaken) {
		t.Errorf("a group with a merchant's handle: got error %v, want taken", err)
	}
}

func TestGroupMembers(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.setUp()
	baker, florist := f.merchantOf("martin", "boulangerie"), f.merchantOf("rose", "fleuriste")
	g := f.group(town.GroupMarket, "marche", "", baker)
	check := func(what string, want ...string) {
		t.Helper()
		list, err := f.GroupMembers(f.ctx(), g.ID)
		f.must(err)
		var got []string
		for _, m := range list {
			got = append(got, m.Handle)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got members %q, want %q", what, got, want)
		}
	}
	f.must(f.SetGroupMember(f.ctx(), g.ID, florist.ID, true))
	f.must(f.SetGroupMember(f.ctx(), g.ID, florist.ID, true))
	check("after one came in twice", "martin", "rose")
	f.must(f.SetGroupMember(f.ctx(), g.ID, baker.ID, false))
	check("after one left", "rose")
	f.must(f.EditGroup(f.ctx(), g, []uuid.UUID{baker.ID, uuid.New()}, town.Outgoing{}))
	check("after others were chosen, one of whom there is not", "martin")
	if err := f.SetGroupMember(f.ctx(), g.ID, uuid.New(), true); !errors.Is(err, town.ErrNotFound) {
		t.Errorf("somebody unknown: got error %v, want not found", err)
	}
}

func TestGroupFeed(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.setUp()
	baker, florist := f.merchantOf("martin", "boulangerie"), f.merchantOf("rose", "fleuriste")
	g := f.group(town.GroupTrade, "boulangeries", "boulangerie")
	for n := range 3 {
		f.post(baker, fmt.Sprint("pain ", n))
		f.post(florist, fmt.Sprint("rose ", n))
	}
	read := func(g *town.Group, size int) (all []string) {
		t.Helper()
		var before town.Cursor
		for {
			page, err := f.GroupFeed(f.ctx(), g, before, size)
			f.must(err)
			for _, e := range page {
				all = append(all, e.Post.Text)
				before = e.Cursor()
			}
			if len(page) < size {
				return all
			}
		}
	}
	for _, size := range []int{1, 2, 20} {
		if got, want := read(g, size), []string{"pain 2", "pain 1", "pain 0"}; !slices.Equal(got, want) {
			t.Errorf("the bakeries by pages of %d: got %q, want %q", size, got, want)
		}
		for _, kind := range []town.GroupKind{town.GroupTown, town.GroupAround} {
			got, want := read(f.ownGroup(kind), size), []string{"rose 2", "pain 2", "rose 1", "pain 1", "rose 0", "pain 0"}
			if !slices.Equal(got, want) {
				t.Errorf("%s by pages of %d: got %q, want %q", kind, size, got, want)
			}
		}
	}
}

func TestOlderTownGetsItsGroups(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.setUp()
	f.exec(`DELETE FROM groups`)
	f.exec(`DELETE FROM actor_keys WHERE actor_id IN (SELECT id FROM actors WHERE handle = 'alentours')`)
	f.exec(`DELETE FROM actors WHERE handle = 'alentours'`)
	around := f.newActor("alentours")
	f.must(f.EnsureGroups(f.ctx(), around))
	if err := f.EnsureGroups(f.ctx(), f.newActor("alentours_2")); !errors.Is(err, town.ErrTaken) {
		t.Errorf("a second time: got error %v, want taken", err)
	}
	own, second, err := f.OwnGroups(f.ctx())
	f.must(err)
	if g, err := f.GroupByHandle(f.ctx(), "saint_aubin"); err != nil || g.ID != own || second != around.ID {
		t.Errorf("got %v and %v, error %v, want the town's actor and %v", own, second, err, around.ID)
	}
	if f.count(`SELECT count(*) FROM actors`) != 3 {
		t.Errorf("got %d actors, want 3", f.count(`SELECT count(*) FROM actors`))
	}
}
