package postgres_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"bourg/federation"
	"bourg/internal/town"

	"github.com/google/uuid"
)

func TestAddFollower(t *testing.T) {
	t.Parallel()
	f := open(t)
	m, ana := f.merchant("martin"), peer("away.example", "ana")

	in := f.received(ana)
	f.must(f.AddFollower(f.ctx(), in, m.ID, in.ID, f.accept(m.ID, ana, in.ID)))
	if got, want := f.waiting(), []string{"Accept https://away.example/users/ana/inbox"}; !slices.Equal(got, want) {
		t.Errorf("deliveries: got %v, want %v", got, want)
	}
	if n, err := f.CountFollowers(f.ctx(), m.ID); n != 1 || err != nil {
		t.Errorf("followers: got %d, error %v, want 1", n, err)
	}

	// The same activity again changes nothing.
	err := f.AddFollower(f.ctx(), in, m.ID, in.ID, f.accept(m.ID, ana, in.ID))
	if !errors.Is(err, federation.ErrDuplicate) {
		t.Errorf("repeated: got %v, want ErrDuplicate", err)
	}
	if got := f.waiting(); len(got) != 1 {
		t.Errorf("after a repeat: got %v, want one Accept", got)
	}

	// A new Follow by a follower is accepted again, under its new id, and told to nobody.
	f.clearQueue()
	again := f.received(ana)
	f.must(f.AddFollower(f.ctx(), again, m.ID, again.ID, f.accept(m.ID, ana, again.ID)))
	if got := f.waiting(); len(got) != 1 {
		t.Errorf("after a second Follow: got %v, want one Accept", got)
	}
	if n := f.count(`SELECT count(*) FROM followers WHERE follow_id = $1`, string(again.ID)); n != 1 {
		t.Errorf("rows with the new id: got %d, want 1", n)
	}
	if n := f.count(`SELECT count(*) FROM notifications WHERE kind = 'follow'`); n != 1 {
		t.Errorf("notifications: got %d, want 1", n)
	}
}

func TestRemoveFollower(t *testing.T) {
	t.Parallel()
	f := open(t)
	m, ana := f.merchant("martin"), peer("away.example", "ana")
	f.must(f.RemoveFollower(f.ctx(), f.received(ana), m.ID)) // none there: nothing happens

	f.follow(m.ID, ana)
	f.must(f.RemoveFollower(f.ctx(), f.received(ana), m.ID))
	if n, _ := f.CountFollowers(f.ctx(), m.ID); n != 0 {
		t.Errorf("after Undo: got %d followers, want 0", n)
	}
	f.follow(m.ID, ana)
	if n, _ := f.CountFollowers(f.ctx(), m.ID); n != 1 {
		t.Errorf("after following again: got %d followers, want 1", n)
	}

	in := f.received(ana)
	f.must(f.AddFollower(f.ctx(), in, m.ID, in.ID, f.accept(m.ID, ana, in.ID)))
	f.must(f.UndoByID(f.ctx(), f.received(ana), in.ID+"/another"))
	if n, _ := f.CountFollowers(f.ctx(), m.ID); n != 1 {
		t.Errorf("after Undo of something else: got %d followers, want 1", n)
	}
	f.must(f.UndoByID(f.ctx(), f.received(peer("away.example", "eve")), in.ID))
	if n, _ := f.CountFollowers(f.ctx(), m.ID); n != 1 {
		t.Errorf("after Undo by another: got %d followers, want 1", n)
	}
	f.must(f.UndoByID(f.ctx(), f.received(ana), in.ID))
	if n, _ := f.CountFollowers(f.ctx(), m.ID); n != 0 {
		t.Errorf("after Undo by id: got %d followers, want 0", n)
	}
}

// counts returns likes, shares and replies of a post.
func (f *fixture) counts(id uuid.UUID) [3]int {
	f.t.Helper()
	p, err := f.Post(f.ctx(), id)
	f.must(err)
	return [3]int{p.Likes, p.Shares, p.Replies}
}

