package web

import (
	"html/template"
	"time"

	"bourg/web/locale"
)

// PageMairieVoisins is the town hall's look at all neighbours, GET /mairie/voisins. Its forms are POST to the same
// address: "domaine" and "geste" ("accepter" with "tout").
type PageMairieVoisins struct {
	Exchanging, Came, Sent int // towns, and pieces of news in the last seven days
	Requests               []DemandeVoisine
	Waiting                []CommerceVoisin
	Returns                []Lien // towns that receive our news and whose news we have not asked for
	Towns                  []CommuneVoisine
	Map                    *Carte
	Unplaced               int // towns that have not told where they lie, and are not in the picture
	Suggestions            []CommuneSuggeree
	Done                   string // what has just been done, a sentence
}

// DemandeVoisine is a town that wishes to receive our news.
type DemandeVoisine struct {
	ID      string // unique in the page
	Name    string
	Domain  string
	Path    string // of its page in the console
	Km      *float64
	At      time.Time
	Wants   string // in words
	Message string
	Phone   string
	Shops   *int
}

// CommuneVoisine is a town in the list, which says what the picture shows.
type CommuneVoisine struct {
	Number     string
	Name, Path string
	Km         *float64
	State      *Etat
	Came, Sent int
	Notes      []string
}

// CommuneSuggeree is a town that neighbours exchange news with.
type CommuneSuggeree struct {
	Name, Host, Path string
	Km               float64
	From             string // who names it, in words
}

// CommerceVoisin is a merchant of another town, with what was decided.
type CommerceVoisin struct {
	ID       string // the actor's, for the form
	Number   int    // unique in the page
	Name     string
	URL      string
	Town     string
	State    *Etat
	Decision string // the form's word for it; "" where nothing was decided
	Last     time.Time
	Posts    int
	Sample   template.HTML // sanitised; "" where none is shown
	Lang     string
}

func (p PageMairieVoisins) head(l *locale.Locale) head {
	return head{template: "mairie-voisins", title: l.T("communes.title"), doors: townHallDoors, door: pathMairie, private: true}
}

// Etendue is the part of a form that chooses kinds of news and a distance. "genre" comes as often as there are kinds, "km" once.
type Etendue struct {
	ID        string // ends the ids of its fields, where a page has two; empty for the first
	Legend    string
	Kinds     []Coche
	Distances []Coche
	Errors    Erreurs
}

// Coche is one thing to choose.
type Coche struct {
	Value, Text string
	On          bool
}

// FicheCommune is what a town says of itself.
type FicheCommune struct {
	Name, URL, Host string
	Km              *float64
	Communes        string // their codes, in one line
	Shops           *int
	Phone           string
	LegalURL        string
	CharterURL      string
	Takes           string // how it takes requests, a sentence
	IsTown          bool   // it presents itself as a town at all
}

// PageMairieDemander shows a town as it presents itself, and the form that asks for its news, GET /mairie/voisins/demander
// with "domaine". The form is POST /mairie/voisins: "domaine", "genre", "km", "message", "geste" = "demander".
type PageMairieDemander struct {
	Domain  string // as it was typed
	Card    *FicheCommune
	Samples []Extrait
	Charter []PartieCharte
	Standing,
	Path string // where it was asked before: how that stands, and its page
	Scope   Etendue
	Message string
	Errors  Erreurs
}

// Extrait is one piece of a town's public news.
type Extrait struct {
	Number    int
	Shop, URL string
	Title     string
	Published time.Time
	Text      template.HTML // sanitised
	Lang      string
}

func (p PageMairieDemander) head(l *locale.Locale) head {
	return head{
		template: "mairie-demander", title: l.T("demander.title"), doors: townHallDoors, door: pathMairie,
		errors: p.Errors, private: true,
	}
}

// PageMairieVoisin is all that the town hall sees of one neighbour, GET /mairie/voisins/<domain>; "apres" is the merchant behind
// whom the list goes on. Its forms are POST /mairie/voisins with "domaine" and "geste": "accepter" ("genre", "km"), "refuser"
// ("raison"), "changer" ("genre", "km": what we ask), "mode" ("mode"), "quitter", and POST /mairie/voisins/commerces ("commerce", "geste").
type PageMairieVoisin struct {
	Card   FicheCommune
	Domain string
	Since  time.Time // zero: nothing was agreed
	State  *Etat

	In, Out    string // how either direction stands, a sentence
	Refusal    string // why they refused us
	Request    *DemandeVoisine
	Give       Etendue  // what we give or would give
	Given      bool     // it receives our news now
	Take       *Etendue // what we want of it; nil where nothing was asked
	ProposeAsk bool     // it receives ours, and we have not asked for its
	Leavable   bool

	Modes     []Coche
	Merchants []CommerceVoisin
	MoreURL   string
	Days      []JourEchange
	Came      int
	Sent      int
	Reason    string
	Done      string
	Errors    Erreurs
}

// JourEchange is what came and went in one day.
type JourEchange struct {
	Day        string
	Came, Sent int
}

func (p PageMairieVoisin) head(l *locale.Locale) head {
	return head{template: "mairie-voisin", title: p.Card.Name, doors: townHallDoors, door: pathMairie, errors: p.Errors, private: true}
}
