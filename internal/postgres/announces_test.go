package postgres_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"bourg/federation"
	"bourg/internal/town"

	"github.com/google/uuid"
)

// announcer lets the town's groups announce, by a clock of its own.
func (f *fixture) announcer(now func() time.Time) *town.Announcer {
	return &town.Announcer{
		Store: f.Store, Addresses: f.addresses, Now: now, Wake: func() {}, Plain: func(s string) string { return s },
	}
}

// carried publishes a post with what goes with it, and leaves it held so long.
func (f *fixture) carried(a *town.Announcer, m *town.Merchant, text string, at time.Time, hold time.Duration) *town.Post {
	f.t.Helper()
	p, out := f.newPost(m, text, hold)
	p.Published, p.Leaves, out.Leaves = at, at.Add(hold), at.Add(hold)
	f.must(a.Carry(f.ctx(), p, &out))
	stored, err := f.AddPost(f.ctx(), p, uuid.Nil, out)
	f.must(err)
	return stored
}

// announced lists what a group has announced, by the texts of the posts, the first first.
func (f *fixture) announced(g *town.Group) (texts []string) {
	f.t.Helper()
	rows, err := f.Pool().Query(f.ctx(), `
		SELECT p.text FROM activities a JOIN posts p ON a.object_id = 'https://bourg.test/posts/' || p.id
		 WHERE a.actor_id = $1 AND a.type = 'Announce' AND a.listed ORDER BY p.published_at`, g.ID)
	f.must(err)
	defer rows.Close()
	for rows.Next() {
		var text string
		f.must(rows.Scan(&text))
		texts = append(texts, text)
	}
	return texts
}

// noon is on a working day, far from midnight in any of France's time zones.
var noon = time.Date(2026, 11, 26, 11, 0, 0, 0, time.UTC)

func clockAt(at time.Time) func() time.Time { return func() time.Time { return at } }

func TestQuotaOfADay(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.setUp()
	a := f.announcer(clockAt(noon))
	own := f.ownGroup(town.GroupTown)
	for n := range 3 {
		f.carried(a, f.merchantOf("m"+fmt.Sprint(n), "boulangerie"), fmt.Sprint("first of ", n), noon, 0)
	}
	m := f.merchantOf("busy", "fleuriste")
	for n := range 4 {
		f.carried(a, m, fmt.Sprint("busy ", n), noon.Add(time.Duration(n+1)*time.Second), 0)
	}
	if got, want := f.announced(own)[3:], []string{"busy 0", "busy 1"}; !slices.Equal(got, want) {
		t.Errorf("of one merchant: got %q announced, want %q", got, want)
	}
	for n := range 10 {
		f.carried(a, f.merchantOf("late"+fmt.Sprint(n), "cafe"), fmt.Sprint("late ", n), noon.Add(time.Minute), 0)
	}
	if got := f.announced(own); len(got) != town.DailyAnnounces {
		t.Errorf("got %d announced, want %d", len(got), town.DailyAnnounces)
	}
	day, err := f.GroupDay(f.ctx(), own.ID, "2026-11-26")
	f.must(err)
	if want := (town.GroupDay{Announced: 12, Waiting: 5}); day != want {
		t.Errorf("got the day %+v, want %+v", day, want)
	}
	// Midnight in Paris: it is still the 26th in UTC.
	tomorrow := time.Date(2026, 11, 26, 23, 0, 0, 0, time.UTC)
	f.carried(f.announcer(clockAt(tomorrow)), m, "next day", tomorrow, 0)
	if got := f.announced(own); !slices.Contains(got, "next day") {
		t.Errorf("the next day: got %q", got)
	}
}

