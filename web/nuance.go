package web

import "math"

// Nuance is a town's colour as the screens use it, with the reason why it is not the same everywhere.
type Nuance struct {
	Name                   string // of the town's colour, a key of the family "colour."
	Advice                 string // what is done with it, a key of the family "colour.advice."
	Awning, Accent, OnDark string // "#rrggbb": on the awning, of buttons and links, and of these on dark paper
}

// NewNuance tells what becomes of a colour, written "#rrggbb" or "#rgb".
func NewNuance(colour string) (Nuance, error) {
	c, err := parseColour(colour)
	if err != nil {
		return Nuance{}, err
	}
	t, err := NewTheme(colour)
	if err != nil {
		return Nuance{}, err
	}
	n := Nuance{Name: colourName(c), Advice: "kept", Awning: t.Awning, Accent: t.Accent, OnDark: t.DarkAccent}
	switch {
	case t.Awning != c.String():
		n.Advice = "moved"
	case !c.readableOn(lightSurfaces[:]):
		n.Advice = "light"
	case c.oklch().chroma > strongest+.01:
		n.Advice = "soft"
	}
	return n, nil
}

// hues are the names of colours by where they begin on the circle of hues of OKLCH, in degrees.
var hues = [...]struct {
	from float64
	name string
}{{0, "rose"}, {12, "rouge"}, {43, "orange"}, {80, "jaune"}, {118, "vert"}, {175, "turquoise"}, {220, "bleu"}, {285, "violet"}, {330, "rose"}}

// colourName is what people call a colour, roughly: a key of the family "colour.".
func colourName(c rgb) string {
	o := c.oklch()
	switch {
	case o.chroma < .035 && o.light > .95:
		return "blanc"
	case o.light < .22:
		return "noir"
	case o.chroma < .035:
		return "gris"
	}
	degrees := o.hue * 180 / math.Pi
	if degrees < 0 {
		degrees += 360
	}
	name := ""
	for _, h := range hues {
		if degrees >= h.from {
			name = h.name
		}
	}
	switch {
	case name == "orange" && o.light < .55:
		return "brun"
	case name == "rose" && o.light < .5:
		return "violet"
	case name == "rouge" && o.light > .75:
		return "rose"
	}
	return name
}
