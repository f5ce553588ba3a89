package postgres_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"bourg/federation"
	"bourg/internal/town"

	"github.com/google/uuid"
)

// accountsElsewhere finds accounts without a network, by their handle or address. Authority has passed them, as it has all documents.
type accountsElsewhere map[string]*federation.Actor

func (e accountsElsewhere) FindAccount(_ context.Context, typed string) (federation.Verified[*federation.Actor], string, error) {
	actor, ok := e[strings.TrimPrefix(typed, "@")]
	if !ok {
		return federation.Verified[*federation.Actor]{}, "", federation.ErrNotFound
	}
	verified, err := federation.Authority{Host: "bourg.test"}.Actor(actor, actor.ID)
	return verified, strings.TrimPrefix(typed, "@"), err
}

func (f *fixture) mover(e accountsElsewhere) *town.Mover {
	return &town.Mover{
		Store: f.Store, Accounts: f.Store, Addresses: f.addresses, Find: e, Now: time.Now, Wake: func() {},
		Media: func(file string) federation.IRI { return federation.IRI("https://bourg.test/media/" + file) },
		HTML:  func(s string) string { return "<p>" + s + "</p>" },
	}
}

// invalidAs tells whether an error names this fault of the account.
func invalidAs(err error, code string) bool {
	var bad town.Invalid
	return errors.As(err, &bad) && bad["account"] == code
}

// keyed gives all actors keys that can be published, as those have whom the domain has made.
func (f *fixture) keyed() {
	f.t.Helper()
	pair, err := rsa.GenerateKey(rand.Reader, 2048)
	f.must(err)
	ed, _, err := ed25519.GenerateKey(rand.Reader)
	f.must(err)
	for kind, public := range map[string]any{"rsa": &pair.PublicKey, "ed25519": ed} {
		der, err := x509.MarshalPKIXPublicKey(public)
		f.must(err)
		f.exec(`UPDATE actor_keys SET public_key = $1 WHERE kind = $2`, string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})), kind)
	}
}

func TestComingFromElsewhere(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.setUp()
	m := f.merchant("martin")
	f.keyed()
	old := peer("mastodon.example", "martin")
	e := accountsElsewhere{"martin@mastodon.example": old}
	s := f.mover(e)
	f.follow(m.ID, peer("away.example", "ana"))
	f.clearQueue()

	before := time.Now().Add(-time.Second).Truncate(time.Second)
	a, err := s.AddAlias(f.ctx(), operator, m.ID, " @martin@mastodon.example ")
	f.must(err)
	if a.ID != old.ID || a.Handle != "martin@mastodon.example" || a.At.Before(before) {
		t.Errorf("named: got %+v, want the old account", a)
	}
	if got, want := f.waiting(), []string{"Update https://away.example/inbox"}; !slices.Equal(got, want) {
		t.Errorf("sent: got %q, want %q", got, want)
	}
	profile := f.sentOf("Update")[0]["object"].(map[string]any)
	if got := profile["alsoKnownAs"]; len(got.([]any)) != 1 || got.([]any)[0] != string(old.ID) {
		t.Errorf("alsoKnownAs: got %v, want the old account", got)
	}

	f.exec(`UPDATE followers SET accepted_at = now() - interval '1 day'`)
	f.follow(m.ID, peer("away.example", "bob"))
	old.MovedTo = f.addresses.Actor(m.ID)
	_, err = s.AddAlias(f.ctx(), operator, m.ID, "martin@mastodon.example") // looked at again
	f.must(err)
	got := must(s.Arrivals(f.ctx(), operator, m.ID))
	if len(got) != 1 || !got[0].Here || got[0].Followers != 1 || !got[0].At.Equal(a.At) {
		t.Errorf("arrivals: got %+v, want one follower since then, and the old account gone", got)
	}

	for typed, code := range map[string]string{"": "account.empty", "  ": "account.empty", "@nobody@mastodon.example": "account.unknown"} {
		if _, err := s.AddAlias(f.ctx(), operator, m.ID, typed); !invalidAs(err, code) {
			t.Errorf("%q: got %v, want %s", typed, err, code)
		}
	}
	for i := range town.MaxAliases {
		name := "m" + string(rune('a'+i))
		e[name+"@mastodon.example"] = peer("mastodon.example", name)
		_, err = s.AddAlias(f.ctx(), operator, m.ID, name+"@mastodon.example")
	}
	if !invalidAs(err, "account.many") {
		t.Errorf("one too many: got %v, want account.many", err)
	}
	f.must(s.RemoveAlias(f.ctx(), operator, m.ID, "@Martin@mastodon.example"))
	if err := s.RemoveAlias(f.ctx(), operator, m.ID, string(old.ID)); !errors.Is(err, town.ErrNotFound) {
		t.Errorf("removed twice: got %v, want ErrNotFound", err)
	}
	if got := must(f.Merchant(f.ctx(), m.ID)).Aliases; len(got) != town.MaxAliases-1 {
		t.Errorf("aliases: got %d, want %d", len(got), town.MaxAliases-1)
	}
}

