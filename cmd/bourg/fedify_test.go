package main_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"bourg/federation"
)

// A whole acquaintance between a bakery and people on a server made of Fedify, from the search field to both moving house: in
// either signature scheme, between servers that show their documents to everybody and between two in secure mode.
func TestFedifyAndABakeryTellEachOtherEverything(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		scheme scheme
		secure bool
	}{{cavage, false}, {cavage, true}, {rfc9421, false}, {rfc9421, true}} {
		t.Run(fmt.Sprintf("%s, secure %v", c.scheme, c.secure), func(t *testing.T) {
			t.Parallel()
			tw := startTown(t, with("BOURG_SECURE_MODE", fmt.Sprint(c.secure)))
			a := &acquaintance{t: t, tw: tw, peer: startPeer(t, c.scheme)}
			a.bakery = tw.addMerchant("fournil", "Le Fournil", "boulangerie", "--phone", "04 65 71 20 12", "--address", "4 place de la Fontaine", "--lat", "44.17", "--lon", "4.5")
			a.browser, _ = tw.signIn(a.bakery.SignIn)
			a.peer.set(fields{"secure": c.secure})
			signs := map[scheme]federation.SignatureScheme{cavage: federation.Cavage, rfc9421: federation.RFC9421}[c.scheme]
			if err := tw.store().SchemeWorked(t.Context(), a.peer.host, signs); err != nil {
				t.Fatal(err)
			}

			news := tw.publish("fournil", "Fournée de seigle ce matin.")
			a.isFound(news)
			follow := a.act("anna", "follow", nil)
			a.peer.await("Accept", text(follow, "id"))
			a.followers(1)
			withdrawn := a.tells(news)
			a.hears(news)
			a.isQuoted(news)
			a.isReportedAndBlocked(news, follow)
			a.everybodyMoves()
			a.wasSignedBy(c.scheme)
			// At the end, for toward a server that answers 410 Fedify changes to the other scheme.
			if _, answer := a.peer.order("/acts/fetch", fields{"name": "anna", "url": withdrawn.ID}); !strings.Contains(text(answer, "error"), "HTTP 410") {
				t.Errorf("the article taken back: got %v, want 410", answer)
			}
		})
	}
}

// acquaintance is a bakery of a town and a Fedify server, on which Anna and Bert live.
type acquaintance struct {
	t       *testing.T
	tw      *town
	peer    *peer
	bakery  merchant
	browser *browser // the baker's
}

// act lets somebody on the Fedify server do something toward the bakery.
func (a *acquaintance) act(name, act string, more fields) map[string]any {
	a.t.Helper()
	f := fields{"name": name, "merchant": a.bakery.Actor, "mention": "@fournil@" + a.tw.host}
	for k, v := range more {
		f[k] = v
	}
	return a.peer.does(act, f)
}

func (a *acquaintance) undo(name string, sent map[string]any) {
	a.t.Helper()
	a.act(name, "undo", fields{"activity": text(sent, "id")})
}

// total waits until a collection, read by Fedify, has so many items. Anna reads it, whose profile everybody may see: Fedify asks
// its own server for what was written there, as it would any other.
func (a *acquaintance) total(of string, want int) {
	a.t.Helper()
	eventually(a.t, of, func() error {
		if got := number(a.act("anna", "collection", fields{"url": of}), "total"); got != want {
			return fmt.Errorf("got %d items, want %d", got, want)
		}
		return nil
	})
}

func (a *acquaintance) followers(want int) {
	a.t.Helper()
	a.total(a.bakery.Actor+"/followers", want)
}

// created waits for a Create with those words and returns the object's id.
func (a *acquaintance) created(words string) (id string) {
	a.t.Helper()
	eventually(a.t, "the Create of «"+words+"»", func() error {
		for _, one := range a.peer.journal().Activities {
			if one.Type == "Create" && strings.Contains(plain.Replace(one.Content), words) {
				id = one.Object
				return nil
			}
		}
		return errors.New("it has not come")
	})
	return id
}

