package main_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// sql runs a statement on the town's database, for what a test cannot wait for: the days that go by.
func (tw *town) sql(statement string, args ...any) {
	tw.t.Helper()
	for _, v := range tw.env {
		dsn, found := strings.CutPrefix(v, "BOURG_DATABASE_URL=")
		if !found {
			continue
		}
		db, err := pgx.Connect(tw.t.Context(), dsn)
		if err != nil {
			tw.t.Fatalf("reach the database: %v", err)
		}
		defer func() { _ = db.Close(tw.t.Context()) }()
		if _, err := db.Exec(tw.t.Context(), statement, args...); err != nil {
			tw.t.Fatalf("%s: %v", statement, err)
		}
		return
	}
	tw.t.Fatal("the town has a database of its own")
}

// inDays is a day of the town's calendar, at noon.
func inDays(n int) time.Time { return time.Now().UTC().AddDate(0, 0, n) }

func day(n int) string { return inDays(n).Format(time.DateOnly) }

// A follower elsewhere gets an offer, an event and an article as what they are; a product only
// stands in the shop's collection.
func TestAFollowerElsewhereGetsEachKind(t *testing.T) {
	t.Parallel()
	tw := startTown(t)
	shop := tw.addMerchant("fournil", "Le Fournil de la Halle", "boulangerie", "--phone", "04 65 71 20 12", "--address", "4 place de la Fontaine",
		"--lat", "44.0", "--lon", "4.49")
	mastodon := newFollower(t)
	found := mastodon.discover("fournil@" + tw.host)
	mastodon.follow("odile", found)

	offer := tw.publish("fournil", "Pur beurre.", "--kind", "offer", "--title", "Galette charentaise", "--price", "9,90", "--prior-price", "12.50",
		"--until", day(3), "--image", photoFile(t), "--alt", "Une galette.")
	note, _ := dig(mastodon.await("Create", offer.ID).activity, "object").(map[string]any)
	checkNote(mastodon, note, shop.Actor)
	for _, want := range []string{"Galette charentaise : 9,90 € au lieu de 12,50 €", "Prix le plus bas des 30 derniers jours", "Pur beurre.", "04 65 71 20 12", "4 place de la Fontaine"} {
		if got := unbroken.Replace(text(note, "content")); !strings.Contains(got, want) {
			t.Errorf("offer: got %q, want %q in it", got, want)
		}
	}
	if got := dig(note, "bourg:offer"); text(got, "price") != "9.90" || text(got, "priorPrice") != "12.50" || text(got, "validThrough") != day(3) || text(got, "status") != "open" {
		t.Errorf("offer: got %v", got)
	}

	event := tw.publish("fournil", "On allume le four à la nuit.", "--kind", "event", "--title", "Fête du pain", "--from", day(9)+"T18:00", "--until", day(9)+"T23:00",
		"--place", "Place de la Fontaine")
	object, _ := dig(mastodon.await("Create", event.ID).activity, "object").(map[string]any)
	if text(object, "type") != "Event" || text(object, "name") != "Fête du pain" || text(object, "timezone") != "Europe/Paris" || text(object, "eventStatus") != "EventScheduled" ||
		text(object, "location", "name") != "Place de la Fontaine" || text(object, "actor") != shop.Actor || text(object, "attributedTo") != shop.Actor {
		t.Errorf("event: got %v", object)
	}
	if got := unbroken.Replace(text(object, "summary")); !strings.Contains(got, "18 h – 23 h — Place de la Fontaine, Saint-Laurent-sur-Cèze (30)") || len([]rune(got)) > 120 {
		t.Errorf("event: got the summary %q", got)
	}
	starts, err := time.Parse(time.RFC3339, text(object, "startTime"))
	if err != nil || starts.In(zone(t)).Format("2006-01-02T15:04") != day(9)+"T18:00" {
		t.Errorf("event: got start %v, error %v, want %s on the town's clock", starts, err, day(9)+"T18:00")
	}
	organizers, err := mastodon.get(text(object, "organizers", "id"))
	if items, _ := dig(organizers, "items").([]any); err != nil || text(organizers, "type") != "Collection" || len(items) != 1 || items[0] != shop.Actor {
		t.Errorf("organizers: got %v, error %v", organizers, err)
	}

	article := tw.publish("fournil", "Le four de 1911 a été rebriqué.\n\nOn y cuit trois fois par semaine.", "--kind", "article", "--title", "Le four")
	object, _ = dig(mastodon.await("Create", article.ID).activity, "object").(map[string]any)
	if text(object, "type") != "Article" || text(object, "name") != "Le four" || text(object, "summary") != "Le four de 1911 a été rebriqué." ||
		text(object, "preview", "type") != "Note" || !strings.Contains(text(object, "content"), "trois fois") {
		t.Errorf("article: got %v", object)
	}

	product := tw.publish("fournil", "Levain, au bois.", "--kind", "product", "--title", "Tourte de seigle", "--price", "4.50")
	document, err := mastodon.get(product.ID)
	if err != nil || text(document, "bourg:product", "price") != "4.50" || text(document, "type") != "Note" {
		t.Errorf("product: got %v, error %v", document, err)
	}
	products, err := mastodon.get(text(found.document, "bourg:products"))
	if err != nil || number(products, "totalItems") != 1 || text(products, "orderedItems", "id") != product.ID {
		t.Errorf("products: got %v, error %v", products, err)
	}
	// Mastodon passes over what is embedded in featured and no Note, and fetches an id.
	featured, err := mastodon.get(shop.Actor + "/featured")
	items, _ := dig(featured, "orderedItems").([]any)
	if err != nil || len(items) != 3 || text(items[0], "id") != shop.Actor+"/card" || text(items[1], "id") != offer.ID || items[2] != event.ID {
		t.Errorf("featured: got %v, error %v, want the card, the offer and the event's id", items, err)
	}

	// A reader that takes documents apart as JSON-LD finds the same in them.
	fedify := startPeer(t, cavage)
	for id, want := range map[string]string{offer.ID: "Note", event.ID: "Event", article.ID: "Article", product.ID: "Note"} {
		if read := fedify.does("fetch", fields{"name": "anna", "url": id}); text(read, "type") != want {
			t.Errorf("Fedify reads %s as %q, want %s", id, text(read, "type"), want)
		}
	}

	// An edit of the text keeps the rest.
	tw.run("edit", event.ID, "--text", "On allume le four à la nuit tombée.")
	object, _ = dig(mastodon.await("Update", event.ID).activity, "object").(map[string]any)
	if text(object, "name") != "Fête du pain" || !strings.Contains(text(object, "content"), "tombée") || text(object, "startTime") == "" {
		t.Errorf("edited event: got %v", object)
	}
	tw.run("withdraw", event.ID)
	if got := text(mastodon.await("Delete", event.ID).activity, "object", "formerType"); got != "Event" {
		t.Errorf("Delete: got former type %q, want Event", got)
	}
	status, _, body, err := mastodon.fetch(event.ID, "application/activity+json")
	if err != nil || status != http.StatusGone || !strings.Contains(string(body), `"formerType":"Event"`) {
		t.Errorf("the deleted event: got %d %s, error %v, want 410 with its former type", status, body, err)
	}
	if got := mastodon.got("Create", product.ID); len(got) != 0 {
		t.Errorf("product: got %d Creates, want none", len(got))
	}
}

