package federation

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/net/publicsuffix"
	"golang.org/x/sync/singleflight"
)

const (
	rememberedKeys = 4096             // in memory
	rememberedFor  = 10 * time.Minute // then the application's cache is asked again, which other processes write too
	refetchAfter   = 5 * time.Minute  // a key that does not verify is fetched again, but not more often than this
	refreshAfter   = 7 * 24 * time.Hour
	goneFor        = time.Hour       // a key whose host says that there is none is not asked for again so soon
	failedFor      = time.Minute     // nor one whose host did not answer
	badFor         = refetchAfter    // nor one whose document is not acceptable
	keyDeadline    = 9 * time.Second // for all fetches that one key takes
	retryUnreached = 300             // seconds after which a peer whose key host is down should try again
)

// KeysConfig is what Keys is made from.
type KeysConfig struct {
	Fetcher *Fetcher
	Cache   ActorCache
	// PlainHTTP allows key ids with http, for closed networks and tests.
	PlainHTTP bool
	// Refresh is told the id of an actor that was last fetched over a week ago. It must not
	// block. May be nil.
	Refresh func(actor IRI)
	// Unproved limits the fetches for keys that verify nothing: for one client address and
	// domain. Where it is zero: ten, and ten more each minute. Across all addresses a domain is asked six times as often.
	Unproved Rate
	// Now is the clock; nil for time.Now.
	Now func() time.Time
}

// Keys finds the keys with which peers sign, and their owners: in memory, in the
// application's cache, else from the peer itself. An actor's own document decides which keys are its.
type Keys struct {
	config   KeysConfig
	known    *otter.Cache[IRI, *peerKey]
	failures *otter.Cache[IRI, failure]
	tried    *otter.Cache[IRI, time.Time] // last refetch of keys that did not verify
	bySource *limiter
	byDomain *limiter
	flights  singleflight.Group
}

// peerKey is a peer's key with its owner.
type peerKey struct {
	ID     IRI
	Public crypto.PublicKey
	Owner  *Actor

	fetched time.Time // the owner's document
	loaded  time.Time // into memory

	mu sync.Mutex
	// unsaved is the owner's document while it is not in the application's cache: before a first signature is verified.
	unsaved Verified[*Actor]
	settle  func(good bool) // what the fetch cost; nil where it was none
}

// failure is why a key could not be had.
type failure struct {
	refusal *Refusal
	until   time.Time
}

// NewKeys makes Keys.
func NewKeys(config KeysConfig) *Keys {
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Unproved == (Rate{}) {
		config.Unproved = Rate{PerSecond: 10.0 / 60, Burst: 10}
	}
	return &Keys{
		config:   config,
		known:    otter.Must(&otter.Options[IRI, *peerKey]{MaximumSize: rememberedKeys}),
		failures: otter.Must(&otter.Options[IRI, failure]{MaximumSize: maxSources}),
		tried:    otter.Must(&otter.Options[IRI, time.Time]{MaximumSize: maxSources}),
		bySource: newLimiter(config.Unproved, config.Now),
		byDomain: newLimiter(Rate{6 * config.Unproved.PerSecond, 6 * config.Unproved.Burst}, config.Now),
	}
}

func (k *Keys) authority() Authority { return k.config.Fetcher.Authority }

// check tells whether a key id is one that may be looked for: nil, or 401 keyid.
func (k *Keys) check(id IRI) error {
	secure := strings.HasPrefix(string(id), "https://")
	if !validIRI(string(id)) || (!secure && !k.config.PlainHTTP) || id.Host() == k.authority().Host {
		return unauthorized("keyid")
	}
	return nil
}

// lookup returns the key with this id, which source (a client's address) asks for; what has to be fetched is
// taken from budget. The
// error is a *Refusal: 401 (keyid, key_gone, key_unusable, key_not_listed, key_owner_id, key_unacceptable),
// 403 blocked, 429 key_budget, 503 key_unreachable; or it is ours.
func (k *Keys) lookup(ctx context.Context, id IRI, source string, budget *Budget) (*peerKey, error) {
	if err := k.check(id); err != nil {
		return nil, err
	}
	key, err := k.stored(ctx, id)
	if key != nil || err != nil {
		return key, err
	}
	return k.fetch(ctx, id, source, budget)
}

// verify returns the key that made a signature, which is fetched once more where it did not
// make it. Its owner is not remembered yet: see proved and disproved. The error is that of
// lookup, or the signature's.
func (k *Keys) verify(ctx context.Context, signature *requestSignature, source string, budget *Budget) (*peerKey, error) {
	key, err := k.lookup(ctx, signature.KeyID, source, budget)
	if err != nil {
		return nil, err
	}
	wrong := signature.verify(key.Public)
	if wrong == nil {
		return key, nil
	}
	key.disproved()
	newer, err := k.refetch(ctx, key, source, budget)
	if err != nil {
		return nil, err
	}
	if newer == nil {
		return nil, wrong
	}
	if wrong = signature.verify(newer.Public); wrong != nil {
		newer.disproved()
		return nil, wrong
	}
	return newer, nil
}

