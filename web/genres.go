package web

import "time"

// The kinds of posts beside plain news. A reader sees which one it is before reading: each is one thing that a French town
// knows, and one component of the style sheet.

// Ardoise is an offer on its slate.
type Ardoise struct {
	Title      string
	Price      string    // « 2,20 € »; empty when the offer is said in words only
	Prior      string    // what it cost before, shown struck through; empty for none
	Unit       string    // what the price is for, « le kilo »
	Conditions string    // « Coupe offerte. »
	From       time.Time // set while the offer has not begun
	Until      time.Time // its last moment; zero when that is not said
	Stock      int       // how many there are; 0: not said
	End        string    // one of OfferEnds when it is over; empty while it lasts
}

// Starts tells whether the offer is still to begin.
func (a Ardoise) Starts() bool { return !a.From.IsZero() }

// OfferEnds are the ways in which an offer is over.
func OfferEnds() []string { return []string{"ended", "sold_out", "cancelled"} }

// RendezVous is an event beside its leaf of the calendar.
type RendezVous struct {
	Title       string
	Start, End  time.Time // End is zero when it is not said
	Place       string    // in one line
	Status      string    // one of EventStates, or empty when it takes place as announced
	CalendarURL string    // the event as a file for calendars; empty where there is nothing to note
	Link        string    // of the organiser
}

// EventStates are what may have become of an event.
func EventStates() []string { return []string{"cancelled", "postponed", "rescheduled"} }

// Dated tells whether the event has a day: one that is put off has none until a new one is known, nor has one that is being
// written.
func (r RendezVous) Dated() bool { return r.Status != "postponed" && !r.Start.IsZero() }

// Papier is an article: its title and how long it takes to read.
type Papier struct {
	Title   string
	Minutes int
}

// Etiquette is a product with its price label.
type Etiquette struct {
	Title     string
	Price     string // empty when it is not said
	FromPrice bool   // the price is the lowest of several
	Unit      string
	How       string // one of Availabilities, or empty
	Lead      string // how long an order takes, « la veille »
	Allergens string
}

// Availabilities are the ways in which a product is to be had.
func Availabilities() []string { return []string{"in_store", "to_order", "seasonal", "out"} }

// Fermeture is an exceptional closing, or other hours, on certain days.
type Fermeture struct {
	Title    string // in the shop's words; empty: it is made of the days
	From, To time.Time
}

// Genre is the kind of an entry, the end of a key "genre.": nothing for plain news.
func (a Avis) Genre() string {
	switch {
	case a.Offer != nil:
		return "offer"
	case a.Event != nil:
		return "event"
	case a.Article != nil:
		return "article"
	case a.Product != nil:
		return "product"
	case a.Notice != nil:
		return "closure"
	}
	return ""
}

// Title is what the entry is called; nothing for plain news.
func (a Avis) Title() string {
	switch {
	case a.Offer != nil:
		return a.Offer.Title
	case a.Event != nil:
		return a.Event.Title
	case a.Article != nil:
		return a.Article.Title
	case a.Product != nil:
		return a.Product.Title
	}
	return ""
}

// CalendarURL is where an event is to be had for calendars; nothing for other kinds.
func (a Avis) CalendarURL() string {
	if a.Event == nil {
		return ""
	}
	return a.Event.CalendarURL
}

// OneDay tells whether the event begins and ends on one day of the town.
func (f *frame) OneDay(r RendezVous) bool {
	return r.End.IsZero() || f.MachineDay(r.Start) == f.MachineDay(r.End) ||
		r.End.Sub(r.Start) < 24*time.Hour && r.End.In(f.zone).Hour() < nightEnds
}

// nightEnds is the hour until which a ball still belongs to the evening before.
const nightEnds = 6

// Day writes a day of the town with its name.
func (f *frame) Day(t time.Time) string { return f.Locale.Day(t.In(f.zone), f.now) }

// Span writes the days from one moment to another.
func (f *frame) Span(from, to time.Time) string {
	if to.IsZero() {
		to = from
	}
	return f.Locale.Span(from.In(f.zone), to.In(f.zone), f.now)
}

// LeafDay writes the name of a day for a leaf of the calendar, which has room for six letters.
func (f *frame) LeafDay(t time.Time) string {
	if name := f.Weekday(t); len([]rune(name)) <= 6 {
		return name
	}
	return f.ShortWeekday(t)
}
