package web

import "bourg/web/locale"

// PageRecherche is what was found for some words, GET /recherche ("q").
type PageRecherche struct {
	Query    string
	Shops    []Commerce
	Entries  []Avis
	OlderURL string
}

// Found counts what stands on the page.
func (p PageRecherche) Found() int { return len(p.Shops) + len(p.Entries) }

func (p PageRecherche) head(l *locale.Locale) head {
	title := l.T("recherche.title")
	if p.Query != "" {
		title = l.T("recherche.page_title", p.Query)
	}
	return head{template: "recherche", title: title, door: pathCommerces}
}
