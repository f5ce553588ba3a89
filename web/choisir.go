package web

import "bourg/web/locale"

// PageChoisir asks somebody who speaks for several shops for which one now, GET /espace. The form of each is
// POST /espace/choisir ("commerce", an id).
type PageChoisir struct{ Shops []CommerceAChoisir }

// CommerceAChoisir is one of them.
type CommerceAChoisir struct {
	ID      string
	Shop    Commerce
	Current bool
}

func (p PageChoisir) head(l *locale.Locale) head {
	return head{template: "choisir", title: l.T("choisir.title"), doors: merchantDoors, private: true}
}