// sent returns the body of the delivery about an object, for what Fedify has no words for.
func (a *acquaintance) sent(kind, about string) (activity map[string]any) {
	a.t.Helper()
	eventually(a.t, "the "+kind+" about "+about, func() error {
		for _, d := range a.peer.journal().Deliveries {
			var got map[string]any
			if err := json.Unmarshal([]byte(d.Body), &got); err != nil {
				a.t.Fatal(err)
			}
			if text(got, "type") == kind && (text(got, "object", "id") == about || text(got, "object") == about) {
				activity = got
				return nil
			}
		}
		return errors.New("it has not come")
	})
	return activity
}

// isFound looks the bakery up by its handle, its id and its page, before anybody follows it.
func (a *acquaintance) isFound(news posted) {
	a.t.Helper()
	for _, of := range []string{"@fournil@" + a.tw.host, a.bakery.Actor, a.bakery.URL} {
		got := a.peer.does("profile", fields{"name": "anna", "of": of})
		if text(got, "id") != a.bakery.Actor || text(got, "type") != "Organization" || text(got, "name") != "Le Fournil" || text(got, "handle") != "fournil" {
			a.t.Errorf("%s leads to %v, want the bakery", of, got)
		}
		if place := dig(got, "location"); text(place, "type") != "Place" || dig(place, "latitude") != 44.17 || dig(place, "longitude") != 4.5 {
			a.t.Errorf("%s: got the place %v", of, place)
		}
		if all := fmt.Sprint(dig(got, "fields")); !strings.Contains(unbroken.Replace(all), "04 65 71 20 12") || !strings.Contains(all, "4 place de la Fontaine") {
			a.t.Errorf("%s: got the fields %s, want telephone and address", of, all)
		}
		if card := unbroken.Replace(text(got, "featured", "content")); text(got, "featured", "type") != "Note" || !strings.Contains(card, "04 65 71 20 12") {
			a.t.Errorf("%s: got %v featured, want the card first", of, dig(got, "featured"))
		}
		if dig(got, "discoverable") != true || text(got, "published") == "" || number(got, "keys") != 1 {
			a.t.Errorf("%s: got %v, want it discoverable, with its day and an Ed25519 key", of, got)
		}
	}
	outbox := a.act("anna", "collection", fields{"url": a.bakery.Actor + "/outbox"})
	if number(outbox, "total") != 1 || text(outbox, "items", "type") != "Create" {
		a.t.Errorf("outbox: got %v, want the Create of %s", outbox, news.ID)
	}
}

// tells publishes each kind, edits, calls off and takes back, of which last one it returns what it was.
func (a *acquaintance) tells(news posted) (withdrawn posted) {
	a.t.Helper()
	publish := func(kind string, more ...string) posted {
		return a.tw.publish("fournil", "Au feu de bois.", append([]string{"--kind", kind, "--title", "Le four"}, more...)...)
	}
	offer, event, article := publish("offer", "--price", "9.90"), publish("event", "--from", day(9)+"T18:00"), publish("article")
	for _, c := range []struct{ id, kind string }{{offer.ID, "Note"}, {event.ID, "Event"}, {article.ID, "Article"}} {
		journal, at := a.peer.await("Create", c.id)
		if got := journal.Activities[at]; got.AttributedTo != a.bakery.Actor || got.ActorRead != "Organization" {
			a.t.Errorf("%s: Fedify reads the Create as %+v", c.kind, got)
		}
		if read := a.act("anna", "fetch", fields{"url": c.id}); text(read, "type") != c.kind {
			a.t.Errorf("%s: Fedify reads a %q", c.kind, text(read, "type"))
		}
	}
	a.tw.run("edit", news.ID, "--text", "Fournée de seigle à midi.")
	a.peer.await("Update", news.ID)
	if read := a.act("anna", "fetch", fields{"url": news.URL}); text(read, "read", "id") != news.ID || text(read, "read", "updated") == "" {
		a.t.Errorf("the edited post by its page's address: Fedify reads %v", dig(read, "read"))
	}

	a.browser.visit("/espace/nouvelles/" + event.ID[strings.LastIndexByte(event.ID, '/')+1:] + "/annulation").form("Annuler l'événement").press()
	a.peer.await("Update", event.ID)
	if read := a.act("anna", "fetch", fields{"url": event.ID}); !strings.HasSuffix(text(read, "document", "eventStatus"), "EventCancelled") {
		a.t.Errorf("the event called off: got %v", dig(read, "document"))
	}
	if read := a.act("anna", "fetch", fields{"url": a.created("Annulé")}); text(read, "read", "inReplyTo") != event.ID {
		a.t.Errorf("what says so answers %q, want the event", text(read, "read", "inReplyTo"))
	}
	a.tw.run("withdraw", article.ID)
	a.peer.await("Delete", article.ID)
	return article
}

