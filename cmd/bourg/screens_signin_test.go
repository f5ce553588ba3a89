package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
)

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
