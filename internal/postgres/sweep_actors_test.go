package postgres_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"bourg/federation"
	"bourg/internal/town"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// A month after the last of somebody is gone, so is the actor; who follows, wrote, liked, was told of, answered or
// named stays. Who deleted the account is remembered for half a year.
func TestSweepOfActors(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	p := f.post(m, "Du pain")
	who := func(name string) *federation.Actor { return peer("away.example", name) }
	f.follow(m.ID, who("follower"))
	f.must(f.AddReaction(f.ctx(), f.received(who("liker")), town.Liked, p.ID))
	f.must(f.AddReply(f.ctx(), f.received(who("writer")), f.reply(who("writer"), p, "1")))
	f.follow(m.ID, who("left"))
	f.must(f.RemoveFollower(f.ctx(), f.received(who("left")), m.ID))
	f.follow(m.ID, who("deleted"))
	f.must(f.DeleteActor(f.ctx(), f.received(who("deleted"))))
	for _, name := range []string{"answered", "named", "nobody", "unliker", "relay", "baker"} {
		f.must(f.AddReaction(f.ctx(), f.received(who(name)), town.Liked, p.ID))
		f.must(f.RemoveReaction(f.ctx(), f.received(who(name)), town.Liked, p.ID))
	}
	answer, out := f.newPost(m, "Merci", 0)
	answer.Kind, answer.Root, answer.Addressee, answer.Mentions = town.Answer, p.ID, who("answered").ID, []federation.IRI{who("named").ID}
	_, err := f.AddPost(f.ctx(), answer, uuid.Nil, out)
	f.must(err)
	f.exec(`INSERT INTO neighbours (domain, base, relay) VALUES ('away.example', 'https://away.example', $1)`, string(who("relay").ID))
	f.exec(`INSERT INTO foreign_posts (id, object_id, domain, actor, kind, content, url, published_at, received_at)
		VALUES (gen_random_uuid(), 'https://away.example/posts/1', 'away.example', $1, 'news', '', '', now(), now())`, string(who("baker").ID))
	f.exec(`INSERT INTO remote_media (id, actor_id, url, host, asked_at, used_at) SELECT gen_random_uuid(), id, 'https://x.example/', 'x.example', now(), now() FROM remote_actors`)

	known := func() []string {
		t.Helper()
		rows, _ := f.Pool().Query(f.ctx(), `SELECT substr(iri, length('https://away.example/users/') + 1) FROM remote_actors ORDER BY 1`)
		list, err := pgx.CollectRows(rows, pgx.RowTo[string])
		f.must(err)
		return list
	}
	everybody := known()
	now := time.Now()
	sweep := func(days int) {
		t.Helper()
		_, err := f.Sweep(f.ctx(), now.Add(time.Duration(days)*24*time.Hour))
		f.must(err)
	}
	sweep(29)
	if got := known(); !slices.Equal(got, everybody) {
		t.Errorf("after 29 days: got %v, want everybody: %v", got, everybody)
	}
	sweep(31)
	if got, want := known(), []string{"answered", "baker", "deleted", "follower", "left", "liker", "named", "relay", "writer"}; !slices.Equal(got, want) {
		t.Errorf("after 31 days: got %v, want %v", got, want)
	}
	sweep(91) // former followers are forgotten
	if got, want := known(), []string{"answered", "baker", "deleted", "follower", "liker", "named", "relay", "writer"}; !slices.Equal(got, want) {
		t.Errorf("after 91 days: got %v, want %v", got, want)
	}
	sweep(181)
	if got, want := known(), []string{"answered", "baker", "follower", "liker", "named", "relay", "writer"}; !slices.Equal(got, want) {
		t.Errorf("after 181 days: got %v, want %v", got, want)
	}
}

// Old activities that no outbox lists go, once nobody waits for them; what was created stays.
func TestSweepOfActivities(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	p := f.post(m, "Du pain")
	ana := peer("away.example", "ana")
	f.follow(m.ID, ana) // an Accept
	f.must(f.AddOutgoing(f.ctx(), f.outgoing(m.ID, "Update", f.addresses.Post(p.ID), town.Recipients{Followers: true})))
	types := func() string {
		t.Helper()
		rows, _ := f.Pool().Query(f.ctx(), `SELECT type FROM activities ORDER BY type`)
		list, err := pgx.CollectRows(rows, pgx.RowTo[string])
		f.must(err)
		return fmt.Sprint(list)
	}
	sweep := func(days int) {
		t.Helper()
		_, err := f.Sweep(f.ctx(), time.Now().Add(time.Duration(days)*24*time.Hour))
		f.must(err)
	}
	sweep(181)
	if got, want := types(), "[Accept Create Update]"; got != want {
		t.Errorf("while they wait: got %s, want %s", got, want)
	}
	f.clearQueue()
	sweep(179)
	if got, want := types(), "[Accept Create Update]"; got != want {
		t.Errorf("after 179 days: got %s, want %s", got, want)
	}
	sweep(181)
	if got, want := types(), "[Create]"; got != want {
		t.Errorf("after 181 days: got %s, want %s", got, want)
	}
}

// An actor that is merely old is fetched some time within hours, one that has changed at once, even where the first waits already.
func TestAskToRefreshSpread(t *testing.T) {
	t.Parallel()
	f := open(t)
	ana := federation.IRI("https://away.example/users/ana")
	const waits = `SELECT count(*) FROM river_job WHERE kind = 'refresh_actor' AND state = 'scheduled' AND scheduled_at BETWEEN now() AND now() + interval '6 hours'`
	const now = `SELECT count(*) FROM river_job WHERE kind = 'refresh_actor' AND state = 'available' AND scheduled_at <= now() + interval '1 minute'`
	f.must(f.AskToRefresh(f.ctx(), ana, 6*time.Hour))
	if later, soon := f.count(waits), f.count(now); later != 1 || soon != 0 {
		t.Errorf("old: got %d jobs later and %d now, want one later", later, soon)
	}
	f.must(f.AskToRefresh(f.ctx(), ana, 0))
	if later, soon := f.count(waits), f.count(now); later != 0 || soon != 1 {
		t.Errorf("changed: got %d jobs later and %d now, want one now", later, soon)
	}
	f.must(f.AskToRefresh(f.ctx(), ana, 6*time.Hour))
	if n := f.count(`SELECT count(*) FROM river_job WHERE kind = 'refresh_actor'`); n != 1 {
		t.Errorf("asked again: got %d jobs, want 1", n)
	}
}
