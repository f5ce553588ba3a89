package main_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// passes lets time pass between a town and a neighbour: what the town remembers of it becomes older by d, and the visit that
// has come due is made.
func (tw *town) passes(d time.Duration, neighbour string) {
	tw.t.Helper()
	tw.exec(`UPDATE neighbours SET card_read_at = card_read_at - $1::interval, reconciled_at = reconciled_at - $1::interval,
		failing_since = failing_since - $1::interval, last_exchange = last_exchange - $1::interval WHERE domain = $2`, d, neighbour)
	visit := tw.counts(`INSERT INTO river_job (kind, args, queue, max_attempts, state)
		VALUES ('visit_neighbour', jsonb_build_object('domain', $1::text, 'standing', ''), 'visits', 1, 'available') RETURNING id::int`, neighbour)
	tw.exec(`SELECT pg_notify(current_schema() || '.river_insert', '{"queue":"visits"}')`)
	eventually(tw.t, "the neighbour is visited", func() error {
		if tw.counts(`SELECT count(*) FROM river_job WHERE id = $1 AND finalized_at IS NOT NULL`, visit) == 0 {
			return errors.New("it is still to come")
		}
		return nil
	})
}

// tomorrow lets a day pass, after which the neighbour's list is compared with what is known.
func (tw *town) tomorrow(neighbour *paperTown) {
	tw.t.Helper()
	tw.passes(25*time.Hour, neighbour.host)
}

