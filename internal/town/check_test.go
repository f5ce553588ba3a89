package town

import (
	"errors"
	"maps"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// Each fault of a form has a code at its field, and a form without faults is published.
func TestWhatIsWrongWithEachKindIsSaidByField(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return morning.AddDate(0, 0, n) }
	nan := math.NaN()
	long := strings.Repeat("a", 5000)
	offer := func(o OfferDetails) Draft {
		return Draft{Kind: Offer, Details: Details{Title: "Galette", Offer: &o}}
	}
	product := func(p ProductDetails) Draft {
		return Draft{Kind: Product, Details: Details{Title: "Pain", Product: &p}}
	}
	event := func(starts, ends time.Time, e EventDetails) Draft {
		return Draft{Kind: Event, Details: Details{Title: "Marché", Starts: starts, Ends: ends, Event: &e}}
	}
	for name, tt := range map[string]struct {
		draft Draft
		want  Invalid // nil: it is published
	}{
		"a kind that there is not":     {Draft{Kind: "poll", Text: "x"}, Invalid{"kind": "kind.unknown"}},
		"an answer to nobody":          {Draft{Kind: Answer, Text: "x"}, Invalid{"kind": "kind.unknown"}},
		"an empty article":             {Draft{Kind: Article}, Invalid{"text": "text.empty", "title": "title.empty"}},
		"an article of 20,000 signs":   {Draft{Kind: Article, Text: strings.Repeat("é", 20_000), Details: Details{Title: "Four"}}, nil},
		"an article of one more":       {Draft{Kind: Article, Text: strings.Repeat("é", 20_001), Details: Details{Title: "Four"}}, Invalid{"text": "text.long"}},
		"a title of 121 signs":         {Draft{Kind: Article, Text: "x", Details: Details{Title: strings.Repeat("é", 121)}}, Invalid{"title": "title.long"}},
		"an offer with a price":        {offer(OfferDetails{Price: cents(990)}), nil},
		"an offer in words":            {offer(OfferDetails{Conditions: "Coupe offerte."}), nil},
		"an offer of nothing":          {offer(OfferDetails{}), Invalid{"price": "price.empty"}},
		"I14 a negative price":         {offer(OfferDetails{Price: cents(-1)}), Invalid{"price": "price.wrong"}},
		"I14 a price beyond all":       {offer(OfferDetails{Price: cents(MaxCents + 1)}), Invalid{"price": "price.wrong"}},
		"a prior price above it":       {offer(OfferDetails{Price: cents(990), Prior: cents(1250)}), nil},
		"a prior price that is lower":  {offer(OfferDetails{Price: cents(990), Prior: cents(800)}), Invalid{"prior": "prior.low"}},
		"a prior price that is equal":  {offer(OfferDetails{Price: cents(990), Prior: cents(990)}), Invalid{"prior": "prior.low"}},
		"a prior price alone":          {offer(OfferDetails{Prior: cents(990)}), Invalid{"price": "price.empty", "prior": "prior.wrong"}},
		"a reduction without a prior":  {offer(OfferDetails{Price: cents(990), Conditions: "au lieu de 12,50 €"}), Invalid{"prior": "prior.missing"}},
		"a percentage without a prior": {offer(OfferDetails{Price: cents(990), Conditions: "-20 % aujourd’hui"}), Invalid{"prior": "prior.missing"}},
		"a percentage on a whole range, which has no one prior price": {offer(OfferDetails{Conditions: "-20 % sur toute la vitrine"}), nil},
		"a reduction of what would perish":                            {offer(OfferDetails{Price: cents(990), Conditions: "au lieu de 12,50 €", Perishable: true}), nil},
		"long words in an offer":                                      {offer(OfferDetails{Price: cents(1), Unit: long, Conditions: long, Stock: -1}), Invalid{"unit": "unit.long", "conditions": "conditions.long", "stock": "stock.wrong"}},
		"an offer that is over":                                       {Draft{Kind: Offer, Text: "x", Details: Details{Title: "Galette", Starts: day(-9), Ends: day(-1)}}, Invalid{"ends": "ends.past"}},
		"an offer backwards":                                          {Draft{Kind: Offer, Text: "x", Details: Details{Title: "Galette", Starts: day(9), Ends: day(8)}}, Invalid{"ends": "ends.early"}},
		"an offer for ever":                                           {Draft{Kind: Offer, Text: "x", Details: Details{Title: "Galette", Ends: day(400)}}, Invalid{"ends": "ends.far"}},
		"a product":                                                   {product(ProductDetails{}), nil},
		"a product that is had in no known way": {product(ProductDetails{Availability: "by_drone", Price: cents(-5), Lead: long, Allergens: long}),
			Invalid{"availability": "availability.unknown", "price": "price.wrong", "lead": "lead.long", "allergens": "allergens.long"}},
		"an event":                    {event(day(1), time.Time{}, EventDetails{}), nil},
		"an event at no time":         {event(time.Time{}, time.Time{}, EventDetails{}), Invalid{"starts": "starts.empty"}},
		"an event that ends before":   {event(day(2), day(1), EventDetails{}), Invalid{"ends": "ends.early"}},
		"an event that ends at once":  {event(day(2), day(2), EventDetails{}), Invalid{"ends": "ends.early"}},
		"an event of the past":        {event(day(-2), day(-1), EventDetails{}), Invalid{"ends": "ends.past"}},
		"an event of yesterday":       {event(day(-1), time.Time{}, EventDetails{}), Invalid{"starts": "starts.past"}},
		"an event of this morning":    {event(morning.Add(-time.Hour), time.Time{}, EventDetails{}), nil},
		"an event of the year 9999":   {event(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), time.Time{}, EventDetails{}), Invalid{"starts": "starts.far"}},
		"an event of a hundred days":  {event(day(1), day(101), EventDetails{}), Invalid{"ends": "ends.far"}},
		"an event nowhere":            {event(day(1), time.Time{}, EventDetails{Lat: &nan, Lon: &nan}), Invalid{"position": "position.wrong"}},
		"an event at half a position": {event(day(1), time.Time{}, EventDetails{Lat: new(float64)}), Invalid{"position": "position.wrong"}},
		"an event with a bad link":    {event(day(1), time.Time{}, EventDetails{Link: "javascript:alert(1)", Category: "SALE"}), Invalid{"link": "link.wrong", "category": "category.unknown"}},
		"an event with long words":    {event(day(1), time.Time{}, EventDetails{Place: long, Address: long}), Invalid{"place": "place.long", "address": "address.long"}},
		"a closure":                   {Draft{Kind: Closure, Text: "Fermé.", Details: Details{Starts: day(1)}}, nil},
		"a closure at no time":        {Draft{Kind: Closure}, Invalid{"text": "text.empty", "starts": "starts.empty"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := &actBook{postBook: postBook{speaks: true}}
			_, err := b.publisher(t).Publish(t.Context(), Author{Login: uuid.New()}, baker.ID, tt.draft, false)
			var got Invalid
			if err != nil && !errors.As(err, &got) {
				t.Fatal(err)
			}
			if !maps.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// What belongs to another kind does not get in, and nothing has been said of a fresh post.
func TestAPostHasTheDetailsOfItsKindOnly(t *testing.T) {
	t.Parallel()
	all := Details{
		Title: "  Marché\n de Noël ", Starts: morning.AddDate(0, 0, 1),
		Offer:   &OfferDetails{Price: cents(1), Status: OfferEnded},
		Product: &ProductDetails{Price: cents(1), Highlighted: true}, Event: &EventDetails{Status: EventCancelled},
	}
	for _, kind := range []Kind{News, Article, Offer, Product, Event, Closure} {
		b := &postBook{speaks: true}
		post, err := newPublisher(t, b).Publish(t.Context(), Author{Operator: true}, baker.ID, Draft{Kind: kind, Text: "x", Details: all}, false)
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		if (post.Offer != nil) != (kind == Offer) || (post.Product != nil) != (kind == Product) || (post.Event != nil) != (kind == Event) ||
			post.Starts.IsZero() != (kind == News || kind == Article || kind == Product) || (post.Title == "") != (kind == News) {
			t.Errorf("%s: got %+v, want its own details only", kind, post.Details)
		}
		if kind != News && post.Title != "Marché de Noël" {
			t.Errorf("%s: got title %q, want one line", kind, post.Title)
		}
		if post.Over() || kind == Product && !post.Silent() || kind == Event && post.Event.Status != EventScheduled {
			t.Errorf("%s: got %+v, want a fresh post", kind, post.Details)
		}
		if got := len(b.added[0].JSON) == 0; got != (kind == Product) {
			t.Errorf("%s: got activity %s", kind, b.added[0].JSON)
		}
	}
	if all.Offer.Status != OfferEnded {
		t.Error("the caller's details were changed")
	}
}

// An offer that names no end gets one, on the town's clock.
func TestAnOfferEndsByItself(t *testing.T) {
	t.Parallel()
	b := &postBook{speaks: true}
	post, err := newPublisher(t, b).Publish(t.Context(), Author{Operator: true}, baker.ID, Draft{Kind: Offer, Text: "x", Details: Details{Title: "Galette"}}, false)
	if err != nil {
		t.Fatal(err)
	}
	if want := time.Date(2026, 12, 25, 23, 59, 59, 0, paris(t)); !post.Ends.Equal(want) {
		t.Errorf("got %v, want %v", post.Ends, want)
	}
}
