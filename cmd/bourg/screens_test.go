package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"bourg/federation"
	"bourg/internal/town"

	"github.com/google/uuid"
	"golang.org/x/net/html"
)

// The stories below go through the whole router with the real store, named after what people do.

// words is what stands on a page, in plain spaces and apostrophes.
func words(rec *httptest.ResponseRecorder) string {
	root, err := html.Parse(bytes.NewReader(rec.Body.Bytes()))
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	for n := range root.Descendants() {
		if n.Type == html.TextNode {
			b.WriteString(n.Data + " ")
		}
		for _, a := range n.Attr {
			if a.Key == "value" {
				b.WriteString(a.Val + " ")
			}
		}
	}
	plain := strings.NewReplacer("\u00a0", " ", "\u202f", " ", "’", "'").Replace(b.String())
	return strings.Join(strings.Fields(plain), " ")
}

// shows fails the test unless the answer has the status and these words.
func shows(t *testing.T, what string, rec *httptest.ResponseRecorder, status int, phrases ...string) {
	t.Helper()
	if rec.Code != status {
		t.Errorf("%s: got status %d, want %d:\n%s", what, rec.Code, status, words(rec))
	}
	for _, phrase := range phrases {
		if got := words(rec); !strings.Contains(got, phrase) {
			t.Errorf("%s: got no %q in:\n%s", what, phrase, got)
		}
	}
}

// leads fails the test unless the answer leads to the address, and returns where it leads.
func leads(t *testing.T, what string, rec *httptest.ResponseRecorder, pattern string) string {
	t.Helper()
	to := rec.Header().Get("Location")
	if rec.Code != http.StatusSeeOther || !regexp.MustCompile("^"+pattern+"$").MatchString(to) {
		t.Errorf("%s: got status %d to %q, want 303 to %s:\n%s", what, rec.Code, to, pattern, words(rec))
	}
	return to
}

const newsPages = `/espace/nouvelles/[0-9a-f-]{36}/publie`

func (h *house) count(sql string, args ...any) int {
	h.t.Helper()
	var n int
	h.must(h.town.store.Pool().QueryRow(h.t.Context(), sql, args...).Scan(&n))
	return n
}

func news(text, gesture string) url.Values {
	return url.Values{"texte": {text}, "geste": {gesture}, "cle": {uuid.NewString()}, "alt": {"Du pain."}, "portee": {"town"}}
}

// A link shows a button to whoever opens it, lets in the first who presses that, and nobody after (A7, A17).
func TestALinkIsUsedOnce(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	link := h.link("fournil@saint-laurent.example")
	for range 3 {
		shows(t, "looking at the link", h.visitor().get(link), http.StatusOK, "Le Fournil de la Halle", "Entrer")
		h.visitor().send(http.MethodHead, link, nil, "")
	}
	var entered int
	var mu sync.Mutex
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			if rec := h.visitor().post(link, nil); rec.Code == http.StatusSeeOther {
				mu.Lock()
				entered++
				mu.Unlock()
			}
		})
	}
	group.Wait()
	if entered != 1 {
		t.Errorf("pressed by twenty at once: got %d in, want 1", entered)
	}
	shows(t, "the used link", h.visitor().get(link), http.StatusGone, "Ce lien ne sert plus")
	if got := h.visitor().get(h.link("fournil@saint-laurent.example")).Header(); got.Get("Cache-Control") != "no-store" || got.Get("Referrer-Policy") != "same-origin" {
		t.Errorf("headers of a link: got %q and %q, want no copy and no referrer elsewhere", got.Get("Cache-Control"), got.Get("Referrer-Policy"))
	}
}

// A cookie that somebody planted before the sign-in is worth nothing afterwards (A3), and the real one is kept from scripts,
// other sites and plain HTTP (A4).
func TestSessionFixation(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	p := h.enter("potager@saint-laurent.example")
	planted := p.cookies["__Host-bourg"].Value
	rec := p.post(h.link("fournil@saint-laurent.example"), nil)
	fresh := p.cookies["__Host-bourg"]
	if fresh.Value == planted {
		t.Error("the session kept its token over a sign-in")
	}
	attributes := rec.Header().Get("Set-Cookie")
	for _, want := range []string{"__Host-bourg=", "Path=/", "HttpOnly", "Secure", "SameSite=Lax", "Max-Age=15"} {
		if !strings.Contains(attributes, want) {
			t.Errorf("cookie: got %q, want %s in it", attributes, want)
		}
	}
	if strings.Contains(attributes, "Domain") {
		t.Errorf("cookie: got %q, want no domain", attributes)
	}
	thief := h.visitor()
	thief.cookies["__Host-bourg"] = &http.Cookie{Name: "__Host-bourg", Value: planted}
	leads(t, "with the old token", thief.get("/espace/publier"), `/connexion\?suite=%2Fespace%2Fpublier`)
	shows(t, "with the new token", p.get("/espace/publier"), http.StatusOK, "Quoi de neuf")
}

// setPassword gives a shop a password by the screens.
func (h *house) setPassword(p *person, old, password string) *httptest.ResponseRecorder {
	return p.post("/espace/compte/mot-de-passe", url.Values{"ancien": {old}, "nouveau": {password}})
}

const goodPassword = "quatre mots qui riment"

// Whoever changes the password gives the old one, and every other session ends (A8).
func TestChangingThePassword(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	phone, shop := h.enter("fournil@saint-laurent.example"), h.enter("fournil@saint-laurent.example")
	shows(t, "too short", h.setPassword(phone, "", "court"), http.StatusUnprocessableEntity, "Prenez dix signes au moins")
	leads(t, "the first password", h.setPassword(phone, "", goodPassword), `/espace/compte\?fait=1`)
	shows(t, "this session goes on", phone.get("/espace/compte?fait=1"), http.StatusOK, "C'est enregistré", "Mot de passe actuel")
	leads(t, "the other session has ended", shop.get("/espace/compte"), `/connexion\?suite=.*`)
	shows(t, "without the old one", h.setPassword(phone, "je ne sais plus", "un autre mot de passe"), http.StatusUnprocessableEntity, "Ce n'est pas votre mot de passe actuel")

	enter := url.Values{"email": {" Fournil@saint-laurent.example"}, "mot_de_passe": {goodPassword}, "geste": {"entrer"}, "suite": {"/espace/messages"}}
	leads(t, "entering with it", h.visitor().post("/connexion", enter), `/espace/messages`)
}

