package federation

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const townOrigin = "https://town.example"

// someKey makes keys once for all tests: an RSA key takes long to make.
var someKey = func() func(i int) *rsa.PrivateKey {
	var mu sync.Mutex
	keys := map[int]*rsa.PrivateKey{}
	return func(i int) *rsa.PrivateKey {
		mu.Lock()
		defer mu.Unlock()
		if keys[i] == nil {
			key, err := rsa.GenerateKey(rand.Reader, 2048)
			if err != nil {
				panic(err)
			}
			keys[i] = key
		}
		return keys[i]
	}
}()

func pemOf(t testing.TB, public crypto.PublicKey) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// town is an Inbox with a clock, a cache in memory and a Receiver that takes notes.
type town struct {
	*Inbox
	t      testing.TB
	keys   *Keys
	cache  *memoryCache
	gate   blockedHosts
	mu     sync.Mutex
	clock  time.Time
	got    []*Incoming
	codes  []string
	answer error // what the Receiver says
}

func newTown(t testing.TB, change ...func(*InboxConfig, *KeysConfig)) *town {
	t.Helper()
	town := &town{t: t, cache: newMemoryCache(), gate: blockedHosts{}, clock: time.Date(2026, 11, 22, 13, 0, 0, 0, time.UTC)}
	client := NewClient(ClientConfig{
		PeerNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, UserAgent: "Bourg/test", Timeout: 2 * time.Second, Now: town.now,
	})
	t.Cleanup(client.CloseIdle)
	keys := KeysConfig{
		Fetcher:   &Fetcher{Client: client, Authority: Authority{Host: "town.example"}, Gate: town.gate},
		Cache:     town.cache,
		PlainHTTP: true,
		Now:       town.now,
	}
	inbox := InboxConfig{
		Origin: townOrigin, Cache: town.cache, Gate: town.gate, Receiver: town, Now: town.now,
		Log:      slog.New(slog.DiscardHandler),
		Rejected: func(code string) { town.mu.Lock(); town.codes = append(town.codes, code); town.mu.Unlock() },
	}
	for _, c := range change {
		c(&inbox, &keys)
	}
	town.keys = NewKeys(keys)
	inbox.Keys = town.keys
	town.Inbox = NewInbox(inbox)
	return town
}

func (town *town) now() time.Time {
	town.mu.Lock()
	defer town.mu.Unlock()
	return town.clock
}

func (town *town) pass(d time.Duration) {
	town.mu.Lock()
	defer town.mu.Unlock()
	town.clock = town.clock.Add(d)
}

func (town *town) Receive(_ context.Context, in *Incoming) error {
	town.mu.Lock()
	defer town.mu.Unlock()
	town.got = append(town.got, in)
	return town.answer
}

func (town *town) received() []*Incoming {
	town.mu.Lock()
	defer town.mu.Unlock()
	return town.got
}

// serve posts a request and returns the status and the code of the error.
func (town *town) serve(r *http.Request) (int, string) {
	town.t.Helper()
	w := httptest.NewRecorder()
	town.ServeHTTP(w, r)
	if w.Code < 300 {
		if w.Body.Len() > 0 {
			town.t.Errorf("got body %q with status %d, want none", w.Body, w.Code)
		}
		return w.Code, ""
	}
	var answer struct{ Error string }
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Body.Len() > 256 {
		town.t.Errorf("got body %q, want an error code in JSON", w.Body)
	}
	if got := w.Header().Get("Content-Type"); got != "application/json" {
		town.t.Errorf("got content type %q, want application/json", got)
	}
	if town.count(answer.Error) == 0 {
		town.t.Errorf("code %q was not counted", answer.Error)
	}
	return w.Code, answer.Error
}

// count tells how often a code was counted.
func (town *town) count(code string) int {
	town.mu.Lock()
	defer town.mu.Unlock()
	n := 0
	for _, c := range town.codes {
		if c == code {
			n++
		}
	}
	return n
}

