package town

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"testing"
	"time"

	"bourg/federation"
)

// otherTown is a neighbour with many posts, and the store of who fills in from it.
type otherTown struct {
	rowsOfNeighbours
	lines   []ActiveLine
	broken  map[federation.IRI]error // what a GET of a post answers instead
	kept    []ActiveLine
	asked   int
	dropped []federation.IRI
	refuses error // what the list answers instead
}

func (o *otherTown) Town(context.Context) (*Town, error) { return &Town{}, nil }

func (o *otherTown) ReadActive(context.Context, federation.IRI, string, []ActiveLine) ([]ActiveLine, error) {
	return o.lines, o.refuses
}

func (o *otherTown) ForeignPosts(context.Context, string) ([]ActiveLine, error) { return o.kept, nil }

func (o *otherTown) KeepForeignPost(_ context.Context, p *ForeignPost) error {
	o.kept = append(o.kept, ActiveLine{ID: p.ObjectID, Changed: p.Changed()})
	return nil
}

func (o *otherTown) DropForeignPosts(_ context.Context, _ string, gone []federation.IRI) error {
	o.dropped = gone
	return nil
}

func (o *otherTown) ReadPost(_ context.Context, id federation.IRI) (*federation.Object, []byte, error) {
	o.asked++
	if err := o.broken[id]; err != nil {
		return nil, nil, err
	}
	i := slices.IndexFunc(o.lines, func(l ActiveLine) bool { return l.ID == id })
	return &federation.Object{
		ID: id, Type: "Note", AttributedTo: "https://b.example/actors/1", Content: "<p>x</p>",
		To: []federation.IRI{federation.Public}, Published: o.lines[i].Changed,
	}, []byte(`{}`), nil
}

const bastide = "b.example"

// fillingIn is a town whose neighbour has so many posts that are not known yet.
func fillingIn(posts int) (*Neighbours, *otherTown) {
	now := time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC)
	o := &otherTown{broken: map[federation.IRI]error{}}
	o.rows = map[string]*Neighbour{bastide: {
		Domain: bastide, Base: "https://" + bastide, Outgoing: StandingAccepted, Mode: ModeOpen, Wants: FullScope(), Gives: FullScope(),
		Card: Card{Active: "https://b.example/active"}, Relay: RelayActor{ID: "https://b.example/relay"},
	}}
	for i := range posts {
		o.lines = append(o.lines, ActiveLine{
			ID: federation.IRI(fmt.Sprintf("https://b.example/posts/%d", i)), Changed: now.Add(-time.Duration(i+1) * time.Minute),
		})
	}
	plain := func(s string) string { return s }
	return &Neighbours{
		Store: o, Peers: o, Addresses: Addresses{Base: &url.URL{Scheme: "https", Host: "a.example"}}, Clean: plain, Plain: plain, Line: plain,
		Pause: func(context.Context, time.Duration) error { return nil }, Now: func() time.Time { return now }, Wake: func() {},
	}, o
}

func TestTownWithManyPostsIsFilledInRoundByRound(t *testing.T) {
	t.Parallel()
	n, o := fillingIn(2*BackfillObjects + 50)
	for round, want := range []int{BackfillObjects, 2 * BackfillObjects, 2*BackfillObjects + 50} {
		if err := n.Reconcile(t.Context(), bastide); err != nil {
			t.Fatal(err)
		}
		if len(o.kept) != want {
			t.Errorf("round %d: got %d posts, want %d", round+1, len(o.kept), want)
		}
		if got, want := o.rows[bastide].CompareDue(n.Now(), time.Time{}, false), round < 2; got != want {
			t.Errorf("round %d: due again: got %v, want %v", round+1, got, want)
		}
	}
	if o.kept[0].ID != o.lines[0].ID {
		t.Errorf("came first: got %s, want the newest, %s", o.kept[0].ID, o.lines[0].ID)
	}
}

func TestPostThatCannotBeHadDoesNotKeepTheOthersAway(t *testing.T) {
	t.Parallel()
	n, o := fillingIn(5)
	o.broken[o.lines[0].ID] = errors.New("500")
	o.broken[o.lines[2].ID] = ErrGone
	if err := n.Reconcile(t.Context(), bastide); err != nil {
		t.Fatal(err)
	}
	if len(o.kept) != 3 || !slices.Equal(o.dropped, []federation.IRI{o.lines[2].ID}) || o.rows[bastide].Reconciled.IsZero() {
		t.Errorf("got %d posts, %v dropped, compared %v; want 3, the one that is gone, and now", len(o.kept), o.dropped, o.rows[bastide].Reconciled)
	}
}

func TestTownThatGivesNothingIsLeftAloneUntilTheNextRound(t *testing.T) {
	t.Parallel()
	n, o := fillingIn(50)
	for _, l := range o.lines[2:] {
		o.broken[l.ID] = errors.New("connection refused")
	}
	if err := n.Reconcile(t.Context(), bastide); err == nil || o.asked != 2+maxFailed || !o.rows[bastide].Reconciled.IsZero() {
		t.Errorf("got error %v after %d requests, compared %v; want an error after %d, and not compared", err, o.asked, o.rows[bastide].Reconciled, 2+maxFailed)
	}
}

// A town that has forgotten the agreement, or whose Reject was lost, is asked anew; any other trouble with its list changes nothing.
func TestTownThatKnowsOfNoAgreementIsAskedAnew(t *testing.T) {
	t.Parallel()
	n, o := fillingIn(5)
	o.refuses = errors.New("502")
	if err := n.Reconcile(t.Context(), bastide); err == nil || o.rows[bastide].Outgoing != StandingAccepted {
		t.Errorf("a list that is not to be had: got %v, standing %s, want an error, and all as it was", err, o.rows[bastide].Outgoing)
	}
	o.refuses = ErrForbidden
	if err := n.Reconcile(t.Context(), bastide); err != nil {
		t.Fatal(err)
	}
	k := o.rows[bastide]
	if k.Outgoing != StandingPending || !slices.Equal(o.said, []string{"Follow"}) || len(o.kept) != 0 || !k.Asked.Equal(n.Now()) {
		t.Errorf("got standing %s since %v, %v sent, %d kept; want a Follow, and nothing kept", k.Outgoing, k.Asked, o.said, len(o.kept))
	}
}
