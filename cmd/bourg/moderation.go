package main

import (
	"context"
	"errors"
	"fmt"

	"bourg/internal/town"
)

// blockCommands are what is done about other domains: blocking one is what is done where no more is said.
type blockCommands struct {
	Add    blockCommand       `cmd:"" default:"withargs" help:"Block a domain with its subdomains."`
	Export blockExportCommand `cmd:"" help:"Write the list of blocked domains, as Mastodon does."`
	Import blockImportCommand `cmd:"" help:"Block what a list names that is not blocked yet, after showing it. Nothing is unblocked."`
}

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
