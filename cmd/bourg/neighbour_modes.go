package main

import (
	"context"
	"errors"
	"fmt"

	"bourg/federation"
	"bourg/internal/town"
)

type neighbourModeCommand struct {
	Domain string `arg:"" help:"Host of the other town, or its base address."`
	Mode   string `arg:"" enum:"open,review,agenda,muted,blocked" help:"open, review (each merchant is let in once), agenda (events only), muted or blocked."`
}

func (c *neighbourModeCommand) Run(e *env) error {
	return e.withNeighbours(c.Domain, func(ctx context.Context, n *town.Neighbours) error {
		return n.SetMode(ctx, operator, c.Domain, town.Mode(c.Mode))
	})
}

type neighbourMerchantCommand struct {
	Actor    string `arg:"" help:"Id of the other town's merchant."`
	Decision string `arg:"" enum:"let-in,mute,block" help:"let-in, mute (kept, not shown) or block (not taken)."`
}

func (c *neighbourMerchantCommand) Run(e *env) error {
	decisions := map[string]town.Decision{"let-in": town.DecisionLetIn, "mute": town.DecisionMuted, "block": town.DecisionBlocked}
	return withTown(e, func(ctx context.Context, t *theTown) error {
		err := t.console.DecideMerchant(ctx, operator, federation.IRI(c.Actor), decisions[c.Decision])
		if errors.Is(err, town.ErrNotFound) {
			return fmt.Errorf("%s is no merchant of a town that is known here", c.Actor)
		}
		if err != nil {
			return err
		}
		return e.print(ok)
	})
}
