package postgres_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"bourg/federation"
	"bourg/internal/postgres"
	"bourg/internal/town"

	"github.com/google/uuid"
)

// neighbour makes a neighbour that sends and receives.
func (f *fixture) neighbour(domain string, mode town.Mode) *town.Neighbour {
	f.t.Helper()
	f.must(f.ChangeNeighbour(f.ctx(), domain, func(k *town.Neighbour) ([]town.Outgoing, error) {
		relay := federation.IRI("https://" + domain + "/actors/relay")
		shops := 18
		k.Card = town.Card{Name: "Ville " + domain, INSEE: []string{"30344"}, Place: &town.Point{Lat: 48.3, Lon: -1.3}, Peering: "approval", Shops: &shops, Towns: relay + "/neighbours"}
		k.Relay = town.RelayActor{ID: relay, Inbox: relay + "/inbox"}
		k.Outgoing, k.Incoming, k.Mode = town.StandingAccepted, town.StandingAccepted, mode
		k.Since, k.Ended = time.Now().Truncate(time.Second), time.Now().Add(-time.Hour).Truncate(time.Second)
		return nil, nil
	}))
	k, err := f.Neighbour(f.ctx(), domain)
	f.must(err)
	return k
}

// foreign stores news of a merchant of a neighbour.
func (f *fixture) foreign(domain, merchant, id string) *town.ForeignPost {
	f.t.Helper()
	actor := peer(domain, merchant)
	p := &town.ForeignPost{
		ID: uuid.New(), ObjectID: federation.IRI("https://" + domain + "/posts/" + id), Domain: domain, Actor: town.RemoteActor{ID: actor.ID},
		Kind: town.News, Content: "<p>" + id + "</p>", URL: federation.IRI("https://" + domain + "/p/" + id),
		Published: time.Now().Add(time.Duration(f.sent) * time.Second), Received: time.Now(),
	}
	f.must(f.SaveForeignPost(f.ctx(), f.received(actor), p))
	return p
}

func TestANeighbourKeepsItsCard(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.setUp()
	k := f.neighbour("b.example", town.ModeOpen)
	if k.Shops == nil || *k.Shops != 18 || k.Towns != "https://b.example/actors/relay/neighbours" || k.Ended.IsZero() {
		t.Errorf("got %+v, want the shops, the list and the end", k)
	}
}

// What came is counted once, what a peer took is counted where it was an announcement, and only of the days asked for.
func TestTrafficIsCountedByDay(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.setUp()
	k := f.neighbour("b.example", town.ModeOpen)
	f.neighbour("c.example", town.ModeOpen)
	f.foreign("b.example", "martin", "1")
	again := f.foreign("b.example", "martin", "2")
	f.must(f.KeepForeignPost(f.ctx(), again)) // what is not new is not counted
	relay, err := f.RelayActor(f.ctx())
	f.must(err)
	for i, kind := range []string{"Announce", "Announce", "Accept"} {
		id := newID(t)
		f.must(f.AddOutgoing(f.ctx(), town.Outgoing{
			ID: id, Actor: relay.ID, Type: kind, Object: federation.IRI(fmt.Sprintf("https://bourg.test/posts/%d", i)), JSON: []byte("{}"), Leaves: time.Now().Add(-time.Minute),
			To: town.Recipients{Inboxes: []federation.IRI{k.Relay.Inbox, "https://far.example/inbox"}},
		}))
	}
	claimed, err := f.ClaimDeliveries(f.ctx(), 10, 10, nil, time.Minute)
	f.must(err)
	var results []federation.DeliveryResult
	for _, d := range claimed {
		results = append(results, federation.DeliveryResult{ID: d.ID, Lease: d.Lease, Host: d.Host, Inbox: d.Inbox, Outcome: federation.Delivered})
	}
	if len(results) != 6 {
		t.Fatalf("got %d deliveries, want 6", len(results))
	}
	f.must(f.FinishDeliveries(f.ctx(), results))
	f.must(f.FinishDeliveries(f.ctx(), results)) // what was done is not counted twice
	f.exec(`INSERT INTO neighbour_days (domain, day, came) VALUES ('b.example', current_date - 30, 40), ('b.example', current_date - 90, 40)`)

	days, err := f.Traffic(f.ctx(), time.Now().AddDate(0, 0, -7))
	f.must(err)
	if len(days) != 1 || days[0].Domain != "b.example" || days[0].Came != 2 || days[0].Sent != 2 || days[0].SentAt.IsZero() {
		t.Errorf("got %+v, want two that came and two announcements that arrived", days)
	}
	_, err = f.Sweep(f.ctx(), time.Now())
	f.must(err)
	if n := f.count(`SELECT count(*) FROM neighbour_days`); n != 2 {
		t.Errorf("after the sweep: got %d days, want those of sixty days", n)
	}
}

