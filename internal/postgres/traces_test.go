package postgres_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"bourg/federation"
	"bourg/internal/town"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// mayName are the columns that can name a peer, by table, and why they may do so after its host
// was blocked; "" where they may not. A table that is not here is new: whoever adds it says what a block
// and the deletion of an account do to it (silence and removeTraces), and then here.
var mayName = map[string]string{
	"remote_actors":     "the row remembers the block, so that nothing on its way brings it back; the sweep takes it a month later",
	"remote_keys":       "go with the actor's row",
	"blocked_domains":   "the block itself",
	"names":             "the town's own names, which are nobody else's",
	"hosts":             "keeps deliveries that are being inserted from leaving",
	"posts":             "the merchants' own answers",
	"activities":        "the merchants' own answers, as they were sent",
	"blocked_people":    "whom the merchants themselves do not want to hear; an unblock of the domain leaves it so",
	"sent_reports":      "what the town has reported, with what became of it",
	"followers":         "",
	"neighbours":        "",
	"foreign_posts":     "",
	"neighbour_days":    "",
	"neighbour_hints":   "",
	"hidden_foreign":    "what the town hall has decided about single posts, with its reasons",
	"externals":         "",
	"foreign_merchants": "what the town hall has decided about single merchants",
	"replies":           "",
	"reply_versions":    "",
	"quotes":            "",
	"reports":           "a report is a notice to the town hall, which owes it a decision whoever sent it",
	"reactions":         "",
	"notifications":     "",
	"deliveries":        "",
	"lookups":           "",
	"remote_media":      "",
	"foreign_media":     "",
	"files_to_remove":   "",
	"received":          "",
	"remote_tombstones": "",
	"river_job":         "",
}

// namesOf are the tables that can name a peer: by a reference to its actor or to what it wrote, or
// by an address or a host in a column.
func (f *fixture) namesOf() []string {
	f.t.Helper()
	rows, _ := f.Pool().Query(f.ctx(), `
		WITH RECURSIVE peers AS (
			SELECT 'remote_actors'::regclass::oid AS oid
			UNION
			SELECT c.conrelid FROM pg_constraint c JOIN peers p ON c.confrelid = p.oid WHERE c.contype = 'f'
		)
		SELECT c.relname FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND (
			c.oid IN (SELECT oid FROM peers) OR EXISTS (
				SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
				   AND a.attname ~ '(^|_)(host|domain|iri|inbox|url|object_id|object|actor|target|in_reply_to|activity_id|follow_id)$'
				   AND a.atttypid IN ('text'::regtype, 'varchar'::regtype)))
		 ORDER BY 1`)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	f.must(err)
	return tables
}

// naming counts the rows of each table in which any of these words stand, in whatever column.
func (f *fixture) naming(words ...string) map[string]int {
	f.t.Helper()
	rows, _ := f.Pool().Query(f.ctx(), `
		SELECT table_name, string_agg(CASE data_type WHEN 'bytea' THEN format('encode(%I, ''escape'')', column_name) ELSE format('%I::text', column_name) END, ', ')
		  FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE 'river_migration%' GROUP BY table_name`)
	found := map[string]int{}
	columns := map[string]string{}
	var table, list string
	_, err := pgx.ForEachRow(rows, []any{&table, &list}, func() error { columns[table] = list; return nil })
	f.must(err)
	for table, list := range columns {
		for _, word := range words {
			if n := f.count(fmt.Sprintf(`SELECT count(*) FROM %s WHERE concat_ws(' ', %s) LIKE '%%' || $1::text || '%%'`, table, list), word); n > 0 {
				found[table] += n
			}
		}
	}
	return found
}

// everywhere lets somebody leave a trace in every table that has one.
func (f *fixture) everywhere(m *town.Merchant, p *town.Post, a *federation.Actor) {
	f.t.Helper()
	host := a.ID.Host()
	a.Icon = &federation.Image{URL: federation.IRI("https://files." + host + "/face.png")}
	f.follow(m.ID, a)
	r := f.reply(a, p, "reply")
	r.Attachments = []federation.Image{{Type: "Document", MediaType: "image/png", URL: federation.IRI("https://files." + host + "/1.png")}}
	f.must(f.AddReply(f.ctx(), f.received(a), r))
	edited := *r
	edited.Content, edited.Updated = "<p>edited</p>", time.Now().Add(time.Minute)
	f.must(f.EditReply(f.ctx(), f.received(a), &edited))
	mention := f.reply(a, p, "mention")
	mention.Post = uuid.Nil
	f.must(f.AddReply(f.ctx(), f.received(a), mention))
	f.must(f.AddReaction(f.ctx(), f.received(a), town.Liked, p.ID))
	f.must(f.AddReaction(f.ctx(), f.received(a), town.Shared, p.ID))
	thread, err := f.Thread(f.ctx(), p.ID)
	f.must(err)
	for _, e := range thread {
		if e.Reply != nil {
			f.must(f.WantMedia(f.ctx(), []uuid.UUID{e.Reply.ID}))
		}
	}
	for _, id := range f.wanted() {
		f.must(f.KeepMedia(f.ctx(), id, copyOf(id.String())))
	}
	for _, inbox := range []federation.IRI{a.Inbox, "https://deep." + federation.IRI(host) + "/inbox"} {
		f.must(f.AddOutgoing(f.ctx(), f.outgoing(m.ID, "Update", f.addresses.Post(p.ID), town.Recipients{Inboxes: []federation.IRI{inbox}})))
	}
	f.exec(`UPDATE deliveries SET state = 'parked' WHERE id = (SELECT min(id) FROM deliveries WHERE inbox = $1)`, string(a.Inbox))
	f.exec(`INSERT INTO neighbours (domain, base) VALUES ($1, 'https://' || $1::text)`, host)
	f.exec(`INSERT INTO foreign_posts (id, object_id, domain, actor, kind, content, url, published_at, received_at)
		VALUES (gen_random_uuid(), 'https://' || $1::text || '/posts/1', $1, $2, 'news', '', '', now(), now())`, host, string(a.ID))
	f.exec(`INSERT INTO externals (id, actor, host, state) VALUES (gen_random_uuid(), $1, $2, 'agreed')`, string(a.ID), host)
	f.exec(`INSERT INTO foreign_posts (id, object_id, external, actor, kind, content, url, published_at, received_at)
		SELECT gen_random_uuid(), 'https://' || host || '/posts/2', id, $1, 'news', '', '', now(), now() FROM externals WHERE actor = $1`, string(a.ID))
	_, err = f.MayAsk(f.ctx(), a.ID+"/asked", time.Hour)
	f.must(err)
	f.must(f.AskToRefresh(f.ctx(), a.ID, 0))
	f.must(f.AskToFill(f.ctx(), town.Fill{Reply: r.ObjectID, Parent: a.ID + "/parent", Budget: 3}))
}

