package town

import "testing"

// TestParseCents: what is no amount in euros and cents is no price (I14).
func TestParseCents(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		typed string
		want  string // "": refused
	}{
		{"9,90", "9.90"}, {"9.9", "9.90"}, {"12", "12.00"}, {"12 €", "12.00"}, {" 1 250,5 ", "1250.50"},
		{"1\u202f250\u00a0€", "1250.00"}, {"0", "0.00"}, {"999999,99", "999999.99"}, {"5,", "5.00"},
		{"", ""}, {"€", ""}, {"-3", ""}, {"1e3", ""}, {"1e308", ""}, {"0.1+0.2", ""}, {"$ 3", ""}, {"NaN", ""}, {"3,999", ""}, {"1000000", ""}, {"1,2,3", ""}, {"douze", ""}, {"٣", ""},
	} {
		got := ""
		if c, ok := ParseCents(tt.typed); ok {
			got = c.Decimal()
		}
		if got != tt.want {
			t.Errorf("ParseCents(%q): got %q, want %q", tt.typed, got, tt.want)
		}
	}
}
