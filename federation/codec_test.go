package federation

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-fed/activity/streams"
)

const (
	ourActor  IRI = "https://bourg.example/actors/0193a1c0-0000-7000-8000-000000000001"
	ourPost   IRI = "https://bourg.example/posts/0193a1c0-0000-7000-8000-000000000002"
	ourTown   IRI = "https://bourg.example/actors/0193a1c0-0000-7000-8000-000000000003"
	itsReader IRI = "https://mastodon.example/users/lea"
)

// Half a second more than what is to be written.
var (
	publishedAt = time.Date(2026, 12, 12, 9, 30, 0, 500_000_000, time.FixedZone("", 3600))
	editedAt    = publishedAt.Add(time.Hour)
)

// ed25519PEM returns a fixed Ed25519 key as PKIX PEM.
func ed25519PEM(t testing.TB) string {
	t.Helper()
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// rsaPEM returns the RSA key of a recorded actor.
func rsaPEM(t testing.TB) string {
	t.Helper()
	body, err := os.ReadFile("testdata/samples/bourg.test/actor-bakery.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := ParseDocument(body)
	if err != nil {
		t.Fatal(err)
	}
	actor, err := DecodeActor(doc)
	if err != nil {
		t.Fatal(err)
	}
	return actor.Keys[0].PEM
}

func ourNote() *Object {
	return &Object{
		ID: ourPost, Type: "Note", AttributedTo: ourActor, URL: "https://bourg.example/@boulangerie_martin/0193a1c0-0000-7000-8000-000000000002",
		Content: "<p>Galette charentaise & brioche : 9 h – 12 h</p>", Language: "fr", Published: publishedAt,
		To: []IRI{Public}, Cc: []IRI{ourActor + "/followers"}, Audience: ourTown,
		Attachments: []Image{{URL: "https://bourg.example/media/galette.jpg", MediaType: "image/jpeg", Name: "Galette : dorée, sur une grille", Width: 1280, Height: 960}},
		Tags:        []Tag{{Type: "Hashtag", Name: "#Moûtiers", Href: "https://bourg.example/mots/moûtiers"}},
		Replies:     &Collection{ID: ourPost + "/replies", TotalItems: 2},
		Likes:       &Collection{ID: ourPost + "/likes"},
		Shares:      &Collection{ID: ourPost + "/shares", TotalItems: 1},
		Extra:       map[string]any{"bourg:kind": "news"},
	}
}

func ourOrganization(t testing.TB) *Actor {
	return &Actor{
		ID: ourActor, Type: "Organization", PreferredUsername: "boulangerie_martin", WebFinger: "boulangerie_martin@bourg.example",
		Name: "Boulangerie: Martin", Summary: "<p>Pain au levain</p>", Languages: map[string]string{"fr": "<p>Pain au levain</p>"},
		URL: "https://bourg.example/@boulangerie_martin", Inbox: ourActor + "/inbox", SharedInbox: "https://bourg.example/inbox",
		Outbox: ourActor + "/outbox", Followers: ourActor + "/followers", Following: ourActor + "/following", Featured: ourActor + "/featured",
		Icon: &Image{Type: "Image", URL: "https://bourg.example/media/martin.jpg", MediaType: "image/jpeg", Name: "La devanture", Width: 400, Height: 400},
		Fields: []Field{
			{"Horaires", "mar.–sam.: 7h-13h"}, {"Adresse", "3, place du Marché, 79320 Bourg"},
			{"Téléphone", `<a href="tel:+33549000000">05 49 00 00 00</a>`},
		},
		Published: publishedAt, Discoverable: true, Indexable: true,
		AlsoKnownAs: []IRI{"https://autre.example/users/martin"}, AttributionDomains: []string{"boulangerie-martin.example"}, Categories: []string{"boulangerie"},
		Keys: []PublicKey{
			{ID: ourActor + "#main-key", Owner: ourActor, PEM: rsaPEM(t)},
			{ID: ourActor + "#ed25519-key", Owner: ourActor, PEM: ed25519PEM(t)},
		},
		Extra: map[string]any{
			"bourg:town": string(ourTown), "bourg:insee": "79184",
			"bourg:openingHours": "Tu-Sa 07:00-13:00,15:30-19:00; Su 07:00-12:30; Mo off; PH off",
			"bourg:specialHours": []any{
				map[string]any{"from": "2026-12-24", "through": "2026-12-24", "hours": "07:00-17:00", "note": "Réveillon"},
				map[string]any{"from": "2027-02-08", "through": "2027-02-21", "hours": "off", "note": "Congés"},
			},
			"location": map[string]any{
				"type": "Place", "id": string(ourActor) + "#place", "name": "Boulangerie Martin", "latitude": Float(46), "longitude": Float(-0.2502),
				"address": map[string]any{
					"type": "PostalAddress", "streetAddress": "3, place du Marché", "postalCode": "79320", "addressLocality": "Bourg", "addressCountry": "France",
				},
			},
		},
	}
}

// outgoing returns one of each thing that is sent, by name.
func outgoing(t testing.TB) map[string]any {
	reply := ourNote()
	reply.InReplyTo = itsReader + "/statuses/1"
	reply.Content = `<p><a href="https://mastodon.example/@lea" class="u-url mention">@lea</a> Oui</p>`
	reply.Cc = append(reply.Cc, itsReader)
	reply.Tags = []Tag{{Type: "Mention", Name: "@lea@mastodon.example", Href: itsReader}}
	reply.Attachments, reply.Extra, reply.Replies, reply.Likes, reply.Shares = nil, nil, nil, nil, nil
	edited := ourNote()
	edited.Updated = editedAt
	event := ourNote()
	event.Type, event.Name, event.Summary = "Event", "Marché de Noël", "Rappel: samedi, place du Marché"
	event.StartTime, event.EndTime = publishedAt.Add(24*time.Hour), publishedAt.Add(30*time.Hour)
	event.Attachments, event.Tags = nil, nil
	event.Extra = map[string]any{"location": map[string]any{
		"type": "Place", "name": "Place du Marché", "latitude": 46.65, "longitude": -0.25,
		"address": map[string]any{"type": "PostalAddress", "addressLocality": "Bourg"},
	}}
	follow := &Activity{ID: "https://mastodon.example/é/1", Type: "Follow", Actor: itsReader, ObjectID: ourActor}
	like := &Activity{ID: ourActor + "/likes/1", Type: "Like", Actor: ourActor, ObjectID: itsReader + "/statuses/1", To: []IRI{itsReader}}
	block := &Activity{ID: ourActor + "/blocks/1", Type: "Block", Actor: ourActor, ObjectID: itsReader, To: []IRI{itsReader}}
	moved := ourOrganization(t)
	moved.MovedTo = "https://autre.example/users/martin"
	activity := func(kind string) *Activity {
		return &Activity{ID: ourPost + "#" + IRI(strings.ToLower(kind)), Type: kind, Actor: ourActor, Published: publishedAt, To: []IRI{Public}, Cc: []IRI{ourActor + "/followers"}}
	}
	create, update, deletion, announce := activity("Create"), activity("Update"), activity("Delete"), activity("Announce")
	create.Object = ourNote()
	update.Object, update.Updated = edited, editedAt
	deletion.Object = &Object{ID: ourPost, Type: "Tombstone", FormerType: "Note", Deleted: editedAt}
	announce.ObjectID = ourPost
	answer, profile := activity("Create"), activity("Update")
	answer.Object, profile.Profile = reply, ourOrganization(t)
	return map[string]any{
		"create-note": create, "create-reply": answer, "event": event, "update-note": update, "update-actor": profile,
		"delete-note": deletion, "announce": announce, "like": like, "follow": &Activity{ID: ourActor + "/follows/1", Type: "Follow", Actor: ourActor, ObjectID: itsReader},
		"accept-follow": &Activity{ID: ourActor + "/accepts/1", Type: "Accept", Actor: ourActor, To: []IRI{itsReader}, Inner: follow},
		"reject-follow": &Activity{ID: ourActor + "/rejects/1", Type: "Reject", Actor: ourActor, To: []IRI{itsReader}, Inner: follow},
		"undo-like":     &Activity{ID: ourActor + "/undos/1", Type: "Undo", Actor: ourActor, To: []IRI{itsReader}, Inner: like},
		"block":         block,
		"undo-follow": &Activity{
			ID: ourActor + "/undos/3", Type: "Undo", Actor: ourActor, To: []IRI{itsReader}, ObjectID: ourActor + "/follows/1",
			Inner: &Activity{ID: ourActor + "/follows/1", Type: "Follow", Actor: ourActor, ObjectID: itsReader},
		},
		"undo-block":     &Activity{ID: ourActor + "/undos/2", Type: "Undo", Actor: ourActor, To: []IRI{itsReader}, Inner: block},
		"actor-moved":    moved,
		"move":           &Activity{ID: ourActor + "/moves/1", Type: "Move", Actor: ourActor, ObjectID: ourActor, Target: "https://autre.example/users/martin", To: []IRI{ourActor + "/followers"}},
		"flag":           &Activity{ID: ourTown + "/flags/1", Type: "Flag", Actor: ourTown, ObjectIDs: []IRI{itsReader, itsReader + "/statuses/1"}, Content: "Publicité: mensongère"},
		"note-in-thread": noteInThread(),
		"note":           ourNote(), "tombstone": deletion.Object, "actor": ourOrganization(t),
	}
}

// noteInThread is a note that was answered, by its own author and by others.
func noteInThread() *Object {
	note := ourNote()
	note.Context = ourPost + "/context"
	note.Replies.First = []IRI{"https://bourg.example/posts/0193a1c0-0000-7000-8000-000000000004"}
	note.Replies.Next = ourPost + "/replies?page=1"
	return note
}

func encodeAny(value any) ([]byte, error) {
	switch value := value.(type) {
	case *Activity:
		return EncodeActivity(value)
	case *Object:
		return EncodeObject(value)
	case *Actor:
		return EncodeActor(value)
	}
	return nil, fmt.Errorf("nothing to encode: %T", value)
}

// TestEncode compares what is sent with testdata/activities: in each file the value, then its JSON.
func TestEncode(t *testing.T) {
	t.Parallel()
	for name, value := range outgoing(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := encodeAny(value)
			if err != nil {
				t.Fatal(err)
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
			for range 20 {
				again, err := encodeAny(value)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got, again) {
					t.Fatalf("got %s the second time, want the same bytes %s", again, got)
				}
			}
		})
	}
}

