package main_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The Accept headers of Mastodon's three ways to fetch (fetch_remote_actor_service.rb,
// dereferencer.rb, fetch_resource_service.rb). All must be answered with ActivityStreams.
var mastodonAccepts = []string{
	`application/activity+json, application/ld+json`,
	`application/ld+json; profile="https://www.w3.org/ns/activitystreams", application/activity+json`,
	`application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams", text/html;q=0.1`,
}

// get fetches a document, signed by the instance actor, with each of Mastodon's Accept
// headers in turn, and holds it to Mastodon's rules: 200, the right content type, the id asked for.
func (f *follower) get(id string) (map[string]any, error) {
	var document map[string]any
	for _, accept := range mastodonAccepts {
		status, header, body, err := f.fetch(id, accept)
		if err != nil {
			return nil, err
		}
		if status != http.StatusOK {
			return nil, fmt.Errorf("GET %s: got status %d, want 200", id, status)
		}
		if !isActivityType(header.Get("Content-Type")) {
			return nil, fmt.Errorf("GET %s with Accept %q: got content type %q", id, accept, header.Get("Content-Type"))
		}
		if !strings.Contains(strings.Join(header.Values("Vary"), ","), "Accept") {
			return nil, fmt.Errorf("GET %s: got Vary %q, want Accept in it", id, header.Values("Vary"))
		}
		document = nil
		if err := json.Unmarshal(body, &document); err != nil {
			return nil, fmt.Errorf("GET %s: %w", id, err)
		}
		if got := text(document, "id"); got != id {
			return nil, fmt.Errorf("GET %s: got a document with the id %q", id, got)
		}
		if !speaksActivityStreams(document) {
			return nil, fmt.Errorf("GET %s: got @context %v", id, document["@context"])
		}
	}
	return document, nil
}

