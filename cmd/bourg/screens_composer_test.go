package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"bourg/internal/town"

	"github.com/google/uuid"
	"golang.org/x/net/html"
)

// The stories below are about writing what is not plain news.

// written is the form of the composer for a kind, with a gesture.
func written(genre, gesture string, pairs ...string) url.Values {
	form := url.Values{"genre": {genre}, "geste": {gesture}, "cle": {uuid.NewString()}, "texte": {""}}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return form
}

// filled is what stands in the fields of the composer, by name, hidden ones too.
func filled(t *testing.T, rec *httptest.ResponseRecorder) map[string]string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(rec.Body.String()))
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]string{}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode || n.Data != "input" && n.Data != "textarea" && n.Data != "option" {
			continue
		}
		a := map[string]string{}
		for _, one := range n.Attr {
			a[one.Key] = one.Val
		}
		_, checked := a["checked"]
		_, selected := a["selected"]
		switch {
		case n.Data == "option":
			if selected && n.Parent != nil {
				for _, one := range n.Parent.Attr {
					if one.Key == "name" {
						fields[one.Val] = a["value"]
					}
				}
			}
		case (a["type"] == "checkbox" || a["type"] == "radio") && !checked:
		case n.Data == "textarea":
			if n.FirstChild != nil {
				fields[a["name"]] = strings.TrimPrefix(n.FirstChild.Data, "\n")
			}
		default:
			fields[a["name"]] = a["value"]
		}
	}
	return fields
}

// holds fails the test unless the fields hold these values.
func holds(t *testing.T, what string, rec *httptest.ResponseRecorder, pairs ...string) {
	t.Helper()
	got := filled(t, rec)
	for i := 0; i < len(pairs); i += 2 {
		if got[pairs[i]] != pairs[i+1] {
			t.Errorf("%s: the field %s holds %q, want %q", what, pairs[i], got[pairs[i]], pairs[i+1])
		}
	}
}

// day is a day from today, as a date field sends it.
func (h *house) day(days int) string { return h.here(days, 0, 0).Format(time.DateOnly) }

// lastPost is the post that was published last.
func (h *house) lastPost() *town.Post {
	h.t.Helper()
	var id uuid.UUID
	h.must(h.town.store.Pool().QueryRow(h.t.Context(), `SELECT id FROM posts ORDER BY id DESC LIMIT 1`).Scan(&id))
	post, err := h.town.publisher.Own(h.t.Context(), operator, id)
	h.must(err)
	return post
}

// A merchant writes an offer, with a price that the law looks at, and edits it.
func TestWritingAnOffer(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	p := h.enter("potager@saint-laurent.example")
	empty := p.get("/espace/publier?genre=offre")
	shows(t, "the form", empty, http.StatusOK, "Quoi ?", "Prix en euros", "L112-1-1", "Nouvelle", "Événement", "Article", "Produit")
	holds(t, "the form", empty, "genre", "offre", "du", h.day(0), "au", h.day(6))

	refused := p.post("/espace/publier", written("offre", "publier", "prix", "deux euros", "prix_avant", "2,90", "du", "bientôt", "au", h.day(3), "unite", "le kilo", "conditions", "Coupe offerte.", "perissable", "1", "texte", "Des Aires-Hautes."))
	shows(t, "what cannot be read", refused, http.StatusUnprocessableEntity, "Erreur", "Écrivez un prix en euros", "Écrivez un jour")
	holds(t, "what cannot be read", refused, "prix", "deux euros", "prix_avant", "2,90", "du", "bientôt", "au", h.day(3), "unite", "le kilo", "conditions", "Coupe offerte.", "perissable", "1", "texte", "Des Aires-Hautes.")
	refused = p.post("/espace/publier", written("offre", "publier", "titre", "Potimarrons", "prix", "2,20", "du", h.day(3), "au", h.day(1), "texte", "2,20 € au lieu de 2,90 €"))
	shows(t, "what is not true", refused, http.StatusUnprocessableEntity, "La fin vient avant le début", "Vous annoncez une réduction")

	form := written("offre", "publier", "titre", "Potimarrons", "prix", "2,90 €", "unite", "le kilo", "du", "aujourd’hui", "au", h.here(2, 0, 0).Format("02/01/2006"))
	leads(t, "publishing", p.post("/espace/publier", form), newsPages)
	first := h.lastPost()
	if first.Kind != town.Offer || *first.Offer.Price != 290 || !first.Starts.Equal(h.here(0, 0, 0)) || !first.Ends.Equal(town.LastMoment(h.here(2, 0, 0))) {
		t.Errorf("published: got %+v with %+v", first, first.Offer)
	}
	again := p.post("/espace/publier", written("offre", "apercu", "titre", "Potimarrons", "prix", "2,20", "unite", "le kilo"))
	shows(t, "what it cost before", again, http.StatusOK, "Votre prix le plus bas des 30 derniers jours : 2,90 €", "2,20 €")
	holds(t, "what it cost before", again, "prix_avant", "2,90")
	refused = p.post("/espace/publier", written("offre", "publier", "titre", "Potimarrons", "prix", "2,20", "prix_avant", "3,50"))
	shows(t, "a prior price that never was", refused, http.StatusUnprocessableEntity, "donnez le prix le plus bas")
	if n := h.count(`SELECT count(*) FROM posts`); n != 1 {
		t.Errorf("posts: got %d, want 1", n)
	}

	edit := "/espace/nouvelles/" + first.ID.String() + "/modifier"
	editor := p.get(edit)
	holds(t, "the editor", editor, "genre", "offre", "titre", "Potimarrons", "prix", "2,90", "unite", "le kilo", "du", h.day(0), "au", h.day(2))
	if strings.Contains(editor.Body.String(), `name="vers"`) {
		t.Error("the editor offers to make it something else")
	}
	shows(t, "editing badly", p.post(edit, written("offre", "publier", "titre", "Potimarrons", "prix", "x")), http.StatusUnprocessableEntity, "Écrivez un prix en euros")
	leads(t, "editing", p.post(edit, written("offre", "publier", "titre", "Potirons", "prix", "1", "du", h.day(0), "au", h.day(2))), `/.*`)
	shows(t, "edited", h.visitor().get(pageOf(first)), http.StatusOK, "Potirons", "1 €")
}

