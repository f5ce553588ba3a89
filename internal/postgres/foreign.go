package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"bourg/federation"
	"bourg/internal/fold"
	"bourg/internal/jobs"
	"bourg/internal/town"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"
)

// SaveForeignPost implements town.NeighbourStore.
func (s *Store) SaveForeignPost(ctx context.Context, in town.Received, p *town.ForeignPost) error {
	return s.receiveInTx(ctx, "save foreign post", in, func(tx pgx.Tx, _ int64) error {
		if err := s.keepForeign(ctx, tx, p); err != nil {
			return err
		}
		if heard, err := hearAround(ctx, tx, p.ObjectID, p.ID); err != nil || !heard {
			return err
		}
		_, err := s.jobs.InsertTx(ctx, tx, jobs.Groups{}, nil)
		return err
	})
}

// KeepForeignPost implements town.ActiveStore.
func (s *Store) KeepForeignPost(ctx context.Context, p *town.ForeignPost) error {
	err := s.inTx(ctx, "keep foreign post", func(tx pgx.Tx) error { return s.keepForeign(ctx, tx, p) })
	if err == nil {
		s.changed()
	}
	return err
}

// keepForeign inserts or replaces a post from elsewhere. It stays published when it was, except where that was cut to when it
// came, because the neighbour's clock is ahead: else a comparison would find it missing every day. Who wrote it is asked of its own town, where that is not known.
func (s *Store) keepForeign(ctx context.Context, tx pgx.Tx, p *town.ForeignPost) error {
	details, err := json.Marshal(foreignDetails{p.Offer, p.Product, p.Event})
	if err != nil {
		return err
	}
	attachments := []byte("[]")
	if len(p.Attachments) > 0 {
		attachments, err = json.Marshal(p.Attachments)
	}
	if err != nil {
		return err
	}
	var id uuid.UUID
	err = tx.QueryRow(ctx, `
		INSERT INTO foreign_posts AS f (id, object_id, domain, actor, kind, title, content, language, url, starts_at, ends_at, details,
		       attachments, km, published_at, updated_at, received_at, folded, external)
		SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $19, $20
		 WHERE NOT EXISTS (SELECT FROM remote_tombstones WHERE key = $18)
		   AND NOT EXISTS (SELECT FROM foreign_merchants WHERE actor = $4 AND decision = 'blocked')
		ON CONFLICT (object_id) DO UPDATE
		   SET kind = excluded.kind, title = excluded.title, content = excluded.content, language = excluded.language, url = excluded.url,
		       starts_at = excluded.starts_at, ends_at = excluded.ends_at, details = excluded.details, attachments = excluded.attachments,
		       km = excluded.km, updated_at = excluded.updated_at, folded = excluded.folded,
		       published_at = CASE WHEN f.published_at >= f.received_at THEN excluded.published_at ELSE f.published_at END
		 WHERE f.domain IS NOT DISTINCT FROM excluded.domain AND f.external IS NOT DISTINCT FROM excluded.external AND f.actor = excluded.actor
		   AND coalesce(excluded.updated_at, excluded.published_at) > coalesce(f.updated_at, f.published_at)
		RETURNING f.id`,
		p.ID, string(p.ObjectID), zeronull.Text(p.Domain), string(p.Actor.ID), string(p.Kind), p.Title, p.Content, p.Language, string(p.URL),
		zeronull.Timestamptz(p.Starts), zeronull.Timestamptz(p.Ends), details, attachments, p.Km, p.Published,
		zeronull.Timestamptz(p.Updated), p.Received, foreignKey(p.ObjectID), foldedForeign(p), sourceOf(p)).Scan(&id)
	switch {
	case errors.Is(err, pgx.ErrNoRows): // gone, known as it is, or another's
	case err != nil:
		return err
	}
	if p.Source == nil {
		if err := s.exchanged(ctx, tx, p.Domain); err != nil {
			return err
		}
		if id != uuid.Nil {
			if err := came(ctx, tx, p.Domain); err != nil {
				return err
			}
		}
	}
	if id != uuid.Nil {
		if err := s.wantForeignMedia(ctx, tx, id); err != nil {
			return err
		}
	}
	var known bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM remote_actors WHERE iri = $1)`, string(p.Actor.ID)).Scan(&known); err != nil || known {
		return err
	}
	return s.meet(ctx, tx, p.Actor.ID)
}

// foldedForeign is what a neighbour's post is found by: its title, its words and the names of its town's places, folded.
func foldedForeign(p *town.ForeignPost) string {
	words := p.Title + "\n" + p.Words
	if p.Event != nil {
		words += "\n" + p.Event.Place
	}
	return cut(fold.Fold(cut(words, maxFolded)), maxFolded)
}

// maxFolded is how much of a neighbour's post is found by its words, in runes.
const maxFolded = 10_000

// foreignKey is the tombstone's of a post from elsewhere.
func foreignKey(object federation.IRI) uuid.UUID { return town.Key(object.Host(), string(object)) }

// sourceOf is the listed account of a post; null for a neighbour's.
func sourceOf(p *town.ForeignPost) zeronull.UUID {
	if p.Source == nil {
		return zeronull.UUID{}
	}
	return zeronull.UUID(p.Source.ID)
}

// foreignDetails is what the column details holds.
type foreignDetails struct {
	Offer   *town.OfferDetails   `json:"offer,omitempty"`
	Product *town.ProductDetails `json:"product,omitempty"`
	Event   *town.EventDetails   `json:"event,omitempty"`
}

// DeleteForeignPost implements town.NeighbourStore.
func (s *Store) DeleteForeignPost(ctx context.Context, in town.Received, domain string, object federation.IRI) error {
	err := s.receiveInTx(ctx, "delete foreign post", in, func(tx pgx.Tx, _ int64) error {
		_, err := tx.Exec(ctx, `INSERT INTO remote_tombstones (key) VALUES ($1) ON CONFLICT DO NOTHING`, foreignKey(object))
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM foreign_posts WHERE object_id = $1 AND domain = $2`, string(object), domain); err != nil {
			return err
		}
		if _, err := s.jobs.InsertTx(ctx, tx, jobs.Groups{}, nil); err != nil {
			return err
		}
		return s.exchanged(ctx, tx, domain)
	})
	if err == nil {
		s.removeFilesSoon(ctx)
	}
	return err
}

