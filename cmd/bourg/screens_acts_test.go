package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"bourg/internal/town"
)

// The stories below are about what a merchant does with a post beside editing it. Each begins on the post's page, where the
// link stands for those who speak for the shop, and for nobody else.

func gesture(name string, pairs ...string) url.Values {
	form := url.Values{"geste": {name}}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return form
}

// offered fails the test unless the post's page leads the shop to an act, and others not.
func (h *house) offered(t *testing.T, p *person, post *town.Post, act string, want bool) string {
	t.Helper()
	path := "/espace/nouvelles/" + post.ID.String() + "/" + act
	if got := strings.Contains(p.get(pageOf(post)).Body.String(), `href="`+path+`"`); got != want {
		t.Errorf("%s on the shop's own view: got %v, want %v", act, got, want)
	}
	if strings.Contains(h.visitor().get(pageOf(post)).Body.String(), path) {
		t.Errorf("%s is offered to everybody", act)
	}
	return path
}

func TestEndingAnOffer(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	p := h.enter("fournil@saint-laurent.example")
	offer := h.publishKind(h.bakery, town.Draft{Kind: town.Offer, Details: town.Details{Title: "Fougasses", Offer: &town.OfferDetails{Price: cents(2400), Unit: "les treize"}}})
	path := h.offered(t, p, offer, "finir", true)
	shows(t, "the question", p.get(path), http.StatusOK, "Comment finit l'offre ?", "Fougasses", "24 €", "Tout est parti", "Je retire l'offre", "Ne rien changer")
	shows(t, "no answer", p.post(path, gesture("peut-être")), http.StatusUnprocessableEntity, "Choisissez ce que devient l'offre", "Erreur")
	leads(t, "sold out", p.post(path, gesture("sold_out")), pageOf(offer))
	leads(t, "a second tap", p.post(path, gesture("sold_out")), pageOf(offer))
	shows(t, "its page", h.visitor().get(pageOf(offer)), http.StatusOK, "Tout est parti")
	h.offered(t, p, offer, "finir", false)
	h.offered(t, p, offer, "annulation", false)
	news := h.publish(h.bakery, "Fournée.", false)
	shows(t, "of news", p.get("/espace/nouvelles/"+news.ID.String()+"/finir"), http.StatusNotFound)
}

func TestCallingOffAnEvent(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	p := h.enter("fournil@saint-laurent.example")
	event := h.publishKind(h.bakery, town.Draft{Kind: town.Event, Details: town.Details{Title: "Fournée ouverte", Starts: h.here(3, 9, 0), Ends: h.here(3, 11, 0)}})
	path := h.offered(t, p, event, "report", true)
	page := p.get(path)
	shows(t, "put off", page, http.StatusOK, "Reporter l'événement", "une nouvelle le dit dans le fil", "La date viendra plus tard")
	holds(t, "put off", page, "jour", "", "debut", "09:00", "fin", "11:00")
	wrong := p.post(path, gesture("reporter", "jour", "un jour", "debut", "9h", "fin", "8h"))
	shows(t, "no day", wrong, http.StatusUnprocessableEntity, "Écrivez un jour")
	holds(t, "no day", wrong, "jour", "un jour", "debut", "9h", "fin", "8h")
	shows(t, "nothing at all", p.post(path, gesture("reporter")), http.StatusUnprocessableEntity, "Donnez le jour et l'heure")
	shows(t, "the wrong way round", p.post(path, gesture("reporter", "jour", h.day(5), "debut", "9h", "fin", "8h")), http.StatusUnprocessableEntity, "La fin vient avant le début")
	shows(t, "the past", p.post(path, gesture("reporter", "jour", h.day(-5), "debut", "9h")), http.StatusUnprocessableEntity, "Ce jour est passé")
	leads(t, "put off", p.post(path, gesture("reporter", "jour", h.day(5), "debut", "10h", "fin", "11h30")), pageOf(event))
	shows(t, "its page", h.visitor().get(pageOf(event)), http.StatusOK, "Reporté à cette date", "De 10 h à 11 h 30")
	shows(t, "the thread", h.visitor().get("/"), http.StatusOK, "Reporté au")
	leads(t, "to no day", p.post(path, gesture("sans_date")), pageOf(event))
	shows(t, "its page", h.visitor().get(pageOf(event)), http.StatusOK, "Reporté, la date viendra plus tard")

	path = h.offered(t, p, event, "annulation", true)
	shows(t, "the question", p.get(path), http.StatusOK, "Annuler l'événement ?", "Une nouvelle le dit dans le fil")
	leads(t, "called off", p.post(path, nil), pageOf(event))
	shows(t, "its page", h.visitor().get(pageOf(event)), http.StatusOK, "Annulé")
	shows(t, "the thread", h.visitor().get("/"), http.StatusOK, "Annulé : Fournée ouverte")
	h.offered(t, p, event, "annulation", false)
}

