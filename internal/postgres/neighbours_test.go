package postgres_test

import (
	"testing"
	"time"

	"bourg/internal/town"

	"github.com/google/uuid"
)

// An exchange that ends and begins anew while the neighbour is still being visited is followed by a visit of its own: the one
// under way may have read the neighbour's list already. The same change twice, and rounds in between, add none.
func TestEachAgreementIsFollowedByAVisit(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.setUp()
	f.nextTown("vernede.example", "Vernède", town.ModeOpen)
	visits := func() int { return f.count(`SELECT count(*) FROM river_job WHERE kind = 'visit_neighbour'`) }
	change := func(set func(*town.Neighbour)) {
		f.must(f.ChangeNeighbour(f.ctx(), "vernede.example", func(n *town.Neighbour) ([]town.Outgoing, error) { set(n); return nil, nil }))
	}
	agree := func(n *town.Neighbour) { n.Outgoing, n.FollowID = town.StandingAccepted, uuid.New() }
	end := func(n *town.Neighbour) { n.Outgoing = town.StandingNone }
	change(end)
	before := visits()
	change(agree)
	if got := visits() - before; got != 1 {
		t.Fatalf("the first agreement: got %d visits, want one", got)
	}
	f.exec(`UPDATE river_job SET state = 'running', attempt = 1, attempted_at = now(), attempted_by = '{x}' WHERE kind = 'visit_neighbour'`)
	change(func(n *town.Neighbour) { n.Reconciled = time.Now() })
	change(end)
	change(agree)
	if got := visits() - before; got != 2 {
		t.Errorf("the second agreement, while the first one's visit is under way: got %d visits, want two", got)
	}
	change(func(n *town.Neighbour) { n.Reconciled = time.Now() })
	f.exec(`UPDATE river_job SET state = 'completed', finalized_at = now() WHERE kind = 'visit_neighbour'`)
	change(func(n *town.Neighbour) { n.IsAccepted(n.FollowID, town.FullScope(), time.Now()) })
	if got := visits() - before; got != 3 {
		t.Errorf("other terms: got %d visits, want three", got)
	}
	for range 2 {
		f.must(f.AskToVisit(f.ctx(), "vernede.example"))
	}
	if got := visits() - before; got != 4 {
		t.Errorf("two rounds: got %d visits, want one more", got)
	}
}
