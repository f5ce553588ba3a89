package postgres_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"bourg/federation"
	"bourg/internal/fold"
	"bourg/internal/postgres"
	"bourg/internal/town"

	"github.com/google/uuid"
)

// nextTown adds a neighbour whose news is received.
func (f *fixture) nextTown(domain, name string, mode town.Mode) {
	f.t.Helper()
	f.must(f.ChangeNeighbour(f.ctx(), domain, func(n *town.Neighbour) ([]town.Outgoing, error) {
		n.Name, n.Mode, n.Outgoing = name, mode, town.StandingAccepted
		n.Relay.ID = federation.IRI("https://" + domain + "/relay")
		return nil, nil
	}))
}

// newsFrom is news of a shop in a neighbouring town, some minutes old.
func (f *fixture) newsFrom(domain, shop, words string, minutes int) *town.ForeignPost {
	f.t.Helper()
	id := newID(f.t)
	return &town.ForeignPost{
		ID: id, ObjectID: federation.IRI("https://" + domain + "/posts/" + id.String()), Domain: domain,
		Actor: town.RemoteActor{ID: federation.IRI("https://" + domain + "/users/" + shop)}, Kind: town.News,
		Content: "<p>" + words + "</p>", Words: words, URL: federation.IRI("https://" + domain + "/@" + shop + "/" + id.String()),
		Published: time.Now().UTC().Add(-time.Duration(minutes) * time.Minute).Truncate(time.Microsecond), Received: time.Now(),
	}
}

func (f *fixture) kept(p *town.ForeignPost) *town.ForeignPost {
	f.t.Helper()
	f.must(f.KeepForeignPost(f.ctx(), p))
	return p
}

// shown are the words of the neighbours' news that is shown, newest first.
func (f *fixture) shown() []string {
	f.t.Helper()
	list, err := f.ForeignFeed(f.ctx(), "", town.Cursor{}, 100)
	f.must(err)
	words := make([]string, len(list))
	for i, p := range list {
		words[i] = p.Content[3 : len(p.Content)-4]
	}
	return words
}

// words are what entries say, for comparison.
func wordsOf(entries []town.Entry) []string {
	said := make([]string, len(entries))
	for i, e := range entries {
		if e.Own != nil {
			said[i] = e.Own.Text
		} else {
			said[i] = e.Foreign.Content
		}
	}
	return said
}

// What the town hall decides about a town, and about a merchant, holds for what is shown, at once.
func TestNeighboursNewsIsShownAsTheTownHallDecides(t *testing.T) {
	t.Parallel()
	f := open(t)
	const domain = "bastide.example"
	f.nextTown(domain, "La Bastide", town.ModeOpen)
	f.nextTown("aires.example", "Les Aires", town.ModeOpen)
	f.kept(f.newsFrom(domain, "gabare", "La terrasse rouvre.", 3))
	event := f.newsFrom(domain, "chevrerie", "Portes ouvertes.", 2)
	event.Kind, event.Title, event.Starts = town.Event, "Portes ouvertes", time.Now().Add(48*time.Hour)
	f.kept(event)
	f.kept(f.newsFrom("aires.example", "miel", "Du miel.", 1))
	decide := func(decision string) {
		f.exec(`INSERT INTO foreign_merchants (actor, decision, decided_at) VALUES ('https://bastide.example/users/gabare', $1, now())
			ON CONFLICT (actor) DO UPDATE SET decision = excluded.decision`, decision)
	}
	change := func(set func(n *town.Neighbour)) {
		f.must(f.ChangeNeighbour(f.ctx(), domain, func(n *town.Neighbour) ([]town.Outgoing, error) { set(n); return nil, nil }))
	}
	mode := func(m town.Mode) func() { return func() { change(func(n *town.Neighbour) { n.Mode = m }) } }
	failing := func(days int) func() {
		return func() { change(func(n *town.Neighbour) { n.Failing = time.Now().AddDate(0, 0, -days) }) }
	}
	for _, c := range []struct {
		what string
		do   func()
		want []string
	}{
		{"open", func() {}, []string{"Du miel.", "Portes ouvertes.", "La terrasse rouvre."}},
		{"the merchant is muted", func() { decide("muted") }, []string{"Du miel.", "Portes ouvertes."}},
		{"review", mode(town.ModeReview), []string{"Du miel."}},
		{"review, with the merchant let in", func() { decide("let_in") }, []string{"Du miel.", "La terrasse rouvre."}},
		{"events only", mode(town.ModeAgenda), []string{"Du miel.", "Portes ouvertes."}},
		{"muted", mode(town.ModeMuted), []string{"Du miel."}},
		{"open again", mode(town.ModeOpen), []string{"Du miel.", "Portes ouvertes.", "La terrasse rouvre."}},
		{"silent for 29 days", failing(29), []string{"Du miel.", "Portes ouvertes.", "La terrasse rouvre."}},
		{"silent for 31 days", failing(31), []string{"Du miel."}},
		{"back", func() { change(func(n *town.Neighbour) { n.Failing = time.Time{} }) }, []string{"Du miel.", "Portes ouvertes.", "La terrasse rouvre."}},
		{"the shop's account is deleted", func() {
			gabare := peer(domain, "gabare")
			f.must(f.AddReaction(f.ctx(), f.received(gabare), town.Liked, f.post(f.merchant("martin"), "Du pain").ID))
			f.must(f.DeleteActor(f.ctx(), f.received(gabare)))
		}, []string{"Du miel.", "Portes ouvertes."}},
		{"no agreement any more", func() { change(func(n *town.Neighbour) { n.Outgoing = town.StandingNone }) }, []string{"Du miel."}},
	} {
		c.do()
		if got := f.shown(); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.what, got, c.want)
		}
	}
}

