package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"bourg/federation"
	"bourg/internal/town"
)

// TestNewsOutOfReachLeavesNoTombstone: what an Update takes away is gone, comes back with the next one, and an older Update
// takes nothing away.
func TestNewsOutOfReachLeavesNoTombstone(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.neighbour("vernede.example", town.ModeOpen)
	post := f.foreign("vernede.example", "martin", "seigle")
	relay := peer("vernede.example", "relay")
	at := post.Published.Truncate(time.Second).Add(time.Second)
	post.Updated = at.Add(time.Hour)
	f.must(f.SaveForeignPost(f.ctx(), f.received(relay), post))
	object := func(by federation.IRI, updated time.Duration) *federation.Object {
		return &federation.Object{ID: post.ObjectID, AttributedTo: by, Published: at, Updated: at.Add(updated)}
	}
	known := func() int { return f.count(`SELECT count(*) FROM foreign_posts`) }
	for _, c := range []struct {
		name   string
		domain string
		o      *federation.Object
		want   int
	}{
		{"an older Update", "vernede.example", object(post.Actor.ID, time.Minute), 1},
		{"another shop's Update", "vernede.example", object("https://vernede.example/actors/2", 2*time.Hour), 1},
		{"another town's Update", "uzes.example", object(post.Actor.ID, 2*time.Hour), 1},
		{"its own newer Update", "vernede.example", object(post.Actor.ID, 2*time.Hour), 0},
	} {
		f.must(f.LoseForeignPost(f.ctx(), f.received(relay), c.domain, c.o))
		if got := known(); got != c.want {
			t.Errorf("%s: got %d posts, want %d", c.name, got, c.want)
		}
	}
	post.Updated = at.Add(3 * time.Hour)
	f.must(f.SaveForeignPost(f.ctx(), f.received(relay), post))
	if got := known(); got != 1 {
		t.Errorf("widened again: got %d posts, want it back", got)
	}
}

// TestANeighbourWithManyNewShops: twenty of them are fetched in a minute, the others in their turn, each once; another town's at once.
func TestANeighbourWithManyNewShops(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.neighbour("vernede.example", town.ModeOpen)
	f.neighbour("uzes.example", town.ModeOpen)
	relay := peer("vernede.example", "relay")
	news := func(domain string, shop int) {
		f.must(f.SaveForeignPost(f.ctx(), f.received(relay), &town.ForeignPost{
			ID: newID(t), ObjectID: federation.IRI("https://" + domain + "/posts/" + newID(t).String()), Domain: domain, Kind: town.News, Content: "<p>x</p>",
			Actor: town.RemoteActor{ID: federation.IRI(fmt.Sprintf("https://%s/actors/%d", domain, shop))}, URL: "https://vernede.example/", Published: time.Now(), Received: time.Now(),
		}))
	}
	for shop := range 50 {
		news("vernede.example", shop)
		news("vernede.example", shop)
	}
	news("uzes.example", 1)
	due := func(domain string, within int) int {
		return f.count(`SELECT count(*) FROM river_job WHERE kind = 'refresh_actor' AND args->>'id' LIKE 'https://' || $1 || '/%' AND scheduled_at < now() + make_interval(secs => $2)`, domain, within)
	}
	for within, want := range map[int]int{5: 20, 65: 40, 125: 50} {
		if got := due("vernede.example", within); got != want {
			t.Errorf("within %d s: got %d shops fetched, want %d", within, got, want)
		}
	}
	if got := due("uzes.example", 5); got != 1 {
		t.Errorf("another town: got %d shops fetched at once, want 1", got)
	}
}

func TestRadiusIsThatOfTheFarthestShop(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.setUp()
	if got, err := f.RadiusKm(f.ctx()); err != nil || got != 0 {
		t.Errorf("without shops: got %v and error %v, want 0", got, err)
	}
	m := f.merchant("fournil")
	f.exec(`UPDATE merchants SET lat = (SELECT lat FROM town) + 0.1, lon = (SELECT lon FROM town) WHERE id = $1`, m.ID)
	if got, err := f.RadiusKm(f.ctx()); err != nil || got < 11 || got > 11.3 {
		t.Errorf("got %v and error %v, want 11.1", got, err)
	}
}
