package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"bourg/federation"
	"bourg/internal/jobs"
	"bourg/internal/town"

	"github.com/google/uuid"
)

// externalCommands are what the town hall does with accounts elsewhere that the town lists.
type externalCommands struct {
	Add    externalAddCommand    `cmd:"" help:"List an account elsewhere: it is shown once it agrees, by a link in its profile or by an answer."`
	List   externalListCommand   `cmd:"" help:"List the accounts, with how each one's consent stands."`
	Ask    externalAskCommand    `cmd:"" help:"Ask an account a second time."`
	Remove externalRemoveCommand `cmd:"" help:"Take an account off the list, with all that is shown of it."`
}

type externalAddCommand struct {
	Account string   `arg:"" help:"@user@host, !community@host, the address of its page, or the host of an agenda."`
	Trade   string   `default:"autre" help:"Trade of the list, or \"agenda\" for events alone."`
	Phone   string   `help:"Telephone of the shop."`
	Address string   `help:"Street and number."`
	Lat     *float64 `help:"Latitude, in degrees."`
	Lon     *float64 `help:"Longitude, in degrees."`
}

// Run implements the command.
func (c *externalAddCommand) Run(e *env) error {
	return withTown(e, func(ctx context.Context, t *theTown) error {
		if _, err := town.TradeBySlug(c.Trade); err != nil && c.Trade != town.TradeAgenda {
			return err
		}
		added, err := t.externals.Add(ctx, operator, town.ExternalListing{
			Account: c.Account, Trade: c.Trade, Phone: c.Phone, Address: c.Address, Lat: c.Lat, Lon: c.Lon,
		})
		if err != nil {
			return aboutExternal(err, c.Account)
		}
		return e.print(lineOf(added))
	})
}

type externalAskCommand struct {
	Account string `arg:"" help:"Handle, id or page of a listed account."`
}

// Run implements the command.
func (c *externalAskCommand) Run(e *env) error {
	return e.withExternal(c.Account, func(ctx context.Context, x *town.Externals, id uuid.UUID) error {
		return x.AskAgain(ctx, operator, id)
	})
}

type externalRemoveCommand struct {
	Account string `arg:"" help:"Handle, id or page of a listed account."`
}

// Run implements the command.
func (c *externalRemoveCommand) Run(e *env) error {
	return e.withExternal(c.Account, func(ctx context.Context, x *town.Externals, id uuid.UUID) error {
		return x.Remove(ctx, operator, id)
	})
}

// withExternal runs a command about a listed account and prints that it went well.
func (e *env) withExternal(account string, act func(context.Context, *town.Externals, uuid.UUID) error) error {
	return withTown(e, func(ctx context.Context, t *theTown) error {
		found, err := t.externals.Named(ctx, operator, account)
		if err == nil {
			err = act(ctx, t.externals, found.ID)
		}
		if err != nil {
			return aboutExternal(err, account)
		}
		return e.print(ok)
	})
}

type externalListCommand struct{}

// externalLine is what the commands print of a listed account.
type externalLine struct {
	Handle    string         `json:"handle"`
	ID        federation.IRI `json:"id"`
	URL       federation.IRI `json:"url"`
	Name      string         `json:"name"`
	Software  string         `json:"software"`
	Trade     string         `json:"trade"`
	State     string         `json:"state"`
	AgreedBy  string         `json:"agreed_by"`
	Agreed    *time.Time     `json:"agreed_at"`
	Asks      int            `json:"asks"`
	Answer    string         `json:"answer"`
	Following string         `json:"following"`
	Ended     string         `json:"ended_by"`
	MovedTo   federation.IRI `json:"moved_to"`
}

func lineOf(e *town.External) externalLine {
	line := externalLine{
		Handle: "@" + e.Handle, ID: e.Actor, URL: e.URL, Name: e.Name, Software: e.Software, Trade: e.Trade, State: string(e.State),
		AgreedBy: string(e.AgreedBy), Asks: e.Asks, Answer: e.Answer, Following: string(e.Following), Ended: string(e.Why), MovedTo: e.MovedTo,
	}
	if !e.Agreed.IsZero() {
		line.Agreed = &e.Agreed
	}
	return line
}

// Run implements the command.
func (c *externalListCommand) Run(e *env) error {
	return withTown(e, func(ctx context.Context, t *theTown) error {
		all, err := t.externals.List(ctx, operator)
		if err != nil {
			return err
		}
		list := []externalLine{}
		for _, one := range all {
			list = append(list, lineOf(one))
		}
		return e.print(list)
	})
}

// aboutExternal says in a sentence what is wrong with an account.
func aboutExternal(err error, account string) error {
	var bad town.Invalid
	switch {
	case errors.Is(err, town.ErrNotFound):
		return fmt.Errorf("%q is not on the list", account)
	case !errors.As(err, &bad):
		return err
	}
	switch bad["account"] {
	case "account.neighbour":
		return fmt.Errorf("%q belongs to a town with which news is exchanged", account)
	case "account.dumb":
		return fmt.Errorf("nothing can be sent to %q", account)
	case "account.asked":
		return fmt.Errorf("%q was asked twice, or has answered, and is not asked again", account)
	}
	return wrongAccount(err, account)
}

// fillExternal reads what a listed account has published.
func (s *server) fillExternal(ctx context.Context, id string) error {
	external, err := uuid.Parse(id)
	if err != nil {
		return jobs.Final(fmt.Errorf("fill in from a listed account: %w", err))
	}
	return lasting(s.town.externals.Fill(ctx, external))
}

// readExternal reads one object for a listed account.
func (s *server) readExternal(ctx context.Context, j jobs.ReadExternal) error {
	external, err := uuid.Parse(j.External)
	if err != nil {
		return jobs.Final(fmt.Errorf("read for a listed account: %w", err))
	}
	return lasting(s.town.externals.ReadObject(ctx, external, federation.IRI(j.Object)))
}
