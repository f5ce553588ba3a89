package postgres_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"bourg/federation"
	"bourg/internal/postgres"
	"bourg/internal/town"
	"bourg/migrations"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// keyring is the town's, on the store and with a clock of its own.
func (f *fixture) keyring(now func() time.Time) *town.Keyring {
	return &town.Keyring{
		Store: f.Store, Accounts: f.Store, Now: now, Wake: func() {},
		Documents: &town.Documents{
			Store: f.Store, Addresses: f.addresses, Now: now, Version: "test",
			Media: func(file string) federation.IRI { return federation.IRI("https://bourg.test/media/" + file) },
			HTML:  func(s string) string { return s }, Words: func(string) []string { return nil },
		},
	}
}

// keyIDs are the ids that an actor publishes, without the actor's own part, in their order.
func keyIDs(a *federation.Actor) string {
	ids := make([]string, len(a.Keys))
	for i, k := range a.Keys {
		_, ids[i], _ = strings.Cut(string(k.ID), "#")
	}
	return strings.Join(ids, " ")
}

// signing names an actor's keys that sign, and those before them.
func signing(t *testing.T, k *town.Keyring, actor federation.IRI) string {
	t.Helper()
	keys, err := k.Documents.SigningKeys(t.Context(), actor)
	if err != nil {
		t.Fatal(err)
	}
	name := func(k *federation.SigningKeys) string {
		s := strings.TrimPrefix(string(k.RSA.ID), string(actor))
		if k.Ed25519 != nil {
			s += strings.TrimPrefix(string(k.Ed25519.ID), string(actor))
		}
		return s
	}
	if keys.Former == nil {
		return name(keys)
	}
	return name(keys) + " after " + name(keys.Former)
}

// operator acts at the command line.
var operator = town.Author{Operator: true}

// A shop's keys are replaced: its document shows both for two days, and after that the former ones are
// nowhere. A leak hides them at once.
func TestKeysRotate(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.setUpWithKeys()
	m := f.merchantWithKeys("martin")
	actor := f.addresses.Actor(m.ID)
	now := time.Now()
	k := f.keyring(func() time.Time { return now })
	published := func() string {
		t.Helper()
		a, err := k.Documents.LocalActor(t.Context(), actor)
		f.must(err)
		return keyIDs(a)
	}
	step := func(what, wantPublished, wantSigning string) {
		t.Helper()
		if got := published(); got != wantPublished {
			t.Errorf("%s: got keys %q, want %q", what, got, wantPublished)
		}
		if got := signing(t, k, actor); got != wantSigning {
			t.Errorf("%s: signs with %q, want %q", what, got, wantSigning)
		}
	}
	step("new", "main-key ed25519-key", "#main-key#ed25519-key")
	got, err := k.RotateKeys(t.Context(), operator, "martin", false)
	f.must(err)
	if got.RSA != actor+"#key-2" || got.Ed25519 != actor+"#ed25519-key-2" || got.Hidden || got.Retires.Sub(now) < 47*time.Hour {
		t.Errorf("got %+v", got)
	}
	step("rotated", "key-2 ed25519-key-2 main-key ed25519-key", "#key-2#ed25519-key-2 after #main-key#ed25519-key")
	now = now.Add(47 * time.Hour)
	f.must(k.Tend(t.Context()))
	step("a day later", "key-2 ed25519-key-2 main-key ed25519-key", "#key-2#ed25519-key-2 after #main-key#ed25519-key")
	now = now.Add(time.Hour)
	f.must(k.Tend(t.Context()))
	step("two days later", "key-2 ed25519-key-2", "#key-2#ed25519-key-2")
	if n := f.count(`SELECT count(*) FROM actor_keys WHERE actor_id = $1`, m.ID); n != 2 {
		t.Errorf("got %d keys stored, want the two that sign: a private key outlives its time", n)
	}
	_, err = k.RotateKeys(t.Context(), operator, "martin", false)
	f.must(err)
	_, err = k.RotateKeys(t.Context(), operator, "martin", true)
	f.must(err)
	step("leaked", "key-4 ed25519-key-4", "#key-4#ed25519-key-4 after #key-3#ed25519-key-3")

	for _, handle := range []string{"alentours", "relay", "saint_aubin"} {
		if _, err := k.RotateKeys(t.Context(), operator, handle, false); err != nil {
			t.Errorf("%s: %v", handle, err)
		}
	}
	if _, err := k.RotateKeys(t.Context(), operator, "nobody", false); !errors.Is(err, town.ErrNotFound) {
		t.Errorf("nobody: got %v, want ErrNotFound", err)
	}
	if _, err := k.RotateKeys(t.Context(), town.Author{Login: uuid.New()}, "martin", false); !errors.Is(err, town.ErrForbidden) {
		t.Errorf("a stranger: got %v, want ErrForbidden", err)
	}
	handles, err := k.Handles(t.Context())
	if err != nil || !slices.Equal(handles, []string{"alentours", "martin", "relay", "saint_aubin"}) {
		t.Errorf("got handles %v, %v", handles, err)
	}
}

