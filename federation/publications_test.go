package federation

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

const testBase IRI = "https://town.example"

// published is a town with one shop, its actors and documents.
type published struct {
	replies int
	outbox  int
}

func (published) shop() *Actor {
	id := testBase + "/actors/1"
	return &Actor{
		ID: id, Type: "Organization", PreferredUsername: "boulangerie", Name: "Boulangerie",
		URL: testBase + "/@boulangerie", Inbox: id + "/inbox", Outbox: id + "/outbox",
		Followers: id + "/followers", Following: id + "/following", Featured: id + "/featured",
		Icon:      &Image{Type: "Image", URL: testBase + "/media/1.jpg", MediaType: "image/jpeg"},
		Published: testNow,
	}
}

func (p published) LocalActor(_ context.Context, id IRI) (*Actor, error) {
	switch id {
	case testBase + "/actors/1":
		return p.shop(), nil
	case testBase + "/actors/relay":
		return p.ServerActor(context.Background())
	case testBase + "/actors/gone":
		return nil, ErrGone
	case testBase + "/actors/broken":
		return nil, io.ErrUnexpectedEOF
	}
	return nil, ErrNotFound
}

func (p published) LocalActorByHandle(_ context.Context, handle string) (*Actor, error) {
	switch strings.ToLower(handle) {
	case "boulangerie":
		return p.shop(), nil
	case "relay":
		return p.ServerActor(context.Background())
	case "gone":
		return nil, ErrGone
	}
	return nil, ErrNotFound
}

func (published) ServerActor(context.Context) (*Actor, error) {
	return &Actor{ID: testBase + "/actors/relay", Type: "Application", PreferredUsername: "relay", WebFinger: "relay@town.example"}, nil
}

func (published) SigningKeys(context.Context, IRI) (*SigningKeys, error) { return nil, ErrNotFound }

func (p published) note(id IRI) *Object {
	return &Object{
		ID: id, Type: "Note", AttributedTo: testBase + "/actors/1", URL: testBase + "/@boulangerie/1",
		Content: "<p>Pain</p>", Published: testNow, To: []IRI{Public},
		Likes: &Collection{ID: id + "/likes", TotalItems: 3}, Shares: &Collection{ID: id + "/shares", TotalItems: 2},
	}
}

func (p published) Object(_ context.Context, id IRI) (*Object, error) {
	switch id {
	case testBase + "/posts/1", testBase + "/posts/2":
		return p.note(id), nil
	case testBase + "/posts/gone":
		return nil, ErrGone
	}
	return nil, ErrNotFound // "/posts/private" as well
}

func (published) Activity(_ context.Context, id IRI) ([]byte, error) {
	if id == testBase+"/activities/1" {
		return []byte(`{"id":"https://town.example/activities/1","type":"Create"}`), nil
	}
	return nil, ErrNotFound
}

func (p published) Outbox(_ context.Context, _ IRI, before string, limit int) ([]OutboxItem, int, error) {
	from := p.outbox
	if before != "" {
		if _, err := fmt.Sscanf(before, "c%d", &from); err != nil {
			return nil, 0, ErrNotFound
		}
	}
	var page []OutboxItem
	for i := from; i > 0 && len(page) < limit; i-- {
		page = append(page, OutboxItem{Cursor: fmt.Sprintf("c%d", i-1), JSON: fmt.Appendf(nil, `{"id":%d}`, i)})
	}
	return page, p.outbox, nil
}

func (p published) Featured(context.Context, IRI) ([]*Object, error) {
	return []*Object{p.note(testBase + "/posts/1")}, nil
}

func (p published) Replies(context.Context, IRI) ([]IRI, error) {
	var replies []IRI
	for i := range p.replies {
		replies = append(replies, IRI(fmt.Sprintf("https://peer.example/notes/%d", i)))
	}
	return replies, nil
}

func (p published) Conversation(_ context.Context, object IRI) (*Conversation, error) {
	c := &Conversation{ID: testBase + "/posts/1/context", Owner: testBase + "/actors/1", Items: []IRI{testBase + "/posts/1"}}
	for i := range p.replies {
		c.Items = append(c.Items, IRI(fmt.Sprintf("https://peer.example/notes/%d", i)))
	}
	return c, nil
}

