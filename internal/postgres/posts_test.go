package postgres_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"bourg/federation"
	"bourg/internal/town"

	"github.com/google/uuid"
)

func TestAddPost(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	f.follow(m.ID, peer("away.example", "ana"))
	f.follow(m.ID, peer("away.example", "bob")) // shares ana's inbox
	alone := peer("alone.example", "zoe")
	alone.SharedInbox = ""
	f.follow(m.ID, alone)
	f.follow(f.merchant("durand").ID, peer("other.example", "eve")) // another merchant's
	f.clearQueue()

	a, b := f.photo(m.ID, "a"), f.photo(m.ID, "b")
	draft, err := f.SaveDraft(f.ctx(), m.ID, &town.Draft{Kind: town.News, Text: "Du pa", Photos: []town.Photo{a, b}})
	f.must(err)
	p, out := f.newPost(m, "Du pain", time.Minute)
	b.Alt = "Un autre pain"
	p.Photos = []town.Photo{b, a}
	stored, err := f.AddPost(f.ctx(), p, draft, out)
	f.must(err)
	if stored.ID != p.ID || stored.Text != p.Text || stored.Merchant.Name != m.Name || !stored.Published.Equal(p.Published) || !stored.Leaves.Equal(p.Leaves) {
		t.Errorf("got %+v, want %+v", stored, p)
	}
	if len(stored.Photos) != 2 || stored.Photos[0].ID != b.ID || stored.Photos[0].Alt != b.Alt || stored.Photos[1].Variants[0] != a.Variants[0] {
		t.Errorf("photos: got %+v, want %+v", stored.Photos, p.Photos)
	}
	if _, err := f.Draft(f.ctx(), m.ID, draft); !errors.Is(err, town.ErrNotFound) {
		t.Errorf("used draft: got %v, want ErrNotFound", err)
	}
	want := []string{"Create https://alone.example/users/zoe/inbox", "Create https://away.example/inbox"}
	if got := f.waiting(); !slices.Equal(got, want) {
		t.Errorf("deliveries: got %v, want %v", got, want)
	}
	if n := f.count(`SELECT recipients FROM activities WHERE id = $1`, p.ID); n != 2 {
		t.Errorf("recipients: got %d, want 2", n)
	}
	// It waits for the end of the undo window.
	if got, err := f.ClaimDeliveries(f.ctx(), 10, 10, nil, time.Minute); len(got) != 0 || err != nil {
		t.Errorf("held: got %d deliveries, error %v, want none", len(got), err)
	}
	if next, err := f.NextDelivery(f.ctx()); !next.Equal(p.Leaves) || err != nil {
		t.Errorf("next delivery: got %v, error %v, want %v", next, err, p.Leaves)
	}

	// A double tap is one post.
	again, out := f.newPost(m, "Du pain, encore", 0)
	again.Once = p.Once
	if stored, err = f.AddPost(f.ctx(), again, uuid.Nil, out); err != nil || stored.ID != p.ID || stored.Text != p.Text {
		t.Errorf("second tap: got %+v, error %v, want the first post", stored, err)
	}
	if n := f.count(`SELECT count(*) FROM activities WHERE type = 'Create'`); n != 1 {
		t.Errorf("activities: got %d, want 1", n)
	}
}

// Twenty taps at once are one post.
func TestAddPostOnce(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	once := uuid.New()
	var mu sync.Mutex
	got := map[uuid.UUID]int{}
	var wg sync.WaitGroup
	for range 20 {
		p, out := f.newPost(m, "Du pain", 0)
		p.Once = once
		wg.Go(func() {
			stored, err := f.AddPost(f.ctx(), p, uuid.Nil, out)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			got[stored.ID]++
		})
	}
	wg.Wait()
	if len(got) != 1 {
		t.Errorf("got %d different posts, want 1", len(got))
	}
}

