package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"bourg/internal/town"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"
)

var _ town.KeyStore = (*Store)(nil)

// publishedKeys are the keys that an actor a publishes, the newest first, as JSON.
const publishedKeys = `(SELECT coalesce(json_agg(json_build_object('number', k.number, 'kind', k.kind, 'pem', k.public_key, 'retires', k.retires_at)
	ORDER BY k.number DESC, k.kind DESC), '[]') FROM actor_keys k WHERE k.actor_id = a.id AND NOT k.hidden)`

func readKeys(encoded []byte) ([]town.ActorKey, error) {
	var rows []struct {
		Number  int
		Kind    town.KeyKind
		PEM     string
		Retires *time.Time
	}
	if err := json.Unmarshal(encoded, &rows); err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	keys := make([]town.ActorKey, len(rows))
	for i, r := range rows {
		keys[i] = town.ActorKey{Number: r.Number, Kind: r.Kind, PublicPEM: r.PEM}
		if r.Retires != nil {
			keys[i].Retires = r.Retires.UTC()
		}
	}
	return keys, nil
}

// SigningKeys implements town.DocumentStore. It is the one place where private keys are read.
func (s *Store) SigningKeys(ctx context.Context, actor uuid.UUID) ([]town.SigningKey, error) {
	rows, _ := s.pool.Query(ctx, `
		SELECT number, kind, private_key, retires_at FROM actor_keys WHERE actor_id = $1 ORDER BY number DESC, kind DESC`, actor)
	keys, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (k town.SigningKey, err error) {
		err = row.Scan(&k.Number, &k.Kind, &k.PrivatePEM, (*zeronull.Timestamptz)(&k.Retires))
		return k, err
	})
	return keys, mapped("read signing keys", err)
}

// ActorHandles implements town.KeyStore.
func (s *Store) ActorHandles(ctx context.Context) ([]string, error) {
	rows, _ := s.pool.Query(ctx, `SELECT handle FROM actors WHERE deleted_at IS NULL ORDER BY handle`)
	handles, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return handles, mapped("list handles", err)
}

// ActorsWithout implements town.KeyStore.
func (s *Store) ActorsWithout(ctx context.Context, kind town.KeyKind, n int) ([]uuid.UUID, error) {
	rows, _ := s.pool.Query(ctx, `
		SELECT id FROM actors a WHERE deleted_at IS NULL AND NOT EXISTS (
			SELECT FROM actor_keys k WHERE k.actor_id = a.id AND k.kind = $1 AND k.retires_at IS NULL)
		 ORDER BY id LIMIT $2`, string(kind), n)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	return ids, mapped("list actors without a key", err)
}

// AddKey implements town.KeyStore.
func (s *Store) AddKey(ctx context.Context, actor uuid.UUID, key town.NewKey) error {
	err := s.inTx(ctx, "add key", func(tx pgx.Tx) error {
		err := mustAffect(tx.Exec(ctx, `
			INSERT INTO actor_keys (actor_id, number, kind, private_key, public_key)
			SELECT actor_id, number, $2, $3, $4 FROM actor_keys WHERE actor_id = $1 AND retires_at IS NULL LIMIT 1`,
			actor, string(key.Kind), key.PrivatePEM, key.PublicPEM))
		if err != nil {
			return err
		}
		return changedByPerson(ctx, tx)
	})
	if err == nil {
		s.merchants.forget()
		s.changed()
	}
	return err
}

// addKeys inserts an actor's keys of one number.
func addKeys(ctx context.Context, tx db, actor uuid.UUID, number int, keys []town.NewKey) error {
	for _, key := range keys {
		_, err := tx.Exec(ctx, `
			INSERT INTO actor_keys (actor_id, number, kind, private_key, public_key) VALUES ($1, $2, $3, $4, $5)`,
			actor, number, string(key.Kind), key.PrivatePEM, key.PublicPEM)
		if err != nil {
			return err
		}
	}
	return nil
}

// announceFirst lets what waits from the actor $2 for an inbox wait until the announcement $1 has gone there. It
// leaves out what is about the actor itself ($3), which the announcement waits for.
const announceFirst = `
	UPDATE deliveries d SET after = u.id
	  FROM deliveries u, activities a
	 WHERE u.activity_id = $1 AND d.host = u.host AND d.inbox = u.inbox AND d.state = 'waiting' AND d.after IS NULL AND d.id <> u.id
	   AND a.id = d.activity_id AND a.actor_id = $2 AND a.object_id <> $3`

// RotateKeys implements town.KeyStore.
func (s *Store) RotateKeys(ctx context.Context, r town.Rotation) error {
	err := s.inTx(ctx, "rotate keys", func(tx pgx.Tx) error {
		// Two rotations at once, and an Update of the actor at the same time, go one after the other.
		if err := mustAffect(tx.Exec(ctx, `SELECT FROM actors WHERE id = $1 AND deleted_at IS NULL FOR UPDATE`, r.Actor)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE actor_keys SET retires_at = $2 WHERE actor_id = $1 AND retires_at IS NULL`, r.Actor, r.Retires)
		if err != nil {
			return err
		}
		if r.Hide {
			// What leaked may be any of those before.
			if _, err := tx.Exec(ctx, `UPDATE actor_keys SET hidden = true WHERE actor_id = $1`, r.Actor); err != nil {
				return err
			}
		}
		if err := addKeys(ctx, tx, r.Actor, r.Number, r.Keys); err != nil {
			return err
		}
		if out := r.Announce; out != nil {
			// One that waits to leave says what this one says, and names the former keys.
			if _, err := takeHeldUpdate(ctx, tx, *out); err != nil {
				return err
			}
			if err := s.addOutgoing(ctx, tx, *out); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `UPDATE activities SET former_keys = true WHERE id = $1`, out.ID); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, announceFirst, out.ID, r.Actor, string(out.Object)); err != nil {
				return err
			}
		}
		return changedByPerson(ctx, tx)
	})
	if err == nil {
		s.merchants.forget()
		s.changed()
	}
	return err
}

// EraseKeys implements town.KeyStore.
func (s *Store) EraseKeys(ctx context.Context, now time.Time) (int, error) {
	var erased int
	err := s.inTx(ctx, "erase keys", func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `DELETE FROM actor_keys WHERE retires_at <= $1`, now)
		if erased = int(tag.RowsAffected()); err != nil || erased == 0 {
			return err
		}
		return changedByPerson(ctx, tx)
	})
	if err == nil && erased > 0 {
		s.merchants.forget()
		s.changed()
	}
	return erased, err
}
