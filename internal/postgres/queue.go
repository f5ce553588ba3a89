package postgres

import (
	"context"
	"fmt"
	"time"

	"bourg/internal/town"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"
)

// network is every host to which something was ever sent, as town.HostQueue wants it, in one look at the
// deliveries and one at the hosts. The last two columns are its place among the others, the worst first.
const network = `
	SELECT host, waiting, parked, oldest, state, CASE WHEN state IN ('ok', 'blocked') THEN '' ELSE coalesce(last_error, '') END,
	       next_try, failing_since, last_success, place, since
	  FROM (
		SELECT n.*, CASE state WHEN 'parked' THEN 0 WHEN 'paused' THEN 0 WHEN 'retrying' THEN 1 WHEN 'blocked' THEN 4
		                       ELSE CASE WHEN waiting > 0 THEN 2 ELSE 3 END END AS place,
		       CASE WHEN state IN ('parked', 'paused', 'retrying') OR waiting > 0 THEN coalesce(least(failing_since, oldest), 'epoch') ELSE 'epoch' END AS since
		  FROM (
			SELECT coalesce(q.host, h.host) AS host, coalesce(q.waiting, 0) AS waiting, coalesce(q.parked, 0) AS parked, q.oldest, h.last_error,
			       CASE WHEN h.paused_until = 'infinity' THEN 'blocked' WHEN q.waiting = 0 THEN 'parked' WHEN h.paused_until > now() THEN 'paused'
			            WHEN q.attempts > 0 OR h.failing_since IS NOT NULL THEN 'retrying' ELSE 'ok' END AS state,
			       CASE WHEN q.waiting > 0 AND h.paused_until IS DISTINCT FROM 'infinity' THEN greatest(q.next_try, h.paused_until) END AS next_try,
			       h.failing_since, h.last_success
			  FROM (
				SELECT host, count(*) FILTER (WHERE state = 'waiting') AS waiting, count(*) FILTER (WHERE state = 'parked') AS parked,
				       coalesce(min(created_at) FILTER (WHERE state = 'waiting'), min(created_at)) AS oldest,
				       max(attempts) FILTER (WHERE state = 'waiting') AS attempts, min(next_try) FILTER (WHERE state = 'waiting') AS next_try
				  FROM deliveries GROUP BY host
			  ) q FULL JOIN hosts h ON h.host = q.host
		  ) n
	  ) hosts`

// networkPage is a page of it, behind the host at $1, $2 and $3, $4 of them.
const networkPage = network + ` WHERE (place, since, host) > ($1::int, $2::timestamptz, $3::text) ORDER BY place, since, host LIMIT $4`

// QueueByHost implements town.ModerationStore.
func (s *Store) QueueByHost(ctx context.Context) ([]town.HostQueue, error) {
	rows, _ := s.pool.Query(ctx, network+` WHERE waiting + parked > 0 ORDER BY place, since, host`)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[town.HostQueue])
	return list, mapped("list queue", err)
}

// Network implements town.ModerationStore.
func (s *Store) Network(ctx context.Context, after town.HostCursor, n int) ([]town.HostQueue, error) {
	rows, _ := s.pool.Query(ctx, networkPage, after.Place, after.Since, after.Host, n)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[town.HostQueue])
	return list, mapped("list hosts", err)
}

// QueueTotals implements town.ModerationStore.
func (s *Store) QueueTotals(ctx context.Context) (town.QueueTotals, error) {
	var t town.QueueTotals
	err := s.pool.QueryRow(ctx, `
		SELECT count(*) FILTER (WHERE state = 'waiting'), count(*) FILTER (WHERE state = 'parked'), min(created_at) FILTER (WHERE state = 'waiting'),
		       (SELECT count(*) FROM hosts WHERE failing_since IS NOT NULL AND paused_until < 'infinity')
		  FROM deliveries`).Scan(&t.Waiting, &t.Parked, (*zeronull.Timestamptz)(&t.Oldest), &t.Failing)
	return t, mapped("count queue", err)
}

// revive makes deliveries wait again that were given up, to the host $1 or to all where it is ”. A delivery stays as it is
// where a later activity about the same object has got through to the inbox, or is on its way at this moment: what is
// old must not overtake what is new. The others follow each other in the order in which they were made.
const revive = `
	WITH candidate AS (
		SELECT d.id, d.inbox, d.activity_id, a.object_id FROM deliveries d JOIN activities a ON a.id = d.activity_id
		 WHERE d.state = 'parked' AND ($1 = '' OR d.host = $1)
		   AND NOT EXISTS (SELECT FROM hosts h WHERE h.host = d.host AND h.paused_until = 'infinity')
		   AND NOT EXISTS (
			SELECT FROM activities later WHERE later.object_id = a.object_id AND later.actor_id = a.actor_id AND later.id > a.id AND NOT EXISTS (
				SELECT FROM deliveries e WHERE e.activity_id = later.id AND e.inbox = d.inbox AND (e.leased_until IS NULL OR e.leased_until <= now())))
		 ORDER BY d.id FOR UPDATE OF d
	), chain AS (
		SELECT e.id, lag(e.id) OVER (PARTITION BY e.inbox, a.object_id ORDER BY e.id) AS after
		  FROM (SELECT DISTINCT object_id, inbox FROM candidate) c JOIN activities a ON a.object_id = c.object_id
		  JOIN deliveries e ON e.activity_id = a.id AND e.inbox = c.inbox
		 WHERE e.state = 'waiting' OR e.id IN (SELECT id FROM candidate)
	), linked AS (
		UPDATE deliveries d SET after = coalesce(chain.after, CASE WHEN d.state = 'waiting' THEN d.after END), state = 'waiting',
		       next_try = CASE WHEN d.state = 'parked' THEN now() ELSE d.next_try END
		  FROM chain WHERE d.id = chain.id
	), counted AS (
		UPDATE activities a SET abandoned = a.abandoned - c.n
		  FROM (SELECT activity_id, count(*) AS n FROM candidate GROUP BY activity_id ORDER BY activity_id) c WHERE a.id = c.activity_id
	)
	SELECT count(*) FROM candidate`