// TestEncodeDecode reads what is sent with our own decoder: all that it reads is as it was.
func TestEncodeDecode(t *testing.T) {
	t.Parallel()
	for name, value := range outgoing(t) {
		sent, err := encodeAny(value)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := ParseDocument(sent)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		decoded, err := decodeAny(doc)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var got, want strings.Builder
		describe(&got, "", reflect.ValueOf(decoded))
		describe(&want, "", reflect.ValueOf(expected(value)))
		if got.String() != want.String() {
			t.Errorf("%s: got\n%s\nwant\n%s", name, &got, &want)
		}
	}
}

// expected returns what reading gives of a value: times to the second, no Extra, and
// what encoding adds.
func expected(value any) any {
	switch v := value.(type) {
	case *Activity:
		out := *v
		out.Published, out.Updated = second(v.Published), second(v.Updated)
		if v.Object != nil {
			out.Object, out.ObjectID = expected(v.Object).(*Object), v.Object.ID
		}
		if v.Inner != nil {
			out.Inner, out.ObjectID = expected(v.Inner).(*Activity), v.Inner.ID
		}
		if v.Profile != nil {
			out.Profile, out.ObjectID = expected(v.Profile).(*Actor), v.Profile.ID
		}
		if len(v.ObjectIDs) > 0 {
			out.ObjectID = v.ObjectIDs[0]
		}
		return &out
	case *Object:
		out := *v
		out.Extra = nil
		out.Published, out.Updated, out.Deleted = second(v.Published), second(v.Updated), second(v.Deleted)
		out.StartTime, out.EndTime = second(v.StartTime), second(v.EndTime)
		if v.Content != "" {
			out.ContentMap = map[string]string{v.Language: v.Content}
		}
		if v.Replies != nil {
			out.Replies = &Collection{ID: v.Replies.ID, TotalItems: v.Replies.TotalItems}
		}
		out.Attachments = nil
		for _, image := range v.Attachments {
			image.Type = "Document"
			out.Attachments = append(out.Attachments, image)
		}
		return &out
	case *Actor:
		out := *v
		out.Extra, out.Published = nil, second(v.Published)
		return &out
	}
	return value
}

