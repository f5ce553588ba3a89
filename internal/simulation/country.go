package simulation

import (
	"cmp"
	"math"
	"slices"

	"bourg/internal/town"
)

// Commune is one town of the map.
type Commune struct {
	town.Point
	People   int
	RadiusKm float64 // of its territory, as its card tells
	Nearest  []int32 // the nearest others, nearest first
}

// kmPerDegree is the length of a degree of latitude.
const kmPerDegree = 111.195

// Country draws n communes: points in a square around the middle of France, unevenly strewn and never too near to each
// other, with populations. A smaller country is a piece as dense as the large one.
func Country(a *Assumptions, seed uint64, n int) []Commune {
	d := newDraw(seed, 1, 0)
	side := math.Sqrt(float64(n) * a.KmPerTown)
	waves := densityWaves(d)
	grid := newGrid(side, 6)
	type xy struct{ x, y float64 }
	points := make([]xy, 0, n)
	highest := math.Exp(2.5 * a.Unevenness)
	for len(points) < n {
		p := xy{d.Float64() * side, d.Float64() * side}
		density := math.Exp(a.Unevenness * waves.at(p.x, p.y))
		if d.Float64()*highest > density {
			continue
		}
		free := true
		grid.around(p.x, p.y, 1, func(i int32) {
			free = free && math.Hypot(points[i].x-p.x, points[i].y-p.y) >= a.LeastKm
		})
		if free {
			grid.add(p.x, p.y, int32(len(points)))
			points = append(points, p)
		}
	}
	const lat, lon = 46.5, 2.5
	communes := make([]Commune, n)
	for i, p := range points {
		communes[i].Lat = lat + (p.y-side/2)/kmPerDegree
		communes[i].Lon = lon + (p.x-side/2)/(kmPerDegree*math.Cos(communes[i].Lat*math.Pi/180))
		communes[i].People = a.people(d)
	}
	for i, p := range points {
		nearest := grid.nearest(p.x, p.y, a.NearestAsked+1, func(j int32) float64 { return communes[i].KmTo(communes[j].Point) })
		nearest = slices.DeleteFunc(nearest, func(j int32) bool { return j == int32(i) })
		communes[i].Nearest = nearest[:min(len(nearest), a.NearestAsked)]
		radius := 1.0
		if len(nearest) > 0 {
			radius = communes[i].KmTo(communes[nearest[0]].Point) / 2
		}
		communes[i].RadiusKm = math.Ceil(max(radius, 1)) // as a card rounds it
	}
	return communes
}

// plane is a sum of waves, which makes some regions denser than others.
type plane []struct{ kx, ky, phase float64 }

func densityWaves(d draw) plane {
	p := make(plane, 12)
	for i := range p {
		k, angle := 2*math.Pi/(60+240*d.Float64()), 2*math.Pi*d.Float64()
		p[i].kx, p[i].ky, p[i].phase = k*math.Cos(angle), k*math.Sin(angle), 2*math.Pi*d.Float64()
	}
	return p
}

// at has mean 0 and variance 1 over a large country.
func (p plane) at(x, y float64) float64 {
	sum := 0.0
	for _, w := range p {
		sum += math.Sin(w.kx*x + w.ky*y + w.phase)
	}
	return sum * math.Sqrt(2/float64(len(p)))
}

// grid finds points that lie near each other.
type grid struct {
	cell  float64
	wide  int
	cells [][]int32
}

func newGrid(side, cell float64) *grid {
	wide := int(side/cell) + 1
	return &grid{cell: cell, wide: wide, cells: make([][]int32, wide*wide)}
}

func (g *grid) add(x, y float64, i int32) {
	c := int(y/g.cell)*g.wide + int(x/g.cell)
	g.cells[c] = append(g.cells[c], i)
}

// around visits what lies within so many cells of a point.
func (g *grid) around(x, y float64, cells int, visit func(int32)) {
	cx, cy := int(x/g.cell), int(y/g.cell)
	for row := max(cy-cells, 0); row <= min(cy+cells, g.wide-1); row++ {
		for col := max(cx-cells, 0); col <= min(cx+cells, g.wide-1); col++ {
			for _, i := range g.cells[row*g.wide+col] {
				visit(i)
			}
		}
	}
}

// nearest returns the k points for which km is least, nearest first.
func (g *grid) nearest(x, y float64, k int, km func(int32) float64) []int32 {
	type found struct {
		i  int32
		km float64
	}
	var list []found
	for cells := 1; ; cells++ {
		list = list[:0]
		g.around(x, y, cells, func(i int32) { list = append(list, found{i, km(i)}) })
		slices.SortFunc(list, func(a, b found) int { return cmp.Or(cmp.Compare(a.km, b.km), cmp.Compare(a.i, b.i)) })
		// What lies outside the cells is further away than the edge; a twentieth is left for the curvature of the Earth.
		if len(list) >= k && list[k-1].km < 0.95*float64(cells)*g.cell || cells > g.wide {
			break
		}
	}
	nearest := make([]int32, 0, k)
	for _, f := range list[:min(k, len(list))] {
		nearest = append(nearest, f.i)
	}
	return nearest
}
