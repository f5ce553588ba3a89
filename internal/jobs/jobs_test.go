package jobs

import (
	"testing"
	"time"
)

// E1: mail is tried for a day at least and three at most, and first soon, because
// somebody waits for it.
func TestPauses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		what           string
		tries          int
		first, longest time.Duration
		least, most    time.Duration
	}{
		{"mail", mailTries, mailPause, mailLongest, 24 * time.Hour, 72 * time.Hour},
		{"refresh_actor", refreshTries, refreshPause, refreshLongest, time.Hour, 7 * 24 * time.Hour},
	} {
		var total, before time.Duration
		for n := 1; n < tt.tries; n++ {
			p := pause(n, tt.first, tt.longest)
			if p < before || p > tt.longest {
				t.Errorf("%s: got a pause of %s after try %d, want between %s and %s", tt.what, p, n, before, tt.longest)
			}
			total, before = total+p, p
		}
		if first := pause(1, tt.first, tt.longest); first > time.Minute {
			t.Errorf("%s: got a first pause of %s, want a minute at most", tt.what, first)
		}
		if total < tt.least || total > tt.most {
			t.Errorf("%s: got %s of tries in all, want between %s and %s", tt.what, total, tt.least, tt.most)
		}
	}
	if got := pause(1000, mailPause, mailLongest); got != mailLongest {
		t.Errorf("got a pause of %s after a thousand tries, want %s", got, mailLongest)
	}
	if got := pause(3, 0, 0); got != 0 {
		t.Errorf("got a pause of %s, want none", got)
	}
}