var unbroken = strings.NewReplacer("\u00a0", " ", "\u202f", " ")

func zone(t *testing.T) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// On the day after its last an offer says that it is over, once, and leaves the profile.
func TestAnOfferRetires(t *testing.T) {
	t.Parallel()
	tw := startTown(t)
	shop := tw.addMerchant("fournil", "Le Fournil de la Halle", "boulangerie")
	mastodon := newFollower(t)
	mastodon.follow("odile", mastodon.discover("fournil@"+tw.host))
	offer := tw.publish("fournil", "Pur beurre.", "--kind", "offer", "--title", "Galette", "--price", "9.90")
	mastodon.await("Create", offer.ID)
	tw.stop()
	tw.sql(`UPDATE posts SET published_at = published_at - interval '5 days', leaves_at = leaves_at - interval '5 days', starts_at = NULL, ends_at = now() - interval '25 hours'`)
	tw.start() // which looks at once
	update := mastodon.await("Update", offer.ID)
	if got := text(update.activity, "object", "content"); !strings.HasPrefix(got, "<p><strong>Terminé — Galette") || text(update.activity, "object", "bourg:offer", "status") != "ended" {
		t.Errorf("got %q", got)
	}
	featured, err := mastodon.get(shop.Actor + "/featured")
	if items, _ := dig(featured, "orderedItems").([]any); err != nil || len(items) != 1 {
		t.Errorf("featured: got %v, error %v, want the card alone", items, err)
	}
	tw.stop()
	tw.start()
	tw.settled()
	if got := mastodon.got("Update", offer.ID); len(got) != 1 {
		t.Errorf("after another start: got %d Updates, want 1", len(got))
	}
}

