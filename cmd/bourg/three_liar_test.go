package main_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// lied starts a town with an honest neighbour, whose news it has, and with a neighbour that lies: a server with keys of its
// own, with which the town has an agreement. The honest one's post and a true one of the liar's stand on /voisins.
func lied(t *testing.T) (honest, tw *town, liar *paperTown, theirs posted) {
	t.Helper()
	honest, tw = startTown(t), startTown(t, vernede...)
	ask(tw, honest)
	honest.addMerchant("fournil", "Le Fournil", "boulangerie")
	tw.addMerchant("potager", "Le Potager", "primeur")
	theirs = honest.publish("fournil", "Fournée de seigle ce matin.")
	liar = newPaperTown(t, "Menteville", 44.2, 4.5)
	liar.forgive()
	liar.gives(tw, 0, everyKind...)
	liar.tells(tw, "rose", "Une nouvelle vraie.", nil)
	eventually(t, "the news of both is there", func() error {
		return tw.showsOnce("/voisins", "Fournée de seigle ce matin.", "Une nouvelle vraie.")
	})
	return honest, tw, liar, theirs
}

// well complains unless the town still has what honest people said, takes more of it, and none of its parts has failed.
func (tw *town) well(honest *town, liar *paperTown) {
	tw.t.Helper()
	liar.tells(tw, "rose", "La vérité, encore une fois.", nil)
	honest.publish("fournil", "Il reste du pain.")
	eventually(tw.t, "the town is well", func() error {
		return tw.showsOnce("/voisins", "La vérité, encore une fois.", "Il reste du pain.", "Fournée de seigle ce matin.", "Une nouvelle vraie.")
	})
	for _, line := range tw.log.lines(`"level":"ERROR"`) {
		tw.t.Errorf("%s logged: %s", tw.host, line)
	}
	if n := tw.counts(`SELECT count(*) FROM foreign_posts f WHERE split_part(object_id, '/', 3) <> domain OR split_part(actor, '/', 3) <> domain`); n != 0 {
		tw.t.Errorf("%d posts lie elsewhere than who announced them", n)
	}
}

