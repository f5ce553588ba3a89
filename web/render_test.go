package web

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"

	"bourg/web/locale"
)

func TestHeaders(t *testing.T) {
	t.Parallel()
	r, _ := testRenderer(t, cannedSite())
	byName := map[string]canned{}
	for _, c := range cannedPages() {
		byName[c.name] = c
	}
	const policy = "default-src 'none'; style-src 'self'; img-src 'self' blob:; font-src 'self'; script-src 'self'; connect-src 'self'; " +
		"form-action 'self'; manifest-src 'self'; base-uri 'none'; frame-ancestors 'none'"
	for name, want := range map[string]map[string]string{
		"fil":               {"Content-Security-Policy": policy, "Referrer-Policy": "same-origin", "X-Content-Type-Options": "nosniff", "Content-Type": "text/html; charset=utf-8", "Content-Language": "fr", "Cache-Control": "no-cache", "Vary": "Accept, Accept-Encoding, Cookie"},
		"publier":           {"Content-Security-Policy": policy, "Cache-Control": "private, no-cache"},
		"entrer":            {"Content-Security-Policy": policy, "Cache-Control": "no-store", "Referrer-Policy": "same-origin", "ETag": ""},
		"mairie-invitation": {"Cache-Control": "no-store", "ETag": ""},
		"installation":      {"Cache-Control": "no-store"},
		"erreur":            {"ETag": "", "Content-Security-Policy": policy},
	} {
		res := get(t, r, locale.FR, byName[name])
		for key, value := range want {
			if got := res.Header.Get(key); got != value {
				t.Errorf("%s: %s: got %q, want %q", name, key, got, value)
			}
		}
	}
	if got := contentPolicy("https://media.example"); !strings.Contains(got, "img-src 'self' blob: https://media.example;") {
		t.Errorf("policy with a media host: got %q", got)
	}
}

func TestCompressionAndTags(t *testing.T) {
	t.Parallel()
	r, _ := testRenderer(t, cannedSite())
	home := cannedPages()[0]
	gzipped := func(req *http.Request) { req.Header.Set("Accept-Encoding", "gzip") }
	plain, packed := get(t, r, locale.FR, home), get(t, r, locale.FR, home, gzipped)
	whole := body(t, plain)
	if packed.Header.Get("Content-Encoding") != "gzip" || !bytes.Equal(unzip(t, body(t, packed)), whole) {
		t.Errorf("the compressed page differs from the plain one")
	}
	if plain.Header.Get("ETag") == packed.Header.Get("ETag") || plain.Header.Get("ETag") == "" {
		t.Errorf("tags: got %q and %q, want two different ones", plain.Header.Get("ETag"), packed.Header.Get("ETag"))
	}
	for _, c := range []struct {
		match  string
		edit   func(*http.Request)
		status int
	}{
		{plain.Header.Get("ETag"), nil, 304}, {`"x", W/` + plain.Header.Get("ETag"), nil, 304}, {"*", nil, 304}, {`"x"`, nil, 200},
		{packed.Header.Get("ETag"), gzipped, 304}, {packed.Header.Get("ETag"), nil, 200},
	} {
		res := get(t, r, locale.FR, home, func(req *http.Request) {
			req.Header.Set("If-None-Match", c.match)
			if c.edit != nil {
				c.edit(req)
			}
		})
		if res.StatusCode != c.status || c.status == 304 && len(body(t, res)) > 0 {
			t.Errorf("If-None-Match %s: got %d, want %d", c.match, res.StatusCode, c.status)
		}
	}
	if res := get(t, r, locale.FR, home, func(req *http.Request) { req.Method = http.MethodHead }); len(body(t, res)) != 0 || res.ContentLength < 1 {
		t.Errorf("HEAD: got %d bytes and length %d, want none and the page's", len(body(t, res)), res.ContentLength)
	}
	for _, c := range cannedPages() {
		if c.name == "mairie-invitation" { // a secret beside a visitor's words
			if res := get(t, r, locale.FR, c, gzipped); res.Header.Get("Content-Encoding") != "" {
				t.Errorf("a page with a secret is compressed")
			}
		}
	}
}

// TestBudget holds the weights that a slow line bears: 14 kB for a home page of twenty entries, 10 kB for the style sheet
// and for the other pages, 6 kB for the composer and for its script, 20 kB for the town hall.
func TestBudget(t *testing.T) {
	t.Parallel()
	r, static := testRenderer(t, cannedSite())
	gzipped := func(req *http.Request) { req.Header.Set("Accept-Encoding", "gzip") }
	weigh := func(c canned) int { return len(body(t, get(t, r, locale.FR, c, gzipped))) }
	measured := map[string]struct{ got, most int }{
		"home of twenty entries": {weigh(canned{path: "/", status: 200, page: longThread}), 14_000},
		"style sheet":            {len(body(t, fetch(t, static, http.MethodGet, static.URL("bourg.css"), "gzip"))), 10_000},
		"script of the composer": {len(body(t, fetch(t, static, http.MethodGet, static.URL("publier.js"), "gzip"))), 6_000},
		"font":                   {len(body(t, fetch(t, static, http.MethodGet, static.URL("young-serif-fr.woff2"), ""))), 15_000},
	}
	for _, c := range cannedPages() {
		most := 10_000
		switch {
		case strings.HasPrefix(c.name, "publier"):
			most = 6_000
		case strings.HasPrefix(c.name, "mairie"):
			most = 20_000
		}
		measured[c.name] = struct{ got, most int }{weigh(c), most}
	}
	for what, m := range measured {
		if m.got > m.most {
			t.Errorf("%s: got %d bytes, want at most %d", what, m.got, m.most)
		}
	}
	t.Logf("home %d, style sheet %d, script %d, composer %d bytes", measured["home of twenty entries"].got, measured["style sheet"].got, measured["script of the composer"].got, measured["publier"].got)
}

func TestLink(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"/a?b=1&c=2": `<a href="/a?b=1&amp;c=2">&lt;x&gt;</a>`, "https://x.example/": `<a href="https://x.example/">&lt;x&gt;</a>`, "tel:+33": `<a href="tel:+33">&lt;x&gt;</a>`,
		"javascript:alert(1)": `<a href="#">&lt;x&gt;</a>`, " javascript:x": `<a href="#">&lt;x&gt;</a>`, "data:text/html,x": `<a href="#">&lt;x&gt;</a>`, "/a:b": `<a href="/a:b">&lt;x&gt;</a>`,
	} {
		if got := string(link(url, "<x>")); got != want {
			t.Errorf("%s: got %s, want %s", url, got, want)
		}
	}
}

func TestShortName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Saint-Laurent-sur-Cèze": "Saint-Laurent", "Uzès": "Uzès", "Villefranche-de-Rouergue": "Villefranche", "Saint-Jean-du-Gard": "Saint-Jean-du-Gard",
		"Châteauneuf-en-Thymerais": "Châteauneuf", "Notre-Dame-de-Bondeville": "Notre-Dame", "Sainte-Marie-aux-Mines": "Sainte-Marie", "": "",
		"Saint-Germain-en-Laye et alentours": "Saint-Germain",
	} {
		if got := (Site{Name: name}).ShortName(); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

// BenchmarkHome executes and compresses a home page of twenty entries.
func BenchmarkHome(b *testing.B) {
	r, _ := testRenderer(b, cannedSite())
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "/", nil)
	if err != nil {
		b.Fatal(err)
	}
	page := longThread(r.Locale(req.Context()))
	for b.Loop() {
		if _, err := r.Build(req, page); err != nil {
			b.Fatal(err)
		}
	}
}
