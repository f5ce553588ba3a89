package postgres_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"bourg/federation"
	"bourg/internal/town"
)

func TestBlockDomain(t *testing.T) {
	t.Parallel()
	databaseURL := testURL(t)
	f, other := openURL(t, databaseURL), openURL(t, databaseURL) // two processes of one town
	m := f.merchant("martin")
	p := f.post(m, "Du pain")
	bad := []*federation.Actor{peer("bad.example", "a"), peer("sub.bad.example", "b"), peer("bad.example:8443", "c")}
	good := peer("notbad.example", "d")
	for _, a := range append(slices.Clone(bad), good) {
		f.follow(m.ID, a)
		f.must(f.AddReaction(f.ctx(), f.received(a), town.Liked, p.ID))
		f.must(f.AddReaction(f.ctx(), f.received(a), town.Shared, p.ID))
		f.must(f.AddReply(f.ctx(), f.received(a), f.reply(a, p, "1")))
	}
	if got, want := f.counts(p.ID), [3]int{4, 4, 4}; got != want {
		t.Fatalf("counts before: got %v, want %v", got, want)
	}
	before := f.Generation()

	f.must(f.BlockDomain(f.ctx(), "BAD.Example.", "pourriel", time.Now()))
	if f.Generation() == before {
		t.Error("generation: got the same, want another")
	}
	if got, want := f.counts(p.ID), [3]int{1, 1, 1}; got != want {
		t.Errorf("counts: got %v, want %v", got, want)
	}
	if n, _ := f.CountFollowers(f.ctx(), m.ID); n != 1 {
		t.Errorf("followers: got %d, want 1", n)
	}
	if got, want := f.waiting(), []string{"Accept https://notbad.example/users/d/inbox"}; !slices.Equal(got, want) {
		t.Errorf("deliveries: got %v, want %v", got, want)
	}
	if n := f.count(`SELECT count(*) FROM notifications`); n != 4 {
		t.Errorf("notifications: got %d, want the 4 of who is left", n)
	}
	for host, want := range map[string]error{
		"bad.example": federation.ErrBlocked, "sub.bad.example": federation.ErrBlocked, "a.b.bad.example": federation.ErrBlocked,
		"bad.example:8443": federation.ErrBlocked, "notbad.example": nil, "example": nil, "bad.example.org": nil,
	} {
		if err := f.Allowed(f.ctx(), host); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", host, err, want)
		}
	}
	// What another process receives from there has no effect from the moment of the block.
	if err := other.AddReaction(f.ctx(), f.received(bad[1]), town.Liked, p.ID); !errors.Is(err, federation.ErrIgnored) {
		t.Errorf("another process: got %v, want ErrIgnored", err)
	}
	unknown := peer("new.bad.example", "e")
	if err := other.AddReaction(f.ctx(), f.received(unknown), town.Liked, p.ID); !errors.Is(err, federation.ErrIgnored) {
		t.Errorf("an actor unknown so far: got %v, want ErrIgnored", err)
	}
	// Nothing is addressed to it.
	f.clearQueue()
	f.must(f.AddOutgoing(f.ctx(), f.outgoing(m.ID, "Update", "https://bourg.test/x", town.Recipients{
		Followers: true, Actors: []federation.IRI{bad[0].ID, good.ID, "https://unknown.example/x"},
		Inboxes: []federation.IRI{bad[1].Inbox, "https://bourg.test/inbox", "https://elsewhere.example/inbox", "https://elsewhere.example/inbox"},
	})))
	want := []string{"Update https://elsewhere.example/inbox", "Update https://notbad.example/inbox"}
	if got := f.waiting(); !slices.Equal(got, want) {
		t.Errorf("deliveries: got %v, want %v", got, want)
	}

	// What is queued all the same, at the same moment elsewhere, stays and is swept.
	f.clearQueue()
	f.fillQueue(m, "bad", 1, 1, time.Now())
	f.exec(`UPDATE deliveries SET host = 'bad.example'`)
	if list, err := f.ClaimDeliveries(f.ctx(), 10, 10, nil, time.Minute); len(list) != 0 || err != nil {
		t.Errorf("claim: got %d deliveries, error %v, want none", len(list), err)
	}
	if next, err := f.NextDelivery(f.ctx()); !next.IsZero() || err != nil {
		t.Errorf("next delivery: got %v, error %v, want none", next, err)
	}
	if _, err := f.Sweep(f.ctx(), time.Now().Add(25*time.Hour)); err != nil {
		t.Error(err)
	}
	if got := f.waiting(); len(got) != 0 {
		t.Errorf("after the sweep: got %v, want nothing", got)
	}

	f.must(f.BlockDomain(f.ctx(), "sub.bad.example", "", time.Now()))
	f.must(f.UnblockDomain(f.ctx(), "bad.example"))
	if err := f.UnblockDomain(f.ctx(), "bad.example"); !errors.Is(err, town.ErrNotFound) {
		t.Errorf("unblocked twice: got %v, want ErrNotFound", err)
	}
	f.must(f.AddReaction(f.ctx(), f.received(bad[0]), town.Liked, p.ID))
	if err := f.AddReaction(f.ctx(), f.received(bad[1]), town.Liked, p.ID); !errors.Is(err, federation.ErrIgnored) {
		t.Errorf("still blocked: got %v, want ErrIgnored", err)
	}
	list, err := f.BlockedDomains(f.ctx())
	f.must(err)
	if len(list) != 1 || list[0].Domain != "sub.bad.example" {
		t.Errorf("list: got %+v, want sub.bad.example", list)
	}
	if err := f.BlockDomain(f.ctx(), "not a domain", "", time.Now()); err == nil {
		t.Error("a domain that is none: got no error")
	}
}

