package web

import (
	"fmt"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// The surfaces of the style sheet on which the town's colours are read, light and dark, and the dark ink of buttons.
var (
	lightSurfaces = [...]rgb{{0xff, 0xff, 0xff}, {0xfb, 0xf7, 0xf0}, {0xf1, 0xe9, 0xdc}}
	darkSurfaces  = [...]rgb{{0x1b, 0x16, 0x13}, {0x26, 0x20, 0x1b}, {0x31, 0x29, 0x22}}
	white         = rgb{0xff, 0xff, 0xff}
	ink           = rgb{0x24, 0x1c, 0x15}
)

// readable is the contrast that text needs (WCAG 2.2, 1.4.3).
const readable = 4.5

// strongest is the chroma beyond which words in a colour are tiring to read.
const strongest = .17

// DefaultColour is the town colour of the style sheet itself; a town that keeps it needs no style sheet of its own.
const DefaultColour = "#a63a24"

// Theme is the set of colours that follow from a town's one colour. Each value is "#rrggbb". The hue is kept; lightness and
// strength are moved until every text that uses the colour has a contrast of at least 4.5:1.
type Theme struct {
	Awning, OnAwning, Accent, Link string // on light paper, where buttons are written on in white
	DarkAwning, DarkAccent         string // on dark paper, where buttons are written on in dark ink
	DarkLink                       string
}

// NewTheme makes the theme of a colour, written "#rrggbb" or "#rgb".
func NewTheme(colour string) (Theme, error) {
	c, err := parseColour(colour)
	if err != nil {
		return Theme{}, err
	}
	accent := lightAccent(c)
	darkAccent := darkAccentOf(c)
	awning, on := awningOf(c)
	return Theme{
		Awning:     awning.String(),
		OnAwning:   on.String(),
		Accent:     accent.String(),
		Link:       accent.oklch().withLightness(-.06).rgb().String(),
		DarkAwning: accent.oklch().withLightness(-.07).rgb().String(),
		DarkAccent: darkAccent.String(),
		DarkLink:   darkAccent.oklch().withLightness(+.03).rgb().String(),
	}, nil
}

// lightAccent walks down in lightness until the colour can be read on every light surface, and white on it.
func lightAccent(c rgb) rgb {
	o := c.oklch()
	o.chroma = min(o.chroma, strongest)
	for o.light = min(max(o.light, .2), .75); o.light > 0; o.light -= .01 {
		if x := o.rgb(); x.readableOn(lightSurfaces[:]) {
			return x
		}
	}
	return ink
}

// darkAccentOf walks up in lightness until the colour can be read on every dark surface, and dark ink on it.
func darkAccentOf(c rgb) rgb {
	o := c.oklch()
	o.chroma = min(o.chroma, .13)
	for o.light = max(o.light, .55); o.light < 1; o.light += .01 {
		if x := o.rgb(); x.readableOn(darkSurfaces[:]) && contrast(x, ink) >= readable {
			return x
		}
	}
	return white
}

// awningOf keeps the town's very colour on the awning where white or dark ink can be read on it, and darkens it where neither
// can.
func awningOf(c rgb) (awning, on rgb) {
	if contrast(c, white) >= readable {
		return c, white
	}
	if contrast(c, ink) >= readable {
		return c, ink
	}
	return lightAccent(c), white
}

func (c rgb) readableOn(surfaces []rgb) bool {
	for _, s := range surfaces {
		if contrast(c, s) < readable {
			return false
		}
	}
	return true
}

// css writes the theme as a style sheet. It stands outside the layers, so it wins over the tokens.
func (t Theme) css() string {
	light := fmt.Sprintf("--auvent:%s;--sur-auvent:%s;--accent:%s;--sur-accent:#fff;--lien:%s", t.Awning, t.OnAwning, t.Accent, t.Link)
	dark := fmt.Sprintf("--auvent:%s;--sur-auvent:#fff;--accent:%s;--sur-accent:#241c15;--lien:%s", t.DarkAwning, t.DarkAccent, t.DarkLink)
	return ":root{" + light + "}\n" +
		"@media (prefers-color-scheme:dark){:root:not([data-theme=clair]){" + dark + "}}\n" +
		":root[data-theme=sombre]{" + dark + "}\n" +
		"@media print{:root,:root[data-theme],:root:not([data-theme=clair]){" + light + ";--lien:#000}}\n"
}

// themeURL gives the address of a colour's style sheet, and nothing for the default colour or one that cannot be read. The
// colour stands in the address, so that any server of the town can answer for it without having been told; the hash stands
// there too, so that the file may be kept for ever.
func themeURL(colour string) string {
	c, err := parseColour(colour)
	if err != nil || c.String() == DefaultColour {
		return ""
	}
	t, err := NewTheme(colour)
	if err != nil {
		return ""
	}
	return staticPrefix + themeFile(c, t)
}

func themeFile(c rgb, t Theme) string {
	return "theme-" + c.String()[1:] + "." + contentHash([]byte(t.css())) + ".css"
}

// themeAsset makes the style sheet that the name of a file asks for; only a name with the right hash exists.
func themeAsset(name string) (asset, bool) {
	rest, ok := strings.CutPrefix(name, "theme-")
	if !ok || len(rest) < 6 {
		return asset{}, false
	}
	c, err := parseColour("#" + rest[:6])
	if err != nil {
		return asset{}, false
	}
	t, err := NewTheme(c.String())
	if err != nil || name != themeFile(c, t) {
		return asset{}, false
	}
	content := []byte(t.css())
	packed, err := compress(content, gzip.DefaultCompression)
	if err != nil {
		packed = nil
	}
	return asset{contentType: contentTypes[".css"], plain: content, gzip: packed}, true
}
