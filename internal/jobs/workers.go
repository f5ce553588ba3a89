package jobs

import (
	"context"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
)

// worker does one kind of job.
type worker[T river.JobArgs] struct {
	river.WorkerDefaults[T]
	client *Client
	do     func(ctx context.Context, j *river.Job[T]) error
	// level is how grave a failure is: what a peer does not answer is its own affair.
	level slog.Level
	// timeout is how long a job may take; 0: as the client says.
	timeout time.Duration
	// first and longest shape the pause between two tries, see pause.
	first, longest time.Duration
}

// Work implements river.Worker.
func (w *worker[T]) Work(ctx context.Context, j *river.Job[T]) error {
	return w.client.done(ctx, w.level, j.JobRow, w.do(ctx, j))
}

// Timeout implements river.Worker.
func (w *worker[T]) Timeout(*river.Job[T]) time.Duration { return w.timeout }

// NextRetry implements river.Worker.
func (w *worker[T]) NextRetry(j *river.Job[T]) time.Time {
	return time.Now().Add(pause(j.Attempt, w.first, w.longest))
}
