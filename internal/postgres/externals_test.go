package postgres_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"bourg/federation"
	"bourg/internal/postgres"
	"bourg/internal/town"

	"github.com/google/uuid"
)

// listed adds an account that has agreed to be listed.
func (f *fixture) listed(a *federation.Actor) *town.External {
	f.t.Helper()
	var added *town.External
	f.must(f.ChangeExternal(f.ctx(), a.ID, func(e *town.External) ([]town.Outgoing, error) {
		e.Type, e.Name, e.Host, e.URL, e.Inbox, e.Trade = "Person", "Chez "+a.PreferredUsername, a.ID.Host(), a.ID, a.Inbox, "fleuriste"
		e.State, e.AgreedBy, e.Agreed = town.ExternalAgreed, town.ByReply, time.Now()
		added = e
		return nil, nil
	}))
	return added
}

// newsOf is news of a listed account, some minutes old.
func (f *fixture) newsOf(e *town.External, words string, minutes int) *town.ForeignPost {
	f.t.Helper()
	p := f.newsFrom(e.Host, "x", words, minutes)
	p.Domain, p.Actor.ID, p.Source = "", e.Actor, &town.Source{ID: e.ID}
	return p
}

// part are the words of what is shown of a part, newest first.
func (f *fixture) part(part town.Part) []string {
	f.t.Helper()
	list, err := f.ElsewhereFeed(f.ctx(), part, town.Cursor{}, 100)
	f.must(err)
	words := make([]string, len(list))
	for i, p := range list {
		words[i] = p.Words
		if words[i] == "" {
			words[i] = p.Content[3 : len(p.Content)-4]
		}
	}
	return words
}

// A listed account is stored as it is changed, shows its news among the town's own, and takes all of it away when it leaves.
func TestAListedAccountComesAndGoesWithItsNews(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.nextTown("bastide.example", "La Bastide", town.ModeOpen)
	anna, bert := peer("mastodon.example", "anna"), peer("pixelfed.example", "bert")
	one, two := f.listed(anna), f.listed(bert)
	if n := f.count(`SELECT count(*) FROM river_job WHERE kind = 'fill_external'`); n != 2 {
		t.Errorf("got %d outboxes to be read, want both", n)
	}
	f.kept(f.newsFrom("bastide.example", "cafe", "Du café", 3))
	f.kept(f.newsOf(one, "Des tulipes", 2))
	f.kept(f.newsOf(two, "Un vase", 1))
	for part, want := range map[town.Part][]string{
		town.PartAll: {"Un vase", "Des tulipes", "Du café"}, town.PartTown: {"Un vase", "Des tulipes"}, town.PartAround: {"Du café"},
	} {
		if got := f.part(part); !slices.Equal(got, want) {
			t.Errorf("part %q: got %q, want %q", part, got, want)
		}
	}
	if got := f.shown(); !slices.Equal(got, []string{"Du café"}) {
		t.Errorf("the neighbours' news: got %q, want none of listed accounts", got)
	}
	list, err := f.ElsewhereFeed(f.ctx(), town.PartTown, town.Cursor{}, 1)
	f.must(err)
	if s := list[0].Source; s == nil || s.Name != "Chez bert" || s.Host != "pixelfed.example" || s.Trade != "fleuriste" || s.ID != two.ID || list[0].ShopName() != "Chez bert" {
		t.Errorf("the source: got %+v, want bert's", s)
	}

	end := func(id federation.IRI, state town.ExternalState) {
		t.Helper()
		f.must(f.ChangeExternal(f.ctx(), id, func(e *town.External) ([]town.Outgoing, error) { e.State = state; return nil, nil }))
	}
	end(anna.ID, town.ExternalRefused)
	if got := f.part(town.PartTown); !slices.Equal(got, []string{"Un vase"}) || f.count(`SELECT count(*) FROM foreign_posts`) != 2 {
		t.Errorf("after one said no: got %q, want the other's, and the row gone", got)
	}
	shown, err := f.ShownExternals(f.ctx())
	f.must(err)
	if len(shown) != 1 || shown[0].ID != two.ID {
		t.Errorf("shown: got %d accounts, want bert alone", len(shown))
	}
	f.must(f.DeleteActor(f.ctx(), f.received(bert)))
	if got := f.part(town.PartAll); !slices.Equal(got, []string{"Du café"}) || f.count(`SELECT count(*) FROM externals WHERE actor = $1`, string(bert.ID)) != 0 {
		t.Errorf("after the other deleted itself: got %q, want the neighbour's alone", got)
	}
	end(anna.ID, town.ExternalAgreed)
	f.kept(f.newsOf(one, "Des roses", 1))
	f.must(f.BlockDomain(f.ctx(), "mastodon.example", "", time.Now()))
	if got := f.part(town.PartTown); len(got) != 0 {
		t.Errorf("after a block: got %q, want nothing", got)
	}
}

