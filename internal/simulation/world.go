package simulation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"bourg/federation"
	"bourg/internal/town"
)

// Scenario is one run: how many towns, for how long, and what befalls them.
type Scenario struct {
	Name  string
	Seed  uint64
	Towns int
	// Handshakes is for how many days town halls come to know each other before anything is written; News for how many
	// days merchants write. Then everything is left alone for Quiet days, in which no server fails.
	Handshakes, News, Quiet int
	// Mass, where its share is above 0, takes so many of the towns down at once.
	Mass MassOutage
}

// MassOutage is what a hosting company's failure does: a share of all towns, strewn over the map, is away for a time.
type MassOutage struct {
	Share float64
	At    moment // after the news began
	Hours int
}

func (s *Scenario) newsFrom() moment { return moment(s.Handshakes) * day }
func (s *Scenario) newsTo() moment   { return s.newsFrom() + moment(s.News)*day }
func (s *Scenario) end() moment      { return s.newsTo() + moment(s.Quiet)*day }

// World is a running simulation.
type World struct {
	scenario Scenario
	a        *Assumptions
	sizes    Sizes
	now      moment
	queue    queue

	towns   []townState
	shops   []shop
	links   []link
	posts   []post
	flying  []delivery // in flight; those that are free are in idle
	idle    []int32
	letters []letter

	net, halls         draw
	kinds              choice[town.Kind]
	reaches            choice[town.Reach]
	full, agenda, near town.Scope

	count counters
}

// shop is a merchant.
type shop struct {
	town.Point
	upTo float32 // sum of the rates of the town's merchants up to this one
}

// townState is a town's server and what is written there.
type townState struct {
	*Commune
	id        int32
	links     []int32 // those from here
	first     int32   // its merchants are shops[first:first+merchants]
	merchants int32
	peak      float64 // posts an hour at the busiest hour
	own       []int32 // its posts that have left and may be live, oldest first
	failing   moment  // when it fails next
	down      bool
	failed    moment // since when, where it is down
	back      moment // when it is back, where it is down
	started   moment // when its server began to run
	restore   bool   // it comes back with the copy of the night before
	tick      moment // one of the moments at which it looks after its neighbours
	quota     quota
	rates     town.PeerRates // what neighbours send

	writes, fails draw
}

// link is the way from one town to another: what the first knows of the second, and what the second has of the first's news.
type link struct {
	from, to, reverse int32
	bit               uint64 // in the posts of from
	knows             town.Neighbour

	shelf []copied // what to has of from, by post
	// What to should have and has, each as the sum (exclusive or) of a hash of each post with its last change, and their number:
	// as the digests of two lists are compared (town.Digest).
	owed, held  uint64
	owes, holds int
	refused     int  // posts that from lists and to does not take
	agreed      bool // news flows
	since       moment
	decided     bool // from's town hall has looked at what to asked, or never will
	ed25519     bool // from knows that to takes such signatures
	backlog     *backlog
	visit       moment // when from looks at to next; 0: not planned
}

// copied is a post in another town, as it was last changed by what that town knows.
type copied struct {
	post    int32
	changed int32 // seconds
}

// post is what a merchant published.
type post struct {
	town, shop         int32
	changed            int32 // seconds
	published, ends    moment
	links              uint64 // over which it was sent
	kind               town.Kind
	reach              town.Reach
	withdrawn, expired bool
}

// live tells whether the post stands in its town's list.
func (p *post) live() bool { return !p.withdrawn && !p.expired }

