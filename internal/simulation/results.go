package simulation

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"bourg/internal/town"
)

// Plan is what one page of results is made of.
type Plan struct {
	Seed  uint64 `json:"seed"`
	Towns int    `json:"towns"` // of the largest network
	Days  int    `json:"days"`  // of news in the calm runs
	// Smaller are the further sizes for which the cost of a town is measured.
	Smaller []int `json:"smaller"`
	// OutageHours are the lengths of the outages that befall OutageShare of all towns at once, OutageDay days
	// after the news began. Merchants write for OutageNews days in these runs.
	OutageHours []int   `json:"outageHours"`
	OutageShare float64 `json:"outageShare"`
	OutageDay   int     `json:"outageDay"`
	OutageNews  int     `json:"outageNews"`
}

// Published is the plan of the page in the repository.
func Published() Plan {
	return Plan{
		Seed: 1, Towns: 35_000, Days: 35, Smaller: []int{100, 1_000, 10_000},
		OutageHours: []int{6, 72}, OutageShare: 0.1, OutageDay: 9, OutageNews: 20,
	}
}

const (
	handshakeDays = 15
	quietDays     = 4
)

// Results are the figures of a page. All but Machine come out the same wherever they are computed.
type Results struct {
	Plan        Plan        `json:"plan"`
	Sizes       Sizes       `json:"sizes"`
	Country     CountryFact `json:"country"`
	Joining     Joining     `json:"joining"`
	Calm        Calm        `json:"calm"`
	Classes     []Class     `json:"classes"`
	Growth      []Growth    `json:"growth"`
	Outages     []Outage    `json:"outages"`
	Machine     Machine     `json:"machine"`
	WallSeconds float64     `json:"wallSeconds"` // that all runs took, on the machine
}

// CountryFact describes the map.
type CountryFact struct {
	Towns, Merchants, Exchanges int
	MedianPeople, MeanPeople    float64
	Below500, Above10000        float64 // shares of the towns
	NearestKm                   float64 // median distance to the nearest town
	Neighbours                  Spread  // towns with which a town exchanges news in at least one direction
}

// Spread is how a figure differs over towns, or over towns and days.
type Spread struct{ Mean, Median, P95, P99, Most float64 }

// Joining is how town halls came to know each other.
type Joining struct {
	Asked, Refused, Agreed, Letters int
	MedianHours, P95Hours           float64 // from a request to the agreement
}

// Calm is an ordinary time: single servers fail, nothing else happens.
type Calm struct {
	Posts                                              int
	Published, Received                                Spread // posts
	Requests, Served, Signatures, Verifications        Spread
	BytesOut, BytesIn, Stored                          Spread
	CPU                                                Spread    // seconds of one core, by Machine
	Copies                                             []float64 // neighbours' posts for each town, by day
	Worst                                              Worst
	CardsShare, ListsShare                             float64 // of the requests: visits, and reading of lists
	Failures, Retried, Compared, First                 float64 // shares: of requests; of the posts that came, by way
	Delay                                              Delay
	Arrival                                            []Tail
	LoadMade, LoadReceived                             []Tail // requests made, and posts received, by town and day
	Outages, Restored, Lost, Dropped, InVain, Refusals int
	Abandoned                                          int
	Check                                              Check
	Quota                                              Quota
}

// Worst is the town that makes the most requests.
type Worst struct {
	People, Merchants, Neighbours int
	Published, Received           float64 // posts a day
	Requests, Served              float64 // a day
	Bytes, Stored, CPU            float64 // a day
	Copies                        int     // at the end
	OwnLive                       int     // lines of its list at the end
}

// Delay is the time from the end of the undo window to the arrival, in seconds.
type Delay struct{ Median, P95, P99, P999, Most float64 }

// Tail is the share that is more: of news, what takes longer (in seconds); of days of towns, what has more to do.
type Tail struct{ Above, Share float64 }

// Class is what towns of a size have to do in a day, at the median.
type Class struct {
	Name                          string
	Towns                         int
	Published, Received, Requests float64
	Served, Kilobytes             float64
}

