package town

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strconv"
	"time"

	"bourg/federation"

	"github.com/google/uuid"
)

// KeyKind is a kind of key: each actor has one of each.
type KeyKind string

// The two kinds.
const (
	// KeyRSA has 2048 bits. Every peer reads it, and it stands in publicKey.
	KeyRSA KeyKind = "rsa"
	// KeyEd25519 is for peers that are known to take it (FEP-521a): it signs twenty times as fast.
	KeyEd25519 KeyKind = "ed25519"
)

// NewKey is a key that was just made.
type NewKey struct {
	Kind                  KeyKind
	PrivatePEM, PublicPEM string
}

// ActorKey is the public half of a key that an actor publishes.
type ActorKey struct {
	Number    int // 1, and one more with each rotation
	Kind      KeyKind
	PublicPEM string
	Retires   time.Time // when it disappears; zero for a key that signs
}

// SigningKey is a key with its private half. Only SigningKeys of a KeyStore returns one.
type SigningKey struct {
	Number     int
	Kind       KeyKind
	PrivatePEM string
	Retires    time.Time // see ActorKey
}

// keyGrace is how long a key is published after others have replaced it. Peers keep an actor's
// document for a day before they fetch it again (Mastodon 4.5), some for two; and what was signed with the key
// right before may have waited for its verification a few minutes longer.
const keyGrace = 48 * time.Hour

// keyID is where peers find a key. The first ones have the names that peers know best.
func keyID(actor federation.IRI, kind KeyKind, number int) federation.IRI {
	name := map[KeyKind]string{KeyRSA: "key", KeyEd25519: "ed25519-key"}[kind]
	switch {
	case number > 1:
		name += "-" + strconv.Itoa(number)
	case kind == KeyRSA:
		name = "main-key"
	}
	return actor + federation.IRI("#"+name)
}

// publicKeys are an actor's keys as its document names them: those that sign first, so that
// the RSA key among them is the one in publicKey.
func publicKeys(actor federation.IRI, keys []ActorKey) []federation.PublicKey {
	var signing, retiring []federation.PublicKey
	for _, k := range keys {
		key := federation.PublicKey{ID: keyID(actor, k.Kind, k.Number), Owner: actor, PEM: k.PublicPEM}
		if k.Retires.IsZero() {
			signing = append(signing, key)
		} else {
			retiring = append(retiring, key)
		}
	}
	return append(signing, retiring...)
}

// newKeys makes a key of each kind.
func newKeys() ([]NewKey, error) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("make an RSA key: %w", err)
	}
	encoded, err := encodeKey(KeyRSA, private)
	if err != nil {
		return nil, err
	}
	modern, err := newEd25519()
	if err != nil {
		return nil, err
	}
	return []NewKey{encoded, modern}, nil
}

func newEd25519() (NewKey, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return NewKey{}, fmt.Errorf("make an Ed25519 key: %w", err)
	}
	return encodeKey(KeyEd25519, private)
}

func encodeKey(kind KeyKind, key crypto.Signer) (NewKey, error) {
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return NewKey{}, fmt.Errorf("encode a private key: %w", err)
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return NewKey{}, fmt.Errorf("encode a public key: %w", err)
	}
	return NewKey{
		Kind:       kind,
		PrivatePEM: string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})),
		PublicPEM:  string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})),
	}, nil
}

// signingKeys makes an actor's keys of its rows, the newest first. The error names the key and
// nothing that it holds.
func signingKeys(actor federation.IRI, rows []SigningKey) (*federation.SigningKeys, error) {
	keys, former := &federation.SigningKeys{}, &federation.SigningKeys{}
	newest := 0 // number of the former keys
	for _, row := range rows {
		into := keys
		if !row.Retires.IsZero() {
			if newest == 0 {
				newest = row.Number
			}
			if into = former; row.Number != newest {
				continue
			}
		}
		key := &federation.SigningKey{ID: keyID(actor, row.Kind, row.Number), Owner: actor}
		var err error
		if key.Private, err = privateKey(row.PrivatePEM); err != nil {
			return nil, fmt.Errorf("read key %s: %w", key.ID, err)
		}
		switch row.Kind {
		case KeyRSA:
			into.RSA = key
		case KeyEd25519:
			into.Ed25519 = key
		}
	}
	if keys.RSA == nil {
		return nil, fmt.Errorf("%s has no RSA key", actor)
	}
	if former.RSA != nil {
		keys.Former = former
	}
	return keys, nil
}

func privateKey(text string) (crypto.Signer, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("no PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("no private key in PKCS 8") // the cause may quote it
	}
	signer, ok := parsed.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("%T cannot sign", parsed)
	}
	return signer, nil
}

// KeyStore keeps the keys of actors.
type KeyStore interface {
	// ActorByHandle returns a local actor with what it publishes; ErrNotFound, ErrGone.
	ActorByHandle(ctx context.Context, handle string) (*LocalActor, error)
	// ActorHandles returns the handles of all living actors, in their order.
	ActorHandles(ctx context.Context) ([]string, error)
	// ActorsWithout returns up to n living actors that have no signing key of a kind.
	ActorsWithout(ctx context.Context, kind KeyKind, n int) ([]uuid.UUID, error)
	// AddKey adds a key of a kind that the actor lacks, under the number of its other key; ErrTaken where it has one by now.
	AddKey(ctx context.Context, actor uuid.UUID, key NewKey) error
	// RotateKeys replaces the signing keys; ErrTaken where somebody else did so since Number was read.
	RotateKeys(ctx context.Context, r Rotation) error
	// EraseKeys removes the keys that have retired, for good, and returns how many.
	EraseKeys(ctx context.Context, now time.Time) (int, error)
}

