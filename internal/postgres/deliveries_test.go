package postgres_test

import (
	"testing"
	"time"

	"bourg/federation"
	"bourg/federation/federationtest"
	"bourg/internal/town"
)

func TestDeliveryQueue(t *testing.T) {
	t.Parallel()
	federationtest.TestDeliveryQueue(t, func(t *testing.T) (federation.DeliveryQueue, federationtest.Filler) {
		t.Helper()
		f := open(t)
		m := f.merchant("martin")
		return f.Store, func(rows ...federationtest.Row) {
			for _, r := range rows {
				out := f.outgoing(m.ID, "Update", r.Object, town.Recipients{Inboxes: []federation.IRI{r.Inbox}})
				out.JSON = r.JSON
				if out.Leaves = r.Due; r.Due.IsZero() {
					out.Leaves = time.Now()
				}
				f.must(f.AddOutgoing(f.ctx(), out))
			}
		}
	})
}

// An inbox that is gone ends the followings behind it, and what was for it counts as abandoned.
func TestInboxGone(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	alone := peer("away.example", "zoe")
	alone.SharedInbox = ""
	for _, a := range []*federation.Actor{peer("gone.example", "ana"), peer("gone.example", "bob"), peer("stays.example", "eve"), alone} {
		f.follow(m.ID, a)
	}
	f.clearQueue()
	first, second := f.post(m, "Du pain"), f.post(m, "Du vin")
	list, err := f.ClaimDeliveries(f.ctx(), 3, 1, nil, time.Minute)
	f.must(err)
	for _, d := range list {
		r := federation.DeliveryResult{ID: d.ID, Lease: d.Lease, Host: d.Host, Inbox: d.Inbox, Outcome: federation.InboxGone, Status: 410}
		if d.Host == "stays.example" {
			r.Outcome, r.Scheme = federation.Delivered, federation.Cavage
		}
		f.must(f.FinishDeliveries(f.ctx(), []federation.DeliveryResult{r}))
	}
	if n, _ := f.CountFollowers(f.ctx(), m.ID); n != 1 {
		t.Errorf("followers: got %d, want the one whose inbox is there", n)
	}
	if got := f.waiting(); len(got) != 1 || got[0] != "Create https://stays.example/inbox" {
		t.Errorf("deliveries: got %v, want the second to the inbox that is there", got)
	}
	for _, p := range []*town.Post{first, second} {
		if n := f.count(`SELECT recipients * 10 + abandoned FROM activities WHERE id = $1`, p.ID); n != 32 {
			t.Errorf("%s: got recipients and abandoned %d, want 3 and 2", p.Text, n)
		}
	}
}
