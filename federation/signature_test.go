package federation

import (
	"bufio"
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dunglas/httpsfv"
	"github.com/yaronf/httpsign"
)

// good is what a POST has to cover.
func good() []string { return []string{"(request-target)", "host", "date", "digest"} }

func without(list []string, name string) []string {
	var rest []string
	for _, n := range list {
		if n != name {
			rest = append(rest, n)
		}
	}
	return rest
}

func testBadSignatures(t *testing.T) {
	p := newPeer(t)
	keyID := p.anna() + "#main-key"
	// row posts a Follow that change has spoilt, and wants it refused without any effect.
	row := func(t *testing.T, what string, status int, code string, change func(*town, *http.Request)) {
		t.Helper()
		town := newTown(t)
		fetched := p.fetches.Load()
		r := p.post(town.now(), p.follow())
		change(town, r)
		town.expect(what, r, status, code)
		if status != 202 {
			town.nothingHappened(what)
		}
		switch code {
		case "signature_invalid", "algorithm", "":
		default:
			if p.fetches.Load() != fetched {
				t.Errorf("%s: a key was fetched", what)
			}
		}
	}
	t.Run("S1", func(t *testing.T) {
		row(t, "no signature", 401, "signature_missing", func(_ *town, r *http.Request) {
			r.Header.Del("Signature")
			r.Body = unreadable{t}
		})
		row(t, "input only", 401, "signature_missing", func(_ *town, r *http.Request) {
			r.Header.Del("Signature")
			r.Header.Set("Signature-Input", `sig1=("@method");created=1;keyid="k"`)
		})
	})
	t.Run("S2", func(t *testing.T) {
		random := make([]byte, 64)
		rand.Read(random)
		for what, value := range map[string]string{
			"random":          base64.RawURLEncoding.EncodeToString(random),
			"empty":           "",
			"no value":        "keyId",
			"open quote":      `keyId="https://a.example/k`,
			"no comma":        `keyId="https://a.example/k"headers="date"`,
			"named twice":     `keyId="https://a.example/k",keyId="https://b.example/k",headers="date",signature="AAAA"`,
			"no base64":       `keyId="https://a.example/k",headers="date",signature="!"`,
			"no key":          `headers="date",signature="AAAA"`,
			"no signature":    `keyId="https://a.example/k",headers="date"`,
			"created, no int": `keyId="https://a.example/k",created=soon,signature="AAAA"`,
			"no headers":      `keyId="https://a.example/k",headers="",signature="AAAA"`,
		} {
			row(t, what, 401, "signature_malformed", func(_ *town, r *http.Request) { r.Header.Set("Signature", value) })
		}
		row(t, "64 KiB", 431, "header_too_large", func(_ *town, r *http.Request) {
			r.Header.Set("Signature", strings.Repeat("x", 64<<10))
			r.Body = unreadable{t}
		})
	})
	t.Run("S3", func(t *testing.T) {
		for _, name := range []string{"Signature", "Date", "Digest", "Content-Type"} {
			row(t, "two of "+name, 401, "header_repeated", func(_ *town, r *http.Request) {
				r.Header.Add(name, r.Header.Get(name))
			})
		}
	})
	t.Run("S4", func(t *testing.T) {
		for _, missing := range good() {
			row(t, "without "+missing, 401, "signature_incomplete", func(_ *town, r *http.Request) {
				p.cavage(r, keyID, "rsa-sha256", without(good(), missing), "")
			})
		}
		row(t, "default headers", 401, "signature_incomplete", func(_ *town, r *http.Request) {
			r.Header.Set("Signature", `keyId="`+keyID+`",signature="AAAA"`)
		})
	})
	t.Run("S5", func(t *testing.T) {
		row(t, "body changed", 401, "digest_mismatch", func(_ *town, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			body[len(body)-3] ^= 1
			r.Body = io.NopCloser(bytes.NewReader(body))
		})
	})
	digest := func(value func(right string) []string) func(*town, *http.Request) {
		return func(_ *town, r *http.Request) {
			_, right, _ := strings.Cut(r.Header.Get("Digest"), "=")
			r.Header["Digest"] = value(right)
			p.cavage(r, keyID, "rsa-sha256", good(), "")
		}
	}
	t.Run("S6", func(t *testing.T) {
		for _, value := range []string{"", "MD5=abcd", "SHA=abcd", "SHA-1=abcd", "unixsum=12", "SHA-256x=abcd"} {
			row(t, value, 401, "digest_missing", digest(func(string) []string { return []string{value} }))
		}
		row(t, "none", 401, "digest_missing", digest(func(string) []string { return nil }))
	})
	t.Run("S7", func(t *testing.T) {
		row(t, "lower case", 202, "", digest(func(right string) []string { return []string{"sha-256=" + right} }))
		row(t, "beside another", 202, "", digest(func(right string) []string { return []string{"SHA-512=AAAA, SHA-256=" + right} }))
	})
	t.Run("S8", func(t *testing.T) {
		wrong := base64.StdEncoding.EncodeToString(make([]byte, 32))
		row(t, "two lines", 401, "header_repeated", digest(func(right string) []string { return []string{"SHA-256=" + right, "SHA-256=" + wrong} }))
		row(t, "one line", 401, "header_repeated", digest(func(right string) []string { return []string{"SHA-256=" + right + ",sha-256=" + wrong} }))
	})
	t.Run("S9", func(t *testing.T) {
		row(t, "gzip", 415, "encoding", func(_ *town, r *http.Request) {
			r.Header.Set("Content-Encoding", "gzip")
			r.Body = unreadable{t}
		})
	})
	t.Run("S10", func(t *testing.T) {
		for _, host := range []string{"other.example", "town.example:8443", "town.example.evil.example", ""} {
			row(t, "host "+host, 401, "host_mismatch", func(_ *town, r *http.Request) {
				r.Host = host
				p.cavage(r, keyID, "rsa-sha256", good(), "")
			})
		}
		row(t, "absolute URI", 401, "host_mismatch", func(_ *town, r *http.Request) {
			r.RequestURI = "https://other.example/inbox"
			p.cavage(r, keyID, "rsa-sha256", good(), "")
		})
		row(t, "our host, spelt otherwise", 202, "", func(_ *town, r *http.Request) {
			r.Host = "Town.Example.:443"
			p.cavage(r, keyID, "rsa-sha256", good(), "")
		})
	})
	t.Run("S11", func(t *testing.T) {
		row(t, "other path", 401, "signature_invalid", func(_ *town, r *http.Request) { r.RequestURI = "/actors/1/inbox" })
		row(t, "other method", 401, "signature_invalid", func(_ *town, r *http.Request) {
			r.Method = http.MethodPut
			p.cavage(r, keyID, "rsa-sha256", good(), "")
			r.Method = http.MethodPost
		})
	})
	// The window is an hour and five minutes either way; the design's figure, not the table's.
	t.Run("S12", func(t *testing.T) {
		dated := func(date string) func(*town, *http.Request) {
			return func(_ *town, r *http.Request) {
				r.Header.Set("Date", date)
				p.cavage(r, keyID, "rsa-sha256", good(), "")
			}
		}
		for _, d := range []time.Duration{-time.Hour - 6*time.Minute, -2*time.Hour - time.Minute, -20 * 365 * 24 * time.Hour, time.Hour + 6*time.Minute} {
			row(t, "off by "+d.String(), 401, "date_out_of_window", func(town *town, r *http.Request) {
				dated(town.now().Add(d).UTC().Format(http.TimeFormat))(town, r)
			})
		}
		for _, d := range []time.Duration{-time.Hour - 4*time.Minute, time.Hour + 4*time.Minute} {
			row(t, "off by "+d.String(), 202, "", func(town *town, r *http.Request) {
				dated(town.now().Add(d).UTC().Format(http.TimeFormat))(town, r)
			})
		}
		row(t, "garbage", 401, "date_out_of_window", dated("yesterday"))
		row(t, "missing", 401, "date_out_of_window", func(_ *town, r *http.Request) {
			r.Header.Del("Date")
			p.cavage(r, keyID, "rsa-sha256", good(), "")
		})
		created := append(without(good(), "date"), "(created)")
		row(t, "created two hours ago", 401, "date_out_of_window", func(town *town, r *http.Request) {
			p.cavage(r, keyID, "hs2019", created, fmt.Sprintf("created=%d,", town.now().Add(-2*time.Hour).Unix()))
		})
		row(t, "created now", 202, "", func(town *town, r *http.Request) {
			p.cavage(r, keyID, "hs2019", created, fmt.Sprintf("created=%d,", town.now().Unix()))
		})
		// As far ahead as a Date may be, by the machine's clock too, by which httpsig would judge.
		for name, ahead := range map[string]time.Duration{"an hour and four minutes": 64 * time.Minute, "eleven seconds": 11 * time.Second} {
			row(t, "created "+name+" ahead", 202, "", func(town *town, r *http.Request) {
				town.pass(time.Since(town.now()))
				r.Header.Set("Date", town.now().UTC().Format(http.TimeFormat))
				p.cavage(r, keyID, "hs2019", created, fmt.Sprintf("created=%d,", town.now().Add(ahead).Unix()))
			})
		}
		row(t, "created an hour and six minutes ahead", 401, "date_out_of_window", func(town *town, r *http.Request) {
			p.cavage(r, keyID, "hs2019", created, fmt.Sprintf("created=%d,", town.now().Add(66*time.Minute).Unix()))
		})
		row(t, "created ahead, and another one signed", 401, "signature_invalid", func(town *town, r *http.Request) {
			town.pass(time.Since(town.now()))
			at := town.now().Add(time.Hour).Unix()
			p.cavage(r, keyID, "hs2019", created, fmt.Sprintf("created=%d,", at))
			r.Header.Set("Signature", strings.Replace(r.Header.Get("Signature"), fmt.Sprintf("created=%d", at), fmt.Sprintf("created=%d", at-1), 1))
		})
	})
	t.Run("S13", func(t *testing.T) {
		row(t, "expired", 401, "date_out_of_window", func(town *town, r *http.Request) {
			p.cavage(r, keyID, "hs2019", append(good(), "(expires)"), fmt.Sprintf("expires=%d,", town.now().Unix()-1))
		})
		row(t, "expired, not covered", 401, "date_out_of_window", func(town *town, r *http.Request) {
			p.cavage(r, keyID, "hs2019", good(), fmt.Sprintf("expires=%d,", town.now().Unix()-1))
		})
	})
	t.Run("S14", func(t *testing.T) {
		for _, algorithm := range []string{"none", "rsa-sha1", "hmac-sha256", "ecdsa-sha256", "ed25519"} {
			row(t, algorithm, 401, "algorithm", func(_ *town, r *http.Request) { p.cavage(r, keyID, algorithm, good(), "") })
		}
		row(t, "HMAC with the public key as the secret", 401, "signature_invalid", func(_ *town, r *http.Request) {
			mac := hmac.New(sha256.New, []byte(pemOf(t, &p.key.PublicKey)))
			fmt.Fprintf(mac, "(request-target): post /inbox\nhost: %s\ndate: %s\ndigest: %s", r.Host, r.Header.Get("Date"), r.Header.Get("Digest"))
			r.Header.Set("Signature", fmt.Sprintf(`keyId="%s",algorithm="hs2019",headers="%s",signature="%s"`,
				keyID, strings.Join(good(), " "), base64.StdEncoding.EncodeToString(mac.Sum(nil))))
		})
	})
	t.Run("S15", func(t *testing.T) {
		modulus := func(bits uint) *big.Int {
			n := new(big.Int).Lsh(big.NewInt(1), bits-1)
			return n.Add(n, big.NewInt(1))
		}
		elliptic, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		for what, key := range map[string]crypto.PublicKey{
			"RSA 512":   &rsa.PublicKey{N: modulus(512), E: 65537},
			"RSA 1024":  &rsa.PublicKey{N: modulus(1024), E: 65537},
			"RSA 32768": &rsa.PublicKey{N: modulus(32768), E: 65537},
			"e=1":       &rsa.PublicKey{N: modulus(2048), E: 1},
			"P-256":     &elliptic.PublicKey,
		} {
			weak := newPeer(t)
			weak.serveActor("/users/anna", func(a map[string]any) { a["publicKey"].(map[string]any)["publicKeyPem"] = pemOf(t, key) })
			town := newTown(t)
			town.expect(what, weak.post(town.now(), weak.follow()), 401, "key_unacceptable")
			town.nothingHappened(what)
		}
	})
	t.Run("S16", func(t *testing.T) {
		for _, id := range []string{
			"acct:anna@" + strings.TrimPrefix(p.origin, "http://"), "ftp://a.example/k", "data:,k", "main-key", "https://",
			"https://user:password@a.example/k", "https://a.example/" + strings.Repeat("k", 2048),
			townOrigin + "/actors/1#main-key", "https://TOWN.example./actors/1#main-key",
		} {
			row(t, id[:min(len(id), 40)], 401, "keyid", func(_ *town, r *http.Request) {
				p.cavage(r, id, "rsa-sha256", good(), "")
				r.Body = unreadable{t}
			})
		}
		town := newTown(t, func(_ *InboxConfig, k *KeysConfig) { k.PlainHTTP = false })
		town.expect("http", p.post(town.now(), p.follow()), 401, "keyid")
	})
	t.Run("S17", func(t *testing.T) {
		town := newTown(t)
		mallory := newPeer(t)
		forged := mallory.activity("Follow", townOrigin+"/actors/1", map[string]any{"actor": p.anna(), "id": p.origin + "/f/1"})
		town.expect("actor of another host", mallory.post(town.now(), forged), 403, "actor_mismatch")
		if n := mallory.fetches.Load(); n != 0 {
			t.Errorf("got %d fetches for a key that cannot be the actor's, want none", n)
		}
		mallory.serveActor("/users/bert", nil)
		forged = mallory.activity("Follow", townOrigin+"/actors/1", map[string]any{"actor": mallory.origin + "/users/bert"})
		town.expect("actor of the same host", mallory.post(town.now(), forged), 403, "actor_mismatch")
		town.nothingHappened("forged actor")
	})
	t.Run("S18", func(t *testing.T) {
		q := newPeer(t)
		q.serveJSON("/keys/2", map[string]any{"id": q.origin + "/keys/2", "type": "Key", "owner": q.anna(), "publicKeyPem": pemOf(t, &q.key.PublicKey)})
		town := newTown(t)
		r := q.signed(town.now(), q.follow(), &SigningKey{ID: IRI(q.origin + "/keys/2"), Private: q.key}, Cavage)
		town.expect("key that names its owner, not the reverse", r, 401, "key_not_listed")
		r = q.signed(town.now(), q.follow(), &SigningKey{ID: IRI(q.anna() + "#other"), Private: q.key}, Cavage)
		town.expect("other fragment", r, 401, "key_not_listed")
		town.nothingHappened("key not listed")
	})
	t.Run("S19", func(t *testing.T) {
		q := newPeer(t)
		q.serveActor("/users/bert", nil)
		q.handle("/users/anna", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, q.origin+"/users/bert", http.StatusFound)
		})
		town := newTown(t)
		town.expect("redirect to another actor", q.post(town.now(), q.follow()), 401, "key_owner_id")
		// Even if that actor's document lists the key.
		q.serveActor("/users/bert", func(a map[string]any) {
			a["publicKey"] = map[string]any{"id": q.anna() + "#main-key", "owner": q.anna(), "publicKeyPem": pemOf(t, &q.key.PublicKey)}
		})
		town = newTown(t)
		town.expect("redirect to an accomplice", q.post(town.now(), q.follow()), 401, "key_owner_id")
		town.nothingHappened("redirected actor")
	})
	t.Run("S20", func(t *testing.T) {
		q := newPeer(t)
		id := IRI(q.origin + "/keys/1")
		q.serveActor("/users/anna", func(a map[string]any) { a["publicKey"].(map[string]any)["id"] = id })
		document := map[string]any{"id": q.origin + "/keys/2", "type": "Key", "owner": q.anna(), "publicKeyPem": pemOf(t, &q.key.PublicKey)}
		q.serveJSON("/keys/1", document)
		town := newTown(t)
		r := q.signed(town.now(), q.follow(), &SigningKey{ID: id, Private: q.key}, Cavage)
		town.expect("key document with another id", r, 401, "key_owner_id")
		if key, err := town.keys.stored(t.Context(), id); key != nil || err != nil {
			t.Errorf("got key %v, error %v kept, want none", key, err)
		}
		town.nothingHappened("key document with another id")
		other := newPeer(t)
		document["id"], document["owner"] = id, other.anna()
		q.serveJSON("/keys/1", document)
		town = newTown(t)
		r = q.signed(town.now(), q.follow(), &SigningKey{ID: id, Private: q.key}, Cavage)
		town.expect("owner on another host", r, 401, "key_owner_id")
		if n := other.fetches.Load(); n != 0 {
			t.Errorf("got %d fetches on the host of a claimed owner, want none", n)
		}
		document["owner"] = q.anna()
		other.serveJSON("/keys/1", document)
		q.handle("/keys/1", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.origin+"/keys/1", http.StatusFound)
		})
		town = newTown(t)
		r = q.signed(town.now(), q.follow(), &SigningKey{ID: id, Private: q.key}, Cavage)
		town.expect("key document on another host", r, 401, "key_owner_id")
		q.serveJSON("/keys/1", document)
		town = newTown(t)
		r = q.signed(town.now(), q.follow(), &SigningKey{ID: id, Private: q.key}, Cavage)
		town.expect("key document in order", r, 202, "")
	})
	t.Run("S21", func(t *testing.T) {
		q := newPeer(t)
		town := newTown(t)
		town.expect("first key", q.post(town.now(), q.follow()), 202, "")
		town.pass(6 * time.Minute)
		q.key = someKey(1)
		q.serveActor("/users/anna", nil)
		before := q.fetches.Load()
		town.expect("second key", q.post(town.now(), q.follow()), 202, "")
		if n := q.fetches.Load() - before; n != 1 {
			t.Errorf("got %d fetches for a changed key, want 1", n)
		}
		q.key = someKey(2) // which the actor does not list
		for range 3 {
			town.expect("wrong key", q.post(town.now(), q.follow()), 401, "signature_invalid")
		}
		if n := q.fetches.Load() - before; n != 1 {
			t.Errorf("got %d fetches within five minutes, want 1", n)
		}
		town.pass(6 * time.Minute)
		for range 3 {
			town.expect("wrong key, later", q.post(town.now(), q.follow()), 401, "signature_invalid")
		}
		if n := q.fetches.Load() - before; n != 2 {
			t.Errorf("got %d fetches after another five minutes, want 2", n)
		}
		// While the host is down its word is waited for, but not asked for more often.
		town.pass(6 * time.Minute)
		q.handle("/users/anna", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502) })
		for range 3 {
			town.expect("wrong key, host down", q.post(town.now(), q.follow()), 503, "key_unreachable")
		}
		town.pass(2 * time.Minute)
		town.expect("wrong key, host not asked", q.post(town.now(), q.follow()), 401, "signature_invalid")
		if n := q.fetches.Load() - before; n != 3 {
			t.Errorf("got %d fetches while the host is down, want 3", n)
		}
	})
	t.Run("S22", func(t *testing.T) {
		q, other, town := newPeer(t), newPeer(t), newTown(t)
		for n := range 100 {
			r := q.signed(town.now(), q.follow(), &SigningKey{ID: IRI(fmt.Sprintf("%s/users/x%d#main-key", q.origin, n)), Private: q.key}, Cavage)
			status, code := town.serve(r)
			if n < 10 && code != "key_gone" || n >= 10 && (status != 429 || code != "key_budget") {
				t.Fatalf("key %d: got %d %q, want key_gone for ten and then 429 key_budget", n, status, code)
			}
		}
		if n := q.fetches.Load(); n != 10 {
			t.Errorf("got %d fetches, want 10", n)
		}
		town.expect("other host", other.post(town.now(), other.follow()), 202, "")
		elsewhere := q.post(town.now(), q.follow())
		elsewhere.RemoteAddr = "203.0.113.9:1"
		town.expect("the host itself", elsewhere, 202, "")
		// A host whose keys are there, but did not sign, pays as well.
		liar := newPeer(t)
		for n := range 12 {
			path := fmt.Sprintf("/users/u%d", n)
			liar.serveActor(path, nil)
			body := liar.activity("Follow", townOrigin+"/actors/1", map[string]any{"actor": liar.origin + path})
			status, _ := town.serve(liar.signed(town.now(), body, &SigningKey{ID: IRI(liar.origin + path + "#main-key"), Private: someKey(1)}, Cavage))
			if want := map[bool]int{true: 401, false: 429}[n < 10]; status != want {
				t.Errorf("wrong signature %d: got %d, want %d", n, status, want)
			}
		}
		for _, source := range []string{"198.51.100.7 ", "203.0.113.9 "} {
			for _, host := range []string{q.origin, other.origin, liar.origin} {
				if n := town.keys.bySource.bucket(source + strings.TrimPrefix(host, "http://")).pending; n != 0 {
					t.Errorf("got %d fetches at %s neither proved nor disproved, want none", n, host)
				}
			}
		}
	})
	t.Run("S23", func(t *testing.T) {
		for _, status := range []int{404, 410} {
			q, town := newPeer(t), newTown(t)
			q.handle("/users/anna", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
			for range 2 {
				town.expect(strconv.Itoa(status), q.post(town.now(), q.follow()), 401, "key_gone")
			}
			town.pass(59 * time.Minute)
			town.expect("within the hour", q.post(town.now(), q.follow()), 401, "key_gone")
			if n := q.fetches.Load(); n != 1 {
				t.Errorf("%d: got %d fetches in an hour, want 1", status, n)
			}
			town.pass(2 * time.Minute)
			q.serveActor("/users/anna", nil)
			town.expect("after the hour", q.post(town.now(), q.follow()), 202, "")
		}
	})
	t.Run("S24", func(t *testing.T) {
		down := func(what string, q *peer) {
			town := newTown(t)
			r := q.post(town.now(), q.follow())
			w := httptest.NewRecorder()
			town.ServeHTTP(w, r)
			if w.Code != 503 || w.Header().Get("Retry-After") != "300" || !strings.Contains(w.Body.String(), `"key_unreachable"`) {
				t.Errorf("%s: got %d, Retry-After %q, %s, want 503, 300 and key_unreachable", what, w.Code, w.Header().Get("Retry-After"), w.Body)
			}
			town.nothingHappened(what)
		}
		broken := newPeer(t)
		broken.handle("/users/anna", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502) })
		down("502", broken)
		silent := newPeer(t)
		release := make(chan struct{})
		silent.handle("/users/anna", func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-release:
			case <-r.Context().Done():
			}
		})
		down("no answer", silent)
		close(release)
		gone := newPeer(t)
		gone.origin = "http://127.0.0.1:1" // nobody listens there
		down("connection refused", gone)
	})
	t.Run("S27", func(t *testing.T) {
		for _, host := range []string{"evil.example", "sub.evil.example", "EVIL.example.", "a.b.Evil.Example:443", "xn--bcher-kva.example", "bücher.example"} {
			row(t, host, 403, "blocked", func(town *town, r *http.Request) {
				town.gate["evil.example"], town.gate["xn--bcher-kva.example"] = true, true
				p.cavage(r, "https://"+host+"/users/anna#main-key", "rsa-sha256", good(), "")
				r.Body = unreadable{t}
			})
		}
	})
	t.Run("S28", func(t *testing.T) {
		town, relay := newTown(t), newPeer(t)
		forwarded := relay.activity("Create", map[string]any{"id": p.origin + "/notes/1", "type": "Note", "attributedTo": p.anna()}, map[string]any{
			"actor": p.anna(), "id": p.origin + "/a/1",
			"signature": map[string]any{"type": "RsaSignature2017", "creator": p.anna() + "#main-key", "signatureValue": "AAAA"},
		})
		town.expect("forwarded", relay.post(town.now(), forwarded), 202, "")
		if town.count("forwarded_unverified") != 1 {
			t.Error("the forwarded activity was not counted")
		}
		relay.serveActor("/users/bert", nil)
		forwarded = relay.activity("Like", townOrigin+"/posts/1", map[string]any{
			"actor": relay.origin + "/users/bert", "signature": map[string]any{"type": "RsaSignature2017"},
		})
		town.expect("forwarded on one host", relay.post(town.now(), forwarded), 202, "")
		if town.count("forwarded_unverified") != 2 {
			t.Error("the second forwarded activity was not counted")
		}
		town.nothingHappened("forwarded")
	})
	t.Run("S30", func(t *testing.T) {
		both := func(_ *town, r *http.Request) {
			other := p.signed(time.Date(2026, 11, 22, 13, 0, 0, 0, time.UTC), p.follow(), p.signingKey(), RFC9421)
			r.Header.Set("Signature-Input", other.Header.Get("Signature-Input"))
		}
		row(t, "input of one, signature of the other", 401, "signature_ambiguous", both)
		row(t, "both signatures", 401, "signature_ambiguous", func(town *town, r *http.Request) {
			both(town, r)
			r.Header.Add("Signature", "sig1=:AAAA:")
		})
	})
	t.Run("RFC 9421", testBadMessageSignatures)
}

