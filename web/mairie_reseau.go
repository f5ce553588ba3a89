package web

import (
	"time"

	"bourg/web/locale"
)

// PageMairieReseau is where the town hall sees other servers and blocks them, GET /mairie/reseau; "apres" is the place behind
// which the list of servers goes on. The forms are POST to the same address: "domaine", "raison", "geste" = "bloquer", "recevoir" (no
// longer block), "reessayer" (send at once what waits for the server, or for all where "domaine" is empty).
type PageMairieReseau struct {
	Domain, Reason string
	Blocked        []Bloque
	Hosts          []Serveur
	Summary        string // what waits for all servers together, a sentence
	RetryAll       bool   // there is something to send again
	FirstURL       string // of the list's first page; empty on it
	MoreURL        string // of the next page
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
