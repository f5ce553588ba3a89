package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"bourg/internal/hours"
	"bourg/internal/town"
)

// weekOf is the form of a shop whose days are all the same.
func weekOf(day string, more ...string) url.Values {
	form := url.Values{"nom": {"Le Fournil"}, "metier": {"boulangerie"}, "adresse": {"4 place de la Fontaine, 30500 Saint-Laurent"}}
	for _, id := range []string{"lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche", "feries"} {
		form.Set(id, day)
	}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return form
}

// townDay is a day of the town, so many days from today on.
func (h *house) townDay(days int) hours.Date {
	t, err := h.town.directory.Town(h.t.Context())
	h.must(err)
	return hours.DateOf(time.Now().In(t.Location())).AddDays(days)
}

// A merchant gives the hours day by day; people, peers and search engines get them.
func TestAMerchantGivesItsHours(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	p := h.enter("fournil@saint-laurent.example")
	form := weekOf("0 h - 24 h", "mardi", "9h-12h et 14h-18h", "mercredi", "", "jeudi", "sur rendez-vous", "feries", "fermé", "horaires", "Le four s'allume à 3 h.",
		"latitude", "44,1712", "longitude", "4.4936")
	form["veille"] = []string{"samedi"}
	form.Set("samedi", "ce qui ne compte pas")
	leads(t, "saving", p.post("/espace/commerce", form), `/espace/commerce\?fait=1`)
	m, err := h.town.directory.Merchant(t.Context(), h.bakery.ID)
	h.must(err)
	if want := "Mo,Fr-Su 00:00-24:00; Tu 09:00-12:00,14:00-18:00; Th \"sur rendez-vous\"; We,PH off"; m.Opening != want {
		t.Errorf("the hours are kept as %s, want %s", m.Opening, want)
	}
	if m.Address != "4 place de la Fontaine" || m.PostalCode != "30500" || m.Locality != "Saint-Laurent" || m.Lat == nil || *m.Lat != 44.1712 {
		t.Errorf("the address is kept as %q, %q, %q at %v", m.Address, m.PostalCode, m.Locality, m.Lat)
	}
	marked(t, "the form again", p.get("/espace/commerce?fait=1"), http.StatusOK, "C'est enregistré", `value="9 h–12 h et 14 h–18 h"`, `value="sur rendez-vous"`, "Le four s'allume à 3 h.", `value="44,1712"`)
	page := h.visitor().get("/@fournil")
	marked(t, "the page", page, http.StatusOK, `class="horaires"`, "9 h – 12 h", "sur rendez-vous", "(aujourd'hui)", "Le four s'allume à 3 h.", "30500 Saint-Laurent")
	twin := dataBlock(t, page)
	if twin["@type"] != "Bakery" || len(twin["openingHoursSpecification"].([]any)) < 4 {
		t.Errorf("search engines are told %v", twin)
	}
	marked(t, "the former address", p.get("/espace/page"), http.StatusMovedPermanently)
	actor := h.visitor().get("/actors/"+h.bakery.ID.String(), func(r *http.Request) { r.Header.Set("Accept", "application/activity+json") })
	for _, want := range []string{`"bourg:openingHours":"Mo,Fr-Su 00:00-24:00`, `"streetAddress":"4 place de la Fontaine"`, `"latitude":44.1712`} {
		if !strings.Contains(strings.ReplaceAll(actor.Body.String(), `": `, `":`), want) {
			t.Errorf("the actor's document lacks %s: %s", want, actor.Body)
		}
	}
}

// marked fails the test unless the answer has the status and these pieces of HTML, whatever their spaces and apostrophes are.
func marked(t *testing.T, what string, rec *httptest.ResponseRecorder, status int, pieces ...string) {
	t.Helper()
	plain := strings.NewReplacer("\u00a0", " ", "’", "'", "&#39;", "'").Replace
	if rec.Code != status {
		t.Errorf("%s: got status %d, want %d:\n%s", what, rec.Code, status, words(rec))
	}
	for _, piece := range pieces {
		if !strings.Contains(plain(rec.Body.String()), plain(piece)) {
			t.Errorf("%s: got no %s in:\n%s", what, piece, words(rec))
		}
	}
}

// dataBlock is what a page tells machines of itself.
func dataBlock(t *testing.T, rec *httptest.ResponseRecorder) map[string]any {
	t.Helper()
	_, rest, found := strings.Cut(rec.Body.String(), `<script type="application/ld+json">`)
	if !found {
		t.Fatal("the page has no data block")
	}
	data, _, _ := strings.Cut(rest, "</script>")
	var twin map[string]any
	if err := json.Unmarshal([]byte(data), &twin); err != nil {
		t.Fatalf("the data block is no JSON: %v in %s", err, data)
	}
	return twin
}

