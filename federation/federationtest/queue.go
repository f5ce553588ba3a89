package federationtest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"bourg/federation"
)

// Filler puts deliveries into the queue under test, in this order, each due as its row
// says. It fails the test where it cannot.
type Filler func(rows ...Row)

// TestDeliveryQueue tests that a queue keeps the contract of federation.DeliveryQueue.
// open makes an empty queue, and what fills it, for each part of the test.
func TestDeliveryQueue(t *testing.T, open func(t *testing.T) (federation.DeliveryQueue, Filler)) {
	parts := []struct {
		name string
		test func(t *testing.T, q *queueTest)
	}{
		{"gives what was put in", givesAll},
		{"gives a row to one worker", oneWorker},
		{"gives back after the lease", leaseEnds},
		{"refuses a finish with an old lease", oldLease},
		{"keeps a lease that is not over", leaseHolds},
		{"keeps the order per object and inbox", keepsOrder},
		{"retries later and counts", retries},
		{"releases as it was", releases},
		{"gives few for one host", perHost},
		{"gives none for busy hosts", busyHosts},
		{"leaves a paused host alone", pauses},
		{"ends an inbox that is gone", inboxGone},
		{"forgets what was abandoned", abandons},
		{"remembers the scheme", remembersScheme},
		{"knows when the next is due", nextDue},
		{"agrees with a model", agreesWithModel},
	}
	for _, p := range parts {
		t.Run(p.name, func(t *testing.T) {
			queue, fill := open(t)
			p.test(t, &queueTest{t: t, DeliveryQueue: queue, fill: fill})
		})
	}
}

type queueTest struct {
	federation.DeliveryQueue
	t    *testing.T
	fill Filler
	made int
}

const long = time.Hour // a lease that does not end within a test

// add fills in one row to an inbox about an object and returns its JSON.
func (q *queueTest) add(inbox, object string) string { return q.addDue(inbox, object, time.Time{}) }

func (q *queueTest) addDue(inbox, object string, due time.Time) string {
	q.t.Helper()
	q.made++
	text := fmt.Sprintf(`{"id":"https://town.example/activities/%d"}`, q.made)
	q.fill(Row{Inbox: federation.IRI(inbox), Object: federation.IRI("https://town.example/posts/" + object), JSON: []byte(text), Due: due})
	return text
}

func (q *queueTest) claim(n, perHost int, busy ...string) []federation.Delivery {
	q.t.Helper()
	return q.claimFor(long, n, perHost, busy...)
}

func (q *queueTest) claimFor(lease time.Duration, n, perHost int, busy ...string) []federation.Delivery {
	q.t.Helper()
	claimed, err := q.ClaimDeliveries(context.Background(), n, perHost, busy, lease)
	if err != nil {
		q.t.Fatalf("claiming deliveries: %v", err)
	}
	if len(claimed) > n {
		q.t.Fatalf("claimed %d deliveries, want at most %d", len(claimed), n)
	}
	return claimed
}

// one claims exactly one delivery.
func (q *queueTest) one() federation.Delivery {
	q.t.Helper()
	claimed := q.claim(10, 10)
	if len(claimed) != 1 {
		q.t.Fatalf("got %d deliveries %v, want 1", len(claimed), texts(claimed))
	}
	return claimed[0]
}

// none checks that nothing can be claimed.
func (q *queueTest) none(why string) {
	q.t.Helper()
	if claimed := q.claim(10, 10); len(claimed) != 0 {
		q.t.Fatalf("%s: got %v, want nothing", why, texts(claimed))
	}
}

func (q *queueTest) finish(d federation.Delivery, outcome federation.Outcome, change ...func(*federation.DeliveryResult)) {
	q.t.Helper()
	r := federation.DeliveryResult{ID: d.ID, Lease: d.Lease, Host: d.Host, Inbox: d.Inbox, Outcome: outcome}
	switch outcome {
	case federation.Delivered:
		r.Status, r.Scheme, r.Latency = 202, federation.Cavage, time.Millisecond
	case federation.Retry:
		r.Error, r.Next = "timeout", time.Now()
	case federation.Abandoned:
		r.Status, r.Error = 400, "status 400"
	case federation.InboxGone:
		r.Status, r.Error = 410, "status 410"
	}
	for _, c := range change {
		c(&r)
	}
	if err := q.FinishDeliveries(context.Background(), []federation.DeliveryResult{r}); err != nil {
		q.t.Fatalf("finishing a delivery: %v", err)
	}
}

