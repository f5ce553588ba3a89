package town

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"bourg/federation"

	"github.com/google/uuid"
)

// neighbourBook is the part of a NeighbourStore that carrying asks.
type neighbourBook struct {
	NeighbourStore
	all []*Neighbour
}

func (b *neighbourBook) Neighbours(context.Context) ([]*Neighbour, error) { return b.all, nil }
func (b *neighbourBook) RelayActor(context.Context) (*LocalActor, error) {
	return &LocalActor{ID: uuid.MustParse("0192f3b0-0000-7000-8000-0000000000ff")}, nil
}
func (b *neighbourBook) Town(context.Context) (*Town, error) {
	return &Town{Name: "Bourg", INSEE: "79184", TimeZone: "Europe/Paris", Lat: 46.65, Lon: -0.25}, nil
}

// receives is a follower of our relay at a place so far north of Bourg.
func receives(name, software string, km float64, change ...func(*Neighbour)) *Neighbour {
	n := &Neighbour{
		Domain: name, Incoming: StandingAccepted, Mode: ModeOpen, Grants: FullScope(), TheirWants: FullScope(),
		Card:  Card{Software: software, Place: &Point{46.65 + km/111.195, -0.25}, RadiusKm: 5},
		Relay: RelayActor{ID: federation.IRI("https://" + name + "/relay"), Inbox: federation.IRI("https://" + name + "/inbox")},
	}
	if software == "bourg" {
		n.Peering = "approval"
	} else {
		n.TheirWants = Scope{Kinds: []Kind{Event}}
	}
	for _, c := range change {
		c(n)
	}
	return n
}

