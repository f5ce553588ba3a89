package town

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"bourg/federation"

	"github.com/google/uuid"
)

// actBook is a postBook that also keeps changes.
type actBook struct {
	postBook
	changes  int
	said     *Post
	out      []Outgoing
	past     []PastPrice
	disturbs int // so many changes find that somebody else was quicker
	ended    []*Post
	tomorrow []*Post
	asked    []time.Time
	features []Feature
	featured []Outgoing
}

func (b *actBook) ChangePost(_ context.Context, p *Post, said *Post, out ...Outgoing) error {
	if b.disturbs > 0 {
		b.disturbs--
		return ErrChanged
	}
	b.changes++
	b.post, b.said, b.out = p, said, out
	return nil
}
func (b *actBook) PastPrices(context.Context, uuid.UUID, string, uuid.UUID) ([]PastPrice, error) {
	return b.past, nil
}
func (b *actBook) EndedOffers(_ context.Context, before, quiet time.Time, _ int) ([]*Post, error) {
	b.asked = append(b.asked, before, quiet)
	list := b.ended
	b.ended = nil
	return list, nil
}
func (b *actBook) EventsToRemind(_ context.Context, from, to, left time.Time, _ int) ([]*Post, error) {
	b.asked = append(b.asked, from, to, left)
	list := b.tomorrow
	b.tomorrow = nil
	return list, nil
}
func (b *actBook) FeaturedChanges(context.Context, time.Time, int) ([]Feature, error) {
	return b.features, nil
}
func (b *actBook) SetFeatured(_ context.Context, _ Feature, out Outgoing) error {
	b.featured = append(b.featured, out)
	return nil
}

func (b *actBook) publisher(t testing.TB) *Publisher {
	p := newPublisher(t, &b.postBook)
	p.Store = b
	return p
}

// withKind is a book with one post of a kind in it, which was published yesterday.
func withKind(t testing.TB, kind Kind) *actBook {
	post := *wirePosts(t)[kind]
	post.Published, post.Leaves = morning.AddDate(0, 0, -1), morning.AddDate(0, 0, -1)
	return &actBook{postBook: postBook{speaks: true, post: &post}}
}

// types lists the activities that go out with the type of their objects.
func types(t testing.TB, out []Outgoing) (list []string) {
	t.Helper()
	for _, o := range out {
		if o.ID == uuid.Nil {
			continue
		}
		m := decoded(t, o.JSON)
		s := m["type"].(string)
		if object, ok := m["object"].(map[string]any); ok {
			s += " " + object["type"].(string)
		}
		list = append(list, s)
	}
	return list
}

func content(t testing.TB, o Outgoing) string {
	t.Helper()
	return plainSpaces(decoded(t, o.JSON)["object"].(map[string]any)["content"])
}

// plainSpaces makes a text with unbreakable spaces easy to compare.
func plainSpaces(text any) string { return strings.ReplaceAll(text.(string), nbsp, " ") }

var login = Author{Login: uuid.MustParse("0192f3b0-0000-7000-8000-0000000000aa")}

// "Tout est parti": peers read it at the beginning of the text, and a second tap changes nothing.
func TestAnOfferIsSoldOut(t *testing.T) {
	t.Parallel()
	b := withKind(t, Offer)
	p := b.publisher(t)
	for range 2 {
		if _, err := p.CloseOffer(t.Context(), login, b.post.ID, OfferSoldOut); err != nil {
			t.Fatal(err)
		}
	}
	if b.changes != 1 || b.post.Offer.Status != OfferSoldOut || !b.post.Over() || b.said != nil {
		t.Fatalf("got %d changes to %+v, want one", b.changes, b.post.Offer)
	}
	if got := types(t, b.out); !slices.Equal(got, []string{"Update Note"}) {
		t.Errorf("got %v, want one Update", got)
	}
	if got := content(t, b.out[0]); !strings.HasPrefix(got, "<p><strong>Terminé — Galette charentaise") || !strings.Contains(got, "Tout est parti.") {
		t.Errorf("got %s, want that it is over", got)
	}
	if to := b.out[0].To; !to.Followers || !to.Since.Equal(b.post.Published) {
		t.Errorf("got recipients %+v, want all who got the offer", to)
	}
	var bad Invalid
	if _, err := p.CloseOffer(t.Context(), login, b.post.ID, OfferOpen); !errors.As(err, &bad) || bad["status"] != "status.unknown" {
		t.Errorf("closing it as open: got %v, want Invalid", err)
	}
}