// News is there before anything is known of who wrote it, and bears the name and the trade once that was fetched.
func TestNewsOfShopThatIsNotKnownYet(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.nextTown("bastide.example", "La Bastide", town.ModeOpen)
	p := f.kept(f.newsFrom("bastide.example", "gabare", "La terrasse rouvre.", 3))
	if jobs := f.count(`SELECT count(*) FROM river_job WHERE kind = 'refresh_actor' AND args->>'id' = $1`, string(p.Actor.ID)); jobs != 1 {
		t.Errorf("got %d jobs that fetch the shop's actor, want 1", jobs)
	}
	read := func() *town.ForeignPost {
		t.Helper()
		list, err := f.ForeignFeed(f.ctx(), "bastide.example", town.Cursor{}, 10)
		f.must(err)
		if len(list) != 1 {
			t.Fatalf("got %d posts, want 1", len(list))
		}
		return list[0]
	}
	if got := read(); got.ShopName() != "@gabare" || got.Town != "La Bastide" || got.Trade != "" {
		t.Errorf("before: got %q of %q, trade %q, want @gabare of La Bastide", got.ShopName(), got.Town, got.Trade)
	}
	shop := peer("bastide.example", "gabare")
	shop.Name, shop.Categories = "La Gabare", []string{"restaurant"}
	f.follow(f.merchant("martin").ID, shop) // by which it becomes known
	if got := read(); got.ShopName() != "La Gabare" || got.Trade != "restaurant" || got.Actor.URL != shop.URL {
		t.Errorf("after: got %q, trade %q at %s, want La Gabare, restaurant at %s", got.ShopName(), got.Trade, got.Actor.URL, shop.URL)
	}
}