// What announces new keys is signed with the former ones and comes first: what waits from the shop for the same
// inboxes waits for it, and nothing else does. A profile that waits to leave with the former keys in it does not leave.
func TestNewKeysAreAnnouncedFirst(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.setUpWithKeys()
	m, other := f.merchantWithKeys("martin"), f.merchantWithKeys("autre")
	ana := peer("one.example", "ana")
	for _, a := range []*federation.Actor{ana, peer("two.example", "bob")} {
		f.follow(m.ID, a)
		f.follow(other.ID, a)
	}
	f.clearQueue()
	first := f.post(m, "Du pain")
	f.post(other, "Des fleurs")
	held := f.outgoing(m.ID, "Update", f.addresses.Actor(m.ID), town.Recipients{Followers: true})
	held.Leaves = time.Now().Add(time.Minute)
	f.must(f.AddOutgoing(f.ctx(), held))
	k := f.keyring(time.Now)
	if _, err := k.RotateKeys(t.Context(), operator, "martin", false); err != nil {
		t.Fatal(err)
	}
	edit := f.outgoing(m.ID, "Update", f.addresses.Post(first.ID), town.Recipients{Followers: true})
	f.must(f.AddOutgoing(f.ctx(), edit))
	f.post(m, "Du vin") // later, about something else

	var order []string
	for range 3 {
		list, err := f.ClaimDeliveries(f.ctx(), 100, 100, nil, time.Minute)
		f.must(err)
		var round []string
		var results []federation.DeliveryResult
		for _, d := range list {
			kind := "post"
			if strings.Contains(string(d.JSON), "publicKey") {
				kind = "announcement"
				doc, err := federation.ParseDocument(d.JSON)
				f.must(err)
				act, err := federation.DecodeActivity(doc)
				f.must(err)
				if got := keyIDs(act.Profile); got != "key-2 ed25519-key-2 main-key ed25519-key" {
					t.Errorf("announced keys: got %q", got)
				}
			}
			if d.Former != (kind == "announcement") {
				t.Errorf("%s: got former keys %v", d.JSON, d.Former)
			}
			if d.Sender == f.addresses.Actor(other.ID) {
				kind = "other's " + kind
			}
			round = append(round, kind+" "+d.Host)
			results = append(results, federation.DeliveryResult{ID: d.ID, Lease: d.Lease, Host: d.Host, Inbox: d.Inbox, Outcome: federation.Delivered, Scheme: federation.Cavage})
		}
		slices.Sort(round)
		order = append(order, strings.Join(round, ", "))
		f.must(f.FinishDeliveries(f.ctx(), results))
	}
	want := []string{
		"announcement one.example, announcement two.example, other's post one.example, other's post two.example",
		"post one.example, post one.example, post two.example, post two.example", "post one.example, post two.example",
	}
	if !slices.Equal(order, want) {
		t.Errorf("got %q, want %q", order, want)
	}
	if n := f.count(`SELECT count(*) FROM activities WHERE id = $1`, held.ID); n != 0 {
		t.Error("the profile with the former keys is still to leave")
	}
	if left := f.waiting(); len(left) > 0 {
		t.Errorf("got %v still waiting", left)
	}
}

