package postgres_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"bourg/federation"
	"bourg/internal/postgres"
	"bourg/internal/town"

	"github.com/google/uuid"
)

// people are the domain's own, on the store under test.
func (f *fixture) people() *town.People {
	return &town.People{Store: f.Store, Accounts: f.Store, Addresses: f.addresses, Now: time.Now, Wake: func() {}}
}

// sent returns the activities of a type as they were written, newest first.
func (f *fixture) sentOf(kind string) []map[string]any {
	f.t.Helper()
	rows, err := f.Pool().Query(f.ctx(), `SELECT json FROM activities WHERE type = $1 ORDER BY id DESC`, kind)
	f.must(err)
	var all []map[string]any
	for rows.Next() {
		var encoded []byte
		f.must(rows.Scan(&encoded))
		var a map[string]any
		f.must(json.Unmarshal(encoded, &a))
		all = append(all, a)
	}
	f.must(rows.Err())
	return all
}

// A merchant who blocks somebody hears no more of that one, ends the following, and hides what was written; another merchant does not.
func TestABlockedPersonIsHeardNoMore(t *testing.T) {
	t.Parallel()
	f := open(t)
	m, other := f.merchant("martin"), f.merchant("durand")
	p, theirs := f.post(m, "Du pain"), f.post(other, "Des pommes")
	ana, bob := peer("away.example", "ana"), peer("away.example", "bob")
	f.follow(m.ID, ana)
	for i, on := range []*town.Post{p, theirs} {
		f.must(f.AddReply(f.ctx(), f.received(ana), f.reply(ana, on, fmt.Sprint("a", i))))
		f.must(f.AddReply(f.ctx(), f.received(bob), f.reply(bob, on, fmt.Sprint("b", i))))
	}
	message := f.reply(ana, p, "secret")
	message.Public, message.Post = false, uuid.Nil
	f.must(f.AddReply(f.ctx(), f.received(ana), message))
	f.clearQueue()

	f.must(f.people().Block(f.ctx(), operator, m.ID, ana.ID))
	f.must(f.people().Block(f.ctx(), operator, m.ID, ana.ID)) // twice is once
	if got, want := f.waiting(), []string{"Reject https://away.example/users/ana/inbox", "Block https://away.example/users/ana/inbox"}; !slices.Equal(got, want) {
		t.Errorf("sent: got %q, want %q", got, want)
	}
	if n := must(f.CountFollowers(f.ctx(), m.ID)); n != 0 {
		t.Errorf("followers: got %d, want none", n)
	}
	if got := f.counts(p.ID); got != [3]int{0, 0, 1} {
		t.Errorf("counts of the merchant's post: got %v, want Bob's reply alone", got)
	}
	if got := f.counts(theirs.ID); got != [3]int{0, 0, 2} {
		t.Errorf("counts of another's post: got %v, want both replies", got)
	}
	if thread := must(f.Thread(f.ctx(), p.ID)); len(thread) != 1 || thread[0].Reply.Actor.ID != bob.ID {
		t.Errorf("thread: got %d entries, want Bob's", len(thread))
	}
	if n := must(f.Unread(f.ctx(), m.ID)); n != 1 {
		t.Errorf("unread: got %d, want Bob's reply", n)
	}
	if list := must(f.Notifications(f.ctx(), m.ID, 0, 20)); len(list) != 1 || list[0].Actor.ID != bob.ID {
		t.Errorf("notifications: got %d, want Bob's reply", len(list))
	}

	// What comes later is taken without effect; a Follow is refused.
	f.must(f.AddReply(f.ctx(), f.received(ana), f.reply(ana, p, "again")))
	f.must(f.AddReply(f.ctx(), f.received(ana), f.reply(ana, theirs, "again there")))
	f.must(f.AddReaction(f.ctx(), f.received(ana), town.Liked, p.ID))
	f.must(f.AddReaction(f.ctx(), f.received(ana), town.Shared, theirs.ID))
	if got := f.counts(p.ID); got != [3]int{0, 0, 1} {
		t.Errorf("counts after more of the blocked: got %v, want them unchanged", got)
	}
	if got := f.counts(theirs.ID); got != [3]int{0, 1, 3} {
		t.Errorf("counts of another's post after more: got %v, want them counted", got)
	}
	in := f.received(ana)
	if err := f.AddFollower(f.ctx(), in, m.ID, in.ID, f.accept(m.ID, ana, in.ID)); !errors.Is(err, town.ErrForbidden) {
		t.Errorf("Follow of the blocked: got %v, want ErrForbidden", err)
	}
	f.clearQueue()
	if got := f.waiting(); len(got) != 0 {
		t.Errorf("sent to who was refused: got %q, want no Accept", got)
	}
	f.must(f.Respond(f.ctx(), in, f.outgoing(m.ID, "Reject", in.ID, town.Recipients{Inboxes: []federation.IRI{ana.Inbox}}))) // the Follow was not used up
	f.follow(other.ID, ana)                                                                                                  // nobody else minds
	f.follow(m.ID, bob)
}

