package jobs

import "github.com/riverqueue/river"

// peerQueue is for what waits for peers, so that slow ones hold up neither mail nor the
// town's own housekeeping. peerWorkers is how many of them may be slow at once.
const (
	peerQueue   = "peers"
	peerWorkers = 4
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
