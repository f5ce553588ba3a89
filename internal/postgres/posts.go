package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"bourg/internal/fold"
	"bourg/internal/town"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"
)

var _ town.PostStore = (*Store)(nil)

// postColumns are what scanPost reads, of postTables; the merchant's come with them.
const postColumns = `p.id, p.kind, p.text, p.language, p.reach, p.public, p.in_reply_to, p.root_id, p.addressee, p.mentions, p.once, p.published_at,
	p.leaves_at, p.updated_at, p.withdrawn_at, p.announced_at, p.revision, p.title, p.starts_at, p.ends_at, p.details, c.likes, c.shares, c.replies, 
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
	var photos, details []byte
	fields, fill := merchantFields(p.Merchant)
	err := row.Scan(append([]any{
		&p.ID, &p.Kind, &p.Text, &p.Language, &p.Reach, &p.Public, (*zeronull.Text)(&p.InReplyTo), (*zeronull.UUID)(&p.Root),
		(*zeronull.Text)(&p.Addressee), &p.Mentions, &p.Once, &p.Published, &p.Leaves, (*zeronull.Timestamptz)(&p.Updated),
		(*zeronull.Timestamptz)(&p.Withdrawn), (*zeronull.Timestamptz)(&p.Announced), &p.Revision, &p.Title, (*zeronull.Timestamptz)(&p.Starts),
		(*zeronull.Timestamptz)(&p.Ends), &details, &p.Likes, &p.Shares, &p.Replies, &photos,
	}, fields...)...)
	if err != nil {
		return nil, err
	}
	if p.Photos, err = readPhotos(photos); err != nil {
		return nil, err
	}
	if err := readDetails(details, &p.Details); err != nil {
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
		if err := mustBeHere(ctx, tx, p.Merchant.ID); err != nil {
			return err
		}
		err := insertPost(ctx, tx, p)
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
		if err := s.addIfAny(ctx, tx, out); err != nil {
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

// insertPost inserts the row of a post; pgx.ErrNoRows where the merchant has one with the same Once.
func insertPost(ctx context.Context, tx pgx.Tx, p *town.Post) error {
	details, err := writeDetails(&p.Details)
	if err != nil {
		return err
	}
	return tx.QueryRow(ctx, `
		INSERT INTO posts (id, merchant_id, kind, text, language, reach, public, in_reply_to, root_id, addressee, once, published_at, leaves_at, folded,
		                   title, starts_at, ends_at, details, silent, ended, mentions)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
		ON CONFLICT (merchant_id, once) DO NOTHING RETURNING id`,
		p.ID, p.Merchant.ID, string(p.Kind), p.Text, p.Language, string(p.Reach), p.Public, zeronull.Text(p.InReplyTo), nullID(p.Root),
		zeronull.Text(p.Addressee), p.Once, p.Published, p.Leaves, foldedPost(p),
		p.Title, zeronull.Timestamptz(p.Starts), zeronull.Timestamptz(p.Ends), details, p.Silent(), p.Over(), notNil(p.Mentions)).Scan(new(uuid.UUID))
}

// addIfAny writes an activity where there is one: a post that nobody is told of has none.
func (s *Store) addIfAny(ctx context.Context, tx db, out town.Outgoing) error {
	if out.ID == uuid.Nil {
		return nil
	}
	return s.addOutgoing(ctx, tx, out)
}

// postFoldedMax is how many characters of a post can be found by searching.
const postFoldedMax = 60_000

// foldedPost is what searches look through: the title's line, then the text.
func foldedPost(p *town.Post) string {
	folded := fold.Fold(p.Title)
	if p.Title != "" {
		folded += "\n"
	}
	folded += fold.Fold(p.Text)
	if utf8.RuneCountInString(folded) > postFoldedMax {
		folded = string([]rune(folded)[:postFoldedMax])
	}
	return folded
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
	details, err := writeDetails(&p.Details)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		UPDATE posts SET text = $2, reach = $3, updated_at = $4, folded = $5, title = $6, starts_at = $7, ends_at = $8, details = $9, silent = $10, ended = $11,
		       revision = revision + 1
		 WHERE id = $1`,
		p.ID, p.Text, string(p.Reach), zeronull.Timestamptz(p.Updated), foldedPost(p), p.Title, zeronull.Timestamptz(p.Starts),
		zeronull.Timestamptz(p.Ends), details, p.Silent(), p.Over())
	if err != nil {
		return err
	}
	return attachPhotos(ctx, tx, merchant, "post_id", p.ID, p.Photos)
}

// EditPost implements town.PostStore.
func (s *Store) EditPost(ctx context.Context, p *town.Post, out town.Outgoing) error {
	return s.revisePost(ctx, "edit post", p, func(tx pgx.Tx, merchant uuid.UUID) error {
		if err := keepVersion(ctx, tx, p.ID, p.Updated); err != nil {
			return err
		}
		if err := replacePost(ctx, tx, merchant, p); err != nil {
			return err
		}
		if p.Reach == town.ReachTown { // other servers that fill in from our relay find it no more
			_, err := tx.Exec(ctx, `
				UPDATE activities SET listed = false WHERE object_id = $1 AND listed AND actor_id = (SELECT id FROM actors WHERE kind = 'relay')`,
				string(s.addresses.Post(p.ID)))
			if err != nil {
				return err
			}
		}
		return s.addIfAny(ctx, tx, out)
	})
}

