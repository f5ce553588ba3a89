package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"bourg/federation"
	"bourg/internal/jobs"
	"bourg/internal/town"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
)

// mediaPerSweep bounds how many pictures of neighbours' posts one sweep asks for: those of posts that the town hall has let
// in since they came.
const mediaPerSweep = 500

// attachedPictures are the first pictures of a post f that are attached to it, in its order: the rows p, with the number place.
const attachedPictures = `json_array_elements(f.attachments) WITH ORDINALITY AS p(value, place)`

// isPicture is the condition under which p is copied: it is among the first $1 and is a picture that can be encoded anew.
const isPicture = `p.place <= $1 AND p.value->>'URL' ~ '^https?://' AND octet_length(p.value->>'URL') <= 2048 AND p.value->>'Type' <> 'Link'
	AND CASE WHEN p.value->>'MediaType' = '' THEN p.value->>'Type' = 'Image' ELSE p.value->>'MediaType' ~ '^image/(?!svg)' END`

// missingPictures selects the pictures of shown posts that nobody has asked for: of one post $2, or of all where it is null.
const missingPictures = `SELECT f.id, p.value->>'URL' FROM ` + foreignTables + ` CROSS JOIN LATERAL ` + attachedPictures + `
	 WHERE ` + shownForeign + ` AND ($2::uuid IS NULL OR f.id = $2) AND ` + isPicture + `
	   AND NOT EXISTS (SELECT FROM foreign_media m WHERE m.post_id = f.id AND m.url = p.value->>'URL')
	 ORDER BY f.published_at DESC LIMIT $3`

// wantForeignMedia asks for copies of the pictures of a post that has just been written, and drops those that it has no more.
func (s *Store) wantForeignMedia(ctx context.Context, tx pgx.Tx, post uuid.UUID) error {
	_, err := tx.Exec(ctx, `
		DELETE FROM foreign_media m USING foreign_posts f WHERE f.id = $2 AND m.post_id = f.id
		   AND NOT EXISTS (SELECT FROM `+attachedPictures+` WHERE `+isPicture+` AND p.value->>'URL' = m.url)`, mediaPerReply, post)
	if err != nil {
		return err
	}
	return s.askForForeignMedia(ctx, tx, &post, mediaPerReply)
}

// askForForeignMedia writes the rows and the jobs of at most n pictures that are missing.
func (s *Store) askForForeignMedia(ctx context.Context, tx pgx.Tx, post *uuid.UUID, n int) error {
	type picture struct {
		Post uuid.UUID
		URL  federation.IRI
	}
	rows, _ := tx.Query(ctx, missingPictures, mediaPerReply, post, n)
	missing, err := pgx.CollectRows(rows, pgx.RowToStructByPos[picture])
	if err != nil {
		return err
	}
	batch := &pgx.Batch{}
	var params []river.InsertManyParams
	for _, m := range missing {
		host := m.URL.Host()
		if host == "" || host == s.host {
			continue
		}
		id, err := uuid.NewV7()
		if err != nil {
			return fmt.Errorf("want pictures: make an id: %w", err)
		}
		batch.Queue(`
			INSERT INTO foreign_media (id, post_id, url, host, asked_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
			id, m.Post, string(m.URL), host, s.now())
		params = append(params, river.InsertManyParams{Args: jobs.FetchMedia{ID: id.String()}})
	}
	if len(params) == 0 {
		return nil
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	_, err = s.jobs.InsertManyTx(ctx, tx, params)
	return err
}

// sweepForeignMedia asks for the pictures of posts that have come to be shown, and lets the copies go that belong to the oldest
// posts of too many; their rows stay, so that nobody asks again.
func (s *Store) sweepForeignMedia(ctx context.Context) error {
	_, err := s.pool.Exec(ctx, `
		UPDATE foreign_media SET file = NULL WHERE id IN (
			SELECT id FROM (
				SELECT m.id, sum((m.file->>'bytes')::bigint) OVER (ORDER BY f.published_at DESC, m.id) AS total
				  FROM foreign_media m JOIN foreign_posts f ON f.id = m.post_id WHERE m.file IS NOT NULL
			) m WHERE total > $1)`, int64(mediaMax))
	if err != nil {
		return fmt.Errorf("sweep neighbours' pictures: %w", err)
	}
	return s.inTx(ctx, "want pictures", func(tx pgx.Tx) error { return s.askForForeignMedia(ctx, tx, nil, mediaPerSweep) })
}

// readCopies puts the copies of a post's pictures, by the addresses of the pictures, beside its attachments.
func readCopies(encoded []byte, p *town.ForeignPost) error {
	p.Copies = make([]*town.Photo, len(p.Attachments))
	if encoded == nil {
		return nil
	}
	byURL := map[federation.IRI]*town.Photo{}
	if err := json.Unmarshal(encoded, &byURL); err != nil {
		return fmt.Errorf("read pictures: %w", err)
	}
	for i, a := range p.Attachments {
		p.Copies[i] = byURL[a.URL]
	}
	return nil
}