// Growth is what a town has to do in a day in a network of this many towns.
type Growth struct {
	Towns                 int
	Requests, Served      Spread // means over the days, by town
	Received, Kilobytes   Spread
	PostsOfAll            float64 // that all towns publish in a day
	DeliveriesOfAll       float64 // activities that all towns deliver in a day
	MeanAnnounce, PerPost float64 // bytes of an activity; activities for a post
}

// Outage is what the failure of many towns at once costs.
type Outage struct {
	Hours, Struck         int
	ExtraRequests         int     // more than without it
	ExtraShare            float64 // of the requests of all days from then on
	ExtraFailures         int
	ExtraPerTown          float64 // requests more, for each town that stayed up
	PeakWaiting           int     // deliveries
	PeakApart             float64 // share of the exchanges
	HalfHours, NinetyFive float64 // hours after the end until so much of what was apart agrees again
	AgreeHours            float64 // and until no more is apart than before
	QueueHours            float64 // until no more deliveries wait than before
	ByRetry, ByComparison int     // posts that came so
	Abandoned, Refusals   int
	Delay                 Delay
	Arrival               []Tail
	Course                []Sample
	Exchanges             int
	Check                 Check
}

// Quota is what the daily allowance does to who follows a town's group, or that of the surroundings.
type Quota struct {
	TownPosts, AroundPosts   Spread  // for a reader, town and day: all of them
	TownAtOnce, AroundAtOnce Spread  // of these, at once
	TownLater, AroundLater   float64 // share of the posts that stand in the summary
	TownDays, AroundDays     float64 // share of town days that have one
}

// Compute plays all runs of a plan, two at a time. say is told of each that is over.
func Compute(ctx context.Context, plan Plan, m Machine, say func(string)) (*Results, error) {
	sizes, err := MeasureSizes(ctx)
	if err != nil {
		return nil, err
	}
	a := Default()
	r := &Results{Plan: plan, Sizes: sizes, Machine: m}
	base := Scenario{Seed: plan.Seed, Towns: plan.Towns, Handshakes: handshakeDays, News: plan.Days, Quiet: quietDays}
	scenarios := []Scenario{base}
	scenarios[0].Name = "an ordinary time"
	for _, hours := range plan.OutageHours {
		s := base
		s.Name = fmt.Sprintf("an outage of %d hours", hours)
		s.News = plan.OutageNews
		s.Mass = MassOutage{Share: plan.OutageShare, At: moment(plan.OutageDay)*day + 10*hour, Hours: hours}
		scenarios = append(scenarios, s)
	}
	for _, n := range plan.Smaller {
		s := base
		s.Name, s.Towns = fmt.Sprintf("%d towns", n), n
		scenarios = append(scenarios, s)
	}
	worlds, err := runAll(ctx, &a, sizes, scenarios, say)
	if err != nil {
		return nil, err
	}
	large := worlds[0]
	r.Country = large.country()
	r.Joining = large.joining()
	r.Calm = large.calm(m)
	r.Classes = large.classes()
	for i := range plan.OutageHours {
		r.Outages = append(r.Outages, worlds[1+i].outage(&large.count))
	}
	for _, w := range worlds[1+len(plan.OutageHours):] {
		r.Growth = append(r.Growth, w.growth())
	}
	r.Growth = append(r.Growth, large.growth())
	return r, nil
}

// runAll plays scenarios, two at a time, and checks how each ends.
func runAll(ctx context.Context, a *Assumptions, sizes Sizes, scenarios []Scenario, say func(string)) ([]*World, error) {
	worlds, errs := make([]*World, len(scenarios)), make([]error, len(scenarios))
	var wait sync.WaitGroup
	free := make(chan struct{}, 2)
	for i, s := range scenarios {
		wait.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			w, err := New(a, sizes, s)
			if err == nil {
				err = w.Run(ctx)
			}
			if err == nil {
				check := w.Check()
				err = check.fault()
			}
			if err != nil {
				errs[i] = fmt.Errorf("%s: %w", s.Name, err)
				return
			}
			worlds[i] = w
			say(fmt.Sprintf("%s: %d towns, %d posts", s.Name, s.Towns, len(w.posts)))
		})
	}
	wait.Wait()
	return worlds, cmp.Or(errs...)
}

