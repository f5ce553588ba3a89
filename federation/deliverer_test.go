package federation_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"bourg/federation"
	"bourg/federation/federationtest"
)

const sender federation.IRI = "https://town.example/actors/1"

// signers are the local actors of these tests: one with a key, and others without.
type signers struct {
	federation.LocalActors
}

var senderKey = sync.OnceValue(func() *federation.SigningKey {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return &federation.SigningKey{ID: sender + "#main-key", Owner: sender, Private: private}
})

func (signers) SigningKeys(_ context.Context, actor federation.IRI) (*federation.SigningKeys, error) {
	if actor != sender {
		return nil, federation.ErrGone
	}
	return &federation.SigningKeys{RSA: senderKey()}, nil
}

// post is a Deliverer at work on a queue in memory.
type post struct {
	*federation.Deliverer
	t     *testing.T
	queue *federationtest.MemoryQueue
	made  int
	stop  func() // ends the Deliverer and waits for it
}

// newPost makes a Deliverer that retries after a millisecond and gives up on a request
// after timeout. It runs from start to stop.
func newPost(t *testing.T, timeout time.Duration) *post {
	t.Helper()
	queue := &federationtest.MemoryQueue{}
	client := federation.NewClient(federation.ClientConfig{
		PeerNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Timeout: timeout,
	})
	t.Cleanup(client.CloseIdle)
	d := federation.NewDeliverer(queue, signers{}, client, slog.New(slog.DiscardHandler))
	d.Retry.Delays = []time.Duration{time.Millisecond}
	d.Poll = 50 * time.Millisecond
	return &post{Deliverer: d, t: t, queue: queue}
}

func (p *post) start() {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { p.Run(ctx) })
	p.stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	p.t.Cleanup(p.stop)
}

// add puts a delivery into the queue; its JSON is its object's name and a number.
func (p *post) add(inbox, object string) {
	p.made++
	p.queue.Add(federationtest.Row{
		Inbox: federation.IRI(inbox), Sender: sender, Object: federation.IRI("https://town.example/posts/" + object),
		JSON: fmt.Appendf(nil, "%s %d", object, p.made),
	})
	p.Wake()
}

// until waits for a condition that comes by itself.
func (p *post) until(what string, condition func() bool) {
	p.t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if condition() {
			return
		}
	}
	p.t.Fatalf("waited 30 s in vain: %s; the queue has %d, ended are %+v", what, p.queue.Len(), p.queue.Ended())
}

func (p *post) empty() bool { return p.queue.Len() == 0 }

// host is a peer that notes what it gets.
type host struct {
	*httptest.Server
	mu       sync.Mutex
	bodies   []string
	requests atomic.Int64
	now      atomic.Int64 // in flight
	most     atomic.Int64 // in flight at once
}

func (h *host) got() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.bodies...)
}

// newHost starts a peer; answer gets the request and how many came before it.
func newHost(t *testing.T, answer func(w http.ResponseWriter, r *http.Request, before int64)) *host {
	t.Helper()
	h := &host{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		now := h.now.Add(1)
		defer h.now.Add(-1)
		for most := h.most.Load(); now > most && !h.most.CompareAndSwap(most, now); most = h.most.Load() {
		}
		body, _ := io.ReadAll(r.Body)
		h.mu.Lock()
		h.bodies = append(h.bodies, string(body))
		h.mu.Unlock()
		answer(w, r, h.requests.Add(1)-1)
	}))
	t.Cleanup(h.CloseClientConnections)
	t.Cleanup(h.Close)
	return h
}

func accept(w http.ResponseWriter, _ *http.Request, _ int64) { w.WriteHeader(http.StatusAccepted) }

func always(status int) func(http.ResponseWriter, *http.Request, int64) {
	return func(w http.ResponseWriter, _ *http.Request, _ int64) { w.WriteHeader(status) }
}

