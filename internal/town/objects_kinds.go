package town

import (
	"html"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"bourg/federation"
)

// This file makes the objects of the further kinds. Mastodon drops the whole of an object
// whose type it does not know, so offers, products and closures are Notes with everything
// in their content, and say it once more for machines in one property bourg:…; articles and events
// are objects of their own, of which Mastodon shows name, summary and link.

// objectType is the type of the object that a post of a kind is.
func objectType(k Kind) string {
	switch k {
	case Article:
		return "Article"
	case Event:
		return "Event"
	default:
		return "Note"
	}
}

// postObject makes the object of a post of any kind.
func postObject(a Addresses, media MediaAddress, toHTML func(string) string, words func(string) []string, town *Town, post *Post) *federation.Object {
	o := noteObject(a, media, toHTML, words, post)
	if post.Kind == Answer {
		return o
	}
	o.Type = objectType(post.Kind)
	o.Extra = map[string]any{"bourg:kind": string(post.Kind), "bourg:reach": string(post.Reach)}
	k := kindObject{Object: o, a: a, town: town, post: post, loc: town.Location(), text: o.Content}
	switch post.Kind {
	case Offer, Product, Event, Closure: // who draws a slate of the rest needs to know what is not in it already
		o.Extra["bourg:text"] = k.text
	}
	switch post.Kind {
	case Offer:
		k.offer()
	case Product:
		k.product()
	case Closure:
		k.closure()
	case Article:
		k.article()
	case Event:
		k.event()
	}
	return o
}

// kindObject is the object of a post, in the making.
type kindObject struct {
	*federation.Object
	a    Addresses
	town *Town
	post *Post
	loc  *time.Location
	text string // HTML of what was typed
}

// lines makes the content: a headline, what was typed, and further paragraphs, of which those
// that say nothing are left out. All but the typed text is plain.
func (k *kindObject) lines(headline, facts string, further ...string) {
	var b strings.Builder
	if headline != "" {
		b.WriteString("<p><strong>" + html.EscapeString(headline) + "</strong></p>")
	}
	if facts != "" {
		b.WriteString("<p>" + html.EscapeString(facts) + "</p>")
	}
	b.WriteString(k.text)
	for _, l := range further {
		if l != "" {
			b.WriteString("<p>" + l + "</p>")
		}
	}
	k.Content = b.String() + k.hashtags()
}

// maxHashtags is how many hashtags an object has at most, with those that were typed.
const maxHashtags = 4

// hashtags adds the town and the trade, by which people elsewhere find what is near them, to the object's
// tags and returns them as a paragraph of their own, which Mastodon lays aside as a row of tags. What was typed is not said twice.
func (k *kindObject) hashtags() string {
	words := []string{hashtagOf(k.town.Name)}
	if trade := k.post.Merchant.Trade; trade != "autre" {
		words = append(words, hashtagOf(trade))
	}
	var links []string
	for _, word := range words {
		known := slices.ContainsFunc(k.Tags, func(t federation.Tag) bool { return strings.EqualFold(t.Name, "#"+word) })
		if word == "" || known || len(k.Tags) >= maxHashtags {
			continue
		}
		href := k.a.Word(word)
		k.Tags = append(k.Tags, federation.Tag{Type: "Hashtag", Name: "#" + word, Href: href})
		links = append(links, `<a href="`+html.EscapeString(string(href))+`" class="mention hashtag" rel="tag">#`+html.EscapeString(word)+"</a>")
	}
	if len(links) == 0 {
		return ""
	}
	return "<p>" + strings.Join(links, " ") + "</p>"
}

// hashtagOf writes a name as one word: « Saint-Laurent-sur-Cèze » becomes SaintLaurentSurCèze. It is empty for what has no letters.
func hashtagOf(name string) string {
	var b strings.Builder
	letters := false
	for _, part := range strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		letters = letters || strings.ContainsFunc(part, unicode.IsLetter)
		if b.Len() > 0 {
			part = upperFirst(part)
		}
		b.WriteString(part)
	}
	if !letters {
		return ""
	}
	return b.String()
}

// times sets the object's own times, on the town's clock.
func (k *kindObject) times() (from, to time.Time) {
	k.StartTime, k.EndTime = inZone(k.post.Starts, k.loc), inZone(k.post.Ends, k.loc)
	return k.StartTime, k.EndTime
}

func (k *kindObject) offer() {
	p, offer := k.post, orEmpty(k.post.Offer)
	from, to := k.times()
	headline := p.Title
	if offer.Price != nil {
		headline += nbsp + ": " + offer.Price.Euros() + unit(offer.Unit)
		if offer.Prior != nil {
			headline += " au lieu de " + offer.Prior.Euros()
		}
	}
	facts := []string{upperFirst(daysSpan(from, to)), offer.Conditions}
	if offer.Stock > 0 {
		facts = append(facts, "Dans la limite du stock ("+strconv.Itoa(offer.Stock)+")")
	}
	if offer.Prior != nil && !offer.Perishable {
		facts = append(facts, "Prix le plus bas des 30 derniers jours"+nbsp+": "+offer.Prior.Euros())
	}
	if offer.Perishable {
		facts = append(facts, "À consommer rapidement")
	}
	switch offer.Status {
	case OfferSoldOut:
		facts = append([]string{"Tout est parti"}, facts...)
	case OfferCancelled:
		facts = append([]string{"L’offre a été retirée"}, facts...)
	}
	if offer.Status != OfferOpen {
		headline = ended + headline
	}
	k.lines(headline, sentences(facts...), k.asking(), html.EscapeString(k.address()))
	twin := map[string]any{"name": p.Title, "status": offerStatus(offer.Status)}
	ways := []any{"message", "shop"}
	if p.Merchant.Phone != "" {
		ways = append([]any{"phone"}, ways...)
	}
	twin["howTo"] = ways
	if offer.Price != nil {
		twin["price"], twin["priceCurrency"] = offer.Price.Decimal(), "EUR"
	}
	if offer.Prior != nil {
		twin["priorPrice"] = offer.Prior.Decimal()
		if !offer.Perishable {
			twin["priorPriceBasis"] = "lowest-30-days"
		}
	}
	twin["perishable"] = offer.Perishable
	set(twin, "unit", offer.Unit)
	set(twin, "conditions", offer.Conditions)
	if offer.Stock > 0 {
		twin["stock"] = offer.Stock
	}
	if !from.IsZero() {
		twin["validFrom"] = from.Format(time.DateOnly)
	}
	if !to.IsZero() {
		twin["validThrough"] = to.Format(time.DateOnly)
	}
	k.Extra["bourg:offer"] = twin
	k.locate(nil)
}

