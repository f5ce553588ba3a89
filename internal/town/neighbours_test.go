package town

import (
	"context"
	"net/url"
	"testing"
	"time"

	"bourg/federation"
)

// rowsOfNeighbours is a store that knows neighbours and nothing else.
type rowsOfNeighbours struct {
	NeighbourStore
	rows map[string]*Neighbour
	said []string // types of what was told to neighbours
}

func (s *rowsOfNeighbours) Neighbour(_ context.Context, domain string) (*Neighbour, error) {
	if n, found := s.rows[domain]; found {
		copied := *n
		return &copied, nil
	}
	return nil, ErrNotFound
}

func (s *rowsOfNeighbours) RelayActor(context.Context) (*LocalActor, error) {
	return &LocalActor{}, nil
}

// ChangeNeighbour makes an unknown neighbour's row as PostgreSQL's does: at an https address.
func (s *rowsOfNeighbours) ChangeNeighbour(_ context.Context, domain string, change func(*Neighbour) ([]Outgoing, error)) error {
	n, found := s.rows[domain]
	if !found {
		n = &Neighbour{Domain: domain, Base: "https://" + domain, Outgoing: StandingNone, Incoming: StandingNone, Mode: ModeOpen}
		s.rows[domain] = n
	}
	out, err := change(n)
	for _, o := range out {
		s.said = append(s.said, o.Type)
	}
	return err
}

// oneCard answers with one town's card whatever is asked.
type oneCard struct{ relay RelayActor }

func (c oneCard) ReadCard(context.Context, string) (Card, RelayActor, error) {
	return Card{Name: "La Bastide-Neuve"}, c.relay, nil
}

func TestTownThatWasWelcomedBeforeItWasAskedIsAskedWhereItAnswers(t *testing.T) {
	t.Parallel()
	base, err := url.Parse("http://127.0.0.2:8080")
	if err != nil {
		t.Fatal(err)
	}
	const domain = "127.0.0.3:8080"
	store := &rowsOfNeighbours{rows: map[string]*Neighbour{}}
	n := &Neighbours{
		Store: store, Addresses: Addresses{Base: base}, Now: time.Now, Wake: func() {},
		Cards: oneCard{RelayActor{
			ID:    federation.IRI("http://" + domain + "/actors/0192f3b0-0000-7000-8000-000000000001"),
			Inbox: federation.IRI("http://" + domain + "/inbox"),
		}},
	}
	operator := Author{Operator: true}
	if err := n.Accept(t.Context(), operator, domain, FullScope()); err != nil {
		t.Fatal(err)
	}
	if err := n.Ask(t.Context(), operator, "http://"+domain, FullScope(), ""); err != nil {
		t.Fatal(err)
	}
	if got, want := store.rows[domain].Base, "http://"+domain; got != want {
		t.Errorf("the neighbour's address: got %s, want %s", got, want)
	}
}
