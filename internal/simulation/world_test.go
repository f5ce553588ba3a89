package simulation

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"bourg/internal/town"
)

// play runs a small network to its end.
func play(t *testing.T, s Scenario, change func(*Assumptions)) *World {
	t.Helper()
	sizes, err := MeasureSizes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	a := Default()
	if change != nil {
		change(&a)
	}
	w, err := New(&a, sizes, s)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

// small is a country of 300 towns of which a fifth is away for three days, and where many servers come back with an older copy.
func small(t *testing.T) *World {
	return play(t, Scenario{
		Name: "small", Seed: 7, Towns: 300, Handshakes: 15, News: 8, Quiet: 4,
		Mass: MassOutage{Share: 0.2, At: 2*day + 9*hour, Hours: 72},
	}, func(a *Assumptions) {
		a.BetweenOutages, a.MedianOutage, a.FromBackup = 4*day, 2*hour, 0.5
	})
}

// TestTownsAgreeAfterOutages: when all servers are back, no town lacks anything or has anything that it should not have.
func TestTownsAgreeAfterOutages(t *testing.T) {
	t.Parallel()
	w := small(t)
	got := w.Check()
	if err := got.fault(); err != nil {
		t.Error(err)
	}
	// What would make this hold without being tried.
	if got.Exchanges < 1_000 || got.Objects < 5_000 || w.count.struck < 30 || w.count.outages < 100 || w.count.lost == 0 {
		t.Errorf("got %+v with %d towns struck, %d outages and %d posts lost by older copies, want many of each",
			got, w.count.struck, w.count.outages, w.count.lost)
	}
	for by := range ways {
		if w.count.delays[by].sum == 0 {
			t.Errorf("no post came by way %d, want some by each", by)
		}
	}
	if w.count.different != 0 && got.Digests == got.Exchanges {
		t.Errorf("%d exchanges count as apart, and all %d lists agree", w.count.different, got.Digests)
	}
}

// TestCheckFindsWhatIsWrong takes a post away from a town, gives it one that it should not have, and forgets an agreement.
func TestCheckFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	w := play(t, Scenario{Seed: 3, Towns: 40, Handshakes: 15, News: 3, Quiet: 2}, nil)
	if got := w.Check(); got.fault() != nil || got.Objects == 0 {
		t.Fatalf("before anything is wrong: got %+v", got)
	}
	var full []*link
	for i := range w.links {
		if len(w.links[i].shelf) > 2 {
			full = append(full, &w.links[i])
		}
	}
	one, other := full[0], full[1]
	if one.from == other.from {
		other = full[slices.IndexFunc(full, func(l *link) bool { return l.from != one.from })]
	}
	w.release(one, one.shelf[0].post)
	w.hold(one, other.shelf[0].post, 1)
	other.shelf[1].changed--
	if got := w.Check(); got.Missing != 2 || got.Surplus != 1 || got.Stranger != 1 || got.fault() == nil {
		t.Errorf("got %+v, want two posts missing (one of them old), one that is too many, and that from a stranger", got)
	}
	if !one.apart() {
		t.Error("an exchange that lacks a post does not count as apart")
	}
	w.links[other.reverse].knows.Outgoing = town.StandingNone
	if got := w.Check(); got.OneSided != 1 || got.Stranger != 1+len(other.shelf) {
		t.Errorf("got %+v, want one agreement that one side knows, and all of its posts at a stranger's", got)
	}
}

// TestWhatIsTooOldGoesEverywhere writes for longer than lists reach back.
func TestWhatIsTooOldGoesEverywhere(t *testing.T) {
	t.Parallel()
	w := play(t, Scenario{Seed: 5, Towns: 60, Handshakes: 15, News: 34, Quiet: 3}, nil)
	got := w.Check()
	if err := got.fault(); err != nil {
		t.Error(err)
	}
	if w.count.dropped == 0 {
		t.Error("nothing was dropped in 34 days, want what is older than 30")
	}
	for i := range w.links {
		for _, c := range w.links[i].shelf {
			p := &w.posts[c.post]
			if w.now-p.published > town.BackfillAge+town.ReconcileEvery+time.Hour && w.now > p.ends {
				t.Fatalf("a town has a post of %v ago", w.now-p.published)
			}
		}
	}
}

