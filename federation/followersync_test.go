package federation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// The figures are FEP-8fcf's own.
func TestFollowersDigest(t *testing.T) {
	t.Parallel()
	const want = "c33f48cd341ef046a206b8a72ec97af65079f9a3a9b90eef79c5920dce45c61f"
	one, two := IRI("https://testing.example.org/users/1"), IRI("https://testing.example.org/users/2")
	for _, order := range [][]IRI{{one, two}, {two, one}} {
		var d FollowersDigest
		for _, id := range order {
			d.Add(id)
		}
		if d.String() != want || d.Followers != 2 {
			t.Errorf("%v: got %s of %d, want %s of 2", order, d.String(), d.Followers, want)
		}
	}
	if got := (&FollowersDigest{}).String(); got != strings.Repeat("0", 64) {
		t.Errorf("nobody: got %s, want zeros", got)
	}
}

func TestCollectionSyncHeader(t *testing.T) {
	t.Parallel()
	const digest = "c33f48cd341ef046a206b8a72ec97af65079f9a3a9b90eef79c5920dce45c61f"
	want := CollectionSync{Collection: "https://example.org/users/1/followers", URL: "https://example.org/users/1/followers_synchronization", Digest: digest}
	if got, ok := parseCollectionSync(want.String()); !ok || got != want {
		t.Errorf("%s: got %+v, %v, want %+v", want, got, ok, want)
	}
	for _, header := range []string{
		// As Mastodon's tests have it, and without spaces.
		`collectionId="https://example.org/users/1/followers", digest="` + strings.ToUpper(digest) + `", url="https://example.org/users/1/followers_synchronization"`,
		`url="https://example.org/users/1/followers_synchronization",more="x",digest="` + digest + `",collectionId="https://example.org/users/1/followers"`,
	} {
		if got, ok := parseCollectionSync(header); !ok || got != want {
			t.Errorf("%s: got %+v, %v, want %+v", header, got, ok, want)
		}
	}
	good := want.String()
	for _, header := range []string{
		"", "x", `digest="`, strings.Replace(good, digest, "somehash", 1), strings.Replace(good, digest, digest[2:], 1),
		strings.Replace(good, "https://example.org/users/1/followers", "followers", 1), good + `, digest="` + digest + `"`,
		strings.Replace(good, `", `, `" `, 1), good + strings.Repeat(" ", maxSignatureHeader), strings.Replace(good, `url="`, `url=`, 1),
	} {
		if got, ok := parseCollectionSync(header); ok {
			t.Errorf("%s: got %+v, want it refused", header, got)
		}
	}
}

// followings is a server whose actors follow somebody.
type followings struct {
	local []IRI
	asked map[IRI]IRI // list by peer
	ended []IRI
	deny  []IRI
}

func (f *followings) FollowersOf(context.Context, IRI) ([]IRI, error) { return f.local, nil }

func (f *followings) AskToSynchronize(_ context.Context, peer, list IRI) error {
	f.asked[peer] = list
	return nil
}

func (f *followings) EndFollowing(_ context.Context, local, _ IRI) error {
	f.ended = append(f.ended, local)
	return nil
}

func (f *followings) DenyFollowing(_ context.Context, local, _ IRI) error {
	f.deny = append(f.deny, local)
	return nil
}

