package federation

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// codeOf returns the code of a refusal, "" for no error.
func codeOf(t testing.TB, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	var refusal *Refusal
	if !errors.As(err, &refusal) {
		t.Fatalf("got error %v, want a refusal", err)
	}
	return refusal.Code
}

func parse(t testing.TB, text string) *Document {
	t.Helper()
	doc, err := ParseDocument([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return doc
}

// TestAuthorityActivity goes through the pairs of activity id, actor, object id and
// attributedTo that peers and attackers send. The signer is anna@good; the victim is on
// another host, bert on the same one.
func TestAuthorityActivity(t *testing.T) {
	t.Parallel()
	const (
		anna, bert, victim = "https://good.example/anna", "https://good.example/bert", "https://victim.example/v"
		id                 = `"id":"https://good.example/a/1"`
		note, foreign      = "https://good.example/n/1", "https://victim.example/n/1"
		ours               = "https://town.example/posts/1"
	)
	object := func(id, by string) string {
		if by == "" {
			return fmt.Sprintf(`{"type":"Note","id":"%s"}`, id)
		}
		return fmt.Sprintf(`{"type":"Note","id":"%s","attributedTo":%s}`, id, by)
	}
	q := func(s string) string { return `"` + s + `"` }
	inner := func(kind, actor, object string) string {
		return fmt.Sprintf(`{"type":"%s","id":"https://good.example/f/1","actor":"%s","object":"%s"}`, kind, actor, object)
	}
	announced := func(id, actor, object string) string {
		return fmt.Sprintf(`{"type":"Create","id":"%s","actor":"%s","object":%s}`, id, actor, object)
	}
	for _, test := range []struct {
		what, kind string
		members    string // all but type, actor and object
		object     string // JSON
		code       string
		keeps      string // what stays embedded: object, profile, inner, inner with its object
	}{
		{"own note", "Create", id, object(note, q(anna)), "", "object"},
		{"own note without author", "Create", id, object(note, ""), "", "object"},
		{"own note, author embedded", "Create", id, object(note, `{"type":"Person","id":"`+anna+`"}`), "", "object"},
		{"note by id", "Create", id, q(note), "", ""},
		{"O1 id on another host", "Create", `"id":"https://victim.example/a/1"`, object(note, q(anna)), "id_origin", ""},
		{"O1 id on a subdomain", "Follow", `"id":"https://sub.good.example/a/1"`, q(ours), "id_origin", ""},
		{"O1 id on another port", "Follow", `"id":"https://good.example:8443/a/1"`, q(ours), "id_origin", ""},
		{"O1 id on our host", "Follow", `"id":"https://town.example/a/1"`, q(ours), "id_origin", ""},
		{"no id", "Create", `"to":[]`, object(note, q(anna)), "id", ""},
		{"no id, Follow", "Follow", `"to":[]`, q(ours), "id", ""},
		{"no id, Update of itself", "Update", `"to":[]`, q(anna), "", ""},
		{"no id, Update of a note", "Update", `"to":[]`, q(note), "id", ""},
		{"O2 copy of a foreign object", "Create", id, object(foreign, q(anna)), "", ""},
		{"O2 copy of a foreign object, no author", "Create", id, object(foreign, ""), "", ""},
		{"O3 author on another host", "Create", id, object(note, q(victim)), "attribution", ""},
		{"O3 author on the same host", "Create", id, object(note, q(bert)), "attribution", ""},
		{"O3 author as a list", "Create", id, object(note, `["`+victim+`"]`), "attribution", ""},
		{"O3 author as an object", "Create", id, object(note, `{"type":"Person","id":"`+victim+`"}`), "attribution", ""},
		{"O5 Update by a neighbour", "Update", id, object(note, q(bert)), "attribution", ""},
		{"O5 Update of a foreign note", "Update", id, object(foreign, q(anna)), "not_owner", ""},
		{"O5 Update of a foreign note by id", "Update", id, q(foreign), "not_owner", ""},
		{"own Update", "Update", id, object(note, q(anna)), "", "object"},
		{"O5 Delete of a foreign note", "Delete", id, q(foreign), "not_owner", ""},
		{"O5 Delete of a foreign Tombstone", "Delete", id, `{"type":"Tombstone","id":"` + foreign + `"}`, "not_owner", ""},
		{"O5 Delete by a neighbour", "Delete", id, object(note, q(bert)), "attribution", ""},
		{"O5 Delete of a neighbour", "Delete", id, `{"type":"Person","id":"` + bert + `","inbox":"` + bert + `/inbox"}`, "not_owner", ""},
		{"own Tombstone", "Delete", id, `{"type":"Tombstone","id":"` + note + `"}`, "", "object"},
		{"Delete by id", "Delete", id, q(note), "", ""},
		{"O5 Undo of a neighbour's", "Undo", id, inner("Follow", bert, ours), "not_owner", ""},
		{"O5 Undo of a foreign one by id", "Undo", id, q(foreign), "not_owner", ""},
		{"O5 Undo under a foreign id", "Undo", id, `{"type":"Like","id":"` + foreign + `","actor":"` + anna + `","object":"` + ours + `"}`, "not_owner", ""},
		{"own Undo", "Undo", id, inner("Follow", anna, ours), "", "inner"},
		{"own Undo, inner without actor", "Undo", id, `{"type":"Follow","id":"https://good.example/f/1","object":"` + ours + `"}`, "", "inner"},
		{"own Undo, inner without id", "Undo", id, `{"type":"Like","actor":"` + anna + `","object":"` + ours + `"}`, "", "inner"},
		{"O5 Move of another", "Move", id + `,"target":"https://else.example/x"`, q(bert), "not_owner", ""},
		{"own Move", "Move", id + `,"target":"https://else.example/x"`, q(anna), "", ""},
		{"O6 Update of a neighbour's profile", "Update", id, `{"type":"Person","id":"` + bert + `","inbox":"` + bert + `/inbox"}`, "not_owner", ""},
		{"O6 Update with an inbox elsewhere", "Update", id, `{"type":"Person","id":"` + anna + `","inbox":"https://victim.example/inbox"}`, "inbox_origin", ""},
		{"own profile", "Update", id, `{"type":"Person","id":"` + anna + `","inbox":"` + anna + `/inbox"}`, "", "profile"},
		{"O8 Create on our host", "Create", id, object(ours, q(anna)), "local_id", ""},
		{"O8 Create on our host by id", "Create", id, q(ours), "local_id", ""},
		{"O8 Update on our host", "Update", id, object(ours, q(anna)), "local_id", ""},
		{"O8 Delete on our host", "Delete", id, q(ours), "local_id", ""},
		{"O8 our host, spelt otherwise", "Delete", id, q("https://TOWN.example.:443/posts/1"), "local_id", ""},
		{"Like of ours", "Like", id, q(ours), "", ""},
		{"Like with a copy of ours", "Like", id, object(ours, q("https://town.example/actors/1")), "", ""},
		{"Like with a forged copy", "Like", id, object(note, q(victim)), "", ""},
		{"Announce of a foreign note with a copy", "Announce", id, object(foreign, q(victim)), "", ""},
		{"Announce of an own note with a copy", "Announce", id, object(note, q(anna)), "", "object"},
		{"Announce of a copy without author", "Announce", id, object(note, ""), "", ""},
		{"Announce of a neighbour's Create", "Announce", id, announced(note+"#c", bert, object(note, q(bert))), "", "whole inner"},
		{"Announce of a neighbour's Create without author", "Announce", id, announced(note+"#c", bert, object(note, "")), "", "whole inner"},
		{"Announce of a Create by a foreign actor", "Announce", id, announced(note+"#c", victim, object(note, q(victim))), "", "inner"},
		{"Announce of a Create with a foreign id", "Announce", id, announced(foreign+"#c", bert, object(note, q(bert))), "", "inner"},
		{"Announce of a Create of a foreign object", "Announce", id, announced(note+"#c", bert, object(foreign, q(bert))), "", "inner"},
		{"Announce of a Create with another author", "Announce", id, announced(note+"#c", bert, object(note, q(victim))), "", "inner"},
		{"Accept of our Follow", "Accept", id, inner("Follow", "https://town.example/actors/1", anna), "", "inner"},
		{"Accept for another host", "Accept", id, inner("Follow", "https://town.example/actors/1", victim), "not_owner", ""},
		{"Add to an own collection", "Add", id + `,"target":"` + anna + `/featured"`, q(note), "", ""},
		{"Add to a foreign collection", "Add", id + `,"target":"` + victim + `/featured"`, q(note), "not_owner", ""},
		{"Follow with a profile", "Follow", id, `{"type":"Organization","id":"https://town.example/actors/1"}`, "", ""},
		{"Block of ours", "Block", id, q(ours), "", ""},
		{"Flag of ours", "Flag", id, `["` + ours + `"]`, "", ""},
	} {
		text := fmt.Sprintf(`{"type":"%s",%s,"actor":"%s","object":%s}`, test.kind, test.members, anna, test.object)
		doc := parse(t, text)
		a, err := DecodeActivity(doc)
		if err != nil {
			t.Errorf("%s: %v", test.what, err)
			continue
		}
		verified, err := Authority{Host: "town.example"}.Activity(a, anna, doc.JSON())
		if code := codeOf(t, err); code != test.code {
			t.Errorf("%s: got code %q, want %q", test.what, code, test.code)
			continue
		}
		if err != nil {
			if verified.Value() != nil {
				t.Errorf("%s: got a verified activity along with the refusal", test.what)
			}
			continue
		}
		v := verified.Value()
		keeps := map[bool]string{v.Object != nil: "object", v.Profile != nil: "profile", v.Inner != nil: "inner"}[true]
		if v.Inner != nil && v.Inner.Object != nil {
			keeps = "whole inner"
		}
		if keeps != test.keeps {
			t.Errorf("%s: got %q embedded, want %q", test.what, keeps, test.keeps)
		}
		if v.Object != nil && v.Object.AttributedTo != anna {
			t.Errorf("%s: got author %q, want %q", test.what, v.Object.AttributedTo, anna)
		}
		if v.Inner != nil && (v.Inner.Profile != nil || v.Inner.Inner != nil) {
			t.Errorf("%s: the inner activity kept what it embeds", test.what)
		}
		if v.ID.Host() != "good.example" {
			t.Errorf("%s: got id %q, want one on the actor's host", test.what, v.ID)
		}
		if _, err := (Authority{Host: "town.example"}).Activity(a, bert, doc.JSON()); codeOf(t, err) != "actor_mismatch" {
			t.Errorf("%s: signed by another: got %v, want actor_mismatch", test.what, err)
		}
		if _, err := (Authority{Host: "good.example"}).Activity(a, anna, doc.JSON()); err == nil {
			t.Errorf("%s: taken from an actor of our own host", test.what)
		}
	}
}

// TestAuthorityMadeUpID: a repeat has the same id, another Update another one.
func TestAuthorityMadeUpID(t *testing.T) {
	t.Parallel()
	made := func(text string) IRI {
		doc := parse(t, text)
		a, err := DecodeActivity(doc)
		if err != nil {
			t.Fatal(err)
		}
		v, err := Authority{Host: "town.example"}.Activity(a, a.Actor, doc.JSON())
		if err != nil {
			t.Fatal(err)
		}
		return v.Value().ID
	}
	const first = `{"type":"Update","actor":"https://wp.example/?author=1","object":"https://wp.example/?author=1"}`
	a, b, c := made(first), made(first), made(first+" ")
	if a != b || a == c || !strings.HasPrefix(string(a), "https://wp.example/?author=1#update-") {
		t.Errorf("got ids %s, %s and %s, want the first two alike, on the actor", a, b, c)
	}
}

func TestAuthorityObject(t *testing.T) {
	t.Parallel()
	const found = "https://good.example/n/1"
	for _, test := range []struct {
		what, id, by, found, code string
	}{
		{"in order", found, "https://good.example/anna", found, ""},
		{"fragment", found + "#note", "https://good.example/anna", found, ""},
		{"O19 other id, same host", "https://good.example/n/2", "https://good.example/anna", found, "id_mismatch"},
		{"O19 other id, other host", "https://victim.example/n/1", "https://victim.example/v", found, "id_mismatch"},
		{"our id", "https://town.example/n/1", "https://town.example/a", "https://town.example/n/1", "local_id"},
		{"author on another host", found, "https://victim.example/v", found, "attribution"},
		{"no author", found, "", found, "attribution"},
	} {
		o := &Object{ID: IRI(test.id), Type: "Note", AttributedTo: IRI(test.by), URL: "https://phish.example/n"}
		v, err := Authority{Host: "town.example"}.Object(o, IRI(test.found))
		if code := codeOf(t, err); code != test.code {
			t.Errorf("%s: got %q, want %q", test.what, code, test.code)
		}
		if err == nil && v.Value().URL != "" {
			t.Errorf("%s: got page %s of another host, want none", test.what, v.Value().URL)
		}
	}
	if _, err := (Authority{Host: "town.example"}).Object(&Object{ID: found, Type: "Tombstone"}, found); err != nil {
		t.Errorf("Tombstone without author: %v", err)
	}
}

func TestAuthorityActor(t *testing.T) {
	t.Parallel()
	const id = "https://good.example/anna"
	actor := func(change func(*Actor)) *Actor {
		a := &Actor{
			ID: id, Type: "Person", PreferredUsername: "anna", Inbox: id + "/inbox", SharedInbox: "https://good.example/inbox",
			Outbox: id + "/outbox", Followers: id + "/followers", URL: "https://good.example/@anna", WebFinger: "anna@good.example",
			Keys: []PublicKey{{ID: id + "#main-key", Owner: id, PEM: "k"}},
		}
		if change != nil {
			change(a)
		}
		return a
	}
	for _, test := range []struct {
		what, code string
		found      IRI
		change     func(*Actor)
		check      func(*Actor) bool
	}{
		{"in order", "", id, nil, func(a *Actor) bool { return len(a.Keys) == 1 && a.SharedInbox != "" && a.URL != "" }},
		{"S19 found elsewhere", "id_mismatch", "https://good.example/bert", nil, nil},
		{"found on another host", "id_mismatch", "https://evil.example/anna", nil, nil},
		{"O9 our id", "local_id", "https://town.example/a", func(a *Actor) { a.ID = "https://town.example/a" }, nil},
		{"O9 inbox on our host", "inbox_origin", id, func(a *Actor) { a.Inbox = "https://town.example/inbox" }, nil},
		{"inbox on another host", "inbox_origin", id, func(a *Actor) { a.Inbox = "https://victim.example/inbox" }, nil},
		{"no inbox", "inbox_origin", id, func(a *Actor) { a.Inbox = "" }, nil},
		{"shared inbox on another host", "", id, func(a *Actor) { a.SharedInbox = "https://victim.example/inbox" },
			func(a *Actor) bool { return a.SharedInbox == "" && a.DeliveryInbox() == a.Inbox }},
		{"O9 page on our host", "", id, func(a *Actor) { a.URL = "https://town.example/@mairie" }, func(a *Actor) bool { return a.URL == "" }},
		{"O9 our host in the name", "", id, func(a *Actor) { a.PreferredUsername = "mairie@town.example" }, func(a *Actor) bool { return a.PreferredUsername == "" }},
		{"O9 our host in the handle", "", id, func(a *Actor) { a.WebFinger = "mairie@Town.Example" }, func(a *Actor) bool { return a.WebFinger == "" }},
		{"key of another owner", "", id, func(a *Actor) { a.Keys[0].Owner = "https://victim.example/v" }, func(a *Actor) bool { return len(a.Keys) == 0 }},
		{"key id on another host", "", id, func(a *Actor) { a.Keys[0].ID = "https://victim.example/v#main-key" }, func(a *Actor) bool { return len(a.Keys) == 0 }},
		{"key without owner", "", id, func(a *Actor) { a.Keys[0].Owner = "" }, func(a *Actor) bool { return len(a.Keys) == 1 && a.Keys[0].Owner == id }},
	} {
		v, err := Authority{Host: "town.example"}.Actor(actor(test.change), test.found)
		if code := codeOf(t, err); code != test.code {
			t.Errorf("%s: got %q, want %q", test.what, code, test.code)
			continue
		}
		if test.check != nil && !test.check(v.Value()) {
			t.Errorf("%s: got %+v", test.what, v.Value())
		}
	}
}

// testBadAuthority holds the rows against the whole inbox and the fetcher. Rows about
// what is known already (O7, O10 to O13, O15's tombstone, O16, O17, O20, O21) are the application's.
func testBadAuthority(t *testing.T) {
	p := newPeer(t)
	row := func(t *testing.T, what string, body []byte, status int, code string) *town {
		t.Helper()
		town := newTown(t)
		town.expect(what, p.post(town.now(), body), status, code)
		if n := len(town.received()); status != 202 && n != 0 {
			t.Errorf("%s: got %d activities received, want none", what, n)
		}
		return town
	}
	note := func(id, by any) map[string]any { return map[string]any{"id": id, "type": "Note", "attributedTo": by} }
	own := p.origin + "/notes/1"

	t.Run("O1", func(t *testing.T) {
		row(t, "id of another host", p.activity("Create", note(own, p.anna()), map[string]any{"id": "https://victim.example/a/1"}), 403, "id_origin")
	})
	t.Run("O2", func(t *testing.T) {
		town := row(t, "third host", p.activity("Create", note("https://victim.example/n/1", p.anna())), 202, "")
		if got := town.received(); len(got) != 1 || got[0].Activity.Object != nil {
			t.Errorf("got %+v, want the activity without the copy", got)
		}
	})
	t.Run("O3", func(t *testing.T) {
		victim := "https://victim.example/v"
		for what, by := range map[string]any{"string": victim, "list": []string{victim}, "object": map[string]any{"type": "Person", "id": victim}} {
			row(t, what, p.activity("Create", note(own, by)), 403, "attribution")
		}
	})
	t.Run("O4", func(t *testing.T) {
		row(t, "two authors", p.activity("Create", note(own, []string{p.anna(), "https://victim.example/v"})), 403, "attribution")
	})
	t.Run("O5", func(t *testing.T) {
		row(t, "Update", p.activity("Update", note(own, p.origin+"/users/bert")), 403, "attribution")
		row(t, "Undo", p.activity("Undo", map[string]any{"id": p.origin + "/l/1", "type": "Like", "actor": p.origin + "/users/bert", "object": townOrigin + "/posts/1"}), 403, "not_owner")
		row(t, "Move", p.activity("Move", p.origin+"/users/bert", map[string]any{"target": "https://else.example/x"}), 403, "not_owner")
	})
	t.Run("O6", func(t *testing.T) {
		profile := map[string]any{"id": p.anna(), "type": "Person", "inbox": "https://victim.example/inbox"}
		row(t, "inbox", p.activity("Update", profile), 403, "inbox_origin")
	})
	t.Run("O8", func(t *testing.T) {
		row(t, "object", p.activity("Create", note(townOrigin+"/posts/1", p.anna())), 403, "local_id")
		row(t, "activity", p.activity("Follow", townOrigin+"/actors/1", map[string]any{"id": townOrigin + "/a/1"}), 403, "id_origin")
	})
	t.Run("O9", func(t *testing.T) {
		q := newPeer(t)
		q.serveActor("/users/anna", func(a map[string]any) { a["inbox"] = townOrigin + "/inbox" })
		town := newTown(t)
		town.expect("inbox on our host", q.post(town.now(), q.follow()), 401, "key_unusable")
		town.nothingHappened("inbox on our host")
	})
	t.Run("O14", func(t *testing.T) {
		town := newTown(t)
		fetched := p.fetches.Load()
		for n := range 200 {
			actor := fmt.Sprintf("%s/users/gone%d", p.origin, n)
			body := p.activity("Delete", actor, map[string]any{"actor": actor})
			town.expect("account", p.signed(town.now(), body, &SigningKey{ID: IRI(actor + "#main-key"), Private: p.key}, Cavage), 202, "")
		}
		town.expect("note", p.post(town.now(), p.activity("Delete", own)), 202, "")
		town.expect("update", p.post(town.now(), p.activity("Update", p.anna())), 202, "")
		if n := p.fetches.Load() - fetched; n != 0 {
			t.Errorf("got %d fetches, want none", n)
		}
		town.nothingHappened("Delete from the unknown")
		unsigned := p.post(town.now(), p.activity("Delete", p.anna()))
		unsigned.Header.Del("Signature")
		town.expect("unsigned", unsigned, 401, "signature_missing")
	})
	t.Run("O15", func(t *testing.T) {
		q, town := newPeer(t), newTown(t)
		town.expect("known", q.post(town.now(), q.follow()), 202, "")
		town.pass(time.Hour)
		q.key = someKey(1)
		town.expect("wrong key, actor still there", q.post(town.now(), q.activity("Delete", q.anna())), 401, "signature_invalid")
		q.handle("/users/anna", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) })
		town.pass(time.Hour)
		town.expect("wrong key, other activity", q.post(town.now(), q.follow()), 401, "key_gone")
		town.pass(2 * time.Hour)
		before := q.fetches.Load()
		town.expect("wrong key, actor gone", q.post(town.now(), q.activity("Delete", q.anna())), 202, "")
		got := town.received()
		if len(got) != 2 || got[1].Activity.Type != "Delete" || got[1].Sender.ID != IRI(q.anna()) {
			t.Errorf("got %d activities, want the Follow and the Delete", len(got))
		}
		if n := q.fetches.Load() - before; n != 1 {
			t.Errorf("got %d fetches, want 1", n)
		}
	})
	t.Run("O18", func(t *testing.T) {
		town := newTown(t)
		object := fmt.Sprintf(`{"id":"%s","type":"Note","attributedTo":"%s"}`, own, p.anna())
		for _, contentType := range []string{"text/plain", "application/json", "image/png", "text/html", "application/ld+json", ""} {
			p.handle("/notes/1", func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", contentType)
				w.Write([]byte(object))
			})
			if _, err := town.keys.config.Fetcher.FetchObject(t.Context(), IRI(own)); !errors.Is(err, ErrContentType) {
				t.Errorf("%q: got %v, want ErrContentType", contentType, err)
			}
		}
	})
	t.Run("O19", func(t *testing.T) {
		town, other := newTown(t), newPeer(t)
		fetcher := town.keys.config.Fetcher
		other.serveJSON("/notes/1", note(other.origin+"/notes/1", other.anna()))
		p.serveJSON("/notes/1", note(own, p.anna()))
		p.serveJSON("/@anna/1", note(own, p.anna()))
		p.serveJSON("/forged", note(other.origin+"/notes/1", other.anna()))
		p.serveJSON("/chain", note(p.origin+"/forged", p.anna()))
		p.handle("/away", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.origin+"/notes/1", http.StatusFound)
		})
		for path, want := range map[string]string{"/notes/1": own, "/@anna/1": own, "/away": other.origin + "/notes/1"} {
			o, err := fetcher.FetchObject(t.Context(), IRI(p.origin+path))
			if err != nil || string(o.Value().ID) != want {
				t.Errorf("%s: got %v, %v, want %s", path, o.Value(), err, want)
			}
		}
		before := other.fetches.Load()
		for _, path := range []string{"/forged", "/chain"} {
			if _, err := fetcher.FetchObject(t.Context(), IRI(p.origin+path)); codeOf(t, err) != "id_mismatch" {
				t.Errorf("%s: got %v, want id_mismatch", path, err)
			}
		}
		if other.fetches.Load() != before {
			t.Error("a forged id led to its host")
		}
		if _, err := fetcher.FetchObject(t.Context(), townOrigin+"/posts/1"); !errors.Is(err, ErrForbiddenURL) {
			t.Errorf("our own object: got %v, want ErrForbiddenURL", err)
		}
		if _, err := fetcher.FetchActor(t.Context(), IRI(p.origin+"/@anna")); err == nil {
			t.Error("an actor was found under an address that is not its id")
		}
		p.serveActor("/users/anna", nil)
		p.handle("/@anna", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, p.anna(), http.StatusFound) })
		if a, err := fetcher.FindActor(t.Context(), IRI(p.origin+"/@anna")); err != nil || string(a.Value().ID) != p.anna() {
			t.Errorf("by its page: got %v, %v, want anna", a.Value(), err)
		}
		if _, err := fetcher.FetchActor(t.Context(), IRI(p.origin+"/@anna")); codeOf(t, err) != "id_mismatch" {
			t.Errorf("by an address that is not its id: got %v, want id_mismatch", err)
		}
	})
}

