package simulation

import (
	"cmp"
	"math"
	"slices"
	"testing"
	"time"

	"bourg/internal/town"
)

func TestCountryLooksLikeFrance(t *testing.T) {
	t.Parallel()
	a := Default()
	d := newDraw(1, 1, 1)
	const n = 200_000
	people := make([]int, n)
	below, above, sum := 0, 0, 0
	for i := range people {
		people[i] = a.people(d)
		sum += people[i]
		if people[i] < 500 {
			below++
		}
		if people[i] > 10_000 {
			above++
		}
	}
	slices.Sort(people)
	for _, fact := range []struct {
		name      string
		got       float64
		low, high float64
	}{
		{"median population", float64(people[n/2]), 440, 480},
		{"mean population", float64(sum) / n, 1_500, 2_200},
		{"share below 500", float64(below) / n, 0.50, 0.55},
		{"share above 10,000", float64(above) / n, 0.023, 0.033},
	} {
		if fact.got < fact.low || fact.got > fact.high {
			t.Errorf("%s: got %v, want %v to %v", fact.name, fact.got, fact.low, fact.high)
		}
	}
}

func TestNearestAreTheNearest(t *testing.T) {
	t.Parallel()
	a := Default()
	communes := Country(&a, 4, 400)
	for i := range communes {
		c := &communes[i]
		var others []int32
		for j := range communes {
			if i != j {
				others = append(others, int32(j))
			}
		}
		km := func(j int32) float64 { return c.KmTo(communes[j].Point) }
		slices.SortFunc(others, func(x, y int32) int { return cmp.Compare(km(x), km(y)) })
		if want := others[:a.NearestAsked]; !slices.Equal(c.Nearest, want) {
			t.Fatalf("commune %d: got %v, want %v", i, c.Nearest, want)
		}
		if nearest := km(others[0]); nearest < a.LeastKm*0.98 {
			t.Errorf("commune %d: got the nearest at %v km, want %v at least", i, nearest, a.LeastKm)
		}
	}
}

func TestLawsHaveTheirMeans(t *testing.T) {
	t.Parallel()
	d := newDraw(2, 1, 1)
	const n = 100_000
	gamma, wait := 0.0, 0.0
	median := 0
	for range n {
		gamma += d.gamma(0.7) / n
		wait += d.wait(time.Hour).Hours() / n
		if d.lasts(time.Hour, 1.5) < time.Hour {
			median++
		}
	}
	if math.Abs(gamma-1) > 0.02 || math.Abs(wait-1) > 0.02 || math.Abs(float64(median)/n-0.5) > 0.01 {
		t.Errorf("got a mean of %v of the gamma law, %v h of the exponential, and %d of %d below the median of the log-normal", gamma, wait, median, n)
	}
	c := chooser(map[town.Kind]float64{town.News: 3, town.Offer: 1}, town.ExchangedKinds)
	offers := 0
	for range n {
		if c.draw(d) == town.Offer {
			offers++
		}
	}
	if share := float64(offers) / n; math.Abs(share-0.25) > 0.01 {
		t.Errorf("got a share of %v, want a quarter", share)
	}
}

func TestEventsHappenInTheirOrder(t *testing.T) {
	t.Parallel()
	d := newDraw(3, 1, 1)
	var q queue
	const n = 5_000
	for i := range n {
		q.push(moment(d.IntN(500)), evPump, int32(i), 0)
	}
	last := event{at: -1}
	for i := range n {
		e, some := q.pop()
		if !some || e.at < last.at || (e.at == last.at && e.a < last.a) {
			t.Fatalf("event %d: got %+v after %+v", i, e, last)
		}
		last = e
	}
	if _, some := q.pop(); some {
		t.Error("the queue is empty and gives another event")
	}
}

func TestQuantilesOfAHistogram(t *testing.T) {
	t.Parallel()
	var h histogram
	for i := range 1_000 {
		h.add(time.Duration(i+1) * time.Second)
	}
	for share, want := range map[float64]float64{0.5: 500, 0.95: 950, 1: 1_000} {
		if got := h.quantile(share); math.Abs(got-want) > want*0.02 {
			t.Errorf("quantile %v: got %v s, want %v", share, got, want)
		}
	}
	if both := h.plus(&h); both.sum != 2_000 || both.quantile(0.5) != h.quantile(0.5) {
		t.Errorf("twice the same: got %d values with the median %v", both.sum, both.quantile(0.5))
	}
}

// TestSizesAreWeighed holds what the program's own encoder wrote to what must be so.
func TestSizesAreWeighed(t *testing.T) {
	t.Parallel()
	s, err := MeasureSizes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range town.ExchangedKinds {
		if s.Announce[k] <= s.Object[k] || s.Object[k] < 1_500 {
			t.Errorf("%s: got %d bytes announced and %d fetched, want more and more than 1,500", k, s.Announce[k], s.Object[k])
		}
	}
	if s.Delete >= s.Announce[town.News] || s.Line < 80 || s.Line > 120 || s.Card < 2_000 || s.Letter < 1_000 || s.Request < 200 {
		t.Errorf("got %+v", s)
	}
	again, err := MeasureSizes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s.Card != again.Card || s.Line != again.Line || s.Announce[town.Event] != again.Announce[town.Event] {
		t.Errorf("got %+v, and then %+v", s, again)
	}
}