// unreadable is a body that nobody may read.
type unreadable struct{ t *testing.T }

func (u unreadable) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}

func (u unreadable) Close() error { return nil }

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

// TestKnownKeys tells when a key is asked for again, and when its owner is.
func TestKnownKeys(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	var refreshed []IRI
	town := newTown(t, func(_ *InboxConfig, k *KeysConfig) { k.Refresh = func(id IRI) { refreshed = append(refreshed, id) } })
	town.expect("first", p.post(town.now(), p.follow()), 202, "")
	town.pass(26 * time.Hour)
	town.expect("next day", p.post(town.now(), p.follow()), 202, "")
	if len(refreshed) != 0 {
		t.Errorf("got %v refreshed after a day, want none", refreshed)
	}
	town.pass(7 * 24 * time.Hour)
	for range 2 {
		town.expect("next week", p.post(town.now(), p.follow()), 202, "")
	}
	if len(refreshed) != 1 || refreshed[0] != IRI(p.anna()) {
		t.Errorf("got %v refreshed after a week, want anna once", refreshed)
	}
	if n := p.fetches.Load(); n != 1 {
		t.Errorf("got %d fetches, want 1: a good key needs no other", n)
	}
}

// TestKeyDocuments finds keys where peers put them.
func TestKeyDocuments(t *testing.T) {
	t.Parallel()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := newPeer(t)
	main := IRI(p.anna() + "/main-key")
	p.serveActor("/users/anna", func(a map[string]any) {
		a["publicKey"].(map[string]any)["id"] = main
		multibase, err := encodeMultikey(pemOf(t, private.Public()))
		if err != nil {
			t.Fatal(err)
		}
		a["assertionMethod"] = []any{map[string]any{
			"id": p.anna() + "#ed25519", "type": "Multikey", "controller": p.anna(), "publicKeyMultibase": multibase,
		}}
	})
	p.serveJSON("/users/anna/main-key", map[string]any{ // a short form of the actor, as GoToSocial serves it
		"id": p.anna(), "type": "Person", "preferredUsername": "anna",
		"publicKey": map[string]any{"id": main, "owner": p.anna(), "publicKeyPem": pemOf(t, &p.key.PublicKey)},
	})
	for _, key := range []*SigningKey{{ID: main, Private: p.key}, {ID: IRI(p.anna() + "#ed25519"), Private: private}} {
		for _, scheme := range []SignatureScheme{Cavage, RFC9421} {
			town := newTown(t)
			town.expect(string(key.ID), p.signed(town.now(), p.follow(), key, scheme), 202, "")
		}
	}
}