func hosts(inboxes []federation.IRI) string {
	var list []string
	for _, i := range inboxes {
		list = append(list, i.Host())
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

func TestEachFollowerOfTheRelayHearsInOneForm(t *testing.T) {
	t.Parallel()
	bourg := Point{46.65, -0.25}
	all := []*Neighbour{
		receives("near.example", "bourg", 8), receives("far.example", "bourg", 30),
		receives("silent.example", "bourg", 8, func(n *Neighbour) { n.Incoming = StandingPending }),
		receives("blocked.example", "bourg", 8, func(n *Neighbour) { n.Mode = ModeBlocked }),
		receives("events.example", "bourg", 8, func(n *Neighbour) { n.TheirWants = Scope{Kinds: []Kind{Event}} }),
		receives("spoke.example", "", 8, func(n *Neighbour) { n.SpeaksPeering = true }),
		receives("mobilizon.example", "mobilizon", 8), receives("gancio.example", "gancio", 8),
		receives("somewhere.example", "gancio", 8, func(n *Neighbour) { n.Place = nil }),
	}
	news := func(r Reach) *Post { return &Post{Kind: News, Reach: r} }
	event := func(r Reach) *Post { return &Post{Kind: Event, Reach: r} }
	edited := func(p, before *Post) *Post { p.Before = before; return p }
	for _, c := range []struct {
		name, activity                         string
		post                                   *Post
		whole, uri, own, create, update, gones string
	}{
		{name: "news", activity: "Create", post: news(ReachEverywhere), whole: "far.example near.example"},
		{name: "news for the neighbours", activity: "Create", post: news(ReachNeighbours), whole: "near.example"},
		{name: "news for the town", activity: "Create", post: news(ReachTown)},
		{
			name: "an event", activity: "Create", post: event(ReachEverywhere), whole: "events.example far.example near.example spoke.example",
			uri: "mobilizon.example", create: "gancio.example somewhere.example",
		},
		{
			name: "an event for the neighbours", activity: "Create", post: event(ReachNeighbours), whole: "events.example near.example spoke.example",
			uri: "mobilizon.example", create: "gancio.example",
		},
		{
			name: "an edit", activity: "Update", post: event(ReachEverywhere), whole: "events.example far.example near.example spoke.example",
			own: "mobilizon.example", update: "gancio.example somewhere.example",
		},
		{
			name: "an edit that narrows", activity: "Update", post: edited(event(ReachTown), event(ReachEverywhere)),
			whole: "events.example far.example near.example spoke.example", own: "mobilizon.example", gones: "gancio.example somewhere.example",
		},
		{
			name: "an edit that widens", activity: "Update", post: edited(event(ReachNeighbours), event(ReachTown)),
			whole: "events.example near.example spoke.example", uri: "mobilizon.example", create: "gancio.example",
		},
		{name: "a further edit of what was narrowed", activity: "Update", post: edited(news(ReachTown), news(ReachTown))},
		{
			name: "an event that moves away", activity: "Update",
			post:  edited(&Post{Kind: Event, Reach: ReachNeighbours, Details: Details{Event: &EventDetails{Lat: at(48), Lon: at(2)}}}, event(ReachNeighbours)),
			whole: "events.example near.example spoke.example", own: "mobilizon.example", gones: "gancio.example",
		},
		{name: "a withdrawal", activity: "Delete", post: news(ReachNeighbours), whole: "far.example near.example"},
		{
			name: "a withdrawn event", activity: "Delete", post: event(ReachNeighbours), whole: "events.example far.example near.example spoke.example",
			own: "mobilizon.example", gones: "gancio.example somewhere.example",
		},
		{name: "a withdrawal in the town", activity: "Delete", post: event(ReachTown)},
	} {
		here := &Town{Lat: bourg.Lat, Lon: bourg.Lon}
		before := c.post
		if before.Before != nil {
			before = before.Before
		}
		got := route(all, c.post, *c.post.place(here), *before.place(here), c.activity)
		for what, pair := range map[string][2]string{
			"whole": {hosts(got.whole), c.whole}, "by URI": {hosts(got.uri), c.uri}, "the merchant's own": {hosts(got.own), c.own},
			"Create": {hosts(got.create), c.create}, "Update": {hosts(got.update), c.update}, "Delete": {hosts(got.delete), c.gones},
		} {
			if pair[0] != pair[1] {
				t.Errorf("%s, %s: got %q, want %q", c.name, what, pair[0], pair[1])
			}
		}
	}
}

func at(degrees float64) *float64 { return &degrees }

// TestAnEventIsSaidInEveryForm holds what leaves the relay against golden files.
func TestAnEventIsSaidInEveryForm(t *testing.T) {
	t.Parallel()
	starts := time.Date(2026, 12, 12, 9, 0, 0, 0, time.UTC)
	b := &postBook{speaks: true, photos: map[uuid.UUID]Photo{}}
	p := newPublisher(t, b)
	p.Carriers = []Carrier{(&Neighbours{
		Store: &neighbourBook{all: []*Neighbour{
			receives("town.example", "bourg", 8), receives("mobilizon.example", "mobilizon", 8), receives("gancio.example", "gancio", 8),
		}},
		Addresses: p.Addresses, Now: p.Now,
	}).Carry}
	photo := Photo{ID: uuid.New(), Alt: "Une place sous les guirlandes", Variants: []Variant{
		{File: "place-1280.jpg", MediaType: "image/jpeg", Width: 1280, Height: 853},
	}}
	b.photos[photo.ID] = photo
	m := *baker
	m.PostalCode, m.Locality, m.Address = "79320", "Bourg", "3, place du Marché"
	m.Lat, m.Lon = at(46), at(-0.25)
	post := &Post{
		ID: uuid.MustParse("0192f3b3-0000-7000-8000-000000000001"), Merchant: &m, Kind: Event, Text: "Vin chaud.", Language: "fr", Public: true,
		Reach: ReachEverywhere, Published: morning, Leaves: morning, Photos: []Photo{photo},
		Details: Details{Title: "Marché de Noël", Starts: starts, Event: &EventDetails{}},
	}
	out, err := p.created(t.Context(), post)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, out, map[string]string{
		"town.example": "relay-announce-create", "mobilizon.example": "relay-announce-event", "gancio.example": "relay-create-event",
	})
	withdrawn, err := p.outgoing(t.Context(), post, tombstone(p.Addresses, post, morning), recipients(post, post.Published))
	if err != nil {
		t.Fatal(err)
	}
	golden(t, withdrawn, map[string]string{"town.example": "relay-announce-delete", "gancio.example": "relay-delete-event"})
	if got := hosts(withdrawn.To.Inboxes); got != "mobilizon.example" {
		t.Errorf("the merchant's own Delete goes to %q as well, want mobilizon.example", got)
	}
	if !out.Also[0].Listed || out.Also[1].Listed || out.Also[2].Listed {
		t.Error("in the relay's outbox stands something else than the whole activity")
	}
}

var activityID = regexp.MustCompile(`(https://bourg.example/(?:activities|posts)/)[0-9a-f-]{36}`)

// golden compares what goes with an activity with files, of which each is for one other server. Ids are by chance.
func golden(t *testing.T, out Outgoing, files map[string]string) {
	t.Helper()
	if len(out.Also) != len(files) {
		t.Errorf("%s: got %d activities beside it, want %d", out.Type, len(out.Also), len(files))
	}
	for _, o := range out.Also {
		said := bytes.NewBufferString("-- json --\n")
		if err := json.Indent(said, activityID.ReplaceAll(o.JSON, []byte("${1}"+baker.ID.String())), "", " "); err != nil {
			t.Fatal(err)
		}
		said.WriteString("\n")
		name := files[hosts(o.To.Inboxes)]
		file := filepath.Join(root, "federation/testdata/activities", name+".txtar")
		if *rewrite {
			if err := os.WriteFile(file, said.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(said.Bytes(), want) {
			t.Errorf("%s: got %s\nwant what stands in %s", out.Type, said, file)
		}
	}
}

// TestANewcomerFindsNewsInTheRelaysOutbox: the announcement stands there before anybody follows the relay.
func TestANewcomerFindsNewsInTheRelaysOutbox(t *testing.T) {
	t.Parallel()
	b := &postBook{speaks: true}
	p := newPublisher(t, b)
	p.Carriers = []Carrier{(&Neighbours{Store: &neighbourBook{}, Addresses: p.Addresses, Now: p.Now}).Carry}
	for reach, want := range map[Reach]int{ReachEverywhere: 1, ReachNeighbours: 1, ReachTown: 0} {
		if _, err := p.Publish(t.Context(), Author{}, baker.ID, Draft{Text: "Fournée.", Reach: reach}, false); err != nil {
			t.Fatal(err)
		}
		also := b.added[len(b.added)-1].Also
		if len(also) != want {
			t.Fatalf("%s: got %d announcements, want %d", reach, len(also), want)
		}
		if want == 1 && (!also[0].Listed || !also[0].Public || len(also[0].To.Inboxes) != 0) {
			t.Errorf("%s: got %+v, want a listed announcement that goes to nobody yet", reach, also[0])
		}
	}
}

// TestAnEditKnowsWhoHadThePost: reach is narrowed by an edit, and the town that had the post hears of it.
func TestAnEditKnowsWhoHadThePost(t *testing.T) {
	t.Parallel()
	b := &postBook{speaks: true}
	p := newPublisher(t, b)
	p.Carriers = []Carrier{(&Neighbours{
		Store: &neighbourBook{all: []*Neighbour{receives("far.example", "bourg", 30)}}, Addresses: p.Addresses, Now: p.Now,
	}).Carry}
	post, err := p.Publish(t.Context(), Author{}, baker.ID, Draft{Text: "avant", Reach: ReachEverywhere}, false)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"far.example", ""} {
		if _, err := p.Edit(t.Context(), Author{}, post.ID, Draft{Text: "après", Reach: ReachTown}); err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, also := range b.edited[i].Also {
			got += hosts(also.To.Inboxes)
		}
		if got != want {
			t.Errorf("edit %d: the Update goes to %q, want %q", i+1, got, want)
		}
		b.post.Before = nil // as the store reads it
	}
}
