package web

import (
	"go/ast"
	"go/parser"
	"go/token"
	"html/template"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"bourg/internal/town"
	"bourg/web/locale"
)

// families are the keys that are put together from data: every member has to exist in the catalogue.
func families() map[string][]string {
	f := map[string][]string{
		"conformity.": {NotConforming.String(), PartlyConforming.String(), FullyConforming.String()},
		"reach.":      Reaches(), "reach.short.": Reaches(), "reach.said.": Reaches(),
		"message.kind.": MessageKinds(),
		"object.":       append(objectKinds(), "open"),
		"paint.":        Paints(),
		"colour.":       colourNames(), "colour.advice.": {"kept", "light", "soft", "moved"},
		"ready.": readyReplies[:],
		"group.": town.Headings,

		"hall.reason.": Reasons(),
		"erreur.":      {"400", "401", "403", "404", "410", "413", "429", "500", "503"},
	}
	f["groupe.kind."], f["groupe.gets."] = GroupKinds(), GroupKinds()
	for _, family := range []string{"groupes.new.", "groupes.what.", "groupes.name_help."} {
		f[family] = GroupGenres()
	}
	f["genre."] = []string{"offer", "event", "article", "product", "closure"}
	for _, g := range genres() {
		f["genre.tab."], f["publier.text."] = append(f["genre.tab."], g.name), append(f["publier.text."], g.name)
		f["publier.title."] = append(f["publier.title."], g.name)
		if len(g.fields) > 0 {
			f["publier.name."], f["publier.name_help."] = append(f["publier.name."], g.name), append(f["publier.name_help."], g.name)
		}
	}
	f["ailleurs.stands_"] = []string{"asked", "agreed", "refused", "expired", "ended"}
	f["ailleurs.by_"] = []string{"link", "reply"}
	f["ailleurs.why_"] = []string{"town", "said_no", "blocked", "rejected", "moved", "unlinked", "gone"}
	f["finir.as."] = OfferEnds()
	f["offer.end."], f["event.state."], f["product.how."] = OfferEnds(), EventStates(), Availabilities()
	for _, s := range starters {
		f["starter."] = append(f["starter."], s, s+"_text")
	}
	for _, e := range slices.Clone(f["erreur."]) {
		f["erreur."] = append(f["erreur."], e+"_text")
	}
	for family, members := range wordsOfForms() {
		f[family] = append(f[family], members...)
	}
	for _, trade := range town.Trades {
		f["trade."] = append(f["trade."], trade.Slug)
	}
	return f
}

// TestWords holds the catalogue, the screens and the domain together: every key that is asked for exists, and every key is
// asked for.
func TestWords(t *testing.T) {
	t.Parallel()
	set, err := locale.Load()
	if err != nil {
		t.Fatalf("loading the words: %v", err)
	}
	r, _ := testRenderer(t, cannedSite())
	l := set.For(locale.FR)
	want := usedWords(r.templates[locale.FR])
	screens, domain := codeOf(t, "."), codeOf(t, "../internal/town")
	maps.Copy(want, screens.asked)
	for text := range domain.texts {
		if keyShape.MatchString(text) { // the domain names what is wrong by a key
			want[text] = false
		}
	}
	for family, members := range families() {
		for _, m := range members {
			want[family+m] = false
		}
	}
	for key, plural := range want {
		if !l.Has(key) || l.Plural(key) != plural {
			t.Errorf("%s: exists %v, plural %v; want it to exist, plural %v", key, l.Has(key), l.Plural(key), plural)
		}
	}
	for _, key := range l.Keys() {
		if _, ok := want[key]; !ok && !screens.mentions(key) && !domain.mentions(key) {
			t.Errorf("%s: nobody asks for these words", key)
		}
	}
	if len(want) < 300 || len(domain.texts) < 50 {
		t.Errorf("found %d keys, and %d texts in the domain: the search is blind", len(want), len(domain.texts))
	}
}

