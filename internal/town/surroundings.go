package town

import (
	"bytes"
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Entry is one piece of news in a list that looks beyond the town: a post of ours or one of another
// town's; the other one is nil.
type Entry struct {
	Own     *Post
	Foreign *ForeignPost
}

// ID is the entry's id here.
func (e Entry) ID() uuid.UUID {
	if e.Own != nil {
		return e.Own.ID
	}
	return e.Foreign.ID
}

// Published is when it was published.
func (e Entry) Published() time.Time {
	if e.Own != nil {
		return e.Own.Published
	}
	return e.Foreign.Published
}

// Starts is when its event starts.
func (e Entry) Starts() time.Time {
	if e.Own != nil {
		return e.Own.Starts
	}
	return e.Foreign.Starts
}

// After is the cursor behind the entry in a list by time of publication.
func (e Entry) After() Cursor { return Cursor{At: e.Published(), ID: e.ID()} }

// AfterStart is the cursor behind the entry in a list of coming events.
func (e Entry) AfterStart() Cursor { return Cursor{At: e.Starts(), ID: e.ID()} }

// Part says whose news a list holds.
type Part string

// Everybody's, the town's own, or the neighbours'.
const (
	PartAll    Part = ""
	PartTown   Part = "town"
	PartAround Part = "around"
)

// SurroundingsStore reads what other towns' merchants and listed accounts publish, as far as it is shown: the town hall's modes and
// decisions let it, its town is not hidden, its account agreed, and its writer has not gone.
type SurroundingsStore interface {
	// ForeignFeed is that of NeighbourStore.
	ForeignFeed(ctx context.Context, domain string, before Cursor, n int) ([]*ForeignPost, error)
	// ElsewhereFeed lists what is shown of what was published elsewhere, newest first: of listed accounts, which are
	// the town's own (PartTown), of neighbours (PartAround), or of both.
	ElsewhereFeed(ctx context.Context, part Part, before Cursor, n int) ([]*ForeignPost, error)
	// ComingForeign lists such events that are not over behind the cursor, the one that starts next first; with markets
	// only those whose title names a market.
	ComingForeign(ctx context.Context, part Part, markets bool, after Cursor, n int) ([]*ForeignPost, error)
	// SearchForeign finds by words, which are folded already, best and newest first.
	SearchForeign(ctx context.Context, words string, n int) ([]*ForeignPost, error)
}

// Surroundings returns a page of the news of the town and its neighbours, newest first, and whether there is older.
func (t *Timeline) Surroundings(ctx context.Context, part Part, before Cursor) (entries []Entry, more bool, err error) {
	var own []*Post
	var foreign []*ForeignPost
	if part != PartAround {
		if own, err = t.Store.Feed(ctx, before, PageSize+1); err != nil {
			return nil, false, err
		}
	}
	if foreign, err = t.Store.ElsewhereFeed(ctx, part, before, PageSize+1); err != nil {
		return nil, false, err
	}
	entries = merged(own, foreign, func(a, b Entry) bool { return behind(b.After(), a.After()) })
	return entries[:min(len(entries), PageSize)], len(entries) > PageSize, nil
}

// ComingAround returns at most n events of the town and its neighbours that are not over, the one that starts next
// first, as ComingEvents does; with markets only those whose title names a market.
func (t *Timeline) ComingAround(ctx context.Context, part Part, markets bool, after Cursor, n int) (entries []Entry, more bool, err error) {
	n = min(n, maxListed)
	var own []*Post
	var foreign []*ForeignPost
	switch {
	case part == PartAround:
	case markets:
		own, err = t.Store.ComingMarkets(ctx, after, n+1)
	default:
		own, err = t.Store.ComingEvents(ctx, uuid.Nil, after, n+1)
	}
	if err == nil {
		foreign, err = t.Store.ComingForeign(ctx, part, markets, after, n+1)
	}
	if err != nil {
		return nil, false, err
	}
	entries = merged(own, foreign, func(a, b Entry) bool { return behind(a.AfterStart(), b.AfterStart()) })
	return entries[:min(len(entries), n)], len(entries) > n, nil
}

// merged makes one list of two that are sorted, in which first tells which of two comes first.
func merged(own []*Post, foreign []*ForeignPost, first func(a, b Entry) bool) []Entry {
	all := make([]Entry, 0, len(own)+len(foreign))
	for len(own) > 0 || len(foreign) > 0 {
		if len(foreign) == 0 || (len(own) > 0 && first(Entry{Own: own[0]}, Entry{Foreign: foreign[0]})) {
			all, own = append(all, Entry{Own: own[0]}), own[1:]
		} else {
			all, foreign = append(all, Entry{Foreign: foreign[0]}), foreign[1:]
		}
	}
	return all
}

// behind tells whether b lies after a in a list that goes forward in time; ids decide between equal times, byte by byte as
// in the database.
func behind(a, b Cursor) bool {
	if !a.At.Equal(b.At) {
		return a.At.Before(b.At)
	}
	return bytes.Compare(a.ID[:], b.ID[:]) < 0
}

// ShopName is what the writer of a post is called: as the account is listed by which it came, by the actor's own name or, before the actor has been fetched,
// by the handle in the address of the page, else by the town.
func (p *ForeignPost) ShopName() string {
	if p.Source != nil {
		return p.Source.Name
	}
	if p.Actor.Name != "" {
		return p.Actor.Name
	}
	if u, err := url.Parse(string(p.URL)); err == nil {
		for part := range strings.SplitSeq(u.Path, "/") {
			if handle, found := strings.CutPrefix(part, "@"); found && handle != "" {
				return "@" + handle
			}
		}
	}
	if p.Town != "" {
		return p.Town
	}
	return p.Domain
}
