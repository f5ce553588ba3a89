package main

import (
	"context"
	"errors"
	"fmt"

	"bourg/internal/town"
)

// adminAddCommand adds somebody to the town hall.
type adminAddCommand struct {
	Email string `required:"" help:"Address with which the person signs in."`
}

func (c *adminAddCommand) Run(e *env) error {
	return withTown(e, func(ctx context.Context, t *theTown) error {
		link, err := t.accounts.AddTownHall(ctx, c.Email)
		if err != nil {
			return err
		}
		return e.print(struct {
			Email  string `json:"email"`
			SignIn string `json:"sign_in"`
		}{town.NormalEmail(c.Email), link})
	})
}

// merchantAddCommand adds a merchant.
type merchantAddCommand struct {
	Handle  string   `required:"" help:"Letters, digits and underscores, at most 30; never used again."`
	Name    string   `required:"" help:"Name of the shop."`
	Trade   string   `required:"" help:"Slug of the trade, such as boulangerie or fleuriste."`
	Email   string   `help:"Address with which the merchant signs in."`
	Phone   string   `help:"The shop's telephone."`
	Address string   `help:"Where the shop is."`
	Lat     *float64 `help:"Latitude in degrees."`
	Lon     *float64 `help:"Longitude in degrees."`
	Hours   string   `help:"When the shop is open: as OpenStreetMap writes it ('Tu-Sa 07:00-13:00; PH off'), or in French ('mardi au samedi 7h-13h')."`
}

func (c *merchantAddCommand) Run(e *env) error {
	return withTown(e, func(ctx context.Context, t *theTown) error {
		if _, err := town.TradeBySlug(c.Trade); err != nil {
			return err
		}
		m, link, err := t.directory.AddMerchant(ctx, operator, town.NewMerchant{
			Name: c.Name, Handle: c.Handle, Trade: c.Trade, Email: c.Email, Phone: c.Phone, Address: c.Address,
			Lat: c.Lat, Lon: c.Lon, Hours: c.Hours,
		})
		switch {
		case errors.Is(err, town.ErrTaken):
			return fmt.Errorf("the handle %q is or was in use", c.Handle)
		case errors.Is(err, town.ErrNotSetUp):
			return errors.New("the town is not set up yet: open the set-up link that bourg serve logs, or set BOURG_TOWN_NAME")
		case err != nil:
			return err
		}
		return e.print(struct {
			Handle string `json:"handle"`
			Actor  string `json:"actor"`
			URL    string `json:"url"`
			SignIn string `json:"sign_in"`
		}{m.Handle, string(t.addresses.Actor(m.ID)), string(t.addresses.Profile(m.Handle)), link})
	})
}
