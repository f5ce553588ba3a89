package web

import (
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
	Entries []Avis   // without the town's road sign, under which they stand

	Accord Accord
}

func (p PageVoisins) head(l *locale.Locale) head {
	return head{template: "voisins", title: l.T("voisins.title"), description: l.T("voisins.description"), door: pathVoisins, public: true}
}
