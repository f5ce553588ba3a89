package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"bourg/internal/town"
)

// blockExportCommand writes the list of blocked domains.
type blockExportCommand struct{}

func (c *blockExportCommand) Run(e *env) error {
	return withTown(e, func(ctx context.Context, t *theTown) error {
		return t.moderator.ExportBlocks(ctx, operator, e.out)
	})
}

// blockImportCommand blocks what a list names; without --yes it only tells what that would be.
type blockImportCommand struct {
	File string `arg:"" help:"The list, a file of comma separated values as Mastodon exports it; - for standard input."`
	Yes  bool   `help:"Do it; without this flag it is only shown what would change."`
}

// importedBlocks is what an import changes, or would change.
type importedBlocks struct {
	Blocked    []string      `json:"blocked"`    // domains
	Neighbours []string      `json:"neighbours"` // towns whose exchange ends with it
	Already    int           `json:"already"`
	NotTaken   []skippedLine `json:"not_taken"` // the first 200
	Done       bool          `json:"done"`
}

type skippedLine struct {
	Line   int    `json:"line"`
	Domain string `json:"domain"`
	Why    string `json:"why"`
}

func (c *blockImportCommand) Run(e *env) error {
	list, err := c.read()
	if err != nil {
		return err
	}
	return withTown(e, func(ctx context.Context, t *theTown) error {
		p, err := t.moderator.PreviewBlocks(ctx, operator, list())
		if err != nil {
			return wrongList(err, c.File)
		}
		answer := importedBlocks{Blocked: []string{}, Neighbours: append([]string{}, p.Neighbours...), Already: p.Already, NotTaken: []skippedLine{}, Done: c.Yes}
		for _, d := range p.New {
			answer.Blocked = append(answer.Blocked, d.Domain)
		}
		for _, s := range p.Skipped {
			answer.NotTaken = append(answer.NotTaken, skippedLine{s.Line, s.Domain, skippedBecause[s.Why]})
		}
		if c.Yes {
			if _, err := t.moderator.ImportBlocks(ctx, operator, list()); err != nil {
				return err
			}
		}
		return e.print(answer)
	})
}

// skippedBecause says in English why a line is not taken.
var skippedBecause = map[string]string{
	"blocklist.severity":   "it is not suspended there",
	"blocklist.obfuscated": "the domain is made unreadable",
	"blocklist.domain":     "it is no domain",
	"blocklist.wide":       "it is a whole top-level domain",
	"blocklist.own":        "it is this town, or a domain above it",
}

// read reads the file, as far as a list goes and a byte more, and returns what reads it again and again.
func (c *blockImportCommand) read() (func() io.Reader, error) {
	in := io.Reader(os.Stdin)
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	raw, err := io.ReadAll(io.LimitReader(in, town.MaxBlocklist+1))
	if err != nil {
		return nil, err
	}
	return func() io.Reader { return bytes.NewReader(raw) }, nil
}

// wrongList says in a sentence why a list cannot be read.
func wrongList(err error, file string) error {
	var bad town.Invalid
	if !errors.As(err, &bad) {
		return err
	}
	sentences := map[string]string{
		"list.large":    "%s has more than a megabyte",
		"list.rows":     "%s has more than 5000 lines",
		"list.encoding": "%s is not in UTF-8",
		"list.form":     "%s is no list of comma separated values",
		"list.empty":    "%s names no domain",
	}
	if sentence, ok := sentences[bad["list"]]; ok {
		return fmt.Errorf(sentence, file)
	}
	return err
}
