package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"bourg/federation"
	"bourg/internal/jobs"
	"bourg/internal/town"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"
)

var _ town.ExternalStore = (*Store)(nil)

const externalColumns = `id, actor, type, software, handle, name, url, host, inbox, outbox, trade, phone, address, lat, lon,
	state, waits_since, asks, asked_at, question, answer, agreed_by, agreed_at, unlinked, looked_at, ended_at, why, moved_to,
	following, follow_id, followed_at, follows, filled_at, created_at`

func scanExternal(row pgx.CollectableRow) (*town.External, error) {
	var e town.External
	err := row.Scan(&e.ID, &e.Actor, &e.Type, &e.Software, &e.Handle, &e.Name, &e.URL, &e.Host, &e.Inbox, &e.Outbox,
		&e.Trade, &e.Phone, &e.Address, &e.Lat, &e.Lon,
		&e.State, (*zeronull.Timestamptz)(&e.Waits), &e.Asks, (*zeronull.Timestamptz)(&e.Asked), (*zeronull.UUID)(&e.Question), &e.Answer,
		&e.AgreedBy, (*zeronull.Timestamptz)(&e.Agreed), &e.Unlinked, (*zeronull.Timestamptz)(&e.Looked),
		(*zeronull.Timestamptz)(&e.Ended), &e.Why, &e.MovedTo,
		&e.Following, (*zeronull.UUID)(&e.FollowID), (*zeronull.Timestamptz)(&e.Followed), &e.Follows, (*zeronull.Timestamptz)(&e.Filled),
		&e.Created)
	return &e, err
}

// External implements town.ExternalStore.
func (s *Store) External(ctx context.Context, id uuid.UUID) (*town.External, error) {
	return s.externalWhere(ctx, `id = $1`, id)
}

// ExternalByActor implements town.ExternalStore.
func (s *Store) ExternalByActor(ctx context.Context, actor federation.IRI) (*town.External, error) {
	return s.externalWhere(ctx, `actor = $1`, string(actor))
}

func (s *Store) externalWhere(ctx context.Context, condition string, args ...any) (*town.External, error) {
	rows, _ := s.pool.Query(ctx, `SELECT `+externalColumns+` FROM externals WHERE `+condition, args...)
	e, err := pgx.CollectExactlyOneRow(rows, scanExternal)
	return e, mapped("read listed account", err)
}

// ExternalOf implements town.ExternalStore.
func (s *Store) ExternalOf(ctx context.Context, object federation.IRI) (*town.External, error) {
	return s.externalWhere(ctx, `id = (SELECT external FROM foreign_posts WHERE object_id = $1)`, string(object))
}

// Externals implements town.ExternalStore.
func (s *Store) Externals(ctx context.Context) ([]*town.External, error) {
	rows, _ := s.pool.Query(ctx, `SELECT `+externalColumns+` FROM externals ORDER BY name, id LIMIT 1000`)
	list, err := pgx.CollectRows(rows, scanExternal)
	return list, mapped("list listed accounts", err)
}

// externalCache keeps who is shown, for as long as nothing has changed.
type externalCache struct {
	mu         sync.Mutex
	generation uint64
	known      bool
	list       []*town.External
}

// ShownExternals implements town.ExternalStore.
func (s *Store) ShownExternals(ctx context.Context) ([]*town.External, error) {
	c, generation := &s.externals, s.Generation()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.known || c.generation != generation {
		all, err := s.Externals(ctx)
		if err != nil {
			return nil, err
		}
		c.list = slices.DeleteFunc(all, func(e *town.External) bool { return !e.Shown() })
		c.generation, c.known = generation, true
	}
	return slices.Clone(c.list), nil
}

// ChangeExternal implements town.ExternalStore.
func (s *Store) ChangeExternal(ctx context.Context, actor federation.IRI, change func(*town.External) ([]town.Outgoing, error)) error {
	err := s.inTx(ctx, "change listed account", func(tx pgx.Tx) error {
		id, err := uuid.NewV7()
		if err != nil {
			return fmt.Errorf("make an id: %w", err)
		}
		_, err = tx.Exec(ctx, `INSERT INTO externals (id, actor) VALUES ($1, $2) ON CONFLICT DO NOTHING`, id, string(actor))
		if err != nil {
			return err
		}
		if err := s.changeExternal(ctx, tx, actor, change); err != nil {
			return err
		}
		return changedByPerson(ctx, tx)
	})
	if err == nil {
		s.changed()
		s.removeFilesSoon(ctx)
	}
	return err
}

// ReceiveFromExternal implements town.ExternalStore.
func (s *Store) ReceiveFromExternal(ctx context.Context, in town.Received, actor federation.IRI, change func(*town.External) ([]town.Outgoing, error)) error {
	return s.receiveInTx(ctx, "receive from listed account", in, func(tx pgx.Tx, _ int64) error {
		err := s.changeExternal(ctx, tx, actor, change)
		if errors.Is(err, pgx.ErrNoRows) {
			return federation.ErrIgnored
		}
		return err
	})
}

