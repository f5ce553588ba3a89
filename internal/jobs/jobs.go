// Package jobs is the work that waits in the database, on River's queue: what a job is
// called and given, how often it is tried, and the client that hands jobs to who does them.
//
// A job is a row, inserted in the transaction of the act that asks for it. So it exists
// exactly if the act does, and outlives the process. It is done at least once: whoever does
// it must bear a second time, after a crash in between. What must be fair to each host and
// in order per object, the deliveries of activities, has a table of its own and is not here.
package jobs

import (
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// The queues. Mail has its own, so that a person who wants to come in never waits behind
// peers that do not answer.
const (
	mailQueue  = "mail"
	otherQueue = river.QueueDefault
	// visitQueue is for what takes minutes, because another town is asked once a second only.
	visitQueue = "visits"
)

// Mail is one mail to one address. Two with the same content are one while the first has
// not been sent.
type Mail struct {
	To string `json:"to"`
	// Template is the name of the mail's text, "sign_in" for one.
	Template string            `json:"template"`
	Data     map[string]string `json:"data"`
}

// Kind is the job's name in the queue (river.JobArgs).
func (Mail) Kind() string { return "mail" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (Mail) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: mailQueue, MaxAttempts: mailTries, UniqueOpts: river.UniqueOpts{ByArgs: true}}
}

// RefreshActor fetches a peer's actor again. One waits per actor, however often it is asked for.
type RefreshActor struct {
	// ID is the actor's id, a URL.
	ID string `json:"id"`
}

// Kind is the job's name in the queue.
func (RefreshActor) Kind() string { return "refresh_actor" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (RefreshActor) InsertOpts() river.InsertOpts {
	// Behind the town's own housekeeping: a peer's new picture can wait.
	return river.InsertOpts{
		Queue: otherQueue, MaxAttempts: refreshTries, Priority: 3,
		UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished()},
	}
}

// Sweep removes what has served its time. It is asked for every hour.
type Sweep struct{}

// Kind is the job's name in the queue.
func (Sweep) Kind() string { return "sweep" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (Sweep) InsertOpts() river.InsertOpts { return once() }

// Orphans removes files of photos that no row knows. It is asked for every day.
type Orphans struct{}

// Kind is the job's name in the queue.
func (Orphans) Kind() string { return "orphans" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (Orphans) InsertOpts() river.InsertOpts { return once() }

// Notices publishes notices for special hours whose time has come. It is asked for every three hours.
type Notices struct{}

// Kind is the job's name in the queue.
func (Notices) Kind() string { return "notices" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (Notices) InsertOpts() river.InsertOpts { return once() }

// Tend does what comes due by the clock: offers end, events are reminded of. It is asked for
// every five minutes.
type Tend struct{}

// Kind is the job's name in the queue.
func (Tend) Kind() string { return "tend" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (Tend) InsertOpts() river.InsertOpts { return once() }

// Keys gives actors the keys that they lack and erases those that have served their time. It is
// asked for every quarter of an hour.
type Keys struct{}

// Kind is the job's name in the queue.
func (Keys) Kind() string { return "keys" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (Keys) InsertOpts() river.InsertOpts { return once() }

// VisitNeighbour reads a neighbouring town's card and, where it is due, compares what is known of the town with
// what it has.
type VisitNeighbour struct {
	Domain string `json:"domain"`
	// Standing is what has just changed between the towns, and by which requests, so that a visit for that is not the one that
	// is under way already, or that of an earlier agreement; empty for the visits that come round.
	Standing string `json:"standing"`
}

// Kind is the job's name in the queue.
func (VisitNeighbour) Kind() string { return "visit_neighbour" }

// InsertOpts implements river.JobArgsWithInsertOpts. What fails is tried again when neighbours are tended.
func (VisitNeighbour) InsertOpts() river.InsertOpts {
	return river.InsertOpts{
		Queue: visitQueue, MaxAttempts: 1, Priority: 2, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished()},
	}
}

// Neighbours does what comes due with neighbouring towns. It is asked for every quarter of an hour.
type Neighbours struct{}

// Kind is the job's name in the queue.
func (Neighbours) Kind() string { return "neighbours" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (Neighbours) InsertOpts() river.InsertOpts { return once() }

// Groups lets groups announce what has come from neighbours, and sum up the day. It is asked for every five minutes, and when
// something comes.
type Groups struct{}

// Kind is the job's name in the queue.
func (Groups) Kind() string { return "groups" }

// InsertOpts implements river.JobArgsWithInsertOpts. Several may wait: one that runs, or whose process was killed, may have
// looked before what is asked for now was there, and one that finds nothing to do costs a few short queries.
func (Groups) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: otherQueue, MaxAttempts: 1}
}

// once is for what comes round again anyway: one at a time, and no second try before that.
func once() river.InsertOpts {
	return river.InsertOpts{Queue: otherQueue, MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished()}}
}

// unfinished are the states of a job that is still to be done.
func unfinished() []rivertype.JobState {
	return []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
		rivertype.JobStateRunning, rivertype.JobStateScheduled,
	}
}

// How often the work is tried. The pause doubles after each try: for mail from 30 seconds
// to four hours, which makes 48 hours in all; for actors from a minute, two hours in all,
// after which the next activity of the actor asks again.
const (
	mailTries      = 21
	mailPause      = 30 * time.Second
	mailLongest    = 4 * time.Hour
	refreshTries   = 8
	refreshPause   = time.Minute
	refreshLongest = time.Hour
)

// pause is how long to wait after try number n, counted from 1: first, doubled with each
// further try, and never more than most.
func pause(n int, first, most time.Duration) time.Duration {
	for ; n > 1 && first < most; n-- {
		first *= 2
	}
	return min(first, most)
}
