package web

import "testing"

func TestDaysAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ typed, kept, shown string }{
		{"12/03/2026", "2026-03-12", "12/03/2026"},
		{" 2/1/2026 ", "2026-01-02", "02/01/2026"},
		{"2026-03-12", "2026-03-12", "12/03/2026"},
		{"", "", ""},
		{"30/02/2026", "30/02/2026", "30/02/2026"}, // no such day: it comes back as it was typed
		{"hier", "hier", "hier"},
	} {
		kept := readDay(c.typed)
		if shown := typedDay(kept); kept != c.kept || shown != c.shown {
			t.Errorf("%q: got %q, shown as %q, want %q and %q", c.typed, kept, shown, c.kept, c.shown)
		}
	}
}