// changeExternal locks the row of a listed account and writes back what change makes of it, together with the activities that
// change returns, and with what its consent begins or ends.
func (s *Store) changeExternal(ctx context.Context, tx pgx.Tx, actor federation.IRI, change func(*town.External) ([]town.Outgoing, error)) error {
	rows, _ := tx.Query(ctx, `SELECT `+externalColumns+` FROM externals WHERE actor = $1 FOR UPDATE`, string(actor))
	e, err := pgx.CollectExactlyOneRow(rows, scanExternal)
	if err != nil {
		return err
	}
	was := e.Shown()
	out, err := change(e)
	if err != nil {
		return err
	}
	if err := writeExternal(ctx, tx, e); err != nil {
		return err
	}
	switch {
	case e.Shown() && !was:
		if _, err := s.jobs.InsertTx(ctx, tx, jobs.FillExternal{ID: e.ID.String()}, nil); err != nil {
			return err
		}
	case was && !e.Shown():
		if _, err := tx.Exec(ctx, `DELETE FROM foreign_posts WHERE external = $1`, e.ID); err != nil {
			return err
		}
	}
	for _, o := range out {
		if err := s.addOutgoing(ctx, tx, o); err != nil {
			return err
		}
	}
	return nil
}

func writeExternal(ctx context.Context, tx pgx.Tx, e *town.External) error {
	_, err := tx.Exec(ctx, `
		UPDATE externals SET type = $2, software = $3, handle = $4, name = $5, url = $6, host = $7, inbox = $8, outbox = $9, trade = $10,
		       phone = $11, address = $12, lat = $13, lon = $14, state = $15, waits_since = $16, asks = $17, asked_at = $18, question = $19,
		       answer = $20, agreed_by = $21, agreed_at = $22, unlinked = $23, looked_at = $24, ended_at = $25, why = $26, moved_to = $27,
		       following = $28, follow_id = $29, followed_at = $30, follows = $31, filled_at = $32
		 WHERE id = $1`,
		e.ID, e.Type, e.Software, e.Handle, e.Name, string(e.URL), e.Host, string(e.Inbox), string(e.Outbox), e.Trade,
		e.Phone, e.Address, e.Lat, e.Lon, string(e.State), zeronull.Timestamptz(e.Waits), e.Asks, zeronull.Timestamptz(e.Asked), nullID(e.Question),
		e.Answer, string(e.AgreedBy), zeronull.Timestamptz(e.Agreed), e.Unlinked, zeronull.Timestamptz(e.Looked), zeronull.Timestamptz(e.Ended),
		string(e.Why), string(e.MovedTo), string(e.Following), nullID(e.FollowID), zeronull.Timestamptz(e.Followed), e.Follows,
		zeronull.Timestamptz(e.Filled))
	return err
}

// DeleteExternalPost implements town.ExternalStore.
func (s *Store) DeleteExternalPost(ctx context.Context, in town.Received, external uuid.UUID, object federation.IRI) error {
	return s.receiveInTx(ctx, "delete listed account's post", in, func(tx pgx.Tx, _ int64) error {
		return dropExternalPost(ctx, tx, external, object)
	})
}

// DropExternalPost implements town.ExternalStore.
func (s *Store) DropExternalPost(ctx context.Context, external uuid.UUID, object federation.IRI) error {
	tag, err := s.pool.Exec(ctx, `DELETE FROM foreign_posts WHERE object_id = $1 AND external = $2`, string(object), external)
	if err == nil && tag.RowsAffected() > 0 {
		s.changed()
	}
	return mapped("drop listed account's post", err)
}

// dropExternalPost removes a post, known or still to come; of others' posts only what is known by this account.
func dropExternalPost(ctx context.Context, tx pgx.Tx, external uuid.UUID, object federation.IRI) error {
	tag, err := tx.Exec(ctx, `DELETE FROM foreign_posts WHERE object_id = $1 AND external = $2`, string(object), external)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO remote_tombstones (key) SELECT $1
		 WHERE $2 OR EXISTS (SELECT FROM externals WHERE id = $3 AND host = $4 AND state = 'agreed') ON CONFLICT DO NOTHING`,
		foreignKey(object), tag.RowsAffected() > 0, external, object.Host())
	return err
}

// maxExternalReads is how many objects of listed accounts may wait to be read at their origin.
const maxExternalReads = 500

// AskForExternalPost implements town.ExternalStore.
func (s *Store) AskForExternalPost(ctx context.Context, in town.Received, external uuid.UUID, object federation.IRI) error {
	if object.Host() == "" || object.Host() == s.host {
		return federation.ErrIgnored
	}
	return s.receiveInTx(ctx, "ask for listed account's post", in, func(tx pgx.Tx, _ int64) error {
		var waiting int
		err := tx.QueryRow(ctx, `
			SELECT count(*) FROM river_job WHERE kind = 'read_external' AND state IN ('available', 'scheduled', 'retryable', 'running')`).Scan(&waiting)
		if err != nil {
			return err
		}
		if waiting >= maxExternalReads {
			return federation.ErrIgnored
		}
		_, err = s.jobs.InsertTx(ctx, tx, jobs.ReadExternal{External: external.String(), Object: string(object)}, nil)
		return err
	})
}
