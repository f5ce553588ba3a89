package main_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// neighbourTowns starts two towns that lie about nine kilometres apart, of which the second has the news of the first. The first
// has a bakery, « fournil ».
func neighbourTowns(t *testing.T) (laurent, vernede *town) {
	t.Helper()
	laurent = startTown(t)
	vernede = startTown(t, with("BOURG_TOWN_NAME", "Vernède"), with("BOURG_TOWN_HANDLE", "vernede"), with("BOURG_TOWN_INSEE", "30344"),
		with("BOURG_TOWN_LAT", "44.25"), with("BOURG_TOWN_LON", "4.45"))
	laurent.run("merchant", "add", "--handle", "fournil", "--name", "Le Fournil", "--trade", "boulangerie")
	laurent.run("neighbour", "accept", vernede.host)
	vernede.run("neighbour", "add", laurent.url.String())
	vernede.awaitStanding(laurent, "accepted", "none")
	return laurent, vernede
}

// shownNoMore waits until a page does not hold a word any more.
func (tw *town) shownNoMore(path, word string) {
	tw.t.Helper()
	eventually(tw.t, fmt.Sprintf("%q is gone from %s", word, path), func() error {
		if tw.shows(path, word) == nil {
			return errors.New("it is still shown")
		}
		return nil
	})
}

// TestAnEditNarrowsReach: what a merchant takes back into the town leaves the neighbours, and comes back when it is widened.
func TestAnEditNarrowsReach(t *testing.T) {
	t.Parallel()
	laurent, vernede := neighbourTowns(t)
	post := laurent.run("publish", "--as", "fournil", "--text", "Fournée de seigle.")["id"].(string)
	eventually(t, "the news is in the other town", func() error { return vernede.shows("/voisins", "Fournée de seigle.") })
	laurent.run("edit", post, "--text", "Fournée de seigle, pour le bourg.", "--reach", "town")
	vernede.shownNoMore("/voisins", "Fournée de seigle")
	laurent.run("edit", post, "--text", "Fournée de seigle, pour tous.", "--reach", "everywhere")
	eventually(t, "it is back", func() error { return vernede.shows("/voisins", "Fournée de seigle, pour tous.") })
}

// TestTheRelaysOutboxCanBeReadBeforeAnybodyFollows: who fills in from it finds the whole activities.
func TestTheRelaysOutboxCanBeReadBeforeAnybodyFollows(t *testing.T) {
	t.Parallel()
	laurent := startTown(t)
	laurent.run("merchant", "add", "--handle", "fournil", "--name", "Le Fournil", "--trade", "boulangerie")
	laurent.run("publish", "--as", "fournil", "--text", "Fournée de seigle.")
	gone := laurent.run("publish", "--as", "fournil", "--text", "Vite repris.")
	laurent.run("publish", "--as", "fournil", "--text", "Pour le bourg.", "--reach", "town")
	laurent.run("withdraw", gone["id"].(string))
	narrowed := laurent.run("publish", "--as", "fournil", "--text", "Pour tous.")
	laurent.run("edit", narrowed["id"].(string), "--text", "Pour le bourg, finalement.", "--reach", "town")
	var page struct {
		TotalItems   int
		OrderedItems []struct {
			Type, Actor string
			Object      struct {
				Type, Actor string
				Object      struct{ Type, Content string }
			}
		}
	}
	reader := newFollower(t)
	relay := reader.discover("relay@" + laurent.host)
	_, _, text, err := reader.fetch(relay.ID+"/outbox?page=true", "application/activity+json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &page); err != nil {
		t.Fatalf("the outbox: got %s: %v", text, err)
	}
	if len(page.OrderedItems) != 1 {
		t.Fatalf("the outbox: got %s, want one announcement", text)
	}
	one := page.OrderedItems[0]
	if one.Type != "Announce" || one.Actor != relay.ID || one.Object.Type != "Create" || !strings.Contains(one.Object.Object.Content, "Fournée de seigle.") {
		t.Errorf("the outbox: got %s, want the relay's Announce of the Create", text)
	}
}

// agenda makes a follower the server of an agenda, whose instance actor follows relays.
func agenda(t *testing.T, software string) *follower {
	t.Helper()
	f := newFollower(t)
	f.serve(f.at("/.well-known/nodeinfo"), "application/json", []byte(`{"links":[
		{"rel":"http://nodeinfo.diaspora.software/ns/schema/2.1","href":"`+f.at("/nodeinfo")+`"},
		{"rel":"https://www.w3.org/ns/activitystreams#Application","href":"`+f.at("/actor")+`"}]}`))
	f.serve(f.at("/nodeinfo"), "application/json", []byte(`{"version":"2.1","software":{"name":"`+software+`","version":"1.21.0"},"metadata":{}}`))
	return f
}