// RetryNow implements town.ModerationStore. A delivery that was never tried waits for its own time: it may be one
// that can still be taken back.
func (s *Store) RetryNow(ctx context.Context, host string) (n int, err error) {
	err = s.inTx(ctx, "retry deliveries", func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			UPDATE hosts SET paused_until = '-infinity' WHERE paused_until > now() AND paused_until < 'infinity' AND ($1 = '' OR host = $1)`, host)
		if err != nil {
			return fmt.Errorf("end the pause: %w", err)
		}
		if err := tx.QueryRow(ctx, revive, host).Scan(&n); err != nil {
			return fmt.Errorf("take up what was given up: %w", err)
		}
		tag, err := tx.Exec(ctx, `
			UPDATE deliveries d SET next_try = now()
			 WHERE d.state = 'waiting' AND d.attempts > 0 AND d.next_try > now() AND ($1 = '' OR d.host = $1)
			   AND NOT EXISTS (SELECT FROM hosts h WHERE h.host = d.host AND h.paused_until = 'infinity')`, host)
		if err != nil {
			return fmt.Errorf("make due what waits: %w", err)
		}
		n += int(tag.RowsAffected())
		_, err = tx.Exec(ctx, `SELECT pg_notify('bourg_deliveries', '')`)
		return err
	})
	return n, err
}

// Reached implements town.DeliveryStore. What has got through follows from what is left, see FinishDeliveries.
func (s *Store) Reached(ctx context.Context, post uuid.UUID) (town.PostReach, error) {
	rows, _ := s.pool.Query(ctx, `
		SELECT a.type, a.recipients, a.abandoned, (SELECT count(*) FROM deliveries d WHERE d.activity_id = a.id AND d.state = 'waiting')
		  FROM ((SELECT * FROM activities WHERE object_id = $1 AND type = 'Create' AND actor_id = (SELECT merchant_id FROM posts WHERE id = $2) ORDER BY id LIMIT 1)
		        UNION ALL (SELECT * FROM activities WHERE object_id = $1 AND type = 'Update' AND actor_id = (SELECT merchant_id FROM posts WHERE id = $2)
		                   ORDER BY id DESC LIMIT 1)) a`,
		string(s.addresses.Post(post)), post)
	var reach town.PostReach
	var kind string
	var to, abandoned, waiting int
	_, err := pgx.ForEachRow(rows, []any{&kind, &to, &abandoned, &waiting}, func() error {
		r := &town.Reached{To: to, GivenUp: abandoned, Waiting: waiting, Delivered: to - abandoned - waiting}
		if kind == "Create" {
			reach.First = r
		} else {
			reach.Edit = r
		}
		return nil
	})
	return reach, mapped("count deliveries of a post", err)
}

// postHosts are the hosts that have not got what there is to get of a post: its Create and its latest Update.
const postHosts = `
	SELECT d.host, count(*) FILTER (WHERE d.state = 'waiting'), count(*) FILTER (WHERE d.state = 'parked'), min(d.created_at),
	       min(greatest(d.next_try, h.paused_until)) FILTER (WHERE d.state = 'waiting'),
	       coalesce(CASE WHEN max(d.attempts) > 0 OR h.failing_since IS NOT NULL THEN max(h.last_error) END, '')
	  FROM ((SELECT id FROM activities WHERE object_id = $1 AND type = 'Create' ORDER BY id LIMIT 1)
	        UNION ALL (SELECT id FROM activities WHERE object_id = $1 AND type = 'Update' ORDER BY id DESC LIMIT 1)) a
	  JOIN deliveries d ON d.activity_id = a.id LEFT JOIN hosts h ON h.host = d.host
	 WHERE d.host > $2 AND h.paused_until IS DISTINCT FROM 'infinity'
	 GROUP BY d.host, h.failing_since ORDER BY d.host LIMIT $3`

// MissedBy implements town.DeliveryStore.
func (s *Store) MissedBy(ctx context.Context, post uuid.UUID, after string, n int) ([]town.HostMissing, error) {
	rows, _ := s.pool.Query(ctx, postHosts, string(s.addresses.Post(post)), after, n)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (town.HostMissing, error) {
		var m town.HostMissing
		var next *time.Time
		err := row.Scan(&m.Host, &m.Waiting, &m.Parked, &m.Since, &next, &m.LastError)
		if next != nil {
			m.NextTry = *next
		}
		return m, err
	})
	return list, mapped("list hosts that wait for a post", err)
}
