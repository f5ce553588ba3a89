package web

import (
	"net/http"
	"strings"
	"testing"
)

// TestThemeContrast tries all 4096 short colours: every text of every theme can be read.
func TestThemeContrast(t *testing.T) {
	t.Parallel()
	parse := func(s string) rgb {
		c, err := parseColour(s)
		if err != nil {
			t.Fatalf("the theme holds %q: %v", s, err)
		}
		return c
	}
	const digits = "0123456789abcdef"
	faults := 0
	for i := range 4096 {
		colour := "#" + string([]byte{digits[i>>8], digits[i>>4&15], digits[i&15]})
		theme, err := NewTheme(colour)
		if err != nil {
			t.Fatalf("%s: %v", colour, err)
		}
		type pair struct {
			what string
			a, b rgb
		}
		pairs := []pair{
			{"words on the awning", parse(theme.OnAwning), parse(theme.Awning)},
			{"white words on a button", white, parse(theme.Accent)},
			{"white words on the dark awning", white, parse(theme.DarkAwning)},
			{"dark words on a button", ink, parse(theme.DarkAccent)},
		}
		for _, s := range lightSurfaces {
			pairs = append(pairs, pair{"accent on " + s.String(), parse(theme.Accent), s}, pair{"link on " + s.String(), parse(theme.Link), s})
		}
		for _, s := range darkSurfaces {
			pairs = append(pairs, pair{"dark accent on " + s.String(), parse(theme.DarkAccent), s}, pair{"dark link on " + s.String(), parse(theme.DarkLink), s})
		}
		for _, p := range pairs {
			if got := contrast(p.a, p.b); got < readable {
				if faults++; faults < 10 {
					t.Errorf("%s: %s: got contrast %.2f, want %.1f", colour, p.what, got, readable)
				}
			}
		}
	}
	if faults > 0 {
		t.Errorf("faults: got %d, want none", faults)
	}
}

func TestTheme(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ colour, awning, on, accent, darkAccent string }{
		{"#ffd400", "#ffd400", "#241c15", "#7d6702", "#f4d66c"}, // a yellow: kept on the awning, darkened for words
		{"#00a0e3", "#00a0e3", "#241c15", "#036e9d", "#309fda"},
		{"#a63a24", "#a63a24", "#ffffff", "#a63a24", ""},
		{"#000", "#000000", "#ffffff", "", ""}, // pure black: no hue, and lightness zero
		{"#FFF", "#ffffff", "#241c15", "", ""},
	} {
		got, err := NewTheme(c.colour)
		if err != nil {
			t.Errorf("%s: %v", c.colour, err)
			continue
		}
		if got.Awning != c.awning || got.OnAwning != c.on || c.accent != "" && got.Accent != c.accent || c.darkAccent != "" && got.DarkAccent != c.darkAccent {
			t.Errorf("%s: got %+v, want %+v", c.colour, got, c)
		}
	}
	for _, bad := range []string{"", "a63a24", "#a63a2", "#a63a2g", "red", "#a63a24;}body{display:none"} {
		if theme, err := NewTheme(bad); err == nil {
			t.Errorf("%q: got %+v, want an error", bad, theme)
		}
		if url := themeURL(bad); url != "" {
			t.Errorf("%q: got the address %q, want none", bad, url)
		}
	}
}

func TestThemeFile(t *testing.T) {
	t.Parallel()
	s, err := NewStatic()
	if err != nil {
		t.Fatalf("making the static files: %v", err)
	}
	if got := themeURL(strings.ToUpper(DefaultColour)); got != "" {
		t.Errorf("the default colour has a file of its own: %q", got)
	}
	url := themeURL("#ffd400")
	if !strings.HasPrefix(url, "/static/theme-ffd400.") {
		t.Fatalf("address: got %q, want it to bear the colour", url)
	}
	res := fetch(t, s, http.MethodGet, url, "")
	sheet := string(body(t, res))
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/css; charset=utf-8" || !strings.Contains(sheet, "--auvent:#ffd400;--sur-auvent:#241c15;--accent:#7d6702") {
		t.Errorf("got %d %s", res.StatusCode, sheet)
	}
	if strings.Count(sheet, "{") != strings.Count(sheet, "}") || strings.Contains(sheet, "@layer") {
		t.Errorf("the sheet is broken: %s", sheet)
	}
}
