package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"bourg/federation"
	"bourg/internal/sanitize"
	"bourg/internal/town"
)

// cards reads other towns' cards (town.CardReader).
type cards struct {
	fetcher *federation.Fetcher
	store   federation.ActorCache
	now     func() time.Time
}

// card is `metadata.bourg` of NodeInfo (PEERING.md, section 2).
type card struct {
	Town struct {
		Name     string   `json:"name"`
		INSEE    []string `json:"insee"`
		Lat      *float64 `json:"lat"`
		Lon      *float64 `json:"lon"`
		RadiusKm float64  `json:"radiusKm"`
	} `json:"town"`
	Peering      string `json:"peering"`
	Legal        string `json:"legal"`
	Charter      string `json:"charter"`
	ContactPhone string `json:"contactPhone"`
	Actors       struct {
		Town string `json:"town"`
	} `json:"actors"`
	Active     string `json:"active"`
	Shops      *int   `json:"shops"`
	Latest     string `json:"latest"`
	Neighbours string `json:"neighbours"`
}

// What is taken of a card.
const (
	maxCommunes = 200
	maxRadiusKm = 50
	maxShops    = 100_000
)

// ReadCard implements town.CardReader. The relay is fetched through the gate, and stored as every peer's actor.
func (c *cards) ReadCard(ctx context.Context, base string) (town.Card, town.RelayActor, error) {
	lookup := &federation.NodeInfoLookup{Client: c.fetcher.Client}
	server, err := lookup.Lookup(ctx, federation.IRI(base))
	if err == nil && server.Application == "" {
		err = federation.ErrNotFound
	}
	if err != nil {
		return town.Card{}, town.RelayActor{}, notATown(base, err)
	}
	now := c.now().UTC().Truncate(time.Second)
	relay, err := c.fetcher.FetchActor(ctx, server.Application)
	if err != nil {
		return town.Card{}, town.RelayActor{}, notATown(base, err)
	}
	if err := c.store.SaveActor(ctx, relay, now); err != nil {
		return town.Card{}, town.RelayActor{}, err
	}
	actor := relay.Value()
	out := town.Card{Name: sanitize.Line(actor.Name), Read: now, Software: sanitize.Line(server.Software)}
	var said struct {
		Bourg *card `json:"bourg"`
	}
	if err := json.Unmarshal(server.Metadata, &said); err == nil && said.Bourg != nil {
		said.Bourg.fill(&out, actor.ID.Host())
	}
	if len([]rune(out.Name)) > 100 {
		out.Name = string([]rune(out.Name)[:100])
	}
	return out, town.RelayActor{ID: actor.ID, Inbox: actor.Inbox, Outbox: actor.Outbox}, nil
}

// fill takes over what a card says within bounds. Addresses count only on the town's own host.
func (c *card) fill(out *town.Card, host string) {
	own := func(address string) federation.IRI {
		if iri := federation.IRI(address); len(address) <= federation.MaxIRI && iri.Host() == host {
			return iri
		}
		return ""
	}
	if name := sanitize.Line(c.Town.Name); name != "" {
		out.Name = name
	}
	for _, code := range c.Town.INSEE[:min(len(c.Town.INSEE), maxCommunes)] {
		if len(code) == 5 {
			out.INSEE = append(out.INSEE, code)
		}
	}
	if lat, lon := c.Town.Lat, c.Town.Lon; lat != nil && lon != nil && *lat >= -90 && *lat <= 90 && *lon >= -180 && *lon <= 180 {
		out.Place = &town.Point{Lat: *lat, Lon: *lon}
	}
	if c.Town.RadiusKm > 0 {
		out.RadiusKm = min(c.Town.RadiusKm, maxRadiusKm)
	}
	switch c.Peering {
	case "open", "approval", "closed":
		out.Peering = c.Peering
	default:
		out.Peering = "approval"
	}
	if phone := sanitize.Line(c.ContactPhone); len(phone) <= 30 {
		out.Phone = phone
	}
	out.Legal, out.Charter, out.Town, out.Active = own(c.Legal), own(c.Charter), own(c.Actors.Town), own(c.Active)
	out.Latest, out.Towns = own(c.Latest), own(c.Neighbours)
	if c.Shops != nil && *c.Shops >= 0 && *c.Shops <= maxShops {
		out.Shops = c.Shops
	}
}

// maxActiveList is how many bytes of a list of live objects are read: twenty thousand lines.
const maxActiveList = 4 << 20

// ReadActive implements town.PeerReader.
func (c *cards) ReadActive(ctx context.Context, list federation.IRI, domain string, known []town.ActiveLine) ([]town.ActiveLine, error) {
	found, err := c.fetcher.FetchText(ctx, list, "text/plain", activeTag(known), maxActiveList)
	var status *federation.StatusError
	switch {
	case errors.As(err, &status) && status.Status == http.StatusNotModified:
		return known, nil
	case errors.As(err, &status) && status.Status == http.StatusForbidden:
		return nil, fmt.Errorf("the list of %s: %w", domain, town.ErrForbidden)
	case err != nil:
		return nil, err
	}
	if found.URL.Host() != domain {
		return nil, fmt.Errorf("the list of %s lies elsewhere", domain)
	}
	return town.ParseActive(string(found.Body), domain)
}

// ReadPost implements town.PeerReader.
func (c *cards) ReadPost(ctx context.Context, id federation.IRI) (*federation.Object, []byte, error) {
	found, raw, err := c.fetcher.FetchObjectJSON(ctx, id)
	var status *federation.StatusError
	switch {
	case errors.As(err, &status) && (status.Status == http.StatusGone || status.Status == http.StatusNotFound):
		return nil, nil, fmt.Errorf("%s: %w", id, town.ErrGone)
	case err != nil:
		return nil, nil, err
	}
	return found.Value(), raw, nil
}

// notATown says that nobody answers who could be a neighbour; faults of our own stay what they are.
func notATown(base string, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("%s: %w: %w", base, town.ErrNotFound, err)
}

// pause waits, unless the context ends before.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
