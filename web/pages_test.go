package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"bourg/web/locale"
)

// testRenderer makes a renderer for a town, on the morning of now.
func testRenderer(t testing.TB, site Site) (*Renderer, *Static) {
	t.Helper()
	static, err := NewStatic()
	if err != nil {
		t.Fatalf("making the static files: %v", err)
	}
	r, err := NewRenderer(Options{
		Static: static, Now: func() time.Time { return now },
		Site: func(context.Context) (Site, error) { return site, nil },
	})
	if err != nil {
		t.Fatalf("making the renderer: %v", err)
	}
	return r, static
}

// get renders one canned page the way a handler does, through the language middleware.
func get(t testing.TB, r *Renderer, lang locale.Lang, c canned, edit ...func(*http.Request)) *http.Response {
	t.Helper()
	req := httptest.NewRequest(http.MethodGet, Href(lang, c.path), nil)
	for _, e := range edit {
		e(req)
	}
	rec := httptest.NewRecorder()
	Language(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if err := r.Render(w, req, c.status, c.page(r.Locale(req.Context()))); err != nil {
			t.Errorf("rendering %s in %s: %v", c.name, lang, err)
		}
	})).ServeHTTP(rec, req)
	return rec.Result()
}

func body(t testing.TB, res *http.Response) []byte {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("reading the answer: %v", err)
	}
	return b
}

// TestPages renders every canned page in both languages and reads it as a browser and as a careful inspector would.
func TestPages(t *testing.T) {
	t.Parallel()
	r, static := testRenderer(t, cannedSite())
	bare, _ := testRenderer(t, Site{URL: "https://x.example", Colour: "#ffd400"})
	for _, c := range cannedPages() {
		for _, lang := range []locale.Lang{locale.FR, locale.EN} {
			t.Run(c.name+"/"+string(lang), func(t *testing.T) {
				t.Parallel()
				res := get(t, r, lang, c)
				if res.StatusCode != c.status {
					t.Errorf("status: got %d, want %d", res.StatusCode, c.status)
				}
				raw := body(t, res)
				inspect(t, raw, lang, static)
				inspect(t, body(t, get(t, bare, lang, c)), lang, static) // a town that has told nothing of itself yet
			})
		}
	}
}

// TestEveryPageIsCanned finds the pages of this package in its source: each has to stand among the canned ones.
func TestEveryPageIsCanned(t *testing.T) {
	t.Parallel()
	r, _ := testRenderer(t, cannedSite())
	seen := map[string]bool{}
	for _, c := range cannedPages() {
		seen[reflect.TypeOf(c.page(r.locales.For(locale.FR))).Name()] = true
	}
	pages := pageTypes(t)
	if len(pages) < 15 {
		t.Errorf("pages found: got %v, want all of them: the search is blind", pages)
	}
	for _, name := range pages {
		if !seen[name] {
			t.Errorf("%s stands in no canned page", name)
		}
	}
}

// pageTypes lists the types of this package that have the method head.
func pageTypes(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatalf("listing the code: %v", err)
	}
	var types []string
	for _, name := range names {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatalf("parsing %s: %v", name, err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == "head" && f.Recv != nil {
				if receiver, ok := f.Recv.List[0].Type.(*ast.Ident); ok {
					types = append(types, receiver.Name)
				}
			}
		}
	}
	return types
}

// forbidden are words of the machine room, which no screen shows.
var forbidden = regexp.MustCompile(`(?i)\b(instances?|fédération|federation|toots?|pouets?|acteurs?|actors?|webfinger|timelines?|hashtags?|tokens?|slugs?|uploads?|login|logins)\b`)

var outside = regexp.MustCompile(`^(https?:|mailto:|tel:|#)`)

// routes are the addresses that exist, or that the next handlers bring; a link to anything else is dead.
var routes = regexp.MustCompile(`^(/en)?(/|/commerces|/recherche|/agenda|/envoi|/voisins|/suivre|/connexion|/connexion/[\w-]+|/espace|/espace/(choisir|publier|messages|commerce|compte|abonnes|demenager|demenager/abonnes.csv)|/espace/messages/\d+(/versions)?|/mairie/reponses/\d+|` +
	`/espace/nouvelles/[\w-]+/(modifier|supprimer|annuler|envois|publie|finir|annulation|report|avant)|/espace/brouillons/[\w-]+/supprimer|/espace/citations/[\w-]+|/espace/compte/(mot-de-passe|appareils)|/mairie|/mairie/(ailleurs|commerces|reseau|reseau/blocages|reseau/blocages.csv|reglages|signalements|voisins|voisins/demander|voisins/commerces|voisins/[\w.]+|reponses|commerces/lien|commerces/retour|groupes|groupes/[\w-]+|signaler/(voisin/)?[\w-]+|signalements/envoyes)|` +
	`/installation/\w+|/accessibilite|/charte|/mentions-legales|/apparence|/deconnexion|/voisins/\d+|/perdu|/@\w+|/@\w+/[\w-]+(/versions)?)$|^/atom.xml$|^/alentours.xml$|^/@\w+/atom.xml$|^/agenda.ics$|^/@\w+/agenda.ics$|^/@\w+/[\w-]+/agenda.ics$|^/media/[\w-]+\.\w+$`)

