package postgres_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bourg/internal/jobs"
	"bourg/internal/town"

	"github.com/google/uuid"
)

func TestLogins(t *testing.T) {
	t.Parallel()
	f := open(t)
	m, other := f.merchant("martin"), f.merchant("durand")
	l := &town.Login{Email: "Anne@Example.org", Name: "Anne"}
	f.must(f.AddLogin(f.ctx(), l, m.ID))
	got, err := f.LoginByEmail(f.ctx(), "ANNE@example.ORG")
	f.must(err)
	if got.ID != l.ID || got.Email != "anne@example.org" || got.Epoch != 1 || len(got.Merchants) != 1 || got.Merchants[0].ID != m.ID {
		t.Errorf("got %+v, want %+v with its merchant", got, l)
	}
	if err := f.AddLogin(f.ctx(), &town.Login{Email: "anne@EXAMPLE.org"}, uuid.Nil); !errors.Is(err, town.ErrTaken) {
		t.Errorf("same address: got %v, want ErrTaken", err)
	}
	// Two people without an address are two logins.
	f.must(f.AddLogin(f.ctx(), &town.Login{Name: "Paul"}, m.ID))
	f.must(f.AddLogin(f.ctx(), &town.Login{Name: "Jean"}, m.ID))
	if members, err := f.MembersOf(f.ctx(), m.ID); len(members) != 3 || err != nil {
		t.Errorf("members: got %d, error %v, want 3", len(members), err)
	}

	speaks := func(merchant uuid.UUID, want bool) {
		t.Helper()
		if may, err := f.MaySpeak(f.ctx(), l.ID, merchant); may != want || err != nil {
			t.Errorf("may speak: got %v, error %v, want %v", may, err, want)
		}
	}
	speaks(m.ID, true)
	speaks(other.ID, false)
	f.must(f.AddMember(f.ctx(), l.ID, other.ID))
	f.must(f.AddMember(f.ctx(), l.ID, other.ID)) // twice is once
	speaks(other.ID, true)
	f.exec(`UPDATE actors SET deleted_at = now() WHERE id = $1`, other.ID)
	speaks(other.ID, false)

	epoch, err := f.SetPassword(f.ctx(), l.ID, "$argon2id$")
	if epoch != 2 || err != nil {
		t.Errorf("new password: got epoch %d, error %v, want 2", epoch, err)
	}
	if epoch, err = f.EndSessions(f.ctx(), l.ID); epoch != 3 || err != nil {
		t.Errorf("end sessions: got epoch %d, error %v, want 3", epoch, err)
	}
	f.must(f.MakeTownHall(f.ctx(), l.ID))
	if got, err = f.Login(f.ctx(), l.ID); err != nil || got.Password != "$argon2id$" || !got.TownHall || got.Epoch != 3 {
		t.Errorf("got %+v, error %v", got, err)
	}
	_, err = f.SetPassword(f.ctx(), l.ID, "")
	f.must(err)
	if got, err = f.Login(f.ctx(), l.ID); err != nil || got.Password != "" {
		t.Errorf("password removed: got %+v, error %v", got, err)
	}
	f.exec(`UPDATE logins SET disabled_at = now() WHERE id = $1`, l.ID)
	if _, err := f.Login(f.ctx(), l.ID); !errors.Is(err, town.ErrNotFound) {
		t.Errorf("disabled: got %v, want ErrNotFound", err)
	}
	speaks(m.ID, false)
	for what, act := range map[string]func() error{
		"password":  func() error { _, err := f.SetPassword(f.ctx(), uuid.New(), "x"); return err },
		"sessions":  func() error { _, err := f.EndSessions(f.ctx(), uuid.New()); return err },
		"town hall": func() error { return f.MakeTownHall(f.ctx(), uuid.New()) },
	} {
		if err := act(); !errors.Is(err, town.ErrNotFound) {
			t.Errorf("%s of an unknown login: got %v, want ErrNotFound", what, err)
		}
	}
}