// Rotation replaces the keys of an actor.
type Rotation struct {
	Actor   uuid.UUID
	Number  int // of the new keys
	Keys    []NewKey
	Retires time.Time // when those before them disappear
	Hide    bool      // they are not published until then
	// Announce is the Update that is signed with the keys before; nil where the actor has no document. What waits
	// from the actor for the same inboxes waits for it, because a peer that meets an unknown key first may
	// take the actor for another one (Mastodon forgets its tombstones and follows anew).
	Announce *Outgoing
}

// Keyring looks after the keys of the town's actors.
type Keyring struct {
	Store     KeyStore
	Accounts  AccountStore
	Documents *Documents
	Now       func() time.Time
	Wake      func()
}

// Rotated says what became of an actor's keys.
type Rotated struct {
	Handle  string         `json:"handle"`
	Actor   federation.IRI `json:"actor"`
	RSA     federation.IRI `json:"rsa_key"`
	Ed25519 federation.IRI `json:"ed25519_key"`
	// Retires is when the keys before these are erased.
	Retires time.Time `json:"former_keys_until"`
	// Hidden: they are not published until then.
	Hidden bool `json:"former_keys_hidden"`
}

// Handles returns whose keys RotateKeys would take, all of them.
func (k *Keyring) Handles(ctx context.Context) ([]string, error) { return k.Store.ActorHandles(ctx) }

// RotateKeys gives an actor new keys and tells its followers. The keys before these are published for two days
// more, unless leaked says that somebody else has them: then peers that fetch the actor find the new ones only,
// while the announcement to those who know it is still signed with the old. Only who runs the town may. ErrNotFound, ErrGone.
func (k *Keyring) RotateKeys(ctx context.Context, by Author, handle string, leaked bool) (Rotated, error) {
	if err := mustRunTown(ctx, k.Accounts, by); err != nil {
		return Rotated{}, err
	}
	row, err := k.Store.ActorByHandle(ctx, handle)
	if err != nil {
		return Rotated{}, err
	}
	keys, err := newKeys()
	if err != nil {
		return Rotated{}, err
	}
	now := k.Now().UTC().Truncate(time.Second)
	r := Rotation{Actor: row.ID, Number: 1, Keys: keys, Retires: now.Add(keyGrace), Hide: leaked}
	var after []ActorKey
	for _, former := range row.Keys {
		r.Number = max(r.Number, former.Number+1)
		former.Retires = r.Retires
		if !leaked {
			after = append(after, former)
		}
	}
	for _, key := range keys {
		after = append(after, ActorKey{Number: r.Number, Kind: key.Kind, PublicPEM: key.PublicPEM})
	}
	if r.Announce, err = k.announcement(ctx, row, after, now); err != nil {
		return Rotated{}, fmt.Errorf("rotate the keys of %s: %w", handle, err)
	}
	if err := k.Store.RotateKeys(ctx, r); err != nil {
		return Rotated{}, fmt.Errorf("rotate the keys of %s: %w", handle, err)
	}
	k.Wake()
	actor := k.Documents.Addresses.Actor(row.ID)
	return Rotated{
		Handle: row.Handle, Actor: actor, RSA: keyID(actor, KeyRSA, r.Number), Ed25519: keyID(actor, KeyEd25519, r.Number),
		Retires: r.Retires, Hidden: leaked,
	}, nil
}

// announcement makes the Update of an actor with these keys; nil where the actor has no document.
func (k *Keyring) announcement(ctx context.Context, row *LocalActor, keys []ActorKey, now time.Time) (*Outgoing, error) {
	actor, err := k.Documents.document(ctx, row)
	if errors.Is(err, federation.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	actor.Keys = publicKeys(actor.ID, keys)
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("make an id: %w", err)
	}
	out, err := k.Documents.Addresses.encode(Outgoing{
		ID: id, Actor: row.ID, Public: true, Leaves: now, To: Recipients{Followers: true},
	}, federation.Activity{
		Type: "Update", Actor: actor.ID, ObjectID: actor.ID, Profile: actor,
		To: []federation.IRI{federation.Public}, Cc: []federation.IRI{actor.Followers}, Published: now,
	})
	return &out, err
}

// keysAtOnce is how many actors without an Ed25519 key are looked for at once.
const keysAtOnce = 50

// Tend gives each actor the kind of key that it lacks, one transaction each, and erases keys that have retired.
// It may be broken off at any time.
func (k *Keyring) Tend(ctx context.Context) error {
	if _, err := k.Store.EraseKeys(ctx, k.Now()); err != nil {
		return fmt.Errorf("erase former keys: %w", err)
	}
	for {
		actors, err := k.Store.ActorsWithout(ctx, KeyEd25519, keysAtOnce)
		if err != nil {
			return fmt.Errorf("look for actors without an Ed25519 key: %w", err)
		}
		for _, actor := range actors {
			key, err := newEd25519()
			if err != nil {
				return err
			}
			if err := k.Store.AddKey(ctx, actor, key); err != nil && !errors.Is(err, ErrTaken) {
				return fmt.Errorf("add an Ed25519 key: %w", err)
			}
		}
		if len(actors) < keysAtOnce {
			return nil
		}
	}
}