func inspect(t *testing.T, raw []byte, lang locale.Lang, static *Static) {
	t.Helper()
	doc, err := html.Parse(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("parsing: %v", err)
	}
	wellFormed(t, raw)
	ids := map[string]bool{}
	var labels, refs []string
	controls := map[string]*html.Node{}
	headings := 0
	walk(doc, func(n *html.Node) {
		if n.Type == html.TextNode && n.Parent.DataAtom != atom.Script && n.Parent.DataAtom != atom.Code { // what is for machines
			if w := forbidden.FindString(n.Data); w != "" {
				t.Errorf("the word %q is shown in %q", w, strings.TrimSpace(n.Data))
			}
			if strings.Contains(n.Data, "ZgotmplZ") || strings.Contains(n.Data, "{{") || strings.Contains(n.Data, "<nil>") {
				t.Errorf("the template shows through: %q", n.Data)
			}
		}
		if n.Type != html.ElementNode {
			return
		}
		for _, a := range n.Attr {
			switch {
			case a.Key == "style":
				t.Errorf("inline style on %s", n.Data)
			case strings.HasPrefix(a.Key, "on"):
				t.Errorf("inline handler %s on %s", a.Key, n.Data)
			case strings.Contains(a.Val, "ZgotmplZ"):
				t.Errorf("%s of %s was refused by the template: %q", a.Key, n.Data, a.Val)
			case a.Key == "id":
				if ids[a.Val] {
					t.Errorf("two elements have the id %q", a.Val)
				}
				ids[a.Val] = true
			case a.Key == "aria-labelledby" || a.Key == "aria-describedby":
				refs = append(refs, strings.Fields(a.Val)...)
			case a.Key == "for":
				labels = append(labels, a.Val)
			case a.Key == "alt" || a.Key == "aria-label" || a.Key == "title" || a.Key == "placeholder":
				if w := forbidden.FindString(a.Val); w != "" {
					t.Errorf("the word %q is read out in %q", w, a.Val)
				}
			case a.Key == "src" || a.Key == "href" || a.Key == "action" || a.Key == "srcset":
				checkAddresses(t, a.Key, a.Val, lang, static, n)
			}
		}
		switch n.DataAtom {
		case atom.Script:
			if attr(n, "type") == "application/ld+json" { // data, which no browser runs
				if err := json.Unmarshal([]byte(text(n)), new(map[string]any)); err != nil {
					t.Errorf("data for machines: %v in %s", err, text(n))
				}
			} else if attr(n, "src") == "" {
				t.Errorf("inline script")
			}
		case atom.Button:
			if attr(n, "type") == "" {
				t.Errorf("a button has no type: %q", text(n))
			}
		case atom.Input, atom.Textarea, atom.Select:
			if kind := attr(n, "type"); !has(n, "hidden") && kind != "hidden" && kind != "radio" && kind != "checkbox" {
				controls[attr(n, "id")] = n
			}
		case atom.Img:
			if !has(n, "alt") || attr(n, "width") == "" || attr(n, "height") == "" {
				t.Errorf("a picture lacks alt, width or height: %v", n.Attr)
			}
		case atom.Section, atom.Article:
			if attr(n, "aria-labelledby") == "" && attr(n, "class") != "cote large-seul" {
				t.Errorf("a %s has no name: %.80q", n.Data, text(n))
			}
		case atom.H1:
			headings++
		case atom.A:
			if strings.TrimSpace(text(n)) == "" && attr(n, "aria-label") == "" && !holdsAlt(n) {
				t.Errorf("a link has no words: %v", n.Attr)
			}
		case atom.Ul, atom.Ol, atom.P:
			if n.FirstChild == nil && attr(n, "role") != "status" { // words come into a status later
				t.Errorf("an empty %s with class %q", n.Data, attr(n, "class"))
			}
		case atom.Html:
			if got := attr(n, "lang"); got != string(lang) {
				t.Errorf("lang: got %q, want %q", got, lang)
			}
		case atom.Time:
			if attr(n, "datetime") == "" {
				t.Errorf("a time without datetime: %q", text(n))
			}
		}
		if attr(n, "aria-invalid") == "true" && !strings.HasPrefix(titleOf(doc), map[locale.Lang]string{locale.FR: "Erreur", locale.EN: "Error: "}[lang]) {
			t.Errorf("the title %q does not speak of the error", titleOf(doc))
		}
	})
	if headings != 1 {
		t.Errorf("main headings: got %d, want 1", headings)
	}
	for id := range controls {
		if id == "" || !slices.Contains(labels, id) {
			t.Errorf("a field has no label: %q", id)
		}
	}
	for _, id := range append(refs, labels...) {
		if !ids[id] {
			t.Errorf("nothing has the id %q that is referred to", id)
		}
	}
	walk(doc, func(n *html.Node) {
		if href := attr(n, "href"); n.DataAtom == atom.A && strings.HasPrefix(href, "#") && !ids[href[1:]] {
			t.Errorf("the link %q leads to nothing on the page", href)
		}
	})
}

