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
	var found []string
	tokens := html.NewTokenizer(bytes.NewReader(page))
	tokens.SetMaxBuf(64 << 10)
	for len(found) < MaxLinks {
		switch tokens.Next() {
		case html.ErrorToken: // the end, or what comes is no HTML
			return found
		case html.StartTagToken, html.SelfClosingTagToken:
			if link := linkOf(tokens.Token(), base); link != "" {
				found = append(found, link)
			}
		}
	}
	return found
}

// linkOf returns where a tag leads with rel="me", "" where it does not.
func linkOf(tag html.Token, base *url.URL) string {
	if tag.Data != "a" && tag.Data != "link" {
		return ""
	}
	var href string
	var me bool
	for _, a := range tag.Attr {
		switch a.Key {
		case "rel":
			me = slices.ContainsFunc(strings.Fields(a.Val), func(rel string) bool { return strings.EqualFold(rel, "me") })
		case "href":
			href = strings.TrimSpace(a.Val)
		}
	}
	if !me || href == "" {
		return ""
	}
	address, err := base.Parse(href)
	if err != nil || (address.Scheme != "https" && address.Scheme != "http") {
		return ""
	}
	return address.String()
}
