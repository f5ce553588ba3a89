package postgres_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"bourg/federation"
	"bourg/internal/town"

	"github.com/google/uuid"
)

// The benchmarks run against the test server, which does not wait for the disk; against one
// that does, name it in BOURG_TEST_DATABASE_URL. Beside the time they report the CPU of
// an operation, this process's and PostgreSQL's together.

// cpuMeter adds up the CPU of this process and of all processes of the PostgreSQL server,
// which must run on this machine.
type cpuMeter struct {
	b          *testing.B
	postmaster int
	begin      time.Duration
}

func (f *fixture) meter(b *testing.B) *cpuMeter {
	b.Helper()
	var backend int
	f.must(f.Pool().QueryRow(b.Context(), `SELECT pg_backend_pid()`).Scan(&backend))
	m := &cpuMeter{b: b}
	if fields, ok := procStat(strconv.Itoa(backend)); ok {
		m.postmaster, _ = strconv.Atoi(fields[1])
	}
	m.begin = m.used()
	return m
}

func (m *cpuMeter) used() time.Duration {
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err != nil {
		m.b.Fatal(err)
	}
	sum := time.Duration(own.Utime.Nano() + own.Stime.Nano())
	entries, err := os.ReadDir("/proc")
	if err != nil {
		m.b.Fatal(err)
	}
	for _, e := range entries {
		if fields, ok := procStat(e.Name()); ok && fields[1] == strconv.Itoa(m.postmaster) {
			user, _ := strconv.Atoi(fields[11])
			system, _ := strconv.Atoi(fields[12])
			sum += time.Duration(user+system) * 10 * time.Millisecond // clock ticks of 1/100 s
		}
	}
	return sum
}

// procStat returns what follows the name in /proc/pid/stat: state, parent…
func procStat(pid string) ([]string, bool) {
	text, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return nil, false
	}
	_, rest, found := strings.Cut(string(text), ") ")
	return strings.Fields(rest), found
}

func (m *cpuMeter) report(ops int) {
	m.b.Helper()
	m.b.ReportMetric(float64(m.used()-m.begin)/float64(ops)/1e6, "cpu-ms/op")
	m.b.ReportMetric(float64(ops)/m.b.Elapsed().Seconds(), "op/s")
}

const benchWorkers = 16

// BenchmarkAddReply stores replies of a thousand actors to a hundred posts, sixteen at a time.
func BenchmarkAddReply(b *testing.B) {
	f := open(b)
	m := f.merchant("martin")
	posts := make([]*town.Post, 100)
	for i := range posts {
		posts[i] = f.post(m, "Du pain")
	}
	benchInbox(b, f, func(n int, from *federation.Actor) error {
		r := f.reply(from, posts[n%len(posts)], strconv.Itoa(n))
		return f.AddReply(b.Context(), receivedAs(from, string(r.ObjectID)+"/activity"), r)
	})
}

// BenchmarkAddReplyOnePost does so below a single post.
func BenchmarkAddReplyOnePost(b *testing.B) {
	f := open(b)
	p := f.post(f.merchant("martin"), "Du pain")
	benchInbox(b, f, func(n int, from *federation.Actor) error {
		r := f.reply(from, p, strconv.Itoa(n))
		return f.AddReply(b.Context(), receivedAs(from, string(r.ObjectID)+"/activity"), r)
	})
}

// BenchmarkAddFollower accepts a thousand actors, who each follow again and again.
func BenchmarkAddFollower(b *testing.B) {
	f := open(b)
	m := f.merchant("martin")
	benchInbox(b, f, func(n int, from *federation.Actor) error {
		in := receivedAs(from, fmt.Sprintf("%s/follows/%d", from.ID, n))
		return f.AddFollower(b.Context(), in, m.ID, in.ID, f.accept(m.ID, from, in.ID))
	})
}

