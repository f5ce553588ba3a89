package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"bourg/federation"
	"bourg/internal/town"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// The rows of the table of bad inputs that only what is stored can answer.
func testBadStories(t *testing.T) {
	t.Run("O20", editsByOthersAndOlderOnes)
	t.Run("W2", actorsUnderOneHandle)
	t.Run("W10", reactionsToWhatOneCannotSee)
	t.Run("S27", actorStoredWhileItsDomainIsBlocked)
	t.Run("D8", searchThatTakesTooLong)
	t.Run("I1", textThatMeansSomethingInSQL)
}

// editsByOthersAndOlderOnes: of two contents under one id the newer one counts, and only the owner's.
func editsByOthersAndOlderOnes(t *testing.T) {
	t.Parallel()
	f := open(t)
	p := f.post(f.merchant("martin"), "Du pain")
	ana, eve := peer("away.example", "ana"), peer("away.example", "eve")
	r := f.reply(ana, p, "1")
	f.must(f.AddReply(f.ctx(), f.received(ana), r))
	for _, c := range []struct {
		what string
		from *federation.Actor
		at   time.Duration
		want string
	}{
		{"newer", ana, 2 * time.Hour, "newer"}, {"older", ana, time.Hour, "newer"},
		{"of the same second", ana, 2 * time.Hour, "newer"}, {"a neighbour's", eve, 3 * time.Hour, "newer"},
	} {
		edit := *r
		edit.Content, edit.Updated = c.what, r.Published.Add(c.at)
		f.must(f.EditReply(f.ctx(), f.received(c.from), &edit))
		if got, err := f.Reply(f.ctx(), r.ID); err != nil || got.Content != c.want || got.Actor.ID != ana.ID {
			t.Errorf("after what is %s: got %+v, %v, want ana's %q", c.what, got, err, c.want)
		}
	}
}

// actorsUnderOneHandle: whatever handle somebody claims, an actor is its id and is shown with
// the host of its id, and two who claim one handle stay two.
func actorsUnderOneHandle(t *testing.T) {
	t.Parallel()
	f := open(t)
	p := f.post(f.merchant("martin"), "Du pain")
	one, two, thief := peer("away.example", "one"), peer("away.example", "two"), peer("evil.example", "x")
	for _, a := range []*federation.Actor{one, two, thief} {
		a.PreferredUsername, a.WebFinger = "ceo", "ceo@away.example"
		f.must(f.AddReply(f.ctx(), f.received(a), f.reply(a, p, "1")))
	}
	for _, a := range []*federation.Actor{one, two, thief} {
		shown, err := f.RemoteActor(f.ctx(), a.ID)
		f.must(err)
		if want := "ceo@" + a.ID.Host(); shown.Handle != want || shown.ID != a.ID || shown.Host != a.ID.Host() {
			t.Errorf("got %+v, want %s as %s", shown, a.ID, want)
		}
	}
	edit := *f.reply(two, p, "1")
	edit.ObjectID, edit.Content, edit.Updated = one.ID+"/statuses/1", "stolen", time.Now().Add(time.Hour)
	f.must(f.EditReply(f.ctx(), f.received(two), &edit))
	if n := f.count(`SELECT count(*) FROM replies WHERE content = 'stolen'`); n != 0 {
		t.Error("one of two with the same handle wrote in the other's name")
	}
}

// reactionsToWhatOneCannotSee: a private answer is liked by whom it was written to, or by nobody.
func reactionsToWhatOneCannotSee(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	ana, eve := peer("away.example", "ana"), peer("away.example", "eve")
	answer, out := f.newPost(m, "Je vous appelle", 0)
	answer.Kind, answer.Public, answer.Addressee, out.Public = town.Answer, false, ana.ID, false
	_, err := f.AddPost(f.ctx(), answer, uuid.Nil, out)
	f.must(err)
	for what, c := range map[string]struct {
		from *federation.Actor
		kind town.ReactionKind
	}{"a stranger's like": {eve, town.Liked}, "a stranger's boost": {eve, town.Shared}, "a boost by the reader": {ana, town.Shared}} {
		if err := f.AddReaction(f.ctx(), f.received(c.from), c.kind, answer.ID); !errors.Is(err, town.ErrNotFound) {
			t.Errorf("%s: got %v, want ErrNotFound", what, err)
		}
	}
	f.must(f.AddReaction(f.ctx(), f.received(ana), town.Liked, answer.ID))
	if got, want := f.counts(answer.ID), [3]int{1, 0, 0}; got != want {
		t.Errorf("counts: got %v, want %v", got, want)
	}
}