// A peer that delivers and knows other followers here than we do is asked for its list; a header
// that is not signed, or about another's followers, is nothing.
func TestInboxComparesFollowers(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	p.serveActor("/users/anna", func(a map[string]any) { a["followers"] = p.anna() + "/followers" })
	local := []IRI{townOrigin + "/actors/1", townOrigin + "/actors/2"}
	digest := func(ids ...IRI) string {
		var d FollowersDigest
		for _, id := range ids {
			d.Add(id)
		}
		return d.String()
	}
	followers, list := IRI(p.anna()+"/followers"), IRI(p.anna()+"/followers_synchronization")
	for _, c := range []struct {
		what   string
		header CollectionSync
		want   bool
	}{
		{"the same followers", CollectionSync{followers, list, digest(local...)}, false},
		{"one less", CollectionSync{followers, list, digest(local[0])}, true},
		{"one more", CollectionSync{followers, list, digest(append(local, townOrigin+"/actors/3")...)}, true},
		{"another's followers", CollectionSync{IRI(p.origin + "/users/bert/followers"), list, digest()}, false},
		{"a list elsewhere", CollectionSync{followers, "https://victim.example/list", digest()}, false},
		{"a list in another scheme", CollectionSync{followers, IRI(strings.Replace(string(list), "http:", "https:", 1)), digest()}, false},
	} {
		for _, scheme := range []SignatureScheme{Cavage, RFC9421} {
			f := &followings{local: local, asked: map[IRI]IRI{}}
			town := newTown(t, func(i *InboxConfig, _ *KeysConfig) { i.Followings = f })
			body := p.follow()
			req, err := http.NewRequest(http.MethodPost, townOrigin+"/inbox", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", ActivityType)
			req.Header.Set(syncHeader, c.header.String())
			if err := Sign(req, body, p.signingKey(), scheme, town.now()); err != nil {
				t.Fatal(err)
			}
			r := arrived(req, body)
			town.expect(c.what, r, 202, "")
			if _, got := f.asked[IRI(p.anna())]; got != c.want {
				t.Errorf("%s by %s: asked %v, want %v", c.what, scheme, f.asked, c.want)
			}
			// The same header behind a signature that knows nothing of it.
			clear(f.asked)
			unsigned := p.signed(town.now(), p.follow(), p.signingKey(), scheme)
			unsigned.Header.Set(syncHeader, c.header.String())
			town.expect(c.what+", unsigned", unsigned, 202, "")
			if len(f.asked) > 0 {
				t.Errorf("%s by %s, unsigned: asked %v, want nothing", c.what, scheme, f.asked)
			}
			// And a signed one that was changed on the way.
			r = arrived(req, body)
			r.Header.Set(syncHeader, r.Header.Get(syncHeader)+" ")
			r.Header.Set(syncHeader, strings.Replace(r.Header.Get(syncHeader), `digest="`, `digest="0`, 1))
			town.expect(c.what+", changed", r, 401, "signature_invalid")
		}
	}
}

// The peer's list decides: followings that it does not have end, and those that it has and nobody
// here knows are denied. A list that cannot be read to its end changes nothing.
func TestSynchronize(t *testing.T) {
	t.Parallel()
	actor := func(n int) IRI { return IRI(fmt.Sprintf("%s/actors/%d", townOrigin, n)) }
	for _, c := range []struct {
		what       string
		pages      func(p *peer, list string) []map[string]any // the first is the list itself
		ended, new []IRI
		fails      bool
	}{
		{"one page", func(_ *peer, list string) []map[string]any {
			return []map[string]any{{"id": list, "type": "OrderedCollection", "orderedItems": []IRI{actor(1), actor(9), "https://other.example/users/1"}}}
		}, []IRI{actor(2)}, []IRI{actor(9)}, false},
		{"nobody", func(_ *peer, list string) []map[string]any {
			return []map[string]any{{"id": list, "type": "Collection", "items": []IRI{}}}
		}, []IRI{actor(1), actor(2)}, nil, false},
		{"three pages", func(_ *peer, list string) []map[string]any {
			return []map[string]any{
				{"id": list, "type": "Collection", "first": list + "/1"},
				{"id": list + "/1", "type": "CollectionPage", "items": []IRI{actor(1)}, "next": list + "/2"},
				{"id": list + "/2", "type": "CollectionPage", "items": []IRI{actor(2)}},
			}
		}, nil, nil, false},
		{"a page elsewhere", func(_ *peer, list string) []map[string]any {
			return []map[string]any{{"id": list, "type": "Collection", "items": []IRI{actor(1)}, "next": "https://victim.example/2"}}
		}, nil, nil, true},
		{"a circle", func(_ *peer, list string) []map[string]any {
			return []map[string]any{{"id": list, "type": "Collection", "items": []IRI{actor(1)}, "next": list}}
		}, nil, nil, true},
		{"eleven pages more", func(_ *peer, list string) []map[string]any {
			pages := []map[string]any{{"id": list, "type": "Collection", "items": []IRI{actor(1)}, "next": list + "/1"}}
			for n := 1; n <= maxSyncPages+1; n++ {
				pages = append(pages, map[string]any{
					"id": fmt.Sprintf("%s/%d", list, n), "type": "CollectionPage", "items": []IRI{actor(1)}, "next": fmt.Sprintf("%s/%d", list, n+1),
				})
			}
			return pages
		}, nil, nil, true},
		{"no list", func(*peer, string) []map[string]any { return nil }, nil, nil, true},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			p, f := newPeer(t), &followings{local: []IRI{actor(1), actor(2)}}
			list := p.anna() + "/sync"
			for _, page := range c.pages(p, list) {
				p.serveJSON(strings.TrimPrefix(page["id"].(string), p.origin), page)
			}
			s := &Synchronizer{Fetcher: newTown(t).keys.config.Fetcher, Followings: f}
			err := s.Synchronize(t.Context(), IRI(p.anna()), IRI(list))
			if (err != nil) != c.fails {
				t.Errorf("got %v, want an error: %v", err, c.fails)
			}
			if !slices.Equal(f.ended, c.ended) || !slices.Equal(f.deny, c.new) {
				t.Errorf("got %v ended and %v denied, want %v and %v", f.ended, f.deny, c.ended, c.new)
			}
			if n := p.fetches.Load(); n > maxSyncPages+1 {
				t.Errorf("got %d fetches, want %d at most", n, maxSyncPages+1)
			}
		})
	}
	p, f := newPeer(t), &followings{local: []IRI{actor(1)}}
	s := &Synchronizer{Fetcher: newTown(t).keys.config.Fetcher, Followings: f}
	var refusal *Refusal
	if err := s.Synchronize(t.Context(), IRI(p.anna()), "https://victim.example/list"); !errors.As(err, &refusal) || len(f.ended) > 0 {
		t.Errorf("a list on another host: got %v and %v ended, want it refused", err, f.ended)
	}
	if n := maps.Keys(p.pages); p.fetches.Load() != 0 {
		t.Errorf("got fetches of %v, want none", n)
	}
}
