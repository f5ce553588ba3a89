package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"bourg/internal/town"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"
)

// Deeds is who does the work, by the kind of job. An error means that the job is tried
// again, as often as its kind is; an error made with Final, that it is not.
type Deeds struct {
	// Mail sends a mail. It is told the job's id, which stays when it is tried again, and
	// when the mail was asked for.
	Mail         func(ctx context.Context, id int64, asked time.Time, m Mail) error
	RefreshActor func(ctx context.Context, actor string) error
	FillThread   func(ctx context.Context, j FillThread) error
	ReadObject   func(ctx context.Context, object string, fetches int) error
	FollowMove   func(ctx context.Context, from, to string) error
	FetchMedia   func(ctx context.Context, id string) error
	RemoveFiles  func(ctx context.Context) error
	CheckWebsite func(ctx context.Context, merchant string) error
	Sweep        func(ctx context.Context) error
	Orphans      func(ctx context.Context) error
	Tend         func(ctx context.Context) error
	Notices      func(ctx context.Context) error
	Keys         func(ctx context.Context) error

	VisitNeighbour func(ctx context.Context, domain string) error
	Neighbours     func(ctx context.Context) error

	FillExternal func(ctx context.Context, id string) error
	ReadExternal func(ctx context.Context, j ReadExternal) error
	Externals    func(ctx context.Context) error

	Groups func(ctx context.Context) error
}

// Final marks an error that the same work would meet again.
func Final(err error) error {
	if err == nil {
		return nil
	}
	return &final{err}
}

type final struct{ error }

func (f *final) Unwrap() error { return f.error }

// Client takes jobs from the queue. Several may do so on one database: each job goes to
// one of them, and one among them asks for what comes round by the clock.
type Client struct {
	river *river.Client[pgx.Tx]
	log   *slog.Logger
}

// How the queue is watched. A new job is announced by the database, so looking for one is
// only for what was missed, and an idle town stays idle.
const (
	mailWorkers  = 2
	otherWorkers = 2
	visitWorkers = 4
	lookEvery    = 30 * time.Second
	jobTimeout   = time.Minute
	sweepTimeout = 10 * time.Minute
	rescueAfter  = 2 * time.Minute // a job whose process was killed goes to another one
	finishWithin = 6 * time.Second
	stopWithin   = 9 * time.Second
	sweepEvery   = time.Hour
	orphansEvery = 24 * time.Hour
	tendEvery    = 5 * time.Minute
	noticesEvery = 3 * time.Hour
	keysEvery    = 15 * time.Minute
	groupsEvery  = 5 * time.Minute

	neighboursEvery = town.TendEvery
	keepFailed      = 24 * time.Hour
	keepCompleted   = time.Minute // a mail's row holds a link that opens the door
)

