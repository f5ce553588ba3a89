package web

import (
	"slices"
	"strings"
	"time"

	"bourg/internal/town"
	"bourg/web/locale"
)

// Saisie is what stands in the fields of the composer beside text and photo, by their names and as it was typed. A box that is
// ticked holds "1".
type Saisie map[string]string

// Of is what stands in a field.
func (s Saisie) Of(name string) string { return s[name] }

// genre is one of the kinds that the composer knows, by its name in addresses.
type genre struct {
	name   string
	kind   town.Kind
	fields []string // in their order on the page
}

// genres are the kinds, in the order of the composer's tabs.
func genres() []genre {
	return []genre{
		{"nouvelle", town.News, nil},
		{"offre", town.Offer, []string{"titre", "prix", "prix_avant", "perissable", "unite", "du", "au", "conditions"}},
		{"evenement", town.Event, []string{"titre", "jour", "debut", "fin", "dernier_jour", "lieu"}},
		{"article", town.Article, []string{"titre"}},
		{"produit", town.Product, []string{"titre", "prix", "a_partir", "unite", "disponible", "delai", "allergenes"}},
	}
}

// genreCalled finds a kind by its name in addresses; plain news for an unknown one.
func genreCalled(name string) genre {
	for _, g := range genres() {
		if g.name == name {
			return g
		}
	}
	return genres()[0]
}

// genreOf finds the kind of a draft or post; ok is false for one that the composer does not know.
func genreOf(kind town.Kind) (g genre, ok bool) {
	for _, g := range genres() {
		if g.kind == kind {
			return g, true
		}
	}
	return genres()[0], false
}

// allFields are the names of the fields of all kinds, each once.
func allFields() []string {
	var all []string
	for _, g := range genres() {
		for _, f := range g.fields {
			if !slices.Contains(all, f) {
				all = append(all, f)
			}
		}
	}
	return all
}

// maxTypedRunes bounds what is kept of one field.
const maxTypedRunes = 2000

// saisieIn reads the fields of a form, those of other kinds too: they are carried along, so that a change of the kind loses nothing.
func saisieIn(form *uploaded) Saisie {
	s := Saisie{}
	for _, name := range allFields() {
		if form.Has(name) {
			s[name] = cutRunes(strings.TrimSpace(form.Get(name)), maxTypedRunes)
		}
	}
	return s
}

// saisieReader makes details of what was typed, and notes what it cannot read.
type saisieReader struct {
	Saisie
	l      *locale.Locale
	now    time.Time // in the town's time zone
	faults Erreurs
}

// details puts what was typed into what a draft of a kind holds already.
func (r *saisieReader) details(kind town.Kind, d *town.Draft, shop *town.Merchant) {
	if _, known := genreOf(kind); !known { // an answer, or a closing: their words alone are edited here
		return
	}
	d.Title = r.Saisie["titre"]
	switch kind {
	case town.News, town.Article:
		d.Starts, d.Ends, d.Offer, d.Event, d.Product = time.Time{}, time.Time{}, nil, nil, nil
	case town.Offer:
		r.offer(d)
	case town.Event:
		r.event(d, shop)
	case town.Product:
		r.product(d)
	}
	d.Typed = r.unread(kind, d)
}

// unread is what the details do not hold: fields of other kinds, what cannot be read, and what was emptied on purpose.
func (r *saisieReader) unread(kind town.Kind, d *town.Draft) map[string]string {
	g, _ := genreOf(kind)
	rest := map[string]string{}
	for name, value := range r.Saisie {
		timeless := kind == town.Event && d.Starts.IsZero() && (name == "jour" || name == "debut" || name == "fin" || name == "dernier_jour")
		if value == "" || timeless || r.faults.For(name) != "" || !slices.Contains(g.fields, name) {
			rest[name] = value
		}
	}
	return rest
}

