package town

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

// How much a post holds, in runes where nothing else is said. Mastodon shows the first four pictures and drops the rest.
const (
	MaxTextLength    = 1500
	MaxArticleLength = 20_000 // the text of an Article
	MaxTitleLength   = 120
	MaxAltLength     = 1500
	MaxPhotos        = 4
	maxLineLength    = 200 // units, conditions, places, allergens
	maxStock         = 1_000_000
)

// How long things last, in days, and how far ahead they are planned.
const (
	// MaxEventDays is how long one event lasts at most: what comes round again is several events.
	MaxEventDays = 60
	// MaxOfferDays is how long an offer lasts at most.
	MaxOfferDays = 365
	// OfferDays is how long an offer lasts that names no end.
	OfferDays = 30
	// priceDays is how far back the lowest price counts that a reduction is measured by (Code de la consommation, article L112-1-1).
	priceDays = 30
	maxAhead  = 3 // years
)

// checker cleans a draft in place and gathers what is wrong with it, a code for each field:
//
//	kind         kind.unknown
//	text         text.empty (news without words or photo; an article or a closure without words), text.long
//	reach        reach.unknown
//	photo        photo.many
//	title        title.empty (all but news and closures), title.long
//	starts       starts.empty (event, closure), starts.far (more than three years ahead, or long ago)
//	ends         ends.early (not after the start), ends.past (over already, on publishing), ends.far (it lasts too long)
//	price        price.empty (an offer with neither a price nor words), price.wrong (below zero or above MaxCents)
//	prior        prior.low (not above the price), prior.high (above what the merchant itself asked within 30 days),
//	             prior.missing (a crossed-out price is claimed), prior.wrong (as price.wrong, or no price beside it)
//	unit, conditions, lead, allergens, place, address    unit.long and so on
//	stock        stock.wrong
//	availability availability.unknown
//	category     category.unknown
//	position     position.wrong (half of it, or not on the globe)
//	link         link.wrong (no http or https address, or too long)
type checker struct {
	d   *Draft
	bad Invalid
	now time.Time
	loc *time.Location
}

// check cleans a draft of a merchant in place and answers Invalid with everything that is
// wrong with it. except is the post that is being edited, or zero for a new one.
func (p *Publisher) check(ctx context.Context, merchant uuid.UUID, d *Draft, except uuid.UUID) error {
	t, err := p.town(ctx)
	if err != nil {
		return err
	}
	c := &checker{d: d, bad: Invalid{}, now: p.now(), loc: t.Location()}
	c.words()
	c.details(except == uuid.Nil)
	if err := p.checkPrior(ctx, merchant, d, except, c.bad); err != nil {
		return err
	}
	if len(c.bad) > 0 {
		return c.bad
	}
	return p.checkPhotos(ctx, merchant, d)
}

// checkPhotos takes the photos as they are stored, with the descriptions that the draft brings.
func (p *Publisher) checkPhotos(ctx context.Context, merchant uuid.UUID, d *Draft) error {
	if len(d.Photos) == 0 {
		return nil
	}
	ids := make([]uuid.UUID, len(d.Photos))
	for i := range d.Photos {
		ids[i] = d.Photos[i].ID
	}
	stored, err := p.Store.Photos(ctx, merchant, ids)
	if err != nil {
		return err
	}
	for i := range stored {
		if d.Photos[i].Alt != "" {
			stored[i].Alt = cutRunes(strings.TrimSpace(d.Photos[i].Alt), MaxAltLength)
		}
	}
	d.Photos = stored
	return nil
}

// words looks at what all kinds have: text, title, reach, photos.
func (c *checker) words() {
	d := c.d
	most := MaxTextLength
	if d.Kind == Article {
		most = MaxArticleLength
	}
	if d.Text = cleanText(d.Text); utf8.RuneCountInString(d.Text) > most {
		c.bad["text"] = "text.long"
	}
	switch {
	case d.Text != "":
	case d.Kind == News && len(d.Photos) == 0, d.Kind == Answer, d.Kind == Article, d.Kind == Closure:
		c.bad["text"] = "text.empty"
	}
	switch d.Title = cleanLine(d.Title); {
	case d.Kind == News || d.Kind == Answer:
		d.Title = ""
	case d.Title == "" && slices.Contains([]Kind{Article, Offer, Product, Event}, d.Kind):
		c.bad["title"] = "title.empty"
	case utf8.RuneCountInString(d.Title) > MaxTitleLength:
		c.bad["title"] = "title.long"
	}
	if !d.Reach.Valid() {
		c.bad["reach"] = "reach.unknown"
	}
	if len(d.Photos) > MaxPhotos {
		c.bad["photo"] = "photo.many"
	}
}

