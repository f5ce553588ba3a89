package web

import (
	"fmt"
	"strings"
	"testing"

	"rsc.io/qr"
)

// modules reads a path back: true is dark.
func modules(t *testing.T, code qrCode) [][]bool {
	t.Helper()
	grid := make([][]bool, code.Side)
	for y := range grid {
		grid[y] = make([]bool, code.Side)
	}
	for run := range strings.SplitSeq(strings.TrimSuffix(code.Path, "z"), "z") {
		var x, y, n, back int
		if _, err := fmt.Sscanf(run, "M%d %dh%dv1h-%d", &x, &y, &n, &back); err != nil || n != back || n < 1 {
			t.Fatalf("the run %q: got error %v, want a rectangle one module high", run, err)
		}
		for i := x; i < x+n; i++ {
			if i >= code.Side || y >= code.Side || grid[y][i] {
				t.Fatalf("the run %q leaves the square, or lies on another", run)
			}
			grid[y][i] = true
		}
	}
	return grid
}

func TestQR(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		side int // 17 and four for each version, and twice the quiet zone of four
	}{
		{"A", 21 + 8},
		{"https://saint-laurent.example/@fournil", 29 + 8},
		{"https://saint-laurent.example/connexion/J3kd-93kdQm2_xWwz81nTqJ3kd-93kdQm2_xWwz81nTq", 37 + 8},
		{strings.Repeat("é", 1000), 169 + 8},
	} {
		code, err := newQR(c.text)
		if err != nil {
			t.Errorf("%.40q: %v", c.text, err)
			continue
		}
		if code.Side != c.side {
			t.Errorf("%.40q: got %d modules, want %d", c.text, code.Side, c.side)
		}
		want, err := qr.Encode(c.text, qr.M)
		if err != nil {
			t.Fatal(err)
		}
		grid := modules(t, code)
		for y := range grid {
			for x, dark := range grid[y] { // Black is false outside: that is the quiet zone
				if dark != want.Black(x-4, y-4) {
					t.Fatalf("%.40q: the module %d, %d: got dark %v, want %v", c.text, x, y, dark, !dark)
				}
			}
		}
		for _, corner := range [][2]int{{4, 4}, {code.Side - 11, 4}, {4, code.Side - 11}} {
			for i := range 7 { // the four edges of a finder pattern are dark, and so is its heart
				x, y := corner[0], corner[1]
				if !grid[y][x+i] || !grid[y+6][x+i] || !grid[y+i][x] || !grid[y+i][x+6] || !grid[y+3][x+3] || grid[y+1][x+1] {
					t.Errorf("%.40q: got no finder pattern at %v", c.text, corner)
					break
				}
			}
		}
	}
	if code, err := newQR(strings.Repeat("a", 3000)); err == nil {
		t.Errorf("three thousand signs: got %d modules, want an error", code.Side)
	}
}
