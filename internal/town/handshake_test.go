package town

import (
	"testing"
	"time"

	"bourg/federation"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// side is one town in the test: what it knows of the other, and the letters on their way to it.
type side struct {
	knows *Neighbour
	post  []letter
	wants bool // its town hall wants news: asked, and has not left since
	gives bool // its town hall gives news: accepted, and has not refused or left since
}

// letter is what is on its way to a side: of the other's request, or about its own.
type letter struct {
	Say
	follow uuid.UUID
}

const followPrefix = "https://other.example/activities/"

func iriOfFollow(id uuid.UUID) federation.IRI { return federation.IRI(followPrefix + id.String()) }

func followOf(iri federation.IRI) uuid.UUID {
	return uuid.MustParse(string(iri[len(followPrefix):]))
}

// send puts what one side says on its way to the other.
func (s *side) send(to *side, say []Say) {
	for _, one := range say {
		l := letter{Say: one, follow: s.knows.FollowID}
		switch {
		case !one.Ours:
			l.follow = followOf(one.Follow)
		case one.Former != uuid.Nil:
			l.follow = one.Former
		}
		to.post = append(to.post, l)
	}
}

// receive opens the oldest letter. The queue of deliveries keeps the order to one inbox about one object; a letter comes
// a second time where its acknowledgement was lost.
func (s *side) receive(other *side, twice bool, now time.Time) {
	l := s.post[0]
	s.post = s.post[1:]
	times := 1
	if twice {
		times = 2
	}
	for range times {
		switch l.Type {
		case "Follow":
			s.send(other, s.knows.IsAsked(iriOfFollow(l.follow), l.Scope, l.Words, false, FullScope(), now))
		case "Undo":
			s.knows.IsLeft(iriOfFollow(l.follow))
		case "Accept":
			s.send(other, s.knows.IsAccepted(l.follow, l.Scope, now))
		case "Reject":
			s.knows.IsRefused(l.follow, l.Words)
		}
	}
}

// TestTwoTownHallsAlwaysComeToAgree lets two town halls ask, accept, refuse and leave in any order, with letters that are
// late or come twice, and looks, when all letters have come, whether both know the same.
func TestTwoTownHallsAlwaysComeToAgree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
		newSide := func() *side {
			return &side{knows: &Neighbour{Outgoing: StandingNone, Incoming: StandingNone, Mode: ModeOpen}}
		}
		a, b := newSide(), newSide()
		pick := func(t *rapid.T) (*side, *side) {
			if rapid.Bool().Draw(t, "a") {
				return a, b
			}
			return b, a
		}
		deliver := func(t *rapid.T) {
			if s, o := pick(t); len(s.post) > 0 {
				s.receive(o, rapid.Bool().Draw(t, "twice"), now)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"ask": func(t *rapid.T) {
				s, o := pick(t)
				s.wants = true
				s.send(o, s.knows.Ask(uuid.New(), FullScope(), "Bonjour", now))
			},
			"want something else": func(t *rapid.T) {
				s, o := pick(t)
				if s.knows.Outgoing == StandingAccepted || s.knows.Outgoing == StandingPending {
					s.send(o, s.knows.Ask(uuid.New(), Scope{Kinds: []Kind{Event}, MaxKm: rapid.IntRange(0, 3).Draw(t, "km")}, "", now))
				}
			},
			"accept": func(t *rapid.T) {
				s, o := pick(t)
				s.gives = true
				s.send(o, s.knows.Accept(FullScope(), now))
			},
			"refuse": func(t *rapid.T) {
				s, o := pick(t)
				s.gives = false
				s.send(o, s.knows.Refuse("non"))
			},
			"leave": func(t *rapid.T) {
				s, o := pick(t)
				s.wants, s.gives = false, false
				s.send(o, s.knows.Leave())
			},
			"again": func(t *rapid.T) {
				now = now.Add(36 * time.Hour)
				s, o := pick(t)
				say := s.knows.AskAgain(uuid.New(), now)
				if len(say) > 0 && say[0].Type == "Undo" {
					s.wants = false
				}
				s.send(o, say)
			},
			"backup from before the agreement": func(t *rapid.T) { // with no letters on their way; the other town asks for the list
				s, o := pick(t)
				if len(a.post)+len(b.post) == 0 && o.knows.Outgoing == StandingAccepted {
					s.knows.Incoming, s.knows.TheirFollow, s.gives = StandingNone, "", false
					o.send(s, o.knows.NotKnown(uuid.New(), now))
				}
			},
			"letter": deliver,
			"request or its repeat is given up": func(t *rapid.T) { // after seven days; a further one, or an Undo, comes later
				s, o := pick(t)
				if len(s.post) > 0 && s.post[0].Type == "Follow" && s.post[0].follow != o.knows.FollowID && o.knows.Outgoing != StandingAccepted {
					s.post = s.post[1:]
				}
			},
			"undo is given up with the request": func(t *rapid.T) {
				if s, _ := pick(t); len(s.post) > 1 && s.post[0].Type == "Follow" && s.post[1].Type == "Undo" && s.post[0].follow == s.post[1].follow {
					s.post = s.post[2:]
				}
			},
			"later": func(*rapid.T) { now = now.Add(time.Hour) },
		})
		for len(a.post)+len(b.post) > 0 {
			deliver(t)
		}
		for _, pair := range [][2]*side{{a, b}, {b, a}} {
			asker, giver := pair[0], pair[1]
			gets, sends := asker.knows.Outgoing == StandingAccepted, giver.knows.Incoming == StandingAccepted
			if gets != sends {
				t.Fatalf("one town believes that it gets news: %v (%s); the other that it sends them: %v (%s)",
					gets, asker.knows.Outgoing, sends, giver.knows.Incoming)
			}
			if gets && !asker.knows.Wants.Equal(giver.knows.TheirWants) {
				t.Fatalf("one town wants %v, the other believes %v", asker.knows.Wants, giver.knows.TheirWants)
			}
			if gets && (!asker.wants || !giver.gives) {
				t.Fatalf("news goes from a town hall that gives: %v, to one that wants: %v", giver.gives, asker.wants)
			}
		}
	})
}

