package web

import (
	"html/template"
	"time"

	"bourg/web/locale"
)

// PagePublier is the composer, GET /espace/publier ("debut": an opening, "brouillon": a draft, "neuf=1": nothing restored,
// "supprime=1": a draft was thrown away, POST /espace/brouillons/<id>/supprimer), and the same for a piece of news that is edited.
//
// The form is a multipart POST to Action: "cle" (makes a repeated post harmless), "brouillon", "photo" (a file), "alt",
// "texte", "portee" (one of Reaches), "geste" = "publier", "garder" or "retirer" (take the photo away). A handler that finds
// errors answers 422 with this page, everything kept: the photo too, which it has stored in the draft.
type PagePublier struct {
	Shop       Commerce
	Action     string
	Key        string // value of "cle"
	Draft      string // id of the server's draft; may be empty
	BrowserKey string // name under which the browser keeps the text: account, kind, and the item that is edited
	Text, Alt  string
	Photo      *Photo
	PhotoBytes int64
	PreviewOf  template.HTML // Text as it will be shown, sanitised
	Reach      string        // one of Reaches
	MaxRunes   int
	SavedAt    time.Time // when the server's draft was kept; zero for never
	Restored   bool      // a draft was put back without being asked for
	Undone     bool      // the news has just been called back
	Kept       bool      // the draft has just been kept
	Deleted    bool      // a draft has just been thrown away
	Edit       bool      // published news is edited
	BackURL    string    // of the news that is edited
	Drafts     []Brouillon
	Starters   []Lien // what the function of that name gives
	Errors     Erreurs
}

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

// Preview is the entry as the town will see it.
func (p PagePublier) Preview() Avis {
	a := Avis{ID: "apercu", Shop: p.Shop, Text: p.PreviewOf}
	if p.Photo != nil {
		photo := *p.Photo
		photo.Alt = p.Alt
		a.Photos = []Photo{photo}
	}
	return a
}

// Reaches are the choices of the form.
func (p PagePublier) Reaches() []string { return Reaches() }

func (p PagePublier) head(l *locale.Locale) head {
	title := l.T("publier.title")
	if p.Edit {
		title = l.T("publier.edit")
	}
	return head{
		template: "publier", title: title, doors: merchantDoors, door: pathPublier, errors: p.Errors,
		script: "publier.js", private: true,
	}
}