func TestReactions(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	p := f.post(m, "Du pain")
	ana, bob := peer("away.example", "ana"), peer("far.example", "bob")

	like := f.received(ana)
	f.must(f.AddReaction(f.ctx(), like, town.Liked, p.ID))
	f.must(f.AddReaction(f.ctx(), f.received(ana), town.Liked, p.ID)) // once for each actor
	f.must(f.AddReaction(f.ctx(), f.received(bob), town.Liked, p.ID))
	f.must(f.AddReaction(f.ctx(), f.received(bob), town.Shared, p.ID))
	if got, want := f.counts(p.ID), [3]int{2, 1, 0}; got != want {
		t.Errorf("counts: got %v, want %v", got, want)
	}
	if err := f.AddReaction(f.ctx(), like, town.Liked, p.ID); !errors.Is(err, federation.ErrDuplicate) {
		t.Errorf("repeated: got %v, want ErrDuplicate", err)
	}
	if err := f.AddReaction(f.ctx(), f.received(ana), town.Liked, uuid.New()); !errors.Is(err, town.ErrNotFound) {
		t.Errorf("no such post: got %v, want ErrNotFound", err)
	}

	f.must(f.RemoveReaction(f.ctx(), f.received(bob), town.Shared, p.ID))
	f.must(f.RemoveReaction(f.ctx(), f.received(bob), town.Shared, p.ID)) // twice is once
	f.must(f.UndoByID(f.ctx(), f.received(bob), like.ID))                 // ana's, not bob's
	if got, want := f.counts(p.ID), [3]int{2, 0, 0}; got != want {
		t.Errorf("after Undo of the share: got %v, want %v", got, want)
	}
	f.must(f.UndoByID(f.ctx(), f.received(ana), like.ID))
	if got, want := f.counts(p.ID), [3]int{1, 0, 0}; got != want {
		t.Errorf("after Undo by id: got %v, want %v", got, want)
	}
	if n := f.count(`SELECT count(*) FROM notifications`); n != 1 {
		t.Errorf("notifications: got %d, want that of bob's like", n)
	}

	f.must(f.WithdrawPost(f.ctx(), p.ID, time.Now(), f.outgoing(m.ID, "Delete", f.addresses.Post(p.ID), town.Recipients{})))
	if err := f.AddReaction(f.ctx(), f.received(ana), town.Liked, p.ID); !errors.Is(err, town.ErrNotFound) {
		t.Errorf("withdrawn post: got %v, want ErrNotFound", err)
	}
}

// Likes that come at once through many connections are all counted.
func TestReactionsAtOnce(t *testing.T) {
	t.Parallel()
	f := open(t)
	p := f.post(f.merchant("martin"), "Du pain")
	const n = 60
	var wg sync.WaitGroup
	for i := range n {
		in := f.received(peer("away.example", "u"+uuid.NewString()))
		again := in
		again.Key = uuid.New()
		wg.Go(func() {
			if err := f.AddReaction(f.ctx(), in, town.Liked, p.ID); err != nil {
				t.Errorf("like %d: %v", i, err)
			}
			if err := f.AddReaction(f.ctx(), in, town.Liked, p.ID); !errors.Is(err, federation.ErrDuplicate) {
				t.Errorf("like %d repeated: got %v, want ErrDuplicate", i, err)
			}
			if i%3 == 0 {
				if err := f.RemoveReaction(f.ctx(), again, town.Liked, p.ID); err != nil {
					t.Errorf("undo %d: %v", i, err)
				}
			}
		})
	}
	wg.Wait()
	if got, want := f.counts(p.ID), [3]int{n - n/3, 0, 0}; got != want {
		t.Errorf("counts: got %v, want %v", got, want)
	}
}

