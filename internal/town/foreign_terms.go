package town

import (
	"encoding/json"
	"html"
	"strings"
	"time"

	"bourg/federation"
)

// foreignTerms are the structured parts of a neighbour's object that federation does not read: what it is for machines
// (objects_kinds.go writes the same). Each is read as it is, and what cannot be read is not said.
type foreignTerms struct {
	Kind     json.RawMessage `json:"bourg:kind"`
	Reach    json.RawMessage `json:"bourg:reach"`
	Text     json.RawMessage `json:"bourg:text"`
	Offer    json.RawMessage `json:"bourg:offer"`
	Product  json.RawMessage `json:"bourg:product"`
	Closure  json.RawMessage `json:"bourg:closure"`
	Location json.RawMessage `json:"location"`
	Status   json.RawMessage `json:"eventStatus"`
	EndShown json.RawMessage `json:"displayEndTime"`
}

// readTerms reads them from an Announce as it came.
func readTerms(activity []byte) foreignTerms {
	var a struct {
		Object struct {
			Object foreignTerms `json:"object"`
		} `json:"object"`
	}
	if err := json.Unmarshal(activity, &a); err != nil {
		return foreignTerms{}
	}
	return a.Object.Object
}

// readObjectTerms reads them from an object as it came.
func readObjectTerms(object []byte) foreignTerms {
	var t foreignTerms
	if err := json.Unmarshal(object, &t); err != nil {
		return foreignTerms{}
	}
	return t
}

// read reads one term; false where it is not there or of another form.
func read(term json.RawMessage, into any) bool {
	return len(term) > 0 && string(term) != "null" && json.Unmarshal(term, into) == nil
}

// kind is the kind of an announced object; a kind that nobody knows is news.
func (t foreignTerms) kind(objectType string) Kind {
	var said string
	read(t.Kind, &said)
	for _, k := range ExchangedKinds {
		if said == string(k) {
			return k
		}
	}
	switch {
	case strings.EqualFold(objectType, "Event"):
		return Event
	case strings.EqualFold(objectType, "Article"):
		return Article
	default:
		return News
	}
}

// reach is the reach of an announced object; one that nobody knows is everywhere.
func (t foreignTerms) reach() Reach {
	var said Reach
	read(t.Reach, &said)
	switch said {
	case ReachTown, ReachNeighbours, ReachRegion:
		return said
	}
	return ReachEverywhere
}

func (t foreignTerms) place() *Point {
	var at struct {
		Latitude  *float64 `json:"latitude"`
		Longitude *float64 `json:"longitude"`
	}
	read(t.Location, &at)
	return pointOf(at.Latitude, at.Longitude)
}

// words are the HTML of what is said, which is not yet sanitised: what was typed, where the rest is told by the details,
// else the whole content. What bears a warning in front says only that.
func (t foreignTerms) words(o *federation.Object, d Details) string {
	var typed string
	switch {
	case strings.EqualFold(o.Type, "Note") && o.Summary != "":
		return "<p>" + html.EscapeString(o.Summary) + "</p>"
	case (d.Offer != nil || d.Product != nil || d.Event != nil || len(t.Closure) > 0) && d.Title != "" && read(t.Text, &typed):
		return typed
	case o.Content == "" && o.Summary != "":
		return "<p>" + html.EscapeString(o.Summary) + "</p>"
	default:
		return o.Content
	}
}

