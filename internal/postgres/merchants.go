package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"bourg/internal/fold"
	"bourg/internal/town"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"
)

var (
	_ town.MemberStore    = (*Store)(nil)
	_ town.DirectoryStore = (*Store)(nil)
)

// merchantColumns are what scanMerchant reads, of merchants m and actors a.
const merchantColumns = `m.id, a.handle, m.name, m.trade, m.paint, m.summary, m.phone, m.address, m.hours, m.website, m.website_verified_at, m.lat, m.lon,
	m.postal_code, m.locality, m.opening_hours, nullif(m.special_hours, '[]'), m.reach, NOT m.announced, m.approve_replies, a.created_at, a.updated_at, a.deleted_at, ` + publishedKeys + `,
	(SELECT json_build_array(json_build_object('id', c.id, 'alt', c.alt, 'file', c.file)) FROM photos c WHERE c.merchant_id = m.id AND c.cover),
	nullif(m.aliases, '[]'), m.moved, m.last_move`

const merchantTables = `merchants m JOIN actors a ON a.id = m.id`

// merchantOrder is by name: its line comes first in what is searched. It is the expression of the index merchants_by_name.
const merchantOrder = `left(m.folded, 300), m.id`

// foldedMax is how much of what is said of a merchant is searched, in runes.
const foldedMax = 5000

// merchantFields are the places for merchantColumns. fill is called after the scan.
func merchantFields(m *town.Merchant) (fields []any, fill func() error) {
	var cover, special, keys, aliases, moved []byte
	fields = []any{
		&m.ID, &m.Handle, &m.Name, &m.Trade, &m.Paint, &m.Summary, &m.Phone, &m.Address, &m.Hours, &m.Website, (*zeronull.Timestamptz)(&m.WebsiteVerified), &m.Lat, &m.Lon,
		&m.PostalCode, &m.Locality, &m.Opening, &special, &m.Reach, &m.Unannounced, &m.Approve, &m.Created, &m.Updated, (*zeronull.Timestamptz)(&m.Deleted), &keys, &cover,
		&aliases, &moved, (*zeronull.Timestamptz)(&m.LastMove),
	}
	return fields, func() error {
		photos, err := readPhotos(cover)
		if err == nil && len(photos) > 0 {
			m.Cover = &photos[0]
		}
		if err == nil && special != nil {
			err = json.Unmarshal(special, &m.Special)
		}
		if err == nil {
			m.Keys, err = readKeys(keys)
		}
		return errors.Join(err, readAccounts(m, aliases, moved))
	}
}

func scanMerchant(row pgx.CollectableRow) (*town.Merchant, error) {
	var m town.Merchant
	fields, fill := merchantFields(&m)
	if err := row.Scan(fields...); err != nil {
		return nil, err
	}
	return &m, fill()
}

// Merchant implements town.DirectoryStore. With town.ErrGone it returns what was there.
func (s *Store) Merchant(ctx context.Context, id uuid.UUID) (*town.Merchant, error) {
	return s.oneMerchant(ctx, `m.id = $1`, id)
}

// MerchantByHandle implements town.DirectoryStore.
func (s *Store) MerchantByHandle(ctx context.Context, handle string) (*town.Merchant, error) {
	return s.oneMerchant(ctx, `a.handle = $1`, handle)
}

func (s *Store) oneMerchant(ctx context.Context, condition string, arg any) (*town.Merchant, error) {
	rows, _ := s.pool.Query(ctx, `
		SELECT (SELECT count(*) FROM followers f WHERE f.actor_id = m.id AND f.ended_at IS NULL), `+merchantColumns+`
		  FROM `+merchantTables+` WHERE `+condition, arg)
	m, err := pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (*town.Merchant, error) {
		var m town.Merchant
		fields, fill := merchantFields(&m)
		if err := row.Scan(append([]any{&m.Followers}, fields...)...); err != nil {
			return nil, err
		}
		return &m, fill()
	})
	if err != nil {
		return nil, mapped("read merchant", err)
	}
	if !m.Deleted.IsZero() {
		return m, fmt.Errorf("read merchant: %w", town.ErrGone)
	}
	return m, nil
}

