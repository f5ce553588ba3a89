package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

func documents() []Check {
	type pick func(context.Context, *Target) (map[string]any, error)
	actor := func(ctx context.Context, t *Target) (map[string]any, error) { return t.actor(ctx) }
	post := func(ctx context.Context, t *Target) (map[string]any, error) { return t.post(ctx) }
	of := func(p pick, look func(ctx context.Context, t *Target, doc map[string]any) error) func(context.Context, *Target) error {
		return func(ctx context.Context, t *Target) error {
			doc, err := p(ctx, t)
			if err != nil {
				return err
			}
			return look(ctx, t, doc)
		}
	}
	var checks []Check
	for name, p := range map[string]pick{"actor": actor, "post": post} {
		checks = append(checks,
			Check{"2 " + name + ": each Accept gets the document", of(p, threeAccepts)},
			Check{"2 " + name + ": people get the page", of(p, peopleGetPages)},
			Check{"2 " + name + ": the page leads to the id", of(p, pageNamesID)},
			Check{"2 " + name + ": a query changes nothing", of(p, queryChangesNothing)},
		)
	}
	slices.SortFunc(checks, func(a, b Check) int { return strings.Compare(a.Point, b.Point) })
	return append(checks,
		Check{"2 actor: what Mastodon demands", of(actor, func(_ context.Context, t *Target, a map[string]any) error {
			if !slices.Contains([]string{"Application", "Group", "Organization", "Person", "Service"}, text(a, "type")) {
				return fmt.Errorf("type: got %q, want one of the five", text(a, "type"))
			}
			for _, name := range []string{"inbox", "outbox", "followers", "url"} {
				if !strings.HasPrefix(text(a, name), t.Base+"/") {
					return fmt.Errorf("%s: got %q, want it on the actor's host", name, text(a, name))
				}
			}
			return all(want("owner of the key", text(a, "publicKey", "owner"), text(a, "id")),
				want("the key is PEM", strings.HasPrefix(text(a, "publicKey", "publicKeyPem"), "-----BEGIN PUBLIC KEY-----"), true))
		})},
		Check{"2 collections: totalItems and a first page", of(actor, func(ctx context.Context, _ *Target, a map[string]any) error {
			for _, name := range []string{"outbox", "followers", "following"} {
				c, err := document(ctx, text(a, name), accepts[0])
				if err != nil {
					return err
				}
				if _, counted := c["totalItems"].(float64); !counted || c["first"] == nil {
					return fmt.Errorf("%s: got %v, want totalItems and first", name, c)
				}
			}
			return nil
		})},
		Check{"2 collections: featured", of(actor, func(ctx context.Context, _ *Target, a map[string]any) error {
			if text(a, "featured") == "" {
				return nil // an actor may have none
			}
			_, err := document(ctx, text(a, "featured"), accepts[0])
			return err
		})},
		Check{"2 unknown ids: 404", of(actor, func(ctx context.Context, t *Target, a map[string]any) error {
			for _, address := range []string{text(a, "id") + "0", text(a, "url") + "_nobody", t.Base + "/nothing/is/here"} {
				for _, accept := range []string{accepts[0], browser} {
					got, err := get(ctx, address, accept)
					if err != nil {
						return err
					}
					if err := want(address, got.status, http.StatusNotFound); err != nil {
						return err
					}
				}
			}
			return nil
		})},
	)
}

func threeAccepts(ctx context.Context, _ *Target, doc map[string]any) error {
	id := text(doc, "id")
	for _, accept := range accepts {
		if _, err := document(ctx, id, accept); err != nil {
			return fmt.Errorf("with Accept %q: %w", accept, err)
		}
		a, err := get(ctx, id, accept)
		if err != nil {
			return err
		}
		if !strings.Contains(strings.Join(a.header.Values("Vary"), ","), "Accept") {
			return fmt.Errorf("%s: got Vary %q, want Accept in it", id, a.header.Values("Vary"))
		}
	}
	return nil
}

func peopleGetPages(ctx context.Context, _ *Target, doc map[string]any) error {
	page, err := get(ctx, text(doc, "url"), browser)
	if err != nil {
		return err
	}
	atID, err := getGuided(ctx, text(doc, "id"), browser)
	if err != nil {
		return err
	}
	return all(want("the page's status", page.status, http.StatusOK),
		want("the page is HTML", strings.HasPrefix(page.header.Get("Content-Type"), "text/html"), true),
		want("the id leads people to HTML", strings.HasPrefix(atID.header.Get("Content-Type"), "text/html"), true),
		want("Vary has Accept", strings.Contains(strings.Join(page.header.Values("Vary"), ","), "Accept"), true))
}

// pageNamesID holds the page to how Mastodon's search finds what it shows: a Link header, or a link in its head; both must be the id.
func pageNamesID(ctx context.Context, _ *Target, doc map[string]any) error {
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		req, err := http.NewRequestWithContext(ctx, method, text(doc, "url"), nil)
		if err != nil {
			return err
		}
		req.Header.Set("Accept", browser)
		page, err := do(req)
		if err != nil {
			return err
		}
		if err := want(method+": Link", strings.HasPrefix(page.header.Get("Link"), "<"+text(doc, "id")+`>; rel="alternate"; type="application/activity+json"`), true); err != nil {
			return err
		}
		if method == http.MethodHead {
			continue
		}
		links := elements(page.body, "link")
		for _, l := range links {
			if attr(l, "rel") != "alternate" || attr(l, "hreflang") != "" {
				continue
			}
			// Up to 4.5 Mastodon takes the first alternate, so it must not be a feed.
			return all(want("first alternate: type", attr(l, "type"), activityType), want("first alternate: href", attr(l, "href"), text(doc, "id")))
		}
		return fmt.Errorf("%s: no link rel=alternate", text(doc, "url"))
	}
	return nil
}

func queryChangesNothing(ctx context.Context, _ *Target, doc map[string]any) error {
	for _, address := range []string{text(doc, "id"), text(doc, "url")} {
		a, err := get(ctx, address+"?utm_source=x&fbclid=y", accepts[2])
		if err != nil {
			return err
		}
		var got map[string]any
		if err := json.Unmarshal(a.body, &got); err != nil {
			return fmt.Errorf("%s with a query: %w", address, err)
		}
		if err := all(want(address, a.status, http.StatusOK), want(address+": id", text(got, "id"), text(doc, "id"))); err != nil {
			return err
		}
	}
	return nil
}

// elements finds the elements of a name in HTML.
func elements(body []byte, name string) (found []*html.Node) {
	root, err := html.Parse(strings.NewReader(string(body)))
	if err != nil {
		return nil
	}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && n.Data == name {
			found = append(found, n)
		}
	}
	return found
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