// A neighbour speaks for others: it announces their posts as theirs, as its own and under other names, takes theirs back, and
// asks and answers in their names. Nothing of it has an effect.
func TestANeighbourSpeaksForOthers(t *testing.T) {
	t.Parallel()
	honest, tw, liar, theirs := lied(t)
	own := tw.publish("potager", "Récolte de fèves.")
	var theirMerchant, ourMerchant string
	for post, to := range map[string]*string{theirs.ID: &theirMerchant, own.ID: &ourMerchant} {
		note, err := liar.get(post)
		if err != nil {
			t.Fatal(err)
		}
		*to = text(note, "attributedTo")
	}
	links := func() int {
		page, err := tw.page("/voisins")
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(page, theirs.URL)
	}
	before := links()
	// forged is the Create of a lie, changed.
	forged := func(create, object map[string]any) map[string]any {
		act := liar.note("rose", "Un mensonge.", object)
		for name, value := range create {
			act[name] = value
		}
		return act
	}
	theirRelay := relayOf(t, honest)
	for what, act := range map[string]any{
		"another town's post, as it is":                   forged(map[string]any{"actor": theirMerchant, "id": theirs.ID + "/create"}, map[string]any{"id": theirs.ID, "attributedTo": theirMerchant}),
		"another town's post, made anew":                  forged(map[string]any{"actor": theirMerchant, "id": honest.at("/activities/1")}, map[string]any{"id": honest.at("/posts/1"), "attributedTo": theirMerchant}),
		"another town's post by a merchant of its own":    forged(nil, map[string]any{"id": theirs.ID}),
		"a post of its own by another town's merchant":    forged(map[string]any{"actor": theirMerchant}, map[string]any{"attributedTo": theirMerchant}),
		"a post of another author than who created it":    forged(nil, map[string]any{"attributedTo": theirMerchant}),
		"an activity of another host":                     forged(map[string]any{"id": honest.at("/activities/2")}, nil),
		"a post of the town that receives it":             forged(map[string]any{"actor": ourMerchant, "id": own.ID + "/create"}, map[string]any{"id": own.ID, "attributedTo": ourMerchant}),
		"a post of the receiving town's merchant":         forged(map[string]any{"actor": ourMerchant}, map[string]any{"attributedTo": ourMerchant}),
		"an edit of another town's post":                  forged(map[string]any{"type": "Update"}, map[string]any{"id": theirs.ID, "attributedTo": theirMerchant, "updated": "2026-12-01T00:00:00Z"}),
		"a withdrawal of another town's post":             map[string]any{"id": liar.newID(), "type": "Delete", "actor": liar.user("rose"), "object": theirs.ID},
		"a withdrawal in another town's merchant's name":  map[string]any{"id": honest.at("/activities/3"), "type": "Delete", "actor": theirMerchant, "object": theirs.ID},
		"a withdrawal of a post of the receiving town":    map[string]any{"id": liar.newID(), "type": "Delete", "actor": ourMerchant, "object": own.ID},
		"an announcement of another town's announcement":  map[string]any{"id": liar.newID(), "type": "Announce", "actor": liar.user("rose"), "object": theirs.ID},
		"a post by its address":                           theirs.ID,
		"a private letter":                                forged(nil, map[string]any{"to": []any{liar.user("odile")}, "cc": []any{}}),
		"an answer to a post":                             forged(nil, map[string]any{"inReplyTo": theirs.ID}),
		"a post in an activity in an activity":            map[string]any{"id": liar.newID(), "type": "Announce", "actor": liar.relay(), "object": forged(nil, nil)},
		"a post with the address of another town's":       forged(nil, map[string]any{"content": "<p>Un lien.</p>", "url": theirs.URL}),
		"a post with the address of another town's place": forged(nil, map[string]any{"content": "<p>Un autre lien.</p>", "url": "javascript:alert(1)"}),
	} {
		if got := liar.announces(tw, act); got >= 500 || got == 0 {
			t.Errorf("%s: got status %d", what, got)
		}
	}
	// The same without the relay, in names that are not the liar's.
	accept := liar.say("Accept", map[string]any{"id": tw.at("/activities/0192f3b1-0000-7000-8000-000000000001"), "type": "Follow", "actor": relayOf(t, tw), "object": theirRelay})
	for what, act := range map[string]map[string]any{
		"a request in another town's name":  {"type": "Follow", "actor": theirRelay, "id": honest.at("/activities/4"), "object": relayOf(t, tw)},
		"a refusal in another town's name":  {"type": "Reject", "actor": theirRelay, "id": honest.at("/activities/5"), "object": relayOf(t, tw)},
		"a withdrawal by its author's name": {"type": "Delete", "actor": theirMerchant, "id": honest.at("/activities/6"), "object": theirs.ID},
		"news in another relay's name":      {"type": "Announce", "actor": theirRelay, "id": honest.at("/activities/7"), "object": liar.note("rose", "Un mensonge.", nil)},
	} {
		act["@context"] = "https://www.w3.org/ns/activitystreams"
		body := liar.encoded(act)
		if got := liar.postBytes(tw.at("/inbox"), body, liar.relay(), cavage, time.Now()); got != http.StatusForbidden && got != http.StatusAccepted {
			t.Errorf("%s, signed by the liar: got status %d, want 403, or 202 without effect", what, got)
		}
		if got := liar.postBytes(tw.at("/inbox"), body, text(act, "actor"), cavage, time.Now()); got != http.StatusUnauthorized {
			t.Errorf("%s, signed by the liar as if it was that actor: got status %d, want 401", what, got)
		}
	}
	if got := liar.post(tw.at("/inbox"), accept, cavage); got >= 500 {
		t.Errorf("an answer to another's request: got status %d", got)
	}
	for _, object := range []string{theirs.ID, honest.at("/"), theirMerchant} {
		del := liar.say("Delete", object)
		if got := liar.post(tw.at("/inbox"), del, cavage); got != http.StatusForbidden && got != http.StatusAccepted {
			t.Errorf("a withdrawal of %s: got status %d, want 403, or 202 without effect", object, got)
		}
	}
	tw.well(honest, liar)
	tw.never("/voisins", "Un mensonge", "javascript:")
	tw.never("/", "Un mensonge")
	eventually(t, "its own posts are shown as its own", func() error { return tw.showsOnce("/voisins", "Un lien.", "Un autre lien.") })
	if got := links(); got != before {
		t.Errorf("the address of another town's post stands on the page %d times, and %d times before the lies", got, before)
	}
	if err := tw.shows("/", "Récolte de fèves."); err != nil {
		t.Errorf("the town's own news: %v", err)
	}
	if got := tw.neighbours(); len(got) != 2 || got[honest.host].Outgoing != "accepted" || got[honest.host].Incoming != "none" {
		t.Errorf("the neighbours: got %+v", got)
	}
}

