package postgres

import (
	"context"
	"time"

	"bourg/federation"

	"github.com/jackc/pgx/v5"
)

// finishDeliveries records results: one row each of id, lease, outcome, next try, error, pause and
// scheme ($1 to $7). Only rows whose lease is still the result's count, so a worker that was asleep
// changes nothing.
const finishDeliveries = `
	WITH result AS MATERIALIZED (
		SELECT r.*, d.activity_id, d.host, d.inbox FROM unnest($1::bigint[], $2::bigint[], $3::int[], $4::timestamptz[], $5::text[], $6::timestamptz[], $7::int[])
		       AS r(id, lease, outcome, next, error, pause, scheme)
		  JOIN deliveries d ON d.id = r.id AND d.lease = r.lease AND d.state = 'waiting'
		 ORDER BY d.id FOR UPDATE OF d
	), delivered AS (
		DELETE FROM deliveries d USING result r WHERE d.id = r.id AND r.outcome = $8
	), changed AS (
		UPDATE deliveries d SET
			lease = 0, leased_until = NULL,
			state      = CASE WHEN r.outcome = $10 THEN 'parked' ELSE 'waiting' END,
			attempts   = d.attempts + CASE WHEN r.outcome = $11 THEN 0 ELSE 1 END,
			next_try   = CASE WHEN r.outcome = $9 THEN r.next ELSE d.next_try END,
			last_error = CASE WHEN r.outcome = $11 THEN d.last_error ELSE nullif(r.error, '') END
		  FROM result r WHERE d.id = r.id AND r.outcome <> $8
	), abandoned AS (
		UPDATE activities a SET abandoned = a.abandoned + c.n
		  FROM (SELECT activity_id, count(*) AS n FROM result WHERE outcome = $10 GROUP BY activity_id ORDER BY activity_id) c
		 WHERE a.id = c.activity_id
	), arrived AS (
		INSERT INTO neighbour_days AS n (domain, day, sent, sent_at)
		SELECT k.domain, ` + townDay + `, count(*), now()
		  FROM result r JOIN neighbours k ON k.relay_inbox = r.inbox AND k.relay_inbox <> '' JOIN activities a ON a.id = r.activity_id
		 WHERE r.outcome = $8 AND a.type = 'Announce' GROUP BY k.domain ORDER BY k.domain
		ON CONFLICT (domain, day) DO UPDATE SET sent = n.sent + excluded.sent, sent_at = excluded.sent_at
	), host AS (
		SELECT r.host, max(r.pause) AS pause, bool_or(r.outcome = $8) AS works, count(*) FILTER (WHERE r.outcome = $9) AS failures,
		       max(nullif(r.error, '')) FILTER (WHERE r.outcome IN ($9, $10)) AS error, coalesce(max(r.scheme) FILTER (WHERE r.outcome = $8), 0) AS scheme
		  FROM result r GROUP BY r.host
	)
	INSERT INTO hosts AS h (host, paused_until, failures, last_error, last_failure, failing_since, last_success, scheme)
	SELECT n.host, coalesce(n.pause, '-infinity'), CASE WHEN n.works THEN 0 ELSE n.failures END, n.error,
	       CASE WHEN n.error IS NOT NULL THEN now() END, CASE WHEN n.failures > 0 AND NOT n.works THEN now() END,
	       CASE WHEN n.works THEN now() END, n.scheme
	  FROM host n LEFT JOIN hosts o ON o.host = n.host
	 WHERE n.pause IS NOT NULL OR n.failures > 0 OR n.error IS NOT NULL
	    OR (n.works AND (o.host IS NULL OR o.failures > 0 OR (n.scheme <> 0 AND n.scheme <> o.scheme)
	        OR o.last_success IS NULL OR o.last_success < now() - interval '1 hour'))
	 ORDER BY n.host
	ON CONFLICT (host) DO UPDATE
	   SET paused_until = greatest(h.paused_until, excluded.paused_until),
	       failures     = CASE WHEN excluded.last_success IS NOT NULL THEN 0 ELSE h.failures + excluded.failures END,
	       last_error   = coalesce(excluded.last_error, h.last_error),
	       last_failure = coalesce(excluded.last_failure, h.last_failure),
	       failing_since = CASE WHEN excluded.last_success IS NULL THEN coalesce(h.failing_since, excluded.failing_since) END,
	       last_success = coalesce(excluded.last_success, h.last_success),
	       scheme       = CASE WHEN excluded.scheme <> 0 THEN excluded.scheme ELSE h.scheme END`