func TestReplies(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	p := f.post(m, "Du pain")
	ana := peer("away.example", "ana")

	r := f.reply(ana, p, "1")
	r.Attachments = []federation.Image{{Type: "Document", URL: "https://away.example/1.jpg", MediaType: "image/jpeg", Name: "Une miche"}}
	f.must(f.AddReply(f.ctx(), f.received(ana), r))
	private := f.reply(ana, p, "2")
	private.Public = false
	f.must(f.AddReply(f.ctx(), f.received(ana), private))
	mention := f.reply(ana, p, "3")
	mention.Post, mention.InReplyTo = uuid.Nil, ""
	f.must(f.AddReply(f.ctx(), f.received(ana), mention))
	held := f.reply(ana, p, "4")
	held.State = town.ReplyWaiting
	f.must(f.AddReply(f.ctx(), f.received(ana), held))

	if got, want := f.counts(p.ID), [3]int{0, 0, 1}; got != want {
		t.Errorf("counts: got %v, want %v", got, want)
	}
	thread, err := f.Thread(f.ctx(), p.ID)
	f.must(err)
	if len(thread) != 1 || thread[0].Reply == nil || thread[0].Reply.ID != r.ID {
		t.Fatalf("thread: got %+v, want the one public reply that is shown", thread)
	}
	got := thread[0].Reply
	if got.Content != r.Content || got.Actor.Handle != "ana@away.example" || got.Actor.Name != "ANA" || got.Actor.Host != "away.example" ||
		got.Post != p.ID || got.InReplyTo != r.InReplyTo || !got.Published.Equal(r.Published) || len(got.Attachments) != 1 || got.Attachments[0] != r.Attachments[0] {
		t.Errorf("reply: got %+v, want what was stored: %+v", got, r)
	}
	list, err := f.Notifications(f.ctx(), m.ID, 0, 10)
	f.must(err)
	var kinds []string
	for _, n := range list {
		kinds = append(kinds, n.Kind)
	}
	if want := []string{"reply", "mention", "message", "reply"}; !slices.Equal(kinds, want) {
		t.Errorf("notifications: got %v, want %v", kinds, want)
	}

	// Accepting and hiding keep the count right.
	for _, step := range []struct {
		state town.ReplyState
		want  int
	}{{town.ReplyShown, 2}, {town.ReplyShown, 2}, {town.ReplyHidden, 1}, {town.ReplyWaiting, 1}, {town.ReplyShown, 2}} {
		f.must(f.SetReplyState(f.ctx(), m.ID, held.ID, step.state))
		if got := f.counts(p.ID)[2]; got != step.want {
			t.Errorf("replies after %q: got %d, want %d", step.state, got, step.want)
		}
	}
	if err := f.SetReplyState(f.ctx(), f.merchant("durand").ID, held.ID, town.ReplyHidden); !errors.Is(err, town.ErrNotFound) {
		t.Errorf("another merchant's reply: got %v, want ErrNotFound", err)
	}

	f.must(f.DeleteObject(f.ctx(), f.received(ana), held.ObjectID))
	f.must(f.DeleteObject(f.ctx(), f.received(ana), private.ObjectID))
	if got := f.counts(p.ID)[2]; got != 1 {
		t.Errorf("replies after Delete: got %d, want 1", got)
	}
	if n := f.count(`SELECT count(*) FROM notifications`); n != 2 {
		t.Errorf("notifications after Delete: got %d, want 2", n)
	}
	if _, err := f.Reply(f.ctx(), held.ID); !errors.Is(err, town.ErrNotFound) {
		t.Errorf("deleted reply: got %v, want ErrNotFound", err)
	}
}

func TestEditReply(t *testing.T) {
	t.Parallel()
	f := open(t)
	p := f.post(f.merchant("martin"), "Du pain")
	ana := peer("away.example", "ana")
	r := f.reply(ana, p, "1")
	f.must(f.AddReply(f.ctx(), f.received(ana), r))

	for _, c := range []struct {
		what    string
		from    *federation.Actor
		updated time.Time
		want    string
	}{
		{"older", ana, r.Published.Add(-time.Minute), "<p>1</p>"},
		{"newer", ana, r.Published.Add(2 * time.Minute), "newer"},
		{"between", ana, r.Published.Add(time.Minute), "newer"},
		{"another's", peer("away.example", "eve"), r.Published.Add(time.Hour), "newer"},
		{"newest", ana, r.Published.Add(time.Hour), "newest"},
	} {
		edit := *r
		edit.Content, edit.Updated, edit.Public, edit.State = c.what, c.updated, false, town.ReplyHidden
		f.must(f.EditReply(f.ctx(), f.received(c.from), &edit))
		got, err := f.Reply(f.ctx(), r.ID)
		f.must(err)
		if got.Content != c.want {
			t.Errorf("after %s: got %q, want %q", c.what, got.Content, c.want)
		}
		if !got.Public || got.State != town.ReplyShown {
			t.Errorf("after %s: got public %v, state %q, want them unchanged", c.what, got.Public, got.State)
		}
	}
	unknown := f.reply(ana, p, "unknown")
	unknown.Updated = time.Now()
	f.must(f.EditReply(f.ctx(), f.received(ana), unknown))
	if n := f.count(`SELECT count(*) FROM replies`); n != 1 {
		t.Errorf("replies: got %d, want 1: an Update does not create", n)
	}
}

