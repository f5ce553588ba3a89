package main

import (
	"context"
	"errors"
	"fmt"

	"bourg/internal/town"
)

// blockCommand blocks a domain.
type blockCommand struct {
	Domain string `arg:"" help:"The domain; its subdomains are blocked with it."`
	Reason string `help:"Why, for the town hall's list."`
}

func (c *blockCommand) Run(e *env) error {
	return withTown(e, func(ctx context.Context, t *theTown) error {
		if err := t.moderator.Block(ctx, operator, c.Domain, c.Reason); err != nil {
			return wrongDomain(err, c.Domain)
		}
		return e.print(ok)
	})
}

// unblockCommand lifts a block.
type unblockCommand struct {
	Domain string `arg:"" help:"The domain as it was blocked."`
}

func (c *unblockCommand) Run(e *env) error {
	return withTown(e, func(ctx context.Context, t *theTown) error {
		err := t.moderator.Unblock(ctx, operator, c.Domain)
		if errors.Is(err, town.ErrNotFound) {
			return fmt.Errorf("%s is not blocked", c.Domain)
		}
		if err != nil {
			return wrongDomain(err, c.Domain)
		}
		return e.print(ok)
	})
}

func wrongDomain(err error, domain string) error {
	var bad town.Invalid
	if errors.As(err, &bad) {
		return fmt.Errorf("%q is no domain", domain)
	}
	return err
}
