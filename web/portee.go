package web

import (
	"fmt"
	"math"

	"bourg/internal/town"
	"bourg/web/locale"
)

// Reaches are the values of "portee" in the composer and on a merchant's own page, from near to far.
func Reaches() []string {
	return []string{string(town.ReachTown), string(town.ReachNeighbours), string(town.ReachRegion), string(town.ReachEverywhere)}
}

// reachInWords writes one of Reaches as a choice, with the distance at which it ends: « Les communes voisines, jusqu’à 15 km ».
func reachInWords(l *locale.Locale, reach string) (string, error) {
	if !town.Reach(reach).Valid() {
		return "", fmt.Errorf("%q is no reach", reach)
	}
	km := town.Reach(reach).Km()
	if km == 0 || math.IsInf(km, 1) {
		return l.T("reach." + reach), nil
	}
	return l.T("reach."+reach, l.Distance(1000*km)), nil
}