func TestDelivererOutcomes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		status   int
		requests int64
		outcome  federation.Outcome
	}{
		{"accepted", 202, 1, federation.Delivered},
		{"P5 gone", 410, 1, federation.InboxGone},
		{"P5 not found", 404, 3, federation.InboxGone},
		{"P6 forbidden", 403, 3, federation.Abandoned},
		{"P6 unauthorised, in both schemes", 401, 6, federation.Abandoned},
		{"bad request, in both schemes", 400, 2, federation.Abandoned},
		{"not implemented", 501, 1, federation.Abandoned},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t, always(c.status))
			p := newPost(t, 10*time.Second)
			p.start()
			p.add(h.URL+"/inbox", "a")
			p.until("the end of the delivery", p.empty)
			ended := p.queue.Ended()
			if len(ended) != 1 || ended[0].Outcome != c.outcome || ended[0].Status != c.status {
				t.Errorf("got %+v, want outcome %d with status %d", ended, c.outcome, c.status)
			}
			if got := h.requests.Load(); got != c.requests {
				t.Errorf("got %d requests, want %d", got, c.requests)
			}
		})
	}
}

func TestDelivererOrder(t *testing.T) {
	t.Parallel()
	h := newHost(t, func(w http.ResponseWriter, r *http.Request, before int64) {
		if before < 2 {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		accept(w, r, before)
	})
	p := newPost(t, 10*time.Second)
	for range 3 {
		p.add(h.URL+"/inbox", "a")
	}
	p.start()
	p.until("three deliveries", p.empty)
	if got, want := strings.Join(h.got(), ", "), "a 1, a 1, a 1, a 2, a 3"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestDelivererSchemes(t *testing.T) {
	t.Parallel()
	// Like a server that has given up the draft.
	h := newHost(t, func(w http.ResponseWriter, r *http.Request, before int64) {
		if r.Header.Get("Signature-Input") == "" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		accept(w, r, before)
	})
	p := newPost(t, 10*time.Second)
	p.start()
	p.add(h.URL+"/inbox", "a")
	p.until("the first delivery", p.empty)
	if got := h.requests.Load(); got != 2 {
		t.Errorf("first delivery: got %d requests, want 2", got)
	}
	p.add(h.URL+"/inbox", "b")
	p.until("the second delivery", p.empty)
	if got := h.requests.Load(); got != 3 {
		t.Errorf("second delivery: got %d requests, want 1: the scheme is remembered", got-2)
	}
	for _, r := range p.queue.Ended() {
		if r.Outcome != federation.Delivered || r.Scheme != federation.RFC9421 {
			t.Errorf("got %+v, want it delivered by RFC 9421", r)
		}
	}
}

// modern signs with an Ed25519 key as well.
type modern struct{ signers }

func (m modern) SigningKeys(ctx context.Context, actor federation.IRI) (*federation.SigningKeys, error) {
	keys, err := m.signers.SigningKeys(ctx, actor)
	if err == nil {
		keys.Ed25519 = &federation.SigningKey{ID: sender + "#ed25519-key", Owner: sender, Private: modernKey()}
	}
	return keys, err
}

var modernKey = sync.OnceValue(func() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)) })

// A host that asks for Ed25519 in its answer gets it from then on, checked here by the letter of
// RFC 9421; one that takes it no more gets draft-cavage at once.
func TestDelivererEd25519(t *testing.T) {
	t.Parallel()
	var refuses atomic.Bool
	var mu sync.Mutex
	var hows []string
	h := newHost(t, func(w http.ResponseWriter, r *http.Request, _ int64) {
		how := "cavage"
		if input := r.Header.Get("Signature-Input"); input != "" {
			how = "ed25519"
			params := strings.TrimPrefix(input, "sig1=")
			base := fmt.Sprintf("\"@method\": POST\n\"@target-uri\": http://%s/inbox\n\"content-digest\": %s\n\"@signature-params\": %s",
				r.Host, r.Header.Get("Content-Digest"), params)
			signature, err := base64.StdEncoding.DecodeString(strings.Trim(strings.TrimPrefix(r.Header.Get("Signature"), "sig1="), ":"))
			if err != nil || !strings.Contains(params, `keyid="`+string(sender)+`#ed25519-key"`) ||
				!ed25519.Verify(modernKey().Public().(ed25519.PublicKey), []byte(base), signature) {
				how = "wrong: " + base
			}
		}
		mu.Lock()
		hows = append(hows, how)
		mu.Unlock()
		w.Header().Set("Accept-Signature", `x=("@method" "@target-uri" "content-digest");created;keyid;alg="ed25519"`)
		if refuses.Load() && how == "ed25519" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	})
	p := newPost(t, 10*time.Second)
	p.Actors = modern{}
	p.start()
	deliver := func(object string, want ...string) {
		t.Helper()
		p.add(h.URL+"/inbox", object)
		p.until("the delivery of "+object, p.empty)
		mu.Lock()
		defer mu.Unlock()
		if got := strings.Join(hows, ", "); got != strings.Join(want, ", ") {
			t.Errorf("%s: got %s, want %s", object, got, strings.Join(want, ", "))
		}
		hows = nil
	}
	deliver("first", "cavage")
	deliver("second", "ed25519")
	refuses.Store(true)
	deliver("third", "ed25519", "cavage")
}