// spread describes values, which it sorts.
func spread[T uint32 | float64 | int](values []T) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	slices.Sort(values)
	sum := 0.0
	for _, v := range values {
		sum += float64(v)
	}
	at := func(share float64) float64 {
		return float64(values[min(int(share*float64(len(values))), len(values)-1)])
	}
	return Spread{Mean: sum / float64(len(values)), Median: at(0.5), P95: at(0.95), P99: at(0.99), Most: float64(values[len(values)-1])}
}

// townDays are the values of sums of metrics, one for each town and day.
func (c *counters) townDays(of ...metric) []uint32 {
	sum := slices.Clone(c.days[of[0]])
	for _, m := range of[1:] {
		for i, v := range c.days[m] {
			sum[i] += v
		}
	}
	return sum
}

// total is the sum of a metric over all towns and the days from one on, up to another.
func (c *counters) total(m metric, from, to int) int {
	sum := 0
	for _, v := range c.days[m][from*c.scenario.Towns : to*c.scenario.Towns] {
		sum += int(v)
	}
	return sum
}

// ofTown is the sum of a metric over the days of one town.
func (c *counters) ofTown(m metric, id int) float64 {
	sum := 0.0
	for d := range c.scenario.News {
		sum += float64(c.days[m][d*c.scenario.Towns+id])
	}
	return sum
}

// perDay are the means over the days, one for each town.
func (c *counters) perDay(of ...metric) []float64 {
	means := make([]float64, c.scenario.Towns)
	for id := range means {
		for _, m := range of {
			means[id] += c.ofTown(m, id) / float64(c.scenario.News)
		}
	}
	return means
}

func (w *World) country() CountryFact {
	f := CountryFact{Towns: len(w.towns), Merchants: len(w.shops)}
	var people, neighbours []int
	var nearest []float64
	for i := range w.towns {
		t := &w.towns[i]
		people = append(people, t.People)
		exchanging := 0
		for _, l := range t.links {
			if k := &w.links[l].knows; k.Outgoing == town.StandingAccepted || k.Incoming == town.StandingAccepted {
				exchanging++
			}
		}
		neighbours = append(neighbours, exchanging)
		if len(t.Nearest) > 0 {
			nearest = append(nearest, t.KmTo(w.towns[t.Nearest[0]].Point))
		}
		if t.People < 500 {
			f.Below500 += 1 / float64(len(w.towns))
		}
		if t.People > 10_000 {
			f.Above10000 += 1 / float64(len(w.towns))
		}
	}
	p := spread(people)
	f.MedianPeople, f.MeanPeople, f.NearestKm, f.Neighbours = p.Median, p.Mean, spread(nearest).Median, spread(neighbours)
	f.Exchanges = int(w.count.asking.sum)
	return f
}

func (w *World) joining() Joining {
	c := &w.count
	return Joining{
		Asked: c.asked, Refused: c.refused, Agreed: int(c.asking.sum), Letters: c.letters,
		MedianHours: c.asking.quantile(0.5) / 3600, P95Hours: c.asking.quantile(0.95) / 3600,
	}
}

func (w *World) calm(m Machine) Calm {
	c := &w.count
	to := c.scenario.News
	all := c.delays[byDelivery].plus(&c.delays[byRetry]).plus(&c.delays[byComparison])
	made := float64(c.total(requests, 0, to))
	calm := Calm{
		Posts: len(w.posts), Published: spread(c.townDays(published)), Received: spread(c.townDays(received)),
		Requests: spread(c.townDays(requests)), Served: spread(c.townDays(served)),
		Signatures: spread(c.townDays(signatures, rsaSignatures)), Verifications: spread(c.townDays(verifications)),
		BytesOut: spread(c.townDays(bytesOut)), BytesIn: spread(c.townDays(bytesIn)), Stored: spread(c.townDays(stored)),
		Failures: float64(c.total(failures, 0, to)) / made,
		Retried:  float64(c.delays[byRetry].sum) / float64(all.sum), Compared: float64(c.delays[byComparison].sum) / float64(all.sum),
		First: float64(c.delays[byDelivery].sum) / float64(all.sum),
		Delay: all.delay(), Arrival: all.tail(),
		Outages: c.outages, Restored: c.restored, Lost: c.lost, Dropped: c.dropped, InVain: c.inVain, Refusals: c.refusals, Abandoned: c.abandoned,
		Check: w.Check(), Quota: c.quota(),
	}
	calm.CardsShare, calm.ListsShare = float64(c.total(cards, 0, to))/made, float64(c.total(lists, 0, to))/made
	for d := range to + 1 {
		for _, s := range c.samples {
			if s.Day == float64(d) {
				calm.Copies = append(calm.Copies, float64(s.Copies)/float64(c.scenario.Towns))
			}
		}
	}
	calm.LoadMade, calm.LoadReceived = tails(c.townDays(requests)), tails(c.townDays(received))
	calm.Worst = w.worst(m)
	calm.CPU = spread(c.cost(m))
	return calm
}

