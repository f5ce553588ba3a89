package web

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

// quietZone is the white edge of a QR code, in modules (ISO/IEC 18004, section 6.3.8).
const quietZone = 4

// qrCode is a QR code for an SVG whose unit is one module.
type qrCode struct {
	Side int    // with the quiet zone
	Path string // of the dark modules: each run of a row is one rectangle
}

// newQR draws a text as a QR code that can still be read when a seventh of it is worn off (level M). It fails for a text that is
// too long for one, beyond two thousand signs.
func newQR(text string) (qrCode, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return qrCode{}, fmt.Errorf("drawing a QR code: %w", err)
	}
	var path strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			from := x
			for code.Black(x, y) { // what lies outside is white
				x++
			}
			if n := x - from; n > 0 {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from+quietZone, y+quietZone, n, n)
			}
		}
	}
	return qrCode{Side: code.Size + 2*quietZone, Path: path.String()}, nil
}