func (published) CountFollowers(context.Context, IRI) (int, error) { return 1234, nil }
func (published) FollowersAt(_ context.Context, actor IRI, host string) ([]IRI, error) {
	if actor != testBase+"/actors/1" {
		return nil, ErrNotFound
	}
	return []IRI{IRI("http://" + host + "/users/anna"), IRI("http://" + host + "/users/bert"), IRI("https://" + host + "/users/other-origin")}, nil
}
func (published) CountFollowing(context.Context, IRI) (int, error) { return 2, nil }

func (published) ServerInfo(context.Context) (*ServerInfo, error) {
	return &ServerInfo{
		SoftwareVersion: "1.2.3", Name: "Bourg", Description: "Le village", Users: 5, ActiveMonth: 4, ActiveHalfyear: 5,
		LocalPosts: 99, Metadata: map[string]any{"bourg": map[string]any{"protocol": 1}},
	}, nil
}

// town routes as cmd/bourg does.
func (p published) town() http.Handler {
	log := slog.New(slog.DiscardHandler)
	docs := &Publications{Base: testBase, Actors: p, Documents: p, Log: log,
		ErrorPage: func(w http.ResponseWriter, _ *http.Request, status int) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(status)
		}}
	info := &NodeInfo{Base: testBase, Software: "bourg", Actors: p, Documents: p, Log: log}
	mux := http.NewServeMux()
	for path, handler := range map[string]http.HandlerFunc{
		"/actors/{id}": docs.Actor, "/posts/{id}": docs.Object, "/activities/{id}": docs.Activity,
		"/actors/{id}/outbox": docs.Outbox, "/actors/{id}/followers": docs.Followers, "/actors/{id}/following": docs.Following,
		"/actors/{id}/featured": docs.Featured, "/posts/{id}/replies": docs.Replies, "/posts/{id}/context": docs.Conversation, "/posts/{id}/likes": docs.Likes,
		"/posts/{id}/shares": docs.Shares, "/.well-known/nodeinfo": info.Links, "/nodeinfo/{version}": info.Document,
		"/.well-known/host-meta": HostMeta{testBase}.ServeHTTP, "/.well-known/host-meta.json": HostMeta{testBase}.ServeHTTP,
		"/.well-known/webfinger": (&WebFinger{Base: testBase, Domain: "town.example", Actors: p, Log: log}).ServeHTTP,
	} {
		mux.HandleFunc(path, handler)
	}
	return mux
}

// ask makes a request for ActivityStreams and returns the answer with its JSON.
func ask(t *testing.T, h http.Handler, method, path string, header ...string) (*httptest.ResponseRecorder, map[string]any) {
	t.Helper()
	r := httptest.NewRequest(method, string(testBase)+path, nil)
	r.Header.Set("Accept", ActivityType)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var body map[string]any
	if strings.Contains(w.Header().Get("Content-Type"), "json") && w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
			t.Fatalf("%s %s: %v in %s", method, path, err, w.Body)
		}
	}
	return w, body
}

func TestWantsActivity(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		accept string
		want   bool
	}{
		// The three of Mastodon's.
		{"application/activity+json, application/ld+json", true},
		{LDType + ", application/activity+json", true},
		{LDType + ", application/activity+json, text/html;q=0.1", true},
		{"application/activity+json", true},
		{"application/ld+json", true},
		{LDType, true},
		{"Application/Activity+JSON; charset=utf-8", true},
		{"text/html;q=0.5, application/activity+json;q=0.9", true},
		{"application/activity+json, text/html", true},
		{"*/*, application/activity+json", true},
		{"text/html, application/activity+json", false},
		{"text/html, application/activity+json;q=0.9", false},
		{"application/activity+json;q=0", false},
		{"application/activity+json;q=0.1, text/html;q=0.2", false},
		{"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8", false},
		{"application/json", false},
		{"*/*", false},
		{"", false},
		{"application/*", false},
		{";;,,/", false},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept", c.accept)
		if got := WantsActivity(r); got != c.want {
			t.Errorf("%q: got %v, want %v", c.accept, got, c.want)
		}
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.Header["Accept"] = []string{"text/html;q=0.5", "application/activity+json"}
	if !WantsActivity(r) {
		t.Error("two headers: got the page, want the document")
	}
}

