package main

import (
	"context"
	"errors"
	"fmt"

	"bourg/internal/town"
)

type keysCommands struct {
	Rotate keysRotateCommand `cmd:"" help:"Give actors new keys, and tell those who follow them."`
}

// keysRotateCommand replaces keys.
type keysRotateCommand struct {
	As     string `xor:"who" required:"" help:"Handle of the actor: a shop's, a group's, or relay, which signs what this server fetches."`
	All    bool   `xor:"who" required:"" help:"Of all actors."`
	Leaked bool   `help:"Somebody else has the former keys: stop to publish them at once, not in two days."`
}

func (c *keysRotateCommand) Run(e *env) error {
	return withTown(e, func(ctx context.Context, t *theTown) error {
		handles := []string{c.As}
		if c.All {
			var err error
			if handles, err = t.keyring.Handles(ctx); err != nil {
				return err
			}
		}
		rotated := make([]town.Rotated, 0, len(handles))
		for _, handle := range handles {
			r, err := t.keyring.RotateKeys(ctx, operator, handle, c.Leaked)
			switch {
			case errors.Is(err, town.ErrNotFound), errors.Is(err, town.ErrGone):
				return fmt.Errorf("nobody is called %q", handle)
			case err != nil:
				return fmt.Errorf("after the new keys of %d actors: %w", len(rotated), err)
			}
			rotated = append(rotated, r)
		}
		return e.print(struct {
			Rotated []town.Rotated `json:"rotated"`
		}{rotated})
	})
}
