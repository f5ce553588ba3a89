package main

import (
	"sync"
	"testing"
	"time"

	"bourg/internal/town"

	"github.com/google/uuid"
)

// publish publishes as if it were days ago.
func (s *server) publish(t *testing.T, merchant uuid.UUID, days int, d town.Draft) *town.Post {
	t.Helper()
	then := *s.town.publisher
	then.Now = func() time.Time { return time.Now().AddDate(0, 0, -days) }
	post, err := then.Publish(t.Context(), operator, merchant, d, false)
	if err != nil {
		t.Fatal(err)
	}
	return post
}

// activities counts what was sent about a post, by type.
func (s *server) activities(t *testing.T, kind string, post *town.Post) (n int) {
	t.Helper()
	err := s.town.store.Pool().QueryRow(t.Context(), `SELECT count(*) FROM activities WHERE type = $1 AND object_id = $2 AND actor_id = $3`,
		kind, string(s.town.addresses.Post(post.ID)), post.Merchant.ID).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Several processes tend to one town at once, and people press the same buttons twice: each thing is done once.
func TestTendingAtOnceDoesEachThingOnce(t *testing.T) {
	t.Parallel()
	s := newWorker(t)
	shop := s.merchant(t)
	noon := town.FirstMoment(time.Now().UTC()).Add(12 * time.Hour)
	s.exec(t, `UPDATE town SET time_zone = 'UTC'`)
	ended := s.publish(t, shop, 9, town.Draft{Kind: town.Offer, Text: "Tant qu'il y en a.", Details: town.Details{Title: "Galette", Ends: noon.AddDate(0, 0, -1)}})
	open := s.publish(t, shop, 9, town.Draft{Kind: town.Offer, Text: "Encore.", Details: town.Details{Title: "Fougasse", Ends: noon.AddDate(0, 0, 1)}})
	tomorrow := s.publish(t, shop, 9, town.Draft{Kind: town.Event, Details: town.Details{Title: "Veillée", Starts: noon.AddDate(0, 0, 1)}})
	off := s.publish(t, shop, 9, town.Draft{Kind: town.Event, Details: town.Details{Title: "Bal", Starts: noon.AddDate(0, 0, 1).Add(time.Hour)}})
	later := s.publish(t, shop, 9, town.Draft{Kind: town.Event, Details: town.Details{Title: "Fête", Starts: noon.AddDate(0, 0, 2)}})
	product := s.publish(t, shop, 9, town.Draft{Kind: town.Product, Details: town.Details{Title: "Tourte"}})
	tending := *s.town.publisher
	tending.Now = func() time.Time { return noon }

	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if _, err := s.town.publisher.CancelEvent(t.Context(), operator, off.ID); err != nil {
				t.Errorf("cancel: %v", err)
			}
			if _, err := s.town.publisher.Highlight(t.Context(), operator, product.ID); err != nil && err.Error() != "invalid product: product.often" {
				t.Errorf("put forward: %v", err)
			}
			for range 2 {
				if err := tending.Tend(t.Context()); err != nil {
					t.Errorf("tend: %v", err)
				}
			}
		})
	}
	all.Wait()
	for _, tt := range []struct {
		kind string
		post *town.Post
		want int
	}{
		{"Update", ended, 1}, {"Update", open, 0}, {"Update", off, 1}, {"Announce", tomorrow, 1}, {"Announce", off, 0}, {"Announce", later, 0},
		{"Create", product, 1}, {"Announce", product, 0}, {"Add", open, 1}, {"Add", tomorrow, 1}, {"Add", off, 0}, {"Add", ended, 0},
	} {
		if got := s.activities(t, tt.kind, tt.post); got != tt.want {
			t.Errorf("%s of %s: got %d, want %d", tt.kind, tt.post.Title, got, tt.want)
		}
	}
	feed, _, err := s.town.timeline.Feed(t.Context(), town.Cursor{})
	if err != nil {
		t.Fatal(err)
	}
	said := 0
	for _, p := range feed {
		if p.InReplyTo == s.town.addresses.Post(off.ID) {
			said++
		}
	}
	if said != 1 || len(feed) != 7 {
		t.Errorf("got %d posts, %d of which tell of the event that is called off, want 7 and 1", len(feed), said)
	}
}
