package federation

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
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
