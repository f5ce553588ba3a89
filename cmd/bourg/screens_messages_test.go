package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"bourg/federation"
	"bourg/internal/town"

	"github.com/google/uuid"
)

// A shop that nobody has written to is invited to write: for the first time, or again.
func TestNoMessagesYet(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	p := h.enter("fournil@saint-laurent.example")
	shows(t, "before the first news", p.get("/espace/messages"), http.StatusOK, "Écrire votre première nouvelle")
	h.publish(h.bakery, "Fournée de seigle.", false)
	page := p.get("/espace/messages")
	shows(t, "afterwards", page, http.StatusOK, "Écrire une nouvelle")
	if strings.Contains(words(page), "première") {
		t.Error("afterwards: the first news is asked for again")
	}
}

// The shop hides a reply, shows it again, and answers; a reply that waits shows nowhere until it is accepted.
func TestHidingAReply(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	p, reader := h.enter("fournil@saint-laurent.example"), h.visitor()
	post := h.publish(h.bakery, "Fournée de seigle.", false)
	page := "/@fournil/" + post.ID.String()
	shown, waiting := h.reply(post, "<p>Gardez-m’en deux.</p>", town.ReplyShown), h.reply(post, "<p>Et pour moi ?</p>", town.ReplyWaiting)
	list := p.get("/espace/messages")
	shows(t, "the list", list, http.StatusOK, "2 à traiter", "Gardez-m'en deux.", "Et pour moi ?", "Réponse à accepter")
	onPage := func(what string, want bool, phrase string) {
		t.Helper()
		if got := strings.Contains(words(reader.get(page)), phrase); got != want {
			t.Errorf("%s: on the page %v, want %v", what, got, want)
		}
	}
	onPage("shown", true, "Gardez-m'en deux.")
	onPage("waiting", false, "Et pour moi ?")
	at := func(id uuid.UUID) string { return "/espace/messages/" + id.String() }
	decide := func(id uuid.UUID, gesture string) {
		t.Helper()
		leads(t, gesture, p.post(at(id), url.Values{"geste": {gesture}}), at(id))
	}
	decide(shown, "masquer")
	onPage("hidden", false, "Gardez-m'en deux.")
	shows(t, "the hidden one", p.get(at(shown)), http.StatusOK, "Cette réponse est masquée", "Montrer de nouveau")
	decide(shown, "montrer")
	onPage("shown again", true, "Gardez-m'en deux.")
	shows(t, "the waiting one", p.get(at(waiting)), http.StatusOK, "attend votre accord")
	decide(waiting, "accepter")
	onPage("accepted", true, "Et pour moi ?")
	shows(t, "another shop's", h.enter("potager@saint-laurent.example").get(at(shown)), http.StatusNotFound)

	shows(t, "an empty answer", p.post(at(shown), url.Values{"geste": {"repondre"}, "reponse": {" "}}), http.StatusUnprocessableEntity, "Écrivez quelques mots")
	answer := url.Values{"geste": {"repondre"}, "reponse": {"C'est gardé."}, "cle": {uuid.NewString()}}
	leads(t, "answering", p.post(at(shown), answer), at(shown))
	leads(t, "a double tap", p.post(at(shown), answer), at(shown))
	onPage("answered", true, "C'est gardé.")
	if n := h.count(`SELECT count(*) FROM posts WHERE kind = 'answer'`); n != 1 {
		t.Errorf("answers: got %d, want 1", n)
	}
	if got := words(p.get("/espace/messages")); !strings.Contains(got, "Tout est vu") {
		t.Errorf("all is answered: got %s", got)
	}
}

// The page of a piece of news says in words how many people elsewhere liked and shared it, as soon as they did, and nowhere
// else is counted.
func TestLikesAndSharesInWords(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	post := h.publish(h.bakery, "Fournée de seigle.", false)
	page := "/@fournil/" + post.ID.String()
	react := func(who string, kind town.ReactionKind) town.Received {
		t.Helper()
		id := federation.IRI("https://ailleurs.example/users/" + who)
		in := town.Received{
			Sender: &federation.Actor{
				ID: id, Type: "Person", PreferredUsername: who, Inbox: id + "/inbox",
				Keys: []federation.PublicKey{{ID: id + "#main-key", Owner: id, PEM: "PEM"}},
			},
			ID: id + "/" + federation.IRI(kind), Key: uuid.New(),
		}
		h.must(h.town.store.AddReaction(t.Context(), in, kind, post.ID))
		return in
	}
	says := func(what, path, want string) {
		t.Helper()
		shows(t, what, h.visitor().get(path), http.StatusOK, want)
	}
	says("alone", page, "Publié pour tout le monde. Aucune réponse")
	first := react("odile", town.Liked)
	says("one favourite", page, "Publié pour tout le monde, mis en favori par 1 personne.")
	react("anselme", town.Liked)
	react("odile", town.Shared)
	says("favourites and a share", page, "Publié pour tout le monde, mis en favori par 2 personnes, partagé par 1 personne.")
	says("in English", "/en"+page, "Published for everybody, a favourite of 2 people, shared by 1 person.")
	first.Key = uuid.New()
	h.must(h.town.store.RemoveReaction(t.Context(), first, town.Liked, post.ID))
	says("one favourite less", page, "mis en favori par 1 personne, partagé par 1 personne.")
	if got := words(h.visitor().get("/")); strings.Contains(got, "favori") || strings.Contains(got, "partagé") {
		t.Errorf("the thread: got a count in %s", got)
	}
}
