package main_test

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// A merchant who had an account on Mastodon names it in the browser, and the followers come from there.
func TestAMerchantComesFromMastodon(t *testing.T) {
	t.Parallel()
	tw := startTown(t)
	bakery := tw.addMerchant("fournil", "Le Fournil de la Halle", "boulangerie")
	mastodon, readers := newFollower(t), newFollower(t)
	b, _ := tw.signIn(bakery.SignIn)

	page := b.visit("/espace/demenager")
	page.form("C'est aussi mon compte").fill("Votre ancien compte", "martin").pressAnyway().must("Écrivez une adresse comme")
	page.form("C'est aussi mon compte").fill("Votre ancien compte", "@nobody@"+tw.host).pressAnyway().must("de notre commune")
	page = page.form("C'est aussi mon compte").fill("Votre ancien compte", "@martin@"+mastodon.host).press()
	page.must("Il reste à le dire là-bas", "@fournil@"+tw.host, "0 personne")
	shop := mastodon.discover("fournil@" + tw.host)
	if got := list(shop.document, "alsoKnownAs"); !slices.Equal(got, []string{mastodon.user("martin")}) {
		t.Errorf("alsoKnownAs: got %q, want the old account", got)
	}

	// Mastodon sends its Move to the followers' servers, whose people then follow the shop.
	mastodon.tie("martin", ties{movedTo: bakery.Actor})
	readers.follow("odile", readers.discover("fournil@"+tw.host))
	page = b.visit("/espace/demenager").form("Regarder de nouveau").press()
	page.must("dit qu'il a déménagé ici", "1 personne s'est abonnée")

	// The list of followers is the shop's own.
	list := b.get("/espace/demenager/abonnes.csv")
	rows, err := csv.NewReader(strings.NewReader(list.body)).ReadAll()
	if want := [][]string{{"Account address"}, {"odile@" + readers.host}}; err != nil || fmt.Sprint(rows) != fmt.Sprint(want) {
		t.Errorf("the list of followers: got %v, error %v, want %v", rows, err, want)
	}
	if got := tw.open().get("/espace/demenager/abonnes.csv"); strings.Contains(got.body, "odile") {
		t.Errorf("a stranger gets the list of followers:\n%s", got.body)
	}
	b.visit("/espace/demenager").form("Ce n'est plus mon compte").press()
	update := readers.await("Update", bakery.Actor)
	if got := text(update.activity, "object", "alsoKnownAs"); got != "" {
		t.Errorf("alsoKnownAs after it was forgotten: got %q, want nothing", got)
	}
}

// A merchant moves from one town to another, and the followers elsewhere with it; the old town hall can take it back.
func TestAMerchantMovesToAnotherTown(t *testing.T) {
	t.Parallel()
	from, to := startTown(t), startTown(t, with("BOURG_TOWN_NAME", "Saint-Aubin"))
	old := from.addMerchant("fournil", "Le Fournil de la Halle", "boulangerie")
	next := to.addMerchant("pain", "Le Fournil de la Halle", "boulangerie")
	post := from.publish("fournil", "Dernière fournée ici.")
	f := newFollower(t)
	shop := f.discover("fournil@" + from.host)
	follow := f.follow("odile", shop)

	// The new account does not name the old one yet.
	b, _ := from.signIn(old.SignIn)
	page := b.visit("/espace/demenager").form("Continuer").fill("Votre nouveau compte", "@pain@"+to.host).pressAnyway()
	page.must("ne dit pas encore qu'il est aussi le vôtre")
	if got := from.try("merchant", "move", "--as", "fournil", "--to", "@pain@"+to.host); got.code == 0 || !strings.Contains(got.stderr, "does not name this merchant") {
		t.Errorf("bourg merchant move to an account that does not know of it: got %+v, want a sentence", got)
	}
	alias := to.run("merchant", "alias", "--as", "pain", "--add", old.URL)
	if got := text(alias, "aliases", "id"); got != old.Actor {
		t.Errorf("bourg merchant alias: got %v, want the old actor", alias)
	}

	sure := b.visit("/espace/demenager").form("Continuer").fill("Votre nouveau compte", "@pain@"+to.host).press()
	sure.must("Partir pour @pain@"+to.host, "1 personne abonnée est invitée")
	sure.form("Oui, je déménage").press().must("vos abonnés sont prévenus", "Parti pour @pain@"+to.host)

	moved := f.obeyMove("odile", shop, follow)
	if moved.ID != next.Actor {
		t.Fatalf("the Move leads to %s, want %s", moved.ID, next.Actor)
	}
	news := to.publish("pain", "Première fournée là-bas.")
	f.await("Create", news.ID)
	eventually(t, "the old town has no follower any more", func() error { return followersOf(f, shop, 0) })

	// What was said stays, and says where to go; nobody new follows, and nothing new is said.
	reader := from.open()
	reader.visit(old.URL).must("a déménagé", "@pain@"+to.host, "Dernière fournée ici.")
	reader.visit(post.URL).must("Dernière fournée ici.")
	late := f.act("marc", "Follow", old.Actor)
	f.send(shop.Inbox, late)
	if got := f.await("Reject", text(late, "id")); text(got.activity, "object", "actor") != f.user("marc") || got.path != "/users/marc/inbox" {
		t.Errorf("a late Follow: got %v at %s, want it rejected", got.activity, got.path)
	}
	if got := from.try("publish", "--as", "fournil", "--text", "Encore une."); got.code == 0 || !strings.Contains(got.stderr, "moved") {
		t.Errorf("publishing after the move: got %+v, want a sentence", got)
	}
	b.visit("/espace/publier").must("Votre commerce a déménagé")

	hall, _ := from.signIn(text(from.run("admin", "add", "--email", "mairie@saint-laurent.example"), "sign_in"))
	hall.visit("/mairie/commerces").must("Parti pour").form("Annuler le déménagement").press()
	back, err := f.get(old.Actor)
	if err != nil {
		t.Fatal(err)
	}
	if got := text(back, "movedTo"); got != "" {
		t.Errorf("movedTo after it was taken back: got %q, want none", got)
	}
	f.follow("marc", shop)
	f.await("Create", from.publish("fournil", "De retour.").ID)
	if got := from.try("merchant", "move", "--as", "fournil", "--to", "@pain@"+to.host); got.code == 0 || !strings.Contains(got.stderr, "one move a week") {
		t.Errorf("moving again the same day: got %+v, want a sentence", got)
	}
}

