package browsertest

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"bourg/federation"
)

// elsewhere is a small server on which Odile lives. She writes signed replies; what comes
// for her is taken and not looked at.
type elsewhere struct {
	t    *testing.T
	site string
	key  *rsa.PrivateKey
	sent atomic.Int64
}

const asPublic = "https://www.w3.org/ns/activitystreams#Public"

func newElsewhere(t *testing.T) *elsewhere {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatalf("make a key: %v", err)
	}
	e := &elsewhere{t: t, key: key}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/webfinger", e.webFinger)
	mux.HandleFunc("GET /users/odile", e.person)
	mux.HandleFunc("POST /inbox", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // who is cut off tries again
		w.WriteHeader(http.StatusAccepted)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	e.site = server.URL
	return e
}

func (e *elsewhere) odile() string { return e.site + "/users/odile" }

func (e *elsewhere) webFinger(w http.ResponseWriter, _ *http.Request) {
	e.answer(w, "application/jrd+json", map[string]any{
		"subject": "acct:odile@" + strings.TrimPrefix(e.site, "http://"),
		"links":   []any{map[string]any{"rel": "self", "type": "application/activity+json", "href": e.odile()}},
	})
}

func (e *elsewhere) person(w http.ResponseWriter, _ *http.Request) {
	public, err := x509.MarshalPKIXPublicKey(&e.key.PublicKey)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	e.answer(w, "application/activity+json", map[string]any{
		"@context": []any{"https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"},
		"id":       e.odile(), "type": "Person", "preferredUsername": "odile", "name": "Odile Ferrand", "url": e.odile(),
		"inbox": e.site + "/inbox", "outbox": e.odile() + "/outbox", "followers": e.odile() + "/followers",
		"publicKey": map[string]any{
			"id": e.odile() + "#main-key", "owner": e.odile(),
			"publicKeyPem": string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})),
		},
	})
}

func (e *elsewhere) answer(w http.ResponseWriter, contentType string, document any) {
	w.Header().Set("Content-Type", contentType)
	_ = json.NewEncoder(w).Encode(document) // the reader may have gone
}

func (e *elsewhere) newID() string { return fmt.Sprintf("%s/things/%d", e.site, e.sent.Add(1)) }

// reply sends Odile's public reply to a post, which must be taken.
func (e *elsewhere) reply(post, words string) {
	e.t.Helper()
	note := map[string]any{
		"id": e.newID(), "type": "Note", "attributedTo": e.odile(), "inReplyTo": post,
		"content": "<p>" + words + "</p>", "contentMap": map[string]any{"fr": "<p>" + words + "</p>"},
		"published": time.Now().UTC().Format(time.RFC3339), "to": []any{asPublic}, "cc": []any{e.odile() + "/followers"},
	}
	body, err := json.Marshal(map[string]any{
		"@context": "https://www.w3.org/ns/activitystreams", "id": e.newID(), "type": "Create", "actor": e.odile(),
		"to": note["to"], "cc": note["cc"], "object": note,
	})
	if err != nil {
		e.t.Fatalf("write a reply: %v", err)
	}
	inbox, err := url.Parse(post)
	if err != nil {
		e.t.Fatalf("find the inbox of %s: %v", post, err)
	}
	inbox.Path = "/inbox"
	req, err := http.NewRequestWithContext(e.t.Context(), http.MethodPost, inbox.String(), bytes.NewReader(body))
	if err != nil {
		e.t.Fatalf("send a reply: %v", err)
	}
	req.Header.Set("Content-Type", "application/activity+json")
	key := &federation.SigningKey{
		ID: federation.IRI(e.odile() + "#main-key"), Owner: federation.IRI(e.odile()), Private: e.key,
	}
	if err := federation.Sign(req, body, key, federation.Cavage, time.Now()); err != nil {
		e.t.Fatalf("sign a reply: %v", err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		e.t.Fatalf("send a reply: %v", err)
	}
	defer res.Body.Close()
	if res.StatusCode < 200 || res.StatusCode > 299 {
		why, _ := io.ReadAll(res.Body)
		e.t.Fatalf("send a reply to %s: got status %d %s, want 2xx", inbox, res.StatusCode, why)
	}
}