// eventually claims until something comes.
func (q *queueTest) eventually(what string) federation.Delivery {
	q.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if claimed := q.claim(1, 1); len(claimed) == 1 {
			return claimed[0]
		}
	}
	q.t.Fatalf("%s: nothing came within 20 s", what)
	panic("unreachable")
}

func texts(list []federation.Delivery) []string {
	var out []string
	for _, d := range list {
		out = append(out, string(d.JSON))
	}
	return out
}

func givesAll(t *testing.T, q *queueTest) {
	q.none("an empty queue")
	before := time.Now().Add(-time.Minute)
	text := q.add("https://a.example/inbox", "1")
	d := q.one()
	if got := string(d.JSON); got != text {
		t.Errorf("JSON: got %s, want %s", got, text)
	}
	if d.Inbox != "https://a.example/inbox" || d.Host != "a.example" {
		t.Errorf("got inbox %q of host %q, want https://a.example/inbox of a.example", d.Inbox, d.Host)
	}
	if d.Attempt != 0 || d.Scheme != 0 {
		t.Errorf("got attempt %d and scheme %d, want 0 and 0", d.Attempt, d.Scheme)
	}
	if d.Created.Before(before) || d.Created.After(time.Now().Add(time.Minute)) {
		t.Errorf("created: got %v, want about now", d.Created)
	}
	if d.Lease == 0 {
		t.Error("lease: got 0, want a number")
	}
	q.finish(d, federation.Delivered)
	q.none("after its delivery")
	q.addDue("https://a.example/inbox", "2", time.Now().Add(time.Hour))
	q.none("not yet due")
	first := q.add("https://a.example/inbox", "3")
	second := q.add("https://a.example/inbox", "4")
	if got := texts(q.claim(1, 1)); len(got) != 1 || got[0] != first {
		t.Errorf("oldest: got %v, want %s", got, first)
	}
	if got := texts(q.claim(1, 1)); len(got) != 1 || got[0] != second {
		t.Errorf("second oldest: got %v, want %s", got, second)
	}
}

func oneWorker(t *testing.T, q *queueTest) {
	const rows, workers = 200, 8
	want := map[string]bool{}
	for i := range rows {
		want[q.add(fmt.Sprintf("https://h%d.example/inbox", i%50), fmt.Sprint(i))] = true
	}
	var mu sync.Mutex
	got := map[string]int{}
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for idle := 0; idle < 20; {
				claimed, err := q.ClaimDeliveries(context.Background(), 7, 2, nil, long)
				if err != nil {
					t.Errorf("claiming deliveries: %v", err)
					return
				}
				if len(claimed) == 0 {
					idle++
					time.Sleep(time.Millisecond)
				}
				results := make([]federation.DeliveryResult, 0, len(claimed))
				mu.Lock()
				for _, d := range claimed {
					got[string(d.JSON)]++
					results = append(results, federation.DeliveryResult{
						ID: d.ID, Lease: d.Lease, Host: d.Host, Inbox: d.Inbox,
						Outcome: federation.Delivered, Status: 202, Scheme: federation.Cavage,
					})
				}
				mu.Unlock()
				if err := q.FinishDeliveries(context.Background(), results); err != nil {
					t.Errorf("finishing deliveries: %v", err)
					return
				}
			}
		})
	}
	wg.Wait()
	for _, d := range q.claim(rows, rows) { // what every worker happened to miss
		got[string(d.JSON)]++
	}
	if len(got) != len(want) {
		t.Errorf("got %d different deliveries, want %d", len(got), len(want))
	}
	for text, n := range got {
		if n != 1 {
			t.Errorf("%s was given %d times, want once", text, n)
		}
	}
}

func leaseEnds(t *testing.T, q *queueTest) {
	text := q.add("https://a.example/inbox", "1")
	first := q.claimFor(50*time.Millisecond, 1, 1)
	if len(first) != 1 {
		t.Fatalf("got %d deliveries, want 1", len(first))
	}
	again := q.eventually("a delivery whose lease is over")
	if string(again.JSON) != text || again.ID != first[0].ID {
		t.Errorf("got %s, want %s again", again.JSON, text)
	}
	if again.Lease <= first[0].Lease {
		t.Errorf("second lease: got %d, want more than %d", again.Lease, first[0].Lease)
	}
}

