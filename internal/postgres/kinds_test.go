package postgres_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"bourg/internal/postgres"
	"bourg/internal/town"

	"github.com/google/uuid"
)

func cents(n town.Cents) *town.Cents { return &n }

// kindPost adds a post of a kind, published as many hours ago.
func (f *fixture) kindPost(m *town.Merchant, kind town.Kind, hoursAgo int, d town.Details) *town.Post {
	f.t.Helper()
	p, out := f.newPost(m, "", 0)
	p.Kind, p.Details = kind, d
	p.Published = p.Published.Add(-time.Duration(hoursAgo) * time.Hour)
	p.Leaves = p.Published
	if p.Silent() {
		out = town.Outgoing{}
	}
	stored, err := f.AddPost(f.ctx(), p, uuid.Nil, out)
	f.must(err)
	return stored
}

func offerOf(title string, price town.Cents, from, to time.Time) town.Details {
	return town.Details{Title: title, Starts: from, Ends: to, Offer: &town.OfferDetails{Price: cents(price)}}
}

func eventOf(title string, from, to time.Time) town.Details {
	return town.Details{Title: title, Starts: from, Ends: to, Event: &town.EventDetails{Place: "Place de la Halle"}}
}

func titles(posts []*town.Post) (list []string) {
	for _, p := range posts {
		list = append(list, p.Title)
	}
	return list
}

// Whatever a merchant typed comes back from the post and from the draft.
func TestDetailsAreKept(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	lat, lon := 46.0, -0.25
	day := time.Now().UTC().Truncate(time.Second)
	for kind, d := range map[town.Kind]town.Details{
		town.Article: {Title: "Le four"},
		town.Offer: {Title: "Galette", Starts: day, Ends: day.Add(time.Hour), Offer: &town.OfferDetails{
			Price: cents(0), Prior: cents(1250), Unit: "la pièce", Perishable: true, Stock: 30, Conditions: "Coupe offerte.", Status: town.OfferSoldOut,
		}},
		town.Product: {Title: "Pain", Product: &town.ProductDetails{
			Price: cents(450), From: true, Unit: "le kilo", Availability: town.ToOrder, Lead: "la veille", Allergens: "gluten", Highlighted: true,
		}},
		town.Event: {Title: "Marché", Starts: day, Event: &town.EventDetails{
			Place: "Halle", Address: "1 place", Lat: &lat, Lon: &lon, Status: town.EventPostponed, Category: "FOOD_DRINK", Link: "https://halle.example/",
		}},
		town.Closure: {Starts: day, Ends: day.Add(48 * time.Hour)},
	} {
		if got := f.kindPost(m, kind, 0, d); !reflect.DeepEqual(got.Details, d) || got.Kind != kind {
			t.Errorf("%s: got %s %+v, want %+v", kind, got.Kind, got.Details, d)
		}
		draft := town.Draft{Kind: kind, Text: "Du pa", Reach: town.ReachTown, Details: d, Typed: map[string]string{"prix": "douze", "jour": "le 31 février"}}
		id, err := f.SaveDraft(f.ctx(), m.ID, &draft)
		f.must(err)
		kept, err := f.Draft(f.ctx(), m.ID, id)
		f.must(err)
		if !reflect.DeepEqual(kept.Details, d) || !reflect.DeepEqual(kept.Typed, draft.Typed) {
			t.Errorf("draft of %s: got %+v %v, want %+v %v", kind, kept.Details, kept.Typed, d, draft.Typed)
		}
	}
}

// An offer that is taken back within the minute lies among the drafts as it was.
func TestUndoKeepsDetails(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	day := time.Now().UTC().Truncate(time.Second)
	p, out := f.newPost(m, "Du pain", time.Hour)
	p.Kind, p.Details = town.Offer, offerOf("Galette", 990, day, day.Add(time.Hour))
	_, err := f.AddPost(f.ctx(), p, uuid.Nil, out)
	f.must(err)
	d, err := f.UndoPost(f.ctx(), p.ID)
	f.must(err)
	if d.Kind != town.Offer || !reflect.DeepEqual(d.Details, p.Details) {
		t.Errorf("got %s %+v, want %+v", d.Kind, d.Details, p.Details)
	}
}