// actorStoredWhileItsDomainIsBlocked: an actor unknown so far, whom another process stores
// while it has not yet heard of the block, is blocked when both are done.
func actorStoredWhileItsDomainIsBlocked(t *testing.T) {
	t.Parallel()
	f := open(t)
	p := f.post(f.merchant("martin"), "Du pain")
	eve := peer("bad.example", "eve")
	tx, err := f.Pool().Begin(f.ctx())
	f.must(err)
	_, err = tx.Exec(f.ctx(), `
		INSERT INTO remote_actors (iri, host, handle, name, url, inbox, delivery_inbox, delivery_host, document, fetched_at)
		VALUES ($1, 'bad.example', 'eve@bad.example', 'Eve', $1, $1 || '/inbox', $1 || '/inbox', 'bad.example', '{}', now())`, string(eve.ID))
	f.must(err)
	done := make(chan error, 1)
	go func() { done <- f.BlockDomain(f.ctx(), "bad.example", "", time.Now()) }()
	for blocked := false; !blocked && len(done) == 0; time.Sleep(5 * time.Millisecond) {
		blocked = f.count(`SELECT count(*) FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`) > 0
	}
	f.must(tx.Commit(f.ctx()))
	f.must(<-done)
	if err := f.AddReply(f.ctx(), f.received(eve), f.reply(eve, p, "1")); !errors.Is(err, federation.ErrIgnored) {
		t.Errorf("got %v, want ErrIgnored", err)
	}
	if n := f.count(`SELECT count(*) FROM replies`); n != 0 {
		t.Errorf("replies: got %d, want none", n)
	}
}

// searchThatTakesTooLong ends by itself, and says that it may work later.
func searchThatTakesTooLong(t *testing.T) {
	t.Parallel()
	f := open(t)
	tx, err := f.Pool().Begin(f.ctx())
	f.must(err)
	defer func() { _ = tx.Rollback(context.WithoutCancel(f.ctx())) }() // it has changed nothing
	_, err = tx.Exec(f.ctx(), `LOCK TABLE posts, merchants IN ACCESS EXCLUSIVE MODE`)
	f.must(err)
	if _, err := f.SearchPosts(f.ctx(), "pain", 20); !errors.Is(err, town.ErrBusy) {
		t.Errorf("posts: got %v, want ErrBusy", err)
	}
	if _, err := f.SearchMerchants(f.ctx(), "pain", 20); !errors.Is(err, town.ErrBusy) {
		t.Errorf("merchants: got %v, want ErrBusy", err)
	}
}

// textThatMeansSomethingInSQL is kept and found as it is written.
func textThatMeansSomethingInSQL(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.setUp()
	for i, text := range []string{
		`'; DROP TABLE posts; --`, `" OR ""="`, `\'; SELECT pg_sleep(10); --`, `$1 $2 $$ $tag$`, `%_\%`, `'||(SELECT private_key FROM actors)||'`,
		`/* */ -- `, "é\u0301 'ʼ＇’", `{"a":'b'}`, `E'\x27'`,
	} {
		m := &town.Merchant{Handle: fmt.Sprintf("m%d", i), Name: text, Trade: "boulangerie", Paint: "brique", Address: text, Summary: text, Created: time.Now()}
		f.must(f.AddMerchant(f.ctx(), m, f.newActor(m.Handle)))
		stored, err := f.Merchant(f.ctx(), m.ID)
		f.must(err)
		if stored.Name != text || stored.Address != text || stored.Summary != text {
			t.Errorf("%q: got %q, %q and %q", text, stored.Name, stored.Address, stored.Summary)
		}
		p := f.post(stored, text)
		if got, err := f.Post(f.ctx(), p.ID); err != nil || got.Text != text {
			t.Errorf("%q: got the post %+v, %v", text, got, err)
		}
		if _, err := f.MerchantByHandle(f.ctx(), text); !errors.Is(err, town.ErrNotFound) {
			t.Errorf("handle %q: got %v, want ErrNotFound", text, err)
		}
		if _, err := f.LoginByEmail(f.ctx(), text); !errors.Is(err, town.ErrNotFound) {
			t.Errorf("address %q: got %v, want ErrNotFound", text, err)
		}
		if _, err := f.SearchPosts(f.ctx(), text, 20); err != nil {
			t.Errorf("search for %q: %v", text, err)
		}
	}
	if n := f.count(`SELECT count(*) FROM posts`); n != 10 {
		t.Errorf("posts: got %d, want 10", n)
	}
}