// expect posts a request and compares the answer.
func (town *town) expect(what string, r *http.Request, status int, code string) {
	town.t.Helper()
	if gotStatus, gotCode := town.serve(r); gotStatus != status || gotCode != code {
		town.t.Errorf("%s: got %d %q, want %d %q", what, gotStatus, gotCode, status, code)
	}
}

// nothingHappened checks that no activity reached the Receiver and no actor was stored.
func (town *town) nothingHappened(what string) {
	town.t.Helper()
	if n := len(town.received()); n != 0 {
		town.t.Errorf("%s: got %d activities, want none", what, n)
	}
	if n := town.cache.saved.Load(); n != 0 {
		town.t.Errorf("%s: got %d actors stored, want none", what, n)
	}
}

// blockedHosts is a Gate.
type blockedHosts map[string]bool

func (b blockedHosts) Allowed(_ context.Context, host string) error {
	for ; host != ""; _, host, _ = strings.Cut(host, ".") {
		if b[host] {
			return ErrBlocked
		}
	}
	return nil
}

// memoryCache is an ActorCache.
type memoryCache struct {
	mu     sync.Mutex
	actors map[IRI]*Actor
	at     map[IRI]time.Time
	saved  atomic.Int64
	asked  atomic.Int64
}

func newMemoryCache() *memoryCache {
	return &memoryCache{actors: map[IRI]*Actor{}, at: map[IRI]time.Time{}}
}

func (c *memoryCache) CachedActor(_ context.Context, id IRI) (*Actor, time.Time, error) {
	c.asked.Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	if a := c.actors[id]; a != nil {
		return a, c.at[id], nil
	}
	return nil, time.Time{}, fmt.Errorf("actor %s: %w", id, ErrNotFound)
}

func (c *memoryCache) CachedKey(_ context.Context, id IRI) (*PublicKey, time.Time, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range c.actors {
		for _, key := range a.Keys {
			if key.ID == id {
				return &key, c.at[a.ID], nil
			}
		}
	}
	return nil, time.Time{}, fmt.Errorf("key %s: %w", id, ErrNotFound)
}

func (c *memoryCache) SaveActor(_ context.Context, actor Verified[*Actor], fetched time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.actors[actor.Value().ID], c.at[actor.Value().ID] = actor.Value(), fetched
	c.saved.Add(1)
	return nil
}

// peer is another server, on a loopback address of its own.
type peer struct {
	t       testing.TB
	origin  string // http://127.0.0.n:port
	mu      sync.Mutex
	pages   map[string]http.HandlerFunc // by path
	fetches atomic.Int64
	key     *rsa.PrivateKey
}

var lastPeer atomic.Int64

func newPeer(t testing.TB) *peer {
	t.Helper()
	p := &peer{t: t, pages: map[string]http.HandlerFunc{}, key: someKey(0)}
	n := lastPeer.Add(1) + 1
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.%d.%d:0", n/250, n%250+1))
	if err != nil {
		t.Fatal(err)
	}
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: p}}
	server.Start()
	t.Cleanup(server.Close)
	p.origin = server.URL
	p.serveActor("/users/anna", nil)
	return p
}

func (p *peer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.fetches.Add(1)
	p.mu.Lock()
	page := p.pages[r.URL.Path]
	p.mu.Unlock()
	if page == nil {
		http.NotFound(w, r)
		return
	}
	page(w, r)
}

func (p *peer) handle(path string, page http.HandlerFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pages[path] = page
}

func (p *peer) serveJSON(path string, document any) {
	body, err := json.Marshal(document)
	if err != nil {
		p.t.Fatal(err)
	}
	p.handle(path, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", ActivityType)
		w.Write(body)
	})
}