// Twenty-five wrong passwords in five minutes are enough, for one account from everywhere and for one client over all accounts (A5).
func TestTwentySixWrongPasswords(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	leads(t, "a password", h.setPassword(h.enter("fournil@saint-laurent.example"), "", goodPassword), `.*`)
	try := func(from, email, password string) *httptest.ResponseRecorder {
		p := h.visitor()
		p.from = from
		return p.post("/connexion", url.Values{"email": {email}, "mot_de_passe": {password}, "geste": {"entrer"}})
	}
	for i := range 25 {
		rec := try(fmt.Sprintf("198.51.100.%d:1", i), "fournil@saint-laurent.example", "faux")
		shows(t, "a wrong password", rec, http.StatusUnprocessableEntity, "ne vont pas ensemble")
	}
	rec := try("198.51.100.200:1", "fournil@saint-laurent.example", goodPassword)
	shows(t, "the twenty-sixth, though right", rec, http.StatusTooManyRequests, "Doucement")
	if rec.Header().Get("Retry-After") == "" {
		t.Error("the twenty-sixth: got no Retry-After")
	}
	for i := range 25 { // one customer has a whole /64
		rec := try(fmt.Sprintf("[2001:db8:1:1::%x]:1", i), fmt.Sprintf("personne%d@saint-laurent.example", i), "faux")
		shows(t, "an unknown account", rec, http.StatusUnprocessableEntity, "ne vont pas ensemble")
	}
	shows(t, "the twenty-sixth account", try("[2001:db8:1:1::ffff]:1", "autre@saint-laurent.example", "faux"), http.StatusTooManyRequests)
	shows(t, "from elsewhere", try("[2001:db8:1:2::1]:1", "autre@saint-laurent.example", "faux"), http.StatusUnprocessableEntity)
}

// Nobody learns who signs in here (A6), and nobody's letter box is filled (D12).
func TestAskingForALink(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	ask := func(email string) *httptest.ResponseRecorder {
		return h.visitor().post("/connexion", url.Values{"email": {email}, "geste": {"lien"}})
	}
	known, unknown := ask("fournil@saint-laurent.example"), ask("inconnu@saint-laurent.example")
	shows(t, "a known address", known, http.StatusOK, "Regardez votre courrier")
	if got, want := strings.ReplaceAll(unknown.Body.String(), "inconnu@", "fournil@"), known.Body.String(); got != want || unknown.Code != known.Code {
		t.Error("an unknown address is answered otherwise than a known one")
	}
	if n := h.count(`SELECT count(*) FROM sign_in_links`); n != 3 { // two invitations, and this one
		t.Errorf("links: got %d, want 3", n)
	}
	for range 4 {
		ask("fournil@saint-laurent.example")
	}
	shows(t, "the sixth", ask("Fournil@saint-laurent.example"), http.StatusTooManyRequests, "Doucement")
	shows(t, "no address", ask("fournil"), http.StatusUnprocessableEntity, "Écrivez une adresse électronique")
}

// Signing in leads to where one wanted to go, and never out of the town.
func badNext(t *testing.T) { // I8
	t.Parallel()
	h := openHouse(t)
	leads(t, "a password", h.setPassword(h.enter("fournil@saint-laurent.example"), "", goodPassword), `.*`)
	for i, c := range []struct{ next, want string }{
		{"/espace/messages", "/espace/messages"}, {"/espace/publier?neuf=1", `/espace/publier\?neuf=1`},
		{"//evil.example", "/espace/publier"}, {`/\evil.example`, "/espace/publier"}, {"https:evil.example", "/espace/publier"},
		{"https://evil.example/", "/espace/publier"}, {"\t//evil.example", "/espace/publier"}, {"/\t/evil.example", "/espace/publier"},
		{"@evil.example", "/espace/publier"}, {"javascript:alert(1)", "/espace/publier"}, {"%09//evil.example", "/espace/publier"},
		{"", "/espace/publier"},
	} {
		p := h.visitor()
		p.from = fmt.Sprintf("198.51.100.%d:1", i)
		rec := p.post("/connexion", url.Values{
			"email": {"fournil@saint-laurent.example"}, "mot_de_passe": {goodPassword}, "geste": {"entrer"}, "suite": {c.next},
		})
		leads(t, fmt.Sprintf("suite=%q", c.next), rec, c.want)
		leads(t, fmt.Sprintf("signed in already, suite=%q", c.next), p.get("/connexion?suite="+url.QueryEscape(c.next)), c.want)
	}
	rec := h.visitor().post("/apparence", url.Values{"theme": {"sombre"}, "retour": {"//evil.example"}})
	leads(t, "colours", rec, "/")
}

// The account page lists the browsers in which it is open, and closes any of them.
func TestClosingAnotherDevice(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	phone, lost := h.enter("fournil@saint-laurent.example"), h.enter("fournil@saint-laurent.example")
	stranger := h.enter("potager@saint-laurent.example")
	page := phone.get("/espace/compte")
	shows(t, "the list", page, http.StatusOK, "Téléphone Android, Chrome", "Cet appareil")
	id := regexp.MustCompile(`name="appareil" value="([0-9a-f]{64})"`).FindAllStringSubmatch(page.Body.String(), -1)
	if len(id) != 1 {
		t.Fatalf("other devices: got %d, want the one", len(id))
	}
	form := url.Values{"appareil": {id[0][1]}}
	leads(t, "another's device", stranger.post("/espace/compte/appareils", form), `/espace/compte.*`)
	shows(t, "it goes on", lost.get("/espace/publier"), http.StatusOK)
	leads(t, "one's own", phone.post("/espace/compte/appareils", form), `/espace/compte.*`)
	leads(t, "it is closed", lost.get("/espace/publier"), `/connexion.*`)
	leads(t, "signing out", phone.post("/deconnexion", nil), `/`)
	if n := h.count(`SELECT count(*) FROM sessions`); n != 1 {
		t.Errorf("sessions: got %d, want the stranger's", n)
	}
}

// Whoever is disabled is out at once (A8).
func TestWhoIsDisabledIsOut(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	p := h.enter("fournil@saint-laurent.example")
	h.exec(t, `UPDATE logins SET disabled_at = now()`)
	leads(t, "the next page", p.get("/espace/publier"), `/connexion.*`)
	if len(p.cookies) > 0 || h.count(`SELECT count(*) FROM sessions`) > 0 {
		t.Error("the session is still there")
	}
}

// Two taps on « Publier » are one piece of news, one after the other or at once, with a photo or from a draft (A15).
func TestADoubleTap(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	p, photo := h.enter("fournil@saint-laurent.example"), picture(t, 320, 240)
	form := news("", "publier")
	first := leads(t, "the first tap", p.upload("/espace/publier", form, "photo", "IMG_1.jpg", photo), newsPages)
	if second := leads(t, "the second tap", p.upload("/espace/publier", form, "photo", "IMG_1.jpg", photo), newsPages); second != first {
		t.Errorf("the second tap: got %q, want %q", second, first)
	}

	kept := news("", "garder")
	leads(t, "keeping a photo", p.upload("/espace/publier", kept, "photo", "IMG_2.jpg", photo), `/espace/publier\?garde=1`)
	draft := regexp.MustCompile(`brouillon=([0-9a-f-]{36})`).FindStringSubmatch(p.get("/espace/publier").Body.String())
	if draft == nil {
		t.Fatal("the draft is not in the list")
	}
	form = news("", "publier")
	form.Set("brouillon", draft[1])
	first = leads(t, "publishing the draft", p.post("/espace/publier", form), newsPages)
	if second := leads(t, "once more", p.post("/espace/publier", form), newsPages); second != first {
		t.Errorf("once more: got %q, want %q", second, first)
	}

	form = news("Tous ensemble.", "publier")
	answers := make([]string, 6)
	var group sync.WaitGroup
	for i := range answers {
		group.Go(func() {
			tap := *p
			tap.cookies = map[string]*http.Cookie{"__Host-bourg": p.cookies["__Host-bourg"]}
			answers[i] = tap.upload("/espace/publier", form, "photo", "IMG_3.jpg", photo).Header().Get("Location")
		})
	}
	group.Wait()
	for _, to := range answers {
		if to != answers[0] || to == "" {
			t.Errorf("at once: got %q, want them all the same", answers)
			break
		}
	}
	if posts, drafts := h.count(`SELECT count(*) FROM posts`), h.count(`SELECT count(*) FROM drafts`); posts != 3 || drafts != 0 {
		t.Errorf("got %d posts and %d drafts, want 3 and none", posts, drafts)
	}
}

