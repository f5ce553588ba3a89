package federation

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Mobilizon takes a coordinate without a point for no number.
func TestFloatsHaveAPoint(t *testing.T) {
	t.Parallel()
	for f, want := range map[float64]string{46: "46.0", -0.2502: "-0.2502", 0: "0.0", 1e-7: "0.0000001", -180: "-180.0"} {
		if got := string(Float(f)); got != want {
			t.Errorf("Float(%v): got %s, want %s", f, got, want)
		}
	}
}

// sentFiles are the documents of all golden files of what is sent, by the file's name.
func sentFiles(t *testing.T) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/activities/*.txtar")
	if err != nil || len(files) < 20 {
		t.Fatalf("got %d golden files, error %v, want them all", len(files), err)
	}
	sent := map[string][]byte{}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		_, document, found := strings.Cut(string(text), "-- json --\n")
		if !found {
			t.Fatalf("%s: got no JSON", name)
		}
		sent[filepath.Base(name)] = []byte(document)
	}
	return sent
}

// Strict readers understand whatever is sent, also what the town puts together itself: our own decoder, and
// streams, which stands for others.
func TestReadersUnderstandAllThatIsSent(t *testing.T) {
	t.Parallel()
	for name, sent := range sentFiles(t) {
		doc, err := ParseDocument(sent)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		decoded, err := decodeAny(doc)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if act, ok := decoded.(*Activity); ok && act.Object != nil && act.Object.Type != "Tombstone" {
			if host := act.Actor.Host(); act.Object.ID.Host() != host || act.Object.AttributedTo != act.Actor || act.Object.URL.Host() != host {
				t.Errorf("%s: got id, author and page on different hosts: %+v", name, act.Object)
			}
		}
		var document map[string]any
		if err := json.Unmarshal(sent, &document); err != nil {
			t.Fatal(err)
		}
		if document["type"] == "QuoteAuthorization" {
			continue // of FEP-044f, which is younger than streams
		}
		if err := readByStreams(document); err != nil {
			t.Errorf("%s: streams: %v", name, err)
		}
		checkShapes(t, name, document)
	}
}

// checkShapes holds a document to what its readers insist on, wherever it stands in it.
func checkShapes(t *testing.T, name string, v any) {
	t.Helper()
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			checkShapes(t, name, item)
		}
	case map[string]any:
		for _, field := range []string{"to", "cc", "tag", "attachment"} {
			if _, isList := v[field].([]any); v[field] != nil && !isList {
				t.Errorf("%s: got %s %v, want a list", name, field, v[field])
			}
		}
		if v["type"] == "Event" {
			for _, field := range []string{"name", "startTime", "endTime", "timezone", "eventStatus", "location", "organizers", "actor", "attributedTo", "uuid"} {
				// Gancio shows whatever end there is, so it is left out where the merchant named none.
				if v[field] == nil && name != "event.txtar" && (field != "endTime" || name != "relay-create-event.txtar") {
					t.Errorf("%s: got an Event without %s", name, field)
				}
			}
		}
		for field, value := range v {
			if field != "@context" {
				checkShapes(t, name, value)
			}
		}
	}
}

// shop is a town whose documents are objects of several types.
type shop struct{ published }

func (s shop) Object(_ context.Context, id IRI) (*Object, error) {
	switch id {
	case testBase + "/posts/event":
		o := s.note(id)
		o.Type = "Event"
		o.Extra = map[string]any{"organizers": map[string]any{"type": "Collection", "id": string(id) + "/organizers", "items": []any{"x"}}}
		return o, nil
	case testBase + "/posts/was-event":
		return &Object{ID: id, Type: "Tombstone", FormerType: "Event", Deleted: testNow}, ErrGone
	}
	return s.published.Object(context.Background(), id)
}

func (s shop) Featured(context.Context, IRI) ([]*Object, error) {
	event, err := s.Object(context.Background(), testBase+"/posts/event")
	return []*Object{s.note(testBase + "/posts/1"), event}, err
}

// read asks for a document and returns the status and what was answered.
func (s shop) read(t *testing.T, handler func(*Publications) http.HandlerFunc, path string) (int, map[string]any) {
	t.Helper()
	p := &Publications{Base: testBase, Actors: s, Documents: s}
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", path, nil)
	r.Header.Set("Accept", ActivityType)
	handler(p)(w, r)
	var body map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		t.Fatalf("%s: %v in %s", path, err, w.Body)
	}
	return w.Code, body
}

func TestFeaturedEmbedsNotesAndNamesOthers(t *testing.T) {
	t.Parallel()
	for what, handler := range map[string]func(*Publications) http.HandlerFunc{
		"featured": func(p *Publications) http.HandlerFunc { return p.Featured },
		"a list":   func(p *Publications) http.HandlerFunc { return p.Objects(shop{}.Featured) },
	} {
		status, body := shop{}.read(t, handler, "/actors/1/featured")
		items, _ := body["orderedItems"].([]any)
		if status != 200 || len(items) != 2 || items[1] != string(testBase)+"/posts/event" {
			t.Fatalf("%s: got %d %v, want the event by its id", what, status, body)
		}
		if note, ok := items[0].(map[string]any); !ok || note["type"] != "Note" {
			t.Errorf("%s: got %v, want the Note in full", what, items[0])
		}
	}
}

func TestAnEmbeddedCollectionAnswersAtItsId(t *testing.T) {
	t.Parallel()
	handler := func(p *Publications) http.HandlerFunc { return p.Part("organizers") }
	status, body := shop{}.read(t, handler, "/posts/event/organizers")
	if status != 200 || body["id"] != string(testBase)+"/posts/event/organizers" || body["type"] != "Collection" || body["@context"] != activityStreams {
		t.Errorf("got %d %v", status, body)
	}
	if status, _ := (shop{}).read(t, handler, "/posts/1/organizers"); status != 404 {
		t.Errorf("of a Note: got %d, want 404", status)
	}
}

// What was deleted says what it was, so that Gancio knows what to remove.
func TestATombstoneSaysWhatItWas(t *testing.T) {
	t.Parallel()
	handler := func(p *Publications) http.HandlerFunc { return p.Object }
	status, body := shop{}.read(t, handler, "/posts/was-event")
	if status != 410 || body["type"] != "Tombstone" || body["formerType"] != "Event" || body["id"] != string(testBase)+"/posts/was-event" {
		t.Errorf("got %d %v", status, body)
	}
	if status, body := (shop{}).read(t, handler, "/posts/gone"); status != 410 || body["type"] != "Tombstone" {
		t.Errorf("without its own: got %d %v", status, body)
	}
}