func TestSameSeedGivesTheSameFigures(t *testing.T) {
	t.Parallel()
	s := Scenario{Seed: 11, Towns: 80, Handshakes: 15, News: 4, Quiet: 2, Mass: MassOutage{Share: 0.1, At: day, Hours: 6}}
	one, again := play(t, s, nil), play(t, s, nil)
	if !reflect.DeepEqual(one.count, again.count) {
		t.Error("two runs with one seed differ")
	}
	s.Seed++
	if other := play(t, s, nil); reflect.DeepEqual(one.count.days, other.count.days) {
		t.Error("two runs with different seeds are the same")
	}
}

// TestAnOutageChangesNothingThatPeopleWrite compares runs with and without one.
func TestAnOutageChangesNothingThatPeopleWrite(t *testing.T) {
	t.Parallel()
	s := Scenario{Seed: 13, Towns: 80, Handshakes: 15, News: 6, Quiet: 2}
	calm := play(t, s, nil)
	s.Mass = MassOutage{Share: 0.2, At: 2 * day, Hours: 24}
	struck := play(t, s, nil)
	for _, m := range []metric{published, requests} {
		if a, b := calm.count.total(m, 0, 2), struck.count.total(m, 0, 2); a != b {
			t.Errorf("before the outage: got %d and %d of metric %d, want the same", a, b, m)
		}
	}
	a, b := calm.count.total(published, 0, 6), struck.count.total(published, 0, 6)
	if diff := float64(b-a) / float64(a); diff > 0.05 || diff < -0.05 {
		t.Errorf("got %d posts without and %d with the outage, want about the same", a, b)
	}
	if calm.count.total(failures, 2, 6) >= struck.count.total(failures, 2, 6) {
		t.Error("the outage made no requests fail")
	}
}

func TestFiguresAddUp(t *testing.T) {
	t.Parallel()
	w := small(t)
	total := func(m metric) int { return w.count.total(m, 0, w.scenario.News) }
	if got, want := total(served)+total(failures), total(requests); got != want || total(failures) == 0 {
		t.Errorf("requests: got %d served and failed, want the %d made", got, want)
	}
	if got, want := total(bytesIn), total(bytesOut); got != want || got == 0 {
		t.Errorf("bytes: got %d in, want the %d out", got, want)
	}
	if got := total(cards) + total(lists) + total(fetched) + total(delivered) + total(failures); got > total(requests) || got < total(requests)*98/100 {
		t.Errorf("got %d requests of known kinds, want nearly all of %d", got, total(requests))
	}
	waiting, copies := 0, 0
	for i := range w.links {
		copies += len(w.links[i].shelf)
		if b := w.links[i].backlog; b != nil {
			waiting += len(b.waiting)
		}
	}
	if w.count.waiting != waiting || w.count.copies != copies {
		t.Errorf("got %d waiting and %d copies counted, want %d and %d", w.count.waiting, w.count.copies, waiting, copies)
	}
}

// TestGroupsAnnounceNoMoreThanTheirAllowance looks at every town and day of towns in which much is written.
func TestGroupsAnnounceNoMoreThanTheirAllowance(t *testing.T) {
	t.Parallel()
	w := play(t, Scenario{Seed: 17, Towns: 40, Handshakes: 15, News: 4, Quiet: 1}, func(a *Assumptions) { a.PostsPerWeek = 20 })
	most := uint32(0)
	for _, m := range []metric{townNow, aroundNow} {
		for _, n := range w.count.days[m] {
			most = max(most, n)
		}
	}
	if most != town.DailyAnnounces {
		t.Errorf("got up to %d announced at once in a day, want %d", most, town.DailyAnnounces)
	}
	if w.count.total(aroundLater, 0, 4) == 0 || w.count.total(townLater, 0, 4) == 0 {
		t.Error("no summary was needed, want some")
	}
}