// readByStreams parses a document with streams.
func readByStreams(document map[string]any) error {
	_, err := streams.ToType(context.Background(), document)
	return err
}

// TestStreamsReadsUs parses all that is sent with streams, which stands for other strict readers.
func TestStreamsReadsUs(t *testing.T) {
	t.Parallel()
	for name, value := range outgoing(t) {
		sent, err := encodeAny(value)
		if err != nil {
			t.Fatal(err)
		}
		var document map[string]any
		if err := json.Unmarshal(sent, &document); err != nil {
			t.Fatal(err)
		}
		parsed, err := streams.ToType(context.Background(), document)
		if err != nil {
			t.Errorf("%s: streams: %v", name, err)
		} else if parsed.GetTypeName() != document["type"] {
			t.Errorf("%s: streams reads type %q, want %q", name, parsed.GetTypeName(), document["type"])
		}
	}
}

// TestStreamsFaults holds against what is sent the faults of go-fed/activity v1.0.0
// for which codec.go is made as it is.
func TestStreamsFaults(t *testing.T) {
	t.Parallel()
	note := ourNote()
	note.Content, note.Name, note.Summary = "Horaires: 9h-12h", "Rappel: Fermeture", "https://exemple.fr/é page <b>"
	note.Attachments = []Image{{URL: "https://bourg.example/média/é.jpg", Name: "Menu: du jour"}}
	note.To, note.Cc, note.Tags = []IRI{Public}, []IRI{"https://exemple.fr/é"}, note.Tags[:1]
	note.Extra = map[string]any{"bourg:siret": json.Number("73282932000074999")}
	sent, err := EncodeObject(note)
	if err != nil {
		t.Fatal(err)
	}
	actor := ourOrganization(t)
	sentActor, err := EncodeActor(actor)
	if err != nil {
		t.Fatal(err)
	}
	decode := func(raw []byte) map[string]any {
		var m map[string]any
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.UseNumber()
		if err := decoder.Decode(&m); err != nil {
			t.Fatal(err)
		}
		return m
	}
	object, profile := decode(sent), decode(sentActor)
	context := object["@context"].([]any)
	tests := []struct {
		fault     string
		got, want any
	}{
		{"1 contentMap beside content", object["contentMap"], map[string]any{"fr": "Horaires: 9h-12h"}},
		{"1 nameMap beside name", object["nameMap"], map[string]any{"fr": "Rappel: Fermeture"}},
		{"1 summaryMap beside summary", profile["summaryMap"], map[string]any{"fr": "<p>Pain au levain</p>"}},
		{"2 text with a colon in content", object["content"], "Horaires: 9h-12h"},
		{"2 text with a colon in name", object["name"], "Rappel: Fermeture"},
		{"2 an address in summary", object["summary"], "https://exemple.fr/é page <b>"},
		{"2 text with a colon in a field", profile["attachment"].([]any)[0].(map[string]any)["value"], "mar.–sam.: 7h-13h"},
		{"3 the inline context", context[len(context)-1].(map[string]any)["bourg"], Namespace},
		{"3 no context that cannot be read", context[0], contextActivityStreams},
		{"4 the order of contexts", len(context), 2},
		{"5 to of one", object["to"], []any{string(Public)}},
		{"5 cc of one", object["cc"], []any{"https://exemple.fr/é"}},
		{"5 tag of one", len(object["tag"].([]any)), 1},
		{"5 attachment of one", len(object["attachment"].([]any)), 1},
		{"5 alsoKnownAs of one", profile["alsoKnownAs"], []any{"https://autre.example/users/martin"}},
		{"6 seconds without fraction", object["published"], "2026-12-12T08:30:00Z"},
		{"7 ids as they are", object["attachment"].([]any)[0].(map[string]any)["url"], "https://bourg.example/média/é.jpg"},
		{"8 large numbers", object["bourg:siret"], json.Number("73282932000074999")},
	}
	for _, test := range tests {
		if !reflect.DeepEqual(test.got, test.want) {
			t.Errorf("fault %s: got %v, want %v", test.fault, test.got, test.want)
		}
	}
	for name, value := range outgoing(t) {
		raw, err := encodeAny(value)
		if err != nil {
			t.Fatal(err)
		}
		if got := bytes.Count(raw, []byte(`"@context"`)); got != 1 {
			t.Errorf("%s: got %d contexts, want only the outermost", name, got)
		}
	}
}

