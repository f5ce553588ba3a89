package postgres_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"bourg/federation"
	"bourg/internal/postgres"
	"bourg/internal/postgres/testdb"
	"bourg/internal/town"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// fixture is a town with a database of its own and the merchants that a test adds.
type fixture struct {
	*postgres.Store
	t         testing.TB
	addresses town.Addresses
	sent      int // activities of peers so far
}

func open(t testing.TB) *fixture {
	t.Helper()
	return openURL(t, testdb.URL(t))
}

func openURL(t testing.TB, databaseURL string) *fixture {
	t.Helper()
	base, err := url.Parse("https://bourg.test")
	if err != nil {
		t.Fatal(err)
	}
	addresses := town.Addresses{Base: base}
	store, err := postgres.Open(t.Context(), databaseURL, postgres.Options{Addresses: addresses, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatalf("open the store: %v", err)
	}
	t.Cleanup(store.Close)
	return &fixture{Store: store, t: t, addresses: addresses}
}

// ctx outlives no test.
func (f *fixture) ctx() context.Context { return f.t.Context() }

// must fails the test where something went wrong that it is not about.
func (f *fixture) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// count runs a query that yields one number.
func (f *fixture) count(sql string, args ...any) int {
	f.t.Helper()
	var n int
	if err := f.Pool().QueryRow(f.ctx(), sql, args...).Scan(&n); err != nil {
		f.t.Fatalf("%s: %v", sql, err)
	}
	return n
}

func (f *fixture) exec(sql string, args ...any) {
	f.t.Helper()
	if _, err := f.Pool().Exec(f.ctx(), sql, args...); err != nil {
		f.t.Fatalf("%s: %v", sql, err)
	}
}

func newID(t testing.TB) uuid.UUID {
	t.Helper()
	id, err := uuid.NewV7()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (f *fixture) newActor(handle string) town.NewActor {
	return town.NewActor{ID: newID(f.t), Handle: handle, Keys: []town.NewKey{
		{Kind: town.KeyRSA, PrivatePEM: "private " + handle, PublicPEM: "public " + handle},
		{Kind: town.KeyEd25519, PrivatePEM: "private ed " + handle, PublicPEM: "public ed " + handle},
	}}
}

func (f *fixture) setUp() {
	f.t.Helper()
	f.must(f.SetUpTown(f.ctx(), &town.Town{
		Name: "Saint-Aubin", ShortName: "Saint-Aubin", Handle: "saint_aubin", INSEE: "35253", Lat: 48.26, Lon: -1.4, TimeZone: "Europe/Paris",
	}, f.newActor("saint_aubin"), f.newActor("relay"), f.newActor("alentours")))
}

func (f *fixture) merchant(handle string) *town.Merchant {
	f.t.Helper()
	m := &town.Merchant{Handle: handle, Name: "Boulangerie " + handle, Trade: "boulangerie", Paint: "brique", Created: time.Now()}
	f.must(f.AddMerchant(f.ctx(), m, f.newActor(handle)))
	stored, err := f.Merchant(f.ctx(), m.ID)
	f.must(err)
	return stored
}

// peer is an actor on another server.
func peer(host, name string) *federation.Actor {
	id := federation.IRI("https://" + host + "/users/" + name)
	return &federation.Actor{
		ID: id, Type: "Person", PreferredUsername: name, Name: strings.ToUpper(name), URL: id,
		Inbox: id + "/inbox", SharedInbox: federation.IRI("https://" + host + "/inbox"),
		Keys: []federation.PublicKey{{ID: id + "#main-key", Owner: id, PEM: "PEM of " + name}},
	}
}

// received makes the dedupe value of an activity that the store has not seen.
func (f *fixture) received(sender *federation.Actor) town.Received {
	f.sent++
	return receivedAs(sender, fmt.Sprintf("%s/activities/%d", sender.ID, f.sent))
}

func receivedAs(sender *federation.Actor, id string) town.Received {
	return town.Received{Key: town.Key(string(sender.ID), id), Sender: sender, ID: federation.IRI(id)}
}

// accept is the Accept of a Follow.
func (f *fixture) accept(merchant uuid.UUID, follower *federation.Actor, follow federation.IRI) town.Outgoing {
	return town.Outgoing{
		ID: newID(f.t), Actor: merchant, Type: "Accept", Object: follow, JSON: []byte(`{"type":"Accept"}`), Leaves: time.Now().Add(-time.Second),
		To: town.Recipients{Inboxes: []federation.IRI{follower.Inbox}},
	}
}

func (f *fixture) follow(merchant uuid.UUID, follower *federation.Actor) {
	f.t.Helper()
	in := f.received(follower)
	f.must(f.AddFollower(f.ctx(), in, merchant, in.ID, f.accept(merchant, follower, in.ID)))
}

// clearQueue forgets what waits, so that a test sees only what comes next.
func (f *fixture) clearQueue() { f.exec(`DELETE FROM deliveries`) }

// outgoing is an activity about an object that has left.
func (f *fixture) outgoing(merchant uuid.UUID, kind string, object federation.IRI, to town.Recipients) town.Outgoing {
	id := newID(f.t)
	return town.Outgoing{
		ID: id, Actor: merchant, Type: kind, Object: object, JSON: fmt.Appendf(nil, `{"type":%q,"id":%q}`, kind, id),
		Public: true, Listed: kind == "Create", Leaves: time.Now().Add(-time.Second), To: to,
	}
}

// newPost is a post of the merchant with its Create, which leaves after hold.
func (f *fixture) newPost(m *town.Merchant, text string, hold time.Duration) (*town.Post, town.Outgoing) {
	now := time.Now().UTC().Truncate(time.Microsecond)
	p := &town.Post{
		ID: newID(f.t), Merchant: m, Kind: town.News, Text: text, Language: "fr", Reach: town.ReachEverywhere, Public: true,
		Once: uuid.New(), Published: now, Leaves: now.Add(hold),
	}
	out := f.outgoing(m.ID, "Create", f.addresses.Post(p.ID), town.Recipients{Followers: true})
	out.ID, out.Leaves = p.ID, p.Leaves
	return p, out
}

func (f *fixture) post(m *town.Merchant, text string) *town.Post {
	f.t.Helper()
	p, out := f.newPost(m, text, 0)
	stored, err := f.AddPost(f.ctx(), p, uuid.Nil, out)
	f.must(err)
	return stored
}

func (f *fixture) photo(merchant uuid.UUID, name string) town.Photo {
	f.t.Helper()
	p := town.Photo{
		Name: name, Alt: "Une photo de " + name, Width: 640, Height: 480, Bytes: 1000,
		Variants: []town.Variant{{File: name + "-640.jpg", Width: 640, Height: 480, MediaType: "image/jpeg", Size: 100}},
	}
	f.must(f.AddPhoto(f.ctx(), merchant, &p))
	return p
}

// reply is a public reply to a post.
func (f *fixture) reply(from *federation.Actor, p *town.Post, object string) *town.Reply {
	return &town.Reply{
		ObjectID: from.ID + federation.IRI("/statuses/"+object), Merchant: p.Merchant.ID, Post: p.ID, InReplyTo: f.addresses.Post(p.ID),
		URL: from.ID + federation.IRI("/"+object), Public: true, Content: "<p>" + object + "</p>", Language: "fr",
		Published: time.Now().UTC().Truncate(time.Microsecond), Received: time.Now().UTC().Truncate(time.Microsecond), State: town.ReplyShown,
	}
}

// waiting lists the inboxes and the types of the activities that wait for them, in the order of the queue.
func (f *fixture) waiting() []string {
	f.t.Helper()
	rows, _ := f.Pool().Query(f.ctx(), `
		SELECT a.type || ' ' || d.inbox FROM deliveries d JOIN activities a ON a.id = d.activity_id WHERE d.state = 'waiting' ORDER BY d.inbox, d.id`)
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	f.must(err)
	return list
}
