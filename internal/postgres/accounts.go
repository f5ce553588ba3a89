package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"bourg/internal/town"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"
)

var _ town.AccountStore = (*Store)(nil)

// loginColumns are what scanLogin reads, of logins l.
const loginColumns = `l.id, l.email, l.name, l.password_hash, l.town_hall, l.epoch, l.created_at, l.disabled_at`

func scanLogin(row pgx.CollectableRow) (*town.Login, error) {
	var l town.Login
	err := row.Scan(&l.ID, (*zeronull.Text)(&l.Email), &l.Name, (*zeronull.Text)(&l.Password), &l.TownHall, &l.Epoch, &l.Created,
		(*zeronull.Timestamptz)(&l.Disabled))
	return &l, err
}

// Login implements town.AccountStore.
func (s *Store) Login(ctx context.Context, id uuid.UUID) (*town.Login, error) {
	return s.oneLogin(ctx, `l.id = $1`, id)
}

// LoginByEmail implements town.AccountStore.
func (s *Store) LoginByEmail(ctx context.Context, email string) (*town.Login, error) {
	return s.oneLogin(ctx, `l.email = $1`, strings.ToLower(email))
}

func (s *Store) oneLogin(ctx context.Context, condition string, arg any) (*town.Login, error) {
	rows, _ := s.pool.Query(ctx, `SELECT `+loginColumns+` FROM logins l WHERE l.disabled_at IS NULL AND `+condition, arg)
	l, err := pgx.CollectExactlyOneRow(rows, scanLogin)
	if err != nil {
		return nil, mapped("read login", err)
	}
	rows, _ = s.pool.Query(ctx, `
		SELECT `+merchantColumns+` FROM memberships ms JOIN `+merchantTables+` ON m.id = ms.merchant_id
		 WHERE ms.login_id = $1 AND a.deleted_at IS NULL ORDER BY `+merchantOrder, l.ID)
	l.Merchants, err = pgx.CollectRows(rows, scanMerchant)
	return l, mapped("read merchants of login", err)
}

// AddLogin implements town.AccountStore. A login without an id gets one.
func (s *Store) AddLogin(ctx context.Context, l *town.Login, merchant uuid.UUID) error {
	id := l.ID
	if id == uuid.Nil {
		var err error
		if id, err = uuid.NewV7(); err != nil {
			return fmt.Errorf("add login: make an id: %w", err)
		}
	}
	var epoch int
	err := s.inTx(ctx, "add login", func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `
			INSERT INTO logins (id, email, name, password_hash, town_hall, created_at) VALUES ($1, $2, $3, $4, $5, $6) RETURNING epoch`,
			id, zeronull.Text(strings.ToLower(l.Email)), l.Name, zeronull.Text(l.Password), l.TownHall, s.orNow(l.Created)).Scan(&epoch)
		if err != nil || merchant == uuid.Nil {
			return err
		}
		return addMember(ctx, tx, id, merchant)
	})
	if err == nil {
		l.ID, l.Epoch = id, epoch
	}
	return err
}

// AddMember implements town.AccountStore.
func (s *Store) AddMember(ctx context.Context, login, merchant uuid.UUID) error {
	return mapped("add member", addMember(ctx, s.pool, login, merchant))
}

func addMember(ctx context.Context, tx db, login, merchant uuid.UUID) error {
	_, err := tx.Exec(ctx, `INSERT INTO memberships (login_id, merchant_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`, login, merchant)
	return err
}

// MakeTownHall implements town.AccountStore.
func (s *Store) MakeTownHall(ctx context.Context, login uuid.UUID) error {
	return mapped("make town hall", mustAffect(s.pool.Exec(ctx, `UPDATE logins SET town_hall = true WHERE id = $1`, login)))
}

// MembersOf implements town.AccountStore. Disabled logins are left out, and the logins' merchants are not read.
func (s *Store) MembersOf(ctx context.Context, merchant uuid.UUID) ([]*town.Login, error) {
	rows, _ := s.pool.Query(ctx, `
		SELECT `+loginColumns+` FROM memberships ms JOIN logins l ON l.id = ms.login_id
		 WHERE ms.merchant_id = $1 AND l.disabled_at IS NULL ORDER BY l.created_at, l.id`, merchant)
	list, err := pgx.CollectRows(rows, scanLogin)
	return list, mapped("list members", err)
}

// AddSignInLink implements town.AccountStore.
func (s *Store) AddSignInLink(ctx context.Context, hash []byte, purpose string, login uuid.UUID, expires time.Time) error {
	_, err := s.pool.Exec(ctx, `INSERT INTO sign_in_links (token_hash, purpose, login_id, expires_at) VALUES ($1, $2, $3, $4)`,
		hash, purpose, nullID(login), expires)
	return mapped("add link", err)
}

// usableLink is the condition under which a link may be used: $1 its hash, $2 its purpose, $3 the present.
const usableLink = `token_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3
	AND (login_id IS NULL OR EXISTS (SELECT FROM logins l WHERE l.id = login_id AND l.disabled_at IS NULL))`

// SignInLink implements town.AccountStore.
func (s *Store) SignInLink(ctx context.Context, hash []byte, purpose string, now time.Time) (uuid.UUID, error) {
	return s.link(ctx, "read link", `SELECT login_id FROM sign_in_links WHERE `+usableLink, hash, purpose, now)
}

// UseSignInLink implements town.AccountStore.
func (s *Store) UseSignInLink(ctx context.Context, hash []byte, purpose string, now time.Time) (uuid.UUID, error) {
	return s.link(ctx, "use link", `
		WITH used AS (
			UPDATE sign_in_links SET used_at = $3 WHERE `+usableLink+` RETURNING login_id
		), signed_in AS (
			UPDATE logins SET signed_in_at = $3 FROM used WHERE id = used.login_id
		)
		SELECT login_id FROM used`, hash, purpose, now)
}

func (s *Store) link(ctx context.Context, doing, sql string, args ...any) (uuid.UUID, error) {
	var login uuid.UUID
	err := s.pool.QueryRow(ctx, sql, args...).Scan((*zeronull.UUID)(&login))
	if errors.Is(err, pgx.ErrNoRows) {
		err = town.ErrWrongLink
	}
	return login, mapped(doing, err)
}

// SetPassword implements town.AccountStore.
func (s *Store) SetPassword(ctx context.Context, login uuid.UUID, hash string) (int, error) {
	var epoch int
	err := s.pool.QueryRow(ctx, `UPDATE logins SET password_hash = $2, epoch = epoch + 1 WHERE id = $1 RETURNING epoch`,
		login, zeronull.Text(hash)).Scan(&epoch)
	return epoch, mapped("set password", err)
}

// EndSessions implements town.AccountStore.
func (s *Store) EndSessions(ctx context.Context, login uuid.UUID) (int, error) {
	var epoch int
	err := s.pool.QueryRow(ctx, `UPDATE logins SET epoch = epoch + 1 WHERE id = $1 RETURNING epoch`, login).Scan(&epoch)
	return epoch, mapped("end sessions", err)
}