var keyShape = regexp.MustCompile(`^[a-z]+\.[a-z_]+$`)

// code is what a package's source says.
type code struct {
	asked map[string]bool // literal keys that T, N and HTML are called with, and whether as a plural
	texts map[string]bool // all literal texts
}

// mentions tells whether the key stands in the code, as a whole or by a beginning ("host.") or an end (".long") that data
// completes.
func (c code) mentions(key string) bool {
	if c.texts[key] {
		return true
	}
	for i, letter := range key {
		if letter == '.' && (c.texts[key[:i+1]] || c.texts[key[i:]]) {
			return true
		}
	}
	return false
}

// codeOf reads the Go files of a folder, without its tests.
func codeOf(t *testing.T, folder string) code {
	t.Helper()
	c := code{asked: map[string]bool{}, texts: map[string]bool{}}
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatalf("listing the code: %v", err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatalf("parsing %s: %v", name, err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if text, ok := literal(n); ok {
				c.texts[text] = true
			}
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			if f, ok := call.Fun.(*ast.SelectorExpr); ok && (f.Sel.Name == "T" || f.Sel.Name == "N" || f.Sel.Name == "HTML") {
				if key, ok := literal(call.Args[0]); ok {
					c.asked[key] = f.Sel.Name == "N"
				}
			}
			return true
		})
	}
	return c
}

func literal(n ast.Node) (string, bool) {
	lit, ok := n.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}

// TestTrades gives every trade of the domain its words, its mark and its paint.
func TestTrades(t *testing.T) {
	t.Parallel()
	set, err := locale.Load()
	if err != nil {
		t.Fatalf("loading the words: %v", err)
	}
	sprite, err := os.ReadFile("static/icones.svg")
	if err != nil {
		t.Fatalf("reading the sprite: %v", err)
	}
	for _, trade := range town.Trades {
		for _, lang := range []locale.Lang{locale.FR, locale.EN} {
			if got := TradeName(set.For(lang), trade.Slug); got == trade.Slug {
				t.Errorf("%s has no words in %s", trade.Slug, lang)
			}
		}
		if !strings.Contains(string(sprite), `<symbol id="`+trade.Icon+`"`) {
			t.Errorf("%s: the sprite has no mark %q", trade.Slug, trade.Icon)
		}
		if !slices.Contains(Paints(), trade.Paint) {
			t.Errorf("%s: there is no paint %q", trade.Slug, trade.Paint)
		}
		if !slices.Contains(town.Headings, trade.Group) {
			t.Errorf("%s: the directory has no heading %q", trade.Slug, trade.Group)
		}
	}
	if got := TradeName(set.For(locale.FR), "astronaute"); got != "astronaute" {
		t.Errorf("unknown trade: got %q, want it back", got)
	}
	if got := GroupName(set.For(locale.FR), "bouche"); got != "Pain, légumes, fromage" {
		t.Errorf("group: got %q, want « Pain, légumes, fromage »", got)
	}
}

// TestMissingWords plants a key that does not exist, and a plural that is used as a sentence.
func TestMissingWords(t *testing.T) {
	t.Parallel()
	r, static := testRenderer(t, cannedSite())
	l := r.locales.For(locale.FR)
	for text, want := range map[string]string{
		`{{define "x"}}{{if true}}<p>{{t "fil.nowhere"}}</p>{{end}}{{end}}`:                 `"fil.nowhere" does not exist`,
		`{{define "x"}}{{range paints}}{{with t "avis.replies"}}{{.}}{{end}}{{end}}{{end}}`: "plurals want n",
		`{{define "x"}}{{template "y" (n "fil.title" 3)}}{{end}}{{define "y"}}{{end}}`:      "plurals want n",
	} {
		planted, err := template.New("").Funcs(functions(l, static)).Parse(text)
		if err == nil {
			err = checkWords(planted, l)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got error %v, want %q", text, err, want)
		}
	}
}
