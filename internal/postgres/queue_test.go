package postgres_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"bourg/federation"
	"bourg/internal/postgres"
	"bourg/internal/town"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// try claims everything that is due, and ends each delivery as outcome says of its host; nil for Delivered.
func (f *fixture) try(outcome func(host string) federation.DeliveryResult) {
	f.t.Helper()
	list, err := f.ClaimDeliveries(f.ctx(), 1000, 1000, nil, time.Minute)
	f.must(err)
	results := make([]federation.DeliveryResult, len(list))
	for i, d := range list {
		r := outcome(d.Host)
		r.ID, r.Lease, r.Host, r.Inbox = d.ID, d.Lease, d.Host, d.Inbox
		results[i] = r
	}
	f.must(f.FinishDeliveries(f.ctx(), results))
}

var (
	wasTaken  = federation.DeliveryResult{Outcome: federation.Delivered, Status: 202, Scheme: federation.Cavage}
	wasRefuse = federation.DeliveryResult{Outcome: federation.Abandoned, Status: 400, Error: "status 400"}
)

func failed() federation.DeliveryResult {
	return federation.DeliveryResult{Outcome: federation.Retry, Error: "timeout", Next: time.Now().Add(time.Hour)}
}

// The list of hosts goes from the worst to the best, page by page, and says of each what an operator asks.
func TestNetwork(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	for _, name := range []string{"well", "slow", "dead", "refusing", "banned"} {
		f.follow(m.ID, peer(name+".example", "ana"))
	}
	f.clearQueue()
	f.exec(`DELETE FROM hosts`)
	send := func() { f.post(m, "Du pain") }
	send()
	f.try(func(host string) federation.DeliveryResult {
		switch host {
		case "dead.example":
			r := failed()
			r.Pause = time.Now().Add(2 * time.Hour)
			return r
		case "refusing.example":
			return wasRefuse
		}
		return wasTaken
	})
	since := time.Now()
	f.must(f.BlockDomain(f.ctx(), "banned.example", "", time.Now()))
	send()
	f.try(func(host string) federation.DeliveryResult {
		if host == "slow.example" {
			return failed()
		}
		return wasTaken
	})
	f.exec(`UPDATE hosts SET failing_since = failing_since - interval '3 days' WHERE host = 'dead.example'`)

	var list []town.HostQueue
	for after := (town.HostCursor{}); ; {
		page, err := f.Network(f.ctx(), after, 2)
		f.must(err)
		if list = append(list, page...); len(page) < 2 {
			break
		}
		back, err := town.ParseHostCursor(page[1].Cursor().String())
		f.must(err)
		after = back
	}
	type row struct {
		host            string
		state           town.HostState
		waiting, parked int
		fault           string
	}
	var got []row
	byHost := map[string]town.HostQueue{}
	for _, q := range list {
		got = append(got, row{q.Host, q.State, q.Waiting, q.Parked, q.LastError})
		byHost[q.Host] = q
	}
	want := []row{
		{"dead.example", town.HostPaused, 2, 0, "timeout"}, {"refusing.example", town.HostOK, 0, 1, ""},
		{"slow.example", town.HostRetrying, 1, 0, "timeout"}, {"well.example", town.HostOK, 0, 0, ""},
		{"banned.example", town.HostBlocked, 0, 0, ""},
	}
	// What refuses for good is parked, whatever else it takes.
	want[1].state, want[1].fault = town.HostParked, "status 400"
	if !slices.Equal(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	for host, failing := range map[string]bool{"dead.example": true, "slow.example": true, "refusing.example": false, "well.example": false} {
		if q := byHost[host]; (q.FailingSince != nil) != failing || (q.NextTry != nil) != (q.Waiting > 0) {
			t.Errorf("%s: got failing since %v and next try %v", host, q.FailingSince, q.NextTry)
		}
	}
	if q := byHost["slow.example"]; q.LastSuccess == nil || q.FailingSince == nil || q.FailingSince.Before(since.Add(-time.Second)) {
		t.Errorf("slow.example: got the last success %v and failing since %v, want both, the latter after %v", q.LastSuccess, q.FailingSince, since)
	}
	totals, err := f.QueueTotals(f.ctx())
	f.must(err)
	if totals.Oldest.IsZero() || totals.Waiting != 3 || totals.Parked != 1 || totals.Failing != 2 {
		t.Errorf("got totals %+v, want 3 waiting, 1 given up and 2 failing", totals)
	}

	// A host that takes something again is well again.
	n, err := f.RetryNow(f.ctx(), "slow.example")
	f.must(err)
	if n != 1 {
		t.Errorf("slow.example: got %d deliveries, want 1", n)
	}
	f.try(func(string) federation.DeliveryResult { return wasTaken })
	page, err := f.Network(f.ctx(), town.HostCursor{}, 10)
	f.must(err)
	i := slices.IndexFunc(page, func(q town.HostQueue) bool { return q.Host == "slow.example" })
	if q := page[i]; q.State != town.HostOK || q.FailingSince != nil || q.LastError != "" {
		t.Errorf("slow.example: got %+v, want it well", q)
	}
}

// An operator who does not want to wait: the pause ends, what waits is due, what was given up is tried again, and
// nothing else moves.
func TestRetryNow(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	for _, host := range []string{"one.example", "two.example", "banned.example"} {
		f.follow(m.ID, peer(host, "ana"))
	}
	f.clearQueue()
	first := f.post(m, "Du pain")
	f.try(func(string) federation.DeliveryResult {
		r := failed()
		r.Pause = time.Now().Add(time.Hour)
		return r
	})
	held, out := f.newPost(m, "Du vin", time.Hour)
	_, err := f.AddPost(f.ctx(), held, uuid.Nil, out)
	f.must(err)
	f.exec(`UPDATE hosts SET paused_until = 'infinity' WHERE host = 'banned.example'`)

	claimable := func() (hosts []string) {
		list, err := f.ClaimDeliveries(f.ctx(), 100, 100, nil, time.Minute)
		f.must(err)
		for _, d := range list {
			hosts = append(hosts, d.Host)
		}
		f.exec(`UPDATE deliveries SET leased_until = NULL, lease = 0`)
		slices.Sort(hosts)
		return hosts
	}
	if got := claimable(); len(got) != 0 {
		t.Fatalf("before: got %v, want nothing", got)
	}
	if n, err := f.RetryNow(f.ctx(), "one.example"); err != nil || n != 1 {
		t.Errorf("one host: got %d and error %v, want 1", n, err)
	}
	if got := claimable(); !slices.Equal(got, []string{"one.example"}) {
		t.Errorf("after one host: got %v, want what waits for one.example, and not what is held", got)
	}
	if n, err := f.RetryNow(f.ctx(), ""); err != nil || n != 1 {
		t.Errorf("all hosts: got %d and error %v, want the one that was not due yet", n, err)
	}
	if got := claimable(); !slices.Equal(got, []string{"one.example", "two.example"}) {
		t.Errorf("after all hosts: got %v, want both and not the blocked one", got)
	}

	// Given up by both, and one of them has got the edit since.
	f.try(func(string) federation.DeliveryResult { return wasRefuse })
	f.edit(first)
	f.try(func(host string) federation.DeliveryResult {
		if host == "one.example" {
			return wasTaken
		}
		return wasRefuse
	})
	if n, err := f.RetryNow(f.ctx(), ""); err != nil || n != 2 {
		t.Errorf("given up: got %d and error %v, want the news and its edit to two.example", n, err)
	}
	if got := claimable(); !slices.Equal(got, []string{"two.example"}) {
		t.Errorf("given up: got %v, want the news to two.example alone: its edit comes after it", got)
	}
	f.try(func(string) federation.DeliveryResult { return wasTaken })
	if got := claimable(); !slices.Equal(got, []string{"two.example"}) {
		t.Errorf("then: got %v, want the edit to two.example", got)
	}
	f.try(func(string) federation.DeliveryResult { return wasTaken })
	reach, err := f.Reached(f.ctx(), first.ID)
	f.must(err)
	if want := (town.Reached{To: 3, Delivered: 1, Waiting: 1, GivenUp: 1}); *reach.First != want {
		t.Errorf("the news: got %+v, want %+v", *reach.First, want)
	}
}

// edit sends an edit of a post to its followers.
func (f *fixture) edit(p *town.Post) uuid.UUID {
	f.t.Helper()
	out := f.outgoing(p.Merchant.ID, "Update", f.addresses.Post(p.ID), town.Recipients{Followers: true, Since: p.Published})
	f.must(f.AddOutgoing(f.ctx(), out))
	return out.ID
}

// parcel is one delivery as the oracle sees it.
type parcel struct {
	activity uuid.UUID
	object   uuid.UUID // post
	inbox    federation.IRI
	host     string
	state    parcelState
	leased   bool
	id       int64
	lease    int64
}

type parcelState int

const (
	lies      parcelState = iota // waits
	arrived                      //
	givenUp                      // may be taken up again
	destroyed                    // never
)

// post office is the oracle: what a careful clerk would write into a book.
type postOffice struct {
	f       *fixture
	m       *town.Merchant
	posts   []*town.Post
	edits   map[uuid.UUID]uuid.UUID // of a post, the latest
	parcels []*parcel               // in the order in which they were made
	hosts   []string
}

func (o *postOffice) add(activity, object uuid.UUID) {
	rows, err := o.f.Pool().Query(o.f.ctx(), `SELECT id, inbox, host FROM deliveries WHERE activity_id = $1 ORDER BY id`, activity)
	o.f.must(err)
	defer rows.Close()
	for rows.Next() {
		p := &parcel{activity: activity, object: object}
		o.f.must(rows.Scan(&p.id, &p.inbox, &p.host))
		o.parcels = append(o.parcels, p)
	}
	o.f.must(rows.Err())
}

// recoverable tells whether a parcel that was given up may be taken up again: each later one about the same
// object is still here, and none of them is on its way.
func (o *postOffice) recoverable(p *parcel) bool {
	later := map[uuid.UUID]bool{}
	for _, q := range o.parcels {
		if q.object == p.object && q.activity != p.activity && strings.Compare(q.activity.String(), p.activity.String()) > 0 {
			here := q.inbox == p.inbox && (q.state == lies || q.state == givenUp) && !q.leased
			later[q.activity] = later[q.activity] || here
		}
	}
	for _, here := range later {
		if !here {
			return false
		}
	}
	return true
}

// What a merchant reads of a post, "remis à 143 serveurs sur 145", is exact whatever happens on the way: retries,
// refusals, hosts that are lost or blocked, workers that die, an operator who tries again. And no edit overtakes its news.
func TestReachedIsExact(t *testing.T) {
	t.Parallel()
	f := open(t)
	history := 0
	rapid.Check(t, func(rt *rapid.T) {
		history++
		f.clearQueue()
		o := &postOffice{f: f, m: f.merchant(fmt.Sprintf("m%d", history)), edits: map[uuid.UUID]uuid.UUID{}}
		for i := range 3 {
			host := fmt.Sprintf("h%d-%d.example", history, i)
			o.hosts = append(o.hosts, host)
			f.follow(o.m.ID, peer(host, "ana"))
		}
		f.clearQueue()
		rt.Repeat(map[string]func(*rapid.T){
			"publish": func(*rapid.T) {
				p := f.post(o.m, "Du pain")
				o.posts = append(o.posts, p)
				o.add(p.ID, p.ID)
			},
			"edit": func(rt *rapid.T) {
				if len(o.posts) == 0 {
					rt.Skip("nothing to edit")
				}
				p := rapid.SampledFrom(o.posts).Draw(rt, "post")
				o.edits[p.ID] = f.edit(p)
				o.add(o.edits[p.ID], p.ID)
			},
			"claim":  o.claim,
			"finish": o.finish,
			"crash": func(*rapid.T) {
				f.exec(`UPDATE deliveries SET leased_until = now() - interval '1 second' WHERE leased_until IS NOT NULL`)
				for _, p := range o.parcels {
					p.leased = false
				}
			},
			"retry": func(rt *rapid.T) {
				host := rapid.SampledFrom(append([]string{""}, o.hosts...)).Draw(rt, "host")
				var again []*parcel
				for _, p := range o.parcels {
					if p.state == givenUp && (host == "" || p.host == host) && o.recoverable(p) {
						again = append(again, p)
					}
				}
				if _, err := f.RetryNow(f.ctx(), host); err != nil {
					rt.Fatal(err)
				}
				for _, p := range again {
					p.state = lies
				}
			},
			"block": func(rt *rapid.T) {
				host := rapid.SampledFrom(o.hosts).Draw(rt, "host")
				if rapid.IntRange(0, 3).Draw(rt, "seldom") > 0 {
					rt.Skip("not now")
				}
				f.must(f.BlockDomain(f.ctx(), host, "", time.Now()))
				for _, p := range o.parcels { // what was given up goes too, and is never taken up again
					if p.host == host && p.state == givenUp {
						p.state = destroyed
					}
				}
				o.drop(func(p *parcel) bool { return p.host == host })
				f.must(f.UnblockDomain(f.ctx(), host))
			},
			"": o.check,
		})
	})
}

func (o *postOffice) drop(which func(*parcel) bool) {
	for _, p := range o.parcels {
		if p.state == lies && which(p) {
			p.state, p.leased = destroyed, false
		}
	}
}

func (o *postOffice) claim(rt *rapid.T) {
	list, err := o.f.ClaimDeliveries(o.f.ctx(), rapid.IntRange(1, 5).Draw(rt, "n"), 10, nil, time.Hour)
	if err != nil {
		rt.Fatal(err)
	}
	for _, d := range list {
		i := slices.IndexFunc(o.parcels, func(p *parcel) bool { return p.id == d.ID })
		if i < 0 || o.parcels[i].state != lies || o.parcels[i].leased {
			rt.Fatalf("got delivery %d, which does not lie here", d.ID)
		}
		p := o.parcels[i]
		for _, earlier := range o.parcels[:i] {
			if earlier.object == p.object && earlier.inbox == p.inbox && earlier.state == lies {
				rt.Fatalf("%s to %s overtakes %s", p.activity, p.inbox, earlier.activity)
			}
		}
		p.leased, p.lease = true, d.Lease
	}
}

func (o *postOffice) finish(rt *rapid.T) {
	var mine []*parcel
	for _, p := range o.parcels {
		if p.leased {
			mine = append(mine, p)
		}
	}
	if len(mine) == 0 {
		rt.Skip("nothing is on its way")
	}
	p := rapid.SampledFrom(mine).Draw(rt, "which")
	r := federation.DeliveryResult{ID: p.id, Lease: p.lease, Host: p.host, Inbox: p.inbox}
	switch r.Outcome = rapid.SampledFrom([]federation.Outcome{
		federation.Delivered, federation.Retry, federation.Abandoned, federation.InboxGone, federation.Released,
	}).Draw(rt, "outcome"); r.Outcome {
	case federation.Delivered:
		r.Scheme, p.state = federation.Cavage, arrived
	case federation.Retry:
		r.Error = "timeout"
		if rapid.Bool().Draw(rt, "paused") {
			r.Pause = time.Now().Add(time.Hour)
		}
	case federation.Abandoned:
		r.Error, p.state = "status 400", givenUp
	}
	p.leased = false
	if err := o.f.FinishDeliveries(o.f.ctx(), []federation.DeliveryResult{r}); err != nil {
		rt.Fatal(err)
	}
	if r.Outcome == federation.InboxGone {
		o.drop(func(q *parcel) bool { return q.inbox == p.inbox })
	}
}

func (o *postOffice) check(rt *rapid.T) {
	count := func(activity uuid.UUID) (r town.Reached) {
		for _, p := range o.parcels {
			if p.activity != activity {
				continue
			}
			r.To++
			switch p.state {
			case lies:
				r.Waiting++
			case arrived:
				r.Delivered++
			default:
				r.GivenUp++
			}
		}
		return r
	}
	for _, p := range o.posts {
		got, err := o.f.Reached(o.f.ctx(), p.ID)
		if err != nil {
			rt.Fatal(err)
		}
		if want := count(p.ID); got.First == nil || *got.First != want {
			rt.Fatalf("the news: got %+v, want %+v", got.First, want)
		}
		edit, edited := o.edits[p.ID]
		if (got.Edit != nil) != edited || edited && *got.Edit != count(edit) {
			rt.Fatalf("its edit: got %+v, want %+v (%t)", got.Edit, count(edit), edited)
		}
	}
}

// Who has not got a post is told by host, page by page, and no follower's name with it.
func TestMissedBy(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	for i := range 5 {
		f.follow(m.ID, peer(fmt.Sprintf("h%d.example", i), "ana"))
	}
	f.clearQueue()
	p := f.post(m, "Du pain")
	f.try(func(host string) federation.DeliveryResult {
		switch host {
		case "h0.example":
			return wasTaken
		case "h1.example":
			return wasRefuse
		}
		return failed()
	})
	f.edit(p)
	page := func(after string) (hosts []string) {
		list, err := f.MissedBy(f.ctx(), p.ID, after, 3)
		f.must(err)
		for _, m := range list {
			hosts = append(hosts, fmt.Sprintf("%s %d %d %s", m.Host, m.Waiting, m.Parked, m.LastError))
			if m.Since.IsZero() || m.NextTry.IsZero() != (m.Waiting == 0) {
				t.Errorf("%s: got since %v and next try %v", m.Host, m.Since, m.NextTry)
			}
		}
		return hosts
	}
	if got, want := page(""), []string{"h0.example 1 0 ", "h1.example 1 1 status 400", "h2.example 2 0 timeout"}; !slices.Equal(got, want) {
		t.Errorf("first page: got %q, want %q", got, want)
	}
	if got, want := page("h2.example"), []string{"h3.example 2 0 timeout", "h4.example 2 0 timeout"}; !slices.Equal(got, want) {
		t.Errorf("second page: got %q, want %q", got, want)
	}
	if list, err := f.MissedBy(f.ctx(), uuid.New(), "", 3); err != nil || len(list) != 0 {
		t.Errorf("a post that is not there: got %v and error %v", list, err)
	}
}

// A hundred thousand deliveries to ten thousand hosts: the list of hosts looks at each delivery and each host once, and
// what a merchant asks looks at that merchant's deliveries alone.
func TestNetworkPlans(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	const hosts, perHost = 10_000, 10
	f.fillQueue(m, "h", hosts, perHost, time.Now().Add(time.Hour))
	f.exec(`INSERT INTO hosts (host, paused_until, failures, failing_since, last_error)
		SELECT 'h' || h || '.example', now() + interval '1 hour', 7, now() - make_interval(mins => h), 'timeout' FROM generate_series(1, $1) h`, hosts)
	p := f.post(m, "Du pain")
	f.exec(`INSERT INTO deliveries (activity_id, inbox, host, next_try) SELECT $1, 'https://h' || h || '.example/inbox/', 'h' || h || '.example', now() FROM generate_series(1, 200) h`, p.ID)
	f.exec(`ANALYZE`)
	nodes := f.explain(postgres.NetworkPageSQL, 0, time.Now().Add(-24*time.Hour), "", 26)
	if rows := readRows(nodes, "deliveries"); rows > hosts*perHost+300 {
		t.Errorf("network: reads %.0f rows of deliveries, want each once", rows)
	}
	if rows := readRows(nodes, "hosts"); rows > hosts {
		t.Errorf("network: reads %.0f rows of hosts, want each once", rows)
	}
	nodes = f.explain(postgres.PostHostsSQL, string(f.addresses.Post(p.ID)), "", 26)
	if rows := readRows(nodes, "deliveries"); rows > 300 {
		t.Errorf("who waits for a post: reads %.0f rows of deliveries, want those of the post", rows)
	}
	// All at once, within the ten seconds that a statement has.
	f.exec(`UPDATE deliveries SET attempts = 3`)
	if n, err := f.RetryNow(f.ctx(), ""); err != nil || n != hosts*perHost {
		t.Errorf("retrying everything: got %d and error %v, want %d", n, err, hosts*perHost)
	}
}
