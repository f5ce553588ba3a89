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
	"testing"

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
