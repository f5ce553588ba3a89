package relme

import (
	"bytes"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// MaxAll is how many links All returns at most.
const MaxAll = 500

// All returns the absolute addresses of a page's links, with whatever rel, in their order. base is where the page was found.
func All(page []byte, base *url.URL) []string {
	var found []string
	tokens := html.NewTokenizer(bytes.NewReader(page))
	tokens.SetMaxBuf(64 << 10)
	for len(found) < MaxAll {
		switch tokens.Next() {
		case html.ErrorToken: // the end, or what comes is no HTML
			return found
		case html.StartTagToken, html.SelfClosingTagToken:
			tag := tokens.Token()
			if tag.Data != "a" {
				continue
			}
			for _, a := range tag.Attr {
				if a.Key != "href" {
					continue
				}
				if address, err := base.Parse(strings.TrimSpace(a.Val)); err == nil && (address.Scheme == "https" || address.Scheme == "http") {
					found = append(found, address.String())
				}
			}
		}
	}
	return found
}