// U9: a photo that is another's, or already in a post, is refused, and nothing is left of the attempt.
func TestPhotosOfOthers(t *testing.T) {
	t.Parallel()
	f := open(t)
	m, other := f.merchant("martin"), f.merchant("durand")
	used := f.photo(m.ID, "used")
	first, out := f.newPost(m, "Du pain", 0)
	first.Photos = []town.Photo{used}
	_, err := f.AddPost(f.ctx(), first, uuid.Nil, out)
	f.must(err)

	for what, photo := range map[string]town.Photo{"another's": f.photo(other.ID, "o"), "in a post": used, "unknown": {ID: uuid.New()}} {
		p, out := f.newPost(m, "Du vin", 0)
		p.Photos = []town.Photo{photo}
		if _, err := f.AddPost(f.ctx(), p, uuid.Nil, out); !errors.Is(err, town.ErrNotFound) {
			t.Errorf("post with a photo that is %s: got %v, want ErrNotFound", what, err)
		}
		if _, err := f.SaveDraft(f.ctx(), m.ID, &town.Draft{Kind: town.News, Photos: []town.Photo{photo}}); !errors.Is(err, town.ErrNotFound) {
			t.Errorf("draft with a photo that is %s: got %v, want ErrNotFound", what, err)
		}
	}
	if _, err := f.Photos(f.ctx(), other.ID, []uuid.UUID{used.ID}); !errors.Is(err, town.ErrNotFound) {
		t.Errorf("reading another's photo: got %v, want ErrNotFound", err)
	}
	if err := f.DescribePhoto(f.ctx(), other.ID, used.ID, "à moi"); !errors.Is(err, town.ErrNotFound) {
		t.Errorf("describing another's photo: got %v, want ErrNotFound", err)
	}
	if n := f.count(`SELECT (SELECT count(*) FROM posts) * 10 + (SELECT count(*) FROM drafts)`); n != 10 {
		t.Errorf("got %d, want one post and no draft", n)
	}
}

func TestEditHeldPost(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	f.follow(m.ID, peer("away.example", "ana"))
	f.clearQueue()
	a, b := f.photo(m.ID, "a"), f.photo(m.ID, "b")
	p, out := f.newPost(m, "Du pain", time.Minute)
	p.Photos = []town.Photo{a}
	p, err := f.AddPost(f.ctx(), p, uuid.Nil, out)
	f.must(err)

	p.Text, p.Reach, p.Photos = "Du vin", town.ReachTown, []town.Photo{b}
	f.must(f.EditHeldPost(f.ctx(), p, town.Outgoing{JSON: []byte(`{"new":true}`)}))
	got, err := f.Post(f.ctx(), p.ID)
	f.must(err)
	if got.Text != "Du vin" || got.Reach != town.ReachTown || len(got.Photos) != 1 || got.Photos[0].ID != b.ID || !got.Updated.IsZero() {
		t.Errorf("got %+v, want the new text, reach and photo, and no time of an edit", got)
	}
	f.exec(`UPDATE deliveries SET next_try = now()`)
	claimed, err := f.ClaimDeliveries(f.ctx(), 10, 10, nil, time.Minute)
	f.must(err)
	if len(claimed) != 1 || string(claimed[0].JSON) != `{"new":true}` || claimed[0].Sender != f.addresses.Actor(m.ID) {
		t.Errorf("deliveries: got %+v, want one with the new JSON", claimed)
	}

	// Two seconds are kept clear.
	for leaves, want := range map[string]error{"1 second": town.ErrTooLate, "-1 second": town.ErrTooLate, "30 seconds": nil} {
		f.exec(`UPDATE posts SET leaves_at = clock_timestamp() + $1::interval WHERE id = $2`, leaves, p.ID)
		p.Text = "Dans " + leaves
		if err := f.EditHeldPost(f.ctx(), p, town.Outgoing{JSON: []byte(`{}`)}); !errors.Is(err, want) {
			t.Errorf("%s before it leaves: got %v, want %v", leaves, err, want)
		}
		got, err := f.Post(f.ctx(), p.ID)
		f.must(err)
		if changed := got.Text == p.Text; changed != (want == nil) {
			t.Errorf("%s before it leaves: changed %v, want %v", leaves, changed, want == nil)
		}
	}
}

