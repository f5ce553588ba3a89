package federationtest_test

import (
	"bufio"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"bourg/federation"
	"bourg/federation/federationtest"
)

// The benchmark's peers live in a process of their own, so that their CPU time does
// not count: the test binary started again with these variables.
const (
	peersVariable = "FEDERATIONTEST_PEERS" // how many hosts
	delayVariable = "FEDERATIONTEST_DELAY" // how long each takes to answer
	deadVariable  = "FEDERATIONTEST_DEAD"  // each so-manyth never answers; 0: none
)

func TestMain(m *testing.M) {
	if os.Getenv(peersVariable) != "" {
		if err := servePeers(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// servePeers answers for many hosts, one loopback address each, until its input ends.
func servePeers() error {
	n, err := strconv.Atoi(os.Getenv(peersVariable))
	if err != nil {
		return err
	}
	delay, err := time.ParseDuration(os.Getenv(delayVariable))
	if err != nil {
		return err
	}
	dead, err := strconv.Atoi(os.Getenv(deadVariable))
	if err != nil {
		return err
	}
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		time.Sleep(delay)
		w.WriteHeader(http.StatusAccepted)
	})
	silence := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	out := bufio.NewWriter(os.Stdout)
	for i := range n {
		listener, err := net.Listen("tcp", fmt.Sprintf("127.1.%d.%d:0", i/250, i%250+1))
		if err != nil {
			return err
		}
		handler := http.Handler(answer)
		if dead > 0 && i%dead == 0 {
			handler = silence
		}
		server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
		go func() { _ = server.Serve(listener) }()
		fmt.Fprintf(out, "http://%s/inbox\n", listener.Addr())
	}
	if err := out.Flush(); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// startPeers starts the process of the peers and returns their inboxes.
func startPeers(b *testing.B, n int, delay time.Duration, dead int) []federation.IRI {
	b.Helper()
	peers := exec.Command(os.Args[0])
	peers.Env = append(os.Environ(), fmt.Sprintf("%s=%d", peersVariable, n),
		fmt.Sprintf("%s=%v", delayVariable, delay), fmt.Sprintf("%s=%d", deadVariable, dead))
	peers.Stderr = os.Stderr
	in, err := peers.StdinPipe()
	if err != nil {
		b.Fatalf("starting the peers: %v", err)
	}
	out, err := peers.StdoutPipe()
	if err != nil {
		b.Fatalf("starting the peers: %v", err)
	}
	if err := peers.Start(); err != nil {
		b.Fatalf("starting the peers: %v", err)
	}
	b.Cleanup(func() { in.Close(); _ = peers.Wait() })
	inboxes := make([]federation.IRI, 0, n)
	for lines := bufio.NewScanner(out); len(inboxes) < n && lines.Scan(); {
		inboxes = append(inboxes, federation.IRI(lines.Text()))
	}
	if len(inboxes) != n {
		b.Fatalf("got %d peers, want %d", len(inboxes), n)
	}
	return inboxes
}

// oneKey signs for whoever asks.
type oneKey struct {
	federation.LocalActors
	key *federation.SigningKey
}

func (k oneKey) SigningKeys(context.Context, federation.IRI) (*federation.SigningKeys, error) {
	return &federation.SigningKeys{RSA: k.key}, nil
}

// BenchmarkDeliver delivers one activity of 3 kB to 1,000 inboxes on 1,000 hosts in each
// round, from a queue in memory. It reports deliveries to healthy peers per second, the
// CPU time of this process for each, and beside them this machine's RSA-2048 signatures
// per second on one processor, which bound both.
func BenchmarkDeliver(b *testing.B) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		b.Fatal(err)
	}
	key := &federation.SigningKey{ID: "http://127.0.0.1/actors/1#main-key", Owner: "http://127.0.0.1/actors/1", Private: private}
	for _, c := range []struct {
		name  string
		hosts int // inboxes are spread over so many
		delay time.Duration
		dead  int
	}{
		{"at once", 1000, 0, 0},
		{"after 50 ms", 1000, 50 * time.Millisecond, 0},
		{"a fifth never", 1000, 0, 5},
		{"one host", 1, 0, 0},
		{"one host after 50 ms", 1, 50 * time.Millisecond, 0},
	} {
		b.Run(c.name, func(b *testing.B) {
			inboxes := startPeers(b, c.hosts, c.delay, c.dead)
			deliver(b, inboxes, c.dead, key)
		})
	}
}

func deliver(b *testing.B, peers []federation.IRI, dead int, key *federation.SigningKey) {
	const fanOut = 1000
	signs := signaturesPerSecond(b, key.Private)
	queue := &federationtest.MemoryQueue{}
	client := federation.NewClient(federation.ClientConfig{PeerNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	defer client.CloseIdle()

	healthy := fanOut
	if dead > 0 {
		healthy -= (fanOut + dead - 1) / dead
	}
	var mu sync.Mutex
	var begin time.Time
	var lags []time.Duration
	done := make(chan struct{}, 1)
	deliverer := federation.NewDeliverer(queue, oneKey{key: key}, client, slog.New(slog.DiscardHandler))
	deliverer.Observe = func(r federation.DeliveryResult) {
		if r.Outcome != federation.Delivered {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if lags = append(lags, time.Since(begin)); len(lags)%healthy == 0 {
			done <- struct{}{}
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { deliverer.Run(ctx) })
	defer running.Wait()
	defer cancel()

	text := strings.Repeat("x", 2900)
	cpu, rounds := cpuTime(b), 0
	for b.Loop() {
		rounds++
		rows := make([]federationtest.Row, fanOut)
		for i := range rows {
			inbox := peers[i%len(peers)]
			if len(peers) < fanOut {
				inbox += federation.IRI("/" + strconv.Itoa(i))
			}
			id := fmt.Sprintf("https://town.example/posts/%d", rounds)
			rows[i] = federationtest.Row{
				Inbox: inbox, Sender: key.Owner, Object: federation.IRI(id),
				JSON: fmt.Appendf(nil, `{"id":"%s#create/%d","content":"%s"}`, id, i, text),
			}
		}
		queue.Add(rows...)
		mu.Lock()
		begin = time.Now()
		mu.Unlock()
		deliverer.Wake()
		<-done
	}
	used := cpuTime(b) - cpu
	n := float64(rounds * healthy)
	slices.Sort(lags)
	b.ReportMetric(n/b.Elapsed().Seconds(), "deliveries/s")
	b.ReportMetric(used.Seconds()*1e6/float64(rounds*fanOut), "cpu-µs/delivery")
	b.ReportMetric(1e6/signs, "rsa-µs")
	b.ReportMetric(signs, "rsa/s")
	b.ReportMetric(used.Seconds()*signs/float64(rounds*fanOut), "cpu/rsa")
	b.ReportMetric(float64(lags[len(lags)*95/100].Milliseconds()), "p95-ms")
}

// signaturesPerSecond measures what one processor signs, by processor time, so that
// other work on the machine does not count.
func signaturesPerSecond(b *testing.B, key crypto.Signer) float64 {
	b.Helper()
	const n = 500
	digest := sha256.Sum256([]byte("a request"))
	begin := cpuTime(b)
	for range n {
		if _, err := key.Sign(rand.Reader, digest[:], crypto.SHA256); err != nil {
			b.Fatal(err)
		}
	}
	return n / (cpuTime(b) - begin).Seconds()
}

// cpuTime returns the processor time that this process has used.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
