package nearest_test

import (
	"strings"
	"testing"

	"bourg/internal/nearest"
)

func TestTo(t *testing.T) {
	t.Parallel()
	trades := []string{"boucherie", "boulangerie", "épicerie", "fleuriste"}
	for _, tt := range []struct{ word, want string }{
		{"boulangerie", "boulangerie"},
		{"boulanger", "boulangerie"},
		{"bouchrie", "boucherie"},
		{"epicerie", "épicerie"},
		{"fleurs", "fleuriste"},
		{"", "épicerie"},
		{strings.Repeat("fleuriste", 1000), "fleuriste"},
	} {
		if got := nearest.To(tt.word, trades); got != tt.want {
			t.Errorf("%.20q: got %q, want %q", tt.word, got, tt.want)
		}
	}
	if got := nearest.To("x", nil); got != "" {
		t.Errorf("no candidates: got %q, want none", got)
	}
}