func TestUndoPost(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	f.follow(m.ID, peer("away.example", "ana"))
	f.clearQueue()
	a, b := f.photo(m.ID, "a"), f.photo(m.ID, "b")
	p, out := f.newPost(m, "Du pain", time.Minute)
	p.Photos, p.Reach = []town.Photo{b, a}, town.ReachRegion
	_, err := f.AddPost(f.ctx(), p, uuid.Nil, out)
	f.must(err)

	d, err := f.UndoPost(f.ctx(), p.ID)
	f.must(err)
	if d.Text != p.Text || d.Reach != p.Reach || d.Kind != p.Kind || len(d.Photos) != 2 || d.Photos[0].ID != b.ID || d.Photos[1].ID != a.ID {
		t.Errorf("draft: got %+v, want what the post was", d)
	}
	if _, err := f.Post(f.ctx(), p.ID); !errors.Is(err, town.ErrNotFound) {
		t.Errorf("post: got %v, want ErrNotFound", err)
	}
	if n := f.count(`SELECT (SELECT count(*) FROM deliveries) + (SELECT count(*) FROM activities WHERE type = 'Create')`); n != 0 {
		t.Errorf("activities and deliveries: got %d, want 0", n)
	}
	if _, err := f.UndoPost(f.ctx(), p.ID); !errors.Is(err, town.ErrNotFound) {
		t.Errorf("again: got %v, want ErrNotFound", err)
	}

	late := f.post(m, "Du vin")
	if _, err := f.UndoPost(f.ctx(), late.ID); !errors.Is(err, town.ErrTooLate) {
		t.Errorf("after the window: got %v, want ErrTooLate", err)
	}
	if got, err := f.Post(f.ctx(), late.ID); err != nil || got.Text != "Du vin" {
		t.Errorf("after the window: got %+v, error %v, want the post unchanged", got, err)
	}
}

func TestWithdrawPost(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	left, stays := peer("left.example", "ana"), peer("stays.example", "bob")
	f.follow(m.ID, left)
	f.follow(m.ID, stays)
	gone := peer("gone.example", "eve")
	f.follow(m.ID, gone)
	f.must(f.RemoveFollower(f.ctx(), f.received(gone), m.ID)) // before the post
	f.exec(`UPDATE followers SET ended_at = now() - interval '1 hour' WHERE ended_at IS NOT NULL`)
	f.clearQueue()

	photo := f.photo(m.ID, "a")
	p, out := f.newPost(m, "Du pain", 0)
	p.Photos = []town.Photo{photo}
	_, err := f.AddPost(f.ctx(), p, uuid.Nil, out)
	f.must(err)
	object := f.addresses.Post(p.ID)
	f.must(f.EditPost(f.ctx(), p, f.outgoing(m.ID, "Update", object, town.Recipients{Inboxes: []federation.IRI{"https://elsewhere.example/inbox"}})))
	f.must(f.RemoveFollower(f.ctx(), f.received(left), m.ID))

	at := time.Now().UTC().Truncate(time.Microsecond)
	f.must(f.WithdrawPost(f.ctx(), p.ID, at, f.outgoing(m.ID, "Delete", object, town.Recipients{Followers: true, Since: p.Published, Earlier: object})))
	// The Delete follows the post everywhere: to who follows, who followed then, and where something still waits.
	want := []string{
		"Update https://elsewhere.example/inbox", "Delete https://elsewhere.example/inbox",
		"Create https://left.example/inbox", "Delete https://left.example/inbox",
		"Create https://stays.example/inbox", "Delete https://stays.example/inbox",
	}
	if got := f.waiting(); !slices.Equal(got, want) {
		t.Errorf("deliveries: got %v, want %v", got, want)
	}
	// And after it.
	claimed, err := f.ClaimDeliveries(f.ctx(), 10, 10, nil, time.Minute)
	f.must(err)
	if len(claimed) != 3 {
		t.Errorf("first claim: got %d deliveries, want the first for each of three inboxes", len(claimed))
	}

	got, err := f.Post(f.ctx(), p.ID)
	if !errors.Is(err, town.ErrGone) || got == nil {
		t.Fatalf("got %+v and %v, want the post with ErrGone", got, err)
	}
	if got.Text != "" || len(got.Photos) != 0 || got.Merchant.ID != m.ID || !got.Withdrawn.Equal(at) || !got.Published.Equal(p.Published) {
		t.Errorf("got %+v, want it empty, with merchant and times", got)
	}
	if rows, total, err := f.OutboxPage(f.ctx(), m.ID, uuid.Nil, 10, time.Now()); len(rows) != 0 || total != 0 || err != nil {
		t.Errorf("outbox: got %d rows of %d, error %v, want none", len(rows), total, err)
	}
	if _, err := f.PublicActivity(f.ctx(), p.ID, time.Now()); !errors.Is(err, town.ErrNotFound) {
		t.Errorf("its Create: got %v, want ErrNotFound", err)
	}
	if n := f.count(`SELECT count(*) FROM photos WHERE id = $1 AND post_id IS NULL AND draft_id IS NULL`, photo.ID); n != 1 {
		t.Error("its photo is not loose")
	}
	for what, act := range map[string]func() error{
		"edit":      func() error { return f.EditPost(f.ctx(), p, f.outgoing(m.ID, "Update", object, town.Recipients{})) },
		"held edit": func() error { return f.EditHeldPost(f.ctx(), p, town.Outgoing{JSON: []byte(`{}`)}) },
		"undo":      func() error { _, err := f.UndoPost(f.ctx(), p.ID); return err },
		"withdraw": func() error {
			return f.WithdrawPost(f.ctx(), p.ID, at, f.outgoing(m.ID, "Delete", object, town.Recipients{}))
		},
	} {
		if err := act(); !errors.Is(err, town.ErrGone) {
			t.Errorf("%s of a withdrawn post: got %v, want ErrGone", what, err)
		}
	}
	for _, read := range []func() ([]*town.Post, error){
		func() ([]*town.Post, error) { return f.Feed(f.ctx(), town.Cursor{}, 10) },
		func() ([]*town.Post, error) { return f.MerchantFeed(f.ctx(), m.ID, town.Cursor{}, 10) },
		func() ([]*town.Post, error) { return f.SearchPosts(f.ctx(), "pain", 10) },
	} {
		if posts, err := read(); len(posts) != 0 || err != nil {
			t.Errorf("got %d posts, error %v, want none", len(posts), err)
		}
	}
}

