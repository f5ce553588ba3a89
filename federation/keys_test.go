package federation

import (
	"crypto/ed25519"
	"crypto/rand"
	"testing"
	"time"
)

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