func (r *saisieReader) offer(d *town.Draft) {
	o := &town.OfferDetails{}
	if d.Offer != nil {
		*o = *d.Offer
	}
	o.Price, o.Prior = r.amount("prix", "price.wrong"), r.amount("prix_avant", "prior.wrong")
	o.Perishable, o.Unit, o.Conditions = r.Saisie["perissable"] != "", r.Saisie["unite"], r.Saisie["conditions"]
	d.Offer, d.Event, d.Product = o, nil, nil
	d.Starts, d.Ends = time.Time{}, time.Time{}
	if day, ok := r.day("du"); ok {
		d.Starts = town.FirstMoment(day)
	}
	if day, ok := r.day("au"); ok {
		d.Ends = town.LastMoment(day)
	}
}

func (r *saisieReader) event(d *town.Draft, shop *town.Merchant) {
	e := &town.EventDetails{}
	if d.Event != nil {
		*e = *d.Event
	}
	if place := r.Saisie["lieu"]; place != e.Place {
		e.Place, e.Address, e.Lat, e.Lon = place, "", nil, nil
		if place != "" && place == oneLine(shop.Address) {
			e.Lat, e.Lon = shop.Lat, shop.Lon
		}
	}
	d.Offer, d.Event, d.Product = nil, e, nil
	d.Starts, d.Ends = time.Time{}, time.Time{}
	day, ok := r.day("jour")
	if !ok {
		return
	}
	start, known := r.clock("debut", day)
	if !known {
		if r.Saisie["debut"] == "" {
			r.faults.Add("debut", r.l.T("typed.clock"))
		}
		return
	}
	d.Starts = start
	last, several := r.day("dernier_jour")
	if !several {
		last = day
	}
	switch end, known := r.clock("fin", last); {
	case known && !several && !end.After(start) && end.Hour() < nightEnds: // a ball until four
		d.Ends = end.AddDate(0, 0, 1)
	case known:
		d.Ends = end
	case several && r.Saisie["fin"] == "":
		d.Ends = town.LastMoment(last)
	}
}

func (r *saisieReader) product(d *town.Draft) {
	p := &town.ProductDetails{}
	if d.Product != nil {
		*p = *d.Product
	}
	p.Price, p.From, p.Unit = r.amount("prix", "price.wrong"), r.Saisie["a_partir"] != "", r.Saisie["unite"]
	p.Availability, p.Lead, p.Allergens = town.Availability(r.Saisie["disponible"]), r.Saisie["delai"], r.Saisie["allergenes"]
	d.Offer, d.Event, d.Product = nil, nil, p
}

// amount reads a price; nil where none was typed, or none can be read.
func (r *saisieReader) amount(field, fault string) *town.Cents {
	typed := r.Saisie[field]
	if typed == "" {
		return nil
	}
	c, ok := town.ParseCents(typed)
	if !ok {
		r.faults.Add(field, r.l.T(fault))
		return nil
	}
	return &c
}

// day reads a day; ok is false where none was typed, or none can be read.
func (r *saisieReader) day(field string) (day time.Time, ok bool) {
	typed := r.Saisie[field]
	if typed == "" {
		return time.Time{}, false
	}
	if day, ok = dayTyped(typed, r.now); !ok {
		r.faults.Add(field, r.l.T("typed.day"))
	}
	return day, ok
}

// clock reads an hour of a day; ok is false where none was typed, or none can be read.
func (r *saisieReader) clock(field string, day time.Time) (at time.Time, ok bool) {
	typed := r.Saisie[field]
	if typed == "" {
		return time.Time{}, false
	}
	hour, minute, ok := clockTyped(typed)
	if !ok {
		r.faults.Add(field, r.l.T("typed.clock"))
	}
	y, m, d := day.Date()
	return time.Date(y, m, d, hour, minute, 0, 0, day.Location()), ok
}

