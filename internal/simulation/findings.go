package simulation

import (
	"math"

	"bourg/internal/town"
)

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