// Mastodon shows nobody an Update of an Event, so the followers get a post of its own.
func TestAnEventIsCancelled(t *testing.T) {
	t.Parallel()
	b := withKind(t, Event)
	p := b.publisher(t)
	for range 2 {
		if _, err := p.CancelEvent(t.Context(), login, b.post.ID); err != nil {
			t.Fatal(err)
		}
	}
	if got := types(t, b.out); b.changes != 1 || !slices.Equal(got, []string{"Update Event", "Create Note"}) {
		t.Fatalf("got %d changes, %v, want an Update and a Create", b.changes, got)
	}
	event, note := decoded(t, b.out[0].JSON)["object"].(map[string]any), decoded(t, b.out[1].JSON)["object"].(map[string]any)
	if event["eventStatus"] != "EventCancelled" || event["status"] != "CANCELLED" || event["ical:status"] != "CANCELLED" ||
		!strings.HasPrefix(plainSpaces(event["summary"]), "Annulé — samedi 12") {
		t.Errorf("got %v %v %v", event["eventStatus"], event["status"], event["summary"])
	}
	if note["inReplyTo"] != event["id"] || note["context"] != event["context"] || !strings.Contains(plainSpaces(note["content"]), "Annulé : Marché de Noël, samedi 12 décembre 2026, 9 h – 18 h.") {
		t.Errorf("got a note %v in reply to %v", note["content"], note["inReplyTo"])
	}
	if b.said.Kind != News || !b.said.Public || b.said.Root != b.post.ID {
		t.Errorf("got %+v, want a piece of news in the event's thread", b.said)
	}
}

func TestAnEventIsPutOff(t *testing.T) {
	t.Parallel()
	loc := paris(t)
	at := func(day, hour int) time.Time { return time.Date(2026, 12, day, hour, 0, 0, 0, loc) }
	for name, tt := range map[string]struct {
		starts, ends time.Time
		status, said string
	}{
		"to another day": {at(19, 9), at(19, 18), "EventRescheduled", "Reporté au samedi 19 décembre 2026, de 9 h à 18 h : Marché de Noël."},
		"without an end": {at(19, 9), time.Time{}, "EventRescheduled", "Reporté au samedi 19 décembre 2026, 9 h : Marché de Noël."},
		"to two days":    {at(19, 9), at(20, 18), "EventRescheduled", "Reporté au samedi 19 décembre 2026, 9 h, au dimanche 20 décembre 2026, 18 h : Marché de Noël."},
		"to no day yet":  {time.Time{}, time.Time{}, "EventPostponed", "Reporté à une date qui n’est pas encore fixée : Marché de Noël."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := withKind(t, Event)
			b.post.Announced = morning
			b.disturbs = 2 // others change it meanwhile; the act is done on what they left
			p := b.publisher(t)
			was := b.post.Starts
			for range 2 {
				if _, err := p.PostponeEvent(t.Context(), login, b.post.ID, tt.starts, tt.ends); err != nil {
					t.Fatal(err)
				}
			}
			if b.changes != 1 {
				t.Errorf("got %d changes, want one", b.changes)
			}
			event := decoded(t, b.out[0].JSON)["object"].(map[string]any)
			if event["eventStatus"] != tt.status {
				t.Errorf("got %v, want %s", event["eventStatus"], tt.status)
			}
			if got, _, _ := strings.Cut(b.said.Text, "\n"); plainSpaces(got) != tt.said {
				t.Errorf("got %q, want %q", got, tt.said)
			}
			if tt.starts.IsZero() {
				tt.starts = was
			} else if !b.post.Announced.IsZero() {
				t.Error("got the old reminder, want another one before the new day")
			}
			if !b.post.Starts.Equal(tt.starts) {
				t.Errorf("got start %v, want %v", b.post.Starts, tt.starts)
			}
		})
	}
	b := withKind(t, Event)
	var bad Invalid
	if _, err := b.publisher(t).PostponeEvent(t.Context(), login, b.post.ID, at(19, 9), at(19, 8)); !errors.As(err, &bad) || bad["ends"] != "ends.early" || b.changes != 0 {
		t.Errorf("to a time backwards: got %v and %d changes, want ends.early", err, b.changes)
	}
}

