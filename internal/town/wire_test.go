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
