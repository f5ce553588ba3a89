package web

import "bourg/web/locale"

// PageRecherche is what was found for some words, GET /recherche ("q").
type PageRecherche struct {
	Query    string
	Shops    []Commerce
	Entries  []Avis
	Around   []Avis // of neighbouring towns
	OlderURL string
}

// Found counts what stands on the page.
func (p PageRecherche) Found() int { return len(p.Shops) + len(p.Entries) + len(p.Around) }

func (p PageRecherche) head(l *locale.Locale) head {
	title := l.T("recherche.title")
	if p.Query != "" {
		title = l.T("recherche.page_title", p.Query)
	}
	return head{template: "recherche", title: title, door: pathCommerces}
}
