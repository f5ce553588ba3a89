package simulation

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
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
