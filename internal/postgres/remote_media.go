package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"bourg/federation"
	"bourg/internal/jobs"
	"bourg/internal/town"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"
	"github.com/riverqueue/river"
)

const (
	// mediaPerReply is how many pictures of one reply are copied, as many as Mastodon shows.
	mediaPerReply = 4
	// mediaPerPage bounds what one view of a page can ask for.
	mediaPerPage = 100
	mediaUnused  = 7 * day
	mediaAgain   = day // a picture that was not to be had is asked for again, not sooner
	// mediaMax is how many bytes all copies may take; the one that was not used for the longest goes first.
	mediaMax = 4 << 30
)

// wantedMedia selects the pictures that belong to the replies $1, each with what is there of
// it: those of their writers, and the first few below each.
const wantedMedia = `
	WITH shown AS (
		SELECT r.id, r.actor_id, r.attachments, a.document FROM replies r JOIN remote_actors a ON a.id = r.actor_id
		 WHERE r.id = ANY($1) AND r.public
	), wanted AS (
		SELECT DISTINCT ON (actor_id) actor_id, NULL::uuid AS reply_id, document->'Icon'->>'URL' AS url, 'image/' AS type FROM shown
		UNION ALL
		SELECT actor_id, id, p.value->>'URL', CASE WHEN p.value->>'Type' = 'Image' AND p.value->>'MediaType' = '' THEN 'image/' ELSE p.value->>'MediaType' END
		  FROM shown, json_array_elements(attachments) WITH ORDINALITY AS p(value, place) WHERE place <= $2
	)
	SELECT w.actor_id, w.reply_id, w.url, m.id, m.file, m.asked_at, m.used_at FROM wanted w
	  LEFT JOIN remote_media m ON m.actor_id = w.actor_id AND m.reply_id IS NOT DISTINCT FROM w.reply_id AND m.url = w.url
	 WHERE w.url ~ '^https?://' AND w.type LIKE 'image/%' AND w.type NOT LIKE 'image/svg%'`

// media is a picture of a peer's, and our copy of it where there is one.
type media struct {
	actor       int64
	reply       uuid.UUID
	url         federation.IRI
	id          uuid.UUID
	copy        *town.Photo
	asked, used time.Time
}

func (s *Store) wanted(ctx context.Context, replies []uuid.UUID) ([]media, error) {
	if len(replies) == 0 {
		return nil, nil
	}
	rows, _ := s.pool.Query(ctx, wantedMedia, replies, mediaPerReply)
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (m media, err error) {
		var file []byte
		err = row.Scan(&m.actor, (*zeronull.UUID)(&m.reply), &m.url, (*zeronull.UUID)(&m.id), &file,
			(*zeronull.Timestamptz)(&m.asked), (*zeronull.Timestamptz)(&m.used))
		if err != nil || file == nil {
			return m, err
		}
		m.copy = new(town.Photo)
		return m, json.Unmarshal(file, m.copy)
	})
}

// addCopies gives replies the copies of their writers' and their own pictures.
func (s *Store) addCopies(ctx context.Context, replies []*town.Reply) error {
	ids := make([]uuid.UUID, 0, len(replies))
	for _, r := range replies {
		if r.Public {
			ids = append(ids, r.ID)
		}
	}
	list, err := s.wanted(ctx, ids)
	if err != nil {
		return fmt.Errorf("read pictures: %w", err)
	}
	type place struct {
		reply uuid.UUID
		url   federation.IRI
	}
	faces, below, missing := map[int64]media{}, map[place]media{}, map[uuid.UUID]bool{}
	for _, m := range list {
		if m.reply == uuid.Nil {
			faces[m.actor] = m
		} else {
			below[place{m.reply, m.url}] = m
			missing[m.reply] = missing[m.reply] || s.due(m)
		}
	}
	for _, r := range replies {
		face, known := faces[r.Actor.Row]
		r.Face, r.Wants = face.copy, r.Public && (missing[r.ID] || (known && s.due(face)))
		r.Copies = make([]*town.Photo, len(r.Attachments))
		for i, a := range r.Attachments {
			r.Copies[i] = below[place{r.ID, a.URL}].copy
		}
	}
	return nil
}

// due tells whether something is to be written about a picture: that it was used, or that it is wanted.
func (s *Store) due(m media) bool {
	if m.copy != nil {
		return s.now().Sub(m.used) > day
	}
	return s.now().Sub(m.asked) > mediaAgain
}