func TestSignInLinks(t *testing.T) {
	t.Parallel()
	f := open(t)
	l := &town.Login{Name: "Anne"}
	f.must(f.AddLogin(f.ctx(), l, uuid.Nil))
	now := time.Now()
	hash := func(s string) []byte { h := sha256.Sum256([]byte(s)); return h[:] }
	f.must(f.AddSignInLink(f.ctx(), hash("a"), "sign_in", l.ID, now.Add(time.Hour)))
	f.must(f.AddSignInLink(f.ctx(), hash("old"), "sign_in", l.ID, now.Add(-time.Second)))
	f.must(f.AddSignInLink(f.ctx(), hash("first"), "set_up", uuid.Nil, now.Add(time.Hour)))
	for _, c := range []struct {
		token, purpose string
		login          uuid.UUID
		err            error
	}{
		{"a", "sign_in", l.ID, nil}, {"a", "set_up", uuid.Nil, town.ErrWrongLink}, {"old", "sign_in", uuid.Nil, town.ErrWrongLink},
		{"first", "set_up", uuid.Nil, nil}, {"unknown", "sign_in", uuid.Nil, town.ErrWrongLink},
	} {
		for range 2 { // looking does not use it up
			if got, err := f.SignInLink(f.ctx(), hash(c.token), c.purpose, now); got != c.login || !errors.Is(err, c.err) {
				t.Errorf("looking at %q as %s: got %v, %v, want %v, %v", c.token, c.purpose, got, err, c.login, c.err)
			}
		}
		if got, err := f.UseSignInLink(f.ctx(), hash(c.token), c.purpose, now); got != c.login || !errors.Is(err, c.err) {
			t.Errorf("using %q as %s: got %v, %v, want %v, %v", c.token, c.purpose, got, err, c.login, c.err)
		}
		if _, err := f.UseSignInLink(f.ctx(), hash(c.token), c.purpose, now); !errors.Is(err, town.ErrWrongLink) {
			t.Errorf("using %q again: got %v, want ErrWrongLink", c.token, err)
		}
	}

	t.Run("A17", func(t *testing.T) { // many at once: one succeeds
		f.must(f.AddSignInLink(f.ctx(), hash("race"), "sign_in", l.ID, now.Add(time.Hour)))
		var good atomic.Int32
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				if _, err := f.UseSignInLink(f.ctx(), hash("race"), "sign_in", now); err == nil {
					good.Add(1)
				} else if !errors.Is(err, town.ErrWrongLink) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got := good.Load(); got != 1 {
			t.Errorf("got %d successes, want exactly 1", got)
		}
	})
}

func TestSessions(t *testing.T) {
	t.Parallel()
	f := open(t)
	s := f.Sessions()
	if _, found, err := s.FindCtx(f.ctx(), "unknown"); found || err != nil {
		t.Errorf("unknown: got %v, error %v", found, err)
	}
	f.must(s.CommitCtx(f.ctx(), "token", []byte("one"), time.Now().Add(time.Hour)))
	f.must(s.CommitCtx(f.ctx(), "token", []byte("two"), time.Now().Add(time.Hour)))
	if data, found, err := s.FindCtx(f.ctx(), "token"); !found || err != nil || string(data) != "two" {
		t.Errorf("got %q, %v, error %v, want \"two\"", data, found, err)
	}
	if data, found, err := s.Find("token"); !found || err != nil || string(data) != "two" {
		t.Errorf("without a context: got %q, %v, error %v, want \"two\"", data, found, err)
	}
	if n := f.count(`SELECT count(*) FROM sessions WHERE token_hash = $1`, []byte("token")); n != 0 {
		t.Error("the token itself stands in the table")
	}
	f.must(s.Commit("old", []byte("x"), time.Now().Add(-time.Second)))
	if _, found, err := s.FindCtx(f.ctx(), "old"); found || err != nil {
		t.Errorf("expired: got %v, error %v", found, err)
	}
	f.must(s.DeleteCtx(f.ctx(), "token"))
	f.must(s.Delete("token")) // twice is once
	if _, found, _ := s.FindCtx(f.ctx(), "token"); found {
		t.Error("found a session that was ended")
	}
}

func TestSendMail(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.must(f.SendMail(f.ctx(), "anne@example.org", "sign_in", map[string]string{"link": "https://bourg.test/x"}))
	var encoded []byte
	f.must(f.Pool().QueryRow(f.ctx(), `SELECT args FROM river_job WHERE kind = 'mail' AND state = 'available'`).Scan(&encoded))
	var got jobs.Mail
	f.must(json.Unmarshal(encoded, &got))
	if got.To != "anne@example.org" || got.Template != "sign_in" || got.Data["link"] != "https://bourg.test/x" {
		t.Errorf("got %+v", got)
	}
}

