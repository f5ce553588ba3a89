package main_test

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// loggedLink returns the first link of the town's that its log names and that holds a secret.
func (tw *town) loggedLink() string {
	tw.t.Helper()
	pattern := regexp.MustCompile(regexp.QuoteMeta(tw.url.String()) + `/[^\s"\\]*[A-Za-z0-9_-]{20,}`)
	var link string
	eventually(tw.t, "the log names a one-time link", func() error {
		if link = pattern.FindString(tw.log.String()); link == "" {
			return errors.New("got no link in the log")
		}
		return nil
	})
	return link
}

// A new town, with nothing but the defaults: whoever reads the log sets it up, nobody else
// can; the town hall invites a merchant, who signs in and posts with a photo from a phone.
func TestSetUpOnTheFirstVisit(t *testing.T) {
	t.Parallel()
	tw := startTown(t, notSetUp, privatePostgres)
	visitor := tw.open()
	first := visitor.get("/")
	if strings.Contains(first.body, "<form") && first.says("INSEE") {
		t.Errorf("anybody may set the town up at /:\n%s", first.words())
	}
	link := tw.loggedLink()
	if strings.Contains(first.body, link) {
		t.Error("the set-up link stands on the page")
	}
	wrong := visitor.get(link[:len(link)-5] + "00000")
	if wrong.status < 400 || strings.Contains(wrong.body, "insee") {
		t.Errorf("a wrong link: got status %d, want an error and no form", wrong.status)
	}

	admin := tw.open()
	refused := admin.visit(link).mainForm().fill("nom", "").fill("email", "mairie@saint-laurent.example").pressAnyway()
	if refused.status < 400 || !strings.Contains(refused.body, "mairie@saint-laurent.example") {
		t.Errorf("an empty form: got status %d, want an error and what was typed", refused.status)
	}
	admin.visit(link).mainForm().
		fill("nom", "Saint-Laurent-sur-Cèze").fill("insee", "30273").fill("latitude", "44,17").fill("longitude", "4,49").
		fill("identifiant", "saintlaurent").fill("email", "mairie@saint-laurent.example").fill("telephone", "04 65 71 20 00").
		press()
	tw.open().visit("/").must("Saint-Laurent")
	if again := tw.open().get(link); again.status < 400 && again.says("INSEE") {
		t.Errorf("the link works a second time:\n%s", again.words())
	}

	// The town hall may be signed in already, or get a link of its own.
	hall := admin.get("/mairie")
	if hall.status != http.StatusOK || !strings.HasPrefix(hall.url.Path, "/mairie") {
		admin, _ = tw.signIn(text(tw.run("admin", "add", "--email", "mairie@saint-laurent.example"), "sign_in"))
	}
	invited := admin.visit("/mairie/commerces").form("Inscrire")
	invited.fill("nom", "Le Fournil de la Halle").fill("metier", "boulangerie").fill("email", "fournil@saint-laurent.example")
	page := invited.press()
	handedOver := regexp.MustCompile(regexp.QuoteMeta(tw.url.String()) + `/[^\s"<]*[A-Za-z0-9_-]{20,}`).FindString(page.body)
	if handedOver == "" {
		t.Fatalf("no link to hand over on the page:\n%s", page.words())
	}

	merchant, _ := tw.signIn(handedOver)
	done := merchant.visit("/espace/publier").form("Publier").
		fill("texte", "Première fournée !").fill("alt", "Des pains sur une table.").attach("IMG_0001.JPG", photo(t, 3000, 2000)).
		press().must("publié", "Première fournée")
	if len(done.pictures()) == 0 {
		t.Errorf("no picture on the page:\n%s", done.body)
	}
	feed := tw.open().visit("/").must("Première fournée", "Le Fournil de la Halle")
	shown := false
	for _, src := range feed.pictures() {
		if strings.Contains(src, "/media/") {
			shown = true
			checkShown(t, src)
		}
	}
	if !shown {
		t.Errorf("no upload among the feed's pictures %v", feed.pictures())
	}
}

// checkShown fetches a picture that a page shows.
func checkShown(t *testing.T, src string) {
	t.Helper()
	res, err := http.Get(src)
	if err != nil {
		t.Fatalf("fetch %s: %v", src, err)
	}
	defer res.Body.Close()
	if got := res.Header.Get("Content-Type"); res.StatusCode != http.StatusOK || !strings.HasPrefix(got, "image/") {
		t.Errorf("picture %s: got status %d and %q, want 200 and a picture", src, res.StatusCode, got)
	}
}

// What the merchant takes back in time never leaves, and is a draft again with nothing
// lost; what is corrected in time leaves once, as corrected.
func TestWhatIsTakenBackInTimeNeverLeaves(t *testing.T) {
	t.Parallel()
	tw := startTown(t, with("BOURG_UNDO_WINDOW", "15s"))
	bakery := tw.addMerchant("fournil", "Le Fournil de la Halle", "boulangerie")
	f := newFollower(t)
	f.follow("odile", f.discover("fournil@"+tw.host))
	b, _ := tw.signIn(bakery.SignIn)

	write := func(words string) *page {
		t.Helper()
		return b.visit("/espace/publier?neuf=1").form("Publier").fill("texte", words).press().must("publié", words)
	}
	draft := write("Trop vite.").form("Annuler").press()
	if got := draft.form("Publier").values.Get("texte"); got != "Trop vite." {
		t.Errorf("got the draft %q, want what was taken back", got)
	}
	if tw.open().visit("/").says("Trop vite.") {
		t.Error("what was taken back stands in the feed")
	}
	edited := write("Fournée à 9 h.").click("Modifier").form("Enregistrer").fill("texte", "Fournée à 10 h.").press()
	edited.must("10 h")

	create := f.await("Create", "")
	if got := plain.Replace(text(create.activity, "object", "content")); !strings.Contains(got, "10 h.") {
		t.Errorf("the follower got %q, want the corrected words", got)
	}
	tw.settled()
	if creates, updates := f.got("Create", ""), f.got("Update", ""); len(creates) != 1 || len(updates) != 0 {
		t.Errorf("got %d Creates and %d Updates, want the one corrected Create", len(creates), len(updates))
	}
}
