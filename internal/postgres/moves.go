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

var _ town.MoveStore = (*Store)(nil)

// ChangeAccounts implements town.MoveStore. The actor's row is locked first, as by all who write an Update of it.
func (s *Store) ChangeAccounts(ctx context.Context, merchant uuid.UUID, change func(m *town.Merchant) ([]town.Outgoing, error)) error {
	err := s.inTx(ctx, "change accounts", func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT FROM actors WHERE id = $1 FOR NO KEY UPDATE`, merchant); err != nil {
			return err
		}
		rows, _ := tx.Query(ctx, `SELECT `+merchantColumns+` FROM `+merchantTables+` WHERE m.id = $1 AND a.deleted_at IS NULL`, merchant)
		m, err := pgx.CollectExactlyOneRow(rows, scanMerchant)
		if err != nil {
			return err
		}
		list, err := change(m)
		if err != nil {
			return err
		}
		aliases, moved, err := writeAccounts(m)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE merchants SET aliases = $2, moved = $3, last_move = $4 WHERE id = $1`,
			merchant, aliases, moved, zeronull.Timestamptz(m.LastMove))
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE actors SET updated_at = $2 WHERE id = $1`, merchant, s.orNow(m.Updated)); err != nil {
			return err
		}
		for _, out := range list {
			// One of the profile that waits says less than this one.
			if out.Leaves, err = takeHeldUpdate(ctx, tx, out); err != nil {
				return err
			}
			if err := s.addOutgoing(ctx, tx, out); err != nil {
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

// writeAccounts encodes what readAccounts reads.
func writeAccounts(m *town.Merchant) (aliases, moved []byte, err error) {
	list := m.Aliases
	if list == nil {
		list = []town.Account{}
	}
	if aliases, err = json.Marshal(list); err != nil {
		return nil, nil, fmt.Errorf("encode accounts: %w", err)
	}
	if m.Moved == nil {
		return aliases, nil, nil
	}
	if moved, err = json.Marshal(m.Moved); err != nil {
		return nil, nil, fmt.Errorf("encode accounts: %w", err)
	}
	return aliases, moved, nil
}

// readAccounts fills in the accounts elsewhere that a merchant has named.
func readAccounts(m *town.Merchant, aliases, moved []byte) error {
	if len(aliases) > 0 {
		if err := json.Unmarshal(aliases, &m.Aliases); err != nil {
			return fmt.Errorf("read accounts: %w", err)
		}
	}
	if len(moved) > 0 {
		if err := json.Unmarshal(moved, &m.Moved); err != nil {
			return fmt.Errorf("read accounts: %w", err)
		}
	}
	return nil
}

// CountFollowersSince implements town.MoveStore.
func (s *Store) CountFollowersSince(ctx context.Context, merchant uuid.UUID, since time.Time) (int, error) {
	var n int
	err := s.pool.QueryRow(ctx, `
		SELECT count(*) FROM followers WHERE actor_id = $1 AND ended_at IS NULL AND accepted_at >= $2`, merchant, since).Scan(&n)
	return n, mapped("count followers", err)
}

// mustBeHere answers town.ErrMoved for a merchant who has moved away, and lets none move before the transaction ends.
func mustBeHere(ctx context.Context, tx pgx.Tx, merchant uuid.UUID) error {
	var away bool
	err := tx.QueryRow(ctx, `SELECT moved IS NOT NULL FROM merchants WHERE id = $1 FOR SHARE`, merchant).Scan(&away)
	if err == nil && away {
		err = town.ErrMoved
	}
	return err
}
