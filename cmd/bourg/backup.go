package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"bourg/internal/backup"
	"bourg/internal/localpg"
	"bourg/internal/postgres"
)

// backupCommand puts the whole town into one file: the database, which holds the keys of its actors, and the photos. The town may run meanwhile.
// The schema stays as it is, so that a backup can be made before a new version of the program is started.
type backupCommand struct {
	File string `arg:"" help:"The file to write. An older one of that name is replaced when the new one is whole."`
}

func (c *backupCommand) Run(e *env) error {
	return withDatabase(e, func(ctx context.Context, dsn string, server int) error {
		switch empty, err := postgres.Empty(ctx, dsn); {
		case err != nil:
			return err
		case empty:
			return errors.New("there is no town in the database")
		}
		file, err := filepath.Abs(c.File)
		if err != nil {
			return fmt.Errorf("name of the backup: %w", err)
		}
		about := backup.About{Version: version, URL: e.config.URL.String(), Made: e.config.Now().UTC().Truncate(time.Second)}
		photos, err := backup.Write(file, about, e.photos(), func(dump string) error {
			return localpg.Dump(ctx, dsn, server, dump)
		})
		if err != nil {
			return err
		}
		return e.print(map[string]any{"ok": true, "file": file, "url": about.URL, "made": about.Made, "photos": photos})
	})
}

// restoreCommand makes an empty database, and the folder of the photos, those of a backup.
type restoreCommand struct {
	File string `arg:"" help:"A file that bourg backup wrote."`
}

func (c *restoreCommand) Run(e *env) error {
	return withDatabase(e, func(ctx context.Context, dsn string, server int) error {
		empty, err := postgres.Empty(ctx, dsn)
		if err != nil {
			return err
		}
		if !empty {
			return errors.New("the database is not empty, and a backup never replaces a town: name an empty one in BOURG_DATABASE_URL, or a new folder in BOURG_DATA")
		}
		about, photos, err := backup.Read(c.File, e.photos(),
			func(about backup.About) error {
				if here := e.config.URL.String(); about.URL != here {
					return fmt.Errorf("the backup is that of %s, and BOURG_URL is %s: other servers know the town by its address, which is in every id", about.URL, here)
				}
				return nil
			},
			func(dump string) error { return localpg.Restore(ctx, dsn, server, dump) })
		if err != nil {
			return err
		}
		return e.print(map[string]any{"ok": true, "url": about.URL, "made": about.Made, "photos": photos})
	})
}

// photos is the folder of the photos.
func (e *env) photos() string { return filepath.Join(e.config.Data, "media") }

// withDatabase opens the town's database as it is, and tells the major version of its server.
func withDatabase(e *env, work func(ctx context.Context, dsn string, server int) error) error {
	t := &theTown{config: e.config, log: e.log}
	defer t.close()
	dsn, err := t.openDatabase(e.ctx)
	if err != nil {
		return err
	}
	server, err := postgres.ServerVersion(e.ctx, dsn)
	if err != nil {
		return err
	}
	return work(e.ctx, dsn, server)
}
