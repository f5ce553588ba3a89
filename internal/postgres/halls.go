package postgres

import (
	"context"
	"time"

	"bourg/federation"
	"bourg/internal/town"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

var _ town.HallStore = (*Store)(nil)

// ForeignPost implements town.HallStore. Its author may not be fetched yet.
func (s *Store) ForeignPost(ctx context.Context, id uuid.UUID) (*town.ForeignPost, error) {
	rows, _ := s.pool.Query(ctx, `SELECT `+foreignColumns+` FROM `+foreignTables+` WHERE f.id = $1`, id)
	p, err := pgx.CollectExactlyOneRow(rows, scanForeign)
	return p, mapped("read foreign post", err)
}

// HideForeign implements town.HallStore.
func (s *Store) HideForeign(ctx context.Context, h town.HiddenPost, report *town.SentReport, flag town.Outgoing) error {
	err := s.inTx(ctx, "hide foreign post", func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO hidden_foreign (object_id, domain, category, words, hidden_by, hidden_at) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (object_id) DO UPDATE
			   SET category = excluded.category, words = excluded.words, hidden_by = excluded.hidden_by, hidden_at = excluded.hidden_at, shown_at = NULL`,
			string(h.Object), h.Domain, string(h.Category), h.Words, nullID(h.By), h.At)
		if err != nil {
			return err
		}
		// The group for the surroundings takes back what it has announced of it, as of a post that is gone.
		_, err = tx.Exec(ctx, `
			UPDATE group_announces SET foreign_id = NULL WHERE foreign_id = (SELECT id FROM foreign_posts WHERE object_id = $1)`, string(h.Object))
		if err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `
			INSERT INTO sent_reports (id, actor_id, object_id, words, sent_at, hall, category, title)
			SELECT $1, id, $3, $4, $5, $6, $7, $8 FROM remote_actors
			 WHERE iri IN ($2, (SELECT relay FROM neighbours WHERE domain = $6)) ORDER BY iri <> $2 LIMIT 1 -- its author may not be known yet
			ON CONFLICT DO NOTHING`,
			report.ID, string(report.Actor.ID), string(report.Object), report.Words, report.At, report.Hall, string(report.Category), report.Title)
		if err != nil {
			return err
		}
		if tag.RowsAffected() > 0 {
			if err := s.addIfAny(ctx, tx, flag); err != nil {
				return err
			}
		}
		return changedByPerson(ctx, tx)
	})
	if err == nil {
		s.changed()
	}
	return err
}

// ShowForeign implements town.HallStore.
func (s *Store) ShowForeign(ctx context.Context, object federation.IRI, at time.Time) error {
	err := s.inTx(ctx, "show foreign post", func(tx pgx.Tx) error {
		err := mustAffect(tx.Exec(ctx, `UPDATE hidden_foreign SET shown_at = $2 WHERE object_id = $1 AND shown_at IS NULL`, string(object), at))
		if err != nil {
			return err
		}
		return changedByPerson(ctx, tx)
	})
	if err == nil {
		s.changed()
	}
	return err
}

// AnswerReport implements town.NeighbourStore.
func (s *Store) AnswerReport(ctx context.Context, in town.Received, flag uuid.UUID, domain, words string, at time.Time) error {
	return s.receiveInTx(ctx, "answer report", in, func(tx pgx.Tx, _ int64) error {
		tag, err := tx.Exec(ctx, `UPDATE sent_reports SET answer = $3, answered_at = $4 WHERE id = $1 AND hall = $2 AND hall <> ''`, flag, domain, words, at)
		if err == nil && tag.RowsAffected() == 0 {
			err = federation.ErrIgnored
		}
		return err
	})
}
