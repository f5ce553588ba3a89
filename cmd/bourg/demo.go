package main

import (
	"context"
	"embed"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"bourg/internal/config"
	"bourg/internal/town"
	"bourg/web"

	"golang.org/x/sync/errgroup"
)

//go:embed demo
var demoPictures embed.FS

// demoCommand runs the towns of demoTowns in one process, on the configured port and the
// ones after it, with their data below BOURG_DATA/demo. What a visitor changes stays.
type demoCommand struct{}

// demoAnswer tells a newcomer where to look and how to sign in.
type demoAnswer struct {
	Town     string `json:"town"`
	URL      string `json:"url"`
	TownHall string `json:"town_hall"` // one-time link
	Merchant string `json:"merchant"`  // one-time link of the first shop
}

func (c *demoCommand) Run(e *env) error {
	group, ctx := errgroup.WithContext(e.ctx)
	ready := make(chan *theTown, len(demoTowns))
	for i := range demoTowns {
		d := &demoTowns[i]
		cfg, err := demoConfig(e.config, d, i)
		if err != nil {
			return err
		}
		group.Go(func() error {
			return serve(ctx, cfg, e.log.With("demo", d.handle), func(t *theTown) error {
				answer, err := fill(ctx, t, d)
				if err != nil {
					return fmt.Errorf("fill %s: %w", d.name, err)
				}
				ready <- t
				return e.print(answer)
			})
		})
	}
	group.Go(func() error {
		var towns []*theTown
		for range demoTowns {
			select {
			case t := <-ready:
				towns = append(towns, t)
			case <-ctx.Done():
				return nil
			}
		}
		return introduce(ctx, towns)
	})
	return group.Wait()
}

// introduce makes neighbours of towns that have none. A town that has just begun to listen may need a moment.
func introduce(ctx context.Context, towns []*theTown) error {
	for _, t := range towns {
		known, err := t.neighbours.List(ctx, operator)
		if err != nil || len(known) > 0 {
			return err
		}
	}
	for _, t := range towns {
		for _, other := range towns {
			if t == other {
				continue
			}
			if err := t.neighbours.Accept(ctx, operator, other.config.URL.String(), town.FullScope()); err != nil {
				return fmt.Errorf("make neighbours: %w", err)
			}
			for try := 1; ; try++ {
				err := t.neighbours.Ask(ctx, operator, other.config.URL.String(), town.FullScope(), "Bonjour, voisins.")
				if err == nil || ctx.Err() != nil {
					break
				}
				if try == introductions {
					return fmt.Errorf("make neighbours: %w", err)
				}
				if pause(ctx, time.Second) != nil {
					return nil
				}
			}
		}
	}
	return nil
}

// introductions is how often a town is tried that has just begun to listen.
const introductions = 30