func TestFetchCollection(t *testing.T) {
	t.Parallel()
	p, town := newPeer(t), newTown(t)
	fetcher := town.keys.config.Fetcher
	p.serveJSON("/outbox", map[string]any{"id": p.origin + "/outbox", "type": "OrderedCollection", "orderedItems": []string{p.origin + "/a/1"}})
	p.serveJSON("/forged", map[string]any{"id": "https://victim.example/outbox", "type": "OrderedCollection"})
	page, err := fetcher.FetchCollection(t.Context(), IRI(p.origin+"/outbox"))
	if err != nil || len(page.Items) != 1 {
		t.Errorf("got %+v, %v, want one item", page, err)
	}
	if _, err := fetcher.FetchCollection(t.Context(), IRI(p.origin+"/forged")); codeOf(t, err) != "id_mismatch" {
		t.Errorf("got %v, want id_mismatch", err)
	}
	town.gate[strings.TrimPrefix(p.origin, "http://")] = true
	if _, err := fetcher.FetchCollection(t.Context(), IRI(p.origin+"/outbox")); !errors.Is(err, ErrBlocked) {
		t.Errorf("blocked host: got %v, want ErrBlocked", err)
	}
}

// FuzzAuthority sends anything through the gate: what comes out belongs to the signer.
func FuzzAuthority(f *testing.F) {
	for _, s := range readSamples(f) {
		f.Add(s.body)
	}
	f.Add([]byte(`{"type":"Update","actor":"https://a.example/1","object":{"type":"Note","id":"https://town.example/1"}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		doc, err := ParseDocument(raw)
		if err != nil {
			return
		}
		a, err := DecodeActivity(doc)
		if err != nil {
			return
		}
		gate := Authority{Host: "town.example"}
		before, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		verified, err := gate.Activity(a, a.Actor, raw)
		if after, _ := json.Marshal(a); string(before) != string(after) {
			t.Errorf("the gate changed its input from %s to %s", before, after)
		}
		if err != nil {
			return
		}
		v := verified.Value()
		host := v.Actor.Host()
		if host == gate.Host || v.ID.Host() != host {
			t.Errorf("got id %s of %s", v.ID, v.Actor)
		}
		if o := v.Object; o != nil && (o.AttributedTo != v.Actor || o.ID.Host() != host || o.ID == "" || (o.URL != "" && o.URL.Host() != host)) {
			t.Errorf("got object %s of %s at %s, want one of %s", o.ID, o.AttributedTo, o.URL, v.Actor)
		}
		if p := v.Profile; p != nil && (p.ID != v.Actor || p.Inbox.Host() != host) {
			t.Errorf("got profile of %s with inbox %s, want that of %s", p.ID, p.Inbox, v.Actor)
		}
		if (v.Type == "Update" || v.Type == "Delete") && v.ObjectID.Host() != host {
			t.Errorf("got %s of %s by %s", v.Type, v.ObjectID, v.Actor)
		}
	})
}
