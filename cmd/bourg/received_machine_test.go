package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"bourg/federation"
	"bourg/internal/town"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"
)

// TestWhatPeersDoInAnyOrder lets three people elsewhere follow, like, share, reply, block and take it all back, in any order,
// with activities that overtake each other and that come twice, and holds the real store against a few maps.
func TestWhatPeersDoInAnyOrder(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	var run atomic.Int64
	rapid.Check(t, func(rt *rapid.T) {
		n := run.Add(1)
		p := &peers{
			passer: &passer{house: h, post: h.publish(h.bakery, "Fournée de seigle.", false)},
			rt:     rt, undone: map[string]undoing{}, received: map[string]bool{}, sender: map[string]*peerState{},
			start: time.Now().Truncate(time.Second), shop: h.addShop(fmt.Sprintf("Commerce %d", n), fmt.Sprintf("commerce_%d", n), "boulangerie"),
		}
		p.post = h.publish(p.shop, "Fournée de seigle.", false)
		for i := range 3 {
			id := fmt.Sprintf("https://p%d-%d.example/users/anna", n, i)
			p.sender[id] = &peerState{id: id}
			p.ids = append(p.ids, id)
		}
		rt.Repeat(map[string]func(*rapid.T){
			"":             p.compare,
			"follow":       func(*rapid.T) { p.do("Follow") },
			"like":         func(*rapid.T) { p.do("Like") },
			"emoji":        func(*rapid.T) { p.do("EmojiReact") },
			"announce":     func(*rapid.T) { p.do("Announce") },
			"block":        func(*rapid.T) { p.do("Block") },
			"reply":        func(*rapid.T) { p.do("Create") },
			"hold back":    func(*rapid.T) { p.sent = append(p.sent, p.make()) },
			"undo":         p.undo,
			"again":        p.again,
			"repeat":       p.repeat,
			"delete reply": p.deleteReply,
			"delete actor": p.deleteActor,
			"publish":      p.publishNews,
		})
	})
}

// peers is the model: what three people have done, as far as it counts.
type peers struct {
	*passer
	rt     *rapid.T
	shop   *town.Merchant
	start  time.Time
	clock  int
	serial int

	ids      []string
	sender   map[string]*peerState
	sent     []*act             // everything made so far, held back or not
	received map[string]bool    // ids that were applied
	undone   map[string]undoing // ids that were taken back
	accepts  int
}

// peerState is what one of them has to do with the merchant.
type peerState struct {
	id              string
	follows         string // id of the Follow; "" where there is none
	likes, shares   string // ids of the activities that count
	replies, graves map[string]bool
	gone            bool
}

type undoing struct {
	signed int
	unseen bool
}

// act is an activity as it is sent.
type act struct {
	id, kind, sender, object string
	signed                   int
	body                     []byte
	undoes                   *act
	bare                     bool
}

// tick is a later second.
func (p *peers) tick() int { p.clock++; return p.clock }

func (p *peers) anybody() *peerState {
	return p.sender[rapid.SampledFrom(p.ids).Draw(p.rt, "who")]
}

// activity makes an activity of a kind that nobody has seen.
func (p *peers) activity(kind string, by *peerState) *act {
	p.serial++
	a := &act{id: fmt.Sprintf("%s/activities/%d", by.id, p.serial), kind: kind, sender: by.id, signed: p.tick()}
	document := map[string]any{"@context": "https://www.w3.org/ns/activitystreams", "id": a.id, "type": kind, "actor": by.id}
	switch kind {
	case "Follow", "Block":
		document["object"] = p.town.addresses.Actor(p.shop.ID)
	case "Create":
		a.object = a.id + "/note"
		document["object"] = map[string]any{
			"id": a.object, "type": "Note", "attributedTo": by.id, "content": "<p>Oui</p>", "inReplyTo": p.town.addresses.Post(p.post.ID),
			"to": []any{federation.Public}, "cc": []any{p.town.addresses.Actor(p.shop.ID)},
		}
	default:
		document["object"] = p.town.addresses.Post(p.post.ID)
	}
	p.encode(a, document)
	return a
}