func TestPublications(t *testing.T) {
	t.Parallel()
	town := published{replies: 3, outbox: 3}.town()
	for _, c := range []struct {
		path string
		want map[string]any
	}{
		{"/actors/1", map[string]any{"id": "https://town.example/actors/1", "type": "Organization", "preferredUsername": "boulangerie"}},
		{"/actors/1?utm=x", map[string]any{"id": "https://town.example/actors/1"}},
		{"/posts/1", map[string]any{"id": "https://town.example/posts/1", "type": "Note", "content": "<p>Pain</p>"}},
		{"/activities/1", map[string]any{"type": "Create"}},
		{"/actors/1/outbox", map[string]any{"id": "https://town.example/actors/1/outbox", "type": "OrderedCollection", "totalItems": 3.0, "first": "https://town.example/actors/1/outbox?page=true"}},
		{"/actors/1/followers", map[string]any{"id": "https://town.example/actors/1/followers", "type": "OrderedCollection", "totalItems": 1234.0}},
		{"/actors/1/following", map[string]any{"type": "OrderedCollection", "totalItems": 2.0}},
		{"/actors/1/featured", map[string]any{"type": "OrderedCollection", "totalItems": 1.0}},
		{"/posts/1/replies", map[string]any{"type": "Collection", "totalItems": 3.0}},
		{"/posts/1/context", map[string]any{
			"id": "https://town.example/posts/1/context", "type": "OrderedCollection", "totalItems": 4.0,
			"attributedTo": "https://town.example/actors/1",
		}},
		{"/posts/1/likes", map[string]any{"id": "https://town.example/posts/1/likes", "type": "Collection", "totalItems": 3.0}},
		{"/posts/1/shares", map[string]any{"type": "Collection", "totalItems": 2.0}},
	} {
		w, body := ask(t, town, "GET", c.path)
		if w.Code != 200 {
			t.Errorf("%s: got %d, want 200: %s", c.path, w.Code, w.Body)
			continue
		}
		for key, want := range c.want {
			if body[key] != want {
				t.Errorf("%s: %s: got %v, want %v", c.path, key, body[key], want)
			}
		}
		if body["@context"] == nil && c.path != "/activities/1" {
			t.Errorf("%s: got no @context", c.path)
		}
		for name, want := range map[string]string{
			"Content-Type": "application/activity+json; charset=utf-8", "Access-Control-Allow-Origin": "*", "Cache-Control": "public, no-cache",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %s: got %q, want %q", c.path, name, got, want)
			}
		}
		head, _ := ask(t, town, "HEAD", c.path)
		if head.Code != 200 || head.Body.Len() != 0 || head.Header().Get("Content-Length") != w.Header().Get("Content-Length") {
			t.Errorf("HEAD %s: got %d with %d bytes and %v, want the headers of GET", c.path, head.Code, head.Body.Len(), head.Header())
		}
		again, _ := ask(t, town, "GET", c.path, "If-None-Match", w.Header().Get("ETag"))
		if again.Code != http.StatusNotModified {
			t.Errorf("%s again: got %d, want 304", c.path, again.Code)
		}
		if other, _ := ask(t, town, "PUT", c.path); other.Code != http.StatusMethodNotAllowed {
			t.Errorf("PUT %s: got %d, want 405", c.path, other.Code)
		}
	}
}

func TestPublicationsForPeople(t *testing.T) {
	t.Parallel()
	town := published{}.town()
	for path, want := range map[string]string{
		"/actors/1": "https://town.example/@boulangerie", "/posts/1": "https://town.example/@boulangerie/1",
		"/actors/gone": "410", "/posts/gone": "410", "/actors/none": "404", "/posts/private": "404", "/actors/broken": "500",
	} {
		for _, accept := range []string{"text/html,*/*;q=0.8", "*/*", "application/json"} {
			w, _ := ask(t, town, "GET", path, "Accept", accept)
			got := w.Header().Get("Location")
			if w.Code != http.StatusSeeOther {
				got = fmt.Sprint(w.Code)
			}
			if got != want {
				t.Errorf("%s as %s: got %s, want %s", path, accept, got, want)
			}
			if w.Header().Get("Vary") != "Accept" {
				t.Errorf("%s: got Vary %q, want Accept", path, w.Header().Get("Vary"))
			}
		}
	}
	if w, _ := ask(t, town, "GET", "/actors/1"); w.Header().Get("Vary") != "Accept" {
		t.Errorf("document: got Vary %q, want Accept", w.Header().Get("Vary"))
	}
}

