package town

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"bourg/federation"

	"github.com/google/uuid"
)

// hallBook is a HallStore, an AccountStore and the part of a NeighbourStore that answers reports, in memory.
type hallBook struct {
	HallStore
	NeighbourStore
	AccountStore
	townHall bool
	k        *Neighbour
	post     *ForeignPost
	hidden   []HiddenPost
	reports  []*SentReport
	flags    []Outgoing
	answers  []string
}

func (b *hallBook) Login(context.Context, uuid.UUID) (*Login, error) {
	return &Login{TownHall: b.townHall}, nil
}
func (b *hallBook) RelayActor(context.Context) (*LocalActor, error) {
	return &LocalActor{ID: uuid.MustParse("0192f3b0-0000-7000-8000-0000000000ff")}, nil
}
func (b *hallBook) Neighbour(context.Context, string) (*Neighbour, error) { return b.k, nil }
func (b *hallBook) NeighbourByRelay(_ context.Context, relay federation.IRI) (*Neighbour, error) {
	if relay != b.k.Relay.ID {
		return nil, ErrNotFound
	}
	return b.k, nil
}
func (b *hallBook) ForeignPost(_ context.Context, id uuid.UUID) (*ForeignPost, error) {
	if id != b.post.ID {
		return nil, ErrNotFound
	}
	return b.post, nil
}
func (b *hallBook) HideForeign(_ context.Context, h HiddenPost, r *SentReport, flag Outgoing) error {
	b.hidden, b.reports, b.flags = append(b.hidden, h), append(b.reports, r), append(b.flags, flag)
	return nil
}
func (b *hallBook) AnswerReport(_ context.Context, _ Received, _ uuid.UUID, domain, words string, _ time.Time) error {
	b.answers = append(b.answers, domain+": "+words)
	return nil
}

func newHalls(t *testing.T) (*Halls, *hallBook) {
	b := &hallBook{townHall: true, k: vernede(10), post: &ForeignPost{
		ID: uuid.New(), ObjectID: "https://vernede.example/posts/1", Domain: "vernede.example", Content: "<p>Pain miracle</p>",
		Actor: RemoteActor{ID: "https://vernede.example/actors/1"},
	}}
	b.k.Relay.Inbox = "https://vernede.example/relay/inbox"
	return &Halls{
		Store: b, Accounts: b, Addresses: testAddresses(t), Line: strings.TrimSpace, Now: func() time.Time { return morning }, Wake: func() {},
		Text: func(s string) string { return strings.NewReplacer("<p>", "", "</p>", "").Replace(s) },
	}, b
}

