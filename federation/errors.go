package federation

import "errors"

// What an application's interfaces answer, beside nil.
var (
	// ErrNotFound: there is no such actor, object or key here.
	ErrNotFound = errors.New("not found")
	// ErrGone: there was one, and it was deleted; it is answered with 410 and a Tombstone.
	ErrGone = errors.New("gone")
	// ErrBlocked: the host or actor may not speak with us.
	ErrBlocked = errors.New("blocked")
	// ErrDuplicate: the activity was applied before. The peer gets a 2xx all the same.
	ErrDuplicate = errors.New("duplicate")
	// ErrIgnored: the activity is understood and has no effect here. The peer gets a 2xx.
	ErrIgnored = errors.New("ignored")
)

// Refusal is a peer's input that is not taken: Status goes into the answer, Code into
// its body ({"error": Code}) and the log. It never carries text of the peer's.
type Refusal struct {
	Status     int
	Code       string
	RetryAfter int // seconds; 0: no Retry-After header
	Err        error
}

func (r *Refusal) Error() string {
	if r.Err != nil {
		return r.Code + ": " + r.Err.Error()
	}
	return r.Code
}

func (r *Refusal) Unwrap() error { return r.Err }
