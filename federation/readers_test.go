package federation

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// secured is a town whose actors have keys.
type secured struct{ published }

func (s secured) LocalActor(ctx context.Context, id IRI) (*Actor, error) {
	a, err := s.published.LocalActor(ctx, id)
	if err != nil {
		return nil, err
	}
	return withKeys(a), nil
}

func withKeys(a *Actor) *Actor {
	modern := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)).Public()
	a.Keys = []PublicKey{
		{ID: a.ID + "#main-key", Owner: a.ID, PEM: pemOf(nopTB{}, &someKey(0).PublicKey)},
		{ID: a.ID + "#ed25519-key", Owner: a.ID, PEM: pemOf(nopTB{}, modern)},
	}
	if a.Inbox == "" {
		a.Inbox = a.ID + "/inbox"
	}
	return a
}

func (s secured) ServerActor(ctx context.Context) (*Actor, error) {
	a, err := s.published.ServerActor(ctx)
	return withKeys(a), err
}

// nopTB is for helpers that cannot fail here.
type nopTB struct{ testing.TB }

func (nopTB) Helper() {}

// library serves documents to whom Readers lets in.
type library struct {
	*town
	handler http.Handler
}

func newLibrary(t *testing.T, secure bool) *library {
	t.Helper()
	town := newTown(t)
	docs := &Publications{
		Base: testBase, Actors: secured{}, Documents: secured{}, Log: slog.New(slog.DiscardHandler), Secure: secure,
		Readers:   &Readers{Origin: townOrigin, Keys: town.keys, Gate: town.gate, Now: town.now},
		ErrorPage: func(w http.ResponseWriter, _ *http.Request, status int) { w.WriteHeader(status) },
	}
	mux := http.NewServeMux()
	for path, handler := range map[string]http.HandlerFunc{
		"/actors/{id}": docs.Actor, "/posts/{id}": docs.Object, "/activities/{id}": docs.Activity,
		"/actors/{id}/outbox": docs.Outbox, "/actors/{id}/followers": docs.Followers, "/actors/{id}/following": docs.Following,
		"/actors/{id}/featured": docs.Featured, "/posts/{id}/replies": docs.Replies, "/posts/{id}/likes": docs.Likes,
		"/posts/{id}/shares": docs.Shares, "/actors/{id}/followers_synchronization": docs.FollowersSync,
	} {
		mux.HandleFunc(path, handler)
	}
	return &library{town, mux}
}

// read asks for a path, signed by p (unsigned where it is nil), and returns the answer.
func (l *library) read(p *peer, path string, scheme SignatureScheme, change ...func(*http.Request)) (*httptest.ResponseRecorder, map[string]any) {
	l.t.Helper()
	req, err := http.NewRequest(http.MethodGet, townOrigin+path, nil)
	if err != nil {
		l.t.Fatal(err)
	}
	req.Header.Set("Accept", ActivityType)
	if p != nil {
		if err := Sign(req, nil, p.signingKey(), scheme, l.now()); err != nil {
			l.t.Fatal(err)
		}
	}
	r := arrived(req, nil)
	for _, c := range change {
		c(r)
	}
	w := httptest.NewRecorder()
	l.handler.ServeHTTP(w, r)
	var body map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		l.t.Fatalf("%s: %v in %q", path, err, w.Body)
	}
	return w, body
}

// W11: in secure mode an unsigned request gets the keys of an actor, and nothing of anything else.
func TestSecureModeAnswersWhoSigns(t *testing.T) {
	t.Parallel()
	l, p := newLibrary(t, true), newPeer(t)
	all := []string{
		"/actors/1", "/posts/1", "/posts/gone", "/posts/private", "/posts/none", "/activities/1", "/actors/1/outbox", "/actors/1/outbox?page=true",
		"/actors/1/followers", "/actors/1/following", "/actors/1/featured", "/posts/1/replies", "/posts/1/likes", "/posts/1/shares",
		"/actors/relay/outbox", "/actors/1/followers_synchronization",
	}
	for _, path := range all[1:] {
		w, body := l.read(nil, path, 0)
		if w.Code != 401 || body["error"] != "signature_missing" || len(body) != 1 {
			t.Errorf("%s unsigned: got %d %v, want 401 signature_missing and no more", path, w.Code, body)
		}
	}
	for _, scheme := range []SignatureScheme{Cavage, RFC9421} {
		for _, path := range all {
			w, body := l.read(p, path, scheme)
			want := map[string]int{"/posts/gone": 410, "/posts/private": 404, "/posts/none": 404}[path]
			if want == 0 {
				want = 200
			}
			if w.Code != want {
				t.Errorf("%s signed by %s: got %d %v, want %d", path, scheme, w.Code, body, want)
			}
			kept := w.Header().Get("Cache-Control")
			if !strings.Contains(kept, "private") && kept != "no-store" {
				t.Errorf("%s signed: got Cache-Control %q, want it for one reader alone", path, kept)
			}
			if vary := w.Header().Get("Vary"); !strings.Contains(vary, "Signature, Signature-Input") {
				t.Errorf("%s signed: got Vary %q, want both signature headers in it", path, vary)
			}
		}
	}
	if _, body := l.read(p, "/actors/1", Cavage); body["name"] != "Boulangerie" {
		t.Errorf("the actor, signed: got %v, want the whole document", body)
	}
}