// saisieOf is what stands in the fields for a draft or post. What was typed and kept as it was comes before what was read of it.
func saisieOf(d *town.Draft, zone *time.Location) Saisie {
	s := Saisie{}
	put := func(name, value string) {
		if value != "" {
			s[name] = value
		}
	}
	put("titre", d.Title)
	if o := d.Offer; o != nil {
		put("prix", typedAmount(o.Price))
		put("prix_avant", typedAmount(o.Prior))
		put("perissable", ticked(o.Perishable))
		put("unite", o.Unit)
		put("conditions", o.Conditions)
		put("du", typedDate(d.Starts, zone))
		put("au", typedDate(d.Ends, zone))
	}
	if e := d.Event; e != nil {
		put("lieu", e.Place)
		put("jour", typedDate(d.Starts, zone))
		put("debut", typedHour(d.Starts, zone))
		put("fin", typedHour(d.Ends, zone))
		if last := typedDate(d.Ends, zone); last != typedDate(d.Starts, zone) && d.Ends.Sub(d.Starts) >= 24*time.Hour-time.Duration(nightEnds)*time.Hour {
			put("dernier_jour", last)
		}
	}
	if p := d.Product; p != nil {
		put("prix", typedAmount(p.Price))
		put("a_partir", ticked(p.From))
		put("unite", p.Unit)
		put("disponible", string(p.Availability))
		put("delai", p.Lead)
		put("allergenes", p.Allergens)
	}
	for _, name := range allFields() {
		if typed, ok := d.Typed[name]; ok {
			s[name] = typed
		}
	}
	return s
}

// typedAmount writes an amount as it is typed: « 9,90 », « 24 ».
func typedAmount(c *town.Cents) string {
	if c == nil {
		return ""
	}
	return strings.Replace(strings.TrimSuffix(c.Decimal(), ".00"), ".", ",", 1)
}

func ticked(b bool) string {
	if b {
		return "1"
	}
	return ""
}

func typedDate(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Format(time.DateOnly)
}

func typedHour(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Format("15:04")
}

// oneLine writes an address of several lines in one.
func oneLine(s string) string { return strings.Join(lines(s), ", ") }

// offerDays is how many days a new offer lasts if nobody says otherwise.
const offerDays = 7

// usual puts into the fields of a kind what is mostly right, where nothing was typed yet.
func (s Saisie) usual(kind town.Kind, shop *town.Merchant, now time.Time) {
	propose := func(name, value string) {
		if _, typed := s[name]; !typed && value != "" {
			s[name] = value
		}
	}
	switch kind {
	case town.Offer:
		propose("du", now.Format(time.DateOnly))
		propose("au", now.AddDate(0, 0, offerDays-1).Format(time.DateOnly))
	case town.Event:
		propose("lieu", oneLine(shop.Address))
	case town.Product:
		propose("disponible", string(town.InStore))
	}
}

// empty tells whether nothing was typed but what the composer proposes itself.
func (s Saisie) empty() bool {
	for name, value := range s {
		switch name {
		case "du", "au", "lieu", "disponible":
		default:
			if value != "" {
				return false
			}
		}
	}
	return true
}

// fieldsOf pairs what the domain calls the fields of a kind with their names in the form, in their order.
func fieldsOf(kind town.Kind) []fieldName {
	starts, ends := "du", "au"
	if kind == town.Event {
		starts, ends = "jour", "fin"
	}
	return []fieldName{
		{"photo", "photo"}, {"title", "titre"}, {"price", "prix"}, {"prior", "prix_avant"}, {"unit", "unite"}, {"starts", starts}, {"ends", ends},
		{"place", "lieu"}, {"conditions", "conditions"}, {"availability", "disponible"}, {"lead", "delai"}, {"allergens", "allergenes"},
		{"text", "texte"}, {"reach", "portee"}, {"kind", "texte"},
	}
}

// beside are the fields of other kinds, which a page carries along unseen.
func (s Saisie) beside(g genre) []Cache {
	var all []Cache
	for _, name := range allFields() {
		if value := s[name]; value != "" && !slices.Contains(g.fields, name) {
			all = append(all, Cache{Name: name, Value: value})
		}
	}
	return all
}
