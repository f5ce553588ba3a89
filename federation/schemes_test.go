package federation

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"
)

// memorySchemes remembers as the store does.
type memorySchemes struct {
	mu    sync.Mutex
	known map[string]SignatureScheme
	told  int
}

func (m *memorySchemes) Scheme(_ context.Context, host string) (SignatureScheme, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.known[host], nil
}

func (m *memorySchemes) SchemeWorked(_ context.Context, host string, scheme SignatureScheme) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil {
		m.known = map[string]SignatureScheme{}
	}
	m.known[host] = scheme
	m.told++
	return nil
}

// ring makes keys of an actor under a number, with a former ring or none.
func ring(t testing.TB, name string, former *SigningKeys) *SigningKeys {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	const owner IRI = townOrigin + "/actors/1"
	return &SigningKeys{
		RSA:     &SigningKey{ID: owner + IRI("#rsa-"+name), Owner: owner, Private: someKey(0)},
		Ed25519: &SigningKey{ID: owner + IRI("#ed-"+name), Owner: owner, Private: private},
		Former:  former,
	}
}

func TestWantsEd25519(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]bool{
		acceptSignature: true,
		`sig1=("@method" "@target-uri");created;keyid;alg="ed25519"`:       true,
		`a=("@method");alg="rsa-v1_5-sha256", b=("@method");alg="ed25519"`: true,
		`sig1=("@method" "@target-uri" "content-digest");created;keyid`:    false,
		`sig1=("@method" "cookie");alg="ed25519"`:                          false,
		`sig1=("@method";req);alg="ed25519"`:                               false,
		`sig1=("@method" "@target-uri");alg="rsa-v1_5-sha256"`:             false,
		`sig1=?1`:                 false,
		`sig1=("@method`:          false,
		`alg="ed25519"`:           false,
		``:                        false,
		strings.Repeat("x", 1000): false,
	} {
		if got := wantsEd25519(http.Header{"Accept-Signature": {header}}); got != want {
			t.Errorf("%s: got %v, want %v", header, got, want)
		}
	}
	if wantsEd25519(http.Header{}) {
		t.Error("no header: got true, want false")
	}
}

// How a host is spoken to, first and then, for each thing that may be known of it and of the keys.
func TestWays(t *testing.T) {
	t.Parallel()
	former := ring(t, "1", nil)
	keys := ring(t, "2", former)
	young := &SigningKeys{RSA: keys.RSA} // before it has been given the other one
	for _, c := range []struct {
		what          string
		d             Delivery
		keys          *SigningKeys
		first, second way
	}{
		{"nothing is known", Delivery{}, keys, way{keys.RSA, Cavage}, way{keys.RSA, RFC9421}},
		{"draft-cavage worked", Delivery{Scheme: Cavage}, keys, way{keys.RSA, Cavage}, way{keys.RSA, RFC9421}},
		{"RFC 9421 worked", Delivery{Scheme: RFC9421}, keys, way{keys.RSA, RFC9421}, way{keys.RSA, Cavage}},
		{"Ed25519 worked", Delivery{Scheme: RFC9421Ed25519}, keys, way{keys.Ed25519, RFC9421Ed25519}, way{keys.RSA, Cavage}},
		{"no Ed25519 key yet", Delivery{Scheme: RFC9421Ed25519}, young, way{keys.RSA, Cavage}, way{keys.RSA, RFC9421}},
		{"a scheme of a later version", Delivery{Scheme: 9}, keys, way{keys.RSA, Cavage}, way{keys.RSA, RFC9421}},
		{"new keys are announced", Delivery{Former: true}, keys, way{former.RSA, Cavage}, way{keys.RSA, Cavage}},
		{"to who takes Ed25519", Delivery{Former: true, Scheme: RFC9421Ed25519}, keys, way{former.Ed25519, RFC9421Ed25519}, way{keys.Ed25519, RFC9421Ed25519}},
		{"the former keys are erased", Delivery{Former: true}, young, way{keys.RSA, Cavage}, way{keys.RSA, RFC9421}},
	} {
		first, second := ways(c.d, c.keys)
		if first != c.first || second != c.second {
			t.Errorf("%s: got %v with %s, then %v with %s, want %v with %s, then %v with %s", c.what,
				first.scheme, first.key.ID, second.scheme, second.key.ID, c.first.scheme, c.first.key.ID, c.second.scheme, c.second.key.ID)
		}
	}
}