// stored returns a key that needs no fetch, nil where there is none.
func (k *Keys) stored(ctx context.Context, id IRI) (*peerKey, error) {
	now := k.config.Now()
	if key, ok := k.known.GetIfPresent(id); ok && now.Sub(key.loaded) < rememberedFor {
		return key, nil
	}
	public, fetched, err := k.config.Cache.CachedKey(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("looking for key %s: %w", id, err)
	}
	owner, _, err := k.config.Cache.CachedActor(ctx, public.Owner)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("looking for the owner of key %s: %w", id, err)
	}
	parsed, err := parseKey(public.PEM)
	if err != nil {
		return nil, err
	}
	key := &peerKey{ID: id, Public: parsed, Owner: owner, fetched: fetched, loaded: now}
	k.known.Set(id, key)
	if k.config.Refresh != nil && now.Sub(fetched) > refreshAfter {
		k.config.Refresh(owner.ID)
	}
	return key, nil
}

// refetch returns a key anew after a signature did not verify with old: nil where it
// was fetched or asked for a short time ago, or the refusal that came of that.
func (k *Keys) refetch(ctx context.Context, old *peerKey, source string, budget *Budget) (*peerKey, error) {
	now := k.config.Now()
	if now.Sub(old.fetched) < refetchAfter {
		return nil, nil
	}
	if last, ok := k.tried.GetIfPresent(old.ID); ok && now.Sub(last) < refetchAfter {
		return nil, k.failed(old.ID)
	}
	k.tried.Set(old.ID, now)
	return k.fetch(ctx, old.ID, source, budget)
}

// failed returns the refusal that the last fetch of a key ended with, while it stands.
func (k *Keys) failed(id IRI) error {
	if f, ok := k.failures.GetIfPresent(id); ok && k.config.Now().Before(f.until) {
		return f.refusal
	}
	return nil
}

// proved tells that a signature was verified with the key: its owner is no stranger any more and is remembered.
func (k *Keys) proved(ctx context.Context, key *peerKey) error {
	key.mu.Lock()
	defer key.mu.Unlock()
	if key.unsaved.Value() == nil {
		return nil
	}
	if err := k.config.Cache.SaveActor(ctx, key.unsaved, key.fetched); err != nil {
		return fmt.Errorf("saving actor %s: %w", key.Owner.ID, err)
	}
	key.unsaved = Verified[*Actor]{}
	key.settle(true)
	return nil
}

// disproved tells that a signature was not made with the key, or that nobody waited to see:
// the fetch counts. It does nothing where the key was proved before.
func (key *peerKey) disproved() {
	if key.settle != nil {
		key.settle(false)
	}
}

// forget drops a key from memory, after the application may have stored another document of its owner.
func (k *Keys) forget(id IRI) { k.known.Invalidate(id) }

// fetch gets a key from its host. Several requests for one key wait for one fetch,
// which the end of the first of them does not end.
func (k *Keys) fetch(ctx context.Context, id IRI, source string, budget *Budget) (*peerKey, error) {
	if err := k.failed(id); err != nil {
		return nil, err
	}
	result := k.flights.DoChan(string(id), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keyDeadline)
		defer cancel()
		return k.fetchOnce(ctx, id, source, budget)
	})
	select {
	case r := <-result:
		key, _ := r.Val.(*peerKey)
		return key, r.Err
	case <-ctx.Done():
		go func() {
			if key, ok := (<-result).Val.(*peerKey); ok {
				key.disproved()
			}
		}()
		return nil, unreachable(ctx.Err())
	}
}

func (k *Keys) fetchOnce(ctx context.Context, id IRI, source string, budget *Budget) (*peerKey, error) {
	settle, err := k.reserve(ctx, id, source)
	if err != nil {
		return nil, err
	}
	owner, err := k.owner(ctx, id, k.config.Fetcher.Within(budget))
	if err == nil {
		var key *peerKey
		if key, err = k.ownedKey(id, owner); err == nil {
			key.settle = settle
			k.known.Set(id, key)
			return key, nil
		}
	}
	settle(false)
	refusal, lasting := keyRefusal(err)
	if refusal == nil {
		return nil, err
	}
	k.failures.Set(id, failure{refusal, k.config.Now().Add(lasting)})
	return nil, refusal
}

// reserve takes what a fetch costs from the limits.
func (k *Keys) reserve(ctx context.Context, id IRI, source string) (settle func(good bool), err error) {
	domain := registrable(id.Host())
	first, wait, ok := k.bySource.reserve(ctx, source+" "+domain)
	if !ok {
		return nil, tooMany("key_budget", wait)
	}
	second, wait, ok := k.byDomain.reserve(ctx, domain)
	if !ok {
		first(false)
		return nil, tooMany("key_budget", wait)
	}
	return func(good bool) { first(good); second(good) }, nil
}

