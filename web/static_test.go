package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func fetch(t *testing.T, s http.Handler, method, path, encoding string) *http.Response {
	t.Helper()
	req := httptest.NewRequest(method, path, nil)
	if encoding != "" {
		req.Header.Set("Accept-Encoding", encoding)
	}
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, req)
	return rec.Result()
}

func unzip(t *testing.T, packed []byte) []byte {
	t.Helper()
	zr, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatalf("reading gzip: %v", err)
	}
	plain, err := io.ReadAll(zr)
	if err != nil {
		t.Fatalf("reading gzip: %v", err)
	}
	return plain
}

func TestStatic(t *testing.T) {
	t.Parallel()
	s, err := NewStatic()
	if err != nil {
		t.Fatalf("making the static files: %v", err)
	}
	for name, contentType := range map[string]string{
		"bourg.css": "text/css; charset=utf-8", "publier.js": "text/javascript; charset=utf-8", "icones.svg": "image/svg+xml",
		"blason.svg": "image/svg+xml", "young-serif-fr.woff2": "font/woff2", "place.jpg": "image/jpeg", "young-serif-OFL.txt": "text/plain; charset=utf-8",
	} {
		url := s.URL(name)
		if !regexp.MustCompile(`^/static/[\w-]+\.[0-9a-f]{12}\.\w+$`).MatchString(url) {
			t.Errorf("%s: address %q does not bear a hash", name, url)
		}
		plain := fetch(t, s, http.MethodGet, url, "")
		if plain.StatusCode != 200 || plain.Header.Get("Content-Type") != contentType {
			t.Errorf("%s: got %d %q, want 200 %q", name, plain.StatusCode, plain.Header.Get("Content-Type"), contentType)
		}
		for key, want := range map[string]string{"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"} {
			if got := plain.Header.Get(key); got != want {
				t.Errorf("%s: %s: got %q, want %q", name, key, got, want)
			}
		}
		packed := fetch(t, s, http.MethodGet, url, "br, gzip")
		if packed.Header.Get("Content-Encoding") == "gzip" {
			if got, want := unzip(t, body(t, packed)), body(t, plain); !bytes.Equal(got, want) {
				t.Errorf("%s: the compressed file differs from the plain one", name)
			}
		} else if strings.HasPrefix(contentType, "text/") {
			t.Errorf("%s is not compressed", name)
		}
		if res := fetch(t, s, http.MethodPost, url, ""); res.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("POST %s: got %d, want 405", name, res.StatusCode)
		}
	}
	sheet := string(body(t, fetch(t, s, http.MethodGet, s.URL("bourg.css"), "")))
	if want := "url(" + strings.TrimPrefix(s.URL("young-serif-fr.woff2"), staticPrefix) + ")"; !strings.Contains(sheet, want) || strings.Contains(sheet, "url(fonts/") {
		t.Errorf("the style sheet does not name the hashed font %s", want)
	}
	for _, path := range []string{"/static/", "/static/bourg.css", "/static/bourg.000000000000.css", "/static/../static.go", "/static/fonts/young-serif-fr.woff2", "/static/theme-ffd400.000000000000.css", "/static/theme-zz.css"} {
		if res := fetch(t, s, http.MethodGet, path, ""); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: got %d, want 404", path, res.StatusCode)
		}
	}
	if s.URL("nothing.css") != "" {
		t.Errorf("a file that does not exist has the address %q", s.URL("nothing.css"))
	}
}

func TestAcceptsGzip(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]bool{
		"": false, "gzip": true, "gzip, deflate, br": true, "br;q=1.0, GZIP;q=0.5": true, "gzip;q=0": false, "gzip; q=0.000": false,
		"*": true, "*;q=0": false, "identity": false, "gzip;q=nonsense": false, "*, gzip;q=0": false,
	} {
		req := httptest.NewRequest(http.MethodGet, "/", nil)
		req.Header.Set("Accept-Encoding", header)
		if got := acceptsGzip(req); got != want {
			t.Errorf("%q: got %v, want %v", header, got, want)
		}
	}
}
