package town

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"bourg/federation"
)

// foreignBook is the part of a NeighbourStore that receiving announcements asks. It writes down what it was asked to do.
type foreignBook struct {
	NeighbourStore
	k      *Neighbour
	radius float64
	did    []string
}

func (b *foreignBook) NeighbourByRelay(_ context.Context, relay federation.IRI) (*Neighbour, error) {
	if b.k == nil || relay != b.k.Relay.ID {
		return nil, ErrNotFound
	}
	return b.k, nil
}
func (b *foreignBook) Town(context.Context) (*Town, error)       { return &Town{Lat: 46.65, Lon: -0.25}, nil }
func (b *foreignBook) RadiusKm(context.Context) (float64, error) { return b.radius, nil }
func (b *foreignBook) SaveForeignPost(_ context.Context, _ Received, p *ForeignPost) error {
	b.did = append(b.did, "save "+string(p.ObjectID))
	return nil
}
func (b *foreignBook) LoseForeignPost(_ context.Context, _ Received, _ string, o *federation.Object) error {
	b.did = append(b.did, "lose "+string(o.ID))
	return nil
}
func (b *foreignBook) DeleteForeignPost(_ context.Context, _ Received, _ string, o federation.IRI) error {
	b.did = append(b.did, "delete "+string(o))
	return nil
}

// vernede is a neighbour so many kilometres away, whose news we take.
func vernede(km float64) *Neighbour {
	return &Neighbour{
		Domain: "vernede.example", Outgoing: StandingAccepted, Mode: ModeOpen, Wants: FullScope(), Gives: FullScope(),
		Card:  Card{Peering: "approval", Place: &Point{46.65 + km/111.195, -0.25}},
		Relay: RelayActor{ID: "https://vernede.example/relay"},
	}
}

// announces is an Announce of what a merchant of vernede.example did with a post.
func announces(n int, activity, reach, kind string) *federation.Incoming {
	const host = "https://vernede.example"
	object := federation.IRI(fmt.Sprintf("%s/posts/%d", host, n))
	inner := &federation.Activity{
		ID: federation.IRI(fmt.Sprintf("%s/activities/%d-%s-%s", host, n, activity, reach)), Type: activity, Actor: host + "/actors/1", ObjectID: object,
		Object: &federation.Object{ID: object, Type: "Note", AttributedTo: host + "/actors/1", To: []federation.IRI{federation.Public}, Published: morning},
	}
	return &federation.Incoming{
		Sender:   &federation.Actor{ID: host + "/relay", Type: "Application"},
		Activity: &federation.Activity{ID: inner.ID + "-announce", Type: "Announce", Actor: host + "/relay", ObjectID: inner.ID, Inner: inner},
		JSON:     []byte(fmt.Sprintf(`{"object":{"object":{"bourg:kind":%q,"bourg:reach":%q}}}`, kind, reach)),
		Received: morning,
	}
}

func newNeighbours(t *testing.T, b NeighbourStore) *Neighbours {
	return &Neighbours{
		Store: b, Addresses: testAddresses(t), Now: func() time.Time { return morning }, Wake: func() {},
		Clean: func(s string) string { return s }, Plain: func(s string) string { return s }, Line: func(s string) string { return s }, Rates: new(PeerRates),
	}
}

// TestAnUpdateTakesNewsOutOfReach: a copy that no longer reaches us, or fell out of the agreement, is dropped.
func TestAnUpdateTakesNewsOutOfReach(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, activity, reach, kind string
		km, radius                  float64
		want                        string
	}{
		{"a new post near by", "Create", "neighbours", "news", 10, 0, "save"},
		{"an edit near by", "Update", "neighbours", "news", 10, 0, "save"},
		{"narrowed to its town", "Update", "town", "news", 10, 0, "lose"},
		{"narrowed to neighbours, which we are not", "Update", "neighbours", "news", 30, 8, "lose"},
		{"narrowed to neighbours, with a wide town of ours", "Update", "neighbours", "news", 22, 8, "save"},
		{"a reach that nobody knows", "Update", "galaxy", "news", 300, 0, "save"},
		{"out of the agreement", "Update", "everywhere", "product", 10, 0, "lose"},
		{"a new post that was never meant for us", "Create", "town", "news", 10, 0, ""},
		{"a new post of a kind that we do not take", "Create", "everywhere", "product", 10, 0, ""},
	} {
		b := &foreignBook{k: vernede(c.km), radius: c.radius}
		b.k.Gives = Scope{Kinds: []Kind{News, Event}}
		err := newNeighbours(t, b).announced(t.Context(), announces(1, c.activity, c.reach, c.kind))
		got := strings.TrimSuffix(strings.Join(b.did, " "), " https://vernede.example/posts/1")
		if got != c.want || (c.want == "") != errors.Is(err, federation.ErrIgnored) {
			t.Errorf("%s: got %q and error %v, want %q", c.name, got, err, c.want)
		}
	}
}

// TestANeighbourThatFloodsIsAskedToWait: 60 activities a minute are taken; what is over is refused before anything is done,
// and comes in when it is sent again after the time that was asked for.
func TestANeighbourThatFloodsIsAskedToWait(t *testing.T) {
	t.Parallel()
	b := &foreignBook{k: vernede(10)}
	n := newNeighbours(t, b)
	now := morning
	n.Now = func() time.Time { return now }
	refused := &federation.Refusal{}
	for i := range PeerRate + 1 {
		if err := n.announced(t.Context(), announces(i, "Create", "everywhere", "news")); err != nil && !errors.As(err, &refused) {
			t.Fatal(err)
		}
	}
	if len(b.did) != PeerRate || refused.Status != 429 || refused.RetryAfter < 25 || refused.RetryAfter > 31 {
		t.Fatalf("got %d taken, refusal %+v, want %d taken and a 429 that asks for half a minute", len(b.did), refused, PeerRate)
	}
	if err := n.Rates.Take("other.example", now); err != nil {
		t.Errorf("another neighbour: got %v, want it untouched", err)
	}
	now = now.Add(time.Duration(refused.RetryAfter) * time.Second)
	for i := range peerRoom {
		if err := n.announced(t.Context(), announces(PeerRate+i, "Create", "everywhere", "news")); err != nil {
			t.Fatalf("activity %d after the pause: got %v, want it taken", i+1, err)
		}
	}
	b.k.Outgoing = StandingNone
	if err := n.announced(t.Context(), announces(999, "Create", "everywhere", "news")); !errors.Is(err, federation.ErrIgnored) {
		t.Errorf("a stranger's flood: got %v, want it ignored, which costs no room here", err)
	}
}

// TestRatesForgetWhoIsQuiet: what is remembered is bounded, and no neighbour gains by it.
func TestRatesForgetWhoIsQuiet(t *testing.T) {
	t.Parallel()
	var p PeerRates
	for i := range maxPeerRates {
		if err := p.Take(fmt.Sprintf("%d.example", i), morning); err != nil {
			t.Fatal(err)
		}
	}
	for range PeerRate {
		_ = p.Take("loud.example", morning.Add(time.Hour))
	}
	if got := len(p.peers); got > maxPeerRates {
		t.Errorf("got %d neighbours remembered, want at most %d", got, maxPeerRates)
	}
	if err := p.Take("loud.example", morning.Add(time.Hour)); err == nil {
		t.Error("the loud one was forgotten with the quiet ones")
	}
}
