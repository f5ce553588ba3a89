package postgres_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"bourg/federation"
	"bourg/internal/fold"
	"bourg/internal/postgres"
	"bourg/internal/postgres/testdb"
	"bourg/internal/town"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// utterance is something that somebody has said, by a word that nobody else says, and all that the oracle knows of it.
type utterance struct {
	word     string
	id       uuid.UUID      // of what a merchant said, or of the reply
	object   federation.IRI // under what others know it
	merchant int            // who said it, or was written to
	person   int            // who wrote it, or is answered
	public   bool
	gone     bool // withdrawn, deleted by its writer, or never heard
	hidden   bool // a reply that does not stand on the page
	leaves   time.Time
	sent     []string // what peers were told of it: the first words, and those of each edit
	below    *utterance
}

func (u *utterance) left(now time.Time) bool { return !now.Before(u.leaves) }

// square is a town with two merchants and two people elsewhere, and what was said in it.
type square struct {
	*fixture
	now      time.Time
	words    int
	history  int
	shops    [2]*town.Merchant
	folk     [2]*federation.Actor
	blocked  [2][2]bool // by shop, of person
	posts    []*utterance
	answers  []*utterance
	replies  []*utterance // on public posts, and private messages
	publish  *town.Publisher
	receive  *town.Receiver
	timeline *town.Timeline
	messages *town.Messages
	doc      *town.Documents
}

func (q *square) clock() time.Time { return q.now }

func (q *square) word() string {
	q.words++
	return fmt.Sprintf("mot%dz%d", q.history, q.words)
}

// newSquare opens a town whose services all read one clock, which stands still unless it is moved.
func newSquare(t *testing.T) *square {
	t.Helper()
	base, err := url.Parse("https://bourg.test")
	if err != nil {
		t.Fatal(err)
	}
	q := &square{now: time.Now().UTC().Truncate(time.Second)}
	addresses := town.Addresses{Base: base}
	store, err := postgres.Open(t.Context(), testdb.URL(t), postgres.Options{
		Addresses: addresses, Log: slog.New(slog.DiscardHandler), Now: q.clock,
	})
	if err != nil {
		t.Fatalf("open the store: %v", err)
	}
	t.Cleanup(store.Close)
	q.fixture = &fixture{Store: store, t: t, addresses: addresses}
	q.setUp()
	media := func(file string) federation.IRI { return federation.IRI("https://bourg.test/media/" + file) }
	html := func(text string) string { return "<p>" + text + "</p>" }
	words := func(string) []string { return nil }
	line := func(s string) string { return s }
	q.publish = &town.Publisher{
		Store: store, Addresses: addresses, Media: media, UndoWindow: time.Hour, Now: q.clock, Wake: func() {}, HTML: html, Words: words,
	}
	q.receive = &town.Receiver{Store: store, Addresses: addresses, Clean: line, Line: line, Wake: func() {}}
	q.timeline = &town.Timeline{Store: store, Fold: fold.Fold}
	q.messages = &town.Messages{Store: store, Now: q.clock}
	q.doc = &town.Documents{Store: store, Addresses: addresses, Media: media, Version: "0", Now: q.clock, HTML: html, Words: words}
	return q
}

// begin forgets what was said before, and lets new people in.
func (q *square) begin() {
	q.exec(`TRUNCATE posts, activities, deliveries, replies, notifications CASCADE`)
	q.history++
	q.words, q.posts, q.answers, q.replies, q.blocked = 0, nil, nil, nil, [2][2]bool{}
	for i, name := range []string{"a", "b"} {
		q.shops[i] = q.merchant(fmt.Sprintf("%s%d", name, q.history))
		q.folk[i] = peer(name+".example", fmt.Sprintf("p%d", q.history))
	}
}

// Who may read what: what was published, held, withdrawn, edited, hidden, written in private, by people who are blocked and
// unblocked, in every place where the town and its peers read. The oracle is the list of what was said.
func TestWhoMayReadWhat(t *testing.T) {
	t.Parallel()
	q := newSquare(t)
	rapid.Check(t, func(rt *rapid.T) {
		q.begin()
		rt.Repeat(map[string]func(*rapid.T){
			"publish":  q.publishes,
			"wait":     func(*rapid.T) { q.waits() },
			"edit":     q.edits,
			"withdraw": q.withdraws,
			"reply":    q.isWrittenTo,
			"answer":   q.answersSomebody,
			"decide":   q.decides,
			"delete":   q.deletes,
			"block":    q.blocks,
			"look":     q.check, // not after each act: reading everything takes longer than all the rest
		})
		q.check(rt)
	})
}

