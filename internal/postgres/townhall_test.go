package postgres_test

import (
	"bytes"
	"testing"
	"time"

	"bourg/internal/town"

	"github.com/google/uuid"
)

func TestTownHall(t *testing.T) {
	t.Parallel()
	f := open(t)
	m, quiet := f.merchant("martin"), f.merchant("durand")
	begin := time.Now().Add(-time.Minute)
	p := f.post(m, "Du pain")
	old := f.post(m, "Du vin")
	f.exec(`UPDATE posts SET published_at = $1 WHERE id = $2`, begin.Add(-time.Hour), old.ID)
	ana := peer("away.example", "ana")
	f.follow(m.ID, ana)
	held, mention, private := f.reply(ana, p, "1"), f.reply(ana, p, "2"), f.reply(ana, p, "3")
	mention.Post, private.Public = uuid.Nil, false
	for _, r := range []*town.Reply{held, mention, private} {
		r.State = town.ReplyWaiting
		f.must(f.AddReply(f.ctx(), f.received(ana), r))
	}
	f.must(f.AddReply(f.ctx(), f.received(ana), f.reply(ana, p, "4")))

	got, err := f.ActivitySince(f.ctx(), begin)
	if want := (town.Activity{News: 1, Replies: 4, Followers: 1}); got != want || err != nil {
		t.Errorf("activity: got %+v, error %v, want %+v", got, err, want)
	}
	waiting, err := f.WaitingReplies(f.ctx(), 10)
	f.must(err)
	if len(waiting) != 2 || waiting[0].Reply.ID != held.ID || waiting[0].Post.ID != p.ID || waiting[1].Reply.ID != mention.ID || waiting[1].Post != nil {
		t.Errorf("waiting: got %+v, want the reply with its post, then the mention", waiting)
	}
	if first, err := f.WaitingReplies(f.ctx(), 1); len(first) != 1 || err != nil {
		t.Errorf("first waiting: got %d, error %v, want 1", len(first), err)
	}

	l := &town.Login{Name: "Anne"}
	f.must(f.AddLogin(f.ctx(), l, m.ID))
	f.must(f.AddLogin(f.ctx(), &town.Login{Name: "Paul"}, quiet.ID))
	shops := func() (states []town.ShopState) {
		states, err := f.ShopStates(f.ctx())
		f.must(err)
		if len(states) != 2 || states[0].Merchant.ID != quiet.ID || states[1].Merchant.ID != m.ID {
			t.Fatalf("shops: got %+v, want durand and martin", states)
		}
		return states
	}
	if s := shops(); s[0].SignedIn || !s[0].LastNews.IsZero() || s[1].SignedIn || !s[1].LastNews.Equal(p.Published) {
		t.Errorf("shops: got %+v, want nobody signed in, and martin's last news", s)
	}
	hash := bytes.Repeat([]byte{1}, 32)
	f.must(f.AddSignInLink(f.ctx(), hash, "sign_in", l.ID, time.Now().Add(time.Hour)))
	_, err = f.UseSignInLink(f.ctx(), hash, "sign_in", time.Now())
	f.must(err)
	if s := shops(); s[0].SignedIn || !s[1].SignedIn {
		t.Errorf("after a sign-in: got %+v, want martin signed in", s)
	}
}
