package main_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// A server is away while a shop publishes. The town hall reads since when, and the shop who has its news and who
// waits; the server comes back, and nobody has to wait for the next try: a button, and a command, send at once.
func TestWhatWaitsIsSeenAndSentAgain(t *testing.T) {
	t.Parallel()
	tw := startTown(t)
	shop := tw.addMerchant("fournil", "Le Fournil de la Halle", "boulangerie")
	here, away := newFollower(t), newFollower(t)
	for _, f := range []*follower{here, away} {
		f.follow("odile", f.discover("fournil@"+tw.host))
	}
	tw.settled()
	away.down()
	post := tw.publish("fournil", "Fournée de seigle.")
	here.await("Create", post.ID)
	waitsFor := func(host string) map[string]any {
		hosts, _ := dig(tw.run("queue"), "hosts").([]any)
		for _, h := range hosts {
			if text(h, "host") == host {
				return h.(map[string]any)
			}
		}
		return nil
	}
	eventually(t, "the first try has failed", func() error {
		if got := waitsFor(away.host); text(got, "last_error") == "" {
			return fmt.Errorf("got %v, want an error", got)
		}
		return nil
	})
	got := waitsFor(away.host)
	if number(got, "waiting") != 1 || text(got, "state") == "ok" || text(got, "oldest") == "" || text(got, "next_try") == "" || text(got, "failing_since") == "" {
		t.Errorf("bourg queue: got %v, want one delivery that waits, since when, and the next try", got)
	}

	// The shop's own pages.
	baker, _ := tw.signIn(shop.SignIn)
	if page := baker.visit(post.URL); !page.says("Remis à 1 serveur sur 2, 1 attend.") {
		t.Errorf("the news does not say how far it has come:\n%s", page.words())
	}
	which := baker.visit("/espace/nouvelles/" + post.ID[strings.LastIndexByte(post.ID, '/')+1:] + "/envois")
	if !which.says(away.host) || which.says(here.host) || !which.says("refuse la connexion") || which.says("odile") {
		t.Errorf("who waits: got\n%s\nwant %s, why, and no names", which.words(), away.host)
	}
	if page := tw.open().visit(post.URL); page.says("Remis à") {
		t.Errorf("a visitor reads how far the news has come:\n%s", page.words())
	}

	// The town hall's.
	hall, _ := tw.signIn(text(tw.run("admin", "add", "--email", "mairie@saint-laurent.example"), "sign_in"))
	network := hall.visit("/mairie/reseau")
	for _, want := range []string{away.host, "1 envoi attend", "refuse la connexion", "Prochain essai", here.host, "Va bien"} {
		if !network.says(want) {
			t.Errorf("/mairie/reseau does not say %q:\n%s", want, network.words())
		}
	}
	if words := network.words(); strings.Index(words, away.host) > strings.Index(words, here.host) {
		t.Errorf("the server that is away does not come first:\n%s", words)
	}

	// It is away for so long that it is left alone for hours.
	tw.sql(`UPDATE deliveries SET attempts = 5, next_try = now() + interval '6 hours'`)
	tw.sql(`UPDATE hosts SET paused_until = now() + interval '1 hour' WHERE host = '` + away.host + `'`)
	away.up()
	pressed := network.form("Réessayer maintenant " + away.host).press()
	if !pressed.says("C’est reparti") {
		t.Errorf("after the button: got\n%s", pressed.words())
	}
	away.await("Create", post.ID)
	tw.settled()
	if page := baker.visit(post.URL); !page.says("Remis à 2 serveurs sur 2.") || page.says("Qui attend encore") {
		t.Errorf("after the button the news does not say that all have it:\n%s", page.words())
	}

	// The same from the command line, for what was given up, and for an edit.
	tw.run("edit", post.ID, "--text", "Fournée d’épeautre.")
	away.await("Update", post.ID)
	tw.settled()
	away.misbehave(fault{status: http.StatusBadRequest})
	second := tw.publish("fournil", "Brioches.")
	here.await("Create", second.ID)
	eventually(t, "the second news is given up", func() error {
		if got := waitsFor(away.host); number(got, "parked") != 1 {
			return fmt.Errorf("got %v, want one delivery given up", got)
		}
		return nil
	})
	if page := baker.visit(second.URL); !page.says("Remis à 1 serveur sur 2, 1 ne l’aura pas.") {
		t.Errorf("the second news does not say that somebody will not get it:\n%s", page.words())
	}
	away.misbehave(fault{})
	if got := tw.run("queue", "retry", away.host); got["ok"] != true || number(got, "deliveries") != 1 {
		t.Errorf("bourg queue retry: got %v, want one delivery", got)
	}
	away.await("Create", second.ID)
	tw.settled()
	if page := baker.visit(post.URL); !page.says("La modification est remise à 2 serveurs sur 2.") {
		t.Errorf("the edited news does not say how far the edit has come:\n%s", page.words())
	}

	tw.run("block", away.host)
	if got := tw.try("queue", "retry", away.host); got.code != 1 || !strings.Contains(got.stderr, "blocked") {
		t.Errorf("retrying a blocked host: got %d and %q, want 1 and a sentence", got.code, got.stderr)
	}
	if got := tw.try("queue", "retry", "no host"); got.code != 1 {
		t.Errorf("retrying what is no host: got %d, want 1", got.code)
	}
}
