package main

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Somebody who presses the button again and again is asked to wait; a place in the list that we did not write is no
// place; and forms that are no forms change nothing.
func TestRetryingIsLimited(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	hall := h.enterTownHall()
	again := url.Values{"geste": {"reessayer"}}
	for i := 1; i <= 20; i++ {
		if got := hall.post("/mairie/reseau", again); got.Code != http.StatusSeeOther || !strings.Contains(got.Header().Get("Location"), "fait=reessaye&nombre=0") {
			t.Fatalf("attempt %d: got status %d to %s, want 303", i, got.Code, got.Header().Get("Location"))
		}
	}
	if got := hall.post("/mairie/reseau", again); got.Code != http.StatusTooManyRequests || got.Header().Get("Retry-After") == "" {
		t.Errorf("attempt 21: got status %d, want 429 and a time to come back", got.Code)
	}
	for _, place := range []string{"x", "1-2", "-1-0-h", "1-zzzzzzzzzzzzzzz-h", "1-0-" + strings.Repeat("h", 300), "999-0-h"} {
		if got := hall.get("/mairie/reseau?apres=" + place); got.Code != http.StatusBadRequest {
			t.Errorf("the place %.20q: got status %d, want 400", place, got.Code)
		}
	}
	for query, want := range map[string]bool{"fait=reessaye&nombre=3": true, "fait=reessaye&nombre=<b>": false, "fait=reessaye&nombre=-1": false} {
		got := strings.Contains(hall.get("/mairie/reseau?"+query).Body.String(), "reparti")
		if got != want {
			t.Errorf("%s: says that it was sent: got %t, want %t", query, got, want)
		}
	}
}

// Sixty hosts, the worst first, page by page, each once.
func TestNetworkPages(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	hall := h.enterTownHall()
	_, err := h.town.store.Pool().Exec(t.Context(), `
		INSERT INTO hosts (host, failures, failing_since, last_error, last_success)
		SELECT 'h' || n || '.example', 3, $1::timestamptz - make_interval(hours => n), 'DNS failure', $1 FROM generate_series(1, 60) n`, time.Now())
	h.must(err)
	path, seen := "/mairie/reseau", 0
	for path != "" {
		body := hall.get(path).Body.String()
		for n := range strings.SplitSeq(body, "<strong>h") {
			if strings.Contains(n, ".example</strong>") {
				if want := 60 - seen; !strings.HasPrefix(n, strconv.Itoa(want)+".example") {
					t.Fatalf("place %d: got h%.20s, want h%d", seen+1, n, want)
				}
				seen++
			}
		}
		_, after, more := strings.Cut(body, `href="/mairie/reseau?apres=`)
		path = ""
		if more {
			place, _, _ := strings.Cut(after, `"`)
			path = "/mairie/reseau?apres=" + place
		}
		if !strings.Contains(body, "Son nom est introuvable") {
			t.Errorf("no sentence says why")
		}
	}
	if seen != 60 {
		t.Errorf("got %d hosts, want 60", seen)
	}
	if desk := hall.get("/mairie").Body.String(); strings.Count(desk, ".example</strong>") != 5 {
		t.Errorf("the desk names %d hosts, want the worst five", strings.Count(desk, ".example</strong>"))
	}
}
