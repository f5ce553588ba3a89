package web

import (
	"html/template"
	"time"

	"bourg/web/locale"
)

// PageMairie is the town hall's desk, GET /mairie. A reply that waits for approval is decided by POST /mairie/reponses
// ("reponse", its id; "geste" = "accepter" or "masquer").
type PageMairie struct {
	Shops     int
	News      int // published in the last seven days
	Replies   int // received in the last seven days
	Followers int
	Waiting   int      // deliveries that wait
	Missing   []string // what the legal notice has yet to say
	Checks    []Verification
	Reports   int       // open reports of other servers
	Quiet     []Lien    // shops that have not signed in, or have long been silent; Note says which
	Hosts     []Serveur // some of the servers that do not answer, the worst first; none when all is well

	Neighbours []VoisineDuBureau
	Received   int // news of neighbours in the last seven days
	ShopsWait  int // merchants of neighbours that wait to be reviewed
}

// VoisineDuBureau is a neighbour in the side column: how it does, or what it wishes.
type VoisineDuBureau struct {
	Name, Domain, Path string
	State              *Etat
	Asks               bool // it waits for an answer
}

// Verification is a reply that waits for approval.
type Verification struct {
	ID, Author, Handle string
	At                 time.Time
	About              *Lien
	Text               template.HTML // sanitised
	FormerURL          string        // what it said before it was edited; "" where it was not
}

// Serveur is another server and how it takes what we send.
type Serveur struct {
	Name  string // its domain
	State *Etat
	Notes []string // sentences: what waits, why, and until when
	Retry bool     // there is something to send again
}

func (p PageMairie) head(l *locale.Locale) head {
	return head{template: "mairie", title: l.T("mairie.title"), doors: townHallDoors, door: pathMairie, private: true}
}
