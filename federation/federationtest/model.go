package federationtest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"bourg/federation"
)

// agreesWithModel lets a queue and a MemoryQueue go through the same random history and
// compares what each gives. All histories share one queue, which each leaves empty.
func agreesWithModel(t *testing.T, q *queueTest) {
	history := 0
	rapid.Check(t, func(rt *rapid.T) {
		history++
		m := &modelTest{q: q, model: &MemoryQueue{}, history: history, leased: map[string]pair{}}
		rt.Repeat(map[string]func(*rapid.T){
			"add":    m.add,
			"claim":  m.claim,
			"finish": m.finish,
			"": func(rt *rapid.T) {
				if len(m.leased) > m.model.Len() {
					rt.Fatalf("%d deliveries are leased, but the model has only %d", len(m.leased), m.model.Len())
				}
			},
		})
		m.empty(rt)
	})
}

// pair is one delivery in the queue under test and in the model.
type pair struct{ got, want federation.Delivery }

type modelTest struct {
	q       *queueTest
	model   *MemoryQueue
	history int
	leased  map[string]pair // by JSON
}

func (m *modelTest) host(i int) string { return fmt.Sprintf("h%d-%d.example", m.history, i) }

func (m *modelTest) add(rt *rapid.T) {
	host := rapid.IntRange(0, 2).Draw(rt, "host")
	inbox := rapid.IntRange(0, 1).Draw(rt, "inbox")
	object := rapid.IntRange(0, 2).Draw(rt, "object")
	m.q.made++
	// A due time of the queue's own clock in the past, so that both see the same order.
	r := Row{
		Inbox:  federation.IRI(fmt.Sprintf("https://%s/users/%d/inbox", m.host(host), inbox)),
		Object: federation.IRI(fmt.Sprintf("https://town.example/histories/%d/posts/%d", m.history, object)),
		JSON:   fmt.Appendf(nil, `{"id":"https://town.example/activities/%d"}`, m.q.made),
		Due:    time.Unix(1_700_000_000, 0).Add(time.Duration(m.q.made) * time.Second),
	}
	m.q.fill(r)
	m.model.Add(r)
}

func (m *modelTest) claim(rt *rapid.T) {
	var busy []string
	for i := range 3 {
		if rapid.IntRange(0, 3).Draw(rt, "busy") == 0 {
			busy = append(busy, m.host(i))
		}
	}
	m.compare(rt, busy)
}

// compare claims from both, and returns how many there were. The limits are always
// enough: which of several deliveries goes first is the queue's own choice.
func (m *modelTest) compare(rt *rapid.T, busy []string) int {
	want, err := m.model.ClaimDeliveries(rt.Context(), 1000, 1000, busy, long)
	if err != nil {
		rt.Fatalf("the model: %v", err)
	}
	got, err := m.q.ClaimDeliveries(rt.Context(), 1000, 1000, busy, long)
	if err != nil {
		rt.Fatalf("claiming deliveries: %v", err)
	}
	byText := map[string]federation.Delivery{}
	for _, d := range got {
		byText[string(d.JSON)] = d
	}
	for _, w := range want {
		g, ok := byText[string(w.JSON)]
		if !ok || len(got) != len(want) {
			rt.Fatalf("claimed %v, want %v", texts(got), texts(want))
		}
		if g.Attempt != w.Attempt || g.Inbox != w.Inbox || g.Host != w.Host || g.Scheme != w.Scheme {
			rt.Fatalf("claimed %+v, want %+v", g, w)
		}
		m.leased[string(w.JSON)] = pair{g, w}
	}
	if len(got) != len(want) {
		rt.Fatalf("claimed %v, want %v", texts(got), texts(want))
	}
	return len(got)
}

