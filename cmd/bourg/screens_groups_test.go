package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"bourg/internal/town"

	"github.com/google/uuid"
)

// The stories below are about pages that people follow in the place of single shops.

// hides fails the test where one of the phrases stands on the page.
func hides(t *testing.T, what string, rec *httptest.ResponseRecorder, phrases ...string) {
	t.Helper()
	for _, phrase := range phrases {
		if got := words(rec); strings.Contains(got, phrase) {
			t.Errorf("%s: got %q in:\n%s", what, phrase, got)
		}
	}
}

// The town hall makes a market, and a resident finds it, reads it, follows it, and sees that it was stopped.
func TestTheTownHallMakesAMarket(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	p, anyone := h.enterTownHall(), h.visitor()
	tailor := h.addShop("Aux Trois Aiguilles", "aiguilles", "couture")
	shows(t, "the list", p.get("/mairie/groupes"), http.StatusOK, "Pages à suivre", "Saint-Laurent-sur-Cèze", "@alentours@saint-laurent.example",
		"0 nouvelle relayée aujourd'hui, 12 au plus", "Ajouter un marché", "Boulangerie 1 commerce")
	h.publish(h.bakery, "Fournée de seigle.", false)
	h.publish(tailor, "Les ourlets du lundi.", false)
	h.publishKind(h.grocer, town.Draft{Kind: town.Event, Details: town.Details{Title: "Dégustation de courges", Starts: time.Now().AddDate(0, 0, 2)}})
	h.publishKind(tailor, town.Draft{Kind: town.Event, Details: town.Details{Title: "Atelier de couture", Starts: time.Now().AddDate(0, 0, 2)}})

	shows(t, "the desk", p.get("/mairie"), http.StatusOK, "Pages à suivre")
	blank := p.get("/mairie/groupes/nouveau?genre=marche")
	shows(t, "the form", blank, http.StatusOK, "Ajouter un marché", "Le Fournil de la Halle", "Au Potager d'Hortense")

	form := url.Values{
		"genre": {"marche"}, "cle": {filled(t, blank)["cle"]}, "geste": {"enregistrer"}, "nom": {" "}, "lieu": {"place de la Fontaine"},
		"quand": {"le samedi de 8 h à 12 h 30"}, "mots": {"Vingt étals l’hiver."}, "membre": {h.bakery.ID.String(), h.grocer.ID.String()},
	}
	refused := p.post("/mairie/groupes/nouveau", form)
	shows(t, "without a name", refused, http.StatusUnprocessableEntity, "Erreur", "Écrivez un nom", "Vingt étals l'hiver.")
	holds(t, "without a name", refused, "lieu", "place de la Fontaine", "quand", "le samedi de 8 h à 12 h 30", "cle", form.Get("cle"))
	if got := strings.Count(refused.Body.String(), `name="membre"`) - strings.Count(refused.Body.String(), ` checked`); got != 1 {
		t.Errorf("without a name: got %d boxes without a tick, want 1", got)
	}
	form.Set("nom", "Marché du samedi")
	edit := leads(t, "making it", p.post("/mairie/groupes/nouveau", form), `/mairie/groupes/[0-9a-f-]{36}\?fait=1`)
	if again := leads(t, "a second tap", p.post("/mairie/groupes/nouveau", form), `/mairie/groupes/.*`); again != edit {
		t.Errorf("a second tap: got %s, want %s", again, edit)
	}
	edit = strings.TrimSuffix(edit, "?fait=1")
	shows(t, "made", p.get(edit+"?fait=1"), http.StatusOK, "C'est enregistré", "@marche_du_samedi@saint-laurent.example")
	shows(t, "in the list", p.get("/mairie/groupes"), http.StatusOK, "Marché du samedi", "le samedi de 8 h à 12 h 30, place de la Fontaine", "0 personne abonnée")

	page := anyone.get("/@marche_du_samedi")
	shows(t, "its page", page, http.StatusOK, "Marché du samedi", "le samedi de 8 h à 12 h 30, place de la Fontaine", "Vingt étals l'hiver.",
		"Les nouvelles de ceux qui tiennent un étal", "Au plus 12 par jour, et 2 d'un même commerce", "le soir à 19 h",
		"0 nouvelle relayée aujourd'hui, 12 au plus", "Le Fournil de la Halle", "Au Potager d'Hortense", "Fournée de seigle.", "Suivre")
	hides(t, "its page", page, "ourlets", "Aux Trois Aiguilles")
	leads(t, "in other letters", anyone.get("/@Marche_du_Samedi"), "/@marche_du_samedi")
	shows(t, "in English", anyone.get("/en/@marche_du_samedi"), http.StatusOK, "What you get", "At most 12 a day")
	shows(t, "le fil", anyone.get("/"), http.StatusOK, "@saintlaurent@saint-laurent.example", "Marché du samedi", "Saint-Laurent et alentours")
	shows(t, "the shops", anyone.get("/commerces"), http.StatusOK, "Suivre d'un coup", "Marché du samedi le samedi de 8 h à 12 h 30, place de la Fontaine")
	shows(t, "a shop on the market", anyone.get("/@fournil"), http.StatusOK, "On le trouve aussi là", "Marché du samedi")
	hides(t, "a shop elsewhere", anyone.get("/@aiguilles"), "On le trouve aussi là")
	shows(t, "following all", anyone.get("/suivre"), http.StatusOK, "Suivre tout le bourg", "@saintlaurent@saint-laurent.example", "Suivre une partie", "Marché du samedi")
	shows(t, "following it", anyone.get("/suivre?qui=marche_du_samedi"), http.StatusOK, "Suivre Marché du samedi", "@marche_du_samedi@saint-laurent.example")
	marked(t, "the way home", anyone.get("/suivre?qui=marche_du_samedi&adresse=@odile@mastodon.example"), http.StatusOK,
		"https://mastodon.example/authorize_interaction?uri=https%3A%2F%2Fsaint-laurent.example%2Factors%2F"+strings.TrimPrefix(edit, "/mairie/groupes/"))
	marked(t, "the way home for all", anyone.get("/suivre?adresse=@odile@mastodon.example"), http.StatusOK, "authorize_interaction?uri=https%3A%2F%2Fsaint-laurent.example%2Factors%2F")
	marked(t, "its feed", anyone.get("/@marche_du_samedi/atom.xml"), http.StatusOK, "<title>Marché du samedi</title>", "Fournée de seigle")
	calendar := anyone.get("/@marche_du_samedi/agenda.ics")
	marked(t, "its calendar", calendar, http.StatusOK, "Dégustation de courges")
	if strings.Contains(calendar.Body.String(), "Atelier") {
		t.Errorf("its calendar: got a stranger's event:\n%s", calendar.Body)
	}
	marked(t, "a shop's calendar", anyone.get("/@aiguilles/agenda.ics"), http.StatusOK, "Atelier de couture")

	form.Set("nom", "Marché du vendredi")
	form.Set("geste", "arreter")
	form["membre"] = []string{tailor.ID.String()}
	leads(t, "stopping it", p.post(edit, form), edit+`\?fait=1`)
	shows(t, "stopped, at the desk", p.get(edit), http.StatusOK, "Cette page est arrêtée", "Reprendre cette page", "Marché du vendredi")
	stopped := anyone.get("/@marche_du_samedi")
	shows(t, "stopped", stopped, http.StatusOK, "Cette page ne relaie plus rien", "Saint-Laurent et alentours", "Aux Trois Aiguilles")
	hides(t, "stopped", stopped, "ourlets", "Suivre en un champ")
	hides(t, "stopped", anyone.get("/commerces"), "Marché du vendredi")
	hides(t, "stopped", anyone.get("/@aiguilles"), "Marché du vendredi")
	shows(t, "following what is stopped", anyone.get("/suivre?qui=marche_du_samedi"), http.StatusGone)
	shows(t, "the feed of what is stopped", anyone.get("/@marche_du_samedi/atom.xml"), http.StatusGone)
	form.Set("geste", "reprendre")
	leads(t, "taking it up again", p.post(edit, form), edit+`\?fait=1`)
	shows(t, "taken up", anyone.get("/@marche_du_samedi"), http.StatusOK, "Les ourlets du lundi.", "Suivre en un champ")
}

