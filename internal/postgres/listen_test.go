package postgres_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"bourg/federation"
	"bourg/internal/town"
)

// What people do in one process is heard in the others; what peers do is not announced.
func TestListen(t *testing.T) {
	t.Parallel()
	databaseURL := testURL(t)
	f, other := openURL(t, databaseURL), openURL(t, databaseURL)
	m := f.merchant("martin")
	p := f.post(m, "Du pain")

	changes, deliveries := make(chan struct{}, 100), make(chan struct{}, 100)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- other.Listen(ctx, func() { changes <- struct{}{} }, func() { deliveries <- struct{}{} })
	}()
	wait := func(what string, c <-chan struct{}) {
		t.Helper()
		select {
		case <-c:
		case <-time.After(20 * time.Second):
			t.Fatalf("%s: heard nothing", what)
		}
	}
	wait("begin", changes) // what may have been missed before
	wait("begin", deliveries)

	before := other.Generation()
	f.must(f.AddReaction(f.ctx(), f.received(peer("away.example", "ana")), town.Liked, p.ID)) // not announced
	f.must(f.EditPost(f.ctx(), p, f.outgoing(m.ID, "Update", f.addresses.Post(p.ID), town.Recipients{Followers: true})))
	wait("edit", changes)
	wait("edit", deliveries)
	if got := other.Generation(); got != before+1 {
		t.Errorf("generation: got %d, want %d: one change by a person", got, before+1)
	}

	// The connection breaks and comes back.
	f.exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`)
	wait("after the break", changes)
	wait("after the break", deliveries)
	f.must(f.BlockDomain(f.ctx(), "bad.example", "", time.Now()))
	wait("block", changes)
	if err := other.Allowed(f.ctx(), "bad.example"); !errors.Is(err, federation.ErrBlocked) {
		t.Errorf("blocked in another process: got %v, want ErrBlocked", err)
	}

	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("end: got %v, want context.Canceled", err)
	}
}
