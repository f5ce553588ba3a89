package federation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"testing"
	"time"
)

var testNow = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestRetryPolicyNext(t *testing.T) {
	t.Parallel()
	p := DefaultRetryPolicy()
	created := testNow.Add(-time.Hour)
	for _, c := range []struct {
		attempt int
		want    time.Duration
	}{
		{0, 45 * time.Second}, {1, 45 * time.Second}, {2, 5 * time.Minute}, {3, 30 * time.Minute},
		{4, 2 * time.Hour}, {5, 6 * time.Hour}, {6, 12 * time.Hour}, {7, 12 * time.Hour}, {1000, 12 * time.Hour},
	} {
		for chance, part := range map[float64]float64{0: 0.8, 0.5: 1, 1: 1.2} {
			next, ok := p.Next(c.attempt, created, testNow, chance)
			if want := time.Duration(float64(c.want) * part); !ok || next.Sub(testNow).Round(time.Millisecond) != want {
				t.Errorf("attempt %d with chance %v: got %v, %v, want %v", c.attempt, chance, next.Sub(testNow), ok, want)
			}
		}
	}
	if first, _ := p.Next(1, created, testNow, 1); first.Sub(testNow) > time.Minute {
		t.Errorf("first retry: got %v, want a minute at most", first.Sub(testNow))
	}
	if _, ok := p.Next(9, testNow.Add(-7*24*time.Hour), testNow, 0.5); ok {
		t.Error("a delivery of seven days: got another try, want none")
	}
	if _, ok := (RetryPolicy{}).Next(1, created, testNow, 0.5); ok {
		t.Error("a policy without delays: got another try, want none")
	}
	// All the tries of a delivery that always fails lie within its seven days.
	at, tries := created, 0
	for {
		next, ok := p.Next(tries+1, created, at, 0.5)
		if !ok {
			break
		}
		at = next
		tries++
	}
	if age := at.Sub(created); age > p.MaxAge || age < p.MaxAge-12*time.Hour || tries < 15 {
		t.Errorf("got %d tries until %v, want at least 15 until about %v", tries, age, p.MaxAge)
	}
}

