package fold_test

import (
	"testing"

	"bourg/internal/fold"
)

func TestFold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"pain", "pain"},
		{"Œufs à l’Île", "oeufs a l'ile"},
		{"ÉTÉ à Noël, ça va où", "ete a noel, ca va ou"},
		{"cafe\u0301", "cafe"},
		{"ﬁn de marché ①", "fin de marche 1"},
		{"Straße Łódź Ærø", "strasse lodz aero"},
		{"İstanbul ISI", "istanbul isi"},
		{"日本 Кафе", "日本 кафе"},
	} {
		if got := fold.Fold(c.in); got != c.want {
			t.Errorf("Fold(%q): got %q, want %q", c.in, got, c.want)
		}
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"Œufs à l’Île", "İstanbul", "\xff", "ﷺ", "K"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := fold.Fold(s)
		if twice := fold.Fold(once); twice != once {
			t.Errorf("folding %q again: got %q, want %q", s, twice, once)
		}
	})
}
