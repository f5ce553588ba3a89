package federation

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// ErrUnconfirmed is the error of a look-up whose hosts contradict each other: a handle
// belongs to an actor only where the handle's host and the actor's host both say so.
var ErrUnconfirmed = errors.New("handle and actor do not confirm each other")

const maxDescriptor = 256 << 10 // bytes

// WebFingerLookup finds actors of other servers by WebFinger (RFC 7033).
type WebFingerLookup struct {
	Client *Client
}

// Finger is what a look-up found, confirmed by all hosts that it concerns.
type Finger struct {
	Handle string // "user@host", as its host writes it
	Actor  IRI
	Page   IRI // for people; "" where none is told

	hosts     []string          // where its templates may lead
	templates map[string]string // by relation
}

// Lookup finds an actor by what a person typed: "@user@host", with or without the first
// "@" or "acct:", or the address of a profile. What is neither is a *Refusal, without
// any request. A *StatusError or another error of Client tells why the host gave no
// answer, ErrNotFound that it knows no such actor, ErrUnconfirmed that the answer is not to be believed.
func (l *WebFingerLookup) Lookup(ctx context.Context, typed string) (*Finger, error) {
	typed = strings.TrimSpace(typed)
	if strings.HasPrefix(typed, "https://") || strings.HasPrefix(typed, "http://") {
		u, _, err := l.Client.guard.target(IRI(typed))
		if err != nil {
			return nil, &Refusal{Status: http.StatusBadRequest, Code: "bad_handle", Err: err}
		}
		return l.confirm(ctx, u.Host, typed, "")
	}
	user, host, ok := splitHandle(typed)
	if !ok || len(typed) > MaxIRI {
		return nil, &Refusal{Status: http.StatusBadRequest, Code: "bad_handle"}
	}
	host = CanonicalHost("https", host)
	if _, _, err := l.Client.guard.target(IRI("https://" + host + "/")); err != nil {
		return nil, &Refusal{Status: http.StatusBadRequest, Code: "bad_handle", Err: err}
	}
	return l.confirm(ctx, host, "acct:"+user+"@"+host, "")
}

// Confirm returns the handle of an actor whose document was fetched: the one that it
// claims (FEP-2c59), else its name at its own host; or ErrUnconfirmed, where the handle's
// host means somebody else by it.
func (l *WebFingerLookup) Confirm(ctx context.Context, actor *Actor) (string, error) {
	claim := actor.WebFinger
	if claim == "" {
		claim = actor.PreferredUsername + "@" + actor.ID.Host()
	}
	user, host, ok := splitHandle(claim)
	if !ok {
		return "", fmt.Errorf("confirming the handle of %s: %w", actor.ID, ErrUnconfirmed)
	}
	host = CanonicalHost("https", host)
	// The actor's host agrees: it serves the document that claims the handle.
	f, err := l.confirm(ctx, host, "acct:"+user+"@"+host, actor.ID.Host())
	if err != nil {
		return "", err
	}
	if f.Actor != actor.ID {
		return "", fmt.Errorf("confirming the handle of %s: %w", actor.ID, ErrUnconfirmed)
	}
	return f.Handle, nil
}

// confirm asks host for a resource, then the host of the handle that it names, where that
// is another one, and the host of the actor, where it has neither been asked yet nor
// has agreed already.
func (l *WebFingerLookup) confirm(ctx context.Context, host, resource, agreed string) (*Finger, error) {
	found, err := l.ask(ctx, host, resource)
	if err != nil {
		return nil, fmt.Errorf("looking up %s: %w", resource, err)
	}
	asked := map[string]bool{host: true}
	_, handleHost, _ := strings.Cut(found.Handle, "@")
	if !strings.EqualFold("acct:"+found.Handle, resource) {
		delete(asked, handleHost) // it was asked about something else
	}
	for _, other := range []string{handleHost, found.Actor.Host()} {
		if asked[other] || (other == agreed && other != handleHost) {
			continue
		}
		asked[other] = true
		again, err := l.ask(ctx, other, "acct:"+found.Handle)
		if err != nil {
			return nil, fmt.Errorf("looking up %s: %w: %w", resource, ErrUnconfirmed, err)
		}
		if again.Actor != found.Actor || !strings.EqualFold(again.Handle, found.Handle) {
			return nil, fmt.Errorf("looking up %s: %w", resource, ErrUnconfirmed)
		}
	}
	found.hosts = []string{handleHost, found.Actor.Host()}
	return found, nil
}