// TestATownHallHidesAndReports: the decision here has its reasons, and the Flag names the author first.
func TestATownHallHidesAndReports(t *testing.T) {
	t.Parallel()
	h, b := newHalls(t)
	mayor := Author{Login: uuid.New()}
	for name, c := range map[string]struct {
		category Category
		words    string
		want     Invalid
	}{
		"nothing said":    {"", " \x00 ", Invalid{"category": "hall.no_reason", "words": "report.empty"}},
		"unknown reason":  {"taste", "Pas bon.", Invalid{"category": "hall.no_reason"}},
		"a whole dossier": {"spam", strings.Repeat("é", MaxReport+1), Invalid{"words": "report.long"}},
	} {
		var got Invalid
		if err := h.Report(t.Context(), mayor, b.post.ID, c.category, c.words); !errors.As(err, &got) || len(got) != len(c.want) || got["words"] != c.want["words"] {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
	if err := h.Report(t.Context(), mayor, b.post.ID, "misleading", "Jamais vendu à ce prix."); err != nil {
		t.Fatal(err)
	}
	if len(b.hidden) != 1 || b.hidden[0] != (HiddenPost{b.post.ObjectID, "vernede.example", "misleading", "Jamais vendu à ce prix.", mayor.Login, morning}) {
		t.Errorf("hidden: got %+v, want the post with reason, words and who", b.hidden)
	}
	flag := decoded(t, b.flags[0].JSON)
	want := []any{"https://vernede.example/actors/1", "https://vernede.example/posts/1"}
	if got, _ := flag["object"].([]any); !slices.Equal(got, want) || flag["bourg:category"] != "misleading" || flag["content"] != "Jamais vendu à ce prix." {
		t.Errorf("the Flag: got %s", b.flags[0].JSON)
	}
	golden(t, Outgoing{Type: "Flag", Also: b.flags}, map[string]string{"vernede.example": "flag-neighbour"})
	if got := hosts(b.flags[0].To.Inboxes); got != "vernede.example" || b.flags[0].Public || b.flags[0].Listed {
		t.Errorf("the Flag goes to %q, public %t, want to their relay alone", got, b.flags[0].Public)
	}
	if b.reports[0].Title != "Pain miracle" || b.reports[0].Hall != "vernede.example" {
		t.Errorf("the report: got %+v", b.reports[0])
	}
	b.townHall = false
	if err := h.Report(t.Context(), mayor, b.post.ID, "spam", "Encore."); !errors.Is(err, ErrForbidden) {
		t.Errorf("somebody else: got %v, want ErrForbidden", err)
	}
}

// TestOnlyATownHallAnswers: a private Note that answers a Flag of ours counts if it comes from a neighbouring town's relay.
func TestOnlyATownHallAnswers(t *testing.T) {
	t.Parallel()
	flag := federation.IRI("https://bourg.example/activities/" + uuid.NewString())
	note := func(change func(*federation.Incoming, *federation.Object, *Neighbour)) (*federation.Incoming, *federation.Object, *Neighbour) {
		k := vernede(10)
		o := &federation.Object{
			ID: "https://vernede.example/posts/9", Type: "Note", AttributedTo: k.Relay.ID, InReplyTo: flag, Content: "<p>Corrigé.</p>",
			To: []federation.IRI{"https://bourg.example/actors/0192f3b0-0000-7000-8000-0000000000ff"},
		}
		in := &federation.Incoming{
			Sender:   &federation.Actor{ID: k.Relay.ID, Type: "Application"},
			Activity: &federation.Activity{ID: "https://vernede.example/activities/9", Type: "Create", Actor: k.Relay.ID, ObjectID: o.ID, Object: o}, Received: morning,
		}
		change(in, o, k)
		return in, o, k
	}
	for _, c := range []struct {
		name   string
		change func(*federation.Incoming, *federation.Object, *Neighbour)
		want   bool
	}{
		{"the other town hall", func(*federation.Incoming, *federation.Object, *Neighbour) {}, true},
		{"one that only receives", func(_ *federation.Incoming, _ *federation.Object, k *Neighbour) {
			k.Outgoing, k.Incoming = StandingNone, StandingAccepted
		}, true},
		{"a stranger", func(in *federation.Incoming, _ *federation.Object, _ *Neighbour) {
			in.Sender.ID = "https://vernede.example/users/odile"
		}, false},
		{"a blocked town", func(_ *federation.Incoming, _ *federation.Object, k *Neighbour) { k.Mode = ModeBlocked }, false},
		{"a former neighbour", func(_ *federation.Incoming, _ *federation.Object, k *Neighbour) { k.Outgoing = StandingNone }, false},
		{"an agenda", func(_ *federation.Incoming, _ *federation.Object, k *Neighbour) { k.Peering = "" }, false},
		{"a public answer", func(_ *federation.Incoming, o *federation.Object, _ *Neighbour) {
			o.To = []federation.IRI{federation.Public}
		}, false},
		{"an answer to a post", func(_ *federation.Incoming, o *federation.Object, _ *Neighbour) {
			o.InReplyTo = "https://bourg.example/posts/0192f3b0-0000-7000-8000-0000000000ff"
		}, false},
		{"an answer to another town's Flag", func(_ *federation.Incoming, o *federation.Object, _ *Neighbour) {
			o.InReplyTo = "https://uzes.example/activities/1"
		}, false},
	} {
		h, b := newHalls(t)
		in, o, k := note(c.change)
		b.k = k
		n := &Neighbours{Store: b, Addresses: h.Addresses, Line: h.Line, Text: h.Text, Now: h.Now}
		got, err := n.hallAnswered(t.Context(), in, o)
		if err != nil || got != c.want || (len(b.answers) == 1) != c.want {
			t.Errorf("%s: got %t, answers %q and error %v, want %t", c.name, got, b.answers, err, c.want)
		}
		if c.want && b.answers[0] != "vernede.example: Corrigé." {
			t.Errorf("%s: got %q, want the words", c.name, b.answers[0])
		}
	}
}

// TestTheAnswerIsPrivate: it goes to the relay that reported, in reply to its Flag, and no word in it is HTML.
func TestTheAnswerIsPrivate(t *testing.T) {
	t.Parallel()
	a := testAddresses(t)
	report := &Report{Hall: "Vernède", HallRelay: "https://vernede.example/relay", Flag: "https://vernede.example/activities/1"}
	out, err := a.answerTo(&LocalActor{ID: baker.ID}, report, "Corrigé <b>hier</b>.\nMerci.", morning)
	if err != nil {
		t.Fatal(err)
	}
	m := decoded(t, out.JSON)
	o := m["object"].(map[string]any)
	if o["content"] != "<p>Corrigé &lt;b&gt;hier&lt;/b&gt;.<br>Merci.</p>" || o["inReplyTo"] != string(report.Flag) || out.Public || out.Listed {
		t.Errorf("got %s", out.JSON)
	}
	for _, part := range []map[string]any{m, o} {
		if to, _ := part["to"].([]any); len(to) != 1 || to[0] != string(report.HallRelay) || part["cc"] != nil {
			t.Errorf("to: got %v and cc %v, want their relay alone", part["to"], part["cc"])
		}
	}
	golden(t, Outgoing{Type: "Create", Also: []Outgoing{out}}, map[string]string{"": "create-answer"})
	if !slices.Equal(out.To.Actors, []federation.IRI{report.HallRelay}) || out.To.Followers {
		t.Errorf("goes to %+v, want their relay alone", out.To)
	}
}