// serveActor serves an actor with p's key, or with what change makes of it.
func (p *peer) serveActor(path string, change func(map[string]any)) {
	id := p.origin + path
	actor := map[string]any{
		"@context": "https://www.w3.org/ns/activitystreams", "id": id, "type": "Person",
		"preferredUsername": strings.TrimPrefix(path, "/users/"), "inbox": id + "/inbox", "outbox": id + "/outbox",
		"endpoints": map[string]any{"sharedInbox": p.origin + "/inbox"},
		"publicKey": map[string]any{"id": id + "#main-key", "owner": id, "publicKeyPem": pemOf(p.t, &p.key.PublicKey)},
	}
	if change != nil {
		change(actor)
	}
	p.serveJSON(path, actor)
}

func (p *peer) anna() string { return p.origin + "/users/anna" }

// signingKey is anna's.
func (p *peer) signingKey() *SigningKey {
	return &SigningKey{ID: IRI(p.anna() + "#main-key"), Owner: IRI(p.anna()), Private: p.key}
}

// activity returns an activity of anna's as JSON; more overrides and adds members.
func (p *peer) activity(kind string, object any, more ...map[string]any) []byte {
	a := map[string]any{
		"@context": "https://www.w3.org/ns/activitystreams", "id": fmt.Sprintf("%s/activities/%d", p.origin, time.Now().UnixNano()),
		"type": kind, "actor": p.anna(), "object": object,
	}
	for _, m := range more {
		for name, value := range m {
			if a[name] = value; value == nil {
				delete(a, name)
			}
		}
	}
	body, err := json.Marshal(a)
	if err != nil {
		p.t.Fatal(err)
	}
	return body
}

func (p *peer) follow() []byte { return p.activity("Follow", townOrigin+"/actors/1") }

// post returns a request to the shared inbox signed by anna, as the server receives it.
func (p *peer) post(now time.Time, body []byte) *http.Request {
	return p.signed(now, body, p.signingKey(), Cavage)
}

func (p *peer) signed(now time.Time, body []byte, key *SigningKey, scheme SignatureScheme) *http.Request {
	p.t.Helper()
	req, err := http.NewRequest(http.MethodPost, townOrigin+"/inbox", bytes.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", ActivityType)
	if err := Sign(req, body, key, scheme, now); err != nil {
		p.t.Fatal(err)
	}
	return arrived(req, body)
}

// arrived turns a client's request into the one that a server sees.
func arrived(req *http.Request, body []byte) *http.Request {
	r := httptest.NewRequest(req.Method, req.URL.RequestURI(), bytes.NewReader(body))
	r.Host, r.Header, r.RemoteAddr = req.Host, req.Header.Clone(), "198.51.100.7:40000"
	return r
}

// cavage signs r by hand, over what a test wants and not over what is right.
func (p *peer) cavage(r *http.Request, keyID, algorithm string, covered []string, extra string) {
	p.t.Helper()
	var lines []string
	for _, name := range covered {
		switch name {
		case "(request-target)":
			lines = append(lines, name+": "+strings.ToLower(r.Method)+" "+r.RequestURI)
		case "host":
			lines = append(lines, "host: "+r.Host)
		case "(created)", "(expires)":
			_, value, _ := strings.Cut(extra, strings.Trim(name, "()")+"=")
			value, _, _ = strings.Cut(value, ",")
			lines = append(lines, name+": "+value)
		default:
			lines = append(lines, name+": "+strings.Join(r.Header.Values(name), ", "))
		}
	}
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	signature, err := rsa.SignPKCS1v15(nil, p.key, crypto.SHA256, sum[:])
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Signature", fmt.Sprintf(`keyId="%s",algorithm="%s",headers="%s",%ssignature="%s"`,
		keyID, algorithm, strings.Join(covered, " "), extra, base64.StdEncoding.EncodeToString(signature)))
}