// What is no photo is refused with a sentence, and every word stays; a good photo lies in the draft when the words are wrong.
func TestAPhotoThatIsNotOne(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	p := h.enter("fournil@saint-laurent.example")
	heic := append([]byte{0, 0, 0, 24}, "ftypheic\x00\x00\x00\x00mif1heic"...)
	for what, c := range map[string]struct {
		file     []byte
		sentence string
	}{
		"a letter":       {[]byte("Chère Odile, merci pour tout."), "n'est pas une photo"},
		"an iPhone's":    {heic, "HEIC"},
		"a page":         {[]byte("<!DOCTYPE html><script>alert(1)</script>"), "n'est pas une photo"},
		"half a photo":   {picture(t, 320, 240)[:800], "abîmée"},
		"nothing at all": {nil, "n'est pas une photo"},
	} {
		rec := p.upload("/espace/publier", news("Fournée de seigle.", "publier"), "photo", "IMG_1.jpg", c.file)
		shows(t, what, rec, http.StatusUnprocessableEntity, c.sentence, "Fournée de seigle.", "Du pain.", "Erreur")
	}
	if n := h.count(`SELECT count(*) FROM posts`); n != 0 {
		t.Errorf("posts: got %d, want none", n)
	}

	long := news(strings.Repeat("Trop long. ", 200), "publier")
	rec := p.upload("/espace/publier", long, "photo", "IMG_1.jpg", picture(t, 320, 240))
	shows(t, "too many words", rec, http.StatusUnprocessableEntity, "Raccourcissez le texte", "Retirer la photo")
	if !strings.Contains(rec.Body.String(), `src="/media/`) {
		t.Error("too many words: the photo does not show")
	}
	back := p.get("/espace/publier")
	shows(t, "coming back", back, http.StatusOK, "Nous avons retrouvé votre message", "Trop long.", "Retirer la photo")
	hidden := func(name string) string {
		m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(back.Body.String())
		if m == nil {
			return ""
		}
		return m[1]
	}
	again := news("Assez court.", "publier")
	again.Set("brouillon", hidden("brouillon"))
	again.Set("cle", hidden("cle"))
	done := leads(t, "publishing what came back", p.upload("/espace/publier", again, "photo", "", nil), newsPages)
	page := p.get(done)
	shows(t, "published", page, http.StatusOK, "C'est publié", "Assez court.")
	if !strings.Contains(page.Body.String(), `src="/media/`) || !strings.Contains(page.Body.String(), `alt="Du pain."`) {
		t.Error("published: the photo is lost")
	}
	shows(t, "a fresh start", p.get("/espace/publier?neuf=1"), http.StatusOK, "Quoi de neuf")
	if words := words(p.get("/espace/publier")); strings.Contains(words, "retrouvé") && !strings.Contains(words, "Fournée") {
		t.Errorf("what was published comes back as a draft:\n%s", words)
	}
}

// Nothing is published that says nothing.
func TestAnEmptyForm(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	p := h.enter("fournil@saint-laurent.example")
	shows(t, "no words", p.post("/espace/publier", news(" \n ", "publier")), http.StatusUnprocessableEntity, "Écrivez quelques mots ou ajoutez une photo")
	shows(t, "a made-up gesture", p.post("/espace/publier", news("Bonjour", "détruire")), http.StatusBadRequest)
	form := news("Bonjour", "publier")
	form.Set("portee", "la lune")
	shows(t, "a made-up reach", p.post("/espace/publier", form), http.StatusUnprocessableEntity, "Choisissez jusqu'où")
}

// What is kept for later is in the list and does not push itself forward.
func TestADraftKeptForLater(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	p := h.enter("fournil@saint-laurent.example")
	leads(t, "keeping", p.upload("/espace/publier", news("Pour samedi.", "garder"), "photo", "IMG_1.jpg", picture(t, 320, 240)), `/espace/publier\?garde=1`)
	shows(t, "kept", p.get("/espace/publier?garde=1"), http.StatusOK, "C'est gardé", "Pour samedi.", "Reprendre")
	page := p.get("/espace/publier")
	if strings.Contains(words(page), "retrouvé") {
		t.Error("what was kept on purpose is put back without being asked for")
	}
	open := regexp.MustCompile(`/espace/publier\?brouillon=[0-9a-f-]{36}`).FindString(page.Body.String())
	shows(t, "resuming", p.get(open), http.StatusOK, "Pour samedi.", "Retirer la photo")
	form := news("Pour samedi.", "retirer")
	form.Set("brouillon", open[len(open)-36:])
	leads(t, "taking the photo away", p.post("/espace/publier", form), regexp.QuoteMeta(open))
	if got := words(p.get(open)); strings.Contains(got, "Retirer la photo") || !strings.Contains(got, "Pour samedi.") {
		t.Errorf("without the photo: got %s", got)
	}
	stranger := h.enter("potager@saint-laurent.example")
	shows(t, "another's draft", stranger.get(open), http.StatusNotFound)

	remove := regexp.MustCompile(`/espace/brouillons/[0-9a-f-]{36}/supprimer`).FindString(p.get("/espace/publier?neuf=1").Body.String())
	leads(t, "throwing another's draft away", stranger.post(remove, nil), `/espace/publier\?supprime=1`)
	shows(t, "it is still there", p.get(open), http.StatusOK, "Pour samedi.")
	for _, tap := range []string{"throwing it away", "a second tap"} {
		leads(t, tap, p.post(remove, nil), `/espace/publier\?supprime=1`)
	}
	gone := p.get("/espace/publier?supprime=1")
	shows(t, "afterwards", gone, http.StatusOK, "Le brouillon est supprimé")
	if strings.Contains(words(gone), "Pour samedi.") || h.count(`SELECT count(*) FROM drafts`) != 0 {
		t.Error("afterwards: the draft is still there")
	}
}

// A photo of another shop's draft cannot be taken.
func badPhotoOfAnother(t *testing.T) { // U9
	t.Parallel()
	h := openHouse(t)
	baker, thief := h.enter("fournil@saint-laurent.example"), h.enter("potager@saint-laurent.example")
	leads(t, "the baker keeps a photo", baker.upload("/espace/publier", news("À moi.", "garder"), "photo", "IMG_1.jpg", picture(t, 320, 240)), `.*`)
	var draft uuid.UUID
	h.must(h.town.store.Pool().QueryRow(t.Context(), `SELECT id FROM drafts`).Scan(&draft))
	form := news("Volé ?", "publier")
	form.Set("brouillon", draft.String())
	leads(t, "the thief publishes", thief.post("/espace/publier", form), newsPages)
	if n := h.count(`SELECT count(*) FROM photos WHERE draft_id = $1`, draft); n != 1 {
		t.Error("the baker's photo is gone")
	}
	if n := h.count(`SELECT count(*) FROM photos WHERE post_id IS NOT NULL`); n != 0 {
		t.Error("the thief has the photo")
	}
}

