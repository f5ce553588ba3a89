package postgres

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/jackc/pgx/v5"
)

var _ scs.CtxStore = Sessions{}

// Sessions keeps the sessions of people who are signed in (scs.CtxStore). A session is
// found by the hash of its token, so that nobody can take one over who reads the table.
type Sessions struct{ store *Store }

// Sessions returns the sessions of the town.
func (s *Store) Sessions() Sessions { return Sessions{s} }

func tokenHash(token string) []byte {
	h := sha256.Sum256([]byte(token))
	return h[:]
}

// FindCtx implements scs.CtxStore.
func (s Sessions) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	var data []byte
	err := s.store.pool.QueryRow(ctx, `SELECT data FROM sessions WHERE token_hash = $1 AND expires_at > $2`,
		tokenHash(token), s.store.now()).Scan(&data)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read session: %w", err)
	}
	return data, true, nil
}

// CommitCtx implements scs.CtxStore.
func (s Sessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	_, err := s.store.pool.Exec(ctx, `
		INSERT INTO sessions (token_hash, data, expires_at) VALUES ($1, $2, $3)
		ON CONFLICT (token_hash) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at`, tokenHash(token), data, expiry)
	return mapped("keep session", err)
}

// DeleteCtx implements scs.CtxStore.
func (s Sessions) DeleteCtx(ctx context.Context, token string) error {
	_, err := s.store.pool.Exec(ctx, `DELETE FROM sessions WHERE token_hash = $1`, tokenHash(token))
	return mapped("end session", err)
}

// sessionTime bounds the methods without a context, which scs wants and does not call.
const sessionTime = 5 * time.Second

// Find implements scs.Store.
func (s Sessions) Find(token string) ([]byte, bool, error) {
	ctx, cancel := context.WithTimeout(context.Background(), sessionTime) //nolint:forbidigo // scs.Store has no context
	defer cancel()
	return s.FindCtx(ctx, token)
}

// Commit implements scs.Store.
func (s Sessions) Commit(token string, data []byte, expiry time.Time) error {
	ctx, cancel := context.WithTimeout(context.Background(), sessionTime) //nolint:forbidigo // scs.Store has no context
	defer cancel()
	return s.CommitCtx(ctx, token, data, expiry)
}

// Delete implements scs.Store.
func (s Sessions) Delete(token string) error {
	ctx, cancel := context.WithTimeout(context.Background(), sessionTime) //nolint:forbidigo // scs.Store has no context
	defer cancel()
	return s.DeleteCtx(ctx, token)
}
