package jobs

import (
	"time"

	"github.com/riverqueue/river"
)

// peerQueue is for what waits for peers, so that slow ones hold up neither mail nor the
// town's own housekeeping. peerWorkers is how many of them may be slow at once.
const (
	peerQueue   = "peers"
	peerWorkers = 4
	// Pictures come one after the other, in a queue of their own: to decode them takes memory.
	mediaQueue   = "media"
	mediaWorkers = 1
)

// How often a picture is tried, within ten minutes. A page that still wants it after a day asks again.
const (
	mediaTries   = 3
	mediaPause   = time.Minute
	mediaLongest = 5 * time.Minute
)

// FillThread completes a conversation by what peers serve. It is tried once: the budget is that of
// the activity which asked for it, and the next one in the thread asks again.
type FillThread struct {
	// Subject tells those apart that are not the same work; one of each waits.
	Subject string `json:"subject" river:"unique"`
	// Reply is the id of the reply that came, and Parent that of what it answers, where it is not known here.
	Reply  string `json:"reply"`
	Parent string `json:"parent,omitempty"`
	// Post is the uuid of the post in whose thread the reply stands, where that is known.
	Post string `json:"post,omitempty"`
	// Mentions are the ids of those whom the reply names.
	Mentions []string `json:"mentions,omitempty"`
	// Budget is how many requests may be made.
	Budget int `json:"budget"`
}

// Kind is the job's name in the queue.
func (FillThread) Kind() string { return "fill_thread" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (FillThread) InsertOpts() river.InsertOpts {
	return river.InsertOpts{
		Queue: peerQueue, MaxAttempts: 1, Priority: 3,
		UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished()},
	}
}

// FetchMedia makes a copy of a peer's picture that a page shows.
type FetchMedia struct {
	// ID is the uuid of the wanted picture.
	ID string `json:"id"`
}

// Kind is the job's name in the queue.
func (FetchMedia) Kind() string { return "fetch_media" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (FetchMedia) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: mediaQueue, MaxAttempts: mediaTries, Priority: 3}
}

// RemoveFiles removes files whose rows are gone. It is asked for when something is deleted.
type RemoveFiles struct{}

// Kind is the job's name in the queue.
func (RemoveFiles) Kind() string { return "remove_files" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (RemoveFiles) InsertOpts() river.InsertOpts { return once() }

// CheckWebsite looks whether a merchant's website says that it is the merchant's.
type CheckWebsite struct {
	// Merchant is the merchant's uuid.
	Merchant string `json:"merchant"`
}

// Kind is the job's name in the queue.
func (CheckWebsite) Kind() string { return "check_website" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (CheckWebsite) InsertOpts() river.InsertOpts {
	return river.InsertOpts{
		Queue: peerQueue, MaxAttempts: mediaTries, Priority: 2,
		UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished()},
	}
}