// What somebody makes up by hand is refused in words, or is not there.
func TestMadeUpGroups(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	p := h.enterTownHall()
	own, err := h.town.groups.ByHandle(t.Context(), "alentours")
	h.must(err)
	shows(t, "a page of another kind", p.get("/mairie/groupes/nouveau?genre=commune"), http.StatusNotFound)
	shows(t, "the surroundings", p.get("/mairie/groupes/"+own.ID.String()), http.StatusNotFound)
	shows(t, "the surroundings changed", p.post("/mairie/groupes/"+own.ID.String(), url.Values{"geste": {"arreter"}, "nom": {"Ici"}}), http.StatusNotFound)
	shows(t, "nothing", p.get("/mairie/groupes/"+uuid.NewString()), http.StatusNotFound)
	shows(t, "no id", p.get("/mairie/groupes/marche"), http.StatusNotFound)
	shows(t, "a member that is none", p.post("/mairie/groupes/nouveau", url.Values{"genre": {"collectif"}, "nom": {"Les vitrines"}, "membre": {"fournil"}}), http.StatusBadRequest)
	shows(t, "a trade that is none", p.post("/mairie/groupes", url.Values{"metier": {"astronaute"}}), http.StatusUnprocessableEntity, "Choisissez un métier")
	shows(t, "nobody's page", h.visitor().get("/@nulle_part"), http.StatusNotFound)
	shows(t, "nobody's feed", h.visitor().get("/@nulle_part/atom.xml"), http.StatusNotFound)
	shows(t, "nobody's calendar", h.visitor().get("/@nulle_part/agenda.ics"), http.StatusNotFound)
	shows(t, "following nobody", h.visitor().get("/suivre?qui=nulle_part"), http.StatusNotFound)
	shows(t, "many members", p.post("/mairie/groupes/nouveau", url.Values{"genre": {"collectif"}, "nom": {"Tous"}, "membre": slicesOf(town.MaxGroupMembers+1, h.bakery.ID.String())}),
		http.StatusUnprocessableEntity, "Cinq cents commerces au plus")
	if n := h.count(`SELECT count(*) FROM groups`); n != 2 {
		t.Errorf("groups: got %d, want the two that every town has", n)
	}
}

