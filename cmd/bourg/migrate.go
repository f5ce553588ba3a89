package main

import "context"

// migrateCommand brings the database to this version's schema, which `bourg serve` does
// by itself when it starts.
type migrateCommand struct{}

func (c *migrateCommand) Run(e *env) error {
	return withTown(e, func(context.Context, *theTown) error { return e.print(ok) })
}
