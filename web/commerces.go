package web

import "bourg/web/locale"

// PageCommerces is the directory of shops, GET /commerces ("c": a family of trades).
type PageCommerces struct {
	Total      int // all shops of the town, whatever the filter
	ByDistance bool
	Filters    []Filtre
	Open       bool // those only that are open now
	Shops      []Commerce
	Closures   []Annonce // that are announced for the next two weeks
	NextURL    string

	Follow []Suivie // what can be followed in the place of single shops
}

// Annonce is a line that tells when something is.
type Annonce struct {
	When, URL, Text string
}

// Groupe is a heading of the directory and how many shops stand under it.
type Groupe struct {
	Slug  string // of a group of trades
	Count int
}

// Filters makes the chips above the directory: everything, then each group that has shops; current is the slug of the chosen
// one, or nothing.
func Filters(l *locale.Locale, total int, groups []Groupe, current string) []Filtre {
	chips := []Filtre{{URL: pathCommerces, Text: l.T("commerces.all"), Count: total, Current: current == ""}}
	for _, g := range groups {
		if g.Count > 0 {
			chips = append(chips, Filtre{URL: pathCommerces + "?c=" + g.Slug, Text: GroupName(l, g.Slug), Count: g.Count, Current: current == g.Slug})
		}
	}
	return chips
}

// Families makes the same groups into the list beside the thread.
func Families(l *locale.Locale, groups []Groupe) []Lien {
	var links []Lien
	for _, g := range groups {
		if g.Count > 0 {
			links = append(links, Lien{URL: pathCommerces + "?c=" + g.Slug, Text: GroupName(l, g.Slug), Note: l.Number(g.Count)})
		}
	}
	return links
}

// OpenFamilies makes the groups into the list of how many shops of each are open now.
func OpenFamilies(l *locale.Locale, groups []Groupe) []Lien {
	var links []Lien
	for _, g := range groups {
		if g.Count > 0 {
			links = append(links, Lien{URL: directoryOf(g.Slug, true, ""), Text: GroupName(l, g.Slug), Note: l.N("fil.open_here", g.Count)})
		}
	}
	return links
}

func (p PageCommerces) head(l *locale.Locale) head {
	return head{
		template: "commerces", title: l.T("commerces.title"), description: l.T("commerces.description"),
		door: pathCommerces, public: true,
	}
}
