package postgres_test

import (
	"testing"
	"time"

	"bourg/federation"
	"bourg/internal/town"

	"github.com/google/uuid"
)

// TestNewsOfAClockThatIsAhead: news that came before its time was published when it came. The next day's comparison finds the
// time that its own town lists, and then there is nothing more to fetch.
func TestNewsOfAClockThatIsAhead(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.neighbour("vernede.example", town.ModeOpen)
	relay, now := peer("vernede.example", "relay"), time.Now().UTC().Truncate(time.Microsecond)
	cut, old := f.foreign("vernede.example", "martin", "modele"), f.foreign("vernede.example", "martin", "modele")
	cut.ObjectID, cut.Published, cut.Received = "https://vernede.example/posts/cut", now, now
	old.ObjectID, old.Published, old.Received = "https://vernede.example/posts/old", now.Add(-time.Minute), now
	want := map[federation.IRI]time.Time{cut.ObjectID: now.Add(10 * time.Minute), old.ObjectID: now.Add(-time.Minute)}
	for _, p := range []*town.ForeignPost{cut, old} {
		p.ID = uuid.New()
		f.must(f.SaveForeignPost(f.ctx(), f.received(relay), p))
		p.Published, p.Received = now.Add(10*time.Minute), now.Add(24*time.Hour)
		f.must(f.KeepForeignPost(f.ctx(), p))
	}
	known, err := f.ForeignPosts(f.ctx(), "vernede.example")
	f.must(err)
	for _, line := range known {
		if at, ours := want[line.ID]; ours && !line.Changed.Equal(at) {
			t.Errorf("%s: got %v, want %v", line.ID, line.Changed, at)
		}
		delete(want, line.ID)
	}
	if len(want) != 0 {
		t.Errorf("not known: %v", want)
	}
}
