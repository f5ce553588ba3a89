package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"bourg/internal/town"
	"bourg/web/locale"
)

// MairieDemander shows a town before it is asked: nothing is sent to it but the questions who it is and what is new.
func (h *Handlers) MairieDemander(w http.ResponseWriter, r *http.Request) error {
	return h.showAsk(w, r, http.StatusOK, r.URL.Query().Get("domaine"), nil, nil)
}

// ask asks a town for its news.
func (h *Handlers) ask(w http.ResponseWriter, r *http.Request, form url.Values) error {
	ctx, l, by := r.Context(), h.renderer.Locale(r.Context()), visitorOf(r.Context()).author()
	typed, scope := form.Get("domaine"), readScope(form)
	if len(scope.Kinds) == 0 {
		var all Erreurs
		all.Add("genre", l.T("kinds.none"))
		return h.showAsk(w, r, http.StatusUnprocessableEntity, typed, form, all)
	}
	if err := h.limits.towns.take(by.Login.String()); err != nil {
		return err
	}
	err := h.config.Neighbours.Ask(ctx, by, typed, scope, form.Get("message"))
	if all, ok := addressFaults(l, err); ok {
		return h.showAsk(w, r, http.StatusUnprocessableEntity, typed, form, all)
	}
	if err != nil {
		return err
	}
	domain, err := h.config.Neighbours.Domain(typed)
	if err != nil {
		return err
	}
	return h.goTo(w, r, pathVoisine(domain)+"?fait=demande")
}

// addressFaults says what is wrong with the address of a town.
func addressFaults(l *locale.Locale, err error) (Erreurs, bool) {
	if errors.Is(err, town.ErrNotFound) {
		err = town.Invalid{"domain": "domain.silent"}
	}
	return faults(l, err, fieldName{"domain", "domaine"})
}

// showAsk shows the page; form is what was typed before, errors what is wrong with it. Where the address is wrong, only that
// is asked.
func (h *Handlers) showAsk(w http.ResponseWriter, r *http.Request, status int, typed string, form url.Values, wrong Erreurs) error {
	ctx, l, by := r.Context(), h.renderer.Locale(r.Context()), visitorOf(r.Context()).author()
	p := PageMairieDemander{Domain: strings.TrimSpace(typed), Message: form.Get("message"), Errors: wrong}
	if p.Domain == "" {
		if r.URL.Query().Has("domaine") || form != nil {
			p.Errors = nil
			p.Errors.Add("domaine", l.T("domain.wrong"))
			status = http.StatusUnprocessableEntity
		}
		return h.show(w, r, status, p)
	}
	scope := town.FullScope()
	if form != nil {
		scope = readScope(form)
	}
	p.Scope = newEtendue(l, l.T("demander.wants"), scope, wrong)
	if wrong.For("domaine") != "" {
		return h.show(w, r, status, p)
	}
	if err := h.limits.towns.take(by.Login.String()); err != nil {
		return err
	}
	seen, err := h.config.Console.Preview(ctx, by, p.Domain)
	if all, ok := addressFaults(l, err); ok {
		p.Errors = all
		return h.show(w, r, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	t, err := h.config.Directory.Town(ctx)
	if err != nil {
		return err
	}
	card := townFile(l, seen.ListedNeighbour)
	p.Card = &card
	if seen.Outgoing != town.StandingNone {
		state, _ := h.standing(l, seen.ListedNeighbour, h.zone(t))
		p.Standing, p.Path = state.Text, pathVoisine(seen.Domain)
	}
	p.Charter = charterParts(seen.Charter)
	for i, s := range seen.Samples {
		p.Samples = append(p.Samples, Extrait{
			Number: i + 1, Shop: orWords(s.Shop, card.Name), URL: string(s.URL), Title: s.Title, Published: s.Published.In(h.zone(t)),
			Text: trusted(s.HTML), Lang: foreign(l, s.Language),
		})
	}
	return h.show(w, r, status, p)
}

// townFile is what a town says of itself.
func townFile(l *locale.Locale, k town.ListedNeighbour) FicheCommune {
	f := FicheCommune{
		Name: townName(k.Neighbour), URL: k.Base + "/", Host: k.Domain, Km: k.Km, Communes: strings.Join(k.INSEE[:min(len(k.INSEE), 20)], ", "),
		Shops: k.Shops, Phone: k.Phone, LegalURL: string(k.Legal), CharterURL: string(k.Charter), IsTown: k.Peering != "",
	}
	if f.IsTown {
		f.Takes = l.T("demander.takes." + k.Peering)
	}
	return f
}
