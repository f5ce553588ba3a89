package federation

import (
	"context"
	"fmt"
	"time"
)

// How far a collection is followed. Beyond these the rest of it is left.
const (
	maxCollectionPages = 10
	maxCollectionItems = 1000
	collectionDeadline = 30 * time.Second
)

// Collect gets the ids of a collection's items in their order, each once, from as many of its
// pages as it has: at most ten, a thousand items, and half a minute. Pages lie on the
// collection's own host; one that leads back or elsewhere ends the way. With an error it returns
// what was read before it.
func (f *Fetcher) Collect(ctx context.Context, address IRI) ([]IRI, error) {
	ctx, cancel := context.WithTimeout(ctx, collectionDeadline)
	defer cancel()
	var items []IRI
	known, seen := map[IRI]bool{}, map[IRI]bool{}
	for pages := 0; address != "" && !seen[address]; {
		seen[address] = true
		page, err := f.FetchCollection(ctx, address)
		if err != nil {
			return items, fmt.Errorf("reading page %d of a collection: %w", pages+1, err)
		}
		for _, item := range page.Items {
			if len(items) == maxCollectionItems {
				return items, nil
			}
			if !known[item] {
				known[item], items = true, append(items, item)
			}
		}
		if pages++; pages == maxCollectionPages {
			break
		}
		next := page.Next
		if next == "" && len(page.Items) == 0 {
			next = page.First // the head of a collection whose pages are not embedded
		}
		if next.Host() != address.Host() {
			break
		}
		address = next
	}
	return items, nil
}
