package jobs

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
)

// externalsEvery is how often it is looked what comes due with listed accounts.
const externalsEvery = 15 * time.Minute

// FillExternal reads what an account elsewhere has published that the town lists.
type FillExternal struct {
	// ID is the uuid of the listed account.
	ID string `json:"id"`
}

// Kind is the job's name in the queue.
func (FillExternal) Kind() string { return "fill_external" }

// InsertOpts implements river.JobArgsWithInsertOpts. What fails is tried again when listed accounts are tended.
func (FillExternal) InsertOpts() river.InsertOpts {
	return river.InsertOpts{
		Queue: peerQueue, MaxAttempts: 1, Priority: 3, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished()},
	}
}

// ReadExternal reads one object at its origin, for a listed account.
type ReadExternal struct {
	External string `json:"external"`
	Object   string `json:"object"` // its id
}

// Kind is the job's name in the queue.
func (ReadExternal) Kind() string { return "read_external" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (ReadExternal) InsertOpts() river.InsertOpts {
	return river.InsertOpts{
		Queue: peerQueue, MaxAttempts: questionTries, Priority: 3, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished()},
	}
}

// Externals does what comes due with listed accounts. It is asked for every quarter of an hour.
type Externals struct{}

// Kind is the job's name in the queue.
func (Externals) Kind() string { return "externals" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (Externals) InsertOpts() river.InsertOpts { return once() }

// addExternals names the kinds of job about listed accounts.
func addExternals(workers *river.Workers, c *Client, deeds Deeds) error {
	return errors.Join(
		river.AddWorkerSafely(workers, &worker[FillExternal]{
			client: c, level: slog.LevelInfo, timeout: sweepTimeout, // at most one request a second goes to a server
			do: func(ctx context.Context, j *river.Job[FillExternal]) error { return deeds.FillExternal(ctx, j.Args.ID) },
		}),
		river.AddWorkerSafely(workers, &worker[ReadExternal]{
			client: c, level: slog.LevelInfo, first: questionPause, longest: questionLongest,
			do: func(ctx context.Context, j *river.Job[ReadExternal]) error { return deeds.ReadExternal(ctx, j.Args) },
		}),
		river.AddWorkerSafely(workers, &worker[Externals]{
			client: c, level: slog.LevelInfo, timeout: sweepTimeout,
			do: func(ctx context.Context, _ *river.Job[Externals]) error { return deeds.Externals(ctx) },
		}),
	)
}