// The leave to quote ends with a block, and is not given again while it lasts.
func TestABlockedPersonQuotesNoMore(t *testing.T) {
	t.Parallel()
	f := open(t)
	m, other := f.merchant("martin"), f.merchant("durand")
	p, theirs := f.post(m, "Du pain"), f.post(other, "Des pommes")
	ana := peer("away.example", "ana")
	quote := func(of *town.Post, object string, granted bool) error {
		q := &town.Quote{
			ID: uuid.New(), Post: of.ID, ObjectID: ana.ID + federation.IRI("/"+object), URL: ana.ID + federation.IRI("/"+object), Granted: granted, At: time.Now(),
		}
		return f.AddQuote(f.ctx(), f.received(ana), q, nil)
	}
	f.must(quote(p, "asked", true))
	f.must(quote(p, "seen", false))
	f.must(quote(theirs, "there", true))
	f.clearQueue()
	f.must(f.people().Block(f.ctx(), operator, m.ID, ana.ID))
	if got, want := f.waiting(), []string{"Delete https://away.example/users/ana/inbox", "Block https://away.example/users/ana/inbox"}; !slices.Equal(got, want) {
		t.Errorf("sent: got %q, want %q", got, want)
	}
	if n, there := len(must(f.Quotes(f.ctx(), p.ID, 10))), len(must(f.Quotes(f.ctx(), theirs.ID, 10))); n != 0 || there != 1 {
		t.Errorf("quotes: got %d of the merchant and %d of another, want none and one", n, there)
	}
	if err := quote(p, "again", true); !errors.Is(err, town.ErrForbidden) {
		t.Errorf("a quote of the blocked: got %v, want ErrForbidden", err)
	}
	f.must(quote(theirs, "again", true))
}

func TestUnblockingSendsTheBlockInItsUndo(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	p := f.post(m, "Du pain")
	ana := peer("away.example", "ana")
	f.must(f.AddReply(f.ctx(), f.received(ana), f.reply(ana, p, "1")))
	s := f.people()
	f.must(s.Block(f.ctx(), operator, m.ID, ana.ID))
	if list := must(s.Blocked(f.ctx(), operator, m.ID)); len(list) != 1 || list[0].ID != ana.ID || list[0].Block == uuid.Nil {
		t.Errorf("blocked people: got %+v, want Ana", list)
	}
	// A newer document of the actor's changes nothing about it.
	f.must(f.UpdateActor(f.ctx(), f.received(ana)))
	f.must(s.Unblock(f.ctx(), operator, m.ID, ana.ID))
	f.must(s.Unblock(f.ctx(), operator, m.ID, ana.ID))
	block, undo := f.sentOf("Block"), f.sentOf("Undo")
	if len(block) != 1 || len(undo) != 1 {
		t.Fatalf("sent: got %d Blocks and %d Undos, want one each", len(block), len(undo))
	}
	inner := undo[0]["object"].(map[string]any)
	if inner["id"] != block[0]["id"] || inner["type"] != "Block" || inner["object"] != string(ana.ID) || inner["actor"] != block[0]["actor"] {
		t.Errorf("undone: got %v, want %v", inner, block[0])
	}
	f.follow(m.ID, ana)
	f.must(f.AddReaction(f.ctx(), f.received(ana), town.Liked, p.ID))
	if got := f.counts(p.ID); got != [3]int{1, 0, 0} {
		t.Errorf("counts: got %v, want the like, and the reply still hidden", got)
	}
	if err := s.Block(f.ctx(), operator, m.ID, "https://away.example/users/nobody"); !errors.Is(err, town.ErrNotFound) {
		t.Errorf("blocking somebody who is not known: got %v, want ErrNotFound", err)
	}
}