// fetch makes one signed GET and follows no redirect.
func (f *follower) fetch(address, accept string) (int, http.Header, []byte, error) {
	req, err := http.NewRequestWithContext(f.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		return 0, nil, nil, err
	}
	req.Header.Set("Accept", accept)
	if err := sign(req, nil, f.at("/actor")+"#main-key", f.key, cavage, time.Now()); err != nil {
		return 0, nil, nil, err
	}
	res, err := unguided.Do(req)
	if err != nil {
		return 0, nil, nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return res.StatusCode, res.Header, body, err
}

// unguided follows no redirect.
var unguided = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// remoteActor is a merchant as a server elsewhere knows it.
type remoteActor struct {
	ID, Inbox, SharedInbox string
	document               map[string]any
}

// discover finds an actor by its handle, "user@host", by the rules of webfinger.rb and
// process_account_service.rb: the handle leads to the actor, and the actor back to the handle.
func (f *follower) discover(handle string) remoteActor {
	f.t.Helper()
	self, subject, err := f.finger(handle)
	if err != nil {
		f.t.Fatalf("discover %s: %v", handle, err)
	}
	if !strings.EqualFold(subject, "acct:"+handle) {
		f.t.Fatalf("discover %s: got the subject %q", handle, subject)
	}
	actor, err := f.get(self)
	if err != nil {
		f.t.Fatalf("discover %s: %v", handle, err)
	}
	claimed := text(actor, "webfinger")
	if claimed == "" {
		id, err := url.Parse(self)
		if err != nil {
			f.t.Fatalf("discover %s: %v", handle, err)
		}
		claimed = text(actor, "preferredUsername") + "@" + id.Host
	}
	if back, _, err := f.finger(claimed); err != nil || back != self {
		f.t.Fatalf("discover %s: the actor claims to be %s, which leads to %q (%v), want %s", handle, claimed, back, err, self)
	}
	if kind := text(actor, "type"); !slices.Contains([]string{"Application", "Group", "Organization", "Person", "Service"}, kind) {
		f.t.Fatalf("discover %s: got the type %q", handle, kind)
	}
	for _, name := range []string{"inbox", "outbox", "followers", "url"} {
		if !sameHost(text(actor, name), self) {
			f.t.Errorf("actor %s: got %s %q, want an address on the same host", handle, name, text(actor, name))
		}
	}
	return remoteActor{ID: self, Inbox: text(actor, "inbox"), SharedInbox: text(actor, "endpoints", "sharedInbox"), document: actor}
}

// checkActor holds a merchant's actor to what is promised beyond what Mastodon needs to know it.
func checkActor(f *follower, of remoteActor) {
	f.t.Helper()
	for _, name := range []string{"following", "featured"} {
		if !sameHost(text(of.document, name), of.ID) {
			f.t.Errorf("actor %s: got %s %q, want an address on the same host", of.ID, name, text(of.document, name))
		}
	}
	if got := text(of.document, "type"); got != "Organization" {
		f.t.Errorf("actor %s: got type %q, want Organization", of.ID, got)
	}
	if !sameHost(of.SharedInbox, of.ID) {
		f.t.Errorf("actor %s: got the shared inbox %q", of.ID, of.SharedInbox)
	}
	if _, isList := dig(of.document, "attachment").([]any); !isList {
		f.t.Errorf("actor %s: got attachment %v, want a list", of.ID, dig(of.document, "attachment"))
	}
}

// finger makes one WebFinger request, with ":" and "@" as they are, as Mastodon writes them.
func (f *follower) finger(handle string) (self, subject string, err error) {
	_, host, ok := strings.Cut(handle, "@")
	if !ok {
		return "", "", fmt.Errorf("%q is no handle", handle)
	}
	address := "http://" + host + "/.well-known/webfinger?resource=acct:" + handle
	status, header, body, err := f.fetch(address, "application/jrd+json, application/json")
	for hop := 0; hop < 3 && err == nil && status/100 == 3; hop++ { // Mastodon follows three
		status, header, body, err = f.fetch(header.Get("Location"), "application/jrd+json, application/json")
	}
	if err != nil {
		return "", "", err
	}
	if status != http.StatusOK {
		return "", "", fmt.Errorf("webfinger of %s: got status %d, want 200", handle, status)
	}
	var answer struct {
		Subject string
		Links   []struct{ Rel, Type, Href string }
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return "", "", fmt.Errorf("webfinger of %s: %w", handle, err)
	}
	for _, l := range answer.Links {
		if l.Rel == "self" && (l.Type == "application/activity+json" || l.Type == `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`) {
			return l.Href, answer.Subject, nil
		}
	}
	return "", "", fmt.Errorf("webfinger of %s: no link to the actor in %s", handle, body)
}

// checkNote holds a merchant's post to what Mastodon does with it: what it would drop,
// collapse or show wrongly is an error.
func checkNote(f *follower, note map[string]any, actor string) {
	f.t.Helper()
	must := func(ok bool, what string) {
		f.t.Helper()
		if !ok {
			f.t.Errorf("note %s: %s: %v", text(note, "id"), what, note)
		}
	}
	must(text(note, "type") == "Note", "want type Note")
	must(sameHost(text(note, "id"), actor), "want the id on the actor's host")
	must(text(note, "attributedTo") == actor, "want attributedTo as one string, the actor")
	must(text(note, "content") != "", "want content")
	must(text(note, "contentMap", "fr") == text(note, "content"), "want contentMap.fr beside content")
	must(dig(note, "summary") == nil, "want no summary: Mastodon would collapse the post")
	must(sameHost(text(note, "url"), actor), "want url as one string")
	must(slices.Contains(list(note, "to"), "https://www.w3.org/ns/activitystreams#Public"), "want Public in to")
	must(slices.Contains(list(note, "cc"), actor+"/followers"), "want the followers in cc")
	for _, name := range []string{"to", "cc"} {
		_, isList := dig(note, name).([]any)
		must(isList, "want a list in "+name)
	}
	for _, name := range []string{"likes", "shares", "replies"} {
		must(text(note, name, "id") != "", "want an embedded collection with an id in "+name)
	}
	if attachments, ok := dig(note, "attachment").([]any); ok {
		must(len(attachments) <= 4, "want at most four pictures")
		for _, a := range attachments {
			must(sameHost(text(a, "url"), actor), "want a picture's url as one string")
			must(text(a, "mediaType") == "image/jpeg", "want JPEG")
		}
	} else {
		must(dig(note, "attachment") == nil, "want attachment to be a list")
	}
}