func TestInboxAccepts(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	for name, scheme := range map[string]SignatureScheme{"draft-cavage": Cavage, "RFC 9421": RFC9421} {
		t.Run(name, func(t *testing.T) {
			town := newTown(t)
			body := p.follow()
			town.expect("Follow", p.signed(town.now(), body, p.signingKey(), scheme), 202, "")
			got := town.received()
			if len(got) != 1 {
				t.Fatalf("got %d activities, want 1", len(got))
			}
			in := got[0]
			if in.Activity.Type != "Follow" || in.Activity.ObjectID != townOrigin+"/actors/1" || in.Sender.ID != IRI(p.anna()) ||
				in.Inbox != townOrigin+"/inbox" || !bytes.Equal(in.JSON, body) || !in.Received.Equal(town.now()) {
				t.Errorf("got %+v, want the Follow as it was sent", in)
			}
			if town.cache.saved.Load() != 1 {
				t.Errorf("got %d actors stored, want the sender", town.cache.saved.Load())
			}
			fetched := p.fetches.Load()
			town.expect("second Follow", p.signed(town.now(), p.follow(), p.signingKey(), scheme), 202, "")
			if p.fetches.Load() != fetched {
				t.Error("the key was fetched again")
			}
		})
	}
}

func TestInboxOutcomes(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	for _, test := range []struct {
		name   string
		err    error
		status int
		code   string
	}{
		{"duplicate", fmt.Errorf("saving: %w", ErrDuplicate), 202, ""},
		{"ignored", ErrIgnored, 202, ""},
		{"blocked", ErrBlocked, 403, "blocked"},
		{"refusal", &Refusal{Status: 403, Code: "not_owner"}, 403, "not_owner"},
		{"failure", errors.New("disk full"), 500, "internal"},
		{"not found is a failure", ErrNotFound, 500, "internal"},
	} {
		town := newTown(t)
		town.answer = test.err
		town.expect(test.name, p.post(town.now(), p.follow()), test.status, test.code)
	}
	town := newTown(t, func(c *InboxConfig, _ *KeysConfig) { c.Receiver = panicking{} })
	town.expect("panic", p.post(town.now(), p.follow()), 500, "internal")
}

type panicking struct{}

func (panicking) Receive(context.Context, *Incoming) error { panic("a mistake") }

// TestInboxTypes tells which activities the Receiver is asked about.
func TestInboxTypes(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	ours := townOrigin + "/posts/1"
	for _, test := range []struct {
		kind   string
		object any
		more   map[string]any
		passes bool
	}{
		{"Like", ours, nil, true},
		{"EmojiReact", ours, map[string]any{"content": "🥐"}, true},
		{"Announce", ours, nil, true},
		{"Flag", []string{ours}, nil, true},
		{"Move", p.anna(), map[string]any{"target": "https://else.example/anna"}, true},
		{"Block", townOrigin + "/actors/1", nil, true},
		{"Add", p.origin + "/notes/1", map[string]any{"target": p.anna() + "/featured"}, true},
		{"Create", map[string]any{"id": p.origin + "/q/1", "type": "Question", "attributedTo": p.anna()}, nil, true},
		{"Bite", townOrigin + "/actors/1", nil, false},
	} {
		town := newTown(t)
		town.expect(test.kind, p.post(town.now(), p.activity(test.kind, test.object, test.more)), 202, "")
		if passes := len(town.received()) == 1; passes != test.passes {
			t.Errorf("%s: got passed on %v, want %v", test.kind, passes, test.passes)
		}
	}
	town := newTown(t)
	town.expect("a Note", p.post(town.now(), p.activity("Note", "https://x.example/1")), 400, "type")
}