func TestEditPost(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	p := f.post(m, "Du pain")
	photo := f.photo(m.ID, "a")
	p.Text, p.Updated, p.Photos = "Du vin", p.Published.Add(time.Minute), []town.Photo{photo}
	f.must(f.EditPost(f.ctx(), p, f.outgoing(m.ID, "Update", f.addresses.Post(p.ID), town.Recipients{})))
	got, err := f.Post(f.ctx(), p.ID)
	f.must(err)
	if got.Text != p.Text || !got.Updated.Equal(p.Updated) || len(got.Photos) != 1 {
		t.Errorf("got %+v, want %+v", got, p)
	}
	if found, err := f.SearchPosts(f.ctx(), "vin", 10); len(found) != 1 || err != nil {
		t.Errorf("search for the new text: got %d posts, error %v, want 1", len(found), err)
	}
	p.Photos = nil
	f.must(f.EditPost(f.ctx(), p, f.outgoing(m.ID, "Update", f.addresses.Post(p.ID), town.Recipients{})))
	if n := f.count(`SELECT count(*) FROM photos WHERE post_id IS NULL`); n != 1 {
		t.Errorf("loose photos: got %d, want 1", n)
	}
}

func TestDrafts(t *testing.T) {
	t.Parallel()
	f := open(t)
	m, other := f.merchant("martin"), f.merchant("durand")
	a, b := f.photo(m.ID, "a"), f.photo(m.ID, "b")
	d := town.Draft{Kind: town.News, Text: "Du pa", Reach: town.ReachTown, Photos: []town.Photo{b, a}, Once: uuid.New()}
	id, err := f.SaveDraft(f.ctx(), m.ID, &d)
	f.must(err)
	got, err := f.Draft(f.ctx(), m.ID, id)
	f.must(err)
	if got.Text != d.Text || got.Reach != d.Reach || got.Once != d.Once || got.Saved.IsZero() || len(got.Photos) != 2 || got.Photos[0].ID != b.ID {
		t.Errorf("got %+v, want %+v", got, d)
	}
	d.ID, d.Text, d.Photos = id, "Du pain", []town.Photo{a}
	again, err := f.SaveDraft(f.ctx(), m.ID, &d)
	f.must(err)
	list, err := f.Drafts(f.ctx(), m.ID)
	f.must(err)
	if again != id || len(list) != 1 || list[0].Text != "Du pain" || len(list[0].Photos) != 1 || list[0].Photos[0].ID != a.ID {
		t.Errorf("after saving again: got %v and %+v, want one draft with the new text and photo", again, list)
	}
	own := uuid.New()
	if got, err := f.SaveDraft(f.ctx(), m.ID, &town.Draft{ID: own, Kind: town.News}); got != own || err != nil {
		t.Errorf("with an id of its own: got %v, error %v, want %v", got, err, own)
	}
	if _, err := f.SaveDraft(f.ctx(), other.ID, &d); !errors.Is(err, town.ErrNotFound) {
		t.Errorf("another's draft: got %v, want ErrNotFound", err)
	}
	if _, err := f.Draft(f.ctx(), other.ID, id); !errors.Is(err, town.ErrNotFound) {
		t.Errorf("reading another's draft: got %v, want ErrNotFound", err)
	}
	if err := f.DeleteDraft(f.ctx(), other.ID, id); !errors.Is(err, town.ErrNotFound) {
		t.Errorf("deleting another's draft: got %v, want ErrNotFound", err)
	}
	f.must(f.DeleteDraft(f.ctx(), m.ID, id))
	if n := f.count(`SELECT count(*) FROM photos WHERE post_id IS NULL AND draft_id IS NULL`); n != 2 {
		t.Errorf("loose photos: got %d, want 2", n)
	}
}

