package federationtest_test

import (
	"testing"

	"bourg/federation"
	"bourg/federation/federationtest"
)

func TestMemoryQueue(t *testing.T) {
	federationtest.TestDeliveryQueue(t, func(*testing.T) (federation.DeliveryQueue, federationtest.Filler) {
		q := &federationtest.MemoryQueue{}
		return q, func(rows ...federationtest.Row) { q.Add(rows...) }
	})
}
