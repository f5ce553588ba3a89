package postgres

import (
	"context"

	"bourg/internal/town"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// groupDays counts for each group what it announced on day $1, and what it had no room for.
const groupDays = `
	SELECT g.id, d.announced, d.waiting FROM groups g CROSS JOIN LATERAL (
		SELECT count(activity_id) AS announced, count(*) - count(activity_id) AS waiting
		  FROM group_announces x WHERE x.group_id = g.id AND x.day = $1::text::date
	) d
	 WHERE d.announced + d.waiting > 0`

// GroupDays implements town.GroupStore.
func (s *Store) GroupDays(ctx context.Context, day string) (map[uuid.UUID]town.GroupDay, error) {
	days := map[uuid.UUID]town.GroupDay{}
	rows, _ := s.pool.Query(ctx, groupDays, day)
	var id uuid.UUID
	var d town.GroupDay
	_, err := pgx.ForEachRow(rows, []any{&id, &d.Announced, &d.Waiting}, func() error {
		days[id] = d
		return nil
	})
	return days, mapped("count the groups' day", err)
}
