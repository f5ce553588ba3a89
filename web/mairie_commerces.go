package web

import (
	"time"

	"bourg/web/locale"
)

// PageMairieCommerces is where the town hall invites merchants, GET /mairie/commerces. The form is POST to the same address:
// "cle", "nom", "metier" (a slug), "adresse", "email" or "telephone", and, where the town hall wants to say so itself,
// "identifiant", "latitude", "longitude". A new one-time link is POST /mairie/commerces/lien ("commerce", an id). Both answer
// with this page and its Invitation, which is made to be printed and handed over.
type PageMairieCommerces struct {
	Key                 string
	Name, Trade         string
	Trades              []Choix
	Address             string
	Email, Phone        string
	Handle              string // empty: proposed from the name
	Latitude, Longitude string
	Invitation          *Invitation // nil when there is no link to hand over
	Shops               []CommerceInscrit
	Errors              Erreurs
}

// Invitation is a one-time link for a merchant.
type Invitation struct {
	Name    string // of the shop
	Handle  string
	Link    string // absolute
	Email   string // set when the link was sent there too
	Expires time.Time
}

// CommerceInscrit is a line in the list of shops.
type CommerceInscrit struct {
	ID, Name, Handle, URL string
	SignedIn              bool
	LastNews              time.Time // zero for none yet
	Moved                 *Depart   // where it has gone; taken back by POST /mairie/commerces/retour ("commerce", its id)
}

func (p PageMairieCommerces) head(l *locale.Locale) head {
	return head{
		template: "mairie-commerces", title: l.T("mairie_commerces.title"), doors: townHallDoors, door: pathMairieShops,
		errors: p.Errors, private: true, secret: p.Invitation != nil,
	}
}