// Undo gives everything back as long as the news waits; afterwards the page says that it has left.
func TestUndo(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	p := h.enter("fournil@saint-laurent.example")
	done := leads(t, "publishing", p.upload("/espace/publier", news("Trop vite.", "publier"), "photo", "IMG_1.jpg", picture(t, 320, 240)), newsPages)
	shows(t, "published", p.get(done), http.StatusOK, "C'est publié", "Annuler l'envoi")
	shows(t, "the thread", h.visitor().get("/"), http.StatusOK, "Trop vite.")
	if body := h.visitor().get("/atom.xml").Body.String(); strings.Contains(body, "Trop vite.") {
		t.Error("the feed gives away what may be called back")
	}
	undo := strings.Replace(done, "/publie", "/annuler", 1)
	shows(t, "another's undo", h.enter("potager@saint-laurent.example").post(undo, nil), http.StatusNotFound)
	draft := leads(t, "undo", p.post(undo, url.Values{"geste": {"annuler"}}), `/espace/publier\?brouillon=[0-9a-f-]{36}&annule=1`)
	shows(t, "the draft", p.get(draft), http.StatusOK, "n'est pas partie", "Trop vite.", "Retirer la photo")
	leads(t, "a second tap on undo", p.post(undo, nil), `/espace/publier`)
	if got := words(h.visitor().get("/")); strings.Contains(got, "Trop vite.") {
		t.Error("what was called back is in the thread")
	}

	late := openHouse(t, "BOURG_UNDO_WINDOW=0s")
	p = late.enter("fournil@saint-laurent.example")
	done = leads(t, "publishing at once", p.post("/espace/publier", news("Parti.", "publier")), newsPages)
	page := p.get(done)
	shows(t, "it has left", page, http.StatusOK, "Modifier", "Supprimer")
	if strings.Contains(page.Body.String(), "/annuler") {
		t.Error("undo is offered too late")
	}
	leads(t, "undo too late", p.post(strings.Replace(done, "/publie", "/annuler", 1), nil), regexp.QuoteMeta(done))
	shows(t, "the feed", late.visitor().get("/atom.xml"), http.StatusOK, "Parti.")
}

// An edit keeps its new photo through a mistake, and shows at once.
func TestEditing(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	p := h.enter("fournil@saint-laurent.example")
	post := h.publish(h.bakery, "Fournée à 9 h.", false)
	edit, page := "/espace/nouvelles/"+post.ID.String()+"/modifier", "/@fournil/"+post.ID.String()
	shows(t, "the form", p.get(edit), http.StatusOK, "Fournée à 9 h.", "Enregistrer les modifications")
	rec := p.upload(edit, url.Values{"texte": {strings.Repeat("Trop long. ", 200)}, "geste": {"publier"}, "alt": {"Le four."}}, "photo", "IMG_1.jpg", picture(t, 320, 240))
	shows(t, "too long", rec, http.StatusUnprocessableEntity, "Raccourcissez le texte", "Retirer la photo")
	draft := regexp.MustCompile(`name="brouillon" value="([^"]*)"`).FindStringSubmatch(rec.Body.String())
	if draft == nil {
		t.Fatal("too long: the photo is not kept")
	}
	if got := words(p.get("/espace/publier")); strings.Contains(got, "Trop long.") {
		t.Error("a broken-off edit shows among the drafts of news")
	}
	form := url.Values{"texte": {"Fournée à 10 h."}, "geste": {"publier"}, "alt": {"Le four."}, "brouillon": {draft[1]}}
	leads(t, "shorter", p.upload(edit, form, "photo", "", nil), regexp.QuoteMeta(page))
	shown := h.visitor().get(page)
	shows(t, "the page", shown, http.StatusOK, "Fournée à 10 h.", "Modifié")
	if !strings.Contains(shown.Body.String(), `alt="Le four."`) {
		t.Error("the page: the photo is lost")
	}
	if n := h.count(`SELECT count(*) FROM drafts`); n != 0 {
		t.Errorf("drafts: got %d, want none", n)
	}
	remove := strings.Replace(edit, "/modifier", "/supprimer", 1)
	shows(t, "asking first", p.get(remove), http.StatusOK, "Supprimer cette nouvelle ?", "Fournée à 10 h.")
	leads(t, "deleting", p.post(remove, nil), `/@fournil`)
	leads(t, "deleting twice", p.post(remove, nil), `/`)
	shows(t, "afterwards", h.visitor().get(page), http.StatusGone, "Cette nouvelle a été retirée")
	shows(t, "editing it", p.get(edit), http.StatusGone)
}

// A shop that nobody has written to is invited to write: for the first time, or again.
func TestNoMessagesYet(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	p := h.enter("fournil@saint-laurent.example")
	shows(t, "before the first news", p.get("/espace/messages"), http.StatusOK, "Écrire votre première nouvelle")
	h.publish(h.bakery, "Fournée de seigle.", false)
	page := p.get("/espace/messages")
	shows(t, "afterwards", page, http.StatusOK, "Écrire une nouvelle")
	if strings.Contains(words(page), "première") {
		t.Error("afterwards: the first news is asked for again")
	}
}

// The shop hides a reply, shows it again, and answers; a reply that waits shows nowhere until it is accepted.
func TestHidingAReply(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	p, reader := h.enter("fournil@saint-laurent.example"), h.visitor()
	post := h.publish(h.bakery, "Fournée de seigle.", false)
	page := "/@fournil/" + post.ID.String()
	shown, waiting := h.reply(post, "<p>Gardez-m’en deux.</p>", town.ReplyShown), h.reply(post, "<p>Et pour moi ?</p>", town.ReplyWaiting)
	list := p.get("/espace/messages")
	shows(t, "the list", list, http.StatusOK, "2 à traiter", "Gardez-m'en deux.", "Et pour moi ?", "Réponse à accepter")
	onPage := func(what string, want bool, phrase string) {
		t.Helper()
		if got := strings.Contains(words(reader.get(page)), phrase); got != want {
			t.Errorf("%s: on the page %v, want %v", what, got, want)
		}
	}
	onPage("shown", true, "Gardez-m'en deux.")
	onPage("waiting", false, "Et pour moi ?")
	at := func(id uuid.UUID) string { return "/espace/messages/" + id.String() }
	decide := func(id uuid.UUID, gesture string) {
		t.Helper()
		leads(t, gesture, p.post(at(id), url.Values{"geste": {gesture}}), at(id))
	}
	decide(shown, "masquer")
	onPage("hidden", false, "Gardez-m'en deux.")
	shows(t, "the hidden one", p.get(at(shown)), http.StatusOK, "Cette réponse est masquée", "Montrer de nouveau")
	decide(shown, "montrer")
	onPage("shown again", true, "Gardez-m'en deux.")
	shows(t, "the waiting one", p.get(at(waiting)), http.StatusOK, "attend votre accord")
	decide(waiting, "accepter")
	onPage("accepted", true, "Et pour moi ?")
	shows(t, "another shop's", h.enter("potager@saint-laurent.example").get(at(shown)), http.StatusNotFound)

	shows(t, "an empty answer", p.post(at(shown), url.Values{"geste": {"repondre"}, "reponse": {" "}}), http.StatusUnprocessableEntity, "Écrivez quelques mots")
	answer := url.Values{"geste": {"repondre"}, "reponse": {"C'est gardé."}, "cle": {uuid.NewString()}}
	leads(t, "answering", p.post(at(shown), answer), at(shown))
	leads(t, "a double tap", p.post(at(shown), answer), at(shown))
	onPage("answered", true, "C'est gardé.")
	if n := h.count(`SELECT count(*) FROM posts WHERE kind = 'answer'`); n != 1 {
		t.Errorf("answers: got %d, want 1", n)
	}
	if got := words(p.get("/espace/messages")); !strings.Contains(got, "Tout est vu") {
		t.Errorf("all is answered: got %s", got)
	}
}

