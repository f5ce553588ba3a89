package jobs_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"bourg/internal/jobs"
	"bourg/internal/postgres/testdb"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

// patience is how long a test waits for what should happen soon.
const patience = 30 * time.Second

// record keeps what the deeds were given, and answers as the test says.
type record struct {
	mu     sync.Mutex
	mails  []jobs.Mail
	actors []string
	ids    map[int64]bool
	answer func(try int) error // of mails
	called chan string
}

func newRecord() *record { return &record{ids: map[int64]bool{}, called: make(chan string, 100)} }

func (r *record) deeds() jobs.Deeds {
	round := func(kind string) func(context.Context) error {
		return func(context.Context) error { r.called <- kind; return nil }
	}
	return jobs.Deeds{
		Mail: func(_ context.Context, id int64, asked time.Time, m jobs.Mail) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.mails = append(r.mails, m)
			r.ids[id] = true
			var err error
			if r.answer != nil {
				err = r.answer(len(r.mails))
			}
			if asked.IsZero() {
				err = errors.New("nobody says when the mail was asked for")
			}
			r.called <- "mail"
			return err
		},
		RefreshActor: func(_ context.Context, id string) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.actors = append(r.actors, id)
			r.called <- "refresh_actor"
			return nil
		},
		Sweep:   round("sweep"),
		Orphans: round("orphans"),
		Tend:    round("tend"),
		Notices: round("notices"),
		Keys:    round("keys"),
	}
}

