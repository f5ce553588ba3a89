package town

import "math"

// Bearing is the direction in which another point lies, in degrees from north by east, from 0 to below 360.
// Of the point itself it is 0.
func (p Point) Bearing(q Point) float64 {
	const degree = math.Pi / 180
	dLon := (q.Lon - p.Lon) * degree
	y := math.Sin(dLon) * math.Cos(q.Lat*degree)
	x := math.Cos(p.Lat*degree)*math.Sin(q.Lat*degree) - math.Sin(p.Lat*degree)*math.Cos(q.Lat*degree)*math.Cos(dLon)
	return math.Mod(math.Atan2(y, x)/degree+360, 360)
}
