package postgres

import (
	"context"
	"encoding/json"

	"bourg/internal/town"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

var _ town.NoticeStore = (*Store)(nil)

// MerchantHours implements town.DirectoryStore.
func (s *Store) MerchantHours(ctx context.Context) ([]*town.Merchant, error) {
	rows, _ := s.pool.Query(ctx, `
		SELECT m.id, a.handle, m.name, m.trade, m.hours, m.opening_hours, nullif(m.special_hours, '[]')
		  FROM `+merchantTables+` WHERE a.deleted_at IS NULL ORDER BY `+merchantOrder)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*town.Merchant, error) {
		var m town.Merchant
		var special []byte
		if err := row.Scan(&m.ID, &m.Handle, &m.Name, &m.Trade, &m.Hours, &m.Opening, &special); err != nil || special == nil {
			return &m, err
		}
		return &m, json.Unmarshal(special, &m.Special)
	})
	return list, mapped("read the hours of merchants", err)
}

// MerchantsWithSpecialHours implements town.NoticeStore. Its condition is that of the index merchants_special.
func (s *Store) MerchantsWithSpecialHours(ctx context.Context, after uuid.UUID, n int) ([]*town.Merchant, error) {
	rows, _ := s.pool.Query(ctx, `
		SELECT `+merchantColumns+` FROM `+merchantTables+`
		 WHERE a.deleted_at IS NULL AND m.special_hours <> '[]' AND m.id > $1 ORDER BY m.id LIMIT $2`, after, n)
	list, err := pgx.CollectRows(rows, scanMerchant)
	return list, mapped("list merchants with special hours", err)
}