// slicesOf is n times the same.
func slicesOf(n int, s string) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = s
	}
	return all
}

// The town hall gives trades a page, and takes it away again.
func TestTradesWithAPage(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	p, anyone := h.enterTownHall(), h.visitor()
	h.publish(h.bakery, "Fournée de seigle.", false)
	h.publish(h.grocer, "Courges.", false)
	leads(t, "ticking", p.post("/mairie/groupes", url.Values{"metier": {"boulangerie"}}), `/mairie/groupes\?fait=1`)
	page := anyone.get("/@boulangeries")
	shows(t, "bakeries", page, http.StatusOK, "Boulangeries", "Tous les commerces d'un métier", "Fournée de seigle.", "Le Fournil de la Halle")
	hides(t, "bakeries", page, "Courges")
	shows(t, "ticked", p.get("/mairie/groupes?fait=1"), http.StatusOK, "C'est enregistré", "Boulangeries")
	if got := strings.Count(p.get("/mairie/groupes").Body.String(), ` checked`); got != 1 {
		t.Errorf("ticked boxes: got %d, want 1", got)
	}
	leads(t, "another one", p.post("/mairie/groupes", url.Values{"metier": {"primeur"}}), `/mairie/groupes\?fait=1`)
	shows(t, "greengrocers", anyone.get("/@primeurs"), http.StatusOK, "Courges.")
	shows(t, "bakeries stopped", anyone.get("/@boulangeries"), http.StatusOK, "Cette page ne relaie plus rien")
	leads(t, "back again", p.post("/mairie/groupes", url.Values{"metier": {"primeur", "boulangerie"}}), `/mairie/groupes\?fait=1`)
	shows(t, "bakeries back", anyone.get("/@boulangeries"), http.StatusOK, "Fournée de seigle.")
	if n := h.count(`SELECT count(*) FROM groups WHERE kind = 'trade'`); n != 2 {
		t.Errorf("pages of trades: got %d, want 2", n)
	}
}

// A merchant who does not want to be passed on stands in le fil, and on no page that gathers several.
func TestAMerchantIsNotRelayed(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	p, hall, anyone := h.enter("fournil@saint-laurent.example"), h.enterTownHall(), h.visitor()
	h.publish(h.bakery, "Fournée de seigle.", false)
	leads(t, "a page for bakeries", hall.post("/mairie/groupes", url.Values{"metier": {"boulangerie"}}), `/mairie/groupes\?fait=1`)
	shows(t, "the town's page", anyone.get("/@saintlaurent"), http.StatusOK, "Fournée de seigle.")

	page := p.get("/espace/commerce")
	shows(t, "the merchant's page", page, http.StatusOK, "La commune et ses pages à suivre relaient mes nouvelles")
	holds(t, "the merchant's page", page, "relais", "1")
	form := valuesOf(filled(t, page))
	form.Del("relais")
	leads(t, "taking the tick off", p.post("/espace/commerce", form), `/espace/commerce\?fait=1`)
	if _, ticked := filled(t, p.get("/espace/commerce"))["relais"]; ticked {
		t.Error("the tick is still there")
	}
	leads(t, "a form without the box", p.post("/espace/commerce", valuesOf(nil, "nom", "Le Fournil de la Halle", "metier", "boulangerie")), `/espace/commerce\?fait=1`)
	hides(t, "the town's page", anyone.get("/@saintlaurent"), "Fournée de seigle.")
	hides(t, "the page of the trade", anyone.get("/@boulangeries"), "Fournée de seigle.", "Le Fournil")
	shows(t, "le fil", anyone.get("/"), http.StatusOK, "Fournée de seigle.")
	shows(t, "the town hall's form", hall.get("/mairie/groupes/nouveau?genre=collectif"), http.StatusOK, "ne veut pas être relayé")
	leads(t, "ticking again", p.post("/espace/commerce", valuesOf(filled(t, page))), `/espace/commerce\?fait=1`)
	shows(t, "the town's page again", anyone.get("/@saintlaurent"), http.StatusOK, "Fournée de seigle.")
}