// A cursor goes through the feed without leaving out or repeating what was published in one moment.
func TestFeedPages(t *testing.T) {
	t.Parallel()
	f := open(t)
	m, other := f.merchant("martin"), f.merchant("durand")
	at := time.Now().UTC().Truncate(time.Second)
	want := map[uuid.UUID]bool{}
	for i := range 25 {
		whose := m
		if i%5 == 0 {
			whose = other
		}
		p, out := f.newPost(whose, "Du pain", 0)
		p.Published = at.Add(time.Duration(i/10) * time.Second)
		_, err := f.AddPost(f.ctx(), p, uuid.Nil, out)
		f.must(err)
		want[p.ID] = true
	}
	answer, out := f.newPost(m, "Merci", 0)
	answer.Kind = town.Answer
	_, err := f.AddPost(f.ctx(), answer, uuid.Nil, out)
	f.must(err)

	read := func(page func(before town.Cursor) ([]*town.Post, error)) map[uuid.UUID]int {
		seen := map[uuid.UUID]int{}
		var before town.Cursor
		for range 20 {
			posts, err := page(before)
			f.must(err)
			for i, p := range posts {
				seen[p.ID]++
				if i > 0 && p.Published.After(posts[i-1].Published) {
					t.Errorf("%v comes before %v, want newest first", posts[i-1].Published, p.Published)
				}
			}
			if len(posts) < 4 {
				return seen
			}
			before = town.After(posts[len(posts)-1])
		}
		t.Fatal("the pages do not end")
		return nil
	}
	all := read(func(c town.Cursor) ([]*town.Post, error) { return f.Feed(f.ctx(), c, 4) })
	if len(all) != len(want) {
		t.Errorf("feed: got %d posts, want %d", len(all), len(want))
	}
	one := read(func(c town.Cursor) ([]*town.Post, error) { return f.MerchantFeed(f.ctx(), other.ID, c, 4) })
	if len(one) != 5 {
		t.Errorf("merchant's feed: got %d posts, want 5", len(one))
	}
	for id, n := range all {
		if n != 1 || !want[id] {
			t.Errorf("%v: seen %d times, want once, and no answer", id, n)
		}
	}
}

func TestSearch(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	f.post(m, "Œufs frais à l’Île ce samedi")
	f.post(m, "Marché de Noël")
	for words, want := range map[string]int{"oeufs": 1, "ile samedi": 1, "noel": 1, "marche": 1, "poisson": 0, `" & | ! (`: 0, "": 0, `%_'; DROP TABLE posts`: 0} {
		posts, err := f.SearchPosts(f.ctx(), words, 10)
		if len(posts) != want || err != nil {
			t.Errorf("posts with %q: got %d, error %v, want %d", words, len(posts), err, want)
		}
	}
	for words, want := range map[string]int{"boulangerie": 1, "martin": 1, "fleuriste": 0} {
		merchants, err := f.SearchMerchants(f.ctx(), words, 10)
		if len(merchants) != want || err != nil {
			t.Errorf("merchants with %q: got %d, error %v, want %d", words, len(merchants), err, want)
		}
	}
}

