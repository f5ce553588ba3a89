package federation

import (
	"errors"
	"sync/atomic"
)

// FetchesPerActivity is how many requests one inbound activity may cause, whatever it names:
// its key, its actor, what it answers and what answers it together. Activities that name others without
// end otherwise make a server ask the whole network for one small request (CVE-2022-46405).
const FetchesPerActivity = 3

// ErrBudget is the answer when what may be asked for the sake of one activity has been asked.
var ErrBudget = errors.New("budget of fetches is used up")

// Budget is what may still be fetched for the sake of one activity. Each request takes one
// from it, those that redirects lead to included. It may be used by many goroutines at once; nil has no end.
type Budget struct{ left atomic.Int64 }

// NewBudget makes a Budget of so many requests.
func NewBudget(requests int) *Budget {
	b := &Budget{}
	b.left.Store(int64(requests))
	return b
}

// Left is how many requests may still be made. It is what a job keeps that goes on later.
func (b *Budget) Left() int { return int(max(b.left.Load(), 0)) }

// take takes one request, or answers ErrBudget.
func (b *Budget) take() error {
	if b != nil && b.left.Add(-1) < 0 {
		return ErrBudget
	}
	return nil
}