// The rows of the threat table that are decided by what is stored.
func TestBadInput(t *testing.T) {
	t.Parallel()
	testBadStories(t)
	t.Run("S25", func(t *testing.T) { // the same request again
		t.Parallel()
		f := open(t)
		ana, p := peer("away.example", "ana"), f.post(f.merchant("martin"), "Du pain")
		in := f.received(ana)
		f.must(f.AddReply(f.ctx(), in, f.reply(ana, p, "1")))
		if err := f.AddReply(f.ctx(), in, f.reply(ana, p, "1")); !errors.Is(err, federation.ErrDuplicate) {
			t.Errorf("got %v, want ErrDuplicate", err)
		}
		if n := f.count(`SELECT (SELECT count(*) FROM replies) * 10 + (SELECT count(*) FROM notifications)`); n != 11 {
			t.Errorf("got %d, want one reply and one notification", n)
		}
	})
	t.Run("S26", func(t *testing.T) { // a replay after the deletion, and a Create that comes after its Delete
		t.Parallel()
		f := open(t)
		ana, p := peer("away.example", "ana"), f.post(f.merchant("martin"), "Du pain")
		in := f.received(ana)
		r := f.reply(ana, p, "1")
		f.must(f.AddReply(f.ctx(), in, r))
		f.must(f.DeleteObject(f.ctx(), f.received(ana), r.ObjectID))
		if err := f.AddReply(f.ctx(), in, f.reply(ana, p, "1")); !errors.Is(err, federation.ErrDuplicate) {
			t.Errorf("replay: got %v, want ErrDuplicate", err)
		}
		f.must(f.AddReply(f.ctx(), f.received(ana), f.reply(ana, p, "1")))
		late := f.reply(ana, p, "2")
		f.must(f.DeleteObject(f.ctx(), f.received(ana), late.ObjectID))
		f.must(f.AddReply(f.ctx(), f.received(ana), late))
		if n := f.count(`SELECT count(*) FROM replies`); n != 0 {
			t.Errorf("replies: got %d, want 0", n)
		}
		// Another's Delete of an id does not ban it.
		third := f.reply(ana, p, "3")
		f.must(f.DeleteObject(f.ctx(), f.received(peer("away.example", "eve")), third.ObjectID))
		f.must(f.AddReply(f.ctx(), f.received(ana), third))
		if n := f.count(`SELECT count(*) FROM replies`); n != 1 {
			t.Errorf("replies: got %d, want the third", n)
		}
	})
	t.Run("O7", func(t *testing.T) { // a known id with a wider audience
		t.Parallel()
		f := open(t)
		ana, p := peer("away.example", "ana"), f.post(f.merchant("martin"), "Du pain")
		private := f.reply(ana, p, "1")
		private.Public = false
		f.must(f.AddReply(f.ctx(), f.received(ana), private))
		f.must(f.AddReply(f.ctx(), f.received(ana), f.reply(ana, p, "1")))
		got, err := f.Reply(f.ctx(), private.ID)
		f.must(err)
		if got.Public {
			t.Error("got a public reply, want it private as it was")
		}
		if thread, _ := f.Thread(f.ctx(), p.ID); len(thread) != 0 {
			t.Errorf("thread: got %d entries, want none", len(thread))
		}
	})
	t.Run("O21", func(t *testing.T) { // another actor uses up an id first
		t.Parallel()
		f := open(t)
		ana, eve, p := peer("away.example", "ana"), peer("away.example", "eve"), f.post(f.merchant("martin"), "Du pain")
		genuine := f.reply(ana, p, "1")
		stolen := *f.reply(eve, p, "x")
		stolen.ObjectID = genuine.ObjectID
		in := f.received(ana)
		f.must(f.AddReply(f.ctx(), receivedAs(eve, string(in.ID)), &stolen))
		f.must(f.AddReply(f.ctx(), in, genuine))
		got, err := f.Reply(f.ctx(), genuine.ID)
		f.must(err)
		if got.Content != genuine.Content || got.Actor.ID != ana.ID {
			t.Errorf("got %+v, want ana's reply", got)
		}
	})
	t.Run("O15", func(t *testing.T) { // what is still on its way from a deleted actor
		t.Parallel()
		f := open(t)
		ana, p := peer("away.example", "ana"), f.post(f.merchant("martin"), "Du pain")
		f.must(f.AddReaction(f.ctx(), f.received(ana), town.Liked, p.ID))
		f.must(f.DeleteActor(f.ctx(), f.received(ana)))
		if err := f.AddReaction(f.ctx(), f.received(ana), town.Shared, p.ID); !errors.Is(err, federation.ErrIgnored) {
			t.Errorf("got %v, want ErrIgnored", err)
		}
		if got := f.counts(p.ID); got != [3]int{} {
			t.Errorf("counts: got %v, want none", got)
		}
	})
}

