package postgres_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"bourg/internal/postgres"
	"bourg/internal/town"

	"github.com/google/uuid"
)

// plan is a node of EXPLAIN (FORMAT JSON).
type plan struct {
	Type    string  `json:"Node Type"`
	Table   string  `json:"Relation Name"`
	Index   string  `json:"Index Name"`
	Rows    float64 `json:"Actual Rows"`
	Loops   float64 `json:"Actual Loops"`
	Removed float64 `json:"Rows Removed by Filter"`
	Plans   []plan
}

// explain runs a statement and returns its plan with what it really read.
func (f *fixture) explain(sql string, args ...any) []plan {
	f.t.Helper()
	tx, err := f.Pool().Begin(f.ctx())
	f.must(err)
	defer func() { _ = tx.Rollback(f.ctx()) }()
	// As it is once a connection has run the statement a few times.
	_, err = tx.Exec(f.ctx(), `SET LOCAL plan_cache_mode = force_generic_plan`)
	f.must(err)
	var encoded []byte
	f.must(tx.QueryRow(f.ctx(), `EXPLAIN (ANALYZE, FORMAT JSON) `+sql, args...).Scan(&encoded))
	var top []struct{ Plan plan }
	f.must(json.Unmarshal(encoded, &top))
	var all []plan
	var walk func(p plan)
	walk = func(p plan) {
		all = append(all, p)
		for _, child := range p.Plans {
			walk(child)
		}
	}
	walk(top[0].Plan)
	return all
}

// readRows is how many rows of a table a plan touched.
func readRows(nodes []plan, table string) (rows float64) {
	for _, n := range nodes {
		if n.Table == table && n.Type != "ModifyTable" {
			rows += (n.Rows + n.Removed) * max(n.Loops, 1)
		}
	}
	return rows
}

func usesIndex(nodes []plan, index string) bool {
	return slices.ContainsFunc(nodes, func(n plan) bool { return n.Index == index })
}

// Reading a page takes as many rows as are on it, however long the town has been there.
func TestFeedPlans(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	f.merchants(100)
	f.fillPosts(50_000)
	p := f.post(m, "Du pain")
	ana := peer("away.example", "ana")
	f.must(f.AddReply(f.ctx(), f.received(ana), f.reply(ana, p, "1")))
	f.exec(`INSERT INTO replies (id, object_id, actor_id, merchant_id, post_id, url, public, content, attachments, published_at, received_at, state)
		SELECT gen_random_uuid(), 'https://away.example/' || n, (SELECT id FROM remote_actors), p.merchant_id, p.id, 'https://away.example/', true, '', '[]', now(), now(), 'shown'
		  FROM (SELECT *, row_number() OVER () AS n FROM posts) p`)
	f.exec(`ANALYZE`)

	before := time.Now().Add(-24 * time.Hour)
	for _, c := range []struct {
		what, sql, index string
		args             []any
	}{
		{"feed", postgres.FeedSQL, "posts_feed", []any{before, uuid.Max, 21}},
		{"merchant's feed", postgres.MerchantFeedSQL, "posts_merchant", []any{f.anyMerchant(), before, uuid.Max, 21}},
		{"thread", postgres.ThreadSQL, "replies_post", []any{p.ID, 500}},
	} {
		nodes := f.explain(c.sql, c.args...)
		if !usesIndex(nodes, c.index) {
			t.Errorf("%s: the index %s is not used: %+v", c.what, c.index, nodes)
		}
		for _, table := range []string{"posts", "replies", "post_counts", "photos"} {
			if rows := readRows(nodes, table); rows > 100 {
				t.Errorf("%s: reads %.0f rows of %s, want as many as a page has", c.what, rows, table)
			}
		}
	}
}

// merchants adds n merchants by the shortest way.
func (f *fixture) merchants(n int) {
	f.exec(`WITH a AS (
			INSERT INTO actors (id, kind, handle) SELECT gen_random_uuid(), 'merchant', 'm' || n FROM generate_series(1, $1) n RETURNING id, handle
		) INSERT INTO merchants (id, name, trade, paint, folded) SELECT id, handle, 'boulangerie', 'brique', handle FROM a`, n)
}

// fillPosts adds n posts of all merchants, one a minute up to now.
func (f *fixture) fillPosts(n int) {
	f.exec(`INSERT INTO posts (id, merchant_id, kind, text, reach, once, published_at, leaves_at, folded)
		SELECT gen_random_uuid(), m.ids[1 + n % cardinality(m.ids)], 'news', 'Du pain ' || n, 'everywhere', gen_random_uuid(),
		       now() - make_interval(mins => n), now(), 'du pain ' || n
		  FROM (SELECT array_agg(id) AS ids FROM merchants) m, generate_series(1, $1) n`, n)
}

