package federation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// answersOfQuotes are the documents of FEP-044f and the answers to what has no place in streams, by name.
func answersOfQuotes() map[string]any {
	quoting := itsReader + "/statuses/2"
	stamp := ourPost + "/quotes/0193a1c0-0000-5000-8000-000000000009"
	request := &Activity{ID: itsReader + "/quote_requests/1", Type: "QuoteRequest", Actor: itsReader, ObjectID: ourPost, Instrument: quoting}
	join := &Activity{ID: "https://mobilizon.example/join/event/1", Type: "Join", Actor: "https://mobilizon.example/@lea", ObjectID: ourPost}
	return map[string]any{
		"accept-quote": &Activity{ID: ourActor + "/accepts/2", Type: "Accept", Actor: ourActor, To: []IRI{itsReader}, Inner: request, Result: stamp},
		"reject-quote": &Activity{ID: ourActor + "/rejects/2", Type: "Reject", Actor: ourActor, To: []IRI{itsReader}, Inner: request},
		"delete-quote-authorization": &Activity{
			ID: ourActor + "/deletes/2", Type: "Delete", Actor: ourActor, To: []IRI{Public}, Cc: []IRI{itsReader}, ObjectID: stamp, Published: publishedAt,
		},
		"quote-authorization": NewQuoteAuthorization(stamp, ourActor, quoting, ourPost),
		"ignore-join":         &Activity{ID: ourActor + "/ignores/1", Type: "Ignore", Actor: ourActor, To: []IRI{join.Actor}, Inner: join},
	}
}

// TestEncodeAnswersOfQuotes compares them with testdata/activities, as TestEncode does.
func TestEncodeAnswersOfQuotes(t *testing.T) {
	t.Parallel()
	for name, value := range answersOfQuotes() {
		got, err := encodeAny(value)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var file strings.Builder
		file.WriteString("-- value --\n")
		describe(&file, "", reflect.ValueOf(value))
		var indented bytes.Buffer
		if err := json.Indent(&indented, got, "", " "); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&file, "-- json --\n%s\n", &indented)
		compareGolden(t, filepath.Join("testdata/activities", name+".txtar"), file.String())
	}
}

// Mastodon looks for the request by its id, and for what was asked in the copy that the answer holds.
func TestAnAnswerToAQuoteRequestIsReadAgain(t *testing.T) {
	t.Parallel()
	sent, err := encodeAny(answersOfQuotes()["accept-quote"])
	if err != nil {
		t.Fatal(err)
	}
	doc, err := ParseDocument(sent)
	if err != nil {
		t.Fatal(err)
	}
	a, err := DecodeActivity(doc)
	if err != nil {
		t.Fatal(err)
	}
	want := answersOfQuotes()["accept-quote"].(*Activity)
	if a.Result != want.Result || a.Inner == nil || a.Inner.ID != want.Inner.ID || a.Inner.Instrument != want.Inner.Instrument || a.Inner.ObjectID != ourPost {
		t.Errorf("got %+v with %+v, want %+v with %+v", a, a.Inner, want, want.Inner)
	}
}

func TestAnAuthorisationNeedsAll(t *testing.T) {
	t.Parallel()
	for _, o := range []*Object{
		{Type: QuoteAuthorization}, {ID: ourPost, Type: QuoteAuthorization, AttributedTo: ourActor},
		{Type: QuoteAuthorization, AttributedTo: ourActor, Extra: map[string]any{"interactingObject": "a", "interactionTarget": "b"}},
	} {
		if got, err := EncodeObject(o); err == nil {
			t.Errorf("%+v: got %s, want an error", o, got)
		}
	}
}

// Who asks to quote speaks of a post of its own.
func TestWhoMayAskToQuote(t *testing.T) {
	t.Parallel()
	const alice = IRI("https://mastodon.example/users/alice")
	ask := func(change func(*Activity)) *Activity {
		a := &Activity{ID: alice + "/requests/1", Type: "QuoteRequest", Actor: alice, ObjectID: ourPost, Instrument: alice + "/statuses/1"}
		change(a)
		return a
	}
	own := &Object{ID: alice + "/statuses/1", Type: "Note", AttributedTo: alice, URL: "https://evil.example/1"}
	foreign := &Object{ID: alice + "/statuses/1", Type: "Note", AttributedTo: itsReader}
	other := &Object{ID: alice + "/statuses/2", Type: "Note", AttributedTo: alice}
	tests := []struct {
		name string
		ask  *Activity
		want string // code of the refusal; "" for none
	}{
		{"by its id", ask(func(*Activity) {}), ""},
		{"embedded", ask(func(a *Activity) { a.Quoting = own }), ""},
		{"of another server", ask(func(a *Activity) { a.Instrument = "https://evil.example/1" }), "not_owner"},
		{"of nothing", ask(func(a *Activity) { a.Instrument = "" }), "not_owner"},
		{"of somebody else", ask(func(a *Activity) { a.Quoting = foreign }), "attribution"},
		{"of something else", ask(func(a *Activity) { a.Quoting = other }), "attribution"},
	}
	for _, tt := range tests {
		verified, err := Authority{Host: "bourg.example"}.Activity(tt.ask, alice, nil)
		var code string
		if r, ok := err.(*Refusal); ok { //nolint:errorlint // the gate returns it bare
			code = r.Code
		}
		if code != tt.want {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
		if q := verified.Value(); err == nil && q.Quoting != nil && q.Quoting.URL != "" {
			t.Errorf("%s: got the page %s on another server, want none", tt.name, q.Quoting.URL)
		}
	}
}

func TestWhatAnObjectQuotes(t *testing.T) {
	t.Parallel()
	const quoted = "https://bourg.example/posts/1"
	for name, member := range map[string]string{
		"FEP-044f": `"quote":"` + quoted + `"`, "embedded": `"quote":{"type":"Note","id":"` + quoted + `"}`,
		"Misskey": `"_misskey_quote":"` + quoted + `"`, "as:quoteUrl": `"quoteUrl":"` + quoted + `"`, "Fedibird": `"quoteUri":"` + quoted + `"`,
		"FEP-e232": `"tag":[{"type":"Link","mediaType":"application/ld+json","rel":"https://misskey-hub.net/ns#_misskey_quote","href":"` + quoted + `"}]`,
		"nothing":  `"tag":[{"type":"Link","href":"` + quoted + `"}]`, "no address": `"quote":"javascript:alert(1)"`,
	} {
		doc, err := ParseDocument([]byte(`{"id":"https://peer.example/1","type":"Note","attributedTo":"https://peer.example/a",` + member + `}`))
		if err != nil {
			t.Fatal(err)
		}
		o, err := DecodeObject(doc)
		if err != nil {
			t.Fatal(err)
		}
		want := IRI(quoted)
		if name == "nothing" || name == "no address" {
			want = ""
		}
		if o.Quote != want {
			t.Errorf("%s: got %q, want %q", name, o.Quote, want)
		}
	}
}
