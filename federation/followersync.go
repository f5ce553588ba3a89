package federation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Followers synchronisation (FEP-8fcf): with what goes to an actor's followers, its server tells
// each other server, in a signed header, a digest of the followers that it knows to live there. A server that
// knows others fetches their list, signed, and mends its own: a following that only one of the two
// knows of is either a privacy hole or a reader who gets nothing.

// syncHeader is the name of that header.
const syncHeader = "Collection-Synchronization"

// MaxPartialFollowers is how many followers on one host are synchronised. Their ids are one
// document, without pages, because Mastodon before 4.4 reads the first page only and ends the other
// followings; ten thousand ids of the common length are within its limit of 1 MiB.
const MaxPartialFollowers = 10_000

// FollowersDigest is the digest over the ids of followers: the SHA-256 of each, combined by XOR,
// so that their order does not matter. The zero value is that of nobody.
type FollowersDigest struct {
	Followers int // how many were added
	sum       [sha256.Size]byte
}

// Add adds a follower, each once.
func (d *FollowersDigest) Add(id IRI) {
	d.Followers++
	for i, b := range sha256.Sum256([]byte(id)) {
		d.sum[i] ^= b
	}
}

// String returns the digest in lower-case hexadecimal.
func (d *FollowersDigest) String() string { return hex.EncodeToString(d.sum[:]) }

// CollectionSync is what the header says.
type CollectionSync struct {
	Collection IRI    // the sender's followers
	URL        IRI    // where the part of them that lives on the receiver's host is listed
	Digest     string // over that part, see FollowersDigest
}

// String writes the header's value.
func (c CollectionSync) String() string {
	return fmt.Sprintf(`collectionId="%s", url="%s", digest="%s"`, c.Collection, c.URL, c.Digest)
}

// parseCollectionSync reads the header's value, which has the form of the parameters of a
// draft-cavage signature. ok is false for whatever is not complete.
func parseCollectionSync(value string) (c CollectionSync, ok bool) {
	if len(value) > maxSignatureHeader {
		return c, false
	}
	seen := map[string]bool{}
	for rest := value; rest != ""; {
		name, after, found := strings.Cut(rest, `="`)
		name = strings.TrimSpace(name)
		text, after, closed := strings.Cut(after, `"`)
		if !found || !closed || seen[name] {
			return c, false
		}
		seen[name] = true
		switch name {
		case "collectionId":
			c.Collection = IRI(text)
		case "url":
			c.URL = IRI(text)
		case "digest":
			c.Digest = strings.ToLower(text)
		}
		rest = strings.TrimSpace(after)
		if rest != "" {
			if rest, found = strings.CutPrefix(rest, ","); !found {
				return c, false
			}
		}
	}
	sum, err := hex.DecodeString(c.Digest)
	return c, err == nil && len(sum) == sha256.Size && validIRI(string(c.Collection)) && validIRI(string(c.URL))
}

// Followings knows whom the actors of this server follow. A server whose actors follow
// nobody has none.
type Followings interface {
	// FollowersOf returns the ids of the local actors who follow a peer's actor.
	FollowersOf(ctx context.Context, peer IRI) ([]IRI, error)
	// AskToSynchronize remembers, durably, that Synchronizer.Synchronize is to be called with these soon.
	// Asking again while that waits changes nothing.
	AskToSynchronize(ctx context.Context, peer, list IRI) error
	// EndFollowing forgets that a local actor follows a peer's actor; nothing is sent.
	EndFollowing(ctx context.Context, local, peer IRI) error
	// DenyFollowing sends the peer's actor an Undo of a Follow by the local actor which nobody here knows of.
	// It does nothing where there is no such local actor.
	DenyFollowing(ctx context.Context, local, peer IRI) error
}

// compareFollowers looks at the header of a verified request and asks for a synchronisation
// where the sender knows other followers than we do. The header counts only if it is signed,
// and about the sender's own followers, listed on the sender's own host; else it is ignored.
func (i *Inbox) compareFollowers(ctx context.Context, r *http.Request, signature *requestSignature, sender *Actor) error {
	values := r.Header[syncHeader]
	if i.config.Followings == nil || len(values) != 1 || !signature.covers(syncHeader) {
		return nil
	}
	sync, ok := parseCollectionSync(values[0])
	if !ok || sender.Followers == "" || sync.Collection != sender.Followers || sync.URL.Origin() != sender.ID.Origin() {
		return nil
	}
	followers, err := i.config.Followings.FollowersOf(ctx, sender.ID)
	if err != nil {
		return fmt.Errorf("looking for the followers of %s: %w", sender.ID, err)
	}
	var digest FollowersDigest
	for _, id := range followers {
		digest.Add(id)
	}
	if digest.String() == sync.Digest {
		return nil
	}
	if err := i.config.Followings.AskToSynchronize(ctx, sender.ID, sync.URL); err != nil {
		return fmt.Errorf("asking to synchronise the followers of %s: %w", sender.ID, err)
	}
	return nil
}

// maxSyncPages is how many pages of a peer's list are read. A list that is longer changes nothing.
const maxSyncPages = 10

// errLongList: a peer's list of followers has more pages or entries than are read.
var errLongList = errors.New("list of followers too long")

// Synchronizer mends followings after a peer told that it knows others than we do.
type Synchronizer struct {
	Fetcher    *Fetcher
	Followings Followings
}

// Synchronize fetches the list of those followers of a peer's actor who live here, and ends
// followings that the list does not have and denies those that nobody here knows. The list must lie on
// the actor's own host. Nothing is changed before it is read to its end.
func (s *Synchronizer) Synchronize(ctx context.Context, peer, list IRI) error {
	if list.Origin() != peer.Origin() {
		return fmt.Errorf("synchronising the followers of %s: %w", peer, forbidden("id_origin"))
	}
	listed, err := s.read(ctx, list)
	if err != nil {
		return fmt.Errorf("synchronising the followers of %s: %w", peer, err)
	}
	known, err := s.Followings.FollowersOf(ctx, peer)
	if err != nil {
		return fmt.Errorf("looking for the followers of %s: %w", peer, err)
	}
	for _, local := range known {
		if !listed[local] {
			if err := s.Followings.EndFollowing(ctx, local, peer); err != nil {
				return fmt.Errorf("ending the following of %s by %s: %w", peer, local, err)
			}
		}
	}
	for local := range listed {
		if !slices.Contains(known, local) {
			if err := s.Followings.DenyFollowing(ctx, local, peer); err != nil {
				return fmt.Errorf("denying the following of %s by %s: %w", peer, local, err)
			}
		}
	}
	return nil
}

// read returns the ids on our host that a list names.
func (s *Synchronizer) read(ctx context.Context, list IRI) (map[IRI]bool, error) {
	host, ours := list.Host(), map[IRI]bool{}
	seen := map[IRI]bool{}
	for next := list; next != ""; {
		if seen[next] || len(seen) == maxSyncPages+1 || len(ours) > MaxPartialFollowers {
			return nil, errLongList
		}
		if seen[next] = true; next.Host() != host {
			return nil, forbidden("id_origin")
		}
		page, err := s.Fetcher.FetchCollection(ctx, next)
		if err != nil {
			return nil, err
		}
		for _, id := range page.Items {
			if id.Host() == s.Fetcher.Authority.Host {
				ours[id] = true
			}
		}
		if next = page.Next; next == "" && len(page.Items) == 0 && len(seen) == 1 {
			next = page.First
		}
	}
	return ours, nil
}
