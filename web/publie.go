package web

import (
	"time"

	"bourg/web/locale"
)

// PagePublie says that a piece of news is in the thread, GET /espace/nouvelles/<id>/publie. For as long as it waits to leave
// the town, POST UndoURL ("geste" = "annuler") takes it back into the drafts.
type PagePublie struct {
	Entry      Avis
	LeavesAt   time.Time
	UndoURL    string // empty when it has left
	EditURL    string
	DeleteURL  string
	Silent     bool    // a product in the window that no network is told of
	ForwardURL string  // to put a product forward; empty for other kinds
	BrowserKey string  // of the composer, so that the browser forgets the text that it kept
	Remise     *Remise // how far it has come; nil as long as it has not left
}

func (p PagePublie) head(l *locale.Locale) head {
	return head{template: "publie", title: l.T("publie.title"), doors: merchantDoors, door: pathPublier, script: "publier.js", private: true}
}

// PageSupprimer asks before a piece of news is deleted, and shows it. POST Action, "geste" = "supprimer".
type PageSupprimer struct {
	Entry  Avis
	Action string
}

func (p PageSupprimer) head(l *locale.Locale) head {
	return head{template: "supprimer", title: l.T("supprimer.title"), doors: merchantDoors, door: pathPublier, private: true}
}
