package main_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// This file signs and verifies as Mastodon does, in both schemes: its SignedRequest,
// section by section, with the strict reading wherever there is a choice.

// parameter is one key="value" or key=number of a signature header.
var parameter = regexp.MustCompile(`^\s*([A-Za-z]+)=(?:"([^"]*)"|([0-9]+))\s*(?:,|$)`)

// signatureParameters reads a draft-cavage Signature header. A parameter that comes twice is refused.
func signatureParameters(header string) (map[string]string, error) {
	found := map[string]string{}
	for rest := header; rest != ""; {
		m := parameter.FindStringSubmatch(rest)
		if m == nil {
			return nil, fmt.Errorf("malformed signature header at %q", rest)
		}
		if _, twice := found[m[1]]; twice {
			return nil, fmt.Errorf("signature parameter %s comes twice", m[1])
		}
		found[m[1]] = m[2] + m[3]
		rest = rest[len(m[0]):]
	}
	return found, nil
}

// verify checks a request's signature and returns the scheme and the actor who owns the key.
func (f *follower) verify(r *http.Request, body []byte) (scheme, string, error) {
	f.mu.Lock()
	only := f.only
	f.mu.Unlock()
	used := cavage
	if r.Header.Get("Signature-Input") != "" {
		used = rfc9421
	}
	if only != "" && used != only && r.Method == http.MethodPost {
		return used, "", fmt.Errorf("takes %s only, got %s", only, used)
	}
	var owner string
	var err error
	if used == rfc9421 {
		owner, err = f.verifyMessage(r, body)
	} else {
		owner, err = f.verifyCavage(r, body)
	}
	return used, owner, err
}

// verifyCavage is mastodon/app/lib/http_signature_draft.rb and signed_request.rb.
func (f *follower) verifyCavage(r *http.Request, body []byte) (string, error) {
	header := r.Header.Values("Signature")
	if len(header) != 1 {
		return "", fmt.Errorf("got %d Signature headers, want 1", len(header))
	}
	p, err := signatureParameters(header[0])
	if err != nil {
		return "", err
	}
	if a, ok := p["algorithm"]; ok && a != "rsa-sha256" && a != "hs2019" {
		return "", fmt.Errorf("got algorithm %q", a)
	}
	names := strings.Fields(p["headers"])
	covers := func(name string) bool {
		for _, n := range names {
			if n == name {
				return true
			}
		}
		return false
	}
	if !covers("date") && !covers("(created)") {
		return "", errors.New("neither date nor (created) is signed")
	}
	if !covers("(request-target)") || !covers("host") {
		return "", errors.New("(request-target) and host must be signed")
	}
	if r.Method == http.MethodPost {
		if !covers("digest") {
			return "", errors.New("digest must be signed")
		}
		if err := checkDigest(r.Header.Get("Digest"), body); err != nil {
			return "", err
		}
	}
	if err := checkClock(r.Header.Get("Date"), p); err != nil {
		return "", err
	}
	lines := make([]string, len(names))
	for i, n := range names {
		switch n {
		case "(request-target)":
			lines[i] = n + ": " + strings.ToLower(r.Method) + " " + r.URL.RequestURI()
		case "(created)":
			lines[i] = n + ": " + p["created"]
		case "(expires)":
			lines[i] = n + ": " + p["expires"]
		case "host":
			lines[i] = n + ": " + r.Host
		default:
			values := r.Header.Values(n)
			if len(values) == 0 {
				return "", fmt.Errorf("header %s is signed and missing", n)
			}
			lines[i] = n + ": " + strings.Join(values, ", ")
		}
	}
	return f.checkKey(p["keyId"], strings.Join(lines, "\n"), p["signature"])
}

// checkDigest compares a Digest header with the bytes that came.
func checkDigest(header string, body []byte) error {
	sum := sha256.Sum256(body)
	for _, one := range strings.Split(header, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(one), "=")
		if strings.EqualFold(name, "sha-256") {
			if value != base64.StdEncoding.EncodeToString(sum[:]) {
				return fmt.Errorf("digest %s is not the body's", one)
			}
			return nil
		}
	}
	return fmt.Errorf("no SHA-256 in digest %q", header)
}