// A neighbour says again what it has said: old activities under new ids, old versions, and what it took back.
func TestANeighbourRepeatsWhatIsOver(t *testing.T) {
	t.Parallel()
	honest, tw, liar, _ := lied(t)
	then := time.Now().UTC().Add(-time.Hour)
	at := func(minutes int) string { return then.Add(time.Duration(minutes) * time.Minute).Format(time.RFC3339) }
	again := func(act map[string]any, id string) map[string]any {
		same := map[string]any{}
		for name, value := range act {
			same[name] = value
		}
		same["id"] = id
		return same
	}
	create := liar.tells(tw, "rose", "Pain à un euro.", map[string]any{"published": at(0)})
	update := func(content string, minute int) map[string]any {
		note := again(dig(create, "object").(map[string]any), text(create, "object", "id"))
		note["content"], note["updated"] = "<p>"+content+"</p>", at(minute)
		return map[string]any{"id": liar.newID(), "type": "Update", "actor": liar.user("rose"), "object": note, "to": note["to"], "cc": note["cc"]}
	}
	newest := update("Pain à trois euros.", 20)
	for _, act := range []map[string]any{newest, update("Pain à deux euros.", 10), create, again(create, liar.newID()), again(newest, liar.newID())} {
		if got := liar.announces(tw, act); !taken(got) {
			t.Errorf("got status %d", got)
		}
	}
	eventually(t, "the newest is shown", func() error { return tw.showsOnce("/voisins", "Pain à trois euros.") })
	tw.never("/voisins", "Pain à un euro.", "Pain à deux euros.")

	gone := liar.tells(tw, "rose", "Pain d’hier.", nil)
	withdrawal := map[string]any{"id": liar.newID(), "type": "Delete", "actor": liar.user("rose"), "object": map[string]any{"id": text(gone, "object", "id"), "type": "Tombstone"}}
	for _, act := range []map[string]any{withdrawal, again(withdrawal, liar.newID()), gone, again(gone, liar.newID())} {
		if got := liar.announces(tw, act); !taken(got) {
			t.Errorf("got status %d", got)
		}
	}
	tw.well(honest, liar)
	tw.never("/voisins", "Pain d’hier.", "Pain d&#39;hier.", "Pain à un euro.", "Pain à deux euros.")
}

// A stranger answers what nobody asked, and people ask in the place of towns.
func TestAnAnswerThatNobodyAskedFor(t *testing.T) {
	t.Parallel()
	honest, tw, liar, _ := lied(t)
	stranger := newPaperTown(t, "Inconnue", 44.2, 4.5)
	stranger.forgive()
	for _, follow := range []string{tw.at("/activities/0192f3b1-0000-7000-8000-000000000001"), tw.at("/"), ""} {
		accept := stranger.say("Accept", map[string]any{"id": follow, "type": "Follow", "actor": relayOf(t, tw), "object": stranger.relay()})
		accept["bourg:peering"] = map[string]any{"version": 1, "gives": map[string]any{"kinds": everyKind, "maxKm": 0}}
		if got := stranger.post(tw.at("/inbox"), accept, cavage); got >= 500 {
			t.Errorf("an Accept of %q: got status %d", follow, got)
		}
	}
	stranger.announces(tw, stranger.note("rose", "Une nouvelle d’une inconnue.", nil))
	// Another actor of the neighbour's host is not its relay, and a person is no town.
	follow := liar.act("rose", "Follow", relayOf(t, tw))
	if got := liar.post(tw.at("/inbox"), follow, cavage); got >= 500 {
		t.Errorf("a person who follows the relay: got status %d", got)
	}
	if got := liar.post(tw.at("/inbox"), liar.act("rose", "Announce", liar.note("rose", "Sans relais.", nil)), cavage); got >= 500 {
		t.Errorf("a person who announces: got status %d", got)
	}
	tw.well(honest, liar)
	tw.never("/voisins", "inconnue", "Sans relais.")
	if got := tw.neighbours(); len(got) != 2 || got[liar.host].Incoming != "none" {
		t.Errorf("the neighbours: got %+v", got)
	}
}

// A card leads into the town's own network; what does not belong to federation there is never asked.
func TestACardThatLeadsIndoors(t *testing.T) {
	t.Parallel()
	tw := startTown(t)
	indoors, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int32
	server := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }), ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(indoors) }() // It ends with Close.
	t.Cleanup(func() { _ = server.Close() })
	inside := "http://" + indoors.Addr().String()

	redirect := newPaperTown(t, "Ailleurs", 44.2, 4.5)
	redirect.redirect("/.well-known/nodeinfo", inside+"/nodeinfo")
	document := newPaperTown(t, "Ailleurs", 44.2, 4.5)
	document.redirect("/nodeinfo/2.1", inside+"/nodeinfo")
	relay := newPaperTown(t, "Ailleurs", 44.2, 4.5)
	relay.presents(inside+"/actor", relay.card)
	turning := newPaperTown(t, "Ailleurs", 44.2, 4.5)
	turning.redirect("/nodeinfo/2.1", turning.at("/nodeinfo/2.1"))
	for what, p := range map[string]*paperTown{"a redirect": redirect, "a document elsewhere": document, "a relay elsewhere": relay, "a redirect without end": turning} {
		if got := tw.try("neighbour", "add", p.at("")); got.code == 0 || strings.Count(strings.TrimSpace(got.stderr), "\n") != 0 {
			t.Errorf("%s: got exit code %d and %q, want a failure in one line", what, got.code, got.stderr)
		}
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("somebody indoors was asked %d times", n)
	}
	if got := tw.neighbours(); len(got) != 0 {
		t.Errorf("the neighbours: got %+v, want none", got)
	}
}

