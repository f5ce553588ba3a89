package federation

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
)

// conversationPage is how many ids a page of replies or of a conversation holds.
const conversationPage = 100

// Replies answers with the ids of the known replies to an object, those on other
// servers included: otherwise the reader of a thread sees half of it.
func (p *Publications) Replies(w http.ResponseWriter, r *http.Request) {
	p.answer(w, r, func(ctx context.Context) ([]byte, error) {
		if _, err := p.Documents.Object(ctx, p.owner(r)); err != nil {
			return nil, err
		}
		replies, err := p.Documents.Replies(ctx, p.owner(r))
		if err != nil {
			return nil, err
		}
		return pageOf(p.head(r, "Collection", len(replies)), replies, r.URL.Query(), func(c *publishedCollection, items []IRI) {
			c.Type, c.Items = "CollectionPage", items
		})
	}, p.owner(r))
}

// Conversation answers with the ids of all that belongs to the conversation in which an
// object stands, in its order (FEP-7888). Where that began with another object, the
// document bears the id of that one's conversation.
func (p *Publications) Conversation(w http.ResponseWriter, r *http.Request) {
	p.answer(w, r, func(ctx context.Context) ([]byte, error) {
		if _, err := p.Documents.Object(ctx, p.owner(r)); err != nil {
			return nil, err
		}
		c, err := p.Documents.Conversation(ctx, p.owner(r))
		if err != nil {
			return nil, err
		}
		head := p.head(r, "OrderedCollection", len(c.Items))
		head.ID, head.AttributedTo = string(c.ID), c.Owner
		return pageOf(head, c.Items, r.URL.Query(), func(page *publishedCollection, items []IRI) {
			ordered := make([]json.RawMessage, len(items))
			for i, id := range items {
				ordered[i], _ = json.Marshal(id) // a string
			}
			page.Type, page.OrderedItems = "OrderedCollectionPage", &ordered
		})
	}, p.owner(r))
}

// pageOf returns a collection with its first page embedded, or at ?page=n, counted from
// 1, that page. put gives a page its type and items.
func pageOf(head publishedCollection, items []IRI, query url.Values, put func(*publishedCollection, []IRI)) ([]byte, error) {
	page := func(n int) publishedCollection {
		from := min((n-1)*conversationPage, len(items))
		to := min(from+conversationPage, len(items))
		c := publishedCollection{ID: pageNumber(head.ID, n), PartOf: head.ID}
		put(&c, items[from:to])
		if to < len(items) {
			c.Next = pageNumber(head.ID, n+1)
		}
		return c
	}
	if !query.Has("page") {
		head.First = page(1)
		return json.Marshal(head)
	}
	n, err := strconv.Atoi(query.Get("page"))
	if err != nil || n < 1 || n > 1+len(items)/conversationPage {
		return nil, ErrNotFound
	}
	c := page(n)
	c.Context = activityStreams
	return json.Marshal(c)
}

func pageNumber(collection string, n int) string { return collection + "?page=" + strconv.Itoa(n) }
