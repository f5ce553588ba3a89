package conformance

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
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"
)

// Peer is a server elsewhere on which people with any name live. It signs by draft-cavage with RSA as Mastodon does, and
// takes only what Mastodon's SignedRequest would take.
type Peer struct {
	base   string // its public address
	key    *rsa.PrivateKey
	server *http.Server

	mu      sync.Mutex
	taken   []Delivery
	refused []error
	busy    bool     // the next Create is answered 503
	turned  string   // the inbox to which that one was sent
	stamps  []string // date and signature of it, and of what was taken there since
	sent    int
}

// Delivery is one activity that the peer took.
type Delivery struct {
	Path     string // of the inbox
	Activity map[string]any
}

// NewPeer starts a peer that listens at address ("127.0.0.1:0") and is known as base; "" for http and the address.
func NewPeer(address, base string) (*Peer, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", address) //nolint:noctx // ends with Close
	if err != nil {
		return nil, fmt.Errorf("start the peer: %w", err)
	}
	if base == "" {
		base = "http://" + listener.Addr().String()
	}
	p := &Peer{base: base, key: key}
	p.server = &http.Server{Handler: p, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = p.server.Serve(listener) }() // ends with Close
	return p, nil
}

// Close ends the peer.
func (p *Peer) Close() error { return p.server.Close() }

func (p *Peer) user(name string) string { return p.base + "/users/" + name }

func (p *Peer) host() string { _, host, _ := strings.Cut(p.base, "://"); return host }

// ServeHTTP answers for people, their handles and their inboxes.
func (p *Peer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, isUser := strings.CutPrefix(r.URL.Path, "/users/")
	name, inbox := strings.CutSuffix(name, "/inbox")
	switch {
	case r.URL.Path == "/.well-known/webfinger":
		who, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Query().Get("resource"), "acct:"), "@")
		who = who[strings.LastIndexByte(who, '/')+1:]
		p.write(w, "application/jrd+json", map[string]any{
			"subject": "acct:" + who + "@" + p.host(),
			"links":   []map[string]string{{"rel": "self", "type": activityType, "href": p.user(who)}},
		})
	case r.Method == http.MethodPost && (inbox && isUser || r.URL.Path == "/inbox"):
		p.take(w, r)
	case isUser && !strings.Contains(name, "/"):
		public, err := x509.MarshalPKIXPublicKey(&p.key.PublicKey)
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		id := p.user(name)
		p.write(w, activityType, map[string]any{
			"@context": []string{"https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"},
			"id":       id, "type": "Person", "preferredUsername": name, "name": name, "inbox": id + "/inbox", "outbox": id + "/outbox",
			"followers": id + "/followers", "following": id + "/following", "url": id,
			"endpoints": map[string]string{"sharedInbox": p.base + "/inbox"},
			"publicKey": map[string]string{
				"id": id + "#main-key", "owner": id,
				"publicKeyPem": string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})),
			},
		})
	default:
		http.NotFound(w, r)
	}
}

func (p *Peer) write(w http.ResponseWriter, kind string, v any) {
	w.Header().Set("Content-Type", kind)
	_ = json.NewEncoder(w).Encode(v) //nolint:errchkjson // maps of strings; where writing fails, nobody is left to tell
}