func pick(rt *rapid.T, list []*utterance, fit func(*utterance) bool) *utterance {
	var fitting []*utterance
	for _, u := range list {
		if fit(u) {
			fitting = append(fitting, u)
		}
	}
	if len(fitting) == 0 {
		rt.Skip("nothing of that kind")
	}
	return rapid.SampledFrom(fitting).Draw(rt, "which")
}

func (q *square) publishes(rt *rapid.T) {
	u := &utterance{word: q.word(), merchant: rapid.IntRange(0, 1).Draw(rt, "shop"), public: true, leaves: q.now}
	held := rapid.Bool().Draw(rt, "held")
	p, err := q.publish.Publish(q.ctx(), operator, q.shops[u.merchant].ID, town.Draft{Text: u.word}, held)
	q.must(err)
	u.id, u.object = p.ID, q.addresses.Post(p.ID)
	if held {
		u.leaves = q.now.Add(time.Hour)
	} else {
		u.sent = []string{u.word}
	}
	q.posts = append(q.posts, u)
}

// waits until what is held has left.
func (q *square) waits() {
	q.now = q.now.Add(time.Hour)
	for _, u := range q.posts {
		if !u.gone && len(u.sent) == 0 {
			u.sent = []string{u.word}
		}
	}
}

func (q *square) edits(rt *rapid.T) {
	u := pick(rt, q.posts, func(u *utterance) bool { return !u.gone })
	u.word = q.word()
	_, err := q.publish.Edit(q.ctx(), operator, u.id, town.Draft{Text: u.word})
	q.must(err)
	if u.left(q.now) {
		u.sent = append(u.sent, u.word)
	}
}

func (q *square) withdraws(rt *rapid.T) {
	u := pick(rt, slices.Concat(q.posts, q.answers), func(u *utterance) bool { return !u.gone })
	q.must(q.publish.Withdraw(q.ctx(), operator, u.id))
	u.gone = true
}

// isWrittenTo is a public reply to a post that has left, or words for the merchant alone, below such a post or by themselves.
func (q *square) isWrittenTo(rt *rapid.T) {
	u := &utterance{word: q.word(), person: rapid.IntRange(0, 1).Draw(rt, "person"), public: rapid.Bool().Draw(rt, "public")}
	writer := q.folk[u.person]
	u.object = writer.ID + federation.IRI("/notes/"+u.word)
	o := &federation.Object{ID: u.object, Type: "Note", AttributedTo: writer.ID, Content: "<p>" + u.word + "</p>", Published: q.now}
	if u.public || rapid.Bool().Draw(rt, "below a post") {
		u.below = pick(rt, q.posts, func(u *utterance) bool { return !u.gone && u.left(q.now) })
		u.merchant, o.InReplyTo = u.below.merchant, u.below.object
	} else {
		u.merchant = rapid.IntRange(0, 1).Draw(rt, "shop")
	}
	if o.To = []federation.IRI{q.addresses.Actor(q.shops[u.merchant].ID)}; u.public {
		o.To = []federation.IRI{federation.Public}
	}
	q.hears(u.person, &federation.Activity{Type: "Create", ObjectID: o.ID, Object: o})
	q.replies = append(q.replies, u)
	if u.gone = q.blocked[u.merchant][u.person]; u.gone { // it is not heard
		return
	}
	q.must(q.Pool().QueryRow(q.ctx(), `SELECT id FROM replies WHERE object_id = $1`, string(u.object)).Scan(&u.id))
}

// hears lets somebody's activity come in.
func (q *square) hears(person int, act *federation.Activity) {
	q.t.Helper()
	q.sent++
	act.Actor, act.ID = q.folk[person].ID, q.folk[person].ID+federation.IRI(fmt.Sprintf("/acts/%d", q.sent))
	q.must(q.receive.Receive(q.ctx(), &federation.Incoming{Activity: act, Sender: q.folk[person], Received: q.now, Signed: q.now}))
}

func (q *square) answersSomebody(rt *rapid.T) {
	to := pick(rt, q.replies, func(u *utterance) bool { return !u.gone && (u.below == nil || !u.below.gone) })
	u := &utterance{word: q.word(), merchant: to.merchant, person: to.person, public: to.public, leaves: q.now, below: to.below}
	p, err := q.publish.Answer(q.ctx(), operator, q.shops[u.merchant].ID, to.id, u.word, uuid.Nil)
	q.must(err)
	u.id, u.object, u.sent = p.ID, q.addresses.Post(p.ID), []string{u.word}
	q.answers = append(q.answers, u)
}