// Every table that can name a peer is known, and it is said what a block does to it.
func TestTablesThatNamePeers(t *testing.T) {
	t.Parallel()
	f := open(t)
	for _, table := range f.namesOf() {
		if _, known := mayName[table]; !known {
			t.Errorf("%s can name a peer: say in silence and removeTraces what a block and a deletion do to it, then in mayName", table)
		}
	}
}

// A block takes everything of its domain away, in every table that there is; an unblock brings nothing back.
func TestBlockLeavesNothing(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	p := f.post(m, "Du pain")
	bad, good := peer("social.bad.example", "eve"), peer("good.example", "ana")
	f.everywhere(m, p, good)
	before := f.naming("good.example")
	f.everywhere(m, p, bad)
	if got := f.naming("bad.example"); !slices.Equal(slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(before))) || len(got) < 8 {
		t.Fatalf("before the block: got traces in %v, want them in %v", got, before)
	}
	f.must(f.BlockDomain(f.ctx(), "bad.example", "", time.Now()))
	left := f.naming("bad.example")
	for table, n := range left {
		if mayName[table] == "" {
			t.Errorf("%s: got %d rows that name the blocked domain, want none", table, n)
		}
	}
	if got := f.naming("good.example"); !maps.Equal(got, before) {
		t.Errorf("another's traces: got %v, want them untouched: %v", got, before)
	}
	if got := f.counts(p.ID); got != [3]int{1, 1, 1} {
		t.Errorf("got counts %v, want the other's alone", got)
	}
	if got := f.filesToRemove(); len(got) != 2 {
		t.Errorf("got files %v to remove, want the face and the picture", got)
	}
	if n := f.count(`SELECT count(*) FROM river_job WHERE kind = 'remove_files'`); n != 1 {
		t.Errorf("got %d jobs that remove them, want 1", n)
	}
	f.must(f.UnblockDomain(f.ctx(), "bad.example"))
	for table, n := range f.naming("bad.example") {
		if n > left[table] {
			t.Errorf("after the unblock: got %d rows of %s, want none more than %d", n, table, left[table])
		}
	}
}

// An account that is deleted leaves its id, so that nothing on its way brings it back, and nothing else.
func TestADeletedAccountLeavesNothing(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	p := f.post(m, "Du pain")
	gone := peer("gone.example", "eveline")
	f.everywhere(m, p, gone)
	f.exec(`DELETE FROM river_job WHERE kind <> 'fetch_media'`) // they are about an actor who may live again
	f.exec(`DELETE FROM deliveries WHERE inbox LIKE '%deep.%'`) // another's inbox on that host
	f.exec(`DELETE FROM lookups`)
	f.must(f.DeleteActor(f.ctx(), f.received(gone)))
	for table, n := range f.naming("eveline", "EVELINE") {
		if table != "remote_actors" && table != "activities" {
			t.Errorf("%s: got %d rows that name the deleted account, want none", table, n)
		}
	}
	if n := f.count(`SELECT count(*) FROM remote_actors WHERE name = '' AND handle = '' AND url = iri AND document::text = '{}'`); n != 1 {
		t.Errorf("got %d empty rows, want the one of the account", n)
	}
	if got := f.counts(p.ID); got != [3]int{} {
		t.Errorf("got counts %v, want none", got)
	}
	if got := f.filesToRemove(); len(got) != 2 || !strings.HasSuffix(got[0], ".jpg") {
		t.Errorf("got files %v to remove, want the face and the picture", got)
	}
	for _, kind := range []string{"replies", "reply_versions", "reactions", "followers", "notifications", "remote_media", "remote_keys"} {
		if n := f.count(`SELECT count(*) FROM ` + kind); n != 0 {
			t.Errorf("%s: got %d rows, want none", kind, n)
		}
	}
}
