package web

import (
	"fmt"
	"math"
	"testing"
)

func TestPictureOfNoTownsIsNone(t *testing.T) {
	t.Parallel()
	if c := newCarte("Saint-Laurent", nil); c != nil {
		t.Errorf("got %+v, want nothing to draw", c)
	}
}

// A town stands in its direction and at its distance; who lies beyond the last circle stands at the edge.
func TestTownsStandWhereTheyLie(t *testing.T) {
	t.Parallel()
	c := newCarte("Saint-Laurent", []lieu{
		{number: "1", name: "Nord", km: 5, bearing: 0}, {number: "2", name: "Est", km: 10, bearing: 90},
		{number: "3", name: "Sud", km: 20, bearing: 180}, {number: "4", name: "Ouest", km: 300, bearing: 270},
	})
	if len(c.Rings) != 3 || c.Rings[0].Km != 5 || c.Rings[1].Km != 10 || c.Rings[2].Km != 20 {
		t.Fatalf("rings: got %+v, want 5, 10 and 20 km", c.Rings)
	}
	for i, want := range [][2]int{{200, 200 - c.Rings[0].R}, {200 + c.Rings[1].R, 200}, {200, 200 + c.Rings[2].R}} {
		if m := c.Marks[i]; math.Abs(float64(m.X-want[0])) > 1 || math.Abs(float64(m.Y-want[1])) > 1 {
			t.Errorf("town %s: got %d,%d, want %d,%d on its circle", m.Number, m.X, m.Y, want[0], want[1])
		}
	}
	if m := c.Marks[3]; m.X >= 200-c.Rings[2].R || m.X < markRadius || m.Y != 200 {
		t.Errorf("the far town: got %d,%d, want it in the west beyond the last circle", m.X, m.Y)
	}
}

// However many towns there are, and wherever, nothing leaves the picture and no name covers another.
func TestACrowdOfTownsIsLegible(t *testing.T) {
	t.Parallel()
	for _, count := range []int{1, 2, 3, 7, 12, 40, 400} {
		var towns []lieu
		for i := range count {
			towns = append(towns, lieu{
				number: fmt.Sprint(i + 1), name: fmt.Sprintf("Saint-Quelque-Chose-les-Bains-%d", i), km: float64(i%9) * 1.7, bearing: float64(i * 47 % 360),
			})
		}
		c := newCarte("Saint-Laurent-sur-Cèze", towns)
		if len(c.Marks) != min(count, carteMax) {
			t.Errorf("%d towns: got %d drawn", count, len(c.Marks))
		}
		named := 0
		taken := []box{c.Centre.box()}
		for _, m := range c.Marks {
			if b := markBox(m.X, m.Y); b.left < 0 || b.top < 0 || b.right > carteSize || b.bottom > carteSize {
				t.Errorf("%d towns: mark %s at %d,%d leaves the picture", count, m.Number, m.X, m.Y)
			}
			if m.Plaque == nil {
				continue
			}
			named++
			b := m.Plaque.box()
			if b.meets(taken) || b.left < 0 || b.right > carteSize {
				t.Errorf("%d towns: the name of %s covers another or leaves the picture", count, m.Number)
			}
			taken = append(taken, b)
		}
		if named == 0 {
			t.Errorf("%d towns: none has its name", count)
		}
		if count <= 3 {
			for i, a := range c.Marks {
				for _, b := range c.Marks[i+1:] {
					if markBox(a.X, a.Y).meets([]box{markBox(b.X, b.Y)}) {
						t.Errorf("%d towns: %s covers %s", count, a.Number, b.Number)
					}
				}
			}
		}
	}
	// Three towns that tell one place stand beside each other.
	same := lieu{name: "Ici", km: 6, bearing: 30}
	c := newCarte("Saint-Laurent", []lieu{same, same, same})
	if markBox(c.Marks[0].X, c.Marks[0].Y).meets([]box{markBox(c.Marks[1].X, c.Marks[1].Y), markBox(c.Marks[2].X, c.Marks[2].Y)}) {
		t.Errorf("three at one place: got %+v, want them apart", c.Marks)
	}
}