// The first time a product is put forward it is published; then it is announced, once in 24 hours.
func TestAProductIsPutForward(t *testing.T) {
	t.Parallel()
	b := withKind(t, Product)
	b.post.Product.Highlighted, b.post.Updated = false, morning.Add(-time.Hour)
	now := morning
	p := b.publisher(t)
	p.Now = func() time.Time { return now }
	if _, err := p.Highlight(t.Context(), login, b.post.ID); err != nil {
		t.Fatal(err)
	}
	if got := types(t, b.out); !slices.Equal(got, []string{"Create Note"}) || !b.post.Published.Equal(morning) || !b.post.Updated.IsZero() || b.post.Silent() {
		t.Fatalf("got %v of a post published %v, want a Create of today", got, b.post.Published)
	}
	now = morning.Add(23 * time.Hour)
	var bad Invalid
	if _, err := p.Highlight(t.Context(), login, b.post.ID); !errors.As(err, &bad) || bad["product"] != "product.often" || b.changes != 1 {
		t.Errorf("the same day: got %v, want product.often", err)
	}
	now = morning.Add(25 * time.Hour)
	if _, err := p.Highlight(t.Context(), login, b.post.ID); err != nil {
		t.Fatal(err)
	}
	if got := types(t, b.out); !slices.Equal(got, []string{"Announce"}) || !b.out[0].Listed || !b.post.Published.Equal(morning) || !b.post.Announced.Equal(now) {
		t.Errorf("a day later: got %v, want an Announce", got)
	}
}

// Acts are for the merchant's own people, and each for its own kind.
func TestActsOfStrangersAndOnOtherKinds(t *testing.T) {
	t.Parallel()
	for _, kind := range []Kind{Offer, Event, Product, News} {
		b := withKind(t, kind)
		p := b.publisher(t)
		id := b.post.ID
		acts := map[Kind]func(Author) error{
			Offer:   func(by Author) error { return second(p.CloseOffer(t.Context(), by, id, OfferEnded)) },
			Event:   func(by Author) error { return second(p.CancelEvent(t.Context(), by, id)) },
			Product: func(by Author) error { return second(p.Highlight(t.Context(), by, id)) },
		}
		for of, act := range acts {
			if of != kind {
				if err := act(login); !errors.Is(err, ErrNotFound) {
					t.Errorf("act for %s on %s: got %v, want ErrNotFound", of, kind, err)
				}
			}
			b.speaks = false
			if err := act(login); !errors.Is(err, ErrForbidden) {
				t.Errorf("a stranger's act for %s on %s: got %v, want ErrForbidden", of, kind, err)
			}
			b.speaks = true
		}
		if b.changes != 0 {
			t.Errorf("%s: got %d changes, want none", kind, b.changes)
		}
	}
	b := withKind(t, Event)
	b.speaks = false
	p := b.publisher(t)
	for what, err := range map[string]error{
		"postpone": second(p.PostponeEvent(t.Context(), login, b.post.ID, time.Time{}, time.Time{})),
		"prices":   second(p.PriceHistory(t.Context(), login, baker.ID, "Galette")),
	} {
		if !errors.Is(err, ErrForbidden) {
			t.Errorf("%s: got %v, want ErrForbidden", what, err)
		}
	}
}

// An edit keeps what was said of a post, whatever the form brings.
func TestAnEditReopensNothing(t *testing.T) {
	t.Parallel()
	b := withKind(t, Offer)
	b.post.Offer.Status = OfferSoldOut
	d := Draft{Kind: News, Text: "Encore", Details: Details{Title: "Galettes", Ends: b.post.Ends, Offer: &OfferDetails{Price: cents(900)}}}
	post, err := b.publisher(t).Edit(t.Context(), login, b.post.ID, d)
	if err != nil {
		t.Fatal(err)
	}
	if post.Kind != Offer || post.Offer.Status != OfferSoldOut || post.Title != "Galettes" || *post.Offer.Price != 900 {
		t.Errorf("got %s %+v %+v, want the new words of a closed offer", post.Kind, post.Details, post.Offer)
	}
	if got := content(t, b.edited[0]); !strings.HasPrefix(got, "<p><strong>Terminé — Galettes") {
		t.Errorf("got %s, want it still over", got)
	}
}