func (p *Peer) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	stamp := r.Header.Get("Date") + " " + r.Header.Get("Signature")
	// Only what is waited for is turned away; an answer to something earlier may still be on its way.
	var kind struct {
		Type string `json:"type"`
	}
	if p.busy && json.Unmarshal(body, &kind) == nil && kind.Type == "Create" {
		p.busy, p.turned, p.stamps = false, r.URL.Path, []string{stamp}
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	var d Delivery
	signer, err := verify(r.Context(), r, body)
	if err == nil {
		err = json.Unmarshal(body, &d.Activity)
	}
	if err == nil && signer != text(d.Activity, "actor") {
		err = fmt.Errorf("signed by %s, said by %s", signer, text(d.Activity, "actor"))
	}
	if err != nil {
		p.refused = append(p.refused, fmt.Errorf("%s: %w", r.URL.Path, err))
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if r.URL.Path == p.turned {
		p.stamps = append(p.stamps, stamp)
	}
	d.Path = r.URL.Path
	p.taken = append(p.taken, d)
	w.WriteHeader(http.StatusAccepted)
}

// await waits for an activity that which accepts, and complains of what had to be refused.
func (p *Peer) await(ctx context.Context, what string, which func(Delivery) bool) (*Delivery, error) {
	for end := time.Now().Add(patience); ; {
		p.mu.Lock()
		refused := errors.Join(p.refused...)
		for i := range p.taken {
			if which(p.taken[i]) {
				found := p.taken[i]
				p.mu.Unlock()
				return &found, nil
			}
		}
		p.mu.Unlock()
		switch {
		case refused != nil:
			return nil, fmt.Errorf("waiting for %s: a delivery was refused: %w", what, refused)
		case time.Now().After(end):
			return nil, fmt.Errorf("waited %v for %s", patience, what)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// act makes an activity of somebody here.
func (p *Peer) act(name, kind string, object any) map[string]any {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent++
	return map[string]any{
		"@context": "https://www.w3.org/ns/activitystreams",
		"id":       fmt.Sprintf("%s/activities/%d-%d", p.base, time.Now().UnixNano(), p.sent), "type": kind, "actor": p.user(name), "object": object,
	}
}

// post sends a body in somebody's name, signed over what is signed, and returns the status.
func (p *Peer) post(ctx context.Context, inbox, name string, body, signed []byte) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, inbox, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", activityType)
	if signed != nil {
		if err := sign(req, signed, p.user(name)+"#main-key", p.key); err != nil {
			return 0, err
		}
	}
	a, err := do(req)
	if err != nil {
		return 0, err
	}
	return a.status, nil
}

// send posts an activity and wants it taken.
func (p *Peer) send(ctx context.Context, inbox, name string, activity map[string]any) error {
	body, err := json.Marshal(activity)
	if err != nil {
		return err
	}
	status, err := p.post(ctx, inbox, name, body, body)
	if err == nil && status/100 != 2 {
		err = fmt.Errorf("%s: got status %d, want 2xx", text(activity, "type"), status)
	}
	return err
}

const covered = "(request-target) host date digest content-type"

// sign signs by draft-cavage with RSA, as Mastodon does.
func sign(r *http.Request, body []byte, keyID string, key *rsa.PrivateKey) error {
	sum := sha256.Sum256(body)
	r.Header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	r.Header.Set("Digest", "SHA-256="+base64.StdEncoding.EncodeToString(sum[:]))
	hash := sha256.Sum256([]byte(signingString(r, strings.Fields(covered))))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, hash[:])
	if err != nil {
		return err
	}
	r.Header.Set("Signature", fmt.Sprintf(`keyId=%q,algorithm="rsa-sha256",headers=%q,signature=%q`,
		keyID, covered, base64.StdEncoding.EncodeToString(signature)))
	return nil
}

func signingString(r *http.Request, names []string) string {
	lines := make([]string, len(names))
	for i, name := range names {
		switch name {
		case "(request-target)":
			lines[i] = name + ": " + strings.ToLower(r.Method) + " " + r.URL.RequestURI()
		case "host":
			host := r.Host
			if host == "" {
				host = r.URL.Host
			}
			lines[i] = name + ": " + host
		default:
			lines[i] = name + ": " + r.Header.Get(name)
		}
	}
	return strings.Join(lines, "\n")
}

var parameter = regexp.MustCompile(`(\w+)="([^"]*)"`)

// verify is Mastodon's SignedRequest for a POST: what must be covered, how fresh it must be, the digest over the very
// bytes, and a key that its owner shows. It returns the owner.
func verify(ctx context.Context, r *http.Request, body []byte) (owner string, err error) {
	params := map[string]string{}
	for _, m := range parameter.FindAllStringSubmatch(r.Header.Get("Signature"), -1) {
		if _, twice := params[m[1]]; twice {
			return "", fmt.Errorf("the parameter %s stands there twice", m[1])
		}
		params[m[1]] = m[2]
	}
	names := strings.Fields(params["headers"])
	for _, name := range []string{"(request-target)", "host", "date", "digest"} {
		if !contains(asList(names), name) {
			return "", fmt.Errorf("%q is not signed, only %q", name, names)
		}
	}
	if a := params["algorithm"]; a != "" && a != "rsa-sha256" && a != "hs2019" {
		return "", fmt.Errorf("unknown algorithm %q", a)
	}
	date, err := http.ParseTime(r.Header.Get("Date"))
	if err != nil || time.Since(date).Abs() > 5*time.Minute {
		return "", fmt.Errorf("the date %q is not of this moment", r.Header.Get("Date"))
	}
	sum := sha256.Sum256(body)
	if got := r.Header.Get("Digest"); got != "SHA-256="+base64.StdEncoding.EncodeToString(sum[:]) {
		return "", fmt.Errorf("the digest %q is not that of the body", got)
	}
	key, owner, err := fetchKey(ctx, params["keyId"])
	if err != nil {
		return "", err
	}
	signature, err := base64.StdEncoding.DecodeString(params["signature"])
	if err != nil {
		return "", err
	}
	hash := sha256.Sum256([]byte(signingString(r, names)))
	return owner, rsa.VerifyPKCS1v15(key, crypto.SHA256, hash[:], signature)
}

func asList(names []string) []any {
	list := make([]any, len(names))
	for i, n := range names {
		list[i] = n
	}
	return list
}

func fetchKey(ctx context.Context, keyID string) (*rsa.PublicKey, string, error) {
	id, _, _ := strings.Cut(keyID, "#")
	actor, err := document(ctx, id, accepts[0])
	if err != nil {
		return nil, "", fmt.Errorf("fetching the key: %w", err)
	}
	keys, isList := actor["publicKey"].([]any)
	if !isList {
		keys = []any{actor["publicKey"]}
	}
	for _, one := range keys {
		if text(one, "id") != keyID || text(one, "owner") != id {
			continue
		}
		block, _ := pem.Decode([]byte(text(one, "publicKeyPem")))
		if block == nil {
			return nil, "", errors.New("the key is no PEM")
		}
		parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, "", err
		}
		if key, isRSA := parsed.(*rsa.PublicKey); isRSA {
			return key, id, nil
		}
	}
	return nil, "", fmt.Errorf("%s shows no RSA key with the id %s", id, keyID)
}
