package town

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
)

// TimelineStore reads what people read. All lists are newest first and paged by the
// last entry seen, never by number.
type TimelineStore interface {
	// Feed returns public posts (no answers, none withdrawn), older than before (zero: the newest), at most n.
	Feed(ctx context.Context, before Cursor, n int) ([]*Post, error)
	// MerchantFeed does so for one merchant.
	MerchantFeed(ctx context.Context, merchant uuid.UUID, before Cursor, n int) ([]*Post, error)
	// LiveOffers returns offers that are not over, the one that ends next first, at most n: of one merchant, or with a zero id of
	// all. Products returns a merchant's products, newest first. ComingEvents returns events that are not over behind the cursor,
	// the one that starts next first; its cursors hold the time at which an event starts.
	LiveOffers(ctx context.Context, merchant uuid.UUID, n int) ([]*Post, error)
	Products(ctx context.Context, merchant uuid.UUID, n int) ([]*Post, error)
	ComingEvents(ctx context.Context, merchant uuid.UUID, after Cursor, n int) ([]*Post, error)
	// Post returns a post; ErrNotFound; ErrGone with what PostStore.Post says.
	Post(ctx context.Context, id uuid.UUID) (*Post, error)
	// Thread returns the public replies shown under a post and the merchants' public answers, oldest first, at most 500.
	Thread(ctx context.Context, post uuid.UUID) ([]ThreadEntry, error)
	// Quotes returns the quotes of a post that stand, oldest first, at most n.
	Quotes(ctx context.Context, post uuid.UUID, n int) ([]*Quote, error)
	// WantMedia asks for copies of the pictures of these replies and of their writers where there are none, not sooner than a
	// day after it was tried, and notes that those which are there were shown.
	WantMedia(ctx context.Context, replies []uuid.UUID) error
	// SearchPosts and SearchMerchants find by words, which are folded already, best and newest first.
	SearchPosts(ctx context.Context, words string, n int) ([]*Post, error)
	SearchMerchants(ctx context.Context, words string, n int) ([]*Merchant, error)
	// ComingMarkets is ComingEvents for those events of all merchants whose title names a market.
	ComingMarkets(ctx context.Context, after Cursor, n int) ([]*Post, error)
	SurroundingsStore
}

// Cursor is where a page of a list ends: the time and id of its last entry.
type Cursor struct {
	At time.Time
	ID uuid.UUID
}

// IsZero tells whether the cursor stands before the newest entry.
func (c Cursor) IsZero() bool { return c.ID == uuid.Nil }

// After returns the cursor behind the post.
func After(p *Post) Cursor { return Cursor{At: p.Published, ID: p.ID} }

// ThreadEntry is a peer's reply or a merchant's answer; the other one is nil.
type ThreadEntry struct {
	Reply  *Reply
	Answer *Post
}

// Timeline finds what people read.
type Timeline struct {
	Store TimelineStore
	Fold  func(text string) string
}

// PageSize is how many posts a page of the feed holds.
const PageSize = 20

// Feed returns a page of the town's news, and whether there are older ones.
func (t *Timeline) Feed(ctx context.Context, before Cursor) (posts []*Post, more bool, err error) {
	posts, err = t.Store.Feed(ctx, before, PageSize+1)
	return firstPage(posts), len(posts) > PageSize, err
}

// MerchantFeed returns a page of a merchant's news, and whether there are older ones.
func (t *Timeline) MerchantFeed(ctx context.Context, merchant uuid.UUID, before Cursor) (posts []*Post, more bool, err error) {
	posts, err = t.Store.MerchantFeed(ctx, merchant, before, PageSize+1)
	return firstPage(posts), len(posts) > PageSize, err
}

// LiveOffers returns at most n offers that are not over, the one that ends next first: the merchant's, or with a zero id the whole town's.
func (t *Timeline) LiveOffers(ctx context.Context, merchant uuid.UUID, n int) ([]*Post, error) {
	return t.Store.LiveOffers(ctx, merchant, min(n, maxListed))
}

// Products returns at most n products of a merchant, put forward or not, newest first.
func (t *Timeline) Products(ctx context.Context, merchant uuid.UUID, n int) ([]*Post, error) {
	return t.Store.Products(ctx, merchant, min(n, maxListed))
}

// ComingEvents returns at most n events that are not over, the one that starts next first: the merchant's, or with
// a zero id the whole town's. It begins behind after, which is zero or AfterEvent of the last one of the page before, and
// tells whether there are further ones. Events that are cancelled or put off stand at the time that they bear.
func (t *Timeline) ComingEvents(ctx context.Context, merchant uuid.UUID, after Cursor, n int) (events []*Post, more bool, err error) {
	n = min(n, maxListed)
	events, err = t.Store.ComingEvents(ctx, merchant, after, n+1)
	return events[:min(len(events), n)], len(events) > n, err
}

// AfterEvent returns the cursor behind an event in ComingEvents.
func AfterEvent(p *Post) Cursor { return Cursor{At: p.Starts, ID: p.ID} }

// maxListed bounds lists of one kind.
const maxListed = 200

func firstPage(posts []*Post) []*Post { return posts[:min(len(posts), PageSize)] }

// Post returns a post that everybody may read, with its thread. ErrGone comes with the
// post's merchant and times where it was withdrawn.
func (t *Timeline) Post(ctx context.Context, id uuid.UUID) (*Post, []ThreadEntry, error) {
	post, err := t.Store.Post(ctx, id)
	if err != nil {
		return post, nil, err
	}
	if !post.Public {
		return nil, nil, ErrNotFound
	}
	thread, err := t.Store.Thread(ctx, id)
	return post, thread, err
}

// quotesShown is how many quotes are listed under a post.
const quotesShown = 50

// Quotes returns who quotes a post elsewhere, oldest first.
func (t *Timeline) Quotes(ctx context.Context, post uuid.UUID) ([]*Quote, error) {
	return t.Store.Quotes(ctx, post, quotesShown)
}

// Show notes that a thread is shown: pictures that are not here yet are fetched by a job.
func (t *Timeline) Show(ctx context.Context, thread []ThreadEntry) error {
	var wanting []uuid.UUID
	for _, e := range thread {
		if e.Reply != nil && e.Reply.Wants {
			wanting = append(wanting, e.Reply.ID)
		}
	}
	if len(wanting) == 0 {
		return nil
	}
	return t.Store.WantMedia(ctx, wanting)
}

// Found is what a search finds.
type Found struct {
	Merchants []*Merchant
	Posts     []*Post
	Foreign   []*ForeignPost // of other towns
}

// maxQuery is how many runes of a query are looked at.
const maxQuery = 200

// Search finds merchants and news by words, in any letter case, with or without accents.
func (t *Timeline) Search(ctx context.Context, query string) (Found, error) {
	words := t.Fold(cutRunes(strings.ReplaceAll(strings.ToValidUTF8(query, ""), "\x00", ""), maxQuery))
	if strings.TrimSpace(words) == "" {
		return Found{}, nil
	}
	merchants, err := t.Store.SearchMerchants(ctx, words, PageSize)
	if err != nil {
		return Found{}, err
	}
	posts, err := t.Store.SearchPosts(ctx, words, PageSize)
	if err != nil {
		return Found{}, err
	}
	foreign, err := t.Store.SearchForeign(ctx, words, PageSize)
	return Found{Merchants: merchants, Posts: posts, Foreign: foreign}, err
}
