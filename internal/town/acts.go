package town

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Version is what a post said before an edit.
type Version struct {
	At   time.Time // when it was published or edited to this
	Text string
	Details
}

// PastPrice is a price that a merchant asked for something.
type PastPrice struct {
	Price Cents
	Prior *Cents    // of an offer: what was crossed out beside it
	From  time.Time // since when it was asked
	Until time.Time // zero: it still is
}

// Versions returns what a public post said before each edit, newest first; ErrNotFound, ErrGone.
// What it says today is not among them.
func (p *Publisher) Versions(ctx context.Context, id uuid.UUID) ([]Version, error) {
	post, err := p.Store.Post(ctx, id)
	if err != nil {
		return nil, err
	}
	if !post.Public {
		return nil, ErrNotFound
	}
	return p.Store.Versions(ctx, id)
}

// PriceHistory returns the lowest price that the merchant asked within the last 30 days for what
// bears this title, as far as it was published here; nil where there is none. It is what a
// reduction is measured by (Code de la consommation, article L112-1-1). While an offer with a
// prior price stands, that prior price counts: a further cut is measured by the price before the first.
func (p *Publisher) PriceHistory(ctx context.Context, by Author, merchant uuid.UUID, title string) (*Cents, error) {
	if err := mustSpeak(ctx, p.Store, by, merchant); err != nil {
		return nil, err
	}
	return p.lowest(ctx, merchant, title, uuid.Nil)
}

func (p *Publisher) lowest(ctx context.Context, merchant uuid.UUID, title string, except uuid.UUID) (*Cents, error) {
	if title = cutRunes(cleanLine(title), MaxTitleLength); title == "" {
		return nil, nil
	}
	past, err := p.Store.PastPrices(ctx, merchant, title, except)
	if err != nil {
		return nil, err
	}
	now := p.now()
	since := now.AddDate(0, 0, -priceDays)
	var lowest *Cents
	for _, one := range past {
		price := one.Price
		stands := one.Until.IsZero() || one.Until.After(now)
		switch {
		case one.From.After(now), !stands && one.Until.Before(since):
			continue
		case stands && one.Prior != nil:
			price = *one.Prior
		}
		if lowest == nil || price < *lowest {
			lowest = &price
		}
	}
	return lowest, nil
}

// checkPrior holds a crossed-out price against what the merchant itself asked.
func (p *Publisher) checkPrior(ctx context.Context, merchant uuid.UUID, d *Draft, except uuid.UUID, bad Invalid) error {
	if d.Kind != Offer || d.Offer == nil || d.Offer.Prior == nil || d.Offer.Perishable || bad["prior"] != "" {
		return nil
	}
	lowest, err := p.lowest(ctx, merchant, d.Title, except)
	if err == nil && lowest != nil && *lowest < *d.Offer.Prior {
		bad["prior"] = "prior.high"
	}
	return err
}

// begin makes a draft a fresh post: nothing has been said of it yet.
func (d *Draft) begin() {
	switch {
	case d.Offer != nil:
		d.Offer.Status = OfferOpen
	case d.Event != nil:
		d.Event.Status = EventScheduled
	case d.Product != nil:
		d.Product.Highlighted = false
	}
}

// stand takes over what has been said of a post since it was published.
func (d *Draft) stand(post *Post) {
	switch {
	case d.Offer != nil && post.Offer != nil:
		d.Offer.Status = post.Offer.Status
	case d.Event != nil && post.Event != nil:
		d.Event.Status = post.Event.Status
	case d.Product != nil && post.Product != nil:
		d.Product.Highlighted = post.Product.Highlighted
	}
}