// details looks at what the kind has beside that, and takes away what belongs to other kinds.
func (c *checker) details(isNew bool) {
	d := c.d
	all := d.Details
	d.Details = Details{Title: all.Title}
	if d.Kind == Offer || d.Kind == Event || d.Kind == Closure {
		d.Starts, d.Ends = all.Starts, all.Ends
		c.times(isNew)
	}
	switch d.Kind {
	case News, Answer, Article, Closure:
	case Offer:
		d.Offer = orEmpty(all.Offer)
		c.offer()
	case Product:
		d.Product = orEmpty(all.Product)
		c.product()
	case Event:
		d.Event = orEmpty(all.Event)
		c.event()
	default:
		c.bad["kind"] = "kind.unknown"
	}
}

// orEmpty copies details, so that nothing of the caller's is changed.
func orEmpty[T any](details *T) *T {
	out := new(T)
	if details != nil {
		*out = *details
	}
	return out
}

func (c *checker) times(isNew bool) {
	d := c.d
	longest := MaxEventDays
	switch {
	case d.Kind != Offer && d.Starts.IsZero():
		c.bad["starts"] = "starts.empty"
		return
	case d.Kind == Offer || d.Kind == Closure:
		longest = MaxOfferDays
	}
	d.Starts, d.Ends = d.Starts.Truncate(time.Second), d.Ends.Truncate(time.Second)
	if !d.Starts.IsZero() && (d.Starts.After(c.now.AddDate(maxAhead, 0, 0)) || d.Starts.Before(c.now.AddDate(-maxAhead, 0, 0))) {
		c.bad["starts"] = "starts.far"
		return
	}
	begins := d.Starts
	if begins.IsZero() {
		begins = c.now
	}
	switch {
	case !d.Ends.IsZero() && !d.Starts.IsZero() && !d.Ends.After(d.Starts):
		c.bad["ends"] = "ends.early"
	case d.Ends.After(begins.AddDate(0, 0, longest)):
		c.bad["ends"] = "ends.far"
	case isNew && !d.Ends.IsZero() && !d.Ends.After(c.now):
		c.bad["ends"] = "ends.past"
	case isNew && d.Ends.IsZero() && !d.Starts.IsZero() && LastMoment(d.Starts.In(c.loc)).Before(c.now) && d.Kind != Offer:
		c.bad["starts"] = "starts.past"
	}
}

func (c *checker) offer() {
	d, o := c.d, c.d.Offer
	o.Unit, o.Conditions = cleanLine(o.Unit), cleanLine(o.Conditions)
	c.line("unit", o.Unit)
	c.line("conditions", o.Conditions)
	if o.Price == nil && d.Text == "" && o.Conditions == "" {
		c.bad["price"] = "price.empty"
	}
	c.amount("price", o.Price)
	c.amount("prior", o.Prior)
	switch {
	case o.Prior != nil && o.Price == nil:
		c.bad["prior"] = "prior.wrong"
	case o.Prior != nil && *o.Prior <= *o.Price:
		c.bad["prior"] = "prior.low"
	case o.Prior == nil && !o.Perishable && claimsReduction(o.Price != nil, d.Title, d.Text, o.Conditions):
		c.bad["prior"] = "prior.missing"
	}
	if o.Stock < 0 || o.Stock > maxStock {
		c.bad["stock"] = "stock.wrong"
	}
	if d.Ends.IsZero() { // it ends by itself in any case
		begins := d.Starts
		if begins.IsZero() {
			begins = c.now
		}
		d.Ends = LastMoment(begins.In(c.loc).AddDate(0, 0, OfferDays-1))
	}
}

