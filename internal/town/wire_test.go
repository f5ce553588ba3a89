package town

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bourg/federation"
	"bourg/internal/sanitize"

	"github.com/google/uuid"
)

var rewrite = flag.Bool("update", false, "rewrite the golden files of what is sent")

// tuesday is when the posts of these tests are published.
var tuesday = time.Date(2026, 11, 24, 6, 30, 0, 0, time.UTC)

func paris(t testing.TB) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func cents(c Cents) *Cents { return &c }

// wireMerchant and wireTown are who speaks in the golden files.
func wireMerchant() *Merchant {
	lat, lon := 46.6501, -0.2502
	return &Merchant{
		ID: baker.ID, Handle: "boulangerie_martin", Name: "Boulangerie Martin", Trade: "boulangerie", Phone: "05 49 00 00 00",
		Address: "3, place du Marché", Lat: &lat, Lon: &lon, Reach: ReachEverywhere,
	}
}

func wireTown() *Town {
	return &Town{Name: "Bourg", INSEE: "79184", Lat: 46.65, Lon: -0.25, TimeZone: "Europe/Paris"}
}

func wirePhoto() Photo {
	return Photo{Alt: "Galette dorée sur une grille", Variants: []Variant{{File: "galette-1280.jpg", Width: 1280, Height: 960, MediaType: "image/jpeg"}}}
}

// wirePosts are one post of each kind.
func wirePosts(t testing.TB) map[Kind]*Post {
	loc := paris(t)
	lat, lon := 46.0, -0.2502
	post := func(kind Kind, text string, d Details, photos ...Photo) *Post {
		return &Post{
			ID: uuid.MustParse("0193a1c0-0000-7000-8000-000000000002"), Merchant: wireMerchant(), Kind: kind, Text: text, Language: "fr",
			Reach: ReachNeighbours, Public: true, Published: tuesday, Leaves: tuesday, Photos: photos, Details: d,
		}
	}
	return map[Kind]*Post{
		News: post(News, "Fournée de seigle ce matin. #pain", Details{}),
		Offer: post(Offer, "Pur beurre, sur commande la veille. #galette", Details{
			Title: "Galette charentaise", Starts: time.Date(2026, 11, 24, 0, 0, 0, 0, loc), Ends: time.Date(2026, 11, 29, 23, 59, 59, 0, loc),
			Offer: &OfferDetails{Price: cents(990), Prior: cents(1250), Unit: "la pièce", Stock: 30, Conditions: "Une par personne"},
		}, wirePhoto()),
		Product: post(Product, "Levain, cuisson au bois.", Details{
			Title: "Tourte de seigle", Product: &ProductDetails{Price: cents(450), From: true, Unit: "le kilo", Availability: ToOrder, Lead: "la veille", Allergens: "gluten", Highlighted: true},
		}, wirePhoto()),
		Event: post(Event, "Vingt artisans, vin chaud & marrons. #Noël", Details{
			Title: "Marché de Noël", Starts: time.Date(2026, 12, 12, 9, 0, 0, 0, loc), Ends: time.Date(2026, 12, 12, 18, 0, 0, 0, loc),
			Event: &EventDetails{Place: "Place du Marché", Lat: &lat, Lon: &lon, Category: "FOOD_DRINK"},
		}, wirePhoto()),
		Article: post(Article, "Le four de 1911 a été rebriqué cet été.\n\nOn y cuit de nouveau depuis septembre, trois fois par semaine.", Details{Title: "Le four de la halle"}, wirePhoto()),
		Closure: post(Closure, "Nous préparons les fêtes.", Details{
			Starts: time.Date(2026, 12, 1, 0, 0, 0, 0, loc), Ends: time.Date(2026, 12, 2, 23, 59, 59, 0, loc),
		}),
	}
}

// wireObject makes the object of a post as the program does.
func wireObject(t testing.TB, post *Post) *federation.Object {
	a := testAddresses(t)
	media := func(f string) federation.IRI { return federation.IRI("https://bourg.example/media/" + f) }
	html := func(text string) string {
		return sanitize.LinkedParagraphs(text, func(word string) string { return string(a.Word(word)) })
	}
	return postObject(a, media, html, sanitize.Hashtags, wireTown(), post)
}

