package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"bourg/web/locale"
)

func TestLanguage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		path, want string
		lang       locale.Lang
	}{
		{"/", "/", locale.FR}, {"/commerces?c=1", "/commerces", locale.FR}, {"/en", "/", locale.EN}, {"/en/", "/", locale.EN},
		{"/en/@fournil/1?x=2", "/@fournil/1", locale.EN}, {"/entrer", "/entrer", locale.FR}, {"/en/a%2Fb", "/a/b", locale.EN}, {"/en/en/", "/en/", locale.EN},
	} {
		var path, raw string
		var lang locale.Lang
		req := httptest.NewRequest(http.MethodGet, c.path, nil)
		before := req.URL.String()
		Language(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			path, raw, lang = r.URL.Path, r.URL.EscapedPath(), LanguageOf(r.Context())
		})).ServeHTTP(httptest.NewRecorder(), req)
		if path != c.want || lang != c.lang {
			t.Errorf("%s: got %q in %q, want %q in %q", c.path, path, lang, c.want, c.lang)
		}
		if unescaped, err := url.PathUnescape(raw); err != nil || unescaped != path {
			t.Errorf("%s: escaped path %q does not fit %q", c.path, raw, path)
		}
		if req.URL.String() != before {
			t.Errorf("%s: the request of the caller was changed to %q", c.path, req.URL)
		}
	}
}

func TestHref(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/": "/en/", "/commerces?c=1": "/en/commerces?c=1", "https://x.example/": "https://x.example/", "//x.example/": "//x.example/",
		"/static/bourg.css": "/static/bourg.css", "/media/a.jpg": "/media/a.jpg", "/atom.xml": "/atom.xml", "#contenu": "#contenu", "": "",
	} {
		if got := Href(locale.EN, path); got != want {
			t.Errorf("English %q: got %q, want %q", path, got, want)
		}
		if got := Href(locale.FR, path); got != path {
			t.Errorf("French %q: got %q, want it unchanged", path, got)
		}
	}
}

// TestOtherLanguage follows the footer's link there and back, query included.
func TestOtherLanguage(t *testing.T) {
	t.Parallel()
	r, _ := testRenderer(t, cannedSite())
	c := canned{name: "fil", path: "/?avant=1&x=2", status: 200, page: func(*locale.Locale) Page { return PageFil{Shops: 2} }}
	french, english := string(body(t, get(t, r, locale.FR, c))), string(body(t, get(t, r, locale.EN, c)))
	if want := `<a href="/en/?avant=1&amp;x=2" lang="en" hreflang="en">English</a>`; !strings.Contains(french, want) {
		t.Errorf("the French page lacks %s", want)
	}
	if want := `<a href="/?avant=1&amp;x=2" lang="fr" hreflang="fr">Français</a>`; !strings.Contains(english, want) {
		t.Errorf("the English page lacks %s", want)
	}
	if want := `<input type="hidden" name="retour" value="/?avant=1&amp;x=2">`; !strings.Contains(english, want) {
		t.Errorf("the English page lacks %s", want)
	}
}
