package conformance

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// kept are the elements that Mastodon's sanitiser leaves as they are.
var kept = strings.Fields("p br span a del s pre blockquote code b strong u i em ul ol li ruby rt rp html head body")

func contents() []Check {
	return []Check{
		{"6 posts: HTML that Mastodon keeps", func(ctx context.Context, t *Target) error {
			post, err := t.post(ctx)
			if err != nil {
				return err
			}
			root, err := html.Parse(strings.NewReader(text(post, "content")))
			if err != nil {
				return err
			}
			for n := range root.Descendants() {
				if n.Type != html.ElementNode {
					continue
				}
				if !slices.Contains(kept, n.Data) {
					return fmt.Errorf("the element %s is lost: %s", n.Data, text(post, "content"))
				}
				if u, err := url.Parse(attr(n, "href")); n.Data == "a" && (err != nil || u.Scheme != "https" && u.Scheme != "http") {
					return fmt.Errorf("the link to %q becomes plain text", attr(n, "href"))
				}
			}
			return want("has text", strings.TrimSpace(text(post, "content")) != "" || post["attachment"] != nil, true)
		}},
		{"6 posts: the language is told", func(ctx context.Context, t *Target) error {
			post, err := t.post(ctx)
			if err != nil {
				return err
			}
			texts, _ := post["contentMap"].(map[string]any)
			if len(texts) == 0 {
				return fmt.Errorf("no contentMap in %v", post)
			}
			return nil
		}},
		{"6 posts: mentions and key words stand in text and tags", tagsMatchMarkup},
		{"6 posts: at most four pictures, each with a plain address and a description", func(ctx context.Context, t *Target) error {
			post, err := t.post(ctx)
			if err != nil {
				return err
			}
			if post["attachment"] == nil {
				return nil
			}
			list, isList := post["attachment"].([]any)
			if !isList || len(list) > 4 {
				return fmt.Errorf("got the attachments %v, want a list of at most four", post["attachment"])
			}
			for _, a := range list {
				if kind := text(a, "mediaType"); strings.HasPrefix(kind, "image/") && (text(a, "url") == "" || text(a, "name") == "") {
					return fmt.Errorf("got the picture %v, want its url as a string, and a name", a)
				}
			}
			return nil
		}},
		{"8 preview: the page's card", card},
	}
}

func tagsMatchMarkup(ctx context.Context, t *Target) error {
	post, err := t.post(ctx)
	if err != nil {
		return err
	}
	tagged := map[string]int{}
	list, _ := post["tag"].([]any)
	for _, tag := range list {
		kind := text(tag, "type")
		tagged[kind]++
		if kind == "Mention" && !contains(post["to"], text(tag, "href")) && !contains(post["cc"], text(tag, "href")) {
			return fmt.Errorf("%s is mentioned and not addressed: nobody is told", text(tag, "href"))
		}
	}
	linked := map[string]int{}
	for _, a := range elements([]byte(text(post, "content")), "a") {
		classes := strings.Fields(attr(a, "class"))
		switch {
		case slices.Contains(classes, "hashtag"):
			linked["Hashtag"]++
		case slices.Contains(classes, "mention"):
			linked["Mention"]++
		}
	}
	for _, kind := range []string{"Hashtag", "Mention"} {
		if (tagged[kind] > 0) != (linked[kind] > 0) {
			return fmt.Errorf("%s: got %d tags and %d links, want both or none", kind, tagged[kind], linked[kind])
		}
	}
	return nil
}

// card holds the page of a post to what Mastodon makes a card of.
func card(ctx context.Context, t *Target) error {
	post, err := t.post(ctx)
	if err != nil {
		return err
	}
	actor, err := t.actor(ctx)
	if err != nil {
		return err
	}
	page, err := get(ctx, text(post, "url"), browser)
	if err != nil {
		return err
	}
	meta := map[string]string{}
	for _, m := range elements(page.body, "meta") {
		name := attr(m, "property")
		if name == "" {
			name = attr(m, "name")
		}
		if _, twice := meta[name]; !twice {
			meta[name] = attr(m, "content")
		}
	}
	if err := all(want("the page has a mebibyte at most", len(page.body) <= maxBody, true), want("has og:title", meta["og:title"] != "", true),
		want("fediverse:creator", strings.TrimPrefix(strings.ToLower(meta["fediverse:creator"]), "@"), strings.ToLower(t.Handle))); err != nil {
		return err
	}
	host := t.host()
	if i := strings.LastIndexByte(host, ':'); i > 0 {
		host = host[:i]
	}
	if !contains(actor["attributionDomains"], host) {
		return fmt.Errorf("attributionDomains: got %v, want %s among them", actor["attributionDomains"], host)
	}
	if meta["og:image"] == "" {
		return nil
	}
	picture, err := get(ctx, meta["og:image"], "image/*")
	if err != nil {
		return err
	}
	kind := picture.header.Get("Content-Type")
	return all(want("og:image: status", picture.status, http.StatusOK),
		want("og:image: "+kind+" is one that Mastodon shows", slices.Contains([]string{"image/jpeg", "image/png", "image/gif", "image/webp"}, kind), true))
}