// bound cuts what a draft holds down to what is kept; twice what is published, so that what
// is too long can be shortened.
func (d *Draft) bound() {
	clean := func(s string, n int) string {
		return cutRunes(strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), ""), n)
	}
	d.Text = clean(d.Text, 2*MaxArticleLength)
	d.Title = clean(d.Title, 10*MaxTitleLength)
	if d.Offer != nil {
		o := *d.Offer
		o.Unit, o.Conditions = clean(o.Unit, 10*maxLineLength), clean(o.Conditions, 10*maxLineLength)
		d.Offer = &o
	}
	if d.Product != nil {
		o := *d.Product
		o.Unit, o.Lead, o.Allergens = clean(o.Unit, 10*maxLineLength), clean(o.Lead, 10*maxLineLength), clean(o.Allergens, 10*maxLineLength)
		o.Availability = Availability(clean(string(o.Availability), maxLineLength))
		d.Product = &o
	}
	if d.Event != nil {
		e := *d.Event
		e.Place, e.Address = clean(e.Place, 10*maxLineLength), clean(e.Address, 10*maxLineLength)
		e.Link, e.Category = clean(e.Link, 10*maxLineLength), clean(e.Category, maxLineLength)
		d.Event = &e
	}
	typed := make(map[string]string, len(d.Typed))
	for field, text := range d.Typed {
		if len(typed) < maxTyped {
			typed[clean(field, maxLineLength)] = clean(text, maxLineLength)
		}
	}
	d.Typed = typed
}

// maxTyped is how many fields of a form are kept as they were typed.
const maxTyped = 40

// CloseOffer ends an offer before its day: OfferEnded, OfferSoldOut or OfferCancelled (Invalid
// otherwise, and for what is no offer). Peers get an Update that begins with « Terminé — ».
// To close it twice in the same way changes nothing.
func (p *Publisher) CloseOffer(ctx context.Context, by Author, id uuid.UUID, status OfferStatus) (*Post, error) {
	switch status {
	case OfferEnded, OfferSoldOut, OfferCancelled:
	default:
		return nil, Invalid{"status": "status.unknown"}
	}
	return p.revise(func() (*Post, error) {
		post, err := p.ownOf(ctx, by, id, Offer)
		if err != nil || post.Offer.Status == status {
			return post, err
		}
		return post, p.closeOffer(ctx, post, status)
	})
}

func (p *Publisher) closeOffer(ctx context.Context, post *Post, status OfferStatus) error {
	post.Offer.Status = status
	return p.change(ctx, post, "")
}

// CancelEvent calls an event off. Peers get an Update, and the merchant's followers a new post
// that says so, because Mastodon shows them no Update of an Event. To cancel it twice changes nothing.
func (p *Publisher) CancelEvent(ctx context.Context, by Author, id uuid.UUID) (*Post, error) {
	return p.revise(func() (*Post, error) {
		post, err := p.ownOf(ctx, by, id, Event)
		if err != nil || post.Event.Status == EventCancelled {
			return post, err
		}
		t, err := p.town(ctx)
		if err != nil {
			return nil, err
		}
		post.Event.Status = EventCancelled
		loc := t.Location()
		return post, p.change(ctx, post, "Annulé : "+post.Title+", "+eventSpan(inZone(post.Starts, loc), inZone(post.Ends, loc))+".")
	})
}

// PostponeEvent puts an event off to another time, or with a zero start to a day that is not
// known yet; ends may be zero. Invalid names what is wrong with the times, as for Publish. Peers
// get an Update and a new post, as for CancelEvent.
func (p *Publisher) PostponeEvent(ctx context.Context, by Author, id uuid.UUID, starts, ends time.Time) (*Post, error) {
	return p.revise(func() (*Post, error) {
		post, err := p.ownOf(ctx, by, id, Event)
		if err != nil {
			return nil, err
		}
		t, err := p.town(ctx)
		if err != nil {
			return nil, err
		}
		if starts.IsZero() {
			if post.Event.Status == EventPostponed {
				return post, nil
			}
			post.Event.Status = EventPostponed
			return post, p.change(ctx, post, "Reporté à une date qui n’est pas encore fixée : "+post.Title+".")
		}
		if post.Event.Status == EventRescheduled && post.Starts.Equal(starts) && post.Ends.Equal(ends) {
			return post, nil
		}
		c := &checker{d: &Draft{Kind: Event, Details: Details{Starts: starts, Ends: ends}}, bad: Invalid{}, now: p.now(), loc: t.Location()}
		if c.times(true); len(c.bad) > 0 {
			return nil, c.bad
		}
		post.Starts, post.Ends, post.Event.Status = c.d.Starts, c.d.Ends, EventRescheduled
		post.Announced = time.Time{} // the day before is another one now
		return post, p.change(ctx, post, "Reporté au "+movedTo(inZone(post.Starts, c.loc), inZone(post.Ends, c.loc))+" : "+post.Title+".")
	})
}

