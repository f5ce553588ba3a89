package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"bourg/internal/town"
	"bourg/web"

	"github.com/google/uuid"
)

// publishCommand publishes in a merchant's name by the same path as the screens, without
// the undo window.
type publishCommand struct {
	As         string   `required:"" help:"Handle of the merchant."`
	Text       string   `help:"What to say."`
	Kind       string   `default:"news" enum:"news,offer,event,article,product" help:"Kind of post: news, offer, event, article or product."`
	Title      string   `help:"Name of the offer, event, article or product (the first line of the text if not given)."`
	From       string   `help:"When an offer or event starts: RFC 3339, 2026-12-12T09:00 on the town's clock, or 2026-12-12 for the whole day."`
	Until      string   `help:"When it ends, in the same forms."`
	Place      string   `help:"Where an event takes place (the shop if not given)."`
	Price      string   `help:"Price in euros, taxes included: 9.90."`
	PriorPrice string   `help:"Price before a reduction: the lowest of the last 30 days."`
	Perishable bool     `help:"The offer is of what would spoil, for which no prior price is owed."`
	Reach      string   `help:"How far: town, neighbours, region, everywhere (the merchant's own default if not given)."`
	Image      []string `sep:"none" help:"File of a photo; may be given up to four times." type:"existingfile"`
	Alt        []string `sep:"none" help:"Description of the photo before it, for people who do not see it."`
}

// draft makes a draft of the flags. Those that the kind has no use for are an error: whoever
// gives them believes that they are said.
func (c *publishCommand) draft(loc *time.Location) (town.Draft, error) {
	d := town.Draft{Kind: town.Kind(c.Kind), Text: c.Text, Reach: town.Reach(c.Reach)}
	d.Title = c.Title
	uses := map[town.Kind][]string{
		town.News: {}, town.Article: {"title"}, town.Product: {"title", "price"}, town.Event: {"title", "from", "until", "place"},
		town.Offer: {"title", "from", "until", "price", "prior-price", "perishable"},
	}
	for flag, value := range map[string]string{
		"title": c.Title, "from": c.From, "until": c.Until, "place": c.Place, "price": c.Price, "prior-price": c.PriorPrice,
		"perishable": strings.TrimPrefix(strconv.FormatBool(c.Perishable), "false"),
	} {
		if value != "" && !slices.Contains(uses[d.Kind], flag) {
			return d, fmt.Errorf("--%s is not said of a post of the kind %s", flag, c.Kind)
		}
	}
	if d.Title == "" && d.Kind != town.News {
		d.Title, _, _ = strings.Cut(strings.TrimSpace(c.Text), "\n")
	}
	var err error
	if d.Starts, err = moment("from", c.From, loc, town.FirstMoment); err != nil {
		return d, err
	}
	if d.Ends, err = moment("until", c.Until, loc, town.LastMoment); err != nil {
		return d, err
	}
	price, err := amount("price", c.Price)
	if err != nil {
		return d, err
	}
	prior, err := amount("prior-price", c.PriorPrice)
	if err != nil {
		return d, err
	}
	switch d.Kind {
	case town.Offer:
		d.Offer = &town.OfferDetails{Price: price, Prior: prior, Perishable: c.Perishable}
	case town.Product:
		d.Product = &town.ProductDetails{Price: price}
	case town.Event:
		d.Event = &town.EventDetails{Place: c.Place}
	}
	return d, nil
}

// moment reads a time of a flag. A day alone stands for the moment that ofDay gives.
func moment(flag, typed string, loc *time.Location, ofDay func(time.Time) time.Time) (time.Time, error) {
	if typed == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, typed); err == nil {
		return t, nil
	}
	if t, err := time.ParseInLocation(time.DateOnly, typed, loc); err == nil {
		return ofDay(t), nil
	}
	for _, form := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(form, typed, loc); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("--%s %q is no time: write it as 2026-12-12T09:00", flag, typed)
}

// amount reads a price of a flag; nil where it is not given.
func amount(flag, typed string) (*town.Cents, error) {
	if typed == "" {
		return nil, nil
	}
	c, ok := town.ParseCents(typed)
	if !ok {
		return nil, fmt.Errorf("--%s %q is no price: write it as 9.90", flag, typed)
	}
	return &c, nil
}