// An edit cannot put words on the page that nobody has approved, where the merchant or the
// town, or the whole server, wants to see them first; and the count of replies follows.
func TestAnEditWaitsForApproval(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	for _, c := range []struct {
		name     string
		town     bool
		merchant *bool
		state    town.ReplyState // before the edit
		server   bool            // BOURG_REPLIES=approve
		private  bool
		same     bool // the edit says the same
		want     town.ReplyState
		count    int
	}{
		{name: "nobody wants to approve", state: town.ReplyShown, want: town.ReplyShown, count: 1},
		{name: "the merchant", merchant: &yes, state: town.ReplyShown, want: town.ReplyWaiting},
		{name: "the town", town: true, state: town.ReplyShown, want: town.ReplyWaiting},
		{name: "the town, not the merchant", town: true, merchant: &no, state: town.ReplyShown, want: town.ReplyShown, count: 1},
		{name: "the server, not the merchant", merchant: &no, server: true, state: town.ReplyShown, want: town.ReplyWaiting},
		{name: "nothing new", merchant: &yes, state: town.ReplyShown, same: true, want: town.ReplyShown, count: 1},
		{name: "waiting", merchant: &yes, state: town.ReplyWaiting, want: town.ReplyWaiting},
		{name: "hidden", merchant: &yes, state: town.ReplyHidden, want: town.ReplyHidden},
		{name: "hidden, nobody wants to approve", state: town.ReplyHidden, want: town.ReplyHidden},
		{name: "a private message", merchant: &yes, state: town.ReplyShown, private: true, want: town.ReplyShown},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := open(t)
			f.setUp()
			own, m := must(f.Town(f.ctx())), f.merchant("martin")
			own.ApproveReplies, m.Approve = c.town, c.merchant
			f.must(f.EditTown(f.ctx(), own))
			f.must(f.EditMerchant(f.ctx(), m, f.outgoing(m.ID, "Update", f.addresses.Actor(m.ID), town.Recipients{})))
			p, ana := f.post(m, "Du pain"), peer("away.example", "ana")
			r := f.reply(ana, p, "1")
			r.Public = !c.private
			f.must(f.AddReply(f.ctx(), f.received(ana), r))
			f.must(f.SetReplyState(f.ctx(), m.ID, r.ID, c.state))
			edit := *r
			edit.Updated, edit.State = r.Published.Add(time.Hour), town.ReplyShown
			if !c.same {
				edit.Content = "<p>Achetez mes montres</p>"
			}
			if c.server {
				edit.State = town.ReplyWaiting
			}
			f.must(f.EditReply(f.ctx(), f.received(ana), &edit))
			got, err := f.Reply(f.ctx(), r.ID)
			f.must(err)
			if got.State != c.want || got.Content != edit.Content || got.Public != r.Public {
				t.Errorf("got %q, %q, public %v, want %q, %q, public %v", got.State, got.Content, got.Public, c.want, edit.Content, r.Public)
			}
			if n := f.counts(p.ID)[2]; n != c.count {
				t.Errorf("replies: got %d, want %d", n, c.count)
			}
			if thread, _ := f.Thread(f.ctx(), p.ID); len(thread) != c.count {
				t.Errorf("thread: got %d entries, want %d", len(thread), c.count)
			}
		})
	}
}

// Whatever comes from outside has a length of its own in the schema, so that a path which
// forgets to look cannot fill the disk (CVE-2026-23963 was a list without a bound).
func TestEveryTextHasALength(t *testing.T) {
	t.Parallel()
	f := open(t)
	rows, _ := f.Pool().Query(f.ctx(), `
		SELECT c.relname || '.' || a.attname, format_type(a.atttypid, a.atttypmod),
		       coalesce((SELECT string_agg(pg_get_constraintdef(k.oid), ' ') FROM pg_constraint k
		                  WHERE k.conrelid = c.oid AND k.contype = 'c' AND a.attnum = ANY(k.conkey)), '')
		  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
		 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
		   AND a.attgenerated = '' AND format_type(a.atttypid, NULL) = ANY('{text,character varying,json,jsonb,bytea}')
		   AND c.relname !~ '^(river|goose)_'
		 ORDER BY 1`)
	columns, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct{ Name, Kind, Check string }])
	f.must(err)
	if len(columns) < 40 {
		t.Fatalf("got %d columns, want those of all tables", len(columns))
	}
	for _, c := range columns {
		bounded := false
		for _, sign := range []string{"length(", "= ANY (ARRAY[", "{1,30}$", "{3})?$", "{6})?$"} {
			bounded = bounded || strings.Contains(c.Check, sign)
		}
		if !bounded {
			t.Errorf("%s (%s): got the checks %q, want one that bounds its length", c.Name, c.Kind, c.Check)
		}
	}
}

// Signs that fold into many, and letters that no compression makes fewer, are kept like all
// others: neither the bound of what is searched nor that of an index row stands in the way.
func TestTheLongestTexts(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.setUp()
	random := rand.New(rand.NewPCG(1, 2))
	han := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteRune(rune(0x4e00 + random.IntN(20_000)))
		}
		return b.String()
	}
	for i, m := range []*town.Merchant{
		{Name: strings.Repeat("ﷺ", 100), Summary: strings.Repeat("ﷺ", 2000)},
		{Name: han(100), Summary: han(2000)},
	} {
		m.Handle, m.Trade, m.Paint, m.Created = fmt.Sprintf("m%d", i), "boulangerie", "brique", time.Now()
		if err := f.AddMerchant(f.ctx(), m, f.newActor(m.Handle)); err != nil {
			t.Errorf("merchant %d: %v", i, err)
			continue
		}
		first, _ := utf8.DecodeRuneInString(m.Name)
		p, out := f.newPost(m, strings.Repeat(string(first), town.MaxTextLength), 0)
		if _, err := f.AddPost(f.ctx(), p, uuid.Nil, out); err != nil {
			t.Errorf("post %d: %v", i, err)
		}
	}
}
