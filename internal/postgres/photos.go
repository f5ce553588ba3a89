package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"bourg/internal/town"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// photoList aggregates photos ph in their order, in the form that readPhotos reads.
const photoList = `json_agg(json_build_object('id', ph.id, 'alt', ph.alt, 'file', ph.file) ORDER BY ph.position)`

// readPhotos reads a photoList: null for none.
func readPhotos(encoded []byte) ([]town.Photo, error) {
	if len(encoded) == 0 {
		return nil, nil
	}
	var list []struct {
		ID   uuid.UUID  `json:"id"`
		Alt  string     `json:"alt"`
		File town.Photo `json:"file"`
	}
	if err := json.Unmarshal(encoded, &list); err != nil {
		return nil, fmt.Errorf("read photos: %w", err)
	}
	photos := make([]town.Photo, len(list))
	for i, p := range list {
		photos[i] = p.File
		photos[i].ID, photos[i].Alt = p.ID, p.Alt
	}
	return photos, nil
}

// AddPhoto implements town.PostStore.
func (s *Store) AddPhoto(ctx context.Context, merchant uuid.UUID, p *town.Photo) error {
	return mapped("add photo", insertPhoto(ctx, s.pool, merchant, p))
}

// Photos implements town.PostStore.
func (s *Store) Photos(ctx context.Context, merchant uuid.UUID, ids []uuid.UUID) ([]town.Photo, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var encoded []byte
	err := s.pool.QueryRow(ctx, `
		SELECT json_agg(json_build_object('id', ph.id, 'alt', ph.alt, 'file', ph.file) ORDER BY wanted.place)
		  FROM unnest($2::uuid[]) WITH ORDINALITY AS wanted(id, place) JOIN photos ph ON ph.id = wanted.id AND ph.merchant_id = $1`,
		merchant, ids).Scan(&encoded)
	if err != nil {
		return nil, mapped("read photos", err)
	}
	photos, err := readPhotos(encoded)
	if err == nil && len(photos) != len(ids) {
		err = fmt.Errorf("read photos: %w", town.ErrNotFound)
	}
	if err != nil {
		return nil, err
	}
	return photos, nil
}

// DescribePhoto implements town.PostStore.
func (s *Store) DescribePhoto(ctx context.Context, merchant, id uuid.UUID, alt string) error {
	err := mustAffect(s.pool.Exec(ctx, `UPDATE photos SET alt = $3 WHERE id = $2 AND merchant_id = $1`, merchant, id, alt))
	return mapped("describe photo", err)
}

// attachPhotos gives a post or a draft (column post_id or draft_id) these photos of the
// merchant in this order, and lets the others that it had go. ErrNotFound where one is
// not the merchant's, or belongs to another post or to the shop front.
func attachPhotos(ctx context.Context, tx pgx.Tx, merchant uuid.UUID, column string, owner uuid.UUID, photos []town.Photo) error {
	ids, alts := make([]uuid.UUID, len(photos)), make([]string, len(photos))
	for i, p := range photos {
		ids[i], alts[i] = p.ID, p.Alt
	}
	_, err := tx.Exec(ctx, `UPDATE photos SET `+column+` = NULL WHERE `+column+` = $1 AND id <> ALL($2::uuid[])`, owner, ids)
	if err != nil || len(photos) == 0 {
		return err
	}
	set := `draft_id = $2`
	if column == "post_id" {
		set = `draft_id = NULL, post_id = $2`
	}
	tag, err := tx.Exec(ctx, `
		UPDATE photos ph SET `+set+`, position = wanted.place, alt = wanted.alt
		  FROM unnest($3::uuid[], $4::text[]) WITH ORDINALITY AS wanted(id, alt, place)
		 WHERE ph.id = wanted.id AND ph.merchant_id = $1 AND NOT ph.cover AND (ph.post_id IS NULL OR ph.`+column+` = $2)`,
		merchant, owner, ids, alts)
	if err == nil && tag.RowsAffected() != int64(len(photos)) {
		err = fmt.Errorf("attach photos: %w", town.ErrNotFound)
	}
	return err
}

// mustAffect answers town.ErrNotFound where the statement changed no row.
func mustAffect(tag pgconn.CommandTag, err error) error {
	if err == nil && tag.RowsAffected() == 0 {
		return town.ErrNotFound
	}
	return err
}