// Two merchants who publish at the same moment do not both get the last place.
func TestQuotaWhenAllPublishAtOnce(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.setUp()
	f.group(town.GroupTrade, "boulangeries", "boulangerie")
	a := f.announcer(clockAt(noon))
	const merchants = 20
	var shops []*town.Merchant
	for n := range merchants {
		shops = append(shops, f.merchantOf(fmt.Sprint("m", n), "boulangerie"))
	}
	var all sync.WaitGroup
	failed := make(chan error, merchants*3)
	for _, m := range shops {
		all.Add(1)
		go func() {
			defer all.Done()
			for n := range 3 {
				p, out := f.newPost(m, fmt.Sprint("post ", n), 0)
				p.Published, p.Leaves, out.Leaves = noon, noon, noon
				err := a.Carry(f.ctx(), p, &out)
				if err == nil {
					_, err = f.AddPost(f.ctx(), p, uuid.Nil, out)
				}
				if err != nil {
					failed <- err
				}
			}
		}()
	}
	all.Wait()
	close(failed)
	for err := range failed {
		t.Errorf("publish: %v", err)
	}
	groups, err := f.Groups(f.ctx())
	f.must(err)
	for _, g := range groups {
		if n := len(f.announced(g)); n != town.DailyAnnounces {
			t.Errorf("@%s: got %d announced, want %d", g.Handle, n, town.DailyAnnounces)
		}
		most := f.count(`SELECT max(n) FROM (SELECT count(activity_id) AS n FROM group_announces WHERE group_id = $1 GROUP BY author) x`, g.ID)
		if most > town.DailyAnnouncesMerchant {
			t.Errorf("@%s: got %d announced of one merchant, want %d at most", g.Handle, most, town.DailyAnnouncesMerchant)
		}
		if n := f.count(`SELECT count(*) FROM group_announces WHERE group_id = $1`, g.ID); n != merchants*3 {
			t.Errorf("@%s: got %d met, want %d", g.Handle, n, merchants*3)
		}
	}
}

func TestAnnouncementFollowsItsPost(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.setUp()
	m := f.merchantOf("martin", "boulangerie")
	own := f.ownGroup(town.GroupTown)
	far := peer("far.example", "ana")
	f.follow(own.ID, far)
	f.clearQueue()
	now := time.Now().UTC().Truncate(time.Second)
	a := f.announcer(clockAt(now))
	check := func(what string, want ...string) {
		t.Helper()
		if got := f.waiting(); !slices.Equal(got, want) {
			t.Errorf("%s: got %q waiting, want %q", what, got, want)
		}
	}
	const inbox = "https://far.example/inbox"

	p := f.carried(a, m, "held", now, time.Minute)
	check("held", "Announce "+inbox)
	if n := f.count(`SELECT count(*) FROM deliveries WHERE next_try = $1`, p.Leaves); n != 1 {
		t.Errorf("got %d deliveries that leave with the post, want 1", n)
	}
	_, edit := f.newPost(m, "", time.Minute)
	edit.ID, edit.Object, edit.Leaves = p.ID, f.addresses.Post(p.ID), p.Leaves
	f.must(a.Carry(f.ctx(), p, &edit))
	p.Text = "held, edited"
	f.must(f.EditHeldPost(f.ctx(), p, edit))
	check("edited while held", "Announce "+inbox)

	if _, err := f.UndoPost(f.ctx(), p.ID); err != nil {
		t.Fatal(err)
	}
	check("undone")
	if n := f.count(`SELECT count(*) FROM group_announces`); n != 0 {
		t.Errorf("undone: got %d announcements that use up the quota, want none", n)
	}

	p = f.carried(a, m, "left", now.Add(-time.Second), 0)
	check("left", "Announce "+inbox)
	f.clearQueue()
	f.must(f.EditPost(f.ctx(), p, f.outgoing(m.ID, "Update", f.addresses.Post(p.ID), town.Recipients{Followers: true, Earlier: f.addresses.Post(p.ID)})))
	check("edited", "Update "+inbox)
	f.clearQueue()
	f.must(f.AddOutgoing(f.ctx(), f.outgoing(m.ID, "Announce", f.addresses.Post(p.ID), town.Recipients{Followers: true, Earlier: f.addresses.Post(p.ID)})))
	check("announced by its merchant itself")
	f.must(f.RemoveFollower(f.ctx(), f.received(far), own.ID))
	f.must(f.WithdrawPost(f.ctx(), p.ID, now, f.outgoing(m.ID, "Delete", f.addresses.Post(p.ID),
		town.Recipients{Followers: true, Since: p.Published, Earlier: f.addresses.Post(p.ID)})))
	check("withdrawn, when the follower has just left", "Delete "+inbox)
	if rows, total, err := f.OutboxPage(f.ctx(), own.ID, uuid.Nil, 20, now.Add(time.Hour)); err != nil || total != 0 || len(rows) != 0 {
		t.Errorf("withdrawn: got %d in the group's outbox, error %v, want none", total, err)
	}
}

func TestGroupOutboxCarriesTheActivity(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.setUp()
	m := f.merchantOf("martin", "boulangerie")
	a := f.announcer(clockAt(noon))
	p := f.carried(a, m, "Du pain", noon, 0)
	own := f.ownGroup(town.GroupTown)
	rows, _, err := f.OutboxPage(f.ctx(), own.ID, uuid.Nil, 20, noon.Add(time.Hour))
	f.must(err)
	if len(rows) != 1 || rows[0].CarriesID != p.ID || !strings.Contains(string(rows[0].Carries), `"Create"`) ||
		!strings.Contains(string(rows[0].JSON), `"object":"https://bourg.test/posts/`) {
		t.Errorf("got %+v, want the Announce of the post's id that carries the Create", rows)
	}
}