func TestOutboxPages(t *testing.T) {
	t.Parallel()
	town := published{outbox: 45}.town()
	path, got, pages := "/actors/1/outbox?page=true", 0, 0
	for path != "" {
		_, body := ask(t, town, "GET", path)
		items, _ := body["orderedItems"].([]any)
		for _, item := range items {
			if id := item.(map[string]any)["id"]; id != float64(45-got) {
				t.Errorf("item %d: got %v, want %d: newest first", got, id, 45-got)
			}
			got++
		}
		if body["type"] != "OrderedCollectionPage" || body["partOf"] != "https://town.example/actors/1/outbox" || body["id"] != string(testBase)+path {
			t.Errorf("page %s: got %v", path, body)
		}
		next, _ := body["next"].(string)
		path = strings.TrimPrefix(next, string(testBase))
		pages++
	}
	if got != 45 || pages != 3 {
		t.Errorf("got %d activities on %d pages, want 45 on 3", got, pages)
	}
	_, empty := ask(t, published{}.town(), "GET", "/actors/1/outbox?page=true")
	if items, ok := empty["orderedItems"].([]any); !ok || len(items) != 0 {
		t.Errorf("empty outbox: got %v, want an empty list", empty["orderedItems"])
	}
	for _, bad := range []string{"?page=true&before=nonsense", "?page=true&before=" + strings.Repeat("a", 101)} {
		if w, _ := ask(t, town, "GET", "/actors/1/outbox"+bad); w.Code != 404 {
			t.Errorf("%s: got %d, want 404", bad, w.Code)
		}
	}
}

func TestRepliesPages(t *testing.T) {
	t.Parallel()
	for _, total := range []int{0, 1, 100, 101, 250} {
		town := published{replies: total}.town()
		_, head := ask(t, town, "GET", "/posts/1/replies")
		page, _ := head["first"].(map[string]any)
		got := 0
		for page != nil {
			items, _ := page["items"].([]any)
			for _, item := range items {
				if want := fmt.Sprintf("https://peer.example/notes/%d", got); item != want {
					t.Errorf("%d replies: got %v, want %s", total, item, want)
				}
				got++
			}
			next, _ := page["next"].(string)
			if page = nil; next != "" {
				_, page = ask(t, town, "GET", strings.TrimPrefix(next, string(testBase)))
			}
		}
		if got != total {
			t.Errorf("got %d replies, want %d", got, total)
		}
		for _, bad := range []string{"0", "-1", "x", "99", "99999999999999999999"} {
			if w, _ := ask(t, town, "GET", "/posts/1/replies?page="+bad); w.Code != 404 {
				t.Errorf("page %s: got %d, want 404", bad, w.Code)
			}
		}
	}
}

// A conversation begins with the object itself and names everything in its order, over as many
// pages as it takes.
func TestConversationPages(t *testing.T) {
	t.Parallel()
	for _, total := range []int{0, 1, 99, 100, 250} {
		town := published{replies: total}.town()
		_, head := ask(t, town, "GET", "/posts/1/context")
		page, _ := head["first"].(map[string]any)
		var got []any
		for page != nil {
			if page["type"] != "OrderedCollectionPage" || page["partOf"] != head["id"] {
				t.Errorf("%d replies: got a page %v of %v", total, page["type"], page["partOf"])
			}
			items, _ := page["orderedItems"].([]any)
			got = append(got, items...)
			next, _ := page["next"].(string)
			if page = nil; next != "" {
				_, page = ask(t, town, "GET", strings.TrimPrefix(next, string(testBase)))
			}
		}
		if len(got) != total+1 || got[0] != string(testBase)+"/posts/1" || head["totalItems"] != float64(total+1) {
			t.Errorf("%d replies: got %d items of %v, want the post and the replies", total, len(got), head["totalItems"])
		}
		if w, _ := ask(t, town, "GET", "/posts/1/context?page=99"); w.Code != 404 {
			t.Errorf("page 99: got %d, want 404", w.Code)
		}
	}
	// An answer says where its conversation is.
	if _, body := ask(t, published{}.town(), "GET", "/posts/2/context"); body["id"] != string(testBase)+"/posts/1/context" {
		t.Errorf("got id %v, want that of the conversation", body["id"])
	}
	if w, _ := ask(t, published{}.town(), "GET", "/posts/private/context"); w.Code != 404 {
		t.Errorf("a private post's: got %d, want 404", w.Code)
	}
}