func (f *fixture) anyMerchant() (id uuid.UUID) {
	f.t.Helper()
	f.must(f.Pool().QueryRow(f.ctx(), `SELECT id FROM merchants ORDER BY id LIMIT 1`).Scan(&id))
	return id
}

// fillQueue adds one activity and n deliveries of it, which are due, to hosts called prefix1.example and so on.
func (f *fixture) fillQueue(m *town.Merchant, prefix string, hosts, perHost int, due time.Time) {
	f.t.Helper()
	out := f.outgoing(m.ID, "Create", f.addresses.Post(uuid.New()), town.Recipients{})
	f.must(f.AddOutgoing(f.ctx(), out))
	f.exec(`INSERT INTO deliveries (activity_id, inbox, host, next_try)
		SELECT $1, 'https://' || $2::text || h || '.example/inbox/' || n, $2::text || h || '.example', $5
		  FROM generate_series(1, $4) n, generate_series(1, $3) h`, out.ID, prefix, hosts, perHost, due)
}

// A hundred thousand deliveries to hosts that are down, in front of the others, do not hold
// the others up: a claim reads little, and takes from all healthy hosts in turn.
func TestClaimBehindDeadHosts(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	const dead, perDead, healthy = 200, 500, 300
	now := time.Now()
	f.fillQueue(m, "dead", dead, perDead, now.Add(-time.Hour))
	f.fillQueue(m, "well", healthy, 2, now.Add(-time.Minute))
	f.exec(`INSERT INTO hosts (host, paused_until) SELECT 'dead' || h || '.example', now() + interval '1 hour' FROM generate_series(1, $1) h`, dead)
	f.exec(`ANALYZE`)

	seen := map[string]int{}
	for range 10 {
		list, err := f.ClaimDeliveries(f.ctx(), 100, 1, nil, time.Hour)
		f.must(err)
		for _, d := range list {
			if !strings.HasPrefix(d.Host, "well") {
				t.Fatalf("got a delivery to %s, which is paused", d.Host)
			}
			if seen[d.Host]++; seen[d.Host] == 2 && len(seen) < healthy {
				t.Fatalf("%s has its second delivery before %d other hosts have their first", d.Host, healthy-len(seen))
			}
		}
	}
	if len(seen) != healthy {
		t.Errorf("got deliveries to %d hosts, want %d", len(seen), healthy)
	}

	f.exec(`UPDATE deliveries SET leased_until = NULL`)
	for _, c := range []struct {
		what, sql string
		from      any
		most      float64
	}{
		{"front", postgres.ClaimFrontSQL, 900, 2000},
		{"round", postgres.ClaimRoundSQL, "", 2000},
	} {
		nodes := f.explain(c.sql, []string{}, 60.0, c.from, 100, 4)
		if rows := readRows(nodes, "deliveries"); rows > c.most {
			t.Errorf("%s: reads %.0f rows of deliveries, want at most %.0f of %d", c.what, rows, c.most, dead*perDead)
		}
		for _, n := range nodes {
			if n.Table == "deliveries" && n.Type == "Seq Scan" {
				t.Errorf("%s: reads the whole table: %+v", c.what, n)
			}
		}
	}
	if next, err := f.NextDelivery(f.ctx()); err != nil || next.After(now.Add(2*time.Hour)) || next.IsZero() {
		t.Errorf("next delivery: got %v, error %v", next, err)
	}
}

// Claims by several workers at once give each delivery to one, also on the way round the hosts.
func TestClaimRoundAtOnce(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	now := time.Now()
	f.fillQueue(m, "dead", 2, 3000, now.Add(-time.Hour))
	f.fillQueue(m, "well", 40, 10, now.Add(-time.Minute))
	f.exec(`INSERT INTO hosts (host, paused_until) SELECT 'dead' || h || '.example', now() + interval '1 hour' FROM generate_series(1, 2) h`)
	const workers = 4
	type taken struct {
		ids []int64
		err error
	}
	results := make(chan taken, workers)
	for range workers {
		go func() {
			var all taken
			for range 60 {
				list, err := f.ClaimDeliveries(t.Context(), 20, 2, nil, time.Hour)
				if err != nil {
					all.err = err
					break
				}
				for _, d := range list {
					all.ids = append(all.ids, d.ID)
				}
			}
			results <- all
		}()
	}
	got := map[int64]int{}
	for range workers {
		all := <-results
		f.must(all.err)
		for _, id := range all.ids {
			got[id]++
		}
	}
	for id, n := range got {
		if n != 1 {
			t.Errorf("delivery %d was given %d times", id, n)
		}
	}
	if len(got) != 400 {
		t.Errorf("got %d deliveries, want 400 (%s)", len(got), fmt.Sprint(workers, " workers"))
	}
}
