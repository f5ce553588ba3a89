package postgres

import (
	"context"
	"fmt"
	"time"

	"bourg/federation"
	"bourg/internal/town"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"
)

var _ town.PeopleStore = (*Store)(nil)

// blockedShown is how many blocked people a merchant is shown.
const blockedShown = 500

// quotesRevoked is of how many quotes a blocked person's server is told that they have lost their leave.
const quotesRevoked = 100

// personColumns are what scanPerson reads, of personTables, for merchant $1.
const personColumns = `a.iri, a.name, a.handle, a.url, a.host, a.inbox, f.follow_id, f.accepted_at, b.activity_id, b.blocked_at`

const personTables = `remote_actors a
	LEFT JOIN followers f ON f.actor_id = $1 AND f.follower_id = a.id AND f.ended_at IS NULL
	LEFT JOIN blocked_people b ON b.merchant_id = $1 AND b.actor_id = a.id`

func personFields(p *town.Person) []any {
	return []any{
		&p.ID, &p.Name, &p.Handle, &p.URL, &p.Host, &p.Inbox, (*zeronull.Text)(&p.Follow), (*zeronull.Timestamptz)(&p.Since),
		(*zeronull.UUID)(&p.Block), (*zeronull.Timestamptz)(&p.Blocked),
	}
}

// Person implements town.PeopleStore.
func (s *Store) Person(ctx context.Context, merchant uuid.UUID, actor federation.IRI) (*town.Person, error) {
	var p town.Person
	err := s.pool.QueryRow(ctx, `SELECT `+personColumns+` FROM `+personTables+` WHERE a.iri = $2 AND a.deleted_at IS NULL`,
		merchant, string(actor)).Scan(personFields(&p)...)
	return &p, mapped("read person", err)
}

