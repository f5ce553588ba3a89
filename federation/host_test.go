package federation

import (
	"strings"
	"testing"
)

func TestCanonicalHost(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 64)
	for _, test := range []struct{ scheme, in, want string }{
		{"https", "town.example", "town.example"},
		{"https", "TOWN.Example", "town.example"},
		{"https", "town.example.", "town.example"},
		{"https", "town.example:443", "town.example"},
		{"https", "town.example.:0443", "town.example"},
		{"https", "town.example:", "town.example"},
		{"https", "town.example:80", "town.example:80"},
		{"http", "town.example:80", "town.example"},
		{"http", "town.example:443", "town.example:443"},
		{"http", "localhost:8080", "localhost:8080"},
		{"https", "bücher.example", "xn--bcher-kva.example"},
		{"https", "BÜCHER.example", "xn--bcher-kva.example"},
		{"https", "xn--bcher-kva.example", "xn--bcher-kva.example"},
		{"https", "еxample.org", "xn--xample-2of.org"}, // a Cyrillic е is another host
		{"https", "example。org", "example.org"},
		{"https", "ＥＸＡＭＰＬＥ.org", "example.org"},
		{"https", "127.0.0.1", "127.0.0.1"},
		{"http", "127.0.0.2:8080", "127.0.0.2:8080"},
		{"https", "[::1]", "[::1]"},
		{"https", "[2001:DB8::0:1]:8443", "[2001:db8::1]:8443"},
		{"https", "[::ffff:127.0.0.1]:443", "127.0.0.1"},
		// What is no host, or would be one to some and not to others.
		{"https", "", ""},
		{"https", ".", ""},
		{"https", ":443", ""},
		{"https", "town..example", ""},
		{"https", ".town.example", ""},
		{"https", "town.example..", ""},
		{"https", "town example", ""},
		{"https", "town_hall.example", ""},
		{"https", "-town.example", ""},
		{"https", "town-.example", ""},
		{"https", "user@town.example", ""},
		{"https", "town.example/path", ""},
		{"https", "town.example:0", ""},
		{"https", "town.example:65536", ""},
		{"https", "town.example:+80", ""},
		{"https", "town.example:80:80", ""},
		{"https", "xn--.example", ""},
		{"https", "xn--town.example", ""},
		{"https", long + ".example", ""},
		{"https", strings.Repeat("a.", 130) + "example", ""},
		{"https", "127.1", ""},
		{"https", "2130706433", ""},
		{"https", "0x7f.0.0.1", ""},
		{"https", "127.0.0.0x1", ""},
		{"https", "0177.0.0.1", ""},
		{"https", "127.0.0.01", ""},
		{"https", "1.2.3.4.5", ""},
		{"https", "256.1.1.1", ""},
		{"https", "１２７.1", ""},
		{"https", "[::1", ""},
		{"https", "::1]", ""},
		{"https", "::1", ""},
		{"https", "[fe80::1%25eth0]", ""},
		{"https", "[127.0.0.1]", ""},
		{"https", "[town.example]", ""},
	} {
		if got := CanonicalHost(test.scheme, test.in); got != test.want {
			t.Errorf("CanonicalHost(%q, %q): got %q, want %q", test.scheme, test.in, got, test.want)
		}
	}
}

func FuzzCanonicalHost(f *testing.F) {
	for _, s := range []string{"town.example:443", "Bücher.example.", "[::ffff:1.2.3.4]:8080", "0x7f.1", "xn--a-ecp.ru", "a--b.example", "faß.de", "1.2.3.4"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got := CanonicalHost("https", in)
		if got == "" {
			return
		}
		if again := CanonicalHost("https", got); again != got {
			t.Errorf("%q: got %q, which is spelt %q", in, got, again)
		}
		if strings.ToLower(got) != got || strings.ContainsAny(got, " /@\\?#%") || strings.HasSuffix(got, ".") || strings.HasSuffix(got, ":443") {
			t.Errorf("%q: got %q, want a canonical host", in, got)
		}
		for _, c := range got {
			if c <= ' ' || c > '~' {
				t.Errorf("%q: got %q, want ASCII", in, got)
			}
		}
	})
}
