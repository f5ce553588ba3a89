package federation

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dunglas/httpsfv"
)

// testBadMessageSignatures holds the rows against the other scheme.
func testBadMessageSignatures(t *testing.T) {
	p := newPeer(t)
	for _, test := range []struct {
		what, code string
		change     func(town *town, r *http.Request)
	}{
		{"S2 not a dictionary", "signature_malformed", func(_ *town, r *http.Request) { r.Header.Set("Signature-Input", "((") }},
		{"S2 other label", "signature_malformed", func(_ *town, r *http.Request) { r.Header.Set("Signature", "sig2=:AAAA:") }},
		{"S2 two signatures", "signature_malformed", func(_ *town, r *http.Request) {
			r.Header.Set("Signature-Input", r.Header.Get("Signature-Input")+`, sig2=("@method");created=1;keyid="k"`)
		}},
		{"S2 parameter on a component", "signature_malformed", editInput(`"@target-uri"`, `"@target-uri";req`)},
		{"S2 component twice", "signature_malformed", editInput(`"@method"`, `"@method" "@method"`)},
		{"S3", "header_repeated", func(_ *town, r *http.Request) {
			r.Header.Add("Signature-Input", r.Header.Get("Signature-Input"))
		}},
		{"S4 method", "signature_incomplete", editInput(`"@method" `, ``)},
		{"S4 target", "signature_incomplete", editInput(`"@target-uri" `, ``)},
		{"S4 path without host", "signature_incomplete", editInput(`"@target-uri"`, `"@path"`)},
		{"S4 digest", "signature_incomplete", editInput(` "content-digest"`, ``)},
		{"S4 keyid", "signature_incomplete", editInput(`keyid=`, `key=`)},
		{"S4 created", "signature_incomplete", editInput(`created=`, `made=`)},
		{"S6 none", "digest_missing", func(_ *town, r *http.Request) { r.Header.Del("Content-Digest") }},
		{"S6 other", "digest_missing", func(_ *town, r *http.Request) { r.Header.Set("Content-Digest", "md5=:AAAA:") }},
		{"S5 other digest", "digest_mismatch", func(_ *town, r *http.Request) {
			r.Header.Set("Content-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(make([]byte, 32))+":")
		}},
		{"S11 other path", "signature_invalid", func(_ *town, r *http.Request) { r.RequestURI = "/actors/1/inbox" }},
		{"S11 component that is not there", "signature_invalid", editInput(`"@method"`, `"@method" "x-none"`)},
		{"S12 too late", "date_out_of_window", func(town *town, _ *http.Request) { town.pass(66 * time.Minute) }},
		{"S12 too early", "date_out_of_window", func(town *town, _ *http.Request) { town.pass(-66 * time.Minute) }},
		{"S13", "date_out_of_window", editInput(`;keyid`, `;expires=1;keyid`)},
		{"S14 HMAC", "algorithm", editInput(`rsa-v1_5-sha256`, `hmac-sha256`)},
		{"S14 other kind", "algorithm", editInput(`rsa-v1_5-sha256`, `ed25519`)},
		{"created changed", "signature_invalid", func(town *town, r *http.Request) {
			editInput(fmt.Sprintf("created=%d", town.now().Unix()), fmt.Sprintf("created=%d", town.now().Unix()+1))(town, r)
		}},
	} {
		town := newTown(t)
		r := p.signed(town.now(), p.follow(), p.signingKey(), RFC9421)
		test.change(town, r)
		town.expect(test.what, r, 401, test.code)
		town.nothingHappened(test.what)
	}
}

func mustInput(t *testing.T, input string) httpsfv.InnerList {
	t.Helper()
	inputs, err := httpsfv.UnmarshalDictionary([]string{"sig=" + input})
	if err != nil {
		t.Fatal(err)
	}
	member, _ := inputs.Get("sig")
	return member.(httpsfv.InnerList)
}

func editInput(old, new string) func(*town, *http.Request) {
	return func(_ *town, r *http.Request) {
		r.Header.Set("Signature-Input", strings.Replace(r.Header.Get("Signature-Input"), old, new, 1))
	}
}

// TestRFC9421Vector verifies the signature of RFC 9421, appendix B.2.6.
func TestRFC9421Vector(t *testing.T) {
	t.Parallel()
	public, err := base64.StdEncoding.DecodeString("JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=")
	if err != nil {
		t.Fatal(err)
	}
	created := time.Unix(1618884473, 0)
	request := func(input string) *http.Request {
		r := httptest.NewRequest(http.MethodGet, "/foo?param=Value&Pet=dog", nil)
		r.Method, r.Host = http.MethodGet, "example.com"
		r.Header.Set("Date", "Tue, 20 Apr 2021 02:07:55 GMT")
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Content-Length", "18")
		r.Header.Set("Signature-Input", "sig-b26="+input)
		r.Header.Set("Signature", "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:")
		return r
	}
	const input = `("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"`
	// The vector signs a POST without its digest and without its query, which we do not
	// take; so it is the signature base that is tried.
	parsed := mustInput(t, input)
	base, err := signatureBase(parsed, &signedMessage{
		Method: http.MethodPost, Target: "https://example.com/foo?param=Value&Pet=dog", Host: "example.com", Header: request(input).Header,
	})
	if err != nil {
		t.Fatal(err)
	}
	signature, err := base64.StdEncoding.DecodeString("wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==")
	if err != nil {
		t.Fatal(err)
	}
	if err := checkBase(ed25519.PublicKey(public), []byte(base), signature); err != nil {
		t.Errorf("%v for\n%s", err, base)
	}
	if _, err := readSignature(request(input), "https://example.com", created); err == nil {
		t.Error("a signature that leaves out the query was taken")
	}
}

func FuzzSignatureHeader(f *testing.F) {
	for _, s := range sampleRequests(f) {
		if s.Signature == "draft-cavage" {
			r, _, _ := recorded(f, s)
			f.Add(r.Header.Get("Signature"))
		}
	}
	f.Add(`keyId="a,b" , algorithm="hs2019",created=1,expires=2.5,headers="(created) (expires)",signature="AAAA"`)
	key := &someKey(0).PublicKey
	f.Fuzz(func(t *testing.T, header string) {
		p, err := parseCavage(header)
		if err != nil {
			return
		}
		if p.keyID == "" || p.signature == "" || len(p.headers) == 0 {
			t.Errorf("got %+v, want key id, signature and headers", p)
		}
		timed := slices.Contains(p.headers, "(created)") || slices.Contains(p.headers, "(expires)")
		again, err := parseCavage(p.normalised())
		if !timed && (err != nil || again.signature != p.signature || strings.Join(again.headers, " ") != strings.Join(p.headers, " ")) {
			t.Errorf("%q: normalised as %q, which reads as %+v, %v", header, p.normalised(), again, err)
		}
		r := httptest.NewRequest(http.MethodPost, "/inbox", nil)
		if p.verify(r, key) == nil {
			t.Errorf("%q verified", header)
		}
	})
}

func FuzzRFC9421(f *testing.F) {
	for _, s := range sampleRequests(f) {
		if s.Signature == "rfc9421" {
			r, _, _ := recorded(f, s)
			f.Add(r.Header.Get("Signature-Input"), r.Header.Get("Signature"), r.Header.Get("Content-Digest"))
		}
	}
	key := &someKey(0).PublicKey
	f.Fuzz(func(t *testing.T, input, signature, digest string) {
		r := httptest.NewRequest(http.MethodPost, "/inbox", nil)
		r.Header["Signature-Input"], r.Header["Signature"], r.Header["Content-Digest"] = []string{input}, []string{signature}, []string{digest}
		s, err := readRFC9421(r, townOrigin, time.Unix(1795353623, 0))
		if err != nil {
			return
		}
		if s.KeyID == "" || len(s.digest) != sha256.Size {
			t.Errorf("got key id %q and digest %x, want both", s.KeyID, s.digest)
		}
		if s.verify(key) == nil {
			t.Errorf("%q %q verified", input, signature)
		}
	})
}