func (p *peers) encode(a *act, document map[string]any) {
	body, err := json.Marshal(document)
	p.must(err)
	a.body = body
}

// make makes one that is sent later, or never.
func (p *peers) make() *act {
	return p.activity(rapid.SampledFrom([]string{"Follow", "Like", "Announce", "Block"}).Draw(p.rt, "kind"), p.anybody())
}

func (p *peers) do(kind string) {
	a := p.activity(kind, p.anybody())
	p.sent = append(p.sent, a)
	p.send(a)
}

// some picks one of those that fulfil the condition; the step is left out where there is none.
func (p *peers) some(condition func(*act) bool) *act {
	var all []*act
	for _, a := range p.sent {
		if condition(a) {
			all = append(all, a)
		}
	}
	if len(all) == 0 {
		p.rt.Skip("nothing to choose from")
	}
	return all[rapid.IntRange(0, len(all)-1).Draw(p.rt, "activity")]
}

// undo takes something back, whether it has arrived or not, by its copy or by its bare id.
func (p *peers) undo(*rapid.T) {
	of := p.some(func(a *act) bool { return a.undoes == nil && a.kind != "Create" && a.kind != "Delete" })
	p.serial++
	a := &act{id: fmt.Sprintf("%s/undo/%d", of.sender, p.serial), kind: "Undo", sender: of.sender, signed: p.tick(), undoes: of}
	a.bare = rapid.Bool().Draw(p.rt, "by its id")
	var object any = of.id
	if !a.bare {
		p.must(json.Unmarshal(of.body, &object))
	}
	p.encode(a, map[string]any{"@context": "https://www.w3.org/ns/activitystreams", "id": a.id, "type": "Undo", "actor": a.sender, "object": object})
	p.sent = append(p.sent, a)
	p.send(a)
}

// again sends something under its old id, signed anew: as Misskey does when somebody follows again, and as everybody does with
// what was held back.
func (p *peers) again(*rapid.T) {
	a := *p.some(func(a *act) bool { return a.undoes == nil && a.kind != "Create" })
	a.signed = p.tick()
	p.send(&a)
}

// repeat sends something once more as it was, byte for byte.
func (p *peers) repeat(*rapid.T) { p.send(p.some(func(*act) bool { return true })) }

func (p *peers) deleteReply(*rapid.T) {
	of := p.some(func(a *act) bool { return a.kind == "Create" })
	p.serial++
	a := &act{id: fmt.Sprintf("%s/delete/%d", of.sender, p.serial), kind: "Delete", sender: of.sender, signed: p.tick(), object: of.object}
	p.encode(a, map[string]any{
		"@context": "https://www.w3.org/ns/activitystreams", "id": a.id, "type": "Delete", "actor": a.sender,
		"object": map[string]any{"id": of.object, "type": "Tombstone"},
	})
	p.sent = append(p.sent, a)
	p.send(a)
}

func (p *peers) deleteActor(*rapid.T) {
	if rapid.IntRange(0, 4).Draw(p.rt, "rarely") > 0 {
		p.rt.Skip("not now")
	}
	by := p.anybody()
	p.serial++
	a := &act{id: fmt.Sprintf("%s/delete/%d", by.id, p.serial), kind: "Delete", sender: by.id, signed: p.tick(), object: by.id}
	p.encode(a, map[string]any{"@context": "https://www.w3.org/ns/activitystreams", "id": a.id, "type": "Delete", "actor": by.id, "object": by.id})
	p.send(a)
}

// send lets it arrive, in the store and in the model.
func (p *peers) send(a *act) {
	err := p.receive(a.body, p.start.Add(time.Duration(a.signed)*time.Second))
	if err != nil && !isNothing(err) {
		p.rt.Fatalf("%s %s: %v", a.kind, a.id, err)
	}
	s := p.sender[a.sender]
	switch {
	case s.gone:
	case a.undoes != nil:
		p.modelUndo(s, a)
	case p.voided(a) || p.received[a.id]:
	default:
		p.received[a.id] = true
		p.modelDo(s, a)
	}
}

