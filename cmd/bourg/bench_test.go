package main_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The benchmarks run the real binary with its private PostgreSQL, and the peers in this
// process, on the same machine. Compare figures of one run only, and with those of
// BenchmarkRSA2048Sign: a signature for each delivery is the limit. CPU is what the kernel
// counted (/proc): "ms-cpu" of bourg alone, "ms-cpu+pg" with PostgreSQL.
//
// Each is one run of fixed size, whatever -benchtime says: go test -bench . -benchtime 1x.

// BenchmarkRSA2048Sign is the yardstick: signatures a second on one core.
func BenchmarkRSA2048Sign(b *testing.B) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		b.Fatal(err)
	}
	sum := sha256.Sum256([]byte("(request-target): post /inbox"))
	const n = 1000
	begun := time.Now()
	for range n {
		if _, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:]); err != nil {
			b.Fatal(err)
		}
	}
	took := time.Since(begun)
	report(b, map[string]float64{"signatures/s": n / took.Seconds(), "ms/signature": ms(took) / n})
}

// crowd is a thousand servers elsewhere in one listener: each has a loopback address of
// its own, one actor, and an inbox that takes what it gets without looking. With oneHost
// it is one server with a thousand actors and as many inboxes.
type crowd struct {
	oneHost bool
	port    string
	key     *rsa.PrivateKey
	pem     string
	delay   atomic.Int64 // before an inbox answers, in nanoseconds
	dead    atomic.Int64 // every so manieth server never answers; 0: all do

	mu    sync.Mutex
	got   map[string]int // by activity type
	times []time.Time    // of Creates
}

const crowdSize = 1000

func newCrowd(b *testing.B) *crowd {
	b.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		b.Fatal(err)
	}
	c := &crowd{key: key, pem: publicPEM(b, key), got: map[string]int{}}
	listener, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		b.Fatal(err)
	}
	_, c.port, err = net.SplitHostPort(listener.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	web := &http.Server{Handler: c, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = web.Serve(listener) }()
	b.Cleanup(func() { _ = web.Close() })
	return c
}

// base is the address of the n-th server, 127.77.a.b, or of the n-th account on the one.
func (c *crowd) base(n int) string {
	if c.oneHost {
		return fmt.Sprintf("http://127.78.0.1:%s/%d", c.port, n)
	}
	return fmt.Sprintf("http://127.77.%d.%d:%s", n/250, n%250+1, c.port)
}

func (c *crowd) number(r *http.Request) int {
	var n, a, d int
	if _, err := fmt.Sscanf(r.URL.Path, "/%d/a", &n); err == nil {
		return n
	}
	if _, err := fmt.Sscanf(r.Host, "127.77.%d.%d:", &a, &d); err != nil {
		return -1
	}
	return a*250 + d - 1
}

func (c *crowd) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := c.number(r)
	if r.Method == http.MethodGet {
		base := c.base(n)
		w.Header().Set("Content-Type", "application/activity+json")
		_ = json.NewEncoder(w).Encode(map[string]any{
			"@context": "https://www.w3.org/ns/activitystreams", "id": base + "/a", "type": "Person",
			"preferredUsername": "a", "name": "Anne", "inbox": base + "/a/inbox",
			"publicKey": map[string]string{"id": base + "/a#main-key", "owner": base + "/a", "publicKeyPem": c.pem},
		})
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if every := c.dead.Load(); every > 0 && int64(n)%every == 0 {
		<-r.Context().Done() // never answers
		return
	}
	var activity struct{ Type string }
	if err := json.Unmarshal(body, &activity); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	time.Sleep(time.Duration(c.delay.Load()))
	w.WriteHeader(http.StatusAccepted)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.got[activity.Type]++
	if activity.Type == "Create" {
		c.times = append(c.times, time.Now())
	}
}

func (c *crowd) count(kind string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.got[kind]
}

func (c *crowd) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.got, c.times = map[string]int{}, nil
}

