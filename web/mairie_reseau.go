package web

import (
	"time"

	"bourg/web/locale"
)

// PageMairieReseau is where the town hall sees other servers and blocks them, GET /mairie/reseau. The form is POST to the same
// address: "domaine", "raison", "geste" = "bloquer" or "recevoir" (no longer block).
type PageMairieReseau struct {
	Domain, Reason string
	Blocked        []Bloque
	Hosts          []Serveur
	Done           string // what has just been done, a sentence
	Errors         Erreurs
}

// Bloque is a server from which nothing is received.
type Bloque struct {
	Domain, Reason string
	Since          time.Time
}

func (p PageMairieReseau) head(l *locale.Locale) head {
	return head{
		template: "mairie-reseau", title: l.T("reseau.title"), doors: townHallDoors, door: pathMairieReseau,
		errors: p.Errors, private: true,
	}
}