func checkAddresses(t *testing.T, key, val string, lang locale.Lang, static *Static, n *html.Node) {
	t.Helper()
	if strings.Contains(val, "data:") || strings.Contains(strings.ToLower(val), "javascript:") {
		t.Errorf("%s holds %q", key, val)
	}
	addresses := []string{val}
	if key == "srcset" {
		addresses = strings.Split(val, ", ")
	}
	for _, address := range addresses {
		address, _, _ = strings.Cut(address, " ")
		switch {
		case strings.HasPrefix(address, staticPrefix):
			file, _, _ := strings.Cut(address, "#")
			rec := httptest.NewRecorder()
			static.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, file, nil))
			if rec.Code != http.StatusOK {
				t.Errorf("%s: got %d, want 200", address, rec.Code)
			}
			if _, symbol, ok := strings.Cut(address, "#"); ok && !strings.Contains(rec.Body.String(), `id="`+symbol+`"`) {
				t.Errorf("the sprite has no symbol %q", symbol)
			}
		case outside.MatchString(address):
		default:
			path, _, _ := strings.Cut(address, "?")
			path, _, _ = strings.Cut(path, "#")
			if !routes.MatchString(path) {
				t.Errorf("%s of %s leads to %q, which does not exist", key, n.Data, address)
			}
			english := path == "/en" || strings.HasPrefix(path, "/en/")
			foreign := attr(n, "hreflang") != "" || strings.HasPrefix(path, "/media/") || strings.HasSuffix(path, ".xml") || strings.HasSuffix(path, ".ics")
			if !foreign && english != (lang == locale.EN) {
				t.Errorf("%s of %s leads out of the language: %q", key, n.Data, address)
			}
		}
	}
}

// wellFormed reads the tags as they stand: each one that opens is closed, in order, and no attribute comes twice.
func wellFormed(t *testing.T, raw []byte) {
	t.Helper()
	void := map[string]bool{"area": true, "base": true, "br": true, "hr": true, "img": true, "input": true, "link": true, "meta": true, "source": true, "use": false}
	var open []string
	z := html.NewTokenizer(bytes.NewReader(raw))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if !errors.Is(z.Err(), io.EOF) {
				t.Errorf("tokenizing: %v", z.Err())
			}
			if len(open) > 0 {
				t.Errorf("tags stay open: %v", open)
			}
			return
		case html.StartTagToken:
			tok := z.Token()
			seen := map[string]bool{}
			for _, a := range tok.Attr {
				if seen[a.Key] {
					t.Errorf("<%s> has %s twice", tok.Data, a.Key)
				}
				seen[a.Key] = true
			}
			if !void[tok.Data] {
				open = append(open, tok.Data)
			}
		case html.EndTagToken:
			name := z.Token().Data
			if len(open) == 0 || open[len(open)-1] != name {
				t.Errorf("</%s> closes %v", name, open)
				return
			}
			open = open[:len(open)-1]
		}
	}
}

func walk(n *html.Node, visit func(*html.Node)) {
	visit(n)
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		walk(c, visit)
	}
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, key string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
}

func text(n *html.Node) string {
	var b strings.Builder
	walk(n, func(c *html.Node) {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	})
	return b.String()
}

func holdsAlt(n *html.Node) bool {
	found := false
	walk(n, func(c *html.Node) { found = found || c.DataAtom == atom.Img && attr(c, "alt") != "" })
	return found
}

func titleOf(doc *html.Node) string {
	title := ""
	walk(doc, func(n *html.Node) {
		if n.DataAtom == atom.Title {
			title = text(n)
		}
	})
	return title
}

