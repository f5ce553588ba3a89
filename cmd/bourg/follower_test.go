package main_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// follower is a server elsewhere, written after the rules by which Mastodon takes and
// sends (its SignedRequest, InboxesController and ProcessAccountService), and stricter where
// Mastodon forgives. It shares no code with package federation: it is a second opinion.
// People with any name live on it.
type follower struct {
	t    *testing.T
	host string // with the port
	key  *rsa.PrivateKey
	web  *http.Server

	mu         sync.Mutex
	keys       map[string]*rsa.PublicKey // peers' keys by key id
	deliveries []delivery
	refused    []string // why deliveries were not taken
	fault      fault
	only       scheme // the only scheme that it takes; "" for both
	secure     bool   // answers signed GETs only
	sent       int
	authors    map[string]string // by key id, the actor who owns it
	forgiven   bool              // a refused delivery is part of the story
	pages      map[string]served // what else it serves, by path
	asked      []string          // for what of these, in the order of the requests
	ties       map[string]ties   // by name, what somebody's profile says of other accounts
}

// scheme is a way to sign requests.
type scheme string

const (
	cavage  scheme = "cavage"  // draft-cavage-http-signatures-12
	rfc9421 scheme = "rfc9421" // HTTP Message Signatures
)

// delivery is one activity that was taken.
type delivery struct {
	at       time.Time
	path     string // of the inbox
	scheme   scheme
	signed   string // by which key: the header that names it
	body     []byte
	activity map[string]any
}

// fault is how the server misbehaves toward deliveries, before it looks at them.
type fault struct {
	status     int
	retryAfter string
	delay      time.Duration
	times      int // 0: until further notice
}

// newFollower starts a server elsewhere. At the end of the test it complains if it had to
// refuse a delivery, unless forgive was called.
func newFollower(t *testing.T) *follower {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatalf("make a key: %v", err)
	}
	f := &follower{
		t: t, host: freeAddress(t), key: key,
		keys: map[string]*rsa.PublicKey{}, authors: map[string]string{}, ties: map[string]ties{},
	}
	f.up()
	t.Cleanup(func() {
		f.down()
		f.mu.Lock()
		defer f.mu.Unlock()
		for _, why := range f.refused {
			if f.forgiven {
				t.Logf("%s refused a delivery: %s", f.host, why)
			} else {
				t.Errorf("%s refused a delivery: %s", f.host, why)
			}
		}
	})
	return f
}

// up starts listening, on the same address each time.
func (f *follower) up() {
	f.t.Helper()
	listener, err := net.Listen("tcp", f.host)
	if err != nil {
		f.t.Fatalf("start a server elsewhere: %v", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/webfinger", f.webFinger)
	mux.HandleFunc("GET /actor", f.instanceActor)
	mux.HandleFunc("GET /users/{name}", f.actor)
	mux.HandleFunc("POST /actor/inbox", f.inbox)
	mux.HandleFunc("POST /users/{name}/inbox", f.inbox)
	mux.HandleFunc("POST /inbox", f.inbox)
	mux.HandleFunc("GET /", f.page)
	web := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	f.web = web
	go func() {
		if err := web.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			f.t.Errorf("server elsewhere: %v", err)
		}
	}()
}

// down stops listening: connections are refused from then on.
func (f *follower) down() {
	_ = f.web.Close() // What was open is cut, as when a machine goes down.
}

func (f *follower) at(path string) string   { return "http://" + f.host + path }
func (f *follower) user(name string) string { return f.at("/users/" + name) }

// misbehave sets the fault; the zero fault ends it.
func (f *follower) misbehave(how fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault = how
}

// takeOnly makes the server answer 401 to any other scheme. Refusals are then part of the story.
func (f *follower) takeOnly(s scheme) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.only, f.forgiven = s, true
}

// forgive says that refusals are part of the story.
func (f *follower) forgive() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forgiven = true
}

// answerSignedOnly is authorised fetch: GETs without a good signature get 401.
func (f *follower) answerSignedOnly() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.secure = true
}

// got returns the activities of a type about an object, in the order of arrival. The
// object is compared with the id, or with the object of an embedded activity or object.
func (f *follower) got(kind, object string) []delivery {
	f.mu.Lock()
	defer f.mu.Unlock()
	var found []delivery
	for _, d := range f.deliveries {
		id := text(d.activity, "object")
		if id == "" {
			id = text(d.activity, "object", "id")
		}
		if text(d.activity, "type") == kind && (object == "" || id == object) {
			found = append(found, d)
		}
	}
	return found
}

// await waits for the first activity of a type about an object.
func (f *follower) await(kind, object string) delivery {
	f.t.Helper()
	var first delivery
	eventually(f.t, fmt.Sprintf("%s gets the %s of %s", f.host, kind, object), func() error {
		all := f.got(kind, object)
		if len(all) == 0 {
			f.mu.Lock()
			defer f.mu.Unlock()
			return fmt.Errorf("got nothing; %d other deliveries, refused: %v", len(f.deliveries), f.refused)
		}
		first = all[0]
		return nil
	})
	return first
}

