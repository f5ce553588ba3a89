package postgres

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"

	"bourg/federation"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"
)

var _ federation.DeliveryQueue = (*Store)(nil)

// claimable is the condition under which a delivery d may be given out, as far as it lies
// in the delivery: it is due, nobody holds it, and the one before it about the same object
// to the same inbox waits no more.
const claimable = `d.state = 'waiting' AND d.next_try <= now() AND (d.leased_until IS NULL OR d.leased_until <= now())
	AND (d.after IS NULL OR NOT EXISTS (SELECT FROM deliveries e WHERE e.id = d.after AND e.state = 'waiting'))`

// lease takes the deliveries that the part "chosen" names, for $2 seconds. A row that another worker
// has taken or finished since is left out: the conditions on d are looked at again once it is locked.
const lease = `
	locked AS MATERIALIZED (
		SELECT d.id FROM deliveries d JOIN chosen USING (id)
		 WHERE d.state = 'waiting' AND (d.leased_until IS NULL OR d.leased_until <= now())
		 ORDER BY d.id FOR UPDATE OF d SKIP LOCKED
	), number AS MATERIALIZED (
		SELECT nextval('delivery_lease') AS lease
	), taken AS (
		UPDATE deliveries d SET lease = number.lease, leased_until = now() + make_interval(secs => $2)
		  FROM locked, number WHERE d.id = locked.id
		RETURNING d.id, d.lease, d.inbox, d.host, d.activity_id, d.attempts, d.created_at, d.next_try
	)
	SELECT t.id, t.lease, t.inbox, t.host, t.activity_id, t.attempts, t.created_at, coalesce(h.scheme, 0)
	  FROM taken t LEFT JOIN hosts h ON h.host = t.host ORDER BY t.next_try, t.id`

// claimFront looks at the $3 deliveries that have been due for longest, and gives out at most
// $4, $5 for a host, none for the hosts $1.
const claimFront = `
	WITH front AS MATERIALIZED (
		SELECT d.id, d.host, d.next_try FROM (
			SELECT * FROM deliveries WHERE state = 'waiting' AND next_try <= now() ORDER BY next_try, id LIMIT $3
		) d WHERE ` + claimable + ` AND d.host <> ALL($1::text[])
	), ranked AS (
		SELECT id, next_try, row_number() OVER (PARTITION BY host ORDER BY next_try, id) AS place FROM front
		 WHERE NOT EXISTS (SELECT FROM hosts h WHERE h.host = front.host AND h.paused_until > now())
	), chosen AS MATERIALIZED (
		SELECT id FROM ranked WHERE place <= $5 ORDER BY next_try, id LIMIT $4
	),` + lease

// claimRound goes from host to host, beginning behind $3, and stops when it has $4 deliveries.
// It takes one look into the index for each host that has something waiting, and none of
// the rows that wait for a paused one. (Postgres computes the parts of a WITH row by row, as
// far as they are asked for.)
const claimRound = `
	WITH RECURSIVE walk AS (
		(SELECT host FROM deliveries WHERE state = 'waiting' AND host > $3 ORDER BY host LIMIT 1)
		UNION ALL
		SELECT (SELECT d.host FROM deliveries d WHERE d.state = 'waiting' AND d.host > walk.host ORDER BY d.host LIMIT 1)
		  FROM walk WHERE walk.host IS NOT NULL
	), open AS MATERIALIZED (
		SELECT host FROM walk WHERE host IS NOT NULL AND host <> ALL($1::text[])
		   AND NOT EXISTS (SELECT FROM hosts h WHERE h.host = walk.host AND h.paused_until > now())
	), chosen AS MATERIALIZED (
		SELECT due.id FROM open CROSS JOIN LATERAL (
			SELECT d.id FROM deliveries d WHERE d.host = open.host AND ` + claimable + ` ORDER BY d.next_try, d.id LIMIT $5
		) due LIMIT $4
	),` + lease

// frontDepth is how many of the longest due deliveries a claim of n looks at before it
// goes round the hosts: enough that deliveries on their way do not hide the others.
func frontDepth(n int) int { return 4*n + 500 }

// claimed is a delivery before it has its activity.
type claimed struct {
	federation.Delivery
	activity uuid.UUID
}

// ClaimDeliveries implements federation.DeliveryQueue. It looks at the front of the queue
// first, oldest first over all hosts. Where that is crowded with what may not leave (hosts
// that are down, or have enough on the way), it goes round the hosts, each in its turn and
// its own oldest first, so that no host waits behind another's backlog.
func (s *Store) ClaimDeliveries(ctx context.Context, n, perHost int, busy []string, leased time.Duration) ([]federation.Delivery, error) {
	if n <= 0 || perHost <= 0 {
		return nil, nil
	}
	if busy == nil {
		busy = []string{}
	}
	rows, err := s.claim(ctx, claimFront, busy, leased, frontDepth(n), n, perHost)
	if err != nil {
		return nil, err
	}
	if len(rows) < n {
		crowded, err := s.frontCrowded(ctx, frontDepth(n))
		if err != nil {
			return nil, err
		}
		if crowded {
			if rows, err = s.claimRound(ctx, rows, busy, leased, n, perHost); err != nil {
				return nil, err
			}
		}
	}
	return s.withActivities(ctx, rows)
}

