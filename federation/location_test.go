package federation

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"
)

// A redirect is told and not followed; what does not redirect leads nowhere.
func TestLocation(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 10)
	p := startPeer(t, "127.0.0.2", func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Method + " " + r.URL.Path
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, "https://town.example/@fournil", http.StatusFound)
		case "/relative":
			w.Header().Set("Location", "/there")
			w.WriteHeader(http.StatusMovedPermanently)
		case "/nowhere":
			w.WriteHeader(http.StatusFound)
		}
	})
	client := closedClient(t, "127.0.0.0/8", nil)
	for path, want := range map[string]IRI{"/away": "https://town.example/@fournil", "/relative": p.iri("/there"), "/nowhere": "", "/page": ""} {
		got, err := client.Location(t.Context(), p.iri(path))
		if err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", path, got, err, want)
		}
		if got := <-asked; got != "HEAD "+path {
			t.Errorf("%s: got the request %q, want one HEAD", path, got)
		}
	}
	if _, err := client.Location(t.Context(), "http://169.254.169.254/"); !errors.Is(err, ErrForbiddenAddress) && !errors.Is(err, ErrForbiddenURL) {
		t.Errorf("an address that is not public: got %v, want it forbidden", err)
	}
}

// A fetched object that claims to come from the future does not stand above everything for years.
func TestFetchedObjectsBearNoLaterDate(t *testing.T) {
	t.Parallel()
	town, p := newTown(t), newPeer(t)
	p.serveJSON("/notes/1", map[string]any{
		"id": p.origin + "/notes/1", "type": "Note", "attributedTo": p.anna(), "published": "2199-01-01T00:00:00Z", "updated": "2199-01-01T00:00:00Z",
	})
	p.serveJSON("/notes/2", map[string]any{"id": p.origin + "/notes/2", "type": "Note", "attributedTo": p.anna()})
	for n := 1; n <= 2; n++ {
		o, err := town.keys.config.Fetcher.FetchObject(t.Context(), IRI(fmt.Sprintf("%s/notes/%d", p.origin, n)))
		if err != nil {
			t.Fatal(err)
		}
		for name, got := range map[string]time.Time{"published": o.Value().Published, "updated": o.Value().Updated} {
			if got.After(town.now()) || (name == "published" && got.IsZero()) {
				t.Errorf("note %d: got %s %v, want a time up to %v", n, name, got, town.now())
			}
		}
	}
}
