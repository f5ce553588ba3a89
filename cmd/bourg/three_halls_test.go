package main_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// tends does now what comes round every quarter of an hour.
func (tw *town) tends() {
	tw.t.Helper()
	job := tw.counts(`INSERT INTO river_job (kind, args, queue, max_attempts, state)
		VALUES ('neighbours', '{}', 'default', 1, 'available') RETURNING id::int`)
	tw.exec(`SELECT pg_notify(current_schema() || '.river_insert', '{"queue":"default"}')`)
	eventually(tw.t, "neighbours are tended", func() error {
		if tw.counts(`SELECT count(*) FROM river_job WHERE id = $1 AND finalized_at IS NOT NULL`, job) == 0 {
			return errors.New("it is still to come")
		}
		return nil
	})
}

// A town hall refuses with a reason, which the other one reads, and changes its mind when it is asked again. Then the exchange
// is ended: what came is hidden at once and removed, and a new one begins at the beginning. A block ends it too, and leaves
// the way back open.
func TestTownHallsRefuseRemoveAndReturn(t *testing.T) {
	t.Parallel()
	a, b := startTown(t), startTown(t, vernede...)
	a.addMerchant("fournil", "Le Fournil", "boulangerie")
	hall, _ := b.signIn(text(b.run("admin", "add", "--email", "mairie@vernede.example"), "sign_in"))

	b.run("neighbour", "add", a.url.String(), "--message", "Bonjour, nos marchés se touchent.")
	a.awaitStanding(b, "none", "pending")
	a.run("neighbour", "refuse", b.host, "--reason", "Revenez après les fêtes.")
	b.awaitStanding(a, "refused", "none")
	if words := hall.visit("/mairie/voisins/" + a.host).words(); !strings.Contains(words, "Revenez après les fêtes.") {
		t.Errorf("the town hall that was refused reads no reason: %q", words)
	}
	a.publish("fournil", "Pain de Noël.")
	a.settled()
	b.never("/voisins", "Pain de Noël.")

	ask(b, a)
	eventually(t, "what was there before comes now", func() error { return b.showsOnce("/voisins", "Pain de Noël.") })
	a.publish("fournil", "Galette des rois.")
	eventually(t, "news comes", func() error { return b.showsOnce("/voisins", "Galette des rois.", "Pain de Noël.") })

	b.run("neighbour", "remove", a.host)
	b.hides("/voisins", "Galette des rois.", "Pain de Noël.")
	a.awaitStanding(b, "none", "none")
	b.tends()
	if n := b.counts(`SELECT count(*) FROM foreign_posts`); n != 0 {
		t.Errorf("%d posts of a removed neighbour are kept", n)
	}
	a.publish("fournil", "Pain du lundi.")
	a.settled()
	b.never("/voisins", "Pain du lundi.")
	if n := a.counts(`SELECT count(*) FROM activities v JOIN actors r ON r.id = v.actor_id
		WHERE v.type = 'Announce' AND r.kind = 'relay' AND v.recipients > 0 AND convert_from(v.json, 'UTF8') LIKE '%Pain du lundi%'`); n != 0 {
		t.Errorf("what a removed neighbour is not to get was sent to it")
	}

	ask(b, a)
	eventually(t, "news comes again", func() error { return b.showsOnce("/voisins", "Galette des rois.", "Pain de Noël.", "Pain du lundi.") })
	b.run("block", a.host)
	b.hides("/voisins", "Galette des rois.", "Pain du lundi.")
	a.publish("fournil", "Pain du mardi.")
	eventually(t, "it was tried", func() error {
		if len(b.log.lines(`"code":"blocked"`)) == 0 {
			return errors.New("nobody has come")
		}
		return nil
	})
	b.never("/voisins", "Pain du mardi.")
	if got := b.try("neighbour", "add", a.url.String()); got.code == 0 {
		t.Error("a blocked town was asked for its news")
	}
	b.run("unblock", a.host)
	b.run("neighbour", "add", a.url.String())
	eventually(t, "the request arrives, or is accepted as before", func() error {
		if got := a.neighbours()[b.host].Incoming; got != "pending" && got != "accepted" {
			return fmt.Errorf("got %s", got)
		}
		return nil
	})
	a.run("neighbour", "accept", b.host)
	b.awaitStanding(a, "accepted", "none")
	eventually(t, "all is back", func() error {
		return b.showsOnce("/voisins", "Galette des rois.", "Pain de Noël.", "Pain du lundi.", "Pain du mardi.")
	})
}

// Nobody answers a request. It is repeated after a day, three and seven, stays one request on the other desk, and ends after
// fourteen days on both; then it can be made anew.
func TestARequestThatNobodyAnswers(t *testing.T) {
	t.Parallel()
	a, b := startTown(t, ownClock), startTown(t, append([]townOption{ownClock}, vernede...)...)
	b.run("neighbour", "add", a.url.String())
	a.awaitStanding(b, "none", "pending")
	for i, days := range []int{1, 3, 7} {
		for _, tw := range []*town{a, b} {
			tw.later(time.Duration(days)*oneDay + time.Hour)
		}
		eventually(t, "it is asked again", func() error {
			if got := b.counts(`SELECT asks FROM neighbours`); got != i+2 {
				return fmt.Errorf("asked %d times after %d days", got, days)
			}
			return nil
		})
		b.settled()
		a.awaitStanding(b, "none", "pending")
		if n := len(a.neighbours()); n != 1 {
			t.Errorf("after %d days there are %d requests on the desk, want one", days, n)
		}
	}
	for _, tw := range []*town{a, b} {
		tw.later(14*oneDay + 2*time.Hour)
	}
	b.awaitStanding(a, "expired", "none")
	a.awaitStanding(b, "none", "none")
	if got := b.counts(`SELECT count(*) FROM activities WHERE type = 'Follow'`); got != 4 {
		t.Errorf("%d requests were sent, want 4", got)
	}
	ask(b, a)
}
