package simulation

import (
	"encoding/binary"
	"time"

	"bourg/federation"
	"bourg/internal/town"

	"github.com/google/uuid"
)

// letter is what one town hall tells another: of its own request, or about the other's.
type letter struct {
	town.Say
	follow uuid.UUID
}

// followOf is the id of a Follow on the first town's host, and uuidOf what it was made of.
func (w *World) followOf(l *link, id uuid.UUID) federation.IRI {
	return federation.IRI("https://" + domain(l.from) + "/activities/" + id.String())
}

func uuidOf(follow federation.IRI) uuid.UUID { return uuid.MustParse(string(follow[len(follow)-36:])) }

func (w *World) newID() uuid.UUID {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:8], w.halls.Uint64())
	binary.BigEndian.PutUint64(id[8:], w.halls.Uint64())
	return id
}

// tell sends what a town hall has to say.
func (w *World) tell(l *link, say []town.Say) {
	for _, s := range say {
		one := letter{Say: s, follow: l.knows.FollowID}
		switch {
		case !s.Ours:
			one.follow = uuidOf(s.Follow)
		case s.Former != uuid.Nil:
			one.follow = s.Former
		}
		w.letters = append(w.letters, one)
		w.count.letters++
		w.send(l, delivery{post: int32(len(w.letters) - 1), about: words})
	}
}

// later repeats an event of a town hall whose server is down when it is back.
func (w *World) later(l *link, kind eventKind) bool {
	t := &w.towns[l.from]
	if t.down {
		w.queue.push(t.back+time.Minute, kind, w.links[l.reverse].reverse, 0)
	}
	return t.down
}

// ask is a town hall that asks for the other's news.
func (w *World) ask(i int32) {
	l := &w.links[i]
	if w.later(l, evAsk) {
		return
	}
	wants := w.full
	switch x := w.halls.Float64(); {
	case x < w.a.AgendaOnly:
		wants = w.agenda
	case x < 0.75:
		wants = w.near
	}
	say := l.knows.Ask(w.newID(), wants, "Bonjour, nos communes se touchent.", clock(w.now))
	w.tell(l, say)
	if len(say) > 0 {
		w.count.asked++
		w.planAgain(i)
	}
}

// askAgain repeats a request or lets it expire, as town.Neighbours.AskAgain does in its rounds.
func (w *World) askAgain(i int32) {
	l := &w.links[i]
	if w.later(l, evAgain) || l.knows.Outgoing != town.StandingPending {
		return
	}
	say := l.knows.AskAgain(w.newID(), clock(w.now))
	w.tell(l, say)
	if l.knows.Outgoing == town.StandingPending {
		w.planAgain(i)
	}
}

func (w *World) planAgain(i int32) {
	n := &w.links[i].knows
	at, again := town.NextAsk(n.Asked, n.Asks)
	if !again {
		at = n.Asked.Add(town.AskExpires)
	}
	w.queue.push(w.round(&w.towns[w.links[i].from], at.Sub(epoch)), evAgain, i, 0)
}

// read is the effect of a letter that has come to the second town of a link.
func (w *World) read(l *link, one *letter) {
	answer := &w.links[l.reverse]
	n, now := &answer.knows, clock(w.now)
	before := n.Outgoing + n.Incoming
	switch one.Type {
	case "Follow":
		w.tell(answer, n.IsAsked(w.followOf(l, one.follow), one.Scope, one.Words, false, w.full, now))
		if n.Incoming == town.StandingPending && !answer.decided {
			answer.decided = true
			if w.halls.Float64() >= w.a.NeverAnswers {
				w.queue.push(w.now+w.halls.lasts(w.a.MedianAnswer, w.a.SpreadAnswer), evDecide, l.reverse, 0)
			}
		}
	case "Accept":
		w.tell(answer, n.IsAccepted(one.follow, one.Scope, now))
		if n.Outgoing == town.StandingAccepted && !l.agreed {
			l.agreed, l.since = true, w.now
			w.recount(l)
			w.count.agreed(w.now - n.Asked.Sub(epoch))
		}
	case "Reject":
		n.IsRefused(one.follow, one.Words)
	case "Undo":
		n.IsLeft(w.followOf(l, one.follow))
	}
	// As the store does: who asks is visited, and who begins to send, for what there is already.
	if before != n.Outgoing+n.Incoming && (n.Incoming == town.StandingPending || n.Outgoing == town.StandingAccepted) {
		w.visit(l.reverse)
	}
}

// decide is a town hall that looks at what the other asked, and most often asks in return.
func (w *World) decide(i int32) {
	l := &w.links[i]
	if w.later(l, evDecide) || l.knows.Incoming != town.StandingPending {
		return
	}
	if w.halls.Float64() < w.a.Refuses {
		w.tell(l, l.knows.Refuse("Notre conseil ne le souhaite pas."))
		w.count.refused++
		return
	}
	w.tell(l, l.knows.Accept(w.full, clock(w.now)))
	if l.knows.Outgoing == town.StandingNone && w.halls.Float64() < w.a.AsksBack {
		w.queue.push(w.now+10*time.Minute, evAsk, i, 0)
	}
}
