// Package conformance looks at an ActivityPub server from outside, as Mastodon does, and says what Mastodon's users
// would notice. It knows nothing of the server but its address and the handle of one of its actors, shares no code
// with package federation, and can be pointed at any server (see conformance_test.go). Where a check needs
// somebody on another server, the package runs that server itself (Peer).
//
// The checks are numbered after what a remote server must do for Mastodon 4.4 to 4.7: 1 discovery, 2 documents,
// 3 signatures of what is sent, 4 the inbox, 5 Accept, 6 the content of posts, 7 edits and deletions, 8 preview cards.
package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Target is the server that is looked at.
type Target struct {
	Base   string // address of the server, without a slash at its end
	Handle string // of one of its actors that posts, "user@host"
	// Peer is somebody elsewhere, for the checks of what crosses the wire; nil: these are left out.
	Peer *Peer
	// Publish, Edit and Withdraw act in the actor's name and return or take a post's id; nil: checks that need them are left out.
	Publish  func(ctx context.Context, text string) (id string, err error)
	Edit     func(ctx context.Context, id, text string) error
	Withdraw func(ctx context.Context, id string) error
}

// Check is one thing that is looked at. Run returns what is wrong, or nil.
type Check struct {
	Point string // "1 WebFinger: acct, raw"
	Run   func(ctx context.Context, t *Target) error
}

// Checks are all that can be made of the target, in their order: later ones rely on what earlier ones did.
func Checks(t *Target) []Check {
	all := append(discovery(), documents()...)
	all = append(all, contents()...)
	if t.Peer != nil {
		all = append(all, traffic()...)
		if t.Publish != nil {
			all = append(all, delivered()...)
		}
	}
	if t.Publish != nil && t.Edit != nil && t.Withdraw != nil {
		all = append(all, changes()...)
	}
	return all
}

const (
	activityType = "application/activity+json"
	ldType       = `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`
	browser      = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
	public       = "https://www.w3.org/ns/activitystreams#Public"
	maxBody      = 1 << 20
	patience     = 2 * time.Minute // for what must come by itself
)

// accepts are the headers with which Mastodon asks, by the path of its code: any document, an activity, a search.
var accepts = []string{
	"application/activity+json, application/ld+json",
	`application/ld+json; profile="https://www.w3.org/ns/activitystreams", application/activity+json`,
	`application/ld+json; profile="https://www.w3.org/ns/activitystreams", application/activity+json, text/html;q=0.1`,
}

var client = &http.Client{
	Timeout:       15 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// answer is what came back, with at most maxBody+1 bytes.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// get asks once, and follows no redirect.
func get(ctx context.Context, address, accept string) (*answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	if accept != "" {
		req.Header.Set("Accept", accept)
	}
	return do(req)
}

func do(req *http.Request) (*answer, error) {
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	return &answer{res.StatusCode, res.Header, body}, err
}

// getGuided follows three redirects at most, as Mastodon does.
func getGuided(ctx context.Context, address, accept string) (*answer, error) {
	for hop := 0; ; hop++ {
		a, err := get(ctx, address, accept)
		if err != nil || a.status/100 != 3 || hop == 3 {
			return a, err
		}
		to, err := url.Parse(a.header.Get("Location"))
		if err != nil {
			return nil, err
		}
		from, err := url.Parse(address)
		if err != nil {
			return nil, err
		}
		address = from.ResolveReference(to).String()
	}
}

// document fetches an ActivityStreams document by Mastodon's rules: 200, the right type, its own id, the context.
func document(ctx context.Context, id, accept string) (map[string]any, error) {
	a, err := get(ctx, id, accept)
	if err != nil {
		return nil, err
	}
	if a.status != http.StatusOK {
		return nil, fmt.Errorf("GET %s: got status %d, want 200", id, a.status)
	}
	kind := a.header.Get("Content-Type")
	media, _, _ := strings.Cut(kind, ";")
	if media != activityType && (media != "application/ld+json" || !strings.Contains(kind, "https://www.w3.org/ns/activitystreams")) {
		return nil, fmt.Errorf("GET %s: got the content type %q, want %s", id, kind, activityType)
	}
	if len(a.body) > maxBody {
		return nil, fmt.Errorf("GET %s: more than %d bytes", id, maxBody)
	}
	var doc map[string]any
	if err := json.Unmarshal(a.body, &doc); err != nil {
		return nil, fmt.Errorf("GET %s: %w", id, err)
	}
	if text(doc, "id") != id {
		return nil, fmt.Errorf("GET %s: got a document with the id %q", id, text(doc, "id"))
	}
	if !contains(doc["@context"], "https://www.w3.org/ns/activitystreams") {
		return nil, fmt.Errorf("GET %s: the context %v does not name ActivityStreams", id, doc["@context"])
	}
	return doc, nil
}

// actor is the target's actor, as WebFinger leads to it.
func (t *Target) actor(ctx context.Context) (map[string]any, error) {
	found, err := t.finger(ctx, "acct:"+t.Handle)
	if err != nil {
		return nil, err
	}
	return document(ctx, found.self(), accepts[0])
}

// post is the newest public post in the actor's outbox.
func (t *Target) post(ctx context.Context) (map[string]any, error) {
	actor, err := t.actor(ctx)
	if err != nil {
		return nil, err
	}
	outbox, err := document(ctx, text(actor, "outbox"), accepts[0])
	if err != nil {
		return nil, err
	}
	page := outbox
	if first := text(outbox, "first"); first != "" {
		if page, err = document(ctx, first, accepts[0]); err != nil {
			return nil, err
		}
	}
	items, _ := page["orderedItems"].([]any)
	for _, item := range items {
		activity, _ := item.(map[string]any)
		id := text(activity, "object")
		if id == "" {
			id = text(activity, "object", "id")
		}
		if text(activity, "type") == "Create" && id != "" {
			return document(ctx, id, accepts[0])
		}
	}
	return nil, fmt.Errorf("%s: no post in the outbox to look at", text(actor, "outbox"))
}

// text returns the string at a path of keys, "" where there is none.
func text(v any, path ...string) string {
	for _, key := range path {
		m, _ := v.(map[string]any)
		v = m[key]
	}
	s, _ := v.(string)
	return s
}

// contains tells whether v is the string, or a list with it.
func contains(v any, s string) bool {
	list, isList := v.([]any)
	if !isList {
		return v == s
	}
	for _, one := range list {
		if one == s {
			return true
		}
	}
	return false
}

// all runs small checks and returns the first fault.
func all(faults ...error) error {
	for _, err := range faults {
		if err != nil {
			return err
		}
	}
	return nil
}

// want complains where what was got is not what is wanted.
func want[T comparable](what string, got, wanted T) error {
	if got != wanted {
		return fmt.Errorf("%s: got %v, want %v", what, got, wanted)
	}
	return nil
}
