package main

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
)

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
