package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"bourg/internal/fold"
	"bourg/internal/town"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"
)

var _ town.PostStore = (*Store)(nil)

// postColumns are what scanPost reads, of postTables; the merchant's come with them.
const postColumns = `p.id, p.kind, p.text, p.language, p.reach, p.public, p.in_reply_to, p.root_id, p.addressee, p.once, p.published_at,
	p.leaves_at, p.updated_at, p.withdrawn_at, c.likes, c.shares, c.replies, 
	(SELECT ` + photoList + ` FROM photos ph WHERE ph.post_id = p.id), ` + merchantColumns

const postTables = `posts p JOIN merchants m ON m.id = p.merchant_id JOIN actors a ON a.id = m.id
	CROSS JOIN LATERAL (
		SELECT coalesce(sum(likes), 0) AS likes, coalesce(sum(shares), 0) AS shares, coalesce(sum(replies), 0) AS replies
		  FROM post_counts pc WHERE pc.post_id = p.id
	) c`

// selectPosts is followed by a condition.
const selectPosts = `SELECT ` + postColumns + ` FROM ` + postTables + ` WHERE `

func scanPost(row pgx.CollectableRow) (*town.Post, error) {
	p := town.Post{Merchant: new(town.Merchant)}
	var photos []byte
	fields, fill := merchantFields(p.Merchant)
	err := row.Scan(append([]any{
		&p.ID, &p.Kind, &p.Text, &p.Language, &p.Reach, &p.Public, (*zeronull.Text)(&p.InReplyTo), (*zeronull.UUID)(&p.Root),
		(*zeronull.Text)(&p.Addressee), &p.Once, &p.Published, &p.Leaves, (*zeronull.Timestamptz)(&p.Updated),
		(*zeronull.Timestamptz)(&p.Withdrawn), &p.Likes, &p.Shares, &p.Replies, &photos,
	}, fields...)...)
	if err != nil {
		return nil, err
	}
	if p.Photos, err = readPhotos(photos); err != nil {
		return nil, err
	}
	return &p, fill()
}

// Post implements town.PostStore.
func (s *Store) Post(ctx context.Context, id uuid.UUID) (*town.Post, error) {
	post, err := postWhere(ctx, s.pool, `p.id = $1`, id)
	if err != nil {
		return nil, mapped("read post", err)
	}
	if !post.Withdrawn.IsZero() {
		return post, fmt.Errorf("read post: %w", town.ErrGone)
	}
	return post, nil
}

func postWhere(ctx context.Context, tx db, condition string, args ...any) (*town.Post, error) {
	rows, _ := tx.Query(ctx, selectPosts+condition, args...)
	return pgx.CollectExactlyOneRow(rows, scanPost)
}

// AddPost implements town.PostStore.
func (s *Store) AddPost(ctx context.Context, p *town.Post, draft uuid.UUID, out town.Outgoing) (*town.Post, error) {
	var stored *town.Post
	err := s.inTx(ctx, "add post", func(tx pgx.Tx) error {
		var id uuid.UUID
		err := tx.QueryRow(ctx, `
			INSERT INTO posts (id, merchant_id, kind, text, language, reach, public, in_reply_to, root_id, addressee, once, published_at, leaves_at, folded)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
			ON CONFLICT (merchant_id, once) DO NOTHING RETURNING id`,
			p.ID, p.Merchant.ID, string(p.Kind), p.Text, p.Language, string(p.Reach), p.Public, zeronull.Text(p.InReplyTo), nullID(p.Root),
			zeronull.Text(p.Addressee), p.Once, p.Published, p.Leaves, fold.Fold(p.Text)).Scan(&id)
		if errors.Is(err, pgx.ErrNoRows) {
			stored, err = postWhere(ctx, tx, `p.merchant_id = $1 AND p.once = $2`, p.Merchant.ID, p.Once)
			return err
		}
		if err != nil {
			return err
		}
		if err := attachPhotos(ctx, tx, p.Merchant.ID, "post_id", p.ID, p.Photos); err != nil {
			return err
		}
		if draft != uuid.Nil {
			if _, err := tx.Exec(ctx, `DELETE FROM drafts WHERE id = $1 AND merchant_id = $2`, draft, p.Merchant.ID); err != nil {
				return err
			}
		}
		if err := s.addOutgoing(ctx, tx, out); err != nil {
			return err
		}
		if stored, err = postWhere(ctx, tx, `p.id = $1`, p.ID); err != nil {
			return err
		}
		return changedByPerson(ctx, tx)
	})
	if err != nil {
		return nil, err
	}
	s.changed()
	return stored, nil
}