// worst describes the town with the most requests, made and served.
func (w *World) worst(m Machine) Worst {
	c := &w.count
	load := c.perDay(requests, served)
	id := 0
	for i := range load {
		if load[i] > load[id] {
			id = i
		}
	}
	t := &w.towns[id]
	mean := func(m metric) float64 { return c.ofTown(m, id) / float64(c.scenario.News) }
	worst := Worst{
		People: t.People, Merchants: int(t.merchants), Neighbours: len(t.links), Published: mean(published), Received: mean(received),
		Requests: mean(requests), Served: mean(served), Bytes: mean(bytesOut) + mean(bytesIn), Stored: mean(stored),
	}
	for d, cost := range c.cost(m) {
		if d%c.scenario.Towns == id {
			worst.CPU += cost / float64(c.scenario.News)
		}
	}
	for _, i := range t.links {
		worst.Copies += len(w.links[w.links[i].reverse].shelf)
		worst.OwnLive = max(worst.OwnLive, w.links[i].owes)
	}
	return worst
}

func (w *World) classes() []Class {
	var list []Class
	for _, c := range []struct {
		name     string
		from, to int
	}{{"below 500", 0, 500}, {"500 to 2,000", 500, 2_000}, {"2,000 to 10,000", 2_000, 10_000}, {"above 10,000", 10_000, math.MaxInt}} {
		var in []int
		for i := range w.towns {
			if p := w.towns[i].People; p >= c.from && p < c.to {
				in = append(in, i)
			}
		}
		median := func(of ...metric) float64 {
			var values []float64
			for _, id := range in {
				sum := 0.0
				for _, m := range of {
					sum += w.count.ofTown(m, id) / float64(w.count.scenario.News)
				}
				values = append(values, sum)
			}
			return spread(values).Median
		}
		list = append(list, Class{
			Name: c.name, Towns: len(in), Published: median(published), Received: median(received), Requests: median(requests),
			Served: median(served), Kilobytes: median(bytesIn, bytesOut) / 1000,
		})
	}
	return list
}

func (w *World) growth() Growth {
	c := &w.count
	days := float64(c.scenario.News)
	kilobytes := c.perDay(bytesIn, bytesOut)
	for i := range kilobytes {
		kilobytes[i] /= 1000
	}
	g := Growth{
		Towns: c.scenario.Towns, Requests: spread(c.perDay(requests)), Served: spread(c.perDay(served)),
		Received: spread(c.perDay(received)), Kilobytes: spread(kilobytes),
		PostsOfAll: float64(c.total(published, 0, c.scenario.News)) / days, DeliveriesOfAll: float64(c.total(delivered, 0, c.scenario.News)) / days,
	}
	g.MeanAnnounce = float64(c.total(deliveredBytes, 0, c.scenario.News)) / days / max(g.DeliveriesOfAll, 1)
	g.PerPost = float64(c.total(activities, 0, c.scenario.News)) / days / max(g.PostsOfAll, 1)
	return g
}

