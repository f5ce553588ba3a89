package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"bourg/internal/sanitize"
	"bourg/internal/town"
	"bourg/web/locale"
)

const (
	requestsShown = 10
	townsShown    = 200
)

// pathVoisine is the page of a neighbour in the console.
func pathVoisine(domain string) string { return pathMairieVoisins + "/" + url.PathEscape(domain) }

// MairieVoisins shows which neighbours are well, what was exchanged this week, and what waits for a decision.
func (h *Handlers) MairieVoisins(w http.ResponseWriter, r *http.Request) error {
	ctx, l := r.Context(), h.renderer.Locale(r.Context())
	o, err := h.config.Console.Overview(ctx, visitorOf(ctx).author())
	if err != nil {
		return err
	}
	zone := h.zone(o.Here)
	p := PageMairieVoisins{Came: o.Week.Came, Sent: o.Week.Sent}
	if r.URL.Query().Get("fait") == "quitte" {
		p.Done = l.T("communes.done_left")
	}
	var places []lieu
	for _, k := range o.Towns {
		if k.Exchanges() {
			p.Exchanging++
		}
		if k.Incoming == town.StandingPending && len(p.Requests) < requestsShown {
			p.Requests = append(p.Requests, h.request(l, k, zone, len(p.Requests)+1))
		}
		if k.Incoming == town.StandingAccepted && k.Outgoing == town.StandingNone && k.Peering != "" && k.Mode != town.ModeBlocked {
			p.Returns = append(p.Returns, Lien{URL: askPath(k.Domain), Text: townName(k.Neighbour)})
		}
		if len(p.Towns) == townsShown || !h.worthShowing(k) {
			continue
		}
		c := h.neighbourRow(l, o, k, zone, strconv.Itoa(len(p.Towns)+1))
		p.Towns = append(p.Towns, c)
		if k.Km == nil {
			p.Unplaced++
			continue
		}
		_, shape := h.standing(l, k, zone)
		places = append(places, lieu{number: c.Number, name: c.Name, km: *k.Km, bearing: k.Bearing, shape: shape, class: c.State.Class})
	}
	p.Map = newCarte(o.Here.ShortName, places)
	for i, m := range o.Waiting {
		p.Waiting = append(p.Waiting, h.foreignShop(l, m, town.ModeReview, zone, i+1))
	}
	for _, s := range o.Suggestions {
		p.Suggestions = append(p.Suggestions, CommuneSuggeree{
			Name: s.Name, Host: s.Domain, Path: askPath(s.Base), Km: s.Km, From: l.T("communes.told_by", strings.Join(s.From[:min(len(s.From), 3)], ", ")),
		})
	}
	return h.show(w, r, http.StatusOK, p)
}

// worthShowing leaves out towns with which nothing is and nothing was lately.
func (h *Handlers) worthShowing(k town.ListedNeighbour) bool {
	return k.Exchanges() || k.Mode == town.ModeBlocked || k.Incoming == town.StandingPending || k.Outgoing != town.StandingNone ||
		h.config.Now().Sub(k.Ended) < town.FormerShown
}

func townName(k *town.Neighbour) string { return orWords(k.Name, k.Domain) }

// askPath is where a town is looked at before it is asked.
func askPath(domain string) string {
	return pathMairieVoisins + "/demander?domaine=" + url.QueryEscape(domain)
}

func (h *Handlers) request(l *locale.Locale, k town.ListedNeighbour, zone *time.Location, number int) DemandeVoisine {
	return DemandeVoisine{
		ID: "d" + strconv.Itoa(number), Name: townName(k.Neighbour), Domain: k.Domain, Path: pathVoisine(k.Domain), Km: k.Km, At: k.TheyAsked.In(zone),
		Wants: scopeInWords(l, k.TheirWants), Message: k.Message, Phone: k.Phone, Shops: k.Shops,
	}
}

func (h *Handlers) neighbourRow(l *locale.Locale, o *town.Overview, k town.ListedNeighbour, zone *time.Location, number string) CommuneVoisine {
	state, _ := h.standing(l, k, zone)
	c := CommuneVoisine{Number: number, Name: townName(k.Neighbour), Path: pathVoisine(k.Domain), Km: k.Km, State: &state}
	c.Came, c.Sent = o.Week.Of(k.Domain)
	if k.Mode != town.ModeOpen && k.Mode != town.ModeBlocked {
		c.Notes = append(c.Notes, l.T("communes.mode."+string(k.Mode)))
	}
	if k.Exchanges() && k.Outgoing == town.StandingPending {
		c.Notes = append(c.Notes, l.T("communes.asked", dayInWords(l, k.Asked.In(zone), h.config.Now().In(zone))))
	}
	return c
}

