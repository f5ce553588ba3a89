package sanitize

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestLine(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"plain", "Boulangerie Lemoine", "Boulangerie Lemoine"},
		{"white space", "  Le \t\r\n fournil \u2003 du\u2028coin  ", "Le fournil du coin"},
		{"no-break space", "Prix\u00A0: 5\u202F€", "Prix\u00A0: 5\u202F€"},
		{"no-break space in a run", "Prix \u00A0 : 5", "Prix\u00A0: 5"},
		{"X2/script", "<script>alert(1)</script>", "<script>alert(1)</script>"},
		{"X2/entity", "&lt;b&gt;", "&lt;b&gt;"},
		{"X2/control characters", "a\x00b\x07c\x1b[31md\u009fe", "abc[31mde"},
		{"X4/RLO", "facture\u202Efdp.exe", "facturefdp.exe"},
		{"X4/LRO and isolates", "\u202Da\u2066b\u2067c\u2068d\u2069\u202C\u200E\u200F\u061C", "abcd"},
		{"X4/zero width", "ban\u200Bque\uFEFF\u2060.f\u00ADr", "banque.fr"},
		{"X4/only fillers", "\u3164\u2800\u115F\u034F", ""},
		{"X4/tags", "\U0001F3F4\U000E0067\U000E0062", "\U0001F3F4"},
		{"baker", "👩🏽\u200D🍳 Le fournil", "👩🏽\u200D🍳 Le fournil"},
		{"heart on fire", "❤\uFE0F\u200D🔥", "❤\uFE0F\u200D🔥"},
		{"Persian", "می\u200Cخواهم", "می\u200Cخواهم"},
		{"joiner between Latin letters", "ban\u200Dque", "banque"},
		{"joiner after a mark on a Latin letter", "e\u0301\u200D\u0301", "e\u0301\u0301"},
		{"joiners in a row", "🏳\u200D\u200D🌈", "🏳\u200D🌈"},
		{"invalid UTF-8", "a\xff", "a\uFFFD"},
		{"too long", strings.Repeat("é", 2*MaxLine), strings.Repeat("é", MaxLine-1) + "…"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := Line(tt.in); got != tt.want {
				t.Errorf("Line(%q)\n got %q\nwant %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		n    int
		want string
	}{
		{"été", 3, "été"}, {"étés", 3, "ét…"}, {"a bcd", 3, "a…"}, {"👩\u200D🍳x", 3, "👩…"}, {"abc", 1, "…"}, {"abc", 0, ""}, {"", 0, ""},
	}
	for _, tt := range tests {
		if got := Cut(tt.in, tt.n); got != tt.want {
			t.Errorf("Cut(%q, %d): got %q, want %q", tt.in, tt.n, got, tt.want)
		}
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"paragraphs", "<p>un</p><p>deux<br>trois</p>", "un\n\ndeux\ntrois"},
		{"breaks", "un<br><br><br>deux", "un\n\ndeux"},
		{"white space", "<p> un \n <b> deux</b> </p>\n\n<p>trois</p>", "un deux\n\ntrois"},
		{"list", "<p>Menu</p><ul><li>pain</li><li><p>lait</p></li></ul><p>fin</p>", "Menu\n\n- pain\n- lait\n\nfin"},
		{"pre", "<pre>a\n  b</pre>", "a\nb"},
		{"entities once", "&amp;lt;b&amp;gt; &lt;i&gt;", "&lt;b&gt; <i>"},
		{"long address", `<a href="https://x.fr/a"><span class="invisible">https://</span>x.fr/a</a>`, "https://x.fr/a"},
		{"X1/script", "<script>alert(1)</script><p>a</p>", "a"},
		{"X4/other host", `<a href="https://evil.org/">banque.fr</a>`, "banque.fr (evil.org)"},
		{"empty", "<p></p><ul><li></li></ul>", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := Text(tt.in); got != tt.want {
				t.Errorf("Text(%q)\n got %q\nwant %q", tt.in, got, tt.want)
			}
		})
	}
}

func FuzzLine(f *testing.F) {
	for _, s := range []string{"a \u00A0 b", "\u202Ea", "👩\u200D🍳", strings.Repeat("a\u200D", MaxLine), "\xff\u200C"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Line(s)
		if again := Line(got); again != got {
			t.Errorf("not a fixed point: %q, then %q", got, again)
		}
		if n := utf8.RuneCountInString(got); n > MaxLine || !utf8.ValidString(got) {
			t.Errorf("got %d runes, valid %t; want at most %d", n, utf8.ValidString(got), MaxLine)
		}
		for _, r := range got {
			if r == '\n' || r == '\t' || unicode.Is(unicode.Bidi_Control, r) || unicode.IsControl(r) {
				t.Errorf("got rune %U in %q", r, got)
			}
		}
	})
}