// A product stands on the shop's page and is found by its name, but is in no feed and goes to
// nobody, until it is put forward.
func TestAProductIsSilentUntilItIsPutForward(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	f.follow(m.ID, peer("away.example", "ana"))
	f.clearQueue()
	p := f.kindPost(m, town.Product, 100, town.Details{Title: "Tourte de seigle", Product: &town.ProductDetails{Price: cents(450)}})
	look := func(want int) {
		t.Helper()
		for what, read := range map[string]func() ([]*town.Post, error){
			"feed":            func() ([]*town.Post, error) { return f.Feed(f.ctx(), town.Cursor{}, 10) },
			"merchant's feed": func() ([]*town.Post, error) { return f.MerchantFeed(f.ctx(), m.ID, town.Cursor{}, 10) },
		} {
			if posts, err := read(); len(posts) != want || err != nil {
				t.Errorf("%s: got %d posts, error %v, want %d", what, len(posts), err, want)
			}
		}
		if posts, err := f.Products(f.ctx(), m.ID, 10); len(posts) != 1 || err != nil {
			t.Errorf("products: got %d, error %v, want 1", len(posts), err)
		}
		if posts, err := f.SearchPosts(f.ctx(), "tourte", 10); len(posts) != 1 || err != nil {
			t.Errorf("search: got %d, error %v, want 1", len(posts), err)
		}
	}
	look(0)
	if got := f.waiting(); len(got) != 0 {
		t.Errorf("deliveries: got %v, want none", got)
	}
	now := time.Now().UTC().Truncate(time.Second)
	p.Product.Highlighted, p.Published, p.Leaves, p.Announced = true, now, now, now
	out := f.outgoing(m.ID, "Create", f.addresses.Post(p.ID), town.Recipients{Followers: true})
	f.must(f.ChangePost(f.ctx(), p, nil, out))
	look(1)
	if got, want := f.waiting(), []string{"Create https://away.example/inbox"}; !slices.Equal(got, want) {
		t.Errorf("deliveries: got %v, want %v", got, want)
	}
	stored, err := f.Post(f.ctx(), p.ID)
	f.must(err)
	if !stored.Published.Equal(now) || !stored.Announced.Equal(now) || !stored.Product.Highlighted {
		t.Errorf("got published %v, announced %v, %+v, want both %v and highlighted", stored.Published, stored.Announced, stored.Product, now)
	}
}

// Each edit keeps what was there before; a withdrawal leaves nothing of it.
func TestVersions(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	p := f.kindPost(m, town.Offer, 10, offerOf("Galette", 990, time.Now().Add(-time.Hour), time.Now().Add(time.Hour)))
	first := *p
	edit := func(n int, title string) {
		p.Title, p.Text, p.Updated = title, title, first.Published.Add(time.Duration(n)*time.Minute)
		f.must(f.EditPost(f.ctx(), p, f.outgoing(m.ID, "Update", f.addresses.Post(p.ID), town.Recipients{})))
	}
	edit(1, "Galettes")
	edit(2, "Grandes galettes")
	list, err := f.Versions(f.ctx(), p.ID)
	f.must(err)
	if len(list) != 2 || list[1].Title != "Galette" || !list[1].At.Equal(first.Published) || *list[1].Offer.Price != 990 ||
		list[0].Title != "Galettes" || !list[0].At.Equal(first.Published.Add(time.Minute)) {
		t.Errorf("got %+v, want Galettes and Galette with their times", list)
	}
	for n := range 120 {
		edit(3+n, "Encore")
	}
	if list, err = f.Versions(f.ctx(), p.ID); len(list) != 100 || err != nil || !list[0].At.Equal(p.Updated.Add(-time.Minute)) {
		t.Errorf("after many edits: got %d versions, error %v, want the newest 100", len(list), err)
	}
	if n := f.count(`SELECT count(*) FROM post_versions`); n != 100 {
		t.Errorf("rows: got %d, want 100", n)
	}
	f.must(f.WithdrawPost(f.ctx(), p.ID, time.Now(), f.outgoing(m.ID, "Delete", f.addresses.Post(p.ID), town.Recipients{})))
	if n := f.count(`SELECT count(*) FROM post_versions`); n != 0 {
		t.Errorf("after the withdrawal: got %d versions, want none", n)
	}
	if n := f.count(`SELECT count(*) FROM posts WHERE title <> '' OR details <> '{}' OR ends_at IS NOT NULL OR text <> '' OR folded <> ''`); n != 0 {
		t.Errorf("after the withdrawal: got a post with words, want none")
	}
}

