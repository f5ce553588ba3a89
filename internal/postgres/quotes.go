package postgres

import (
	"context"

	"bourg/federation"
	"bourg/internal/town"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"
)

// PublicPost implements town.InboxStore.
func (s *Store) PublicPost(ctx context.Context, id uuid.UUID) (kind town.Kind, merchant uuid.UUID, err error) {
	err = s.pool.QueryRow(ctx, `
		SELECT kind, merchant_id FROM posts WHERE id = $1 AND public AND withdrawn_at IS NULL AND leaves_at <= $2`,
		id, s.now()).Scan(&kind, &merchant)
	return kind, merchant, mapped("find public post", err)
}

// AddQuote implements town.InboxStore. A quote that was only seen becomes one that is granted, never the other way round;
// one that was revoked stays so.
func (s *Store) AddQuote(ctx context.Context, in town.Received, q *town.Quote, accept *town.Outgoing) error {
	return s.receiveInTx(ctx, "add quote", in, func(tx pgx.Tx, sender int64) error {
		var isNew, blocked bool
		err := tx.QueryRow(ctx, `
			SELECT EXISTS (SELECT FROM blocked_people b JOIN posts p ON p.merchant_id = b.merchant_id WHERE p.id = $1 AND b.actor_id = $2)`,
			q.Post, sender).Scan(&blocked)
		if err == nil && blocked {
			err = town.ErrForbidden
		}
		if err != nil {
			return err
		}
		err = tx.QueryRow(ctx, `
			INSERT INTO quotes AS q (id, post_id, actor_id, object_id, url, granted, quoted_at)
			SELECT $1, p.id, $3, $4, $5, $6, $7 FROM posts p
			 WHERE p.id = $2 AND p.public AND p.withdrawn_at IS NULL AND NOT EXISTS (SELECT FROM remote_tombstones WHERE key = $8)
			   FOR KEY SHARE OF p
			ON CONFLICT (id) DO UPDATE SET granted = q.granted OR excluded.granted WHERE q.revoked_at IS NULL
			RETURNING xmax = 0`,
			q.ID, q.Post, sender, string(q.ObjectID), string(q.URL), q.Granted, q.At, objectKey(in.Sender.ID, q.ObjectID)).Scan(&isNew)
		if err != nil {
			return err
		}
		if isNew {
			_, err = tx.Exec(ctx, `
				INSERT INTO notifications (merchant_id, kind, actor_id, post_id)
				SELECT merchant_id, 'quote', $2, id FROM posts WHERE id = $1`, q.Post, sender)
		}
		if err != nil || accept == nil {
			return err
		}
		return s.addOutgoing(ctx, tx, *accept)
	})
}

var _ town.QuoteStore = (*Store)(nil)

// quoteColumns are what scanQuote reads, of quoteTables.
const quoteColumns = `q.id, q.post_id, p.merchant_id, q.object_id, q.url, q.granted, q.quoted_at, q.revoked_at, a.iri, a.name, a.handle, a.url, a.host`

const quoteTables = `quotes q JOIN posts p ON p.id = q.post_id JOIN remote_actors a ON a.id = q.actor_id`

func scanQuote(row pgx.CollectableRow) (*town.Quote, error) {
	var q town.Quote
	err := row.Scan(&q.ID, &q.Post, &q.Merchant, &q.ObjectID, &q.URL, &q.Granted, &q.At, (*zeronull.Timestamptz)(&q.Revoked),
		&q.Actor.ID, &q.Actor.Name, &q.Actor.Handle, &q.Actor.URL, &q.Actor.Host)
	return &q, err
}

// QuoteBy implements town.InboxStore.
func (s *Store) QuoteBy(ctx context.Context, actor, object federation.IRI) (*town.Quote, error) {
	rows, _ := s.pool.Query(ctx, `
		SELECT `+quoteColumns+` FROM `+quoteTables+` WHERE q.object_id = $1 AND a.iri = $2 ORDER BY q.granted DESC LIMIT 1`,
		string(object), string(actor))
	q, err := pgx.CollectExactlyOneRow(rows, scanQuote)
	return q, mapped("find quote", err)
}