// hears has Bert answer, like and share, and take all back; the baker answers and thanks in between.
func (a *acquaintance) hears(news posted) {
	a.t.Helper()
	reply := a.act("bert", "reply", fields{"inReplyTo": news.ID, "content": "<p>Une tourte ?</p>"})
	like := a.act("bert", "like", fields{"object": news.ID})
	share := a.act("bert", "announce", fields{"object": news.ID})
	for _, collection := range []string{"/replies", "/likes", "/shares"} {
		a.total(news.ID+collection, 1)
	}
	a.act("bert", "edit", fields{"note": text(reply, "note"), "content": "<p>Deux tourtes ?</p>"})
	thread := a.browser.visit("/espace/messages").click("Deux tourtes")
	thread = thread.form("Dire merci").press()
	journal, at := a.peer.await("Like", text(reply, "note"))
	thread = thread.form("Retirer le merci").press()
	a.peer.await("Undo", journal.Activities[at].ID)
	thread.form("Répondre").fill("reponse", "Oui, gardées.").press()
	if read := a.act("bert", "fetch", fields{"url": a.created("Oui, gardées.")}); text(read, "read", "inReplyTo") != text(reply, "note") ||
		!slices.Contains(append(list(read, "document", "to"), list(read, "document", "cc")...), a.peer.user("bert")) {
		a.t.Errorf("the answer: Fedify reads %v", dig(read, "read"))
	}
	context := a.act("bert", "fetch", fields{"url": news.ID})
	a.total(text(context, "document", "context"), 3)

	a.undo("bert", like)
	a.undo("bert", share)
	a.act("bert", "remove", fields{"note": text(reply, "note")})
	for _, collection := range []string{"/replies", "/likes", "/shares"} {
		a.total(news.ID+collection, 0)
	}
}

// isQuoted has Bert ask for leave to quote, which lasts as long as the post that quotes.
func (a *acquaintance) isQuoted(news posted) {
	a.t.Helper()
	quote := a.act("bert", "quote", fields{"object": news.ID, "content": "<p>À ne pas manquer.</p>"})
	leave := text(a.sent("Accept", text(quote, "id")), "result")
	got := dig(a.act("anna", "fetch", fields{"url": leave}), "document")
	for name, want := range map[string]string{
		"type": "QuoteAuthorization", "attributedTo": a.bakery.Actor, "interactingObject": text(quote, "note"), "interactionTarget": news.ID,
	} {
		if text(got, name) != want {
			a.t.Errorf("%s of the authorisation: got %q, want %q", name, text(got, name), want)
		}
	}
	a.act("bert", "remove", fields{"note": text(quote, "note")})
	a.sent("Delete", leave)
}