// Two who change a post at once do not undo each other's work.
func TestAChangeOfWhatWasReadBeforeIsRefused(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	p := f.kindPost(m, town.Offer, 1, offerOf("Galette", 990, time.Now(), time.Now().Add(time.Hour)))
	late := *p
	offer := *p.Offer
	late.Offer = &offer
	p.Offer.Status, p.Updated = town.OfferSoldOut, p.Published.Add(time.Minute)
	f.must(f.ChangePost(f.ctx(), p, nil, f.outgoing(m.ID, "Update", f.addresses.Post(p.ID), town.Recipients{})))
	late.Title, late.Updated = "Galettes", p.Published.Add(time.Hour)
	for what, err := range map[string]error{
		"edit":   f.EditPost(f.ctx(), &late, f.outgoing(m.ID, "Update", f.addresses.Post(p.ID), town.Recipients{})),
		"change": f.ChangePost(f.ctx(), &late, nil),
		"held":   f.EditHeldPost(f.ctx(), &late, town.Outgoing{JSON: []byte("{}")}),
	} {
		if !errors.Is(err, town.ErrChanged) {
			t.Errorf("%s: got %v, want ErrChanged", what, err)
		}
	}
	stored, err := f.Post(f.ctx(), p.ID)
	f.must(err)
	if stored.Offer.Status != town.OfferSoldOut || stored.Title != "Galette" {
		t.Errorf("got %q %+v, want the first change alone", stored.Title, stored.Offer)
	}
	if n := f.count(`SELECT count(*) FROM activities WHERE type = 'Update'`); n != 1 {
		t.Errorf("updates: got %d, want 1", n)
	}
}

// A change and the post that tells of it are there together or not at all.
func TestAChangeIsSaidInTheSameTransaction(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	p := f.kindPost(m, town.Event, 1, eventOf("Marché", time.Now().Add(time.Hour), time.Time{}))
	said, create := f.newPost(m, "Annulé : Marché.", 0)
	said.InReplyTo, said.Root = f.addresses.Post(p.ID), p.ID
	p.Event.Status, p.Updated = town.EventCancelled, p.Published.Add(time.Minute)
	broken := create
	broken.JSON = make([]byte, 2<<20) // more than the column takes
	if err := f.ChangePost(f.ctx(), p, said, f.outgoing(m.ID, "Update", f.addresses.Post(p.ID), town.Recipients{}), broken); err == nil {
		t.Fatal("got no error for an activity that is too long")
	}
	if stored, err := f.Post(f.ctx(), p.ID); err != nil || stored.Event.Status != town.EventScheduled {
		t.Errorf("after the failure: got %+v, error %v, want it scheduled", stored.Event, err)
	}
	f.must(f.ChangePost(f.ctx(), p, said, f.outgoing(m.ID, "Update", f.addresses.Post(p.ID), town.Recipients{}), create))
	feed, err := f.Feed(f.ctx(), town.Cursor{}, 10)
	f.must(err)
	if len(feed) != 2 || feed[0].ID != said.ID || feed[0].InReplyTo != said.InReplyTo {
		t.Errorf("feed: got %d posts, want the news of the cancelling first", len(feed))
	}
	if n := f.count(`SELECT count(*) FROM activities WHERE object_id IN ($1, $2)`, string(f.addresses.Post(p.ID)), string(f.addresses.Post(said.ID))); n != 3 {
		t.Errorf("activities: got %d, want Create, Update and Create", n)
	}
}

