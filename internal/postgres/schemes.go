package postgres

import (
	"context"
	"errors"

	"bourg/federation"

	"github.com/jackc/pgx/v5"
)

var _ federation.Schemes = (*Store)(nil)

// Scheme implements federation.Schemes.
func (s *Store) Scheme(ctx context.Context, host string) (federation.SignatureScheme, error) {
	var scheme federation.SignatureScheme
	err := s.pool.QueryRow(ctx, `SELECT scheme FROM hosts WHERE host = $1`, host).Scan(&scheme)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	return scheme, mapped("read how a host signs", err)
}

// SchemeWorked implements federation.Schemes.
func (s *Store) SchemeWorked(ctx context.Context, host string, scheme federation.SignatureScheme) error {
	_, err := s.pool.Exec(ctx, `
		INSERT INTO hosts AS h (host, scheme, scheme_at) VALUES ($1, $2, now())
		ON CONFLICT (host) DO UPDATE SET scheme = excluded.scheme, scheme_at = excluded.scheme_at
		 WHERE h.scheme <> excluded.scheme OR h.scheme_at IS NULL OR h.scheme_at < now() - interval '1 day'`, host, int(scheme))
	return mapped("remember how a host signs", err)
}
