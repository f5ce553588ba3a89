package main_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"bourg/internal/fold"
	bourgtown "bourg/internal/town"
)

// group finds the actor of a page to follow, as Mastodon does when somebody types its handle.
func (f *follower) group(tw *town, handle string) remoteActor {
	f.t.Helper()
	of := f.discover(handle + "@" + tw.host)
	if kind := text(of.document, "type"); kind != "Group" {
		f.t.Errorf("@%s: got type %q, want Group", handle, kind)
	}
	summary := text(of.document, "summary")
	for _, says := range []string{"12", "mairie"} {
		if !strings.Contains(summary, says) {
			f.t.Errorf("@%s: got the summary %q without %q", handle, summary, says)
		}
	}
	return of
}

// switchTrade gives a trade a page, as the town hall does.
func (tw *town) switchTrade(trade string) {
	tw.t.Helper()
	store := tw.store()
	groups := &bourgtown.Groups{Store: store, Accounts: store, Now: time.Now, Fold: fold.Fold}
	if _, err := groups.SwitchTrade(tw.t.Context(), bourgtown.Author{Operator: true}, trade, true); err != nil {
		tw.t.Fatalf("give %s a page: %v", trade, err)
	}
}

// announces are the deliveries of Announces of an object by an actor.
func (f *follower) announces(by remoteActor, object string) (list []delivery) {
	for _, d := range f.got("Announce", object) {
		if text(d.activity, "actor") == by.ID {
			list = append(list, d)
		}
	}
	return list
}

// awaitAnnounce waits for an actor's Announce of an object, which names it by its id.
func (f *follower) awaitAnnounce(by remoteActor, object string) {
	f.t.Helper()
	eventually(f.t, "the Announce of "+object, func() error {
		if len(f.announces(by, object)) == 0 {
			return fmt.Errorf("got none by %s", by.ID)
		}
		return nil
	})
	first := f.announces(by, object)[0].activity
	if id, isID := first["object"].(string); !isID || id != object {
		f.t.Errorf("the Announce names %v, want the id %s", first["object"], object)
	}
	if to, _ := first["to"].([]any); !slices.Contains(to, any("https://www.w3.org/ns/activitystreams#Public")) {
		f.t.Errorf("the Announce is to %v, want the public", to)
	}
}

// One follow from Mastodon gives a resident the whole town, another one only its bakeries: each piece of news once, gone when it
// is withdrawn.
func TestFollowATownOrItsBakeries(t *testing.T) {
	t.Parallel()
	tw := startTown(t)
	tw.addMerchant("fournil", "Le Fournil", "boulangerie")
	tw.addMerchant("rose", "Rose et Lys", "fleuriste")
	all, some := newFollower(t), newFollower(t)
	whole := all.group(tw, "saintlaurent")
	all.follow("ana", whole)

	tw.switchTrade("boulangerie")
	bakeries := some.group(tw, "boulangeries")
	some.follow("bob", bakeries)

	bread := tw.publish("fournil", "Du pain de seigle.")
	roses := tw.publish("rose", "Des roses.")
	all.awaitAnnounce(whole, bread.ID)
	all.awaitAnnounce(whole, roses.ID)
	some.awaitAnnounce(bakeries, bread.ID)
	if note, err := some.get(bread.ID); err != nil || !strings.Contains(text(note, "content"), "seigle") {
		t.Errorf("the announced post: got %v, error %v", note, err)
	}

	// Servers that fill in what they missed read the activity itself in the outbox.
	outbox, err := some.get(bakeries.ID + "/outbox?page=true")
	if err != nil {
		t.Fatal(err)
	}
	if items, _ := outbox["orderedItems"].([]any); len(items) != 1 || text(items[0].(map[string]any), "object", "type") != "Create" ||
		text(items[0].(map[string]any), "object", "object", "id") != bread.ID {
		t.Errorf("the outbox: got %v, want one Announce of the Create of %s", items, bread.ID)
	}
	featured, err := some.get(bakeries.ID + "/featured")
	if err != nil {
		t.Fatal(err)
	}
	if items, _ := featured["orderedItems"].([]any); len(items) != 1 || text(items[0].(map[string]any), "attributedTo") != bakeries.ID {
		t.Errorf("featured: got %v, want a Note of its own", items)
	}

	tw.run("edit", bread.ID, "--text", "Il reste du seigle.")
	some.await("Update", bread.ID)
	all.await("Update", bread.ID)
	tw.run("withdraw", bread.ID)
	some.await("Delete", bread.ID)
	all.await("Delete", bread.ID)
	if n := len(some.announces(bakeries, bread.ID)); n != 1 {
		t.Errorf("the bread was announced %d times, want once", n)
	}
	if n := len(some.announces(bakeries, roses.ID)); n != 0 {
		t.Errorf("the bakeries announced roses %d times", n)
	}

	// Nobody makes a group announce anything by writing to it.
	before := tw.counts(`SELECT count(*) FROM activities WHERE type = 'Announce'`)
	note := all.act("ana", "Create", map[string]any{
		"id": all.newID(), "type": "Note", "attributedTo": all.user("ana"), "content": "<p>@saintlaurent Achetez !</p>",
		"to": []any{"https://www.w3.org/ns/activitystreams#Public"}, "cc": []any{whole.ID},
		"tag": []any{map[string]any{"type": "Mention", "href": whole.ID, "name": "@saintlaurent@" + tw.host}},
	})
	all.send(whole.Inbox, note)
	all.send(whole.Inbox, all.act("ana", "Announce", note["object"].(map[string]any)["id"]))
	if after := tw.counts(`SELECT count(*) FROM activities WHERE type = 'Announce'`); after != before {
		t.Errorf("a stranger who writes to a group makes it announce: got %d more Announces", after-before)
	}
}

