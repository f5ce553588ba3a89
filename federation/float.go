package federation

import (
	"encoding/json"
	"strconv"
	"strings"
)

// Float writes a number with a decimal point also where it is whole ("46.0"): Mobilizon takes
// a coordinate without one for no number at all (is_float in its converter of addresses).
func Float(f float64) json.Number {
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return json.Number(s)
}
