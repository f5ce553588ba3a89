package web

import (
	"time"

	"bourg/web/locale"
)

// PageMairieSignalements is where the town hall reads what other servers report and notes what it decides, GET
// /mairie/signalements. The form of each is POST to the same address: "numero", "decision".
type PageMairieSignalements struct {
	Open     []Signalement
	More     int // open ones that are not shown yet
	Decided  []Signalement
	OlderURL string
	Done     string // what has just been done, a sentence
	Errors   Erreurs
}

// Signalement is one report.
type Signalement struct {
	Number   string // of the receipt
	Shop     Lien
	From     string // the server's or the person's name
	Handle   string
	Words    string // what they say, one line
	Posts    []Lien
	Gone     int // posts that are no more
	At       time.Time
	Decided  time.Time // zero: open
	Decision string    // what was decided, or has been typed
	Field    string    // id of its field
	Hall     string    // name of the town whose town hall reports it; empty: somebody else
	Reason   string    // one of Reasons, of a town hall's
}

func (p PageMairieSignalements) head(l *locale.Locale) head {
	return head{
		template: "mairie-signalements", title: l.T("signalements.title"), doors: townHallDoors, door: pathMairie,
		errors: p.Errors, private: true,
	}
}