// hash is one post in one state.
func hash(post, changed int32) uint64 {
	x := uint64(uint32(post))<<32 | uint64(uint32(changed))
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// The generators, one for each purpose.
const (
	forMap = iota + 1
	forShops
	forTown
	forWriting
	forFailing
	forNetwork
	forHalls
	forMass
)

// New makes the world as it is before anything has happened.
func New(a *Assumptions, sizes Sizes, s Scenario) (*World, error) {
	w := &World{
		scenario: s, a: a, sizes: sizes,
		net: newDraw(s.Seed, forNetwork, 0), halls: newDraw(s.Seed, forHalls, 0),
		kinds:   chooser(a.Kinds, town.ExchangedKinds),
		reaches: chooser(a.Reaches, []town.Reach{town.ReachTown, town.ReachNeighbours, town.ReachRegion, town.ReachEverywhere}),
		full:    town.FullScope(), agenda: town.Scope{Kinds: []town.Kind{town.Event}},
	}
	w.near = town.Scope{Kinds: w.full.Kinds, MaxKm: a.WantsMaxKm}
	communes := Country(a, s.Seed, s.Towns)
	w.towns = make([]townState, len(communes))
	w.count.begin(s)
	for i := range communes {
		w.settle(int32(i), &communes[i])
	}
	if err := w.join(); err != nil {
		return nil, err
	}
	if s.Mass.Share > 0 {
		w.queue.push(s.newsFrom()+s.Mass.At, evMass, 0, 0)
	}
	w.queue.push(s.newsFrom(), evSample, 0, 0)
	return w, nil
}

// settle fills a town with merchants.
func (w *World) settle(id int32, c *Commune) {
	t := &w.towns[id]
	*t = townState{
		Commune: c, id: id, first: int32(len(w.shops)),
		writes: newDraw(w.scenario.Seed, forWriting, uint64(id)), fails: newDraw(w.scenario.Seed, forFailing, uint64(id)),
	}
	d := newDraw(w.scenario.Seed, forShops, uint64(id))
	t.tick = moment(d.Float64() * float64(town.TendEvery))
	mean := float64(c.People) / w.a.PeopleForShop
	merchants := 1 + int(mean) // the town hall writes as well
	if d.Float64() < mean-float64(int(mean)) {
		merchants++
	}
	merchants = min(merchants, w.a.MostShops)
	sum := 0.0
	for range merchants {
		sum += w.a.PostsPerWeek * d.gamma(w.a.PostsShape)
		w.shops = append(w.shops, shop{Point: town.Point{
			Lat: c.Lat + (2*d.Float64()-1)*c.RadiusKm/2/kmPerDegree, Lon: c.Lon + (2*d.Float64()-1)*c.RadiusKm/2/(0.69*kmPerDegree),
		}, upTo: float32(sum)})
	}
	t.merchants = int32(merchants)
	most, mean24 := 0.0, 0.0
	for _, h := range w.a.HourWeights {
		most, mean24 = max(most, h), mean24+h/24
	}
	t.peak = sum / (7 * 24) * most / mean24
	w.planPublishing(t, w.scenario.newsFrom())
	w.planFailure(t, 0)
}

// join makes the links of towns that will ask each other, and lets the town halls begin.
func (w *World) join() error {
	pairs := map[[2]int32]int32{}
	add := func(from, to int32) int32 {
		if i, known := pairs[[2]int32{from, to}]; known {
			return i
		}
		i := int32(len(w.links))
		pairs[[2]int32{from, to}] = i
		f, t := &w.towns[from], &w.towns[to]
		w.links = append(w.links, link{
			from: from, to: to, bit: 1 << len(f.links),
			knows: town.Neighbour{
				Domain: domain(to), Outgoing: town.StandingNone, Incoming: town.StandingNone,
				Card:  town.Card{Name: domain(to), Place: &t.Point, RadiusKm: t.RadiusKm, INSEE: []string{strconv.Itoa(10_000 + int(to))}},
				Relay: town.RelayActor{ID: federation.IRI("https://" + domain(to) + "/actors/1")},
			},
		})
		f.links = append(f.links, i)
		return i
	}
	modes := chooser(w.a.Modes, []town.Mode{town.ModeOpen, town.ModeReview, town.ModeAgenda, town.ModeMuted, town.ModeBlocked})
	for i := range w.towns {
		for _, near := range w.towns[i].Nearest {
			there := add(int32(i), near)
			back := add(near, int32(i))
			w.links[there].reverse, w.links[back].reverse = back, there
			// A town hall asks within its first two days, during office hours.
			at := moment(w.halls.IntN(2))*day + 9*hour + moment(w.halls.Float64()*float64(8*hour))
			w.queue.push(at, evAsk, there, 0)
		}
	}
	for i := range w.links {
		w.links[i].knows.Mode = modes.draw(w.halls)
	}
	for i := range w.towns {
		if len(w.towns[i].links) > 64 {
			return fmt.Errorf("town %d has %d neighbours, more than the 64 that a post has room for", i, len(w.towns[i].links))
		}
	}
	return nil
}

// domain is a town's host.
func domain(id int32) string { return "t" + strconv.Itoa(int(id)) + ".example" }

// Run plays everything to the end.
func (w *World) Run(ctx context.Context) error {
	for steps := 0; ; steps++ {
		if steps%100_000 == 0 && ctx.Err() != nil {
			return fmt.Errorf("simulation %s: %w", w.scenario.Name, ctx.Err())
		}
		e, some := w.queue.pop()
		if !some || e.at > w.scenario.end() {
			w.now = w.scenario.end()
			return nil
		}
		if e.at < w.now {
			return errors.New("simulation: time runs backwards")
		}
		w.now = e.at
		w.step(e)
	}
}

func (w *World) step(e event) {
	switch e.kind {
	case evPublish:
		w.publish(&w.towns[e.a], e.b != 0)
	case evLeave:
		w.leave(e.a)
	case evEdit:
		w.edit(e.a)
	case evWithdraw:
		w.withdraw(e.a)
	case evEnd:
		w.edit(e.a)
	case evAge:
		w.age(e.a)
	case evArrive:
		w.arrive(e.a, e.b)
	case evPump:
		w.pumped(e.a)
	case evVisit:
		w.visitDue(e.a)
	case evAsk:
		w.ask(e.a)
	case evDecide:
		w.decide(e.a)
	case evAgain:
		w.askAgain(e.a)
	case evFail:
		w.fail(&w.towns[e.a])
	case evBack:
		w.isBack(&w.towns[e.a])
	case evMass:
		w.massOutage()
	case evSample:
		w.count.sample(w)
		if next := w.now + sampleEvery; next <= w.scenario.end() {
			w.queue.push(next, evSample, 0, 0)
		}
	}
}

// find returns where a post is on a shelf, or would be.
func (l *link) find(post int32) (int, bool) {
	if n := len(l.shelf); n == 0 || l.shelf[n-1].post < post {
		return n, false
	}
	return slices.BinarySearchFunc(l.shelf, post, func(c copied, p int32) int { return int(c.post) - int(p) })
}

// apart tells whether the second town has something else than it should.
func (l *link) apart() bool { return l.agreed && (l.owed != l.held || l.owes != l.holds) }

// hold puts a post on the shelf, or replaces an older state of it, as postgres.SaveForeignPost does. It tells whether it is new there.
func (w *World) hold(l *link, p, changed int32) bool {
	was := l.apart()
	defer func() { w.count.apart(was, l.apart()) }()
	i, found := l.find(p)
	if found {
		if l.shelf[i].changed < changed {
			l.held ^= hash(p, l.shelf[i].changed) ^ hash(p, changed)
			l.shelf[i].changed = changed
		}
		return false
	}
	l.shelf = slices.Insert(l.shelf, i, copied{p, changed})
	l.held ^= hash(p, changed)
	l.holds++
	w.count.copies++
	return true
}

// release takes a post off the shelf.
func (w *World) release(l *link, p int32) {
	i, found := l.find(p)
	if !found {
		return
	}
	was := l.apart()
	l.held ^= hash(p, l.shelf[i].changed)
	l.holds--
	l.shelf = slices.Delete(l.shelf, i, i+1)
	w.count.copies--
	w.count.apart(was, l.apart())
}

// owe notes that the second town should have a post in a state, or should not have it any more in that state.
func (w *World) owe(l *link, p, changed int32, more int) {
	was := l.apart()
	l.owed ^= hash(p, changed)
	l.owes += more
	w.count.apart(was, l.apart())
}
