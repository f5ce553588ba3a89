package federation

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// RetryPolicy says when a delivery is tried again and when it is given up.
type RetryPolicy struct {
	// Delays are the waits before the first, second, ... retry; the last one repeats.
	Delays []time.Duration
	// Jitter is the part of a delay by which chance lengthens or shortens it, 0 to 1, so
	// that deliveries that failed together do not come back together.
	Jitter float64
	// MaxAge is how long after its making a delivery is still tried.
	MaxAge time.Duration
	// RefusedTries is how many answers of the kind "not you" (401, 403) or "not here"
	// (404) a delivery takes: a peer that restarts or moves gives some of these by mistake.
	RefusedTries int
}

// DefaultRetryPolicy tries for seven days. The first retry comes within a minute,
// because most failures are restarts; the later ones leave a peer that is down in peace.
func DefaultRetryPolicy() RetryPolicy {
	return RetryPolicy{
		Delays: []time.Duration{
			45 * time.Second, 5 * time.Minute, 30 * time.Minute,
			2 * time.Hour, 6 * time.Hour, 12 * time.Hour,
		},
		Jitter:       0.2,
		MaxAge:       7 * 24 * time.Hour,
		RefusedTries: 3,
	}
}

// Next returns when a delivery that has failed for the attempt-th time (counted from
// 1) is tried again; false where it is too old by then. chance is from 0 to 1.
func (p RetryPolicy) Next(attempt int, created, now time.Time, chance float64) (time.Time, bool) {
	if len(p.Delays) == 0 {
		return time.Time{}, false
	}
	delay := p.Delays[min(max(attempt, 1), len(p.Delays))-1]
	delay += time.Duration(float64(delay) * p.Jitter * (2*chance - 1))
	next := now.Add(delay)
	return next, next.Sub(created) <= p.MaxAge
}

// maxRetryAfter is the longest pause that a peer may ask for.
const maxRetryAfter = 24 * time.Hour

// retryAfter reads a Retry-After header (RFC 9110, section 10.2.3): seconds, or a date,
// which is taken by the peer's own clock, where the peer told it. Whatever is garbage,
// negative or past asks for nothing; whatever is longer than a day asks for a day.
func retryAfter(header string, peer, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	if header == "" {
		return 0
	}
	if strings.Trim(header, "0123456789") == "" {
		seconds, err := strconv.ParseInt(header, 10, 64)
		if err != nil || seconds > int64(maxRetryAfter/time.Second) {
			return maxRetryAfter
		}
		return time.Duration(seconds) * time.Second
	}
	date, err := http.ParseTime(header)
	if err != nil {
		return 0
	}
	if peer.IsZero() {
		peer = now
	}
	return min(max(date.Sub(peer), 0), maxRetryAfter)
}

// verdict is what an attempt tells about its host, beside the delivery's own outcome.
type verdict int

const (
	hostWorks   verdict = iota // it answered, whatever it thinks of this delivery
	hostFails                  // no answer, or one that says that it is broken
	hostBusy                   // it asks for patience
	hostUnknown                // nothing was learnt: the fault is here
)

// judge decides what becomes of a delivery after an attempt. Exactly one of answer and
// err is given. chance is from 0 to 1 and moves the next try.
func (p RetryPolicy) judge(d Delivery, answer *Answer, err error, now time.Time, chance float64) (DeliveryResult, verdict) {
	result := DeliveryResult{ID: d.ID, Lease: d.Lease, Host: d.Host, Inbox: d.Inbox, Outcome: Retry}
	var about verdict
	if err != nil {
		result.Error = cause(err)
		switch {
		case errors.Is(err, ErrForbiddenURL):
			result.Outcome, about = Abandoned, hostUnknown
		case result.Error == causeOwn:
			about = hostUnknown
		default:
			about = hostFails
		}
	} else {
		result.Status = answer.Status
		result.Outcome, about = p.read(answer.Status, d.Attempt+1)
		if result.Outcome != Delivered {
			result.Error = "status " + strconv.Itoa(answer.Status)
		}
	}
	if result.Outcome != Retry {
		return result, about
	}
	next, inTime := p.Next(d.Attempt+1, d.Created, now, chance)
	if answer != nil {
		if wait := retryAfter(answer.RetryAfter, answer.Date, now); wait > 0 {
			result.Pause = now.Add(wait)
			if next.Before(result.Pause) {
				next, inTime = result.Pause, result.Pause.Sub(d.Created) <= p.MaxAge
			}
		}
	}
	if !inTime {
		result.Outcome = Abandoned
		return result, about
	}
	result.Next = next
	return result, about
}

// read reads the status of the attempt-th answer to a delivery. What a peer refuses for
// good is not sent again (Mastodon draws nearly the same line in its DeliveryWorker).
func (p RetryPolicy) read(status, attempt int) (Outcome, verdict) {
	last := attempt >= p.RefusedTries
	switch {
	case status >= 200 && status < 300:
		return Delivered, hostWorks
	case status == http.StatusGone:
		return InboxGone, hostWorks
	case status == http.StatusNotFound && last:
		return InboxGone, hostWorks
	case (status == http.StatusUnauthorized || status == http.StatusForbidden) && last:
		return Abandoned, hostWorks
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusNotFound:
		return Retry, hostWorks
	case status == http.StatusTooManyRequests:
		return Retry, hostBusy
	case status == http.StatusRequestTimeout:
		return Retry, hostFails
	case status >= 400 && status < 500, status == http.StatusNotImplemented:
		return Abandoned, hostWorks
	case status >= 500:
		return Retry, hostFails
	default:
		return Retry, hostWorks // a redirect, which a POST does not follow
	}
}

const causeOwn = "own fault"

// cause names why no answer came, in a word or two that hold nothing of the peer's.
func cause(err error) string {
	for _, known := range []error{ErrForbiddenURL, ErrForbiddenAddress, ErrTimeout, ErrDNS, ErrTLS, ErrUnreachable} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	if errors.Is(err, context.Canceled) {
		return "stopped"
	}
	return causeOwn
}