// request makes a signed POST of the n-th server's actor.
func (c *crowd) request(b *testing.B, n int, inbox string, activity map[string]any) *http.Request {
	b.Helper()
	activity["@context"] = "https://www.w3.org/ns/activitystreams"
	activity["actor"] = c.base(n) + "/a"
	body, err := json.Marshal(activity)
	if err != nil {
		b.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, inbox, strings.NewReader(string(body)))
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/activity+json")
	if err := sign(req, body, c.base(n)+"/a#main-key", c.key, cavage, time.Now()); err != nil {
		b.Fatal(err)
	}
	return req
}

// send sends requests over sixteen connections and returns how long it took; each must get the status.
func send(b *testing.B, requests []*http.Request, want int) time.Duration {
	b.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	defer client.CloseIdleConnections()
	next := make(chan *http.Request)
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			for req := range next {
				res, err := client.Do(req)
				if err != nil {
					b.Errorf("send: %v", err)
					continue
				}
				body, _ := io.ReadAll(res.Body)
				_ = res.Body.Close()
				if res.StatusCode != want {
					b.Errorf("%s %s: got %d %s, want %d", req.Method, req.URL, res.StatusCode, body, want)
				}
			}
		})
	}
	begun := time.Now()
	for _, req := range requests {
		next <- req
	}
	close(next)
	group.Wait()
	return time.Since(begun)
}

// benchTown starts a town with its private PostgreSQL and a bakery.
func benchTown(b *testing.B) (*town, merchant) {
	b.Helper()
	tw := startTown(b, privatePostgres)
	return tw, tw.addMerchant("fournil", "Le Fournil", "boulangerie")
}

// follow lets the whole crowd follow a merchant, and waits for the Accepts.
func (c *crowd) follow(b *testing.B, tw *town, m merchant) time.Duration {
	b.Helper()
	requests := make([]*http.Request, crowdSize)
	for n := range requests {
		requests[n] = c.request(b, n, m.Actor+"/inbox", map[string]any{
			"id": c.base(n) + "/follows/1", "type": "Follow", "object": m.Actor,
		})
	}
	begun := time.Now()
	send(b, requests, http.StatusAccepted)
	eventually(b, "all followers are accepted", func() error {
		if got := c.count("Accept"); got != crowdSize {
			return fmt.Errorf("got %d Accepts, want %d", got, crowdSize)
		}
		return nil
	})
	tw.settled()
	return time.Since(begun)
}

// BenchmarkNewFollower is what a new follower costs until the Accept has arrived: fetching
// the actor and key of a server never heard of, the row, the Accept.
func BenchmarkNewFollower(b *testing.B) {
	tw, m := benchTown(b)
	c := newCrowd(b)
	before := tw.cpu(b)
	took := c.follow(b, tw, m)
	after := tw.cpu(b)
	report(b, map[string]float64{
		"followers/s":    crowdSize / took.Seconds(),
		"ms-cpu/each":    (after.bourg - before.bourg) / crowdSize,
		"ms-cpu+pg/each": (after.all() - before.all()) / crowdSize,
	})
}

// BenchmarkFanOut delivers posts to a thousand followers on a thousand inboxes: to peers
// that answer at once, to peers that take 50 ms, and with a fifth of them never answering.
func BenchmarkFanOut(b *testing.B) {
	tw, m := benchTown(b)
	c := newCrowd(b)
	c.follow(b, tw, m)
	fanOut(b, tw, c, []peerTimes{
		{"AtOnce", 0, 0, 5},
		{"After50ms", 50 * time.Millisecond, 0, 5},
		{"AFifthNeverAnswers", 0, 5, 1},
	})
}

// BenchmarkFanOutOneHost does so to a thousand inboxes of one server that shares none.
func BenchmarkFanOutOneHost(b *testing.B) {
	tw, m := benchTown(b)
	c := newCrowd(b)
	c.oneHost = true
	c.follow(b, tw, m)
	fanOut(b, tw, c, []peerTimes{{"AtOnce", 0, 0, 5}, {"After50ms", 50 * time.Millisecond, 0, 5}})
}

// peerTimes is how the crowd behaves toward so many posts.
type peerTimes struct {
	name  string
	delay time.Duration
	dead  int64 // every so manieth never answers
	posts int
}