// A merchant thanks, removes, reports and blocks in the browser; the servers of those people get it as Mastodon would say it.
func TestWhatAMerchantDoesToPeople(t *testing.T) {
	t.Parallel()
	tw := startTown(t)
	bakery := tw.addMerchant("fournil", "Le Fournil de la Halle", "boulangerie")
	post := tw.publish("fournil", "Fournée de seigle ce matin.")
	f := newFollower(t)
	shop := f.discover("fournil@" + tw.host)
	follow := f.follow("odile", shop)
	reply := f.reply("odile", post.ID, shop.ID, "<p>Gardez-moi une tourte.</p>")
	f.send(shop.Inbox, reply)
	note := text(reply, "object", "id")
	b, _ := tw.signIn(bakery.SignIn)
	thread := b.visit("/espace/messages").click("Gardez-moi une tourte")

	thread = thread.form("Dire merci").press()
	thread.must("Vous avez dit merci")
	like := f.await("Like", note)
	if like.path != "/users/odile/inbox" || text(like.activity, "actor") != shop.ID {
		t.Errorf("thanks: got %v at %s, want a Like by the shop at its reader's", like.activity, like.path)
	}
	thread = thread.form("Retirer le merci").press()
	if undo := f.await("Undo", text(like.activity, "id")); text(undo.activity, "object", "object") != note || text(undo.activity, "object", "type") != "Like" {
		t.Errorf("thanks taken back: got %v, want an Undo with the Like in it", undo.activity)
	}

	thread = thread.form("Retirer de mes abonnés").press()
	if reject := f.await("Reject", text(follow, "id")); text(reject.activity, "object", "actor") != f.user("odile") {
		t.Errorf("a removed follower: got %v, want a Reject of the Follow", reject.activity)
	}
	if err := followersOf(f, shop, 0); err != nil {
		t.Error(err)
	}

	report := thread.form("Signaler à " + f.host)
	report.fill("Ce qui ne va pas", "Elle insiste: trop.").press().must("C'est signalé à " + f.host)
	flag := f.await("Flag", "").activity
	signer, err := f.get(text(flag, "actor"))
	if err != nil || text(signer, "type") != "Application" {
		t.Errorf("the report is signed by a %q, error %v, want the server's own actor", text(signer, "type"), err)
	}
	if got, want := list(flag, "object"), []string{f.user("odile"), note}; !slices.Equal(got, want) || text(flag, "content") != "Elle insiste: trop." {
		t.Errorf("the report: got %v, want the writer and the note with the words", flag)
	}
	hall, _ := tw.signIn(text(tw.run("admin", "add", "--email", "mairie@saint-laurent.example"), "sign_in"))
	hall.visit("/mairie/signalements/envoyes").must(f.host, "Le Fournil de la Halle", "Elle insiste")
	// The town hall reports it as well, from the post's own page.
	hall.visit(post.URL).click("Signaler").form("Signaler à " + f.host).press().must("Signalé par la mairie")

	again := f.follow("odile", shop)
	thread = b.visit(thread.url.String()).form("Bloquer cette personne").press()
	thread.must("Vous avez bloqué Odile")
	f.await("Reject", text(again, "id"))
	block := f.await("Block", f.user("odile")).activity
	if got := tw.open().visit(post.URL); got.says("Gardez-moi une tourte") {
		t.Error("what the blocked person wrote is still on the page")
	}
	f.send(shop.Inbox, f.reply("odile", post.ID, shop.ID, "<p>Encore moi.</p>"))
	third := f.act("odile", "Follow", shop.ID)
	f.send(shop.Inbox, third)
	f.await("Reject", text(third, "id"))
	if got := tw.open().visit(post.URL); got.says("Encore moi") {
		t.Error("what the blocked person wrote later is on the page")
	}
	if got := b.visit("/espace/messages"); got.says("Gardez-moi") || got.says("Encore moi") {
		t.Errorf("the merchant still reads the blocked person:\n%s", got.words())
	}
	b.visit("/espace/abonnes").must("@odile@" + f.host).form("Débloquer").press().must("peut de nouveau vous écrire")
	if undo := f.await("Undo", text(block, "id")); text(undo.activity, "object", "type") != "Block" {
		t.Errorf("unblocked: got %v, want an Undo with the Block in it", undo.activity)
	}
	f.follow("odile", shop)
	b.visit("/espace/abonnes").must("@odile@" + f.host).form("Retirer de mes abonnés").press().must("ne reçoit plus vos nouvelles")
	if err := followersOf(f, shop, 0); err != nil {
		t.Error(err)
	}
}