// ChangePost implements town.PostStore.
func (s *Store) ChangePost(ctx context.Context, p *town.Post, said *town.Post, out ...town.Outgoing) error {
	return s.revisePost(ctx, "change post", p, func(tx pgx.Tx, _ uuid.UUID) error {
		if err := keepVersion(ctx, tx, p.ID, p.Updated); err != nil {
			return err
		}
		details, err := writeDetails(&p.Details)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			UPDATE posts SET starts_at = $2, ends_at = $3, details = $4, silent = $5, ended = $6, published_at = $7, leaves_at = $8,
			       updated_at = $9, announced_at = $10, revision = revision + 1
			 WHERE id = $1`,
			p.ID, zeronull.Timestamptz(p.Starts), zeronull.Timestamptz(p.Ends), details, p.Silent(), p.Over(), p.Published, p.Leaves,
			zeronull.Timestamptz(p.Updated), zeronull.Timestamptz(p.Announced))
		if err != nil {
			return err
		}
		if said != nil {
			if err := insertPost(ctx, tx, said); err != nil {
				return err
			}
		}
		for _, o := range out {
			if err := s.addIfAny(ctx, tx, o); err != nil {
				return err
			}
		}
		return nil
	})
}

// revisePost is changePost for who has read the post before: where it has been changed since,
// town.ErrChanged. f raises the revision, and p bears the new one afterwards.
func (s *Store) revisePost(ctx context.Context, doing string, p *town.Post, f func(tx pgx.Tx, merchant uuid.UUID) error) error {
	err := s.changePost(ctx, doing, p.ID, func(tx pgx.Tx, merchant uuid.UUID) error {
		var revision int
		if err := tx.QueryRow(ctx, `SELECT revision FROM posts WHERE id = $1`, p.ID).Scan(&revision); err != nil {
			return err
		}
		if revision != p.Revision {
			return town.ErrChanged
		}
		return f(tx, merchant)
	})
	if err == nil {
		p.Revision++
	}
	return err
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
func (s *Store) EditHeldPost(ctx context.Context, p *town.Post, out town.Outgoing) error {
	return s.revisePost(ctx, "edit held post", p, func(tx pgx.Tx, merchant uuid.UUID) error {
		if err := replacePost(ctx, tx, merchant, p); err != nil {
			return err
		}
		if out.JSON == nil {
			return stillHeld(ctx, tx, p.ID)
		}
		err := mustAffect(tx.Exec(ctx, `UPDATE activities SET json = $3 WHERE object_id = $1 AND actor_id = $2 AND type = 'Create'`,
			string(s.addresses.Post(p.ID)), merchant, out.JSON))
		if err != nil {
			return err
		}
		if err := s.replaceCompany(ctx, tx, out); err != nil {
			return err
		}
		return stillHeld(ctx, tx, p.ID)
	})
}

// replaceCompany replaces what goes with an activity that has not left: what others were to announce of it. What groups
// announce stays, because it names the post only.
func (s *Store) replaceCompany(ctx context.Context, tx pgx.Tx, out town.Outgoing) error {
	const company = `object_id = $1 AND actor_id <> $2 AND NOT EXISTS (SELECT FROM group_announces g WHERE g.activity_id = activities.id)`
	for _, sql := range []string{
		`DELETE FROM deliveries WHERE activity_id IN (SELECT id FROM activities WHERE ` + company + `)`,
		`DELETE FROM activities WHERE ` + company,
	} {
		if _, err := tx.Exec(ctx, sql, string(out.Object), out.Actor); err != nil {
			return err
		}
	}
	for _, o := range out.Also {
		if err := s.addOutgoing(ctx, tx, o); err != nil {
			return err
		}
	}
	return nil
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
			INSERT INTO drafts (id, merchant_id, kind, text, reach, saved_at, title, starts_at, ends_at, details)
			SELECT $2, merchant_id, kind, text, reach, $3, title, starts_at, ends_at, details FROM posts WHERE id = $1`,
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
		_, err := tx.Exec(ctx, `
			UPDATE posts SET text = '', folded = '', title = '', starts_at = NULL, ends_at = NULL, details = '{}', withdrawn_at = $2, revision = revision + 1
			 WHERE id = $1`, id, at)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM post_versions WHERE post_id = $1`, id); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM featured WHERE post_id = $1`, id); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE photos SET post_id = NULL WHERE post_id = $1`, id); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE activities SET listed = false, public = false WHERE object_id = $1`, string(s.addresses.Post(id)))
		if err != nil {
			return err
		}
		if err := s.leaveSummaries(ctx, tx, id); err != nil {
			return err
		}
		return s.addOutgoing(ctx, tx, out)
	})
}