// The page of a piece of news says in words how many people elsewhere liked and shared it, as soon as they did, and nowhere
// else is counted.
func TestLikesAndSharesInWords(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	post := h.publish(h.bakery, "Fournée de seigle.", false)
	page := "/@fournil/" + post.ID.String()
	react := func(who string, kind town.ReactionKind) town.Received {
		t.Helper()
		id := federation.IRI("https://ailleurs.example/users/" + who)
		in := town.Received{
			Sender: &federation.Actor{
				ID: id, Type: "Person", PreferredUsername: who, Inbox: id + "/inbox",
				Keys: []federation.PublicKey{{ID: id + "#main-key", Owner: id, PEM: "PEM"}},
			},
			ID: id + "/" + federation.IRI(kind), Key: uuid.New(),
		}
		h.must(h.town.store.AddReaction(t.Context(), in, kind, post.ID))
		return in
	}
	says := func(what, path, want string) {
		t.Helper()
		shows(t, what, h.visitor().get(path), http.StatusOK, want)
	}
	says("alone", page, "Publié pour tout le monde. Aucune réponse")
	first := react("odile", town.Liked)
	says("one favourite", page, "Publié pour tout le monde, mis en favori par 1 personne.")
	react("anselme", town.Liked)
	react("odile", town.Shared)
	says("favourites and a share", page, "Publié pour tout le monde, mis en favori par 2 personnes, partagé par 1 personne.")
	says("in English", "/en"+page, "Published for everybody, a favourite of 2 people, shared by 1 person.")
	first.Key = uuid.New()
	h.must(h.town.store.RemoveReaction(t.Context(), first, town.Liked, post.ID))
	says("one favourite less", page, "mis en favori par 1 personne, partagé par 1 personne.")
	if got := words(h.visitor().get("/")); strings.Contains(got, "favori") || strings.Contains(got, "partagé") {
		t.Errorf("the thread: got a count in %s", got)
	}
}

// The town hall decides about replies that wait, invites shops, once for two taps, and blocks servers.
func TestTheTownHall(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	p := h.enterTownHall()
	post := h.publish(h.bakery, "Fournée de seigle.", false)
	waiting := h.reply(post, "<p>Et pour moi ?</p>", town.ReplyWaiting)
	shows(t, "the desk", p.get("/mairie"), http.StatusOK, "Une réponse de Odile", "Et pour moi ?", "Au Potager d'Hortense", "Pas encore entré")
	leads(t, "accepting", p.post("/mairie/reponses", url.Values{"reponse": {waiting.String()}, "geste": {"accepter"}}), `/mairie`)
	shows(t, "accepted", h.visitor().get("/@fournil/"+post.ID.String()), http.StatusOK, "Et pour moi ?")

	form := url.Values{"cle": {uuid.NewString()}, "nom": {"Brin de Garrigue"}, "metier": {"jardinage"}, "adresse": {"7 Grand-Rue"}}
	shows(t, "an unknown trade", p.post("/mairie/commerces", form), http.StatusUnprocessableEntity, "Choisissez un métier", "7 Grand-Rue")
	form.Set("metier", "fleuriste")
	form.Set("identifiant", "fournil")
	shows(t, "a handle that is taken", p.post("/mairie/commerces", form), http.StatusUnprocessableEntity, "déjà prise")
	form.Set("identifiant", "")
	link := regexp.MustCompile(houseURL + `(/connexion/[\w-]{43})`)
	first := link.FindStringSubmatch(p.post("/mairie/commerces", form).Body.String())
	second := link.FindStringSubmatch(p.post("/mairie/commerces", form).Body.String())
	if first == nil || second == nil || first[1] != second[1] {
		t.Fatalf("two taps: got the links %v and %v, want one and the same", first, second)
	}
	if n := h.count(`SELECT count(*) FROM merchants`); n != 3 {
		t.Errorf("shops: got %d, want 3", n)
	}
	florist := h.visitor()
	leads(t, "the florist enters", florist.post(first[1], nil), `/espace/publier`)
	shows(t, "a new link", p.post("/mairie/commerces/lien", url.Values{"commerce": {h.grocer.ID.String()}}), http.StatusOK, "Au Potager d'Hortense", houseURL+"/connexion/")

	leads(t, "blocking", p.post("/mairie/reseau", url.Values{"domaine": {"https://Mauvais.example/@x"}, "geste": {"bloquer"}}), `/mairie/reseau\?fait=bloque`)
	shows(t, "blocked", p.get("/mairie/reseau?fait=bloque"), http.StatusOK, "mauvais.example", "Plus rien n'arrive")
	shows(t, "no domain", p.post("/mairie/reseau", url.Values{"domaine": {"pas un site"}, "geste": {"bloquer"}}), http.StatusUnprocessableEntity, "Écrivez le nom d'un site")
	for range 2 {
		leads(t, "unblocking", p.post("/mairie/reseau", url.Values{"domaine": {"mauvais.example"}, "geste": {"recevoir"}}), `/mairie/reseau\?fait=recu`)
	}
}

// A merchant without an e-mail address who has lost the session is sent to the town hall, which gives a new link in one tap, on
// a page that is made to be printed: the link in letters, and as a square for the telephone's camera.
func TestALinkOnPaper(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	p := h.enterTownHall()
	shows(t, "a town without a telephone", h.visitor().get("/connexion"), http.StatusOK, "Pas de courriel ?", "Passez à la mairie")
	leads(t, "a telephone", p.post("/mairie/reglages", url.Values{"telephone": {"04 65 71 20 00"}}), `/mairie/reglages\?fait=1`)
	shows(t, "the way in", h.visitor().get("/connexion"), http.StatusOK, "Pas de courriel ? Appelez la mairie au 04 65 71 20 00", "un nouveau lien, sur papier")
	shows(t, "an old link", h.visitor().get("/connexion/"+strings.Repeat("a", 43)), http.StatusGone, "Appelez la mairie au 04 65 71 20 00")
	m, _, err := h.town.directory.AddMerchant(t.Context(), operator, town.NewMerchant{Name: "Dépôt du Quai", Trade: "autre", Phone: "04 65 71 20 41"})
	h.must(err)
	page := p.post("/mairie/commerces/lien", url.Values{"commerce": {m.ID.String()}})
	shows(t, "the paper", page, http.StatusOK, "Dépôt du Quai", "Visez ce carré", "Puis touchez « Entrer »", "La mairie répond au 04 65 71 20 00")
	link := regexp.MustCompile(houseURL + `(/connexion/[\w-]{43})`).FindStringSubmatch(page.Body.String())
	if link == nil || !strings.Contains(page.Body.String(), `<svg class="qr" viewBox="0 0 `) || page.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("the paper: got the link %v, no-store %q, or no square", link, page.Header().Get("Cache-Control"))
	}
	shows(t, "looking at the link", h.visitor().get(link[1]), http.StatusOK, "Dépôt du Quai", "Entrer")
	leads(t, "entering", h.visitor().post(link[1], nil), `/espace/publier`)
}