func TestTown(t *testing.T) {
	t.Parallel()
	f := open(t)
	if _, err := f.Town(f.ctx()); !errors.Is(err, town.ErrNotSetUp) {
		t.Errorf("before: got %v, want ErrNotSetUp", err)
	}
	if _, err := f.RelayActor(f.ctx()); !errors.Is(err, town.ErrNotSetUp) {
		t.Errorf("relay before: got %v, want ErrNotSetUp", err)
	}
	if err := f.EditTown(f.ctx(), &town.Town{Name: "x", ShortName: "x", INSEE: "35253"}); !errors.Is(err, town.ErrNotSetUp) {
		t.Errorf("edit before: got %v, want ErrNotSetUp", err)
	}
	f.setUp()
	err := f.SetUpTown(f.ctx(), &town.Town{Name: "x", ShortName: "x", INSEE: "35253"}, f.newActor("x"), f.newActor("y"), f.newActor("z"))
	if !errors.Is(err, town.ErrTaken) {
		t.Errorf("twice: got %v, want ErrTaken", err)
	}
	got, err := f.Town(f.ctx())
	f.must(err)
	got.Name, got.Legal.Director, got.Accessibility.State, got.ApproveReplies = "Saint-Aubin-du-Cormier", "Mme la maire", "partial", true
	f.must(f.EditTown(f.ctx(), got))
	again, err := f.Town(f.ctx())
	f.must(err)
	if *again != *got || again.Handle != "saint_aubin" {
		t.Errorf("got %+v, want %+v", again, got)
	}
	relay, err := f.RelayActor(f.ctx())
	f.must(err)
	byID, err := f.ActorByID(f.ctx(), relay.ID)
	f.must(err)
	byHandle, err := f.ActorByHandle(f.ctx(), "relay")
	f.must(err)
	if !reflect.DeepEqual(byID, relay) || !reflect.DeepEqual(byHandle, relay) || len(relay.Keys) != 2 || relay.Keys[0].PublicPEM != "public relay" || relay.Kind != "relay" {
		t.Errorf("relay: got %+v, %+v, %+v", relay, byID, byHandle)
	}
}