// outage compares a run with one that has the same seed and no outage of many.
func (w *World) outage(calm *counters) Outage {
	c, s := &w.count, w.scenario
	from := int(s.Mass.At / day)
	less := func(m metric) int { return c.total(m, from, s.News) - calm.total(m, from, s.News) }
	all := c.delays[byDelivery].plus(&c.delays[byRetry]).plus(&c.delays[byComparison])
	o := Outage{
		Hours: s.Mass.Hours, Struck: c.struck, ExtraRequests: less(requests), ExtraFailures: less(failures),
		ByRetry: int(c.delays[byRetry].sum), ByComparison: int(c.delays[byComparison].sum),
		Abandoned: c.abandoned, Refusals: c.refusals, Delay: all.delay(), Arrival: all.tail(),
		Exchanges: int(c.asking.sum), Check: w.Check(),
	}
	o.ExtraShare = float64(o.ExtraRequests) / float64(calm.total(requests, from, s.News))
	o.ExtraPerTown = float64(o.ExtraRequests) / float64(s.Towns-c.struck)
	begin, end := s.Mass.At.Hours()/24, (s.Mass.At+moment(s.Mass.Hours)*hour).Hours()/24
	var ordinaryApart, ordinaryWaiting, worstApart int
	for _, x := range c.samples {
		if x.Day < begin && x.Day > begin-2 {
			ordinaryApart, ordinaryWaiting = max(ordinaryApart, x.Apart), max(ordinaryWaiting, x.Waiting)
		}
		if x.Day >= begin && x.Day <= end {
			worstApart = max(worstApart, x.Apart)
		}
		o.PeakWaiting = max(o.PeakWaiting, x.Waiting)
		if x.Day > begin-1 && x.Day < end+3 {
			o.Course = append(o.Course, x)
		}
	}
	o.PeakApart = float64(worstApart) / float64(o.Exchanges)
	until := func(enough func(Sample) bool) float64 {
		for _, x := range c.samples {
			if x.Day >= end && enough(x) {
				return (x.Day - end) * 24
			}
		}
		return -1 // not within the run
	}
	left := func(share float64) int { return ordinaryApart + int(share*float64(worstApart-ordinaryApart)) }
	o.HalfHours = until(func(x Sample) bool { return x.Apart <= left(0.5) })
	o.NinetyFive = until(func(x Sample) bool { return x.Apart <= left(0.05) })
	o.AgreeHours = until(func(x Sample) bool { return x.Apart <= ordinaryApart })
	o.QueueHours = until(func(x Sample) bool { return x.Waiting <= ordinaryWaiting })
	return o
}

func (c *counters) quota() Quota {
	q := Quota{
		TownPosts: spread(c.townDays(townNow, townLater)), AroundPosts: spread(c.townDays(aroundNow, aroundLater)),
		TownAtOnce: spread(c.townDays(townNow)), AroundAtOnce: spread(c.townDays(aroundNow)),
	}
	share := func(later, now metric) (of, days float64) {
		sum, some := 0, 0
		for _, v := range c.days[later] {
			sum += int(v)
			if v > 0 {
				some++
			}
		}
		all := sum + c.total(now, 0, c.scenario.News)
		return float64(sum) / float64(max(all, 1)), float64(some) / float64(len(c.days[later]))
	}
	q.TownLater, q.TownDays = share(townLater, townNow)
	q.AroundLater, q.AroundDays = share(aroundLater, aroundNow)
	return q
}

func (h *histogram) delay() Delay {
	return Delay{Median: h.quantile(0.5), P95: h.quantile(0.95), P99: h.quantile(0.99), P999: h.quantile(0.999), Most: h.quantile(1)}
}

// tail is the share that takes longer, at steps that a plot needs.
func (h *histogram) tail() []Tail {
	var list []Tail
	left := h.sum
	for i, n := range h.counts {
		left -= n
		if i%(perDecade/15) == 0 && h.sum > 0 && h.seconds(i) >= 0.05 {
			list = append(list, Tail{h.seconds(i), float64(left) / float64(h.sum)})
		}
	}
	return list
}

// tails is the share of values above each of some steps; it sorts them.
func tails(values []uint32) []Tail {
	slices.Sort(values)
	var list []Tail
	for step := 1.0; ; step = max(math.Round(step*1.1), step+1) {
		i, _ := slices.BinarySearch(values, uint32(step)+1)
		if i == len(values) {
			return list
		}
		list = append(list, Tail{step, float64(len(values)-i) / float64(len(values))})
	}
}

// cost is the time of one core that a town and day take, in seconds.
func (c *counters) cost(m Machine) []float64 {
	costs := make([]float64, len(c.days[requests]))
	for i := range costs {
		costs[i] = float64(c.days[signatures][i])*m.Ed25519Sign + float64(c.days[rsaSignatures][i])*m.RSASign +
			float64(c.days[verifications][i])*(m.Ed25519Verify+m.Parse)
	}
	return costs
}