// The town hall says how to reach it, who publishes, how accessible the site is, and which colour the town has; what is wrong
// comes back with all the rest, and what is missing is named on the desk.
func TestSettings(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	p := h.enterTownHall()
	shows(t, "the desk of a new town", p.get("/mairie"), http.StatusOK, "Il manque aux mentions légales", "Directeur de la publication", "Courriel de la mairie")
	shows(t, "the form", p.get("/mairie/reglages"), http.StatusOK, "Saint-Laurent-sur-Cèze", "30273", "@saintlaurent@saint-laurent.example", "Votre rouge se lit bien")
	form := url.Values{
		"telephone": {"*#06#"}, "heures": {"de 9 h à 12 h"}, "couleur": {"#ffd400"},
		"editeur": {"Mairie\r\n1 place de la Fontaine"}, "directeur": {"Madame le Maire"}, "hebergeur": {"Hébergeur du Gard"}, "contact": {"à la mairie"},
		"etat": {"part"}, "audit": {"hier"}, "auditeur": {"Accès pour tous"}, "defauts": {"Des photos sans description.\r\nUn plan."}, "contact_acces": {"acces@saint-laurent.example"},
		"approuver": {"1"},
	}
	refused := p.post("/mairie/reglages", form)
	shows(t, "with mistakes", refused, http.StatusUnprocessableEntity, "Erreur", "Écrivez un numéro de téléphone", "Écrivez une adresse électronique", "Donnez un jour passé", "hier",
		"*#06#", "de 9 h à 12 h", "1 place de la Fontaine", "Madame le Maire", "Hébergeur du Gard", "à la mairie", "Accès pour tous", "Un plan.", "acces@saint-laurent.example")
	for _, kept := range []string{`value="#ffd400"`, `value="part" checked`, `name="approuver" value="1" checked`} {
		if !strings.Contains(refused.Body.String(), kept) {
			t.Errorf("with mistakes: got no %s", kept)
		}
	}
	unchanged, err := h.town.directory.Town(t.Context())
	h.must(err)
	if unchanged.HelpHours != "" || unchanged.ApproveReplies {
		t.Errorf("with mistakes: got %+v, want nothing kept", unchanged)
	}

	form.Set("telephone", "04 65 71 20 00")
	form.Set("contact", "mairie@saint-laurent.example")
	form.Set("audit", "")
	shows(t, "without an audit", p.post("/mairie/reglages", form), http.StatusUnprocessableEntity, "Donnez le jour de l'audit")
	form.Set("audit", "12/3/2026")
	leads(t, "saving", p.post("/mairie/reglages", form), `/mairie/reglages\?fait=1`)
	shows(t, "saved", p.get("/mairie/reglages?fait=1"), http.StatusOK, "C'est enregistré", "Votre jaune est trop clair pour du texte", "12/03/2026")
	if got := words(p.get("/mairie")); strings.Contains(got, "Il manque") {
		t.Errorf("the desk of a town that has told everything: got %s", got)
	}
	home := h.visitor().get("/")
	shows(t, "the thread", home, http.StatusOK, "04 65 71 20 00", "de 9 h à 12 h", "Accessibilité : partiellement conforme")
	if !strings.Contains(home.Body.String(), "/static/theme-ffd400.") {
		t.Error("the thread: the town's colour is not there")
	}
	shows(t, "the legal notice", h.visitor().get("/mentions-legales"), http.StatusOK, "1 place de la Fontaine", "Madame le Maire", "Hébergeur du Gard", "mairie@saint-laurent.example")
	shows(t, "the declaration", h.visitor().get("/accessibilite"), http.StatusOK, "12 mars 2026", "Accès pour tous", "Un plan.", "acces@saint-laurent.example")
	if kept, err := h.town.directory.Town(t.Context()); err != nil || !kept.ApproveReplies || kept.Name != "Saint-Laurent-sur-Cèze" || kept.Handle != "saintlaurent" || kept.INSEE != "30273" {
		t.Errorf("saved: got %+v and error %v", kept, err)
	}

	form.Del("approuver")
	form.Set("couleur", "#A63A24")
	form.Set("etat", "presque")
	shows(t, "a made-up state", p.post("/mairie/reglages", form), http.StatusUnprocessableEntity, "Choisissez un des trois états")
	form.Set("etat", "none")
	leads(t, "saving again", p.post("/mairie/reglages", form), `/mairie/reglages\?fait=1`)
	if kept, err := h.town.directory.Town(t.Context()); err != nil || kept.ApproveReplies || kept.Accent != "" || kept.Accessibility.State != "" {
		t.Errorf("saved again: got %+v and error %v", kept, err)
	}
	if body := h.visitor().get("/").Body.String(); strings.Contains(body, "/static/theme-") {
		t.Error("the thread: the colour is still there")
	}
}

// Where the operator has decided that replies wait, the town hall sees it, and its own choice stays what it was.
func TestSettingsOfAnOperator(t *testing.T) {
	t.Parallel()
	h := openHouse(t, "BOURG_REPLIES=approve")
	p := h.enterTownHall()
	page := p.get("/mairie/reglages")
	shows(t, "the form", page, http.StatusOK, "Celui qui exploite ce serveur a décidé que les réponses attendent")
	if !strings.Contains(page.Body.String(), `name="approuver" value="1" checked disabled`) {
		t.Error("the form: got a choice, want none")
	}
	leads(t, "saving", p.post("/mairie/reglages", url.Values{"approuver": {"1"}}), `/mairie/reglages\?fait=1`)
	if kept, err := h.town.directory.Town(t.Context()); err != nil || kept.ApproveReplies {
		t.Errorf("saved: got %+v and error %v, want the town's own choice as it was", kept, err)
	}
}

// Whoever has the link of the log sets the town up and is the town hall; the link then serves no more.
func TestTheFirstVisit(t *testing.T) {
	t.Parallel()
	h := openEmptyHouse(t)
	link, err := h.town.accounts.SetUpLink(t.Context())
	h.must(err)
	path := strings.TrimPrefix(link, houseURL)
	p := h.visitor()
	form := url.Values{
		"nom": {"Saint-Laurent-sur-Cèze"}, "insee": {"123"}, "latitude": {"nord"}, "longitude": {"4,49"}, "identifiant": {"Été !"},
		"email": {"mairie@saint-laurent.example"}, "telephone": {"*#06#"},
	}
	shows(t, "the form", p.get(path), http.StatusOK, "Ouvrir le bourg")
	shows(t, "a wrong link", p.get("/installation/faux"), http.StatusNotFound)
	shows(t, "all wrong", p.post(path, form), http.StatusUnprocessableEntity,
		"Saint-Laurent-sur-Cèze", "code INSEE", "Écrivez des degrés", "lettres sans accent", "numéro de téléphone", "mairie@saint-laurent.example")
	form.Set("insee", "30273")
	form.Set("latitude", "44,17")
	form.Set("identifiant", "saintlaurent")
	form.Set("telephone", "04 65 71 20 00")
	leads(t, "setting up", p.post(path, form), `/mairie`)
	shows(t, "the town hall is in", p.get("/mairie"), http.StatusOK, "Invitez le premier")
	shows(t, "the town is open", h.visitor().get("/"), http.StatusOK, "Saint-Laurent-sur-Cèze", "04 65 71 20 00")
	for _, rec := range []*httptest.ResponseRecorder{h.visitor().get(path), h.visitor().post(path, form)} {
		shows(t, "the used link", rec, http.StatusNotFound)
	}
}

