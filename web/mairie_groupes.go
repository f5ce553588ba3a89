package web

import "bourg/web/locale"

// PageMairieGroupes is where the town hall sees the pages that people follow in the place of single shops, and what they relayed
// today, GET /mairie/groupes. The form of trades is POST to the same address: "metier", a slug for each page of a trade that is
// to be there. The pages of markets and collectives are made and changed on [PageMairieGroupe].
type PageMairieGroupes struct {
	Groups []GroupeTenu
	Trades []Metier // in use, or with a page; in the order of the directory
	Most   int      // in a day
	Saved  bool
	Errors Erreurs
}

// GroupeTenu is a line in the list of pages.
type GroupeTenu struct {
	Suivie
	Followers int
	Today     int
	Waiting   int // what is over today, for the evening's summary
	Off       bool
	EditURL   string // where it is changed; empty for what is not made by hand
}

// Metier is a trade with its box.
type Metier struct {
	Slug, Name string
	Shops      int // of this trade
	On         bool
}

func (p PageMairieGroupes) head(l *locale.Locale) head {
	return head{template: "mairie-groupes", title: l.T("groupes.title"), doors: townHallDoors, door: pathMairie, errors: p.Errors, private: true}
}

// PageMairieGroupe makes or changes the page of a market or a collective, GET /mairie/groupes/nouveau ("genre": "marche" or
// "collectif") and /mairie/groupes/<id>. The form is POST to the same address: "genre", "cle" (makes a repeated post harmless),
// "nom", "lieu" and "quand" (of a market), "mots" (what it is), "membre" (the id of a shop, once for each), and "geste" =
// "enregistrer", "arreter" or "reprendre".
type PageMairieGroupe struct {
	Action  string
	Genre   string // one of GroupGenres
	Key     string // value of "cle"; empty where a page is changed
	New     bool
	Off     bool
	Group   Suivie // as it is now; zero for a new one
	Name    string
	Where   string
	When    string
	Words   string
	Members []Case
	Most    int // in a day
	Saved   bool
	Errors  Erreurs
}

// Case is a shop with its box.
type Case struct {
	ID, Name, Trade string
	On              bool
	Refuses         bool // the shop does not want its news to be relayed
}

// GroupGenres are the kinds of pages that the town hall makes by hand, by their names in addresses.
func GroupGenres() []string { return []string{"marche", "collectif"} }

func (p PageMairieGroupe) head(l *locale.Locale) head {
	h := head{template: "mairie-groupe", title: p.Name, doors: townHallDoors, door: pathMairie, errors: p.Errors, private: true}
	if p.New {
		h.title = l.T("groupes.new." + p.Genre)
	} else {
		h.title = p.Group.Name
	}
	return h
}