func fanOut(b *testing.B, tw *town, c *crowd, tests []peerTimes) {
	b.Helper()
	for _, tt := range tests {
		b.Run(tt.name, func(b *testing.B) {
			c.delay.Store(int64(tt.delay))
			c.dead.Store(tt.dead)
			c.forget()
			want := crowdSize * tt.posts
			if tt.dead > 0 {
				want -= want / int(tt.dead)
			}
			before := tw.cpu(b)
			begun := time.Now()
			for range tt.posts {
				tw.publish("fournil", "Fournée de seigle ce matin, cuite au bois. Il en reste une vingtaine.")
			}
			published := time.Now()
			within(b, 5*time.Minute, "the living have everything", func() error {
				if got := c.count("Create"); got < want {
					return fmt.Errorf("got %d of %d", got, want)
				}
				return nil
			})
			after := tw.cpu(b)
			c.mu.Lock()
			first, last := c.times[0], c.times[len(c.times)-1]
			c.mu.Unlock()
			rate := float64(want) / last.Sub(first).Seconds()
			report(b, map[string]float64{
				"deliveries/s":         rate,
				"ms-cpu/delivery":      (after.bourg - before.bourg) / float64(want),
				"ms-cpu+pg/delivery":   (after.all() - before.all()) / float64(want),
				"s-last-after-publish": last.Sub(published).Seconds(),
				"s-first-after-begin":  first.Sub(begun).Seconds(),
			})
		})
	}
}

// BenchmarkInbox stores replies: each is a signed Create{Note} under a post.
func BenchmarkInbox(b *testing.B) {
	tw, m := benchTown(b)
	c := newCrowd(b)
	post := tw.publish("fournil", "Fournée de seigle ce matin.")
	const servers, each = 50, 100
	reply := func(n, i int) *http.Request {
		id := fmt.Sprintf("%s/notes/%d", c.base(n), i)
		return c.request(b, n, tw.at("/inbox"), map[string]any{
			"id": id + "/activity", "type": "Create", "to": []string{"https://www.w3.org/ns/activitystreams#Public"},
			"object": map[string]any{
				"id": id, "type": "Note", "attributedTo": c.base(n) + "/a", "inReplyTo": post.ID,
				"content":   "<p>" + strings.Repeat("Gardez-moi une tourte, s’il vous plaît. ", 20) + "</p>",
				"published": time.Now().UTC().Format(time.RFC3339), "to": []string{"https://www.w3.org/ns/activitystreams#Public"},
				"cc": []string{m.Actor},
			},
		})
	}
	var first, rest []*http.Request
	for n := range servers {
		first = append(first, reply(n, 0))
		for i := 1; i <= each; i++ {
			rest = append(rest, reply(n, i))
		}
	}
	send(b, first, http.StatusAccepted) // the keys are known from here on
	before := tw.cpu(b)
	took := send(b, rest, http.StatusAccepted)
	after := tw.cpu(b)
	n := float64(len(rest))
	report(b, map[string]float64{
		"activities/s":       n / took.Seconds(),
		"ms-cpu/activity":    (after.bourg - before.bourg) / n,
		"ms-cpu+pg/activity": (after.all() - before.all()) / n,
	})
}

// BenchmarkReading gets pages and documents over keep-alive connections.
func BenchmarkReading(b *testing.B) {
	tw, m := benchTown(b)
	for i := range 25 {
		tw.publish("fournil", fmt.Sprintf("Nouvelle %d : fournée de seigle ce matin, cuite au bois.", i))
	}
	for name, get := range map[string]struct{ address, accept string }{
		"Profile":   {m.URL, "text/html"},
		"Home":      {tw.at("/"), "text/html"},
		"Actor":     {m.Actor, "application/activity+json"},
		"WebFinger": {tw.at("/.well-known/webfinger?resource=acct:fournil@" + tw.host), "application/jrd+json"},
	} {
		b.Run(name, func(b *testing.B) {
			const n = 20000
			requests := make([]*http.Request, n)
			for i := range requests {
				req, err := http.NewRequest(http.MethodGet, get.address, nil)
				if err != nil {
					b.Fatal(err)
				}
				req.Header.Set("Accept", get.accept)
				requests[i] = req
			}
			before := tw.cpu(b)
			took := send(b, requests, http.StatusOK)
			after := tw.cpu(b)
			report(b, map[string]float64{
				"requests/s": n / took.Seconds(), "ms-cpu/request": (after.bourg - before.bourg) / n,
				"ms-cpu+pg/request": (after.all() - before.all()) / n,
			})
		})
	}
}

