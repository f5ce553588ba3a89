package town

import (
	"reflect"
	"strings"
	"testing"
)

func TestCharterIsReadInParts(t *testing.T) {
	t.Parallel()
	got := CharterParts("\n\nQui parle\r\nLes commerces.\r\n  Les artisans. \r\n\r\nSans titre.\n\n \n\nFin\n\n")
	want := []CharterPart{{"Qui parle", []string{"Les commerces.", "Les artisans."}}, {"", []string{"Sans titre."}}, {"", []string{"Fin"}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A town that saves its settings without a change of the charter has none of its own.
func TestProposedCharterIsNotKept(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct{ typed, kept string }{
		"as it was proposed, by a browser": {"\r\n" + strings.ReplaceAll((&Town{}).CharterWords(), "\n", "\r\n") + "\r\n", ""},
		"another":                          {" Chez nous\r\nOn se parle. ", "Chez nous\nOn se parle."},
		"emptied":                          {" \r\n ", ""},
	} {
		s := Town{Charter: c.typed}
		s.tidy()
		if s.Charter != c.kept {
			t.Errorf("%s: got %q kept, want %q", what, s.Charter, c.kept)
		}
		if s.CharterWords() == "" {
			t.Errorf("%s: got no words, want some", what)
		}
	}
}
