// Package relme reads from a web page to whom it says that it belongs: the addresses of its links
// with rel="me" (microformats, rel-me), by which Mastodon marks a link in a profile as verified.
package relme

import (
	"bytes"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// MaxLinks is how many links of a page are returned at most.
const MaxLinks = 20

// Links returns the absolute addresses of a page's a and link elements with rel="me", in their order. base
// is where the page was found. What cannot be read as HTML has none.
func Links(page []byte, base *url.URL) []string {
	return links(page, base, MaxLinks, func(tag html.Token) bool {
		return (tag.Data == "a" || tag.Data == "link") && slices.ContainsFunc(strings.Fields(value(tag, "rel")), func(rel string) bool {
			return strings.EqualFold(rel, "me")
		})
	})
}

// MaxAll is how many links All returns at most.
const MaxAll = 500

// All returns the absolute addresses of a page's links, with whatever rel, in their order. base is where the page was found.
func All(page []byte, base *url.URL) []string {
	return links(page, base, MaxAll, func(tag html.Token) bool { return tag.Data == "a" })
}

// links returns where the tags of a page lead that count, the first ones of them.
func links(page []byte, base *url.URL, most int, counts func(tag html.Token) bool) []string {
	var found []string
	tokens := html.NewTokenizer(bytes.NewReader(page))
	tokens.SetMaxBuf(64 << 10)
	for len(found) < most {
		switch tokens.Next() {
		case html.ErrorToken: // the end, or what comes is no HTML
			return found
		case html.StartTagToken, html.SelfClosingTagToken:
			tag := tokens.Token()
			href := strings.TrimSpace(value(tag, "href"))
			if href == "" || !counts(tag) {
				continue
			}
			if address, err := base.Parse(href); err == nil && (address.Scheme == "https" || address.Scheme == "http") {
				found = append(found, address.String())
			}
		}
	}
	return found
}

// value is that of a tag's attribute, the last one where it stands twice; "" where it has none.
func value(tag html.Token, name string) (found string) {
	for _, a := range tag.Attr {
		if a.Key == name {
			found = a.Val
		}
	}
	return found
}