// The town hall lets merchants of a town in one by one; what a blocked one publishes is gone and stays out.
func TestMerchantsOfANeighbourAreDecided(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.setUp()
	f.neighbour("b.example", town.ModeReview)
	f.neighbour("c.example", town.ModeOpen)
	f.foreign("b.example", "martin", "1")
	newest := f.foreign("b.example", "martin", "2")
	f.foreign("b.example", "durand", "3")
	f.foreign("c.example", "leroy", "4")
	waiting, err := f.WaitingMerchants(f.ctx(), 10)
	f.must(err)
	if len(waiting) != 2 || waiting[1].Sample.ObjectID != newest.ObjectID || waiting[1].Town != "Ville b.example" {
		t.Fatalf("waiting: got %+v, want durand and martin with the newest", waiting)
	}
	shown := func() (ids []string) {
		feed, err := f.ForeignFeed(f.ctx(), "b.example", town.Cursor{}, 10)
		f.must(err)
		for _, p := range feed {
			ids = append(ids, p.Content)
		}
		return ids
	}
	if got := shown(); len(got) != 0 {
		t.Errorf("before a decision: got %q shown", got)
	}
	martin, durand := waiting[1].Actor.ID, waiting[0].Actor.ID
	f.must(f.DecideMerchant(f.ctx(), martin, "b.example", town.DecisionLetIn, time.Now()))
	f.must(f.DecideMerchant(f.ctx(), durand, "b.example", town.DecisionMuted, time.Now()))
	if got := shown(); !slices.Equal(got, []string{"<p>2</p>", "<p>1</p>"}) {
		t.Errorf("after martin was let in: got %q", got)
	}
	f.must(f.DecideMerchant(f.ctx(), durand, "b.example", town.DecisionBlocked, time.Now()))
	f.foreign("b.example", "durand", "5")
	if n := f.count(`SELECT count(*) FROM foreign_posts WHERE actor = $1`, string(durand)); n != 0 {
		t.Errorf("of a blocked merchant: got %d posts kept", n)
	}
	list, err := f.ForeignMerchants(f.ctx(), "b.example", "", 10)
	f.must(err)
	if len(list) != 2 || list[0].Decision != town.DecisionBlocked || list[0].Posts != 0 || list[1].Decision != town.DecisionLetIn || list[1].Posts != 2 || list[1].Actor.Name == "" {
		t.Errorf("merchants: got %+v, want durand blocked and martin let in with two", list)
	}
	if rest, err := f.ForeignMerchants(f.ctx(), "b.example", list[0].Actor.ID, 10); err != nil || len(rest) != 1 {
		t.Errorf("behind the first: got %+v, error %v", rest, err)
	}
	if waiting, err := f.WaitingMerchants(f.ctx(), 10); err != nil || len(waiting) != 0 {
		t.Errorf("nobody waits any more: got %+v, error %v", waiting, err)
	}
}

// Towns that neighbours name are known until the neighbour names them no more; we, whom we know and whom we block are left out.
func TestHintsOfNeighbours(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.setUp()
	f.neighbour("b.example", town.ModeOpen)
	f.neighbour("gone.example", town.ModeOpen)
	f.exec(`UPDATE neighbours SET outgoing = 'none', incoming = 'none' WHERE domain = 'gone.example'`)
	f.must(f.BlockDomain(f.ctx(), "bad.example", "", time.Now()))
	hint := func(domain string) town.Hint {
		return town.Hint{Domain: domain, Base: "https://" + domain, Name: domain, Place: town.Point{Lat: 48.2, Lon: -1.4}}
	}
	f.must(f.KeepHints(f.ctx(), "b.example", []town.Hint{hint("d.example"), hint("bourg.test"), hint("gone.example"), hint("www.bad.example"), hint("e.example")}))
	f.must(f.KeepHints(f.ctx(), "gone.example", []town.Hint{hint("f.example")}))
	got, err := f.Hints(f.ctx())
	f.must(err)
	if len(got) != 1 || len(got["b.example"]) != 2 || got["b.example"][0] != hint("d.example") {
		t.Errorf("got %+v, want d and e from b", got)
	}
	f.must(f.KeepHints(f.ctx(), "b.example", nil))
	if got, err := f.Hints(f.ctx()); err != nil || len(got) != 0 {
		t.Errorf("after b names nobody: got %+v, error %v", got, err)
	}
}