// Merchants implements town.DirectoryStore. Followers are not counted in lists.
func (s *Store) Merchants(ctx context.Context, trade string) ([]*town.Merchant, error) {
	rows, _ := s.pool.Query(ctx, `
		SELECT `+merchantColumns+` FROM `+merchantTables+`
		 WHERE a.deleted_at IS NULL AND ($1 = '' OR m.trade = $1) ORDER BY `+merchantOrder, trade)
	list, err := pgx.CollectRows(rows, scanMerchant)
	return list, mapped("list merchants", err)
}

// TradeCounts implements town.DirectoryStore.
func (s *Store) TradeCounts(ctx context.Context) (map[string]int, error) {
	rows, _ := s.pool.Query(ctx, `
		SELECT m.trade, count(*) FROM `+merchantTables+` WHERE a.deleted_at IS NULL GROUP BY m.trade`)
	counts := make(map[string]int)
	var trade string
	var n int
	_, err := pgx.ForEachRow(rows, []any{&trade, &n}, func() error {
		counts[trade] = n
		return nil
	})
	return counts, mapped("count trades", err)
}

// HandleTaken implements town.DirectoryStore.
func (s *Store) HandleTaken(ctx context.Context, handle string) (bool, error) {
	var taken bool
	err := s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM actors WHERE handle = $1)`, handle).Scan(&taken)
	return taken, mapped("look for handle", err)
}

// MaySpeak implements town.MemberStore.
func (s *Store) MaySpeak(ctx context.Context, login, merchant uuid.UUID) (bool, error) {
	var may bool
	err := s.pool.QueryRow(ctx, `
		SELECT EXISTS (
			SELECT FROM memberships ms JOIN logins l ON l.id = ms.login_id JOIN actors a ON a.id = ms.merchant_id
			 WHERE ms.login_id = $1 AND ms.merchant_id = $2 AND l.disabled_at IS NULL AND a.deleted_at IS NULL)`,
		login, merchant).Scan(&may)
	return may, mapped("look for member", err)
}

// AddMerchant implements town.DirectoryStore. It sets the merchant's id.
func (s *Store) AddMerchant(ctx context.Context, m *town.Merchant, a town.NewActor) error {
	err := s.inTx(ctx, "add merchant", func(tx pgx.Tx) error {
		if err := addActor(ctx, tx, "merchant", a, s.orNow(m.Created)); err != nil {
			return err
		}
		values, err := merchantValues(a.ID, m)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO merchants (id, name, trade, paint, summary, phone, address, hours, website, lat, lon, reach, approve_replies, folded,
				postal_code, locality, opening_hours, special_hours, announced)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`, values...)
		if err != nil {
			return err
		}
		if err := setCover(ctx, tx, a.ID, m.Cover); err != nil {
			return err
		}
		if err := s.askAboutWebsite(ctx, tx, a.ID, ""); err != nil {
			return err
		}
		return changedByPerson(ctx, tx)
	})
	if err == nil {
		m.ID = a.ID
		s.changed()
	}
	return err
}

