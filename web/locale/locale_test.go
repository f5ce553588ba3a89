package locale

import (
	"strings"
	"testing"
)

func load2(t *testing.T) (fr, en *Locale) {
	t.Helper()
	set, err := Load()
	if err != nil {
		t.Fatalf("loading: %v", err)
	}
	return set.For(FR), set.For(EN)
}

func TestMessages(t *testing.T) {
	t.Parallel()
	l, err := parse(EN, []byte(`{
		"plain": "Just words", "two": "{2} after {1}", "twice": "{1} and {1}",
		"replies": {"one": "{n} reply to {1}", "other": "{n} replies to {1}"}
	}`), func(s string) string { return s })
	if err != nil {
		t.Fatalf("parsing: %v", err)
	}
	for _, c := range []struct{ got, want string }{
		{l.T("plain"), "Just words"}, {l.T("plain", "surplus"), "Just words"}, {l.T("two", "a", "b"), "b after a"}, {l.T("two", "a"), " after a"},
		{l.T("twice", 1250), "1,250 and 1,250"}, {l.T("nowhere"), "nowhere"}, {l.N("nowhere", 3), "nowhere"},
		{l.N("replies", 0, "x"), "0 replies to x"}, {l.N("replies", 1, "x"), "1 reply to x"}, {l.N("replies", 1200, "x"), "1,200 replies to x"},
		{string(l.HTML("two", `<a>`, `"b"`)), "&#34;b&#34; after &lt;a&gt;"}, {string(l.HTML("<b>")), "&lt;b&gt;"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
	l.Lang = FR
	if got := l.N("replies", 0, "x"); got != "0 reply to x" {
		t.Errorf("French none: got %q, want the form of one", got)
	}
	for _, bad := range []string{`{"a": "{"}`, `{"a": "{x}"}`, `{"a": "{0}"}`, `{"a": 3}`, `{"a": {"one": "x"}}`, `{"a": {"one": "{", "other": "x"}}`, `{"a": {"one": "x", "other": "{"}}`, `[`} {
		if _, err := parse(FR, []byte(bad), French); err == nil {
			t.Errorf("%s: got no error", bad)
		}
	}
}

func TestSameKeys(t *testing.T) {
	t.Parallel()
	for want, pair := range map[string][2]string{
		"lack":       {`{"a": "x", "b": "y"}`, `{"a": "x"}`},
		"lack \"c\"": {`{"a": "x"}`, `{"a": "x", "c": "y"}`},
		"plural":     {`{"a": "x"}`, `{"a": {"one": "x", "other": "y"}}`},
		"arguments":  {`{"a": "{1}"}`, `{"a": "{2}"}`},
	} {
		fr, err := parse(FR, []byte(pair[0]), French)
		if err != nil {
			t.Fatal(err)
		}
		en, err := parse(EN, []byte(pair[1]), French)
		if err != nil {
			t.Fatal(err)
		}
		if err := sameKeys(fr, en); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want an error with %q", pair, err, want)
		}
	}
}

// TestCatalogue reads every French sentence as a proof-reader would.
func TestCatalogue(t *testing.T) {
	t.Parallel()
	fr, en := load2(t)
	for _, key := range fr.Keys() {
		for _, s := range []sentence{fr.messages[key].one, fr.messages[key].other} {
			for _, p := range s {
				for _, bad := range []string{" :", " ;", " ?", " !", "« ", " »", "...", "  ", "'", "·"} {
					if strings.Contains(p.text, bad) && p.text != "'" {
						t.Errorf("%s: %q holds %q", key, p.text, bad)
					}
				}
			}
		}
		if en.T(key, "x") == "" || fr.T(key, "x") == "" {
			t.Errorf("%s has no words", key)
		}
	}
	for _, key := range en.Keys() {
		if s := en.T(key); strings.ContainsAny(s, "«»") || strings.Contains(s, "'") {
			t.Errorf("%s: %q has French or typewriter quotes", key, s)
		}
	}
}

func TestOther(t *testing.T) {
	t.Parallel()
	if FR.Other() != EN || EN.Other() != FR || Lang("de").Other() != EN {
		t.Errorf("others: got %q %q %q", FR.Other(), EN.Other(), Lang("de").Other())
	}
}

func TestFrench(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                                 "",
		"Besoin d'aide ?":                  "Besoin d’aide\u00a0?",
		"« Publier »":                      "«\u00a0Publier\u00a0»",
		"Couleurs :":                       "Couleurs\u00a0:",
		"Prix : 2,20 € le kilo":            "Prix\u00a0: 2,20\u00a0€ le kilo",
		"de 9 h à 12 h 30":                 "de 9\u00a0h à 12\u00a0h\u00a030",
		"6 h 30 – 13 h, 16 h – 19 h":       "6\u00a0h\u00a030 – 13\u00a0h, 16\u00a0h – 19\u00a0h",
		"à 9 km, 25 Mo, 40 %":              "à 9\u00a0km, 25\u00a0Mo, 40\u00a0%",
		"loi n° 2005-102":                  "loi n°\u00a02005-102",
		"voir https://x.fr/a?b=1":          "voir https://x.fr/a?b=1",
		"un ?x=1 dans une adresse":         "un ?x=1 dans une adresse",
		"4 place de la Fontaine":           "4 place de la Fontaine",
		"le 17 mars":                       "le 17 mars",
		"match h 30":                       "match h 30",
		"fin ; suite":                      "fin\u00a0; suite",
		"'cité' et l'an":                   "'cité' et l’an",
		"Besoin d’aide\u00a0? «\u00a0oui»": "Besoin d’aide\u00a0? «\u00a0oui»",
		" ":                                " ",
	} {
		got := French(in)
		if got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
		if again := French(got); again != got {
			t.Errorf("%q: a second time gives %q", got, again)
		}
	}
}

func TestFirstLetters(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"Écrivez": "écrivez", "SIRET faux": "SIRET faux", "": "", "A": "a", "à": "à"} {
		if got := LowerFirst(in); got != want {
			t.Errorf("lower %q: got %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"été": "Été", "": "", "X": "X"} {
		if got := UpperFirst(in); got != want {
			t.Errorf("upper %q: got %q, want %q", in, got, want)
		}
	}
}
