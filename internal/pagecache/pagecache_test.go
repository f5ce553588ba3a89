package pagecache_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bourg/internal/pagecache"
)

// shop is a handler that counts how often it is asked, behind a cache.
type shop struct {
	came       atomic.Int64 // how many looked for the answer in the cache
	asked      atomic.Int64
	generation atomic.Uint64
	now        atomic.Int64 // seconds
	handler    http.Handler
}

func open(t *testing.T, answer func(w http.ResponseWriter, r *http.Request, n int64)) *shop {
	t.Helper()
	s := &shop{}
	c, err := pagecache.New(pagecache.Config{
		Generation: s.generation.Load, Life: 10 * time.Second, Bytes: 1 << 20,
		Now: func() time.Time { return time.Unix(s.now.Load(), 0) },
		Key: func(r *http.Request) (string, bool) {
			s.came.Add(1)
			_, err := r.Cookie("session")
			return r.Header.Get("Accept"), err != nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.handler = c.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer(w, r, s.asked.Add(1))
	}))
	return s
}

func (s *shop) get(path string, change func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

func number(w http.ResponseWriter, _ *http.Request, n int64) { fmt.Fprint(w, n) }

// A shop that closes at one is shown as closed at one, not ten seconds later.
func TestNoPageIsShownBeyondItsMinute(t *testing.T) {
	t.Parallel()
	s := open(t, number)
	s.now.Store(12*3600 + 59*60 + 57)
	for _, c := range []struct {
		seconds int64
		want    string
	}{{0, "1"}, {2, "1"}, {1, "2"}, {5, "2"}} {
		s.now.Add(c.seconds)
		if got := s.get("/", nil).Body.String(); got != c.want {
			t.Errorf("at second %d of the minute: got answer %s, want %s", s.now.Load()%60, got, c.want)
		}
	}
}

func TestAPageIsMadeOnceUntilSomethingChanges(t *testing.T) {
	t.Parallel()
	s := open(t, number)
	steps := []struct {
		what string
		do   func()
		want string
	}{
		{"first", func() {}, "1"},
		{"again", func() {}, "1"},
		{"after a change", func() { s.generation.Add(1) }, "2"},
		{"again", func() {}, "2"},
		{"after its life", func() { s.now.Add(11) }, "3"},
	}
	for _, step := range steps {
		step.do()
		if got := s.get("/", nil).Body.String(); got != step.want {
			t.Errorf("%s: got answer %s, want %s", step.what, got, step.want)
		}
	}
}

func TestWhatIsSomebodysOwnIsNeverShared(t *testing.T) {
	t.Parallel()
	s := open(t, func(w http.ResponseWriter, r *http.Request, n int64) {
		switch r.URL.Path {
		case "/private":
			w.Header().Set("Cache-Control", "private, no-store")
		case "/cookie":
			http.SetCookie(w, &http.Cookie{Name: "x", Value: "y"})
		case "/missing":
			w.WriteHeader(http.StatusNotFound)
		}
		fmt.Fprint(w, n)
	})
	signedIn := func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "session", Value: "s"}) }
	for path, change := range map[string]func(*http.Request){"/private": nil, "/cookie": nil, "/missing": nil, "/": signedIn} {
		if one, two := s.get(path, change).Body.String(), s.get(path, change).Body.String(); one == two {
			t.Errorf("%s: answer %s was given twice", path, one)
		}
	}
}

func TestOneAddressInTwoFormsIsTwoAnswers(t *testing.T) {
	t.Parallel()
	s := open(t, number)
	html := s.get("/", func(r *http.Request) { r.Header.Set("Accept", "text/html") }).Body.String()
	json := s.get("/", func(r *http.Request) { r.Header.Set("Accept", "application/activity+json") }).Body.String()
	query := s.get("/?avant=1", nil).Body.String()
	if html == json || html == query || json == query {
		t.Errorf("answers %s, %s, %s, want three", html, json, query)
	}
}

func TestAThousandAtOnceMakeAPageOnce(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	s := open(t, func(w http.ResponseWriter, _ *http.Request, n int64) {
		<-release
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprint(w, n)
	})
	var wg sync.WaitGroup
	for range 1000 {
		wg.Go(func() {
			if w := s.get("/", nil); w.Body.String() != "1" || w.Header().Get("Content-Type") != "text/plain" {
				t.Errorf("got %q %q, want the one answer", w.Body, w.Header().Get("Content-Type"))
			}
		})
	}
	close(release)
	wg.Wait()
	if n := s.asked.Load(); n != 1 {
		t.Errorf("made %d times, want once", n)
	}
}

// W8: what is one visitor's own is not given to those either who ask for the same at the same time.
func TestWhatIsSomebodysOwnIsNotSharedAtOnceEither(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	s := open(t, func(w http.ResponseWriter, _ *http.Request, n int64) {
		<-release
		w.Header().Set("Cache-Control", "private, no-store")
		fmt.Fprint(w, n)
	})
	var wg sync.WaitGroup
	var given sync.Map
	for range 200 {
		wg.Go(func() {
			answer := s.get("/", nil).Body.String()
			if _, twice := given.LoadOrStore(answer, true); twice {
				t.Errorf("answer %s was given twice", answer)
			}
		})
	}
	for s.came.Load() < 200 {
		runtime.Gosched()
	}
	time.Sleep(20 * time.Millisecond) // those who came wait for the first by now
	close(release)
	wg.Wait()
}

func TestWhoHasThePageAlreadyIsToldSoAndNobodyElse(t *testing.T) {
	t.Parallel()
	s := open(t, func(w http.ResponseWriter, r *http.Request, n int64) {
		w.Header().Set("ETag", `"a"`)
		if r.Header.Get("If-None-Match") != "" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		fmt.Fprint(w, n)
	})
	again := func(r *http.Request) { r.Header.Set("If-None-Match", `W/"b", "a"`) }
	if w := s.get("/", again); w.Code != http.StatusNotModified || w.Body.Len() != 0 {
		t.Errorf("who has it: got %d with %d bytes, want 304 with none", w.Code, w.Body.Len())
	}
	if w := s.get("/", nil); w.Code != http.StatusOK || w.Body.String() != "1" {
		t.Errorf("who has nothing: got %d %q, want 200 and the page", w.Code, w.Body)
	}
}
