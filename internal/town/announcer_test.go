package town

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bourg/federation"

	"github.com/google/uuid"
)

// groupBook is an AnnounceStore that knows which groups announce the merchant.
type groupBook struct {
	AnnounceStore
	groups []*Group
}

func (b *groupBook) Town(context.Context) (*Town, error) { return wireTown(), nil }
func (b *groupBook) GroupsOf(context.Context, uuid.UUID) ([]*Group, error) {
	return slices.Clone(b.groups), nil
}

func testAnnouncer(t testing.TB, groups ...*Group) *Announcer {
	t.Helper()
	return &Announcer{
		Store: &groupBook{groups: groups}, Addresses: testAddresses(t), Now: func() time.Time { return tuesday }, Wake: func() {},
		Plain: func(s string) string { return strings.NewReplacer("<p>", "", "</p>", "").Replace(s) },
	}
}

func wireGroup() *Group {
	return &Group{
		ID: uuid.MustParse("0193a1c0-0000-7000-8000-0000000000aa"), Kind: GroupMarket, Handle: "marche_du_samedi", Name: "Marché du samedi",
		Summary: "Vingt étals sous la halle.", Where: "Place de la Halle", When: "Le samedi de 8 h à 12 h", On: true, Created: tuesday, Updated: tuesday,
	}
}

// Groups announce what merchants publish, and nothing else.
func TestWhatGroupsAnnounce(t *testing.T) {
	t.Parallel()
	second := wireGroup()
	second.ID = uuid.MustParse("0193a1c0-0000-7000-8000-000000000001")
	a := testAnnouncer(t, wireGroup(), second)
	post := func(change func(*Post)) *Post {
		p := *wirePosts(t)[News]
		change(&p)
		return &p
	}
	plain := func(*Post) {}
	for _, c := range []struct {
		what, activity string
		post           *Post
		want           int
	}{
		{"news", "Create", post(plain), 2},
		{"news for the town alone", "Create", post(func(p *Post) { p.Reach = ReachTown }), 2},
		{"an edit", "Update", post(plain), 0},
		{"a withdrawal", "Delete", post(plain), 0},
		{"what its merchant announces itself", "Announce", post(plain), 0},
		{"an answer", "Create", post(func(p *Post) { p.Kind = Answer }), 0},
		{"a private word", "Create", post(func(p *Post) { p.Public = false }), 0},
		{"a product that nobody is told of", "Create", post(func(p *Post) { p.Kind, p.Product = Product, &ProductDetails{} }), 0},
		{"a product that is put forward", "Create", post(func(p *Post) { p.Kind, p.Product = Product, &ProductDetails{Highlighted: true} }), 2},
	} {
		out := Outgoing{ID: uuid.New(), Type: c.activity, Object: a.Addresses.Post(c.post.ID), Leaves: tuesday}
		if err := a.Carry(t.Context(), c.post, &out); err != nil {
			t.Fatalf("%s: %v", c.what, err)
		}
		if len(out.Also) != c.want {
			t.Errorf("%s: got %d announcements, want %d", c.what, len(out.Also), c.want)
		}
		for i, also := range out.Also {
			if also.Announcement == nil || also.Announcement.Carries != out.ID || also.Announcement.Day != "2026-11-24" || !also.Leaves.Equal(tuesday) ||
				!also.To.Followers || also.Object != out.Object {
				t.Errorf("%s: got the announcement %+v", c.what, also)
			}
			if i > 0 && slices.Compare(out.Also[i-1].Actor[:], also.Actor[:]) >= 0 {
				t.Errorf("%s: got groups out of order, want them locked in one order everywhere", c.what)
			}
		}
	}
}

// A day is the town's: what leaves after midnight there counts for the next one.
func TestTheDayOfAnAnnouncementIsTheTowns(t *testing.T) {
	t.Parallel()
	a := testAnnouncer(t, wireGroup())
	for leaves, want := range map[time.Time]string{
		time.Date(2026, 11, 24, 22, 59, 59, 0, time.UTC): "2026-11-24", time.Date(2026, 11, 24, 23, 0, 0, 0, time.UTC): "2026-11-25",
	} {
		p := wirePosts(t)[News]
		out := Outgoing{ID: uuid.New(), Type: "Create", Object: a.Addresses.Post(p.ID), Leaves: leaves}
		if err := a.Carry(t.Context(), p, &out); err != nil {
			t.Fatal(err)
		}
		if got := out.Also[0].Announcement.Day; got != want {
			t.Errorf("leaving at %s: got the day %s, want %s", leaves, got, want)
		}
	}
}

func TestQuota(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		today, of int
		want      bool
	}{{0, 0, true}, {11, 1, true}, {12, 0, false}, {13, 0, false}, {5, 2, false}, {5, 1, true}} {
		if got := MayAnnounce(c.today, c.of); got != c.want {
			t.Errorf("%d today, %d of the merchant: got %v, want %v", c.today, c.of, got, c.want)
		}
	}
}