// published is what publish and edit answer: the id that peers know, and the page.
type published struct {
	ID  string `json:"id"`
	URL string `json:"url"`
}

func (c *publishCommand) Run(e *env) error {
	return withTown(e, func(ctx context.Context, t *theTown) error {
		m, err := t.directory.MerchantByHandle(ctx, strings.TrimPrefix(c.As, "@"))
		if err != nil {
			return named(err, "merchant", c.As)
		}
		settings, err := t.directory.Town(ctx)
		if err != nil {
			return err
		}
		d, err := c.draft(settings.Location())
		if err != nil {
			return err
		}
		for i, file := range c.Image {
			alt := ""
			if i < len(c.Alt) {
				alt = c.Alt[i]
			}
			photo, err := t.addPhoto(ctx, m.ID, file, alt)
			if err != nil {
				return err
			}
			d.Photos = append(d.Photos, *photo)
		}
		post, err := t.publisher.Publish(ctx, operator, m.ID, d, false)
		if err != nil {
			return err
		}
		return e.print(published{
			ID: string(t.addresses.Post(post.ID)), URL: string(t.addresses.Page(m.Handle, post.ID)),
		})
	})
}

// addPhoto makes a file's photo safe and records it as the merchant's.
func (t *theTown) addPhoto(ctx context.Context, merchant uuid.UUID, file, alt string) (*town.Photo, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	stored, err := t.media.Add(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("photo %s: %w", file, err)
	}
	photo := web.PhotoOf(stored)
	photo.Alt = alt
	if err := t.publisher.AddPhoto(ctx, operator, merchant, photo); err != nil {
		return nil, err
	}
	return photo, nil
}

// editCommand changes the text of a post and, where it is named, how far it is carried; nothing else of it.
type editCommand struct {
	ID    string `arg:"" help:"The post: its id, its page, or the bare uuid."`
	Text  string `required:"" help:"The new text."`
	Reach string `enum:",town,neighbours,region,everywhere" default:"" help:"How far the news is carried from now on: town, neighbours, region or everywhere."`
}

func (c *editCommand) Run(e *env) error {
	return withTown(e, func(ctx context.Context, t *theTown) error {
		post, err := t.postNamed(ctx, c.ID)
		if err != nil {
			return err
		}
		reach := post.Reach
		if c.Reach != "" {
			reach = town.Reach(c.Reach)
		}
		post, err = t.publisher.Edit(ctx, operator, post.ID, town.Draft{
			Text: c.Text, Reach: reach, Photos: post.Photos, Details: post.Details,
		})
		if err != nil {
			return err
		}
		return e.print(published{
			ID: string(t.addresses.Post(post.ID)), URL: string(t.addresses.Page(post.Merchant.Handle, post.ID)),
		})
	})
}

// withdrawCommand takes a post back for good.
type withdrawCommand struct {
	ID string `arg:"" help:"The post: its id, its page, or the bare uuid."`
}

func (c *withdrawCommand) Run(e *env) error {
	return withTown(e, func(ctx context.Context, t *theTown) error {
		post, err := t.postNamed(ctx, c.ID)
		if err != nil {
			return err
		}
		if err := t.publisher.Withdraw(ctx, operator, post.ID); err != nil {
			return err
		}
		return e.print(ok)
	})
}

// postNamed finds a post by its id, its page or its bare uuid.
func (t *theTown) postNamed(ctx context.Context, name string) (*town.Post, error) {
	last := name[strings.LastIndexByte(name, '/')+1:]
	id, err := uuid.Parse(last)
	if err != nil {
		return nil, fmt.Errorf("%q is no post's id or page", name)
	}
	if strings.Contains(name, "://") && !strings.HasPrefix(name, t.config.URL.String()+"/") {
		return nil, fmt.Errorf("%q is not a post of this town", name)
	}
	post, err := t.publisher.Own(ctx, operator, id)
	if err != nil {
		return nil, named(err, "post", name)
	}
	return post, nil
}

// named says of what a lookup failed.
func named(err error, kind, name string) error {
	switch {
	case errors.Is(err, town.ErrNotFound):
		return fmt.Errorf("there is no %s %q", kind, name)
	case errors.Is(err, town.ErrGone):
		return fmt.Errorf("the %s %q was withdrawn", kind, name)
	default:
		return fmt.Errorf("%s %q: %w", kind, name, err)
	}
}
