package federation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Readers tells which peer signed a GET. In secure mode ("authorised fetch") nobody else
// is answered; without it, it guards the lists that are for one peer only.
type Readers struct {
	// Origin is this server's base URL without a slash at the end.
	Origin string
	Keys   *Keys
	Gate   Gate
	// ClientAddr tells where a request comes from, for the limits. nil: the address of the connection.
	ClientAddr func(*http.Request) string
	Now        func() time.Time // nil for time.Now
}

// Reader returns the actor who signed a request. The error is a *Refusal as those of the
// inbox (401 signature_missing where there is no signature at all), ErrBlocked, or ours.
func (rd *Readers) Reader(r *http.Request) (*Actor, error) {
	now, source := time.Now, remoteAddr
	if rd.Now != nil {
		now = rd.Now
	}
	if rd.ClientAddr != nil {
		source = rd.ClientAddr
	}
	signature, err := readSignature(r, rd.Origin, now())
	if err != nil {
		return nil, err
	}
	if err := rd.Keys.check(signature.KeyID); err != nil {
		return nil, err
	}
	ctx := r.Context()
	if err := rd.Gate.Allowed(ctx, signature.KeyID.Host()); err != nil {
		return nil, err
	}
	key, err := rd.Keys.verify(ctx, signature, source(r), NewBudget(FetchesPerActivity))
	if err != nil {
		return nil, err
	}
	if err := rd.Keys.proved(ctx, key); err != nil {
		return nil, err
	}
	return key.Owner, nil
}

// readable lets a request through that may be answered, and answers the others. What is answered
// in secure mode is for its reader alone, and no cache may keep it.
func (p *Publications) readable(w http.ResponseWriter, r *http.Request) bool {
	if !p.Secure || r.Method == http.MethodOptions {
		return true
	}
	forOneReader(w)
	if _, err := p.Readers.Reader(r); err != nil {
		p.refuseReader(w, r, err)
		return false
	}
	return true
}

// forOneReader says that an answer depends on who asks.
func forOneReader(w http.ResponseWriter) {
	w.Header().Set("Vary", "Accept, Signature, Signature-Input")
	w.Header().Set("Cache-Control", "private, no-cache")
}

// refuseReader answers a reader who is nobody, or somebody who is not wanted.
func (p *Publications) refuseReader(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, ErrBlocked) {
		err = forbidden("blocked")
	}
	answerFault(w, r, p.Log, err)
}

// keyStub is what is told of an actor to a reader who is not known yet: its keys and no more.
// A peer that gets a request of ours must fetch our key before it knows who asks, and some do that unsigned,
// or signed by an actor of theirs whose key we would have to fetch first, which asks for ours:
// without an answer to the unsigned one, two servers in secure mode would wait for each other for ever.
func keyStub(a *Actor) ([]byte, error) {
	stub := map[string]any{
		"id": string(a.ID), "type": a.Type, "preferredUsername": a.PreferredUsername, "inbox": string(a.Inbox),
	}
	if err := keyTerms(a.Keys, stub); err != nil {
		return nil, fmt.Errorf("encode the keys of %s: %w", a.ID, err)
	}
	stub["@context"] = contextOf(stub)
	return json.Marshal(stub)
}

// serveStranger answers an unsigned request for an actor in secure mode: with the stub of its
// keys, and with the whole document where it is the server's own Application, which has nothing to hide and
// signs what we fetch. It tells whether it did; a request that is signed is for readable.
func (p *Publications) serveStranger(w http.ResponseWriter, r *http.Request, id IRI) bool {
	if !p.Secure || r.Method == http.MethodOptions {
		return false
	}
	server, err := p.Actors.ServerActor(r.Context())
	own := err == nil && server.ID == id
	if !own && len(r.Header["Signature"]) > 0 {
		return false
	}
	forOneReader(w)
	p.write(w, r, func(ctx context.Context) ([]byte, error) {
		actor, err := p.Actors.LocalActor(ctx, id)
		if err != nil {
			return nil, err
		}
		if own {
			return EncodeActor(actor)
		}
		return keyStub(actor)
	}, id)
	return true
}

// FollowersSync answers a peer's server with those followers of an actor who live there
// (FEP-8fcf), and nobody else: it must be signed, in secure mode or not.
func (p *Publications) FollowersSync(w http.ResponseWriter, r *http.Request) {
	forOneReader(w)
	if !isRead(w, r) {
		return
	}
	reader, err := p.Readers.Reader(r)
	if err != nil {
		p.refuseReader(w, r, err)
		return
	}
	p.write(w, r, func(ctx context.Context) ([]byte, error) {
		owner := p.owner(r)
		if _, err := p.Actors.LocalActor(ctx, owner); err != nil {
			return nil, err
		}
		followers, err := p.Documents.FollowersAt(ctx, owner, reader.ID.Host())
		if err != nil {
			return nil, err
		}
		if len(followers) > MaxPartialFollowers {
			return nil, ErrNotFound // nobody was told to ask
		}
		items := make([]json.RawMessage, 0, len(followers))
		for _, id := range followers {
			if id.Origin() != reader.ID.Origin() {
				continue
			}
			item, err := json.Marshal(id)
			if err != nil {
				return nil, err
			}
			items = append(items, item)
		}
		head := p.head(r, "OrderedCollection", len(items))
		head.OrderedItems = &items
		return json.Marshal(head)
	}, p.owner(r))
}
