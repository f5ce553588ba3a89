package web

import (
	"html/template"
	"time"

	"bourg/web/locale"
)

// PageVoisins is the towns with which this one exchanges news, the nearest first, each with its latest, GET /voisins.
type PageVoisins struct {
	Towns []Voisin

	Former []Ancienne // with which the exchange has ended in the last thirty days
}

// Voisin is a neighbouring town.
type Voisin struct {
	ID      string // unique in the page
	Name    string
	URL     string   // its own site
	Host    string   // the same, as people read it
	Km      *float64 // nil when the town has not told where it lies
	Entries []Voisinage

	Accord Accord
}

// Voisinage is news of a neighbouring town's shop. It is read at home, so its links lead there.
type Voisinage struct {
	ID        string // unique in the page
	Shop      string
	URL       string // its page in its own town
	Title     string // empty for plain news
	Published time.Time
	Text      template.HTML // sanitised
	Lang      string        // of Text when it is not the page's
	Event     *RendezVous   // set for an event
}

func (p PageVoisins) head(l *locale.Locale) head {
	return head{template: "voisins", title: l.T("voisins.title"), description: l.T("voisins.description"), door: pathVoisins, public: true}
}
