package town

import (
	"context"
	"errors"
	"strings"
	"time"

	"bourg/federation"

	"github.com/google/uuid"
)

// WebsiteStore keeps whether merchants' websites say that they are theirs.
type WebsiteStore interface {
	// Merchant returns a living merchant, or ErrNotFound or ErrGone.
	Merchant(ctx context.Context, id uuid.UUID) (*Merchant, error)
	// SetWebsiteChecked records what the merchant's website said, if it is still this one: that it is the
	// merchant's, or not.
	SetWebsiteChecked(ctx context.Context, merchant uuid.UUID, website string, verified bool, at time.Time) error
}

// SiteReader reads merchants' websites.
type SiteReader interface {
	// RelMe returns the addresses of a page's links with rel="me", in their order.
	RelMe(ctx context.Context, page string) ([]string, error)
	// Location tells where an address leads by one redirect; "" where it does not.
	Location(ctx context.Context, address string) (string, error)
}

// Websites checks that merchants' websites name their page here, as Mastodon does before it
// shows a link as verified.
type Websites struct {
	Store     WebsiteStore
	Addresses Addresses
	Sites     SiteReader
	Now       func() time.Time
}

// Check looks at a merchant's website. Where that does not answer, what was known of it stays, and the error is
// returned.
func (w *Websites) Check(ctx context.Context, merchant uuid.UUID) error {
	m, err := w.Store.Merchant(ctx, merchant)
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrGone) || (err == nil && m.Website == "") {
		return nil
	}
	if err != nil {
		return err
	}
	links, err := w.Sites.RelMe(ctx, m.Website)
	if err != nil {
		return err
	}
	return w.Store.SetWebsiteChecked(ctx, merchant, m.Website, w.names(ctx, links, w.Addresses.Profile(m.Handle)), w.Now())
}

// names tells whether one of the links is the page, or the first of them leads there by a redirect.
func (w *Websites) names(ctx context.Context, links []string, page federation.IRI) bool {
	for _, link := range links {
		if strings.EqualFold(link, string(page)) {
			return true
		}
	}
	if len(links) == 0 {
		return false
	}
	to, err := w.Sites.Location(ctx, links[0])
	return err == nil && strings.EqualFold(to, string(page))
}
