package web

import (
	"html/template"
	"net/url"
	"strings"
	"unicode/utf8"

	"bourg/internal/sanitize"
	"bourg/internal/town"
	"bourg/web/locale"
)

// This file shows what other towns' shops publish: as entries like the town's own, with the road sign of their town, whose
// links all lead home, where they are read whole and answered.

// The values of "l" in the addresses of lists: whose news they show. Nothing is everybody's.
const (
	partTown   = "bourg"
	partAround = "voisins"
)

// partIn reads "l"; a value that we did not write is everybody's news.
func partIn(query url.Values) town.Part {
	switch query.Get("l") {
	case partTown:
		return town.PartTown
	case partAround:
		return town.PartAround
	default:
		return town.PartAll
	}
}

// listOf is the address of a list with what is chosen in it; what is empty is left out.
func listOf(path string, chosen map[string]string) string {
	query := url.Values{}
	for name, value := range chosen {
		if value != "" {
			query.Set(name, value)
		}
	}
	return strings.TrimSuffix(path+"?"+query.Encode(), "?")
}

// partNamed is the value of "l" for a part.
func partNamed(part town.Part) string {
	switch part {
	case town.PartTown:
		return partTown
	case town.PartAround:
		return partAround
	default:
		return ""
	}
}

// mixed are entries of a list that looks beyond the town, each cut to what a list shows.
func (h *Handlers) mixed(l *locale.Locale, entries []town.Entry) []Avis {
	all := make([]Avis, len(entries))
	for i, e := range entries {
		if e.Own != nil {
			all[i] = h.entry(l, e.Own, false)
		} else {
			all[i] = h.away(l, e.Foreign)
		}
	}
	return all
}

// away is an entry of another town's shop, or of a listed account.
func (h *Handlers) away(l *locale.Locale, p *town.ForeignPost) Avis {
	a := Avis{
		ID: p.ID.String(), Shop: awayShop(l, p), URL: string(p.URL), Away: awayName(p),
		Published: p.Published, Edited: p.Updated, Lang: foreign(l, p.Language),
	}
	a.Text, a.Cut = awayWords(p)
	h.dressAway(l, &a, p)
	for i, kept := range p.Copies {
		if kept == nil {
			continue
		}
		shown := h.photo(kept)
		shown.Alt = sanitize.Line(p.Attachments[i].Name)
		if words := sanitize.Line(p.Attachments[i].Summary); words != "" { // Mobilizon's name of a banner is "Banner"
			shown.Alt = words
		}
		a.Photos = append(a.Photos, shown)
	}
	return a
}

// awayShop is the shop of another town, as far as its actor is known, or a listed account.
func awayShop(l *locale.Locale, p *town.ForeignPost) Commerce {
	c := Commerce{Name: sanitize.Line(p.ShopName()), URL: string(p.Actor.URL), Town: p.Town, TownKm: p.Km}
	if p.Actor.Handle != "" {
		c.Handle = peerHandle(p.Actor)
	}
	if p.Actor.URL == "" || p.Actor.URL.Host() != p.ObjectID.Host() {
		c.URL = string(p.URL)
	}
	slug := p.Trade
	if p.Source != nil {
		c.URL, c.Lives, slug = string(p.Source.URL), p.Source.Host, p.Source.Trade
	}
	if trade, err := town.TradeBySlug(slug); err == nil {
		c.Trade, c.Mark, c.Paint = TradeName(l, trade.Slug), trade.Icon, trade.Paint
	}
	return c
}

// awayName is what the site is called on which an entry is read.
func awayName(p *town.ForeignPost) string {
	switch {
	case p.Source != nil:
		return p.Source.Host
	case p.Town != "":
		return p.Town
	}
	return p.ObjectID.Host()
}

// awayWords are the words of an entry in a list: sanitised HTML, or the beginning of it in plain paragraphs where it is long.
func awayWords(p *town.ForeignPost) (words template.HTML, cut bool) {
	most := textInFeed
	if p.Kind == town.Article {
		most = articleInFeed
	}
	plain := sanitize.Text(p.Content)
	if utf8.RuneCountInString(plain) <= most {
		return trusted(p.Content), false
	}
	var b strings.Builder
	for part := range strings.SplitSeq(beginning(plain, most), "\n\n") {
		b.WriteString("<p>" + strings.ReplaceAll(template.HTMLEscapeString(part), "\n", "<br>") + "</p>")
	}
	return trusted(b.String()), true
}

// dressAway gives the entry what its kind has beside words and photos, as far as its town has told it for machines; else the words
// say it.
func (h *Handlers) dressAway(l *locale.Locale, a *Avis, p *town.ForeignPost) {
	like := &town.Post{Kind: p.Kind, Details: p.Details}
	switch {
	case p.Title == "": // nothing can be written on a slate or a leaf
	case p.Kind == town.Offer && p.Offer != nil:
		a.Offer = h.slate(l, like)
	case p.Kind == town.Product && p.Product != nil:
		a.Product = label(l, like)
	case p.Kind == town.Event:
		a.Event = leafOf(p.Details)
	case p.Kind == town.Article:
		a.Article = &Papier{Title: p.Title, Minutes: minutes(sanitize.Text(p.Content))}
	case p.Kind == town.Closure && !p.Starts.IsZero():
		a.Notice = &Fermeture{Title: p.Title, From: p.Starts, To: lastMoment(p.Ends)}
	}
}

// partChips are the chips above a list by whose news it shows; base is its address.
func partChips(l *locale.Locale, base string, words map[town.Part]string, chosen town.Part) []Filtre {
	chips := make([]Filtre, 0, len(words))
	for _, part := range []town.Part{town.PartAll, town.PartTown, town.PartAround} {
		chips = append(chips, Filtre{URL: listOf(base, map[string]string{"l": partNamed(part)}), Text: l.T(words[part]), Current: part == chosen})
	}
	return chips
}

// nearSigns is how many road signs stand beside the thread.
const nearSigns = 6

// signs are the road signs of the nearest towns whose news is received.
func signs(neighbours []town.ListedNeighbour) []Panneau {
	var all []Panneau
	for _, n := range neighbours {
		if n.Outgoing == town.StandingAccepted && n.Health != town.HealthHidden && n.Mode != town.ModeMuted && len(all) < nearSigns {
			all = append(all, Panneau{Town: orWords(n.Name, n.Domain), TownKm: n.Km})
		}
	}
	return all
}

// Panneau is the road sign of a town.
type Panneau struct {
	Town   string
	TownKm *float64 // nil when it has not told where it lies
}