// followRelay sends the Follow of a town's relay; it always has the same id, as Gancio's.
func (f *follower) followRelay(relay remoteActor) map[string]any {
	follow := map[string]any{
		"@context": "https://www.w3.org/ns/activitystreams", "id": f.at("/m/" + relay.ID + "#follow"), "type": "Follow",
		"actor": f.at("/actor"), "object": relay.ID,
	}
	f.send(relay.SharedInbox, follow)
	return follow
}

// TestAgendasFollowTheRelay: Mobilizon hears of an event by its id, Gancio gets the event from the relay, and neither gets
// anything else.
func TestAgendasFollowTheRelay(t *testing.T) {
	t.Parallel()
	laurent := startTown(t)
	laurent.run("merchant", "add", "--handle", "fournil", "--name", "Le Fournil", "--trade", "boulangerie", "--lat", "44.19", "--lon", "4.43")
	mobilizon, gancio := agenda(t, "Mobilizon"), agenda(t, "gancio")
	relay := mobilizon.discover("relay@" + laurent.host)
	baker := mobilizon.discover("fournil@" + laurent.host)
	for _, f := range []*follower{mobilizon, gancio} {
		follow := f.followRelay(relay)
		eventually(t, "the town hall sees who asks", func() error {
			if got := laurent.neighbours()[f.host]; got.Incoming != "pending" || got.Name == "" {
				return fmt.Errorf("got %+v", got)
			}
			return nil
		})
		laurent.awaitSoftware(f.host)
		laurent.run("neighbour", "accept", f.host)
		f.await("Accept", text(follow, "id"))
	}

	for _, f := range []*follower{mobilizon, gancio} {
		if err := laurent.shows("/voisins", f.host); err == nil {
			t.Errorf("the agenda %s stands among the neighbouring towns", f.host)
		}
	}

	laurent.run("publish", "--as", "fournil", "--text", "Fournée de seigle.")
	event := laurent.run("publish", "--as", "fournil", "--kind", "event", "--title", "Marché de Noël", "--text", "Vin chaud.",
		"--from", "2027-12-12T09:00", "--image", photoFile(t), "--alt", "Une place")["id"].(string)
	created := gancio.await("Create", event)
	if got := text(created.activity, "actor"); got != relay.ID {
		t.Errorf("the Create for Gancio is by %s, want the relay %s", got, relay.ID)
	}
	object := created.activity["object"].(map[string]any)
	pictures := object["attachment"].([]any)
	if len(pictures) != 1 || pictures[0].(map[string]any)["name"] != "Une place" || object["endTime"] != nil || object["type"] != "Event" {
		t.Errorf("the event for Gancio: got %v, want one picture that says what it shows, and no end", object)
	}
	announced := mobilizon.await("Announce", event)
	if got := text(announced.activity, "actor"); got != relay.ID {
		t.Errorf("the Announce for Mobilizon is by %s, want the relay %s", got, relay.ID)
	}
	for _, id := range []string{event, text(announced.activity, "id"), text(created.activity, "id")} {
		if _, err := mobilizon.get(id); err != nil {
			t.Errorf("what is named to agendas: %v", err)
		}
	}

	laurent.run("edit", event, "--text", "Vin chaud et châtaignes.")
	if got := text(gancio.await("Update", event).activity, "actor"); got != relay.ID {
		t.Errorf("the Update for Gancio is by %s, want the relay %s", got, relay.ID)
	}
	if got := text(mobilizon.await("Update", event).activity, "actor"); got != baker.ID {
		t.Errorf("the Update for Mobilizon is by %s, want the merchant %s", got, baker.ID)
	}
	laurent.run("edit", event, "--text", "Vin chaud, pour le bourg.", "--reach", "town")
	gancio.await("Delete", event)
	laurent.run("edit", event, "--text", "Vin chaud, pour tous.", "--reach", "everywhere")
	eventually(t, "Gancio gets the event again", func() error {
		if n := len(gancio.got("Create", event)); n != 2 {
			return fmt.Errorf("got %d Creates", n)
		}
		return nil
	})
	laurent.run("withdraw", event)
	mobilizon.await("Delete", event)
	eventually(t, "the event is withdrawn from Gancio", func() error {
		if n := len(gancio.got("Delete", event)); n != 2 {
			return fmt.Errorf("got %d Deletes", n)
		}
		return nil
	})
	for _, c := range []struct {
		who  *follower
		kind string
		want int
	}{{gancio, "Announce", 0}, {mobilizon, "Create", 0}, {mobilizon, "Announce", 2}, {gancio, "Create", 2}} {
		if got := len(c.who.got(c.kind, "")); got != c.want {
			t.Errorf("%s: got %d times %s, want %d", c.who.host, got, c.kind, c.want)
		}
	}

	follow := map[string]any{"id": gancio.at("/m/" + relay.ID + "#follow"), "type": "Follow", "object": relay.ID}
	gancio.send(relay.SharedInbox, map[string]any{
		"@context": "https://www.w3.org/ns/activitystreams", "id": gancio.at("/m/unfollow"), "type": "Undo", "actor": gancio.at("/actor"), "object": follow,
	})
	if got := laurent.neighbours()[gancio.host].Incoming; got != "none" {
		t.Errorf("after the Undo: got %s, want none", got)
	}
	gancio.followRelay(relay)
	if got := laurent.neighbours()[gancio.host].Incoming; got != "pending" {
		t.Errorf("after a second Follow with the same id: got %s, want pending", got)
	}
}