func TestWhoFollowsAGroupThatIsSwitchedOff(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.setUp()
	g := f.group(town.GroupTrade, "boulangeries", "boulangerie")
	ana, bob := peer("far.example", "ana"), peer("far.example", "bob")
	f.follow(g.ID, ana)
	g.On = false
	f.must(f.EditGroup(f.ctx(), g, nil, town.Outgoing{}))
	in := f.received(bob)
	if err := f.AddFollower(f.ctx(), in, g.ID, in.ID, f.accept(g.ID, bob, in.ID)); !errors.Is(err, town.ErrForbidden) {
		t.Errorf("somebody new: got error %v, want forbidden", err)
	}
	in = f.received(ana)
	f.must(f.AddFollower(f.ctx(), in, g.ID, in.ID, f.accept(g.ID, ana, in.ID)))
	m := f.merchantOf("martin", "boulangerie")
	f.carried(f.announcer(clockAt(noon)), m, "Du pain", noon, 0)
	if got := f.announced(g); len(got) != 0 {
		t.Errorf("got %q announced, want nothing", got)
	}
	// Switched off between the look and the transaction.
	g.On = true
	f.must(f.EditGroup(f.ctx(), g, nil, town.Outgoing{}))
	p, out := f.newPost(m, "Encore", 0)
	f.must(f.announcer(clockAt(noon)).Carry(f.ctx(), p, &out))
	g.On = false
	f.must(f.EditGroup(f.ctx(), g, nil, town.Outgoing{}))
	if _, err := f.AddPost(f.ctx(), p, uuid.Nil, out); err != nil {
		t.Fatal(err)
	}
	if got := f.announced(g); len(got) != 0 {
		t.Errorf("got %q announced, want nothing", got)
	}
}

// evening is a quarter past seven in Paris, on noon's day.
var evening = time.Date(2026, 11, 26, 18, 15, 0, 0, time.UTC)