// LoseForeignPost implements town.NeighbourStore.
func (s *Store) LoseForeignPost(ctx context.Context, in town.Received, domain string, o *federation.Object) error {
	return s.receiveInTx(ctx, "lose foreign post", in, func(tx pgx.Tx, _ int64) error {
		said := town.ForeignPost{Published: o.Published, Updated: o.Updated}
		_, err := tx.Exec(ctx, `
			DELETE FROM foreign_posts WHERE object_id = $1 AND domain = $2 AND actor = $3 AND coalesce(updated_at, published_at) <= $4`,
			string(o.ID), domain, string(o.AttributedTo), said.Changed())
		if err != nil {
			return err
		}
		return s.exchanged(ctx, tx, domain)
	})
}

// exchanged notes that news came from a neighbour, to the minute, so that its row is not written for each piece. One that could
// not be reached until now is visited: whether it is still the same town its card tells, not what it sends.
func (s *Store) exchanged(ctx context.Context, tx pgx.Tx, domain string) error {
	var failing bool
	err := tx.QueryRow(ctx, `
		UPDATE neighbours SET last_exchange = now()
		 WHERE domain = $1 AND (last_exchange IS NULL OR last_exchange < now() - interval '1 minute')
		RETURNING failing_since IS NOT NULL`, domain).Scan(&failing)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err == nil && failing {
		_, err = s.jobs.InsertTx(ctx, tx, jobs.VisitNeighbour{Domain: domain}, nil)
	}
	return err
}

// fromNeighbour is the condition under which news that came from the neighbour n is shown: it is within the mode that the
// town hall chose for the neighbour and for the merchant (whose decisions are sub-queries,
// because the planner takes hardly anything to be undecided), and the neighbour has not been silent for a month.
const fromNeighbour = `(n.outgoing = 'accepted' AND (n.failing_since IS NULL OR n.failing_since > now() - interval '30 days')
	AND NOT EXISTS (SELECT FROM foreign_merchants d WHERE d.actor = f.actor AND d.decision <> 'let_in')
	AND (n.mode = 'open' OR (n.mode = 'agenda' AND f.kind = 'event')
		OR (n.mode = 'review' AND EXISTS (SELECT FROM foreign_merchants d WHERE d.actor = f.actor AND d.decision = 'let_in'))))`

// fromListed is the condition under which news of a listed account e is shown: the account has agreed, and still does.
const fromListed = `(f.external IS NOT NULL AND e.state = 'agreed'
	AND NOT EXISTS (SELECT FROM foreign_merchants d WHERE d.actor = f.actor AND d.decision <> 'let_in'))`

// shownForeign is the condition under which a post f that was not published here is shown: where it came from is shown, and
// who wrote it (a) is not blocked and has not gone. A writer who has not been fetched yet, or is not to be had for a while, does not hold
// the news up: it came from the writer's own server, or was read there. Of neighbours alone it is shownAround, of listed accounts alone shownListed.
const (
	shownForeign = `(` + fromNeighbour + ` OR ` + fromListed + `) AND ` + writerLives + ` AND ` + notHidden
	shownAround  = fromNeighbour + ` AND ` + writerLives + ` AND ` + notHidden
	shownListed  = fromListed + ` AND ` + writerLives + ` AND ` + notHidden
)

