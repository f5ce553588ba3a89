package federation

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"net/http"
	"slices"

	"github.com/dunglas/httpsfv"
)

// Schemes remembers in which scheme each host was spoken to with success. The
// DeliveryQueue shares the memory: what a delivery teaches serves the next fetch.
type Schemes interface {
	// Scheme returns the scheme in which to begin with a host; 0 where none is known.
	Scheme(ctx context.Context, host string) (SignatureScheme, error)
	// SchemeWorked remembers that the host takes a scheme.
	SchemeWorked(ctx context.Context, host string, scheme SignatureScheme) error
}

// That a host takes Ed25519 is known by its own word alone: it signed a request of its own in
// RFC9421Ed25519 (see knowsEd25519), or it asked for it in its answer to a delivery
// (see wantsEd25519), as each Bourg does. That an actor publishes an Ed25519 key
// tells nothing, for many do so for proofs inside documents only. A host that refuses
// such a signature nevertheless gets another one at once, by draft-cavage and RSA, which
// everybody reads, and goes on with that.

// acceptSignature asks those who deliver here to sign with Ed25519 next time (RFC 9421, section 5.1).
const acceptSignature = `sig1=("@method" "@target-uri" "content-digest");created;keyid;alg="ed25519"`

// wantsEd25519 tells whether an answer asks for a signature that RFC9421Ed25519 makes.
func wantsEd25519(header http.Header) bool {
	lines := header["Accept-Signature"]
	if len(lines) == 0 {
		return false
	}
	wishes, err := httpsfv.UnmarshalDictionary(lines)
	if err != nil {
		return false
	}
	for _, label := range wishes.Names() {
		member, _ := wishes.Get(label)
		wish, ok := member.(httpsfv.InnerList)
		if !ok {
			continue
		}
		covered := !slices.ContainsFunc(wish.Items, func(item httpsfv.Item) bool {
			name, _ := item.Value.(string)
			return !slices.Contains([]string{"@method", "@target-uri", "content-digest"}, name) || len(item.Params.Names()) > 0
		})
		if algorithm, _ := wish.Params.Get("alg"); algorithm == algEd25519 && covered {
			return true
		}
	}
	return false
}

// knowsEd25519 tells whether who made a verified signature takes RFC9421Ed25519 as well.
func knowsEd25519(signature *requestSignature, key crypto.PublicKey) bool {
	_, ok := key.(ed25519.PublicKey)
	return ok && signature.Scheme == RFC9421
}

// schemeOf names how a verified signature was made.
func schemeOf(signature *requestSignature, key crypto.PublicKey) SignatureScheme {
	if knowsEd25519(signature, key) {
		return RFC9421Ed25519
	}
	return signature.Scheme
}

// String names the scheme for logs and metrics.
func (s SignatureScheme) String() string {
	switch s {
	case Cavage:
		return "cavage"
	case RFC9421:
		return "rfc9421"
	case RFC9421Ed25519:
		return "rfc9421-ed25519"
	}
	return "none"
}

// way is how a request is signed; without a key it is not.
type way struct {
	key    *SigningKey
	scheme SignatureScheme
}

// ways returns how a request is signed at first, and how once more where the peer does not
// understand who signed. A peer that does not take what announces new keys has lost the
// former ones, so the new ones, which it can fetch, are tried; else the other scheme is.
func ways(d Delivery, keys *SigningKeys) (first, second way) {
	if d.Former && keys.Former != nil {
		return keys.Former.sign(d.Scheme), keys.sign(d.Scheme)
	}
	first = keys.sign(d.Scheme)
	if first.scheme == Cavage {
		return first, keys.sign(RFC9421)
	}
	return first, keys.sign(Cavage)
}

// sign returns the key for a scheme, and draft-cavage for what is unknown or has no key.
func (k *SigningKeys) sign(scheme SignatureScheme) way {
	switch {
	case scheme == RFC9421Ed25519 && k.Ed25519 != nil:
		return way{k.Ed25519, RFC9421Ed25519}
	case scheme == RFC9421:
		return way{k.RSA, RFC9421}
	}
	return way{k.RSA, Cavage}
}

// misunderstood tells whether a status may mean that the peer could not make out who signed.
func misunderstood(status int) bool {
	return status == http.StatusBadRequest || status == http.StatusUnauthorized
}
