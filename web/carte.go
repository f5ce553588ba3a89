package web

import (
	"math"
	"slices"
	"unicode/utf8"
)

// Carte is a picture of towns by direction and distance, north above, this town in the middle. It stands beside a
// list that says the same in words, and is drawn on a square of carteSize units, as SVG without a style of its own.
// Names are drawn where there is room for them; the numbers, which are those of the list, always.
type Carte struct {
	Rings  []Cercle
	Centre Plaque
	Marks  []Repere
}

// Cercle is a circle of equal distance.
type Cercle struct {
	R      int // units
	LabelY int
	Km     float64
}

// Repere is a town in the picture.
type Repere struct {
	X, Y   int
	Number string
	Shape  string
	Class  StateClass
	Path   string // of the shape, around the place
	Plaque *Plaque
}

// Plaque is a name on a road sign.
type Plaque struct {
	X, Y, Width, Height int // of its box
	TextX, TextY        int
	Name                string
}

// lieu is what the picture wants to know of a town.
type lieu struct {
	number  string
	name    string
	km      float64
	bearing float64 // degrees from north by east
	shape   string
	class   StateClass
}

const (
	carteSize   = 400
	carteMiddle = carteSize / 2
	carteRadius = 172 // of the last circle
	carteMax    = 40  // towns
	markRadius  = 11
	plaqueH     = 17
	plaqueName  = 22 // letters
)

// newCarte draws the towns, of which the nearest come first. Nil where there is nothing to draw.
func newCarte(centre string, towns []lieu) *Carte {
	if len(towns) == 0 {
		return nil
	}
	towns = towns[:min(len(towns), carteMax)]
	most := scaleOf(towns)
	c := &Carte{Centre: plaque(centre, carteMiddle, carteMiddle+22)}
	for _, part := range []float64{.25, .5, 1} {
		r := carteDistance(part*most, most)
		c.Rings = append(c.Rings, Cercle{R: int(r), LabelY: carteMiddle - int(r) - 3, Km: part * most})
	}
	taken := []box{{carteMiddle - 10, carteMiddle - 10, carteMiddle + 10, carteMiddle + 10}, c.Centre.box()}
	for _, t := range towns {
		m := Repere{Number: t.number, Shape: t.shape, Class: t.class}
		m.X, m.Y = place(t, most, taken)
		m.Path = shapePath(t.shape)
		taken = append(taken, markBox(m.X, m.Y))
		c.Marks = append(c.Marks, m)
	}
	for _, ring := range c.Rings {
		taken = append(taken, box{carteMiddle - 18, ring.LabelY - 10, carteMiddle + 18, ring.LabelY + 2})
	}
	for i := range c.Marks {
		m := &c.Marks[i]
		if p, free := freePlaque(towns[i].name, m.X, m.Y, taken); free {
			m.Plaque = &p
			taken = append(taken, p.box())
		}
	}
	return c
}

// scaleOf is how far the last circle is, in kilometres: three towns in four lie within it, so that a far one does not push
// the near ones together. The others stand at the edge.
func scaleOf(towns []lieu) float64 {
	var all []float64
	for _, t := range towns {
		all = append(all, t.km)
	}
	slices.Sort(all)
	reach := all[(len(all)*3+3)/4-1]
	for _, most := range []float64{4, 8, 20, 40} {
		if reach <= most {
			return most
		}
	}
	return 80
}

// carteDistance is how far from the middle a distance is drawn: by its root, so that near towns do not crowd.
func carteDistance(km, most float64) float64 {
	return carteRadius * math.Sqrt(min(km/most, 1.14))
}

// place finds where a town is drawn: at its place, or beside it where another stands there.
func place(t lieu, most float64, taken []box) (x, y int) {
	r := max(carteDistance(t.km, most), 24)
	for try := range 24 {
		turn := float64((try+1)/2) * 9
		if try%2 == 1 {
			turn = -turn
		}
		angle := (t.bearing + turn) * math.Pi / 180
		x, y = carteMiddle+int(math.Round(r*math.Sin(angle))), carteMiddle-int(math.Round(r*math.Cos(angle)))
		if !markBox(x, y).meets(taken) {
			break
		}
	}
	return x, y
}

// freePlaque finds room for a name beside a mark.
func freePlaque(name string, x, y int, taken []box) (Plaque, bool) {
	p := plaque(name, x, y)
	side := p.Width/2 + markRadius + 6
	for _, at := range [][2]int{{x + side, y}, {x - side, y}, {x, y + markRadius + plaqueH/2 + 6}, {x, y - markRadius - plaqueH/2 - 6}} {
		p = plaque(name, at[0], at[1])
		if b := p.box(); b.left >= 1 && b.right <= carteSize-1 && b.top >= 1 && b.bottom <= carteSize-1 && !b.meets(taken) {
			return p, true
		}
	}
	return p, false
}

// plaque makes a road sign around a place.
func plaque(name string, x, y int) Plaque {
	if utf8.RuneCountInString(name) > plaqueName {
		name = string([]rune(name)[:plaqueName-1]) + "…"
	}
	width := 12 + int(6.2*float64(utf8.RuneCountInString(name)))
	return Plaque{X: x - width/2, Y: y - plaqueH/2, Width: width, Height: plaqueH, TextX: x, TextY: y + 4, Name: name}
}

func (p Plaque) box() box { return box{p.X, p.Y, p.X + p.Width, p.Y + p.Height} }

// box is what a thing covers.
type box struct{ left, top, right, bottom int }

func (b box) meets(others []box) bool {
	return slices.ContainsFunc(others, func(o box) bool {
		return b.left < o.right && o.left < b.right && b.top < o.bottom && o.top < b.bottom
	})
}

func markBox(x, y int) box {
	return box{x - markRadius - 1, y - markRadius - 1, x + markRadius + 1, y + markRadius + 1}
}

// shapePath draws a shape around 0,0.
func shapePath(shape string) string {
	switch shape {
	case shapeAsks:
		return "M0-14L14 0L0 14L-14 0Z"
	case shapeSilent:
		return "M0-15L15 11H-15Z"
	case shapeNothing:
		return "M-10-10H10V10H-10Z"
	}
	return "M11 0A11 11 0 1 1-11 0A11 11 0 1 1 11 0Z"
}
