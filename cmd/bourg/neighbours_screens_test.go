package main_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// townHall signs the town hall in.
func (tw *town) townHall() *browser {
	tw.t.Helper()
	b, _ := tw.signIn(text(tw.run("admin", "add", "--email", "mairie@"+strings.ReplaceAll(tw.host, ":", ".")+".example"), "sign_in"))
	return b
}

// awaitWords waits until a page has these words.
func (b *browser) awaitWords(path string, phrases ...string) *page {
	b.t.Helper()
	var p *page
	eventually(b.t, fmt.Sprintf("%s says %q", path, phrases), func() error {
		p = b.visit(path)
		for _, phrase := range phrases {
			if !p.says(phrase) {
				return fmt.Errorf("no %q in:\n%s", phrase, p.words())
			}
		}
		return nil
	})
	return p
}

// choose ticks exactly these boxes of a name.
func (f *form) choose(name string, values ...string) *form {
	f.values[name] = values
	return f
}

// TestTwoTownHallsComeToTerms takes two town halls through all their screens: one looks at the other, asks, is answered with
// less than it asked for, refuses the return, and decides what is shown.
func TestTwoTownHallsComeToTerms(t *testing.T) {
	t.Parallel()
	laurent := startTown(t)
	vernede := startTown(t, with("BOURG_TOWN_NAME", "Vernède"), with("BOURG_TOWN_HANDLE", "vernede"), with("BOURG_TOWN_INSEE", "30344"),
		with("BOURG_TOWN_LAT", "44.25"), with("BOURG_TOWN_LON", "4.45"))
	laurent.addMerchant("fournil", "Le Fournil", "boulangerie")
	laurent.publish("fournil", "Fournée de seigle ce matin.")
	laurent.publish("fournil", "Pour le bourg seulement.", "--reach", "town")
	ours, theirs := vernede.townHall(), laurent.townHall()
	rules := theirs.visit("/mairie/reglages").form("Enregistrer")
	rules.fill("charte", rules.values.Get("charte")+"\r\n\r\nChez nous, on se parle.").press().must("C'est enregistré")
	theirs.visit("/charte").must("Qui parle ici", "Chez nous, on se parle.")
	path := func(of *town) string { return "/mairie/voisins/" + url.PathEscape(of.host) }

	// Looking costs the other town nothing, and a mistake loses nothing.
	look := func(address string) *page {
		return ours.visit("/mairie/voisins").form("Voir cette commune").fill("domaine", address).pressAnyway()
	}
	if p := look("http://127.0.0.1:1"); p.status != http.StatusUnprocessableEntity || !p.says("Aucune commune ne répond à cette adresse") ||
		attribute(p.form("Voir cette commune").field("domaine"), "value") != "http://127.0.0.1:1" {
		t.Errorf("nobody there: got status %d and\n%s", p.status, p.words())
	}
	if p := look(""); p.status != http.StatusUnprocessableEntity || !p.says("Écrivez le nom d'un site") {
		t.Errorf("nothing typed: got status %d and\n%s", p.status, p.words())
	}
	if p := look(vernede.url.String()); p.status != http.StatusUnprocessableEntity || !p.says("l'adresse de votre propre commune") {
		t.Errorf("ourselves: got status %d and\n%s", p.status, p.words())
	}
	card := look(laurent.url.String()).must("Saint-Laurent-sur-Cèze", "à 9,4 km", "Rien ne lui a encore été envoyé", "Fournée de seigle ce matin.", "Le Fournil",
		"Mentions légales", "sa mairie décide", "Sa charte", "Ce qui ne paraît pas", "Chez nous, on se parle.")
	if card.says("Pour le bourg seulement.") {
		t.Error("what is for the town alone stands among its samples")
	}
	if got := laurent.neighbours(); len(got) != 0 {
		t.Errorf("after it was looked at: the other town knows %v, want nobody", got)
	}
	const message = "Bonjour, nos marchés se touchent."
	if p := card.form("Demander").choose("genre").fill("message", message).pressAnyway(); p.status != http.StatusUnprocessableEntity ||
		!p.says("Choisissez au moins une sorte de nouvelles") || !strings.Contains(p.body, message) {
		t.Errorf("no kind chosen: got status %d and\n%s", p.status, p.words())
	}
	card.form("Demander").choose("genre", "news", "offer", "event").fill("km", "25").fill("message", message).press().
		must("La demande est partie", "sans réponse depuis aujourd'hui")
	look(laurent.url.String()).must("Vous l'avez déjà demandé")

	// The other town hall reads it, and gives less.
	theirs.awaitWords("/mairie", "Vernède", "Souhaite échanger avec nous").form("Accepter")
	request := theirs.awaitWords("/mairie/voisins", "Vernède souhaite recevoir nos nouvelles", message, "à 9,4 km",
		"nouvelles courtes, offres et événements, jusqu'à 25 km", "1 demande à décider").click("Choisir ou refuser")
	if p := request.form("Accepter sa demande").choose("genre").pressAnyway(); p.status != http.StatusUnprocessableEntity || !p.says("Choisissez au moins une sorte") {
		t.Errorf("nothing given: got status %d and\n%s", p.status, p.words())
	}
	granted := request.form("Accepter sa demande").choose("genre", "news", "product").press().
		must("Elle reçoit de nous : nouvelles courtes, jusqu'à 25 km.", "Demander aussi ses nouvelles")
	vernede.awaitStanding(laurent, "accepted", "none")
	if got := laurent.neighbours()[vernede.host]; got.Outgoing != "none" {
		t.Errorf("after the acceptance: the other town has asked back by itself: %+v", got)
	}
	ours.visit(path(laurent)).must("Nous recevons d'elle : nouvelles courtes, jusqu'à 25 km.", "Accord du")
	eventually(t, "the agreement is public", func() error { return vernede.shows("/voisins", "Accord du") })

	// What was agreed comes, and nothing else; both count it.
	laurent.publish("fournil", "Brioches à midi.")
	laurent.publish("fournil", "Deux pour un.", "--kind", "offer", "--title", "Fougasses")
	eventually(t, "the news is there", func() error { return vernede.shows("/voisins", "Brioches à midi.") })
	laurent.settled()
	if err := vernede.shows("/voisins", "Deux pour un."); err == nil {
		t.Error("an offer is shown that was not given")
	}
	ours.awaitWords(path(laurent), "2 reçues, 0 envoyées")
	theirs.awaitWords("/mairie/voisins", "0 reçues, 1 envoyées", "Elles reçoivent nos nouvelles", "Échange")

	// The return is proposed; this time the answer is no.
	granted.click("Demander aussi ses nouvelles").form("Demander").press()
	ours.awaitWords("/mairie", "Souhaite échanger avec nous").click("Refuser").form("Refuser sa demande").fill("raison", "Pas avant les vendanges.").press().
		must("Nous avons refusé de lui donner les nôtres")
	theirs.awaitWords(path(vernede), "Elle a refusé de nous donner ses nouvelles", "Pas avant les vendanges.")

	// Who has an agreement may want less, and more again; a choice of nothing is refused, and nothing flows meanwhile that was not wanted.
	change := ours.visit(path(laurent)).form("Demander ce changement")
	if p := change.choose("genre").pressAnyway(); p.status != http.StatusUnprocessableEntity || !p.says("Choisissez au moins une sorte") {
		t.Errorf("nothing wanted: got status %d and\n%s", p.status, p.words())
	}
	ours.visit(path(laurent)).form("Demander ce changement").choose("genre", "offer", "event").fill("km", "25").press().
		must("Le changement vaut dès que", "Nous recevons d'elle : rien")
	eventually(t, "what is not wanted any more goes", func() error { return vernede.showsNot("/voisins", "Brioches à midi.") })
	theirs.awaitWords(path(vernede), "Elle reçoit de nous : rien")
	ours.visit(path(laurent)).form("Demander ce changement").choose("genre", "news", "offer", "event").press()
	eventually(t, "what is wanted again comes back", func() error { return vernede.shows("/voisins", "Brioches à midi.") })

	// What is shown is the town hall's to decide.
	mode := func(name string) *page {
		return ours.visit(path(laurent)).form("Enregistrer").choose("mode", name).press()
	}
	shown := func(want bool, what string) {
		t.Helper()
		if err := vernede.shows("/voisins", "Brioches à midi."); (err == nil) != want {
			t.Errorf("%s: got shown %v, want %v", what, err == nil, want)
		}
	}
	mode("review").must("C'est enregistré", "Attend d'être relu")
	shown(false, "before a review")
	waiting := ours.awaitWords("/mairie/voisins", "Le Fournil, à Saint-Laurent-sur-Cèze", "Brioches à midi.", "Chaque commerce est relu une fois")
	waiting.form("Montrer").press()
	shown(true, "after the review")
	if p := ours.visit("/mairie/voisins"); p.says("Première nouvelle à relire") {
		t.Errorf("a merchant that was let in still waits:\n%s", p.words())
	}
	ours.visit(path(laurent)).form("Ne pas montrer").press().must("C'est décidé")
	shown(false, "a merchant that is not shown")
	ours.visit(path(laurent)).form("Montrer").press()
	mode("agenda")
	shown(false, "events only")
	mode("muted")
	if err := vernede.shows("/voisins", "Leurs nouvelles ne sont pas montrées ici."); err != nil {
		t.Error(err)
	}
	mode("open")
	shown(true, "open again")
	if p := ours.visit(path(laurent)).form("Enregistrer").choose("mode", "grand").pressAnyway(); p.status != http.StatusBadRequest {
		t.Errorf("a mode that nobody knows: got status %d, want 400", p.status)
	}

	// And breaking off is said in public.
	ours.visit(path(laurent)).form("Oui, rompre").press().must("L'échange a cessé dans les deux sens")
	shown(false, "after the end")
	if err := vernede.shows("/voisins", "n’est plus reliée depuis aujourd’hui"); err != nil {
		t.Error(err)
	}
	laurent.awaitStanding(vernede, "refused", "none")
	eventually(t, "the other town says so too", func() error { return laurent.shows("/voisins", "n’est plus reliée depuis aujourd’hui") })
	if p := ours.get("/mairie/voisins/inconnue.example"); p.status != http.StatusNotFound {
		t.Errorf("a town that nobody knows: got status %d, want 404", p.status)
	}
}

