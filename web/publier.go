package web

import (
	"time"

	"bourg/web/locale"
)

// PagePublier is the composer, GET /espace/publier ("genre": a kind, "debut": an opening, "brouillon": a draft, "neuf=1": nothing
// restored, "supprime=1": a draft was thrown away, POST /espace/brouillons/<id>/supprimer), and the same for a post that is edited.
//
// The form is a multipart POST to Action: "cle" (makes a repeated post harmless), "genre", "brouillon", "photo" (a file), "alt",
// "texte", "portee" (one of Reaches), the fields of the kind (see genres), "geste" = "publier", "garder", "retirer" (take the photo
// away) or "apercu" (show how it looks), or "vers", another kind to go on with. A handler that finds errors answers 422 with this
// page, everything kept: the photo too, which it has stored in the draft.
type PagePublier struct {
	Shop       Commerce
	Action     string
	Genre      string // name of the kind, "offre"
	Key        string // value of "cle"
	Draft      string // id of the server's draft; may be empty
	BrowserKey string // name under which the browser keeps the text: account, kind, and the item that is edited
	Text, Alt  string
	Typed      Saisie  // the fields of the kind
	Carried    []Cache // fields of other kinds in which something was typed
	Lowest     string  // what the shop itself asked for this at the least within 30 days; empty when it did not
	Photo      *Photo
	PhotoBytes int64
	Preview    Avis   // as the town will see it
	Reach      string // one of Reaches; empty for what has none, as an answer
	MaxRunes   int
	SavedAt    time.Time // when the server's draft was kept; zero for never
	Restored   bool      // a draft was put back without being asked for
	Undone     bool      // the news has just been called back
	Kept       bool      // the draft has just been kept
	Deleted    bool      // a draft has just been thrown away
	Edit       bool      // a published post is edited
	BackURL    string    // of the post that is edited
	Drafts     []Brouillon
	Starters   []Lien // what the function of that name gives
	Errors     Erreurs
}

// Cache is a field that a form carries along unseen.
type Cache struct{ Name, Value string }

// Genres are the names of the kinds, for the tabs.
func (p PagePublier) Genres() []string {
	var names []string
	for _, g := range genres() {
		names = append(names, g.name)
	}
	return names
}

// Hows are the choices of how a product is to be had.
func (p PagePublier) Hows() []string { return Availabilities() }

// Brouillon is a line in the list of drafts.
type Brouillon struct {
	URL, Title string // Title is the beginning of the text
	SavedAt    time.Time
	DeleteURL  string // a POST throws it away
}

// starters are the openings that a tap puts into the text, by their name in addresses.
var starters = [...]string{"arrivage", "reste", "midi"}

// Starter gives the words of an opening, and nothing for an unknown one.
func Starter(l *locale.Locale, name string) string {
	for _, s := range starters {
		if s == name {
			return l.T("starter." + name + "_text")
		}
	}
	return ""
}

// Starters lists the openings for the composer.
func Starters(l *locale.Locale) []Lien {
	links := make([]Lien, 0, len(starters))
	for _, s := range starters {
		links = append(links, Lien{URL: pathPublier + "?debut=" + s, Text: l.T("starter." + s), Note: Starter(l, s)})
	}
	return links
}

// Card is the preview with the description of the photo as it stands in the form.
func (p PagePublier) Card() Avis {
	a := p.Preview
	if a.ID == "" {
		a.ID = "apercu"
	}
	if a.Shop.Name == "" {
		a.Shop = p.Shop
	}
	if p.Photo != nil {
		photo := *p.Photo
		photo.Alt = p.Alt
		a.Photos = []Photo{photo}
	}
	return a
}

func (p PagePublier) head(l *locale.Locale) head {
	title := l.T("publier.title." + genreCalled(p.Genre).name)
	if p.Edit {
		title = l.T("publier.edit")
	}
	return head{
		template: "publier", title: title, doors: merchantDoors, door: pathPublier, errors: p.Errors,
		script: "publier.js", private: true,
	}
}