// awaitSoftware waits until a town knows what software another server runs.
func (tw *town) awaitSoftware(host string) {
	tw.t.Helper()
	eventually(tw.t, "the card of "+host+" is read", func() error {
		if tw.counts(`SELECT count(*) FROM neighbours WHERE domain = $1 AND software <> ''`, host) == 0 {
			return errors.New("its software is not known")
		}
		return nil
	})
}

// TestTownHallsReportToEachOther: one hides another town's post and reports it, the other decides and answers, and the first reads
// the answer.
func TestTownHallsReportToEachOther(t *testing.T) {
	t.Parallel()
	laurent, vernede := neighbourTowns(t)
	post := laurent.run("publish", "--as", "fournil", "--text", "Pain miracle à moitié prix.")["id"].(string)
	eventually(t, "the news is in the other town", func() error { return vernede.shows("/voisins", "Pain miracle") })
	eventually(t, "its shop is known there", func() error { return vernede.shows("/voisins", "Le Fournil") })
	hall := func(tw *town) *browser {
		b, _ := tw.signIn(text(tw.run("admin", "add", "--email", "mairie@"+strings.Split(tw.host, ":")[0]+".example"), "sign_in"))
		return b
	}
	theirs, ours := hall(laurent), hall(vernede)

	report := ours.visit("/voisins").click("Signaler à sa mairie")
	report.must("Pain miracle", "Le Fournil")
	report.form("Masquer ici et signaler").fill("Offre ou prix trompeur", "misleading").fill("Votre explication", "Jamais vendu à ce prix.").press().
		must("La nouvelle est masquée ici", "Pain miracle à moitié prix.", "Offre ou prix trompeur", "Pas encore de réponse")
	if err := vernede.shows("/voisins", "Pain miracle"); err == nil {
		t.Error("what the town hall has hidden is still shown")
	}

	eventually(t, "the other town hall gets the report", func() error {
		if page := theirs.visit("/mairie/signalements"); !page.says("Jamais vendu à ce prix.") {
			return errors.New("it is not there")
		}
		return nil
	})
	theirs.visit("/mairie/signalements").must("Signalé par une mairie voisine : Vernède", "Offre ou prix trompeur", "Pain miracle", "Le Fournil").
		form("Noter la décision").fill("Votre décision", "Le prix a été corrigé <b>ce matin</b>.").press().must("La décision est notée.")
	eventually(t, "the answer is back", func() error {
		if page := ours.visit("/mairie/signalements/envoyes"); !page.says("Le prix a été corrigé <b>ce matin</b>.") {
			return errors.New("it is not there")
		}
		return nil
	})
	ours.visit("/mairie/signalements/envoyes").form("Montrer de nouveau").press().must("de nouveau montrée", "Montrée ici de nouveau")
	if err := vernede.shows("/voisins", "Pain miracle"); err != nil {
		t.Errorf("after it is shown again: %v", err)
	}
	laurent.run("withdraw", post)
	vernede.shownNoMore("/voisins", "Pain miracle")
	if n := laurent.counts(`SELECT count(*) FROM reports WHERE flag_id <> ''`); n != 1 {
		t.Errorf("reports: got %d, want 1", n)
	}
}
