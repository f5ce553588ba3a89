package web

import (
	"bytes"
	"encoding/json"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"bourg/web/locale"
)

// cardOf reads what a page says for cards in other networks, by name, and its data for machines.
func cardOf(t *testing.T, raw []byte) (said map[string]string, data []map[string]any) {
	t.Helper()
	doc, err := html.Parse(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("parsing: %v", err)
	}
	said = map[string]string{}
	walk(doc, func(n *html.Node) {
		switch {
		case n.DataAtom == atom.Meta:
			said[attr(n, "property")+attr(n, "name")] = attr(n, "content")
		case n.DataAtom == atom.Script && attr(n, "type") == "application/ld+json":
			var one map[string]any
			if err := json.Unmarshal([]byte(text(n)), &one); err != nil {
				t.Errorf("data for machines: %v in %s", err, text(n))
			}
			data = append(data, one)
		}
	})
	return said, data
}

// Whoever shares a page elsewhere sees there what it is, in a picture that all networks show, and whose it is.
func TestCardsOfPages(t *testing.T) {
	t.Parallel()
	r, _ := testRenderer(t, cannedSite())
	want := map[string]map[string]string{
		"nouvelle": {
			"og:type": "article", "og:title": "Fournée de seigle ce matin, cuite au bois, Le Fournil de la Halle – Saint-Laurent-sur-Cèze",
			"og:url": "https://saint-laurent.example/@fournil/0193a1", "og:site_name": "Saint-Laurent-sur-Cèze", "og:locale": "fr_FR",
			"og:image": "https://saint-laurent.example/media/pain-1280.jpg", "og:image:type": "image/jpeg",
			"og:image:alt":           "Deux boules de seigle et deux pains longs sur la table du fournil.",
			"article:published_time": "2026-11-26T08:10+01:00", "fediverse:creator": "@fournil@saint-laurent.example",
		},
		"nouvelle-offre":   {"og:type": "website", "og:description": "En une phrase.", "og:title": "Potimarrons du plateau, Au Potager d’Hortense – Saint-Laurent-sur-Cèze", "article:published_time": ""},
		"nouvelle-article": {"og:type": "article", "article:published_time": "2026-11-25T16:00+01:00"},
		"commerce":         {"og:type": "profile", "fediverse:creator": "@fournil@saint-laurent.example", "article:published_time": ""},
		"agenda":           {"og:type": "website", "og:description": "Marchés, veillées, ateliers : les rendez-vous du bourg.", "fediverse:creator": ""},
		"publier":          {"og:title": "", "og:type": "", "robots": "noindex"},
	}
	for _, c := range cannedPages() {
		wanted, ok := want[c.name]
		if !ok {
			continue
		}
		delete(want, c.name)
		said, _ := cardOf(t, body(t, get(t, r, locale.FR, c)))
		for name, w := range wanted {
			if got := said[name]; locale.French(got) != locale.French(w) {
				t.Errorf("%s: %s: got %q, want %q", c.name, name, got, w)
			}
		}
	}
	if len(want) > 0 {
		t.Errorf("pages that were not looked at: %v", want)
	}
}