func TestLiveOffersAndComingEvents(t *testing.T) {
	t.Parallel()
	f := open(t)
	m, other := f.merchant("martin"), f.merchant("durand")
	now := time.Now()
	f.kindPost(m, town.Offer, 3, offerOf("over", 100, now.Add(-48*time.Hour), now.Add(-time.Hour)))
	f.kindPost(m, town.Offer, 2, offerOf("later", 100, now, now.Add(48*time.Hour)))
	f.kindPost(m, town.Offer, 1, offerOf("soon", 100, now, now.Add(time.Hour)))
	sold := offerOf("sold", 100, now, now.Add(time.Hour))
	sold.Offer.Status = town.OfferSoldOut
	f.kindPost(m, town.Offer, 1, sold)
	f.kindPost(other, town.Offer, 1, offerOf("other's", 100, now, now.Add(2*time.Hour)))
	for _, tt := range []struct {
		merchant uuid.UUID
		want     []string
	}{{m.ID, []string{"soon", "later"}}, {uuid.Nil, []string{"soon", "other's", "later"}}} {
		if got, err := f.LiveOffers(f.ctx(), tt.merchant, 10); err != nil || !slices.Equal(titles(got), tt.want) {
			t.Errorf("offers of %s: got %v, error %v, want %v", tt.merchant, titles(got), err, tt.want)
		}
	}
	if got, err := f.EndedOffers(f.ctx(), now, now, 10); err != nil || !slices.Equal(titles(got), []string{"over"}) {
		t.Errorf("ended: got %v, error %v, want the one that is over", titles(got), err)
	}
	if got, err := f.EndedOffers(f.ctx(), now, now.Add(-4*time.Hour), 10); err != nil || len(got) != 0 {
		t.Errorf("ended, but published a moment ago: got %v, error %v, want none", titles(got), err)
	}

	f.kindPost(m, town.Event, 1, eventOf("past", now.Add(-48*time.Hour), now.Add(-24*time.Hour)))
	f.kindPost(m, town.Event, 1, eventOf("under way", now.Add(-24*time.Hour), now.Add(time.Hour)))
	f.kindPost(m, town.Event, 1, eventOf("today", now.Add(-time.Hour), time.Time{}))
	f.kindPost(m, town.Event, 1, eventOf("tomorrow", now.Add(24*time.Hour), time.Time{}))
	f.kindPost(other, town.Event, 1, eventOf("other's", now.Add(20*time.Hour), time.Time{}))
	f.kindPost(m, town.Event, 1, eventOf("far", now.Add(240*time.Hour), time.Time{}))
	for _, tt := range []struct {
		merchant uuid.UUID
		want     []string
	}{{m.ID, []string{"under way", "today", "tomorrow", "far"}}, {uuid.Nil, []string{"under way", "today", "other's", "tomorrow", "far"}}} {
		var got []string
		for after := (town.Cursor{}); ; { // two at a time
			page, err := f.ComingEvents(f.ctx(), tt.merchant, after, 2)
			f.must(err)
			got = append(got, titles(page)...)
			if len(page) < 2 {
				break
			}
			after = town.AfterEvent(page[1])
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("events of %s: got %v, want %v", tt.merchant, got, tt.want)
		}
	}
	for _, status := range []town.EventStatus{town.EventCancelled, town.EventPostponed} {
		off := eventOf("off", now.Add(22*time.Hour), time.Time{})
		off.Event.Status = status
		f.kindPost(m, town.Event, 1, off)
	}
	if got, err := f.EventsToRemind(f.ctx(), now.Add(time.Hour), now.Add(30*time.Hour), now, 10); err != nil || !slices.Equal(titles(got), []string{"other's", "tomorrow"}) {
		t.Errorf("to remind of: got %v, error %v, want those of tomorrow", titles(got), err)
	}
}