// Highlight puts a product forward. The first time it is published: it gets its place in the feed and
// its Create. Later on the merchant announces it again, at most once in 24 hours (Invalid with
// "product": "product.often").
func (p *Publisher) Highlight(ctx context.Context, by Author, id uuid.UUID) (*Post, error) {
	return p.revise(func() (*Post, error) {
		post, err := p.ownOf(ctx, by, id, Product)
		if err != nil {
			return nil, err
		}
		if post.Merchant.Moved != nil {
			return nil, ErrMoved
		}
		now := p.now()
		if !post.Announced.IsZero() && now.Before(post.Announced.Add(24*time.Hour)) {
			return nil, Invalid{"product": "product.often"}
		}
		post.Announced = now
		if !post.Silent() {
			return post, p.announce(ctx, post)
		}
		post.Product.Highlighted = true
		// A server sorts posts by when they were published, and would lay one of last month below all others.
		post.Published, post.Leaves, post.Updated = now, now, time.Time{}
		activity, err := uuid.NewV7() // of today, so that the outbox has it on top
		if err != nil {
			return nil, fmt.Errorf("put product forward: make an id: %w", err)
		}
		out, err := p.createdAs(ctx, post, activity)
		if err != nil {
			return nil, fmt.Errorf("put product forward: %w", err)
		}
		if err := p.Store.ChangePost(ctx, post, nil, out); err != nil {
			return nil, fmt.Errorf("put product forward: %w", err)
		}
		p.Wake()
		return post, nil
	})
}

// announce stores a post with its Announced time and sends the merchant's own Announce of it.
func (p *Publisher) announce(ctx context.Context, post *Post) error {
	out, err := p.outgoing(ctx, post, announcement(p.Addresses, post, post.Announced), Recipients{Followers: true})
	if err != nil {
		return fmt.Errorf("announce: %w", err)
	}
	out.Listed = true
	if err := p.Store.ChangePost(ctx, post, nil, out); err != nil {
		return fmt.Errorf("announce: %w", err)
	}
	p.Wake()
	return nil
}

// ownOf is own for an act on posts of one kind; ErrNotFound for another one.
func (p *Publisher) ownOf(ctx context.Context, by Author, id uuid.UUID, kind Kind) (*Post, error) {
	post, err := p.own(ctx, by, id)
	if err != nil {
		return nil, err
	}
	if post.Kind != kind {
		return nil, ErrNotFound
	}
	switch kind {
	case Offer:
		post.Offer = orEmpty(post.Offer)
	case Event:
		post.Event = orEmpty(post.Event)
	case Product:
		post.Product = orEmpty(post.Product)
	}
	return post, nil
}

// change stores how a post stands now, and sends its Update. With words, a further post of the
// merchant says so to all who follow; it answers the post itself.
func (p *Publisher) change(ctx context.Context, post *Post, words string) error {
	now := p.now()
	post.Updated = laterThan(now, post.Published, post.Updated)
	out, err := p.updated(ctx, post)
	if err != nil {
		return fmt.Errorf("change post: %w", err)
	}
	all := []Outgoing{out}
	var said *Post
	if words != "" {
		if said, err = p.say(post, words); err != nil {
			return fmt.Errorf("change post: %w", err)
		}
		create, err := p.created(ctx, said)
		if err != nil {
			return fmt.Errorf("change post: %w", err)
		}
		all = append(all, create)
	}
	if err := p.Store.ChangePost(ctx, post, said, all...); err != nil {
		return fmt.Errorf("change post: %w", err)
	}
	p.Wake()
	return nil
}

// say makes the piece of news in which the merchant tells what has become of a post. It does not
// leave before that post.
func (p *Publisher) say(post *Post, words string) (*Post, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("make an id: %w", err)
	}
	now := p.now()
	if now.Before(post.Leaves) {
		now = post.Leaves
	}
	return &Post{
		ID: id, Merchant: post.Merchant, Kind: News, Language: post.Language, Reach: post.Reach, Public: post.Public,
		Text:      upperFirst(words) + "\n\n" + string(p.Addresses.Page(post.Merchant.Handle, post.ID)),
		InReplyTo: p.Addresses.Post(post.ID), Root: post.ID, Once: id, Published: now, Leaves: now,
	}, nil
}

// inZone is t in a time zone; the zero time stays zero.
func inZone(t time.Time, loc *time.Location) time.Time {
	if t.IsZero() {
		return t
	}
	return t.In(loc)
}