// webFinger tells where people on this server are.
func (f *follower) webFinger(w http.ResponseWriter, r *http.Request) {
	name, domain, ok := strings.Cut(strings.TrimPrefix(r.URL.Query().Get("resource"), "acct:"), "@")
	if !ok || domain != f.host {
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	writeJSON(w, "application/jrd+json; charset=utf-8", map[string]any{
		"subject": "acct:" + name + "@" + f.host,
		"links":   []any{map[string]any{"rel": "self", "type": "application/activity+json", "href": f.user(name)}},
	})
}

// instanceActor signs this server's own fetches and may be read by everybody, or two
// servers that both want signed requests could never begin.
func (f *follower) instanceActor(w http.ResponseWriter, _ *http.Request) {
	f.document(w, f.at("/actor"), "Application", f.host)
}

func (f *follower) actor(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	secure := f.secure
	f.mu.Unlock()
	if secure {
		if _, _, err := f.verify(r, nil); err != nil {
			http.Error(w, `{"error":"Request not signed"}`, http.StatusUnauthorized)
			return
		}
	}
	f.document(w, f.user(r.PathValue("name")), "Person", r.PathValue("name"))
}

func (f *follower) document(w http.ResponseWriter, id, kind, name string) {
	public, err := x509.MarshalPKIXPublicKey(&f.key.PublicKey)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	document := map[string]any{
		"@context": []any{"https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"},
		"id":       id, "type": kind, "preferredUsername": name, "name": strings.ToUpper(name[:1]) + name[1:],
		"url": id, "inbox": id + "/inbox", "outbox": id + "/outbox", "followers": id + "/followers",
		"endpoints": map[string]any{"sharedInbox": f.at("/inbox")},
		"publicKey": map[string]any{
			"id": id + "#main-key", "owner": id,
			"publicKeyPem": string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})),
		},
	}
	f.mu.Lock()
	f.ties[name].write(document)
	_, hasFace := f.pages["/faces/"+name+".png"]
	f.mu.Unlock()
	if hasFace {
		document["icon"] = map[string]any{"type": "Image", "mediaType": "image/png", "url": f.at("/faces/" + name + ".png")}
	}
	writeJSON(w, "application/activity+json; charset=utf-8", document)
}

func writeJSON(w http.ResponseWriter, contentType string, v any) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Vary", "Accept, Signature")
	_ = json.NewEncoder(w).Encode(v) // The reader may have gone.
}

// maxActivity is the largest activity that Mastodon takes, in bytes.
const maxActivity = 1 << 20

// inbox takes a delivery as InboxesController does: too large 413, not signed rightly 401,
// else 202.
func (f *follower) inbox(w http.ResponseWriter, r *http.Request) {
	if f.fails(w) {
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxActivity+1))
	if err != nil {
		return
	}
	if len(body) > maxActivity {
		f.refuse(w, http.StatusRequestEntityTooLarge, errors.New("more than 1 MiB"))
		return
	}
	used, owner, err := f.verify(r, body)
	if err != nil {
		f.refuse(w, http.StatusUnauthorized, err)
		return
	}
	activity, err := readActivity(r.Header.Get("Content-Type"), body, owner)
	if err != nil {
		f.refuse(w, http.StatusBadRequest, err)
		return
	}
	f.mu.Lock()
	f.deliveries = append(f.deliveries, delivery{at: time.Now(), path: r.URL.Path, scheme: used, signed: r.Header.Get("Signature") + r.Header.Get("Signature-Input"), body: body, activity: activity})
	f.mu.Unlock()
	w.WriteHeader(http.StatusAccepted)
}

// fails answers for the fault, if there is one.
func (f *follower) fails(w http.ResponseWriter) bool {
	f.mu.Lock()
	how := f.fault
	if f.fault.times > 0 {
		if f.fault.times--; f.fault.times == 0 {
			f.fault = fault{}
		}
	}
	f.mu.Unlock()
	time.Sleep(how.delay)
	if how.status == 0 {
		return false
	}
	if how.retryAfter != "" {
		w.Header().Set("Retry-After", how.retryAfter)
	}
	w.WriteHeader(how.status)
	return true
}

func (f *follower) refuse(w http.ResponseWriter, status int, why error) {
	f.mu.Lock()
	f.refused = append(f.refused, why.Error())
	f.mu.Unlock()
	http.Error(w, `{"error":"`+http.StatusText(status)+`"}`, status)
}

// readActivity checks what Mastodon checks of any activity before it looks at its type.
func readActivity(contentType string, body []byte, owner string) (map[string]any, error) {
	if !isActivityType(contentType) {
		return nil, fmt.Errorf("got content type %q, want ActivityStreams", contentType)
	}
	var activity map[string]any
	if err := json.Unmarshal(body, &activity); err != nil {
		return nil, fmt.Errorf("read activity: %w", err)
	}
	if !speaksActivityStreams(activity) {
		return nil, fmt.Errorf("got @context %v, want ActivityStreams in it", activity["@context"])
	}
	if got := text(activity, "actor"); got != owner {
		return nil, fmt.Errorf("got actor %q, signed by %q", got, owner)
	}
	id, err := url.Parse(text(activity, "id"))
	if err != nil || id.Host == "" || !sameHost(id.String(), owner) {
		return nil, fmt.Errorf("got activity id %q, want one on the actor's host", id)
	}
	return activity, nil
}

