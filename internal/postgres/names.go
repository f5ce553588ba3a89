package postgres

import (
	"context"

	"bourg/internal/town"

	"github.com/jackc/pgx/v5"
)

// KeepNames remembers the host and the domain of handles of a town that is set up, the first time, and returns
// those that were remembered then.
func (s *Store) KeepNames(ctx context.Context) (town.Names, error) {
	var first town.Names
	err := s.inTx(ctx, "keep names", func(tx pgx.Tx) error {
		if err := s.keepNames(ctx, tx); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `SELECT host, handle_domain FROM names`).Scan(&first.Host, &first.Domain)
	})
	return first, err
}

func (s *Store) keepNames(ctx context.Context, tx db) error {
	now := s.addresses.Names()
	_, err := tx.Exec(ctx, `INSERT INTO names (host, handle_domain) VALUES ($1, $2) ON CONFLICT DO NOTHING`, now.Host, now.Domain)
	return err
}
