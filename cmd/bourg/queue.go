package main

import (
	"context"
	"errors"
	"fmt"

	"bourg/internal/town"
)

// queueCommands are about what waits to be delivered. Without a further word they show it.
type queueCommands struct {
	Show  queueCommand      `cmd:"" default:"1" help:"Show what waits to be delivered, host by host, the worst first."`
	Retry queueRetryCommand `cmd:"" help:"Send at once what waits, and what was given up, to one host or to all."`
}

// queueCommand shows what waits to be delivered.
type queueCommand struct{}

func (c *queueCommand) Run(e *env) error {
	return withTown(e, func(ctx context.Context, t *theTown) error {
		hosts, err := t.moderator.Queue(ctx, operator)
		if err != nil {
			return err
		}
		answer := struct {
			Waiting int              `json:"waiting"`
			Hosts   []town.HostQueue `json:"hosts"`
		}{Hosts: []town.HostQueue{}}
		for _, h := range hosts {
			answer.Waiting += h.Waiting
			answer.Hosts = append(answer.Hosts, h)
		}
		return e.print(answer)
	})
}

// queueRetryCommand ends the pauses and makes due what waits.
type queueRetryCommand struct {
	Host string `arg:"" optional:"" help:"The host, as bourg queue shows it; all where it is left out."`
}

func (c *queueRetryCommand) Run(e *env) error {
	return withTown(e, func(ctx context.Context, t *theTown) error {
		n, err := t.moderator.Retry(ctx, operator, c.Host)
		var bad town.Invalid
		if errors.As(err, &bad) && bad["domain"] == "domain.blocked" {
			return fmt.Errorf("%s is blocked; bourg unblock lets it receive again", c.Host)
		}
		if err != nil {
			return wrongDomain(err, c.Host)
		}
		return e.print(map[string]any{"ok": true, "deliveries": n})
	})
}
