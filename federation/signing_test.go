package federation

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/yaronf/httpsign"
)

// TestSign holds our signatures against a library's verification and against our own, with both kinds of key.
func TestSign(t *testing.T) {
	t.Parallel()
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	body := []byte(`{"type":"Like"}`)
	now := time.Now()
	for _, private := range []crypto.Signer{someKey(0), edKey} {
		for _, scheme := range []SignatureScheme{Cavage, RFC9421} {
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				for _, target := range []string{"/inbox", "/caf%C3%A9/no%2Fel?x=%20y&z", "/?author=1", "/a?"} {
					what := fmt.Sprintf("%T scheme %d %s %s", private, scheme, method, target)
					req, err := http.NewRequest(method, "https://peer.example"+target, nil)
					if err != nil {
						t.Fatal(err)
					}
					var sent []byte
					if method == http.MethodPost {
						sent = body
						req.Header.Set("Content-Type", ActivityType)
					}
					key := &SigningKey{ID: "https://town.example/actors/1#main-key", Private: private}
					if err := Sign(req, sent, key, scheme, now); err != nil {
						t.Errorf("%s: %v", what, err)
						continue
					}
					r := arrived(req, sent)
					signature, err := readSignature(r, "https://peer.example", now)
					if err != nil {
						t.Errorf("%s: %v", what, err)
						continue
					}
					if signature.KeyID != key.ID || signature.Scheme != scheme {
						t.Errorf("%s: got key %s, scheme %d", what, signature.KeyID, signature.Scheme)
					}
					if err := signature.verify(private.Public()); err != nil {
						t.Errorf("%s: %v", what, err)
					}
					if scheme == RFC9421 && !strings.HasSuffix(target, "?") {
						verifyWithLibrary(t, what, req, private.Public())
					}
				}
			}
		}
	}
}

func TestSignHeaders(t *testing.T) {
	t.Parallel()
	req, err := http.NewRequest(http.MethodPost, "https://peer.example/inbox", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", ActivityType)
	key := &SigningKey{ID: "https://town.example/actors/1#main-key", Private: someKey(0)}
	for range 2 { // a second attempt replaces what the first has set
		if err := Sign(req, []byte("{}"), key, Cavage, time.Unix(1, 0)); err != nil {
			t.Fatal(err)
		}
	}
	signature := req.Header.Values("Signature")
	const prefix = `keyId="https://town.example/actors/1#main-key",algorithm="rsa-sha256",headers="(request-target) host date digest content-type",signature="`
	if len(signature) != 1 || !strings.HasPrefix(signature[0], prefix) {
		t.Errorf("got Signature %q, want one that begins %q", signature, prefix)
	}
	if got, want := req.Header.Get("Digest"), "SHA-256=RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o="; got != want {
		t.Errorf("got Digest %q, want %q", got, want)
	}
	if got, want := req.Header.Get("Date"), "Thu, 01 Jan 1970 00:00:01 GMT"; got != want {
		t.Errorf("got Date %q, want %q", got, want)
	}
	if err := Sign(req, nil, key, 7, time.Now()); err == nil {
		t.Error("signed with a scheme that does not exist")
	}
}

// verifyWithLibrary verifies a signature by RFC 9421 with somebody else's code.
func verifyWithLibrary(t *testing.T, what string, req *http.Request, public crypto.PublicKey) {
	t.Helper()
	config := httpsign.NewVerifyConfig().SetVerifyCreated(false)
	var verifier *httpsign.Verifier
	var err error
	switch key := public.(type) {
	case *rsa.PublicKey:
		verifier, err = httpsign.NewRSAVerifier(*key, config, httpsign.Headers("@method", "@target-uri"))
	case ed25519.PublicKey:
		verifier, err = httpsign.NewEd25519Verifier(key, config, httpsign.Headers("@method", "@target-uri"))
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := httpsign.VerifyRequest("sig1", *verifier, req); err != nil {
		t.Errorf("%s: the library says: %v", what, err)
	}
}
