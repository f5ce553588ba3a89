package web

import (
	"time"

	"bourg/web/locale"
)

// PageDemenager is how a merchant comes from an account elsewhere or leaves for one with its followers, GET /espace/demenager.
// Its forms are POST to the same address, by "geste":
//
//   - "venir": "ancien", the old account; "verifier" and "oublier": "compte", the id of one that is named already
//   - "partir": "nouveau", the new account, which leads to Leaving; there "confirmer": "compte", and "secret", the password
//   - "lien": a fresh sign-in link by mail, for who has no password
//
// The followers are at GET /espace/demenager/abonnes.csv.
type PageDemenager struct {
	Handle    string // the shop's own, to be typed elsewhere
	Address   string // the id of the shop, which other networks take as well
	Followers int
	Old, New  string // as typed
	Arrivals  []Arrivee
	Leaving   *Depart // an account that is to be confirmed
	Moved     *Depart // where the shop has gone; nil while it is here
	Proof     Preuve
	Done      string
	Errors    Erreurs
}

// Preuve is by what somebody shows to be the one who signed in.
type Preuve string

// A password where there is one, else a sign-in a few minutes ago, by a fresh link.
const (
	ByPassword Preuve = "secret"
	ByEntering Preuve = "frais"
	NotYet     Preuve = "lien"
)

// Depart is where a shop goes.
type Depart struct {
	ID, Handle, URL string
	At              time.Time
}

// Arrivee is an old account of a shop, and what has come of it.
type Arrivee struct {
	ID, Handle, URL string
	Here            bool   // it says that it has moved here
	Elsewhere       string // where else it says that it has moved
	Followers       int    // come since it was named
	Named, Looked   time.Time
}

func (p PageDemenager) head(l *locale.Locale) head {
	return head{
		template: "demenager", title: l.T("demenager.title"), doors: merchantDoors, door: pathCompte, errors: p.Errors, private: true,
	}
}
