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
