package web

import (
	"net/http"
	"strings"
	"time"

	"bourg/web/locale"
)

// Page is a screen: one of the Page... structs of this package.
type Page interface {
	// head tells the frame about the page. Words come in the language of the visitor.
	head(l *locale.Locale) head
}

// head is what a page tells its frame.
type head struct {
	template    string // name of the template of the page
	title       string // without the town's name, which the frame adds
	description string
	doors       doorSet
	door        string // path of the door behind which the page lies
	errors      Erreurs
	activity    string    // id of the object that the page shows, for rel=alternate
	creator     string    // handle of who speaks on the page, "@name@domain", for the byline of cards elsewhere
	kind        string    // og:type; empty for "website"
	atom        string    // path of a feed of this page; empty for the town's
	photo       *Photo    // for cards in other networks
	published   time.Time // of what the page shows, where its kind is "article"
	data        schema    // what the page shows, for machines; nil for nothing
	script      string    // name of the script; empty for none
	private     bool      // for one person: no cache keeps it
	secret      bool      // holds a one-time link: no compression, no copy on disk
	public      bool      // search engines may show it
}

// doorSet names the four doors of the awning.
type doorSet int

const (
	residentDoors doorSet = iota
	merchantDoors
	townHallDoors
	noDoors
)

// door is one link of the awning.
type door struct {
	Path, Text string
	Current    string // value of aria-current: "page" on the page itself, "true" on one that lies behind the door
}

// Addresses of the screens. They are fixed: residents print them on posters.
const (
	pathFil                = "/"
	pathCommerces          = "/commerces"
	pathAgenda             = "/agenda"
	pathCalendar           = "/agenda.ics"
	pathVoisins            = "/voisins"
	pathAround             = "/alentours.xml"
	pathRecherche          = "/recherche"
	pathSuivre             = "/suivre"
	pathConnexion          = "/connexion"
	pathEspace             = "/espace"
	pathPublier            = "/espace/publier"
	pathMessages           = "/espace/messages"
	pathMaPage             = "/espace/commerce"
	pathCompte             = "/espace/compte"
	pathMairie             = "/mairie"
	pathMairieShops        = "/mairie/commerces"
	pathMairieReseau       = "/mairie/reseau"
	pathMairieVoisins      = "/mairie/voisins"
	pathMairieAilleurs     = "/mairie/ailleurs"
	pathMairieReglages     = "/mairie/reglages"
	pathMairieSignalements = "/mairie/signalements"
	pathMairieGroupes      = "/mairie/groupes"
	pathAbonnes            = "/espace/abonnes"
	pathDemenager          = "/espace/demenager"
	pathSignaler           = "/mairie/signaler"
	pathEnvoyes            = "/mairie/signalements/envoyes"

	pathSignalerVoisin = "/mairie/signaler/voisin"
)

// card is what other networks show of a page that somebody shares there (Open Graph, https://ogp.me).
type card struct {
	Type      string // "article", "profile" or "website"
	Photo     string // absolute address of a JPEG
	PhotoAlt  string
	Published time.Time // of an article
	Creator   string    // "@fournil@saint-laurent.example" (fediverse:creator, Mastodon 4.3)
	Locale    string
	Data      schema // see structured.go
}

// frame is what stands around a page, and what templates ask for in it: the town, the language, today.
type frame struct {
	*locale.Locale
	Site        Site
	Title       string
	Description string
	Public      bool
	Path        string // of this page, with its query, without the language's prefix
	OtherPath   string // of this page in the other language
	Canonical   string // absolute address of this page
	ThemeURL    string
	ThemeColour string
	DataTheme   string // "clair", "sombre", or nothing for the system's
	DoorsLabel  string
	Doors       []door
	Search      bool
	Activity    string
	SentPath    string // of this page, where other servers can get what it shows; empty otherwise
	Atom        string
	Card        card
	ScriptURL   string

	TownHall bool // the visitor runs the town

	now  time.Time
	zone *time.Location
}

