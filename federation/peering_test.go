package federation

import (
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"testing"
)

// peeringExamples are the examples of PEERING.md by the word behind the fence.
func peeringExamples(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("PEERING.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := map[string]string{}
	for _, m := range regexp.MustCompile("(?s)```(?:json|text) ([a-z]+)\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		examples[m[1]] = m[2]
	}
	return examples
}

// TestExamplesOfPeeringAreReadAndWritten reads the specification's activities, and writes them again.
func TestExamplesOfPeeringAreReadAndWritten(t *testing.T) {
	t.Parallel()
	examples := peeringExamples(t)
	for _, name := range []string{"follow", "accept", "announce", "flag", "answer"} {
		doc, err := ParseDocument([]byte(examples[name]))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		a, err := DecodeActivity(doc)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var whole struct {
			Object  json.RawMessage `json:"object"`
			Peering map[string]any  `json:"bourg:peering"`

			Category string `json:"bourg:category"`
		}
		if err := json.Unmarshal([]byte(examples[name]), &whole); err != nil {
			t.Fatal(err)
		}
		if whole.Peering != nil {
			a.Extra = map[string]any{"bourg:peering": whole.Peering}
		}
		if whole.Category != "" {
			a.Extra = map[string]any{"bourg:category": whole.Category}
		}
		if a.Type == "Announce" {
			a.Embedded = whole.Object
		}
		written, err := EncodeActivity(a)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, want := withoutContext(t, written), withoutContext(t, []byte(examples[name]))
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %s, want what stands in PEERING.md", name, written)
		}
	}
}

func withoutContext(t *testing.T, text []byte) map[string]any {
	t.Helper()
	var document map[string]any
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	delete(document, "@context")
	return document
}

// TestAnnouncedActivityKeepsItsNumbers: coordinates keep their point.
func TestAnnouncedActivityKeepsItsNumbers(t *testing.T) {
	t.Parallel()
	written, err := EncodeActivity(&Activity{
		ID: "https://a.example/activities/2", Type: "Announce", Actor: "https://a.example/actors/1", ObjectID: "https://a.example/activities/1",
		Embedded: json.RawMessage(`{"@context":"https://www.w3.org/ns/activitystreams","id":"https://a.example/activities/1","type":"Create","bourg:x":46.0}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := `"object":{"bourg:x":46.0,"id":"https://a.example/activities/1","type":"Create"}`; !regexp.MustCompile(regexp.QuoteMeta(want)).Match(written) {
		t.Errorf("got %s, want in it %s", written, want)
	}
}