// A reader who turns all pages sees each piece of news once, newest first, whoever published it and however many at one time.
func TestSurroundingsInOneOrder(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	f.nextTown("bastide.example", "La Bastide", town.ModeOpen)
	at := time.Now().UTC().Add(-time.Hour).Truncate(time.Microsecond)
	for i := range 35 {
		p, out := f.newPost(m, fmt.Sprint("own ", i), 0)
		p.Published = at.Add(-time.Duration(i/4) * time.Minute)
		_, err := f.AddPost(f.ctx(), p, uuid.Nil, out)
		f.must(err)
		q := f.newsFrom("bastide.example", "gabare", fmt.Sprint("away ", i), 0)
		q.Published = at.Add(-time.Duration(i/3) * time.Minute)
		f.kept(q)
		f.kept(q) // as it comes twice, by the announcement and by the comparison
	}
	timeline := &town.Timeline{Store: f.Store, Fold: fold.Fold}
	for part, want := range map[town.Part]int{town.PartAll: 70, town.PartTown: 35, town.PartAround: 35} {
		var cursor town.Cursor
		var all []town.Entry
		for pages := 1; ; pages++ {
			entries, more, err := timeline.Surroundings(f.ctx(), part, cursor)
			f.must(err)
			all = append(all, entries...)
			if !more {
				break
			}
			if len(entries) != town.PageSize || pages > 10 {
				t.Fatalf("%q: page %d has %d entries, want %d", part, pages, len(entries), town.PageSize)
			}
			cursor = entries[len(entries)-1].After()
		}
		seen := map[string]bool{}
		for i, e := range all {
			if i > 0 && e.Published().After(all[i-1].Published()) {
				t.Errorf("%q: entry %d is newer than the one before", part, i)
			}
			seen[wordsOf(all[i : i+1])[0]] = true
		}
		if len(all) != want || len(seen) != want {
			t.Errorf("%q: got %d entries, %d different ones, want %d", part, len(all), len(seen), want)
		}
	}
}

// The agenda has the neighbours' events among the town's, and its filters hold for both.
func TestAgendaOfSurroundings(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	f.nextTown("bastide.example", "La Bastide", town.ModeOpen)
	now := time.Now().UTC().Truncate(time.Second)
	own := func(title string, starts, ends time.Time) {
		p, out := f.newPost(m, title, 0)
		p.Kind, p.Title, p.Starts, p.Ends = town.Event, title, starts, ends
		_, err := f.AddPost(f.ctx(), p, uuid.Nil, out)
		f.must(err)
	}
	away := func(title string, starts, ends time.Time) {
		p := f.newsFrom("bastide.example", "gabare", title, 1)
		p.Kind, p.Title, p.Starts, p.Ends, p.Content = town.Event, title, starts, ends, title
		f.kept(p)
	}
	own("Marché de Noël", now.Add(24*time.Hour), time.Time{})
	own("Marche nordique", now.Add(30*time.Hour), time.Time{})
	own("Foire", now.Add(72*time.Hour), time.Time{})
	own("Hier", now.Add(-24*time.Hour), now.Add(-23*time.Hour))
	away("Le MARCHÉ du mercredi", now.Add(2*time.Hour), now.Add(6*time.Hour))
	away("Veillée", now.Add(48*time.Hour), time.Time{})
	away("Démarches en ligne", now.Add(50*time.Hour), time.Time{})
	away("Commencée hier", now.Add(-24*time.Hour), now.Add(24*time.Hour))
	away("Passée", now.Add(-24*time.Hour), time.Time{})

	timeline := &town.Timeline{Store: f.Store, Fold: fold.Fold}
	for _, c := range []struct {
		part    town.Part
		markets bool
		want    []string
	}{
		{town.PartAll, false, []string{"Commencée hier", "Le MARCHÉ du mercredi", "Marché de Noël", "Marche nordique", "Veillée", "Démarches en ligne", "Foire"}},
		{town.PartTown, false, []string{"Marché de Noël", "Marche nordique", "Foire"}},
		{town.PartAround, false, []string{"Commencée hier", "Le MARCHÉ du mercredi", "Veillée", "Démarches en ligne"}},
		{town.PartAll, true, []string{"Le MARCHÉ du mercredi", "Marché de Noël"}},
		{town.PartAround, true, []string{"Le MARCHÉ du mercredi"}},
	} {
		var got []string
		var cursor town.Cursor
		for {
			entries, more, err := timeline.ComingAround(f.ctx(), c.part, c.markets, cursor, 2)
			f.must(err)
			got = append(got, wordsOf(entries)...)
			if !more {
				break
			}
			cursor = entries[len(entries)-1].AfterStart()
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q, markets %v: got %q, want %q", c.part, c.markets, got, c.want)
		}
	}
}

