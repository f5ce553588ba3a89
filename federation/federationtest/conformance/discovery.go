package conformance

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// descriptor is an answer of WebFinger (RFC 7033).
type descriptor struct {
	Subject string
	Links   []struct{ Rel, Type, Href, Template string }
}

// selves are the links to actors that Mastodon would take: the type must be one of two strings exactly.
func (d *descriptor) selves() (ids []string) {
	for _, l := range d.Links {
		if l.Rel == "self" && (l.Type == activityType || l.Type == ldType) {
			ids = append(ids, l.Href)
		}
	}
	return ids
}

func (d *descriptor) self() string {
	if ids := d.selves(); len(ids) > 0 {
		return ids[0]
	}
	return ""
}

// finger asks the target for a resource, percent-encoded.
func (t *Target) finger(ctx context.Context, resource string) (*descriptor, error) {
	return fingerAt(ctx, t.Base+"/.well-known/webfinger?resource="+url.QueryEscape(resource))
}

func fingerAt(ctx context.Context, address string) (*descriptor, error) {
	a, err := getGuided(ctx, address, "application/jrd+json, application/json")
	if err != nil {
		return nil, err
	}
	if a.status != http.StatusOK {
		return nil, fmt.Errorf("GET %s: got status %d, want 200", address, a.status)
	}
	var d descriptor
	if err := json.Unmarshal(a.body, &d); err != nil {
		return nil, fmt.Errorf("GET %s: %w", address, err)
	}
	if d.Subject == "" || d.self() == "" {
		return nil, fmt.Errorf("GET %s: no subject, or no link to an actor with the exact type, in %.300s", address, a.body)
	}
	return &d, nil
}

func (t *Target) host() string { _, host, _ := strings.Cut(t.Base, "://"); return host }

func discovery() []Check {
	// sameActor holds a resource to the same answer as the handle.
	sameActor := func(resource func(ctx context.Context, t *Target, actor map[string]any) string) func(context.Context, *Target) error {
		return func(ctx context.Context, t *Target) error {
			actor, err := t.actor(ctx)
			if err != nil {
				return err
			}
			name := resource(ctx, t, actor)
			found, err := t.finger(ctx, name)
			if err != nil {
				return err
			}
			return all(want(name+": actor", found.self(), text(actor, "id")),
				want(name+": subject", strings.ToLower(found.Subject), strings.ToLower("acct:"+t.Handle)))
		}
	}
	refused := func(status int, query func(t *Target) string) func(context.Context, *Target) error {
		return func(ctx context.Context, t *Target) error {
			a, err := get(ctx, t.Base+"/.well-known/webfinger"+query(t), "")
			if err != nil {
				return err
			}
			return want("status of "+query(t), a.status, status)
		}
	}
	return []Check{
		{"1 WebFinger: acct, raw", func(ctx context.Context, t *Target) error {
			found, err := fingerAt(ctx, t.Base+"/.well-known/webfinger?resource=acct:"+t.Handle)
			if err != nil {
				return err
			}
			return want("subject", strings.ToLower(found.Subject), strings.ToLower("acct:"+t.Handle))
		}},
		{"1 WebFinger: acct, encoded", sameActor(func(_ context.Context, t *Target, _ map[string]any) string { return "acct:" + t.Handle })},
		{"1 WebFinger: acct, in capitals", sameActor(func(_ context.Context, t *Target, _ map[string]any) string {
			name, host, _ := strings.Cut(t.Handle, "@")
			return "acct:" + strings.ToUpper(name) + "@" + host
		})},
		{"1 WebFinger: the actor's id", sameActor(func(_ context.Context, _ *Target, actor map[string]any) string { return text(actor, "id") })},
		{"1 WebFinger: the page, with a query", sameActor(func(_ context.Context, _ *Target, actor map[string]any) string {
			return text(actor, "url") + "?utm_source=x"
		})},
		{"1 WebFinger: the bare host", func(ctx context.Context, t *Target) error {
			for _, resource := range []string{t.Base, t.Base + "/"} {
				found, err := t.finger(ctx, resource)
				if err != nil {
					return err
				}
				server, err := document(ctx, found.self(), accepts[0])
				if err != nil {
					return err
				}
				if err := want(resource+": type", text(server, "type"), "Application"); err != nil {
					return err
				}
			}
			return nil
		}},
		{"1 WebFinger: one link to the actor", func(ctx context.Context, t *Target) error {
			found, err := t.finger(ctx, "acct:"+t.Handle)
			if err != nil {
				return err
			}
			return want("links of the kind self", len(found.selves()), 1)
		}},
		{"1 WebFinger: the handle leads to the actor, and the actor back", func(ctx context.Context, t *Target) error {
			actor, err := t.actor(ctx)
			if err != nil {
				return err
			}
			id, err := url.Parse(text(actor, "id"))
			if err != nil {
				return err
			}
			handles := []string{text(actor, "preferredUsername") + "@" + id.Host}
			if claimed := text(actor, "webfinger"); claimed != "" {
				handles = append(handles, claimed)
			}
			for _, handle := range handles {
				found, err := t.finger(ctx, "acct:"+handle)
				if err != nil {
					return err
				}
				if err := want(handle, found.self(), text(actor, "id")); err != nil {
					return err
				}
			}
			return nil
		}},
		{"1 WebFinger: 404 for nobody", refused(http.StatusNotFound, func(t *Target) string { return "?resource=acct:nobody_is_called_so@" + t.host() })},
		{"1 WebFinger: 404 for another host", refused(http.StatusNotFound, func(*Target) string { return "?resource=acct:nobody@elsewhere.example" })},
		{"1 WebFinger: 400 without a resource", refused(http.StatusBadRequest, func(*Target) string { return "" })},
		{"1 WebFinger: 400 for what is none", refused(http.StatusBadRequest, func(*Target) string { return "?resource=nonsense" })},
		{"1 host-meta", func(ctx context.Context, t *Target) error {
			a, err := get(ctx, t.Base+"/.well-known/host-meta", "application/xrd+xml")
			if err != nil {
				return err
			}
			var meta struct {
				Links []struct {
					Rel      string `xml:"rel,attr"`
					Template string `xml:"template,attr"`
				} `xml:"Link"`
			}
			if err := xml.Unmarshal(a.body, &meta); err != nil {
				return err
			}
			for _, l := range meta.Links {
				if l.Rel == "lrdd" && strings.Contains(l.Template, "{uri}") {
					_, err := fingerAt(ctx, strings.ReplaceAll(l.Template, "{uri}", url.QueryEscape("acct:"+t.Handle)))
					return err
				}
			}
			return errors.New("no lrdd link with a template")
		}},
		{"1 NodeInfo", nodeInfo},
		{"1 CORS", func(ctx context.Context, t *Target) error {
			for _, path := range []string{
				"/.well-known/webfinger?resource=acct:" + t.Handle, "/.well-known/webfinger?resource=acct:nobody_is_called_so@" + t.host(),
				"/.well-known/host-meta", "/.well-known/nodeinfo",
			} {
				a, err := get(ctx, t.Base+path, "")
				if err != nil {
					return err
				}
				if err := want(path+": Access-Control-Allow-Origin", a.header.Get("Access-Control-Allow-Origin"), "*"); err != nil {
					return err
				}
			}
			return nil
		}},
	}
}