// TestNeighboursAreDecidedAtTheCommandLine: the same by commands.
func TestNeighboursAreDecidedAtTheCommandLine(t *testing.T) {
	t.Parallel()
	laurent := startTown(t)
	vernede := startTown(t, with("BOURG_TOWN_NAME", "Vernède"), with("BOURG_TOWN_HANDLE", "vernede"), with("BOURG_TOWN_INSEE", "30344"))
	baker := laurent.addMerchant("fournil", "Le Fournil", "boulangerie")
	laurent.publish("fournil", "Fournée de seigle.")
	laurent.run("neighbour", "accept", vernede.url.String())
	vernede.run("neighbour", "add", laurent.url.String())
	eventually(t, "the news is there", func() error { return vernede.shows("/voisins", "Fournée de seigle.") })
	hides := func(what string) {
		t.Helper()
		eventually(t, what, func() error {
			if err := vernede.shows("/voisins", "Fournée de seigle."); err == nil {
				return fmt.Errorf("it is still shown")
			}
			return nil
		})
	}
	vernede.run("neighbour", "mode", laurent.host, "review")
	hides("before a review")
	if got := vernede.neighbours()[laurent.host].Mode; got != "review" {
		t.Errorf("mode: got %q, want review", got)
	}
	vernede.run("neighbour", "merchant", baker.Actor, "let-in")
	eventually(t, "after the review", func() error { return vernede.shows("/voisins", "Fournée de seigle.") })
	vernede.run("neighbour", "merchant", baker.Actor, "mute")
	hides("a muted merchant")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"neighbour", "mode", laurent.host, "grand"}, "must be one of"},
		{[]string{"neighbour", "mode", "inconnue.example", "open"}, "is not known as a town"},
		{[]string{"neighbour", "add", laurent.host, "--kinds", "news,potins"}, `"potins" is no kind of news`},
		{[]string{"neighbour", "accept", laurent.host, "--km=2000"}, "--km is from 0 to 1000"},
		{[]string{"neighbour", "merchant", "https://inconnue.example/actors/1", "mute"}, "is no merchant of a town that is known here"},
		{[]string{"neighbour", "merchant", "fournil", "mute"}, "is no merchant of a town that is known here"},
	} {
		if got := vernede.try(c.args...); got.code == 0 || !strings.Contains(got.stderr, c.want) || strings.Count(strings.TrimSpace(got.stderr), "\n") > 0 {
			t.Errorf("%v: got exit code %d and %q, want one sentence with %q", c.args, got.code, got.stderr, c.want)
		}
	}
	vernede.run("neighbour", "add", laurent.url.String(), "--kinds", "event,offer", "--km", "15")
	eventually(t, "the other town hears what is wanted", func() error {
		if laurent.counts(`SELECT count(*) FROM neighbours WHERE their_wants->>'maxKm' = '15' AND their_wants->'kinds'->>0 = 'offer'`) != 1 {
			return errors.New("it does not know yet")
		}
		return nil
	})
	vernede.run("neighbour", "merchant", baker.Actor, "block")
	laurent.publish("fournil", "Fournée de minuit.")
	laurent.settled()
	if err := vernede.shows("/voisins", "Fournée de minuit."); err == nil {
		t.Error("a blocked merchant's news is shown")
	}
}

