package sanitize

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParagraphs(t *testing.T) {
	t.Parallel()
	hidden := func(s string) string { return `<span class="invisible">` + s + `</span>` }
	tests := []struct{ name, in, want string }{
		{"one", "Bonjour", "<p>Bonjour</p>"},
		{"lines and paragraphs", "un\r\ndeux\n \n\n trois \r\n", "<p>un<br>deux</p><p>trois</p>"},
		{"empty", " \n\n", ""},
		{"X1/escaped", `<script>alert("1")</script> & 'co'`, `<p>&lt;script&gt;alert("1")&lt;/script&gt; &amp; 'co'</p>`},
		{"I11/Markdown", "[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"},
		{"address", "Voir https://fournil.fr/pain.", `<p>Voir <a href="https://fournil.fr/pain"` + relAttr + `>` + hidden("https://") + `fournil.fr/pain</a>.</p>`},
		{"long address", "HTTP://fournil.fr/un/chemin/qui/est/long?a=1&b=2", `<p><a href="http://fournil.fr/un/chemin/qui/est/long?a=1&amp;b=2"` + relAttr + `>` + hidden("HTTP://") + `<span class="ellipsis">fournil.fr/un/chemin/qui/est/l</span>` + hidden("ong?a=1&amp;b=2") + `</a></p>`},
		{"brackets", "(https://x.fr/a_(b)), «https://y.fr/»", `<p>(<a href="https://x.fr/a_(b)"` + relAttr + `>` + hidden("https://") + `x.fr/a_(b)</a>), «<a href="https://y.fr/"` + relAttr + `>` + hidden("https://") + `y.fr/</a>»</p>`},
		{"no address", "ahttp://x.fr http:// https://. hhttps://x.fr", "<p>ahttp://x.fr http:// https://. hhttps://x.fr</p>"},
		{"X3/only the web", "javascript:alert(1) data:text/html,x mailto:a@b.fr ftp://x.fr", "<p>javascript:alert(1) data:text/html,x mailto:a@b.fr ftp://x.fr</p>"},
		{"X4/user name", "https://banque.fr@evil.org/", "<p>https://banque.fr@evil.org/</p>"},
		{"X4/direction", "\u202Ea\u202C", "<p>a</p>"},
		{"hashtag", "#pain", "<p>#pain</p>"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := Paragraphs(tt.in)
			if got != tt.want {
				t.Errorf("Paragraphs(%q)\n got %s\nwant %s", tt.in, got, tt.want)
			}
			if again := HTML(got); again != got {
				t.Errorf("HTML changes it\n got %s\nwant %s", again, got)
			}
		})
	}
}

func TestLinkedParagraphs(t *testing.T) {
	t.Parallel()
	got := LinkedParagraphs("Du #Pain, du #vin & #rien.", func(name string) string {
		if name == "rien" {
			return ""
		}
		return "https://ville.fr/tags/" + strings.ToLower(name)
	})
	want := `<p>Du <a href="https://ville.fr/tags/pain" class="mention hashtag"` + relAttr + `>#Pain</a>, du <a href="https://ville.fr/tags/vin" class="mention hashtag"` + relAttr + `>#vin</a> &amp; #rien.</p>`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestHashtags(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		want []string
	}{
		{"#pain et #Lait", []string{"pain", "Lait"}},
		{"#Marché #marché #MARCHÉ", []string{"Marché"}},
		{"#2026 #14juillet #_ #·", []string{"14juillet"}},
		{"#fête_du·pain! (#a),#b", []string{"fête_du·pain", "a", "b"}},
		{"a#b ##c x/#d =#e &#233; &#x41;", nil},
		{"https://x.fr/#menu https://x.fr/?#carte #vrai", []string{"vrai"}},
		{"#日本語 #खाना", []string{"日本語", "खाना"}},
		{"#" + strings.Repeat("a", 101), nil},
		{"#e\u0301te\u0301 #ba\u200Bin", []string{"e\u0301te\u0301", "bain"}},
		{"#a\n#b", []string{"a", "b"}},
		{"", nil},
	}
	for _, tt := range tests {
		if got := Hashtags(tt.in); !slices.Equal(got, tt.want) {
			t.Errorf("Hashtags(%q): got %q, want %q", tt.in, got, tt.want)
		}
	}
}

// TestScanLooksOnce counts the bytes that the scanner looks at in the inputs that make backtracking matchers slow.
func TestScanLooksOnce(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{"a", "(", "#", "#1", "##1", "h", "http", "https://", "https://(", "https://)", "https://a)", "http://x.fr ", "#a·", "é#", "@a.", "https://a?#b"} {
		t.Run("D7/"+unit, func(t *testing.T) {
			t.Parallel()
			s := strings.Repeat(unit, 1<<20/len(unit)) + "!"
			var pieces strings.Builder
			looked := scan(s, func(_ piece, p string) { pieces.WriteString(p) })
			if looked > 3*len(s) {
				t.Errorf("looked at %d bytes of %d, want at most three times as many", looked, len(s))
			}
			if pieces.String() != s {
				t.Errorf("the pieces are not the text: got %d bytes, want %d", pieces.Len(), len(s))
			}
		})
	}
}

func FuzzParagraphs(f *testing.F) {
	for _, s := range []string{"a\n\nb", "https://x.fr/(a).", "#a https://y.fr#b", "https://www.a.co/b@c.de", "http://[::1]/", "https://é.fr/é?é#é", "https://aaaaaaaaaaaaaaaaaaaaaaaaaaa.com.fr/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := LinkedParagraphs(s, func(name string) string { return "https://ville.fr/tags/" + name })
		if utf8.RuneCountInString(got) < MaxRunes-500 {
			check(t, got)
			if again := HTML(got); again != got {
				t.Errorf("HTML changes what was written\n got %q\nwant %q", again, got)
			}
		}
		Hashtags(s)
	})
}
