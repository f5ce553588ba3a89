package web

import (
	"strings"
	"time"
	"unicode/utf8"

	"bourg/internal/sanitize"
	"bourg/internal/town"
	"bourg/web/locale"
)

// articleInFeed is how much of an article stands in a list, in runes.
const articleInFeed = 280

// wordsPerMinute is how fast people read French at their ease.
const wordsPerMinute = 230

// dress gives an entry what its kind has beside words and photos.
func (h *Handlers) dress(l *locale.Locale, a *Avis, p *town.Post) {
	switch p.Kind {
	case town.Offer:
		a.Offer = h.slate(l, p)
	case town.Event:
		a.Event = leaf(p)
	case town.Article:
		a.Article = &Papier{Title: p.Title, Minutes: minutes(p.Text)}
	case town.Product:
		a.Product = label(l, p)
	case town.Closure:
		a.Notice = &Fermeture{Title: p.Title, From: p.Starts, To: lastMoment(p.Ends)}
	}
}

// slate is the offer of a post. One that has passed its last day is over, whether or not that was noted yet.
func (h *Handlers) slate(l *locale.Locale, p *town.Post) *Ardoise {
	s := &Ardoise{Title: p.Title, Until: lastMoment(p.Ends)}
	now := h.config.Now()
	if now.Before(p.Starts) {
		s.From = p.Starts
	}
	if !p.Ends.IsZero() && !now.Before(p.Ends) {
		s.End = string(town.OfferEnded)
	}
	o := p.Offer
	if o == nil {
		return s
	}
	s.Price, s.Unit, s.Conditions, s.Stock = euros(l, o.Price), o.Unit, o.Conditions, o.Stock
	if o.Price != nil && o.Prior != nil && *o.Prior > *o.Price { // a price that was not higher is no reduction
		s.Prior = euros(l, o.Prior)
	}
	if o.Status != town.OfferOpen {
		s.End = string(o.Status)
	}
	return s
}

// leaf is the event of a post.
func leaf(p *town.Post) *RendezVous {
	r := leafOf(p.Details)
	if r.Dated() {
		r.CalendarURL = pathOf(p) + calendarFile
	}
	return r
}

// leafOf is an event, wherever it was published.
func leafOf(d town.Details) *RendezVous {
	r := &RendezVous{Title: d.Title, Start: d.Starts, End: d.Ends}
	if e := d.Event; e != nil {
		r.Place, r.Status, r.Link = placeOf(e), string(e.Status), e.Link
	}
	return r
}

// placeOf writes where an event takes place, in one line.
func placeOf(e *town.EventDetails) string {
	parts := make([]string, 0, 2)
	for _, s := range []string{e.Place, e.Address} {
		if s = sanitize.Line(s); s != "" && (len(parts) == 0 || parts[0] != s) {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ", ")
}

// label is the product of a post.
func label(l *locale.Locale, p *town.Post) *Etiquette {
	e := &Etiquette{Title: p.Title}
	if d := p.Product; d != nil {
		e.Price, e.FromPrice, e.Unit = euros(l, d.Price), d.From, d.Unit
		e.How, e.Lead, e.Allergens = string(d.Availability), d.Lead, d.Allergens
	}
	return e
}

// euros writes an amount; nothing for none.
func euros(l *locale.Locale, c *town.Cents) string {
	if c == nil {
		return ""
	}
	return l.Euros(int64(*c))
}

// lastMoment is the end of something, drawn back into its last day where it is the midnight behind it.
func lastMoment(end time.Time) time.Time {
	if end.IsZero() {
		return end
	}
	return end.Add(-time.Second)
}

// minutes is how long a text takes to read.
func minutes(text string) int {
	return max(1, (len(strings.Fields(text))+wordsPerMinute/2)/wordsPerMinute)
}

// cutFor tells how much of a post stands in a list, in runes.
func cutFor(p *town.Post) int {
	if p.Kind == town.Article {
		return articleInFeed
	}
	return textInFeed
}

// shorten gives the part of a post's text that a list shows, and whether that is not all.
func shorten(p *town.Post) (text string, cut bool) {
	n := cutFor(p)
	if utf8.RuneCountInString(p.Text) <= n {
		return p.Text, false
	}
	return beginning(p.Text, n), true
}

// titleOfPost is what a post is called where only one line stands: its title, or the beginning of its words.
func titleOfPost(p *town.Post) string {
	if t := sanitize.Line(p.Title); t != "" {
		return beginning(t, titleLength)
	}
	return title(p.Text)
}

// inOneSentence says what a post is in plain words, for search engines and cards in other networks; nothing for kinds whose
// words say it.
func (h *Handlers) inOneSentence(l *locale.Locale, t *town.Town, p *town.Post) string {
	zone := h.zone(t)
	now, day := h.config.Now().In(zone), func(at time.Time) string { return l.Day(at.In(zone), h.config.Now().In(zone)) }
	var parts []string
	switch p.Kind {
	case town.Offer:
		s := h.slate(l, p)
		parts = append(parts, joined(" ", s.Price, s.Unit))
		if s.Prior != "" {
			parts = append(parts, l.T("offer.instead")+" "+s.Prior)
		}
		switch {
		case s.End != "":
			parts = append(parts, l.T("offer.end."+s.End))
		case !s.Until.IsZero():
			parts = append(parts, l.T("offer.until", day(s.Until)))
		}
	case town.Event:
		r := leaf(p)
		if r.Status != "" {
			parts = append(parts, l.T("event.state."+r.Status))
		}
		if r.Dated() {
			parts = append(parts, l.DayAndClock(r.Start.In(zone), now))
		}
		parts = append(parts, r.Place)
	case town.Product:
		e := label(l, p)
		parts = append(parts, joined(" ", e.Price, e.Unit))
	case town.Article:
		return beginning(sanitize.Line(p.Text), 2*titleLength)
	default:
		return ""
	}
	return locale.UpperFirst(joined(", ", parts...))
}

// joined puts those of the words together that say something.
func joined(between string, words ...string) string {
	said := words[:0:0]
	for _, w := range words {
		if w != "" {
			said = append(said, w)
		}
	}
	return strings.Join(said, between)
}
