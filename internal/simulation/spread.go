package simulation

import (
	"slices"
)

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
