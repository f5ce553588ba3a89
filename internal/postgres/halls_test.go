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