func (s *Store) claim(ctx context.Context, sql string, busy []string, leased time.Duration, from any, n, perHost int) ([]claimed, error) {
	var list []claimed
	err := retry(ctx, "claim deliveries", func() error {
		rows, _ := s.pool.Query(ctx, sql, busy, leased.Seconds(), from, n, perHost)
		var err error
		list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (claimed, error) {
			var d claimed
			err := row.Scan(&d.ID, &d.Lease, &d.Inbox, &d.Host, &d.activity, &d.Attempt, &d.Created, &d.Scheme)
			return d, err
		})
		return err
	})
	return list, err
}

// frontCrowded tells whether at least n deliveries are due, whoever may have them.
func (s *Store) frontCrowded(ctx context.Context, n int) (bool, error) {
	var crowded bool
	err := s.pool.QueryRow(ctx, `
		SELECT count(*) = $1 FROM (SELECT FROM deliveries WHERE state = 'waiting' AND next_try <= now() ORDER BY next_try, id LIMIT $1) due`, n).Scan(&crowded)
	return crowded, mapped("look at the front of the queue", err)
}

// claimRound goes on from the host at which the last round ended, once round at most.
// Hosts that have got something already are passed over.
func (s *Store) claimRound(ctx context.Context, rows []claimed, busy []string, leased time.Duration, n, perHost int) ([]claimed, error) {
	begin := ""
	if p := s.turn.Load(); p != nil {
		begin = *p
	}
	for _, from := range []string{begin, ""} {
		served := append([]string{}, busy...)
		for _, d := range rows {
			served = append(served, d.Host)
		}
		more, err := s.claim(ctx, claimRound, served, leased, from, n-len(rows), perHost)
		if err != nil {
			return rows, err
		}
		rows = append(rows, more...)
		end := ""
		if len(rows) == n {
			for _, d := range more {
				end = max(end, d.Host)
			}
		}
		s.turn.Store(&end)
		if len(rows) == n || from == "" {
			break
		}
	}
	return rows, nil
}

// activityCache keeps what was read of the activities that are being delivered: the JSON
// of a post goes over the wire once, not for each of its followers.
type activityCache struct {
	mu    sync.Mutex
	rows  map[uuid.UUID]sentActivity
	bytes int
}

type sentActivity struct {
	actor     uuid.UUID
	sender    federation.IRI
	json      []byte
	former    bool // signed with the keys before those that it announces
	followers bool // goes to the followers
}

// activityCacheBytes bounds the JSON in an activityCache; it is emptied when it is full.
const activityCacheBytes = 4 << 20

// withActivities completes deliveries. An activity does not change any more once it has left.
func (s *Store) withActivities(ctx context.Context, list []claimed) ([]federation.Delivery, error) {
	known, unknown := s.sent.lookUp(list)
	if len(unknown) > 0 {
		rows, _ := s.pool.Query(ctx, `SELECT id, actor_id, json, former_keys, followers FROM activities WHERE id = ANY($1)`, unknown)
		var id, actor uuid.UUID
		var json []byte
		var former, followers bool
		_, err := pgx.ForEachRow(rows, []any{&id, &actor, &json, &former, &followers}, func() error {
			known[id] = sentActivity{
				actor: actor, sender: s.addresses.Actor(actor), json: bytes.Clone(json), former: former, followers: followers,
			}
			return nil
		})
		if err != nil {
			return nil, mapped("read activities", err)
		}
		s.sent.keep(known, unknown)
	}
	syncs, err := s.syncHeaders(ctx, list, known)
	if err != nil {
		return nil, err
	}
	deliveries := make([]federation.Delivery, len(list))
	for i, d := range list {
		a, ok := known[d.activity]
		if !ok {
			return nil, fmt.Errorf("delivery %d: its activity %s is missing", d.ID, d.activity)
		}
		d.Sender, d.JSON, d.Former, d.Sync = a.sender, a.json, a.former, syncs[i]
		deliveries[i] = d.Delivery
	}
	return deliveries, nil
}

func (c *activityCache) lookUp(list []claimed) (known map[uuid.UUID]sentActivity, unknown []uuid.UUID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known = make(map[uuid.UUID]sentActivity)
	asked := make(map[uuid.UUID]bool)
	for _, d := range list {
		if asked[d.activity] {
			continue
		}
		asked[d.activity] = true
		if a, ok := c.rows[d.activity]; ok {
			known[d.activity] = a
		} else {
			unknown = append(unknown, d.activity)
		}
	}
	return known, unknown
}

func (c *activityCache) keep(known map[uuid.UUID]sentActivity, ids []uuid.UUID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rows == nil || c.bytes > activityCacheBytes {
		c.rows, c.bytes = make(map[uuid.UUID]sentActivity), 0
	}
	for _, id := range ids {
		if a, ok := known[id]; ok {
			c.rows[id] = a
			c.bytes += len(a.json)
		}
	}
}

// NextDelivery implements federation.DeliveryQueue. What is held by a worker or waits for
// a paused host counts from when that ends. The answer may be too early, for what lies
// behind the front of the queue, and never leaves out what is due in the future.
func (s *Store) NextDelivery(ctx context.Context) (time.Time, error) {
	var next time.Time
	err := s.pool.QueryRow(ctx, `
		SELECT nullif(least(
			(SELECT min(greatest(d.next_try, d.leased_until, h.paused_until)) FROM (
				SELECT * FROM deliveries WHERE state = 'waiting' AND next_try <= now() ORDER BY next_try, id LIMIT $1
			) d LEFT JOIN hosts h ON h.host = d.host),
			(SELECT next_try FROM deliveries WHERE state = 'waiting' AND next_try > now() ORDER BY next_try LIMIT 1)
		), 'infinity')`, frontDepth(0)).Scan((*zeronull.Timestamptz)(&next))
	return next, mapped("look for the next delivery", err)
}
