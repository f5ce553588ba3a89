package federation_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"
)

// An operator ends a pause that the Deliverer itself has set: it tries at once, though it remembers a later time.
func TestDelivererPauseEndedByHand(t *testing.T) {
	t.Parallel()
	p := newPost(t, 5*time.Second)
	var broken atomic.Bool
	broken.Store(true)
	h := newHost(t, func(w http.ResponseWriter, _ *http.Request, _ int64) {
		if broken.Load() {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	})
	p.start()
	p.add(h.URL+"/inbox", "1")
	name := h.URL[len("http://"):]
	p.until("the host is paused for an hour", func() bool { return time.Until(p.queue.Paused(name)) > 50*time.Minute })
	broken.Store(false)
	p.queue.Retry(name)
	p.Wake()
	p.until("what waited has arrived", p.empty)
	if got := h.got(); len(got) == 0 {
		t.Errorf("got %v, want what waited", got)
	}
}
