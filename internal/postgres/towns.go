package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"bourg/internal/town"

	"github.com/jackc/pgx/v5"
)

// Town implements town.DirectoryStore and town.DocumentStore.
func (s *Store) Town(ctx context.Context) (*town.Town, error) {
	var t town.Town
	err := s.pool.QueryRow(ctx, `
		SELECT t.name, t.short_name, a.handle, t.insee, t.lat, t.lon, t.time_zone, t.accent, t.help_phone, t.help_hours,
		       t.legal, t.accessibility, t.approve_replies, t.charter, t.set_up_at
		  FROM town t JOIN actors a ON a.kind = 'town'`).Scan(
		&t.Name, &t.ShortName, &t.Handle, &t.INSEE, &t.Lat, &t.Lon, &t.TimeZone, &t.Accent, &t.HelpPhone, &t.HelpHours,
		&t.Legal, &t.Accessibility, &t.ApproveReplies, &t.Charter, &t.SetUpAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("read town: %w", town.ErrNotSetUp)
	}
	if err != nil {
		return nil, fmt.Errorf("read town: %w", err)
	}
	return &t, nil
}

// SetUpTown implements town.DirectoryStore.
func (s *Store) SetUpTown(ctx context.Context, t *town.Town, townActor, relay, around town.NewActor) error {
	err := s.inTx(ctx, "set up town", func(tx pgx.Tx) error {
		at := s.orNow(t.SetUpAt)
		_, err := tx.Exec(ctx, `
			INSERT INTO town (name, short_name, insee, lat, lon, time_zone, accent, help_phone, help_hours, legal, accessibility, approve_replies, charter, set_up_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`, append(townValues(t), at)...)
		if err != nil {
			return err
		}
		if err := s.keepNames(ctx, tx); err != nil {
			return err
		}
		if err := addActor(ctx, tx, "town", townActor, at); err != nil {
			return err
		}
		if err := addActor(ctx, tx, "relay", relay, at); err != nil {
			return err
		}
		if err := s.addOwnGroups(ctx, tx, townActor.ID, around); err != nil {
			return err
		}
		return changedByPerson(ctx, tx)
	})
	if err == nil {
		s.changed()
	}
	return err
}

// EditTown implements town.DirectoryStore.
func (s *Store) EditTown(ctx context.Context, t *town.Town) error {
	err := s.inTx(ctx, "edit town", func(tx pgx.Tx) error {
		err := mustAffect(tx.Exec(ctx, `
			UPDATE town SET name = $1, short_name = $2, insee = $3, lat = $4, lon = $5, time_zone = $6, accent = $7,
				help_phone = $8, help_hours = $9, legal = $10, accessibility = $11, approve_replies = $12,
				charter = $13`, townValues(t)...))
		if errors.Is(err, town.ErrNotFound) {
			return town.ErrNotSetUp
		}
		if err != nil {
			return err
		}
		return changedByPerson(ctx, tx)
	})
	if err == nil {
		s.merchants.forget()
		s.changed()
	}
	return err
}

func townValues(t *town.Town) []any {
	return []any{
		t.Name, t.ShortName, t.INSEE, t.Lat, t.Lon, t.TimeZone, t.Accent, t.HelpPhone, t.HelpHours, t.Legal, t.Accessibility, t.ApproveReplies,
		t.Charter,
	}
}

// orNow returns t, or the present where t is zero.
func (s *Store) orNow(t time.Time) time.Time {
	if t.IsZero() {
		return s.now()
	}
	return t
}
