package town

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// peeringExample is an example of PEERING.md by the word behind its fence.
func peeringExample(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile("../../federation/PEERING.md")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?s)```json " + name + "\n(.*?)```").FindSubmatch(text)
	if found == nil {
		t.Fatalf("PEERING.md has no example %q", name)
	}
	return found[1]
}

// TestListOfNeighboursIsReadAsItIsWritten reads the specification's list and writes it again.
func TestListOfNeighboursIsReadAsItIsWritten(t *testing.T) {
	t.Parallel()
	example := peeringExample(t, "neighbours")
	hints, err := ReadTowns(example, strings.TrimSpace)
	if err != nil || len(hints) != 2 || hints[0] != (Hint{"vernede.example", "https://vernede.example", "Vernède", Point{44.25, 4.45}}) {
		t.Fatalf("got %+v and error %v, want Vernède and La Bastide-Neuve", hints, err)
	}
	var list []ListedNeighbour
	for i, h := range hints {
		insee := [][]string{{"30344"}, {"30045"}}[i]
		list = append(list, ListedNeighbour{Neighbour: &Neighbour{
			Domain: h.Domain, Base: h.Base, Card: Card{Name: h.Name, INSEE: insee, Place: &h.Place, Peering: "approval"},
		}})
	}
	list = append(list, ListedNeighbour{Neighbour: &Neighbour{Domain: "agenda.example", Base: "https://agenda.example", Card: Card{Name: "Un agenda"}}})
	written, err := WriteTowns(list)
	if err != nil {
		t.Fatal(err)
	}
	var got, want any
	if err := json.Unmarshal(written, &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(example, &want); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %s, want what stands in PEERING.md", written)
	}
}

// TestCardIsWrittenAsItIsSpecified: what a town says of itself has the members of the specification's card.
func TestCardIsWrittenAsItIsSpecified(t *testing.T) {
	t.Parallel()
	var want, got map[string]any
	if err := json.Unmarshal(peeringExample(t, "card"), &want); err != nil {
		t.Fatal(err)
	}
	written, err := json.Marshal(townCard(testAddresses(t), &Town{Name: "Bourg", HelpPhone: "0465712000"}, actorCard{}, 8, 18))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(written, &got); err != nil {
		t.Fatal(err)
	}
	for member := range got {
		if _, specified := want[member]; !specified {
			t.Errorf("the card has %q, which PEERING.md does not name", member)
		}
	}
	for _, member := range []string{"protocol", "town", "peering", "active", "shops", "latest", "neighbours"} {
		if _, there := got[member]; !there {
			t.Errorf("the card has no %q", member)
		}
	}
}

// TestAHostileListOfNeighboursIsHarmless: what is no town is passed over, and a list that is none is an error.
func TestAHostileListOfNeighboursIsHarmless(t *testing.T) {
	t.Parallel()
	line := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	for what, entry := range map[string]string{
		"no address":                   `{"name":"A","lat":1,"lon":1}`,
		"a script":                     `{"url":"javascript:alert(1)","name":"A","lat":1,"lon":1}`,
		"a file":                       `{"url":"file:///etc/passwd","name":"A","lat":1,"lon":1}`,
		"a path":                       `{"url":"https://a.example/login?x=1","name":"A","lat":1,"lon":1}`,
		"somebody before the \"@":      `{"url":"https://you@a.example","name":"A","lat":1,"lon":1}`,
		"an old spelling of 127.0.0.1": `{"url":"https://0x7f.1","name":"A","lat":1,"lon":1}`,
		"no name":                      `{"url":"https://a.example","name":" \n ","lat":1,"lon":1}`,
		"no place":                     `{"url":"https://a.example","name":"A"}`,
		"a place off the Earth":        `{"url":"https://a.example","name":"A","lat":91,"lon":1}`,
		"a host too long":              `{"url":"https://` + strings.Repeat("a.", 200) + `example","name":"A","lat":1,"lon":1}`,
	} {
		hints, err := ReadTowns([]byte(`{"towns":[`+entry+`]}`), line)
		if err != nil || len(hints) != 0 {
			t.Errorf("%s: got %+v and error %v, want nothing", what, hints, err)
		}
	}
	for what, list := range map[string]string{
		"no JSON": "<html>", "another document": `{}`, "a name that is a number": `{"towns":[{"name":1}]}`, "towns that are no list": `{"towns":"https://a.example"}`,
	} {
		if hints, err := ReadTowns([]byte(list), line); err == nil {
			t.Errorf("%s: got %+v, want an error", what, hints)
		}
	}
	var many []string
	for i := range 3 * MaxHints {
		many = append(many, fmt.Sprintf(`{"url":"https://t%d.example","name":"%s","lat":1,"lon":1}`, i/2, strings.Repeat("é", 300)))
	}
	hints, err := ReadTowns([]byte(`{"towns":[`+strings.Join(many, ",")+`]}`), line)
	if err != nil || len(hints) != MaxHints/2 || len([]rune(hints[0].Name)) != 100 {
		t.Errorf("a list too long: got %d towns and error %v, want the %d of its first %d entries, with names of 100 letters", len(hints), err, MaxHints/2, MaxHints)
	}
}

// TestSuggestionsAreTheNearest: by distance, each once, and no neighbour crowds out the others.
func TestSuggestionsAreTheNearest(t *testing.T) {
	t.Parallel()
	here := Point{44, 4}
	at := func(name string, north float64) Hint {
		return Hint{Domain: name + ".example", Base: "https://" + name + ".example", Name: name, Place: Point{44 + north, 4}}
	}
	hints := map[string][]Hint{
		"Vernède": {at("b", .2), at("a", .1), at("lyon", 1.75)},
		"Bastide": {at("b", .2), at("c", .3)},
	}
	for i := range 20 {
		hints["Crieur"] = append(hints["Crieur"], at(fmt.Sprintf("z%02d", i), .001))
	}
	hints["Crieur"] = append(hints["Crieur"], at("b", .2))
	got := suggest(here, hints)
	var names []string
	for _, s := range got {
		names = append(names, s.Name)
	}
	if want := []string{"z00", "z01", "z02", "z03", "a", "b", "c"}; !slices.Equal(names, want) {
		t.Errorf("got %q, want %q: the nearest first, four of one teller alone, nothing from 190 km away", names, want)
	}
	for _, s := range got {
		if s.Name == "b" && !slices.Equal(s.From, []string{"Bastide", "Crieur", "Vernède"}) {
			t.Errorf("b: got it from %q, want all three", s.From)
		}
		if s.Name == "a" && (s.Km < 11 || s.Km > 11.3) {
			t.Errorf("a: got %.2f km, want about 11.1", s.Km)
		}
	}
	if got := suggest(here, nil); got != nil {
		t.Errorf("no hints: got %v", got)
	}
}