// voided tells whether it was taken back before it came, or after this copy of it was signed.
func (p *peers) voided(a *act) bool {
	u, ok := p.undone[a.id]
	if !ok || (!u.unseen && u.signed <= a.signed) || a.kind == "Create" || a.kind == "Delete" {
		return false
	}
	p.undone[a.id] = undoing{signed: max(u.signed, a.signed)}
	return true
}

func (p *peers) modelDo(s *peerState, a *act) {
	switch a.kind {
	case "Follow":
		s.follows = a.id
		p.accepts++
	case "Block":
		s.follows = ""
	case "Like", "EmojiReact":
		if s.likes == "" {
			s.likes = a.id
		}
	case "Announce":
		if s.shares == "" {
			s.shares = a.id
		}
	case "Create":
		if !s.graves[a.object] {
			if s.replies == nil {
				s.replies = map[string]bool{}
			}
			s.replies[a.object] = true
		}
	case "Delete":
		if a.object == s.id {
			*s = peerState{id: s.id, gone: true}
			return
		}
		if s.graves == nil {
			s.graves = map[string]bool{}
		}
		s.graves[a.object] = true
		delete(s.replies, a.object)
	}
}

// modelUndo: a copy names what was done, and to whom; a bare id names the one activity.
func (p *peers) modelUndo(s *peerState, a *act) {
	key := fmt.Sprint(a.id, a.signed)
	if p.received[key] {
		return
	}
	p.received[key] = true
	of := a.undoes
	byID := a.bare || of.kind == "EmojiReact" || of.kind == "Block"
	found := false
	end := func(what *string, kinds ...string) {
		if *what != "" && (byID && *what == of.id || !byID && slices.Contains(kinds, of.kind)) {
			*what, found = "", true
		}
	}
	end(&s.follows, "Follow")
	end(&s.likes, "Like")
	end(&s.shares, "Announce")
	p.undone[of.id] = undoing{signed: max(p.undone[of.id].signed, a.signed), unseen: !found && !p.received[of.id]}
	delete(p.received, of.id)
}

func isNothing(err error) bool {
	return errors.Is(err, federation.ErrIgnored) || errors.Is(err, federation.ErrDuplicate)
}

// compare holds the store to the model after each step.
func (p *peers) compare(*rapid.T) {
	var followers, likes, shares, replies int
	for _, s := range p.sender {
		followers += count(s.follows != "")
		likes += count(s.likes != "")
		shares += count(s.shares != "")
		replies += len(s.replies)
	}
	ctx := p.t.Context()
	got, err := p.town.store.CountFollowers(ctx, p.shop.ID)
	p.must(err)
	post, err := p.town.store.Post(ctx, p.post.ID)
	p.must(err)
	if got != followers || post.Likes != likes || post.Shares != shares || post.Replies != replies {
		p.rt.Fatalf("got %d followers, %d likes, %d shares and %d replies, want %d, %d, %d and %d",
			got, post.Likes, post.Shares, post.Replies, followers, likes, shares, replies)
	}
	var accepts int
	p.must(p.town.store.Pool().QueryRow(ctx, `SELECT count(*) FROM activities WHERE type = 'Accept' AND actor_id = $1`, p.shop.ID).Scan(&accepts))
	if accepts != p.accepts {
		p.rt.Fatalf("got %d Accepts, want %d", accepts, p.accepts)
	}
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// publishNews tells by its deliveries who is delivered to.
func (p *peers) publishNews(*rapid.T) {
	post := p.publish(p.shop, "Encore une fournée.", false)
	want := []string{}
	for _, id := range slices.Sorted(maps.Keys(p.sender)) {
		if p.sender[id].follows != "" {
			want = append(want, id+"/inbox")
		}
	}
	rows, _ := p.town.store.Pool().Query(p.t.Context(), `
		SELECT d.inbox FROM deliveries d JOIN activities a ON a.id = d.activity_id WHERE a.object_id = $1 ORDER BY d.inbox`,
		string(p.town.addresses.Post(post.ID)))
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	p.must(err)
	if !slices.Equal(got, want) {
		p.rt.Fatalf("news go to %q, want %q", got, want)
	}
}