// Whatever is wrong is said beside its field, and everything that was typed comes back.
func TestWrongHoursComeBack(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	p := h.enter("fournil@saint-laurent.example")
	day := h.townDay(3).String()
	form := weekOf("9h-12h", "mardi", "vers 9 h", "mercredi", "9h-12h 11h-14h", "latitude", "44,1712", "localite", "Saint-Laurent",
		"jour1_du", day, "jour1_au", h.townDay(2).String(), "jour1_mots", "Congés",
		"jour2_du", "bientôt", "jour2_heures", "le matin", "jour3_du", h.townDay(-3).String(),
		"jour4_du", day, "jour5_du", day, "jour5_heures", "9h-12h")
	rec := p.post("/espace/commerce", form)
	marked(t, "everything wrong", rec, http.StatusUnprocessableEntity, `id="mardi-e"`, `id="mercredi-e"`, `id="jour1_au-e"`, `id="jour2_du-e"`, `id="jour2_heures-e"`,
		`id="jour3_du-e"`, `id="jour5_du-e"`, `id="latitude-e"`, "chevauchent", `value="vers 9 h"`, `value="bientôt"`, `value="le matin"`, `value="Congés"`, `value="44,1712"`)
	at := -1
	for _, id := range []string{"mardi", "mercredi", "jour1_au", "jour2_du", "jour5_du", "latitude"} { // the summary goes down the page
		next := strings.Index(rec.Body.String(), `<li><a href="#`+id+`">`)
		if next <= at {
			t.Errorf("the summary names %s at %d, want it behind %d", id, next, at)
		}
		at = next
	}
	m, err := h.town.directory.Merchant(t.Context(), h.bakery.ID)
	h.must(err)
	if m.Opening != "" || len(m.Special) != 0 {
		t.Errorf("wrong hours were kept: %q, %v", m.Opening, m.Special)
	}
}

// Words that are no hours stay words; a line from the door becomes hours; rules for the summer are kept until they are let go.
func TestHoursInAMerchantsOwnWords(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	p := h.enter("fournil@saint-laurent.example")
	save := func(what string, form url.Values) *town.Merchant {
		t.Helper()
		leads(t, what, p.post("/espace/commerce", form), `/espace/commerce\?fait=1`)
		m, err := h.town.directory.Merchant(t.Context(), h.bakery.ID)
		h.must(err)
		return m
	}
	if m := save("words", weekOf("", "horaires", "Du mercredi au dimanche, midi et soir")); m.Opening != "" || m.Hours == "" {
		t.Errorf("words are kept as %q and %q", m.Opening, m.Hours)
	}
	marked(t, "the page", h.visitor().get("/@fournil"), http.StatusOK, "Du mercredi au dimanche, midi et soir")
	if m := save("a line", weekOf("", "horaires", "Lundi : fermé\r\nMardi : 7 h – 13 h")); m.Opening != "Tu 07:00-13:00; Mo off" || m.Hours != "" {
		t.Errorf("a line is kept as %q and %q", m.Opening, m.Hours)
	}
	m := h.bakery
	m.Opening = "Mo-Su 09:00-12:00; Jul-Aug 07:00-20:00"
	h.must(h.town.directory.EditMerchant(t.Context(), operator, m))
	marked(t, "the form", p.get("/espace/commerce"), http.StatusOK, "de juillet à août 7 h–20 h")
	if m := save("summer kept", weekOf("10h-12h", "saison", "oui", "feries", "")); m.Opening != "Mo-Su 10:00-12:00; Jul-Aug 07:00-20:00" {
		t.Errorf("with the summer's: %q", m.Opening)
	}
	if m := save("summer let go", weekOf("10h-12h", "feries", "")); m.Opening != "Mo-Su 10:00-12:00" {
		t.Errorf("without the summer's: %q", m.Opening)
	}
	if m := save("a form from elsewhere", url.Values{"nom": {"Le Fournil"}, "metier": {"boulangerie"}}); m.Opening != "Mo-Su 10:00-12:00" {
		t.Errorf("a form without hours took them away: %q", m.Opening)
	}
}

