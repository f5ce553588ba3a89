package simulation

import (
	"math"
	"time"
)

// metric is something counted for each town and day.
type metric int

const (
	requests       metric = iota // made: deliveries, cards, lists, objects
	served                       // requests answered
	failures                     // of those made: nobody answered
	bytesOut                     // of requests made and answers given
	bytesIn                      // of requests served and answers got
	signatures                   // Ed25519
	rsaSignatures                // toward towns that are met for the first time
	verifications                // of signatures
	published                    // posts of the town's own merchants
	received                     // neighbours' posts that came for the first time
	stored                       // bytes of activities and posts that were written
	listed                       // lines of neighbours' lists that were read
	fetched                      // objects that comparisons fetched
	cards                        // of the requests made: of three documents, to read a card
	lists                        // of the requests made: of a list
	activities                   // about posts, each counted once however many towns get it
	delivered                    // activities that neighbours took
	deliveredBytes               // of these
	townNow                      // posts that the town's group announced at once
	townLater                    // those in its evening's summary
	aroundNow                    // the same of the group of the surroundings
	aroundLater
	metrics
)

// way is how a post came.
type way int

const (
	byDelivery way = iota // at the first attempt
	byRetry
	byComparison
	ways
)

// sampleEvery is how often the whole network is looked at.
const sampleEvery = 30 * time.Minute

// Sample is the network at a moment.
type Sample struct {
	Day     float64 // after the news began
	Apart   int     // exchanges in which the second town lacks something, or has what it should not have
	Waiting int     // deliveries that failed and wait
	Down    int     // towns
	Copies  int     // neighbours' posts that towns have
}

// counters are what a run is measured by.
type counters struct {
	scenario Scenario
	days     [metrics][]uint32 // by day and town
	delays   [ways]histogram
	asking   histogram // from a request to the agreement
	samples  []Sample

	waiting, down, copies, different int

	letters, asked, refused int
	abandoned, refusals     int // deliveries given up; answers 429
	outages, struck         int
	restored, lost          int // towns that came back with an older copy; posts that these lacked
	dropped, inVain         int
}

func (c *counters) begin(s Scenario) {
	c.scenario = s
	for m := range c.days {
		c.days[m] = make([]uint32, s.Towns*s.News)
	}
}

// add counts for a town. What happens before the news begins and in the quiet days belongs to no day.
func (c *counters) add(now time.Duration, town int32, m metric, n int) {
	from := c.scenario.newsFrom()
	if now < from || now >= c.scenario.newsTo() {
		return
	}
	c.days[m][int((now-from)/day)*c.scenario.Towns+int(town)] += uint32(n)
}

// apart counts the exchanges that are apart, of which one was and is now.
func (c *counters) apart(was, is bool) {
	switch {
	case is && !was:
		c.different++
	case was && !is:
		c.different--
	}
}

func (c *counters) delay(by way, after time.Duration) { c.delays[by].add(after) }
func (c *counters) agreed(after time.Duration)        { c.asking.add(after) }

func (c *counters) sample(w *World) {
	c.samples = append(c.samples, Sample{
		Day: (w.now - c.scenario.newsFrom()).Hours() / 24, Apart: c.different, Waiting: c.waiting, Down: c.down, Copies: c.copies,
	})
}

// histogram counts durations by their size, to within two in a hundred.
type histogram struct {
	counts []uint64
	sum    uint64
}

// perDecade is how many steps of a histogram make a factor of ten.
const perDecade = 120

func (h *histogram) add(d time.Duration) {
	i := int(math.Log10(max(d.Seconds(), 0.001)*1000) * perDecade)
	for len(h.counts) <= i {
		h.counts = append(h.counts, 0)
	}
	h.counts[i]++
	h.sum++
}

// plus is both histograms in one.
func (h *histogram) plus(o *histogram) *histogram {
	both := &histogram{counts: make([]uint64, max(len(h.counts), len(o.counts))), sum: h.sum + o.sum}
	for i := range both.counts {
		if i < len(h.counts) {
			both.counts[i] += h.counts[i]
		}
		if i < len(o.counts) {
			both.counts[i] += o.counts[i]
		}
	}
	return both
}

// seconds is the duration of a step.
func (h *histogram) seconds(i int) float64 {
	return math.Pow(10, (float64(i)+0.5)/perDecade) / 1000
}

// quantile is the duration, in seconds, below which a share of all lie; 0 where there are none.
func (h *histogram) quantile(share float64) float64 {
	upTo := uint64(0)
	for i, n := range h.counts {
		upTo += n
		if n > 0 && float64(upTo) >= share*float64(h.sum) {
			return h.seconds(i)
		}
	}
	return 0
}
