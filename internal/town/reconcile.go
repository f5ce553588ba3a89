package town

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"bourg/federation"

	"github.com/google/uuid"
)

// This file keeps what we have of a neighbour true to what it has (PEERING.md, section 5): after the first agreement, every
// day, and when it is back after a failure, whatever was missed is fetched and whatever is gone is dropped.

// ActiveLine is one object of the list of what is live in a town: its id and when it was last changed.
type ActiveLine struct {
	ID      federation.IRI
	Changed time.Time
}

// String is the line as it is served, without its end.
func (l ActiveLine) String() string {
	return string(l.ID) + "\t" + l.Changed.UTC().Format(time.RFC3339)
}

// Digest is the XOR of the SHA-256 of each line, in hexadecimal digits; it does not depend on their order.
func Digest(lines []ActiveLine) string {
	var sum [sha256.Size]byte
	for _, l := range lines {
		for i, b := range sha256.Sum256([]byte(l.String())) {
			sum[i] ^= b
		}
	}
	return hex.EncodeToString(sum[:])
}

// MaxActive bounds the lines of a list that are read: what a town of ten thousand merchants publishes in a month.
const MaxActive = 20_000

// ParseActive reads a list of a neighbour. Lines of another host, and those that are no line, make it wrong as a whole:
// dropping what a broken list lacks would lose news.
func ParseActive(text, domain string) ([]ActiveLine, error) {
	var lines []ActiveLine
	for line := range strings.Lines(text) {
		if len(lines) == MaxActive {
			return nil, errors.New("list of live objects too long")
		}
		id, at, found := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		changed, err := time.Parse(time.RFC3339, at)
		if !found || err != nil || federation.IRI(id).Host() != domain {
			return nil, errors.New("list of live objects cannot be read")
		}
		lines = append(lines, ActiveLine{ID: federation.IRI(id), Changed: changed})
	}
	return lines, nil
}

// ActiveStore lists what is live.
type ActiveStore interface {
	// ActivePosts returns the public posts that have left and are live: published since a time, events that are
	// not over and offers that have not ended at now; newest first, at most n, so that a full list lacks what is oldest.
	ActivePosts(ctx context.Context, since, now time.Time, n int) ([]*Post, error)
	// ForeignPosts returns what is known of a neighbour, id by id, with when it was last changed.
	ForeignPosts(ctx context.Context, domain string) ([]ActiveLine, error)
	// DropForeignPosts forgets objects that the neighbour does not list any more.
	DropForeignPosts(ctx context.Context, domain string, gone []federation.IRI) error
	// KeepForeignPost stores what was fetched from a neighbour as SaveForeignPost does.
	KeepForeignPost(ctx context.Context, p *ForeignPost) error
	// AskToVisit asks for a neighbour to be visited, unless that is asked for already.
	AskToVisit(ctx context.Context, domain string) error
}

