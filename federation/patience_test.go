package federation

import (
	"testing"
	"time"
)

// TestHostThatIsAwayIsProbedLessAndLess follows one delivery to a host that is away for six hours.
func TestHostThatIsAwayIsProbedLessAndLess(t *testing.T) {
	t.Parallel()
	p := NewPatience(DefaultRetryPolicy())
	d := Delivery{Created: testNow}
	back := testNow.Add(6 * time.Hour)
	now, attempts := testNow, 0
	for {
		attempts++
		var answer *Answer
		err := ErrUnreachable
		if !now.Before(back) {
			answer, err = &Answer{Status: 202}, nil
		}
		got := p.Settle(d, answer, err, 50*time.Millisecond, now, 0.5)
		if got.Outcome == Delivered {
			break
		}
		if !p.Suspect() {
			t.Fatal("a host that failed is not suspect")
		}
		now = got.Next
		if p.Until().After(now) {
			now = p.Until()
		}
		d.Attempt++
	}
	// 45 s, 5 min, 30 min, 2 h, 6 h: the sixth attempt comes 8 hours and 35 minutes after the first.
	if want := testNow.Add(8*time.Hour + 35*time.Minute + 45*time.Second); attempts != 6 || !now.Equal(want) {
		t.Errorf("got it through at %v with %d attempts, want %v with 6", now, attempts, want)
	}
	if p.Suspect() {
		t.Error("a host that has answered is still suspect")
	}
}

// TestProcessThatStartsAnewKeepsPauses fails a host until its breaker opens and starts the process anew.
func TestProcessThatStartsAnewKeepsPauses(t *testing.T) {
	t.Parallel()
	p := NewPatience(DefaultRetryPolicy())
	for range breakerAfter {
		p.Settle(Delivery{Created: testNow}, nil, ErrTimeout, time.Second, testNow, 0.5)
	}
	until := p.Until()
	if got := until.Sub(testNow); got != firstPause {
		t.Fatalf("got a pause of %v after %d failures, want %v", got, breakerAfter, firstPause)
	}
	p.Restarted(true)
	if !p.Until().Equal(until) || !p.Suspect() {
		t.Errorf("after a restart: got a pause until %v and suspect %v, want %v and true", p.Until(), p.Suspect(), until)
	}
	p.Restarted(false)
	if p.Suspect() {
		t.Error("after a restart with nothing tried: got a suspect host")
	}
}