func TestSummaryOfTheEvening(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.setUp()
	a := f.announcer(clockAt(noon))
	own := f.ownGroup(town.GroupTown)
	m, shy := f.merchantOf("martin", "boulangerie"), f.merchantOf("rose", "fleuriste")
	posts := map[string]*town.Post{}
	for n := range 5 {
		name := fmt.Sprint("pain ", n)
		posts[name] = f.carried(a, m, name, noon.Add(time.Duration(n)*time.Second), 0)
	}
	for n := range 3 {
		f.carried(a, shy, fmt.Sprint("rose ", n), noon, 0)
	}
	shy.Unannounced = true
	f.must(f.EditMerchant(f.ctx(), shy, f.outgoing(shy.ID, "Update", f.addresses.Actor(shy.ID), town.Recipients{})))
	f.must(f.WithdrawPost(f.ctx(), posts["pain 3"].ID, noon, f.outgoing(m.ID, "Delete", f.addresses.Post(posts["pain 3"].ID), town.Recipients{})))

	summaries := func() (list []*town.GroupSummary) {
		t.Helper()
		rows, err := f.Pool().Query(f.ctx(), `SELECT id FROM group_summaries WHERE group_id = $1 ORDER BY day`, own.ID)
		f.must(err)
		var ids []uuid.UUID
		for rows.Next() {
			var id uuid.UUID
			f.must(rows.Scan(&id))
			ids = append(ids, id)
		}
		for _, id := range ids {
			s, err := f.Summary(f.ctx(), id)
			f.must(err)
			list = append(list, s)
		}
		return list
	}
	texts := func(s *town.GroupSummary) (list []string) {
		for _, e := range s.Entries {
			list = append(list, e.Post.Text)
		}
		return list
	}
	f.must(a.Tend(f.ctx()))
	if got := summaries(); len(got) != 0 {
		t.Fatalf("at noon: got %d summaries, want none", len(got))
	}
	// Several processes come to it at once.
	var all sync.WaitGroup
	for range 4 {
		all.Add(1)
		go func() {
			defer all.Done()
			if err := f.announcer(clockAt(evening)).Tend(f.ctx()); err != nil {
				t.Errorf("tend: %v", err)
			}
		}()
	}
	all.Wait()
	got := summaries()
	if len(got) != 1 || !slices.Equal(texts(got[0]), []string{"pain 2", "pain 4"}) || got[0].Day != "2026-11-26" || !got[0].Published.Equal(evening) {
		t.Fatalf("got summaries %+v with %q, want one with what had no room and is still there", got, texts(got[0]))
	}
	if n := f.count(`SELECT count(*) FROM activities WHERE actor_id = $1 AND type = 'Create' AND listed AND public`, own.ID); n != 1 {
		t.Errorf("got %d Creates, want 1", n)
	}
	// One that found it due before the others had written it.
	err := f.AddSummary(f.ctx(), &town.GroupSummary{ID: newID(t), Group: own, Day: "2026-11-26", Published: evening}, noon.Add(-time.Hour),
		func(*town.GroupSummary) (town.Outgoing, error) {
			return town.Outgoing{}, errors.New("asked to write a second summary")
		})
	if !errors.Is(err, town.ErrChanged) {
		t.Errorf("a second summary of a day: got error %v, want ErrChanged", err)
	}
	// What comes later in the evening stands in the next one.
	f.carried(f.announcer(clockAt(evening)), m, "pain du soir", evening.Add(time.Minute), 0)
	f.must(f.announcer(clockAt(evening.Add(time.Hour))).Tend(f.ctx()))
	if got := summaries(); len(got) != 1 {
		t.Errorf("an hour later: got %d summaries, want 1", len(got))
	}
	f.must(f.announcer(clockAt(evening.Add(24 * time.Hour))).Tend(f.ctx()))
	if got := summaries(); len(got) != 2 || !slices.Equal(texts(got[1]), []string{"pain du soir"}) {
		t.Errorf("a day later: got %d summaries, want a second one with what came late", len(got))
	}
	f.must(f.announcer(clockAt(evening.Add(48 * time.Hour))).Tend(f.ctx()))
	if got := summaries(); len(got) != 2 {
		t.Errorf("with nothing to sum up: got %d summaries, want 2", len(got))
	}
	// A link that leads nowhere goes out of it.
	before := f.count(`SELECT count(*) FROM activities WHERE actor_id = $1 AND type = 'Update'`, own.ID)
	gone := posts["pain 2"]
	f.must(f.WithdrawPost(f.ctx(), gone.ID, evening, f.outgoing(m.ID, "Delete", f.addresses.Post(gone.ID), town.Recipients{})))
	for range 2 {
		f.must(f.announcer(clockAt(evening.Add(time.Hour))).Tend(f.ctx()))
	}
	if n := f.count(`SELECT count(*) FROM activities WHERE actor_id = $1 AND type = 'Update'`, own.ID) - before; n != 1 {
		t.Errorf("after a withdrawal: got %d Updates, want 1", n)
	}
	if n := f.count(`SELECT count(*) FROM activities WHERE actor_id = $1 AND convert_from(json, 'UTF8') LIKE '%' || $2::text || '%' AND type IN ('Create', 'Update')`,
		own.ID, gone.ID); n != 0 {
		t.Errorf("got %d activities that lead to what was withdrawn, want none", n)
	}
	if s := summaries()[0]; !slices.Equal(texts(s), []string{"pain 4"}) || s.Updated.IsZero() {
		t.Errorf("after a withdrawal: got %q, updated %v", texts(s), s.Updated)
	}
}

// knows stores a peer's actor, as when it was fetched.
func (f *fixture) knows(a *federation.Actor) {
	f.t.Helper()
	verified, err := (federation.Authority{Host: "bourg.test"}).Actor(a, a.ID)
	f.must(err)
	f.must(f.SaveActor(f.ctx(), verified, time.Now()))
}

// neighbourWith is a neighbour that sends us its news, with one merchant.
func (f *fixture) neighbourWith(domain string) *federation.Actor {
	f.t.Helper()
	f.exec(`INSERT INTO neighbours (domain, base, name, relay, outgoing) VALUES ($1, 'https://' || $1::text, 'Voisine', 'https://' || $1::text || '/relay', 'accepted')`, domain)
	shop := peer(domain, "fournil")
	f.knows(shop)
	return shop
}

// hears takes a post of a neighbour's merchant that its relay announces.
func (f *fixture) hears(shop *federation.Actor, name string, published time.Time) *town.ForeignPost {
	f.t.Helper()
	p := &town.ForeignPost{
		ID: newID(f.t), ObjectID: shop.ID + federation.IRI("/posts/"+name), Domain: shop.ID.Host(), Actor: town.RemoteActor{ID: shop.ID}, Kind: town.News,
		Content: "<p>" + name + "</p>", URL: shop.ID + federation.IRI("/"+name), Published: published, Received: published,
	}
	f.must(f.SaveForeignPost(f.ctx(), f.received(peer(p.Domain, "relay")), p))
	return p
}

