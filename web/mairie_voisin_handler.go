package web

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"bourg/internal/town"
	"bourg/web/locale"

	"github.com/go-chi/chi/v5"
)

// MairieVoisin shows one neighbour and what is decided about it.
func (h *Handlers) MairieVoisin(w http.ResponseWriter, r *http.Request) error {
	return h.showNeighbour(w, r, http.StatusOK, chi.URLParam(r, "domain"), nil, "")
}

// showNeighbour shows the page of a neighbour; form is what was typed, fault the key of what is wrong with its kinds.
func (h *Handlers) showNeighbour(w http.ResponseWriter, r *http.Request, status int, domain string, form url.Values, fault string) error {
	ctx, l, by := r.Context(), h.renderer.Locale(r.Context()), visitorOf(r.Context()).author()
	d, err := h.config.Console.Detail(ctx, by, domain, town.ActorID(r.URL.Query().Get("apres")))
	var invalid town.Invalid
	if errors.As(err, &invalid) {
		return town.ErrNotFound // no town has such an address
	}
	if err != nil {
		return err
	}
	t, err := h.config.Directory.Town(ctx)
	if err != nil {
		return err
	}
	zone, k := h.zone(t), d.Neighbour
	state, _ := h.standing(l, d.ListedNeighbour, zone)
	p := PageMairieVoisin{
		Card: townFile(l, d.ListedNeighbour), Domain: k.Domain, State: &state, In: h.incomingNews(l, k, zone), Out: h.outgoingNews(l, k, zone),
		Refusal: k.Refusal, Given: k.Incoming == town.StandingAccepted, Reason: form.Get("raison"), Done: doneWithNeighbour(l, r.URL.Query().Get("fait")),
		ProposeAsk: k.Incoming == town.StandingAccepted && k.Outgoing == town.StandingNone && k.Peering != "",
		Leavable:   k.Exchanges() || k.Outgoing == town.StandingPending,
	}
	if k.Exchanges() {
		p.Since = k.Since.In(zone)
	}
	wanted := form.Get("geste") == "changer" // which of the two scopes was typed
	if fault != "" {
		field := "genre"
		if wanted {
			field += wantedScope
		}
		p.Errors.Add(field, l.T(fault))
	}
	give := k.TheirWants
	switch {
	case form != nil && !wanted:
		give = readScope(form)
	case p.Given:
		give = k.Grants
	}
	p.Give = newEtendue(l, l.T("communes.give"), give, p.Errors)
	if k.Outgoing == town.StandingAccepted || k.Outgoing == town.StandingPending {
		wants := k.Wants
		if wanted {
			wants = readScope(form)
		}
		take := newEtendue(l, l.T("demander.wants"), wants, p.Errors)
		take.ID = wantedScope
		p.Take = &take
	}
	if k.Incoming == town.StandingPending {
		request := h.request(l, d.ListedNeighbour, zone, 1)
		p.Request = &request
	}
	if k.Outgoing == town.StandingAccepted || k.Mode == town.ModeBlocked || p.Given {
		for _, m := range []town.Mode{town.ModeOpen, town.ModeReview, town.ModeAgenda, town.ModeMuted, town.ModeBlocked} {
			p.Modes = append(p.Modes, Coche{Value: string(m), Text: l.T("communes.mode_choice." + string(m)), On: m == k.Mode})
		}
	}
	for i, m := range d.Merchants {
		p.Merchants = append(p.Merchants, h.foreignShop(l, m, k.Mode, zone, i+1))
	}
	if d.More {
		p.MoreURL = pathVoisine(k.Domain) + "?apres=" + url.QueryEscape(string(d.Merchants[len(d.Merchants)-1].Actor.ID))
	}
	for i := len(d.Days) - 1; i >= 0; i-- {
		day := d.Days[i]
		p.Came, p.Sent = p.Came+day.Came, p.Sent+day.Sent
		at := time.Date(day.Day.Year(), day.Day.Month(), day.Day.Day(), 12, 0, 0, 0, zone)
		p.Days = append(p.Days, JourEchange{Day: l.Day(at, h.config.Now().In(zone)), Came: day.Came, Sent: day.Sent})
	}
	return h.show(w, r, status, p)
}

// wantedScope ends the ids of the fields that say what we want of a neighbour.
const wantedScope = "-voulu"

// incomingNews tells whether we receive a town's news.
func (h *Handlers) incomingNews(l *locale.Locale, k *town.Neighbour, zone *time.Location) string {
	now := h.config.Now().In(zone)
	switch k.Outgoing {
	case town.StandingAccepted:
		return l.T("accord.in", scopeInWords(l, k.Wants.And(k.Gives)))
	case town.StandingPending:
		return l.N("communes.pending", k.Asks, dayInWords(l, k.Asked.In(zone), now), l.Date(k.Asked.Add(town.AskExpires).In(zone), now))
	case town.StandingRefused:
		return l.T("communes.refused_us")
	case town.StandingExpired:
		return l.T("communes.never_answered", dayInWords(l, k.Asked.In(zone), now))
	}
	return l.T("communes.not_asked")
}

// outgoingNews tells whether a town receives ours.
func (h *Handlers) outgoingNews(l *locale.Locale, k *town.Neighbour, zone *time.Location) string {
	switch {
	case k.Incoming == town.StandingAccepted:
		return l.T("accord.out", scopeInWords(l, k.Grants.And(k.TheirWants)))
	case k.Incoming == town.StandingPending:
		return l.T("communes.they_wait", dayInWords(l, k.TheyAsked.In(zone), h.config.Now().In(zone)))
	case k.Incoming == town.StandingRefused:
		return l.T("communes.we_refused")
	case h.config.Now().Before(k.Welcome):
		return l.T("communes.welcome")
	}
	return l.T("communes.they_did_not_ask")
}

func doneWithNeighbour(l *locale.Locale, what string) string {
	switch what {
	case "demande":
		return l.T("communes.done_asked")
	case "change":
		return l.T("communes.done_changed")
	case "accepte":
		return l.T("communes.done_accepted")
	case "refuse":
		return l.T("communes.done_refused")
	case "mode":
		return l.T("communes.done_mode")
	case "commerce":
		return l.T("communes.done_shop")
	}
	return ""
}

// DeciderCommerceVoisin decides about one merchant of a neighbour.
func (h *Handlers) DeciderCommerceVoisin(w http.ResponseWriter, r *http.Request) error {
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	decision := map[string]town.Decision{"montrer": town.DecisionLetIn, "taire": town.DecisionMuted, "bloquer": town.DecisionBlocked}[form.Get("geste")]
	actor := town.ActorID(form.Get("commerce"))
	if err := h.config.Console.DecideMerchant(r.Context(), visitorOf(r.Context()).author(), actor, decision); err != nil {
		return err
	}
	if form.Get("suite") == "liste" {
		return h.goTo(w, r, pathMairieVoisins)
	}
	return h.goTo(w, r, pathVoisine(actor.Host())+"?fait=commerce")
}