// Who speaks for two shops chooses for which.
func TestTwoShops(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	login, err := h.town.store.LoginByEmail(t.Context(), "fournil@saint-laurent.example")
	h.must(err)
	h.must(h.town.store.AddMember(t.Context(), login.ID, h.grocer.ID))
	p := h.visitor()
	leads(t, "entering", p.post(h.link("fournil@saint-laurent.example"), nil), `/espace`)
	shows(t, "the question", p.get("/espace"), http.StatusOK, "Pour quelle maison ?", "Le Fournil de la Halle", "Au Potager d'Hortense")
	for _, shop := range []*town.Merchant{h.grocer, h.bakery} {
		leads(t, "choosing", p.post("/espace/choisir", url.Values{"commerce": {shop.ID.String()}}), `/espace/publier`)
		leads(t, "publishing", p.post("/espace/publier", news("Pour "+shop.Handle+".", "publier")), newsPages)
		shows(t, "its page", h.visitor().get("/@"+shop.Handle), http.StatusOK, "Pour "+shop.Handle+".")
	}
}

// The shop's page: a good photo stays even when something else is wrong.
func TestTheShopsOwnPage(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	p := h.enter("fournil@saint-laurent.example")
	form := url.Values{
		"nom": {"Le Fournil"}, "metier": {"boulangerie"}, "adresse": {"4 place de la Fontaine"}, "telephone": {"javascript:alert(1)"},
		"horaires": {"Lundi : fermé\r\nMardi : 7 h – 13 h"}, "description": {"Depuis <b>1912</b>."}, "couleur": {"sapin"}, "couverture_alt": {"La vitrine."},
	}
	rec := p.upload("/espace/commerce", form, "couverture", "IMG_1.jpg", picture(t, 640, 300))
	shows(t, "a wrong telephone", rec, http.StatusUnprocessableEntity, "Écrivez un numéro de téléphone", "4 place de la Fontaine", "La photo actuelle")
	form.Set("telephone", "04 65 71 20 12")
	leads(t, "saving", p.upload("/espace/commerce", form, "couverture", "", nil), `/espace/commerce\?fait=1`)
	shows(t, "saved", p.get("/espace/commerce?fait=1"), http.StatusOK, "C'est enregistré")
	page := h.visitor().get("/@fournil")
	shows(t, "the page", page, http.StatusOK, "Le Fournil", "7 h – 13 h", "Depuis <b>1912</b>.", "04 65 71 20 12")
	if body := page.Body.String(); !strings.Contains(body, `alt="La vitrine."`) || !strings.Contains(body, "t-sapin") {
		t.Error("the page: photo or colour is lost")
	}
	shows(t, "no photo", p.upload("/espace/commerce", form, "couverture", "lettre.jpg", []byte("Bonjour")), http.StatusUnprocessableEntity, "n'est pas une photo")
}

// Following from elsewhere asks nobody for anything and shows where it leads (F15, I8), so robots may ask as often as they
// like (D13).
func TestFollowingFromElsewhere(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	post := h.publish(h.bakery, "Fournée de seigle.", false)
	actor, note := url.QueryEscape(string(h.town.addresses.Actor(h.bakery.ID))), url.QueryEscape(string(h.town.addresses.Post(post.ID)))
	for _, address := range []string{"@odile@ailleurs.example", "odile@Ailleurs.example", "ailleurs.example", " https://ailleurs.example/@odile ", "acct:odile@ailleurs.example"} {
		rec := h.visitor().get("/suivre?qui=fournil&adresse=" + url.QueryEscape(address))
		shows(t, address, rec, http.StatusOK, "Votre serveur est ailleurs.example", "Continuer sur ailleurs.example")
		if want := `href="https://ailleurs.example/authorize_interaction?uri=` + actor + `"`; !strings.Contains(rec.Body.String(), want) {
			t.Errorf("%s: got no %s", address, want)
		}
	}
	for _, address := range []string{"", "odile", "@odile", "localhost", "127.0.0.1", "[::1]", "0x7f.1", "1.2.3", "odile@ailleurs.example:8443", "javascript:alert(1)//x.example", "https://u:p@ailleurs.example/", "ail leurs.example", "<script>.example"} {
		rec := h.visitor().get("/suivre?qui=fournil&adresse=" + url.QueryEscape(address))
		shows(t, address, rec, http.StatusUnprocessableEntity, "Écrivez votre adresse comme")
		if strings.Contains(rec.Body.String(), "authorize_interaction") || strings.Contains(rec.Body.String(), "<script>.") {
			t.Errorf("%q leads somewhere", address)
		}
	}
	shows(t, "our own address", h.visitor().get("/suivre?qui=fournil&adresse=fournil@saint-laurent.example"), http.StatusUnprocessableEntity, "C'est l'adresse d'ici")
	p := h.visitor()
	rec := p.get("/suivre?objet=/@fournil/" + post.ID.String() + "&adresse=@odile@ailleurs.example&retenir=1")
	shows(t, "answering", rec, http.StatusOK, "Répondre d'où vous êtes", "Votre serveur est ailleurs.example")
	if !strings.Contains(rec.Body.String(), "uri="+note+`"`) {
		t.Error("answering: the link does not name the post")
	}
	shows(t, "the server is remembered", p.get("/suivre?qui=potager"), http.StatusOK, "ailleurs.example")
	shows(t, "the whole town", h.visitor().get("/suivre"), http.StatusOK, "Le Fournil de la Halle", "Atom")
}

