package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"bourg/federation"
	"bourg/internal/config"
	"bourg/internal/mail/mailtest"
	"bourg/internal/media"
	"bourg/internal/postgres/testdb"
	"bourg/internal/town"

	"github.com/google/uuid"
)

// newWorker returns a town that is set up, with what work.go needs of a server.
func newWorker(t *testing.T, environ ...string) *server {
	t.Helper()
	cfg, err := config.Load(append(environ, "BOURG_URL=https://saint-laurent.example", "BOURG_DATA="+t.TempDir(),
		"BOURG_DATABASE_URL="+testdb.URL(t), "BOURG_PEER_NETWORKS=127.0.0.0/8",
		"BOURG_TOWN_NAME=Saint-Laurent-sur-Cèze", "BOURG_TOWN_HANDLE=saintlaurent", "BOURG_TOWN_INSEE=30273",
		"BOURG_TOWN_LAT=44.17", "BOURG_TOWN_LON=4.49"))
	if err != nil {
		t.Fatal(err)
	}
	opened, err := openTown(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(opened.close)
	s := &server{town: opened, log: opened.log}
	s.refresh(&federation.Fetcher{
		Client: federation.NewClient(federation.ClientConfig{PeerNetworks: cfg.PeerNetworks}),
		Actors: opened.documents, Authority: federation.Authority{Host: "saint-laurent.example"}, Gate: opened.store,
	})
	return s
}

// start works on the queue until the test ends, and looks that it ends well.
func (s *server) start(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.work(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("work: %v", err)
		}
	})
}

// until waits until done says so.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: did not come within 30 seconds", what)
		}
	}
}

// jobState returns the states of all jobs of a kind, "state,state".
func (s *server) jobState(t *testing.T, kind string) (states string) {
	t.Helper()
	err := s.town.store.Pool().QueryRow(t.Context(), `
		SELECT coalesce(string_agg(state::text, ',' ORDER BY id), '') FROM river_job WHERE kind = $1`, kind).Scan(&states)
	if err != nil {
		t.Fatal(err)
	}
	return states
}

func (s *server) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := s.town.store.Pool().Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

// Somebody asks for a link; the mail server is busy, then takes the letter; the link lets
// her in. E1: one letter, and one to nobody else.
func TestSignInByMail(t *testing.T) {
	t.Parallel()
	post := mailtest.Serve(t, "smtp", map[string][]string{"RCPT": {"451 come back later"}})
	s := newWorker(t, "BOURG_SMTP_URL="+post.URL)
	ctx := t.Context()
	if _, err := s.town.accounts.AddTownHall(ctx, "mairie@saint-laurent.example"); err != nil {
		t.Fatal(err)
	}
	s.start(t)
	for _, email := range []string{"nobody@saint-laurent.example", "Mairie@saint-laurent.example"} {
		if err := s.town.accounts.MailLink(ctx, email); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "the first try", func() bool { return s.jobState(t, "mail") == "retryable" })
	s.exec(t, `UPDATE river_job SET scheduled_at = now() WHERE kind = 'mail'`)
	until(t, "the second try", func() bool { return s.jobState(t, "mail") == "completed" })

	taken := post.Taken()
	if len(taken) != 1 || taken[0].To != "TO:<mairie@saint-laurent.example>" {
		t.Fatalf("got %d letters %+v, want one to the town hall", len(taken), taken)
	}
	content := strings.ReplaceAll(taken[0].Content, "=\n", "") // quoted-printable
	token := regexp.MustCompile(`https://saint-laurent\.example/connexion/([A-Za-z0-9_-]{43})`).FindStringSubmatch(content)
	if token == nil {
		t.Fatalf("got no link in\n%s", content)
	}
	login, err := s.town.accounts.SignInByLink(ctx, token[1])
	if err != nil || login.Email != "mairie@saint-laurent.example" {
		t.Errorf("got %+v, %v, want the town hall signed in", login, err)
	}
}

// E1: nobody takes letters to an address that does not exist a second time.
func TestMailToNobody(t *testing.T) {
	t.Parallel()
	post := mailtest.Serve(t, "smtp", map[string][]string{"RCPT": {"550 5.1.1 no such user here"}})
	s := newWorker(t, "BOURG_SMTP_URL="+post.URL)
	if err := s.town.store.SendMail(t.Context(), "gone@merchants.example", "sign_in", map[string]string{"link": "https://x.example"}); err != nil {
		t.Fatal(err)
	}
	s.start(t)
	until(t, "the end of the job", func() bool { return s.jobState(t, "mail") == "cancelled" })
	if got := len(post.Taken()); got != 0 {
		t.Errorf("got %d letters, want none", got)
	}
}

// A mail that was asked for before the mail server was taken out of the configuration waits.
func TestMailWithoutServer(t *testing.T) {
	t.Parallel()
	s := newWorker(t)
	if err := s.town.store.SendMail(t.Context(), "a@merchants.example", "sign_in", map[string]string{"link": "https://x.example"}); err != nil {
		t.Fatal(err)
	}
	s.start(t)
	until(t, "the first try", func() bool { return s.jobState(t, "mail") == "retryable" })
}

