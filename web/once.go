package web

import (
	"time"

	"github.com/google/uuid"
	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/singleflight"
)

// firsts remembers for a few minutes what a form has led to, so that a second tap shows the same and makes nothing twice.
type firsts[T any] struct {
	made   *otter.Cache[uuid.UUID, T]
	making singleflight.Group
}

func newFirsts[T any]() *firsts[T] {
	return &firsts[T]{made: otter.Must(&otter.Options[uuid.UUID, T]{
		MaximumSize: 200, ExpiryCalculator: otter.ExpiryWriting[uuid.UUID, T](10 * time.Minute),
	})}
}

// once runs act for the first form with this key and gives its result to all others. A form without a key has nothing to be
// told by.
func (f *firsts[T]) once(key uuid.UUID, act func() (T, error)) (T, error) {
	if key == uuid.Nil {
		return act()
	}
	made, err, _ := f.making.Do(key.String(), func() (any, error) {
		if known, ok := f.made.GetIfPresent(key); ok {
			return known, nil
		}
		result, err := act()
		if err == nil {
			f.made.Set(key, result)
		}
		return result, err
	})
	return made.(T), err
}