// A Create and the Delete of the same thing that come at once leave nothing, whichever is first.
func TestCreateAndDeleteAtOnce(t *testing.T) {
	t.Parallel()
	f := open(t)
	ana, p := peer("away.example", "ana"), f.post(f.merchant("martin"), "Du pain")
	f.must(f.AddReaction(f.ctx(), f.received(ana), town.Liked, p.ID))
	for range 60 {
		r := f.reply(ana, p, uuid.NewString())
		create, remove := f.received(ana), f.received(ana)
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := f.AddReply(f.ctx(), create, r); err != nil {
				t.Errorf("create: %v", err)
			}
		})
		wg.Go(func() {
			if err := f.DeleteObject(f.ctx(), remove, r.ObjectID); err != nil {
				t.Errorf("delete: %v", err)
			}
		})
		wg.Wait()
	}
	if n := f.count(`SELECT count(*) FROM replies`); n != 0 {
		t.Errorf("replies: got %d, want 0", n)
	}
	if got := f.counts(p.ID)[2]; got != 0 {
		t.Errorf("count of replies: got %d, want 0", got)
	}
}

func TestDeleteActor(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	p := f.post(m, "Du pain")
	ana, bob := peer("away.example", "ana"), peer("away.example", "bob")
	for _, a := range []*federation.Actor{ana, bob} {
		f.follow(m.ID, a)
		f.must(f.AddReaction(f.ctx(), f.received(a), town.Liked, p.ID))
		f.must(f.AddReaction(f.ctx(), f.received(a), town.Shared, p.ID))
		f.must(f.AddReply(f.ctx(), f.received(a), f.reply(a, p, "1")))
	}
	f.must(f.AddOutgoing(f.ctx(), f.outgoing(m.ID, "Update", "https://bourg.test/x", town.Recipients{Followers: true})))

	f.must(f.DeleteActor(f.ctx(), f.received(ana)))
	if got, want := f.counts(p.ID), [3]int{1, 1, 1}; got != want {
		t.Errorf("counts: got %v, want bob's %v", got, want)
	}
	for _, table := range []string{"followers WHERE follower_id", "replies WHERE actor_id", "reactions WHERE actor_id", "notifications WHERE actor_id", "remote_keys WHERE actor_id"} {
		if n := f.count(`SELECT count(*) FROM `+table+` = (SELECT id FROM remote_actors WHERE iri = $1)`, string(ana.ID)); n != 0 {
			t.Errorf("%s: got %d rows of the deleted actor, want 0", table, n)
		}
	}
	if got, want := f.waiting(), []string{"Update https://away.example/inbox", "Accept https://away.example/users/bob/inbox"}; !slices.Equal(got, want) {
		t.Errorf("deliveries: got %v, want %v", got, want)
	}
	if _, _, err := f.CachedActor(f.ctx(), ana.ID); !errors.Is(err, federation.ErrNotFound) {
		t.Errorf("cached actor: got %v, want ErrNotFound", err)
	}
	if _, err := f.RemoteActor(f.ctx(), ana.ID); !errors.Is(err, town.ErrNotFound) {
		t.Errorf("remote actor: got %v, want ErrNotFound", err)
	}
	if n := f.count(`SELECT count(*) FROM remote_actors WHERE iri = $1 AND document::text = '{}' AND name = ''`, string(ana.ID)); n != 1 {
		t.Error("the deleted actor's row still tells of it")
	}
}