// decides shows or hides a reply.
func (q *square) decides(rt *rapid.T) {
	u := pick(rt, q.replies, func(u *utterance) bool { return !u.gone && u.public })
	u.hidden = rapid.Bool().Draw(rt, "hide")
	state := town.ReplyShown
	if u.hidden {
		state = town.ReplyHidden
	}
	q.must(q.messages.SetState(q.ctx(), operator, q.shops[u.merchant].ID, u.id, state))
}

func (q *square) deletes(rt *rapid.T) {
	u := pick(rt, q.replies, func(u *utterance) bool { return !u.gone })
	q.hears(u.person, &federation.Activity{Type: "Delete", ObjectID: u.object})
	u.gone = true
}

// blocks a person who has written before, or hears that one again.
func (q *square) blocks(rt *rapid.T) {
	u := pick(rt, q.replies, func(*utterance) bool { return true })
	shop, who := rapid.IntRange(0, 1).Draw(rt, "shop"), q.folk[u.person].ID
	people := q.people()
	if q.blocked[shop][u.person] {
		q.must(people.Unblock(q.ctx(), operator, q.shops[shop].ID, who))
	} else {
		q.must(people.Block(q.ctx(), operator, q.shops[shop].ID, who))
		for _, r := range q.replies {
			r.hidden = r.hidden || r.public && r.merchant == shop && r.person == u.person
		}
	}
	q.blocked[shop][u.person] = !q.blocked[shop][u.person]
}

// place is somewhere where something is read.
type place struct {
	name      string
	read      func() string
	mayBeRead func(u *utterance) []string // which of somebody's words may be read there
}

// check reads everything everywhere.
func (q *square) check(rt *rapid.T) {
	all := slices.Concat(q.posts, q.answers, q.replies)
	for _, p := range q.places() {
		found := p.read()
		for _, u := range all {
			may := p.mayBeRead(u)
			for _, word := range append(slices.Clone(u.sent), u.word) {
				// A word is the beginning of another: "mot1z1" of "mot1z12".
				got, want := strings.Contains(found, word+"<") || strings.Contains(found, word+"\n"), slices.Contains(may, word)
				if got != want {
					rt.Fatalf("%s: %s is readable: got %v, want %v; said: %+v", p.name, word, got, want, *u)
				}
			}
		}
	}
}

func only(when bool, u *utterance) []string {
	if when {
		return []string{u.word}
	}
	return nil
}

func (q *square) places() []place {
	isPost := func(u *utterance) bool { return slices.Contains(q.posts, u) }
	onPages := func(u *utterance) []string { return only(isPost(u) && !u.gone, u) }
	list := []place{
		{"the feed", func() string { return texts(q.timeline.Feed(q.ctx(), town.Cursor{})) }, onPages},
		{"all activities", q.activities, func(u *utterance) []string {
			if u.public && !u.gone && u.left(q.now) {
				return u.sent
			}
			return nil
		}},
	}
	for i, shop := range q.shops {
		list = append(list, place{fmt.Sprintf("the page of shop %d", i), func() string {
			return texts(q.timeline.MerchantFeed(q.ctx(), shop.ID, town.Cursor{}))
		}, func(u *utterance) []string { return only(isPost(u) && !u.gone && u.merchant == i, u) }})
		list = append(list, place{fmt.Sprintf("the outbox of shop %d", i), func() string { return q.outbox(shop) }, func(u *utterance) []string {
			if len(u.sent) > 0 && u.public && !u.gone && u.merchant == i && u.left(q.now) {
				return u.sent[:1]
			}
			return nil
		}})
		list = append(list, place{fmt.Sprintf("the messages of shop %d", i), func() string { return q.inbox(shop) }, func(u *utterance) []string {
			return only(slices.Contains(q.replies, u) && !u.gone && u.merchant == i && !q.blocked[i][u.person], u)
		}})
	}
	for _, u := range slices.Concat(q.posts, q.answers) {
		list = append(list, q.around(u)...)
	}
	return list
}