// Feeds are good XML whatever shops write, hold nothing that was withdrawn, and are sent once (I5, W9).
func TestFeeds(t *testing.T) {
	t.Parallel()
	h := openHouse(t, "BOURG_UNDO_WINDOW=0s")
	h.publish(h.bakery, "Fin ]]> de <script>alert(1)</script> \x01\x0b & « guillemets »", false)
	gone := h.publish(h.bakery, "Retiré.", false)
	h.must(h.town.publisher.Withdraw(t.Context(), operator, gone.ID))
	h.publish(h.grocer, "Potimarrons.", false)
	for path, want := range map[string]int{"/atom.xml": 2, "/@fournil/atom.xml": 1} {
		rec := h.visitor().get(path)
		if got := rec.Header().Get("Content-Type"); rec.Code != http.StatusOK || got != "application/atom+xml; charset=utf-8" {
			t.Errorf("%s: got status %d and %q", path, rec.Code, got)
		}
		var feed struct {
			ID      string `xml:"id"`
			Entries []struct {
				Title   string `xml:"title"`
				Content string `xml:"content"`
			} `xml:"entry"`
		}
		decoder := xml.NewDecoder(bytes.NewReader(rec.Body.Bytes()))
		if err := decoder.Decode(&feed); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
			t.Errorf("%s: got something behind the feed", path)
		}
		if len(feed.Entries) != want || feed.ID == "" {
			t.Errorf("%s: got %d entries of %q, want %d", path, len(feed.Entries), feed.ID, want)
		}
		for _, e := range feed.Entries {
			if strings.Contains(e.Content, "<script") || strings.Contains(e.Title+e.Content, "Retiré") {
				t.Errorf("%s: got the entry %+v", path, e)
			}
		}
		again := h.visitor().get(path, func(r *http.Request) { r.Header.Set("If-None-Match", rec.Header().Get("ETag")) })
		if again.Code != http.StatusNotModified || again.Body.Len() > 0 {
			t.Errorf("%s once more: got status %d and %d bytes, want 304 and none", path, again.Code, again.Body.Len())
		}
	}
}

// A private answer, an unknown post and another shop's are one and the same to a visitor (W6, W7).
func badGuess(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	post := h.publish(h.bakery, "Fournée de seigle.", false)
	reply := h.reply(post, "<p>Mon numéro est le 04 99 00 00 00.</p>", town.ReplyShown)
	h.exec(t, `UPDATE replies SET public = false`)
	answer, err := h.town.publisher.Answer(t.Context(), operator, h.bakery.ID, reply, "Je vous appelle.", uuid.Nil)
	h.must(err)
	unknown := uuid.New()
	for _, edit := range []func(*http.Request){
		func(*http.Request) {},
		func(r *http.Request) { r.Header.Set("Accept-Language", "en") },
		func(r *http.Request) { r.Method = http.MethodHead },
		func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "__Host-bourg", Value: "x"}) },
	} {
		private, none := h.visitor().get("/@fournil/"+answer.ID.String(), edit), h.visitor().get("/@fournil/"+unknown.String(), edit)
		if got, want := strings.ReplaceAll(private.Body.String(), answer.ID.String(), unknown.String()), none.Body.String(); private.Code != http.StatusNotFound || none.Code != http.StatusNotFound || got != want {
			t.Errorf("private and unknown: got status %d and %d, want two equal 404", private.Code, none.Code)
		}
	}
	shows(t, "under another shop", h.visitor().get("/@potager/"+post.ID.String()), http.StatusNotFound)
	if got := words(h.visitor().get("/@fournil/" + post.ID.String())); strings.Contains(got, "04 99") || strings.Contains(got, "Je vous appelle") {
		t.Error("what is private stands on the page")
	}
}

// Forms that are too great, too many or of the wrong kind are refused before they cost anything (U3, D11, A1).
func badForm(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	p := h.enter("fournil@saint-laurent.example")
	huge := io.MultiReader(
		strings.NewReader("--x\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.jpg\"\r\n\r\n\xff\xd8\xff"),
		io.LimitReader(zeros{}, 40<<20))
	parts := strings.Repeat("--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n", 1001) + "--x--\r\n"
	for what, c := range map[string]struct {
		path, kind string
		body       io.Reader
		want       int
	}{
		"a form of a MiB and a byte":      {"/espace/publier", "application/x-www-form-urlencoded", strings.NewReader("texte=" + strings.Repeat("a", 1<<20)), 413},
		"a thousand and one fields":       {"/connexion", "application/x-www-form-urlencoded", strings.NewReader(strings.Repeat("a=1&", 1001)), 400},
		"a photo of 40 MB":                {"/espace/publier", "multipart/form-data; boundary=x", huge, 413},
		"a thousand and one parts":        {"/espace/publier", "multipart/form-data; boundary=x", strings.NewReader(parts), 400},
		"a field of 100 kB":               {"/espace/publier", "multipart/form-data; boundary=x", strings.NewReader("--x\r\nContent-Disposition: form-data; name=\"texte\"\r\n\r\n" + strings.Repeat("a", 100_000) + "\r\n--x--\r\n"), 413},
		"a form without its end":          {"/espace/publier", "multipart/form-data; boundary=x", strings.NewReader("--x\r\nContent-Disposition: form-data; name=\"texte\"\r\n\r\nBonj"), 400},
		"a form without its boundary":     {"/espace/publier", "multipart/form-data", strings.NewReader("--x--"), 400},
		"JSON that says it is text":       {"/connexion", "text/plain", strings.NewReader(`{"email":"fournil@saint-laurent.example"}`), 415},
		"no kind":                         {"/connexion", "", strings.NewReader("email=a"), 415},
		"percent signs that mean nothing": {"/connexion", "application/x-www-form-urlencoded", strings.NewReader("email=%zz"), 400},
	} {
		if got := p.send(http.MethodPost, c.path, c.body, c.kind); got.Code != c.want {
			t.Errorf("%s: got status %d, want %d", what, got.Code, c.want)
		}
	}
	form := news("Sans \x00 ni \xff octet perdu.", "publier")
	leads(t, "bytes that are no text", p.post("/espace/publier", form), newsPages)
	if n := h.count(`SELECT count(*) FROM posts`); n != 1 {
		t.Errorf("posts: got %d, want the last", n)
	}
}

// zeros never ends.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

// Whatever is looked for comes back as words (X15, D8).
func badQuestion(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	for _, q := range []string{`"><svg/onload=alert(1)>`, "%_%_%", "' OR 1=1 --", "\x00\xff", strings.Repeat("a ", 5000), "#pain", "&|!():*"} {
		rec := h.visitor().get("/recherche?q=" + url.QueryEscape(q))
		if rec.Code != http.StatusOK || strings.Contains(rec.Body.String(), "<svg/onload") {
			t.Errorf("%.30q: got status %d, want 200 and harmless words", q, rec.Code)
		}
		if h := rec.Header(); h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%.30q: got headers %v", q, h)
		}
	}
	rec := h.visitor().get(`/%22%3E%3Csvg%2Fonload%3Dalert(1)%3E`)
	if rec.Code != http.StatusNotFound || strings.Contains(rec.Body.String(), "<svg/onload") {
		t.Errorf("in an address: got status %d", rec.Code)
	}
}

// The thread and a shop's page go on where the last one ended, whatever is published in between (D9).
func TestPaging(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	for i := range 45 {
		h.publish(h.bakery, fmt.Sprintf("Nouvelle %02d.", i), false)
	}
	older := regexp.MustCompile(`<a class="btn[^"]*" href="([^"]*\?avant=[\w-]+)"`)
	for _, start := range []string{"/", "/@fournil"} {
		seen, path := map[string]bool{}, start
		for page := 0; path != "" && page < 5; page++ {
			rec := h.visitor().get(path)
			for _, n := range regexp.MustCompile(`Nouvelle \d\d`).FindAllString(words(rec), -1) {
				seen[n] = true
			}
			path = ""
			if m := older.FindStringSubmatch(rec.Body.String()); m != nil {
				path = m[1]
			}
		}
		if len(seen) != 45 {
			t.Errorf("%s: got %d pieces of news on all pages, want 45", start, len(seen))
		}
	}
}