// TestHostileWords puts markup into every string that a visitor or a merchant may write.
func TestHostileWords(t *testing.T) {
	t.Parallel()
	r, static := testRenderer(t, cannedSite())
	evil := `"><script>alert(1)</script><img src=x onerror=alert(1)> javascript:alert(1)`
	shop := Commerce{Name: evil, URL: "javascript:alert(1)", Handle: evil, Trade: evil, Address: evil, Phone: evil, Paint: evil, State: &Etat{StateClass(evil), evil}}
	pages := map[string]Page{
		"agenda":    PageAgenda{Spans: []Periode{{evil, []Avis{{ID: "1", Shop: shop, URL: "javascript:alert(1)", Event: &RendezVous{Title: evil, Start: now, Place: evil, CalendarURL: "javascript:alert(1)", Link: "javascript:alert(1)"}}}}}, ICSURL: "/agenda.ics"},
		"evenement": kindPage(Avis{ID: "1", Shop: shop, URL: "javascript:alert(1)", Published: now, Event: &RendezVous{Title: evil, Start: now, Place: evil, Link: "javascript:alert(1)"}}),
		"produit":   kindPage(Avis{ID: "1", Shop: shop, URL: "javascript:alert(1)", Published: now, Product: &Etiquette{Title: evil, Price: evil, Unit: evil, Lead: evil, Allergens: evil}}),
		"fil":       PageFil{Days: ByDay([]Avis{{ID: "1", Shop: shop, URL: "javascript:alert(1)", Published: now, Photos: []Photo{{Alt: evil, Width: 1, Height: 1, JPEG: []Source{{"javascript:alert(1)", 1}}}}}}, paris)},
		"recherche": PageRecherche{Query: evil},
		"publier":   PagePublier{Genre: "offre", Typed: Saisie{"titre": evil, "prix": evil, "du": evil, "conditions": evil}, Carried: []Cache{{evil, evil}}, Lowest: evil, Preview: Avis{Offer: &Ardoise{Title: evil, Price: evil, Prior: evil, Unit: evil, Conditions: evil}}, Shop: shop, Text: evil + "</textarea>", Alt: evil, Key: evil, Draft: evil, BrowserKey: evil, Reach: "town", Action: "/espace/publier", Errors: Erreurs{{"texte", evil}}},
		"suivre":    PageSuivre{Name: evil, Address: evil, Handle: evil, Continue: &Ailleurs{evil, "javascript:alert(1)"}},
		"mapage": PageMaPage{Shop: shop, Name: evil, Address: evil, About: evil, Hours: HorairesSaisis{
			Days: []JourSaisi{{ID: "lundi", Value: evil}}, Words: evil, Dated: evil, Special: []JourExceptionnel{{ID: "jour1", From: evil, Through: evil, Hours: evil, Note: evil}},
		}},
	}
	for name, p := range pages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := httptest.NewRecorder()
			if err := r.Render(rec, httptest.NewRequest(http.MethodGet, "/?q=%22%3E%3Cscript%3E", nil), 200, p); err != nil {
				t.Fatalf("rendering: %v", err)
			}
			doc, err := html.Parse(rec.Body)
			if err != nil {
				t.Fatalf("parsing: %v", err)
			}
			walk(doc, func(n *html.Node) {
				if n.DataAtom == atom.Script && attr(n, "src") != static.URL("publier.js") && attr(n, "type") != "application/ld+json" {
					t.Errorf("a script came through: %q", text(n))
				}
				for _, a := range n.Attr {
					if strings.HasPrefix(a.Key, "on") || (a.Key == "href" || a.Key == "src") && strings.Contains(a.Val, "javascript:") && !strings.HasPrefix(a.Val, "/en") {
						t.Errorf("%s on %s came through: %q", a.Key, n.Data, a.Val)
					}
				}
			})
		})
	}
}

// TestFailureWritesNothing breaks a page in its middle.
func TestFailureWritesNothing(t *testing.T) {
	t.Parallel()
	r, _ := testRenderer(t, cannedSite())
	rec := httptest.NewRecorder()
	err := r.Render(rec, httptest.NewRequest(http.MethodGet, "/", nil), 200, PageNouvelle{Entry: seigle(), Reach: "the moon"})
	if err == nil || !strings.Contains(err.Error(), "the moon") {
		t.Errorf("error: got %v, want one that names the unknown reach", err)
	}
	if rec.Body.Len() > 0 || len(rec.Header()) > 0 {
		t.Errorf("half a page left: %d bytes, headers %v", rec.Body.Len(), rec.Header())
	}
	broken, err := NewRenderer(Options{Static: r.static, Site: func(context.Context) (Site, error) { return Site{}, fmt.Errorf("the database sleeps") }})
	if err != nil {
		t.Fatalf("making the renderer: %v", err)
	}
	if err := broken.Render(rec, httptest.NewRequest(http.MethodGet, "/", nil), 200, PageFil{}); err == nil || rec.Body.Len() > 0 {
		t.Errorf("a town that cannot be read: got error %v and %d bytes", err, rec.Body.Len())
	}
}
