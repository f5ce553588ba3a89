package web

import "bourg/web/locale"

// PageMaPage is where merchants keep their own page, GET /espace/page. The form is a multipart POST to the same address:
// "nom", "metier" (a slug), "adresse", "telephone", "horaires", "description", "couleur" (one of Paints), "couverture" (a
// file) and "couverture_alt".
type PageMaPage struct {
	Shop      Commerce // as it is now
	Name      string
	Trade     string // slug
	Trades    []Choix
	Address   string
	Phone     string
	Hours     string // in words, by line
	About     string // plain text
	Cover     *Photo
	CoverAlt  string
	Followers int
	Saved     bool
	Errors    Erreurs
}

func (p PageMaPage) head(l *locale.Locale) head {
	return head{
		template: "mapage", title: l.T("mapage.title"), doors: merchantDoors, door: pathMaPage,
		errors: p.Errors, private: true,
	}
}