func TestUpdateActor(t *testing.T) {
	t.Parallel()
	f := open(t)
	m, ana := f.merchant("martin"), peer("away.example", "ana")
	f.follow(m.ID, ana)
	renamed := *ana
	renamed.Name, renamed.WebFinger = "Ana Núñez", "ana@victim.example" // a claim that nobody has checked
	renamed.Keys = []federation.PublicKey{
		{ID: ana.ID + "#new", Owner: ana.ID, PEM: "new"},
		{ID: "https://victim.example/users/v#main-key", Owner: ana.ID, PEM: "stolen"},
	}
	in := f.received(&renamed)
	f.must(f.UpdateActor(f.ctx(), in))
	if err := f.UpdateActor(f.ctx(), in); !errors.Is(err, federation.ErrDuplicate) {
		t.Errorf("repeated: got %v, want ErrDuplicate", err)
	}
	got, _, err := f.CachedActor(f.ctx(), ana.ID)
	f.must(err)
	if got.Name != renamed.Name || len(got.Keys) != 2 {
		t.Errorf("got %+v, want the new document", got)
	}
	shown, err := f.RemoteActor(f.ctx(), ana.ID)
	f.must(err)
	if want := (town.RemoteActor{ID: ana.ID, Name: "Ana Núñez", Handle: "ana@away.example", URL: ana.ID, Host: "away.example", Row: shown.Row}); *shown != want || shown.Row == 0 {
		t.Errorf("got %+v, want %+v", *shown, want)
	}
	if key, _, err := f.CachedKey(f.ctx(), ana.ID+"#new"); err != nil || key.PEM != "new" || key.Owner != ana.ID {
		t.Errorf("new key: got %+v, error %v", key, err)
	}
	for _, id := range []federation.IRI{ana.ID + "#main-key", "https://victim.example/users/v#main-key"} {
		if key, _, err := f.CachedKey(f.ctx(), id); !errors.Is(err, federation.ErrNotFound) {
			t.Errorf("key %s: got %+v and error %v, want ErrNotFound", id, key, err)
		}
	}
}