// details are what an object of a kind says for machines, each line made one by line. An offer or a product without a name
// has no slate and no label: its content says it all.
func (t foreignTerms) details(line func(string) string, kind Kind, o *federation.Object, now time.Time) Details {
	short := func(s string) string { return cutRunes(line(s), maxForeignWords) }
	d := Details{Title: short(o.Name), Starts: o.StartTime, Ends: o.EndTime}
	switch kind {
	case Offer:
		var twin offerTwin
		if read(t.Offer, &twin) && short(twin.Name) != "" {
			d.Title, d.Offer = short(twin.Name), twin.details(short)
		}
	case Product:
		var twin productTwin
		if read(t.Product, &twin) && short(twin.Name) != "" {
			d.Title, d.Product = short(twin.Name), twin.details(short)
		}
	case Closure:
		var twin struct {
			Name string `json:"name"`
		}
		if read(t.Closure, &twin) {
			d.Title = short(twin.Name)
		}
	case Event:
		if d.Starts.After(now.AddDate(maxAhead, 0, 0)) || d.Starts.Before(now.AddDate(-maxAhead, 0, 0)) {
			d.Starts = time.Time{} // nonsense would stand at the end of the agenda for good
		}
		shown := true
		read(t.EndShown, &shown)
		if !shown || d.Starts.IsZero() || !d.Ends.After(d.Starts) || d.Ends.After(d.Starts.AddDate(0, 0, MaxEventDays)) {
			d.Ends = time.Time{} // what cannot be is not said
		}
		d.Event = t.event(short)
	}
	return d
}

// maxForeignWords bounds one line that another town says of an offer, a product or an event, in runes.
const maxForeignWords = 200

// offerTwin is bourg:offer.
type offerTwin struct {
	Name       string `json:"name"`
	Status     string `json:"status"`
	Price      string `json:"price"`
	Currency   string `json:"priceCurrency"`
	Prior      string `json:"priorPrice"`
	Unit       string `json:"unit"`
	Conditions string `json:"conditions"`
	Perishable bool   `json:"perishable"`
	Stock      int    `json:"stock"`
}

func (t offerTwin) details(short func(string) string) *OfferDetails {
	o := &OfferDetails{Unit: short(t.Unit), Conditions: short(t.Conditions), Perishable: t.Perishable}
	o.Price, o.Prior = euros(t.Price, t.Currency), euros(t.Prior, t.Currency)
	if t.Stock > 0 && t.Stock <= maxStock {
		o.Stock = t.Stock
	}
	switch s := OfferStatus(t.Status); s {
	case OfferEnded, OfferSoldOut, OfferCancelled:
		o.Status = s
	}
	return o
}

// productTwin is bourg:product.
type productTwin struct {
	Name         string `json:"name"`
	Price        string `json:"price"`
	From         string `json:"priceFrom"`
	Currency     string `json:"priceCurrency"`
	Unit         string `json:"unit"`
	Availability string `json:"availability"`
	Lead         string `json:"leadTime"`
	Allergens    string `json:"allergens"`
}

func (t productTwin) details(short func(string) string) *ProductDetails {
	p := &ProductDetails{Unit: short(t.Unit), Lead: short(t.Lead), Allergens: short(t.Allergens), Highlighted: true}
	if p.Price = euros(t.Price, t.Currency); p.Price == nil {
		p.Price = euros(t.From, t.Currency)
		p.From = p.Price != nil
	}
	switch a := Availability(t.Availability); a {
	case InStore, ToOrder, Seasonal, OutOf:
		p.Availability = a
	}
	return p
}

// euros reads an amount in euros; nil for none, or for one in other money.
func euros(amount, currency string) *Cents {
	c, ok := ParseCents(amount)
	if !ok || (currency != "" && currency != "EUR") {
		return nil
	}
	return &c
}

// event reads where an event takes place and whether it does.
func (t foreignTerms) event(short func(string) string) *EventDetails {
	var at struct {
		Name    string          `json:"name"`
		Address json.RawMessage `json:"address"`
	}
	e := &EventDetails{}
	if read(t.Location, &at) {
		e.Place = short(at.Name)
		var street struct {
			Street string `json:"streetAddress"`
		}
		if read(at.Address, &street) {
			e.Address = short(street.Street)
		}
		if e.Address == e.Place {
			e.Address = ""
		}
	}
	if p := t.place(); p != nil {
		e.Lat, e.Lon = &p.Lat, &p.Lon
	}
	var status string
	read(t.Status, &status)
	for _, s := range []EventStatus{EventCancelled, EventPostponed, EventRescheduled} {
		if fep, _ := eventStatus(s); fep == status {
			e.Status = s
		}
	}
	return e
}
