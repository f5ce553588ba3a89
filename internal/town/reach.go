package town

import (
	"math"
	"slices"
	"time"
)

// This file has the rules by which news travels between towns. They are pure, so that the
// simulation of many towns and the program decide alike.

// Point is a place on the map: degrees of WGS 84.
type Point struct{ Lat, Lon float64 }

// earthKm is the mean radius of the Earth (IUGG).
const earthKm = 6371.0088

// KmTo is the distance to another point along the ground, in kilometres (haversine).
func (p Point) KmTo(q Point) float64 {
	const degree = math.Pi / 180
	dLat, dLon := (q.Lat-p.Lat)*degree, (q.Lon-p.Lon)*degree
	h := math.Pow(math.Sin(dLat/2), 2) + math.Cos(p.Lat*degree)*math.Cos(q.Lat*degree)*math.Pow(math.Sin(dLon/2), 2)
	return 2 * earthKm * math.Asin(math.Min(1, math.Sqrt(h)))
}

// How far the two middle reaches carry beyond the edge of the receiving town, in kilometres.
const (
	NeighboursKm = 15
	RegionKm     = 40
)

// Km is how far a post with this reach is carried: 0 for one that stays in its town,
// positive infinity for one that goes everywhere.
func (r Reach) Km() float64 {
	switch r {
	case ReachTown:
		return 0
	case ReachNeighbours:
		return NeighboursKm
	case ReachRegion:
		return RegionKm
	default:
		return math.Inf(1)
	}
}

// Carries tells whether a post that stands at from is sent to a town at to, whose
// territory has this radius in kilometres. What stays in its town is never sent.
func (r Reach) Carries(from, to Point, radiusKm float64) bool {
	return r != ReachTown && from.KmTo(to) <= r.Km()+radiusKm
}

// Scope is what one town takes from another: kinds of posts, from how far. The zero
// Scope takes nothing.
type Scope struct {
	Kinds []Kind `json:"kinds"`
	MaxKm int    `json:"maxKm"` // 0: from any distance
}

// ExchangedKinds are the kinds that towns exchange: everything but answers.
var ExchangedKinds = []Kind{News, Offer, Event, Article, Product, Closure}

// FullScope takes everything from everywhere.
func FullScope() Scope { return Scope{Kinds: slices.Clone(ExchangedKinds)} }

// And is what both scopes take: the agreement of what one asks for and the other gives.
func (s Scope) And(o Scope) Scope {
	both := Scope{MaxKm: s.MaxKm}
	if o.MaxKm != 0 && (s.MaxKm == 0 || o.MaxKm < s.MaxKm) {
		both.MaxKm = o.MaxKm
	}
	for _, k := range ExchangedKinds {
		if slices.Contains(s.Kinds, k) && slices.Contains(o.Kinds, k) {
			both.Kinds = append(both.Kinds, k)
		}
	}
	return both
}

// Equal tells whether both scopes take the same.
func (s Scope) Equal(o Scope) bool {
	return s.MaxKm == o.MaxKm && slices.Equal(s.And(FullScope()).Kinds, o.And(FullScope()).Kinds)
}

// Takes tells whether a post of this kind from this distance, in kilometres, is within the scope.
func (s Scope) Takes(k Kind, km float64) bool {
	return slices.Contains(s.Kinds, k) && (s.MaxKm == 0 || km <= float64(s.MaxKm))
}

// has tells whether posts of this kind are within the scope, from however far.
func (s Scope) has(k Kind) bool { return slices.Contains(s.Kinds, k) }

// askAgain are the times after the first asking at which an unanswered request is repeated.
var askAgain = []time.Duration{24 * time.Hour, 3 * 24 * time.Hour, 7 * 24 * time.Hour}

// AskExpires is how long after the first asking an unanswered request ends.
const AskExpires = 14 * 24 * time.Hour

// NextAsk returns when a request that was first made at asked, and has been made n times so far,
// is made again; false where it has been made often enough.
func NextAsk(asked time.Time, n int) (time.Time, bool) {
	if n < 1 || n > len(askAgain) {
		return time.Time{}, false
	}
	return asked.Add(askAgain[n-1]), true
}

// Health is how a neighbour does, told by when it was last heard of.
type Health string

// A neighbour is well, has not been reached for a week (the town hall is told), or for a month (what
// it sent is hidden until it is back).
const (
	HealthWell        Health = "well"
	HealthUnreachable Health = "unreachable"
	HealthHidden      Health = "hidden"
)

// UnreachableAfter and HiddenAfter are how long a neighbour may be silent on every attempt.
const (
	UnreachableAfter = 7 * 24 * time.Hour
	HiddenAfter      = 30 * 24 * time.Hour
)

// HealthAt is a neighbour's health: failing is since when every attempt has failed, zero where the last one worked.
func HealthAt(failing, now time.Time) Health {
	switch {
	case failing.IsZero() || now.Sub(failing) < UnreachableAfter:
		return HealthWell
	case now.Sub(failing) < HiddenAfter:
		return HealthUnreachable
	default:
		return HealthHidden
	}
}

// What a group announces in a day, so that one follow does not fill a reader's morning. What is over
// the quota stands in the evening's summary. The numbers are published with the group.
const (
	DailyAnnounces         = 12
	DailyAnnouncesMerchant = 2
	// SummaryHour is the hour of the day, by the town's clock, from which the summary comes.
	SummaryHour = 19
)

// MayAnnounce tells whether a group that has announced so many posts today, so many of
// them of this merchant, announces one more at once.
func MayAnnounce(today, ofMerchant int) bool {
	return today < DailyAnnounces && ofMerchant < DailyAnnouncesMerchant
}

// Backfill bounds what is asked of a new neighbour: so many objects, or back to so long ago,
// whichever comes first; coming events and live offers come on top.
const (
	BackfillObjects = 200
	BackfillAge     = 30 * 24 * time.Hour
	// BackfillEvery is the time between two requests to a neighbour while filling in.
	BackfillEvery = time.Second
	// ReconcileEvery is the time between two comparisons of what is known with what a neighbour has.
	ReconcileEvery = 24 * time.Hour
)
