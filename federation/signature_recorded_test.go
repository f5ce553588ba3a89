package federation

import (
	"bufio"
	"bytes"
	"crypto"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

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
