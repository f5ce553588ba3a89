package web

import (
	"time"

	"bourg/web/locale"
)

// PageMaPage is where merchants keep their own page, GET /espace/commerce. The form is a multipart POST to the same address:
// "nom", "metier" (a slug), "adresse", "code_postal", "localite", "latitude", "longitude", "telephone", "site" (the address of a website), "lundi" to "dimanche" and
// "feries" (hours of a day), "veille" (the names of days that are like the one before), "saison" (anything: rules for parts of the
// year are kept), "jour1_du", "jour1_au", "jour1_heures", "jour1_mots" and so on (special days), "horaires" (words), "description",
// "couleur" (one of Paints), "portee" (one of Reaches, for what is written from now on), "relais" = "1" (the pages to follow relay its news; with "relais_demande", which says that the form has the box), "couverture" (a file) and "couverture_alt".
type PageMaPage struct {
	Shop      Commerce // as it is now
	Name      string
	Trade     string // slug
	Trades    []Choix
	Address   string
	Postcode  string
	Locality  string
	Latitude  string // in degrees, as typed
	Longitude string
	Phone     string
	Website   string
	PageURL   string    // the shop's page as other sites name it
	Verified  time.Time // when the website last named it; zero: it does not
	Hours     HorairesSaisis
	About     string // plain text
	Cover     *Photo
	CoverAlt  string
	Followers int
	Reach     string // one of Reaches: of new posts, unless they say otherwise
	Relayed   bool   // the pages to follow relay its news
	Saved     bool
	NoticeURL string // of the page on which the notice of special hours, which has just been published, can be taken back
	Errors    Erreurs
}

func (p PageMaPage) head(l *locale.Locale) head {
	return head{
		template: "mapage", title: l.T("mapage.title"), doors: merchantDoors, door: pathMaPage,
		errors: p.Errors, private: true,
	}
}