// Nobody takes another source's post over: a neighbour's, or another account's, whatever came first.
func TestAPostHasOneSource(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.nextTown("mastodon.example", "Un voisin", town.ModeOpen)
	anna, eve := f.listed(peer("mastodon.example", "anna")), f.listed(peer("mastodon.example", "eve"))
	first := f.kept(f.newsOf(anna, "Des tulipes", 5))
	for name, other := range map[string]*town.ForeignPost{
		"another account": f.newsOf(eve, "Volé", 1), "the neighbour": f.newsFrom("mastodon.example", "anna", "Volé", 1),
	} {
		other.ObjectID, other.Actor.ID, other.Updated = first.ObjectID, first.Actor.ID, time.Now()
		f.kept(other)
		if got := f.part(town.PartAll); !slices.Equal(got, []string{"Des tulipes"}) {
			t.Errorf("%s: got %q, want what anna wrote", name, got)
		}
	}
	for i, in := range []*town.External{eve, anna} {
		f.must(f.DropExternalPost(f.ctx(), in.ID, first.ObjectID))
		if got := len(f.part(town.PartAll)); got != 1-i {
			t.Errorf("dropped by %s: got %d posts, want %d", in.Actor, got, 1-i)
		}
	}
}

// What was deleted does not come back, whichever came first; and an account deletes nothing of others.
func TestADeletedPostOfAListedAccountStaysAway(t *testing.T) {
	t.Parallel()
	f := open(t)
	actor := peer("mastodon.example", "anna")
	anna := f.listed(actor)
	early, known := f.newsOf(anna, "Trop tôt", 2), f.kept(f.newsOf(anna, "Connu", 1))
	for _, p := range []*town.ForeignPost{early, known} {
		f.must(f.DeleteExternalPost(f.ctx(), f.received(actor), anna.ID, p.ObjectID))
		f.kept(p)
	}
	if got := f.part(town.PartAll); len(got) != 0 {
		t.Errorf("got %q, want nothing", got)
	}
	f.must(f.DeleteExternalPost(f.ctx(), f.received(actor), anna.ID, "https://other.example/posts/1"))
	bert := f.listed(peer("other.example", "bert"))
	other := f.newsOf(bert, "D’un autre", 1)
	other.ObjectID = "https://other.example/posts/1"
	f.kept(other)
	if got := f.part(town.PartAll); !slices.Equal(got, []string{"D’un autre"}) {
		t.Errorf("got %q, want what another's server publishes, whatever anna deletes", got)
	}
}

// The effect of an activity is there once, however often it comes and by however many connections.
func TestAnAnswerCountsOnce(t *testing.T) {
	t.Parallel()
	f := open(t)
	actor := peer("mastodon.example", "anna")
	f.listed(actor)
	in := f.received(actor)
	var all sync.WaitGroup
	var mu sync.Mutex
	outcomes := map[string]int{}
	for range 8 {
		all.Go(func() {
			err := f.ReceiveFromExternal(f.ctx(), in, actor.ID, func(e *town.External) ([]town.Outgoing, error) { e.Asks++; return nil, nil })
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				outcomes["done"]++
			case errors.Is(err, federation.ErrDuplicate):
				outcomes["repeat"]++
			default:
				outcomes[err.Error()]++
			}
		})
	}
	all.Wait()
	e, err := f.ExternalByActor(f.ctx(), actor.ID)
	f.must(err)
	if outcomes["done"] != 1 || outcomes["repeat"] != 7 || e.Asks != 1 {
		t.Errorf("got %v and %d effects, want one", outcomes, e.Asks)
	}
	err = f.ReceiveFromExternal(f.ctx(), f.received(peer("other.example", "bert")), "https://other.example/users/bert", func(*town.External) ([]town.Outgoing, error) {
		t.Error("somebody who is not listed has an effect")
		return nil, nil
	})
	if !errors.Is(err, federation.ErrIgnored) {
		t.Errorf("somebody who is not listed: got %v, want ErrIgnored", err)
	}
}

