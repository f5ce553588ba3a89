package town

import (
	"math"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestKmToIsTheDistanceOnTheMap(t *testing.T) {
	t.Parallel()
	paris, lyon, uzes := Point{48.8566, 2.3522}, Point{45.7640, 4.8357}, Point{44.0128, 4.4197}
	for _, tt := range []struct {
		name     string
		from, to Point
		want     float64
	}{
		{"nowhere", paris, paris, 0},
		{"Paris to Lyon", paris, lyon, 391.5},
		{"Uzès to Nîmes", uzes, Point{43.8367, 4.3601}, 20.1},
		{"across the date line", Point{0, 179.5}, Point{0, -179.5}, 111.2},
		{"to the other side", Point{0, 0}, Point{0, 180}, math.Pi * earthKm},
	} {
		if got := tt.from.KmTo(tt.to); math.Abs(got-tt.want) > 0.002*tt.want+0.05 {
			t.Errorf("%s: got %.1f km, want %.1f", tt.name, got, tt.want)
		}
	}
}

func TestDistanceIsTheSameBothWaysAndNeverNegative(t *testing.T) {
	t.Parallel()
	point := rapid.Custom(func(t *rapid.T) Point {
		return Point{rapid.Float64Range(-90, 90).Draw(t, "lat"), rapid.Float64Range(-180, 180).Draw(t, "lon")}
	})
	rapid.Check(t, func(t *rapid.T) {
		p, q := point.Draw(t, "p"), point.Draw(t, "q")
		there, back := p.KmTo(q), q.KmTo(p)
		if there < 0 || math.IsNaN(there) || math.Abs(there-back) > 1e-6 || there > math.Pi*earthKm+1e-6 {
			t.Fatalf("from %v to %v: got %v there and %v back", p, q, there, back)
		}
	})
}

func TestReachCarriesToTheTownsInItsCircle(t *testing.T) {
	t.Parallel()
	here := Point{44.0, 4.4}
	at := func(km float64) Point { return Point{44.0 + km/111.195, 4.4} }
	for _, tt := range []struct {
		reach  Reach
		km     float64
		radius float64
		want   bool
	}{
		{ReachTown, 0, 8, false}, {ReachTown, 5, 8, false},
		{ReachNeighbours, 14, 0, true}, {ReachNeighbours, 16, 0, false}, {ReachNeighbours, 22, 8, true}, {ReachNeighbours, 24, 8, false},
		{ReachRegion, 39, 0, true}, {ReachRegion, 41, 0, false}, {ReachRegion, 47, 8, true},
		{ReachEverywhere, 4000, 0, true},
	} {
		if got := tt.reach.Carries(here, at(tt.km), tt.radius); got != tt.want {
			t.Errorf("%s to a town %v km away, radius %v: got %v, want %v", tt.reach, tt.km, tt.radius, got, tt.want)
		}
	}
}

func TestScopesAgreeOnWhatBothTake(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ a, b, want Scope }{
		{FullScope(), FullScope(), FullScope()},
		{Scope{[]Kind{Event, News}, 25}, Scope{[]Kind{News, Event, Offer}, 0}, Scope{[]Kind{News, Event}, 25}},
		{Scope{[]Kind{Event}, 0}, Scope{[]Kind{Event}, 10}, Scope{[]Kind{Event}, 10}},
		{Scope{[]Kind{Event}, 30}, Scope{[]Kind{Offer}, 10}, Scope{nil, 10}},
		{Scope{[]Kind{Answer, "spam"}, 0}, FullScope(), Scope{nil, 0}},
	} {
		if got := tt.a.And(tt.b); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%v and %v: got %v, want %v", tt.a, tt.b, got, tt.want)
		}
		if got := tt.b.And(tt.a); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%v and %v: got %v, want %v", tt.b, tt.a, got, tt.want)
		}
	}
	near := Scope{[]Kind{Event}, 10}
	if !near.Takes(Event, 10) || near.Takes(Event, 10.1) || near.Takes(News, 1) || (Scope{}).Takes(Event, 0) {
		t.Error("a scope of events within 10 km takes something else, or not what it should")
	}
}

func TestAskingIsRepeatedThreeTimesAndEnds(t *testing.T) {
	t.Parallel()
	asked := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	var days []float64
	for n := 1; ; n++ {
		next, again := NextAsk(asked, n)
		if !again {
			break
		}
		days = append(days, next.Sub(asked).Hours()/24)
	}
	if want := []float64{1, 3, 7}; !reflect.DeepEqual(days, want) {
		t.Errorf("got repeats after %v days, want %v", days, want)
	}
	if _, again := NextAsk(asked, 0); again {
		t.Error("a request that was never made is repeated")
	}
}

func TestHealthFollowsSilence(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		days float64 // of failing; negative: not failing
		want Health
	}{{-1, HealthWell}, {6.9, HealthWell}, {7, HealthUnreachable}, {29.9, HealthUnreachable}, {30, HealthHidden}, {400, HealthHidden}} {
		var failing time.Time
		if tt.days >= 0 {
			failing = now.Add(-time.Duration(tt.days * 24 * float64(time.Hour)))
		}
		if got := HealthAt(failing, now); got != tt.want {
			t.Errorf("%v days of failing: got %s, want %s", tt.days, got, tt.want)
		}
	}
}

func TestGroupAnnouncesWithinItsQuota(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		today, ofMerchant int
		want              bool
	}{{0, 0, true}, {11, 1, true}, {12, 0, false}, {3, 2, false}} {
		if got := MayAnnounce(tt.today, tt.ofMerchant); got != tt.want {
			t.Errorf("after %d, %d of the merchant: got %v, want %v", tt.today, tt.ofMerchant, got, tt.want)
		}
	}
}
