package town

import (
	"context"
	"errors"
	"fmt"
	"time"

	"bourg/federation"

	"github.com/google/uuid"
)

// QuoteStore keeps who quotes what.
type QuoteStore interface {
	MemberStore
	// Quote returns a quote of a post that was not withdrawn, or ErrNotFound.
	Quote(ctx context.Context, id uuid.UUID) (*Quote, error)
	// RevokeQuote takes a quote off the list for good, and sends revoked where it is given. ErrNotFound where
	// it was taken off before.
	RevokeQuote(ctx context.Context, q *Quote, revoked *Outgoing) error
	// InboxOf returns a known actor's own inbox, or ErrNotFound.
	InboxOf(ctx context.Context, actor federation.IRI) (federation.IRI, error)
}

// Quotes is the merchant's side of being quoted.
type Quotes struct {
	Store     QuoteStore
	Addresses Addresses
	Now       func() time.Time
	Wake      func() // something was written that must leave
}

// Revoke takes a quote off the merchant's post. Where it was made with the merchant's leave, the leave ends: who quotes is
// told, and its readers no longer see the post there. A second time changes nothing. It returns the post.
func (q *Quotes) Revoke(ctx context.Context, by Author, merchant, id uuid.UUID) (post uuid.UUID, err error) {
	if err := mustSpeak(ctx, q.Store, by, merchant); err != nil {
		return uuid.Nil, err
	}
	quote, err := q.Store.Quote(ctx, id)
	if err != nil {
		return uuid.Nil, err
	}
	if quote.Merchant != merchant {
		return uuid.Nil, ErrNotFound
	}
	var revoked *Outgoing
	if quote.Granted && quote.Revoked.IsZero() {
		inbox, err := q.Store.InboxOf(ctx, quote.Actor.ID)
		if err != nil {
			return uuid.Nil, err
		}
		out, err := revocation(q.Addresses, quote, inbox, q.Now())
		if err != nil {
			return uuid.Nil, fmt.Errorf("revoke quote: %w", err)
		}
		revoked = &out
	}
	if err := q.Store.RevokeQuote(ctx, quote, revoked); err != nil && !errors.Is(err, ErrNotFound) {
		return uuid.Nil, err
	}
	q.Wake()
	return quote.Post, nil
}

// authorisation is the document by which whoever sees a quote learns that it was granted (FEP-044f). It is found only as
// long as it holds.
func (d *Documents) authorisation(ctx context.Context, id, post federation.IRI, quote string) (*federation.Object, error) {
	key, err := uuid.Parse(quote)
	if err != nil {
		return nil, federation.ErrNotFound
	}
	q, err := d.Store.Quote(ctx, key)
	switch {
	case err != nil:
		return nil, asPublished(err)
	case d.Addresses.Authorisation(q) != id || d.Addresses.Post(q.Post) != post, !q.Granted:
		return nil, federation.ErrNotFound
	case !q.Revoked.IsZero():
		return nil, federation.ErrGone
	}
	return federation.NewQuoteAuthorization(id, d.Addresses.Actor(q.Merchant), q.ObjectID, post), nil
}