func TestWebFinger(t *testing.T) {
	t.Parallel()
	town := published{}.town()
	for _, c := range []struct {
		query   string
		subject string
	}{
		{"resource=acct:boulangerie@town.example", "acct:boulangerie@town.example"},
		{"resource=acct%3Aboulangerie%40town.example", "acct:boulangerie@town.example"},
		{"resource=boulangerie@town.example", "acct:boulangerie@town.example"},
		{"resource=@boulangerie@town.example", "acct:boulangerie@town.example"},
		{"resource=ACCT:Boulangerie@TOWN.example", "acct:boulangerie@town.example"},
		{"resource=https://town.example/actors/1", "acct:boulangerie@town.example"},
		{"resource=https%3A%2F%2Ftown.example%2Factors%2F1", "acct:boulangerie@town.example"},
		{"resource=https://town.example/@boulangerie&rel=self", "acct:boulangerie@town.example"},
		{"resource=https://town.example", "acct:relay@town.example"},
		{"resource=https://town.example/", "acct:relay@town.example"},
		{"resource=town.example", "acct:relay@town.example"},
		{"resource=acct:town.example@town.example", "acct:relay@town.example"},
		{"resource=Town.Example", "acct:relay@town.example"},
		{"resource=HTTPS://TOWN.example:443", "acct:relay@town.example"},
		{"resource=http://town.example/", "acct:relay@town.example"},
		{"resource=acct:relay@town.example", "acct:relay@town.example"},
		{"resource=https://town.example/actors/relay", "acct:relay@town.example"},
		{"resource=https://town.example/@boulangerie/", "acct:boulangerie@town.example"},
		{"resource=https://town.example/@Boulangerie", "acct:boulangerie@town.example"},
		{"resource=https://Town.example/%40boulangerie", "acct:boulangerie@town.example"},
		{"resource=https://town.example/@boulangerie%3Futm_source%3Dx%23top", "acct:boulangerie@town.example"},
		{"resource=https://town.example/actors/1/%3Fa%3Db", "acct:boulangerie@town.example"},
	} {
		w, body := ask(t, town, "GET", "/.well-known/webfinger?"+c.query)
		if w.Code != 200 || body["subject"] != c.subject {
			t.Errorf("%s: got %d and %v, want 200 and %s", c.query, w.Code, body["subject"], c.subject)
		}
		if got := w.Header().Get("Content-Type"); !strings.HasPrefix(got, "application/jrd+json") {
			t.Errorf("%s: got %s, want application/jrd+json", c.query, got)
		}
		if got := w.Header().Get("Access-Control-Allow-Origin"); got != "*" {
			t.Errorf("%s: CORS: got %q, want *", c.query, got)
		}
	}
	_, body := ask(t, town, "GET", "/.well-known/webfinger?resource=acct:boulangerie@town.example")
	got, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"aliases":["https://town.example/@boulangerie","https://town.example/actors/1"],"links":[` +
		`{"href":"https://town.example/@boulangerie","rel":"http://webfinger.net/rel/profile-page","type":"text/html"},` +
		`{"href":"https://town.example/actors/1","rel":"self","type":"application/activity+json"},` +
		`{"href":"https://town.example/media/1.jpg","rel":"http://webfinger.net/rel/avatar","type":"image/jpeg"}],` +
		`"subject":"acct:boulangerie@town.example"}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestHostMeta(t *testing.T) {
	t.Parallel()
	town := published{}.town()
	const want = "https://town.example/.well-known/webfinger?resource={uri}"
	w, _ := ask(t, town, "GET", "/.well-known/host-meta")
	var meta hostMeta
	if err := xml.Unmarshal(w.Body.Bytes(), &meta); err != nil || len(meta.Links) != 1 || meta.Links[0].Rel != "lrdd" || meta.Links[0].Template != want {
		t.Errorf("XRD: got %s and error %v, want the template %s", w.Body, err, want)
	}
	if _, body := ask(t, town, "GET", "/.well-known/host-meta.json"); fmt.Sprint(body["links"]) != "[map[rel:lrdd template:"+want+" type:application/jrd+json]]" {
		t.Errorf("JSON: got %v, want the template %s", body["links"], want)
	}
}