func TestMerchants(t *testing.T) {
	t.Parallel()
	f := open(t)
	lat, lon, yes := 48.26, -1.4, true
	m := &town.Merchant{
		Handle: "epicerie", Name: "Épicerie du Port", Trade: "epicerie", Paint: "sapin", Summary: "Ouvert", Phone: "02 99 00 00 00", Address: "1 rue du Port",
		Hours: "9 h – 19 h", Website: "https://epicerie.example", Lat: &lat, Lon: &lon, Reach: town.ReachRegion, Approve: &yes,
		Cover: &town.Photo{Name: "c", Alt: "La devanture", Variants: []town.Variant{{File: "c-640.jpg", Width: 640, MediaType: "image/jpeg"}}},
	}
	f.must(f.AddMerchant(f.ctx(), m, f.newActor("epicerie")))
	got, err := f.MerchantByHandle(f.ctx(), "epicerie")
	f.must(err)
	if got.ID != m.ID || got.Name != m.Name || got.Hours != m.Hours || *got.Lat != lat || *got.Approve != yes || got.Reach != m.Reach || len(got.Keys) != 2 || got.Keys[0].PublicPEM != "public epicerie" {
		t.Errorf("got %+v, want %+v", got, m)
	}
	if got.Cover == nil || got.Cover.Alt != "La devanture" || got.Cover.Variants[0].File != "c-640.jpg" {
		t.Errorf("cover: got %+v, want %+v", got.Cover, m.Cover)
	}
	if err := f.AddMerchant(f.ctx(), &town.Merchant{Name: "x", Trade: "x", Paint: "x"}, f.newActor("epicerie")); !errors.Is(err, town.ErrTaken) {
		t.Errorf("same handle: got %v, want ErrTaken", err)
	}
	if taken, err := f.HandleTaken(f.ctx(), "epicerie"); !taken || err != nil {
		t.Errorf("handle taken: got %v, error %v, want true", taken, err)
	}
	if taken, err := f.HandleTaken(f.ctx(), "free"); taken || err != nil {
		t.Errorf("free handle taken: got %v, error %v, want false", taken, err)
	}

	// Another cover lets the first go; the uploads of a post cannot become one.
	photo := f.photo(m.ID, "new")
	got.Cover, got.Name = &photo, "À l'Épicerie"
	f.follow(m.ID, peer("away.example", "ana"))
	f.clearQueue()
	f.must(f.EditMerchant(f.ctx(), got, f.outgoing(m.ID, "Update", f.addresses.Actor(m.ID), town.Recipients{Followers: true})))
	if w := f.waiting(); len(w) != 1 || w[0] != "Update https://away.example/inbox" {
		t.Errorf("deliveries: got %v, want the Update", w)
	}
	edited, err := f.Merchant(f.ctx(), m.ID)
	f.must(err)
	if edited.Cover == nil || edited.Cover.ID != photo.ID || edited.Name != "À l'Épicerie" || edited.Followers != 1 {
		t.Errorf("got %+v, want the new name and cover and one follower", edited)
	}
	if n := f.count(`SELECT count(*) FROM photos WHERE NOT cover AND post_id IS NULL`); n != 1 {
		t.Errorf("loose photos: got %d, want the former cover", n)
	}

	f.merchant("zoe")
	f.merchant("abel")
	all, err := f.Merchants(f.ctx(), "")
	f.must(err)
	var names []string
	for _, m := range all {
		names = append(names, m.Handle)
	}
	if len(names) != 3 || names[0] != "epicerie" || names[1] != "abel" || names[2] != "zoe" { // À before B
		t.Errorf("by name: got %v", names)
	}
	if list, err := f.Merchants(f.ctx(), "boulangerie"); len(list) != 2 || err != nil {
		t.Errorf("bakers: got %d, error %v, want 2", len(list), err)
	}
	counts, err := f.TradeCounts(f.ctx())
	if err != nil || len(counts) != 2 || counts["boulangerie"] != 2 || counts["epicerie"] != 1 {
		t.Errorf("trades: got %v, error %v", counts, err)
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	ana := peer("away.example", "ana")
	f.follow(m.ID, ana)
	p := f.post(m, "Du pain")
	kept, loose := f.photo(m.ID, "kept"), f.photo(m.ID, "loose")
	_, err := f.SaveDraft(f.ctx(), m.ID, &town.Draft{Kind: town.News, Photos: []town.Photo{kept}})
	f.must(err)
	f.must(f.DeleteObject(f.ctx(), f.received(ana), "https://away.example/x"))
	f.must(f.RemoveFollower(f.ctx(), f.received(ana), m.ID))
	l := &town.Login{Name: "Anne"}
	f.must(f.AddLogin(f.ctx(), l, uuid.Nil))
	f.must(f.AddSignInLink(f.ctx(), bytes.Repeat([]byte{1}, 32), "sign_in", l.ID, time.Now().Add(time.Hour)))
	f.must(f.Sessions().CommitCtx(f.ctx(), "token", []byte("x"), time.Now().Add(time.Hour)))
	f.exec(`UPDATE deliveries SET state = 'parked' WHERE activity_id <> $1`, p.ID)
	f.exec(`INSERT INTO hosts (host, last_failure) VALUES ('away.example', now()), ('forgotten.example', now())`)

	// The town a moment later loses nothing, then one thing after the other.
	tables := []string{"received", "remote_tombstones", "sign_in_links", "sessions", "drafts", "followers", "deliveries", "hosts", "photos"}
	count := func() map[string]int {
		n := map[string]int{}
		for _, table := range tables {
			n[table] = f.count(`SELECT count(*) FROM ` + table)
		}
		return n
	}
	before := count()
	files, err := f.Sweep(f.ctx(), time.Now())
	f.must(err)
	if after := count(); len(files) != 0 {
		t.Errorf("now: removed files %v and left %v of %v, want all left", files, after, before)
	}
	day := 24 * time.Hour
	for _, step := range []struct {
		after time.Duration
		lost  []string // tables that have lost rows by then
	}{
		{0, nil},
		{2 * time.Hour, []string{"sign_in_links", "sessions"}},
		{25 * time.Hour, []string{"sign_in_links", "sessions", "photos"}},
		{31 * day, []string{"sign_in_links", "sessions", "photos", "deliveries"}},
		{61 * day, []string{"sign_in_links", "sessions", "photos", "deliveries", "drafts"}},
		{91 * day, []string{"sign_in_links", "sessions", "photos", "deliveries", "drafts", "received", "followers", "hosts"}},
		{181 * day, []string{"sign_in_links", "sessions", "photos", "deliveries", "drafts", "received", "followers", "hosts", "remote_tombstones"}},
	} {
		more, err := f.Sweep(f.ctx(), time.Now().Add(step.after))
		f.must(err)
		files = append(files, more...)
		lost := map[string]bool{}
		for _, table := range step.lost {
			lost[table] = true
		}
		for table, n := range count() {
			if (n < before[table]) != lost[table] {
				t.Errorf("after %v: %s has %d rows of %d, want lost = %v", step.after, table, n, before[table], lost[table])
			}
		}
		if step.after == 25*time.Hour && (len(files) != 1 || files[0] != loose.Variants[0].File) {
			t.Errorf("files: got %v, want those of the loose photo", files)
		}
	}
}