func TestLeavingForElsewhere(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.setUp()
	m := f.merchant("martin")
	f.keyed()
	target := peer("mastodon.example", "martin")
	s := f.mover(accountsElsewhere{"martin@mastodon.example": target})
	ana, bob := peer("away.example", "ana"), peer("other.example", "bob")
	f.follow(m.ID, ana)
	p := f.post(m, "Du pain")
	f.clearQueue()

	if _, err := s.Move(f.ctx(), operator, m.ID, "martin@mastodon.example"); !invalidAs(err, "account.unlinked") {
		t.Errorf("to an account that does not name the shop: got %v, want account.unlinked", err)
	}
	target.AlsoKnownAs = []federation.IRI{f.addresses.Actor(uuid.New()), f.addresses.Actor(m.ID)}
	target.MovedTo = "https://third.example/users/martin"
	if _, err := s.Move(f.ctx(), operator, m.ID, "martin@mastodon.example"); !invalidAs(err, "account.moved_on") {
		t.Errorf("to an account that has moved itself: got %v, want account.moved_on", err)
	}
	if len(f.waiting()) != 0 || must(f.Merchant(f.ctx(), m.ID)).Moved != nil {
		t.Errorf("a refused move: got %q, want nothing sent and nothing changed", f.waiting())
	}
	target.MovedTo = ""
	must(s.Move(f.ctx(), operator, m.ID, "martin@mastodon.example"))
	if got, want := f.waiting(), []string{"Update https://away.example/inbox", "Move https://away.example/inbox"}; !slices.Equal(got, want) {
		t.Errorf("sent: got %q, want %q", got, want)
	}
	if n := f.count(`SELECT count(*) FROM deliveries d JOIN activities a ON a.id = d.activity_id WHERE a.type = 'Move' AND d.after IS NOT NULL`); n != 1 {
		t.Errorf("Moves behind their Update: got %d, want 1", n)
	}
	me := string(f.addresses.Actor(m.ID))
	if move := f.sentOf("Move")[0]; move["actor"] != me || move["object"] != me || move["target"] != string(target.ID) {
		t.Errorf("Move: got %v, want it from %s to %s", move, me, target.ID)
	}
	if got := f.sentOf("Update")[0]["object"].(map[string]any)["movedTo"]; got != string(target.ID) {
		t.Errorf("movedTo: got %v, want %s", got, target.ID)
	}

	// From here on nobody new follows and nothing new is published; what there is stays.
	in := f.received(bob)
	if err := f.AddFollower(f.ctx(), in, m.ID, in.ID, f.accept(m.ID, bob, in.ID)); !errors.Is(err, town.ErrForbidden) {
		t.Errorf("a new Follow: got %v, want ErrForbidden", err)
	}
	f.follow(m.ID, ana) // a server that repeats itself is told again that it follows
	held, out := f.newPost(m, "Encore du pain", 0)
	if _, err := f.AddPost(f.ctx(), held, uuid.Nil, out); !errors.Is(err, town.ErrMoved) {
		t.Errorf("publishing: got %v, want ErrMoved", err)
	}
	if posts := must(f.MerchantFeed(f.ctx(), m.ID, town.Cursor{}, 10)); len(posts) != 1 || posts[0].ID != p.ID || posts[0].Merchant.Moved == nil {
		t.Errorf("posts: got %d, want the old one, of a shop that has moved", len(posts))
	}
	if _, err := s.Move(f.ctx(), operator, m.ID, "martin@mastodon.example"); !invalidAs(err, "account.away") {
		t.Errorf("moving twice: got %v, want account.away", err)
	}
	if _, err := s.AddAlias(f.ctx(), operator, m.ID, "martin@mastodon.example"); !invalidAs(err, "account.gone") {
		t.Errorf("an alias of a shop that has gone: got %v, want account.gone", err)
	}

	// The town hall takes it back; another move waits for a week.
	f.must(s.TakeBack(f.ctx(), operator, m.ID))
	if err := s.TakeBack(f.ctx(), operator, m.ID); !errors.Is(err, town.ErrNotFound) {
		t.Errorf("taking it back twice: got %v, want ErrNotFound", err)
	}
	if got, still := f.sentOf("Update")[0]["object"].(map[string]any)["movedTo"]; still {
		t.Errorf("movedTo after it was taken back: got %v, want none", got)
	}
	f.must(f.AddFollower(f.ctx(), in, m.ID, in.ID, f.accept(m.ID, bob, in.ID)))
	f.post(m, "De retour")
	if _, err := s.Move(f.ctx(), operator, m.ID, "martin@mastodon.example"); !invalidAs(err, "account.soon") {
		t.Errorf("moving again the same day: got %v, want account.soon", err)
	}
	s.Now = func() time.Time { return time.Now().Add(town.MoveEvery) }
	must(s.Move(f.ctx(), operator, m.ID, "martin@mastodon.example"))
	if n := len(f.sentOf("Move")); n != 2 {
		t.Errorf("Moves: got %d, want 2", n)
	}
}