func (m *modelTest) finish(rt *rapid.T) {
	if len(m.leased) == 0 {
		rt.Skip("nothing is leased")
	}
	var all []string
	for text := range m.leased {
		all = append(all, text)
	}
	slices.Sort(all)
	outcomes := []federation.Outcome{federation.Delivered, federation.Retry, federation.Abandoned, federation.InboxGone, federation.Released}
	var got, want []federation.DeliveryResult
	inboxes := map[federation.IRI]bool{}
	for _, text := range rapid.SliceOfNDistinct(rapid.SampledFrom(all), 1, min(len(all), 4), rapid.ID[string]).Draw(rt, "which") {
		p, ok := m.leased[text]
		if !ok {
			continue // it ended with its inbox, a moment ago
		}
		delete(m.leased, text)
		if inboxes[p.got.Inbox] {
			// Two results of one inbox in one batch, one of which ends it, leave open which comes first.
			m.leased[text] = p
			continue
		}
		inboxes[p.got.Inbox] = true
		r := federation.DeliveryResult{Host: p.got.Host, Inbox: p.got.Inbox, Outcome: rapid.SampledFrom(outcomes).Draw(rt, "outcome")}
		switch r.Outcome {
		case federation.Delivered:
			r.Status = 202
			r.Scheme = rapid.SampledFrom([]federation.SignatureScheme{federation.Cavage, federation.RFC9421}).Draw(rt, "scheme")
			if slices.ContainsFunc(got, func(o federation.DeliveryResult) bool { return o.Host == r.Host && o.Outcome == federation.Delivered }) {
				r.Scheme = got[slices.IndexFunc(got, func(o federation.DeliveryResult) bool { return o.Host == r.Host && o.Outcome == federation.Delivered })].Scheme
			}
		case federation.Retry:
			r.Error = "timeout"
			r.Next = time.Unix(1_700_000_000, 0)
			if rapid.Bool().Draw(rt, "later") {
				r.Next = time.Now().Add(100 * time.Hour)
			}
		case federation.InboxGone:
			// The leased ones to the same inbox end with it.
			for other, o := range m.leased {
				if o.got.Inbox == p.got.Inbox {
					delete(m.leased, other)
				}
			}
		}
		g, w := r, r
		g.ID, g.Lease, w.ID, w.Lease = p.got.ID, p.got.Lease, p.want.ID, p.want.Lease
		got, want = append(got, g), append(want, w)
	}
	if err := m.model.FinishDeliveries(rt.Context(), want); err != nil {
		rt.Fatalf("the model: %v", err)
	}
	if err := m.q.FinishDeliveries(rt.Context(), got); err != nil {
		rt.Fatalf("finishing deliveries: %v", err)
	}
}

// empty ends all deliveries of the history: a delivery to each inbox is sent and found gone.
func (m *modelTest) empty(rt *rapid.T) {
	for host := range 3 {
		for inbox := range 2 {
			m.q.made++
			r := Row{
				Inbox:  federation.IRI(fmt.Sprintf("https://%s/users/%d/inbox", m.host(host), inbox)),
				Object: federation.IRI(fmt.Sprintf("https://town.example/histories/%d/end", m.history)),
				JSON:   fmt.Appendf(nil, `{"id":"https://town.example/activities/%d"}`, m.q.made),
				Due:    time.Unix(1_700_000_000, 0).Add(time.Duration(m.q.made) * time.Second),
			}
			m.q.fill(r)
			m.model.Add(r)
		}
	}
	for m.compare(rt, nil) > 0 {
		var got, want []federation.DeliveryResult
		for text, p := range m.leased {
			r := federation.DeliveryResult{Host: p.got.Host, Inbox: p.got.Inbox, Outcome: federation.InboxGone, Status: 410, Error: "status 410"}
			g, w := r, r
			g.ID, g.Lease, w.ID, w.Lease = p.got.ID, p.got.Lease, p.want.ID, p.want.Lease
			got, want = append(got, g), append(want, w)
			delete(m.leased, text)
		}
		_ = m.model.FinishDeliveries(rt.Context(), want)
		if err := m.q.FinishDeliveries(rt.Context(), got); err != nil {
			rt.Fatalf("finishing deliveries: %v", err)
		}
	}
	if m.model.Len() != 0 {
		rt.Fatalf("the model has %d deliveries left", m.model.Len())
	}
}