// TestNeighboursOfNeighboursAreSuggested: of three towns in a row, the ends hear of each other by the one between, and ask nothing
// by themselves.
func TestNeighboursOfNeighboursAreSuggested(t *testing.T) {
	t.Parallel()
	place := func(name, handle, insee, lat string) []townOption {
		return []townOption{with("BOURG_TOWN_NAME", name), with("BOURG_TOWN_HANDLE", handle), with("BOURG_TOWN_INSEE", insee), with("BOURG_TOWN_LAT", lat), with("BOURG_TOWN_LON", "4.45")}
	}
	west, middle, east := startTown(t, place("Vernède", "vernede", "30344", "44.25")...), startTown(t), startTown(t, place("Montclus", "montclus", "30175", "44.30")...)
	middle.run("neighbour", "accept", west.url.String())
	middle.run("neighbour", "add", east.url.String())
	east.run("neighbour", "accept", middle.url.String())
	middle.awaitStanding(east, "accepted", "none")
	west.run("neighbour", "add", middle.url.String())
	hall := west.townHall()
	p := hall.awaitWords("/mairie/voisins", "Vos voisines les connaissent", "Montclus", "D'après Saint-Laurent-sur-Cèze")
	if got := east.neighbours(); len(got) != 1 {
		t.Errorf("the suggested town knows %v, want the one in the middle only", got)
	}
	p.click("Montclus").must("Rien ne lui a encore été envoyé", "Demander les nouvelles de Montclus")
	var card map[string]any
	if err := json.Unmarshal([]byte(west.open().get(middle.at("/nodeinfo/2.1")).body), &card); err != nil {
		t.Fatal(err)
	}
	res, err := http.Get(text(card, "metadata", "bourg", "neighbours"))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "application/json" {
		t.Errorf("the public list: got status %d and type %q, want JSON for everybody", res.StatusCode, res.Header.Get("Content-Type"))
	}
}