// ended begins the text of an offer that is over.
const ended = "Terminé — "

func offerStatus(s OfferStatus) string {
	if s == OfferOpen {
		return "open"
	}
	return string(s)
}

func (k *kindObject) product() {
	p, product := k.post, orEmpty(k.post.Product)
	headline := p.Title
	if product.Price != nil {
		headline += nbsp + ": "
		if product.From {
			headline += "à partir de "
		}
		headline += product.Price.Euros() + unit(product.Unit)
	}
	var facts []string
	switch product.Availability {
	case InStore:
		facts = append(facts, "En boutique")
	case ToOrder:
		order := "Sur commande"
		if product.Lead != "" {
			order += " (" + product.Lead + ")"
		}
		facts = append(facts, order)
	case Seasonal:
		facts = append(facts, "De saison")
	case OutOf:
		facts = append(facts, "Épuisé pour le moment")
	}
	if product.Allergens != "" {
		facts = append(facts, "Allergènes"+nbsp+": "+product.Allergens)
	}
	k.lines(headline, sentences(facts...), k.asking(), html.EscapeString(k.address()))
	twin := map[string]any{"name": p.Title}
	if product.Price != nil {
		name := "price"
		if product.From {
			name = "priceFrom"
		}
		twin[name], twin["priceCurrency"] = product.Price.Decimal(), "EUR"
	}
	set(twin, "unit", product.Unit)
	set(twin, "availability", string(product.Availability))
	set(twin, "leadTime", product.Lead)
	set(twin, "allergens", product.Allergens)
	k.Extra["bourg:product"] = twin
	k.locate(nil)
}

func (k *kindObject) closure() {
	from, to := k.times()
	headline := k.post.Title // which names the days
	if headline == "" {
		headline = "Fermeture exceptionnelle" + nbsp + ": " + daysSpan(from, to)
	}
	k.lines(headline, "", k.telephone(), html.EscapeString(k.address()))
	k.Extra["bourg:closure"] = map[string]any{"name": headline}
	k.locate(nil)
}

func (k *kindObject) article() {
	p := k.post
	k.Name = p.Title
	k.Summary = opening(p.Text, maxSummary)
	k.lines("", "")
	preview := map[string]any{
		"type": "Note", "attributedTo": string(k.AttributedTo), "published": k.Published.UTC().Format(time.RFC3339),
		"content": "<p><strong>" + html.EscapeString(p.Title) + "</strong></p><p>" + html.EscapeString(k.Summary) + `</p><p><a href="` +
			html.EscapeString(string(k.URL)) + `">` + html.EscapeString(string(k.URL)) + "</a></p>",
	}
	k.Extra["preview"] = preview
	if len(k.Attachments) > 0 {
		image := k.Attachments[0]
		image.Type = "Image"
		k.Image = &image
	}
}

// maxSummary is how long the summary of an Article is at most (FEP-b2b8).
const maxSummary = 500

// opening is the beginning of a text, cut between two words.
func opening(text string, most int) string {
	first, _, _ := strings.Cut(text, "\n\n")
	first = strings.Join(strings.Fields(first), " ")
	runes := []rune(first)
	if len(runes) <= most {
		return first
	}
	cut := string(runes[:most-1])
	if i := strings.LastIndexByte(cut, ' '); i > 0 {
		cut = cut[:i]
	}
	return cut + "…"
}

// unit is what a price is for, behind it.
func unit(s string) string {
	if s == "" {
		return ""
	}
	return " " + s
}

// sentences joins facts, those that say nothing left out.
func sentences(facts ...string) string {
	var said []string
	for _, f := range facts {
		if f != "" {
			said = append(said, sentence(f))
		}
	}
	return strings.Join(said, " ")
}

func set(twin map[string]any, name, value string) {
	if value != "" {
		twin[name] = value
	}
}

// asking says how to ask for something, by telephone first.
func (k *kindObject) asking() string {
	if phone := k.post.Merchant.Phone; phone != "" {
		return "Pour réserver ou demander" + nbsp + ": " + telLink(phone) + " ou en répondant en message privé."
	}
	return "Pour réserver ou demander, répondez en message privé."
}

// telephone says the shop's number.
func (k *kindObject) telephone() string {
	if phone := k.post.Merchant.Phone; phone != "" {
		return "Téléphone" + nbsp + ": " + telLink(phone)
	}
	return ""
}

// address is where the shop is, with the town, on one line.
func (k *kindObject) address() string { return k.post.Merchant.FullAddress(k.town.Name) }

// inTown adds the town to an address that does not name it.
func inTown(address string, town *Town) string {
	switch {
	case address == "" || town.Name == "":
		return address
	case strings.Contains(strings.ToLower(address), strings.ToLower(town.Name)):
		return address
	default:
		return address + ", " + town.Name
	}
}
