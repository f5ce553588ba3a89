package web

import (
	"time"

	"bourg/web/locale"
)

// PageAbonnes lists who follows a shop, and whom it has blocked, GET /espace/abonnes. Nobody else sees either. Its forms are
// POST to the same address: "qui", the id of a person; "geste" = "retirer", "bloquer" or "debloquer".
type PageAbonnes struct {
	Count     int
	Followers []Abonne
	Blocked   []Abonne
	OlderURL  string
	NewerURL  string // back to the newest
	Done      string
}

// Abonne is somebody elsewhere who follows a shop, or is blocked by it.
type Abonne struct {
	ID, Name, Handle, URL string
	Since                 time.Time
}

func (p PageAbonnes) head(l *locale.Locale) head {
	return head{template: "abonnes", title: l.T("abonnes.title"), doors: merchantDoors, door: pathCompte, private: true}
}