func TestInboxHeaders(t *testing.T) {
	t.Parallel()
	p, town := newPeer(t), newTown(t)
	request := func(change func(*http.Request)) *http.Request {
		r := p.post(town.now(), p.follow())
		change(r)
		return r
	}
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	// The content type is covered by our own signatures, so a good one is given another signature.
	resigned := func(contentType string) *http.Request {
		return request(func(r *http.Request) {
			r.Header.Set("Content-Type", contentType)
			p.cavage(r, p.anna()+"#main-key", "rsa-sha256", []string{"(request-target)", "host", "date", "digest"}, "")
		})
	}
	town.expect("GET", request(func(r *http.Request) { r.Method = http.MethodGet }), 405, "method")
	town.expect("text/plain", request(header("Content-Type", "text/plain")), 415, "content_type")
	town.expect("application/json", request(header("Content-Type", "application/json")), 415, "content_type")
	town.expect("no content type", request(func(r *http.Request) { r.Header.Del("Content-Type") }), 415, "content_type")
	town.expect("S9 gzip", request(header("Content-Encoding", "gzip")), 415, "encoding")
	town.expect("announced too large", request(func(r *http.Request) { r.ContentLength = MaxDocument + 1 }), 413, "too_large")
	town.nothingHappened("bad headers")
	town.expect("ld+json with profile", resigned(LDType), 202, "")
	town.expect("ld+json alone", resigned("application/ld+json"), 202, "")
	town.expect("with charset", resigned("application/activity+json; charset=utf-8"), 202, "")
}

// TestInboxOverHTTP sends what only a real connection shows: how much is read, and what becomes of the connection.
func TestInboxOverHTTP(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	var town *town
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { town.ServeHTTP(w, r) }))
	defer server.Close()
	town = newTown(t, func(c *InboxConfig, k *KeysConfig) {
		c.Origin = server.URL
		k.Fetcher.Authority.Host = strings.TrimPrefix(server.URL, "http://")
	})
	send := func(body []byte, length int64, sign bool) *http.Response {
		t.Helper()
		req, err := http.NewRequest(http.MethodPost, server.URL+"/inbox", io.NopCloser(bytes.NewReader(body)))
		if err != nil {
			t.Fatal(err)
		}
		req.ContentLength = length
		req.Header.Set("Content-Type", ActivityType)
		if sign {
			if err := Sign(req, body, p.signingKey(), Cavage, town.now()); err != nil {
				t.Fatal(err)
			}
		}
		res, err := server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res
	}
	body := p.activity("Like", server.URL+"/posts/1")
	if got := send(body, int64(len(body)), true).StatusCode; got != 202 {
		t.Errorf("Like: got %d, want 202", got)
	}
	if got := send(body, -1, true).StatusCode; got != 202 {
		t.Errorf("Like in chunks: got %d, want 202", got)
	}
	large := append(body[:len(body):len(body)], bytes.Repeat([]byte(" "), MaxDocument)...)
	if got := send(large, -1, true).StatusCode; got != 413 {
		t.Errorf("J1: over 1 MiB in chunks: got %d, want 413", got)
	}
	if res := send(body, int64(len(body)), false); res.StatusCode != 401 || !res.Close {
		t.Errorf("S1: got %d with connection closed %v, want 401 and true", res.StatusCode, res.Close)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	t.Run("failures silence strangers, not those who are known", func(t *testing.T) {
		town := newTown(t, func(c *InboxConfig, _ *KeysConfig) { c.Failures = Rate{PerSecond: 1, Burst: 5} })
		town.expect("known", p.post(town.now(), p.follow()), 202, "")
		unsigned := func() *http.Request {
			r := p.post(town.now(), p.follow())
			r.Header.Del("Signature")
			return r
		}
		for range 5 {
			town.expect("failure", unsigned(), 401, "signature_missing")
		}
		town.expect("one failure too many", unsigned(), 429, "too_many_failures")
		town.expect("known, same address", p.post(town.now(), p.follow()), 202, "")
		stranger := newPeer(t)
		town.expect("stranger, same address", stranger.post(town.now(), stranger.follow()), 429, "too_many_failures")
		if n := stranger.fetches.Load(); n != 0 {
			t.Errorf("got %d fetches for a stranger at a silenced address, want none", n)
		}
		elsewhere := stranger.post(town.now(), stranger.follow())
		elsewhere.RemoteAddr = "203.0.113.9:1"
		town.expect("stranger, other address", elsewhere, 202, "")
		town.pass(time.Minute)
		town.expect("after a minute", unsigned(), 401, "signature_missing")
	})
	t.Run("D2: a flood of good activities", func(t *testing.T) {
		town := newTown(t, func(c *InboxConfig, _ *KeysConfig) { c.PerHost = Rate{PerSecond: 1, Burst: 3} })
		for range 3 {
			town.expect("good", p.post(town.now(), p.follow()), 202, "")
		}
		town.expect("too many", p.post(town.now(), p.follow()), 429, "host_rate")
		other := newPeer(t)
		town.expect("other host", other.post(town.now(), other.follow()), 202, "")
		town.pass(2 * time.Second)
		town.expect("later", p.post(town.now(), p.follow()), 202, "")
	})
	t.Run("many newcomers of one host at once", func(t *testing.T) {
		town := newTown(t)
		host := newPeer(t)
		var wg sync.WaitGroup
		for n := range 60 {
			path := fmt.Sprintf("/users/u%d", n)
			host.serveActor(path, nil)
			body := host.activity("Follow", townOrigin+"/actors/1", map[string]any{"actor": host.origin + path})
			r := host.signed(town.now(), body, &SigningKey{ID: IRI(host.origin + path + "#main-key"), Private: host.key}, Cavage)
			wg.Go(func() { town.expect(path, r, 202, "") })
		}
		wg.Wait()
	})
}

