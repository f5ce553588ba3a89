package federation

import (
	"encoding/json"
	"encoding/xml"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Relations of WebFinger links.
const (
	relSelf      = "self"
	relPage      = "http://webfinger.net/rel/profile-page"
	relAvatar    = "http://webfinger.net/rel/avatar"
	relSubscribe = "http://ostatus.org/schema/1.0/subscribe"
	relIntent    = "https://w3id.org/fep/3b86/" // followed by the intent: Follow, Like, Object...
)

// resourceDescriptor is the answer to a WebFinger query (RFC 7033, section 4.4).
type resourceDescriptor struct {
	Subject string           `json:"subject"`
	Aliases []string         `json:"aliases,omitempty"`
	Links   []descriptorLink `json:"links"`
}

type descriptorLink struct {
	Rel      string `json:"rel"`
	Type     string `json:"type,omitempty"`
	Href     string `json:"href,omitempty"`
	Template string `json:"template,omitempty"`
}

// WebFinger tells which actor is meant by a handle or an address (RFC 7033). It is served
// at /.well-known/webfinger, to scripts of other sites too: a visitor's own server may
// ask from the visitor's browser.
//
// Handles may be at another domain than the server (Domain): both are answered for, always with
// the handle at Domain for a subject, because Mastodon wants the two answers to agree.
//
// No "subscribe" link is offered: nobody follows from here.
type WebFinger struct {
	Base   IRI    // this server's address, without a slash at its end
	Domain string // what stands behind the "@" of its handles
	Actors LocalActors
	// Intents are what the people behind the actors may do here, coming from another site
	// (FEP-3b86). They are offered with each actor but the server's own.
	Intents []Intent
	Log     *slog.Logger
}

// Intent is an address of this server at which somebody begins an act (FEP-3b86, section 3).
type Intent struct {
	Activity string // Create, Follow, Like...
	Template string // with the FEP's placeholders: "https://town.example/publish?text={content}"
}

func (f *WebFinger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	allowReading(w)
	if !isRead(w, r) {
		return
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	resources := query["resource"]
	if err != nil || len(resources) != 1 {
		answerError(w, http.StatusBadRequest, "bad_resource")
		return
	}
	actor, err := f.find(r, resources[0])
	if err != nil {
		answerFault(w, r, f.Log, err)
		return
	}
	body, err := json.Marshal(f.describe(actor, query["rel"]))
	if err != nil {
		answerFault(w, r, f.Log, err)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=600")
	serve(w, r, "application/jrd+json; charset=utf-8", body)
}

// find returns the actor that a resource names: an acct: URI or a handle, its id, its page,
// or the server's own address, which is the server's actor (FEP-d556).
func (f *WebFinger) find(r *http.Request, resource string) (*Actor, error) {
	if len(resource) > MaxIRI {
		return nil, &Refusal{Status: http.StatusBadRequest, Code: "bad_resource"}
	}
	lower := strings.ToLower(resource)
	if strings.HasPrefix(lower, "https:") || strings.HasPrefix(lower, "http:") {
		return f.findAddress(r, resource)
	}
	if f.isOurs(resource) {
		return f.Actors.ServerActor(r.Context())
	}
	name, host, ok := splitHandle(resource)
	switch {
	case !ok:
		return nil, &Refusal{Status: http.StatusBadRequest, Code: "bad_resource"}
	case !f.isOurs(host):
		return nil, ErrNotFound
	case f.isOurs(name):
		return f.Actors.ServerActor(r.Context())
	}
	return f.Actors.LocalActorByHandle(r.Context(), name)
}

// findAddress finds an actor by an address of this server as people copy it: whatever the
// case of the host, with a query, a fragment or a slash at the end, and whichever scheme.
func (f *WebFinger) findAddress(r *http.Request, resource string) (*Actor, error) {
	u, err := url.Parse(resource)
	if err != nil || u.Host == "" || u.User != nil {
		return nil, &Refusal{Status: http.StatusBadRequest, Code: "bad_resource"}
	}
	if !f.isOurs(CanonicalHost(strings.ToLower(u.Scheme), u.Host)) {
		return nil, ErrNotFound
	}
	path := strings.TrimSuffix(u.Path, "/")
	if path == "" {
		return f.Actors.ServerActor(r.Context())
	}
	if name, isPage := strings.CutPrefix(path, "/@"); isPage {
		if !isHandle(name) {
			return nil, ErrNotFound
		}
		return f.Actors.LocalActorByHandle(r.Context(), name)
	}
	return f.Actors.LocalActor(r.Context(), f.Base+IRI(path))
}

// isOurs tells whether a host is this server's or that of its handles.
func (f *WebFinger) isOurs(host string) bool {
	return host != "" && (strings.EqualFold(host, f.Domain) || strings.EqualFold(host, f.Base.Host()))
}

// describe makes the answer, with the links of the relations asked for, or all where none
// is (RFC 7033, section 4.3).
func (f *WebFinger) describe(actor *Actor, relations []string) resourceDescriptor {
	handle := actor.WebFinger
	if handle == "" {
		handle = actor.PreferredUsername + "@" + f.Domain
	}
	d := resourceDescriptor{Subject: "acct:" + handle, Links: []descriptorLink{}}
	if actor.URL != "" && actor.URL != actor.ID {
		d.Aliases = append(d.Aliases, string(actor.URL))
		d.Links = append(d.Links, descriptorLink{Rel: relPage, Type: "text/html", Href: string(actor.URL)})
	}
	d.Aliases = append(d.Aliases, string(actor.ID))
	d.Links = append(d.Links, descriptorLink{Rel: relSelf, Type: ActivityType, Href: string(actor.ID)})
	if actor.Icon != nil && actor.Icon.URL != "" {
		d.Links = append(d.Links, descriptorLink{Rel: relAvatar, Type: actor.Icon.MediaType, Href: string(actor.Icon.URL)})
	}
	if actor.Type != "Application" {
		for _, intent := range f.Intents {
			d.Links = append(d.Links, descriptorLink{Rel: relIntent + intent.Activity, Template: intent.Template})
		}
	}
	if len(relations) > 0 {
		d.Links = slices.DeleteFunc(d.Links, func(l descriptorLink) bool { return !slices.Contains(relations, l.Rel) })
	}
	return d
}

// splitHandle reads "user@host", with "@" or "acct:" before it or not. The host stays
// as it was written.
func splitHandle(s string) (user, host string, ok bool) {
	if len(s) >= 5 && strings.EqualFold(s[:5], "acct:") {
		s = s[5:]
	}
	user, host, ok = strings.Cut(strings.TrimPrefix(s, "@"), "@")
	if !ok || host == "" || strings.ContainsAny(host, "@/?#\\% \t\r\n") || CanonicalHost("https", host) == "" {
		return "", "", false
	}
	if !isHandle(user) && !strings.EqualFold(user, host) {
		return "", "", false
	}
	return user, host, true
}

// isHandle tells whether s may stand before the "@" of a handle: ASCII letters, digits and
// "_", with "." and "-" between them, as Mastodon and all others that matter have it.
func isHandle(s string) bool {
	if s == "" || len(s) > 255 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_':
		case (c == '.' || c == '-') && i > 0 && i < len(s)-1:
		default:
			return false
		}
	}
	return true
}

// HostMeta serves /.well-known/host-meta (RFC 6415), and its form in JSON at
// /.well-known/host-meta.json: where WebFinger is, for those who ask there first.
type HostMeta struct {
	Base IRI
}

// hostMeta is an XRD document with the one link that matters.
type hostMeta struct {
	XMLName xml.Name       `xml:"http://docs.oasis-open.org/ns/xri/xrd-1.0 XRD"`
	Links   []hostMetaLink `xml:"Link"`
}

type hostMetaLink struct {
	Rel      string `xml:"rel,attr"`
	Type     string `xml:"type,attr,omitempty"`
	Template string `xml:"template,attr"`
}

func (h HostMeta) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	allowReading(w)
	if !isRead(w, r) {
		return
	}
	template := string(h.Base) + "/.well-known/webfinger?resource={uri}"
	w.Header().Set("Cache-Control", "public, max-age=86400")
	if strings.HasSuffix(r.URL.Path, ".json") {
		body, err := json.Marshal(map[string]any{
			"links": []descriptorLink{{Rel: "lrdd", Type: "application/jrd+json", Template: template}},
		})
		if err != nil {
			answerError(w, http.StatusInternalServerError, "internal")
			return
		}
		serve(w, r, "application/json", body)
		return
	}
	body, err := xml.Marshal(hostMeta{Links: []hostMetaLink{{Rel: "lrdd", Type: "application/jrd+json", Template: template}}})
	if err != nil {
		answerError(w, http.StatusInternalServerError, "internal")
		return
	}
	serve(w, r, "application/xrd+xml; charset=utf-8", append([]byte(xml.Header), body...))
}