// checkClock wants a time that is not more than an hour ahead, and not over: it ends after
// the expiry, else after five minutes, with an hour of skew.
func checkClock(date string, p map[string]string) error {
	var created time.Time
	var err error
	if c, ok := p["created"]; ok {
		seconds, parseErr := strconv.ParseInt(c, 10, 64)
		created, err = time.Unix(seconds, 0), parseErr
	} else {
		created, err = http.ParseTime(date)
	}
	if err != nil {
		return fmt.Errorf("read the signature's time: %w", err)
	}
	expires := created.Add(5 * time.Minute)
	if e, ok := p["expires"]; ok {
		seconds, err := strconv.ParseInt(e, 10, 64)
		if err != nil {
			return fmt.Errorf("read the signature's end: %w", err)
		}
		expires = time.Unix(seconds, 0)
	}
	now := time.Now()
	if created.After(now.Add(time.Hour)) || expires.Add(time.Hour).Before(now) {
		return fmt.Errorf("signed at %v, received at %v", created, now)
	}
	return nil
}

// messageInput is one signature of RFC 9421: label, components and parameters.
var messageInput = regexp.MustCompile(`^([a-z0-9_-]+)=(\(([^)]*)\)((?:;[a-z]+=(?:"[^"]*"|[0-9]+))*))$`)

// verifyMessage is the profile of RFC 9421 that Mastodon 4.5 wants: one signature over
// @method, @target-uri and, with a body, content-digest; created and keyid.
func (f *follower) verifyMessage(r *http.Request, body []byte) (string, error) {
	m := messageInput.FindStringSubmatch(r.Header.Get("Signature-Input"))
	if m == nil {
		return "", fmt.Errorf("got Signature-Input %q, want one signature", r.Header.Get("Signature-Input"))
	}
	label, params := m[1], map[string]string{}
	for _, one := range strings.Split(strings.TrimPrefix(m[4], ";"), ";") {
		name, value, _ := strings.Cut(one, "=")
		params[name] = strings.Trim(value, `"`)
	}
	if a := params["alg"]; a != "" && a != "rsa-v1_5-sha256" {
		return "", fmt.Errorf("got alg %q", a)
	}
	if params["created"] == "" {
		return "", errors.New("created is missing")
	}
	if err := checkClock("", params); err != nil {
		return "", err
	}
	seen, base := map[string]bool{}, ""
	for _, quoted := range strings.Fields(m[3]) {
		name := strings.Trim(quoted, `"`)
		var value string
		switch name {
		case "@method":
			value = r.Method
		case "@target-uri":
			value = "http://" + r.Host + r.URL.RequestURI()
		case "@authority", "host": // net/http takes Host out of the headers
			value = r.Host
		case "@path":
			value = r.URL.EscapedPath()
		default:
			if value = strings.Join(r.Header.Values(name), ", "); value == "" {
				return "", fmt.Errorf("component %s is missing", name)
			}
		}
		seen[name] = true
		base += quoted + ": " + value + "\n"
	}
	if !seen["@method"] || !seen["@target-uri"] {
		return "", fmt.Errorf("got components %s, want @method and @target-uri", m[3])
	}
	if r.Method == http.MethodPost {
		sum := sha256.Sum256(body)
		want := "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
		if got := r.Header.Get("Content-Digest"); !seen["content-digest"] || got != want {
			return "", fmt.Errorf("got content-digest %q (signed: %v), want %q", got, seen["content-digest"], want)
		}
	}
	signature, ok := strings.CutPrefix(r.Header.Get("Signature"), label+"=:")
	if !ok {
		return "", fmt.Errorf("no signature %s", label)
	}
	return f.checkKey(params["keyid"], base+`"@signature-params": `+m[2], strings.TrimSuffix(signature, ":"))
}

