package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"bourg/federation"
	"bourg/internal/town"

	"github.com/google/uuid"
)

// The town hall reads what another server reports, is asked for words where it gives none, and finds its decision noted.
func TestTheTownHallDecidesAboutReports(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	p := h.enterTownHall()
	shows(t, "no report", p.get("/mairie/signalements"), http.StatusOK, "Aucun signalement n'attend")
	post := h.publish(h.bakery, "Fournée de seigle.", false)
	h.reply(post, "<p>Oui</p>", town.ReplyShown)
	number := h.report(post)
	shows(t, "the desk", p.get("/mairie"), http.StatusOK, "signalement attend une décision")
	shows(t, "the report", p.get("/mairie/signalements"), http.StatusOK,
		"Signalement n° "+number, "Le Fournil de la Halle", "@odile@ailleurs.example", "Publicité mensongère", "Fournée de seigle.")

	form := url.Values{"numero": {number}, "decision-" + number: {"   "}}
	shows(t, "no words", p.post("/mairie/signalements", form), http.StatusUnprocessableEntity, "Écrivez ce que vous avez décidé")
	long := strings.Repeat("é", town.MaxDecision+1)
	form.Set("decision-"+number, long)
	shows(t, "too many words", p.post("/mairie/signalements", form), http.StatusUnprocessableEntity, "2 000 signes au plus", long)
	form.Set("decision-"+number, "Le prix barré a été corrigé.")
	leads(t, "deciding", p.post("/mairie/signalements", form), `/mairie/signalements\?fait=decide`)
	shows(t, "decided", p.get("/mairie/signalements?fait=decide"), http.StatusOK, "La décision est notée.", "Décidé le", "Le prix barré a été corrigé.", "Aucun signalement n'attend")
	for _, unknown := range []string{"9999", "0", "-1", "x", ""} {
		if got := p.post("/mairie/signalements", url.Values{"numero": {unknown}, "decision-" + unknown: {"Rien"}}); got.Code != http.StatusNotFound {
			t.Errorf("number %q: got status %d, want 404", unknown, got.Code)
		}
	}
}

// A merchant takes a quote back: it leaves the page, who quotes is told, and its authorisation is gone for good.
func TestAMerchantTakesAQuoteBack(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	post := h.publish(h.bakery, "Fournée de seigle.", false)
	h.reply(post, "<p>Oui</p>", town.ReplyShown)
	quote := h.quote(post)
	page := "/@fournil/" + post.ID.String()
	p, reader := h.enter("fournil@saint-laurent.example"), h.visitor()
	shows(t, "a reader sees who quotes", reader.get(page), http.StatusOK, "Cité par", "Publication de Odile")
	if got := words(reader.get(page)); strings.Contains(got, "Retirée, une citation") {
		t.Errorf("a reader is told how to take it back:\n%s", got)
	}
	shows(t, "the merchant", p.get(page), http.StatusOK, "Retirer", "Retirée, une citation disparaît")
	shows(t, "the messages", p.get("/espace/messages"), http.StatusOK, "Vous cite")
	for range 2 {
		leads(t, "taking it back", p.post("/espace/citations/"+quote.ID.String(), nil), page)
	}
	if got := words(reader.get(page)); strings.Contains(got, "Cité par") {
		t.Errorf("after it was taken back: got\n%s", got)
	}
	if n := h.count(`SELECT count(*) FROM deliveries d JOIN activities a ON a.id = d.activity_id
		WHERE a.type = 'Delete' AND a.object_id = $1 AND d.inbox = $2`, string(h.town.addresses.Authorisation(quote)), string(h.peer.Inbox)); n != 1 {
		t.Errorf("got %d deliveries of the Delete, want one", n)
	}
	if _, err := h.town.documents.Object(t.Context(), h.town.addresses.Authorisation(quote)); err != federation.ErrGone { //nolint:errorlint // what is answered bare
		t.Errorf("the authorisation: got %v, want ErrGone", err)
	}
	// Whoever asks again is refused.
	passer := &passer{house: h, post: post}
	before := passer.counts()
	err := passer.receive([]byte(`{"@context":"https://www.w3.org/ns/activitystreams","id":"`+string(h.peer.ID)+`/requests/2","type":"QuoteRequest","actor":"`+
		string(h.peer.ID)+`","object":"`+string(h.town.addresses.Post(post.ID))+`","instrument":"`+string(quote.ObjectID)+`"}`), time.Now())
	h.must(err)
	if n := h.count(`SELECT count(*) FROM activities WHERE type = 'Reject'`); n != 1 || changed(before, passer.counts()) != "" {
		t.Errorf("asked again: got %d Rejects and %q, want one and nothing else", n, changed(before, passer.counts()))
	}
	if got := p.post("/espace/citations/"+uuid.NewString(), nil); got.Code != http.StatusNotFound {
		t.Errorf("an unknown quote: got status %d, want 404", got.Code)
	}
}

// What is no Note stands in the thread as a card with its name and what it is.
func TestAPollInAThreadIsACard(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	post := h.publish(h.bakery, "Fournée de seigle.", false)
	passer := &passer{house: h, post: post}
	for i, c := range []struct{ kind, name, want string }{
		{"Question", "Pain ou brioche ?", "Sondage"}, {"Video", "Le four <b>en</b> marche", "Vidéo"}, {"Hologram", "", "Voir là où c'est publié"},
	} {
		id := "https://ailleurs.example/objects/" + string(rune('a'+i))
		err := passer.receive([]byte(`{"@context":"https://www.w3.org/ns/activitystreams","id":"`+id+`/create","type":"Create","actor":"https://ailleurs.example/users/odile",
			"object":{"id":"`+id+`","type":"`+c.kind+`","name":"`+c.name+`","url":"`+id+`/page","attributedTo":"https://ailleurs.example/users/odile",
			"inReplyTo":"`+string(h.town.addresses.Post(post.ID))+`","to":["https://www.w3.org/ns/activitystreams#Public"]}}`), time.Now())
		h.must(err)
		rec := h.visitor().get("/@fournil/" + post.ID.String())
		shows(t, c.kind, rec, http.StatusOK, c.want)
		if !strings.Contains(rec.Body.String(), `href="`+id+`/page"`) || strings.Contains(rec.Body.String(), "<b>en</b>") {
			t.Errorf("%s: got no link to its page, or its name as HTML", c.kind)
		}
	}
}
