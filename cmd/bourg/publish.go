package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"bourg/internal/town"
	"bourg/web"

	"github.com/google/uuid"
)

// publishCommand publishes in a merchant's name by the same path as the screens, without
// the undo window.
type publishCommand struct {
	As    string   `required:"" help:"Handle of the merchant."`
	Text  string   `help:"What to say."`
	Kind  string   `default:"news" enum:"news" help:"Kind of post: news."`
	Reach string   `help:"How far: town, neighbours, region, everywhere (the merchant's own default if not given)."`
	Image []string `sep:"none" help:"File of a photo; may be given up to four times." type:"existingfile"`
	Alt   []string `sep:"none" help:"Description of the photo before it, for people who do not see it."`
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
		d := town.Draft{Kind: town.Kind(c.Kind), Text: c.Text, Reach: town.Reach(c.Reach)}
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

// editCommand changes the text of a post.
type editCommand struct {
	ID   string `arg:"" help:"The post: its id, its page, or the bare uuid."`
	Text string `required:"" help:"The new text."`
}

func (c *editCommand) Run(e *env) error {
	return withTown(e, func(ctx context.Context, t *theTown) error {
		post, err := t.postNamed(ctx, c.ID)
		if err != nil {
			return err
		}
		post, err = t.publisher.Edit(ctx, operator, post.ID, town.Draft{Text: c.Text, Reach: post.Reach, Photos: post.Photos})
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