// Article L112-1-1: the prior price is the lowest of the last 30 days.
func TestPriorPrices(t *testing.T) {
	t.Parallel()
	ago := func(days int) time.Time { return morning.AddDate(0, 0, -days) }
	for name, tt := range map[string]struct {
		past []PastPrice
		want *Cents
	}{
		"nothing is known":             {nil, nil},
		"a price that stands":          {[]PastPrice{{Price: 1250, From: ago(90)}}, cents(1250)},
		"a lower one two weeks ago":    {[]PastPrice{{Price: 1250, From: ago(10)}, {Price: 1100, From: ago(20), Until: ago(10)}}, cents(1100)},
		"a lower one two months ago":   {[]PastPrice{{Price: 1250, From: ago(40)}, {Price: 900, From: ago(60), Until: ago(40)}}, cents(1250)},
		"a cut that stands":            {[]PastPrice{{Price: 900, Prior: cents(1250), From: ago(3), Until: ago(-4)}}, cents(1250)},
		"a cut that is over":           {[]PastPrice{{Price: 900, Prior: cents(1250), From: ago(9), Until: ago(4)}}, cents(900)},
		"a price that is not yet":      {[]PastPrice{{Price: 500, From: ago(-2)}}, nil},
		"a cut, and the usual as well": {[]PastPrice{{Price: 900, Prior: cents(1250), From: ago(3), Until: ago(-4)}, {Price: 1200, From: ago(50)}}, cents(1200)},
	} {
		b := &actBook{postBook: postBook{speaks: true}, past: tt.past}
		p := b.publisher(t)
		got, err := p.PriceHistory(t.Context(), login, baker.ID, "Galette")
		if err != nil {
			t.Fatal(err)
		}
		if (got == nil) != (tt.want == nil) || got != nil && *got != *tt.want {
			t.Errorf("%s: got %v, want %v", name, got, tt.want)
		}
		// What is crossed out may not be higher than that.
		d := Draft{Kind: Offer, Details: Details{Title: "Galette", Offer: &OfferDetails{Price: cents(100), Prior: cents(1230)}}}
		_, err = p.Publish(t.Context(), login, baker.ID, d, false)
		var bad Invalid
		if refused := errors.As(err, &bad) && bad["prior"] == "prior.high"; refused != (tt.want != nil && *tt.want < 1230) {
			t.Errorf("%s: a prior price of 12.30: got %v", name, err)
		}
		d.Offer.Perishable = true
		if _, err = p.Publish(t.Context(), login, baker.ID, d, false); err != nil {
			t.Errorf("%s: of what would perish: got %v, want it published", name, err)
		}
	}
}

// By the clock: offers end on the day after, events are announced from nine on the day before.
func TestTend(t *testing.T) {
	t.Parallel()
	loc := paris(t)
	for hour, reminded := range map[int]bool{8: false, 9: true, 23: true} {
		offer, event := withKind(t, Offer).post, withKind(t, Event).post
		b := &actBook{ended: []*Post{offer}, tomorrow: []*Post{event}, features: []Feature{{baker.ID, offer.ID, false}, {baker.ID, event.ID, true}}}
		p := b.publisher(t)
		p.Now = func() time.Time { return time.Date(2026, 12, 11, hour, 30, 0, 0, loc) }
		if err := p.Tend(t.Context()); err != nil {
			t.Fatal(err)
		}
		day := func(n, h int) time.Time { return time.Date(2026, 12, n, h, 0, 0, 0, loc) }
		want := []time.Time{day(11, 0), time.Date(2026, 12, 11, hour-1, 30, 0, 0, loc)}
		changes := 1
		if reminded {
			want, changes = append(want, day(12, 0), day(13, 0), day(11, 0)), 2
		}
		if !slices.EqualFunc(b.asked, want, time.Time.Equal) || b.changes != changes || offer.Offer.Status != OfferEnded {
			t.Errorf("%d h: got %v and %d changes, want %v and %d", hour, b.asked, b.changes, want, changes)
		}
		if got := types(t, b.out); reminded && (!slices.Equal(got, []string{"Announce"}) || event.Announced.IsZero()) {
			t.Errorf("%d h: got %v, want the event announced", hour, got)
		}
		if got := types(t, b.featured); !slices.Equal(got, []string{"Remove", "Add"}) {
			t.Errorf("%d h: got %v, want Remove and Add", hour, got)
		}
		if m := decoded(t, b.featured[1].JSON); m["target"] != string(p.Addresses.Actor(baker.ID)+"/featured") || m["object"] != string(p.Addresses.Post(event.ID)) {
			t.Errorf("got %v", m)
		}
	}
}

// Where others are always quicker, Tend gives up until its next round.
func TestTendDoesNotFightOthers(t *testing.T) {
	t.Parallel()
	b := &actBook{ended: []*Post{withKind(t, Offer).post}, disturbs: 100}
	if err := b.publisher(t).Tend(t.Context()); err != nil || b.changes != 0 || b.disturbs != 99 {
		t.Errorf("got error %v and %d tries, want one and no error", err, 100-b.disturbs)
	}
}

func TestTheFormerVersionsOfAPrivateAnswerAreNobodysBusiness(t *testing.T) {
	t.Parallel()
	b := withKind(t, News)
	b.post.Public, b.post.Addressee = false, federation.IRI("https://away.example/ana")
	if _, err := b.publisher(t).Versions(t.Context(), b.post.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
}