// Whatever comes from somebody at the moment of the block is either hidden by it or not taken.
func TestNothingSlipsPastABlock(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	p := f.post(m, "Du pain")
	ana := peer("away.example", "ana")
	for round := range 12 {
		f.follow(m.ID, ana)
		var group sync.WaitGroup
		for i := range 6 {
			in, reply := f.received(ana), f.reply(ana, p, fmt.Sprintf("%d-%d", round, i))
			follow := f.received(ana)
			accept := f.accept(m.ID, ana, follow.ID)
			group.Go(func() {
				if err := f.AddReply(f.ctx(), in, reply); err != nil {
					t.Errorf("reply: %v", err)
				}
			})
			group.Go(func() {
				if err := f.AddFollower(f.ctx(), follow, m.ID, follow.ID, accept); err != nil && !errors.Is(err, town.ErrForbidden) {
					t.Errorf("follow: %v", err)
				}
			})
		}
		group.Go(func() {
			if err := f.people().Block(f.ctx(), operator, m.ID, ana.ID); err != nil {
				t.Errorf("block: %v", err)
			}
		})
		group.Wait()
		if n := must(f.CountFollowers(f.ctx(), m.ID)); n != 0 {
			t.Fatalf("round %d: got %d followers after the block, want none", round, n)
		}
		if thread := must(f.Thread(f.ctx(), p.ID)); len(thread) != 0 || f.counts(p.ID) != [3]int{} {
			t.Fatalf("round %d: got %d replies shown, counts %v, want none", round, len(thread), f.counts(p.ID))
		}
		f.must(f.people().Unblock(f.ctx(), operator, m.ID, ana.ID))
	}
}

func TestRemovingAFollower(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	ana, bob := peer("away.example", "ana"), peer("away.example", "bob")
	f.follow(m.ID, ana)
	f.follow(m.ID, bob)
	follow := must(f.people().Person(f.ctx(), operator, m.ID, ana.ID)).Follow
	f.clearQueue()
	f.must(f.people().RemoveFollower(f.ctx(), operator, m.ID, ana.ID))
	f.must(f.people().RemoveFollower(f.ctx(), operator, m.ID, ana.ID))
	if got, want := f.waiting(), []string{"Reject https://away.example/users/ana/inbox"}; !slices.Equal(got, want) {
		t.Errorf("sent: got %q, want %q", got, want)
	}
	inner := f.sentOf("Reject")[0]["object"].(map[string]any)
	if inner["type"] != "Follow" || inner["id"] != string(follow) || inner["actor"] != string(ana.ID) {
		t.Errorf("rejected: got %v, want Ana's Follow %s", inner, follow)
	}
	if list, more, err := f.people().Followers(f.ctx(), operator, m.ID, town.FollowerCursor{}); err != nil || more || len(list) != 1 || list[0].ID != bob.ID {
		t.Errorf("followers: got %+v, more %v, error %v, want Bob", list, more, err)
	}
	f.follow(m.ID, ana) // who was removed may come back
	if n := must(f.CountFollowers(f.ctx(), m.ID)); n != 2 {
		t.Errorf("followers: got %d, want both", n)
	}
}