// registrable returns the domain that one owner has registered, so that the names below
// it, of which there may be any number, count together.
func registrable(host string) string {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	if domain, err := publicsuffix.EffectiveTLDPlusOne(name); err == nil && net.ParseIP(name) == nil {
		return domain
	}
	return host
}

// owner finds the actor whose key this is. The key's URL leads to the actor's
// document, or to a document of the key's own (GoToSocial) or a short form of the actor
// that names the owner: then the owner's document is asked, and it alone decides.
func (k *Keys) owner(ctx context.Context, id IRI, f *Fetcher) (Verified[*Actor], error) {
	doc, found, err := f.document(ctx, id)
	if err != nil {
		return Verified[*Actor]{}, err
	}
	if found.Host() != id.Host() {
		return Verified[*Actor]{}, unauthorized("key_owner_id")
	}
	if doc.ID().WithoutFragment() == id.WithoutFragment() {
		if actor, err := DecodeActor(doc); err == nil && actor.Inbox != "" {
			return f.Authority.Actor(actor, found)
		}
	}
	var owner IRI
	for _, key := range doc.keys() {
		if key.ID == id {
			owner = key.Owner
			if owner == "" {
				owner = doc.ID()
			}
		}
	}
	// An owner whose own address has just led to this document of somebody else's is not asked again.
	if owner == "" || owner.Host() != id.Host() || owner == id.WithoutFragment() {
		return Verified[*Actor]{}, unauthorized("key_owner_id")
	}
	return f.FetchActor(ctx, owner)
}

// ownedKey takes the key with this id from its owner's document.
func (k *Keys) ownedKey(id IRI, owner Verified[*Actor]) (*peerKey, error) {
	for _, key := range owner.Value().Keys {
		if key.ID != id {
			continue
		}
		public, err := parseKey(key.PEM)
		if err != nil {
			return nil, err
		}
		now := k.config.Now()
		return &peerKey{ID: id, Public: public, Owner: owner.Value(), fetched: now, loaded: now, unsaved: owner}, nil
	}
	return nil, unauthorized("key_not_listed")
}

// keyRefusal says what a peer is told whose key could not be had, and for how long this
// stays so; nil where the fault is ours.
func keyRefusal(err error) (*Refusal, time.Duration) {
	var status *StatusError
	var refusal *Refusal
	switch {
	case errors.Is(err, ErrBlocked):
		return &Refusal{Status: http.StatusForbidden, Code: "blocked", Err: err}, 0
	case errors.As(err, &status):
		switch {
		case status.Status == http.StatusGone:
			return &Refusal{Status: http.StatusUnauthorized, Code: "key_gone", Err: errors.Join(ErrGone, err)}, goneFor
		case status.Status == http.StatusNotFound:
			return &Refusal{Status: http.StatusUnauthorized, Code: "key_gone", Err: err}, goneFor
		case status.Status >= 500, status.Status == http.StatusTooManyRequests, status.Status == http.StatusRequestTimeout:
			return unreachable(err), failedFor
		}
		return &Refusal{Status: http.StatusUnauthorized, Code: "key_unusable", Err: err}, badFor
	case errors.Is(err, ErrTimeout), errors.Is(err, ErrDNS), errors.Is(err, ErrTLS), errors.Is(err, ErrUnreachable),
		errors.Is(err, context.DeadlineExceeded):
		return unreachable(err), failedFor
	case errors.Is(err, ErrForbiddenURL), errors.Is(err, ErrForbiddenAddress):
		return &Refusal{Status: http.StatusUnauthorized, Code: "keyid", Err: err}, badFor
	case errors.Is(err, ErrContentType), errors.Is(err, ErrTooLarge), errors.Is(err, ErrRedirects), errors.Is(err, ErrBudget):
		return &Refusal{Status: http.StatusUnauthorized, Code: "key_unusable", Err: err}, badFor
	case errors.As(err, &refusal):
		code := refusal.Code
		switch {
		case code == "id_mismatch":
			code = "key_owner_id"
		case refusal.Status != http.StatusUnauthorized:
			code = "key_unusable" // the document itself is not in order
		}
		return &Refusal{Status: http.StatusUnauthorized, Code: code, Err: err}, badFor
	}
	return nil, 0
}

func unreachable(err error) *Refusal {
	return &Refusal{Status: http.StatusServiceUnavailable, Code: "key_unreachable", RetryAfter: retryUnreached, Err: err}
}

// tooMany is the answer to a source that has used up a limit; wait is when the next request may come.
func tooMany(code string, wait time.Duration) *Refusal {
	return &Refusal{Status: http.StatusTooManyRequests, Code: code, RetryAfter: int(wait/time.Second) + 1}
}
