package postgres

import (
	"context"
	"fmt"

	"bourg/internal/town"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"
)

// draftsListed is how many drafts a list shows.
const draftsListed = 50

// draftColumns are what scanDraft reads, of drafts d.
const draftColumns = `d.id, d.kind, d.text, d.reach, d.once, d.saved_at, d.title, d.starts_at, d.ends_at, d.details, d.typed, (SELECT ` + photoList + ` FROM photos ph WHERE ph.draft_id = d.id)`

func scanDraft(row pgx.CollectableRow) (town.Draft, error) {
	var d town.Draft
	var photos, details []byte
	err := row.Scan(&d.ID, &d.Kind, &d.Text, &d.Reach, (*zeronull.UUID)(&d.Once), &d.Saved, &d.Title, (*zeronull.Timestamptz)(&d.Starts),
		(*zeronull.Timestamptz)(&d.Ends), &details, &d.Typed, &photos)
	if err != nil {
		return d, err
	}
	if err := readDetails(details, &d.Details); err != nil {
		return d, err
	}
	d.Photos, err = readPhotos(photos)
	return d, err
}

func draftWhere(ctx context.Context, tx db, merchant, id uuid.UUID) (*town.Draft, error) {
	rows, _ := tx.Query(ctx, `SELECT `+draftColumns+` FROM drafts d WHERE d.id = $1 AND d.merchant_id = $2`, id, merchant)
	d, err := pgx.CollectExactlyOneRow(rows, scanDraft)
	if err != nil {
		return nil, err
	}
	return &d, nil
}

// SaveDraft implements town.PostStore. A draft that has an id but no row is inserted with that id.
func (s *Store) SaveDraft(ctx context.Context, merchant uuid.UUID, d *town.Draft) (uuid.UUID, error) {
	id := d.ID
	if id == uuid.Nil {
		var err error
		if id, err = uuid.NewV7(); err != nil {
			return uuid.Nil, fmt.Errorf("save draft: make an id: %w", err)
		}
	}
	details, err := writeDetails(&d.Details)
	if err != nil {
		return uuid.Nil, err
	}
	typed := d.Typed
	if typed == nil {
		typed = map[string]string{}
	}
	err = s.inTx(ctx, "save draft", func(tx pgx.Tx) error {
		err := mustAffect(tx.Exec(ctx, `
			INSERT INTO drafts AS d (id, merchant_id, kind, text, reach, once, saved_at, title, starts_at, ends_at, details, typed)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
			ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, text = excluded.text, reach = excluded.reach, once = excluded.once,
				saved_at = excluded.saved_at, title = excluded.title, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
				details = excluded.details, typed = excluded.typed
			 WHERE d.merchant_id = excluded.merchant_id`,
			id, merchant, string(d.Kind), d.Text, string(d.Reach), nullID(d.Once), s.now(), d.Title, zeronull.Timestamptz(d.Starts),
			zeronull.Timestamptz(d.Ends), details, typed))
		if err != nil {
			return err
		}
		return attachPhotos(ctx, tx, merchant, "draft_id", id, d.Photos)
	})
	if err != nil {
		return uuid.Nil, err
	}
	return id, nil
}

// Draft implements town.PostStore.
func (s *Store) Draft(ctx context.Context, merchant, id uuid.UUID) (*town.Draft, error) {
	d, err := draftWhere(ctx, s.pool, merchant, id)
	return d, mapped("read draft", err)
}

// Drafts implements town.PostStore.
func (s *Store) Drafts(ctx context.Context, merchant uuid.UUID) ([]town.Draft, error) {
	rows, _ := s.pool.Query(ctx, `
		SELECT `+draftColumns+` FROM drafts d WHERE d.merchant_id = $1 ORDER BY d.saved_at DESC, d.id DESC LIMIT $2`, merchant, draftsListed)
	list, err := pgx.CollectRows(rows, scanDraft)
	return list, mapped("list drafts", err)
}

// DeleteDraft implements town.PostStore.
func (s *Store) DeleteDraft(ctx context.Context, merchant, id uuid.UUID) error {
	err := mustAffect(s.pool.Exec(ctx, `DELETE FROM drafts WHERE id = $1 AND merchant_id = $2`, id, merchant))
	return mapped("delete draft", err)
}
