package simulation

// event is something that happens at a moment. What the numbers mean depends on its kind.
type event struct {
	at   moment
	seq  uint64 // events of one moment happen in the order in which they were planned
	kind eventKind
	a, b int32
}

type eventKind uint8

const (
	evPublish  eventKind = iota // a: town
	evLeave                     // a: post: its undo window is over
	evEdit                      // a: post
	evWithdraw                  // a: post
	evEnd                       // a: post: an offer ends
	evAge                       // a: post: it is live no more
	evArrive                    // a: link, b: delivery in flight
	evPump                      // a: link: its backlog is looked at
	evVisit                     // a: link: the first town looks whether the other is to be visited
	evAsk                       // a: link: a town hall asks the other town
	evDecide                    // a: link: a town hall answers what the other town asked
	evAgain                     // a: link: an unanswered request is repeated or expires
	evFail                      // a: town goes down
	evBack                      // a: town is back
	evMass                      // many towns go down at once
	evSample                    // the network is looked at
)

// queue holds what is to happen, the earliest first: a heap.
type queue struct {
	heap []event
	next uint64
}

func (q *queue) before(i, j int) bool {
	a, b := &q.heap[i], &q.heap[j]
	return a.at < b.at || (a.at == b.at && a.seq < b.seq)
}

func (q *queue) push(at moment, kind eventKind, a, b int32) {
	q.heap = append(q.heap, event{at: at, seq: q.next, kind: kind, a: a, b: b})
	q.next++
	for i := len(q.heap) - 1; i > 0; {
		up := (i - 1) / 4
		if !q.before(i, up) {
			break
		}
		q.heap[i], q.heap[up] = q.heap[up], q.heap[i]
		i = up
	}
}

func (q *queue) pop() (event, bool) {
	if len(q.heap) == 0 {
		return event{}, false
	}
	first, last := q.heap[0], len(q.heap)-1
	q.heap[0] = q.heap[last]
	q.heap = q.heap[:last]
	for i := 0; ; {
		least := i
		for child := 4*i + 1; child <= 4*i+4 && child < last; child++ {
			if q.before(child, least) {
				least = child
			}
		}
		if least == i {
			return first, true
		}
		q.heap[i], q.heap[least] = q.heap[least], q.heap[i]
		i = least
	}
}
