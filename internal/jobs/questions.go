package jobs

import (
	"time"

	"github.com/riverqueue/river"
)

const (
	// questionTries keeps what one activity may cause: a Move takes one request at each try, an object all of them at once.
	questionTries   = 3
	questionPause   = time.Minute
	questionLongest = time.Hour
)

// Question is a job that asks a peer something.
type Question interface{ river.JobArgs }

// ReadObject reads an object at its own server: one that somebody named without sending it, or spoke of for
// another. One waits for each object.
type ReadObject struct {
	// ID is the object's id, a URL.
	ID string `json:"id" river:"unique"`
	// Fetches is how many requests may be made for it: what the activity that named it has left.
	Fetches int `json:"fetches"`
}

// Kind is the job's name in the queue.
func (ReadObject) Kind() string { return "read_object" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (ReadObject) InsertOpts() river.InsertOpts { return question(1) }

// FollowMove looks whether the target of a Move says that it is the same person, which takes one document.
type FollowMove struct {
	From string `json:"from"` // the id of who moved
	To   string `json:"to"`   // and of who they say they are now
}

// Kind is the job's name in the queue.
func (FollowMove) Kind() string { return "follow_move" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (FollowMove) InsertOpts() river.InsertOpts { return question(questionTries) }

func question(tries int) river.InsertOpts {
	return river.InsertOpts{
		Queue: peerQueue, MaxAttempts: tries, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished()},
	}
}
