package main

import (
	"net/http"
	"net/url"
	"testing"

	"bourg/internal/town"
)

// valuesOf is a form with these fields, and further ones in pairs in the place of those that it has.
func valuesOf(fields map[string]string, pairs ...string) url.Values {
	form := url.Values{}
	for name, value := range fields {
		form.Set(name, value)
	}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return form
}

// newsOf is the address of something that a merchant does with a post.
func newsOf(p *town.Post, act string) string { return "/espace/nouvelles/" + p.ID.String() + "/" + act }

// A merchant says once how far news goes as a rule, otherwise for one piece of news, and changes that afterwards.
func TestChoosingHowFarNewsGoes(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	p := h.enter("fournil@saint-laurent.example")

	page := p.get("/espace/commerce")
	shows(t, "the merchant's page", page, http.StatusOK, "Jusqu'où portent vos nouvelles", "Ma commune",
		"Les communes voisines, jusqu'à 15 km", "Tout le bassin, jusqu'à 40 km", "Partout", "La page reste publique")
	holds(t, "the merchant's page", page, "portee", "everywhere")
	form := filled(t, page)
	refused := p.post("/espace/commerce", valuesOf(form, "portee", "la lune", "telephone", "04 65 71 20 12"))
	shows(t, "no reach", refused, http.StatusUnprocessableEntity, "Choisissez jusqu'où porte la nouvelle")
	holds(t, "no reach", refused, "telephone", "04 65 71 20 12")
	leads(t, "a reach", p.post("/espace/commerce", valuesOf(form, "portee", "neighbours")), `/espace/commerce\?fait=1`)
	holds(t, "kept", p.get("/espace/commerce"), "portee", "neighbours")
	leads(t, "a form without the field", p.post("/espace/commerce", valuesOf(nil, "nom", "Le Fournil de la Halle", "metier", "boulangerie")), `/espace/commerce\?fait=1`)
	holds(t, "kept still", p.get("/espace/commerce"), "portee", "neighbours")

	composer := p.get("/espace/publier?neuf=1")
	shows(t, "the composer", composer, http.StatusOK, "Jusqu'où : les communes voisines", "elle ne la cache pas")
	holds(t, "the composer", composer, "portee", "neighbours")
	leads(t, "publishing", p.post("/espace/publier", written("nouvelle", "publier", "texte", "Fournée.", "portee", "region")), newsPages)
	post := h.lastPost()
	if post.Reach != town.ReachRegion {
		t.Errorf("published: got %q, want the whole area", post.Reach)
	}
	edit := newsOf(post, "modifier")
	holds(t, "editing", p.get(edit), "portee", "region")
	shows(t, "editing", p.get(edit), http.StatusOK, "la retirent")
	refused = p.post(edit, written("nouvelle", "publier", "texte", "Fournée de nuit.", "portee", "la lune"))
	shows(t, "editing to no reach", refused, http.StatusUnprocessableEntity, "Choisissez jusqu'où porte la nouvelle")
	holds(t, "editing to no reach", refused, "texte", "Fournée de nuit.")
	if rec := p.post(edit, written("nouvelle", "publier", "texte", "Fournée de nuit.", "portee", "town")); rec.Code != http.StatusSeeOther {
		t.Errorf("editing: got status %d, want 303", rec.Code)
	}
	if post = h.lastPost(); post.Reach != town.ReachTown || post.Text != "Fournée de nuit." {
		t.Errorf("edited: got %q and %q, want the town and the new words", post.Reach, post.Text)
	}
	shows(t, "its page", p.get("/@"+post.Merchant.Handle+"/"+post.ID.String()), http.StatusOK, "Publié pour la commune")
	shows(t, "in English", p.get("/en"+edit), http.StatusOK, "Neighbouring towns, up to 15 km", "it does not hide it")
}

// An answer goes wherever its thread is read: nobody is asked how far, and a planted field changes nothing.
func TestAnAnswerHasNoReach(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	p := h.enter("fournil@saint-laurent.example")
	reply := h.reply(h.publish(h.bakery, "Fournée.", false), "<p>Gardez-m’en deux.</p>", town.ReplyShown)
	answer, err := h.town.publisher.Answer(t.Context(), operator, h.bakery.ID, reply, "C’est fait.", reply)
	h.must(err)
	edit := newsOf(answer, "modifier")
	if got, asked := filled(t, p.get(edit))["portee"]; asked {
		t.Errorf("editing an answer: got a reach of %q to choose from", got)
	}
	p.post(edit, written("nouvelle", "publier", "texte", "C’est fait, Odile.", "portee", "town"))
	if answer, err = h.town.publisher.Own(t.Context(), operator, answer.ID); err != nil || answer.Reach != town.ReachEverywhere || answer.Text != "C’est fait, Odile." {
		t.Errorf("edited: got %q and %q (%v), want everywhere and the new words", answer.Reach, answer.Text, err)
	}
}
