package simulation

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"net/http"
	"time"

	"bourg/federation"
)

// Machine is what single operations cost on the machine that made the page: seconds of one core. These figures
// alone differ from machine to machine.
type Machine struct {
	RSASign       float64 // a whole request, draft-cavage
	Ed25519Sign   float64 // a whole request, RFC 9421
	RSAVerify     float64
	Ed25519Verify float64
	Parse         float64 // an Announce, to the activity that the rules read
}

// MeasureMachine times the operations, each for about a fifth of a second. now is the clock.
func MeasureMachine(now func() time.Time) (Machine, error) {
	var m Machine
	body := []byte(sampleAnnounce)
	for _, useRSA := range []bool{true, false} {
		key, err := newKey(useRSA)
		if err != nil {
			return m, err
		}
		scheme, sign, verify := federation.RFC9421Ed25519, &m.Ed25519Sign, &m.Ed25519Verify
		if useRSA {
			scheme, sign, verify = federation.Cavage, &m.RSASign, &m.RSAVerify
		}
		if *sign, err = each(now, func() error {
			_, err := signedRequest(http.MethodPost, "https://vernede.example/actors/1/inbox", body, key, scheme, epoch)
			return err
		}); err != nil {
			return m, fmt.Errorf("time a signature: %w", err)
		}
		if *verify, err = verification(now, key.Private, body); err != nil {
			return m, err
		}
	}
	var err error
	m.Parse, err = each(now, func() error {
		doc, err := federation.ParseDocument(body)
		if err != nil {
			return err
		}
		_, err = federation.DecodeActivity(doc)
		return err
	})
	if err != nil {
		return m, fmt.Errorf("time the reading of an Announce: %w", err)
	}
	return m, nil
}

// verification times the check of one signature.
func verification(now func() time.Time, key crypto.Signer, body []byte) (float64, error) {
	switch private := key.(type) {
	case *rsa.PrivateKey:
		sum := sha256.Sum256(body)
		signature, err := rsa.SignPKCS1v15(nil, private, crypto.SHA256, sum[:])
		if err != nil {
			return 0, fmt.Errorf("sign with RSA: %w", err)
		}
		return each(now, func() error { return rsa.VerifyPKCS1v15(&private.PublicKey, crypto.SHA256, sum[:], signature) })
	case ed25519.PrivateKey:
		signature := ed25519.Sign(private, body)
		return each(now, func() error {
			if !ed25519.Verify(private.Public().(ed25519.PublicKey), body, signature) {
				return fmt.Errorf("a signature of its own key does not verify")
			}
			return nil
		})
	default:
		return 0, fmt.Errorf("time a verification: unknown key %T", key)
	}
}

// each returns the seconds that one of many calls takes, the best of three rounds, because the machine is shared.
func each(now func() time.Time, do func() error) (float64, error) {
	best := 0.0
	for range 3 {
		begin, n := now(), 0
		for now().Sub(begin) < 70*time.Millisecond {
			for range 8 {
				if err := do(); err != nil {
					return 0, err
				}
			}
			n += 8
		}
		if per := now().Sub(begin).Seconds() / float64(n); best == 0 || per < best {
			best = per
		}
	}
	return best, nil
}

// sampleAnnounce is an Announce as federation/PEERING.md shows it.
const sampleAnnounce = `{
  "@context": ["https://www.w3.org/ns/activitystreams", {"bourg": "https://w3id.org/bourg/v1#"}],
  "id": "https://saint-laurent.example/activities/0192f3b3-0000-7000-8000-000000000002",
  "type": "Announce",
  "actor": "https://saint-laurent.example/actors/0192f3b0-0000-7000-8000-000000000001",
  "to": ["https://saint-laurent.example/actors/0192f3b0-0000-7000-8000-000000000001/followers"],
  "object": {
    "id": "https://saint-laurent.example/activities/0192f3b3-0000-7000-8000-000000000001",
    "type": "Create",
    "actor": "https://saint-laurent.example/actors/0192f3b0-0000-7000-8000-00000000000a",
    "to": ["https://www.w3.org/ns/activitystreams#Public"],
    "cc": ["https://saint-laurent.example/actors/0192f3b0-0000-7000-8000-00000000000a/followers"],
    "object": {
      "id": "https://saint-laurent.example/posts/0192f3b3-0000-7000-8000-000000000001",
      "type": "Note",
      "attributedTo": "https://saint-laurent.example/actors/0192f3b0-0000-7000-8000-00000000000a",
      "to": ["https://www.w3.org/ns/activitystreams#Public"],
      "cc": ["https://saint-laurent.example/actors/0192f3b0-0000-7000-8000-00000000000a/followers"],
      "url": "https://saint-laurent.example/@fournil/0192f3b3-0000-7000-8000-000000000001",
      "published": "2026-11-26T07:10:00Z",
      "content": "<p>Fournée de seigle ce matin.</p>",
      "bourg:kind": "news",
      "bourg:reach": "neighbours"
    }
  }
}`