// What a day has no room for comes in one summary, in the evening, also where the town is killed and several start again.
func TestSummaryComesInTheEvening(t *testing.T) {
	t.Parallel()
	tw := startTown(t)
	// It is ten in the morning in this town, whatever the hour is, and later on eight in the evening.
	tw.exec(`UPDATE town SET time_zone = $1`, zoneWhereItIs(10, time.Now()))
	tw.addMerchant("fournil", "Le Fournil", "boulangerie")
	f := newFollower(t)
	whole := f.group(tw, "saintlaurent")
	f.follow("ana", whole)
	var posts []posted
	for _, words := range []string{"Premier pain.", "Deuxième pain.", "Troisième pain.", "Quatrième pain."} {
		posts = append(posts, tw.publish("fournil", words))
	}
	f.awaitAnnounce(whole, posts[0].ID)
	f.awaitAnnounce(whole, posts[1].ID)
	tw.exec(`UPDATE town SET time_zone = $1`, zoneWhereItIs(20, time.Now()))
	for range 2 {
		tw.kill()
		tw.start()
	}
	summary := f.await("Create", "").activity
	id, content := text(summary, "object", "id"), text(summary, "object", "content")
	if text(summary, "actor") != whole.ID || !strings.Contains(content, "Troisième pain.") || !strings.Contains(content, "Quatrième pain.") ||
		strings.Contains(content, "Premier pain.") {
		t.Errorf("the summary: got %q by %s, want the third and the fourth by %s", content, text(summary, "actor"), whole.ID)
	}
	for _, late := range posts[2:] {
		if n := len(f.announces(whole, late.ID)); n != 0 {
			t.Errorf("%s is over the quota and was announced %d times", late.ID, n)
		}
	}
	if _, err := f.get(id); err != nil {
		t.Errorf("the summary at its id: %v", err)
	}
	page := strings.TrimPrefix(text(summary, "object", "url"), tw.at(""))
	if err := tw.shows(page, "Troisième pain."); err != nil {
		t.Errorf("the summary's page: %v", err)
	}
	if err := tw.shows("/@saintlaurent", page); err != nil {
		t.Errorf("the town's page does not lead to the summary: %v", err)
	}

	tw.run("withdraw", posts[2].ID)
	update := f.await("Update", id).activity
	if content := text(update, "object", "content"); strings.Contains(content, "Troisième") || !strings.Contains(content, "Quatrième") {
		t.Errorf("the summary after a withdrawal: got %q", content)
	}
	if n := len(f.got("Create", "")); n != 1 {
		t.Errorf("got %d summaries, want one", n)
	}
	res, err := http.Get(tw.at("/posts/" + "0192f3b0-0000-7000-8000-000000000009"))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusNotFound {
		t.Errorf("a summary that there is not: got %d, want 404", res.StatusCode)
	}
}

// zoneWhereItIs is a time zone in which the clock shows that hour now.
func zoneWhereItIs(hour int, now time.Time) string {
	east := hour - now.UTC().Hour()
	if east > 12 {
		east -= 24
	}
	if east < -12 {
		east += 24
	}
	return fmt.Sprintf("Etc/GMT%+d", -east) // whose signs are the other way round
}

// News from next door comes to those who follow the surroundings, and goes when it is withdrawn there; nobody else hears of it.
func TestFollowTheSurroundings(t *testing.T) {
	t.Parallel()
	a, b := startTown(t), startTown(t, vernede...)
	ask(b, a)
	a.addMerchant("fournil", "Le Fournil", "boulangerie")
	f := newFollower(t)
	around := f.group(b, "alentours")
	f.follow("ana", around)
	g := newFollower(t)
	g.follow("ana", g.group(b, "vernede"))
	post := a.publish("fournil", "Fournée de seigle.")
	f.awaitAnnounce(around, post.ID)
	a.run("edit", post.ID, "--text", "Il reste du seigle.")
	eventually(t, "the edit is next door", func() error { return b.shows("/voisins", "Il reste du seigle.") })
	a.run("withdraw", post.ID)
	eventually(t, "the Announce is taken back", func() error {
		for _, d := range f.got("Undo", "") {
			if text(d.activity, "object", "object") == post.ID && text(d.activity, "actor") == around.ID {
				return nil
			}
		}
		return fmt.Errorf("got %d Undos", len(f.got("Undo", "")))
	})
	if n := len(f.announces(around, post.ID)); n != 1 {
		t.Errorf("got %d Announces, want 1", n)
	}
	if n := len(g.got("Announce", "")); n != 0 {
		t.Errorf("the town's own group announced %d pieces of a neighbour's news", n)
	}
}
