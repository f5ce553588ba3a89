package postgres_test

import (
	"errors"
	"testing"
	"time"

	"bourg/federation"
	"bourg/internal/town"

	"github.com/google/uuid"
)

// TestHiddenPostsAndTheirReports: a post is hidden at once and reported once, its answer comes from that town only, and it is shown
// again.
func TestHiddenPostsAndTheirReports(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.setUp()
	k := f.neighbour("vernede.example", town.ModeOpen)
	post := f.foreign("vernede.example", "martin", "miracle")
	server, err := f.RelayActor(f.ctx())
	f.must(err)
	shown := func() int {
		list, err := f.ForeignFeed(f.ctx(), "", town.Cursor{}, 10)
		f.must(err)
		return len(list)
	}
	if got, err := f.ForeignPost(f.ctx(), post.ID); err != nil || got.ObjectID != post.ObjectID || shown() != 1 {
		t.Fatalf("got %+v and error %v, want the post, shown", got, err)
	}
	now := time.Now().UTC().Truncate(time.Second)
	report := func() uuid.UUID {
		id := newID(t)
		f.must(f.HideForeign(f.ctx(), town.HiddenPost{Object: post.ObjectID, Domain: post.Domain, Category: "spam", Words: "Trop.", At: now},
			&town.SentReport{ID: id, Actor: post.Actor, Object: post.ObjectID, Words: "Trop.", At: now, Category: "spam", Hall: post.Domain, Title: "miracle"},
			town.Outgoing{ID: id, Actor: server.ID, Type: "Flag", Object: post.ObjectID, JSON: []byte("{}"), Leaves: now, To: town.Recipients{Inboxes: []federation.IRI{k.Relay.Inbox}}}))
		return id
	}
	flag := report()
	report()
	if got := f.count(`SELECT count(*) FROM deliveries`); got != 1 || shown() != 0 {
		t.Errorf("reported twice: got %d Flags and %d posts shown, want one and none", got, shown())
	}
	relay := &federation.Actor{ID: k.Relay.ID, Type: "Application", Inbox: k.Relay.Inbox}
	for _, c := range []struct {
		name   string
		flag   uuid.UUID
		domain string
		want   error
	}{
		{"another town", flag, "uzes.example", federation.ErrIgnored},
		{"a Flag that we never sent", newID(t), "vernede.example", federation.ErrIgnored},
		{"the town itself", flag, "vernede.example", nil},
	} {
		if err := f.AnswerReport(f.ctx(), f.received(relay), c.flag, c.domain, "Corrigé.", now); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
	list, err := f.SentReports(f.ctx(), 10)
	if err != nil || len(list) != 1 || list[0].Answer != "Corrigé." || !list[0].Answered.Equal(now) || !list[0].Hidden || list[0].Title != "miracle" || list[0].Category != "spam" {
		t.Errorf("got %+v and error %v, want the report with its answer", list, err)
	}
	f.must(f.ShowForeign(f.ctx(), post.ObjectID, now))
	if err := f.ShowForeign(f.ctx(), post.ObjectID, now); !errors.Is(err, town.ErrNotFound) || shown() != 1 {
		t.Errorf("shown again: got %v for a second tap, and %d posts, want ErrNotFound and one", err, shown())
	}
	report()
	if shown() != 0 {
		t.Error("hidden again: it is still shown")
	}
	f.must(f.DeleteForeignPost(f.ctx(), f.received(relay), post.Domain, post.ObjectID))
	if got := f.count(`SELECT count(*) FROM hidden_foreign`); got != 1 {
		t.Errorf("decisions after the post is gone: got %d, want it kept", got)
	}
}

// TestAnAnswerLeavesWithTheDecision: only a town hall's report is answered, to whom it came from.
func TestAnAnswerLeavesWithTheDecision(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.setUp()
	m := f.merchant("fournil")
	k := f.neighbour("vernede.example", town.ModeOpen)
	relay := &federation.Actor{ID: k.Relay.ID, Type: "Application", Inbox: k.Relay.Inbox}
	server, err := f.RelayActor(f.ctx())
	f.must(err)
	now := time.Now().UTC().Truncate(time.Second)
	hall := town.Report{Merchant: m.ID, Words: "Trop.", Received: now, Hall: "Vernède", HallRelay: k.Relay.ID, Flag: "https://vernede.example/activities/1", Category: "spam"}
	other := town.Report{Merchant: m.ID, Received: now}
	f.must(f.AddReport(f.ctx(), f.received(relay), &hall, false))
	f.must(f.AddReport(f.ctx(), f.received(peer("away.example", "server")), &other, false))
	list, err := f.Reports(f.ctx(), true, 0, 10)
	if err != nil || len(list) != 2 || list[0].Hall != "Vernède" || list[0].Category != "spam" || list[1].Hall != "" {
		t.Fatalf("got %+v and error %v, want both, the first marked", list, err)
	}
	asked := 0
	answer := func(r *town.Report) (town.Outgoing, error) {
		asked++
		if r.Flag != hall.Flag || r.HallRelay != hall.HallRelay {
			t.Errorf("answering %+v, want the Flag and who sent it", r)
		}
		return town.Outgoing{ID: newID(t), Actor: server.ID, Type: "Create", Object: "https://bourg.test/posts/9", JSON: []byte("{}"), Leaves: now, To: town.Recipients{Actors: []federation.IRI{r.HallRelay}}}, nil
	}
	f.must(f.DecideReport(f.ctx(), hall.Number, uuid.Nil, "Corrigé.", now, answer))
	f.must(f.DecideReport(f.ctx(), other.Number, uuid.Nil, "Rien.", now, answer))
	if got := f.count(`SELECT count(*) FROM deliveries WHERE inbox = $1`, string(k.Relay.Inbox)); got != 1 || asked != 1 {
		t.Errorf("got %d answers on the way, %d made, want one", got, asked)
	}
}

// TestAFormerNeighboursNewsIsGone: with the exchange the posts end, their pictures, and what a group has announced of them.
func TestAFormerNeighboursNewsIsGone(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.setUp()
	f.neighbour("vernede.example", town.ModeOpen)
	f.neighbour("uzes.example", town.ModeOpen)
	gone, hidden, kept := f.foreign("vernede.example", "martin", "1"), f.foreign("uzes.example", "martin", "2"), f.foreign("uzes.example", "martin", "3")
	for _, p := range []*town.ForeignPost{gone, hidden, kept} {
		f.exec(`INSERT INTO foreign_media (id, post_id, url, host, file, asked_at) VALUES (gen_random_uuid(), $1, 'https://x.example/1.jpg', 'x.example',
			jsonb_build_object('name', $2::text, 'variants', jsonb_build_array(jsonb_build_object('file', $2::text || '-320.jpg'))), now())`, p.ID, p.ID.String())
		f.exec(`INSERT INTO group_announces (group_id, object, foreign_id, author, day, leaves_at)
			SELECT id, gen_random_uuid(), $1, gen_random_uuid(), current_date, now() FROM groups WHERE kind = 'around'`, p.ID)
	}
	left := func() (posts, pictures, announces, files int) {
		return f.count(`SELECT count(*) FROM foreign_posts`), f.count(`SELECT count(*) FROM foreign_media`),
			f.count(`SELECT count(*) FROM group_announces WHERE foreign_id IS NOT NULL`), f.count(`SELECT count(*) FROM files_to_remove`)
	}
	f.must(f.PurgeForeign(f.ctx()))
	if posts, pictures, announces, files := left(); posts != 3 || pictures != 3 || announces != 3 || files != 0 {
		t.Fatalf("while the exchange lasts: got %d posts, %d pictures, %d announced and %d files to remove, want 3, 3, 3, 0", posts, pictures, announces, files)
	}
	f.must(f.HideForeign(f.ctx(), town.HiddenPost{Object: hidden.ObjectID, Domain: hidden.Domain, Category: "spam", Words: "Trop.", At: time.Now()},
		&town.SentReport{ID: newID(t), Actor: hidden.Actor, Object: hidden.ObjectID, At: time.Now(), Hall: hidden.Domain}, town.Outgoing{}))
	if posts, _, announces, _ := left(); posts != 3 || announces != 2 {
		t.Errorf("one is hidden: got %d posts and %d announced, want 3 and 2", posts, announces)
	}
	f.must(f.ChangeNeighbour(f.ctx(), "vernede.example", func(k *town.Neighbour) ([]town.Outgoing, error) {
		k.Leave()
		return nil, nil
	}))
	if list, err := f.ForeignFeed(f.ctx(), "vernede.example", town.Cursor{}, 10); err != nil || len(list) != 0 {
		t.Errorf("at once: got %d posts shown and error %v, want none", len(list), err)
	}
	f.must(f.PurgeForeign(f.ctx()))
	if posts, pictures, announces, files := left(); posts != 2 || pictures != 2 || announces != 1 || files != 1 {
		t.Errorf("after the exchange: got %d posts, %d pictures, %d announced and %d files to remove, want 2, 2, 1 and 1", posts, pictures, announces, files)
	}
}