// TestRetryAfter has row P4 of the table: what a peer may ask for.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	peer := testNow.Add(time.Hour) // its clock is an hour ahead
	for _, c := range []struct {
		header string
		peer   time.Time
		want   time.Duration
	}{
		{"", time.Time{}, 0},
		{"0", time.Time{}, 0},
		{"120", time.Time{}, 2 * time.Minute},
		{" 120 ", time.Time{}, 2 * time.Minute},
		{"1000000000", time.Time{}, 24 * time.Hour},
		{"99999999999999999999999", time.Time{}, 24 * time.Hour},
		{"-5", time.Time{}, 0},
		{"1.5", time.Time{}, 0},
		{"1e9", time.Time{}, 0},
		{"soon", time.Time{}, 0},
		{"\x00\xff", time.Time{}, 0},
		{testNow.Add(2 * time.Minute).Format(http.TimeFormat), time.Time{}, 2 * time.Minute},
		{peer.Add(2 * time.Minute).Format(http.TimeFormat), peer, 2 * time.Minute},
		{testNow.Add(-time.Minute).Format(http.TimeFormat), time.Time{}, 0},
		{testNow.AddDate(10, 0, 0).Format(http.TimeFormat), time.Time{}, 24 * time.Hour},
		{"Sunday, 06-Nov-94 08:49:37 GMT", time.Time{}, 0},
	} {
		if got := retryAfter(c.header, c.peer, testNow); got != c.want {
			t.Errorf("%q: got %v, want %v", c.header, got, c.want)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{"", "120", "-1", "99999999999999999999", "Mon, 23 Nov 2026 12:00:00 GMT", "soon"} {
		f.Add(s, int64(0))
	}
	f.Fuzz(func(t *testing.T, header string, peer int64) {
		if got := retryAfter(header, time.Unix(peer, 0), testNow); got < 0 || got > 24*time.Hour {
			t.Errorf("%q: got %v, want between nothing and a day", header, got)
		}
	})
}

func TestJudge(t *testing.T) {
	t.Parallel()
	p := DefaultRetryPolicy()
	for _, c := range []struct {
		name    string
		attempt int // made before
		answer  *Answer
		err     error
		outcome Outcome
		about   verdict
		cause   string
	}{
		{"200", 0, &Answer{Status: 200}, nil, Delivered, hostWorks, ""},
		{"202", 9, &Answer{Status: 202}, nil, Delivered, hostWorks, ""},
		{"299", 0, &Answer{Status: 299}, nil, Delivered, hostWorks, ""},
		{"302", 0, &Answer{Status: 302}, nil, Retry, hostWorks, "status 302"},
		{"400", 0, &Answer{Status: 400}, nil, Abandoned, hostWorks, "status 400"},
		{"401 first", 0, &Answer{Status: 401}, nil, Retry, hostWorks, "status 401"},
		{"401 second", 1, &Answer{Status: 401}, nil, Retry, hostWorks, "status 401"},
		{"401 third", 2, &Answer{Status: 401}, nil, Abandoned, hostWorks, "status 401"},
		{"403 second", 1, &Answer{Status: 403}, nil, Retry, hostWorks, "status 403"},
		{"403 third", 2, &Answer{Status: 403}, nil, Abandoned, hostWorks, "status 403"},
		{"404 second", 1, &Answer{Status: 404}, nil, Retry, hostWorks, "status 404"},
		{"404 third", 2, &Answer{Status: 404}, nil, InboxGone, hostWorks, "status 404"},
		{"405", 0, &Answer{Status: 405}, nil, Abandoned, hostWorks, "status 405"},
		{"408", 5, &Answer{Status: 408}, nil, Retry, hostFails, "status 408"},
		{"410", 0, &Answer{Status: 410}, nil, InboxGone, hostWorks, "status 410"},
		{"413", 0, &Answer{Status: 413}, nil, Abandoned, hostWorks, "status 413"},
		{"429", 5, &Answer{Status: 429}, nil, Retry, hostBusy, "status 429"},
		{"500", 5, &Answer{Status: 500}, nil, Retry, hostFails, "status 500"},
		{"501", 0, &Answer{Status: 501}, nil, Abandoned, hostWorks, "status 501"},
		{"503", 0, &Answer{Status: 503}, nil, Retry, hostFails, "status 503"},
		{"timeout", 0, nil, fmt.Errorf("posting: %w: secret", ErrTimeout), Retry, hostFails, "timeout"},
		{"DNS", 0, nil, fmt.Errorf("posting: %w", ErrDNS), Retry, hostFails, "DNS failure"},
		{"TLS", 0, nil, fmt.Errorf("posting: %w", ErrTLS), Retry, hostFails, "TLS failure"},
		{"private address", 0, nil, fmt.Errorf("posting: %w", ErrForbiddenAddress), Retry, hostFails, "forbidden address"},
		{"bad inbox", 0, nil, fmt.Errorf("posting: %w", ErrForbiddenURL), Abandoned, hostUnknown, "forbidden URL"},
		{"own fault", 0, nil, errors.New("signing"), Retry, hostUnknown, "own fault"},
		{"stopped", 0, nil, context.Canceled, Retry, hostFails, "stopped"},
	} {
		d := Delivery{ID: 7, Lease: 8, Host: "h.example", Inbox: "https://h.example/inbox", Attempt: c.attempt, Created: testNow.Add(-time.Hour)}
		got, about := p.judge(d, c.answer, c.err, testNow, 0.5)
		if got.Outcome != c.outcome || about != c.about || got.Error != c.cause {
			t.Errorf("%s: got outcome %d, verdict %d, cause %q, want %d, %d, %q", c.name, got.Outcome, about, got.Error, c.outcome, c.about, c.cause)
		}
		if got.ID != 7 || got.Lease != 8 || got.Host != d.Host || got.Inbox != d.Inbox {
			t.Errorf("%s: got %+v, want the delivery's own marks", c.name, got)
		}
		if (got.Outcome == Retry) == got.Next.IsZero() {
			t.Errorf("%s: got next try %v with outcome %d", c.name, got.Next, got.Outcome)
		}
	}
}

func TestJudgeRetryAfter(t *testing.T) {
	t.Parallel()
	p := DefaultRetryPolicy()
	fresh, old := testNow, testNow.Add(-7*24*time.Hour+time.Hour)
	for _, c := range []struct {
		name    string
		created time.Time
		status  int
		header  string
		outcome Outcome
		next    time.Duration
		pause   time.Duration
	}{
		{"longer than the policy", fresh, 429, "120", Retry, 2 * time.Minute, 2 * time.Minute},
		{"shorter than the policy", fresh, 503, "10", Retry, 45 * time.Second, 10 * time.Second},
		{"huge", fresh, 429, "1000000000", Retry, 24 * time.Hour, 24 * time.Hour},
		{"garbage", fresh, 429, "soon", Retry, 45 * time.Second, 0},
		{"negative", fresh, 429, "-1", Retry, 45 * time.Second, 0},
		{"beyond its age", old, 429, "86400", Abandoned, 0, 24 * time.Hour},
		{"too old", old.Add(-time.Hour), 500, "", Abandoned, 0, 0},
	} {
		got, _ := p.judge(Delivery{Created: c.created}, &Answer{Status: c.status, RetryAfter: c.header}, nil, testNow, 0.5)
		next, pause := time.Duration(0), time.Duration(0)
		if !got.Next.IsZero() {
			next = got.Next.Sub(testNow)
		}
		if !got.Pause.IsZero() {
			pause = got.Pause.Sub(testNow)
		}
		if got.Outcome != c.outcome || next != c.next || pause != c.pause {
			t.Errorf("%s: got outcome %d, next %v, pause %v, want %d, %v, %v", c.name, got.Outcome, next, pause, c.outcome, c.next, c.pause)
		}
	}
}

func TestBreaker(t *testing.T) {
	t.Parallel()
	h := &peerHost{window: 8, known: true}
	now := testNow
	for i := range 4 {
		h.fails(now)
		if h.pausedAt(now) || h.limit(now) != 1 {
			t.Fatalf("after %d failures: got paused %v and limit %d, want no pause and one probe", i+1, h.pausedAt(now), h.limit(now))
		}
	}
	// The fifth opens it; what was in flight besides does not lengthen the pause.
	want := firstPause
	for range 12 {
		for range 3 {
			h.fails(now)
		}
		if got := h.until.Sub(now); got != want {
			t.Fatalf("pause: got %v, want %v", got, want)
		}
		now = h.until
		if h.pausedAt(now) || h.limit(now) != 1 {
			t.Fatal("after the pause: want one probe")
		}
		want = min(2*want, longestPause)
	}
	if firstPause > time.Minute {
		t.Errorf("first pause: got %v, want a minute at most", firstPause)
	}
	h.works(10*time.Millisecond, 96)
	if h.suspect() || h.limit(now) != 2 || h.opened != 0 {
		t.Errorf("after a success: got suspect %v, limit %d, opened %d, want a slow start", h.suspect(), h.limit(now), h.opened)
	}
	h.fails(now)
	if h.pausedAt(now) {
		t.Error("one failure after a success: got a pause, want none")
	}
}

func TestWindow(t *testing.T) {
	t.Parallel()
	now := testNow
	h := &peerHost{window: 4}
	if h.limit(now) != 1 {
		t.Errorf("an unknown host: got %d at once, want 1", h.limit(now))
	}
	h.works(quick, 96)
	if h.limit(now) != 4 {
		t.Errorf("a host that has answered: got %d at once, want 4", h.limit(now))
	}
	h.running, h.heard = 3, now
	if later := now.Add(slow + 1); h.limit(now) != 4 || h.limit(later) != 1 {
		t.Errorf("got %d at once, and %d when it is silent, want 4 and 1", h.limit(now), h.limit(later))
	}
	h.running = 0
	for range 200 {
		h.works(quick/2, 96)
	}
	if h.limit(now) != 96 {
		t.Errorf("a quick host: got %d at once, want 96", h.limit(now))
	}
	h.works((quick+slow)/2, 96)
	if h.limit(now) != 96 {
		t.Errorf("an ordinary answer: got %d at once, want no change", h.limit(now))
	}
	for range 20 {
		h.works(2*slow, 96)
	}
	if h.limit(now) != 1 {
		t.Errorf("a slow host: got %d at once, want 1", h.limit(now))
	}
	h.busy(testNow)
	if !h.pausedAt(testNow.Add(time.Second)) {
		t.Error("a host that asks for patience: got none")
	}
}

// keyless has no key for anybody.
type keyless struct{ LocalActors }

func (keyless) SigningKeys(context.Context, IRI) (*SigningKeys, error) { return nil, ErrGone }

func TestSuspectGetsOneProbe(t *testing.T) {
	t.Parallel()
	d := NewDeliverer(nil, keyless{}, nil, slog.New(slog.DiscardHandler))
	r := &round{
		Deliverer: d, sending: t.Context(), hosts: newHostTable(10), active: map[string]*peerHost{},
		keys: map[IRI]knownKeys{}, attempts: make(chan attempt, d.Workers),
	}
	h := r.hosts.host("h.example", 4)
	h.failures = 1
	for i := range 10 {
		h.waiting = append(h.waiting, claimed{Delivery{ID: int64(i)}, time.Now().Add(d.Lease)})
	}
	r.waiting = 10
	r.start(h)
	if r.running != 1 || r.suspects != 1 || r.waiting != 0 || len(h.waiting) != 0 {
		t.Errorf("got %d running, %d suspects, %d waiting, want one probe and nothing held back", r.running, r.suspects, r.waiting)
	}
	if len(r.results) != 9 || r.results[0].Outcome != Released {
		t.Errorf("got %d results, want the other 9 released", len(r.results))
	}
	// What may not be ours to the end is not begun.
	late := r.hosts.host("late.example", 4)
	late.waiting = []claimed{{Delivery{ID: 99}, time.Now().Add(d.Lease / 3)}}
	r.waiting = 1
	r.start(late)
	if r.running != 1 || len(r.results) != 10 || r.results[9].ID != 99 || r.results[9].Outcome != Released {
		t.Errorf("got %d running and results %+v, want the late one released", r.running, r.results)
	}
}

// testHostFlood is row D10: a million hosts that fail are not all remembered.
func testHostFlood(t *testing.T) {
	t.Run("D10", func(t *testing.T) {
		t.Parallel()
		table := newHostTable(1000)
		busy := table.host("busy.example", 4)
		busy.running = 1
		for i := range 100_000 {
			table.host(fmt.Sprintf("h%d.example", i), 4).fails(testNow)
		}
		if len(table.byName) > 1000 || table.recent.Len() != len(table.byName) {
			t.Errorf("got %d hosts and a list of %d, want 1000 at most", len(table.byName), table.recent.Len())
		}
		if table.host("busy.example", 4) != busy {
			t.Error("a host with a request in flight was forgotten")
		}
		if !table.host("h99999.example", 4).suspect() {
			t.Error("the last failure was forgotten")
		}
		if table.host("h0.example", 4).suspect() {
			t.Error("the oldest failure is still known")
		}
	})
}
