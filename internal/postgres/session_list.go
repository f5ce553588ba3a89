package postgres

import (
	"context"
	"encoding/hex"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// sessionLogin is the login of a session: its data is a JSON object with the member "login".
const sessionLogin = `convert_from(data, 'UTF8')::jsonb ->> 'login'`

// SessionsOf returns the data of the live sessions of a login, by the SHA-256 of their tokens in hexadecimal digits. There are at most as many rows to look through as people of one town have
// browsers, so no index is kept for it.
func (s Sessions) SessionsOf(ctx context.Context, login uuid.UUID) (map[string][]byte, error) {
	rows, _ := s.store.pool.Query(ctx, `
		SELECT encode(token_hash, 'hex'), data FROM sessions WHERE `+sessionLogin+` = $1 AND expires_at > $2`,
		login.String(), s.store.now())
	all := make(map[string][]byte)
	var id string
	var data []byte
	_, err := pgx.ForEachRow(rows, []any{&id, &data}, func() error {
		all[id], data = data, nil
		return nil
	})
	return all, mapped("list sessions", err)
}

// EndSession ends a session of the login by its id; it is no error where there is none.
func (s Sessions) EndSession(ctx context.Context, login uuid.UUID, id string) error {
	hash, err := hex.DecodeString(id)
	if err != nil {
		return nil //nolint:nilerr // no session has such an id
	}
	_, err = s.store.pool.Exec(ctx, `DELETE FROM sessions WHERE token_hash = $1 AND `+sessionLogin+` = $2`, hash, login.String())
	if err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}
