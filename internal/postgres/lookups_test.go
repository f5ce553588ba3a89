package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"bourg/federation"
	"bourg/internal/town"

	"github.com/google/uuid"
)

// elsewhere is a town.Finder: what other servers would serve, and what was asked of them.
type elsewhere struct {
	objects     map[federation.IRI]*federation.Object
	collections map[federation.IRI][]federation.IRI
	budget      int
	asked       []federation.IRI
}

func (e *elsewhere) ask(id federation.IRI) error {
	if e.budget == 0 {
		return federation.ErrBudget
	}
	e.budget--
	e.asked = append(e.asked, id)
	return nil
}

// verified passes a value through the gate, as it would be found at its id.
func (e *elsewhere) FetchObject(_ context.Context, id federation.IRI) (none federation.Verified[*federation.Object], err error) {
	if err := e.ask(id); err != nil {
		return none, err
	}
	if o := e.objects[id]; o != nil {
		return federation.Authority{Host: "bourg.test"}.Object(o, id)
	}
	return none, errors.New("status 404")
}

func (e *elsewhere) FetchActor(_ context.Context, id federation.IRI) (none federation.Verified[*federation.Actor], err error) {
	if err := e.ask(id); err != nil {
		return none, err
	}
	_, rest, _ := strings.Cut(string(id), "https://")
	host, name, ok := strings.Cut(rest, "/users/")
	if !ok {
		return none, errors.New("status 404")
	}
	return federation.Authority{Host: "bourg.test"}.Actor(peer(host, name), id)
}

func (e *elsewhere) Collect(_ context.Context, id federation.IRI) ([]federation.IRI, error) {
	if err := e.ask(id); err != nil {
		return nil, err
	}
	return e.collections[id], nil
}

// note is a public note of somebody's.
func (e *elsewhere) note(id, author, parent federation.IRI) *federation.Object {
	o := &federation.Object{
		ID: id, Type: "Note", AttributedTo: author, InReplyTo: parent, Content: "<p>" + string(id) + "</p>", To: []federation.IRI{federation.Public},
		Published: time.Now(), Replies: &federation.Collection{ID: id + "/replies"},
	}
	e.objects[id] = o
	return o
}

func newElsewhere() *elsewhere {
	return &elsewhere{objects: map[federation.IRI]*federation.Object{}, collections: map[federation.IRI][]federation.IRI{}}
}

func (f *fixture) filler() *town.ThreadFiller {
	plain := func(s string) string { return s }
	return &town.ThreadFiller{
		Store: f, Addresses: f.addresses, Now: time.Now,
		Receiver: &town.Receiver{Store: f, Addresses: f.addresses, Clean: plain, Line: plain},
	}
}

// fill runs a job with its budget.
func (f *fixture) fill(e *elsewhere, fill town.Fill) {
	f.t.Helper()
	e.budget, e.asked = fill.Budget, nil
	f.must(f.filler().Fill(f.ctx(), fill, e))
}

// thread are the object ids of what stands below a post.
func (f *fixture) thread(post uuid.UUID) []federation.IRI {
	f.t.Helper()
	ids, err := f.PublicThread(f.ctx(), post)
	f.must(err)
	return ids
}