// checkKey verifies with the key of that id, and once more with a fresh one where the key was known.
func (f *follower) checkKey(keyID, signed, signature string) (string, error) {
	raw, err := base64.StdEncoding.DecodeString(signature)
	if err != nil {
		return "", fmt.Errorf("read the signature: %w", err)
	}
	sum := sha256.Sum256([]byte(signed))
	f.mu.Lock()
	key, owner := f.keys[keyID], f.authors[keyID]
	f.mu.Unlock()
	if key != nil && rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], raw) == nil {
		return owner, nil
	}
	if key, owner, err = f.fetchKey(keyID); err != nil {
		return "", err
	}
	if err := rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], raw); err != nil {
		return "", fmt.Errorf("signature by %s over %q: %w", keyID, signed, err)
	}
	f.mu.Lock()
	f.keys[keyID], f.authors[keyID] = key, owner
	f.mu.Unlock()
	return owner, nil
}

// fetchKey gets the actor's document behind a key id; the actor must list the key as its own.
func (f *follower) fetchKey(keyID string) (*rsa.PublicKey, string, error) {
	id, _, _ := strings.Cut(keyID, "#")
	actor, err := f.get(id)
	if err != nil {
		return nil, "", fmt.Errorf("fetch key %s: %w", keyID, err)
	}
	if got := text(actor, "publicKey", "id"); got != keyID {
		return nil, "", fmt.Errorf("fetch key %s: the actor's key is %q", keyID, got)
	}
	if got := text(actor, "publicKey", "owner"); got != text(actor, "id") {
		return nil, "", fmt.Errorf("fetch key %s: it belongs to %q", keyID, got)
	}
	block, _ := pem.Decode([]byte(text(actor, "publicKey", "publicKeyPem")))
	if block == nil {
		return nil, "", fmt.Errorf("fetch key %s: no PEM", keyID)
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, "", fmt.Errorf("fetch key %s: %w", keyID, err)
	}
	key, ok := parsed.(*rsa.PublicKey)
	if !ok || key.N.BitLen() < 2048 {
		return nil, "", fmt.Errorf("fetch key %s: got %T, want RSA of 2048 bits or more", keyID, parsed)
	}
	return key, text(actor, "id"), nil
}

// sign signs a request as Mastodon does, by its draft-cavage or its RFC 9421 code, as of a time.
func sign(req *http.Request, body []byte, keyID string, key *rsa.PrivateKey, how scheme, at time.Time) error {
	sum := sha256.Sum256(body)
	digest := base64.StdEncoding.EncodeToString(sum[:])
	if how == rfc9421 {
		components := `("@method" "@target-uri" "content-digest")`
		base := `"@method": ` + req.Method + "\n" + `"@target-uri": ` + req.URL.String() + "\n"
		if body == nil {
			components = `("@method" "@target-uri")`
		} else {
			req.Header.Set("Content-Digest", "sha-256=:"+digest+":")
			base += `"content-digest": sha-256=:` + digest + ":\n"
		}
		params := fmt.Sprintf(`%s;created=%d;keyid="%s"`, components, at.Unix(), keyID)
		raw, err := signRSA(key, base+`"@signature-params": `+params)
		if err != nil {
			return err
		}
		req.Header.Set("Signature-Input", "sig1="+params)
		req.Header.Set("Signature", "sig1=:"+raw+":")
		return nil
	}
	date := at.UTC().Format(http.TimeFormat)
	req.Header.Set("Date", date)
	headers := "(request-target) host date"
	base := "(request-target): " + strings.ToLower(req.Method) + " " + req.URL.RequestURI() + "\nhost: " + req.URL.Host + "\ndate: " + date
	if body != nil {
		req.Header.Set("Digest", "SHA-256="+digest)
		headers += " digest content-type"
		base += "\ndigest: SHA-256=" + digest + "\ncontent-type: " + req.Header.Get("Content-Type")
	}
	raw, err := signRSA(key, base)
	if err != nil {
		return err
	}
	req.Header.Set("Signature", fmt.Sprintf(`keyId="%s",algorithm="rsa-sha256",headers="%s",signature="%s"`, keyID, headers, raw))
	return nil
}

func signRSA(key *rsa.PrivateKey, text string) (string, error) {
	sum := sha256.Sum256([]byte(text))
	raw, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	return base64.StdEncoding.EncodeToString(raw), err
}
