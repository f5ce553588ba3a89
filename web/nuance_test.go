package web

import (
	"slices"
	"testing"
)

// colourNames are all names that a colour may get.
func colourNames() []string {
	names := []string{"blanc", "noir", "gris", "brun"}
	for _, h := range hues {
		if !slices.Contains(names, h.name) {
			names = append(names, h.name)
		}
	}
	return names
}

func TestNuance(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ colour, name, advice, awning, accent string }{
		{"#ffd400", "jaune", "light", "#ffd400", "#7d6702"},
		{"#00a0e3", "bleu", "light", "#00a0e3", "#036e9d"},
		{"#a63a24", "rouge", "kept", "#a63a24", "#a63a24"},
		{"#1f5640", "vert", "kept", "#1f5640", "#1f5640"},
		{"#0000ff", "bleu", "soft", "#0000ff", ""},
		{"#767676", "gris", "light", "#767676", ""}, // 4.5 on white, but not on the band
		{"#808080", "gris", "moved", "", ""},        // neither white nor ink reads on it
		{"#ffffff", "blanc", "light", "#ffffff", ""},
		{"#000000", "noir", "kept", "#000000", ""},
		{"#ff7f00", "orange", "light", "#ff7f00", ""},
		{"#6b3f14", "brun", "kept", "#6b3f14", "#6b3f14"},
		{"#ffb6c1", "rose", "light", "#ffb6c1", ""},
		{"#66305a", "violet", "kept", "#66305a", "#66305a"},
		{"#40e0d0", "turquoise", "light", "#40e0d0", ""},
	} {
		got, err := NewNuance(c.colour)
		if err != nil {
			t.Errorf("%s: %v", c.colour, err)
			continue
		}
		if got.Name != c.name || got.Advice != c.advice || c.awning != "" && got.Awning != c.awning || c.accent != "" && got.Accent != c.accent {
			t.Errorf("%s: got %+v, want %+v", c.colour, got, c)
		}
	}
	if got, err := NewNuance("jaune"); err == nil {
		t.Errorf("a colour by name: got %+v, want an error", got)
	}
}

// TestNuanceOfEveryColour gives every short colour a name and a reason that are true of what is shown.
func TestNuanceOfEveryColour(t *testing.T) {
	t.Parallel()
	const digits = "0123456789abcdef"
	for i := range 4096 {
		colour := "#" + string([]byte{digits[i>>8], digits[i>>8], digits[i>>4&15], digits[i>>4&15], digits[i&15], digits[i&15]})
		n, err := NewNuance(colour)
		if err != nil {
			t.Fatalf("%s: %v", colour, err)
		}
		if !slices.Contains(colourNames(), n.Name) {
			t.Errorf("%s: got the name %q, want one of the list", colour, n.Name)
		}
		if moved := n.Awning != colour; moved != (n.Advice == "moved") {
			t.Errorf("%s: got %q with the awning %s", colour, n.Advice, n.Awning)
		}
		c, err := parseColour(colour)
		if err != nil {
			t.Fatalf("%s: %v", colour, err)
		}
		if n.Advice == "kept" && !c.readableOn(lightSurfaces[:]) {
			t.Errorf("%s: got %q for a colour that cannot be read", colour, n.Advice)
		}
	}
}