// Quote implements town.QuoteStore.
func (s *Store) Quote(ctx context.Context, id uuid.UUID) (*town.Quote, error) {
	rows, _ := s.pool.Query(ctx, `SELECT `+quoteColumns+` FROM `+quoteTables+` WHERE q.id = $1 AND p.withdrawn_at IS NULL`, id)
	q, err := pgx.CollectExactlyOneRow(rows, scanQuote)
	return q, mapped("read quote", err)
}

// quotesOf is the list of a post's quotes.
const quotesOf = `SELECT ` + quoteColumns + ` FROM ` + quoteTables + `
	WHERE q.post_id = $1 AND q.revoked_at IS NULL ORDER BY q.quoted_at, q.id LIMIT $2`

// Quotes implements town.TimelineStore.
func (s *Store) Quotes(ctx context.Context, post uuid.UUID, n int) ([]*town.Quote, error) {
	rows, _ := s.pool.Query(ctx, quotesOf, post, n)
	list, err := pgx.CollectRows(rows, scanQuote)
	return list, mapped("list quotes", err)
}

// RevokeQuote implements town.QuoteStore.
func (s *Store) RevokeQuote(ctx context.Context, q *town.Quote, revoked *town.Outgoing) error {
	err := s.inTx(ctx, "revoke quote", func(tx pgx.Tx) error {
		err := mustAffect(tx.Exec(ctx, `UPDATE quotes SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL`, q.ID, s.now()))
		if err != nil {
			return err
		}
		if revoked != nil {
			if err := s.addOutgoing(ctx, tx, *revoked); err != nil {
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

// DeleteQuoting implements town.InboxStore.
func (s *Store) DeleteQuoting(ctx context.Context, in town.Received, object federation.IRI, revoked town.Outgoing) error {
	err := s.receiveInTx(ctx, "delete quoting object", in, func(tx pgx.Tx, sender int64) error {
		if _, err := tx.Exec(ctx, lockSubject, subject(in.Sender.ID, object)); err != nil {
			return err
		}
		for _, act := range []struct {
			sql  string
			args []any
		}{
			{`INSERT INTO remote_tombstones (key) VALUES ($1) ON CONFLICT DO NOTHING`, []any{objectKey(in.Sender.ID, object)}},
			{removeQuotes(`object_id = $1 AND actor_id = $2`), []any{string(object), sender}},
			{`WITH gone AS (
				DELETE FROM replies WHERE object_id = $1 AND actor_id = $2 RETURNING post_id, public, state
			)` + countReplies(`SELECT post_id, -1 FROM gone WHERE post_id IS NOT NULL AND public AND state = 'shown'`), []any{string(object), sender}},
		} {
			if _, err := tx.Exec(ctx, act.sql, act.args...); err != nil {
				return err
			}
		}
		return s.addOutgoing(ctx, tx, revoked)
	})
	if err == nil {
		s.removeFilesSoon(ctx)
	}
	return err
}

// removeQuotes removes the quotes that the condition names, and that the merchants were told of them.
func removeQuotes(condition string) string {
	return `WITH gone AS (
		DELETE FROM quotes WHERE ` + condition + ` RETURNING post_id, actor_id
	)
	DELETE FROM notifications n USING gone WHERE n.kind = 'quote' AND n.post_id = gone.post_id AND n.actor_id = gone.actor_id`
}

// InboxOf implements town.QuoteStore.
func (s *Store) InboxOf(ctx context.Context, actor federation.IRI) (federation.IRI, error) {
	var inbox federation.IRI
	err := s.pool.QueryRow(ctx, `SELECT inbox FROM remote_actors WHERE iri = $1 AND deleted_at IS NULL`, string(actor)).Scan(&inbox)
	return inbox, mapped("find inbox", err)
}
