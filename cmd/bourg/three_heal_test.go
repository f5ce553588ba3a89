package main_test

import (
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// A town is killed while its neighbour's news comes in, and the neighbour right after it has said yes to a merchant. In the
// end everything is there, and nothing twice.
func TestTownsAreKilledWhileNewsTravels(t *testing.T) {
	t.Parallel()
	a, b := startTown(t), startTown(t, vernede...)
	ask(b, a)
	a.addMerchant("fournil", "Le Fournil", "boulangerie")
	const posts = 30
	arrived := func() int {
		return b.counts(`SELECT count(*) FROM foreign_posts WHERE domain = $1 AND content LIKE '%Fournée numéro %'`, a.host)
	}
	var published sync.WaitGroup
	for first := range 3 {
		published.Go(func() {
			for i := first; i < posts; i += 3 {
				if got := a.try("publish", "--as", "fournil", "--text", fmt.Sprintf("Fournée numéro %d.", i)); got.code != 0 {
					t.Errorf("publish: got exit code %d: %s", got.code, got.stderr)
				}
			}
		})
	}
	eventually(t, "some have arrived", func() error {
		if n := arrived(); n < 5 {
			return fmt.Errorf("%d have", n)
		}
		return nil
	})
	b.kill()
	published.Wait()
	if n := arrived(); n == posts {
		t.Error("all had arrived before the town was killed: this story shows nothing")
	}
	b.start()
	within(t, 3*patience, "all of them are there", func() error {
		if n := arrived(); n < posts {
			return fmt.Errorf("%d of %d are", n, posts)
		}
		return nil
	})
	if n := b.counts(`SELECT count(DISTINCT content) FROM foreign_posts WHERE domain = $1`, a.host); n != posts || arrived() != posts {
		t.Errorf("got %d posts with %d texts, want %d of each", arrived(), n, posts)
	}

	a.publish("fournil", "La dernière fournée.")
	a.kill()
	a.start()
	within(t, 3*patience, "what was said yes to arrives", func() error { return b.showsOnce("/voisins", "La dernière fournée.") })
}

// twoClockedTowns starts two neighbours that have clocks of their own, a bakery in the one and a greengrocer in the other.
func twoClockedTowns(t *testing.T) (a, b *town) {
	t.Helper()
	a, b = startTown(t, ownClock), startTown(t, append([]townOption{ownClock}, vernede...)...)
	befriend(a, b)
	a.addMerchant("fournil", "Le Fournil", "boulangerie")
	b.addMerchant("potager", "Le Potager", "primeur")
	return a, b
}

// later stops a town that runs, and starts it so long after the beginning of the story.
func (tw *town) later(since time.Duration) {
	tw.t.Helper()
	if tw.serving != nil {
		tw.stop()
	}
	tw.setAhead(since)
	tw.start()
}

const oneDay = 24 * time.Hour

// A town cannot be reached for eight days, then for a month. The town hall next door sees it, readers see its news no more,
// and when it is back both have what they missed, without anybody doing anything.
func TestATownIsAwayForAMonth(t *testing.T) {
	t.Parallel()
	a, b := twoClockedTowns(t)
	// Events, because they still matter when the town is back.
	event := func(in time.Duration) []string {
		return []string{"--kind", "event", "--title", "Rendez-vous", "--from", time.Now().UTC().Add(in).Format("2006-01-02") + "T18:00"}
	}
	a.publish("fournil", "Une nouvelle du premier jour.")
	a.publish("fournil", "Fête du pain.", event(60*oneDay)...)
	edited := a.publish("fournil", "Atelier de pain au levain.", event(61*oneDay)...)
	withdrawn := a.publish("fournil", "Atelier de brioche.", event(62*oneDay)...)
	b.publish("potager", "Marché de nuit.", event(63*oneDay)...)
	eventually(t, "the one has the other's news", func() error { return b.showsOnce("/voisins", "levain", "brioche", "Fête du pain", "premier jour") })
	eventually(t, "and the other way round", func() error { return a.showsOnce("/voisins", "Marché de nuit") })

	b.stop()
	health := func(want string) {
		t.Helper()
		eventually(t, "the neighbour is "+want, func() error {
			if got := a.neighbours()[b.host].Health; got != want {
				return fmt.Errorf("it is %s", got)
			}
			return nil
		})
	}
	failing := func() {
		t.Helper()
		eventually(t, "the neighbour was tried", func() error {
			if a.counts(`SELECT count(*) FROM neighbours WHERE failing_since IS NOT NULL`) != 1 {
				return fmt.Errorf("nobody has noticed")
			}
			return nil
		})
	}
	a.later(oneDay + time.Hour)
	failing()
	health("well")
	a.publish("fournil", "Stage de fougasse.", event(64*oneDay)...)
	a.run("edit", edited.ID, "--text", "Atelier de pain au seigle.")
	a.run("withdraw", withdrawn.ID)
	a.later(9*oneDay + 2*time.Hour)
	health("unreachable")
	if err := a.showsOnce("/voisins", "Marché de nuit"); err != nil {
		t.Errorf("after eight days: %v", err)
	}
	a.later(33 * oneDay)
	health("hidden")
	a.never("/voisins", "Marché de nuit")
	within(t, 3*patience, "what was to be delivered is given up", func() error {
		if got := a.run("queue"); number(got, "waiting") != 0 {
			return fmt.Errorf("got %v", got)
		}
		return nil
	})

	b.later(33 * oneDay)
	eventually(t, "what was missed is there", func() error { return b.showsOnce("/voisins", "fougasse", "seigle", "Fête du pain") })
	eventually(t, "what is gone is gone", func() error { return b.showsNot("/voisins", "brioche") })
	b.never("/voisins", "levain", "premier jour")
	b.publish("potager", "De retour.")
	eventually(t, "what was hidden is back", func() error { return a.showsOnce("/voisins", "De retour", "Marché de nuit") })
	health("well")
}

// backUp copies the database of a town that does not run, as a backup does, and returns its name.
func (tw *town) backUp(through *town) (name string) {
	tw.t.Helper()
	name = tw.databaseName() + "_copy"
	quoted := pgx.Identifier{name}.Sanitize()
	through.exec(`CREATE DATABASE ` + quoted + ` TEMPLATE ` + pgx.Identifier{tw.databaseName()}.Sanitize())
	tw.t.Cleanup(func() {
		if tw.serving != nil {
			tw.stop()
		}
		through.exec(`DROP DATABASE ` + quoted + ` WITH (FORCE)`)
	})
	through.exec(`ALTER DATABASE ` + quoted + ` SET search_path = town, pg_catalog, public`)
	return name
}

// restore makes a town that does not run go on from a backup.
func (tw *town) restore(name string) {
	tw.t.Helper()
	dsn, err := url.Parse(tw.database())
	if err != nil {
		tw.t.Fatalf("read the database's URL: %v", err)
	}
	dsn.Path = "/" + name
	tw.drop("BOURG_DATABASE_URL")
	tw.env = append(tw.env, "BOURG_DATABASE_URL="+dsn.String())
}

// A town goes on from yesterday's backup: it has forgotten what its neighbour sent since then, and is true again the same day.
func TestYesterdaysBackupOfWhoReceives(t *testing.T) {
	t.Parallel()
	a, b := twoClockedTowns(t)
	a.publish("fournil", "Pain de seigle.")
	edited := a.publish("fournil", "Pain de mie.")
	withdrawn := a.publish("fournil", "Pain d’épices.")
	eventually(t, "the news is there", func() error { return b.showsOnce("/voisins", "seigle", "Pain de mie", "épices") })
	b.stop()
	yesterday := b.backUp(a)
	b.start()
	a.publish("fournil", "Pain de campagne.")
	a.run("edit", edited.ID, "--text", "Pain de maïs.")
	a.run("withdraw", withdrawn.ID)
	eventually(t, "the news of today is there", func() error { return b.showsOnce("/voisins", "seigle", "Pain de maïs", "campagne") })
	eventually(t, "and what was taken back is not", func() error { return b.showsNot("/voisins", "épices") })
	a.settled()

	b.stop()
	b.restore(yesterday)
	a.later(oneDay + time.Hour)
	b.later(oneDay + time.Hour)
	eventually(t, "it is true again", func() error { return b.showsOnce("/voisins", "seigle", "Pain de maïs", "campagne") })
	eventually(t, "what was taken back is gone again", func() error { return b.showsNot("/voisins", "épices") })
	b.never("/voisins", "Pain de mie")
	again := a.publish("fournil", "Pain du lendemain.")
	eventually(t, "and news comes as before", func() error { return b.showsOnce("/voisins", "lendemain", "campagne") })
	a.run("withdraw", again.ID)
	eventually(t, "and goes as before", func() error { return b.showsNot("/voisins", "lendemain") })
}

// A town goes on from yesterday's backup and has lost what it sent since then. Its neighbour drops what is nobody's any more
// and nothing else; what is sent once more changes nothing; no id comes twice.
func TestYesterdaysBackupOfWhoSends(t *testing.T) {
	t.Parallel()
	a, b := twoClockedTowns(t)
	kept := a.publish("fournil", "Pain de seigle.")
	withdrawn := a.publish("fournil", "Pain d’épices.")
	eventually(t, "the news is there", func() error { return b.showsOnce("/voisins", "seigle", "épices") })
	a.settled()
	a.stop()
	waiting := a.publish("fournil", "Pain au lait.") // waits for the server, in the backup too
	yesterday := a.backUp(b)
	a.start()
	lost := a.publish("fournil", "Pain perdu.")
	a.run("withdraw", withdrawn.ID)
	eventually(t, "the news of today is there", func() error { return b.showsOnce("/voisins", "Pain perdu", "Pain au lait") })
	eventually(t, "and what was taken back is not", func() error { return b.showsNot("/voisins", "épices") })
	a.settled()

	a.stop()
	a.restore(yesterday)
	if got := a.counts(`SELECT count(*) FROM deliveries`); got != 1 {
		t.Fatalf("got %d deliveries in the queue of yesterday, want one", got)
	}
	b.later(oneDay + time.Hour)
	a.later(oneDay + time.Hour)
	a.settled()                   // it was sent once more
	b.later(oneDay + 2*time.Hour) // its neighbour was not there when it started
	eventually(t, "what was lost is dropped", func() error { return b.showsNot("/voisins", "Pain perdu") })
	if err := b.showsOnce("/voisins", "seigle", "Pain au lait"); err != nil {
		t.Error(err)
	}
	b.never("/voisins", "épices") // it is back in its own town, where it can be withdrawn again
	after := a.publish("fournil", "Pain du lendemain.")
	eventually(t, "news comes as before", func() error { return b.showsOnce("/voisins", "lendemain", "seigle", "Pain au lait") })
	ids := map[string]bool{kept.ID: true, withdrawn.ID: true, waiting.ID: true, lost.ID: true, after.ID: true}
	if len(ids) != 5 {
		t.Errorf("five posts have %d ids", len(ids))
	}
	if refused := b.log.lines(`"inbox refused"`); len(refused) > 0 {
		t.Errorf("the neighbour refused: %s", strings.Join(refused, ""))
	}
}
