package postgres

import (
	"context"

	"bourg/internal/town"

	"github.com/jackc/pgx/v5"
)

// QueueByHost implements town.ModerationStore. A host is "paused" while nothing is sent
// to it, "retrying" where an attempt has failed, "parked" where only deliveries are left that
// were given up, and "ok" otherwise.
func (s *Store) QueueByHost(ctx context.Context) ([]town.HostQueue, error) {
	rows, _ := s.pool.Query(ctx, `
		SELECT q.host, q.waiting, q.oldest,
		       CASE WHEN q.waiting = 0 THEN 'parked' WHEN h.paused_until > now() THEN 'paused' WHEN q.attempts > 0 THEN 'retrying' ELSE 'ok' END,
		       coalesce(q.error, h.last_error, ''),
		       CASE WHEN q.waiting > 0 AND h.paused_until IS DISTINCT FROM 'infinity' THEN greatest(q.next_try, h.paused_until) END
		  FROM (
			SELECT host, count(*) FILTER (WHERE state = 'waiting') AS waiting,
			       coalesce(min(created_at) FILTER (WHERE state = 'waiting'), min(created_at)) AS oldest,
			       coalesce(max(attempts) FILTER (WHERE state = 'waiting'), 0) AS attempts,
			       min(next_try) FILTER (WHERE state = 'waiting') AS next_try,
			       (array_agg(last_error ORDER BY id DESC) FILTER (WHERE last_error IS NOT NULL))[1] AS error
			  FROM deliveries GROUP BY host
		  ) q LEFT JOIN hosts h ON h.host = q.host
		 ORDER BY q.waiting = 0, q.oldest, q.host`)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[town.HostQueue])
	return list, mapped("list queue", err)
}