// WantMedia implements town.TimelineStore.
func (s *Store) WantMedia(ctx context.Context, replies []uuid.UUID) error {
	list, err := s.wanted(ctx, replies)
	if err != nil {
		return mapped("read pictures", err)
	}
	var used []uuid.UUID
	batch := &pgx.Batch{}
	var params []river.InsertManyParams
	for _, m := range list {
		switch host := m.url.Host(); {
		case !s.due(m) || len(params) == mediaPerPage:
		case m.copy != nil:
			used = append(used, m.id)
		case host != "" && host != s.host && len(m.url) <= federation.MaxIRI:
			id, err := uuid.NewV7()
			if err != nil {
				return fmt.Errorf("want pictures: make an id: %w", err)
			}
			conflict := `(reply_id, url) WHERE reply_id IS NOT NULL`
			if m.reply == uuid.Nil {
				conflict = `(actor_id) WHERE reply_id IS NULL`
			}
			batch.Queue(`
				INSERT INTO remote_media AS m (id, actor_id, reply_id, url, host, asked_at, used_at) VALUES ($1, $2, $3, $4, $5, $6, $6)
				ON CONFLICT `+conflict+` DO UPDATE SET id = excluded.id, url = excluded.url, host = excluded.host,
					file = CASE WHEN m.url = excluded.url THEN m.file END, asked_at = excluded.asked_at, used_at = excluded.used_at`,
				id, m.actor, nullID(m.reply), string(m.url), host, s.now())
			params = append(params, river.InsertManyParams{Args: jobs.FetchMedia{ID: id.String()}})
		}
	}
	if len(used) == 0 && len(params) == 0 {
		return nil
	}
	return s.inTx(ctx, "want pictures", func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE remote_media SET used_at = $2 WHERE id = ANY($1)`, used, s.now()); err != nil {
			return err
		}
		if len(params) == 0 {
			return nil
		}
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		_, err := s.jobs.InsertManyTx(ctx, tx, params)
		return err
	})
}

// MediaToFetch returns where a picture is that is wanted; town.ErrNotFound where it is not wanted any
// more or is here already.
func (s *Store) MediaToFetch(ctx context.Context, id uuid.UUID) (federation.IRI, error) {
	var url federation.IRI
	err := s.pool.QueryRow(ctx, `
		SELECT m.url FROM remote_media m JOIN remote_actors a ON a.id = m.actor_id
		 WHERE m.id = $1 AND m.file IS NULL AND NOT a.blocked AND a.deleted_at IS NULL
		UNION ALL
		SELECT m.url FROM foreign_media m JOIN (`+foreignTables+`) ON f.id = m.post_id
		 WHERE m.id = $1 AND m.file IS NULL AND `+shownForeign, id).Scan(&url)
	return url, mapped("find wanted picture", err)
}

// KeepMedia remembers the copy of a picture; town.ErrNotFound where it is not wanted any more: then
// the files are the caller's to remove.
func (s *Store) KeepMedia(ctx context.Context, id uuid.UUID, p *town.Photo) error {
	encoded, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode picture: %w", err)
	}
	err = retry(ctx, "keep picture", func() error {
		return mustAffect(s.pool.Exec(ctx, `
			WITH foreign_one AS (
				UPDATE foreign_media SET file = $2 WHERE id = $1 AND file IS NULL RETURNING id
			), other AS (
				UPDATE remote_media SET file = $2 WHERE id = $1 AND file IS NULL RETURNING id
			) SELECT FROM foreign_one UNION ALL SELECT FROM other`, id, encoded))
	})
	if err == nil {
		s.changed()
	}
	return err
}

// FilesToRemove returns up to n files that no row names any more.
func (s *Store) FilesToRemove(ctx context.Context, n int) ([]string, error) {
	rows, _ := s.pool.Query(ctx, `SELECT file FROM files_to_remove ORDER BY file LIMIT $1`, n)
	files, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return files, mapped("list files to remove", err)
}

// FilesRemoved forgets files that are removed.
func (s *Store) FilesRemoved(ctx context.Context, files []string) error {
	_, err := s.pool.Exec(ctx, `DELETE FROM files_to_remove WHERE file = ANY($1)`, files)
	return mapped("forget removed files", err)
}

// removeFilesSoon asks for the files to be removed whose rows have just gone. What it does not manage the hourly sweep does.
func (s *Store) removeFilesSoon(ctx context.Context) {
	var some bool
	err := s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM files_to_remove)`).Scan(&some)
	if err == nil && some {
		_, err = s.jobs.Insert(ctx, jobs.RemoveFiles{}, nil)
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		s.log.Warn("files of what was deleted stay until the next sweep", "error", err)
	}
}

// sweepMedia removes copies that no page has shown for a week, and the oldest of too many; those of neighbours' posts
// stay as long as the posts do.
func (s *Store) sweepMedia(ctx context.Context, now time.Time) error {
	if err := s.sweepForeignMedia(ctx); err != nil {
		return err
	}
	if err := s.sweep(ctx, "remote_media", `used_at < $1`, now.Add(-mediaUnused)); err != nil {
		return err
	}
	_, err := s.pool.Exec(ctx, `
		DELETE FROM remote_media WHERE id IN (
			SELECT id FROM (
				SELECT id, sum((file->>'bytes')::bigint) OVER (ORDER BY used_at DESC, id) AS total FROM remote_media WHERE file IS NOT NULL
			) m WHERE total > $1)`, int64(mediaMax))
	return err
}