// nodeInfo follows the links of NodeInfo to documents of schema 2, and to the server's actor where it is named (FEP-2677).
func nodeInfo(ctx context.Context, t *Target) error {
	a, err := get(ctx, t.Base+"/.well-known/nodeinfo", "application/json")
	if err != nil {
		return err
	}
	var links struct{ Links []struct{ Rel, Href string } }
	if err := json.Unmarshal(a.body, &links); err != nil {
		return err
	}
	schemas := 0
	for _, l := range links.Links {
		switch {
		case strings.HasPrefix(l.Rel, "http://nodeinfo.diaspora.software/ns/schema/2."):
			schemas++
			var info struct {
				Version   string
				Software  struct{ Name string }
				Protocols []string
				Usage     *struct{ LocalPosts *int }
			}
			a, err := get(ctx, l.Href, "application/json")
			if err != nil {
				return err
			}
			if err := json.Unmarshal(a.body, &info); err != nil {
				return fmt.Errorf("%s: %w", l.Href, err)
			}
			if err := all(want(l.Href+": version", info.Version, l.Rel[strings.LastIndexByte(l.Rel, '/')+1:]),
				want(l.Href+": name in lower case", info.Software.Name, strings.ToLower(info.Software.Name)),
				want(l.Href+": protocols", strings.Join(info.Protocols, " "), "activitypub"),
				want(l.Href+": has usage", info.Usage != nil, true)); err != nil {
				return err
			}
		case l.Rel == "https://www.w3.org/ns/activitystreams#Application":
			server, err := document(ctx, l.Href, accepts[0])
			if err != nil {
				return err
			}
			if err := want(l.Href, text(server, "type"), "Application"); err != nil {
				return err
			}
		}
	}
	return want("documents of schema 2", schemas > 0, true)
}