// notHidden is the condition under which the town hall has not hidden a single post f.
const notHidden = `NOT EXISTS (SELECT FROM hidden_foreign h WHERE h.object_id = f.object_id AND h.shown_at IS NULL)`

const writerLives = `(a.id IS NULL OR (NOT a.blocked AND a.deleted_at IS NULL))`

const foreignTables = `foreign_posts f
	LEFT JOIN neighbours n ON n.domain = f.domain
	LEFT JOIN externals e ON e.id = f.external
	LEFT JOIN remote_actors a ON a.iri = f.actor`

const foreignColumns = `f.id, f.object_id, coalesce(f.domain, ''), f.actor, coalesce(a.name, ''), coalesce(a.handle, ''), coalesce(a.url, ''), coalesce(a.host, f.domain, e.host),
	coalesce(a.document->'Categories'->>0, ''), f.kind, f.title, f.content, f.language, f.url,
	f.starts_at, f.ends_at, f.details, f.attachments, f.km, f.published_at, f.updated_at, f.received_at, coalesce(n.name, ''),
	(SELECT json_object_agg(m.url, m.file) FROM foreign_media m WHERE m.post_id = f.id AND m.file IS NOT NULL),
	f.external, coalesce(e.name, ''), coalesce(e.url, ''), coalesce(e.host, ''), coalesce(e.trade, '')`

func scanForeign(row pgx.CollectableRow) (*town.ForeignPost, error) {
	var p town.ForeignPost
	var details, attachments, copies []byte
	var source town.Source
	err := row.Scan(&p.ID, &p.ObjectID, &p.Domain, &p.Actor.ID, &p.Actor.Name, &p.Actor.Handle, &p.Actor.URL, &p.Actor.Host, &p.Trade, &p.Kind, &p.Title,
		&p.Content, &p.Language, &p.URL, (*zeronull.Timestamptz)(&p.Starts), (*zeronull.Timestamptz)(&p.Ends), &details, &attachments, &p.Km,
		&p.Published, (*zeronull.Timestamptz)(&p.Updated), &p.Received, &p.Town, &copies,
		(*zeronull.UUID)(&source.ID), &source.Name, &source.URL, &source.Host, &source.Trade)
	if err != nil {
		return nil, err
	}
	if source.ID != uuid.Nil {
		p.Source = &source
	}
	var more foreignDetails
	if err := json.Unmarshal(details, &more); err != nil {
		return nil, fmt.Errorf("read details: %w", err)
	}
	p.Offer, p.Product, p.Event = more.Offer, more.Product, more.Event
	if err := json.Unmarshal(attachments, &p.Attachments); err != nil {
		return nil, fmt.Errorf("read attachments: %w", err)
	}
	return &p, readCopies(copies, &p)
}

// PurgeForeign implements town.NeighbourStore.
func (s *Store) PurgeForeign(ctx context.Context) error {
	err := s.inTx(ctx, "purge foreign posts", func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			DELETE FROM foreign_posts f USING neighbours n
			 WHERE n.domain = f.domain AND (n.outgoing NOT IN ('accepted', 'pending') OR n.mode = 'blocked')`)
		return err
	})
	if err == nil {
		s.changed()
		s.removeFilesSoon(ctx)
	}
	return err
}

// ActivePosts implements town.ActiveStore.
func (s *Store) ActivePosts(ctx context.Context, since, now time.Time, n int) ([]*town.Post, error) {
	rows, _ := s.pool.Query(ctx, selectPosts+`p.kind <> 'answer' AND p.public AND p.withdrawn_at IS NULL AND p.leaves_at <= $2
		AND (p.published_at >= $1 OR (p.kind IN ('event', 'offer', 'closure') AND coalesce(p.ends_at, p.starts_at) >= $2))
		ORDER BY p.published_at DESC, p.id DESC LIMIT $3`, since, now, n)
	list, err := pgx.CollectRows(rows, scanPost)
	return list, mapped("list live posts", err)
}

// ForeignPosts implements town.ActiveStore.
func (s *Store) ForeignPosts(ctx context.Context, domain string) ([]town.ActiveLine, error) {
	rows, _ := s.pool.Query(ctx, `
		SELECT object_id, coalesce(updated_at, published_at) FROM foreign_posts WHERE domain = $1 ORDER BY object_id LIMIT $2`,
		domain, 2*town.MaxActive)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[town.ActiveLine])
	return list, mapped("list foreign posts", err)
}

// DropForeignPosts implements town.ActiveStore.
func (s *Store) DropForeignPosts(ctx context.Context, domain string, gone []federation.IRI) error {
	if len(gone) == 0 {
		return nil
	}
	_, err := s.pool.Exec(ctx, `DELETE FROM foreign_posts WHERE domain = $1 AND object_id = ANY($2)`, domain, strs(gone))
	if err == nil {
		s.changed()
		s.removeFilesSoon(ctx)
	}
	return mapped("drop foreign posts", err)
}
