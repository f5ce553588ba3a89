package main_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"sync"
	"testing"
	"time"

	"bourg/federation"
	"bourg/federation/federationtest"
	domain "bourg/internal/town"
)

// oneKey is a sender with a key.
type oneKey struct {
	federation.LocalActors
	key *federation.SigningKey
}

func (k oneKey) SigningKeys(context.Context, federation.IRI) (*federation.SigningKeys, error) {
	return &federation.SigningKeys{RSA: k.key}, nil
}

// TestABurstOfNewsArrivesAtTheRateOfANeighbour: a town has 200 pieces of news at once for a neighbour that hears it 60 times
// a minute. All arrive in the end, each once. Both keep time by a clock that goes 120 times as fast.
func TestABurstOfNewsArrivesAtTheRateOfANeighbour(t *testing.T) {
	t.Parallel()
	const news, faster = 200, 120
	begin := time.Now()
	clock := func() time.Time { return begin.Add(faster * time.Since(begin)) }
	var rates domain.PeerRates
	var mu sync.Mutex
	got, refused := map[string]int{}, 0
	neighbour := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		err := rates.Take("vernede.example", clock())
		mu.Lock()
		defer mu.Unlock()
		var refusal *federation.Refusal
		if errors.As(err, &refusal) {
			refused++
			w.Header().Set("Retry-After", strconv.Itoa(refusal.RetryAfter))
			w.WriteHeader(refusal.Status)
			return
		}
		got[string(body)]++
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(neighbour.Close)
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	queue := &federationtest.MemoryQueue{Now: clock}
	client := federation.NewClient(federation.ClientConfig{PeerNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	t.Cleanup(client.CloseIdle)
	const sender = "https://town.example/actors/1"
	d := federation.NewDeliverer(queue, oneKey{key: &federation.SigningKey{ID: sender + "#main-key", Owner: sender, Private: private}}, client, slog.New(slog.DiscardHandler))
	d.Now, d.Poll, d.Lease = clock, 20*time.Millisecond, 24*time.Hour
	for i := range news {
		queue.Add(federationtest.Row{
			Inbox: federation.IRI(neighbour.URL + "/inbox"), Sender: sender, Object: federation.IRI(fmt.Sprintf("https://town.example/posts/%d", i)), JSON: fmt.Appendf(nil, "news %d", i),
		})
	}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { d.Run(ctx) })
	defer running.Wait()
	defer stop()
	eventually(t, "all news has arrived", func() error {
		mu.Lock()
		defer mu.Unlock()
		if len(got) < news {
			return fmt.Errorf("got %d of %d, %d times refused, %d in the queue", len(got), news, refused, queue.Len())
		}
		return nil
	})
	mu.Lock()
	defer mu.Unlock()
	for body, n := range got {
		if n != 1 {
			t.Errorf("%s: got %d times, want once", body, n)
		}
	}
	if refused == 0 {
		t.Error("nothing was refused: the neighbour has no rate")
	}
	t.Logf("%d pieces of news, %d times refused, within %s", news, refused, clock().Sub(begin).Round(time.Second))
}