func TestDelivererFreshDate(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var signatures []string
	h := newHost(t, func(w http.ResponseWriter, r *http.Request, before int64) {
		mu.Lock()
		signatures = append(signatures, r.Header.Get("Date")+r.Header.Get("Signature"))
		mu.Unlock()
		if before == 0 {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		accept(w, r, before)
	})
	p := newPost(t, 10*time.Second)
	p.Retry.Delays = []time.Duration{1500 * time.Millisecond}
	p.start()
	p.add(h.URL+"/inbox", "a")
	p.until("the delivery", p.empty)
	mu.Lock()
	defer mu.Unlock()
	if len(signatures) != 2 || signatures[0] == signatures[1] {
		t.Errorf("got %d signatures, the same: want each attempt signed anew", len(signatures))
	}
}

func TestDelivererPerHost(t *testing.T) {
	t.Parallel()
	h := newHost(t, func(w http.ResponseWriter, r *http.Request, before int64) {
		time.Sleep(300 * time.Millisecond) // too slow to be given more
		accept(w, r, before)
	})
	p := newPost(t, 10*time.Second)
	for i := range 20 {
		p.add(fmt.Sprintf("%s/users/%d/inbox", h.URL, i), "a")
	}
	p.start()
	p.until("20 deliveries", p.empty)
	if got := h.most.Load(); got > 4 {
		t.Errorf("got %d requests at once, want 4 at most", got)
	}
	if got := h.requests.Load(); got != 20 {
		t.Errorf("got %d requests, want 20", got)
	}
}

// TestDelivererFaults has rows of the table of peers that fail.
func TestDelivererFaults(t *testing.T) {
	t.Parallel()
	t.Run("P1", func(t *testing.T) {
		t.Parallel()
		// Hosts that failed before hold a tenth of the workers, while a healthy one is served.
		const hosts = 12
		silent := &host{}
		var addresses []string
		for range hosts {
			dead := newHost(t, func(_ http.ResponseWriter, r *http.Request, _ int64) {
				now := silent.now.Add(1)
				defer silent.now.Add(-1)
				for most := silent.most.Load(); now > most && !silent.most.CompareAndSwap(most, now); most = silent.most.Load() {
				}
				<-r.Context().Done()
			})
			addresses = append(addresses, dead.URL)
		}
		healthy := newHost(t, accept)
		p := newPost(t, 300*time.Millisecond)
		p.Workers = 20
		p.Retry.Delays = []time.Duration{time.Hour}
		p.Lease = 10 * time.Second
		for i, address := range addresses {
			p.add(address+"/inbox", fmt.Sprint("first", i))
		}
		p.start()
		failed := func() int {
			n := 0
			for _, due := range p.queue.Waiting() {
				if time.Until(due) > time.Minute {
					n++
				}
			}
			return n
		}
		p.until("all dead hosts have failed once", func() bool { return failed() == hosts })
		silent.most.Store(0)
		for i, address := range addresses {
			p.add(address+"/inbox", fmt.Sprint("second", i))
		}
		for i := range 50 {
			p.add(fmt.Sprintf("%s/users/%d/inbox", healthy.URL, i), "healthy")
		}
		p.until("50 deliveries to the healthy host", func() bool { return healthy.requests.Load() == 50 })
		p.until("probes", func() bool { return failed() >= hosts+2 })
		if got := silent.most.Load(); got > 2 {
			t.Errorf("got %d requests to dead hosts at once, want 2 of 20 workers at most", got)
		}
	})
	t.Run("P2", func(t *testing.T) {
		t.Parallel()
		h := newHost(t, func(_ http.ResponseWriter, r *http.Request, _ int64) { <-r.Context().Done() })
		p := newPost(t, 50*time.Millisecond)
		for i := range 40 {
			p.add(fmt.Sprintf("%s/users/%d/inbox", h.URL, i), "a")
		}
		p.start()
		name := federation.IRI(h.URL).Host()
		p.until("the breaker opens", func() bool { return time.Until(p.queue.Paused(name)) > 20*time.Second })
		p.stop()
		if got := h.requests.Load(); got < 5 || got > 8 {
			t.Errorf("got %d requests, want 5 and what was in flight besides", got)
		}
		if got := p.queue.Len(); got != 40 {
			t.Errorf("got %d deliveries in the queue, want all 40", got)
		}
	})
	t.Run("P4", func(t *testing.T) {
		t.Parallel()
		h := newHost(t, func(w http.ResponseWriter, _ *http.Request, _ int64) {
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(http.StatusTooManyRequests)
		})
		other := newHost(t, accept)
		p := newPost(t, 10*time.Second)
		begin := time.Now()
		p.add(h.URL+"/inbox", "a")
		p.start()
		name := federation.IRI(h.URL).Host()
		p.until("a pause", func() bool { return !p.queue.Paused(name).IsZero() })
		if got := p.queue.Paused(name).Sub(begin); got < 115*time.Second || got > 150*time.Second {
			t.Errorf("pause: got %v, want about two minutes", got)
		}
		p.add(h.URL+"/inbox", "b")
		p.add(other.URL+"/inbox", "b")
		p.until("the other host's delivery", func() bool { return p.queue.Len() == 2 })
		p.stop()
		if got := h.requests.Load(); got != 1 {
			t.Errorf("got %d requests to the paused host, want 1", got)
		}
	})
	t.Run("P5", func(t *testing.T) {
		t.Parallel()
		h := newHost(t, func(w http.ResponseWriter, r *http.Request, before int64) {
			if r.URL.Path == "/gone" {
				w.WriteHeader(http.StatusGone)
				return
			}
			accept(w, r, before)
		})
		p := newPost(t, 10*time.Second)
		for _, object := range []string{"a", "a", "a"} {
			p.add(h.URL+"/gone", object)
			p.add(h.URL+"/there", object)
		}
		p.start()
		p.until("all end", p.empty)
		if got := h.requests.Load(); got != 4 {
			t.Errorf("got %d requests, want 1 to the inbox that is gone and 3 to the other", got)
		}
	})
	t.Run("P7", func(t *testing.T) {
		t.Parallel()
		// A host that comes back after many tries gets its backlog one by one, with pauses.
		h := newHost(t, func(w http.ResponseWriter, r *http.Request, before int64) {
			if before < 4 {
				w.WriteHeader(http.StatusBadGateway)
				return
			}
			accept(w, r, before)
		})
		p := newPost(t, 10*time.Second)
		p.add(h.URL+"/inbox", "a")
		p.start()
		name := federation.IRI(h.URL).Host()
		p.until("the first delivery", p.empty)
		if p.queue.Paused(name).IsZero() {
			t.Error("got no pause after the first success, want one")
		}
	})
	t.Run("P8", func(t *testing.T) {
		t.Parallel()
		h := newHost(t, accept) // speaks no TLS at all
		p := newPost(t, 10*time.Second)
		p.start()
		p.add(strings.Replace(h.URL, "http:", "https:", 1)+"/inbox", "a")
		p.until("the breaker opens", func() bool { return !p.queue.Paused(federation.IRI(h.URL).Host()).IsZero() })
		if got := p.queue.Ended(); len(got) != 0 {
			t.Errorf("got %+v, want the delivery kept", got)
		}
	})
	t.Run("P9", func(t *testing.T) {
		t.Parallel()
		p := newPost(t, 10*time.Second)
		p.Client = federation.NewClient(federation.ClientConfig{Resolver: &net.Resolver{
			PreferGo: true,
			Dial: func(context.Context, string, string) (net.Conn, error) {
				return nil, errors.New("no name server")
			},
		}})
		p.start()
		p.add("https://peer.example/inbox", "a")
		p.until("the breaker opens", func() bool { return !p.queue.Paused("peer.example").IsZero() })
		if got := p.queue.Ended(); len(got) != 0 {
			t.Errorf("got %+v, want the delivery kept", got)
		}
	})
}

func TestDelivererWithoutKey(t *testing.T) {
	t.Parallel()
	h := newHost(t, accept)
	p := newPost(t, 10*time.Second)
	p.queue.Add(federationtest.Row{Inbox: federation.IRI(h.URL + "/inbox"), Sender: "https://town.example/actors/2", JSON: []byte("{}")})
	p.start()
	p.until("the end of the delivery", p.empty)
	if got := p.queue.Ended(); len(got) != 1 || got[0].Outcome != federation.Abandoned || h.requests.Load() != 0 {
		t.Errorf("got %+v and %d requests, want it abandoned without any", got, h.requests.Load())
	}
}

// faultyQueue fails its first calls.
type faultyQueue struct {
	*federationtest.MemoryQueue
	claims, finishes atomic.Int64
}

func (q *faultyQueue) ClaimDeliveries(ctx context.Context, n, perHost int, busy []string, lease time.Duration) ([]federation.Delivery, error) {
	if q.claims.Add(1) == 1 {
		return nil, errors.New("the database is away")
	}
	return q.MemoryQueue.ClaimDeliveries(ctx, n, perHost, busy, lease)
}

func (q *faultyQueue) FinishDeliveries(ctx context.Context, results []federation.DeliveryResult) error {
	if q.finishes.Add(1) <= 2 {
		return errors.New("the database is away")
	}
	return q.MemoryQueue.FinishDeliveries(ctx, results)
}

func TestDelivererQueueFails(t *testing.T) {
	t.Parallel()
	h := newHost(t, accept)
	p := newPost(t, 10*time.Second)
	p.Queue = &faultyQueue{MemoryQueue: p.queue}
	for i := range 10 {
		p.add(h.URL+"/inbox", fmt.Sprint(i))
	}
	p.start()
	p.until("ten deliveries", p.empty)
	if got := len(p.queue.Ended()); got != 10 || h.requests.Load() != 10 {
		t.Errorf("got %d results of %d requests, want 10 of 10", got, h.requests.Load())
	}
}

func TestDelivererStops(t *testing.T) {
	leaks := goleak.IgnoreCurrent()
	const all = 300
	arrived, let := make(chan struct{}, all), make(chan struct{})
	h := newHost(t, func(w http.ResponseWriter, r *http.Request, before int64) {
		if before >= 100 { // by then the host is given many at once
			arrived <- struct{}{}
			<-let
		}
		accept(w, r, before)
	})
	p := newPost(t, 10*time.Second)
	p.PerHostMax = 20
	for i := range all {
		p.add(fmt.Sprintf("%s/users/%d/inbox", h.URL, i), "a")
	}
	p.start()
	for range p.PerHostMax {
		<-arrived
	}
	time.AfterFunc(50*time.Millisecond, func() { close(let) })
	p.stop()
	ended := len(p.queue.Ended())
	if want := 100 + p.PerHostMax; ended != want || h.requests.Load() != int64(want) {
		t.Errorf("got %d delivered by %d requests, want the %d that had been sent", ended, h.requests.Load(), want)
	}
	left, err := p.queue.ClaimDeliveries(t.Context(), all, all, nil, time.Hour)
	if err != nil || len(left) != all-ended {
		t.Errorf("got %d deliveries and error %v, want the other %d given back", len(left), err, all-ended)
	}
	h.Close()
	p.Client.CloseIdle()
	goleak.VerifyNone(t, leaks)
}

func TestDelivererGrace(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{}, 1)
	h := newHost(t, func(_ http.ResponseWriter, r *http.Request, _ int64) {
		arrived <- struct{}{}
		<-r.Context().Done()
	})
	p := newPost(t, time.Minute)
	p.Grace = 20 * time.Millisecond
	p.add(h.URL+"/inbox", "a")
	p.start()
	<-arrived
	p.stop()
	left, err := p.queue.ClaimDeliveries(t.Context(), 1, 1, nil, time.Hour)
	if err != nil || len(left) != 1 || left[0].Attempt != 0 {
		t.Errorf("got %+v and error %v, want the delivery given back as it was", left, err)
	}
}

// TestDelivererTwo lets two work on one queue: nothing is sent twice.
func TestDelivererTwo(t *testing.T) {
	t.Parallel()
	h := newHost(t, accept)
	p := newPost(t, 10*time.Second)
	other := newPost(t, 10*time.Second)
	other.Queue, other.queue = p.queue, p.queue
	for i := range 300 {
		p.add(fmt.Sprintf("%s/users/%d/inbox", h.URL, i%30), fmt.Sprint(i))
	}
	p.start()
	other.start()
	p.until("300 deliveries", p.empty)
	seen := map[string]bool{}
	for _, body := range h.got() {
		if seen[body] {
			t.Errorf("%q arrived twice", body)
		}
		seen[body] = true
	}
	if len(seen) != 300 {
		t.Errorf("got %d deliveries, want 300", len(seen))
	}
}
