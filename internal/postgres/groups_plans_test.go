package postgres_test

import (
	"testing"
	"time"

	"bourg/internal/postgres"
	"bourg/internal/town"

	"github.com/google/uuid"
)

// What groups look up takes as many rows as they need, however long the town has been there.
func TestGroupPlans(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.setUp()
	few := []*town.Merchant{f.merchantOf("martin", "fleuriste"), f.merchantOf("rose", "fleuriste")}
	f.merchants(100)
	f.fillPosts(40_000)
	market := f.group(town.GroupMarket, "marche", "", few...)
	trade := f.group(town.GroupTrade, "fleuristes", "fleuriste")
	own, around := f.ownGroup(town.GroupTown), f.ownGroup(town.GroupAround)
	// Every post has been announced, one in three had no room, and all summaries are written; and so with neighbours' posts.
	f.exec(`INSERT INTO activities (id, actor_id, type, object_id, json, public, listed, leaves_at, recipients)
		SELECT gen_random_uuid(), $1, 'Announce', 'https://bourg.test/posts/' || p.id, '{}', true, true, p.published_at, 0 FROM posts p`, own.ID)
	f.exec(`INSERT INTO group_summaries (id, group_id, day, published_at) VALUES (gen_random_uuid(), $1, '2020-01-01', now())`, own.ID)
	f.exec(`INSERT INTO group_announces (group_id, object, post_id, author, day, leaves_at, activity_id, summary_id)
		SELECT $1, p.id, p.id, p.merchant_id, '2020-01-01'::date + (p.n / 20)::int, p.published_at,
		       CASE WHEN p.n % 3 > 0 THEN a.id END, CASE WHEN p.n % 3 = 0 THEN s.id END
		  FROM (SELECT *, row_number() OVER (ORDER BY id) AS n FROM posts) p JOIN activities a ON a.object_id = 'https://bourg.test/posts/' || p.id, group_summaries s`, own.ID)
	f.exec(`INSERT INTO neighbours (domain, base, outgoing) VALUES ('next.example', 'https://next.example', 'accepted')`)
	f.exec(`INSERT INTO foreign_posts (id, object_id, domain, actor, kind, content, url, published_at, received_at)
		SELECT gen_random_uuid(), 'https://next.example/' || n, 'next.example', 'https://next.example/a', 'news', '', '', now(), now() FROM generate_series(1, 20000) n`)
	f.exec(`INSERT INTO group_announces (group_id, object, foreign_id, author, day, leaves_at, activity_id)
		SELECT $1, id, id, id, '2020-01-01', now(), gen_random_uuid() FROM foreign_posts`, around.ID)
	f.exec(`INSERT INTO around_news SELECT id, now() FROM foreign_posts LIMIT 5`)
	f.exec(`ANALYZE`)

	now := time.Now()
	before := now.Add(-24 * time.Hour)
	for _, c := range []struct {
		what, sql, index string
		args             []any
	}{
		{"a market's news", postgres.GroupFeedSQL, "posts_merchant", []any{before, uuid.Max, 21, market.ID}},
		{"a trade's news", postgres.GroupFeedSQL, "posts_merchant", []any{before, uuid.Max, 21, trade.ID}},
		{"the town's news", postgres.TownFeedSQL, "posts_feed", []any{before, uuid.Max, 21}},
		{"a merchant's groups", postgres.GroupsOfSQL, "", []any{few[0].ID}},
		{"room on a day", postgres.RoomOfDaySQL, "group_announces_day", []any{own.ID, uuid.New(), few[0].ID, "2020-03-01"}},
		{"neighbours' latest", postgres.AroundNewsSQL, "", []any{before, 100}},
		{"what is gone", postgres.GoneAnnouncesSQL, "group_announces_gone", []any{before, 100}},
		{"summaries that are due", postgres.SummariesDueSQL, "group_announces_waiting", []any{"2026-11-26", before, now}},
		{"a group's outbox", postgres.OutboxPageSQL, "group_announces_activity", []any{own.ID, now, uuid.Max, 20}},
	} {
		nodes := f.explain(c.sql, c.args...)
		if c.index != "" && !usesIndex(nodes, c.index) {
			t.Errorf("%s: the index %s is not used: %+v", c.what, c.index, nodes)
		}
		for _, table := range []string{"posts", "activities", "group_announces", "foreign_posts", "group_summaries"} {
			if rows := readRows(nodes, table); rows > 150 {
				t.Errorf("%s: reads %.0f rows of %s, want as many as are needed", c.what, rows, table)
			}
		}
	}
}
