package main_test

import (
	"fmt"
	"testing"
)

// Three towns are neighbours in a ring, each pair in both directions. What one says reaches each other one once, straight from
// where it was said, and comes back to nobody: the numbers of activities, of addressees and of what was received are exactly
// those of the rules.
func TestNothingEchoesInARing(t *testing.T) {
	t.Parallel()
	ring := []*town{startTown(t), startTown(t, vernede...), startTown(t, orgnac...)}
	for i, tw := range ring {
		befriend(tw, ring[(i+1)%3])
		tw.addMerchant("fournil", "Le Fournil", "boulangerie")
	}
	settled := func() {
		for _, tw := range ring {
			tw.settled()
		}
	}
	const relayed = `SELECT %s FROM activities v JOIN actors a ON a.id = v.actor_id WHERE v.type = 'Announce' AND a.kind = 'relay'`
	settled()
	before := map[*town]int{}
	for _, tw := range ring {
		before[tw] = tw.counts(`SELECT count(*) FROM received`)
		if n := tw.counts(fmt.Sprintf(relayed, "count(*)")); n != 0 {
			t.Errorf("%s announced %d things before anything was said", tw.host, n)
		}
	}
	words := []string{"Pain du nord.", "Pain du milieu.", "Pain du sud."}
	var posts []posted
	for i, tw := range ring {
		posts = append(posts, tw.publish("fournil", words[i]))
	}
	for i, tw := range ring {
		eventually(t, "the news of the others, once", func() error { return tw.showsOnce("/voisins", words[(i+1)%3], words[(i+2)%3]) })
		tw.never("/voisins", words[i])
	}
	for i, tw := range ring {
		tw.run("edit", posts[i].ID, "--text", "Encore du "+words[i])
	}
	for i, tw := range ring {
		eventually(t, "the edits of the others", func() error {
			return tw.showsOnce("/voisins", "Encore du "+words[(i+1)%3], "Encore du "+words[(i+2)%3])
		})
	}
	for i, tw := range ring {
		tw.run("withdraw", posts[i].ID)
	}
	for i, tw := range ring {
		eventually(t, "what was taken back is gone", func() error { return tw.showsNot("/voisins", "Encore du ") })
		if n := tw.counts(`SELECT count(*) FROM foreign_posts`); n != 0 {
			t.Errorf("town %d keeps %d posts of others, want none", i, n)
		}
	}
	settled()
	for i, tw := range ring {
		// A Create, an Update and a Delete of its own, each to two neighbours; three of each of these received.
		if n := tw.counts(fmt.Sprintf(relayed, "count(*)")); n != 3 {
			t.Errorf("town %d announced %d things to its neighbours, want 3", i, n)
		}
		if n := tw.counts(fmt.Sprintf(relayed, "coalesce(sum(v.recipients), 0)")); n != 6 {
			t.Errorf("town %d addressed %d deliveries, want 6", i, n)
		}
		if n := tw.counts(`SELECT count(*) FROM received`) - before[tw]; n != 6 {
			t.Errorf("town %d received %d activities, want 6", i, n)
		}
		for _, other := range []*town{ring[(i+1)%3], ring[(i+2)%3]} {
			if n := tw.counts(fmt.Sprintf(relayed, "count(*)")+` AND convert_from(v.json, 'UTF8') LIKE '%' || $1 || '%'`, other.host); n != 0 {
				t.Errorf("town %d announced %d things of another town", i, n)
			}
		}
	}
}
