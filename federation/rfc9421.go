package federation

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/dunglas/httpsfv"
)

// HTTP Message Signatures (RFC 9421) with digests of RFC 9530, in the profile that the
// fediverse uses: one signature; @method, the target and content-digest covered;
// created and keyid named; RSA PKCS #1 v1.5 with SHA-256 or Ed25519. The signature base
// is built here rather than by a library because the libraries take the time from the
// machine's clock, spell the target URI anew, and bring a JOSE stack along. The tests hold
// it against RFC 9421's own vectors, recorded requests and a library.

const (
	algRSA     = "rsa-v1_5-sha256"
	algEd25519 = "ed25519"
)

// signRFC9421 signs @method, @target-uri and, for a body, content-digest.
func signRFC9421(req *http.Request, body []byte, key *SigningKey, now time.Time) error {
	covered := []string{"@method", "@target-uri"}
	if body != nil {
		sum := sha256.Sum256(body)
		digest := httpsfv.NewDictionary()
		digest.Add("sha-256", httpsfv.NewItem(sum[:]))
		text, err := httpsfv.Marshal(digest)
		if err != nil {
			return fmt.Errorf("signing with %s: writing the digest: %w", key.ID, err)
		}
		req.Header.Set("Content-Digest", text)
		covered = append(covered, "content-digest")
	}
	if req.Header.Get(syncHeader) != "" {
		covered = append(covered, strings.ToLower(syncHeader))
	}
	var algorithm string
	switch key.Private.(type) {
	case *rsa.PrivateKey:
		algorithm = algRSA
	case ed25519.PrivateKey:
		algorithm = algEd25519
	default:
		return fmt.Errorf("signing with %s: unknown kind of key %T", key.ID, key.Private)
	}
	input := httpsfv.InnerList{Params: httpsfv.NewParams()}
	for _, name := range covered {
		input.Items = append(input.Items, httpsfv.NewItem(name))
	}
	input.Params.Add("created", now.Unix())
	input.Params.Add("keyid", string(key.ID))
	input.Params.Add("alg", algorithm)

	target := *req.URL
	target.Fragment = ""
	base, err := signatureBase(input, &signedMessage{Method: req.Method, Target: target.String(), Host: req.Host, Header: req.Header})
	if err != nil {
		return fmt.Errorf("signing with %s: %w", key.ID, err)
	}
	signature, err := signBase(key.Private, []byte(base))
	if err != nil {
		return fmt.Errorf("signing with %s: %w", key.ID, err)
	}
	inputs, signatures := httpsfv.NewDictionary(), httpsfv.NewDictionary()
	inputs.Add("sig1", input)
	signatures.Add("sig1", httpsfv.NewItem(signature))
	for name, value := range map[string]*httpsfv.Dictionary{"Signature-Input": inputs, "Signature": signatures} {
		text, err := httpsfv.Marshal(value)
		if err != nil {
			return fmt.Errorf("signing with %s: writing %s: %w", key.ID, name, err)
		}
		req.Header.Set(name, text)
	}
	return nil
}

func signBase(key crypto.Signer, base []byte) ([]byte, error) {
	if private, ok := key.(ed25519.PrivateKey); ok {
		return private.Sign(rand.Reader, base, crypto.Hash(0))
	}
	sum := sha256.Sum256(base)
	return key.Sign(rand.Reader, sum[:], crypto.SHA256)
}

// signedMessage is what of a request a signature can cover.
type signedMessage struct {
	Method string
	Target string // absolute URI, as the client addressed it
	Host   string // Host header
	Header http.Header
}

// signatureBase returns the text that is signed (RFC 9421, section 2.5).
func signatureBase(input httpsfv.InnerList, m *signedMessage) (string, error) {
	var b strings.Builder
	for _, item := range input.Items {
		name, _ := item.Value.(string)
		value, err := m.component(name)
		if err != nil {
			return "", err
		}
		b.WriteByte('"')
		b.WriteString(name)
		b.WriteString(`": `)
		b.WriteString(value)
		b.WriteByte('\n')
	}
	params, err := httpsfv.Marshal(input)
	if err != nil {
		return "", fmt.Errorf("writing the signature parameters: %w", err)
	}
	b.WriteString(`"@signature-params": `)
	b.WriteString(params)
	return b.String(), nil
}

// component returns the value of a component (RFC 9421, section 2): a derived one, or a
// header field with its lines trimmed and joined.
func (m *signedMessage) component(name string) (string, error) {
	scheme, rest, _ := strings.Cut(m.Target, "://")
	authority, target := rest, "/"
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		authority, target = rest[:i], rest[i:]
		if target[0] == '?' {
			target = "/" + target
		}
	}
	path, query, _ := strings.Cut(target, "?")
	switch name {
	case "@method":
		return m.Method, nil
	case "@target-uri":
		return m.Target, nil
	case "@scheme":
		return scheme, nil
	case "@authority":
		return authority, nil
	case "@request-target":
		return target, nil
	case "@path":
		return path, nil
	case "@query":
		return "?" + query, nil
	case "host":
		return m.Host, nil
	}
	values := m.Header[http.CanonicalHeaderKey(name)]
	if strings.HasPrefix(name, "@") || len(values) == 0 {
		return "", fmt.Errorf("component %q is not in the request", name)
	}
	trimmed := make([]string, len(values))
	for i, v := range values {
		trimmed[i] = strings.TrimSpace(v)
	}
	return strings.Join(trimmed, ", "), nil
}

