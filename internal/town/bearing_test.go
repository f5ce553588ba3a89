package town

import (
	"math"
	"testing"
)

func TestBearing(t *testing.T) {
	t.Parallel()
	here := Point{44.19, 4.43}
	for what, c := range map[string]struct {
		to   Point
		want float64
	}{
		"itself":             {here, 0},
		"north":              {Point{44.29, 4.43}, 0},
		"east":               {Point{44.19, 4.53}, 90},
		"south":              {Point{44.09, 4.43}, 180},
		"west":               {Point{44.19, 4.33}, 270},
		"over the date line": {Point{44.19, -179.9}, 3},
	} {
		got := here.Bearing(c.to)
		if away := math.Abs(math.Mod(got-c.want+540, 360) - 180); away > 5 || got < 0 || got >= 360 {
			t.Errorf("%s: got %.1f°, want about %.0f°", what, got, c.want)
		}
	}
}
