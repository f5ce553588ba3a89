package town

import (
	"encoding/json"
	"testing"

	"bourg/federation"

	"github.com/google/uuid"
)

func TestTownCard(t *testing.T) {
	t.Parallel()
	a := testAddresses(t)
	relay := uuid.MustParse("0192f3b0-0000-7000-8000-000000000000")
	own, around := uuid.MustParse("0192f3b0-0000-7000-8000-000000000001"), uuid.MustParse("0192f3b0-0000-7000-8000-000000000002")
	for _, c := range []struct {
		what   string
		town   Town
		own    [2]uuid.UUID
		radius float64
		want   string
	}{
		{
			"a town with everything", Town{Name: "Bourg", INSEE: "79184", Lat: 46.65, Lon: -0.25, HelpPhone: " 05 49 00 00 00 "}, [2]uuid.UUID{own, around}, 7.2,
			`{"protocol":1,"town":{"name":"Bourg","insee":["79184"],"lat":46.65,"lon":-0.25,"radiusKm":8},"peering":"approval","languages":["fr"],` +
				`"legal":"https://bourg.example/mentions-legales","charter":"https://bourg.example/charte.txt","contactPhone":"05 49 00 00 00",` +
				`"actors":{"relay":"https://bourg.example/actors/0192f3b0-0000-7000-8000-000000000000",` +
				`"town":"https://bourg.example/actors/0192f3b0-0000-7000-8000-000000000001",` +
				`"around":"https://bourg.example/actors/0192f3b0-0000-7000-8000-000000000002"},"active":"https://bourg.example/actors/0192f3b0-0000-7000-8000-000000000000/active","shops":18,` +
				`"latest":"https://bourg.example/actors/0192f3b0-0000-7000-8000-000000000000/latest",` +
				`"neighbours":"https://bourg.example/actors/0192f3b0-0000-7000-8000-000000000000/neighbours"}`,
		},
		{
			"a town without shops or code, whose one shop lies in another country", Town{Name: "Bourg"}, [2]uuid.UUID{}, 900,
			`{"protocol":1,"town":{"name":"Bourg","insee":[],"lat":0,"lon":0,"radiusKm":50},"peering":"approval","languages":["fr"],` +
				`"legal":"https://bourg.example/mentions-legales","charter":"https://bourg.example/charte.txt",` +
				`"actors":{"relay":"https://bourg.example/actors/0192f3b0-0000-7000-8000-000000000000"},"active":"https://bourg.example/actors/0192f3b0-0000-7000-8000-000000000000/active","shops":18,` +
				`"latest":"https://bourg.example/actors/0192f3b0-0000-7000-8000-000000000000/latest",` +
				`"neighbours":"https://bourg.example/actors/0192f3b0-0000-7000-8000-000000000000/neighbours"}`,
		},
	} {
		got, err := json.Marshal(townCard(a, &c.town, cardActors(a, relay, c.own[0], c.own[1]), c.radius, 18))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != c.want {
			t.Errorf("%s: got  %s\nwant %s", c.what, got, c.want)
		}
	}
	if got := townCard(a, &Town{}, cardActors(a, relay, own, around), 0, 0).Town.RadiusKm; got != 1 {
		t.Errorf("a town without shops: got a radius of %d km, want 1", got)
	}
}

// An actor tells what its server can do in the form that FEP-844e gives, and its context defines the word.
func TestActorsTellCapabilities(t *testing.T) {
	t.Parallel()
	a := testAddresses(t)
	for what, actor := range map[string]*federation.Actor{
		"the server": relayDocument(a, &Town{Name: "Bourg"}, &LocalActor{ID: uuid.New(), Handle: "relay", Keys: testKeys(t)}),
		"a merchant": actorDocument(a, nil, nil, &Town{Name: "Bourg"}, &Merchant{ID: uuid.New(), Handle: "fournil", Name: "Le Fournil", Keys: testKeys(t)}),
	} {
		encoded, err := federation.EncodeActor(actor)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		type links []struct{ Href, Name string }
		var got struct {
			Context    []any `json:"@context"`
			Implements links
			Generator  struct {
				Type       string
				Implements links
			}
		}
		if err := json.Unmarshal(encoded, &got); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		const want = "https://datatracker.ietf.org/doc/html/rfc9421"
		if len(got.Generator.Implements) != 2 || got.Generator.Implements[0].Href != want || got.Generator.Implements[0].Name == "" || got.Generator.Type != "Application" {
			t.Errorf("%s: got the generator %+v, want %s first", what, got.Generator, want)
		}
		if own := len(got.Implements); (own > 0) != (what == "the server") {
			t.Errorf("%s: got %d capabilities of its own", what, own)
		}
		inline, _ := got.Context[len(got.Context)-1].(map[string]any)
		if inline["implements"] == nil {
			t.Errorf("%s: the context %v does not define implements", what, got.Context)
		}
	}
}

func testKeys(t *testing.T) []ActorKey {
	t.Helper()
	made, err := MakeActor("key")
	if err != nil {
		t.Fatal(err)
	}
	keys := make([]ActorKey, len(made.Keys))
	for i, key := range made.Keys {
		keys[i] = ActorKey{Number: 1, Kind: key.Kind, PublicPEM: key.PublicPEM}
	}
	return keys
}
