package web

import (
	"flag"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"strings"
	"testing"

	"bourg/web/locale"
)

var galleryAddress = flag.String("gallery", "", "loopback address on which TestGallery shows the canned pages until it is interrupted")

// gallery serves every canned page at /<name> and /en/<name>, with its static files and pictures. "?apparence=sombre" shows a
// page in the dark, "?couleur=ffd400" in another town's colour.
func gallery(t *testing.T) http.Handler {
	mux := http.NewServeMux()
	_, static := testRenderer(t, cannedSite())
	mux.Handle(staticPrefix, static)
	mux.Handle("/media/", http.StripPrefix("/media/", http.FileServer(http.Dir("testdata/img"))))
	for _, c := range cannedPages() {
		for _, lang := range []locale.Lang{locale.FR, locale.EN} {
			mux.HandleFunc(Href(lang, "/"+c.name), func(w http.ResponseWriter, r *http.Request) {
				site := cannedSite()
				if colour := r.URL.Query().Get("couleur"); colour != "" {
					site.Colour = "#" + colour
				}
				renderer, _ := testRenderer(t, site)
				res := get(t, renderer, lang, c, func(inner *http.Request) {
					if a := r.URL.Query().Get("apparence"); a != "" {
						inner.AddCookie(&http.Cookie{Name: appearanceCookie, Value: a})
					}
				})
				for key, values := range res.Header {
					w.Header()[key] = values
				}
				_, _ = w.Write(body(t, res))
			})
		}
	}
	return mux
}

// TestGallery fetches every canned page over HTTP; with -gallery it shows them to whoever wants to look.
func TestGallery(t *testing.T) {
	handler := gallery(t)
	for _, c := range cannedPages() {
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/"+c.name, nil))
		if rec.Code != http.StatusOK || !strings.Contains(rec.Body.String(), "</html>") {
			t.Errorf("%s: got %d and %d bytes, want a whole page", c.name, rec.Code, rec.Body.Len())
		}
	}
	if *galleryAddress == "" {
		return
	}
	listener, err := net.Listen("tcp", *galleryAddress)
	if err != nil {
		t.Fatalf("listening: %v", err)
	}
	for _, c := range cannedPages() {
		t.Logf("http://%s/%s", listener.Addr(), c.name)
	}
	server := &http.Server{Handler: handler}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt)
	go func() {
		<-stop
		_ = server.Close()
	}()
	if err := server.Serve(listener); err != nil && err != http.ErrServerClosed {
		t.Fatalf("serving: %v", err)
	}
}