func TestPuttingAProductForward(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	p := h.enter("fournil@saint-laurent.example")
	done := leads(t, "into the window", p.post("/espace/publier", written("produit", "publier", "titre", "Seigle au levain", "prix", "4,80")), newsPages)
	shows(t, "into the window", p.get(done), http.StatusOK, "Le produit est dans votre vitrine", "Mettre en avant")
	product := h.lastPost()
	path := h.offered(t, p, product, "avant", true)
	shows(t, "the question", p.get(path), http.StatusOK, "Mettre ce produit en avant ?", "Il passe dans le fil")
	if got := words(h.visitor().get("/")); strings.Contains(got, "Seigle") {
		t.Error("it is in the thread already")
	}
	leads(t, "forward", p.post(path, nil), pageOf(product))
	shows(t, "the thread", h.visitor().get("/"), http.StatusOK, "Seigle au levain")
	shows(t, "once more", p.get(path), http.StatusOK, "le verront de nouveau")
	shows(t, "twice in a day", p.post(path, nil), http.StatusUnprocessableEntity, "recommencez demain")
}

// Whoever reads an edited post can see what it said before, and nothing of what was taken back.
func TestFormerVersions(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	p := h.enter("fournil@saint-laurent.example")
	offer := h.publishKind(h.bakery, town.Draft{Kind: town.Offer, Text: "Dès 16 h.", Details: town.Details{Title: "Fougasses", Ends: time.Now().AddDate(0, 0, 3), Offer: &town.OfferDetails{Price: cents(2600)}}})
	former := pageOf(offer) + "/versions"
	if strings.Contains(h.visitor().get(pageOf(offer)).Body.String(), former) {
		t.Error("former versions are offered before there are any")
	}
	edit := "/espace/nouvelles/" + offer.ID.String() + "/modifier"
	leads(t, "editing", p.post(edit, written("offre", "publier", "titre", "Treize fougasses", "prix", "24", "au", h.day(3), "texte", "Dès 15 h.")), `/.*`)
	page := h.visitor().get(pageOf(offer))
	shows(t, "its page", page, http.StatusOK, "Modifié", "24 €", "Dès 15 h.")
	if !strings.Contains(page.Body.String(), `href="`+former+`"`) {
		t.Error("its page does not lead to what it said before")
	}
	shows(t, "before", h.visitor().get(former), http.StatusOK, "Ce qui était écrit avant", "Fougasses", "26 €", "Dès 16 h.")
	if got := words(h.visitor().get(former)); strings.Contains(got, "Dès 15 h.") {
		t.Error("what it says now is among the former versions")
	}
	shows(t, "under another shop", h.visitor().get("/@potager/"+offer.ID.String()+"/versions"), http.StatusNotFound)
	leads(t, "deleting", p.post("/espace/nouvelles/"+offer.ID.String()+"/supprimer", nil), `/@fournil`)
	gone := h.visitor().get(former)
	shows(t, "deleted", gone, http.StatusGone)
	if n := h.count(`SELECT count(*) FROM post_versions`); n != 0 {
		t.Errorf("versions of what was deleted: got %d, want none", n)
	}
}