// A closing that begins soon hangs on the door and is published; one that is far away waits for its day; nothing is published twice.
func TestAClosingIsAnnounced(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	p := h.enter("fournil@saint-laurent.example")
	soon, late := h.townDay(3), h.townDay(40)
	form := weekOf("0h-24h", "jour1_du", late.String(), "jour1_au", late.AddDays(6).String(), "jour1_mots", "Congés",
		"jour2_du", soon.String(), "jour2_mots", "inventaire")
	to := leads(t, "saving", p.post("/espace/commerce", form), `/espace/commerce\?fait=1&avis=[0-9a-f-]{36}`)
	marked(t, "saved", p.get(to), http.StatusOK, "Un avis paraît dans le fil", `value="`+late.String()+`"`)
	said := hours.Special{From: soon, Through: soon}
	marked(t, "the thread", h.visitor().get("/"), http.StatusOK, "Fermeture exceptionnelle", "Inventaire. Réouverture", `class="ecriteau"`)
	marked(t, "the door", h.visitor().get("/@fournil"), http.StatusOK, `class="ecriteau"`, "Fermé "+said.When(hours.French, h.townDay(0)), "Jours exceptionnels", "Congés")
	marked(t, "beside the directory", h.visitor().get("/commerces"), http.StatusOK, "Fermetures annoncées", "Le Fournil, inventaire")
	count := func() int { return h.count(`SELECT count(*) FROM posts WHERE kind = 'closure'`) }
	leads(t, "saving again", p.post("/espace/commerce", form), `/espace/commerce\?fait=1`)
	if n := count(); n != 1 {
		t.Errorf("got %d notices, want the one of the closing that begins in three days", n)
	}
	form.Set("jour2_heures", "9h-11h")
	leads(t, "other hours", p.post("/espace/commerce", form), `/espace/commerce\?fait=1&avis=[0-9a-f-]{36}`)
	marked(t, "the thread", h.visitor().get("/"), http.StatusOK, "Horaires exceptionnels "+said.When(hours.French, h.townDay(0)), "Ouvert 9 h–11 h. Inventaire.")
	note := h.visitor().get("/commerces")
	if strings.Contains(note.Body.String(), "Fermetures annoncées") {
		t.Error("a day with other hours stands among the closings")
	}

	// The far one's day has come.
	due := func(days, hour int) int {
		t.Helper()
		d := late.AddDays(-days)
		h.town.notices.Now = func() time.Time { return time.Date(d.Year, d.Month, d.Day, hour, 0, 0, 0, h.here(0, 0, 0).Location()) }
		h.must(h.town.notices.TellDue(t.Context()))
		return count()
	}
	for _, c := range []struct{ days, hour, want int }{{15, 12, 2}, {14, 6, 2}, {14, 12, 3}, {14, 15, 3}, {13, 12, 3}} {
		if n := due(c.days, c.hour); n != c.want {
			t.Errorf("%d days before the second closing at %d h: got %d notices, want %d", c.days, c.hour, n, c.want)
		}
	}
}

// People see who is open, and find those only.
func TestWhoIsOpenNow(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.publish(h.bakery, "Fournée de seigle.", false)
	h.bakery.Opening, h.grocer.Opening = "24/7", "Mo-Su off"
	for _, m := range []*town.Merchant{h.bakery, h.grocer} {
		h.must(h.town.directory.EditMerchant(t.Context(), operator, m))
	}
	marked(t, "the thread", h.visitor().get("/"), http.StatusOK, `class="ouvert">Ouvert en continu`, "Ouvert maintenant", "1 commerce ouvert", `href="/commerces?c=bouche&amp;ouvert=1"`)
	marked(t, "the shop", h.visitor().get("/@potager"), http.StatusOK, `class="etat ferme">Fermé`)
	all := h.visitor().get("/commerces")
	marked(t, "the directory", all, http.StatusOK, "Le Fournil de la Halle", "Au Potager", "Ouvert maintenant <small>1")
	open := h.visitor().get("/commerces?ouvert=1")
	marked(t, "who is open", open, http.StatusOK, "Le Fournil de la Halle")
	if strings.Contains(open.Body.String(), "Potager") {
		t.Error("a closed shop stands among the open ones")
	}
	marked(t, "in English", h.visitor().get("/en/@potager"), http.StatusOK, "Closed")
	h.bakery.Opening = "Mo-Su off"
	h.must(h.town.directory.EditMerchant(t.Context(), operator, h.bakery))
	marked(t, "all is closed", h.visitor().get("/commerces?ouvert=1"), http.StatusOK, "Tout est fermé pour l'instant")
}

// The command line takes hours as OpenStreetMap writes them, and in French.
func TestMerchantAddTakesHours(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	for typed, want := range map[string][2]string{
		"Tu-Sa 07:00-13:00; PH off": {"Tu-Sa 07:00-13:00; PH off", ""}, "mardi au samedi 7h-13h": {"Tu-Sa 07:00-13:00", ""}, "sur rendez-vous": {"", "sur rendez-vous"},
	} {
		m, _, err := h.town.directory.AddMerchant(t.Context(), operator, town.NewMerchant{Name: "Chez " + typed, Trade: "autre", Hours: typed})
		h.must(err)
		if got := [2]string{m.Opening, m.Hours}; got != want {
			t.Errorf("%q: got %q, want %q", typed, got, want)
		}
	}
}