func TestConversation(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	p := f.post(m, "Du pain")
	ana, bob := peer("away.example", "ana"), peer("away.example", "bob")
	say := func(from *federation.Actor, object string, post uuid.UUID, to federation.IRI) *town.Reply {
		r := f.reply(from, p, object)
		r.Post, r.InReplyTo, r.Public = post, to, post != uuid.Nil
		f.must(f.AddReply(f.ctx(), f.received(from), r))
		return r
	}
	answer := func(text string, to *town.Reply, whom *federation.Actor) *town.Post {
		a, out := f.newPost(m, text, 0)
		a.Kind, a.Root, a.InReplyTo, a.Addressee, a.Public = town.Answer, to.Post, to.ObjectID, whom.ID, to.Public
		stored, err := f.AddPost(f.ctx(), a, uuid.Nil, out)
		f.must(err)
		return stored
	}
	question := say(ana, "q", p.ID, f.addresses.Post(p.ID))
	reply := answer("Oui", question, ana)
	say(bob, "b", p.ID, f.addresses.Post(p.ID))
	thanks := say(ana, "t", p.ID, f.addresses.Post(reply.ID))
	first := say(ana, "m1", uuid.Nil, "")
	second := answer("Bonjour", first, ana)
	third := say(ana, "m2", uuid.Nil, f.addresses.Post(second.ID))
	say(ana, "m3", uuid.Nil, "") // another conversation

	for _, c := range []struct {
		of   *town.Reply
		want []string
	}{
		{question, []string{"<p>q</p>", "Oui", "<p>t</p>"}},
		{thanks, []string{"<p>q</p>", "Oui", "<p>t</p>"}},
		{third, []string{"<p>m1</p>", "Bonjour", "<p>m2</p>"}},
	} {
		entries, err := f.Conversation(f.ctx(), m.ID, c.of.ID)
		f.must(err)
		var got []string
		for _, e := range entries {
			if e.Answer != nil {
				got = append(got, e.Answer.Text)
			} else {
				got = append(got, e.Reply.Content)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("conversation of %s: got %v, want %v", c.of.Content, got, c.want)
		}
	}
	if _, err := f.Conversation(f.ctx(), f.merchant("durand").ID, question.ID); !errors.Is(err, town.ErrNotFound) {
		t.Errorf("another merchant's: got %v, want ErrNotFound", err)
	}

	if n, err := f.Unread(f.ctx(), m.ID); n != 6 || err != nil {
		t.Errorf("unread: got %d, error %v, want 6", n, err)
	}
	f.must(f.MarkRead(f.ctx(), m.ID, question.ID, time.Now()))
	if n, _ := f.Unread(f.ctx(), m.ID); n != 5 {
		t.Errorf("unread after one was read: got %d, want 5", n)
	}
	f.must(f.MarkRead(f.ctx(), m.ID, uuid.Nil, time.Now()))
	if n, _ := f.Unread(f.ctx(), m.ID); n != 0 {
		t.Errorf("unread after all were read: got %d, want 0", n)
	}
	page, err := f.Notifications(f.ctx(), m.ID, 0, 4)
	f.must(err)
	rest, err := f.Notifications(f.ctx(), m.ID, page[3].ID, 4)
	f.must(err)
	if len(rest) != 2 || rest[0].ID >= page[3].ID || rest[1].Post == nil || rest[1].Reply == nil || rest[1].Read.IsZero() {
		t.Errorf("second page: got %+v, want the two oldest, read, with post and reply", rest)
	}
}

func TestOutbox(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	var posts []*town.Post
	for range 5 {
		posts = append(posts, f.post(m, "Du pain"))
	}
	held, out := f.newPost(m, "Du vin", time.Minute)
	_, err := f.AddPost(f.ctx(), held, uuid.Nil, out)
	f.must(err)
	page, total, err := f.OutboxPage(f.ctx(), m.ID, uuid.Nil, 3, time.Now())
	f.must(err)
	if len(page) != 3 || total != 5 || page[0].ID != posts[4].ID || len(page[0].JSON) == 0 {
		t.Errorf("got %d of %d beginning with %v, want 3 of 5 beginning with %v", len(page), total, page[0].ID, posts[4].ID)
	}
	page, _, err = f.OutboxPage(f.ctx(), m.ID, page[2].ID, 3, time.Now())
	f.must(err)
	if len(page) != 2 || page[1].ID != posts[0].ID {
		t.Errorf("second page: got %+v, want the two oldest", page)
	}
	if _, err := f.PublicActivity(f.ctx(), posts[0].ID, time.Now()); err != nil {
		t.Errorf("an activity that has left: %v", err)
	}
	if _, err := f.PublicActivity(f.ctx(), held.ID, time.Now()); !errors.Is(err, town.ErrNotFound) {
		t.Errorf("a held activity: got %v, want ErrNotFound", err)
	}
	st, err := f.Statistics(f.ctx(), time.Now())
	f.must(err)
	if want := (town.Statistics{Merchants: 1, ActiveMonth: 1, ActiveHalfyear: 1, Posts: 6}); st != want {
		t.Errorf("statistics: got %+v, want %+v", st, want)
	}
}