// Each file has the post, and what peers get of it.
func TestWhatPeersGetOfEachKind(t *testing.T) {
	t.Parallel()
	a := testAddresses(t)
	posts := wirePosts(t)
	changed := func(kind Kind, change func(*Post)) federation.Activity {
		p := *wirePosts(t)[kind]
		p.Updated = tuesday.Add(48 * time.Hour)
		change(&p)
		return update(wireObject(t, &p))
	}
	sent := map[string]federation.Activity{
		"create-offer": create(wireObject(t, posts[Offer])), "create-product": create(wireObject(t, posts[Product])),
		"create-event": create(wireObject(t, posts[Event])), "create-article": create(wireObject(t, posts[Article])),
		"create-closure": create(wireObject(t, posts[Closure])),
		"update-offer":   changed(Offer, func(p *Post) { p.Offer.Status = OfferEnded }),
		"update-event":   changed(Event, func(p *Post) { p.Event.Status = EventCancelled }),
		"delete-event":   tombstone(a, posts[Event], tuesday.Add(72*time.Hour)),
		"add-offer":      featuring(a, Feature{Merchant: baker.ID, Post: posts[Offer].ID, Added: true}, tuesday),
		"remove-offer":   featuring(a, Feature{Merchant: baker.ID, Post: posts[Offer].ID}, tuesday),
		"announce-event": announcement(a, posts[Event], tuesday),
	}
	for name, act := range sent {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			act.ID = a.Activity(baker.ID)
			raw, err := federation.EncodeActivity(&act)
			if err != nil {
				t.Fatal(err)
			}
			var file bytes.Buffer
			_, kind, _ := strings.Cut(name, "-")
			encoder := json.NewEncoder(&file)
			encoder.SetEscapeHTML(false)
			encoder.SetIndent("", " ")
			file.WriteString("-- post --\n")
			if post := posts[Kind(kind)]; post != nil {
				if err := encoder.Encode(struct {
					Kind                    Kind
					Text                    string
					Reach                   Reach
					Title                   string
					Starts, Ends, Published time.Time
					Offer                   *OfferDetails   `json:",omitempty"`
					Product                 *ProductDetails `json:",omitempty"`
					Event                   *EventDetails   `json:",omitempty"`
				}{post.Kind, post.Text, post.Reach, post.Title, post.Starts, post.Ends, post.Published, post.Offer, post.Product, post.Event}); err != nil {
					t.Fatal(err)
				}
			}
			file.WriteString("-- json --\n")
			if err := json.Indent(&file, raw, "", " "); err != nil {
				t.Fatal(err)
			}
			file.WriteString("\n")
			golden := filepath.Join(root, "federation/testdata/activities", name+".txtar")
			if *rewrite {
				if err := os.WriteFile(golden, file.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			got, wanted := strings.Split(file.String(), "\n"), strings.Split(string(want), "\n")
			for i := range max(len(got), len(wanted)) {
				if i >= len(got) || i >= len(wanted) || got[i] != wanted[i] {
					t.Fatalf("%s:%d: got %q, want %q", golden, i+1, got[min(i, len(got)-1):][:1], wanted[min(i, len(wanted)-1):][:1])
				}
			}
		})
	}
}

// Whatever is typed into a field stays text: no peer gets an element or a link of the merchant's making.
func TestWhatIsTypedIntoFieldsStaysText(t *testing.T) {
	t.Parallel()
	const nasty = `<img src=x onerror=alert(1)>"'><a href="javascript:x">`
	for kind, post := range wirePosts(t) {
		m := wireMerchant()
		m.Name, m.Phone, m.Address = nasty, nasty, nasty
		post.Merchant, post.Title, post.Text = m, nasty, nasty
		switch kind {
		case Offer:
			post.Offer.Conditions, post.Offer.Unit = nasty, nasty
		case Product:
			post.Product.Lead, post.Product.Allergens, post.Product.Unit = nasty, nasty, nasty
		case Event:
			post.Event.Place, post.Event.Address, post.Event.Link = nasty, nasty, "https://x.example/"+nasty
		}
		o := wireObject(t, post)
		preview := ""
		if p, ok := o.Extra["preview"].(map[string]any); ok {
			preview = p["content"].(string)
		}
		for _, html := range []string{o.Content, preview} {
			if strings.Contains(html, "<img") || strings.Contains(html, `<a href="javascript`) {
				t.Errorf("%s: got %s", kind, html)
			}
		}
		if html := sanitize.HTML(o.Content); len(html) < len(o.Content)*3/4 {
			t.Errorf("%s: a strict reader keeps %d of %d bytes: %s", kind, len(html), len(o.Content), html)
		}
	}
}