// On the day before, the shop announces its event, and puts it on its profile: once, however
// often the server is killed while it does so.
func TestTheReminderOfAnEventComesOnce(t *testing.T) {
	t.Parallel()
	tw := startTown(t)
	tw.addMerchant("fournil", "Le Fournil de la Halle", "boulangerie")
	mastodon := newFollower(t)
	found := mastodon.discover("fournil@" + tw.host)
	mastodon.follow("odile", found)
	event := tw.publish("fournil", "On allume le four.", "--kind", "event", "--title", "Fête du pain", "--from", day(20)+"T18:00")
	mastodon.await("Create", event.ID)
	tw.kill()
	// It is noon in this town, and the event is tomorrow at noon.
	now := time.Now().UTC()
	tw.sql(`UPDATE town SET time_zone = $1`, fmt.Sprintf("Etc/GMT%+d", now.Hour()-12))
	tw.sql(`UPDATE posts SET published_at = published_at - interval '5 days', leaves_at = leaves_at - interval '5 days', starts_at = now() + interval '24 hours'`)
	for n := range 12 {
		tw.launch()
		time.Sleep(time.Duration(n) * 60 * time.Millisecond)
		tw.kill()
	}
	tw.start()
	announce := mastodon.await("Announce", event.ID)
	add := mastodon.await("Add", event.ID)
	if text(announce.activity, "actor") != found.ID || text(add.activity, "target") != found.ID+"/featured" {
		t.Errorf("got %v and %v", announce.activity, add.activity)
	}
	tw.settled()
	ids := map[string]bool{}
	for _, d := range mastodon.got("Announce", event.ID) {
		ids[text(d.activity, "id")] = true
	}
	for _, d := range mastodon.got("Add", event.ID) {
		ids[text(d.activity, "id")] = true
	}
	if len(ids) != 2 {
		t.Errorf("got %d different activities, want one Announce and one Add", len(ids))
	}
}

// What cannot be published says why.
func TestPublishRefusesWhatItCannotSay(t *testing.T) {
	t.Parallel()
	tw := newTown(t)
	tw.addMerchant("fournil", "Le Fournil de la Halle", "boulangerie")
	for _, c := range []struct{ args, says string }{
		{"--kind poll", "poll"},
		{"--kind news --title Galette", "--title"},
		{"--kind offer --title Galette", "price.empty"},
		{"--kind offer --title Galette --price douze", "--price"},
		{"--kind offer --title Galette --price 9.90 --prior-price 8", "prior.low"},
		{"--kind event --title Marché", "starts.empty"},
		{"--kind event --title Marché --from demain", "--from"},
		{"--kind event --title Marché --from 2020-12-12T09:00", "starts.far"},
		{"--kind event --title Marché --from " + day(2) + " --until " + day(1), "ends.early"},
		{"--kind product", "title.empty"},
	} {
		got := tw.try(append([]string{"publish", "--as", "fournil"}, strings.Fields(c.args)...)...)
		if got.code == 0 || !strings.Contains(got.stderr, c.says) || got.stdout != "" {
			t.Errorf("%s: got code %d, %q, want %q", c.args, got.code, got.stderr, c.says)
		}
	}
}