// sampleRequest is a line of the samples' index.
type sampleRequest struct {
	File, Method, URL, Type, Actor, Signature, KeyID, Key, Date string
}

func sampleRequests(t testing.TB) []sampleRequest {
	t.Helper()
	raw, err := os.ReadFile("testdata/samples/index.json")
	if err != nil {
		t.Fatal(err)
	}
	var index []sampleRequest
	if err := json.Unmarshal(raw, &index); err != nil {
		t.Fatal(err)
	}
	if len(index) < 120 {
		t.Fatalf("got %d recorded requests, want all 131", len(index))
	}
	return index
}

// recorded returns a request as it came over the wire, its body and its date.
func recorded(t testing.TB, s sampleRequest) (*http.Request, []byte, time.Time) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata/samples", s.File))
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		t.Fatalf("%s: %v", s.File, err)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatalf("%s: %v", s.File, err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.RemoteAddr = "198.51.100.7:1"
	date, err := http.ParseTime(s.Date)
	if err != nil {
		t.Fatalf("%s: %v", s.File, err)
	}
	return r, body, date
}

// sampleActor reads a recorded actor through the gate.
func sampleActor(t testing.TB, file string) Verified[*Actor] {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata/samples", file))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := ParseDocument(raw)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	actor, err := DecodeActor(doc)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	verified, err := Authority{Host: "bourg.test"}.Actor(actor, actor.ID)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return verified
}

