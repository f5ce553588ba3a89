package media

import (
	"bytes"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestHandler(t *testing.T) {
	t.Parallel()
	s := open(t)
	p := add(t, s, asJPEG(t, landscape(700, 500, 0), 90))
	for _, v := range p.Variants {
		want := content(t, s, v)
		for _, accept := range []string{"", "*/*", "text/html", "application/activity+json", `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`} {
			t.Run("X13/"+v.MediaType+" for "+accept, func(t *testing.T) {
				t.Parallel()
				r := httptest.NewRequest(http.MethodGet, Prefix+v.File, nil)
				r.Header.Set("Accept", accept)
				w := httptest.NewRecorder()
				s.Handler().ServeHTTP(w, r)
				if w.Code != http.StatusOK || !bytes.Equal(w.Body.Bytes(), want) {
					t.Errorf("got status %d and %d bytes, want 200 and %d", w.Code, w.Body.Len(), len(want))
				}
				for name, value := range map[string]string{
					"Content-Type":                 v.MediaType,
					"X-Content-Type-Options":       "nosniff",
					"Content-Security-Policy":      "default-src 'none'; sandbox",
					"Cross-Origin-Resource-Policy": "cross-origin",
					"Cache-Control":                "public, max-age=31536000, immutable",
					"Content-Disposition":          "inline",
				} {
					if got := w.Header().Values(name); len(got) != 1 || got[0] != value {
						t.Errorf("X11/%s: got %q, want %q", name, got, value)
					}
				}
			})
		}
	}
}

func TestHandlerMethodsAndRanges(t *testing.T) {
	t.Parallel()
	s := open(t)
	v := add(t, s, asGIF(t, 1)).Variants[0]
	whole := content(t, s, v)
	etag := `"` + filepath.Base(v.File) + `"`
	tests := []struct {
		name, method  string
		header, value string
		status        int
		body          string
	}{
		{"head", http.MethodHead, "", "", 200, ""},
		{"range", http.MethodGet, "Range", "bytes=2-5", 206, string(whole[2:6])},
		{"range at the end", http.MethodGet, "Range", "bytes=-3", 206, string(whole[len(whole)-3:])},
		{"range beyond", http.MethodGet, "Range", "bytes=999999-", 416, "invalid range: failed to overlap\n"},
		{"known", http.MethodGet, "If-None-Match", etag, 304, ""},
		{"post", http.MethodPost, "", "", 405, "method not allowed\n"},
		{"delete", http.MethodDelete, "", "", 405, "method not allowed\n"},
		{"options", http.MethodOptions, "", "", 405, "method not allowed\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(tt.method, Prefix+v.File, nil)
			if tt.header != "" {
				r.Header.Set(tt.header, tt.value)
			}
			w := httptest.NewRecorder()
			s.Handler().ServeHTTP(w, r)
			if w.Code != tt.status || w.Body.String() != tt.body {
				t.Errorf("got status %d and body %q, want %d and %q", w.Code, w.Body, tt.status, tt.body)
			}
			if got := w.Header().Get("X-Content-Type-Options"); got != "nosniff" {
				t.Errorf("X-Content-Type-Options: got %q, want nosniff", got)
			}
		})
	}
}

// TestNotServed asks, over a real connection and without any client's tidying, for what is not a photo's file.
func TestNotServed(t *testing.T) {
	t.Parallel()
	s := open(t)
	v := add(t, s, asGIF(t, 1)).Variants[0]
	dir, base := filepath.Split(v.File)
	name := base[:32]
	secret := filepath.Join(filepath.Dir(s.folder.path), "secret")
	if err := os.WriteFile(secret, []byte("SECRET"), 0o644); err != nil {
		t.Fatal(err)
	}
	// A link that leads out, and a folder, under names of the right form.
	link, folder := dir+name+"-1.jpg", dir+name+"-2.jpg"
	if err := os.Symlink(secret, filepath.Join(s.folder.path, link)); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(s.folder.path, folder), 0o755); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.Handler())
	t.Cleanup(server.Close)
	get := func(t *testing.T, path string) string {
		t.Helper()
		c, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := c.Write([]byte("GET " + path + " HTTP/1.0\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if _, err := b.ReadFrom(c); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	if got := get(t, Prefix+v.File); !strings.HasPrefix(got, "HTTP/1.0 200") {
		t.Fatalf("the photo itself: got %.40q", got)
	}
	for _, path := range []string{
		"/media/../secret", "/media/../../secret", "/media/../../../../../../etc/passwd", "/media/%2e%2e/secret", "/media/%2e%2e%2fsecret",
		"/media/..%2fsecret", "/media/..\\secret", "/media/..%5csecret", "/media//" + v.File, "//media/" + v.File, "/media/./" + v.File,
		"/media/" + strings.Replace(v.File, "/", "%2f", 1), "/media/" + strings.Replace(v.File, "/", "%2F", 1), "/media/" + strings.Replace(v.File, "-", "%2d", 1),
		"/media/" + strings.Replace(v.File, "/", "//", 1), "/media/" + v.File + "/", "/media/" + v.File + "%00", "/media/" + v.File + "/../" + base,
		"/media/" + dir + "../" + v.File, "/media/" + strings.ToUpper(v.File), "/media/" + v.File + ".html", "/media/" + dir + name + "-8.html",
		"/media/" + dir + name + "-8.JPG", "/media/" + dir + name + "-08.jpg", "/media/" + dir + name + "-.jpg", "/media/" + dir + name + "-123456.jpg",
		"/media/" + dir + name + ".jpg", "/media/" + dir + name + "-9.jpg", "/media/" + dir, "/media/" + dir[:2], "/media/", "/media", "/", "/media/tmp",
		"/media/tmp/", "/media/CON", "/media/00/" + base, "/" + v.File, "/other/" + v.File, "/media/" + link, "/media/" + folder,
		"/media/" + dir + strings.Repeat("a", 10_000), "/media/secret",
	} {
		t.Run("U5"+path[:min(len(path), 60)], func(t *testing.T) {
			t.Parallel()
			got := get(t, path)
			if !strings.HasPrefix(got, "HTTP/1.0 404") || strings.Contains(got, "SECRET") || strings.Contains(got, "root:") {
				t.Errorf("got %.200q, want not found", got)
			}
		})
	}
}

func BenchmarkHandler(b *testing.B) {
	s := open(b)
	v := add(b, s, asJPEG(b, landscape(700, 500, 0), 90)).Variants[0]
	h := s.Handler()
	r := httptest.NewRequest(http.MethodGet, Prefix+v.File, nil)
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
}