func newFrame(l *locale.Locale, site Site, now time.Time, r *http.Request, h head, static *Static, colours palette) *frame {
	zone := site.Zone
	if zone == nil {
		zone = time.UTC
	}
	path := r.URL.RequestURI()
	if !strings.HasPrefix(path, "/") { // an absolute request target
		path = r.URL.EscapedPath()
	}
	f := &frame{
		Locale: l, Site: site,
		Title: h.title, Description: h.description, Public: h.public,
		Path:      path,
		OtherPath: Href(l.Lang.Other(), path),
		Canonical: site.URL + Href(l.Lang, r.URL.EscapedPath()),
		ThemeURL:  colours.url, ThemeColour: colours.awning,
		Activity: h.activity, Atom: h.atom,
		now: now.In(zone), zone: zone,
	}
	if v := visitorOf(r.Context()); v != nil && v.login != nil {
		f.TownHall = v.login.TownHall
	}
	if h.activity != "" {
		f.SentPath = r.URL.Path
	}
	if f.Atom == "" && h.doors == residentDoors {
		f.Atom = "/atom.xml"
	}
	if h.script != "" {
		f.ScriptURL = static.URL(h.script)
	}
	if len(h.errors) > 0 {
		f.Title = l.T("form.title", f.Title)
	}
	if site.Name != "" {
		f.Title += " – " + site.Name
	}
	if c := Appearance(r); c != AppearanceAuto {
		f.DataTheme = c
	}
	f.Card = card{Type: h.kind, Creator: h.creator, Data: h.data, Locale: l.T("language.card")}
	switch h.kind {
	case "":
		f.Card.Type = "website"
	case "article":
		f.Card.Published = h.published
	}
	if h.photo != nil {
		f.Card.Photo, f.Card.PhotoAlt = absolute(site.URL, h.photo.Largest()), h.photo.Alt
	}
	if site.Name != "" { // before that, nothing lies behind the doors
		f.Search = h.doors == residentDoors
		f.DoorsLabel, f.Doors = doorsOf(l, h, r.URL.Path)
	}
	return f
}

// doorsOf gives the four links of the awning. A door stands in the list from the day on which its screen exists.
func doorsOf(l *locale.Locale, h head, here string) (label string, doors []door) {
	add := func(path, key string) {
		d := door{Path: path, Text: l.T(key)}
		switch {
		case path == h.door && path == here:
			d.Current = "page"
		case path == h.door:
			d.Current = "true"
		}
		doors = append(doors, d)
	}
	switch h.doors {
	case residentDoors:
		label = l.T("doors.residents")
		add(pathFil, "door.fil")
		add(pathCommerces, "door.commerces")
		add(pathAgenda, "door.agenda")
		add(pathVoisins, "door.voisins")
	case merchantDoors:
		label = l.T("doors.merchants")
		add(pathPublier, "door.publier")
		add(pathMessages, "door.messages")
		add(pathMaPage, "door.page")
		add(pathCompte, "door.compte")
	case townHallDoors:
		label = l.T("doors.townhall")
		add(pathMairie, "door.mairie")
		add(pathMairieShops, "door.mairie_commerces")
		add(pathMairieReseau, "door.mairie_reseau")
		add(pathCompte, "door.compte")
	}
	return label, doors
}

func absolute(base, url string) string {
	if strings.HasPrefix(url, "/") {
		return base + url
	}
	return url
}

// OtherName is the other language's name in itself, for the link of the footer.
func (f *frame) OtherName() string { return f.T("language.other") }

// The dates below stand in the town's time zone.

func (f *frame) Clock(t time.Time) string        { return f.Locale.Clock(t.In(f.zone)) }
func (f *frame) When(t time.Time) string         { return f.Locale.When(t.In(f.zone), f.now) }
func (f *frame) WhenInWords(t time.Time) string  { return f.Locale.WhenInWords(t.In(f.zone), f.now) }
func (f *frame) ShortWhen(t time.Time) string    { return f.Locale.ShortWhen(t.In(f.zone), f.now) }
func (f *frame) Heading(t time.Time) string      { return f.Locale.Heading(t.In(f.zone), f.now) }
func (f *frame) Date(t time.Time) string         { return f.Locale.Date(t.In(f.zone), f.now) }
func (f *frame) DayAndClock(t time.Time) string  { return f.Locale.DayAndClock(t.In(f.zone), f.now) }
func (f *frame) ShortWeekday(t time.Time) string { return f.Locale.ShortWeekday(t.In(f.zone)) }
func (f *frame) Weekday(t time.Time) string      { return f.Locale.Weekday(t.In(f.zone)) }
func (f *frame) ShortMonth(t time.Time) string   { return f.Locale.ShortMonth(t.In(f.zone)) }
func (f *frame) DayOfMonth(t time.Time) int      { return t.In(f.zone).Day() }
func (f *frame) Today() time.Time                { return f.now }

// FullDate writes a day with its year, for what is kept and printed.
func (f *frame) FullDate(t time.Time) string { return f.Locale.Date(t.In(f.zone), time.Time{}) }

// Machine writes a moment for the datetime attribute.
func (f *frame) Machine(t time.Time) string { return t.In(f.zone).Format("2006-01-02T15:04Z07:00") }

// MachineDay writes a day for the datetime attribute.
func (f *frame) MachineDay(t time.Time) string { return t.In(f.zone).Format(time.DateOnly) }