// TestRecordedSignatures verifies every signed request that other servers sent, and
// finds each wrong as soon as a byte of it is another.
func TestRecordedSignatures(t *testing.T) {
	t.Parallel()
	signed := 0
	for _, s := range sampleRequests(t) {
		if s.KeyID == "" {
			continue
		}
		signed++
		r, body, date := recorded(t, s)
		var public crypto.PublicKey
		for _, key := range sampleActor(t, s.Key).Value().Keys {
			if string(key.ID) == s.KeyID {
				var err error
				if public, err = parseKey(key.PEM); err != nil {
					t.Fatalf("%s: %v", s.Key, err)
				}
			}
		}
		signature, err := readSignature(r, "http://bourg.test", date)
		if err != nil {
			t.Errorf("%s: %v", s.File, err)
			continue
		}
		if string(signature.KeyID) != s.KeyID {
			t.Errorf("%s: got key id %s, want %s", s.File, signature.KeyID, s.KeyID)
		}
		if s.Method == http.MethodPost {
			if err := signature.matchesBody(body); err != nil {
				t.Errorf("%s: %v", s.File, err)
			}
			if err := signature.matchesBody(append(body, ' ')); err == nil {
				t.Errorf("%s: another body was taken", s.File)
			}
		}
		if err := signature.verify(public); err != nil {
			t.Errorf("%s: %v", s.File, err)
		}
		r.RequestURI += "x"
		if signature, err = readSignature(r, "http://bourg.test", date); err == nil && signature.verify(public) == nil {
			t.Errorf("%s: verified for another path", s.File)
		}
	}
	if signed != 128 {
		t.Errorf("got %d signed requests, want 128", signed)
	}
}

