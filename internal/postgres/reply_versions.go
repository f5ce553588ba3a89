package postgres

import (
	"context"

	"bourg/internal/town"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// versionsMax is how many former texts of one reply are kept; further edits replace the text only.
const versionsMax = 50

// ReplyVersions implements town.MessageStore and town.ModerationStore.
func (s *Store) ReplyVersions(ctx context.Context, reply uuid.UUID) ([]town.ReplyVersion, error) {
	rows, _ := s.pool.Query(ctx, `
		SELECT replaced_at, summary, content, language FROM reply_versions WHERE reply_id = $1 ORDER BY replaced_at DESC`, reply)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[town.ReplyVersion])
	return list, mapped("list versions of a reply", err)
}
