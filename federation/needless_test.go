package federation

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// testNeedlessFetches holds what one activity of a peer can make this server fetch.
func testNeedlessFetches(t *testing.T) {
	t.Run("D5", func(t *testing.T) { // mentions, replies and contexts on other hosts (CVE-2022-46405)
		town, p, other := newTown(t), newPeer(t), newPeer(t)
		tags := make([]any, MaxTags)
		for n := range tags {
			tags[n] = map[string]any{"type": "Mention", "href": fmt.Sprintf("%s/users/u%d", other.origin, n), "name": fmt.Sprintf("@u%d", n)}
		}
		note := map[string]any{
			"id": p.origin + "/notes/1", "type": "Note", "attributedTo": p.anna(), "tag": tags, "to": []any{Public, other.origin + "/users/u1/followers"},
			"inReplyTo": other.origin + "/notes/1", "context": other.origin + "/contexts/1", "replies": other.origin + "/notes/1/replies",
			"attachment": []any{map[string]any{"type": "Image", "url": other.origin + "/1.jpg"}}, "url": other.origin + "/@anna/1",
			"quoteUrl": other.origin + "/notes/2", "icon": map[string]any{"type": "Image", "url": other.origin + "/2.jpg"},
		}
		town.expect("Create", p.post(town.now(), p.activity("Create", note, map[string]any{"@context": []string{other.origin + "/context.jsonld"}})), 202, "")
		for _, kind := range []string{"Announce", "Like", "Follow"} {
			town.expect(kind, p.post(town.now(), p.activity(kind, other.origin+"/notes/3")), 202, "")
		}
		if n := other.fetches.Load(); n != 0 {
			t.Errorf("got %d fetches from a host that was only named, want none", n)
		}
		if n := p.fetches.Load(); n != 1 {
			t.Errorf("got %d fetches from the sender's host, want 1 for its key", n)
		}
	})
	t.Run("D6", func(t *testing.T) { // links have no previews
		town, p, other := newTown(t), newPeer(t), newPeer(t)
		note := map[string]any{
			"id": p.origin + "/notes/1", "type": "Note", "attributedTo": p.anna(), "to": Public,
			"content": "<p>" + strings.Repeat(`<a href="`+other.origin+`/page">page</a> `, 200) + "</p>",
		}
		town.expect("Create", p.post(town.now(), p.activity("Create", note)), 202, "")
		if n := other.fetches.Load(); n != 0 {
			t.Errorf("got %d fetches of what is linked, want none", n)
		}
	})
	t.Run("D5 budget", func(t *testing.T) { // a key behind redirects and a document of its own
		town, p := newTown(t), newPeer(t)
		for n := range 3 {
			p.handle(fmt.Sprintf("/hop%d", n), func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, fmt.Sprintf("%s/hop%d", p.origin, n+1), http.StatusFound)
			})
		}
		p.serveJSON("/hop3", map[string]any{"id": p.origin + "/hop0", "owner": p.anna(), "publicKeyPem": "x"})
		if _, err := town.keys.lookup(t.Context(), IRI(p.origin+"/hop0"), "192.0.2.1", NewBudget(FetchesPerActivity)); codeOf(t, err) != "key_unusable" {
			t.Errorf("got %v, want key_unusable", err)
		}
		if n := p.fetches.Load(); n != FetchesPerActivity {
			t.Errorf("got %d requests for a key, want %d and no more", n, FetchesPerActivity)
		}
	})
	t.Run("D5 rest", func(t *testing.T) { // what the key has cost is missing from what the application may fetch
		town, p := newTown(t), newPeer(t)
		p.serveJSON("/notes/1", map[string]any{"id": p.origin + "/notes/1", "type": "Note", "attributedTo": p.anna()})
		for n, want := range []int{FetchesPerActivity - 1, FetchesPerActivity} { // the second time the key is known
			town.expect("Like", p.post(town.now(), p.activity("Like", fmt.Sprintf("%s/posts/%d", townOrigin, n))), 202, "")
			in := town.received()[n]
			if got := in.Budget.Left(); got != want {
				t.Fatalf("activity %d: got a budget of %d, want %d", n, got, want)
			}
			fetcher := town.keys.config.Fetcher.Within(in.Budget)
			before, made := p.fetches.Load(), 0
			for ; made < 100; made++ {
				if _, err := fetcher.FetchObject(t.Context(), IRI(p.origin+"/notes/1")); errors.Is(err, ErrBudget) {
					break
				} else if err != nil {
					t.Fatal(err)
				}
			}
			if got := int(p.fetches.Load() - before); made != want || got != want {
				t.Errorf("activity %d: got %d fetches, which were %d requests, want %d", n, made, got, want)
			}
			if got := in.Budget.Left(); got != 0 {
				t.Errorf("activity %d: got a budget of %d at the end, want 0", n, got)
			}
		}
	})
	t.Run("J16", func(t *testing.T) { // collections without end, and the pages of one that was not asked for
		for name, c := range map[string]struct {
			pages func(origin string, n int) (next string, items []string) // of page n
			items int
			most  int64 // pages that are read
		}{
			"to itself": {func(origin string, _ int) (string, []string) { return origin + "/page?n=0", []string{origin + "/a"} }, 1, 1},
			"a cycle of three": {func(origin string, n int) (string, []string) {
				return fmt.Sprintf("%s/page?n=%d", origin, (n+1)%3), []string{fmt.Sprintf("%s/%d", origin, n)}
			}, 3, 3},
			"a million empty pages": {func(origin string, n int) (string, []string) {
				return fmt.Sprintf("%s/page?n=%d", origin, n+1), nil
			}, 0, 10},
			"pages of 300": {func(origin string, n int) (string, []string) {
				items := make([]string, 300)
				for i := range items {
					items[i] = fmt.Sprintf("%s/%d/%d", origin, n, i)
				}
				return fmt.Sprintf("%s/page?n=%d", origin, n+1), items
			}, 1000, 4},
			"to another host": {func(origin string, _ int) (string, []string) {
				return "http://127.0.0.99:1/page", []string{origin + "/a", origin + "/a"}
			}, 1, 1},
		} {
			town, p := newTown(t), newPeer(t)
			p.handle("/page", func(w http.ResponseWriter, r *http.Request) {
				n, _ := strconv.Atoi(r.URL.Query().Get("n"))
				next, items := c.pages(p.origin, n)
				w.Header().Set("Content-Type", ActivityType)
				_ = json.NewEncoder(w).Encode(map[string]any{
					"id": fmt.Sprintf("%s/page?n=%d", p.origin, n), "type": "CollectionPage", "next": next, "items": items,
				})
			})
			items, err := town.keys.config.Fetcher.Collect(t.Context(), IRI(p.origin+"/page?n=0"))
			if err != nil || len(items) != c.items {
				t.Errorf("%s: got %d items, %v, want %d", name, len(items), err, c.items)
			}
			if got := p.fetches.Load(); got != c.most {
				t.Errorf("%s: got %d pages, want %d", name, got, c.most)
			}
		}
	})
	t.Run("J16 in a budget", func(t *testing.T) {
		town, p := newTown(t), newPeer(t)
		p.serveJSON("/replies", map[string]any{"id": p.origin + "/replies", "type": "Collection", "first": p.origin + "/first"})
		p.serveJSON("/first", map[string]any{"id": p.origin + "/first", "type": "CollectionPage", "items": []string{p.origin + "/1"}, "next": p.origin + "/second"})
		p.serveJSON("/second", map[string]any{"id": p.origin + "/second", "type": "CollectionPage", "items": []string{p.origin + "/2"}})
		items, err := town.keys.config.Fetcher.Within(NewBudget(2)).Collect(t.Context(), IRI(p.origin+"/replies"))
		if !errors.Is(err, ErrBudget) || len(items) != 1 {
			t.Errorf("got %v, %v, want the one item of the first page and ErrBudget", items, err)
		}
		items, err = town.keys.config.Fetcher.Collect(t.Context(), IRI(p.origin+"/replies"))
		if err != nil || len(items) != 2 {
			t.Errorf("without a budget: got %v, %v, want two items", items, err)
		}
	})
}
