package simulation

import (
	"math"
	"math/rand/v2"
	"time"

	"bourg/internal/town"
)

// Assumptions is everything that is put in. The facts about France are those of the census (INSEE, about 34,900 communes in
// metropolitan France on 551,000 km², median population about 460, 53 of 100 below 500); how much merchants write is a guess
// on the high side, so that towns are rather overrated than underrated.
type Assumptions struct {
	// The map.
	KmPerTown     float64 // square kilometres for each town on average
	LeastKm       float64 // no two towns lie nearer to each other
	Unevenness    float64 // standard deviation of the logarithm of the density of towns
	MedianPeople  float64 // of the log-normal law of populations
	SpreadPeople  float64 // its standard deviation, in natural logarithms
	TailFrom      float64 // from this population on, Pareto's law
	TailExponent  float64
	MostPeople    float64 // the largest town
	NearestAsked  int     // each town asks so many of the nearest
	AsksBack      float64 // share of asked towns that ask for news in return
	PeopleForShop float64 // people for each merchant who takes part
	MostShops     int     // of one town

	// What merchants write.
	PostsPerWeek float64 // mean of a merchant
	PostsShape   float64 // of the gamma law by which merchants differ; below 1: few write most
	Kinds        map[town.Kind]float64
	Reaches      map[town.Reach]float64
	Edited       float64 // share of posts that are edited once, within two days
	Withdrawn    float64 // share of posts that are withdrawn, within a week
	HourWeights  [24]float64

	// What town halls decide.
	MedianAnswer time.Duration // until a request is answered, log-normal
	SpreadAnswer float64
	NeverAnswers float64 // share of requests that nobody looks at
	Refuses      float64
	AgendaOnly   float64 // share of neighbours of whom events only are wanted
	WantsMaxKm   int     // greatest distance that three quarters of the towns name; the others name none
	Modes        map[town.Mode]float64

	// The network.
	Undo time.Duration // what is published in the browser waits so long
	MedianAnswerTime,
	SlowAnswerTime time.Duration // a request takes so long, log-normal; a slow one in a hundred
	Timeout time.Duration // half of the servers that are away answer by silence

	// Outages of single towns.
	BetweenOutages time.Duration // mean, exponential
	MedianOutage   time.Duration // log-normal
	SpreadOutage   float64
	LongestOutage  time.Duration
	FromBackup     float64 // share of outages of more than an hour that end with the copy of the night before
}

// Default is what the published results are made with.
func Default() Assumptions {
	return Assumptions{
		KmPerTown: 15.8, LeastKm: 1.5, Unevenness: 0.5,
		MedianPeople: 460, SpreadPeople: 1.6, TailFrom: 10_000, TailExponent: 1.38, MostPeople: 2_100_000,
		NearestAsked: 6, AsksBack: 0.9, PeopleForShop: 400, MostShops: 2_000,
		PostsPerWeek: 1.5, PostsShape: 0.7,
		Kinds: map[town.Kind]float64{
			town.News: 0.55, town.Offer: 0.15, town.Event: 0.12, town.Article: 0.03, town.Product: 0.05, town.Closure: 0.10,
		},
		Reaches: map[town.Reach]float64{
			town.ReachTown: 0.10, town.ReachNeighbours: 0.40, town.ReachRegion: 0.20, town.ReachEverywhere: 0.30,
		},
		Edited: 0.08, Withdrawn: 0.04,
		HourWeights: [24]float64{
			0.02, 0, 0, 0, 0.02, 0.1, 0.5, 1, 1.2, 1.5, 1.6, 1.3, 0.9, 0.6, 0.8, 0.9, 1, 1.2, 1.2, 0.8, 0.4, 0.3, 0.2, 0.1,
		},
		MedianAnswer: 20 * time.Hour, SpreadAnswer: 1.1, NeverAnswers: 0.03, Refuses: 0.01, AgendaOnly: 0.05, WantsMaxKm: 25,
		Modes: map[town.Mode]float64{town.ModeOpen: 0.88, town.ModeReview: 0.05, town.ModeAgenda: 0.05, town.ModeMuted: 0.02},
		Undo:  60 * time.Second, MedianAnswerTime: 150 * time.Millisecond, SlowAnswerTime: 3 * time.Second,
		BetweenOutages: 30 * day, MedianOutage: 20 * time.Minute, SpreadOutage: 1.6, LongestOutage: 14 * day, FromBackup: 0.05,
	}
}

// draw is a generator for one purpose. Purposes have generators of their own, so that an outage changes what it brings about
// and not what people would have written anyway.
type draw struct{ *rand.Rand }

func newDraw(seed, purpose, of uint64) draw {
	return draw{rand.New(rand.NewPCG(seed, purpose<<40|of))} //nolint:gosec // a model, which must come out the same again
}

// logNormal draws from a log-normal law.
func (d draw) logNormal(median, sigma float64) float64 {
	return median * math.Exp(sigma*d.NormFloat64())
}

// lasts draws a duration from a log-normal law.
func (d draw) lasts(median time.Duration, sigma float64) time.Duration {
	return time.Duration(d.logNormal(float64(median), sigma))
}

// wait draws a duration from an exponential law.
func (d draw) wait(mean time.Duration) time.Duration {
	return time.Duration(d.ExpFloat64() * float64(mean))
}

// gamma draws from the gamma law of this shape with mean 1 (Marsaglia and Tsang 2000; below 1 by the power of a uniform number).
func (d draw) gamma(shape float64) float64 {
	k, boost := shape, 1.0
	if k < 1 {
		boost, k = math.Pow(d.Float64(), 1/k), k+1
	}
	a := k - 1.0/3
	c := 1 / math.Sqrt(9*a)
	for {
		x := d.NormFloat64()
		v := 1 + c*x
		v = v * v * v
		if v > 0 && math.Log(1-d.Float64()) < x*x/2+a-a*v+a*math.Log(v) {
			return a * v * boost / shape
		}
	}
}

// people draws a population: log-normal, with Pareto's tail.
func (a *Assumptions) people(d draw) int {
	n := d.logNormal(a.MedianPeople, a.SpreadPeople)
	if n > a.TailFrom {
		n = a.TailFrom * math.Pow(1-d.Float64(), -1/a.TailExponent)
	}
	return int(max(min(n, a.MostPeople), 1))
}

// choice draws one of values by weight.
type choice[T any] struct {
	values []T
	upTo   []float64
}

// chooser lists the values of order that have a weight; the order makes draws the same on every run.
func chooser[T comparable](weights map[T]float64, order []T) choice[T] {
	var c choice[T]
	sum := 0.0
	for _, v := range order {
		if w := weights[v]; w > 0 {
			sum += w
			c.values, c.upTo = append(c.values, v), append(c.upTo, sum)
		}
	}
	return c
}

func (c choice[T]) draw(d draw) T {
	x := d.Float64() * c.upTo[len(c.upTo)-1]
	for i, upTo := range c.upTo {
		if x < upTo {
			return c.values[i]
		}
	}
	return c.values[len(c.values)-1]
}
