package town

import (
	"context"
	"errors"
	"strings"
	"testing"
)

func TestHandlesAreMadeFromTheNameOfTheShop(t *testing.T) {
	t.Parallel()
	tests := []struct{ folded, want string }{
		{"boulangerie martin", "boulangerie_martin"},
		{"le fournil de la halle", "fournil_de_la_halle"},
		{"au potager d’hortense", "potager_d_hortense"},
		{"l’as", "l_as"}, // an article is not cut where too little stays
		{"cafe & the !", "cafe_the"},
		{"les etablissements durand pere et fils, couverture zinguerie", "etablissements_durand_pere"},
		{"!!!", ""},
		{strings.Repeat("a", 40), strings.Repeat("a", 30)},
	}
	for _, tt := range tests {
		if got := HandleFrom(tt.folded); got != tt.want {
			t.Errorf("HandleFrom(%q) = %q, want %q", tt.folded, got, tt.want)
		}
	}
}

func TestHandlesThatNobodyMayHave(t *testing.T) {
	t.Parallel()
	for _, h := range []string{"", "admin", "mairie", "inbox", "relay", ".well-known", "a-b", "é", "A", "a.b", strings.Repeat("a", 31), "a b", "🙂"} {
		if ValidHandle(h) {
			t.Errorf("ValidHandle(%q) = true, want false", h)
		}
	}
	if !ValidHandle("boulangerie_2") {
		t.Error("ValidHandle(boulangerie_2) = false, want true")
	}
}

// takenHandles is a DirectoryStore that knows only which handles are taken.
type takenHandles struct {
	DirectoryStore
	taken map[string]bool
}

func (s takenHandles) HandleTaken(_ context.Context, h string) (bool, error) { return s.taken[h], nil }

func TestASecondShopOfTheSameNameGetsANumber(t *testing.T) {
	t.Parallel()
	d := &Directory{
		Store: takenHandles{taken: map[string]bool{"fournil": true, "fournil_2": true}},
		Fold:  strings.ToLower,
	}
	for name, want := range map[string]string{"Fournil": "fournil_3", "Mairie": "mairie_2", "…": "commerce"} {
		got, err := d.freeHandle(t.Context(), name)
		if err != nil || got != want {
			t.Errorf("freeHandle(%q) = %q, %v, want %q", name, got, err, want)
		}
	}
}

func TestAnUnknownTradeNamesTheNearest(t *testing.T) {
	t.Parallel()
	_, err := TradeBySlug("boulangrie")
	if err == nil || !strings.Contains(err.Error(), `"boulangerie"`) {
		t.Errorf("TradeBySlug(boulangrie) = %v, want an error that names boulangerie", err)
	}
	seen := map[string]bool{}
	for _, tr := range Trades {
		if seen[tr.Slug] {
			t.Errorf("trade %q stands twice", tr.Slug)
		}
		seen[tr.Slug] = true
		if got, err := TradeBySlug(tr.Slug); err != nil || got != tr {
			t.Errorf("TradeBySlug(%q) = %v, %v", tr.Slug, got, err)
		}
	}
}

func TestWhatTheTownHallTypesAsADomain(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Mauvais.Example":              "mauvais.example",
		" https://mauvais.example/@a ": "mauvais.example",
		"@troll@mauvais.example":       "mauvais.example",
		"mauvais.example.":             "mauvais.example",
		"127.0.0.9:8081":               "127.0.0.9:8081",
		"bücher.example":               "xn--bcher-kva.example",
	} {
		got, err := normalDomain(in)
		if err != nil || got != want {
			t.Errorf("normalDomain(%q) = %q, %v, want %q", in, got, err, want)
		}
	}
	var bad Invalid
	if _, err := normalDomain("  "); !errors.As(err, &bad) {
		t.Errorf("normalDomain(blank) = %v, want Invalid", err)
	}
}

func TestShortNamesFitAPhone(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Saint-Laurent-sur-Cèze": "Saint-Laurent", "Moutiers": "Moutiers",
		"La Chapelle-des-Fougeretz": "La Chapelle", "Abcdefghijklmnopqrstuvwxyz": "Abcdefghijklmnopqrst",
	} {
		if got := shortName(name); got != want {
			t.Errorf("shortName(%q) = %q, want %q", name, got, want)
		}
	}
}