func TestThankingForAReply(t *testing.T) {
	t.Parallel()
	f := open(t)
	m, other := f.merchant("martin"), f.merchant("durand")
	p := f.post(m, "Du pain")
	ana := peer("away.example", "ana")
	r := f.reply(ana, p, "1")
	f.must(f.AddReply(f.ctx(), f.received(ana), r))
	s := f.people()
	f.clearQueue()
	f.must(s.Thank(f.ctx(), operator, m.ID, r.ID))
	f.must(s.Thank(f.ctx(), operator, m.ID, r.ID))
	if !must(s.Thanks(f.ctx(), operator, m.ID, r.ID)) {
		t.Error("thanks: got none, want them")
	}
	f.must(s.TakeThanksBack(f.ctx(), operator, m.ID, r.ID))
	f.must(s.TakeThanksBack(f.ctx(), operator, m.ID, r.ID))
	if got, want := f.waiting(), []string{"Like https://away.example/users/ana/inbox", "Undo https://away.example/users/ana/inbox"}; !slices.Equal(got, want) {
		t.Errorf("sent: got %q, want %q", got, want)
	}
	like, undo := f.sentOf("Like")[0], f.sentOf("Undo")[0]["object"].(map[string]any)
	if like["object"] != string(r.ObjectID) || undo["object"] != like["object"] || undo["id"] != like["id"] || undo["type"] != "Like" {
		t.Errorf("liked and undone: got %v and %v, want the reply %s", like, undo, r.ObjectID)
	}
	// The Undo does not overtake the Like.
	if n := f.count(`SELECT count(*) FROM deliveries d JOIN activities a ON a.id = d.activity_id WHERE a.type = 'Undo' AND d.after IS NOT NULL`); n != 1 {
		t.Errorf("Undos behind their Like: got %d, want 1", n)
	}
	if err := s.Thank(f.ctx(), operator, other.ID, r.ID); !errors.Is(err, town.ErrNotFound) {
		t.Errorf("thanking in another's place: got %v, want ErrNotFound", err)
	}
}

func TestReportingAReply(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.setUp()
	m, other := f.merchant("martin"), f.merchant("durand")
	p := f.post(m, "Du pain")
	ana := peer("away.example", "ana")
	r := f.reply(ana, p, "1")
	f.must(f.AddReply(f.ctx(), f.received(ana), r))
	message := f.reply(ana, p, "2")
	message.Public = false
	f.must(f.AddReply(f.ctx(), f.received(ana), message))
	s := f.people()
	f.clearQueue()
	f.must(s.Report(f.ctx(), operator, m.ID, r.ID, "  Injures: répétées\n"))
	f.must(s.Report(f.ctx(), operator, m.ID, r.ID, "encore"))
	f.must(s.Report(f.ctx(), operator, uuid.Nil, r.ID, "la mairie"))
	f.must(s.Report(f.ctx(), operator, uuid.Nil, r.ID, "la mairie encore"))
	if got, want := f.waiting(), slices.Repeat([]string{"Flag https://away.example/users/ana/inbox"}, 2); !slices.Equal(got, want) {
		t.Errorf("sent: got %q, want %q", got, want)
	}
	relay := string(f.addresses.Actor(must(f.RelayActor(f.ctx())).ID))
	flag := f.sentOf("Flag")[1]
	if flag["actor"] != relay || flag["content"] != "Injures: répétées" || fmt.Sprint(flag["object"]) != fmt.Sprintf("[%s %s]", ana.ID, r.ObjectID) {
		t.Errorf("flag: got %v, want the server's own, about the writer and the reply", flag)
	}
	if all := fmt.Sprint(f.sentOf("Flag")); strings.Contains(all, m.ID.String()) || strings.Contains(all, "martin") {
		t.Errorf("the report tells who complained: %s", all)
	}
	if log := must(s.Reports(f.ctx(), operator)); len(log) != 2 || log[1].Shop != m.Name || log[0].Merchant != uuid.Nil || log[0].Words != "la mairie" {
		t.Errorf("log: got %+v, want both, newest first", log)
	}
	for name, err := range map[string]error{
		"another's message":               s.Report(f.ctx(), operator, other.ID, r.ID, ""),
		"a private message, as town hall": s.Report(f.ctx(), operator, uuid.Nil, message.ID, ""),
	} {
		if !errors.Is(err, town.ErrNotFound) {
			t.Errorf("reporting %s: got %v, want ErrNotFound", name, err)
		}
	}
	var bad town.Invalid
	if err := s.Report(f.ctx(), operator, m.ID, message.ID, strings.Repeat("é", town.MaxReport+1)); !errors.As(err, &bad) {
		t.Errorf("a long report: got %v, want Invalid", err)
	}
	f.must(f.DeleteActor(f.ctx(), f.received(ana)))
	if log := must(s.Reports(f.ctx(), operator)); len(log) != 0 {
		t.Errorf("log after the account was deleted: got %+v, want nothing of it", log)
	}
}

