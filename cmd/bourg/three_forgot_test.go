package main_test

import (
	"testing"
	"time"
)

// A town goes on from a backup of before the agreement. Its neighbour, which is given its list no more, hides its news and asks
// anew; once that is accepted all is as before.
func TestABackupFromBeforeTheAgreement(t *testing.T) {
	t.Parallel()
	a, b := startTown(t, ownClock), startTown(t, append([]townOption{ownClock}, vernede...)...)
	a.addMerchant("fournil", "Le Fournil", "boulangerie")
	a.publish("fournil", "Pain de seigle.")
	a.settled()
	a.stop()
	before := a.backUp(b)
	a.start()
	ask(b, a)
	a.publish("fournil", "Pain perdu.")
	eventually(t, "the news is there", func() error { return b.showsOnce("/voisins", "Pain de seigle.", "Pain perdu.") })
	a.settled()

	a.stop()
	a.restore(before)
	a.start()
	b.later(time.Hour)
	a.awaitStanding(b, "none", "pending")
	b.awaitStanding(a, "pending", "none")
	b.hides("/voisins", "Pain de seigle.", "Pain perdu.")
	a.run("neighbour", "accept", b.host)
	eventually(t, "what is left is there", func() error { return b.showsOnce("/voisins", "Pain de seigle.") })
	a.publish("fournil", "Pain du lendemain.")
	eventually(t, "and news comes as before", func() error { return b.showsOnce("/voisins", "Pain du lendemain.") })
	b.never("/voisins", "Pain perdu.")
}