// run works on the queue until the returned function is called.
func run(t *testing.T, pool *pgxpool.Pool, deeds jobs.Deeds, log *slog.Logger) (stop func()) {
	t.Helper()
	client, err := jobs.NewClient(pool, deeds, log)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- client.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// await waits until this kind of job was done so often.
func (r *record) await(t *testing.T, kind string, times int) {
	t.Helper()
	for deadline := time.After(patience); times > 0; {
		select {
		case got := <-r.called:
			if got == kind {
				times--
			}
		case <-deadline:
			t.Fatalf("%s was not done within %s, want %d more", kind, patience, times)
		}
	}
}

// queue opens the queue as the store does, only to insert.
func queue(t *testing.T, pool *pgxpool.Pool) *river.Client[pgx.Tx] {
	t.Helper()
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// ask asks for a job, as the store does.
func ask(t *testing.T, pool *pgxpool.Pool, args river.JobArgs) {
	t.Helper()
	if _, err := queue(t, pool).Insert(t.Context(), args, nil); err != nil {
		t.Fatal(err)
	}
}

// state waits until no job of the kind is available or running, and returns the state of all as "state,state".
func state(t *testing.T, pool *pgxpool.Pool, kind string) string {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		var states string
		err := pool.QueryRow(t.Context(), `
			SELECT coalesce(string_agg(state::text, ',' ORDER BY id), '') FROM river_job WHERE kind = $1`, kind).Scan(&states)
		if err != nil {
			t.Fatal(err)
		}
		if (!strings.Contains(states, "running") && !strings.Contains(states, "available")) || time.Now().After(deadline) {
			return states
		}
	}
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

var letter = jobs.Mail{To: "a@b.example", Template: "sign_in", Data: map[string]string{"link": "https://x.example/1", "more": "y"}}

// What is asked for in a transaction is done after it, and only if it was committed.
func TestJobsBelongToTheirTransaction(t *testing.T) {
	t.Parallel()
	pool, r := testdb.New(t), newRecord()
	run(t, pool, r.deeds(), quiet())
	insert := func(ctx context.Context, m jobs.Mail, end func(pgx.Tx, context.Context) error) {
		t.Helper()
		tx, err := pool.Begin(ctx)
		if err == nil {
			_, err = queue(t, pool).InsertTx(ctx, tx, m, nil)
		}
		if err == nil {
			err = end(tx, ctx)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	undone := letter
	undone.To = "undone@b.example"
	insert(t.Context(), undone, pgx.Tx.Rollback)
	insert(t.Context(), letter, pgx.Tx.Commit)
	r.await(t, "mail", 1)
	if got := state(t, pool, "mail"); got != "completed" {
		t.Errorf("got jobs %s, want completed", got)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.mails) != 1 || r.mails[0].To != letter.To || r.mails[0].Data["link"] != letter.Data["link"] {
		t.Errorf("got mails %+v, want %+v", r.mails, letter)
	}
}

// E1: one mail per event, tried again with the same id, and stopped by a final no.
func TestFaults(t *testing.T) {
	t.Parallel()
	t.Run("E1 asked for twice", func(t *testing.T) {
		t.Parallel()
		pool, r := testdb.New(t), newRecord()
		for range 2 {
			ask(t, pool, letter)
		}
		run(t, pool, r.deeds(), quiet())
		r.await(t, "mail", 1)
		if got := state(t, pool, "mail"); got != "completed" {
			t.Errorf("got jobs %q, want one, completed", got)
		}
	})
	t.Run("E1 passing", func(t *testing.T) {
		t.Parallel()
		pool, r := testdb.New(t), newRecord()
		r.answer = func(try int) error {
			if try == 1 {
				return errors.New("451 come back later")
			}
			return nil
		}
		run(t, pool, r.deeds(), quiet())
		ask(t, pool, letter)
		r.await(t, "mail", 1)
		if got := state(t, pool, "mail"); got != "retryable" {
			t.Fatalf("got jobs %q, want one that is tried again", got)
		}
		var wait time.Duration
		if err := pool.QueryRow(t.Context(), `SELECT scheduled_at - now() FROM river_job WHERE kind = 'mail'`).Scan(&wait); err != nil {
			t.Fatal(err)
		}
		if wait <= 0 || wait > time.Minute {
			t.Errorf("got the next try in %s, want within a minute", wait)
		}
		// The time comes.
		if _, err := pool.Exec(t.Context(), `UPDATE river_job SET scheduled_at = now() WHERE kind = 'mail'`); err != nil {
			t.Fatal(err)
		}
		r.await(t, "mail", 1)
		if got := state(t, pool, "mail"); got != "completed" || len(r.ids) != 1 {
			t.Errorf("got jobs %q with ids %v, want one, completed", got, r.ids)
		}
	})
	t.Run("E1 final", func(t *testing.T) {
		t.Parallel()
		var log bytes.Buffer
		pool, r := testdb.New(t), newRecord()
		r.answer = func(int) error { return jobs.Final(errors.New("the mail server answered 550 to RCPT TO")) }
		stop := run(t, pool, r.deeds(), slog.New(slog.NewJSONHandler(&log, nil)))
		ask(t, pool, letter)
		r.await(t, "mail", 1)
		if got := state(t, pool, "mail"); got != "cancelled" {
			t.Errorf("got jobs %q, want one, cancelled", got)
		}
		stop()
		if got := log.String(); strings.Count(got, "550") != 1 || !strings.Contains(got, `"level":"ERROR"`) {
			t.Errorf("got log %s, want one error that says 550", got)
		}
		if got := log.String(); strings.Contains(got, letter.To) || strings.Contains(got, letter.Data["link"]) {
			t.Errorf("the log names the reader or the link: %s", got)
		}
	})
}

// One refresh waits per actor, and another one may be asked for once it is done.
func TestOneRefreshPerActor(t *testing.T) {
	t.Parallel()
	pool, r := testdb.New(t), newRecord()
	for range 3 {
		ask(t, pool, jobs.RefreshActor{ID: "https://peer.example/users/a"})
		ask(t, pool, jobs.RefreshActor{ID: "https://peer.example/users/b"})
	}
	run(t, pool, r.deeds(), quiet())
	r.await(t, "refresh_actor", 2)
	if got := state(t, pool, "refresh_actor"); got != "completed,completed" {
		t.Fatalf("got jobs %q, want two, completed", got)
	}
	ask(t, pool, jobs.RefreshActor{ID: "https://peer.example/users/a"})
	r.await(t, "refresh_actor", 1)
}

// The housekeeping is done at the start, by one of those that work on a database.
func TestHousekeepingComesRound(t *testing.T) {
	t.Parallel()
	pool, r := testdb.New(t), newRecord()
	run(t, pool, r.deeds(), quiet())
	seen := map[string]bool{}
	for deadline := time.After(patience); !seen["sweep"] || !seen["orphans"] || !seen["tend"] || !seen["notices"]; {
		select {
		case kind := <-r.called:
			seen[kind] = true
		case <-deadline:
			t.Fatalf("got %v within %s, want sweep and orphans", seen, patience)
		}
	}
}

// A stop lets a job finish that is nearly done, and takes back one that is not.
func TestStop(t *testing.T) {
	t.Parallel()
	for _, heeds := range []bool{true, false} {
		pool, r := testdb.New(t), newRecord()
		deeds := r.deeds()
		begun, goOn := make(chan bool), make(chan bool)
		deeds.Mail = func(ctx context.Context, _ int64, _ time.Time, _ jobs.Mail) error {
			close(begun)
			if heeds {
				<-ctx.Done()
				return ctx.Err()
			}
			<-goOn
			return nil
		}
		stop := run(t, pool, deeds, quiet())
		ask(t, pool, letter)
		<-begun
		if !heeds {
			time.AfterFunc(100*time.Millisecond, func() { close(goOn) })
		}
		stop()
		want := map[bool]string{true: "available", false: "completed"}[heeds]
		var got string
		if err := pool.QueryRow(t.Context(), `SELECT state::text FROM river_job WHERE kind = 'mail'`).Scan(&got); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("a job that heeds its context (%t): got %s after the stop, want %s", heeds, got, want)
		}
	}
}

func TestFinalOfNothing(t *testing.T) {
	t.Parallel()
	if err := jobs.Final(nil); err != nil {
		t.Errorf("got %v, want nil", err)
	}
}