// Each trade has a name for its group, of which a handle can be made.
func TestEveryTradeHasAName(t *testing.T) {
	t.Parallel()
	for _, trade := range Trades {
		if tradeNames[trade.Slug] == "" {
			t.Errorf("%s: got no name for all who have the trade", trade.Slug)
		}
	}
	if len(tradeNames) != len(Trades) {
		t.Errorf("got %d names for %d trades", len(tradeNames), len(Trades))
	}
}

func TestOfAPlace(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Sauzé": "de Sauzé", "Anduze": "d’Anduze", "Le Vigan": "du Vigan", "Les Arcs": "des Arcs", "La Rochelle": "de La Rochelle",
		"L’Isle": "de L’Isle", "Évreux": "d’Évreux", "Hyères": "d’Hyères", "Hautefort": "de Hautefort", "Uzès": "d’Uzès", "": "de ",
	} {
		if got := ofPlace(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

// The summary says what it leads to, as text, and keeps to its length.
func TestSummaryIsTextAndShort(t *testing.T) {
	t.Parallel()
	a := testAnnouncer(t)
	p := wirePosts(t)[News]
	p.Text, p.Merchant.Name = "<script>"+strings.Repeat("très long ", 50)+"\nsecond line", `A & "B"`
	s := &GroupSummary{
		ID: uuid.MustParse("0193a1c0-0000-7000-8000-0000000000bb"), Group: wireGroup(), Day: "2026-11-24", Published: tuesday,
		Entries: []GroupEntry{{Post: p}, {Foreign: &ForeignPost{Domain: "next.example", Town: "Vernède", URL: `https://next.example/"x`, Content: "<p>Des <b>roses</b></p>"}}},
		Further: 3,
	}
	got := a.summary(wireTown(), s).Content
	for _, bad := range []string{"<script", "second line", `example/"`, "<b>"} {
		if strings.Contains(got, bad) {
			t.Errorf("got %q in %s", bad, got)
		}
	}
	for _, want := range []string{"mardi 24\u00a0novembre 2026", "A &amp; &#34;B&#34;", "next.example (Vernède)", "Et 3 de plus", "…"} {
		if !strings.Contains(got, want) {
			t.Errorf("got no %q in %s", want, got)
		}
	}
	s.Entries, s.Further = nil, 0
	if got := a.summary(wireTown(), s).Content; !strings.Contains(got, "retirées") {
		t.Errorf("of what was withdrawn: got %s", got)
	}
}

// What groups send and show is what the golden files say.
func TestGroupsOnTheWire(t *testing.T) {
	t.Parallel()
	a := testAnnouncer(t)
	g, post := wireGroup(), wirePosts(t)[News]
	activity := uuid.MustParse("0193a1c0-0000-7000-8000-0000000000cc")
	toHTML := func(s string) string { return "<p>" + strings.ReplaceAll(s, "\n\n", "</p><p>") + "</p>" }
	g.Keys = testKeys(t)
	actor := groupDocument(a.Addresses, toHTML, wireTown(), g)
	actor.Keys = nil
	announce := groupAnnounce(a.Addresses, g.ID, a.Addresses.Post(post.ID), tuesday)
	announce.ID = a.Addresses.Activity(activity)
	carried, err := carrying(a.Addresses, g.ID, OutboxRow{
		ID: activity, CarriesID: post.ID, Leaves: tuesday, Carries: mustEncode(t, create(wireObject(t, post)), a.Addresses.Activity(post.ID)),
	})
	if err != nil {
		t.Fatal(err)
	}
	summary := a.summary(wireTown(), &GroupSummary{ID: activity, Group: g, Day: "2026-11-24", Published: tuesday, Entries: []GroupEntry{{Post: post}}})
	inner := announce
	us := a.Addresses.Actor(g.ID)
	undo := federation.Activity{Type: "Undo", Actor: us, ObjectID: inner.ID, Inner: &inner, To: inner.To, Cc: inner.Cc, Published: tuesday}
	document, err := federation.EncodeActor(actor)
	if err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string][]byte{
		"group": document, "group-outbox": carried,
		"group-announce": mustEncode(t, announce, announce.ID),
		"group-summary":  mustEncode(t, create(summary), a.Addresses.Activity(activity)),
		"group-undo":     mustEncode(t, undo, a.Addresses.Activity(post.ID)),
	} {
		var file bytes.Buffer
		file.WriteString("-- json --\n")
		if err := json.Indent(&file, raw, "", " "); err != nil {
			t.Fatal(err)
		}
		file.WriteString("\n")
		path := filepath.Join(root, "federation/testdata/activities", name+".txtar")
		if *rewrite {
			if err := os.WriteFile(path, file.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if file.String() != string(want) {
			t.Errorf("%s: got\n%s\nwant\n%s", path, file.String(), want)
		}
	}
}

func mustEncode(t testing.TB, act federation.Activity, id federation.IRI) []byte {
	t.Helper()
	act.ID = id
	raw, err := federation.EncodeActivity(&act)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
