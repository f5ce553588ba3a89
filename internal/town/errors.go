package town

import (
	"errors"
	"sort"
	"strings"
)

// What a service or a store answers, beside nil. The web turns each into a status and
// a sentence in one place; the command line into one line.
var (
	// ErrNotFound: there is no such merchant, post, link… or the visitor may not know of it.
	ErrNotFound = errors.New("not found")
	// ErrGone: it was withdrawn.
	ErrGone = errors.New("gone")
	// ErrForbidden: the login may not do this.
	ErrForbidden = errors.New("forbidden")
	// ErrTaken: the handle or the address is in use.
	ErrTaken = errors.New("taken")
	// ErrTooLate: the undo window is over.
	ErrTooLate = errors.New("too late")
	// ErrWrongLink: the one-time link is unknown, used or expired.
	ErrWrongLink = errors.New("link is unknown, used or expired")
	// ErrWrongPassword: no login has this address and this password.
	ErrWrongPassword = errors.New("wrong address or password")
	// ErrMoved: the merchant has moved to another account, and says nothing more from here.
	ErrMoved = errors.New("the merchant has moved away")
	// ErrBusy: it took too long and was broken off; nothing has changed. Later it may work.
	ErrBusy = errors.New("took too long")
	// ErrChanged: somebody else changed it after it was read; nothing was done. Who reads it again may go on.
	ErrChanged = errors.New("changed in the meantime")
	// ErrTooMany: so many are not taken at once; later there is room again.
	ErrTooMany = errors.New("too many")
	// ErrNotSetUp: the town has no name yet.
	ErrNotSetUp = errors.New("the town is not set up")
)

// Invalid tells what is wrong with a form, by the name of the field. The values are
// keys of the web's messages ("text.empty"), so that each language has its sentence.
type Invalid map[string]string

func (v Invalid) Error() string {
	fields := make([]string, 0, len(v))
	for f, why := range v {
		fields = append(fields, f+": "+why)
	}
	sort.Strings(fields)
	return "invalid " + strings.Join(fields, ", ")
}
