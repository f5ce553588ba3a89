package web

import (
	"time"

	"bourg/web/locale"
)

// PageCompte is the account of whoever signed in, GET /espace/compte. Its forms: POST /espace/compte/mot-de-passe ("ancien",
// "nouveau"), POST /espace/compte/appareils ("appareil", the id of a session to end), POST /deconnexion.
type PageCompte struct {
	Email       string
	TownHall    bool // the account is the town hall's: its doors are shown
	Shop        bool // the account speaks for a shop
	HasPassword bool
	Sessions    []Session
	Saved       bool
	Errors      Erreurs
}

// Session is a browser in which the account is open.
type Session struct {
	ID       string
	Device   string // « Téléphone Android, Chrome »
	LastSeen time.Time
	Current  bool
}

func (p PageCompte) head(l *locale.Locale) head {
	doors := merchantDoors
	if p.TownHall {
		doors = townHallDoors
	}
	return head{
		template: "compte", title: l.T("compte.title"), doors: doors, door: pathCompte,
		errors: p.Errors, private: true,
	}
}