// isActivityType is the rule of GHSA-jhrq-qvrm-qr36: plain JSON and JSON-LD without the profile do not count.
func isActivityType(contentType string) bool {
	kind, parameters, _ := strings.Cut(contentType, ";")
	switch strings.TrimSpace(kind) {
	case "application/activity+json":
		return true
	case "application/ld+json":
		return strings.Contains(parameters, `"https://www.w3.org/ns/activitystreams"`)
	}
	return false
}

func speaksActivityStreams(document map[string]any) bool {
	for _, c := range list(document, "@context") {
		if c == "https://www.w3.org/ns/activitystreams" {
			return true
		}
	}
	return false
}

func sameHost(a, b string) bool {
	x, errX := url.Parse(a)
	y, errY := url.Parse(b)
	return errX == nil && errY == nil && x.Host != "" && strings.EqualFold(x.Host, y.Host)
}

// newID makes an activity's id.
func (f *follower) newID() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sent++
	return f.at("/activities/" + strconv.Itoa(f.sent))
}

// act makes an activity of somebody on this server.
func (f *follower) act(name, kind string, object any) map[string]any {
	return map[string]any{
		"@context": "https://www.w3.org/ns/activitystreams",
		"id":       f.newID(), "type": kind, "actor": f.user(name), "object": object,
	}
}

// reply makes the Create of a public note under a post.
func (f *follower) reply(name, inReplyTo, merchant, content string) map[string]any {
	note := map[string]any{
		"id": f.newID(), "type": "Note", "attributedTo": f.user(name), "inReplyTo": inReplyTo, "content": content,
		"published": time.Now().UTC().Format(time.RFC3339),
		"to":        []any{"https://www.w3.org/ns/activitystreams#Public"}, "cc": []any{f.user(name) + "/followers", merchant},
		"tag": []any{map[string]any{"type": "Mention", "href": merchant, "name": "@merchant"}},
	}
	create := f.act(name, "Create", note)
	create["to"], create["cc"] = note["to"], note["cc"]
	return create
}

// post signs an activity and posts it once. It returns the status, or 0 where no answer came.
func (f *follower) post(inbox string, activity map[string]any, how scheme) int {
	f.t.Helper()
	body, err := json.Marshal(activity)
	if err != nil {
		f.t.Errorf("encode activity: %v", err)
		return 0
	}
	return f.postBytes(inbox, body, text(activity, "actor"), how, time.Now())
}

// postBytes signs whatever bytes in an actor's name, as of a time, and posts them once.
func (f *follower) postBytes(inbox string, body []byte, actor string, how scheme, at time.Time) int {
	f.t.Helper()
	req, err := http.NewRequestWithContext(f.t.Context(), http.MethodPost, inbox, bytes.NewReader(body))
	if err != nil {
		f.t.Errorf("post to %s: %v", inbox, err)
		return 0
	}
	req.Header.Set("Content-Type", `application/activity+json`)
	if err := sign(req, body, actor+"#main-key", f.key, how, at); err != nil {
		f.t.Errorf("sign for %s: %v", inbox, err)
		return 0
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body)
	return res.StatusCode
}

// send posts an activity that must be taken.
func (f *follower) send(inbox string, activity map[string]any) {
	f.t.Helper()
	if got := f.post(inbox, activity, cavage); !taken(got) {
		f.t.Fatalf("%s %s to %s: got status %d, want 2xx", text(activity, "type"), text(activity, "id"), inbox, got)
	}
}

// taken tells whether a status says that a delivery was taken for good.
func taken(status int) bool { return status >= 200 && status < 300 }

// follow lets somebody follow a merchant and waits for the Accept, which must come to the
// personal inbox and echo the Follow.
func (f *follower) follow(name string, of remoteActor) map[string]any {
	f.t.Helper()
	follow := f.act(name, "Follow", of.ID) // Mastodon's Follow has neither to nor cc.
	f.send(of.Inbox, follow)
	accept := f.await("Accept", text(follow, "id"))
	if got, want := accept.path, "/users/"+name+"/inbox"; got != want {
		f.t.Errorf("the Accept came to %s, want %s", got, want)
	}
	if got := text(accept.activity, "actor"); got != of.ID {
		f.t.Errorf("the Accept is by %s, want %s", got, of.ID)
	}
	if got := text(accept.activity, "object", "actor"); got != f.user(name) {
		f.t.Errorf("the Accept's Follow is by %q, want %q", got, f.user(name))
	}
	return follow
}

// undo takes back an activity of one's own.
func (f *follower) undo(name, inbox string, activity map[string]any) {
	f.t.Helper()
	f.send(inbox, f.act(name, "Undo", activity))
}
