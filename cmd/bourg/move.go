package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"bourg/federation"
	"bourg/internal/town"
)

// accountFinder finds accounts elsewhere for who waits for it: a person at a form, or a command.
func (t *theTown) accountFinder() *federation.AccountFinder {
	return &federation.AccountFinder{
		Lookup:  &federation.WebFingerLookup{Client: t.client},
		Fetcher: t.fetcher,
	}
}

// elsewhere is an account elsewhere as commands print it.
type elsewhere struct {
	Handle string `json:"handle"`
	ID     string `json:"id"`
}

func accountElsewhere(a town.Account) elsewhere {
	return elsewhere{Handle: "@" + a.Handle, ID: string(a.ID)}
}

// merchantAliasCommand names an account elsewhere as a merchant's own, or takes it back.
type merchantAliasCommand struct {
	As     string `required:"" help:"Handle of the merchant."`
	Add    string `xor:"what" required:"" help:"Old account: @user@host or the address of its page."`
	Remove string `xor:"what" required:"" help:"Account that is the merchant's no more: its handle or id."`
}

func (c *merchantAliasCommand) Run(e *env) error {
	return withTown(e, func(ctx context.Context, t *theTown) error {
		m, err := t.directory.MerchantByHandle(ctx, strings.TrimPrefix(c.As, "@"))
		if err != nil {
			return named(err, "merchant", c.As)
		}
		if c.Add != "" {
			if _, err := t.mover.AddAlias(ctx, operator, m.ID, c.Add); err != nil {
				return wrongAccount(err, c.Add)
			}
		} else if err := t.mover.RemoveAlias(ctx, operator, m.ID, c.Remove); err != nil {
			return named(err, "account", c.Remove)
		}
		if m, err = t.directory.Merchant(ctx, m.ID); err != nil {
			return err
		}
		answer := struct {
			Handle  string      `json:"handle"`
			Aliases []elsewhere `json:"aliases"`
		}{m.Handle, []elsewhere{}}
		for _, a := range m.Aliases {
			answer.Aliases = append(answer.Aliases, accountElsewhere(a))
		}
		return e.print(answer)
	})
}

// merchantMoveCommand moves a merchant to another account.
type merchantMoveCommand struct {
	As string `required:"" help:"Handle of the merchant."`
	To string `required:"" help:"New account: @user@host or the address of its page. It has to name this merchant as an alias."`
}

func (c *merchantMoveCommand) Run(e *env) error {
	return withTown(e, func(ctx context.Context, t *theTown) error {
		m, err := t.directory.MerchantByHandle(ctx, strings.TrimPrefix(c.As, "@"))
		if err != nil {
			return named(err, "merchant", c.As)
		}
		to, err := t.mover.Move(ctx, operator, m.ID, c.To)
		if err != nil {
			return wrongAccount(err, c.To)
		}
		return e.print(struct {
			Handle  string    `json:"handle"`
			MovedTo elsewhere `json:"moved_to"`
		}{m.Handle, accountElsewhere(*to)})
	})
}

// wrongAccount says in a sentence why an account cannot be named, or moved to.
func wrongAccount(err error, account string) error {
	var bad town.Invalid
	if !errors.As(err, &bad) {
		return err
	}
	sentences := map[string]string{
		"account.wrong":       "%q is neither a handle nor the address of a profile",
		"account.here":        "%q is an account of this town",
		"account.unknown":     "there is no account %q, or its servers contradict each other",
		"account.unreachable": "the server of %q does not answer",
		"account.blocked":     "the server of %q is blocked",
		"account.many":        "the merchant has too many aliases to add %q",
		"account.gone":        "the merchant has moved away and cannot name %q",
		"account.unlinked":    "%q does not name this merchant as one of its aliases",
		"account.moved_on":    "%q has moved itself",
		"account.soon":        "the merchant cannot move to %q yet: there is one move a week",
		"account.away":        "the merchant has moved already, and cannot move to %q",
	}
	if sentence, ok := sentences[bad["account"]]; ok {
		return fmt.Errorf(sentence, account)
	}
	return err
}
