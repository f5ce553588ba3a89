package web

import "bourg/web/locale"

// PageSuivre tells how to follow the town, a shop, or how to answer a piece of news from one's own account, GET /suivre: "qui"
// (handle of a shop, without host), "objet" (path of a piece of news), "adresse" (the visitor's address elsewhere), "retenir".
//
// With a good address the page shows a link to the visitor's own server. It is a link and not a redirect because our
// form-action policy, rightly, lets no form lead away.
type PageSuivre struct {
	Name      string // of the shop; empty for the whole town
	Who       string // value of "qui"
	Answering bool   // it is an answer to a piece of news
	Object    string // value of "objet"
	Handle    string // what to look for elsewhere: a handle, or the address of the news
	Address   string
	Remember  bool
	Continue  *Ailleurs // the visitor's own server; nil as long as it is not known
	AtomURL   string
	Shops     []Lien // some shops to follow one by one
	Errors    Erreurs
}

// Ailleurs is the place where a visitor goes on.
type Ailleurs struct{ Host, URL string }

func (p PageSuivre) head(l *locale.Locale) head {
	h := head{
		template: "suivre", title: l.T("suivre.title"), description: l.T("suivre.description"),
		door: pathSuivre, errors: p.Errors, atom: p.AtomURL, public: p.Address == "" && p.Object == "",
	}
	if p.Answering {
		h.title = l.T("suivre.answer_title")
	}
	return h
}