func TestUnansweredRequestIsRepeatedAndExpires(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	n := &Neighbour{Outgoing: StandingNone, Incoming: StandingNone}
	n.Ask(uuid.New(), FullScope(), "", begin)
	var sent []float64
	var last string
	for now := begin; n.Outgoing == StandingPending; now = now.Add(time.Hour) {
		for _, say := range n.AskAgain(uuid.New(), now) {
			sent, last = append(sent, now.Sub(begin).Hours()/24), say.Type
		}
	}
	if want := []float64{1, 3, 7, 14}; !equalFloats(sent, want) || last != "Undo" || n.Outgoing != StandingExpired {
		t.Errorf("got words after %v days, the last %s, standing %s; want %v, the last an Undo, expired", sent, last, n.Outgoing, want)
	}
}

func equalFloats(a, b []float64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestWelcomeTownIsAcceptedWhenItAsks(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	n := &Neighbour{Outgoing: StandingNone, Incoming: StandingNone, Mode: ModeOpen}
	if say := n.Accept(FullScope(), now); len(say) != 0 {
		t.Errorf("accepting a town that has not asked: got %v, want nothing to say yet", say)
	}
	say := n.IsAsked(iriOfFollow(uuid.New()), FullScope(), "", false, FullScope(), now.Add(24*time.Hour))
	if len(say) != 1 || say[0].Type != "Accept" || n.Incoming != StandingAccepted {
		t.Errorf("its request the day after: got %v, standing %s, want an Accept", say, n.Incoming)
	}
	late := &Neighbour{Mode: ModeOpen}
	late.Accept(FullScope(), now)
	if say := late.IsAsked(iriOfFollow(uuid.New()), FullScope(), "", false, FullScope(), now.Add(15*24*time.Hour)); len(say) != 0 || late.Incoming != StandingPending {
		t.Errorf("its request after 15 days: got %v, standing %s, want it to wait for a person", say, late.Incoming)
	}
}

func TestBoughtDomainDoesNotPassForTheTown(t *testing.T) {
	t.Parallel()
	n := &Neighbour{Card: Card{INSEE: []string{"30999", "30998"}}, Relay: RelayActor{ID: "https://b.example/actors/1"}}
	for _, tt := range []struct {
		name  string
		relay federation.IRI
		insee []string
		want  bool
	}{
		{"the town itself", "https://b.example/actors/1", []string{"30998"}, true},
		{"another relay", "https://b.example/actors/2", []string{"30998"}, false},
		{"another commune", "https://b.example/actors/1", []string{"75056"}, false},
		{"a card without communes", "https://b.example/actors/1", nil, false},
	} {
		if got := n.SameTown(tt.relay, Card{INSEE: tt.insee}); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestAcceptThatComesAfterLeavingIsUndone(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	n := &Neighbour{Outgoing: StandingNone, Incoming: StandingNone, Mode: ModeOpen}
	follow := uuid.New()
	n.Ask(follow, FullScope(), "", now)
	n.IsRefused(follow, "plus tard")
	n.Leave()
	say := n.IsAccepted(follow, FullScope(), now)
	if len(say) != 1 || say[0].Type != "Undo" || n.Outgoing != StandingNone {
		t.Errorf("got says %v, standing %s; want an Undo and none", say, n.Outgoing)
	}
}

// What was removed when the towns parted is missing after a new agreement, which may also be wider than the one before.
func TestANewAgreementIsComparedAnew(t *testing.T) {
	t.Parallel()
	now, follow := time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC), uuid.New()
	k := &Neighbour{Outgoing: StandingNone, Incoming: StandingNone, Mode: ModeOpen, Reconciled: now.Add(-time.Hour)}
	k.Ask(follow, FullScope(), "", now)
	k.IsAccepted(follow, FullScope(), now)
	if !k.CompareDue(now, time.Time{}, false) {
		t.Errorf("compared last at %v: got nothing due, want a comparison", k.Reconciled)
	}
}

// A repeat has no words: those of the first request stay on the other desk. So does the wish of one that was changed meanwhile.
func TestARepeatKeepsTheFirstWords(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC)
	n := &Neighbour{Outgoing: StandingNone, Incoming: StandingNone, Mode: ModeOpen}
	n.IsAsked(iriOfFollow(uuid.New()), FullScope(), "Bonjour", false, FullScope(), now)
	events := Scope{Kinds: []Kind{Event}}
	n.IsAsked(iriOfFollow(uuid.New()), events, "", false, FullScope(), now.Add(24*time.Hour))
	if n.Message != "Bonjour" || !n.TheirWants.Equal(events) {
		t.Errorf("after a repeat: got %q and %v, want the first words and the last wish", n.Message, n.TheirWants)
	}
	n.IsLeft(n.TheirFollow)
	n.IsAsked(iriOfFollow(uuid.New()), events, "", false, FullScope(), now.Add(48*time.Hour))
	if n.Message != "" {
		t.Errorf("a request of its own, without words: got %q", n.Message)
	}
}

// Whoever has an agreement may want more or less without losing what flows meanwhile.
func TestAnAgreementIsChangedWhileNewsFlows(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC)
	first, second := uuid.New(), uuid.New()
	n := &Neighbour{Outgoing: StandingNone, Incoming: StandingNone, Mode: ModeOpen}
	n.Ask(first, FullScope(), "", now)
	n.IsAccepted(first, FullScope(), now)
	n.Compared(now)
	if say := n.Ask(second, FullScope(), "", now); say != nil || n.FollowID != first {
		t.Errorf("the same wish: got %v", say)
	}
	near := Scope{Kinds: []Kind{Event, News}, MaxKm: 15}
	say := n.Ask(second, near, "", now)
	if len(say) != 1 || say[0].Type != "Follow" || n.Outgoing != StandingAccepted || !n.Wants.Equal(near) {
		t.Errorf("another wish: got %v, standing %s", say, n.Outgoing)
	}
	n.IsAccepted(second, FullScope(), now)
	if !n.CompareDue(now, time.Time{}, false) {
		t.Error("a changed agreement is not compared")
	}
}