// A request is told once to each person of the town hall, and one letter in half an hour is enough.
func TestTheTownHallIsWrittenToOnce(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.setUp()
	f.must(f.AddLogin(f.ctx(), &town.Login{Name: "Anne", Email: "anne@bourg.test", TownHall: true}, uuid.Nil))
	mails := func() int { return f.count(`SELECT count(*) FROM river_job WHERE kind = 'mail'`) }
	for _, domain := range []string{"b.example", "c.example"} {
		f.neighbour(domain, town.ModeOpen)
		f.exec(`UPDATE neighbours SET incoming = 'pending' WHERE domain = $1`, domain)
	}
	now := time.Now()
	// The letters differ, as those of different days do: the queue holds one of the same words.
	data := func(at time.Time) map[string]string {
		return map[string]string{"name": "B", "domain": "b.example", "link": at.String()}
	}
	for _, c := range []struct {
		what, domain string
		at           time.Time
		want         int
	}{
		{"the first", "b.example", now, 1},
		{"its repeat", "b.example", now.Add(24 * time.Hour), 1},
		{"another town", "c.example", now.Add(26 * time.Hour), 2},
		{"it asks again a month later", "b.example", now.Add(30 * 24 * time.Hour), 3},
		{"and the other within minutes", "c.example", now.Add(30*24*time.Hour + time.Minute), 3},
	} {
		f.must(f.TellOfRequest(f.ctx(), c.domain, data(c.at), c.at))
		if got := mails(); got != c.want {
			t.Errorf("%s: got %d mails, want %d", c.what, got, c.want)
		}
	}
	f.exec(`UPDATE neighbours SET incoming = 'accepted'`)
	f.must(f.TellOfRequest(f.ctx(), "b.example", data(now), now.Add(90*24*time.Hour)))
	if got := mails(); got != 3 {
		t.Errorf("a town that was answered: got %d mails, want none more", got)
	}
}

// Whoever looks at the town sees its newest news, and nothing that is for the town alone.
func TestLatestPosts(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	first, town1, last := f.post(m, "Du pain"), f.post(m, "Entre nous"), f.post(m, "Du vin")
	f.exec(`UPDATE posts SET reach = 'town' WHERE id = $1`, town1.ID)
	f.exec(`UPDATE posts SET published_at = published_at - interval '1 hour' WHERE id = $1`, first.ID)
	got, err := f.LatestPosts(f.ctx(), time.Now().Add(time.Hour), 5)
	f.must(err)
	if len(got) != 2 || got[0].ID != last.ID || got[1].ID != first.ID {
		t.Errorf("got %d posts, want the two that are for others too, newest first", len(got))
	}
}

// The console costs what it shows, however much has been exchanged.
func TestConsolePlans(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.setUp()
	for i := range 20 {
		f.neighbour(fmt.Sprintf("t%d.example", i), town.ModeReview)
	}
	f.foreign("t0.example", "martin", "0")
	f.exec(`INSERT INTO foreign_posts (id, object_id, domain, actor, kind, content, url, published_at, received_at)
		SELECT gen_random_uuid(), 'https://t/' || n, 't' || n % 20 || '.example', 'https://t' || n % 20 || '.example/actors/' || n % 500, 'news', '', '', now(), now()
		  FROM generate_series(1, 20000) n`)
	f.exec(`INSERT INTO neighbour_days (domain, day, came) SELECT 't' || n % 20 || '.example', current_date - 1 - n / 20, 1 FROM generate_series(0, 19999) n`)
	f.exec(`ANALYZE`)
	nodes := f.explain(postgres.TrafficSQL, time.Now().AddDate(0, 0, -6))
	if rows := readRows(nodes, "neighbour_days"); rows > 200 {
		t.Errorf("the week: reads %.0f rows, want those of a week", rows)
	}
	nodes = f.explain(postgres.ForeignMerchantsSQL, "t3.example", "", 101)
	if rows := readRows(nodes, "foreign_posts"); rows > 1100 {
		t.Errorf("merchants of a neighbour: reads %.0f rows of posts, want those of that town", rows)
	}
}