// A neighbour's list of what is live is wrong in every way. Nothing is dropped for it, and nothing of others comes in by it; a
// true list, however short, is believed of its own town only.
func TestAListThatLies(t *testing.T) {
	t.Parallel()
	honest, tw, liar, theirs := lied(t)
	truth := liar.note("rose", "Une nouvelle de la liste.", nil)
	now := time.Now()
	trueLine := line(text(truth, "object", "id"), now)
	stays := func(what string) {
		t.Helper()
		if err := tw.showsOnce("/voisins", "Fournée de seigle ce matin.", "Une nouvelle vraie."); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	long := make([]string, 100_000)
	for i := range long {
		long[i] = line(liar.at(fmt.Sprintf("/posts/%06d", i)), now)
	}
	for what, lines := range map[string][]string{
		"lines of another town":  {trueLine, line(theirs.ID, now)},
		"too many lines":         long,
		"a page":                 {"<!doctype html><title>Menteville</title>"},
		"a line without end":     {strings.Repeat("a", 5<<20)},
		"a line without time":    {trueLine, liar.at("/posts/1") + "\thier"},
		"lines of nobody":        {trueLine, line("", now)},
		"lines of another place": {trueLine, line("javascript:alert(1)", now), line("file:///etc/passwd", now)},
	} {
		liar.lists(lines...)
		tw.tomorrow(liar)
		stays(what)
		tw.never("/voisins", "Une nouvelle de la liste.")
	}

	// Ids of its own, behind which lies something else.
	liar.redirect("/posts/1", theirs.ID)
	liar.serve("/posts/2", "application/activity+json", liar.encoded(map[string]any{
		"@context": "https://www.w3.org/ns/activitystreams", "id": theirs.ID, "type": "Note", "attributedTo": liar.user("rose"),
		"content": "<p>Un faux.</p>", "to": "https://www.w3.org/ns/activitystreams#Public", "published": "2026-11-20T00:00:00Z",
	}))
	liar.serve("/posts/3", "application/activity+json", liar.encoded(map[string]any{
		"@context": "https://www.w3.org/ns/activitystreams", "id": liar.at("/posts/3"), "type": "Note", "attributedTo": honest.at("/actors/1"),
		"content": "<p>Un faux.</p>", "to": "https://www.w3.org/ns/activitystreams#Public", "published": "2026-11-20T00:00:00Z",
	}))
	liar.lists(trueLine, line(liar.at("/posts/1"), now), line(liar.at("/posts/2"), now), line(liar.at("/posts/3"), now.AddDate(900, 0, 0)))
	tw.tomorrow(liar)
	eventually(t, "what is true on the list is there", func() error {
		return tw.showsOnce("/voisins", "Une nouvelle de la liste.", "Fournée de seigle ce matin.")
	})
	tw.never("/voisins", "Un faux.", "Une nouvelle vraie.") // the list has it not any more

	liar.lists()
	tw.tomorrow(liar)
	eventually(t, "an empty list empties its own town", func() error { return tw.showsNot("/voisins", "Une nouvelle de la liste.") })
	if err := tw.showsOnce("/voisins", "Fournée de seigle ce matin."); err != nil {
		t.Error(err)
	}
}

// A neighbour's domain is lost: whoever has it now presents another relay, another commune, or no town. It does not pass for
// the town, whatever it sends; after a month what the town sent is hidden, and all is well again when the town is back.
func TestAParkedDomain(t *testing.T) {
	t.Parallel()
	_, tw, liar, _ := lied(t)
	elsewhere := map[string]any{}
	for name, value := range liar.card {
		elsewhere[name] = value
	}
	elsewhere["town"] = map[string]any{"name": "Menteville", "insee": []string{"75056"}, "lat": 44.2, "lon": 4.5, "radiusKm": 3}
	liar.lists(line(text(liar.note("rose", "Une nouvelle vraie.", nil), "object", "id"), time.Now()))
	health := func(want string) {
		t.Helper()
		if got := tw.neighbours()[liar.host].Health; got != want {
			t.Errorf("the neighbour is %s, want %s", got, want)
		}
	}
	liar.presents(liar.user("autre"), liar.card)
	tw.tomorrow(liar)
	health("well")
	if err := tw.showsOnce("/voisins", "Une nouvelle vraie."); err != nil {
		t.Errorf("on the first day: %v", err)
	}
	liar.serve("/.well-known/nodeinfo", "text/html", []byte("<!doctype html><title>Domaine à vendre</title>"))
	tw.passes(8*24*time.Hour, liar.host)
	health("unreachable")
	liar.presents(liar.relay(), elsewhere)
	tw.passes(24*24*time.Hour, liar.host)
	health("hidden")
	tw.never("/voisins", "Une nouvelle vraie.")
	if got := liar.announces(tw, liar.note("rose", "Des montres à prix doux.", nil)); got != http.StatusAccepted {
		t.Errorf("news of who has the domain now: got status %d, want 202", got)
	}
	tw.tomorrow(liar)
	health("hidden")
	tw.never("/voisins", "Une nouvelle vraie.", "montres")

	liar.presents(liar.relay(), liar.card)
	tw.tomorrow(liar)
	eventually(t, "the town is back with its news", func() error { return tw.showsOnce("/voisins", "Une nouvelle vraie.") })
	health("well")
	tw.never("/voisins", "montres") // it stands on no list
}

// A neighbour floods the town: sixty activities a minute are taken, what is more is put off, and nobody else feels it.
func TestANeighbourFloods(t *testing.T) {
	t.Parallel()
	honest, tw, liar, _ := lied(t)
	took, putOff := 0, 0
	for i := range 200 {
		create := liar.note("rose", fmt.Sprintf("Réclame numéro %d.", i), nil)
		switch got := liar.announces(tw, create); got {
		case http.StatusAccepted:
			took++
		case http.StatusTooManyRequests:
			putOff++
		default:
			t.Errorf("got status %d, want 202 or 429", got)
		}
	}
	// One a second comes on top of sixty, while this goes on.
	if putOff == 0 || took < 50 {
		t.Errorf("%d were taken and %d put off, want some sixty and the rest", took, putOff)
	}
	if n := tw.counts(`SELECT count(*) FROM foreign_posts WHERE content LIKE '%Réclame%'`); n != took {
		t.Errorf("the town keeps %d posts and took %d", n, took)
	}
	honest.publish("fournil", "Il reste du pain.")
	eventually(t, "somebody else's news comes in", func() error { return tw.showsOnce("/voisins", "Il reste du pain.") })
	tw.publish("potager", "Récolte de fèves.")
	if err := tw.shows("/", "Récolte de fèves."); err != nil {
		t.Error(err)
	}
	for _, l := range tw.log.lines(`"level":"ERROR"`) {
		t.Errorf("%s logged: %s", tw.host, l)
	}
}