func TestRemoteAddr(t *testing.T) {
	t.Parallel()
	for remote, want := range map[string]string{
		"198.51.100.7:1":        "198.51.100.7",
		"[2001:db8:1:2:3::4]:1": "2001:db8:1:2::/64",
		"[::ffff:10.0.0.1]:1":   "10.0.0.1",
		"@":                     "@",
	} {
		if got := remoteAddr(&http.Request{RemoteAddr: remote}); got != want {
			t.Errorf("remoteAddr(%q): got %q, want %q", remote, got, want)
		}
	}
}

// BenchmarkInboxPost is an accepted activity without the store: limits, signature,
// digest, parsing, authority, pub, and a Receiver that does nothing.
func BenchmarkInboxPost(b *testing.B) {
	p := newPeer(b)
	town := newTown(b, func(c *InboxConfig, _ *KeysConfig) {
		c.Receiver = idle{}
		c.PerHost = Rate{PerSecond: 1e9, Burst: 1e9}
	})
	note := map[string]any{
		"id": p.origin + "/notes/1", "type": "Note", "attributedTo": p.anna(), "to": []any{Public}, "cc": []any{townOrigin + "/actors/1"},
		"content": "<p>" + strings.Repeat("Bonjour à tous, ", 150) + "</p>", "published": "2026-11-22T13:00:00Z",
		"tag": []any{map[string]any{"type": "Mention", "href": townOrigin + "/actors/1", "name": "@boulangerie"}},
	}
	for name, scheme := range map[string]SignatureScheme{"Cavage": Cavage, "RFC9421": RFC9421} {
		b.Run(name, func(b *testing.B) {
			body := p.activity("Create", note, map[string]any{"to": []any{Public}})
			r := p.signed(town.now(), body, p.signingKey(), scheme)
			b.ReportAllocs()
			for b.Loop() {
				r.Body = io.NopCloser(bytes.NewReader(body))
				w := httptest.NewRecorder()
				town.ServeHTTP(w, r)
				if w.Code != 202 {
					b.Fatalf("got %d %s, want 202", w.Code, w.Body)
				}
			}
		})
	}
}

type idle struct{}

func (idle) Receive(context.Context, *Incoming) error { return nil }
