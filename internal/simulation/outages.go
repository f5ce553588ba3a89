package simulation

import (
	"time"

	"bourg/internal/town"
)

// planFailure plans a server's next outage. None begins in the quiet days.
func (w *World) planFailure(t *townState, from moment) {
	if t.failing = from + t.fails.wait(w.a.BetweenOutages); t.failing < w.scenario.newsTo() {
		w.queue.push(t.failing, evFail, t.id, 0)
	}
}

// fail takes a server down.
func (w *World) fail(t *townState) {
	if t.down || w.now != t.failing { // a mass outage came before; another is planned when it is over
		return
	}
	lasts := min(t.fails.lasts(w.a.MedianOutage, w.a.SpreadOutage), w.a.LongestOutage)
	backup := t.fails.Float64() < w.a.FromBackup
	t.restore = backup && lasts > time.Hour
	w.takeDown(t, lasts)
	w.count.outages++
}

func (w *World) takeDown(t *townState, lasts time.Duration) {
	back := min(w.now+lasts, w.scenario.newsTo()+12*hour) // so that the quiet days are quiet
	if t.down {
		back = max(back, t.back)
	} else {
		t.failed = w.now
		w.count.down++
	}
	t.down, t.back = true, back
	w.queue.push(back, evBack, t.id, 0)
}

// massOutage takes a share of all towns down.
func (w *World) massOutage() {
	d := newDraw(w.scenario.Seed, forMass, 0)
	for i := range w.towns {
		if d.Float64() < w.scenario.Mass.Share {
			w.takeDown(&w.towns[i], time.Duration(w.scenario.Mass.Hours)*hour)
			w.count.struck++
		}
	}
}

// isBack starts a server again: what waits is sent, and neighbours who are due are visited at once.
func (w *World) isBack(t *townState) {
	if !t.down || w.now < t.back {
		return
	}
	t.down, t.tick, t.started = false, w.now%town.TendEvery, w.now
	w.count.down--
	if t.restore {
		w.restore(t)
	}
	for _, i := range t.links {
		l := &w.links[i]
		if b := l.backlog; b != nil {
			tried := false
			for _, d := range b.waiting {
				tried = tried || d.attempt > 0
			}
			b.patience.Restarted(tried)
			w.pump(l)
		}
		if l.knows.VisitDue(clock(w.now), clock(t.started)) {
			w.visit(i)
		} else {
			w.planVisit(i)
		}
	}
	w.planFailure(t, w.now)
}

// restore is what the copy of the night before lacks: news that neighbours had delivered since three in the morning, and do not
// send again.
func (w *World) restore(t *townState) {
	t.restore = false
	w.count.restored++
	copied := (t.failed-3*hour)/day*day + 3*hour
	for _, i := range t.links {
		n := &w.links[i].knows
		if n.Reconciled.After(clock(copied)) {
			n.Reconciled = n.Reconciled.Add(-town.ReconcileEvery)
		}
		news := &w.links[w.links[i].reverse]
		for k := len(news.shelf) - 1; k >= 0 && w.posts[news.shelf[k].post].published > copied; k-- {
			w.count.lost++
			w.release(news, news.shelf[k].post)
		}
	}
}