func TestPostOf(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	p := f.post(m, "Du pain")
	ana := peer("away.example", "ana")
	r := f.reply(ana, p, "1")
	f.must(f.AddReply(f.ctx(), f.received(ana), r))
	answer, out := f.newPost(m, "Merci", 0)
	answer.Kind, answer.Root, answer.InReplyTo, answer.Addressee = town.Answer, p.ID, r.ObjectID, ana.ID
	_, err := f.AddPost(f.ctx(), answer, uuid.Nil, out)
	f.must(err)
	message := f.reply(ana, p, "2")
	message.Post, message.Public = uuid.Nil, false
	f.must(f.AddReply(f.ctx(), f.received(ana), message))

	for _, c := range []struct {
		object   federation.IRI
		post     uuid.UUID
		merchant uuid.UUID
		err      error
	}{
		{f.addresses.Post(p.ID), p.ID, m.ID, nil},
		{f.addresses.Post(answer.ID), answer.ID, m.ID, nil},
		{r.ObjectID, p.ID, m.ID, nil},
		{message.ObjectID, uuid.Nil, m.ID, nil},
		{f.addresses.Post(uuid.New()), uuid.Nil, uuid.Nil, town.ErrNotFound},
		{f.addresses.Actor(m.ID), uuid.Nil, uuid.Nil, town.ErrNotFound},
		{"https://away.example/unknown", uuid.Nil, uuid.Nil, town.ErrNotFound},
	} {
		post, merchant, err := f.PostOf(f.ctx(), c.object)
		if post != c.post || merchant != c.merchant || !errors.Is(err, c.err) {
			t.Errorf("%s: got %v, %v, %v, want %v, %v, %v", c.object, post, merchant, err, c.post, c.merchant, c.err)
		}
	}

	// A reply to the answer stands in the thread of the post.
	toAnswer := f.reply(ana, answer, "3")
	f.must(f.AddReply(f.ctx(), f.received(ana), toAnswer))
	thread, err := f.Thread(f.ctx(), p.ID)
	f.must(err)
	if len(thread) != 3 || thread[0].Reply == nil || thread[1].Answer == nil || thread[2].Reply == nil {
		t.Errorf("thread: got %+v, want reply, answer, reply", thread)
	}
	if got := f.counts(p.ID)[2]; got != 2 {
		t.Errorf("replies of the post: got %d, want 2", got)
	}
	for name, c := range map[string]struct {
		list func(context.Context, uuid.UUID) ([]federation.IRI, error)
		of   uuid.UUID
		want []federation.IRI
	}{
		"the conversation":          {f.PublicThread, p.ID, []federation.IRI{r.ObjectID, f.addresses.Post(answer.ID), toAnswer.ObjectID}},
		"replies to the post":       {f.PublicReplies, p.ID, []federation.IRI{r.ObjectID}},
		"replies to the answer":     {f.PublicReplies, answer.ID, []federation.IRI{toAnswer.ObjectID}},
		"replies to nothing we had": {f.PublicReplies, uuid.New(), nil},
	} {
		if got, err := c.list(f.ctx(), c.of); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, %v, want %v", name, got, err, c.want)
		}
	}
}

func TestActorKind(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.setUp()
	m := f.merchant("martin")
	relay, err := f.RelayActor(f.ctx())
	f.must(err)
	for _, c := range []struct {
		id   uuid.UUID
		kind string
		err  error
	}{{m.ID, "merchant", nil}, {relay.ID, "relay", nil}, {uuid.New(), "", town.ErrNotFound}} {
		if kind, err := f.ActorKind(f.ctx(), c.id); kind != c.kind || !errors.Is(err, c.err) {
			t.Errorf("%v: got %q, %v, want %q, %v", c.id, kind, err, c.kind, c.err)
		}
	}
	yes := true
	for _, c := range []struct {
		town     bool
		merchant *bool
		want     bool
	}{{false, nil, false}, {true, nil, true}, {false, &yes, true}} {
		own, err := f.Town(f.ctx())
		f.must(err)
		own.ApproveReplies, m.Approve = c.town, c.merchant
		f.must(f.EditTown(f.ctx(), own))
		f.must(f.EditMerchant(f.ctx(), m, f.outgoing(m.ID, "Update", f.addresses.Actor(m.ID), town.Recipients{})))
		if got, err := f.ApprovesReplies(f.ctx(), m.ID); got != c.want || err != nil {
			t.Errorf("town %v, merchant %v: got %v, %v, want %v", c.town, c.merchant, got, err, c.want)
		}
	}
	f.exec(`UPDATE actors SET deleted_at = now() WHERE id = $1`, m.ID)
	f.must(f.EditTown(f.ctx(), must(f.Town(f.ctx())))) // forgets what was cached
	if _, err := f.ActorKind(f.ctx(), m.ID); !errors.Is(err, town.ErrGone) {
		t.Errorf("deleted: got %v, want ErrGone", err)
	}
	if _, err := f.Merchant(f.ctx(), m.ID); !errors.Is(err, town.ErrGone) {
		t.Errorf("deleted merchant: got %v, want ErrGone", err)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// An error says what was being done.
func TestErrorsSayWhat(t *testing.T) {
	t.Parallel()
	f := open(t)
	if _, err := f.Post(f.ctx(), uuid.New()); err == nil || !strings.HasPrefix(err.Error(), "read post: ") {
		t.Errorf("got %v, want it to begin with what was being done", err)
	}
}