// A merchant announces an event in the words of a telephone without date fields.
func TestWritingAnEvent(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	m, err := h.town.directory.Merchant(t.Context(), h.bakery.ID)
	h.must(err)
	lat, lon := 44.18, 4.5
	m.Address, m.Lat, m.Lon = "4 place de la Fontaine", &lat, &lon
	h.must(h.town.directory.EditMerchant(t.Context(), operator, m))
	p := h.enter("fournil@saint-laurent.example")
	holds(t, "the form", p.get("/espace/publier?genre=evenement"), "genre", "evenement", "lieu", "4 place de la Fontaine")
	shows(t, "nothing said", p.post("/espace/publier", written("evenement", "publier", "titre", "Fournée ouverte", "jour", h.day(4))), http.StatusUnprocessableEntity, "Écrivez une heure")
	shows(t, "no day", p.post("/espace/publier", written("evenement", "publier", "debut", "9h")), http.StatusUnprocessableEntity, "Donnez un nom", "Donnez le jour et l'heure")
	form := written("evenement", "publier", "titre", "Fournée ouverte", "jour", h.here(4, 0, 0).Format("02/01"), "debut", "21 h", "fin", "2h30", "lieu", "4 place de la Fontaine", "texte", "On pétrit ensemble.")
	leads(t, "publishing", p.post("/espace/publier", form), newsPages)
	event := h.lastPost()
	if event.Kind != town.Event || !event.Starts.Equal(h.here(4, 21, 0)) || !event.Ends.Equal(h.here(5, 2, 30)) || event.Event.Lat == nil {
		t.Errorf("published: got %v to %v, %+v", event.Starts, event.Ends, event.Event)
	}
	shows(t, "its page", h.visitor().get(pageOf(event)), http.StatusOK, "De 21 h à 2 h 30", "4 place de la Fontaine", "On pétrit ensemble.", "Ajouter à mon agenda")
	edit := "/espace/nouvelles/" + event.ID.String() + "/modifier"
	holds(t, "the editor", p.get(edit), "jour", h.day(4), "debut", "21:00", "fin", "02:30", "dernier_jour", "")
	leads(t, "several days", p.post(edit, written("evenement", "publier", "titre", "Fête du pain", "jour", h.day(4), "debut", "09:00", "fin", "18:00", "dernier_jour", h.day(6), "lieu", "sous la halle")), `/.*`)
	event = h.lastPost()
	if !event.Ends.Equal(h.here(6, 18, 0)) || event.Event.Place != "sous la halle" || event.Event.Lat != nil {
		t.Errorf("several days: got %v to %v, %+v", event.Starts, event.Ends, event.Event)
	}
	holds(t, "several days", p.get(edit), "dernier_jour", h.day(6))
}