// readRFC9421 reads a request's one signature by RFC 9421. See readSignature for the errors.
func readRFC9421(r *http.Request, origin string, now time.Time) (*requestSignature, error) {
	malformed := unauthorized("signature_malformed")
	inputs, err := httpsfv.UnmarshalDictionary(r.Header["Signature-Input"])
	if err != nil || len(inputs.Names()) != 1 {
		return nil, malformed
	}
	signatures, err := httpsfv.UnmarshalDictionary(r.Header["Signature"])
	if err != nil || len(signatures.Names()) != 1 {
		return nil, malformed
	}
	member, _ := inputs.Get(inputs.Names()[0])
	input, ok := member.(httpsfv.InnerList)
	member, _ = signatures.Get(inputs.Names()[0])
	item, _ := member.(httpsfv.Item)
	signature, isBytes := item.Value.([]byte)
	if !ok || !isBytes || len(input.Items) > 32 {
		return nil, malformed
	}
	covered := make(map[string]bool, len(input.Items))
	for _, c := range input.Items {
		name, ok := c.Value.(string)
		if !ok || name != strings.ToLower(name) || covered[name] || len(c.Params.Names()) > 0 {
			return nil, malformed
		}
		covered[name] = true
	}
	target := covered["@target-uri"] ||
		(covered["@authority"] || covered["host"]) &&
			(covered["@request-target"] || covered["@path"] && (covered["@query"] || !strings.Contains(r.RequestURI, "?")))
	if !covered["@method"] || !target || (hasBody(r.Method) && !covered["content-digest"]) {
		return nil, unauthorized("signature_incomplete")
	}

	s := &requestSignature{Scheme: RFC9421, fields: slices.Collect(maps.Keys(covered))}
	if s.KeyID, s.algorithm, err = signatureParams(input.Params, now); err != nil {
		return nil, err
	}
	created, _ := input.Params.Get("created")
	seconds, _ := created.(int64) // signatureParams has seen to it
	s.Signed = time.Unix(seconds, 0)
	if covered["date"] {
		date, err := http.ParseTime(r.Header.Get("Date"))
		if err != nil {
			return nil, unauthorized("date_out_of_window")
		}
		if err := withinWindow(date, now); err != nil {
			return nil, err
		}
	}
	if hasBody(r.Method) {
		if s.digest, err = contentDigest(r.Header["Content-Digest"]); err != nil {
			return nil, err
		}
	}
	s.check = func(key crypto.PublicKey) error {
		base, err := signatureBase(input, &signedMessage{
			Method: r.Method, Target: origin + r.RequestURI, Host: r.Host, Header: r.Header,
		})
		if err != nil {
			return err
		}
		return checkBase(key, []byte(base), signature)
	}
	return s, nil
}

// signatureParams reads keyid, alg, created and expires. The first and the third must be there.
func signatureParams(params *httpsfv.Params, now time.Time) (keyID IRI, algorithm string, err error) {
	value := func(name string) any {
		v, _ := params.Get(name)
		return v
	}
	id, _ := value("keyid").(string)
	created, isNumber := value("created").(int64)
	if id == "" || !isNumber {
		return "", "", unauthorized("signature_incomplete")
	}
	if err := withinWindow(time.Unix(created, 0), now); err != nil {
		return "", "", err
	}
	if v := value("expires"); v != nil {
		if expires, ok := v.(int64); !ok || now.After(time.Unix(expires, 0)) {
			return "", "", unauthorized("date_out_of_window")
		}
	}
	if v := value("alg"); v != nil {
		if algorithm, _ = v.(string); algorithm != algRSA && algorithm != algEd25519 {
			return "", "", unauthorized("algorithm")
		}
	}
	return IRI(id), algorithm, nil
}

// contentDigest returns the SHA-256 in a Content-Digest field (RFC 9530).
func contentDigest(lines []string) ([]byte, error) {
	digests, err := httpsfv.UnmarshalDictionary(lines)
	if err != nil || len(lines) == 0 {
		return nil, unauthorized("digest_missing")
	}
	member, ok := digests.Get("sha-256")
	if !ok {
		return nil, unauthorized("digest_missing")
	}
	item, _ := member.(httpsfv.Item)
	sum, _ := item.Value.([]byte)
	if len(sum) != sha256.Size {
		return nil, unauthorized("digest_mismatch")
	}
	return sum, nil
}

var errWrongSignature = errors.New("the key did not make this signature")

func checkBase(key crypto.PublicKey, base, signature []byte) error {
	switch key := key.(type) {
	case *rsa.PublicKey:
		sum := sha256.Sum256(base)
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature)
	case ed25519.PublicKey:
		if ed25519.Verify(key, base, signature) {
			return nil
		}
	}
	return errWrongSignature
}