// isReportedAndBlocked has Bert report a post, and Anna block the bakery and think better of it; then the baker does the same to Anna.
func (a *acquaintance) isReportedAndBlocked(news posted, follow map[string]any) {
	a.t.Helper()
	a.act("bert", "flag", fields{"object": news.ID, "content": "Ce n'est pas du seigle."})
	hall, _ := a.tw.signIn(text(a.tw.run("admin", "add", "--email", "mairie@saint-laurent.example"), "sign_in"))
	hall.visit("/mairie/signalements").must("Ce n'est pas du seigle.")

	a.undo("anna", follow)
	a.followers(0)
	a.act("anna", "follow", nil)
	block := a.act("anna", "block", nil)
	a.followers(0)
	a.undo("anna", block)
	a.peer.await("Accept", text(a.act("anna", "follow", nil), "id"))

	a.act("anna", "reply", fields{"inReplyTo": news.ID, "content": "<p>Publicité !</p>"})
	thread := a.browser.visit("/espace/messages").click("Publicité !")
	thread.form("Signaler à "+a.peer.host).fill("Ce qui ne va pas", "Publicité.").press()
	a.peer.await("Flag", a.peer.user("anna"))
	a.browser.visit(thread.url.String()).form("Bloquer cette personne").press()
	journal, at := a.peer.await("Block", a.peer.user("anna"))
	refused := a.act("anna", "follow", nil)
	a.peer.await("Reject", text(refused, "id"))
	a.browser.visit("/espace/abonnes").form("Débloquer").press()
	a.peer.await("Undo", journal.Activities[at].ID)
	a.peer.await("Accept", text(a.act("anna", "follow", nil), "id"))
	a.followers(1)
}

// everybodyMoves moves Anna to Bert's account, gives the bakery a new key, and moves the bakery to where Anna was.
func (a *acquaintance) everybodyMoves() {
	a.t.Helper()
	anna, bert := a.peer.user("anna"), a.peer.user("bert")
	a.peer.set(fields{"aliases": fields{"bert": []string{anna}}, "successors": fields{"anna": bert}})
	a.act("anna", "move", fields{"target": bert})
	a.followers(0)
	a.peer.await("Accept", text(a.act("bert", "follow", nil), "id"))

	a.tw.run("keys", "rotate", "--as", "fournil")
	a.peer.await("Update", a.bakery.Actor)
	a.peer.await("Create", a.tw.publish("fournil", "Signé par la nouvelle clé.").ID)
	profile := fields{"name": "bert", "of": a.bakery.Actor}
	if got := number(a.peer.does("profile", profile), "keys"); got != 3 {
		a.t.Errorf("after the new key: Fedify reads %d other keys, want the Ed25519 key and both former ones", got)
	}

	a.peer.set(fields{"aliases": fields{"anna": []string{a.bakery.Actor}}, "successors": fields{}})
	a.tw.run("merchant", "alias", "--as", "fournil", "--add", "@anna@"+a.peer.host)
	if got := list(a.peer.does("profile", profile), "aliases"); !slices.Equal(got, []string{anna}) {
		a.t.Errorf("also known as: Fedify reads %q, want Anna's account", got)
	}
	a.tw.run("merchant", "move", "--as", "fournil", "--to", "@anna@"+a.peer.host)
	a.peer.await("Move", a.bakery.Actor)
	if got := text(a.peer.does("profile", profile), "successor"); got != anna {
		a.t.Errorf("moved to: Fedify reads %q, want %s", got, anna)
	}
	a.peer.await("Reject", text(a.act("anna", "follow", nil), "id"))
}

// wasSignedBy looks back: each side signed by the scheme all along, and the other took it at once.
func (a *acquaintance) wasSignedBy(how scheme) {
	a.t.Helper()
	a.tw.settled()
	journal := a.peer.journal()
	for _, d := range journal.Deliveries {
		if d.Scheme != string(how) || !taken(d.Status) {
			a.t.Errorf("Fedify answered %d to a delivery by %s, want it taken by %s: %s", d.Status, d.Scheme, how, d.Body)
		}
	}
	for _, r := range journal.Requests {
		if r.Method == http.MethodPost && (r.Scheme != string(how) || !taken(r.Status)) {
			a.t.Errorf("Fedify's POST by %s: got status %d, want it taken by %s: %+v", r.Scheme, r.Status, how, r)
		}
	}
}