// FinishDeliveries implements federation.DeliveryQueue. How many have got an activity is
// not counted here: it follows from what is left of its deliveries.
func (s *Store) FinishDeliveries(ctx context.Context, results []federation.DeliveryResult) error {
	if len(results) == 0 {
		return nil
	}
	var ids, leases []int64
	var outcomes, schemes []int
	var nexts, pauses []*time.Time
	var errors []string
	var gone []federation.DeliveryResult
	for _, r := range results {
		if r.Outcome == federation.InboxGone {
			gone = append(gone, r)
			continue
		}
		if r.Outcome == federation.Retry && r.Next.IsZero() {
			r.Next = s.now()
		}
		ids, leases = append(ids, r.ID), append(leases, r.Lease)
		outcomes, schemes = append(outcomes, int(r.Outcome)), append(schemes, int(r.Scheme))
		nexts, pauses = append(nexts, nullTime(r.Next)), append(pauses, nullTime(r.Pause))
		errors = append(errors, cut(r.Error, 300))
	}
	args := []any{
		ids, leases, outcomes, nexts, errors, pauses, schemes,
		int(federation.Delivered), int(federation.Retry), int(federation.Abandoned), int(federation.Released),
	}
	if len(gone) == 0 {
		return retry(ctx, "finish deliveries", func() error {
			_, err := s.pool.Exec(ctx, finishDeliveries, args...)
			return err
		})
	}
	return s.inTx(ctx, "finish deliveries", func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, finishDeliveries, args...); err != nil {
			return err
		}
		for _, r := range gone {
			if err := endInbox(ctx, tx, r); err != nil {
				return err
			}
		}
		return nil
	})
}

// endInbox ends all deliveries to an inbox that is gone, and the followings behind it.
func endInbox(ctx context.Context, tx pgx.Tx, r federation.DeliveryResult) error {
	var held bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM deliveries WHERE id = $1 AND lease = $2 AND inbox = $3 AND state = 'waiting')`,
		r.ID, r.Lease, string(r.Inbox)).Scan(&held)
	if err != nil || !held {
		return err
	}
	_, err = tx.Exec(ctx, `
		UPDATE followers f SET ended_at = now() FROM remote_actors a
		 WHERE f.follower_id = a.id AND f.ended_at IS NULL AND a.delivery_host = $1 AND (a.delivery_inbox = $2 OR a.inbox = $2)`,
		r.Inbox.Host(), string(r.Inbox))
	if err != nil {
		return err
	}
	return dropDeliveries(ctx, tx, `host = $1 AND inbox = $2`, r.Inbox.Host(), string(r.Inbox))
}

// dropDeliveries removes waiting deliveries that will never be made and counts them on their activities.
func dropDeliveries(ctx context.Context, tx db, condition string, args ...any) error {
	_, err := tx.Exec(ctx, `
		WITH dropped AS (
			DELETE FROM deliveries WHERE state = 'waiting' AND `+condition+` RETURNING activity_id
		)
		UPDATE activities a SET abandoned = a.abandoned + c.n
		  FROM (SELECT activity_id, count(*) AS n FROM dropped GROUP BY activity_id ORDER BY activity_id) c
		 WHERE a.id = c.activity_id`, args...)
	return err
}

func nullTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
