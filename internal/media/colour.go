package media

import (
	"bytes"
	"encoding/binary"
	"image"
	"math"
)

// A matrix turns one linear RGB into another.
type matrix [3][3]float64

// fromXYZ brings X, Y, Z under the light D50, as profiles give them (ICC.1:2022, annex E), to the linear RGB of sRGB.
var fromXYZ = matrix{
	{3.1338561, -1.6168667, -0.4906146},
	{-0.9787684, 1.9161415, 0.0334540},
	{0.0719453, -0.2289914, 1.4052427},
}

// profile returns what brings a photo's linear RGB to that of sRGB, by the colour profile that it carries, and false
// where it carries none, none that matters, or one that is not three primary colours. iPhones and many others take
// photos in Display P3: read as sRGB, they look dull. Profiles are read in JPEG only, where they are common, and only if
// they lie in one segment, as those of primary colours do.
func profile(format string, data []byte) (m matrix, ok bool) {
	if format != "jpeg" {
		return m, false
	}
	for marker, payload := range jpegSegments(data) {
		icc, found := bytes.CutPrefix(payload, []byte("ICC_PROFILE\x00\x01\x01"))
		if marker != 0xE2 || !found {
			continue
		}
		return primaries(icc)
	}
	return m, false
}

// primaries reads the tags rXYZ, gXYZ and bXYZ of a profile (ICC.1:2022, sections 7.3 and 9.2).
func primaries(icc []byte) (m matrix, ok bool) {
	const header, entry = 128, 12
	if len(icc) < header+4 || string(icc[16:20]) != "RGB " || string(icc[20:24]) != "XYZ " {
		return m, false
	}
	found := 0
	table := icc[header+4:]
	for i := range min(int(binary.BigEndian.Uint32(icc[header:])), len(table)/entry, 100) {
		e := table[i*entry:]
		column := bytes.Index([]byte("rgb"), e[:1])
		at := uint64(binary.BigEndian.Uint32(e[4:]))
		if column < 0 || string(e[1:4]) != "XYZ" || at+20 > uint64(len(icc)) || string(icc[at:at+4]) != "XYZ " {
			continue
		}
		for row := range 3 {
			m[row][column] = float64(int32(binary.BigEndian.Uint32(icc[at+8+4*uint64(row):]))) / 65536
		}
		found |= 1 << column
	}
	if found != 7 {
		return m, false
	}
	m = fromXYZ.times(m)
	return m, m.plausible()
}

// plausible says whether a matrix leaves white white, as that between two RGB does, and changes something.
func (m matrix) plausible() bool {
	change := 0.0
	for i, row := range m {
		if math.Abs(row[0]+row[1]+row[2]-1) > 0.02 {
			return false
		}
		for j, v := range row {
			if i == j {
				v--
			}
			change = max(change, math.Abs(v))
		}
	}
	return change > 0.01 && change < 2
}

func (m matrix) times(n matrix) (out matrix) {
	for i := range 3 {
		for j := range 3 {
			for k := range 3 {
				out[i][j] += m[i][k] * n[k][j]
			}
		}
	}
	return out
}

// apply brings a picture to sRGB in place. The curve of its profile is taken to be that of sRGB, which Display P3 has.
func (m matrix) apply(img *image.RGBA) {
	const steps = 4096
	var linear [256]float64
	for i := range linear {
		if v := float64(i) / 255; v <= 0.04045 {
			linear[i] = v / 12.92
		} else {
			linear[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	var curve [steps + 1]byte
	for i := range curve {
		v := float64(i) / steps
		if v <= 0.0031308 {
			v *= 12.92
		} else {
			v = 1.055*math.Pow(v, 1/2.4) - 0.055
		}
		curve[i] = byte(math.Round(v * 255))
	}
	for i := 0; i < len(img.Pix); i += 4 {
		p := img.Pix[i : i+3]
		r, g, b := linear[p[0]], linear[p[1]], linear[p[2]]
		for c, row := range m {
			v := row[0]*r + row[1]*g + row[2]*b
			p[c] = curve[int(min(1, max(0, v))*steps+0.5)]
		}
	}
}