// foreignShop is a merchant of another town as a form shows it.
func (h *Handlers) foreignShop(l *locale.Locale, m town.ForeignMerchant, mode town.Mode, zone *time.Location, number int) CommerceVoisin {
	c := CommerceVoisin{
		ID: string(m.Actor.ID), Number: number, Name: sanitize.Line(m.Actor.Name), URL: string(m.Actor.URL), Town: m.Town,
		Decision: decisionGesture(m.Decision), Posts: m.Posts, Last: m.Last.In(zone),
	}
	if c.Name == "" {
		c.Name = orWords(sanitize.Line(m.Actor.Handle), string(m.Actor.ID))
	}
	if c.URL == "" {
		c.URL = string(m.Actor.ID)
	}
	switch {
	case m.Decision == town.DecisionBlocked:
		c.State = &Etat{Class: Closed, Text: l.T("communes.shop_blocked")}
	case m.Decision == town.DecisionMuted:
		c.State = &Etat{Class: Closed, Text: l.T("communes.shop_muted")}
	case m.Shown(mode):
		c.State = &Etat{Class: Open, Text: l.T("communes.shop_shown")}
	case mode == town.ModeReview:
		c.State = &Etat{Class: Soon, Text: l.T("communes.shop_waits")}
	default:
		c.State = &Etat{Class: Closed, Text: l.T("communes.shop_hidden")}
	}
	if m.Sample != nil {
		c.Sample, c.Lang = trusted(m.Sample.Content), foreign(l, m.Sample.Language)
	}
	return c
}

// The gestures by which a form decides about a merchant.
func decisionGesture(d town.Decision) string {
	switch d {
	case town.DecisionLetIn:
		return "montrer"
	case town.DecisionMuted:
		return "taire"
	case town.DecisionBlocked:
		return "bloquer"
	}
	return ""
}

// DeciderVoisin does what the town hall chose about a neighbour.
func (h *Handlers) DeciderVoisin(w http.ResponseWriter, r *http.Request) error {
	ctx, by, n := r.Context(), visitorOf(r.Context()).author(), h.config.Neighbours
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	domain, done := form.Get("domaine"), ""
	switch form.Get("geste") {
	case "demander":
		return h.ask(w, r, form)
	case "accepter":
		scope := town.FullScope()
		if form.Get("tout") == "" {
			if scope = readScope(form); len(scope.Kinds) == 0 {
				return h.showNeighbour(w, r, http.StatusUnprocessableEntity, domain, form, "kinds.none")
			}
		}
		err, done = n.Accept(ctx, by, domain, scope), "accepte"
	case "changer":
		scope := readScope(form)
		if len(scope.Kinds) == 0 {
			return h.showNeighbour(w, r, http.StatusUnprocessableEntity, domain, form, "kinds.none")
		}
		err, done = n.Want(ctx, by, domain, scope), "change"
	case "refuser":
		err, done = n.Refuse(ctx, by, domain, sanitize.Line(form.Get("raison"))), "refuse"
	case "mode":
		err, done = n.SetMode(ctx, by, domain, town.Mode(form.Get("mode"))), "mode"
	case "quitter":
		if err := n.Remove(ctx, by, domain); err != nil {
			return err
		}
		return h.goTo(w, r, pathMairieVoisins+"?fait=quitte")
	default:
		return refusal{status: http.StatusBadRequest, why: "unknown gesture"}
	}
	if err != nil {
		return err
	}
	return h.goTo(w, r, pathVoisine(domain)+"?fait="+done)
}

// readScope reads kinds and a distance from a form. What nobody knows is not there.
func readScope(form url.Values) town.Scope {
	var s town.Scope
	for _, k := range town.ExchangedKinds {
		for _, typed := range form["genre"] {
			if typed == string(k) {
				s.Kinds = append(s.Kinds, k)
				break
			}
		}
	}
	if km, err := strconv.Atoi(form.Get("km")); err == nil && km > 0 && km <= 1000 {
		s.MaxKm = km
	}
	return s
}

// offeredKm are what a form offers, in kilometres; 0 is without limit.
func offeredKm() []int { return []int{0, 10, 15, 25, 40, 80} }

// newEtendue fills the part of a form that chooses a scope.
func newEtendue(l *locale.Locale, legend string, s town.Scope, errors Erreurs) Etendue {
	e := Etendue{Legend: legend, Errors: errors}
	for _, k := range town.ExchangedKinds {
		on := false
		for _, chosen := range s.Kinds {
			on = on || chosen == k
		}
		e.Kinds = append(e.Kinds, Coche{Value: string(k), Text: l.T("accord.kind_title." + string(k)), On: on})
	}
	offered := false
	for _, km := range offeredKm() {
		c := Coche{Value: strconv.Itoa(km), Text: l.T("accord.km", l.Number(km)), On: km == s.MaxKm}
		if km == 0 {
			c.Text = l.T("accord.no_limit")
		}
		offered = offered || c.On
		e.Distances = append(e.Distances, c)
	}
	if !offered {
		e.Distances = append(e.Distances, Coche{Value: strconv.Itoa(s.MaxKm), Text: l.T("accord.km", l.Number(s.MaxKm)), On: true})
	}
	return e
}