// Without a stub two servers in secure mode would each wait for the other's key.
func TestSecureModeShowsKeysToStrangers(t *testing.T) {
	t.Parallel()
	l, p := newLibrary(t, true), newPeer(t)
	w, stub := l.read(nil, "/actors/1", 0)
	if w.Code != 200 || w.Header().Get("Content-Type") != contentType || !strings.Contains(w.Header().Get("Cache-Control"), "private") {
		t.Errorf("got %d %s %s, want a document for one reader", w.Code, w.Header().Get("Content-Type"), w.Header().Get("Cache-Control"))
	}
	for name := range stub {
		switch name {
		case "@context", "id", "type", "preferredUsername", "inbox", "publicKey", "assertionMethod":
		default:
			t.Errorf("the stub tells %s", name)
		}
	}
	doc, err := ParseDocument(w.Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	actor, err := DecodeActor(doc)
	if err != nil || actor.ID != testBase+"/actors/1" || len(actor.Keys) != 2 || actor.Inbox == "" {
		t.Errorf("got %+v, %v, want an actor with two keys", actor, err)
	}
	if _, relay := l.read(nil, "/actors/relay", 0); relay["webfinger"] != "relay@town.example" {
		t.Errorf("the server's own actor: got %v, want the whole document", relay)
	}
	if w, body := l.read(nil, "/actors/none", 0); w.Code != 404 || body["error"] != "not_found" {
		t.Errorf("nobody: got %d %v, want 404", w.Code, body)
	}
	// Who signs and does it wrongly is no stranger but somebody else.
	for name, change := range map[string]func(*http.Request){
		"another path": func(r *http.Request) { r.RequestURI = "/actors/1" },
		"no host": func(r *http.Request) {
			r.Header.Set("Signature", strings.Replace(r.Header.Get("Signature"), " host", "", 1))
		},
		"no date": func(r *http.Request) { r.Header.Del("Date") },
	} {
		if w, _ := l.read(p, "/actors/1?x=1", Cavage, change); w.Code != 401 {
			t.Errorf("signed with %s: got %d, want 401", name, w.Code)
		}
	}
	l.gate[strings.Split(IRI(p.origin).Host(), ":")[0]] = true
	l.gate[IRI(p.origin).Host()] = true
	for _, path := range []string{"/actors/1", "/posts/1", "/actors/1/followers_synchronization"} {
		if w, body := l.read(p, path, Cavage); w.Code != 403 || body["error"] != "blocked" {
			t.Errorf("%s by a blocked host: got %d %v, want 403 blocked", path, w.Code, body)
		}
	}
}

// Without secure mode everybody reads, a bad signature changes nothing, and only the list of
// followers on a host is for that host.
func TestFollowersSyncIsForOneHost(t *testing.T) {
	t.Parallel()
	l, p := newLibrary(t, false), newPeer(t)
	if w, _ := l.read(nil, "/posts/1", 0); w.Code != 200 || w.Header().Get("Vary") != "Accept" || w.Header().Get("Cache-Control") != "public, no-cache" {
		t.Errorf("a post: got %d, Vary %q, Cache-Control %q", w.Code, w.Header().Get("Vary"), w.Header().Get("Cache-Control"))
	}
	if w, _ := l.read(nil, "/actors/1/followers_synchronization", 0); w.Code != 401 {
		t.Errorf("unsigned: got %d, want 401", w.Code)
	}
	w, list := l.read(p, "/actors/1/followers_synchronization", Cavage)
	if got, _ := list["orderedItems"].([]any); w.Code != 200 || list["type"] != "OrderedCollection" || list["totalItems"] != 2.0 ||
		list["id"] != string(testBase)+"/actors/1/followers_synchronization" || len(got) != 2 || got[0] != p.origin+"/users/anna" {
		t.Errorf("signed: got %d %v, want the two followers on %s", w.Code, list, p.origin)
	}
	if kept := w.Header().Get("Cache-Control"); !strings.Contains(kept, "private") {
		t.Errorf("got Cache-Control %q, want private", kept)
	}
	if w, _ := l.read(p, "/actors/none/followers_synchronization", Cavage); w.Code != 404 {
		t.Errorf("nobody's followers: got %d, want 404", w.Code)
	}
}