// The summary of an event is one line of at most 120 signs, whatever its place is called.
func TestTheSummaryOfAnEventIsOneShortLine(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ place, want string }{
		{"Place du Marché", "samedi 12 décembre 2026, 9 h – 18 h — Place du Marché, Bourg (79)"},
		{strings.Repeat("é", 70), "samedi 12 décembre 2026, 9 h – 18 h — " + strings.Repeat("é", 70) + ", Bourg (79)"},
		{strings.Repeat("é", 71), "samedi 12 décembre 2026, 9 h – 18 h — " + strings.Repeat("é", 71) + ", Bourg"},
		{"la grande salle " + strings.Repeat("très ", 30) + "longue", "samedi 12 décembre 2026, 9 h – 18 h — la grande salle " + strings.TrimSpace(strings.Repeat("très ", 13)) + "…"},
	} {
		post := wirePosts(t)[Event]
		post.Event.Place = tt.place
		got := wireObject(t, post).Summary
		if n := len([]rune(got)); plainSpaces(got) != tt.want || n > 120 {
			t.Errorf("got %q of %d signs, want %q", got, n, tt.want)
		}
	}
}

// Days and hours as people read them in French.
func TestFrenchDays(t *testing.T) {
	t.Parallel()
	loc := paris(t)
	at := func(month time.Month, day, hour, minute int) time.Time {
		return time.Date(2026, month, day, hour, minute, 0, 0, loc)
	}
	for _, tt := range []struct{ got, want string }{
		{eventSpan(at(12, 1, 20, 30), time.Time{}), "mardi 1er décembre 2026, 20 h 30"},
		{eventSpan(at(12, 12, 9, 0), at(12, 12, 18, 5)), "samedi 12 décembre 2026, 9 h – 18 h 05"},
		{eventSpan(at(12, 12, 9, 0), at(12, 13, 18, 0)), "du samedi 12 décembre 2026, 9 h, au dimanche 13 décembre 2026, 18 h"},
		{eventSpan(at(12, 12, 0, 0), LastMoment(at(12, 12, 9, 0))), "samedi 12 décembre 2026"},
		{eventSpan(at(12, 12, 0, 0), LastMoment(at(12, 13, 9, 0))), "du samedi 12 décembre 2026 au dimanche 13 décembre 2026"},
		{daysSpan(at(11, 24, 0, 0), LastMoment(at(11, 29, 0, 0))), "du mardi 24 au dimanche 29 novembre 2026"},
		{daysSpan(at(11, 24, 0, 0), LastMoment(at(12, 1, 0, 0))), "du mardi 24 novembre au mardi 1er décembre 2026"},
		{daysSpan(at(12, 24, 0, 0), LastMoment(at(12, 24, 0, 0).AddDate(0, 0, 9))), "du jeudi 24 décembre 2026 au samedi 2 janvier 2027"},
		{daysSpan(at(11, 24, 0, 0), LastMoment(at(11, 24, 0, 0))), "le mardi 24 novembre 2026"},
		{daysSpan(time.Time{}, LastMoment(at(11, 24, 0, 0))), "jusqu’au mardi 24 novembre 2026"},
		{daysSpan(time.Time{}, at(11, 24, 17, 0)), "jusqu’au mardi 24 novembre 2026, 17 h"},
		{daysSpan(at(11, 24, 17, 0), at(11, 24, 19, 0)), "le mardi 24 novembre 2026, 17 h – 19 h"},
		{daysSpan(at(11, 24, 0, 0), time.Time{}), "à partir du mardi 24 novembre 2026"},
		{Cents(125_050).Euros(), "1\u202f250,50 €"}, {Cents(99_999_999).Euros(), "999\u202f999,99 €"}, {Cents(5).Euros(), "0,05 €"}, {Cents(1200).Euros(), "12 €"},
	} {
		if plainSpaces(tt.got) != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}