// What is to be read at its origin is asked for once at a time, never of ourselves, and not without end.
func TestObjectsToReadForListedAccountsAreBounded(t *testing.T) {
	t.Parallel()
	f := open(t)
	actor := peer("lemmy.example", "villages")
	e := f.listed(actor)
	ask := func(id federation.IRI) error { return f.AskForExternalPost(f.ctx(), f.received(actor), e.ID, id) }
	for range 3 {
		f.must(ask("https://autre.example/post/1"))
	}
	if n := f.count(`SELECT count(*) FROM river_job WHERE kind = 'read_external'`); n != 1 {
		t.Errorf("asked three times: got %d jobs, want 1", n)
	}
	for _, bad := range []federation.IRI{"", "x", f.addresses.Post(uuid.New())} {
		if err := ask(bad); !errors.Is(err, federation.ErrIgnored) {
			t.Errorf("%q: got %v, want ErrIgnored", bad, err)
		}
	}
	f.exec(`INSERT INTO river_job (kind, args, queue, max_attempts, priority, state) SELECT 'read_external', '{}', 'peers', 1, 1, 'available' FROM generate_series(1, 500)`)
	if err := ask("https://autre.example/post/2"); !errors.Is(err, federation.ErrIgnored) {
		t.Errorf("with 500 waiting: got %v, want ErrIgnored", err)
	}
}

// What accounts elsewhere published is kept for a month, and events until they are over.
func TestNewsOfListedAccountsIsSwept(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.nextTown("bastide.example", "La Bastide", town.ModeOpen)
	e := f.listed(peer("mastodon.example", "anna"))
	month := int(town.ExternalFillAge / time.Minute)
	f.kept(f.newsOf(e, "Vieux", month+1))
	f.kept(f.newsOf(e, "Récent", month-60))
	f.kept(f.newsFrom("bastide.example", "cafe", "D’un voisin", month+2))
	coming := f.newsOf(e, "À venir", month+3)
	coming.Kind, coming.Starts = town.Event, time.Now().Add(time.Hour)
	f.kept(coming)
	_, err := f.Sweep(f.ctx(), time.Now())
	f.must(err)
	if got := f.part(town.PartAll); !slices.Equal(got, []string{"Récent", "D’un voisin", "À venir"}) {
		t.Errorf("got %q, want the old one gone alone", got)
	}
}

// A page of the listed accounts' news or events reads about as many rows as are on it, among however much of neighbours.
func TestPlansOfListedNews(t *testing.T) {
	t.Parallel()
	f := open(t)
	for i := range 20 {
		f.nextTown(fmt.Sprintf("town%d.example", i), fmt.Sprint("Town ", i), town.ModeOpen)
	}
	for i := range 20 {
		f.listed(peer("mastodon.example", fmt.Sprint("shop", i)))
	}
	f.exec(`INSERT INTO foreign_posts (id, object_id, domain, external, actor, kind, title, content, url, starts_at, published_at, received_at)
		SELECT gen_random_uuid(), 'https://x.example/posts/' || n, CASE WHEN n % 3 > 0 THEN 'town' || n % 20 || '.example' END, CASE WHEN n % 3 = 0 THEN e.ids[1 + n % 20] END,
		       'https://x.example/users/' || n % 400, CASE n % 10 WHEN 0 THEN 'event' ELSE 'news' END, 'Fête ' || n, '<p>Du pain</p>', '',
		       CASE n % 10 WHEN 0 THEN now() + make_interval(mins => n) END, now() - make_interval(mins => n), now()
		  FROM generate_series(1, 20000) n, (SELECT array_agg(id) AS ids FROM externals) e`)
	f.exec(`ANALYZE`)
	now := time.Now()
	for _, c := range []struct {
		what, sql, index string
		args             []any
	}{
		{"the town's part", postgres.ListedPageSQL, "foreign_posts_listed", []any{now, uuid.Max, 21}},
		{"the town's part of the agenda", postgres.ComingListedSQL, "foreign_posts_listed_agenda", []any{now, uuid.Nil, now, 21}},
		{"the neighbours' part", postgres.AroundPageSQL, "foreign_posts_feed", []any{now, uuid.Max, 21}},
		{"all", postgres.ForeignPageSQL, "foreign_posts_feed", []any{now, uuid.Max, 21}},
	} {
		nodes := f.explain(c.sql, c.args...)
		if rows := readRows(nodes, "foreign_posts"); !usesIndex(nodes, c.index) || rows > 150 {
			t.Errorf("%s: reads %.0f rows, want as many as a page has by %s: %+v", c.what, rows, c.index, nodes)
		}
	}
}
