package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"bourg/internal/town"

	"github.com/google/uuid"
)

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