// A login without a part in the shop does nothing in its name.
func TestNobodyActsForAnothersShop(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.setUp()
	m, other := f.merchant("martin"), f.merchant("durand")
	p := f.post(m, "Du pain")
	ana := peer("away.example", "ana")
	f.follow(m.ID, ana)
	r := f.reply(ana, p, "1")
	f.must(f.AddReply(f.ctx(), f.received(ana), r))
	l := &town.Login{ID: uuid.New(), Email: "durand@example.org"}
	f.must(f.AddLogin(f.ctx(), l, other.ID))
	by, s, mover := town.Author{Login: l.ID}, f.people(), f.mover(nil)
	_, person := s.Person(f.ctx(), by, m.ID, ana.ID)
	_, _, followers := s.Followers(f.ctx(), by, m.ID, town.FollowerCursor{})
	_, blocked := s.Blocked(f.ctx(), by, m.ID)
	_, thanks := s.Thanks(f.ctx(), by, m.ID, r.ID)
	_, reports := s.Reports(f.ctx(), by)
	_, public := s.Public(f.ctx(), by, r.ID)
	_, alias := mover.AddAlias(f.ctx(), by, m.ID, "@moi@ailleurs.example")
	_, arrivals := mover.Arrivals(f.ctx(), by, m.ID)
	_, move := mover.Move(f.ctx(), by, m.ID, "@moi@ailleurs.example")
	for name, err := range map[string]error{
		"person": person, "followers": followers, "blocked": blocked, "thanks": thanks, "reports": reports, "public": public,
		"alias": alias, "arrivals": arrivals, "move": move,
		"every follower":   s.EveryFollower(f.ctx(), by, m.ID, func(town.Follower) error { return nil }),
		"block":            s.Block(f.ctx(), by, m.ID, ana.ID),
		"unblock":          s.Unblock(f.ctx(), by, m.ID, ana.ID),
		"remove":           s.RemoveFollower(f.ctx(), by, m.ID, ana.ID),
		"thank":            s.Thank(f.ctx(), by, m.ID, r.ID),
		"take thanks back": s.TakeThanksBack(f.ctx(), by, m.ID, r.ID),
		"report":           s.Report(f.ctx(), by, m.ID, r.ID, ""),
		"report as town":   s.Report(f.ctx(), by, uuid.Nil, r.ID, ""),
		"forget":           mover.RemoveAlias(f.ctx(), by, m.ID, "x"),
		"take back":        mover.TakeBack(f.ctx(), by, m.ID),
		"own take back":    mover.TakeBack(f.ctx(), by, other.ID),
	} {
		if !errors.Is(err, town.ErrForbidden) {
			t.Errorf("%s: got %v, want ErrForbidden", name, err)
		}
	}
	if got := f.sentOf("Block"); len(got) != 0 || must(f.CountFollowers(f.ctx(), m.ID)) != 1 {
		t.Errorf("got %d Blocks and %d followers, want nothing changed", len(got), must(f.CountFollowers(f.ctx(), m.ID)))
	}
}

// Reading a page of followers takes as many rows as are on it.
func TestFollowersPlan(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	f.exec(`INSERT INTO remote_actors (iri, host, handle, name, url, inbox, delivery_inbox, delivery_host, document, fetched_at)
		SELECT 'https://a.example/' || n, 'a.example', 'u' || n || '@a.example', '', '', 'https://a.example/i', 'https://a.example/i', 'a.example', '{}', now() FROM generate_series(1, 20000) n`)
	f.exec(`INSERT INTO followers (actor_id, follower_id, follow_id, accepted_at) SELECT $1, id, iri, now() - id * interval '1 second' FROM remote_actors`, m.ID)
	f.exec(`ANALYZE`)
	nodes := f.explain(postgres.FollowersSQL, m.ID, time.Now().Add(-time.Hour), int64(1), 41)
	if rows := readRows(nodes, "followers"); !usesIndex(nodes, "followers_newest") || rows > 100 {
		t.Errorf("followers: reads %.0f rows by %+v, want a page by followers_newest", rows, nodes)
	}
	seen := map[federation.IRI]bool{}
	f.must(f.people().EveryFollower(f.ctx(), operator, m.ID, func(one town.Follower) error {
		seen[one.ID] = true
		return nil
	}))
	if len(seen) != 20000 {
		t.Errorf("every follower: got %d, want 20000", len(seen))
	}
}