// ChangePerson implements town.PeopleStore. While the actor's row is locked nothing of it is received: what came before is
// seen here, and what comes after sees blocked_by.
func (s *Store) ChangePerson(
	ctx context.Context, merchant uuid.UUID, actor federation.IRI, change func(p *town.Person) ([]town.Outgoing, error),
) error {
	err := s.inTx(ctx, "change person", func(tx pgx.Tx) error {
		var id int64
		err := tx.QueryRow(ctx, `SELECT id FROM remote_actors WHERE iri = $1 AND deleted_at IS NULL FOR UPDATE`, string(actor)).Scan(&id)
		if err != nil {
			return err
		}
		var p town.Person
		err = tx.QueryRow(ctx, `SELECT `+personColumns+` FROM `+personTables+` WHERE a.id = $2`, merchant, id).Scan(personFields(&p)...)
		if err != nil {
			return err
		}
		rows, _ := tx.Query(ctx, `
			SELECT `+quoteColumns+` FROM `+quoteTables+`
			 WHERE q.actor_id = $1 AND p.merchant_id = $2 AND q.granted AND q.revoked_at IS NULL ORDER BY q.id LIMIT $3`, id, merchant, quotesRevoked)
		if p.Quotes, err = pgx.CollectRows(rows, scanQuote); err != nil {
			return err
		}
		before := p
		list, err := change(&p)
		if err != nil {
			return err
		}
		if before.Follow != "" && p.Follow == "" {
			if err := endFollowing(ctx, tx, merchant, id, s.now()); err != nil {
				return err
			}
		}
		switch {
		case before.Block == uuid.Nil && p.Block != uuid.Nil:
			err = blockPerson(ctx, tx, merchant, id, &p)
		case before.Block != uuid.Nil && p.Block == uuid.Nil:
			err = unblockPerson(ctx, tx, merchant, id)
		}
		if err != nil {
			return err
		}
		for _, out := range list {
			if err := s.addOutgoing(ctx, tx, out); err != nil {
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

// endFollowing ends a following at once: whoever is kept out does not get the Delete of what came while it lasted either,
// but a server where others follow does.
func endFollowing(ctx context.Context, tx pgx.Tx, merchant uuid.UUID, actor int64, at time.Time) error {
	_, err := tx.Exec(ctx, `
		WITH ended AS (
			UPDATE followers SET ended_at = $3 WHERE actor_id = $1 AND follower_id = $2 AND ended_at IS NULL
		)
		DELETE FROM notifications WHERE merchant_id = $1 AND actor_id = $2 AND kind = 'follow'`, merchant, actor, at)
	return err
}

// blockPerson keeps a block and hides what the actor wrote to the merchant, with the counts of the posts below which it stood.
func blockPerson(ctx context.Context, tx pgx.Tx, merchant uuid.UUID, actor int64, p *town.Person) error {
	_, err := tx.Exec(ctx, `INSERT INTO blocked_people (merchant_id, actor_id, activity_id, blocked_at) VALUES ($1, $2, $3, $4)`,
		merchant, actor, p.Block, p.Blocked)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE remote_actors SET blocked_by = array_append(blocked_by, $2) WHERE id = $1`, actor, merchant)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		UPDATE quotes q SET revoked_at = $3 FROM posts p
		 WHERE p.id = q.post_id AND p.merchant_id = $1 AND q.actor_id = $2 AND q.revoked_at IS NULL`, merchant, actor, p.Blocked)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		WITH before AS (
			SELECT id, post_id, state FROM replies WHERE actor_id = $2 AND merchant_id = $1 AND public AND state <> 'hidden' FOR UPDATE
		), hidden AS (
			UPDATE replies r SET state = 'hidden' FROM before b WHERE r.id = b.id
		)`+countReplies(`SELECT post_id, -count(*) FROM before WHERE post_id IS NOT NULL AND state = 'shown' GROUP BY post_id ORDER BY post_id`),
		merchant, actor)
	return err
}

func unblockPerson(ctx context.Context, tx pgx.Tx, merchant uuid.UUID, actor int64) error {
	_, err := tx.Exec(ctx, `DELETE FROM blocked_people WHERE merchant_id = $1 AND actor_id = $2`, merchant, actor)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE remote_actors SET blocked_by = array_remove(blocked_by, $2) WHERE id = $1`, actor, merchant)
	return err
}

// BlockedPeople implements town.PeopleStore.
func (s *Store) BlockedPeople(ctx context.Context, merchant uuid.UUID) ([]town.Person, error) {
	rows, _ := s.pool.Query(ctx, `
		SELECT `+personColumns+`
		  FROM blocked_people b JOIN remote_actors a ON a.id = b.actor_id
		  LEFT JOIN followers f ON f.actor_id = $1 AND f.follower_id = a.id AND f.ended_at IS NULL
		 WHERE b.merchant_id = $1 AND a.deleted_at IS NULL ORDER BY b.blocked_at DESC, a.id LIMIT $2`, merchant, blockedShown)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (town.Person, error) {
		var p town.Person
		err := row.Scan(personFields(&p)...)
		return p, err
	})
	return list, mapped("list blocked people", err)
}

// followersPage selects a page of a merchant's followers.
const followersPage = `
	SELECT a.iri, a.name, a.handle, a.url, a.host, f.accepted_at, f.follower_id
	  FROM followers f JOIN remote_actors a ON a.id = f.follower_id
	 WHERE f.actor_id = $1 AND f.ended_at IS NULL AND (f.accepted_at, f.follower_id) < ($2, $3)
	 ORDER BY f.accepted_at DESC, f.follower_id DESC LIMIT $4`

// Followers implements town.PeopleStore.
func (s *Store) Followers(ctx context.Context, merchant uuid.UUID, behind town.FollowerCursor, n int) ([]town.Follower, error) {
	if behind == (town.FollowerCursor{}) {
		behind.Since = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	rows, _ := s.pool.Query(ctx, followersPage, merchant, behind.Since, behind.Key, n)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (town.Follower, error) {
		var f town.Follower
		err := row.Scan(&f.ID, &f.Name, &f.Handle, &f.URL, &f.Host, &f.Since, &f.Key)
		return f, err
	})
	return list, mapped("list followers", err)
}

// Thanks implements town.PeopleStore.
func (s *Store) Thanks(ctx context.Context, merchant, reply uuid.UUID) (uuid.UUID, error) {
	var like uuid.UUID
	err := s.pool.QueryRow(ctx, `SELECT liked FROM replies WHERE id = $1 AND merchant_id = $2`, reply, merchant).Scan((*zeronull.UUID)(&like))
	return like, mapped("read thanks", err)
}

// ChangeThanks implements town.PeopleStore.
func (s *Store) ChangeThanks(ctx context.Context, merchant, reply uuid.UUID, change func(like *uuid.UUID) ([]town.Outgoing, error)) error {
	return s.inTx(ctx, "change thanks", func(tx pgx.Tx) error {
		var like uuid.UUID
		err := tx.QueryRow(ctx, `SELECT liked FROM replies WHERE id = $1 AND merchant_id = $2 FOR UPDATE`, reply, merchant).Scan((*zeronull.UUID)(&like))
		if err != nil {
			return err
		}
		list, err := change(&like)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE replies SET liked = $2 WHERE id = $1`, reply, nullID(like)); err != nil {
			return err
		}
		for _, out := range list {
			if err := s.addOutgoing(ctx, tx, out); err != nil {
				return err
			}
		}
		return nil
	})
}

// AddSentReport implements town.PeopleStore.
func (s *Store) AddSentReport(ctx context.Context, r *town.SentReport, flag town.Outgoing) error {
	return s.inTx(ctx, "add sent report", func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			INSERT INTO sent_reports (id, actor_id, object_id, merchant_id, words, sent_at)
			SELECT $1, id, $3, $4, $5, $6 FROM remote_actors WHERE iri = $2 AND deleted_at IS NULL`,
			r.ID, string(r.Actor.ID), string(r.Object), nullID(r.Merchant), r.Words, r.At)
		if err := mustAffect(tag, err); err != nil {
			return err
		}
		return s.addOutgoing(ctx, tx, flag)
	})
}

// SentReports implements town.PeopleStore.
func (s *Store) SentReports(ctx context.Context, n int) ([]town.SentReport, error) {
	rows, _ := s.pool.Query(ctx, `
		SELECT r.id, a.iri, a.name, a.handle, a.url, a.host, r.object_id, r.merchant_id, coalesce(m.name, ''), r.words, r.sent_at,
		       r.hall, r.category, r.title, r.answer, r.answered_at, EXISTS (SELECT FROM hidden_foreign h WHERE h.object_id = r.object_id AND h.shown_at IS NULL)
		  FROM sent_reports r JOIN remote_actors a ON a.id = r.actor_id LEFT JOIN merchants m ON m.id = r.merchant_id
		 ORDER BY r.sent_at DESC, r.id DESC LIMIT $1`, n)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (town.SentReport, error) {
		var r town.SentReport
		err := row.Scan(&r.ID, &r.Actor.ID, &r.Actor.Name, &r.Actor.Handle, &r.Actor.URL, &r.Actor.Host, &r.Object,
			(*zeronull.UUID)(&r.Merchant), &r.Shop, &r.Words, &r.At,
			&r.Hall, &r.Category, &r.Title, &r.Answer, (*zeronull.Timestamptz)(&r.Answered), &r.Hidden)
		return r, err
	})
	if err != nil {
		return nil, fmt.Errorf("list sent reports: %w", err)
	}
	return list, nil
}
