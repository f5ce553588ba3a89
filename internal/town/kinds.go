package town

import (
	"fmt"
	"strings"
	"time"
)

// The kinds of what a merchant publishes beside plain news. Each is one thing to its readers:
// a slate, a calendar leaf, a printed page, a price label, a notice on the door.
const (
	// Article is a longer text with a title.
	Article Kind = "article"
	// Offer is a price or an advantage for some days; it ends by itself.
	Offer Kind = "offer"
	// Product is something to be had from the shop. It stands on the merchant's page and comes into
	// the feed only when the merchant puts it forward.
	Product Kind = "product"
	// Event takes place at a time.
	Event Kind = "event"
	// Closure says that the shop is closed, or open at other hours, on certain days.
	Closure Kind = "closure"
)

// Details are what a post of a kind other than News and Answer has beside its text. Zero
// values are "not said".
type Details struct {
	Title string // Article, Offer, Product, Event: its name, one line
	// Starts and Ends bound an Offer (first and last day, each as the moment it begins and ends in the
	// town's time zone), an Event and a Closure.
	Starts, Ends time.Time
	Offer        *OfferDetails
	Product      *ProductDetails
	Event        *EventDetails
}

// OfferDetails are an offer's price and conditions.
type OfferDetails struct {
	Price *Cents `json:"price,omitempty"`
	// Prior is the lowest price of the last 30 days, which French law wants beside every reduction
	// (Code de la consommation, article L112-1-1), except for what would perish.
	Prior      *Cents      `json:"prior,omitempty"`
	Unit       string      `json:"unit,omitempty"`       // what the price is for: "le kilo"
	Perishable bool        `json:"perishable,omitempty"` // about to spoil: no prior price is owed
	Stock      int         `json:"stock,omitempty"`      // how many there are; 0: not said
	Conditions string      `json:"conditions,omitempty"` // "Coupe offerte."
	Status     OfferStatus `json:"status,omitempty"`
}

// OfferStatus is how an offer stands.
type OfferStatus string

// An offer is open until it ends by its date, is sold out, or is taken back.
const (
	OfferOpen      OfferStatus = ""
	OfferEnded     OfferStatus = "ended"
	OfferSoldOut   OfferStatus = "sold_out"
	OfferCancelled OfferStatus = "cancelled"
)

// ProductDetails say what a product costs and how it is had.
type ProductDetails struct {
	Price        *Cents       `json:"price,omitempty"`
	From         bool         `json:"from,omitempty"` // the price is the lowest of several
	Unit         string       `json:"unit,omitempty"`
	Availability Availability `json:"availability,omitempty"`
	Lead         string       `json:"lead,omitempty"` // how long an order takes: "la veille"
	Allergens    string       `json:"allergens,omitempty"`
	Highlighted  bool         `json:"highlighted,omitempty"` // it was put forward: it stands in the feed
}

// Availability is how a product is to be had.
type Availability string

// The four ways.
const (
	InStore  Availability = "in_store"
	ToOrder  Availability = "to_order"
	Seasonal Availability = "seasonal"
	OutOf    Availability = "out"
)

// EventDetails say where an event takes place and whether it does.
type EventDetails struct {
	Place   string      `json:"place,omitempty"`   // "Place de la Halle"
	Address string      `json:"address,omitempty"` // street and number, where Place is a name
	Lat     *float64    `json:"lat,omitempty"`
	Lon     *float64    `json:"lon,omitempty"`
	Status  EventStatus `json:"status,omitempty"`
	// Category is one of EventCategories (FOOD_DRINK, MUSIC), "" for none.
	Category string `json:"category,omitempty"`
	Link     string `json:"link,omitempty"` // of the organiser, where more is said or places are booked
}

// EventStatus is FEP-8a8e's eventStatus.
type EventStatus string

// The four of them that a merchant can choose.
const (
	EventScheduled   EventStatus = ""
	EventCancelled   EventStatus = "cancelled"
	EventPostponed   EventStatus = "postponed"   // to a day that is not known yet
	EventRescheduled EventStatus = "rescheduled" // to the time that it now bears
)

// Silent tells whether the post stands on its merchant's page only: a product that was never
// put forward is in no feed, and peers are not told of it.
func (p *Post) Silent() bool {
	return p.Kind == Product && (p.Product == nil || !p.Product.Highlighted)
}

// Over tells whether the post is an offer that is no longer to be had (it has ended, is sold
// out, or was taken back), or an event that does not take place at the time that it bears.
func (p *Post) Over() bool {
	switch {
	case p.Kind == Offer && p.Offer != nil:
		return p.Offer.Status != OfferOpen
	case p.Kind == Event && p.Event != nil:
		return p.Event.Status == EventCancelled || p.Event.Status == EventPostponed
	default:
		return false
	}
}

// FirstMoment and LastMoment return the first and the last second of t's day in t's time
// zone. An offer for whole days starts and ends at these.
func FirstMoment(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, t.Location())
}

// LastMoment is described with FirstMoment.
func LastMoment(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 23, 59, 59, 0, t.Location())
}

// Cents is an amount in hundredths of a euro, taxes included.
type Cents int64

// Decimal writes the amount as documents bear it: "9.90".
func (c Cents) Decimal() string { return fmt.Sprintf("%d.%02d", int64(c)/100, int64(c)%100) }

// MaxCents is the largest amount that is taken: 999,999.99 euros.
const MaxCents Cents = 99_999_999

// ParseCents reads an amount as people type it: "9,90", "9.9", "1 250", "12 €". It answers
// false for what is no amount, is negative, or is larger than MaxCents.
func ParseCents(s string) (Cents, bool) {
	s = strings.TrimSuffix(strings.TrimSpace(s), "€")
	whole, fraction, _ := strings.Cut(strings.ReplaceAll(strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\u00a0', '\u202f':
			return -1
		}
		return r
	}, s), ",", "."), ".")
	if len(fraction) > 2 || len(whole) > 6 || whole == "" {
		return 0, false
	}
	var c Cents
	for _, r := range whole + fraction + "00"[len(fraction):] {
		if r < '0' || r > '9' {
			return 0, false
		}
		c = c*10 + Cents(r-'0')
	}
	return c, c <= MaxCents
}