// A peer that signs with Ed25519 is told that we take it, and is remembered as one that does, once.
func TestInboxLearnsWhoSignsWithEd25519(t *testing.T) {
	t.Parallel()
	schemes := &memorySchemes{}
	var verified []SignatureScheme
	town := newTown(t, func(i *InboxConfig, _ *KeysConfig) {
		i.Schemes, i.Verified = schemes, func(s SignatureScheme) { verified = append(verified, s) }
	})
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := newPeer(t)
	p.serveActor("/users/anna", func(a map[string]any) {
		multibase, err := encodeMultikey(pemOf(t, private.Public()))
		if err != nil {
			t.Fatal(err)
		}
		a["assertionMethod"] = []any{map[string]any{
			"id": p.anna() + "#ed", "type": "Multikey", "controller": p.anna(), "publicKeyMultibase": multibase,
		}}
	})
	modern := &SigningKey{ID: IRI(p.anna() + "#ed"), Private: private}
	host := IRI(p.origin).Host()
	for _, scheme := range []SignatureScheme{Cavage, RFC9421} {
		town.expect("RSA", p.signed(town.now(), p.follow(), p.signingKey(), scheme), 202, "")
	}
	town.expect("Ed25519 by the draft", p.signed(town.now(), p.follow(), modern, Cavage), 202, "")
	if schemes.told != 0 {
		t.Errorf("got %v before anybody signed so", schemes.known)
	}
	forged := p.signed(town.now(), p.follow(), modern, RFC9421Ed25519)
	forged.Header.Set("Signature-Input", strings.Replace(forged.Header.Get("Signature-Input"), `"@method" `, ``, 1))
	town.expect("incomplete", forged, 401, "signature_incomplete")
	for range 3 {
		town.expect("Ed25519", p.signed(town.now(), p.follow(), modern, RFC9421Ed25519), 202, "")
	}
	if schemes.known[host] != RFC9421Ed25519 || schemes.told != 1 {
		t.Errorf("got %v, told %d times, want %s known for Ed25519, told once", schemes.known, schemes.told, host)
	}
	town.pass(2 * time.Hour)
	town.expect("later", p.signed(town.now(), p.follow(), modern, RFC9421Ed25519), 202, "")
	if schemes.told != 2 {
		t.Errorf("two hours later: told %d times, want twice", schemes.told)
	}
	want := []SignatureScheme{Cavage, RFC9421, Cavage, RFC9421Ed25519, RFC9421Ed25519, RFC9421Ed25519, RFC9421Ed25519}
	if len(verified) != len(want) {
		t.Fatalf("got %v verified, want %v", verified, want)
	}
	for i := range want {
		if verified[i] != want[i] {
			t.Errorf("got %v verified, want %v", verified, want)
		}
	}
}

// server is the actor in whose name a Fetcher signs.
type serverActor struct {
	LocalActors
	keys *SigningKeys
}

func (serverActor) ServerActor(context.Context) (*Actor, error) {
	return &Actor{ID: townOrigin + "/actors/relay"}, nil
}
func (s serverActor) SigningKeys(context.Context, IRI) (*SigningKeys, error) { return s.keys, nil }

// A document that is refused to draft-cavage is asked for once more by RFC 9421, and the
// next one at that host begins so.
func TestFetchByTheOtherScheme(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	var mu sync.Mutex
	var asked []string
	takes := "Signature-Input"
	p.handle("/users/anna", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		how := "cavage"
		if r.Header.Get("Signature-Input") != "" {
			how = "rfc9421"
		}
		if strings.Contains(r.Header.Get("Signature-Input"), `alg="ed25519"`) {
			how = "ed25519"
		}
		asked = append(asked, how)
		if takes == "" || r.Header.Get(takes) == "" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", ActivityType)
		_, _ = w.Write([]byte(`{"@context":"https://www.w3.org/ns/activitystreams","id":"` + p.anna() + `","type":"Person","inbox":"` + p.anna() + `/inbox"}`))
	})
	schemes := &memorySchemes{}
	client := NewClient(ClientConfig{PeerNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Timeout: 2 * time.Second})
	t.Cleanup(client.CloseIdle)
	f := &Fetcher{Client: client, Actors: serverActor{keys: ring(t, "1", nil)}, Authority: Authority{Host: "town.example"}, Schemes: schemes}
	fetch := func(want ...string) {
		t.Helper()
		asked = nil
		_, err := f.FetchActor(t.Context(), IRI(p.anna()))
		if got := strings.Join(asked, " "); got != strings.Join(want, " ") {
			t.Errorf("asked by %q, want %q", got, strings.Join(want, " "))
		}
		if takes == "" && err == nil {
			t.Error("got the document of a host that refuses all")
		} else if takes != "" && err != nil {
			t.Errorf("got %v, want the document", err)
		}
	}
	fetch("cavage", "rfc9421")
	fetch("rfc9421")
	host := IRI(p.origin).Host()
	if schemes.known[host] != RFC9421 {
		t.Errorf("got %v remembered, want RFC 9421", schemes.known)
	}
	takes = "Date" // signed in any way
	if err := schemes.SchemeWorked(t.Context(), host, RFC9421Ed25519); err != nil {
		t.Fatal(err)
	}
	fetch("ed25519")
	takes = ""
	fetch("ed25519", "cavage")
	if schemes.known[host] != RFC9421Ed25519 {
		t.Errorf("got %v remembered after refusals, want no change", schemes.known)
	}
	// A budget of one request has no second knock in it.
	asked = nil
	if _, err := f.Within(NewBudget(1)).FetchActor(t.Context(), IRI(p.anna())); err == nil || len(asked) != 1 {
		t.Errorf("within a budget of one: got %v after %v, want the refusal after one request", err, asked)
	}
}
