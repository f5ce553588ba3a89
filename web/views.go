package web

import (
	"html/template"
	"strconv"
	"strings"
	"time"
)

// Commerce is a shop as it is shown in a list, at the head of an entry, or on its own page. Handlers fill what they know:
// whatever is empty is not shown.
type Commerce struct {
	Name     string
	URL      string // path of its page, "/@fournil"
	Handle   string // "@fournil@saint-laurent.example"
	Trade    string // in words, « Boulangerie »
	Mark     string // symbol on the sign, a name in icones.svg; empty for the general one
	Paint    string // one of Paints; empty for the general one
	Address  string // in one line
	Phone    string
	State    *Etat    // open or closed; nil when the hours are not known
	Distance *float64 // metres from the middle of the town; nil when the place is not known
	Lives    string   // for a shop whose page is on another site, that site
	Town     string   // for a shop of a neighbouring town, that town's name
	TownKm   *float64 // and how far away it lies, in kilometres; nil when that is not known
}

// Paints are the seven colours of shop fronts; each is a class of the style sheet, "t-" and the name.
func Paints() []string {
	return []string{"brique", "sapin", "nuit", "ocre", "prune", "olive", "zinc"}
}

// Etat is the state of a shop now. The words say everything, the class only helps.
type Etat struct {
	Class StateClass
	Text  string // « Ouvert jusqu’à 13 h »
}

// StateClass is a class of the style sheet.
type StateClass string

// The states of a shop.
const (
	Open   StateClass = "ouvert"
	Closed StateClass = "ferme"
	Soon   StateClass = "bientot" // soon open, soon closed, or elsewhere
)

// Avis is one piece of news, the entry of the thread.
type Avis struct {
	ID        string // unique in the page; letters, digits and hyphens
	Shop      Commerce
	URL       string // path of its page
	Published time.Time
	Edited    time.Time     // zero when it was never edited
	Text      template.HTML // sanitised: paragraphs, breaks, links
	Cut       bool          // Text is the beginning only; the whole is on its page
	Lang      string        // language of Text when it is not the page's
	Photos    []Photo
	Replies   int
	Away      string // the site on which it is read and answered, by name; empty for the town's own

	// At most one of these is set: what its kind has beside words and photos.
	Offer   *Ardoise
	Event   *RendezVous
	Article *Papier
	Product *Etiquette
	Notice  *Fermeture
}

// Photo is a picture in its variants, or any part of them.
type Photo struct {
	Alt           string
	Width, Height int      // of the largest variant, in pixels
	JPEG          []Source // ascending widths; at least one
	WebP          []Source // ascending widths; may be empty
}

// Source is one variant of a photo.
type Source struct {
	URL   string
	Width int // pixels
}

// Largest gives the address of the largest JPEG; it is empty without one.
func (p Photo) Largest() string {
	if len(p.JPEG) == 0 {
		return ""
	}
	return p.JPEG[len(p.JPEG)-1].URL
}

// Reponse is one reply under a piece of news.
type Reponse struct {
	ID        string // unique in the page
	Author    string
	Handle    string // in full, "@odile@mastodon.example"
	URL       string // where it was published; empty when unknown
	Published time.Time
	Text      template.HTML // sanitised
	Lang      string
	Shop      *Commerce // set when a shop of this town answers: it bears its sign
	Pending   bool      // waits for approval: shown to the shop only
	To        *Lien     // the reply that it answers; nil where it answers the news itself
	ReportURL string    // where the town hall reports it; for the town hall only
	Face      *Photo    // the writer's picture, as our own copy
	Photos    []Photo   // copies of its pictures
	Warning   string    // what its writer says before it is opened; the words and the pictures are behind it
	Sensitive bool      // the pictures are behind a cover
	Edited    time.Time // zero when it was never edited
}

// Small gives the address of the smallest JPEG; it is empty without one.
func (p Photo) Small() string {
	if len(p.JPEG) == 0 {
		return ""
	}
	return p.JPEG[0].URL
}

// Name is who answers; somebody who gave no name is called by the first part of the handle.
func (r Reponse) Name() string {
	if name := strings.TrimSpace(r.Author); name != "" {
		return name
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(r.Handle, "@"), "@")
	return name
}

// Initial is the letter in the round mark of somebody without a sign.
func (r Reponse) Initial() string {
	for _, letter := range strings.TrimLeft(r.Name(), "@ ") {
		return strings.ToUpper(string(letter))
	}
	return "?"
}

// Lien is a link of a list, with a small note behind it.
type Lien struct {
	URL, Text, Note string
}

// Filtre is one chip above a list.
type Filtre struct {
	URL, Text string
	Count     int
	Current   bool
}

// Choix is one value of a choice in a form.
type Choix struct {
	Value, Text string
}

// Erreur is what is wrong with a form, for one field.
type Erreur struct {
	Field string // id of the field, "texte"
	Text  string // a sentence without full stop that says what to do, « Écrivez quelques mots »
}

// Erreurs is what is wrong with a form, in the order of its fields. A page with errors has a title that begins with « Erreur »,
// a summary with links, and the same words beside each field (WCAG 2.2, 3.3.1).
type Erreurs []Erreur

// Add notes one more error.
func (e *Erreurs) Add(field, text string) { *e = append(*e, Erreur{Field: field, Text: text}) }

// For gives the error of a field, or nothing.
func (e Erreurs) For(field string) string {
	for _, x := range e {
		if x.Field == field {
			return x.Text
		}
	}
	return ""
}

// image is a photo at a place of a page.
type image struct {
	Photo
	Alt   string
	Sizes string
	Eager bool
}

// Src is the JPEG for browsers that do not read srcset: the one next to 640 pixels.
func (i image) Src() string {
	best := Source{}
	for _, s := range i.JPEG {
		if best.URL == "" || s.Width <= 640 {
			best = s
		}
	}
	return best.URL
}

// imageSizes says how wide a photo stands at each place. Media queries count rem in the browser's own 16 pixels, the style
// sheet's rem is 18.
var imageSizes = map[string]string{
	"large":     "(min-width: 60rem) 46rem, 100vw",
	"whole":     "(min-width: 60rem) 49rem, 100vw",
	"side":      "(min-width: 60rem) 17rem, 100vw",
	"card":      "(min-width: 43rem) 39rem, 88vw",
	"cover":     "(min-width: 77rem) 75rem, 100vw",
	"thumbnail": "7rem",
	"half":      "(min-width: 60rem) 24rem, 50vw",
	"label":     "8.5rem",
	"stall":     "(min-width: 60rem) 12rem, 45vw",
}

// srcset writes the variants for the attribute of that name.
func srcset(sources []Source) string {
	var b strings.Builder
	for i, s := range sources {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(s.URL + " " + strconv.Itoa(s.Width) + "w")
	}
	return b.String()
}