// NewClient makes a client that works on the queue of a database whose schema is up to
// date. It begins with Run.
func NewClient(pool *pgxpool.Pool, deeds Deeds, log *slog.Logger) (*Client, error) {
	c := &Client{log: log}
	workers := river.NewWorkers()
	if err := errors.Join(
		river.AddWorkerSafely(workers, &worker[Mail]{
			client: c, level: slog.LevelError, first: mailPause, longest: mailLongest,
			do: func(ctx context.Context, j *river.Job[Mail]) error { return deeds.Mail(ctx, j.ID, j.CreatedAt, j.Args) },
		}),
		river.AddWorkerSafely(workers, &worker[RefreshActor]{
			client: c, level: slog.LevelInfo, first: refreshPause, longest: refreshLongest,
			do: func(ctx context.Context, j *river.Job[RefreshActor]) error { return deeds.RefreshActor(ctx, j.Args.ID) },
		}),
		river.AddWorkerSafely(workers, &worker[FillThread]{
			client: c, level: slog.LevelInfo,
			do: func(ctx context.Context, j *river.Job[FillThread]) error { return deeds.FillThread(ctx, j.Args) },
		}),
		river.AddWorkerSafely(workers, &worker[ReadObject]{
			client: c, level: slog.LevelInfo, first: questionPause, longest: questionLongest,
			do: func(ctx context.Context, j *river.Job[ReadObject]) error {
				return deeds.ReadObject(ctx, j.Args.ID, j.Args.Fetches)
			},
		}),
		river.AddWorkerSafely(workers, &worker[FollowMove]{
			client: c, level: slog.LevelInfo, first: questionPause, longest: questionLongest,
			do: func(ctx context.Context, j *river.Job[FollowMove]) error {
				return deeds.FollowMove(ctx, j.Args.From, j.Args.To)
			},
		}),
		river.AddWorkerSafely(workers, &worker[FetchMedia]{
			client: c, level: slog.LevelInfo, first: mediaPause, longest: mediaLongest,
			do: func(ctx context.Context, j *river.Job[FetchMedia]) error { return deeds.FetchMedia(ctx, j.Args.ID) },
		}),
		river.AddWorkerSafely(workers, &worker[CheckWebsite]{
			client: c, level: slog.LevelInfo, first: mediaPause, longest: mediaLongest,
			do: func(ctx context.Context, j *river.Job[CheckWebsite]) error {
				return deeds.CheckWebsite(ctx, j.Args.Merchant)
			},
		}),
		river.AddWorkerSafely(workers, &worker[RemoveFiles]{
			client: c, level: slog.LevelError,
			do: func(ctx context.Context, _ *river.Job[RemoveFiles]) error { return deeds.RemoveFiles(ctx) },
		}),
		river.AddWorkerSafely(workers, &worker[Sweep]{
			client: c, level: slog.LevelError, timeout: sweepTimeout,
			do: func(ctx context.Context, _ *river.Job[Sweep]) error { return deeds.Sweep(ctx) },
		}),
		river.AddWorkerSafely(workers, &worker[Orphans]{
			client: c, level: slog.LevelError, timeout: sweepTimeout,
			do: func(ctx context.Context, _ *river.Job[Orphans]) error { return deeds.Orphans(ctx) },
		}),
		river.AddWorkerSafely(workers, &worker[Notices]{
			client: c, level: slog.LevelError, timeout: sweepTimeout,
			do: func(ctx context.Context, _ *river.Job[Notices]) error { return deeds.Notices(ctx) },
		}),
		river.AddWorkerSafely(workers, &worker[Tend]{
			client: c, level: slog.LevelError, timeout: sweepTimeout,
			do: func(ctx context.Context, _ *river.Job[Tend]) error { return deeds.Tend(ctx) },
		}),
		river.AddWorkerSafely(workers, &worker[Keys]{
			client: c, level: slog.LevelError, timeout: sweepTimeout,
			do: func(ctx context.Context, _ *river.Job[Keys]) error { return deeds.Keys(ctx) },
		}),
		river.AddWorkerSafely(workers, &worker[VisitNeighbour]{
			client: c, level: slog.LevelInfo, timeout: sweepTimeout,
			do: func(ctx context.Context, j *river.Job[VisitNeighbour]) error {
				return deeds.VisitNeighbour(ctx, j.Args.Domain)
			},
		}),
		river.AddWorkerSafely(workers, &worker[Neighbours]{
			client: c, level: slog.LevelInfo, timeout: sweepTimeout,
			do: func(ctx context.Context, _ *river.Job[Neighbours]) error { return deeds.Neighbours(ctx) },
		}),
		addExternals(workers, c, deeds),
		river.AddWorkerSafely(workers, &worker[Groups]{
			client: c, level: slog.LevelError, timeout: sweepTimeout,
			do: func(ctx context.Context, _ *river.Job[Groups]) error { return deeds.Groups(ctx) },
		}),
	); err != nil {
		return nil, fmt.Errorf("name the kinds of job: %w", err)
	}
	var err error
	c.river, err = river.NewClient(riverpgxv5.New(pool), &river.Config{
		Workers: workers,
		Queues: map[string]river.QueueConfig{
			mailQueue:  {MaxWorkers: mailWorkers},
			otherQueue: {MaxWorkers: otherWorkers},
			visitQueue: {MaxWorkers: visitWorkers},
			peerQueue:  {MaxWorkers: peerWorkers},
			mediaQueue: {MaxWorkers: mediaWorkers},
		},
		PeriodicJobs: []*river.PeriodicJob{
			periodic(sweepEvery, Sweep{}),
			periodic(orphansEvery, Orphans{}),
			periodic(tendEvery, Tend{}),
			periodic(noticesEvery, Notices{}),
			periodic(keysEvery, Keys{}),
			periodic(neighboursEvery, Neighbours{}),
			periodic(externalsEvery, Externals{}),
			periodic(groupsEvery, Groups{}),
		},
		FetchPollInterval:           lookEvery,
		JobTimeout:                  jobTimeout,
		RescueStuckJobsAfter:        rescueAfter,
		SoftStopTimeout:             finishWithin,
		CompletedJobRetentionPeriod: keepCompleted,
		CancelledJobRetentionPeriod: keepFailed,
		DiscardedJobRetentionPeriod: keepFailed,
		// River tells of each start and stop of its parts; what matters is said below.
		Logger: slog.New(warnings{log.Handler()}),
	})
	if err != nil {
		return nil, fmt.Errorf("open the job queue: %w", err)
	}
	return c, nil
}

// periodic asks for a job at the start and then every so often. At the start, because a
// server that is started each morning would else never come to it.
func periodic(every time.Duration, args river.JobArgs) *river.PeriodicJob {
	return river.NewPeriodicJob(river.PeriodicInterval(every),
		func() (river.JobArgs, *river.InsertOpts) { return args, nil },
		&river.PeriodicJobOpts{RunOnStart: true})
}

// Run works until the context ends. Then it takes no further jobs, gives those at work six
// seconds to finish, cancels them, and returns within ten. What was cancelled is tried again.
func (c *Client) Run(ctx context.Context) error {
	if err := c.river.Start(ctx); err != nil {
		return fmt.Errorf("start to work on the job queue: %w", err)
	}
	<-ctx.Done()
	select {
	case <-c.river.Stopped():
	case <-time.After(stopWithin):
		c.log.Warn("jobs do not end; they are left, and tried again after the next start")
	}
	return nil
}

// done logs how a job failed, at the level of its kind, and translates the error into
// River's words.
func (c *Client) done(ctx context.Context, level slog.Level, j *rivertype.JobRow, err error) error {
	var last *final
	said, told := "a job failed and will be tried again", err
	switch {
	case err == nil, errors.Is(ctx.Err(), context.Canceled) && errors.Is(err, context.Canceled): // we are stopping
		return err
	case errors.As(err, &last):
		said, told = "a job failed for good", river.JobCancel(err)
	case j.Attempt >= j.MaxAttempts:
		said = "a job failed for the last time"
	}
	c.log.Log(ctx, level, said, "kind", j.Kind, "job", j.ID, "attempt", j.Attempt, "error", err)
	return told
}

// warnings lets through what is at least a warning.
type warnings struct{ slog.Handler }

func (w warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && w.Handler.Enabled(ctx, level)
}

func (w warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	return warnings{w.Handler.WithAttrs(attrs)}
}
func (w warnings) WithGroup(name string) slog.Handler { return warnings{w.Handler.WithGroup(name)} }