func (c *checker) product() {
	p := c.d.Product
	p.Unit, p.Lead, p.Allergens = cleanLine(p.Unit), cleanLine(p.Lead), cleanLine(p.Allergens)
	c.line("unit", p.Unit)
	c.line("lead", p.Lead)
	c.line("allergens", p.Allergens)
	c.amount("price", p.Price)
	if p.Price == nil {
		p.From = false
	}
	switch p.Availability {
	case "", InStore, ToOrder, Seasonal, OutOf:
	default:
		c.bad["availability"] = "availability.unknown"
	}
}

func (c *checker) event() {
	e := c.d.Event
	e.Place, e.Address, e.Link = cleanLine(e.Place), cleanLine(e.Address), strings.TrimSpace(e.Link)
	c.line("place", e.Place)
	c.line("address", e.Address)
	if e.Category != "" && !slices.Contains(EventCategories(), e.Category) {
		c.bad["category"] = "category.unknown"
	}
	if (e.Lat == nil) != (e.Lon == nil) || e.Lat != nil && !(*e.Lat >= -90 && *e.Lat <= 90 && *e.Lon >= -180 && *e.Lon <= 180) {
		c.bad["position"] = "position.wrong"
	}
	if e.Link != "" {
		u, err := url.Parse(e.Link)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || len(e.Link) > maxLinkLength {
			c.bad["link"] = "link.wrong"
		}
	}
}

const maxLinkLength = 500 // bytes

func (c *checker) line(field, value string) {
	if utf8.RuneCountInString(value) > maxLineLength {
		c.bad[field] = field + ".long"
	}
}

func (c *checker) amount(field string, amount *Cents) {
	if amount != nil && (*amount < 0 || *amount > MaxCents) {
		c.bad[field] = field + ".wrong"
	}
}

// EventCategories are the 36 categories of events that FEP-8a8e recommends.
func EventCategories() []string {
	return []string{
		"ARTS", "AUTO_BOAT_AIR", "BOOK_CLUBS", "BUSINESS", "CAUSES", "CLIMATE_ENVIRONMENT", "COMMUNITY", "COMEDY", "CRAFTS",
		"CREATIVE_JAM", "DIY_MAKER_SPACES", "FAMILY_EDUCATION", "FASHION_BEAUTY", "FESTIVALS", "FILM_MEDIA", "FOOD_DRINK", "GAMES",
		"INCLUSIVE_SPACES", "LANGUAGE_CULTURE", "LEARNING", "LGBTQ", "MEETING", "MEDITATION_WELLBEING", "MOVEMENTS_POLITICS",
		"MUSIC", "NETWORKING", "OUTDOORS_ADVENTURE", "PARTY", "PERFORMING_VISUAL_ARTS", "PETS", "PHOTOGRAPHY", "SCIENCE_TECH",
		"SPIRITUALITY_RELIGION_BELIEFS", "SPORTS", "THEATRE", "WORKSHOPS_SKILL_SHARING",
	}
}

// claimsReduction tells whether words claim that a price was higher before. A percentage does
// so only beside a price: "moins 20 % sur la vitrine" has no one prior price.
func claimsReduction(priced bool, words ...string) bool {
	all := strings.ToLower(strings.Join(words, "\n"))
	pattern := `au lieu d[e’']`
	if priced {
		pattern += `|[-−–]\s?\d+\s?%|\d+\s?%\s(de\s)?(remise|réduction|rabais|moins)|prix barré`
	}
	return regexp.MustCompile(pattern).MatchString(all)
}

// cleanText trims what was typed, folds line ends and takes away what no text holds.
func cleanText(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\x00", "")
	return strings.TrimSpace(strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n"))
}

// cleanLine makes one line of what was typed.
func cleanLine(s string) string { return strings.Join(strings.Fields(cleanText(s)), " ") }

// checkText cleans a text; Invalid if it is too long.
func checkText(s string) (string, error) {
	if s = cleanText(s); utf8.RuneCountInString(s) > MaxTextLength {
		return s, Invalid{"text": "text.long"}
	}
	return s, nil
}

func cutRunes(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n])
}