func oldLease(t *testing.T, q *queueTest) {
	q.add("https://a.example/inbox", "1")
	first := q.claimFor(50*time.Millisecond, 1, 1)
	if len(first) != 1 {
		t.Fatalf("got %d deliveries, want 1", len(first))
	}
	second := q.eventually("a delivery whose lease is over")
	for _, late := range []federation.Outcome{federation.Delivered, federation.Abandoned, federation.InboxGone, federation.Retry, federation.Released} {
		q.finish(first[0], late)
		q.none(fmt.Sprintf("a late outcome %d", late))
	}
	q.finish(second, federation.Released)
	if third := q.one(); third.ID != second.ID || third.Attempt != 0 {
		t.Errorf("got delivery %d with %d attempts, want %d with 0", third.ID, third.Attempt, second.ID)
	}
}

func leaseHolds(_ *testing.T, q *queueTest) {
	q.add("https://a.example/inbox", "1")
	q.one()
	q.none("leased for an hour")
}

func keepsOrder(t *testing.T, q *queueTest) {
	const a, b = "https://a.example/inbox", "https://b.example/inbox"
	create := q.add(a, "1")
	q.add(a, "1") // its update
	q.add(a, "1") // and its deletion
	elsewhere := q.add(b, "1")
	other := q.add(a, "2")

	got := map[string]federation.Delivery{}
	for _, d := range q.claim(10, 10) {
		got[string(d.JSON)] = d
	}
	for _, want := range []string{create, elsewhere, other} {
		if _, ok := got[want]; !ok {
			t.Errorf("first claim: %s is missing", want)
		}
	}
	if len(got) != 3 {
		t.Fatalf("first claim: got %d deliveries, want 3: one per object and inbox", len(got))
	}
	q.none("the earlier one is on its way")
	q.finish(got[create], federation.Retry, func(r *federation.DeliveryResult) { r.Next = time.Now().Add(time.Hour) })
	q.none("the earlier one waits for its next try")

	// Every way in which a delivery ends lets the next one go.
	q.finish(got[other], federation.Delivered)
	next := q.add(a, "3")
	last := q.add(a, "3")
	d := q.one()
	if string(d.JSON) != next {
		t.Fatalf("got %s, want %s", d.JSON, next)
	}
	q.finish(d, federation.Abandoned)
	if d = q.one(); string(d.JSON) != last {
		t.Errorf("after an abandoned one: got %s, want %s", d.JSON, last)
	}
}

func retries(t *testing.T, q *queueTest) {
	q.add("https://a.example/inbox", "1")
	for want := range 4 {
		d := q.one()
		if d.Attempt != want {
			t.Errorf("attempts: got %d, want %d", d.Attempt, want)
		}
		q.finish(d, federation.Retry)
	}
	q.finish(q.one(), federation.Retry, func(r *federation.DeliveryResult) { r.Next = time.Now().Add(time.Hour) })
	q.none("the next try is in an hour")
}

func releases(t *testing.T, q *queueTest) {
	q.add("https://a.example/inbox", "1")
	q.finish(q.one(), federation.Retry)
	q.finish(q.one(), federation.Released)
	if d := q.one(); d.Attempt != 1 {
		t.Errorf("attempts: got %d, want 1: a release is none", d.Attempt)
	}
}

func perHost(t *testing.T, q *queueTest) {
	for i := range 10 {
		q.add(fmt.Sprintf("https://a.example/users/%d/inbox", i), fmt.Sprint(i))
	}
	for i := range 3 {
		q.add(fmt.Sprintf("https://b.example/users/%d/inbox", i), fmt.Sprint(i))
	}
	count := map[string]int{}
	for _, d := range q.claim(100, 2) {
		count[d.Host]++
	}
	if count["a.example"] != 2 || count["b.example"] != 2 {
		t.Errorf("got %v, want 2 for each host", count)
	}
	if got := len(q.claim(3, 10)); got != 3 {
		t.Errorf("got %d, want n = 3", got)
	}
}

