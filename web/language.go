package web

import (
	"context"
	"net/http"
	"strings"

	"bourg/web/locale"
)

// englishPrefix is what addresses of English pages begin with; French ones have no prefix.
const englishPrefix = "/en"

type languageKey struct{}

// Language is a middleware for the pages: it takes the prefix "/en" off the address and remembers English for the page. It
// wraps the router of pages only, never that of the protocol, whose addresses are signed as they stand.
func Language(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rest, ok := strings.CutPrefix(r.URL.Path, englishPrefix)
		if !ok || rest != "" && rest[0] != '/' {
			next.ServeHTTP(w, r)
			return
		}
		english := r.WithContext(context.WithValue(r.Context(), languageKey{}, locale.EN))
		u := *r.URL
		u.Path = rest
		if rest == "" {
			u.Path = "/"
		}
		if raw, ok := strings.CutPrefix(u.RawPath, englishPrefix); ok {
			u.RawPath = raw
		}
		english.URL = &u
		next.ServeHTTP(w, english)
	})
}

// LanguageOf tells the language in which the visitor reads: French, unless [Language] saw the English prefix.
func LanguageOf(ctx context.Context) locale.Lang {
	if l, ok := ctx.Value(languageKey{}).(locale.Lang); ok {
		return l
	}
	return locale.FR
}

// Href puts the language's prefix before a path of this town ("/commerces"). Addresses of elsewhere, of files and of the
// protocol have one form only and come back as they are.
func Href(l locale.Lang, path string) string {
	if l != locale.EN || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") ||
		strings.HasPrefix(path, staticPrefix) || strings.HasPrefix(path, "/media/") || strings.Contains(path, ".xml") || strings.HasSuffix(path, ".ics") {
		return path
	}
	return englishPrefix + path
}