// What a merchant asked for the same thing is found by its name, in any letter case and with or without accents.
func TestPastPrices(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	now := time.Now().UTC().Truncate(time.Second)
	p := f.kindPost(m, town.Product, 72, town.Details{Title: "Pâté en croûte", Product: &town.ProductDetails{Price: cents(1500)}})
	p.Product.Price, p.Updated = cents(1800), now.Add(-time.Hour)
	f.must(f.EditPost(f.ctx(), p, town.Outgoing{}))
	f.kindPost(m, town.Offer, 240, offerOf("PATE EN CROUTE", 990, now.Add(-200*time.Hour), now.Add(-100*time.Hour)))
	f.kindPost(m, town.Offer, 1, offerOf("Autre chose", 1, now, now.Add(time.Hour)))
	f.kindPost(f.merchant("durand"), town.Offer, 1, offerOf("Pâté en croûte", 2, now, now.Add(time.Hour)))
	got, err := f.PastPrices(f.ctx(), m.ID, "pâte en Croute", uuid.Nil)
	f.must(err)
	var prices []town.Cents
	for _, one := range got {
		prices = append(prices, one.Price)
	}
	if want := []town.Cents{1500, 1800, 990}; !slices.Equal(prices, want) {
		t.Fatalf("got %v, want %v", prices, want)
	}
	if !got[0].Until.Equal(p.Updated) || !got[1].From.Equal(p.Updated) || !got[1].Until.IsZero() || !got[2].Until.Equal(now.Add(-100*time.Hour)) {
		t.Errorf("got %+v, want each with its time", got)
	}
	if got, err := f.PastPrices(f.ctx(), m.ID, "Pâté en croûte", p.ID); len(got) != 1 || err != nil {
		t.Errorf("without the product: got %v, error %v, want the offer", got, err)
	}
}

// What followers were told to be on a profile follows what is there: the offers that end next, and the next event.
func TestFeaturedChanges(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	f.follow(m.ID, peer("away.example", "ana"))
	now := time.Now()
	told := func() (list []string) {
		t.Helper()
		changes, err := f.FeaturedChanges(f.ctx(), now, 100)
		f.must(err)
		for _, c := range changes {
			post, err := f.Post(f.ctx(), c.Post)
			f.must(err)
			kind := "Remove"
			if c.Added {
				kind = "Add"
			}
			list = append(list, kind+" "+post.Title)
			out := f.outgoing(m.ID, kind, f.addresses.Post(c.Post), town.Recipients{Followers: true})
			f.must(f.SetFeatured(f.ctx(), c, out))
			if err := f.SetFeatured(f.ctx(), c, f.outgoing(m.ID, kind, f.addresses.Post(c.Post), town.Recipients{})); !errors.Is(err, town.ErrChanged) {
				t.Errorf("told twice: got %v, want ErrChanged", err)
			}
		}
		slices.Sort(list)
		return list
	}
	expect := func(want ...string) {
		t.Helper()
		if got := told(); !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		if again := told(); len(again) != 0 {
			t.Errorf("told again: got %v, want nothing", again)
		}
	}
	expect()
	for n, title := range []string{"B", "C", "D"} {
		f.kindPost(m, town.Offer, 5, offerOf(title, 100, now, now.Add(time.Duration(n+2)*time.Hour)))
	}
	late := f.kindPost(m, town.Event, 5, eventOf("Late", now.Add(48*time.Hour), time.Time{}))
	held, out := f.newPost(m, "", time.Hour)
	held.Kind, held.Details = town.Event, eventOf("Held", now.Add(time.Hour), time.Time{})
	_, err := f.AddPost(f.ctx(), held, uuid.Nil, out)
	f.must(err)
	expect("Add B", "Add C", "Add D", "Add Late")
	first := f.kindPost(m, town.Offer, 5, offerOf("A", 100, now, now.Add(time.Hour)))
	off := eventOf("Off", now.Add(3*time.Hour), time.Time{})
	off.Event.Status = town.EventCancelled
	f.kindPost(m, town.Event, 5, off)
	f.kindPost(m, town.Event, 5, eventOf("Soon", now.Add(24*time.Hour), time.Time{}))
	expect("Add A", "Add Soon", "Remove D", "Remove Late")
	first.Offer.Status, first.Updated = town.OfferSoldOut, now
	f.must(f.ChangePost(f.ctx(), first, nil))
	expect("Add D", "Remove A")
	// Whoever hears of the deletion needs to hear no more.
	f.must(f.WithdrawPost(f.ctx(), late.ID, now, f.outgoing(m.ID, "Delete", f.addresses.Post(late.ID), town.Recipients{})))
	expect()
	now = now.Add(40 * time.Hour)
	expect("Remove B", "Remove C", "Remove D", "Remove Soon")
}