// A reply to somebody whom this server does not know was taken for a mention. What it answers
// is fetched, and both stand in the thread; what leads to no post of ours leaves nothing.
func TestFillThreadUpward(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	p := f.post(m, "Du pain")
	e := newElsewhere()
	bob := peer("b.example", "bob")
	first := e.note("https://a.example/notes/1", "https://a.example/users/ana", f.addresses.Post(p.ID))
	mention := f.reply(bob, p, "2")
	mention.Post, mention.InReplyTo = uuid.Nil, first.ID
	f.must(f.AddReply(f.ctx(), f.received(bob), mention))
	answer, out := f.newPost(m, "Merci", 0)
	answer.Kind, answer.InReplyTo, answer.Addressee = town.Answer, mention.ObjectID, bob.ID
	_, err := f.AddPost(f.ctx(), answer, uuid.Nil, out)
	f.must(err)
	if got := f.thread(p.ID); len(got) != 0 {
		t.Fatalf("before: got %v in the thread, want nothing", got)
	}

	f.fill(e, town.Fill{Reply: mention.ObjectID, Parent: first.ID, Budget: 3})
	want := []federation.IRI{first.ID, mention.ObjectID, f.addresses.Post(answer.ID)}
	if got := f.thread(p.ID); !slices.Equal(got, want) {
		t.Errorf("got the thread %v, want %v", got, want)
	}
	if want := []federation.IRI{first.ID, first.AttributedTo}; !slices.Equal(e.asked, want) {
		t.Errorf("asked for %v, want %v", e.asked, want)
	}
	if got := f.counts(p.ID)[2]; got != 2 {
		t.Errorf("got %d replies counted, want 2", got)
	}
	if n := f.count(`SELECT count(*) FROM notifications WHERE kind = 'reply' AND post_id = $1`, p.ID); n != 2 {
		t.Errorf("got %d notifications of replies, want 2", n)
	}

	// The same again asks nobody: what is known is known.
	f.fill(e, town.Fill{Reply: mention.ObjectID, Parent: first.ID, Budget: 3})
	if len(e.asked) != 0 {
		t.Errorf("asked again for %v", e.asked)
	}

	for name, c := range map[string]struct {
		parent *federation.Object
		asked  int
	}{
		"a thread of others":   {e.note("https://a.example/notes/10", "https://a.example/users/ana", "https://c.example/nothing"), 2},
		"a post":               {e.note("https://a.example/notes/11", "https://a.example/users/ana", ""), 1},
		"a ring":               {e.note("https://a.example/notes/12", "https://a.example/users/ana", "https://a.example/notes/12"), 1},
		"a post that is not":   {e.note("https://a.example/notes/13", "https://a.example/users/ana", f.addresses.Post(uuid.New())), 1},
		"a private reply":      {e.note("https://a.example/notes/14", "https://a.example/users/ana", f.addresses.Post(p.ID)), 1},
		"a reply by another's": {e.note("https://a.example/notes/15", "https://b.example/users/bob", f.addresses.Post(p.ID)), 1},
	} {
		if name == "a private reply" {
			c.parent.To = nil
		}
		alone := f.reply(bob, p, "alone "+name)
		alone.ObjectID = federation.IRI("https://b.example/" + strings.ReplaceAll(name, " ", "-"))
		alone.Post, alone.InReplyTo = uuid.Nil, c.parent.ID
		f.must(f.AddReply(f.ctx(), f.received(bob), alone))
		e.budget, e.asked = 3, nil
		err := f.filler().Fill(f.ctx(), town.Fill{Reply: alone.ObjectID, Parent: c.parent.ID, Budget: 3}, e)
		if len(e.asked) != c.asked {
			t.Errorf("%s: asked for %v (%v), want %d requests", name, e.asked, err, c.asked)
		}
		if n := f.count(`SELECT count(*) FROM replies WHERE object_id = $1`, string(c.parent.ID)); n != 0 {
			t.Errorf("%s: it was stored, though it hangs below no post of ours or is not its author's", name)
		}
	}
}

