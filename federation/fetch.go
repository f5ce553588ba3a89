package federation

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// Fetcher gets peers' documents, signed by our own Application (so that servers which
// answer signed requests only answer us), and passes each through the authority gate.
// It remembers nothing. Its errors are those of Client, a *Refusal where the document
// is not what it should be, and ErrBlocked.
type Fetcher struct {
	Client *Client
	// Actors gives the Application and its key; where it is nil, requests are unsigned.
	Actors    LocalActors
	Authority Authority
	// Gate is asked before a host is contacted; where it is nil, all may be.
	Gate Gate
	// Schemes tells how to sign for a host; where it is nil, each is asked by draft-cavage first.
	Schemes Schemes

	budget *Budget
}

// Within returns a Fetcher that takes each of its requests from budget, and answers
// ErrBudget when that is used up.
func (f *Fetcher) Within(budget *Budget) *Fetcher {
	within := *f
	within.budget = budget
	return &within
}

// FetchActor gets the actor with this id. A document of another actor is refused with
// id_mismatch, wherever redirects led.
func (f *Fetcher) FetchActor(ctx context.Context, id IRI) (Verified[*Actor], error) {
	doc, found, err := f.document(ctx, id)
	if err != nil {
		return Verified[*Actor]{}, err
	}
	return f.actor(doc, found, id)
}

// FindActor gets the actor whose page or document has this address. Its id may be
// another one on the same host, which is then asked.
func (f *Fetcher) FindActor(ctx context.Context, address IRI) (Verified[*Actor], error) {
	doc, found, err := f.canonical(ctx, address)
	if err != nil {
		return Verified[*Actor]{}, err
	}
	return f.actor(doc, found, doc.ID())
}

// FetchObject gets the object with this id, or whose page has this address. Its id may
// be another one on the same host, which is then asked. It bears no date later than now.
func (f *Fetcher) FetchObject(ctx context.Context, id IRI) (Verified[*Object], error) {
	verified, _, err := f.FetchObjectJSON(ctx, id)
	return verified, err
}

// FetchObjectJSON is FetchObject for who also reads properties that Object does not hold: it returns the document as it came.
func (f *Fetcher) FetchObjectJSON(ctx context.Context, id IRI) (Verified[*Object], []byte, error) {
	var none Verified[*Object]
	doc, found, err := f.canonical(ctx, id)
	if err != nil {
		return none, nil, err
	}
	object, err := DecodeObject(doc)
	if err != nil {
		return none, nil, fmt.Errorf("reading %s: %w", id, err)
	}
	object.ClampDates(f.Client.config.Now())
	verified, err := f.Authority.Object(object, found)
	if err != nil {
		return none, nil, fmt.Errorf("fetching %s: %w", id, err)
	}
	return verified, doc.JSON(), nil
}

// FetchCollection gets a collection or a page of one.
func (f *Fetcher) FetchCollection(ctx context.Context, address IRI) (*CollectionPage, error) {
	doc, found, err := f.document(ctx, address)
	if err != nil {
		return nil, err
	}
	if doc.ID().Host() != found.Host() {
		return nil, fmt.Errorf("fetching %s: %w", address, forbidden("id_mismatch"))
	}
	page, err := DecodeCollection(doc)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", address, err)
	}
	return page, nil
}

// actor reads the actor with this id from a document.
func (f *Fetcher) actor(doc *Document, found, id IRI) (Verified[*Actor], error) {
	actor, err := DecodeActor(doc)
	if err != nil {
		return Verified[*Actor]{}, fmt.Errorf("reading %s: %w", id, err)
	}
	if actor.ID != id {
		return Verified[*Actor]{}, fmt.Errorf("fetching %s: %w", id, forbidden("id_mismatch"))
	}
	verified, err := f.Authority.Actor(actor, found)
	if err != nil {
		return Verified[*Actor]{}, fmt.Errorf("fetching %s: %w", id, err)
	}
	return verified, nil
}

// canonical gets a document and, where its id is another URL of the same host, once more from there.
func (f *Fetcher) canonical(ctx context.Context, address IRI) (*Document, IRI, error) {
	doc, found, err := f.document(ctx, address)
	if err != nil {
		return nil, "", err
	}
	id := doc.ID()
	if id.WithoutFragment() == found || id.Host() != found.Host() {
		return doc, found, nil // a foreign id is refused by the gate
	}
	return f.document(ctx, id)
}