func benchInbox(b *testing.B, f *fixture, receive func(n int, from *federation.Actor) error) {
	actors := make([]*federation.Actor, 1000)
	for i := range actors {
		actors[i] = peer(fmt.Sprintf("h%d.example", i%200), fmt.Sprintf("user%d", i))
		f.must(f.DeleteObject(b.Context(), f.received(actors[i]), "https://x.example/")) // makes it known
	}
	meter := f.meter(b)
	var next atomic.Int64
	b.SetParallelism(benchWorkers / 2)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			n := int(next.Add(1))
			if err := receive(n, actors[n%len(actors)]); err != nil {
				b.Error(err)
				return
			}
		}
	})
	meter.report(b.N)
}

// BenchmarkClaimFinish takes deliveries of posts to a thousand inboxes, 128 at a time, and
// reports them as delivered. One operation is one delivery.
func BenchmarkClaimFinish(b *testing.B) {
	f := open(b)
	m := f.merchant("martin")
	for done := 0; done < b.N; done += 1000 {
		f.fillQueue(m, "h", 1000, 1, time.Now().Add(-time.Second))
	}
	f.exec(`ANALYZE deliveries`)
	meter := f.meter(b)
	b.ResetTimer()
	for done := 0; done < b.N; {
		list, err := f.ClaimDeliveries(b.Context(), 128, 4, nil, time.Minute)
		f.must(err)
		if len(list) == 0 {
			b.Fatal("nothing to claim")
		}
		results := make([]federation.DeliveryResult, len(list))
		for i, d := range list {
			results[i] = federation.DeliveryResult{
				ID: d.ID, Lease: d.Lease, Host: d.Host, Inbox: d.Inbox, Outcome: federation.Delivered, Scheme: federation.Cavage, Status: 202,
			}
		}
		f.must(f.FinishDeliveries(b.Context(), results))
		done += len(list)
	}
	meter.report(b.N)
}

// BenchmarkAddPost publishes a post to a thousand followers on a thousand servers.
func BenchmarkAddPost(b *testing.B) {
	f := open(b)
	m := f.merchant("martin")
	f.exec(`WITH a AS (
		INSERT INTO remote_actors (iri, host, handle, name, url, inbox, delivery_inbox, delivery_host, document, fetched_at)
		SELECT 'https://h' || n || '.example/u', 'h' || n || '.example', '', '', '', 'https://h' || n || '.example/u/inbox',
		       'https://h' || n || '.example/inbox', 'h' || n || '.example', '{}', now() FROM generate_series(1, 1000) n RETURNING id
		) INSERT INTO followers (actor_id, follower_id, follow_id) SELECT $1, id, '' FROM a`, m.ID)
	f.exec(`ANALYZE`)
	meter := f.meter(b)
	b.ResetTimer()
	for range b.N {
		f.post(m, "Du pain")
	}
	meter.report(b.N)
}

// BenchmarkFeed reads the first page of a town with fifty thousand posts.
func BenchmarkFeed(b *testing.B) {
	f := open(b)
	f.merchants(500)
	f.fillPosts(50_000)
	f.exec(`VACUUM ANALYZE`)
	meter := f.meter(b)
	b.ResetTimer()
	for range b.N {
		posts, err := f.Feed(b.Context(), town.Cursor{}, 21)
		if err != nil || len(posts) != 21 {
			b.Fatalf("got %d posts, error %v", len(posts), err)
		}
	}
	meter.report(b.N)
}

// BenchmarkPostOf finds a post by its id, which the inbox does for each reply.
func BenchmarkPostOf(b *testing.B) {
	f := open(b)
	p := f.post(f.merchant("martin"), "Du pain")
	meter := f.meter(b)
	b.ResetTimer()
	for range b.N {
		if post, _, err := f.PostOf(b.Context(), f.addresses.Post(p.ID)); err != nil || post == uuid.Nil {
			b.Fatal(err)
		}
	}
	meter.report(b.N)
}
