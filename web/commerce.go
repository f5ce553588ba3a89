package web

import (
	"html/template"
	"time"

	"bourg/web/locale"
)

// PageCommerce is a shop's own page, GET /@handle.
type PageCommerce struct {
	Shop          Commerce
	FollowName    string    // handle without host, for /suivre?qui=
	ActorID       string    // id of the actor, for other servers
	Website       string    // the shop's own website
	Verified      time.Time // when that last said that it is the shop's; zero: it does not
	AtomURL       string
	Cover         *Photo
	Moved         *Depart        // where the shop has gone; nil while it is here
	Notice        *Ecriteau      // exceptional closing; nil for none
	Week          []JourOuvrable // seven days; empty when the hours are only known in words
	Hours         []string       // what the shop says of its hours in its own words, by line
	Special       []string       // special hours that come after Notice, in sentences
	Place         string         // where it is, under the street: « 30500 Saint-Laurent »
	Structured    schema         // what it is, for machines; nil for nothing
	DirectionsURL string         // the way there, on a map of elsewhere
	Description   template.HTML  // sanitised
	Offers        []Avis         // that hold now, the one that ends next first
	Products      []Avis         // on the stall
	Events        []Avis         // to come, soonest first
	Entries       []Avis
	OlderURL      string
	NewerURL      string // back to the first page of news

	Groups []Suivie // the markets and collectives to which it belongs
}

// Ecriteau is the notice on a shop's door.
type Ecriteau struct{ Title, Text string }

// JourOuvrable is a line of the week's hours.
type JourOuvrable struct {
	Name    string   // « lundi »
	Spans   []string // « 6 h 30 – 13 h »; none when closed, or when Comment says all
	Comment string   // « sur rendez-vous », « jour férié »; why the day is not like others
	Today   bool
}

func (p PageCommerce) head(l *locale.Locale) head {
	title, description := p.Shop.Name, l.T("commerce.description", p.Shop.Name)
	if p.Shop.Trade != "" {
		title += ", " + locale.LowerFirst(p.Shop.Trade)
	}
	if p.Shop.Address != "" {
		description = l.T("commerce.description_at", p.Shop.Name, p.Shop.Address)
	}
	return head{
		template: "commerce", title: title, description: description, door: pathCommerces, public: true,
		data: p.Structured, activity: p.ActorID, creator: p.Shop.Handle, kind: "profile", atom: p.AtomURL, photo: p.Cover,
	}
}
