package web

import (
	"encoding/hex"
	"fmt"
	"math"
	"strings"
)

// rgb is a colour of the sRGB space.
type rgb struct{ r, g, b uint8 }

// oklch is a colour as people see it: lightness 0 to 1, chroma (strength) from 0 to about .37, hue in radians. The matrices
// are those of Björn Ottosson, "A perceptual color space for image processing".
type oklch struct{ light, chroma, hue float64 }

// parseColour reads "#rrggbb" or "#rgb".
func parseColour(s string) (rgb, error) {
	digits, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(s)), "#")
	if len(digits) == 3 {
		digits = string([]byte{digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]})
	}
	raw, err := hex.DecodeString(digits)
	if !ok || err != nil || len(raw) != 3 {
		return rgb{}, fmt.Errorf("reading the colour %q: want #rrggbb", s)
	}
	return rgb{raw[0], raw[1], raw[2]}, nil
}

// String writes "#rrggbb".
func (c rgb) String() string { return fmt.Sprintf("#%02x%02x%02x", c.r, c.g, c.b) }

// contrast is the ratio of WCAG 2.2, from 1 to 21.
func contrast(a, b rgb) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + .05) / (min(x, y) + .05)
}

func (c rgb) luminance() float64 {
	return .2126*linear(c.r) + .7152*linear(c.g) + .0722*linear(c.b)
}

func (c rgb) oklch() oklch {
	r, g, b := linear(c.r), linear(c.g), linear(c.b)
	l := math.Cbrt(.4122214708*r + .5363325363*g + .0514459929*b)
	m := math.Cbrt(.2119034982*r + .6806995451*g + .1073969566*b)
	s := math.Cbrt(.0883024619*r + .2817188376*g + .6299787005*b)
	x := 1.9779984951*l - 2.428592205*m + .4505937099*s
	y := .0259040371*l + .7827717662*m - .808675766*s
	return oklch{
		light:  .2104542553*l + .793617785*m - .0040720468*s,
		chroma: math.Hypot(x, y),
		hue:    math.Atan2(y, x),
	}
}

// withLightness moves the lightness by d.
func (o oklch) withLightness(d float64) oklch {
	o.light = min(max(o.light+d, 0), 1)
	return o
}

// rgb gives the nearest colour of the same lightness and hue that a screen can show.
func (o oklch) rgb() rgb {
	v := o.linear()
	for o.chroma > 0 && !inGamut(v) {
		o.chroma = max(0, o.chroma-.004)
		v = o.linear()
	}
	return rgb{eightBits(v[0]), eightBits(v[1]), eightBits(v[2])}
}

func (o oklch) linear() [3]float64 {
	a, b := o.chroma*math.Cos(o.hue), o.chroma*math.Sin(o.hue)
	l := cube(o.light + .3963377774*a + .2158037573*b)
	m := cube(o.light - .1055613458*a - .0638541728*b)
	s := cube(o.light - .0894841775*a - 1.291485548*b)
	return [3]float64{
		4.0767416621*l - 3.3077115913*m + .2309699292*s,
		-1.2684380046*l + 2.6097574011*m - .3413193965*s,
		-.0041960863*l - .7034186147*m + 1.707614701*s,
	}
}

func cube(x float64) float64 { return x * x * x }

func inGamut(v [3]float64) bool {
	for _, x := range v {
		if x < -1e-4 || x > 1.0001 {
			return false
		}
	}
	return true
}

func linear(channel uint8) float64 {
	v := float64(channel) / 255
	if v <= .04045 {
		return v / 12.92
	}
	return math.Pow((v+.055)/1.055, 2.4)
}

func eightBits(v float64) uint8 {
	v = min(max(v, 0), 1)
	if v <= .0031308 {
		v *= 12.92
	} else {
		v = 1.055*math.Pow(v, 1/2.4) - .055
	}
	return uint8(math.Round(v * 255))
}
