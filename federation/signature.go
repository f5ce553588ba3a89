package federation

import (
	"crypto/ed25519"
	"crypto/rsa"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-fed/httpsig"
)

// Sign signs a request in the name of key.Owner and sets Host, Date and, where there is
// a body, Digest or Content-Digest. The body is what the request will carry; nil for a
// GET. A request is signed right before it is sent, and again at each attempt and each redirect.
func Sign(req *http.Request, body []byte, key *SigningKey, scheme SignatureScheme, now time.Time) error {
	if req.Host == "" {
		req.Host = req.URL.Host
	}
	for _, name := range []string{"Signature", "Signature-Input", "Digest", "Content-Digest"} {
		req.Header.Del(name)
	}
	req.Header.Set("Date", now.UTC().Format(http.TimeFormat))
	switch scheme {
	case Cavage:
		return signCavage(req, body, key)
	case RFC9421:
		return signRFC9421(req, body, key, now)
	}
	return fmt.Errorf("signing a request: unknown scheme %d", scheme)
}

// signCavage signs by draft-cavage-http-signatures-12 with what Mastodon signs:
// (request-target), host, date and, for a body, digest and content-type.
func signCavage(req *http.Request, body []byte, key *SigningKey) error {
	algorithm := httpsig.RSA_SHA256
	switch key.Private.(type) {
	case *rsa.PrivateKey:
	case ed25519.PrivateKey:
		algorithm = httpsig.ED25519
	default:
		return fmt.Errorf("signing with %s: unknown kind of key %T", key.ID, key.Private)
	}
	covered := []string{httpsig.RequestTarget, "host", "date"}
	if body != nil {
		covered = append(covered, "digest")
		if req.Header.Get("Content-Type") != "" {
			covered = append(covered, "content-type")
		}
	}
	// The expiry is left out: peers that read it differ over who may set it, and the date says enough.
	signer, _, err := httpsig.NewSigner([]httpsig.Algorithm{algorithm}, httpsig.DigestSha256, covered, httpsig.Signature, 0)
	if err != nil {
		return fmt.Errorf("signing with %s: %w", key.ID, err)
	}
	req.Header.Set("Host", req.Host)
	if err := signer.SignRequest(key.Private, string(key.ID), rawTarget(req, req.URL.RequestURI()), body); err != nil {
		return fmt.Errorf("signing with %s: %w", key.ID, err)
	}
	req.Header.Del("Host")
	if algorithm == httpsig.RSA_SHA256 {
		// The library always names hs2019, which software older than draft 10 does not know. The
		// parameter is no part of what is signed.
		named := strings.Replace(req.Header.Get("Signature"), `algorithm="hs2019"`, `algorithm="rsa-sha256"`, 1)
		req.Header.Set("Signature", named)
	}
	return nil
}

// rawTarget returns a request that httpsig reads as having exactly this target. The
// library writes the decoded path; peers sign the path as it stands in the request line.
func rawTarget(req *http.Request, target string) *http.Request {
	path, query, _ := strings.Cut(target, "?")
	return &http.Request{
		Method: req.Method,
		URL:    &url.URL{Path: path, RawQuery: query},
		Host:   req.Host,
		Header: req.Header,
	}
}
