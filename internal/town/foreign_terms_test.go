package town

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"bourg/federation"
)

// What one town writes another reads: an offer, a product, an event and a closing come out as they went in.
func TestNeighbourReadsWhatIsWritten(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 28, 17, 0, 0, 0, time.UTC)
	price, prior := Cents(990), Cents(1250)
	base := &url.URL{Scheme: "https", Host: "a.example"}
	here := &Town{Name: "Saint-Laurent", TimeZone: "Europe/Paris"}
	for _, p := range []*Post{
		{Kind: Offer, Details: Details{Title: "Galette", Ends: at, Offer: &OfferDetails{Price: &price, Prior: &prior, Unit: "le kilo", Stock: 4, Status: OfferSoldOut}}},
		{Kind: Product, Details: Details{Title: "Miel", Product: &ProductDetails{Price: &price, From: true, Availability: ToOrder, Lead: "la veille"}}},
		{Kind: Event, Details: Details{Title: "Veillée", Starts: at, Event: &EventDetails{Place: "Halle", Status: EventCancelled}}},
		{Kind: Closure, Details: Details{Title: "Fermé vendredi après-midi", Starts: at, Ends: at.Add(time.Hour)}},
	} {
		p.Text, p.Published, p.Public, p.Reach, p.Language = "Ce qui fut tapé.", at, true, ReachRegion, "fr"
		p.Merchant = &Merchant{Handle: "fournil", Name: "Le Fournil", Trade: "boulangerie", Phone: "0465712012"}
		o := postObject(Addresses{Base: base}, func(file string) federation.IRI { return federation.IRI(file) },
			func(text string) string { return "<p>" + text + "</p>" }, func(string) []string { return nil }, here, p)
		raw, err := json.Marshal(o.Extra)
		if err != nil {
			t.Fatal(err)
		}
		terms := readObjectTerms(raw)
		if got := terms.kind(o.Type); got != p.Kind {
			t.Errorf("%s: got the kind %q", p.Kind, got)
		}
		if got := terms.reach(); got != ReachRegion {
			t.Errorf("%s: got the reach %q, want region", p.Kind, got)
		}
		got := terms.details(strings.TrimSpace, p.Kind, o, at)
		words := terms.words(o, got)
		if got.Title != p.Title || words != "<p>Ce qui fut tapé.</p>" {
			t.Errorf("%s: got %q and %q, want %q and what was typed", p.Kind, got.Title, words, p.Title)
		}
		switch p.Kind {
		case Offer:
			if g := got.Offer; g == nil || g.Price == nil || *g.Price != price || g.Prior == nil || *g.Prior != prior || g.Unit != "le kilo" || g.Stock != 4 || g.Status != OfferSoldOut {
				t.Errorf("offer: got %+v", g)
			}
		case Product:
			if g := got.Product; g == nil || g.Price == nil || *g.Price != price || !g.From || g.Availability != ToOrder || g.Lead != "la veille" {
				t.Errorf("product: got %+v", g)
			}
		case Event:
			if g := got.Event; g == nil || !strings.HasPrefix(g.Place, "Halle") || g.Status != EventCancelled || !got.Ends.IsZero() || !got.Starts.Equal(at) {
				t.Errorf("event: got %+v from %v to %v", g, got.Starts, got.Ends)
			}
		}
	}
}

// What a neighbour writes wrongly is left out, term by term, and what is right beside it stays.
func TestNeighbourWritesNonsense(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		terms  string
		object federation.Object
		kind   Kind
		good   func(Details) bool
		words  string
	}{
		"an offer that is no object": {`{"bourg:kind":"offer","bourg:offer":[1]}`, federation.Object{Content: "<p>Tout.</p>"}, Offer,
			func(d Details) bool { return d.Offer == nil }, "<p>Tout.</p>"},
		"an offer without a name": {`{"bourg:kind":"offer","bourg:offer":{"price":"3"},"bourg:text":"x"}`, federation.Object{Content: "<p>Tout.</p>"}, Offer,
			func(d Details) bool { return d.Offer == nil }, "<p>Tout.</p>"},
		"dollars, a negative stock and a status of its own": {`{"bourg:kind":"offer","bourg:offer":{"name":"A","price":"3","priceCurrency":"USD","stock":-4,"status":"x"}}`,
			federation.Object{Content: "<p>Tout.</p>"}, Offer,
			func(d Details) bool { return d.Offer.Price == nil && d.Offer.Stock == 0 && d.Offer.Status == OfferOpen }, "<p>Tout.</p>"},
		"a kind that is a number": {`{"bourg:kind":3,"location":"ici","eventStatus":{}}`, federation.Object{Type: "Event", Name: "Bal", StartTime: now, EndTime: now.Add(-time.Hour), Content: "c"}, Event,
			func(d Details) bool { return d.Title == "Bal" && d.Ends.IsZero() && d.Event.Place == "" }, "c"},
		"an event that never ends":         {`{}`, federation.Object{Type: "Event", Name: "Bal", StartTime: now, EndTime: now.AddDate(1, 0, 0)}, Event, func(d Details) bool { return d.Ends.IsZero() }, ""},
		"an event in eight thousand years": {`{}`, federation.Object{Type: "Event", Name: "Bal", StartTime: now.AddDate(8000, 0, 0)}, Event, func(d Details) bool { return d.Starts.IsZero() }, ""},
		"a warning in front":               {`{}`, federation.Object{Type: "Note", Summary: "Sang & <b>", Content: "<p>Le boudin.</p>"}, News, func(Details) bool { return true }, "<p>Sang &amp; &lt;b&gt;</p>"},
	} {
		terms := readObjectTerms([]byte(c.terms))
		kind := terms.kind(c.object.Type)
		if kind != c.kind {
			t.Errorf("%s: got the kind %q, want %q", name, kind, c.kind)
		}
		d := terms.details(strings.TrimSpace, kind, &c.object, now)
		if !c.good(d) {
			t.Errorf("%s: got %+v", name, d)
		}
		if got := terms.words(&c.object, d); got != c.words {
			t.Errorf("%s: got the words %q, want %q", name, got, c.words)
		}
	}
}

// A shop is called by what is known of it.
func TestNameOfNeighboursShop(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		p    ForeignPost
		want string
	}{
		{ForeignPost{Actor: RemoteActor{Name: "La Gabare"}, URL: "https://b.example/@gabare/1"}, "La Gabare"},
		{ForeignPost{URL: "https://b.example/@gabare/1", Town: "La Bastide"}, "@gabare"},
		{ForeignPost{URL: "https://b.example/posts/1", Town: "La Bastide"}, "La Bastide"},
		{ForeignPost{URL: "https://b.example/posts/1", Domain: "b.example"}, "b.example"},
	} {
		if got := c.p.ShopName(); got != c.want {
			t.Errorf("%s: got %q, want %q", c.p.URL, got, c.want)
		}
	}
}
