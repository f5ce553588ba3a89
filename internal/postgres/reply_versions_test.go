package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"bourg/internal/town"
)

// Each edit keeps what was said before, in its order and up to a bound; what says the same keeps nothing.
func TestReplyVersions(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	p := f.post(m, "Du pain")
	ana := peer("away.example", "ana")
	r := f.reply(ana, p, "1")
	f.must(f.AddReply(f.ctx(), f.received(ana), r))
	stored := f.one(p)
	versions := func() []town.ReplyVersion {
		t.Helper()
		list, err := f.ReplyVersions(f.ctx(), stored.ID)
		f.must(err)
		return list
	}
	edit := func(minute int, text string) {
		t.Helper()
		next := *r
		next.Content, next.Updated = text, r.Published.Add(time.Duration(minute)*time.Minute)
		f.must(f.EditReply(f.ctx(), f.received(ana), &next))
	}
	edit(1, "<p>deux</p>")
	edit(2, "<p>deux</p>") // the same words
	edit(3, "<p>trois</p>")
	edit(2, "<p>trop tard</p>") // older than what is known
	got := versions()
	if len(got) != 2 || got[0].Content != "<p>deux</p>" || got[1].Content != "<p>1</p>" || !got[0].Replaced.Equal(r.Published.Add(3*time.Minute)) {
		t.Errorf("got %+v, want what was said before, the latest first", got)
	}
	for n := 4; n < 70; n++ {
		edit(n, fmt.Sprintf("<p>%d</p>", n))
	}
	if got := versions(); len(got) != 50 || got[49].Content != "<p>1</p>" {
		t.Errorf("after seventy edits: got %d versions, want 50 with the first among them", len(got))
	}
	f.must(f.DeleteObject(f.ctx(), f.received(ana), r.ObjectID))
	if n := f.count(`SELECT count(*) FROM reply_versions`); n != 0 {
		t.Errorf("after the deletion: got %d versions, want none", n)
	}
}