// Active is the list of what is live for a neighbour's relay, within the agreement. ErrForbidden for everybody else.
func (n *Neighbours) Active(ctx context.Context, relay federation.IRI) ([]ActiveLine, error) {
	k, err := n.Store.NeighbourByRelay(ctx, relay)
	if errors.Is(err, ErrNotFound) || (err == nil && (k.Incoming != StandingAccepted || k.Mode == ModeBlocked)) {
		return nil, ErrForbidden
	}
	if err != nil {
		return nil, err
	}
	here, err := n.Store.Town(ctx)
	if err != nil {
		return nil, err
	}
	posts, err := n.Store.ActivePosts(ctx, n.now().Add(-BackfillAge), n.now(), MaxActive)
	if err != nil {
		return nil, err
	}
	var lines []ActiveLine
	for _, p := range posts {
		if p.Silent() || !k.Sends(p.Kind, p.Reach, *p.place(here)) {
			continue
		}
		changed := p.Published
		if p.Updated.After(changed) {
			changed = p.Updated
		}
		lines = append(lines, ActiveLine{ID: n.Addresses.Post(p.ID), Changed: changed})
	}
	slices.SortFunc(lines, func(a, b ActiveLine) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return lines, nil
}

// PeerReader gets what a neighbour serves.
type PeerReader interface {
	// ReadActive returns a neighbour's list of what is live, asked for by our relay. known is what we have; it is what is
	// returned where the neighbour says, by its digest, that it has the same.
	ReadActive(ctx context.Context, list federation.IRI, domain string, known []ActiveLine) ([]ActiveLine, error)
	// ReadPost fetches an object through the gate, with the bytes in which it came; ErrGone where it is no more.
	ReadPost(ctx context.Context, id federation.IRI) (*federation.Object, []byte, error)
}

// Difference is what has to be done so that what is known is what is listed: fetch, newest first, at most limit of them,
// and drop.
func Difference(known, listed []ActiveLine, limit int) (fetch, drop []federation.IRI) {
	have := make(map[federation.IRI]time.Time, len(known))
	for _, l := range known {
		have[l.ID] = l.Changed
	}
	var missing []ActiveLine
	for _, l := range listed {
		if changed, found := have[l.ID]; !found || changed.Before(l.Changed) {
			missing = append(missing, l)
		}
		delete(have, l.ID)
	}
	slices.SortStableFunc(missing, func(a, b ActiveLine) int { return b.Changed.Compare(a.Changed) })
	for _, l := range missing[:min(len(missing), limit)] {
		fetch = append(fetch, l.ID)
	}
	for _, l := range known {
		if _, gone := have[l.ID]; gone {
			drop = append(drop, l.ID)
		}
	}
	return fetch, drop
}

// Reconcile compares what we have of a neighbour with what it has, and mends it: at most one request a second, and
// BackfillObjects of them. Where more is missing, what is left is due at once.
func (n *Neighbours) Reconcile(ctx context.Context, domain string) error {
	k, err := n.Store.Neighbour(ctx, domain)
	if err != nil || k.Outgoing != StandingAccepted || k.Mode == ModeBlocked || k.Active == "" {
		return err
	}
	began := n.now()
	// First what is known: what is announced while the list is read must not count as gone.
	known, err := n.Store.ForeignPosts(ctx, domain)
	if err != nil {
		return err
	}
	listed, err := n.Peers.ReadActive(ctx, k.Active, domain, known)
	if errors.Is(err, ErrForbidden) {
		return n.change(ctx, domain, func(k *Neighbour) ([]Say, error) {
			follow, err := uuid.NewV7()
			return k.NotKnown(follow, n.now()), err
		})
	}
	if err != nil {
		return fmt.Errorf("reconcile with %s: %w", domain, err)
	}
	fetch, drop := Difference(known, listed, BackfillObjects)
	kept, gone, failed := n.fetchAll(ctx, k, began, fetch)
	if err := n.Store.DropForeignPosts(ctx, domain, append(drop, gone...)); err != nil {
		return err
	}
	if failed != nil {
		return fmt.Errorf("reconcile with %s: %w", domain, failed)
	}
	return n.change(ctx, domain, func(k *Neighbour) ([]Say, error) {
		if kept > 0 && len(fetch) == BackfillObjects {
			began = began.Add(-ReconcileEvery) // the rest in the next round
		}
		k.Compared(began)
		return nil, nil
	})
}

// maxFailed is after how many failed requests in a row a neighbour is left alone for now.
const maxFailed = 3

// fetchAll fetches and stores a neighbour's posts. It tells how many it stored and which are there no more. One that cannot
// be had is left for the next comparison; the error is of a neighbour that gives none.
func (n *Neighbours) fetchAll(ctx context.Context, k *Neighbour, now time.Time, ids []federation.IRI) (kept int, gone []federation.IRI, err error) {
	failures := 0
	for i, id := range ids {
		if i > 0 {
			if err := n.Pause(ctx, BackfillEvery); err != nil {
				return kept, gone, err
			}
		}
		o, raw, err := n.Peers.ReadPost(ctx, id)
		switch {
		case errors.Is(err, ErrGone), errors.Is(err, ErrNotFound):
			gone, failures = append(gone, id), 0
			continue
		case err != nil:
			if failures++; failures == maxFailed {
				return kept, gone, err
			}
			continue
		}
		failures = 0
		if !o.IsPublic() || o.InReplyTo != "" {
			continue
		}
		post, err := n.foreign(ctx, k, now, readObjectTerms(raw), o)
		if errors.Is(err, federation.ErrIgnored) {
			gone = append(gone, id) // out of reach by now, or out of the agreement
			continue
		}
		if err != nil {
			return kept, gone, err
		}
		if err := n.Store.KeepForeignPost(ctx, post); err != nil {
			return kept, gone, err
		}
		kept++
	}
	return kept, gone, nil
}

// Tend does what comes due with neighbours, every quarter of an hour: requests are repeated or expire, cards are read again
// (a neighbour who fails is asked each time, the others once a day), what is known is compared with what is there, and
// what ended is removed. Each neighbour is visited by a job of its own, so that none waits for another.
func (n *Neighbours) Tend(ctx context.Context) error {
	errs := []error{n.AskAgain(ctx), n.Store.PurgeForeign(ctx)}
	all, err := n.Store.Neighbours(ctx)
	errs = append(errs, err)
	for _, k := range all {
		if !k.VisitDue(n.now(), n.Started) {
			continue
		}
		errs = append(errs, n.Store.AskToVisit(ctx, k.Domain))
	}
	return errors.Join(errs...)
}

// Visit reads a neighbour's card and remembers how that went; where it is due, what is known is compared as well. A domain
// that presents another town counts as not reached.
func (n *Neighbours) Visit(ctx context.Context, domain string) error {
	k, err := n.Store.Neighbour(ctx, domain)
	if err != nil {
		return err
	}
	card, relay, err := n.Cards.ReadCard(ctx, k.Base)
	if err == nil && !k.SameTown(relay.ID, card) {
		err = fmt.Errorf("%s is another town now: %w", domain, ErrNotFound)
	}
	failed, due := err, false
	err = n.change(ctx, domain, func(k *Neighbour) ([]Say, error) {
		if failed != nil {
			k.NotReached(n.now())
			return nil, nil
		}
		// By how things stand now: it may have accepted while its card was read.
		due = k.CompareDue(n.now(), n.Started, k.Reached(card, relay))
		return nil, nil
	})
	if err == nil && n.Visited != nil {
		err = n.Visited(ctx, domain, failed == nil)
	}
	if err != nil || failed != nil {
		return errors.Join(err, failed)
	}
	if due {
		return n.Reconcile(ctx, domain)
	}
	return nil
}
