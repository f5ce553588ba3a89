package main

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
)

// What was over a shop's share of the day stands in the evening on a page of its own, until it is withdrawn.
func TestReadingAnEveningSummary(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	anyone := h.visitor()
	h.publish(h.bakery, "Fournée de seigle.", false)
	h.publish(h.bakery, "Fougasses.", false)
	over := h.publish(h.bakery, "Une tourte oubliée.", false)
	shows(t, "the town's page", anyone.get("/@saintlaurent"), http.StatusOK, "2 nouvelles relayées aujourd'hui, 12 au plus ; 1 dans le récapitulatif du soir")
	shows(t, "the town hall's list", h.enterTownHall().get("/mairie/groupes"), http.StatusOK, "2 nouvelles relayées aujourd'hui, 12 au plus", "1 dans le récapitulatif du soir")

	evening := *h.town.announcer
	evening.Now = func() time.Time { return h.here(1, 19, 30) }
	h.must(evening.Tend(t.Context()))
	var id uuid.UUID
	h.must(h.town.store.Pool().QueryRow(t.Context(), `SELECT s.id FROM group_summaries s JOIN groups g ON g.id = s.group_id WHERE g.kind = 'town'`).Scan(&id))
	page := "/@saintlaurent/" + id.String()
	shows(t, "the summary", anyone.get(page), http.StatusOK, "Récapitulatif du", "Le Fournil de la Halle", "Une tourte oubliée.")
	hides(t, "the summary", anyone.get(page), "Fougasses")
	leads(t, "in other letters", anyone.get("/@SaintLaurent/"+id.String()), page)
	shows(t, "under another's name", anyone.get("/@alentours/"+id.String()), http.StatusNotFound)
	shows(t, "nothing", anyone.get("/@saintlaurent/"+uuid.NewString()), http.StatusNotFound)

	h.must(h.town.publisher.Withdraw(t.Context(), operator, over.ID))
	shows(t, "withdrawn", anyone.get(page), http.StatusOK, "Ces nouvelles ont été retirées")
	hides(t, "withdrawn", anyone.get(page), "tourte")
}