// EditMerchant implements town.DirectoryStore.
func (s *Store) EditMerchant(ctx context.Context, m *town.Merchant, out town.Outgoing) error {
	err := s.inTx(ctx, "edit merchant", func(tx pgx.Tx) error {
		err := mustAffect(tx.Exec(ctx, `UPDATE actors SET updated_at = $2 WHERE id = $1 AND deleted_at IS NULL`, m.ID, s.orNow(m.Updated)))
		if err != nil {
			return err
		}
		values, err := merchantValues(m.ID, m)
		if err != nil {
			return err
		}
		var website string
		if err := tx.QueryRow(ctx, `SELECT website FROM merchants WHERE id = $1 FOR UPDATE`, m.ID).Scan(&website); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			UPDATE merchants SET name = $2, trade = $3, paint = $4, summary = $5, phone = $6, address = $7, hours = $8, website = $9,
				lat = $10, lon = $11, reach = $12, approve_replies = $13, folded = $14, postal_code = $15, locality = $16,
				opening_hours = $17, special_hours = $18, announced = $19 WHERE id = $1`, values...)
		if err != nil {
			return err
		}
		if err := setCover(ctx, tx, m.ID, m.Cover); err != nil {
			return err
		}
		if err := s.askAboutWebsite(ctx, tx, m.ID, website); err != nil {
			return err
		}
		if out.Leaves, err = takeHeldUpdate(ctx, tx, out); err != nil {
			return err
		}
		if err := s.addOutgoing(ctx, tx, out); err != nil {
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

// takeHeldUpdate removes the Update of the same object that has not left yet, and returns when the new one, which takes its
// place, is to leave: no later than that one would have. One that is about to leave goes (two seconds are enough for the
// commit that follows). The actor's row is locked, so nobody writes another one in between.
func takeHeldUpdate(ctx context.Context, tx pgx.Tx, out town.Outgoing) (leaves time.Time, err error) {
	rows, _ := tx.Query(ctx, `
		WITH held AS (
			SELECT id, leaves_at FROM activities
			 WHERE object_id = $1 AND actor_id = $2 AND type = 'Update' AND leaves_at > clock_timestamp() + interval '2 seconds'
		), undelivered AS (
			DELETE FROM deliveries WHERE activity_id IN (SELECT id FROM held)
		)
		SELECT id, leaves_at FROM held`, string(out.Object), out.Actor)
	leaves = out.Leaves
	var id uuid.UUID
	var ids []uuid.UUID
	var at time.Time
	_, err = pgx.ForEachRow(rows, []any{&id, &at}, func() error {
		ids = append(ids, id)
		if at.Before(leaves) {
			leaves = at
		}
		return nil
	})
	if err != nil || len(ids) == 0 {
		return leaves, err
	}
	_, err = tx.Exec(ctx, `DELETE FROM activities WHERE id = ANY($1)`, ids)
	return leaves, err
}

func merchantValues(id uuid.UUID, m *town.Merchant) ([]any, error) {
	reach := m.Reach
	if reach == "" {
		reach = town.ReachEverywhere
	}
	special := []byte("[]")
	if len(m.Special) > 0 {
		var err error
		if special, err = json.Marshal(m.Special); err != nil {
			return nil, fmt.Errorf("encode special hours: %w", err)
		}
	}
	return []any{
		id, m.Name, m.Trade, m.Paint, m.Summary, m.Phone, m.Address, m.Hours, m.Website, m.Lat, m.Lon, string(reach), m.Approve,
		cut(fold.Fold(m.Name)+"\n"+fold.Fold(m.Trade)+"\n"+fold.Fold(m.Summary), foldedMax),
		m.PostalCode, m.Locality, m.Opening, special, !m.Unannounced,
	}, nil
}

func addActor(ctx context.Context, tx db, kind string, a town.NewActor, at time.Time) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO actors (id, kind, handle, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)`, a.ID, kind, a.Handle, at)
	if err != nil {
		return err
	}
	return addKeys(ctx, tx, a.ID, 1, a.Keys)
}

// setCover makes the photo the merchant's shop front: one of its uploads, or, with a zero
// id, one that is not recorded yet. The photo before it becomes loose.
func setCover(ctx context.Context, tx db, merchant uuid.UUID, cover *town.Photo) error {
	id := uuid.Nil
	if cover != nil {
		id = cover.ID
	}
	_, err := tx.Exec(ctx, `UPDATE photos SET cover = false WHERE merchant_id = $1 AND cover AND id <> $2`, merchant, id)
	if err != nil || cover == nil {
		return err
	}
	if id != uuid.Nil {
		return mustAffect(tx.Exec(ctx, `
			UPDATE photos SET cover = true, draft_id = NULL, alt = $3
			 WHERE id = $1 AND merchant_id = $2 AND post_id IS NULL`, id, merchant, cover.Alt))
	}
	if err := insertPhoto(ctx, tx, merchant, cover); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE photos SET cover = true WHERE id = $1`, cover.ID)
	return err
}

func insertPhoto(ctx context.Context, tx db, merchant uuid.UUID, p *town.Photo) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make an id: %w", err)
	}
	file := *p
	file.Alt = ""
	encoded, err := json.Marshal(file)
	if err != nil {
		return fmt.Errorf("encode photo: %w", err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO photos (id, merchant_id, alt, file) VALUES ($1, $2, $3, $4)`, id, merchant, p.Alt, encoded)
	if err == nil {
		p.ID = id
	}
	return err
}

// merchantsByID returns merchants, the former ones too, by their ids.
func (s *Store) merchantsByID(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]*town.Merchant, error) {
	rows, _ := s.pool.Query(ctx, `SELECT `+merchantColumns+` FROM `+merchantTables+` WHERE m.id = ANY($1)`, ids)
	list, err := pgx.CollectRows(rows, scanMerchant)
	byID := make(map[uuid.UUID]*town.Merchant, len(list))
	for _, m := range list {
		byID[m.ID] = m
	}
	return byID, err
}