// FetchText gets what a peer serves to us alone and is no ActivityStreams document, signed, at most max bytes of it. etag
// is that of what we have of it, or ""; where the peer still has the same, the error is a *StatusError with status 304.
func (f *Fetcher) FetchText(ctx context.Context, address IRI, accept, etag string, max int64) (*Fetched, error) {
	host, err := f.admit(ctx, address)
	if err != nil {
		return nil, err
	}
	keys, err := f.keys(ctx)
	if err != nil {
		return nil, err
	}
	var known SignatureScheme
	if f.Schemes != nil {
		if known, err = f.Schemes.Scheme(ctx, host); err != nil {
			return nil, fmt.Errorf("looking how to sign for %s: %w", host, err)
		}
	}
	first, _ := ways(Delivery{Scheme: known}, keys)
	fetched, _, err := f.Client.get(ctx, address, want{accept: accept, known: etag, max: max}, first, f.budget)
	if err != nil {
		return nil, fmt.Errorf("fetching %s: %w", address, err)
	}
	return fetched, nil
}

// admit returns the host of an address that may be asked.
func (f *Fetcher) admit(ctx context.Context, address IRI) (string, error) {
	host := address.Host()
	if host == "" || host == f.Authority.Host {
		return "", fmt.Errorf("fetching %s: %w", address, ErrForbiddenURL)
	}
	if f.Gate != nil {
		if err := f.Gate.Allowed(ctx, host); err != nil {
			return "", fmt.Errorf("fetching %s: %w", address, err)
		}
	}
	return host, nil
}

// document gets and parses a document, and tells where it was found.
func (f *Fetcher) document(ctx context.Context, address IRI) (*Document, IRI, error) {
	host, err := f.admit(ctx, address)
	if err != nil {
		return nil, "", err
	}
	fetched, err := f.signed(ctx, address.WithoutFragment(), host)
	if err != nil {
		return nil, "", err
	}
	doc, err := ParseDocument(fetched.Body)
	if err != nil {
		return nil, "", fmt.Errorf("reading %s: %w", address, err)
	}
	return doc, fetched.URL.WithoutFragment(), nil
}

// signed gets a document, signed as it worked with the host last, and once in the other
// scheme where the peer answers 401 to that. What worked then is remembered.
func (f *Fetcher) signed(ctx context.Context, address IRI, host string) (*Fetched, error) {
	if f.Actors == nil {
		return f.Client.fetch(ctx, address, way{}, f.budget)
	}
	keys, err := f.keys(ctx)
	if err != nil {
		return nil, err
	}
	var known SignatureScheme
	if f.Schemes != nil {
		if known, err = f.Schemes.Scheme(ctx, host); err != nil {
			return nil, fmt.Errorf("looking how to sign for %s: %w", host, err)
		}
	}
	first, second := ways(Delivery{Scheme: known}, keys)
	fetched, err := f.Client.fetch(ctx, address, first, f.budget)
	var status *StatusError
	if !errors.As(err, &status) || status.Status != http.StatusUnauthorized {
		return fetched, err
	}
	again, other := f.Client.fetch(ctx, address, second, f.budget)
	if other != nil {
		return nil, err
	}
	if f.Schemes != nil && again.URL.Host() == host {
		if err := f.Schemes.SchemeWorked(ctx, host, second.scheme); err != nil {
			return nil, fmt.Errorf("remembering how to sign for %s: %w", host, err)
		}
	}
	return again, nil
}

// keys returns the keys of the server's own actor.
func (f *Fetcher) keys(ctx context.Context) (*SigningKeys, error) {
	server, err := f.Actors.ServerActor(ctx)
	if err != nil {
		return nil, fmt.Errorf("finding the server's own actor: %w", err)
	}
	keys, err := f.Actors.SigningKeys(ctx, server.ID)
	if err != nil {
		return nil, fmt.Errorf("finding the keys of %s: %w", server.ID, err)
	}
	return keys, nil
}