func TestSurroundingsAnnounceNeighbours(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.setUp()
	now := time.Now().UTC().Truncate(time.Second)
	a := f.announcer(clockAt(now))
	around, own := f.ownGroup(town.GroupAround), f.ownGroup(town.GroupTown)
	f.follow(around.ID, peer("far.example", "ana"))
	f.follow(own.ID, peer("other.example", "ana"))
	f.clearQueue()
	shop := f.neighbourWith("voisine.example")
	check := func(what string, want ...string) {
		t.Helper()
		f.must(a.Tend(f.ctx()))
		if got := f.waiting(); !slices.Equal(got, want) {
			t.Errorf("%s: got %q waiting, want %q", what, got, want)
		}
	}
	const announce, undo = "Announce https://far.example/inbox", "Undo https://far.example/inbox"

	kept := f.hears(shop, "1", now)
	check("news from next door", announce)
	f.hears(shop, "1", now)
	check("the same once more", announce)
	f.must(f.KeepForeignPost(f.ctx(), &town.ForeignPost{
		ID: newID(t), ObjectID: shop.ID + "/posts/filled", Domain: "voisine.example", Actor: town.RemoteActor{ID: shop.ID}, Kind: town.News,
		Content: "x", URL: shop.ID, Published: now, Received: now,
	}))
	check("what is filled in", announce)
	f.hears(shop, "old", now.Add(-10*24*time.Hour))
	check("old news that comes as new", announce)

	f.exec(`UPDATE neighbours SET mode = 'review'`)
	f.hears(shop, "2", now)
	check("of a merchant who is not let in", announce)
	f.exec(`INSERT INTO foreign_merchants (actor, decision, decided_at) VALUES ($1, 'let_in', now())`, string(shop.ID))
	check("once the merchant is let in", announce, announce)
	f.hears(shop, "3", now)
	check("a third of one merchant", announce, announce)

	f.must(f.DeleteForeignPost(f.ctx(), f.received(peer("voisine.example", "relay")), "voisine.example", kept.ObjectID))
	check("when one is withdrawn", announce, announce, undo)
	check("and no second time", announce, announce, undo)
	if n := f.count(`SELECT count(*) FROM activities WHERE actor_id = $1 AND listed`, around.ID); n != 1 {
		t.Errorf("got %d in the outbox, want the one that still stands", n)
	}
	if day, err := f.GroupDay(f.ctx(), around.ID, now.In(time.FixedZone("", 3600)).Format(time.DateOnly)); err != nil || day.Announced != 2 || day.Waiting != 1 {
		t.Errorf("got the day %+v, error %v, want 2 announced and 1 that waits", day, err)
	}
	if n := f.count(`SELECT count(*) FROM group_announces WHERE group_id = $1`, own.ID); n != 0 {
		t.Errorf("the town's own group: got %d of neighbours' posts, want none", n)
	}
}

func TestNewsThatIsNotShownWaitsForADay(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.setUp()
	now := time.Now().UTC().Truncate(time.Second)
	around := f.ownGroup(town.GroupAround)
	f.neighbourWith("voisine.example")
	f.exec(`UPDATE neighbours SET mode = 'muted'`)
	stranger := peer("voisine.example", "nouvelle") // who was not fetched yet
	tends := func(what string, at time.Time, announced, waiting int) {
		t.Helper()
		f.must(f.announcer(clockAt(at)).Tend(f.ctx()))
		if n := f.count(`SELECT count(*) FROM activities WHERE actor_id = $1 AND type = 'Announce'`, around.ID); n != announced {
			t.Errorf("%s: got %d announced, want %d", what, n, announced)
		}
		if n := f.count(`SELECT count(*) FROM around_news`); n != waiting {
			t.Errorf("%s: got %d that wait, want %d", what, n, waiting)
		}
	}
	f.hears(stranger, "1", now)
	tends("of a neighbour who is muted", now, 0, 1)
	f.exec(`UPDATE neighbours SET mode = 'open'`)
	tends("who is muted no more", now, 1, 0)
	f.exec(`UPDATE neighbours SET mode = 'muted'`)
	f.hears(stranger, "2", now)
	tends("who stays muted", now.Add(25*time.Hour), 1, 0)
}