// BenchmarkAtRest is what a town takes when nothing happens, and how long it takes to be there.
func BenchmarkAtRest(b *testing.B) {
	tw, _ := benchTown(b)
	tw.stop()
	begun := time.Now()
	tw.launch()
	within(b, time.Minute, "the first page", func() error {
		res, err := http.Get(tw.at("/"))
		if err != nil {
			return err
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return fmt.Errorf("got %d", res.StatusCode)
		}
		return nil
	})
	took := time.Since(begun)
	time.Sleep(20 * time.Second)
	before := tw.cpu(b)
	time.Sleep(20 * time.Second)
	after := tw.cpu(b)
	report(b, map[string]float64{
		"s-to-first-200": took.Seconds(), "MB-resident": residentMB(b, tw.serving.pid()),
		"ms-cpu/s": (after.bourg - before.bourg) / 20, "ms-cpu+pg/s": (after.all() - before.all()) / 20,
	})
}

// cpu is processor time, in milliseconds.
type cpu struct{ bourg, postgres float64 }

func (c cpu) all() float64 { return c.bourg + c.postgres }

// cpu reads what the server and its private PostgreSQL have used so far, ended backends included.
func (tw *town) cpu(b *testing.B) cpu {
	b.Helper()
	var c cpu
	c.bourg = processMS(b, tw.serving.pid(), false)
	postmaster := tw.postmaster(b)
	c.postgres = processMS(b, postmaster, true)
	children, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		b.Fatal(err)
	}
	for _, file := range children {
		fields, err := statFields(file)
		if err == nil && fields[1] == strconv.Itoa(postmaster) {
			c.postgres += ticks(fields[11]) + ticks(fields[12])
		}
	}
	return c
}

// postmaster finds the private PostgreSQL's main process: the one whose data lie in the town's folder.
func (tw *town) postmaster(b *testing.B) int {
	b.Helper()
	var pid int
	err := filepath.WalkDir(tw.data, func(path string, _ os.DirEntry, err error) error {
		if err != nil || filepath.Base(path) != "postmaster.pid" {
			return nil //nolint:nilerr // folders that are not ours to read hold nothing that is looked for
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		line, _, _ := strings.Cut(string(raw), "\n")
		pid, err = strconv.Atoi(line)
		return err
	})
	if err != nil || pid == 0 {
		b.Fatalf("find the private PostgreSQL below %s: pid %d, %v", tw.data, pid, err)
	}
	return pid
}

// statFields are the fields of /proc/pid/stat behind the name: state, parent, …
func statFields(file string) ([]string, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return strings.Fields(string(raw[strings.LastIndexByte(string(raw), ')')+1:])), nil
}

// ticks are hundredths of a second, as the kernel counts for /proc on all machines that Go runs on.
func ticks(field string) float64 {
	n, _ := strconv.ParseFloat(field, 64)
	return 10 * n
}

func processMS(b *testing.B, pid int, withEnded bool) float64 {
	b.Helper()
	fields, err := statFields(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	used := ticks(fields[11]) + ticks(fields[12])
	if withEnded {
		used += ticks(fields[13]) + ticks(fields[14])
	}
	return used
}

func residentMB(b *testing.B, pid int) float64 {
	b.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(raw), "VmRSS:")
	kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	if err != nil {
		b.Fatal(err)
	}
	return kb / 1024
}

func publicPEM(b *testing.B, key *rsa.PrivateKey) string {
	b.Helper()
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		b.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}))
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// report prints figures of a single run in place of ns/op, which would be of the harness.
func report(b *testing.B, figures map[string]float64) {
	b.Helper()
	b.ReportMetric(0, "ns/op")
	for unit, value := range figures {
		b.ReportMetric(value, unit)
	}
}