// D5: three requests and no more, whatever hangs together; what a budget did not reach, the next one does.
func TestFillThreadWithinItsBudget(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	p := f.post(m, "Du pain")
	e := newElsewhere()
	ana := peer("a.example", "ana")
	known := f.reply(ana, p, "known")
	known.Replies = known.ObjectID + "/replies"
	f.must(f.AddReply(f.ctx(), f.received(ana), known))
	var below []federation.IRI
	for n := range 5 {
		author := federation.IRI(fmt.Sprintf("https://c%d.example/users/carol", n))
		o := e.note(federation.IRI(fmt.Sprintf("https://c%d.example/notes/1", n)), author, known.ObjectID)
		below = append(below, o.ID)
	}
	stray := e.note("https://c9.example/notes/9", "https://c9.example/users/carol", "https://c9.example/elsewhere")
	e.collections[known.Replies] = append([]federation.IRI{stray.ID, known.ObjectID, f.addresses.Post(p.ID), "https://c9.example/missing"}, below...)

	job := town.Fill{Reply: known.ObjectID, Post: p.ID, Budget: 3}
	f.fill(e, job)
	if len(e.asked) != 0 {
		t.Fatalf("a reply that has just come: asked for %v, want nothing yet", e.asked)
	}
	next := func() {
		f.exec(`UPDATE replies SET collection_read_at = now() - interval '1 hour'`)
		f.exec(`UPDATE lookups SET at = now() - interval '1 hour' WHERE host = 'bourg.test'`)
		e.budget, e.asked = 3, nil
		_ = f.filler().Fill(f.ctx(), job, e) // a missing note is no failure of the thread's
	}
	next()
	if want := []federation.IRI{known.Replies, stray.ID, "https://c9.example/missing"}; !slices.Equal(e.asked, want) {
		t.Errorf("asked for %v, want %v", e.asked, want)
	}
	for round := 1; round <= 20 && len(f.thread(p.ID)) < 6; round++ {
		next()
		if len(e.asked) > 3 {
			t.Fatalf("asked for %v, want three at most", e.asked)
		}
	}
	got := f.thread(p.ID)
	slices.Sort(got)
	want := append([]federation.IRI{known.ObjectID}, below...)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got the thread %v in the end, want %v", got, want)
	}
	// Within a quarter of an hour nobody is asked about the same thread.
	f.fill(e, job)
	if len(e.asked) != 0 {
		t.Errorf("asked again for %v", e.asked)
	}
}

// Those whom a reply names become known, so that the answer reaches them.
func TestFillThreadMeetsThoseNamed(t *testing.T) {
	t.Parallel()
	f := open(t)
	e := newElsewhere()
	bob := federation.IRI("https://b.example/users/bob")
	f.fill(e, town.Fill{Reply: "https://a.example/notes/1", Mentions: []federation.IRI{bob, "https://c.example/users/carl"}, Budget: 1})
	people, err := f.RemoteActors(f.ctx(), []federation.IRI{"https://c.example/users/carl", bob})
	f.must(err)
	if len(people) != 1 || people[0].ID != bob || people[0].Handle != "bob@b.example" {
		t.Errorf("got %+v, want bob, whom the budget sufficed for", people)
	}
}

// D5: on its own account this server asks for a thousand things an hour, and for fifty hosts of one domain.
func TestMayAsk(t *testing.T) {
	t.Parallel()
	f := open(t)
	may := func(id string) bool {
		t.Helper()
		ok, err := f.MayAsk(f.ctx(), federation.IRI(id), time.Hour)
		f.must(err)
		return ok
	}
	if !may("https://a.example/1") || may("https://a.example/1") || !may("https://a.example/2") {
		t.Error("want each thing once within its time")
	}
	f.exec(`UPDATE lookups SET at = now() - interval '61 minutes'`)
	if !may("https://a.example/1") {
		t.Error("want it again after its time")
	}
	f.exec(`DELETE FROM lookups`)
	for n := range 50 {
		if !may(fmt.Sprintf("https://h%d.wild.example/1", n)) {
			t.Fatalf("host %d of a domain: got no", n)
		}
	}
	if may("https://h51.wild.example/1") {
		t.Error("the 51st host of a domain: got yes")
	}
	if !may("https://h1.wild.example/2") || !may("https://other.example/1") {
		t.Error("a host that was asked before, and another domain: got no")
	}
	f.exec(`INSERT INTO lookups (key, host, domain) SELECT gen_random_uuid(), n || '.example', n || '.example' FROM generate_series(1, 1000) n`)
	if may("https://new.example/1") {
		t.Error("after a thousand in an hour: got yes")
	}
}