// around are the places that belong to something that a merchant said: its document, its page, its collections, its word in the search.
func (q *square) around(of *utterance) []place {
	isPost := slices.Contains(q.posts, of)
	itself := func(u *utterance) bool { return u == of && of.public && !of.gone && of.left(q.now) }
	below := func(u *utterance) bool { return u.below == of && u.public && !u.gone && !u.hidden && !of.gone }
	isReply := func(u *utterance) bool { return slices.Contains(q.replies, u) }
	places := []place{
		{"the document of " + of.word, func() string { return q.document(of.object) }, func(u *utterance) []string { return only(itself(u), u) }},
		{"the search for " + of.word, func() string {
			found, err := q.timeline.Search(q.ctx(), of.word)
			return texts(found.Posts, false, err)
		}, func(u *utterance) []string { return only(u == of && isPost && !of.gone, u) }},
	}
	if !isPost {
		return append(places, place{"the page of the answer " + of.word, func() string { return q.page(of.id) }, func(u *utterance) []string {
			return only(u == of && of.public && !of.gone, u)
		}})
	}
	return append(
		places,
		place{"the page of " + of.word, func() string { return q.page(of.id) }, func(u *utterance) []string {
			return only(u == of && !of.gone || below(u), u)
		}},
		place{"the replies of " + of.word, func() string { return q.collection(of, false) }, func(u *utterance) []string {
			return only(below(u) && isReply(u) && of.left(q.now), u)
		}},
		place{"the context of " + of.word, func() string { return q.collection(of, true) }, func(u *utterance) []string {
			return only(itself(u) || below(u) && of.left(q.now), u)
		}},
	)
}

func texts(posts []*town.Post, _ bool, err error) string {
	var b strings.Builder
	for _, p := range posts {
		b.WriteString(p.Text + "\n")
	}
	if err != nil {
		return err.Error()
	}
	return b.String()
}

func (q *square) activities() string {
	rows, err := q.Pool().Query(q.ctx(), `SELECT id FROM activities WHERE type IN ('Create', 'Update', 'Delete')`)
	q.must(err)
	var ids []uuid.UUID
	for rows.Next() {
		var id uuid.UUID
		q.must(rows.Scan(&id))
		ids = append(ids, id)
	}
	q.must(rows.Err())
	var b strings.Builder
	for _, id := range ids {
		json, err := q.doc.Activity(q.ctx(), q.addresses.Activity(id))
		if !errors.Is(err, federation.ErrNotFound) {
			q.must(err)
		}
		b.Write(json)
	}
	return b.String()
}

func (q *square) outbox(shop *town.Merchant) string {
	items, _, err := q.doc.Outbox(q.ctx(), q.addresses.Actor(shop.ID), "", 100)
	q.must(err)
	var b strings.Builder
	for _, item := range items {
		b.Write(item.JSON)
	}
	return b.String()
}

// inbox is what a merchant reads, and what is kept from the other.
func (q *square) inbox(shop *town.Merchant) string {
	list, _, err := q.messages.List(q.ctx(), operator, shop.ID, 0)
	q.must(err)
	var b strings.Builder
	for _, n := range list {
		if n.Reply != nil {
			b.WriteString(n.Reply.Content)
		}
	}
	for _, r := range q.replies {
		_, _, err := q.messages.Thread(q.ctx(), operator, shop.ID, r.id)
		if own := q.shops[r.merchant].ID == shop.ID && !r.gone; own != (err == nil) {
			q.t.Errorf("the conversation with %s at %s: got %v, want it readable: %v", r.word, shop.Handle, err, own)
		}
	}
	return b.String()
}

// unread tells the answers by which something is kept from its reader.
func unread(err error) bool {
	return errors.Is(err, federation.ErrNotFound) || errors.Is(err, federation.ErrGone) || errors.Is(err, town.ErrNotFound) || errors.Is(err, town.ErrGone)
}

func (q *square) document(id federation.IRI) string {
	o, err := q.doc.Object(q.ctx(), id)
	if unread(err) {
		return ""
	}
	q.must(err)
	json, err := federation.EncodeObject(o)
	q.must(err)
	return string(json)
}

func (q *square) page(id uuid.UUID) string {
	post, thread, err := q.timeline.Post(q.ctx(), id)
	if unread(err) {
		return ""
	}
	q.must(err)
	shown := post.Text + "\n"
	for _, e := range thread {
		if e.Answer != nil {
			shown += e.Answer.Text + "\n"
		} else {
			shown += e.Reply.Content
		}
	}
	return shown
}

// collection lists the words behind the ids in a post's collection of replies or its conversation, which are served for what
// has a document only.
func (q *square) collection(of *utterance, whole bool) string {
	if q.document(of.object) == "" {
		return ""
	}
	ids, err := q.doc.Replies(q.ctx(), of.object)
	q.must(err)
	if whole {
		c, err := q.doc.Conversation(q.ctx(), of.object)
		q.must(err)
		ids = c.Items
	}
	var b strings.Builder
	for _, u := range slices.Concat(q.posts, q.answers, q.replies) {
		if slices.Contains(ids, u.object) {
			b.WriteString(u.word + "\n")
		}
	}
	return b.String()
}