// TestEncodeErrors lists what is not sent.
func TestEncodeErrors(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]any{
		"object without id":             &Object{Type: "Note"},
		"object of unknown type":        &Object{ID: ourPost, Type: "Recipe"},
		"actor as object":               &Object{ID: ourPost, Type: "Person"},
		"activity without actor":        &Activity{ID: ourPost, Type: "Like", ObjectID: ourPost},
		"activity without object":       &Activity{ID: ourPost, Type: "Like", Actor: ourActor},
		"activity of unknown type":      &Activity{ID: ourPost, Type: "Bake", Actor: ourActor, ObjectID: ourPost},
		"embedded object, no id":        &Activity{ID: ourPost, Type: "Create", Actor: ourActor, Object: &Object{Type: "Note"}},
		"actor without inbox":           &Actor{ID: ourActor, Type: "Person"},
		"actor with a key that is none": &Actor{ID: ourActor, Type: "Person", Inbox: ourActor, Keys: []PublicKey{{ID: ourActor, PEM: "-"}}},
	} {
		if raw, err := encodeAny(value); err == nil {
			t.Errorf("%s: got %s, want an error", name, raw)
		}
	}
}

// TestMultikey reads the Multikeys that Fedify publishes, and writes them back.
func TestMultikey(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile("testdata/samples/fedify-1.10.12/actor-fay.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := ParseDocument(body)
	if err != nil {
		t.Fatal(err)
	}
	keys := doc.keys()
	if len(keys) != 3 {
		t.Fatalf("got %d keys, want publicKey and two Multikeys", len(keys))
	}
	if keys[0].PEM != keys[1].PEM {
		t.Errorf("got the RSA Multikey %q, want the same key as publicKey %q", keys[1].PEM, keys[0].PEM)
	}
	for i, v := range doc.root.list("assertionMethod") {
		want := v.(object).str("publicKeyMultibase")
		got, err := encodeMultikey(keys[i+1].PEM)
		if err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	for _, bad := range []string{"", "z", "zz0", "z0", "f00", "z6Mk", "z" + strings.Repeat("1", 40), "z" + strings.Repeat("z", maxMultibase)} {
		if key, err := decodeMultikey(bad); err == nil {
			t.Errorf("decodeMultikey(%q): got %s, want an error", cut(bad, 20), key)
		}
	}
}

func BenchmarkEncodeActivity(b *testing.B) {
	create := outgoing(b)["create-note"].(*Activity)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := EncodeActivity(create); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodeActor(b *testing.B) {
	actor := ourOrganization(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := EncodeActor(actor); err != nil {
			b.Fatal(err)
		}
	}
}
