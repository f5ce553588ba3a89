package web

import (
	"time"

	"bourg/web/locale"
)

// PageAilleurs is where the town hall lists accounts on other servers as the town's own, GET /mairie/ailleurs. The forms are POST to
// the same address, by "geste": "chercher" ("compte") shows an account before anything is sent; "ajouter" ("compte", "metier",
// "telephone", "adresse", "latitude", "longitude") lists it; "redemander" and "retirer" ("id") ask a second time, and take it off the list.
type PageAilleurs struct {
	Account             string // as typed
	Found               *CompteTrouve
	Trade               string
	Phone, Address      string
	Latitude, Longitude string
	Trades              []Choix
	Home                string // the address to which a profile has to link
	Waiting             []CompteAilleurs
	Shown               []CompteAilleurs
	Ended               []CompteAilleurs
	Done                string // what has just been done, a sentence
	Errors              Erreurs
}

// CompteTrouve is an account as its own server shows it.
type CompteTrouve struct {
	Name, Handle, URL string
	Host              string // where it lives
	What              string // what it is, in words
	How               string // what happens when it is listed, a sentence
	Action            string // what the button says
	Stands            string // how it stands already, a sentence; empty where it was never listed
	Known             bool   // it waits, or is shown, and nothing is sent by listing it again
}

// CompteAilleurs is a listed account.
type CompteAilleurs struct {
	ID                string
	Name, Handle, URL string
	Host, What, Trade string
	State             *Etat
	Notes             []string // how its consent stands, sentences
	Answer            string   // what it answered that was neither yes nor no
	Link              bool     // it is told where a link has to lead
	MayAsk, MayRemove bool
	Moved             string // address of the account that it moved to
	Since             time.Time
}

func (p PageAilleurs) head(l *locale.Locale) head {
	return head{
		template: "ailleurs", title: l.T("ailleurs.title"), doors: townHallDoors, door: pathMairieAilleurs, errors: p.Errors, private: true,
	}
}