// TestRecordedInbox posts every recorded activity to an Inbox.
func TestRecordedInbox(t *testing.T) {
	t.Parallel()
	for _, s := range sampleRequests(t) {
		if s.Method != http.MethodPost {
			continue
		}
		r, body, date := recorded(t, s)
		town := newTown(t, func(c *InboxConfig, k *KeysConfig) {
			c.Origin = "http://bourg.test"
			k.Fetcher.Authority.Host = "bourg.test"
		})
		town.clock = date
		if err := town.cache.SaveActor(t.Context(), sampleActor(t, s.Key), date); err != nil {
			t.Fatal(err)
		}
		town.expect(s.File, r, 202, "")
		got := town.received()
		if len(got) != 1 {
			t.Errorf("%s: got %d activities with codes %v, want 1", s.File, len(got), town.codes)
			continue
		}
		a := got[0].Activity
		if a.Type != s.Type || string(a.Actor) != s.Actor || a.ID == "" || !bytes.Equal(got[0].JSON, body) {
			t.Errorf("%s: got %s %s of %s, want %s of %s", s.File, a.Type, a.ID, a.Actor, s.Type, s.Actor)
		}
		if (s.Type == "Create" || s.Type == "Update" && a.ObjectID != a.Actor) && a.Object == nil {
			t.Errorf("%s: the actor's own object was removed", s.File)
		}
	}
}

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