// lockPost locks a post against all who change it, and answers town.ErrGone for one that is withdrawn.
func lockPost(ctx context.Context, tx pgx.Tx, id uuid.UUID) (merchant uuid.UUID, err error) {
	var withdrawn bool
	err = tx.QueryRow(ctx, `SELECT merchant_id, withdrawn_at IS NOT NULL FROM posts WHERE id = $1 FOR UPDATE`, id).Scan(&merchant, &withdrawn)
	if err == nil && withdrawn {
		err = town.ErrGone
	}
	return merchant, err
}

// replacePost writes what an edit may change.
func replacePost(ctx context.Context, tx pgx.Tx, merchant uuid.UUID, p *town.Post) error {
	_, err := tx.Exec(ctx, `UPDATE posts SET text = $2, reach = $3, updated_at = $4, folded = $5 WHERE id = $1`,
		p.ID, p.Text, string(p.Reach), zeronull.Timestamptz(p.Updated), fold.Fold(p.Text))
	if err != nil {
		return err
	}
	return attachPhotos(ctx, tx, merchant, "post_id", p.ID, p.Photos)
}

// EditPost implements town.PostStore.
func (s *Store) EditPost(ctx context.Context, p *town.Post, out town.Outgoing) error {
	return s.changePost(ctx, "edit post", p.ID, func(tx pgx.Tx, merchant uuid.UUID) error {
		if err := replacePost(ctx, tx, merchant, p); err != nil {
			return err
		}
		return s.addOutgoing(ctx, tx, out)
	})
}

// changePost runs f with the post locked and tells all processes that pages have changed.
func (s *Store) changePost(ctx context.Context, doing string, id uuid.UUID, f func(tx pgx.Tx, merchant uuid.UUID) error) error {
	err := s.inTx(ctx, doing, func(tx pgx.Tx) error {
		merchant, err := lockPost(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := changedByPerson(ctx, tx); err != nil {
			return err
		}
		return f(tx, merchant)
	})
	if err == nil {
		s.changed()
	}
	return err
}

// stillHeld answers town.ErrTooLate unless the post's undo window stays open for two more
// seconds by the database's clock, which is enough for the commit that follows.
func stillHeld(ctx context.Context, tx pgx.Tx, id uuid.UUID) error {
	var held bool
	err := tx.QueryRow(ctx, `SELECT leaves_at > clock_timestamp() + interval '2 seconds' FROM posts WHERE id = $1`, id).Scan(&held)
	if err == nil && !held {
		err = town.ErrTooLate
	}
	return err
}

// EditHeldPost implements town.PostStore.
func (s *Store) EditHeldPost(ctx context.Context, p *town.Post, json []byte) error {
	return s.changePost(ctx, "edit held post", p.ID, func(tx pgx.Tx, merchant uuid.UUID) error {
		if err := replacePost(ctx, tx, merchant, p); err != nil {
			return err
		}
		err := mustAffect(tx.Exec(ctx, `UPDATE activities SET json = $3 WHERE object_id = $1 AND actor_id = $2 AND type = 'Create'`,
			string(s.addresses.Post(p.ID)), merchant, json))
		if err != nil {
			return err
		}
		return stillHeld(ctx, tx, p.ID)
	})
}

// UndoPost implements town.PostStore.
func (s *Store) UndoPost(ctx context.Context, id uuid.UUID) (*town.Draft, error) {
	draft, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("undo post: make an id: %w", err)
	}
	var d *town.Draft
	err = s.changePost(ctx, "undo post", id, func(tx pgx.Tx, merchant uuid.UUID) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO drafts (id, merchant_id, kind, text, reach, saved_at) SELECT $2, merchant_id, kind, text, reach, $3 FROM posts WHERE id = $1`,
			id, draft, s.now())
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE photos SET post_id = NULL, draft_id = $2 WHERE post_id = $1`, id, draft); err != nil {
			return err
		}
		object := string(s.addresses.Post(id))
		_, err = tx.Exec(ctx, `DELETE FROM deliveries WHERE activity_id IN (SELECT id FROM activities WHERE object_id = $1)`, object)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM activities WHERE object_id = $1`, object); err != nil {
			return err
		}
		if d, err = draftWhere(ctx, tx, merchant, draft); err != nil {
			return err
		}
		if err := stillHeld(ctx, tx, id); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `DELETE FROM posts WHERE id = $1`, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	return d, nil
}

// WithdrawPost implements town.PostStore.
func (s *Store) WithdrawPost(ctx context.Context, id uuid.UUID, at time.Time, out town.Outgoing) error {
	return s.changePost(ctx, "withdraw post", id, func(tx pgx.Tx, _ uuid.UUID) error {
		_, err := tx.Exec(ctx, `UPDATE posts SET text = '', folded = '', withdrawn_at = $2 WHERE id = $1`, id, at)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE photos SET post_id = NULL WHERE post_id = $1`, id); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE activities SET listed = false, public = false WHERE object_id = $1`, string(s.addresses.Post(id)))
		if err != nil {
			return err
		}
		return s.addOutgoing(ctx, tx, out)
	})
}