// Neighbours' news is found by the words that it has now, without accents, as long as it is shown.
func TestSearchFindsNeighboursNews(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.nextTown("bastide.example", "La Bastide", town.ModeOpen)
	p := f.kept(f.newsFrom("bastide.example", "gabare", "Des châtaignes grillées & du cidre", 3))
	find := func(words string) int {
		t.Helper()
		list, err := f.SearchForeign(f.ctx(), fold.Fold(words), 10)
		f.must(err)
		return len(list)
	}
	if got := find("chataigne"); got != 1 {
		t.Errorf("a word of it: got %d, want 1", got)
	}
	p.Words, p.Updated = "Des noix", time.Now()
	f.kept(p)
	if old, now := find("châtaigne"), find("noix"); old != 0 || now != 1 {
		t.Errorf("after an edit: got %d by the old word and %d by the new one, want 0 and 1", old, now)
	}
	f.nextTown("bastide.example", "La Bastide", town.ModeMuted)
	if got := find("noix"); got != 0 {
		t.Errorf("of a muted town: got %d, want 0", got)
	}
}

// A page of the neighbours' news, of one town's, or of their agenda reads about as many rows as are on it, however many there are.
func TestSurroundingsPlans(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.merchants(100)
	f.fillPosts(50_000)
	for i := range 20 {
		f.nextTown(fmt.Sprintf("town%d.example", i), fmt.Sprint("Town ", i), town.ModeOpen)
	}
	f.exec(`INSERT INTO foreign_posts (id, object_id, domain, actor, kind, title, content, url, starts_at, published_at, received_at, folded)
		SELECT gen_random_uuid(), 'https://town' || n % 20 || '.example/posts/' || n, 'town' || n % 20 || '.example',
		       'https://town' || n % 20 || '.example/users/' || n % 400, CASE n % 10 WHEN 0 THEN 'event' ELSE 'news' END, 'Fête ' || n, '<p>Du pain ' || n || '</p>',
		       'https://town.example/', CASE n % 10 WHEN 0 THEN now() + make_interval(mins => n - 5000) END, now() - make_interval(mins => n), now(), 'du pain ' || n
		  FROM generate_series(1, 20000) n`)
	f.exec(`INSERT INTO remote_actors (iri, host, handle, name, url, inbox, delivery_inbox, delivery_host, document, fetched_at)
		SELECT DISTINCT actor, domain, 'x@' || domain, 'X', actor, actor, actor, domain, '{}'::jsonb, now() FROM foreign_posts`)
	f.exec(`ANALYZE`)
	now := time.Now()
	since := now.AddDate(0, 0, -town.MaxEventDays)
	for _, c := range []struct {
		what, sql, index string
		args             []any
	}{
		{"neighbours' feed", postgres.ForeignPageSQL, "foreign_posts_feed", []any{now.Add(-24 * time.Hour), uuid.Max, 21}},
		{"a neighbour's feed", postgres.ForeignTownPageSQL, "foreign_posts_domain", []any{now.Add(-24 * time.Hour), uuid.Max, 21, "town7.example"}},
		{"neighbours' agenda", postgres.ComingForeignSQL, "foreign_posts_agenda", []any{now.Add(-12 * time.Hour), uuid.Nil, now, 21}},
		{"the town's feed", postgres.FeedSQL, "posts_feed", []any{now.Add(-24 * time.Hour), uuid.Max, 21}},
	} {
		nodes := f.explain(c.sql, c.args...)
		if !usesIndex(nodes, c.index) {
			t.Errorf("%s: the index %s is not used: %+v", c.what, c.index, nodes)
		}
		for _, table := range []string{"posts", "foreign_posts", "foreign_media"} {
			if rows := readRows(nodes, table); rows > 150 {
				t.Errorf("%s: reads %.0f rows of %s, want as many as a page has", c.what, rows, table)
			}
		}
	}
	nodes := f.explain(postgres.ComingForeignSQL, since, uuid.Nil, now, 21)
	if rows := readRows(nodes, "foreign_posts"); !usesIndex(nodes, "foreign_posts_agenda") || rows > 1000 {
		t.Errorf("the agenda with all that may go on: reads %.0f rows of foreign_posts, want the events of the time before at most", rows)
	}
}