func TestRefreshActor(t *testing.T) {
	t.Parallel()
	s := newWorker(t)
	status := make(chan int, 10)
	var peer *httptest.Server
	peer = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case code := <-status:
			w.WriteHeader(code)
			return
		default:
		}
		w.Header().Set("Content-Type", "application/activity+json")
		id := peer.URL + r.URL.Path
		fmt.Fprintf(w, `{"@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
			"id": %[1]q, "type": "Person", "preferredUsername": "anne", "name": "Anne, renamed", "inbox": "%[1]s/inbox"}`, id)
	}))
	t.Cleanup(peer.Close)
	refresh := s.refresh(s.fetcher)
	// Asking gives up quickly where the machine has no time, so it is repeated until there is the n-th row.
	ask := func(actor federation.IRI, n int) {
		until(t, "the row", func() bool {
			if there := s.jobState(t, "refresh_actor"); there == "" || strings.Count(there, ",")+1 < n {
				refresh(actor)
				return false
			}
			return true
		})
	}

	status <- http.StatusServiceUnavailable
	ask(federation.IRI(peer.URL+"/users/anne"), 1)
	s.start(t)
	until(t, "the first try", func() bool { return s.jobState(t, "refresh_actor") == "retryable" })
	s.exec(t, `UPDATE river_job SET scheduled_at = now() WHERE kind = 'refresh_actor'`)
	until(t, "the second try", func() bool { return s.jobState(t, "refresh_actor") == "completed" })
	actor, _, err := s.town.store.CachedActor(t.Context(), federation.IRI(peer.URL+"/users/anne"))
	if err != nil || actor.Name != "Anne, renamed" {
		t.Errorf("got %+v, %v, want the actor as its server shows it now", actor, err)
	}

	// What will not change is asked for once: an actor that is gone, and one of our own.
	status <- http.StatusGone
	ask(federation.IRI(peer.URL+"/users/bea"), 2)
	ask("https://saint-laurent.example/actors/x", 3)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("jobs: %s", s.jobState(t, "refresh_actor"))
		}
	})
	until(t, "the ends", func() bool { return s.jobState(t, "refresh_actor") == "completed,cancelled,cancelled" })
}

// photo keeps a photo that was uploaded so long ago.
func (s *server) photo(t *testing.T, age time.Duration) media.Photo {
	t.Helper()
	picture := image.NewGray(image.Rect(0, 0, 8, 8))
	picture.SetGray(1, 1, color.Gray{200})
	var upload bytes.Buffer
	if err := jpeg.Encode(&upload, picture, nil); err != nil {
		t.Fatal(err)
	}
	p, err := s.town.media.Add(t.Context(), &upload)
	if err != nil {
		t.Fatal(err)
	}
	written := time.Now().Add(-age)
	for _, v := range p.Variants {
		if err := os.Chtimes(s.file(v), written, written); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func (s *server) file(v media.Variant) string {
	return filepath.Join(s.town.config.Data, "media", filepath.FromSlash(v.File))
}

// there tells whether all of a photo's files are there, or fails where only some are.
func (s *server) there(t *testing.T, p media.Photo) bool {
	t.Helper()
	left := 0
	for _, v := range p.Variants {
		if _, err := os.Stat(s.file(v)); err == nil {
			left++
		} else if !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	if left != 0 && left != len(p.Variants) {
		t.Errorf("got %d of %d files of a photo, want all or none", left, len(p.Variants))
	}
	return left > 0
}

// merchant adds a shop, so that photos have an owner.
func (s *server) merchant(t *testing.T) uuid.UUID {
	t.Helper()
	m, _, err := s.town.directory.AddMerchant(t.Context(), operator, town.NewMerchant{Handle: "fournil", Name: "Le Fournil", Trade: "boulangerie"})
	if err != nil {
		t.Fatal(err)
	}
	return m.ID
}

// known writes the row of a photo.
func (s *server) known(t *testing.T, merchant uuid.UUID, p media.Photo) {
	t.Helper()
	row := town.Photo{ID: uuid.New(), Name: p.Name, Width: p.Width, Height: p.Height}
	for _, v := range p.Variants {
		row.Variants = append(row.Variants, town.Variant{File: v.File, Width: v.Width, Height: v.Height, MediaType: v.MediaType})
	}
	if err := s.town.store.AddPhoto(t.Context(), merchant, &row); err != nil {
		t.Fatal(err)
	}
}

func TestSweepTakesFilesOfLoosePhotos(t *testing.T) {
	t.Parallel()
	s := newWorker(t)
	shop := s.merchant(t)
	loose, fresh := s.photo(t, 0), s.photo(t, 0)
	s.known(t, shop, loose)
	s.exec(t, `UPDATE photos SET created_at = now() - interval '3 days'`)
	s.known(t, shop, fresh)
	if err := s.sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.there(t, loose) || !s.there(t, fresh) {
		t.Errorf("after the sweep: got loose %t, fresh %t, want only the fresh one", s.there(t, loose), s.there(t, fresh))
	}
}

func TestOrphans(t *testing.T) {
	t.Parallel()
	s := newWorker(t)
	old := 3 * 24 * time.Hour
	shown, orphan, young := s.photo(t, old), s.photo(t, old), s.photo(t, time.Hour)
	s.known(t, s.merchant(t), shown)
	if err := s.removeOrphans(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !s.there(t, shown) || s.there(t, orphan) || !s.there(t, young) {
		t.Errorf("got shown %t, orphan %t, young %t, want all but the orphan", s.there(t, shown), s.there(t, orphan), s.there(t, young))
	}
}

// An operator who names another database by mistake keeps the photos.
func TestOrphansOfAWrongDatabase(t *testing.T) {
	t.Parallel()
	s := newWorker(t)
	var photos []media.Photo
	for range orphanDoubt + 1 {
		photos = append(photos, s.photo(t, 3*24*time.Hour))
	}
	if err := s.removeOrphans(t.Context()); err == nil || !strings.Contains(err.Error(), "none of them was removed") {
		t.Errorf("got %v, want an error that says so", err)
	}
	for _, p := range photos {
		if !s.there(t, p) {
			t.Error("got a photo removed, want all of them kept")
		}
	}
}
