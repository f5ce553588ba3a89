package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"bourg/internal/town"
)

// neighbourCommands are what the town hall does with other towns.
type neighbourCommands struct {
	Add    neighbourAddCommand    `cmd:"" help:"Ask another town for its news."`
	Accept neighbourAcceptCommand `cmd:"" help:"Give a town our news; before it has asked, it will be accepted when it does."`
	Refuse neighbourRefuseCommand `cmd:"" help:"Refuse a town's request, or end what was given to it."`
	Remove neighbourRemoveCommand `cmd:"" help:"End the exchange in both directions and hide what the town sent."`
	List   neighbourListCommand   `cmd:"" help:"List the towns that were asked or have asked, the nearest first."`

	Mode     neighbourModeCommand     `cmd:"" help:"Choose what becomes of what a neighbour sends."`
	Merchant neighbourMerchantCommand `cmd:"" help:"Decide about one merchant of a neighbour."`
}

type neighbourAddCommand struct {
	Domain  string `arg:"" help:"Host of the other town, or its base address."`
	Message string `help:"A few words to the other town hall."`

	neighbourScope
}

// neighbourScope is what is asked for or given.
type neighbourScope struct {
	Kinds []string `help:"Which news: news, offer, event, article, product, closure; all where none is named." placeholder:"KIND,..."`
	Km    int      `help:"From how far, in kilometres; 0: from everywhere."`
}

// scope checks what was typed.
func (s neighbourScope) scope() (town.Scope, error) {
	scope := town.FullScope()
	if len(s.Kinds) > 0 {
		scope.Kinds = nil
	}
	for _, typed := range s.Kinds {
		kind := town.Kind(typed)
		if !slices.Contains(town.ExchangedKinds, kind) {
			return scope, fmt.Errorf("%q is no kind of news: %v are", typed, town.ExchangedKinds)
		}
		if !slices.Contains(scope.Kinds, kind) {
			scope.Kinds = append(scope.Kinds, kind)
		}
	}
	if s.Km < 0 || s.Km > 1000 {
		return scope, errors.New("--km is from 0 to 1000")
	}
	scope.MaxKm = s.Km
	return scope, nil
}

func (c *neighbourAddCommand) Run(e *env) error {
	wants, err := c.scope()
	if err != nil {
		return err
	}
	return e.withNeighbours(c.Domain, func(ctx context.Context, n *town.Neighbours) error {
		return n.Ask(ctx, operator, c.Domain, wants, c.Message)
	})
}

type neighbourAcceptCommand struct {
	Domain string `arg:"" help:"Host of the other town, or its base address."`

	neighbourScope
}

func (c *neighbourAcceptCommand) Run(e *env) error {
	grants, err := c.scope()
	if err != nil {
		return err
	}
	return e.withNeighbours(c.Domain, func(ctx context.Context, n *town.Neighbours) error {
		return n.Accept(ctx, operator, c.Domain, grants)
	})
}

type neighbourRefuseCommand struct {
	Domain string `arg:"" help:"Host of the other town, or its base address."`
	Reason string `help:"Why, for the other town hall."`
}

func (c *neighbourRefuseCommand) Run(e *env) error {
	return e.withNeighbours(c.Domain, func(ctx context.Context, n *town.Neighbours) error {
		return n.Refuse(ctx, operator, c.Domain, c.Reason)
	})
}

type neighbourRemoveCommand struct {
	Domain string `arg:"" help:"Host of the other town, or its base address."`
}

func (c *neighbourRemoveCommand) Run(e *env) error {
	return e.withNeighbours(c.Domain, func(ctx context.Context, n *town.Neighbours) error {
		return n.Remove(ctx, operator, c.Domain)
	})
}

// withNeighbours runs a command about another town and prints that it went well.
func (e *env) withNeighbours(domain string, act func(context.Context, *town.Neighbours) error) error {
	return withTown(e, func(ctx context.Context, t *theTown) error {
		if err := act(ctx, t.neighbours); err != nil {
			return aboutNeighbour(err, domain)
		}
		return e.print(ok)
	})
}

// aboutNeighbour says in one sentence what is wrong with another town.
func aboutNeighbour(err error, domain string) error {
	var bad town.Invalid
	switch {
	case errors.Is(err, town.ErrNotFound):
		return fmt.Errorf("%s is not known as a town: nobody answers there, or it has neither asked nor been asked", domain)
	case errors.As(err, &bad):
		switch bad["domain"] {
		case "domain.own":
			return fmt.Errorf("%s is this town itself", domain)
		case "domain.other_town":
			return fmt.Errorf("%s is not the town any more that it was: another relay or another commune answers there", domain)
		}
		return fmt.Errorf("%q is no domain", domain)
	}
	return err
}

type neighbourListCommand struct{}

// listedNeighbour is a line of `bourg neighbour list`.
type listedNeighbour struct {
	Domain       string        `json:"domain"`
	Name         string        `json:"name"`
	DistanceKm   *float64      `json:"distance_km"` // to a tenth; null where the town has not told where it lies
	Outgoing     town.Standing `json:"outgoing"`
	Incoming     town.Standing `json:"incoming"`
	Mode         town.Mode     `json:"mode"`
	Health       town.Health   `json:"health"`
	LastExchange *time.Time    `json:"last_exchange"`
}

func (c *neighbourListCommand) Run(e *env) error {
	return withTown(e, func(ctx context.Context, t *theTown) error {
		all, err := t.console.Overview(ctx, operator)
		if err != nil {
			return err
		}
		list := []listedNeighbour{}
		for _, n := range all.Towns {
			one := listedNeighbour{
				Domain: n.Domain, Name: n.Name, Outgoing: n.Outgoing, Incoming: n.Incoming, Mode: n.Mode, Health: n.Health,
			}
			if n.Km != nil {
				km := math.Round(*n.Km*10) / 10
				one.DistanceKm = &km
			}
			if !n.LastExchange.IsZero() {
				one.LastExchange = &n.LastExchange
			}
			list = append(list, one)
		}
		return e.print(list)
	})
}
