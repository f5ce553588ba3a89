package main_test

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// Three towns in a row, each the neighbour of the next, and a server elsewhere that follows a bakery in the first one: news
// of every kind goes one step and no further, with its edits and withdrawals, and stands on each page once.
func TestThreeTownsInARow(t *testing.T) {
	t.Parallel()
	a, b, c := startTown(t), startTown(t, vernede...), startTown(t, orgnac...)
	befriend(a, b)
	befriend(b, c)
	a.addMerchant("fournil", "Le Fournil", "boulangerie")
	b.addMerchant("potager", "Le Potager", "primeur")
	reader := newFollower(t)
	reader.follow("odile", reader.discover("fournil@"+a.host))

	start := time.Now().UTC().AddDate(0, 0, 3).Format("2006-01-02") + "T18:00"
	news := a.publish("fournil", "Fournée de seigle ce matin.")
	event := a.publish("fournil", "Venez goûter le levain.", "--kind", "event", "--title", "Portes ouvertes", "--from", start)
	offer := a.publish("fournil", "Trois tartes pour deux.", "--kind", "offer", "--title", "Tartes", "--until", start)
	eventually(t, "news of each kind is next door, once", func() error {
		return b.showsOnce("/voisins", "Fournée de seigle ce matin.", "Venez goûter le levain.", "Trois tartes pour deux.")
	})
	if err := b.shows("/voisins", "Portes ouvertes"); err != nil {
		t.Error(err)
	}
	a.run("edit", news.ID, "--text", "Il reste six pains de seigle.")
	a.run("edit", event.ID, "--text", "Venez goûter le levain, et le miel.")
	a.run("withdraw", offer.ID)
	eventually(t, "the edits are next door, once", func() error {
		return b.showsOnce("/voisins", "Il reste six pains de seigle.", "Venez goûter le levain, et le miel.")
	})
	eventually(t, "the withdrawal is next door", func() error { return b.showsNot("/voisins", "Trois tartes pour deux.") })
	b.never("/voisins", "Fournée de seigle ce matin.")

	// What the town in the middle says after all this reaches both; so what has not come until then never comes.
	b.publish("potager", "Récolte de fèves.")
	for _, tw := range []*town{a, c} {
		eventually(t, "news of the town in the middle", func() error { return tw.showsOnce("/voisins", "Récolte de fèves.") })
	}
	b.settled()
	c.never("/voisins", "Fournée", "levain", "tartes", "seigle")
	if n := c.counts(`SELECT count(*) FROM foreign_posts WHERE domain <> $1`, b.host); n != 0 {
		t.Errorf("the third town keeps %d posts of a town that is no neighbour of its", n)
	}
	if _, known := c.neighbours()[a.host]; known {
		t.Error("the third town knows the first one, whom nobody asked")
	}

	// Who follows the bakery hears of each thing once, from the bakery.
	a.settled()
	for kind, want := range map[string]int{"Create": 3, "Update": 2, "Delete": 1, "Announce": 0} {
		seen := map[string]bool{}
		for _, d := range reader.got(kind, "") {
			if seen[text(d.activity, "id")] {
				t.Errorf("%s came twice", text(d.activity, "id"))
			}
			seen[text(d.activity, "id")] = true
			if got := text(d.activity, "actor"); !strings.HasPrefix(got, a.at("/actors/")) {
				t.Errorf("a %s came from %s", kind, got)
			}
		}
		if len(seen) != want {
			t.Errorf("the reader got %d %s, want %d", len(seen), kind, want)
		}
	}
}

// How far a post is carried is the merchant's choice, the agreement's and the map's.
func TestNewsGoesAsFarAsItShould(t *testing.T) {
	t.Parallel()
	tw := startTown(t) // at 44.17, 4.49; a degree of latitude is 111 km
	tw.addMerchant("fournil", "Le Fournil", "boulangerie")
	near := newPaperTown(t, "Proche", 44.26, 4.49)       // 10 km
	middle := newPaperTown(t, "Mitoyenne", 44.51, 4.49)  // 38 km
	far := newPaperTown(t, "Lointaine", 45.17, 4.49)     // 111 km
	agenda := newPaperTown(t, "Agenda", 44.26, 4.48)     // near, and wants events only
	narrow := newPaperTown(t, "Casanière", 44.26, 4.47)  // near, and wants what lies within five kilometres
	nowhere := newPaperTown(t, "Sans Adresse", 44.26, 5) // does not say where it lies
	delete(nowhere.card["town"].(map[string]any), "lat")
	nowhere.presents(nowhere.relay(), nowhere.card)
	stranger := newPaperTown(t, "Étrangère", 44.26, 4.5) // asks, and nobody answers
	for _, p := range []*paperTown{near, middle, far, nowhere} {
		p.asks(tw, 0, everyKind...)
	}
	agenda.asks(tw, 0, "event")
	narrow.asks(tw, 5, everyKind...)
	stranger.send(tw.at("/inbox"), stranger.say("Follow", relayOf(t, tw)))

	start := time.Now().UTC().AddDate(0, 0, 3).Format("2006-01-02") + "T18:00"
	for _, reach := range []string{"town", "neighbours", "region", "everywhere"} {
		tw.publish("fournil", "Loin comme "+reach+".", "--reach", reach)
	}
	tw.publish("fournil", "Fête du pain.", "--kind", "event", "--title", "Fête", "--from", start)
	tw.settled()
	neighbours, region, everywhere, fete := "Loin comme neighbours.", "Loin comme region.", "Loin comme everywhere.", "Fête du pain."
	for p, want := range map[*paperTown][]string{
		near:   {neighbours, region, everywhere, fete},
		middle: {region, everywhere, fete}, far: {everywhere, fete}, nowhere: {everywhere, fete},
		agenda: {fete}, narrow: nil, stranger: nil,
	} {
		got := p.heard("Create", "Loin comme town.", neighbours, region, everywhere, fete)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s heard %q, want %q", text(p.card, "town", "name"), got, want)
		}
	}
}

// What comes is held against the agreement once more by who receives it.
func TestWhoReceivesLooksAgain(t *testing.T) {
	t.Parallel()
	tw := startTown(t)
	l := newPaperTown(t, "Agenda", 44.26, 4.49)
	l.gives(tw, 50, "event", "offer")
	at := func(lat float64) map[string]any {
		return map[string]any{
			"type": "Event", "bourg:kind": "event", "name": "Bal", "startTime": time.Now().UTC().AddDate(0, 0, 2).Format(time.RFC3339),
			"location": map[string]any{"type": "Place", "latitude": lat, "longitude": 4.49},
		}
	}
	l.tells(tw, "bal", "Une nouvelle, qui n’est pas convenue.", nil)
	l.tells(tw, "bal", "Un bal trop loin.", at(45))
	l.tells(tw, "bal", "Un bal tout près.", at(44.3))
	l.tells(tw, "bal", "Une remise.", map[string]any{"bourg:kind": "offer"})
	eventually(t, "what is agreed is shown", func() error { return tw.showsOnce("/voisins", "Un bal tout près.", "Une remise.") })
	tw.never("/voisins", "convenue", "trop loin")
}
