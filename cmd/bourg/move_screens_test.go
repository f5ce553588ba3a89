package main

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"bourg/federation"
)

// oneAccount is the only account elsewhere that there is.
type oneAccount struct{ actor *federation.Actor }

func (o oneAccount) FindAccount(context.Context, string) (federation.Verified[*federation.Actor], string, error) {
	verified, err := federation.Authority{Host: "saint-laurent.example"}.Actor(o.actor, o.actor.ID)
	return verified, "fournil@ailleurs.example", err
}

// Nobody moves a shop away who finds its browser open: it takes the password, or, without one, a sign-in just now.
func TestMovingTakesAProof(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	id := federation.IRI("https://ailleurs.example/users/fournil")
	h.town.mover.Find = oneAccount{&federation.Actor{
		ID: id, Type: "Person", PreferredUsername: "fournil", Inbox: id + "/inbox",
		AlsoKnownAs: []federation.IRI{h.town.addresses.Actor(h.bakery.ID), h.town.addresses.Actor(h.grocer.ID)},
	}}
	away := func() int { return h.count(`SELECT count(*) FROM merchants WHERE moved IS NOT NULL`) }
	confirm := func(secret string) url.Values {
		return url.Values{"geste": {"confirmer"}, "compte": {string(id)}, "secret": {secret}}
	}

	p := h.enter("fournil@saint-laurent.example")
	h.exec(t, `UPDATE sessions SET data = convert_to(regexp_replace(convert_from(data, 'UTF8'), ',"entered":"[^"]*"', ''), 'UTF8')`)
	form := url.Values{"geste": {"partir"}, "nouveau": {"@fournil@ailleurs.example"}}
	shows(t, "a browser that was left open", p.post("/espace/demenager", form), http.StatusOK, "Partir pour @fournil@ailleurs.example", "par un lien tout neuf")
	shows(t, "confirming there", p.post("/espace/demenager", confirm("")), http.StatusUnprocessableEntity, "par un lien tout neuf")
	leads(t, "a fresh link", p.post("/espace/demenager", url.Values{"geste": {"lien"}}), `/espace/demenager\?fait=lien`)

	leads(t, "a password", h.setPassword(p, "", goodPassword), `.*`)
	shows(t, "without it", p.post("/espace/demenager", confirm("")), http.StatusUnprocessableEntity, "Ce n'est pas votre mot de passe actuel")
	if n := away(); n != 0 {
		t.Fatalf("shops that moved without a proof: got %d, want none", n)
	}
	leads(t, "with it", p.post("/espace/demenager", confirm(goodPassword)), `/espace/demenager\?fait=confirmer`)
	shows(t, "publishing afterwards", p.post("/espace/publier", news("Encore.", "publier")), http.StatusConflict, "Votre commerce a déménagé")

	fresh := h.enter("potager@saint-laurent.example")
	leads(t, "another shop, just signed in", fresh.post("/espace/demenager", confirm("")), `/espace/demenager\?fait=confirmer`)
	if n := away(); n != 2 {
		t.Errorf("shops that moved: got %d, want both", n)
	}
}
