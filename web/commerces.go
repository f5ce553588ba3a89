package web

import "bourg/web/locale"

// PageCommerces is the directory of shops, GET /commerces ("c": a family of trades).
type PageCommerces struct {
	Total      int // all shops of the town, whatever the filter
	ByDistance bool
	Filters    []Filtre
	Shops      []Commerce
	NextURL    string
}

func (p PageCommerces) head(l *locale.Locale) head {
	return head{
		template: "commerces", title: l.T("commerces.title"), description: l.T("commerces.description"),
		door: pathCommerces, public: true,
	}
}
