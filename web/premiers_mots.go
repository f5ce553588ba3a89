package web

import "bourg/web/locale"

// PagePremiersMots is what a reply says and what it said before it was edited: to the merchant at
// GET /espace/messages/<id>/versions, to the town hall at GET /mairie/reponses/<id>.
type PagePremiersMots struct {
	Author, Handle string
	TownHall       bool   // the town hall reads it
	BackURL        string // where it stands among others
	Now            Mot
	Former         []Mot // the latest first; At is when it was replaced
}

func (p PagePremiersMots) head(l *locale.Locale) head {
	h := head{template: "premiers_mots", title: l.T("premiers_mots.title", p.Author), doors: merchantDoors, door: pathMessages, private: true}
	if p.TownHall {
		h.doors, h.door = townHallDoors, pathMairie
	}
	return h
}
