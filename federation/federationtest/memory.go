package federationtest

import (
	"context"
	"slices"
	"sync"
	"time"

	"bourg/federation"
)

// Row is a delivery to be put into a queue.
type Row struct {
	Inbox  federation.IRI
	Sender federation.IRI // "" where the filler may choose one
	Object federation.IRI // what the activity is about: the order that is to be kept
	JSON   []byte         // unlike that of each other row in the queue
	Due    time.Time      // zero: at once
}

// MemoryQueue is a federation.DeliveryQueue that forgets all when the program ends. It is the
// simplest thing that keeps the contract, and serves as its measure in tests. The zero value is
// an empty queue.
type MemoryQueue struct {
	// Now is the clock; nil for time.Now. It is set before the first use.
	Now func() time.Time

	mu      sync.Mutex
	rows    []*row // in the order in which they came
	paused  map[string]time.Time
	schemes map[string]federation.SignatureScheme
	last    int64 // id or lease given out
	ended   []federation.DeliveryResult
}

type row struct {
	federation.Delivery
	object      federation.IRI
	due         time.Time
	leasedUntil time.Time
}

func (q *MemoryQueue) now() time.Time {
	if q.Now == nil {
		return time.Now()
	}
	return q.Now()
}

// Add puts deliveries into the queue.
func (q *MemoryQueue) Add(rows ...Row) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, r := range rows {
		q.last++
		now := q.now()
		if r.Due.IsZero() {
			r.Due = now
		}
		q.rows = append(q.rows, &row{
			Delivery: federation.Delivery{
				ID: q.last, Inbox: r.Inbox, Host: r.Inbox.Host(), Sender: r.Sender, JSON: r.JSON, Created: now,
			},
			object: r.Object,
			due:    r.Due,
		})
	}
}

// Len returns how many deliveries are waiting or leased.
func (q *MemoryQueue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.rows)
}

// Ended returns the last result of each delivery that is no longer in the queue, in the order of their ends.
func (q *MemoryQueue) Ended() []federation.DeliveryResult {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.ended)
}

// Paused returns until when a host is to be left alone; the zero time where it never was.
func (q *MemoryQueue) Paused(host string) time.Time {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.paused[host]
}

// Retry ends the pause of a host and makes due what waits for it, as an operator may.
func (q *MemoryQueue) Retry(host string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.paused, host)
	for _, r := range q.rows {
		if r.Host == host {
			r.due = q.now()
		}
	}
}

// Waiting returns the deliveries in the queue with the times at which they are due.
func (q *MemoryQueue) Waiting() map[int64]time.Time {
	q.mu.Lock()
	defer q.mu.Unlock()
	due := make(map[int64]time.Time, len(q.rows))
	for _, r := range q.rows {
		due[r.ID] = r.due
	}
	return due
}

// ClaimDeliveries implements federation.DeliveryQueue.
func (q *MemoryQueue) ClaimDeliveries(_ context.Context, n, perHost int, busy []string, lease time.Duration) ([]federation.Delivery, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.now()
	perHostNow := make(map[string]int, len(busy))
	for _, host := range busy {
		perHostNow[host] = perHost
	}
	type order struct{ inbox, object federation.IRI }
	earlier := make(map[order]bool, len(q.rows))
	var claimed []federation.Delivery
	for _, r := range q.rows {
		if len(claimed) == n {
			break
		}
		key := order{r.Inbox, r.object}
		held := earlier[key]
		earlier[key] = true
		if held || r.due.After(now) || r.leasedUntil.After(now) ||
			q.paused[r.Host].After(now) || perHostNow[r.Host] >= perHost {
			continue
		}
		perHostNow[r.Host]++
		q.last++
		r.Lease, r.leasedUntil, r.Scheme = q.last, now.Add(lease), q.schemes[r.Host]
		claimed = append(claimed, r.Delivery)
	}
	return claimed, nil
}

// FinishDeliveries implements federation.DeliveryQueue.
func (q *MemoryQueue) FinishDeliveries(_ context.Context, results []federation.DeliveryResult) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.paused == nil {
		q.paused, q.schemes = map[string]time.Time{}, map[string]federation.SignatureScheme{}
	}
	byID := make(map[int64]*row, len(q.rows))
	for _, r := range q.rows {
		byID[r.ID] = r
	}
	over := map[int64]bool{}
	gone := map[federation.IRI]bool{}
	for _, result := range results {
		r := byID[result.ID]
		if r == nil || r.Lease != result.Lease {
			continue
		}
		r.leasedUntil = time.Time{}
		r.Lease = 0
		if q.paused[r.Host].Before(result.Pause) {
			q.paused[r.Host] = result.Pause
		}
		switch result.Outcome {
		case federation.Retry:
			r.Attempt++
			r.due = result.Next
			continue
		case federation.Released:
			continue
		case federation.Delivered:
			q.schemes[r.Host] = result.Scheme
		case federation.InboxGone:
			gone[r.Inbox] = true
		}
		over[r.ID] = true
		q.ended = append(q.ended, result)
	}
	q.rows = slices.DeleteFunc(q.rows, func(r *row) bool { return over[r.ID] || gone[r.Inbox] })
	return nil
}

// NextDelivery implements federation.DeliveryQueue.
func (q *MemoryQueue) NextDelivery(context.Context) (time.Time, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var next time.Time
	for _, r := range q.rows {
		if next.IsZero() || r.due.Before(next) {
			next = r.due
		}
	}
	return next, nil
}