// The lists of one kind read what they show, however many posts there are, and however many are over.
func TestKindPlans(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.merchants(100)
	const each = 10_000
	for _, kind := range []string{"offer", "product", "event", "news"} {
		f.exec(`INSERT INTO posts (id, merchant_id, kind, text, reach, once, published_at, leaves_at, folded, title, starts_at, ends_at, details, ended)
			SELECT gen_random_uuid(), m.ids[1 + n % cardinality(m.ids)], $2, '', 'everywhere', gen_random_uuid(),
			       now() - make_interval(mins => n), now() - make_interval(mins => n), 'titre ' || n % 500 || E'\ndu pain', 'Titre ' || n % 500,
			       now() + make_interval(hours => 2000 - n), now() + make_interval(hours => 2010 - n), '{}', $2 = 'offer' AND n > 3000
			  FROM (SELECT array_agg(id) AS ids FROM merchants) m, generate_series(1, $1) n`, each, kind)
	}
	f.exec(`ANALYZE`)
	now := time.Now()
	window := now.AddDate(0, 0, -town.MaxEventDays)
	for _, c := range []struct {
		what, sql, index string
		args             []any
	}{
		{"live offers", postgres.LiveOffersSQL, "posts_offers", []any{now, 20}},
		{"merchant's offers", postgres.MerchantOffersSQL, "posts_merchant_offers", []any{now, 20, f.anyMerchant()}},
		{"products", postgres.ProductsSQL, "posts_merchant_products", []any{f.anyMerchant(), 20}},
		{"events behind a page", postgres.ComingEventsSQL, "posts_events", []any{window, now, now.Add(100 * time.Hour), uuid.Max, 21}},
		{"merchant's events", postgres.MerchantEventsSQL, "posts_merchant_events", []any{window, now, now, uuid.Nil, 21, f.anyMerchant()}},
		{"offers that have ended", postgres.EndedOffersSQL, "posts_offers", []any{now, now, 20}},
		{"events of tomorrow", postgres.EventsToRemindSQL, "posts_events", []any{now.Add(24 * time.Hour), now.Add(48 * time.Hour), now, 20}},
		{"prices of a thing", postgres.PastPricesSQL, "posts_prices", []any{f.anyMerchant(), "titre 7", uuid.Nil, 100, 20}},
	} {
		nodes := f.explain(c.sql, c.args...)
		if !usesIndex(nodes, c.index) {
			t.Errorf("%s: the index %s is not used: %+v", c.what, c.index, nodes)
		}
		if rows := readRows(nodes, "posts"); rows > 150 {
			t.Errorf("%s: reads %.0f posts, want as many as a page has", c.what, rows)
		}
	}
	// The first page passes over what began within the longest event and is over.
	nodes := f.explain(postgres.ComingEventsSQL, window, now, time.Time{}, uuid.Nil, 21)
	if rows := readRows(nodes, "posts"); !usesIndex(nodes, "posts_events") || rows > 24*town.MaxEventDays+50 {
		t.Errorf("first page of events: reads %.0f posts, want those of the last %d days at most", rows, town.MaxEventDays)
	}
}