// An older Update of the shop that has not arrived yet goes before the announcement, and nothing waits for itself.
func TestNewKeysWaitForAnEarlierUpdate(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.setUpWithKeys()
	m := f.merchantWithKeys("martin")
	f.follow(m.ID, peer("one.example", "ana"))
	f.clearQueue()
	f.must(f.AddOutgoing(f.ctx(), f.outgoing(m.ID, "Update", f.addresses.Actor(m.ID), town.Recipients{Followers: true})))
	k := f.keyring(time.Now)
	for range 2 {
		if _, err := k.RotateKeys(t.Context(), operator, "martin", false); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 3 {
		list, err := f.ClaimDeliveries(f.ctx(), 10, 10, nil, time.Minute)
		f.must(err)
		if len(list) != 1 || list[0].Former != (n > 0) {
			t.Fatalf("round %d: got %d deliveries, %+v, want the next in order", n, len(list), list)
		}
		f.must(f.FinishDeliveries(f.ctx(), []federation.DeliveryResult{{
			ID: list[0].ID, Lease: list[0].Lease, Host: list[0].Host, Inbox: list[0].Inbox, Outcome: federation.Delivered,
		}}))
	}
}

// Two who rotate at once do not both win: the numbers of keys are never used twice.
func TestKeysRotateAtOnce(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.setUpWithKeys()
	m := f.merchantWithKeys("martin")
	errs := make(chan error, 4)
	for range 4 {
		go func() {
			_, err := f.keyring(time.Now).RotateKeys(t.Context(), operator, "martin", false)
			errs <- err
		}()
	}
	rotated := 0
	for range 4 {
		if err := <-errs; err == nil {
			rotated++
		} else if !errors.Is(err, town.ErrTaken) {
			t.Errorf("got %v, want ErrTaken", err)
		}
	}
	if highest := f.count(`SELECT max(number) FROM actor_keys WHERE actor_id = $1`, m.ID); rotated == 0 || highest != 1+rotated {
		t.Errorf("got %d rotations and keys up to number %d", rotated, highest)
	}
	if n := f.count(`SELECT count(*) FROM actor_keys WHERE actor_id = $1 AND retires_at IS NULL`, m.ID); n != 2 {
		t.Errorf("got %d keys that sign, want two", n)
	}
}

// The actors of a town from before there were Ed25519 keys keep their key, and get the other one.
func TestOldActorsGetEd25519Keys(t *testing.T) {
	t.Parallel()
	databaseURL := emptyDatabase(t)
	conn, err := pgx.Connect(t.Context(), databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	apply := func(file string) {
		t.Helper()
		sql, err := migrations.FS.ReadFile(file)
		if err == nil {
			_, err = conn.Exec(t.Context(), string(sql))
		}
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
	apply("0001_town.sql")
	apply("0002_federation.sql")
	if _, err := conn.Exec(t.Context(), `
		INSERT INTO actors (id, kind, handle, private_key, public_key)
		SELECT gen_random_uuid(), 'merchant', 'm' || n, 'private ' || n, 'public ' || n FROM generate_series(1, 120) n`); err != nil {
		t.Fatal(err)
	}
	apply("0007_keys.sql")
	base := open(t) // for its addresses
	config, err := pgx.ParseConfig(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	store, err := postgres.Open(t.Context(), databaseURL, postgres.Options{Addresses: base.addresses, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatalf("open %s: %v", config.Database, err)
	}
	defer store.Close()
	f := &fixture{Store: store, t: t, addresses: base.addresses}
	if n := f.count(`SELECT count(*) FROM actor_keys WHERE number = 1 AND kind = 'rsa' AND retires_at IS NULL AND private_key LIKE 'private %'`); n != 120 {
		t.Errorf("got %d RSA keys kept, want 120", n)
	}
	for range 2 {
		f.must((&town.Keyring{Store: store, Now: time.Now}).Tend(t.Context()))
	}
	if n := f.count(`SELECT count(*) FROM actor_keys WHERE number = 1 AND kind = 'ed25519' AND private_key LIKE '-----BEGIN PRIVATE KEY%'`); n != 120 {
		t.Errorf("got %d Ed25519 keys, want 120", n)
	}
	if n := f.count(`SELECT count(*) FROM actor_keys`); n != 240 {
		t.Errorf("got %d keys, want 240", n)
	}
}

func (f *fixture) setUpWithKeys() {
	f.t.Helper()
	f.must(f.SetUpTown(f.ctx(), &town.Town{
		Name: "Saint-Aubin", ShortName: "Saint-Aubin", Handle: "saint_aubin", INSEE: "35253", Lat: 48.26, Lon: -1.4, TimeZone: "Europe/Paris",
	}, f.realActor("saint_aubin"), f.realActor("relay"), f.realActor("alentours")))
}

func (f *fixture) merchantWithKeys(handle string) *town.Merchant {
	f.t.Helper()
	m := &town.Merchant{Handle: handle, Name: "Boulangerie " + handle, Trade: "boulangerie", Paint: "brique", Created: time.Now()}
	f.must(f.AddMerchant(f.ctx(), m, f.realActor(handle)))
	stored, err := f.Merchant(f.ctx(), m.ID)
	f.must(err)
	return stored
}

// realActor has keys that can sign.
func (f *fixture) realActor(handle string) town.NewActor {
	f.t.Helper()
	a, err := town.MakeActor(handle)
	f.must(err)
	return a
}
