package town

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"bourg/federation"
)

// shelf is what a town has of one neighbour, and the neighbour's list.
type shelf struct {
	NeighbourStore
	neighbour Neighbour
	known     []ActiveLine
	listed    []ActiveLine
	meanwhile func() // happens while the list is on its way
	fetched   []federation.IRI
}

func (s *shelf) Town(context.Context) (*Town, error) {
	return &Town{Lat: 44.2, Lon: 4.4, Name: "Vernède"}, nil
}
func (s *shelf) Neighbour(context.Context, string) (*Neighbour, error) { return &s.neighbour, nil }

func (s *shelf) ChangeNeighbour(_ context.Context, _ string, change func(*Neighbour) ([]Outgoing, error)) error {
	_, err := change(&s.neighbour)
	return err
}

func (s *shelf) ForeignPosts(context.Context, string) ([]ActiveLine, error) {
	return slices.Clone(s.known), nil
}

func (s *shelf) DropForeignPosts(_ context.Context, _ string, gone []federation.IRI) error {
	s.known = slices.DeleteFunc(s.known, func(l ActiveLine) bool { return slices.Contains(gone, l.ID) })
	return nil
}

func (s *shelf) KeepForeignPost(_ context.Context, p *ForeignPost) error {
	s.known = slices.DeleteFunc(s.known, func(l ActiveLine) bool { return l.ID == p.ObjectID })
	s.known = append(s.known, ActiveLine{ID: p.ObjectID, Changed: p.Changed()})
	return nil
}

func (s *shelf) ReadActive(context.Context, federation.IRI, string, []ActiveLine) ([]ActiveLine, error) {
	listed := slices.Clone(s.listed)
	if s.meanwhile != nil {
		s.meanwhile()
	}
	return listed, nil
}

func (s *shelf) ReadPost(_ context.Context, id federation.IRI) (*federation.Object, []byte, error) {
	s.fetched = append(s.fetched, id)
	for _, l := range s.listed {
		if l.ID == id {
			return &federation.Object{
				ID: id, Type: "Note", AttributedTo: "https://b.example/actors/2", To: []federation.IRI{federation.Public}, Published: l.Changed,
			}, json.RawMessage(`{"bourg:kind":"news"}`), nil
		}
	}
	return nil, nil, ErrGone
}

// TestNewsThatArrivesDuringAComparisonStays announces a post while the list, which lacks it, is being read.
func TestNewsThatArrivesDuringAComparisonStays(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	line := func(id string) ActiveLine {
		return ActiveLine{ID: federation.IRI("https://b.example/posts/" + id), Changed: now}
	}
	kept, gone, missed, late := line("kept"), line("gone"), line("missed"), line("late")
	s := &shelf{
		neighbour: Neighbour{
			Domain: "b.example", Outgoing: StandingAccepted, Mode: ModeOpen, Wants: FullScope(), Gives: FullScope(),
			Card: Card{Active: "https://b.example/active", Place: &Point{44.19, 4.43}},
		},
		known: []ActiveLine{kept, gone}, listed: []ActiveLine{kept, missed},
	}
	s.meanwhile = func() { s.known = append(s.known, late) }
	n := &Neighbours{
		Store: s, Peers: s, Pause: func(context.Context, time.Duration) error { return nil },
		Clean: func(h string) string { return h }, Plain: func(h string) string { return h }, Line: func(l string) string { return l }, Now: func() time.Time { return now }, Wake: func() {},
	}
	if err := n.Reconcile(t.Context(), "b.example"); err != nil {
		t.Fatal(err)
	}
	if want := []ActiveLine{kept, late, missed}; !slices.Equal(s.known, want) {
		t.Errorf("got %v, want %v", s.known, want)
	}
	if !slices.Equal(s.fetched, []federation.IRI{missed.ID}) {
		t.Errorf("got %v fetched, want what was missed alone", s.fetched)
	}
	if !s.neighbour.Reconciled.Equal(now) {
		t.Errorf("got the comparison noted at %v, want %v", s.neighbour.Reconciled, now)
	}
}

func TestWhoIsVisitedWhen(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	fresh := Neighbour{Outgoing: StandingAccepted, Incoming: StandingAccepted, Mode: ModeOpen, Card: Card{Read: now.Add(-time.Hour)}, Reconciled: now.Add(-time.Hour)}
	for _, tt := range []struct {
		name           string
		change         func(*Neighbour)
		visit, compare bool
		started        time.Time
	}{
		{"seen an hour ago", func(*Neighbour) {}, false, false, time.Time{}},
		{"fails", func(n *Neighbour) { n.NotReached(now.Add(-time.Minute)) }, true, false, time.Time{}},
		{"card of yesterday", func(n *Neighbour) { n.Read = now.Add(-ReconcileEvery) }, true, false, time.Time{}},
		{"compared yesterday", func(n *Neighbour) { n.Reconciled = now.Add(-ReconcileEvery) }, true, true, time.Time{}},
		{"compared yesterday, and sends nothing to us", func(n *Neighbour) { n.Outgoing, n.Reconciled = StandingNone, time.Time{} }, false, false, time.Time{}},
		{"asks us, card never read", func(n *Neighbour) {
			n.Outgoing, n.Incoming, n.Read = StandingNone, StandingPending, time.Time{}
		}, true, false, time.Time{}},
		{"left", func(n *Neighbour) { n.Outgoing, n.Incoming, n.Read = StandingNone, StandingNone, time.Time{} }, false, false, time.Time{}},
		{"compared an hour ago, before the server started", func(*Neighbour) {}, true, true, now.Add(-time.Minute)},
		{"compared since the server started", func(*Neighbour) {}, false, false, now.Add(-2 * time.Hour)},
		{"compared just before the server started", func(n *Neighbour) { n.Reconciled = now.Add(-2 * time.Minute) }, false, false, now.Add(-time.Minute)},
		{"sends nothing to us, and the server started", func(n *Neighbour) { n.Outgoing = StandingNone }, false, false, now.Add(-time.Minute)},
		{"blocked and failing", func(n *Neighbour) { n.Mode = ModeBlocked; n.NotReached(now) }, false, false, time.Time{}},
	} {
		n := fresh
		tt.change(&n)
		if got := n.VisitDue(now, tt.started); got != tt.visit {
			t.Errorf("%s: got visit due %v, want %v", tt.name, got, tt.visit)
		}
		if got := n.CompareDue(now, tt.started, false); got != tt.compare {
			t.Errorf("%s: got comparison due %v, want %v", tt.name, got, tt.compare)
		}
	}
}

func TestNeighbourThatIsBackIsCompared(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	n := Neighbour{Outgoing: StandingAccepted, Mode: ModeOpen, Reconciled: now.Add(-time.Hour)}
	n.NotReached(now.Add(-2 * time.Hour))
	n.NotReached(now.Add(-time.Hour))
	if want := now.Add(-2 * time.Hour); !n.Failing.Equal(want) {
		t.Errorf("failing since %v, want the first failure at %v", n.Failing, want)
	}
	if back := n.Reached(Card{Read: now}, RelayActor{}); !back || !n.CompareDue(now, time.Time{}, back) || !n.Failing.IsZero() {
		t.Errorf("got back %v, comparison due %v, failing since %v; want it back and compared", back, n.CompareDue(now, time.Time{}, back), n.Failing)
	}
	if back := n.Reached(Card{Read: now}, RelayActor{}); back || n.CompareDue(now, time.Time{}, back) {
		t.Error("a neighbour that was well is compared before its time")
	}
}