func busyHosts(t *testing.T, q *queueTest) {
	q.add("https://a.example/inbox", "1")
	text := q.add("https://b.example:8443/inbox", "1")
	if got := q.claim(10, 10, "a.example", "b.example:8443"); len(got) != 0 {
		t.Errorf("got %v, want nothing: both hosts are busy", texts(got))
	}
	if got := q.claim(10, 10, "a.example"); len(got) != 1 || string(got[0].JSON) != text || got[0].Host != "b.example:8443" {
		t.Errorf("got %v, want %s of b.example:8443 only", texts(got), text)
	}
}

func pauses(t *testing.T, q *queueTest) {
	q.add("https://a.example/inbox", "1")
	q.add("https://a.example/inbox", "2")
	q.add("https://b.example/inbox", "1")
	claimed := q.claim(1, 1, "b.example")
	if len(claimed) != 1 {
		t.Fatalf("got %d deliveries, want 1", len(claimed))
	}
	until := time.Now().Add(time.Hour)
	q.finish(claimed[0], federation.Released, func(r *federation.DeliveryResult) { r.Pause = until })
	if got := q.claim(10, 10); len(got) != 1 || got[0].Host != "b.example" {
		t.Fatalf("got %v, want that of b.example only", texts(got))
	}
	q.add("https://a.example/other", "3")
	q.none("its host is paused")

	q.add("https://c.example/inbox", "1")
	q.finish(q.one(), federation.Retry, func(r *federation.DeliveryResult) { r.Pause = time.Now().Add(50 * time.Millisecond) })
	if d := q.eventually("a delivery whose host's pause is over"); d.Host != "c.example" {
		t.Errorf("got a delivery to %s, want c.example", d.Host)
	}
}

func inboxGone(t *testing.T, q *queueTest) {
	q.add("https://a.example/gone", "1")
	q.add("https://a.example/gone", "2")
	q.addDue("https://a.example/gone", "3", time.Now().Add(time.Hour))
	text := q.add("https://a.example/there", "1")
	claimed := q.claim(1, 1)
	if len(claimed) != 1 || claimed[0].Inbox != "https://a.example/gone" {
		t.Fatalf("got %v, want the oldest", texts(claimed))
	}
	q.finish(claimed[0], federation.InboxGone)
	d := q.one()
	if string(d.JSON) != text {
		t.Errorf("got %s, want %s: the other inbox goes on", d.JSON, text)
	}
	q.finish(d, federation.Delivered)
	if next, err := q.NextDelivery(context.Background()); err != nil || !next.IsZero() {
		t.Errorf("next delivery: got %v and error %v, want none: all to the inbox ended", next, err)
	}
}

func abandons(_ *testing.T, q *queueTest) {
	q.add("https://a.example/inbox", "1")
	q.finish(q.one(), federation.Abandoned)
	q.none("abandoned")
}

func remembersScheme(t *testing.T, q *queueTest) {
	q.add("https://a.example/inbox", "1")
	q.finish(q.one(), federation.Delivered, func(r *federation.DeliveryResult) { r.Scheme = federation.RFC9421 })
	q.add("https://a.example/inbox", "2")
	q.add("https://b.example/inbox", "2")
	for _, d := range q.claim(10, 10) {
		want := federation.SignatureScheme(0)
		if d.Host == "a.example" {
			want = federation.RFC9421
		}
		if d.Scheme != want {
			t.Errorf("%s: got scheme %d, want %d", d.Host, d.Scheme, want)
		}
	}
}

func nextDue(t *testing.T, q *queueTest) {
	next := func() time.Time {
		t.Helper()
		next, err := q.NextDelivery(context.Background())
		if err != nil {
			t.Fatalf("asking for the next delivery: %v", err)
		}
		return next
	}
	if got := next(); !got.IsZero() {
		t.Errorf("empty queue: got %v, want the zero time", got)
	}
	later := time.Now().Add(2 * time.Hour).Truncate(time.Millisecond)
	q.addDue("https://a.example/inbox", "1", later)
	if got := next(); !got.Equal(later) {
		t.Errorf("got %v, want %v", got, later)
	}
	sooner := later.Add(-time.Hour)
	q.addDue("https://a.example/inbox", "2", sooner)
	if got := next(); !got.Equal(sooner) {
		t.Errorf("got %v, want %v", got, sooner)
	}
}