func TestNodeInfo(t *testing.T) {
	t.Parallel()
	town := published{}.town()
	_, links := ask(t, town, "GET", "/.well-known/nodeinfo")
	found := map[string]string{}
	for _, l := range links["links"].([]any) {
		link := l.(map[string]any)
		found[link["rel"].(string)] = link["href"].(string)
	}
	for rel, want := range map[string]string{
		"http://nodeinfo.diaspora.software/ns/schema/2.1": "https://town.example/nodeinfo/2.1",
		"http://nodeinfo.diaspora.software/ns/schema/2.0": "https://town.example/nodeinfo/2.0",
		relApplication: "https://town.example/actors/relay",
	} {
		if found[rel] != want {
			t.Errorf("%s: got %q, want %q", rel, found[rel], want)
		}
	}
	for _, version := range []string{"2.0", "2.1"} {
		w, got := ask(t, town, "GET", "/nodeinfo/"+version)
		want := `map[metadata:map[bourg:map[protocol:1] nodeDescription:Le village nodeName:Bourg] openRegistrations:false ` +
			`protocols:[activitypub] services:map[inbound:[] outbound:[]] software:map[name:bourg version:1.2.3] ` +
			`usage:map[localPosts:99 users:map[activeHalfyear:5 activeMonth:4 total:5]] version:` + version + `]`
		if w.Code != 200 || fmt.Sprint(got) != want {
			t.Errorf("%s: got %d %v, want %s", version, w.Code, got, want)
		}
	}
	if w, _ := ask(t, town, "GET", "/nodeinfo/3.0"); w.Code != 404 {
		t.Errorf("unknown version: got %d, want 404", w.Code)
	}
}

