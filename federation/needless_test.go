package federation

import (
	"fmt"
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
	t.Run("J16", func(t *testing.T) { // a collection without end: one page at a time is read, and none that was not asked for
		town, p := newTown(t), newPeer(t)
		outbox := p.origin + "/outbox"
		p.serveJSON("/outbox", map[string]any{"id": outbox, "type": "OrderedCollection", "first": outbox, "next": outbox, "totalItems": 1_000_000})
		page, err := town.keys.config.Fetcher.FetchCollection(t.Context(), IRI(outbox))
		if err != nil || len(page.Items) != 0 {
			t.Errorf("got %+v, %v, want a page without items", page, err)
		}
		if n := p.fetches.Load(); n != 1 {
			t.Errorf("got %d fetches, want 1", n)
		}
	})
}
