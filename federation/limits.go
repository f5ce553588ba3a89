package federation

import (
	"context"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"
)

// Rate is how much of something is taken from one source: up to Burst at once, and PerSecond in the long run.
type Rate struct {
	PerSecond float64
	Burst     float64
}

// maxSources bounds how many sources are remembered; the least used are forgotten first.
const maxSources = 20_000

// limiter keeps a token bucket for each of many sources.
type limiter struct {
	rate    Rate
	now     func() time.Time
	sources *otter.Cache[string, *bucket]
}

// bucket holds the tokens of one source.
type bucket struct {
	mu      sync.Mutex
	tokens  float64
	filled  time.Time
	pending int           // reserved and not settled
	settled chan struct{} // closed when one of them is
}

func newLimiter(rate Rate, now func() time.Time) *limiter {
	return &limiter{rate, now, otter.Must(&otter.Options[string, *bucket]{MaximumSize: maxSources})}
}

// take takes a token of the source. Where there is none left it tells how long the next one takes.
func (l *limiter) take(source string) (wait time.Duration, ok bool) {
	b := l.bucket(source)
	b.mu.Lock()
	defer b.mu.Unlock()
	return l.takeFrom(b)
}

// empty tells whether the source has no token left, and takes none.
func (l *limiter) empty(source string) (wait time.Duration, yes bool) {
	b, known := l.sources.GetIfPresent(source)
	if !known {
		return 0, false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	wait, ok := l.takeFrom(b)
	if ok {
		b.tokens++
	}
	return wait, !ok
}

// reserve takes a token that settle gives back where it turns out to be well spent.
// While others may still give back theirs it waits for them, so that a source which
// behaves is held up, but never refused. settle must be called; after the first time it does nothing.
func (l *limiter) reserve(ctx context.Context, source string) (settle func(good bool), wait time.Duration, ok bool) {
	b := l.bucket(source)
	for {
		b.mu.Lock()
		if wait, ok = l.takeFrom(b); ok {
			b.pending++
			b.mu.Unlock()
			var once sync.Once
			return func(good bool) { once.Do(func() { b.settle(good) }) }, 0, true
		}
		pending, settled := b.pending, b.settled
		b.mu.Unlock()
		if pending == 0 {
			return nil, wait, false
		}
		select {
		case <-settled:
		case <-ctx.Done():
			return nil, wait, false
		}
	}
}

func (b *bucket) settle(good bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pending--
	if good {
		b.tokens++
	}
	close(b.settled)
	b.settled = make(chan struct{})
}

func (l *limiter) bucket(source string) *bucket {
	b, _ := l.sources.ComputeIfAbsent(source, func() (*bucket, bool) {
		return &bucket{tokens: l.rate.Burst, filled: l.now(), settled: make(chan struct{})}, false
	})
	return b
}

// takeFrom fills up b, which is locked, and takes a token.
func (l *limiter) takeFrom(b *bucket) (wait time.Duration, ok bool) {
	now := l.now()
	if passed := now.Sub(b.filled).Seconds(); passed > 0 {
		b.tokens += passed * l.rate.PerSecond
	}
	b.tokens, b.filled = min(b.tokens, l.rate.Burst), now
	if b.tokens < 1 {
		return time.Duration((1 - b.tokens) / l.rate.PerSecond * float64(time.Second)), false
	}
	b.tokens--
	return 0, true
}