// testBadQuestions are rows W4 to W7: what strangers ask.
func testBadQuestions(t *testing.T) {
	town := published{replies: 3, outbox: 3}.town()
	t.Run("W4", func(t *testing.T) {
		t.Parallel()
		for query, want := range map[string]int{
			"": 400, "resource=": 400, "resource=acct:": 400, "resource=nonsense": 400, "resource=a@b@c": 400,
			"resource=a&resource=b": 400, "resource=%zz": 400, "resource=acct:a@town.example/x": 400,
			"resource=acct:a b@town.example": 400, "resource=" + strings.Repeat("a", 10<<10): 400,
			"resource=acct:" + strings.Repeat("a", 300) + "@town.example": 400, "resource=acct:\u00e9@town.example": 400,
			"resource=mailto:boulangerie@town.example":     400,
			"resource=boulangerie@gmail.example":           404,
			"resource=acct:boulangerie@other.example":      404,
			"resource=acct:boulangerie@town.example.":      404,
			"resource=acct:nobody@town.example":            404,
			"resource=https://other.example/actors/1":      404,
			"resource=https://town.example/@bad/../handle": 404,
			"resource=https://town.example/posts/1":        404,
			"resource=https://town.example/@boulangerie/1": 404,
			"resource=https://town.example:8443/":          404,
			"resource=https://x@town.example/":             400,
			"resource=https:town.example":                  400,
			"resource=https://town.example.evil.example/":  404,
			"resource=acct:gone@town.example":              410,
		} {
			w, _ := ask(t, town, "GET", "/.well-known/webfinger?"+strings.ReplaceAll(query, " ", "%20"))
			if w.Code != want {
				t.Errorf("%.60q: got %d, want %d", query, w.Code, want)
			}
			code := map[int]string{400: "bad_resource", 404: "not_found", 410: "gone"}[want]
			if got := w.Body.String(); got != `{"error":"`+code+`"}` {
				t.Errorf("%.60q: got body %s, want only %s", query, got, code)
			}
		}
	})
	t.Run("W5", func(t *testing.T) {
		t.Parallel()
		for _, path := range []string{"/actors/1/followers", "/actors/1/following"} {
			_, body := ask(t, town, "GET", path, "Signature", `keyId="https://stranger.example/#k",signature="x"`)
			first, _ := body["first"].(map[string]any)
			if items, ok := first["orderedItems"].([]any); !ok || len(items) != 0 || body["orderedItems"] != nil {
				t.Errorf("%s: got %v, want a first page without names", path, body)
			}
			for _, page := range []string{"?page=1", "?page=true", "?page="} {
				if w, _ := ask(t, town, "GET", path+page); w.Code != 404 {
					t.Errorf("%s%s: got %d, want 404", path, page, w.Code)
				}
			}
		}
	})
	t.Run("W6", func(t *testing.T) {
		t.Parallel()
		for _, suffix := range []string{"", "/replies", "/context", "/likes", "/shares"} {
			private, _ := ask(t, town, "GET", "/posts/private"+suffix)
			unknown, _ := ask(t, town, "GET", "/posts/unknown"+suffix)
			if private.Code != 404 || private.Body.String() != unknown.Body.String() || fmt.Sprint(private.Header()) != fmt.Sprint(unknown.Header()) {
				t.Errorf("%s: got %d %v %s and %v %s, want the same 404", suffix, private.Code, private.Header(), private.Body, unknown.Header(), unknown.Body)
			}
		}
		for path, id := range map[string]string{"/posts/gone": "/posts/gone", "/posts/gone/likes": "/posts/gone", "/actors/gone": "/actors/gone", "/actors/gone/outbox": "/actors/gone"} {
			w, body := ask(t, town, "GET", path)
			if w.Code != 410 || body["type"] != "Tombstone" || body["id"] != string(testBase)+id {
				t.Errorf("%s: got %d %v, want 410 and a Tombstone of %s", path, w.Code, body, id)
			}
		}
		for _, path := range []string{"/actors/none", "/actors/none/outbox", "/actors/none/followers", "/actors/none/featured", "/activities/none"} {
			if w, _ := ask(t, town, "GET", path); w.Code != 404 {
				t.Errorf("%s: got %d, want 404", path, w.Code)
			}
		}
		if w, _ := ask(t, town, "GET", "/actors/broken"); w.Code != 500 || w.Body.String() != `{"error":"internal"}` {
			t.Errorf("a fault of our own: got %d %s", w.Code, w.Body)
		}
	})
	t.Run("W7", func(t *testing.T) {
		t.Parallel()
		for _, path := range []string{"/posts/private", "/posts/gone", "/posts/1", "/actors/1"} {
			plain, _ := ask(t, town, "GET", path)
			for _, header := range [][]string{
				{"Accept-Language", "en"}, {"Accept-Language", "zz, *;q=0.1"}, {"Cookie", "session=1"}, {"Accept", LDType},
				{"Origin", "https://evil.example"}, {"If-Modified-Since", time.Now().UTC().Format(http.TimeFormat)},
			} {
				w, _ := ask(t, town, "GET", path, header...)
				if w.Code != plain.Code || w.Body.String() != plain.Body.String() || fmt.Sprint(w.Header()) != fmt.Sprint(plain.Header()) {
					t.Errorf("%s with %v: got %d %s, want %d %s", path, header, w.Code, w.Body, plain.Code, plain.Body)
				}
				head, _ := ask(t, town, "HEAD", path, header...)
				if head.Code != plain.Code {
					t.Errorf("HEAD %s with %v: got %d, want %d", path, header, head.Code, plain.Code)
				}
			}
		}
	})
}

func FuzzWebFingerResource(f *testing.F) {
	for _, s := range []string{"acct:boulangerie@town.example", "https://town.example/@boulangerie", "a@b@c", "@", "acct:", "https://town.example"} {
		f.Add(s)
	}
	finger := &WebFinger{Base: testBase, Domain: "town.example", Actors: published{}, Log: slog.New(slog.DiscardHandler)}
	f.Fuzz(func(t *testing.T, resource string) {
		r := httptest.NewRequest("GET", "/.well-known/webfinger", nil)
		r.URL.RawQuery = "resource=" + url.QueryEscape(resource)
		w := httptest.NewRecorder()
		finger.ServeHTTP(w, r)
		switch w.Code {
		case 200, 400, 404, 410:
		default:
			t.Errorf("%q: got %d", resource, w.Code)
		}
	})
}