// demoConfig is the configuration of the i-th town: everything on this machine.
func demoConfig(base config.Config, d *demoTown, i int) (config.Config, error) {
	host, port, err := net.SplitHostPort(base.Listen)
	if err != nil {
		return base, fmt.Errorf("BOURG_LISTEN: %w", err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return base, fmt.Errorf("BOURG_LISTEN: %w", err)
	}
	port = strconv.Itoa(n + i)
	cfg := base
	cfg.Listen = net.JoinHostPort(host, port)
	if host == "" || host == "127.0.0.1" || host == "0.0.0.0" {
		host = "localhost"
	}
	cfg.URL = &url.URL{Scheme: "http", Host: net.JoinHostPort(host, port)}
	cfg.Data = filepath.Join(base.Data, "demo", d.folder)
	cfg.DatabaseURL, cfg.MediaURL, cfg.MetricsListen = "", nil, ""
	cfg.PeerNetworks = thisMachine
	lat, lon := d.lat, d.lon
	cfg.Town = config.Town{Name: d.name, Handle: d.handle, INSEE: d.insee, Lat: &lat, Lon: &lon}
	return cfg, nil
}

// thisMachine are the addresses by which it calls itself.
var thisMachine = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// fill puts shops and news into a town that has none, and makes links to sign in.
func fill(ctx context.Context, t *theTown, d *demoTown) (*demoAnswer, error) {
	shops, err := t.directory.Merchants(ctx, "")
	if err != nil {
		return nil, err
	}
	if len(shops) == 0 {
		if shops, err = fillEmpty(ctx, t, d); err != nil {
			return nil, err
		}
	}
	answer := &demoAnswer{Town: d.name, URL: t.config.URL.String()}
	if answer.TownHall, err = t.accounts.AddTownHall(ctx, "mairie@"+d.folder+".example"); err != nil {
		return nil, err
	}
	first := shops[0]
	for _, s := range shops {
		if s.Handle == d.shops[0].handle {
			first = s
		}
	}
	answer.Merchant, err = t.directory.InviteAgain(ctx, operator, first.ID)
	return answer, err
}

func fillEmpty(ctx context.Context, t *theTown, d *demoTown) ([]*town.Merchant, error) {
	settings, err := t.directory.Town(ctx)
	if err != nil {
		return nil, err
	}
	settings.HelpPhone, settings.HelpHours, settings.Accent = d.helpPhone, d.helpHours, d.accent
	if err := t.directory.EditTown(ctx, operator, settings); err != nil {
		return nil, err
	}
	byHandle := map[string]*town.Merchant{}
	var shops []*town.Merchant
	for _, s := range d.shops {
		lat, lon := d.place(s.handle)
		m, _, err := t.directory.AddMerchant(ctx, operator, town.NewMerchant{
			Name: s.name, Handle: s.handle, Trade: s.trade, Phone: s.phone, Address: s.address, Lat: lat, Lon: lon,
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		m.SetHours(s.hours)
		m.Summary = s.summary
		if m.Special, err = d.special(s.handle, time.Now().In(settings.Location())); err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		if s.cover != "" {
			if m.Cover, err = demoPhoto(ctx, t, m, s.cover, s.alt); err != nil {
				return nil, err
			}
		}
		if err := t.directory.EditMerchant(ctx, operator, m); err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		byHandle[s.handle] = m
		shops = append(shops, m)
	}
	if err := fillGroups(ctx, t, d, byHandle); err != nil {
		return nil, err
	}
	now := time.Now().In(settings.Location())
	posts := demoPosts(d.folder)
	for _, n := range d.news {
		posts = append(posts, demoPost{demoNews: n, kind: town.News})
	}
	slices.SortStableFunc(posts, func(a, b demoPost) int { return a.when.before(now).Compare(b.when.before(now)) }) // oldest first
	for _, n := range posts {
		if err := demoPublish(ctx, t, byHandle[n.shop], n, now); err != nil {
			return nil, fmt.Errorf("post of %s: %w", n.shop, err)
		}
	}
	return shops, nil
}

// demoPublish publishes a post as if it were that time.
func demoPublish(ctx context.Context, t *theTown, m *town.Merchant, n demoPost, now time.Time) error {
	draft := town.Draft{Kind: n.kind, Text: n.text}
	if n.details != nil {
		draft.Details = n.details(demoDays{now})
	}
	if n.photo != "" {
		photo, err := demoPhoto(ctx, t, m, n.photo, n.alt)
		if err != nil {
			return err
		}
		draft.Photos = []town.Photo{*photo}
	}
	then := *t.publisher
	then.Now = func() time.Time { return n.when.before(now) }
	post, err := then.Publish(ctx, operator, m.ID, draft, false)
	if err == nil && n.forward {
		_, err = then.Highlight(ctx, operator, post.ID)
	}
	return err
}

// demoPhoto stores one of the embedded pictures by the way that an upload takes.
func demoPhoto(ctx context.Context, t *theTown, m *town.Merchant, name, alt string) (*town.Photo, error) {
	f, err := demoPictures.Open("demo/" + name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	stored, err := t.media.Add(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("picture %s: %w", name, err)
	}
	photo := web.PhotoOf(stored)
	photo.Alt = alt
	if err := t.publisher.AddPhoto(ctx, operator, m.ID, photo); err != nil {
		return nil, err
	}
	return photo, nil
}
