package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"bourg/web/locale"
)

//go:embed templates/*.html
var templateFiles embed.FS

// Renderer turns pages into answers. It is safe for concurrent use.
type Renderer struct {
	static    *Static
	locales   locale.Set
	templates map[locale.Lang]*template.Template
	site      func(context.Context) (Site, error)
	now       func() time.Time
	policy    string
	packer    *packer
	palette   atomic.Pointer[palette] // of the town's colour
}

// Options is what a Renderer needs to know of the program around it.
type Options struct {
	Static      *Static
	Site        func(context.Context) (Site, error) // the town as it is now
	Now         func() time.Time                    // nil means time.Now
	MediaOrigin string                              // origin of uploads where they lie on another host, "https://media.example"
}

// NewRenderer parses all templates in both languages. It fails when a template asks for words that do not exist.
func NewRenderer(o Options) (*Renderer, error) {
	locales, err := locale.Load()
	if err != nil {
		return nil, err
	}
	r := &Renderer{
		static: o.Static, locales: locales, site: o.Site, now: o.Now,
		templates: map[locale.Lang]*template.Template{},
		policy:    contentPolicy(o.MediaOrigin),
		packer:    &packer{},
	}
	if r.now == nil {
		r.now = time.Now
	}
	for _, lang := range []locale.Lang{locale.FR, locale.EN} {
		l := locales.For(lang)
		t, err := template.New("").Funcs(functions(l, o.Static)).ParseFS(templateFiles, "templates/*.html")
		if err != nil {
			return nil, fmt.Errorf("parsing the templates: %w", err)
		}
		if err := checkWords(t, l); err != nil {
			return nil, fmt.Errorf("checking the words of the templates: %w", err)
		}
		r.templates[lang] = t
	}
	return r, nil
}

// Locale gives the words in the language of the visitor, for the sentences that handlers put into pages.
func (v *Renderer) Locale(ctx context.Context) *locale.Locale {
	return v.locales.For(LanguageOf(ctx))
}

// Render answers with a page. The page is executed as a whole before the first byte leaves; when that fails, nothing has been
// written and the error says why.
func (v *Renderer) Render(w http.ResponseWriter, r *http.Request, status int, p Page) error {
	d, err := v.Build(r, p)
	if err != nil {
		return err
	}
	d.Serve(w, r, status)
	return nil
}

// Build executes a page for the language and appearance of a request. A handler may keep the document of a public page and
// serve it to everybody who asks for the same page in the same language and appearance.
func (v *Renderer) Build(r *http.Request, p Page) (*Document, error) {
	site, err := v.site(r.Context())
	if err != nil {
		return nil, fmt.Errorf("reading the town for a page: %w", err)
	}
	lang := LanguageOf(r.Context())
	l := v.locales.For(lang)
	h := p.head(l)
	f := newFrame(l, site, v.now(), r, h, v.static, v.paletteOf(site.Colour))
	var b bytes.Buffer
	b.Grow(32 << 10)
	if err := v.templates[lang].ExecuteTemplate(&b, h.template, view{C: f, V: p}); err != nil {
		return nil, fmt.Errorf("executing the page %q: %w", h.template, err)
	}
	d := &Document{html: b.Bytes(), lang: lang, policy: v.policy, activity: h.activity, private: h.private, secret: h.secret}
	if !h.secret { // a secret beside words that a visitor sent would show in the length (BREACH)
		if d.gzip, err = v.packer.pack(d.html); err != nil {
			return nil, fmt.Errorf("compressing the page %q: %w", h.template, err)
		}
	}
	sum := sha256.Sum256(d.html)
	d.tag = base64.RawURLEncoding.EncodeToString(sum[:9])
	return d, nil
}

// paletteOf gives what pages need of the town's colours. Making them takes longer than a page, so the last ones are kept: a
// town changes its colour once in years.
func (v *Renderer) paletteOf(colour string) palette {
	if p := v.palette.Load(); p != nil && p.colour == colour {
		return *p
	}
	p := palette{colour: colour, url: themeURL(colour), awning: DefaultColour}
	if t, err := NewTheme(colour); err == nil {
		p.awning = t.Awning
	}
	v.palette.Store(&p)
	return p
}

// palette is a town's colour, the address of its style sheet, and the colour of its awning.
type palette struct{ colour, url, awning string }

// Document is an executed page. It never changes, and may be served many times at once.
type Document struct {
	html, gzip      []byte
	tag             string
	lang            locale.Lang
	policy          string
	activity        string // id of what the page shows, for servers
	private, secret bool
}

// Serve writes the document with its headers. A GET that already has it gets 304 (RFC 9110, section 13.1.2).
func (d *Document) Serve(w http.ResponseWriter, r *http.Request, status int) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", string(d.lang))
	h.Set("Content-Security-Policy", d.policy)
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Add("Vary", "Accept, Accept-Encoding, Cookie")
	if d.activity != "" { // where Mastodon's search looks first when somebody pastes the page's address
		h.Set("Link", "<"+d.activity+`>; rel="alternate"; type="application/activity+json"`)
	}
	switch {
	case d.secret:
		h.Set("Cache-Control", "no-store")
	case d.private:
		h.Set("Cache-Control", "private, no-cache")
	default:
		h.Set("Cache-Control", "no-cache")
	}
	body, tag := d.html, `"`+d.tag+`"`
	if d.gzip != nil && acceptsGzip(r) {
		h.Set("Content-Encoding", "gzip")
		body, tag = d.gzip, `"`+d.tag+`-gz"`
	}
	if status == http.StatusOK && !d.secret {
		h.Set("ETag", tag)
		if (r.Method == http.MethodGet || r.Method == http.MethodHead) && matches(r.Header.Get("If-None-Match"), tag) {
			h.Del("Content-Encoding")
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) //nolint:gosec // html/template has escaped it; and where writing fails, nobody is left to tell
	}
}

func matches(header, tag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		if part = strings.TrimSpace(part); part == tag || part == "W/"+tag || part == "*" {
			return true
		}
	}
	return false
}

// contentPolicy writes the Content-Security-Policy of all pages: nothing but our own files, and pictures from the media host.
func contentPolicy(mediaOrigin string) string {
	images := "img-src 'self' blob:"
	if mediaOrigin != "" {
		images += " " + mediaOrigin
	}
	return "default-src 'none'; style-src 'self'; " + images + "; font-src 'self'; script-src 'self'; connect-src 'self'; " +
		"form-action 'self'; manifest-src 'self'; base-uri 'none'; frame-ancestors 'none'"
}