// Posts that are too large, too long, or not from this world are answered with a status of their own and leave the town as it is.
func TestNewsOutOfAllMeasure(t *testing.T) {
	t.Parallel()
	honest, tw, liar, _ := lied(t)
	for what, c := range map[string]struct {
		content string
		more    map[string]any
		want    []int
	}{
		"ten megabytes":          {strings.Repeat("pain ", 2<<20), nil, []int{http.StatusRequestEntityTooLarge}},
		"half a megabyte":        {"Demi-mégaoctet " + strings.Repeat("pain ", 100_000), nil, []int{http.StatusAccepted, http.StatusBadRequest}},
		"letters of five marks":  {strings.Repeat("&lt;", 60_000), nil, []int{http.StatusAccepted, http.StatusBadRequest}},
		"zeros":                  {"zéro\x00zéro", nil, []int{http.StatusAccepted, http.StatusBadRequest}},
		"the end of time":        {"Fin des temps.", map[string]any{"published": "9999-12-31T23:59:59Z", "updated": "9999-12-31T23:59:59Z"}, []int{http.StatusAccepted, http.StatusBadRequest}},
		"the next century":       {"Siècle prochain.", map[string]any{"published": "2107-01-01T00:00:00Z"}, []int{http.StatusAccepted, http.StatusBadRequest}},
		"before all times":       {"Avant tout.", map[string]any{"published": "0000-01-01T00:00:00Z", "startTime": "0000-01-01T00:00:00-23:59"}, []int{http.StatusAccepted, http.StatusBadRequest}},
		"an event without end":   {"Sans fin.", map[string]any{"type": "Event", "bourg:kind": "event", "name": "Bal", "startTime": "9999-12-31T23:59:59-23:59", "endTime": "9999-12-31T23:59:59-23:59"}, []int{http.StatusAccepted, http.StatusBadRequest}},
		"an event without start": {"Sans début.", map[string]any{"type": "Event", "bourg:kind": "event", "name": "Bal"}, []int{http.StatusAccepted, http.StatusBadRequest}},
		"no place on Earth":      {"Nulle part.", map[string]any{"location": map[string]any{"type": "Place", "latitude": 1e308, "longitude": -1e308}}, []int{http.StatusAccepted, http.StatusBadRequest}},
		"places":                 {"Partout.", map[string]any{"location": []any{map[string]any{"latitude": "ici"}, "là"}}, []int{http.StatusAccepted, http.StatusBadRequest}},
		"a kind of its own":      {"Sorte à part.", map[string]any{"bourg:kind": map[string]any{"a": []any{1}}, "bourg:reach": 7}, []int{http.StatusAccepted, http.StatusBadRequest}},
		"a long title":           {"Titre long.", map[string]any{"type": "Article", "name": strings.Repeat("Ô", 5000)}, []int{http.StatusAccepted, http.StatusBadRequest}},
		"a long address":         {"Adresse longue.", map[string]any{"url": liar.at("/" + strings.Repeat("a", 4000))}, []int{http.StatusAccepted, http.StatusBadRequest}},
		"many pictures":          {"Mille images.", map[string]any{"attachment": thousandPictures(liar)}, []int{http.StatusAccepted, http.StatusBadRequest}},
		"a long language":        {"Langue longue.", map[string]any{"contentMap": map[string]any{strings.Repeat("fr-", 500): "<p>Langue.</p>"}}, []int{http.StatusAccepted, http.StatusBadRequest}},
	} {
		got := liar.announces(tw, liar.note("rose", c.content, c.more))
		if !strings.Contains(fmt.Sprint(c.want), fmt.Sprint(got)) {
			t.Errorf("%s: got status %d, want one of %v", what, got, c.want)
		}
	}
	if err := tw.shows("/voisins", "Menteville"); err != nil {
		t.Errorf("the page: %v", err)
	}
	if n := tw.counts(`SELECT count(*) FROM foreign_posts WHERE published_at > now() OR published_at > received_at`); n != 0 {
		t.Errorf("%d posts stand above all others for ever", n)
	}
	tw.exec(`DELETE FROM foreign_posts WHERE domain = $1 AND content NOT LIKE '%vraie%'`, liar.host) // room for what is true
	tw.well(honest, liar)
}

func thousandPictures(p *paperTown) []any {
	var all []any
	for i := range 1000 {
		all = append(all, map[string]any{"type": "Document", "mediaType": "image/jpeg", "url": p.at(fmt.Sprintf("/%d.jpg", i)), "name": strings.Repeat("é", 200)})
	}
	return all
}
