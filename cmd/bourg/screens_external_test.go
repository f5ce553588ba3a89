package main

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"bourg/federation"
	"bourg/internal/town"

	"github.com/google/uuid"
)

// directory answers for servers elsewhere with the accounts that it knows by what is typed (town.ExternalReader).
type directoryElsewhere struct {
	town.ExternalReader
	accounts map[string]federation.Actor
	links    map[federation.IRI][]string
}

func (d *directoryElsewhere) FindAccount(_ context.Context, typed string) (v federation.Verified[*federation.Actor], handle string, err error) {
	a, found := d.accounts[typed]
	if !found {
		return v, "", federation.ErrNotFound
	}
	v, err = federation.Authority{Host: "saint-laurent.example"}.Actor(&a, a.ID)
	return v, a.PreferredUsername + "@" + a.ID.Host(), err
}

func (d *directoryElsewhere) Software(_ context.Context, base string) string {
	return map[string]string{"https://mastodon.example": "mastodon", "https://lemmy.example": "lemmy"}[base]
}

func (d *directoryElsewhere) Profile(_ context.Context, id federation.IRI) (*town.Profile, error) {
	for _, a := range d.accounts {
		if a.ID == id {
			v, err := federation.Authority{Host: "saint-laurent.example"}.Actor(&a, a.ID)
			return &town.Profile{Actor: v, Links: d.links[id]}, err
		}
	}
	return nil, town.ErrGone
}

func (d *directoryElsewhere) Published(context.Context, federation.IRI, int) ([]federation.IRI, error) {
	return nil, nil
}

func accountOf(id federation.IRI, kind, name string) federation.Actor {
	return federation.Actor{ID: id, Type: kind, PreferredUsername: "x", Name: name, URL: id, Inbox: id + "/inbox", Outbox: id + "/outbox"}
}

// The town hall looks accounts up, lists them, asks a second time, and takes them off, without anything being sent before it says so.
func TestTheTownHallListsAccountsElsewhere(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	anna, villages := federation.IRI("https://mastodon.example/users/anna"), federation.IRI("https://lemmy.example/c/villages")
	there := &directoryElsewhere{links: map[federation.IRI][]string{}, accounts: map[string]federation.Actor{
		"@anna@mastodon.example": accountOf(anna, "Person", "Fleurs Anna"), "https://lemmy.example/c/villages": accountOf(villages, "Group", "Villages"),
	}}
	h.town.externals.Reader = there
	p := h.enterTownHall()
	const page = "/mairie/ailleurs"
	form := func(gesture string, pairs ...string) url.Values {
		f := url.Values{"geste": {gesture}}
		for i := 0; i < len(pairs); i += 2 {
			f.Set(pairs[i], pairs[i+1])
		}
		return f
	}
	shows(t, "the desk", p.get("/mairie"), http.StatusOK, "Comptes d'ailleurs")
	shows(t, "nobody yet", p.get(page), http.StatusOK, "Comptes d'ailleurs", "Son accord d'abord")
	shows(t, "nothing typed", p.post(page, form("chercher")), http.StatusUnprocessableEntity, "Écrivez l'adresse du compte")
	shows(t, "nobody there", p.post(page, form("chercher", "compte", "@eve@mastodon.example")), http.StatusUnprocessableEntity, "Il n'y a pas de compte", "@eve@mastodon.example")
	shows(t, "found", p.post(page, form("chercher", "compte", "@anna@mastodon.example")), http.StatusOK,
		"Fleurs Anna", "Un compte Mastodon", "sur mastodon.example", "Rien n'est encore envoyé", "Demander son accord")
	if n := h.count(`SELECT count(*) FROM activities`) + h.count(`SELECT count(*) FROM externals`); n != 0 {
		t.Errorf("after looking: got %d rows, want none", n)
	}
	shows(t, "no trade", p.post(page, form("ajouter", "compte", "@anna@mastodon.example", "metier", "rien", "telephone", "*#06#")), http.StatusUnprocessableEntity,
		"Choisissez un métier", "Écrivez un numéro", "Fleurs Anna")
	leads(t, "listed", p.post(page, form("ajouter", "compte", "@anna@mastodon.example", "metier", "fleuriste", "telephone", "04 66 01 02 03")), `/mairie/ailleurs\?fait=ajoute`)
	shows(t, "waiting", p.get(page+"?fait=ajoute"), http.StatusOK, "C'est noté", "Nous attendons leur accord", "Interrogé une fois.", "Redemander", "Retirer", "Fleuriste")
	if got := h.visitor().get("/commerces"); strings.Contains(words(got), "Fleurs Anna") {
		t.Error("the directory shows who has not agreed")
	}
	var id uuid.UUID
	h.must(h.town.store.Pool().QueryRow(t.Context(), `SELECT id FROM externals`).Scan(&id))
	if n := h.count(`SELECT count(*) FROM activities WHERE type = 'Create' AND NOT public AND json LIKE '%OUI%'`); n != 1 {
		t.Errorf("got %d questions, want 1", n)
	}
	leads(t, "asked again", p.post(page, form("redemander", "id", id.String())), `/mairie/ailleurs\?fait=redemande`)
	shows(t, "a third time", p.post(page, form("redemander", "id", id.String())), http.StatusUnprocessableEntity, "on n'insiste pas")

	there.links[anna] = []string{"https://saint-laurent.example/"}
	h.must(h.town.externals.Look(t.Context(), id))
	shows(t, "agreed", p.get(page), http.StatusOK, "D'accord, et montrés", "D'accord par un lien dans son profil.", "pas encore accepté")
	shows(t, "the directory", h.visitor().get("/commerces?c=maison"), http.StatusOK, "Fleurs Anna", "sur mastodon.example")
	if n := h.count(`SELECT count(*) FROM activities WHERE type = 'Follow'`); n != 1 {
		t.Errorf("got %d Follows, want 1", n)
	}
	there.links[anna] = nil
	h.must(h.town.externals.Look(t.Context(), id))
	shows(t, "the link is missing", p.get(page), http.StatusOK, "Le lien n'a pas été retrouvé")
	for range 2 {
		leads(t, "taken off", p.post(page, form("retirer", "id", id.String())), `/mairie/ailleurs\?fait=retire`)
	}
	shows(t, "ended", p.get(page), http.StatusOK, "Plus sur la liste", "Retiré par la mairie.")
	if got := h.visitor().get("/commerces"); strings.Contains(words(got), "Fleurs Anna") {
		t.Error("the directory shows who was taken off")
	}

	shows(t, "a community", p.post(page, form("chercher", "compte", "!villages@lemmy.example")), http.StatusOK,
		"Villages", "Un groupe ou une communauté Lemmy", "Personne n'écrit au nom de ce compte", "https://saint-laurent.example/", "Attendre son lien")
	leads(t, "a community", p.post(page, form("ajouter", "compte", "!villages@lemmy.example", "metier", "agenda")), `/mairie/ailleurs\?fait=ajoute`)
	if n := h.count(`SELECT count(*) FROM activities WHERE type = 'Create'`); n != 2 {
		t.Errorf("got %d messages, want the two to Anna: a community is not written to", n)
	}
	for _, wrong := range []string{"", "x", uuid.NewString()} {
		if got := p.post(page, form("redemander", "id", wrong)); got.Code != http.StatusNotFound {
			t.Errorf("asking %q: got %d, want 404", wrong, got.Code)
		}
	}
	if got := p.post(page, form("danser")); got.Code != http.StatusBadRequest {
		t.Errorf("an unknown gesture: got %d, want 400", got.Code)
	}
}