// ask makes one query and reads the answer, which nobody has confirmed yet.
func (l *WebFingerLookup) ask(ctx context.Context, host, resource string) (*Finger, error) {
	body, err := l.get(ctx, host, "/.well-known/webfinger?resource="+url.QueryEscape(resource), "application/jrd+json, application/json")
	var status *StatusError
	if errors.As(err, &status) && status.Status == http.StatusNotFound {
		body, err = l.askElsewhere(ctx, host, resource)
	}
	if err != nil {
		return nil, err
	}
	var d resourceDescriptor
	if err := json.Unmarshal(body, &d); err != nil {
		return nil, fmt.Errorf("reading what %s answers: %w", host, err)
	}
	user, at, ok := splitHandle(d.Subject)
	if !ok || len(d.Subject) > MaxIRI {
		return nil, fmt.Errorf("%w: %s names no subject", ErrUnconfirmed, host)
	}
	f := &Finger{Handle: user + "@" + CanonicalHost("https", at), templates: map[string]string{}}
	for _, link := range d.Links {
		switch {
		case link.Rel == relSelf && (link.Type == ActivityType || link.Type == LDType) && f.Actor == "":
			f.Actor = IRI(link.Href)
		case link.Rel == relPage && f.Page == "":
			f.Page = IRI(link.Href)
		default:
			f.offer(link)
		}
	}
	if _, _, err := l.Client.guard.target(f.Actor); err != nil {
		return nil, fmt.Errorf("%w: %s names no actor: %w", ErrUnconfirmed, host, err)
	}
	if _, _, err := l.Client.guard.target(f.Page); err != nil {
		f.Page = ""
	}
	return f, nil
}

// offer keeps the template of a link, the first of each relation. An intent's stands in "template", as Mastodon and
// others write it, or in "href", as FEP-3b86 has it; the names of activities come in all letter cases.
func (f *Finger) offer(link descriptorLink) {
	rel, template := link.Rel, link.Template
	if act, isIntent := strings.CutPrefix(rel, relIntent); isIntent {
		rel = relIntent + strings.ToLower(act)
		if template == "" {
			template = link.Href
		}
	}
	if template != "" && len(template) <= MaxIRI && f.templates[rel] == "" {
		f.templates[rel] = template
	}
}

// askElsewhere asks where the host's host-meta says that WebFinger is (RFC 6415): a town
// may have its handles at a domain that another program serves.
func (l *WebFingerLookup) askElsewhere(ctx context.Context, host, resource string) ([]byte, error) {
	body, err := l.get(ctx, host, "/.well-known/host-meta", "application/xrd+xml, application/xml")
	if err != nil {
		return nil, ErrNotFound
	}
	var meta struct {
		Links []hostMetaLink `xml:"Link"`
	}
	if err := xml.Unmarshal(body, &meta); err != nil {
		return nil, ErrNotFound
	}
	usual := "https://" + host + "/.well-known/webfinger?resource={uri}"
	for _, link := range meta.Links {
		if link.Rel != "lrdd" || !strings.Contains(link.Template, "{uri}") || link.Template == usual {
			continue
		}
		found, err := l.Client.Get(ctx, IRI(strings.ReplaceAll(link.Template, "{uri}", url.QueryEscape(resource))),
			"application/jrd+json, application/json", maxDescriptor)
		if err != nil {
			return nil, err
		}
		return found.Body, nil
	}
	return nil, ErrNotFound
}

// get asks a host by https and, where there are peer networks, by http if it speaks that only.
func (l *WebFingerLookup) get(ctx context.Context, host, path, accept string) ([]byte, error) {
	found, err := l.Client.Get(ctx, IRI("https://"+host+path), accept, maxDescriptor)
	if len(l.Client.guard.peers) > 0 && (errors.Is(err, ErrTLS) || errors.Is(err, ErrUnreachable)) {
		found, err = l.Client.Get(ctx, IRI("http://"+host+path), accept, maxDescriptor)
	}
	if err != nil {
		return nil, err
	}
	return found.Body, nil
}

var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

// Intent returns the address on the person's own server where an act upon object is
// confirmed: intent is Follow, Like or Announce, or Reply, which is a Create that answers object (FEP-3b86). Where the
// server does not offer it, its Object intent serves, then the "subscribe" address of OStatus; where these are missing too,
// the one that Mastodon and its kin have. It always lies on the person's own server, whatever the templates say.
func (f *Finger) Intent(intent string, object IRI) IRI {
	escaped := url.QueryEscape(string(object))
	own := template{relIntent + strings.ToLower(intent), "{object}"}
	if intent == "Reply" {
		own = template{relIntent + "create", "{inReplyTo}"}
	}
	for _, t := range []template{own, {relIntent + "object", "{object}"}, {relSubscribe, "{uri}"}} {
		text := f.templates[t.rel]
		if !strings.Contains(text, t.placeholder) {
			continue
		}
		address := IRI(placeholder.ReplaceAllString(strings.ReplaceAll(text, t.placeholder, escaped), ""))
		if f.ownAddress(address) {
			return address
		}
	}
	scheme, _, _ := strings.Cut(string(f.Actor), ":")
	return IRI(scheme + "://" + f.hosts[len(f.hosts)-1] + "/authorize_interaction?uri=" + escaped)
}

// template is a relation, and the placeholder in whose place the object stands.
type template struct{ rel, placeholder string }

// ownAddress tells whether an address lies on a host of the finger's, in its actor's scheme.
func (f *Finger) ownAddress(address IRI) bool {
	scheme, _, _ := strings.Cut(string(f.Actor), ":")
	u, err := url.Parse(string(address))
	if err != nil || u.Scheme != scheme || u.User != nil {
		return false
	}
	for _, host := range f.hosts {
		if address.Host() == host {
			return true
		}
	}
	return false
}