// A merchant goes from one kind to another without losing a word, comes back, keeps a draft, and finds it again.
func TestGoingFromOneKindToAnother(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	p := h.enter("fournil@saint-laurent.example")
	form := written("nouvelle", "", "texte", "Fournée de seigle.")
	form.Del("geste")
	form.Set("vers", "offre")
	rec := p.upload("/espace/publier", form, "photo", "IMG_1.jpg", picture(t, 320, 240))
	shows(t, "news to offer", rec, http.StatusOK, "Prix en euros", "Retirer la photo")
	holds(t, "news to offer", rec, "texte", "Fournée de seigle.", "genre", "offre", "au", h.day(6))
	draft := filled(t, rec)["brouillon"]

	form = written("offre", "", "texte", "Fournée de seigle.", "titre", "La fournée du soir", "prix", "un euro", "prix_avant", "2,10", "du", h.day(0), "au", "noël", "brouillon", draft, "vers", "evenement")
	rec = p.post("/espace/publier", form)
	shows(t, "offer to event", rec, http.StatusOK, "Quel jour ?", "Retirer la photo")
	holds(t, "offer to event", rec, "genre", "evenement", "titre", "La fournée du soir", "prix", "un euro", "prix_avant", "2,10", "au", "noël", "texte", "Fournée de seigle.")

	form = url.Values{}
	for name, value := range filled(t, rec) {
		form.Set(name, value)
	}
	form.Set("jour", "26 décembre prochain")
	form.Set("vers", "offre")
	rec = p.post("/espace/publier", form)
	holds(t, "back to the offer", rec, "genre", "offre", "prix", "un euro", "au", "noël", "jour", "26 décembre prochain")
	if kept := filled(t, rec)["brouillon"]; kept != draft {
		t.Errorf("back to the offer: the draft is %q, want the same one %q", kept, draft)
	}
	restored := p.get("/espace/publier")
	shows(t, "coming again", restored, http.StatusOK, "Nous avons retrouvé votre message", "Retirer la photo")
	holds(t, "coming again", restored, "genre", "offre", "titre", "La fournée du soir", "prix", "un euro", "prix_avant", "2,10", "au", "noël", "jour", "26 décembre prochain", "texte", "Fournée de seigle.")

	form.Del("vers")
	form.Set("geste", "garder")
	form.Set("genre", "article")
	leads(t, "keeping it", p.post("/espace/publier", form), `/espace/publier\?garde=1`)
	list := p.get("/espace/publier")
	shows(t, "the drafts", list, http.StatusOK, "La fournée du soir", "Vos brouillons")
	link := regexp.MustCompile(`/espace/publier\?brouillon=[0-9a-f-]{36}`).FindString(list.Body.String())
	holds(t, "the draft", p.get(link), "genre", "article", "titre", "La fournée du soir", "texte", "Fournée de seigle.", "prix", "un euro")

	fresh := url.Values{"genre": {"nouvelle"}, "vers": {"produit"}, "cle": {uuid.NewString()}, "texte": {""}, "portee": {"town"}}
	rec = p.post("/espace/publier", fresh)
	holds(t, "nothing typed", rec, "genre", "produit", "disponible", "in_store", "portee", "town")
	if n := h.count(`SELECT count(*) FROM drafts`); n != 1 {
		t.Errorf("drafts: got %d, want the one", n)
	}
}

// A product lies in the window, and a second tap makes no second one; an article has its own words for what is wrong.
func TestWritingAProductAndAnArticle(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	p := h.enter("fournil@saint-laurent.example")
	form := written("produit", "publier", "titre", "Seigle au levain", "prix", "4,80", "a_partir", "1", "unite", "la pièce", "disponible", "to_order", "delai", "la veille", "allergenes", "gluten")
	first := leads(t, "publishing", p.post("/espace/publier", form), newsPages)
	if second := leads(t, "once more", p.post("/espace/publier", form), newsPages); second != first {
		t.Errorf("once more: got %q, want %q", second, first)
	}
	product := h.lastPost()
	if n := h.count(`SELECT count(*) FROM posts`); n != 1 || product.Product == nil || !product.Product.From || product.Product.Allergens != "gluten" {
		t.Errorf("published: got %d posts, %+v", n, product.Product)
	}
	shows(t, "the window", h.visitor().get("/@fournil"), http.StatusOK, "à partir de 4,80 €", "Sur commande, la veille")
	holds(t, "the editor", p.get("/espace/nouvelles/"+product.ID.String()+"/modifier"), "prix", "4,80", "a_partir", "1", "disponible", "to_order", "delai", "la veille", "allergenes", "gluten")

	shows(t, "an article without words", p.post("/espace/publier", written("article", "publier", "titre", "Le four")), http.StatusUnprocessableEntity, "Écrivez l'article")
	long := strings.Repeat("Un four de 1911. ", 300)
	leads(t, "an article", p.post("/espace/publier", written("article", "publier", "titre", "Le four", "texte", long)), newsPages)
	if got := h.lastPost(); got.Kind != town.Article || got.Title != "Le four" {
		t.Errorf("an article: got %+v", got)
	}
	shows(t, "an unknown kind is news", p.post("/espace/publier", written("poème", "publier", "texte", "Fermé lundi.")), http.StatusSeeOther)
	if got := h.lastPost(); got.Kind != town.News {
		t.Errorf("an unknown kind: got %s, want news", got.Kind)
	}
}
