package web

import "bourg/web/locale"

// PageSuivre tells how to follow the town or a shop, or how to answer, share or like a piece of news from one's own account, GET
// /suivre: "qui" (handle of a shop or of a page that gathers several, without host), "objet" (path of a piece of news), "geste" (one of the acts), "adresse" (the
// visitor's address elsewhere), "retenir". Its form, and those under the news, are POST to the same address with the same fields, which
// leads back here; see [Handlers.AllerAilleurs].
//
// With a good address the page shows a link to the visitor's own server. It is a link and not a redirect because our
// form-action policy, rightly, lets no form lead away.
type PageSuivre struct {
	Name     string // of the shop, or of the page that gathers several; empty for the whole town
	Who      string // value of "qui"
	Act      Geste  // what is to be done there
	Object   string // value of "objet"
	Handle   string // what to look for elsewhere: a handle, or the address of the news
	Address  string
	Remember bool
	Continue *Ailleurs // the visitor's own server; nil as long as it is not known
	AtomURL  string
	Shops    []Lien // some shops to follow one by one
	Errors   Erreurs

	Groups  []Suivie // what else can be followed in the place of single shops
	PageURL string   // absolute address of the page of what is followed, for a telephone's camera; empty for a piece of news
	ICSURL  string   // of the events of what is followed; empty for none
}

// Ailleurs is the place where a visitor goes on.
type Ailleurs struct{ Host, URL string }

func (p PageSuivre) head(l *locale.Locale) head {
	h := head{
		template: "suivre", title: l.T("suivre.title"), description: l.T("suivre.description"),
		errors: p.Errors, atom: p.AtomURL, public: p.Address == "" && p.Object == "",
	}
	h.title = p.Title(l)
	return h
}

// Title is the page's title.
func (p PageSuivre) Title(l *locale.Locale) string {
	switch p.Act {
	case GesteRepondre:
		return l.T("suivre.answer_title")
	case GestePartager:
		return l.T("suivre.share_title")
	case GesteAimer:
		return l.T("suivre.like_title")
	}
	return l.T("suivre.title")
}

// Geste is what a visitor wants to do from an account elsewhere: the value of "geste".
type Geste string

// The acts. Following is what is done with a shop, the others with a piece of news.
const (
	GesteSuivre   Geste = "suivre"
	GesteRepondre Geste = "repondre"
	GestePartager Geste = "partager"
	GesteAimer    Geste = "aimer"
)
