package postgres_test

import (
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

// undo is an Undo of the activity with this id, signed at a second of its own.
func (f *fixture) undo(sender *federation.Actor, id federation.IRI, signed time.Time) town.Received {
	in := f.received(sender)
	in.Undoes, in.Signed = id, signed
	return in
}

// Two connections of one server may bring an Undo before what it undoes.
func TestAnUndoThatComesFirst(t *testing.T) {
	t.Parallel()
	f := open(t)
	m, ana := f.merchant("martin"), peer("away.example", "ana")
	p := f.post(m, "Du pain")
	at := time.Now().Truncate(time.Second)
	signed := func(in town.Received, seconds int) town.Received {
		in.Signed = at.Add(time.Duration(seconds) * time.Second)
		return in
	}

	like, follow, block := signed(f.received(ana), 0), signed(f.received(ana), 0), signed(f.received(ana), 0)
	f.must(f.RemoveReaction(f.ctx(), f.undo(ana, like.ID, at), town.Liked, p.ID))
	f.must(f.RemoveFollower(f.ctx(), f.undo(ana, follow.ID, at), m.ID))
	f.must(f.UndoByID(f.ctx(), f.undo(ana, block.ID, at), block.ID))
	// They come late, signed anew because they are tried again.
	if err := f.AddReaction(f.ctx(), signed(like, 45), town.Liked, p.ID); !errors.Is(err, federation.ErrDuplicate) {
		t.Errorf("the Like: got %v, want ErrDuplicate", err)
	}
	if err := f.AddFollower(f.ctx(), signed(follow, 45), m.ID, follow.ID, f.accept(m.ID, ana, follow.ID)); !errors.Is(err, federation.ErrDuplicate) {
		t.Errorf("the Follow: got %v, want ErrDuplicate", err)
	}
	if got := f.counts(p.ID); got != [3]int{} {
		t.Errorf("counts: got %v, want none", got)
	}
	if n, _ := f.CountFollowers(f.ctx(), m.ID); n != 0 || len(f.waiting()) != 0 {
		t.Errorf("got %d followers and %v, want none and no Accept", n, f.waiting())
	}
	// Another like and another following of the same actor count.
	f.must(f.AddReaction(f.ctx(), signed(f.received(ana), 50), town.Liked, p.ID))
	f.follow(m.ID, ana)
	if n, _ := f.CountFollowers(f.ctx(), m.ID); n != 1 || f.counts(p.ID) != [3]int{1, 0, 0} {
		t.Errorf("got %d followers and %v, want the new ones", n, f.counts(p.ID))
	}
	// The Block that was taken back before it came ends nothing; one that was not does.
	if err := f.RemoveFollower(f.ctx(), signed(block, 45), m.ID); !errors.Is(err, federation.ErrDuplicate) {
		t.Errorf("the Block: got %v, want ErrDuplicate", err)
	}
	if n, _ := f.CountFollowers(f.ctx(), m.ID); n != 1 {
		t.Errorf("after a Block that was undone: got %d followers, want 1", n)
	}
}

// Misskey and Pixelfed have one id for all the times that somebody follows somebody.
func TestFollowingAgainUnderTheSameId(t *testing.T) {
	t.Parallel()
	f := open(t)
	m, ana := f.merchant("martin"), peer("misskey.example", "ana")
	const followID, undoID = "https://misskey.example/follows/a/b", "https://misskey.example/follows/a/b/undo"
	at := time.Now().Truncate(time.Second)
	follow := func(second int) error {
		in := receivedAs(ana, followID)
		in.Signed = at.Add(time.Duration(second) * time.Second)
		return f.AddFollower(f.ctx(), in, m.ID, followID, f.accept(m.ID, ana, followID))
	}
	unfollow := func(second int) error {
		in := receivedAs(ana, fmt.Sprintf("%s %d", undoID, second)) // the key holds the time of the signature
		in.ID, in.Undoes, in.Signed = undoID, followID, at.Add(time.Duration(second)*time.Second)
		return f.RemoveFollower(f.ctx(), in, m.ID)
	}
	followers := func() int {
		n, err := f.CountFollowers(f.ctx(), m.ID)
		f.must(err)
		return n
	}
	for round := range 3 {
		second := 10 * round
		f.must(follow(second))
		if err := follow(second); !errors.Is(err, federation.ErrDuplicate) || followers() != 1 {
			t.Fatalf("round %d, the Follow twice: got %v and %d followers, want ErrDuplicate and 1", round, err, followers())
		}
		f.must(unfollow(second + 5))
		if followers() != 0 {
			t.Fatalf("round %d, after the Undo: got %d followers, want 0", round, followers())
		}
		// S25: who repeats the old request byte for byte brings nobody back.
		if err := follow(second); !errors.Is(err, federation.ErrDuplicate) || followers() != 0 {
			t.Fatalf("round %d, the old Follow again: got %v and %d followers, want ErrDuplicate and 0", round, err, followers())
		}
	}
}

func TestUndoneActivitiesAreForgotten(t *testing.T) {
	t.Parallel()
	f := open(t)
	ana := peer("away.example", "ana")
	f.must(f.UndoByID(f.ctx(), f.undo(ana, "https://away.example/1", time.Now()), "https://away.example/1"))
	for _, age := range []struct{ days, want int }{{7, 1}, {9, 0}} { // in this order: what is swept stays away
		f.exec(`UPDATE undone SET undone_at = now() - make_interval(days => $1)`, age.days)
		if _, err := f.Sweep(f.ctx(), time.Now()); err != nil {
			t.Fatal(err)
		}
		if n := f.count(`SELECT count(*) FROM undone`); n != age.want {
			t.Errorf("after %d days: got %d rows, want %d", age.days, n, age.want)
		}
	}
}

// newQuote is a quote of a post, as the domain makes it.
func (f *fixture) newQuote(from *federation.Actor, p *town.Post, object string) *town.Quote {
	id := from.ID + federation.IRI("/statuses/"+object)
	return &town.Quote{
		ID: town.Key("quote", string(from.ID), string(id), p.ID.String()), Post: p.ID, ObjectID: id, URL: id,
		Actor: town.RemoteActor{ID: from.ID}, At: time.Now(),
	}
}

func (f *fixture) quotes(p *town.Post) int {
	list, err := f.Quotes(f.ctx(), p.ID, 50)
	f.must(err)
	return len(list)
}

func TestQuotes(t *testing.T) {
	t.Parallel()
	f := open(t)
	m, ana := f.merchant("martin"), peer("away.example", "ana")
	p := f.post(m, "Du pain")
	ask := func(q *town.Quote, object federation.IRI) error {
		q.Granted = true
		accept := f.outgoing(m.ID, "Accept", object, town.Recipients{Inboxes: []federation.IRI{ana.Inbox}})
		return f.AddQuote(f.ctx(), f.received(ana), q, &accept)
	}
	seen := f.newQuote(ana, p, "1")
	f.must(f.AddQuote(f.ctx(), f.received(ana), seen, nil))
	q, err := f.Quote(f.ctx(), seen.ID)
	if err != nil || q.Granted || q.Merchant != m.ID || q.Actor.Handle != "ana@away.example" || len(f.waiting()) != 0 {
		t.Fatalf("a quote that nobody asked for: got %+v, %v and %v, want one that is not granted", q, err, f.waiting())
	}
	f.must(ask(f.newQuote(ana, p, "1"), "https://away.example/requests/1"))
	if q, err = f.Quote(f.ctx(), seen.ID); err != nil || !q.Granted {
		t.Errorf("after the request: got %+v, %v, want it granted", q, err)
	}
	if got := f.waiting(); !slices.Equal(got, []string{"Accept " + string(ana.Inbox)}) {
		t.Errorf("deliveries: got %v, want the Accept", got)
	}
	f.must(f.AddQuote(f.ctx(), f.received(ana), seen, nil))
	if q, _ = f.Quote(f.ctx(), seen.ID); !q.Granted || f.quotes(p) != 1 {
		t.Errorf("seen again: got granted %t and %d quotes, want what was granted to stay", q.Granted, f.quotes(p))
	}
	if n := f.count(`SELECT count(*) FROM notifications WHERE kind = 'quote'`); n != 1 {
		t.Errorf("notifications: got %d, want 1", n)
	}

	// Taken back by the merchant, it is not granted again.
	revoked := f.outgoing(m.ID, "Delete", f.addresses.Authorisation(q), town.Recipients{Inboxes: []federation.IRI{ana.Inbox}})
	f.must(f.RevokeQuote(f.ctx(), q, &revoked))
	if err := f.RevokeQuote(f.ctx(), q, nil); !errors.Is(err, town.ErrNotFound) || f.quotes(p) != 0 {
		t.Errorf("revoked twice: got %v and %d quotes, want ErrNotFound and none", err, f.quotes(p))
	}
	if err := ask(f.newQuote(ana, p, "1"), "https://away.example/requests/2"); !errors.Is(err, town.ErrNotFound) {
		t.Errorf("asked again: got %v, want ErrNotFound", err)
	}

	// It goes with the object that quotes.
	f.must(ask(f.newQuote(ana, p, "2"), "https://away.example/requests/3"))
	r := f.reply(ana, p, "2")
	f.must(f.AddReply(f.ctx(), f.received(ana), r))
	f.clearQueue()
	f.must(f.DeleteQuoting(f.ctx(), f.received(ana), r.ObjectID, f.outgoing(m.ID, "Delete", "https://bourg.test/quotes/2", town.Recipients{Inboxes: []federation.IRI{ana.Inbox}})))
	if f.quotes(p) != 0 || f.counts(p.ID) != [3]int{} || len(f.waiting()) != 1 {
		t.Errorf("after the Delete: got %d quotes, counts %v and %v, want none and one Delete", f.quotes(p), f.counts(p.ID), f.waiting())
	}
	if err := ask(f.newQuote(ana, p, "2"), "https://away.example/requests/4"); !errors.Is(err, town.ErrNotFound) {
		t.Errorf("asked for a deleted object: got %v, want ErrNotFound", err)
	}
	f.must(f.AddQuote(f.ctx(), f.received(ana), f.newQuote(ana, p, "3"), nil))
	f.must(f.DeleteObject(f.ctx(), f.received(ana), ana.ID+"/statuses/3"))
	if f.quotes(p) != 0 {
		t.Errorf("after the Delete of what never asked: got %d quotes, want none", f.quotes(p))
	}
}

func TestQuotesOfWhatIsNotPublic(t *testing.T) {
	t.Parallel()
	f := open(t)
	m, ana := f.merchant("martin"), peer("away.example", "ana")
	p := f.post(m, "Du pain")
	late, out := f.newPost(m, "Demain", time.Hour)
	held, err := f.AddPost(f.ctx(), late, uuid.Nil, out)
	f.must(err)
	if kind, merchant, err := f.PublicPost(f.ctx(), p.ID); kind != town.News || merchant != m.ID || err != nil {
		t.Errorf("a public post: got %q, %s, %v, want the merchant's news", kind, merchant, err)
	}
	f.must(f.WithdrawPost(f.ctx(), p.ID, time.Now(), f.outgoing(m.ID, "Delete", f.addresses.Post(p.ID), town.Recipients{})))
	for what, id := range map[string]uuid.UUID{"held": held.ID, "withdrawn": p.ID, "unknown": uuid.New()} {
		if _, _, err := f.PublicPost(f.ctx(), id); !errors.Is(err, town.ErrNotFound) {
			t.Errorf("%s: got %v, want ErrNotFound", what, err)
		}
	}
	if err := f.AddQuote(f.ctx(), f.received(ana), f.newQuote(ana, p, "1"), nil); !errors.Is(err, town.ErrNotFound) {
		t.Errorf("quote of what was withdrawn: got %v, want ErrNotFound", err)
	}
}

func TestReports(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	p, gone := f.post(m, "Du pain"), f.post(m, "Du vin")
	server := peer("away.example", "server")
	now := time.Now().UTC().Truncate(time.Microsecond)
	add := func(from *federation.Actor, words string, at time.Time, mails bool) error {
		return f.AddReport(f.ctx(), f.received(from), &town.Report{Merchant: m.ID, Posts: []uuid.UUID{p.ID, gone.ID}, Words: words, Received: at}, mails)
	}
	f.must(f.AddLogin(f.ctx(), &town.Login{ID: newID(t), Email: "mairie@bourg.test", TownHall: true}, uuid.Nil))
	f.must(add(server, "Publicité mensongère", now, true))
	f.must(add(server, "Encore", now, true))
	if n := f.count(`SELECT count(*) FROM river_job WHERE kind = 'mail' AND args->>'to' = 'mairie@bourg.test'`); n != 1 {
		t.Errorf("mails: got %d, want one for two reports at once", n)
	}
	f.must(f.WithdrawPost(f.ctx(), gone.ID, time.Now(), f.outgoing(m.ID, "Delete", f.addresses.Post(gone.ID), town.Recipients{})))
	list, err := f.Reports(f.ctx(), true, 0, 10)
	if err != nil || len(list) != 2 {
		t.Fatalf("open: got %d, %v, want 2", len(list), err)
	}
	first := list[0]
	if first.Words != "Publicité mensongère" || first.Shop.ID != m.ID || len(first.About) != 1 || first.About[0].ID != p.ID ||
		first.Actor.Host != "away.example" || !first.Received.Equal(now) || !first.Decided.IsZero() {
		t.Errorf("got %+v, want the first report with its shop and the post that is left", first)
	}
	f.must(f.DecideReport(f.ctx(), first.Number, uuid.Nil, "Le prix a été corrigé.", now, nil))
	if n, err := f.OpenReports(f.ctx()); n != 1 || err != nil {
		t.Errorf("open after a decision: got %d, %v, want 1", n, err)
	}
	if list, err = f.Reports(f.ctx(), false, 0, 10); err != nil || len(list) != 1 || list[0].Note != "Le prix a été corrigé." || list[0].Decided.IsZero() {
		t.Errorf("decided: got %+v, %v, want the first with its note", list, err)
	}
	if err := f.DecideReport(f.ctx(), 9999, uuid.Nil, "x", now, nil); !errors.Is(err, town.ErrNotFound) {
		t.Errorf("no such report: got %v, want ErrNotFound", err)
	}
}

// O16: one server reports ten times an hour at most; the others are heard.
func TestReportsOfOneHost(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	now := time.Now()
	add := func(from *federation.Actor, at time.Time) error {
		return f.AddReport(f.ctx(), f.received(from), &town.Report{Merchant: m.ID, Received: at}, false)
	}
	for i := range 10 {
		f.must(add(peer("away.example", fmt.Sprint("u", i)), now))
	}
	if err := add(peer("away.example", "u"), now); !errors.Is(err, town.ErrTooMany) {
		t.Errorf("the eleventh: got %v, want ErrTooMany", err)
	}
	f.must(add(peer("far.example", "server"), now))
	f.must(add(peer("away.example", "u"), now.Add(61*time.Minute)))
	if n := f.count(`SELECT count(*) FROM reports`); n != 12 {
		t.Errorf("reports: got %d, want 12", n)
	}
	f.must(f.BlockDomain(f.ctx(), "away.example", "", now))
	if n := f.count(`SELECT count(*) FROM reports`); n != 1 {
		t.Errorf("after a block of the server: got %d open reports, want that of the other one", n)
	}
}

func TestMoveOfAFollower(t *testing.T) {
	t.Parallel()
	f := open(t)
	m, old, target := f.merchant("martin"), peer("away.example", "ana"), peer("new.example", "ana")
	if err := f.AskForMove(f.ctx(), f.received(old), target.ID); !errors.Is(err, federation.ErrIgnored) {
		t.Errorf("of somebody who follows nobody: got %v, want ErrIgnored", err)
	}
	f.follow(m.ID, old)
	f.must(f.AskForMove(f.ctx(), f.received(old), target.ID))
	if n := f.count(`SELECT count(*) FROM river_job WHERE kind = 'follow_move' AND args->>'from' = $1 AND args->>'to' = $2`, string(old.ID), string(target.ID)); n != 1 {
		t.Errorf("questions: got %d, want 1", n)
	}
	f.follow(m.ID, target) // its server was quicker
	f.must(f.FinishMove(f.ctx(), old.ID))
	f.must(f.FinishMove(f.ctx(), old.ID)) // a job is done at least once
	if n, err := f.CountFollowers(f.ctx(), m.ID); n != 1 || err != nil {
		t.Errorf("followers: got %d, %v, want the new one alone", n, err)
	}
	if n := f.count(`SELECT count(*) FROM notifications WHERE kind = 'follow'`); n != 1 {
		t.Errorf("notifications: got %d, want that of the new one", n)
	}
}

func TestQuestionsToPeersAreBounded(t *testing.T) {
	t.Parallel()
	f := open(t)
	ana := peer("away.example", "ana")
	for range 2 {
		f.must(f.AskForObject(f.ctx(), f.received(ana), "https://away.example/notes/1", 3))
	}
	if n := f.count(`SELECT count(*) FROM river_job WHERE kind = 'read_object'`); n != 1 {
		t.Errorf("the same object twice: got %d questions, want 1", n)
	}
	f.exec(`INSERT INTO river_job (kind, queue, state, args, max_attempts)
		SELECT 'read_object', 'peers', 'available', '{}', 1 FROM generate_series(1, 499)`)
	in := f.received(ana)
	if err := f.AskForObject(f.ctx(), in, "https://away.example/notes/2", 3); !errors.Is(err, federation.ErrIgnored) {
		t.Errorf("while 500 wait: got %v, want ErrIgnored", err)
	}
	f.exec(`DELETE FROM river_job WHERE args = '{}'`)
	f.must(f.AskForObject(f.ctx(), in, "https://away.example/notes/2", 3)) // it was not remembered as received
}

func TestWriterOf(t *testing.T) {
	t.Parallel()
	f := open(t)
	ana := peer("away.example", "ana")
	p := f.post(f.merchant("martin"), "Du pain")
	r := f.reply(ana, p, "1")
	f.must(f.AddReply(f.ctx(), f.received(ana), r))
	if got, err := f.WriterOf(f.ctx(), r.ObjectID); err != nil || got.ID != ana.ID || got.Inbox != ana.Inbox {
		t.Errorf("of a reply: got %+v, %v, want its author", got, err)
	}
	if _, err := f.WriterOf(f.ctx(), "https://away.example/else"); !errors.Is(err, town.ErrNotFound) {
		t.Errorf("of something unknown: got %v, want ErrNotFound", err)
	}
}

// What is no Note keeps its name and what its server calls it.
func TestRepliesOfOtherTypes(t *testing.T) {
	t.Parallel()
	f := open(t)
	ana := peer("away.example", "ana")
	p := f.post(f.merchant("martin"), "Du pain")
	r := f.reply(ana, p, "1")
	r.Type, r.Name = "Question", strings.Repeat("é", 300)
	f.must(f.AddReply(f.ctx(), f.received(ana), r))
	got, err := f.Reply(f.ctx(), r.ID)
	if err != nil || got.Type != "Question" || got.Name != strings.Repeat("é", 200) {
		t.Errorf("got %q %q, %v, want a Question with a name of 200 runes", got.Type, got.Name, err)
	}
	edited := f.reply(ana, p, "1")
	edited.Name, edited.Updated = "Pain ou brioche ?", time.Now().Add(time.Minute)
	f.must(f.EditReply(f.ctx(), f.received(ana), edited))
	if got, err = f.Reply(f.ctx(), r.ID); err != nil || got.Name != "Pain ou brioche ?" || got.Type != "Question" {
		t.Errorf("after an edit: got %q %q, %v, want the new name", got.Type, got.Name, err)
	}
}