func TestBlockOfAddress(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.must(f.BlockDomain(f.ctx(), "127.0.0.2:9001", "", time.Now()))
	f.must(f.BlockDomain(f.ctx(), "127.0.0.3", "", time.Now()))
	f.must(f.BlockDomain(f.ctx(), "[2001:db8::1]", "", time.Now()))
	for host, want := range map[string]error{
		"127.0.0.2:9001": federation.ErrBlocked, "127.0.0.2:9002": nil, "127.0.0.2": nil, "127.0.0.3:9001": federation.ErrBlocked,
		"[2001:db8::1]": federation.ErrBlocked, "[2001:db8::1]:8443": federation.ErrBlocked, "[2001:db8::2]": nil,
	} {
		if err := f.Allowed(f.ctx(), host); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", host, err, want)
		}
	}
}

func TestQueueByHost(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	for _, host := range []string{"paused", "fresh", "parked", "retrying", "fresh"} {
		f.must(f.AddOutgoing(f.ctx(), f.outgoing(m.ID, "Update", federation.IRI("https://bourg.test/"+host), town.Recipients{
			Inboxes: []federation.IRI{federation.IRI("https://" + host + ".example/inbox")},
		})))
	}
	claimed, err := f.ClaimDeliveries(f.ctx(), 10, 1, nil, time.Minute)
	f.must(err)
	next := time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond)
	var results []federation.DeliveryResult
	for _, d := range claimed {
		r := federation.DeliveryResult{ID: d.ID, Lease: d.Lease, Host: d.Host, Inbox: d.Inbox, Outcome: federation.Released}
		switch d.Host {
		case "paused.example":
			r.Outcome, r.Next, r.Pause, r.Error = federation.Retry, next, next.Add(time.Hour), "timeout"
		case "parked.example":
			r.Outcome, r.Error = federation.Abandoned, "status 400"
		case "retrying.example":
			r.Outcome, r.Next, r.Error = federation.Retry, next, "status 500"
		}
		results = append(results, r)
	}
	f.must(f.FinishDeliveries(f.ctx(), results))
	list, err := f.QueueByHost(f.ctx())
	f.must(err)
	type row struct {
		host      string
		state     town.HostState
		lastError string
		waiting   int
	}
	var got []row
	for _, h := range list {
		got = append(got, row{h.Host, h.State, h.LastError, h.Waiting})
		if h.Oldest == nil || (h.NextTry == nil) != (h.State == "parked") {
			t.Errorf("%s: got oldest %v and next try %v", h.Host, h.Oldest, h.NextTry)
		}
		if h.State == "paused" && !h.NextTry.Equal(next.Add(time.Hour)) {
			t.Errorf("%s: next try: got %v, want %v", h.Host, h.NextTry, next.Add(time.Hour))
		}
	}
	want := []row{
		{"paused.example", "paused", "timeout", 1}, {"parked.example", "parked", "status 400", 0},
		{"retrying.example", "retrying", "status 500", 1}, {"fresh.example", "ok", "", 2},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if n := f.count(`SELECT abandoned FROM activities WHERE object_id = 'https://bourg.test/parked'`); n != 1 {
		t.Errorf("abandoned: got %d, want 1", n)
	}
}
