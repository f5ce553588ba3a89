package federation

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
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
	case RFC9421, RFC9421Ed25519:
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
	if req.Header.Get(syncHeader) != "" {
		covered = append(covered, strings.ToLower(syncHeader))
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

// clockWindow is how far the date of a signature may lie from our clock, either way:
// an hour for peers' clocks and five minutes for the way.
const clockWindow = time.Hour + 5*time.Minute

// maxSignatureHeader bounds Signature and Signature-Input, in bytes. An RSA-4096 signature takes 684.
const maxSignatureHeader = 8 << 10

// requestSignature is what the signature of a request says, before any key is known:
// complete, of our time and for our host. It proves nothing until matchesBody and verify have agreed.
type requestSignature struct {
	Scheme SignatureScheme
	KeyID  IRI
	Signed time.Time // what the sender says, within clockWindow of our time

	algorithm string   // as the sender named it, in lower case; may be ""
	digest    []byte   // SHA-256 of the body that is vouched for; nil where there is no body
	fields    []string // what it covers, in lower case
	// check verifies the signature with a key that is acceptable for the algorithm.
	check func(key crypto.PublicKey) error
}

// readSignature reads the signature of a request to our server, whose base URL is
// origin (scheme and host, no slash). It reads headers only, so it runs before the body
// is touched. A request with a body must carry its digest. Errors are *Refusal: 431
// header_too_large, or 401 with signature_missing, signature_malformed,
// signature_ambiguous, signature_incomplete, header_repeated, algorithm,
// date_out_of_window, digest_missing, digest_mismatch or host_mismatch.
func readSignature(r *http.Request, origin string, now time.Time) (*requestSignature, error) {
	inputs, signatures := r.Header["Signature-Input"], r.Header["Signature"]
	if len(signatures) == 0 {
		return nil, unauthorized("signature_missing")
	}
	for _, header := range [][]string{inputs, signatures} {
		for _, line := range header {
			if len(line) > maxSignatureHeader {
				return nil, &Refusal{Status: http.StatusRequestHeaderFieldsTooLarge, Code: "header_too_large"}
			}
			if len(inputs) > 0 && strings.Contains(line, "keyId=") {
				// One header of each scheme: nobody can tell which one a proxy or we would read.
				return nil, unauthorized("signature_ambiguous")
			}
		}
	}
	for _, name := range []string{"Signature", "Signature-Input", "Host", "Date", "Digest", "Content-Digest", "Content-Type", "Content-Length"} {
		if len(r.Header[name]) > 1 {
			return nil, unauthorized("header_repeated")
		}
	}
	scheme, host, _ := strings.Cut(origin, "://")
	if !strings.HasPrefix(r.RequestURI, "/") || CanonicalHost(scheme, r.Host) != host {
		return nil, unauthorized("host_mismatch")
	}
	if len(inputs) > 0 {
		return readRFC9421(r, origin, now)
	}
	return readCavage(r, now)
}

// covers tells whether a header field is part of what was signed.
func (s *requestSignature) covers(field string) bool {
	return slices.Contains(s.fields, strings.ToLower(field))
}

// matchesBody tells whether body is the one that was signed: nil, or 401 digest_mismatch.
func (s *requestSignature) matchesBody(body []byte) error {
	sum := sha256.Sum256(body)
	if subtle.ConstantTimeCompare(sum[:], s.digest) != 1 {
		return unauthorized("digest_mismatch")
	}
	return nil
}

// verify tells whether the owner of key made the signature: nil, or 401 with
// key_unacceptable, algorithm or signature_invalid. The key decides on the algorithm;
// what the sender named must agree with it.
func (s *requestSignature) verify(key crypto.PublicKey) error {
	if err := acceptableKey(key); err != nil {
		return err
	}
	_, isRSA := key.(*rsa.PublicKey)
	switch s.algorithm {
	case "", "hs2019":
	case "rsa-sha256", "rsa-sha512", algRSA:
		if !isRSA {
			return unauthorized("algorithm")
		}
	case algEd25519, "ed25519-sha512":
		if isRSA {
			return unauthorized("algorithm")
		}
	default:
		return unauthorized("algorithm")
	}
	if err := s.check(key); err != nil {
		return &Refusal{Status: http.StatusUnauthorized, Code: "signature_invalid", Err: err}
	}
	return nil
}

// acceptableKey takes Ed25519 keys, and RSA keys that are neither weak nor costly to verify with.
func acceptableKey(key crypto.PublicKey) error {
	switch key := key.(type) {
	case ed25519.PublicKey:
		return nil
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits >= 2048 && bits <= 4096 && key.E >= 3 && key.E%2 == 1 {
			return nil
		}
	}
	return unauthorized("key_unacceptable")
}

// unauthorized is the answer to a request whose sender is not proved.
func unauthorized(code string) *Refusal {
	return &Refusal{Status: http.StatusUnauthorized, Code: code}
}

// withinWindow tells whether a signature made at signed may be used now.
func withinWindow(signed, now time.Time) error {
	if d := now.Sub(signed); d > clockWindow || d < -clockWindow {
		return unauthorized("date_out_of_window")
	}
	return nil
}

// hasBody tells whether requests with this method carry a body that must be signed.
func hasBody(method string) bool { return method != http.MethodGet && method != http.MethodHead }

// readCavage reads a signature by draft-cavage-http-signatures-12, with the checks that
// httpsig leaves to its caller.
func readCavage(r *http.Request, now time.Time) (*requestSignature, error) {
	p, err := parseCavage(r.Header.Get("Signature"))
	if err != nil {
		return nil, err
	}
	s := &requestSignature{Scheme: Cavage, KeyID: IRI(p.keyID), algorithm: p.algorithm, fields: p.headers}
	covers := s.covers
	if !covers("(request-target)") || !covers("host") || (!covers("date") && !covers("(created)")) ||
		(hasBody(r.Method) && !covers("digest")) {
		return nil, unauthorized("signature_incomplete")
	}
	if covers("date") {
		date, err := http.ParseTime(r.Header.Get("Date"))
		if err != nil {
			return nil, unauthorized("date_out_of_window")
		}
		if err := withinWindow(date, now); err != nil {
			return nil, err
		}
		s.Signed = date
	}
	if covers("(created)") {
		s.Signed = time.Unix(p.created, 0)
		if err := withinWindow(s.Signed, now); err != nil {
			return nil, err
		}
	}
	if p.expires != 0 && now.After(time.Unix(p.expires, 0)) {
		return nil, unauthorized("date_out_of_window")
	}
	if hasBody(r.Method) {
		if s.digest, err = digestHeader(r.Header.Get("Digest")); err != nil {
			return nil, err
		}
	}
	s.check = func(key crypto.PublicKey) error { return p.verify(r, key) }
	return s, nil
}

// cavageParams are the parameters of a Signature header.
type cavageParams struct {
	keyID, algorithm, signature string
	headers                     []string // in lower case
	created, expires            int64    // Unix seconds; 0 where absent
}

// parseCavage reads key="value" pairs with commas between them. Spaces around commas
// are allowed, a parameter named twice is not.
func parseCavage(header string) (*cavageParams, error) {
	malformed := unauthorized("signature_malformed")
	p := &cavageParams{headers: []string{"date"}} // the draft's default
	seen := make(map[string]bool, 6)
	for rest := strings.TrimSpace(header); rest != ""; {
		name, after, found := strings.Cut(rest, "=")
		name = strings.TrimSpace(name)
		if !found || name == "" || seen[name] {
			return nil, malformed
		}
		seen[name] = true
		var value string
		if quoted, ok := strings.CutPrefix(after, `"`); ok {
			if value, after, ok = strings.Cut(quoted, `"`); !ok {
				return nil, malformed
			}
		} else {
			end := strings.IndexByte(after, ',')
			if end < 0 {
				end = len(after)
			}
			value, after = strings.TrimSpace(after[:end]), after[end:]
		}
		after = strings.TrimSpace(after)
		if after != "" {
			next, comma := strings.CutPrefix(after, ",")
			if !comma {
				return nil, malformed
			}
			after = strings.TrimSpace(next)
		}
		rest = after

		var err error
		switch name {
		case "keyId":
			p.keyID = value
		case "algorithm":
			p.algorithm = strings.ToLower(value)
		case "headers":
			p.headers = strings.Fields(strings.ToLower(value))
			if strings.ContainsAny(value, "\"\\") {
				return nil, malformed
			}
		case "signature":
			p.signature = value
			_, err = base64.StdEncoding.DecodeString(value)
		case "created":
			p.created, err = strconv.ParseInt(value, 10, 64)
		case "expires":
			// Fractions of a second are allowed here, and add nothing.
			whole, _, _ := strings.Cut(value, ".")
			p.expires, err = strconv.ParseInt(whole, 10, 64)
		}
		if err != nil {
			return nil, malformed
		}
	}
	if p.keyID == "" || p.signature == "" || len(p.headers) == 0 || len(p.headers) > 32 ||
		(slices.Contains(p.headers, "(created)") && p.created == 0) ||
		(slices.Contains(p.headers, "(expires)") && p.expires == 0) {
		return nil, malformed
	}
	return p, nil
}

// verify has httpsig verify the signature, over the path as it was received and the
// parameters as they were read here. Some peers sign the path without its query, so
// that is tried as well. What hs2019 means for an RSA key is SHA-256 to most peers and SHA-512 to some.
func (p *cavageParams) verify(r *http.Request, key crypto.PublicKey) error {
	var algorithms []httpsig.Algorithm
	if _, ok := key.(ed25519.PublicKey); ok {
		algorithms = []httpsig.Algorithm{httpsig.ED25519}
	} else {
		if p.algorithm != "rsa-sha512" {
			algorithms = append(algorithms, httpsig.RSA_SHA256)
		}
		if p.algorithm != "rsa-sha256" {
			algorithms = append(algorithms, httpsig.RSA_SHA512)
		}
	}
	header := http.Header{"Host": {r.Host}, "Signature": {p.normalised()}}
	for _, name := range p.headers {
		name = http.CanonicalHeaderKey(name)
		if values, ok := r.Header[name]; ok && name != "Host" && name != "Signature" {
			header[name] = values
		}
	}
	targets := []string{r.RequestURI}
	if path, _, found := strings.Cut(r.RequestURI, "?"); found {
		targets = append(targets, path)
	}
	if slices.Contains(p.headers, "(created)") || slices.Contains(p.headers, "(expires)") {
		return p.verifyTimed(r, key, header, targets, algorithms)
	}
	var failure error
	for _, target := range targets {
		verifier, err := httpsig.NewVerifier(rawTarget(&http.Request{Method: r.Method, Host: r.Host, Header: header}, target))
		if err != nil {
			return fmt.Errorf("reading the signature: %w", err)
		}
		for _, algorithm := range algorithms {
			if failure = verifier.Verify(key, algorithm); failure == nil {
				return nil
			}
		}
	}
	return failure
}

// normalised writes the parameters in the one form that httpsig takes, without the key
// id, which may hold a comma and is no part of what is verified.
func (p *cavageParams) normalised() string {
	return `keyId="k",headers="` + strings.Join(p.headers, " ") + `",signature="` + p.signature + `"`
}

// verifyTimed verifies what covers (created) or (expires). httpsig refuses such a signature
// where created lies ten seconds ahead of the machine's clock, though a Date may lie an hour ahead and these
// two were held to the same window before; so the text is put together here, from the same header fields.
func (p *cavageParams) verifyTimed(r *http.Request, key crypto.PublicKey, fields http.Header, targets []string, algorithms []httpsig.Algorithm) error {
	signature, err := base64.StdEncoding.DecodeString(p.signature)
	if err != nil {
		return fmt.Errorf("reading the signature: %w", err)
	}
	for _, target := range targets {
		lines := make([]string, len(p.headers))
		for i, name := range p.headers {
			values := fields[http.CanonicalHeaderKey(name)]
			switch name {
			case httpsig.RequestTarget:
				values = []string{strings.ToLower(r.Method) + " " + target}
			case "(created)":
				values = []string{strconv.FormatInt(p.created, 10)}
			case "(expires)":
				values = []string{strconv.FormatInt(p.expires, 10)}
			}
			if len(values) == 0 {
				return fmt.Errorf("header %q is signed and not there", name)
			}
			trimmed := make([]string, len(values))
			for n, value := range values {
				trimmed[n] = strings.TrimSpace(value)
			}
			lines[i] = name + ": " + strings.Join(trimmed, ", ")
		}
		text := []byte(strings.Join(lines, "\n"))
		for _, algorithm := range algorithms {
			if public, ok := key.(*rsa.PublicKey); ok && algorithm == httpsig.RSA_SHA512 {
				sum := sha512.Sum512(text)
				if rsa.VerifyPKCS1v15(public, crypto.SHA512, sum[:], signature) == nil {
					return nil
				}
			} else if checkBase(key, text, signature) == nil {
				return nil
			}
		}
	}
	return errWrongSignature
}

// digestHeader returns the SHA-256 in a Digest header (RFC 3230), which may name several
// algorithms, each once, in any letter case.
func digestHeader(header string) ([]byte, error) {
	var digest []byte
	for part := range strings.SplitSeq(header, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if !strings.EqualFold(name, "SHA-256") {
			continue
		}
		if digest != nil {
			return nil, unauthorized("header_repeated")
		}
		sum, err := base64.StdEncoding.DecodeString(value)
		if err != nil || len(sum) != sha256.Size {
			return nil, unauthorized("digest_mismatch")
		}
		digest = sum
	}
	if digest == nil {
		return nil, unauthorized("digest_missing")
	}
	return digest, nil
}

// parseKey reads a public key in PEM, as PKIX or, from some older software, PKCS #1. The error is 401 key_unacceptable.
func parseKey(text string) (crypto.PublicKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil || len(text) > maxKeyPEM {
		return nil, unauthorized("key_unacceptable")
	}
	var key any
	var err error
	if block.Type == "RSA PUBLIC KEY" {
		key, err = x509.ParsePKCS1PublicKey(block.Bytes)
	} else {
		key, err = x509.ParsePKIXPublicKey(block.Bytes)
	}
	if err != nil {
		return nil, &Refusal{Status: http.StatusUnauthorized, Code: "key_unacceptable", Err: err}
	}
	return key, acceptableKey(key)
}

// maxKeyPEM bounds a key's PEM, in bytes; one of RSA-4096 takes 800.
const maxKeyPEM = 4 << 10
