package postgres_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"bourg/federation"
	"bourg/internal/postgres"
	"bourg/internal/town"

	"github.com/google/uuid"
)

// What goes to the followers tells each host the digest of those who live there now, and the host that asks gets just them.
func TestFollowersAreSynchronised(t *testing.T) {
	t.Parallel()
	f := open(t)
	m, other := f.merchant("martin"), f.merchant("autre")
	ana, bob, eve := peer("one.example", "ana"), peer("one.example", "bob"), peer("two.example", "eve")
	gone := peer("three.example", "leo")
	for _, a := range []*federation.Actor{ana, bob, eve, gone} {
		f.follow(m.ID, a)
	}
	f.follow(other.ID, ana)
	f.clearQueue()
	digest := func(of ...*federation.Actor) string {
		var d federation.FollowersDigest
		for _, a := range of {
			d.Add(a.ID)
		}
		return d.String()
	}
	want := func(digest string) string {
		actor := f.addresses.Actor(m.ID)
		return fmt.Sprintf(`collectionId="%s/followers", url="%s/followers_synchronization", digest="%s"`, actor, actor, digest)
	}
	claim := func() map[string]string {
		t.Helper()
		list, err := f.ClaimDeliveries(f.ctx(), 100, 100, nil, time.Minute)
		f.must(err)
		syncs := map[string]string{}
		for _, d := range list {
			syncs[string(d.Inbox)] = d.Sync
		}
		return syncs
	}
	f.post(m, "Du pain")
	f.must(f.RemoveFollower(f.ctx(), f.received(gone), m.ID)) // after the post left for its host
	got := claim()
	for inbox, header := range map[string]string{
		"https://one.example/inbox": want(digest(ana, bob)), "https://two.example/inbox": want(digest(eve)),
		"https://three.example/inbox": want(digest()), // it should know nobody
	} {
		if got[inbox] != header {
			t.Errorf("%s: got %q, want %q", inbox, got[inbox], header)
		}
	}
	// A retry says what is true then.
	f.exec(`UPDATE deliveries SET leased_until = NULL`)
	f.must(f.RemoveFollower(f.ctx(), f.received(bob), m.ID))
	if got := claim()["https://one.example/inbox"]; got != want(digest(ana)) {
		t.Errorf("at the second try: got %q, want %q", got, want(digest(ana)))
	}
	// What is for named people says nothing of the followers.
	f.clearQueue()
	f.must(f.AddOutgoing(f.ctx(), f.outgoing(m.ID, "Create", f.addresses.Post(newID(t)), town.Recipients{Actors: []federation.IRI{ana.ID}})))
	for inbox, header := range claim() {
		if header != "" {
			t.Errorf("to a named person at %s: got %q, want none", inbox, header)
		}
	}
	for host, want := range map[string]string{"one.example": string(ana.ID), "two.example": string(eve.ID), "three.example": "", "nowhere.example": ""} {
		list, err := f.FollowersAt(f.ctx(), m.ID, host)
		f.must(err)
		ids := make([]string, len(list))
		for i, id := range list {
			ids[i] = string(id)
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("followers at %s: got %q, want %q", host, got, want)
		}
	}
	f.must(f.BlockDomain(f.ctx(), "two.example", "", time.Now()))
	if list, err := f.FollowersAt(f.ctx(), m.ID, "two.example"); err != nil || len(list) != 0 {
		t.Errorf("followers at a blocked host: got %v, %v, want none", list, err)
	}
}

// The followers of a host are found by the host, however many others there are.
func TestFollowersAtPlan(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	f.exec(`
		INSERT INTO remote_actors (iri, host, handle, name, url, inbox, delivery_inbox, delivery_host, document, fetched_at)
		SELECT 'https://h' || n % 2000 || '.example/users/' || n, 'h' || n % 2000 || '.example', 'u', 'u', '', '', 'https://h' || n % 2000 || '.example/inbox',
		       'h' || n % 2000 || '.example', '{}', now() FROM generate_series(1, 20000) n`)
	f.exec(`INSERT INTO followers (actor_id, follower_id, follow_id) SELECT $1, id, '' FROM remote_actors`, m.ID)
	f.exec(`ANALYZE`)
	nodes := f.explain(postgres.FollowersAtSQL, []uuid.UUID{m.ID}, []string{"h1.example", "h2.example", "h3.example"})
	for _, table := range []string{"remote_actors", "followers"} {
		if rows := readRows(nodes, table); rows > 100 {
			t.Errorf("reads %.0f rows of %s for 30 followers on three hosts of 2000", rows, table)
		}
	}
}

// How a host signs is remembered beside what deliveries teach, and outlives the sweep of idle hosts.
func TestSchemesAreRemembered(t *testing.T) {
	t.Parallel()
	f := open(t)
	scheme := func(host string, want federation.SignatureScheme) {
		t.Helper()
		if got, err := f.Scheme(f.ctx(), host); err != nil || got != want {
			t.Errorf("%s: got %v, %v, want %v", host, got, err, want)
		}
	}
	scheme("one.example", 0)
	f.must(f.SchemeWorked(f.ctx(), "one.example", federation.RFC9421Ed25519))
	scheme("one.example", federation.RFC9421Ed25519)
	_, err := f.Sweep(f.ctx(), time.Now())
	f.must(err)
	scheme("one.example", federation.RFC9421Ed25519)

	m := f.merchant("martin")
	f.follow(m.ID, peer("one.example", "ana"))
	f.clearQueue()
	f.post(m, "Du pain")
	list, err := f.ClaimDeliveries(f.ctx(), 1, 1, nil, time.Minute)
	f.must(err)
	if len(list) != 1 || list[0].Scheme != federation.RFC9421Ed25519 {
		t.Fatalf("got %+v, want a delivery by Ed25519", list)
	}
	f.must(f.FinishDeliveries(f.ctx(), []federation.DeliveryResult{{
		ID: list[0].ID, Lease: list[0].Lease, Host: list[0].Host, Inbox: list[0].Inbox, Outcome: federation.Delivered, Scheme: federation.Cavage,
	}}))
	scheme("one.example", federation.Cavage)
	f.must(f.SchemeWorked(f.ctx(), "one.example", federation.RFC9421Ed25519))
	scheme("one.example", federation.RFC9421Ed25519)
	_, err = f.Sweep(f.ctx(), time.Now().Add(100*24*time.Hour))
	f.must(err)
	scheme("one.example", 0)
}
