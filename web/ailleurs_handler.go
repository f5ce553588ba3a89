package web

import (
	"errors"
	"net/http"
	"strings"

	"bourg/internal/town"
	"bourg/web/locale"

	"github.com/google/uuid"
)

// MairieAilleurs lists the accounts elsewhere, and shows the form that looks one up.
func (h *Handlers) MairieAilleurs(w http.ResponseWriter, r *http.Request) error {
	p, l, query := PageAilleurs{}, h.renderer.Locale(r.Context()), r.URL.Query()
	switch query.Get("fait") {
	case "ajoute":
		p.Done = l.T("ailleurs.done_added")
	case "redemande":
		p.Done = l.T("ailleurs.done_asked")
	case "retire":
		p.Done = l.T("ailleurs.done_removed")
	}
	return h.showElsewhere(w, r, http.StatusOK, p)
}

func (h *Handlers) showElsewhere(w http.ResponseWriter, r *http.Request, status int, p PageAilleurs) error {
	l := h.renderer.Locale(r.Context())
	all, err := h.config.Externals.List(r.Context(), visitorOf(r.Context()).author())
	if err != nil {
		return err
	}
	p.Home = h.base + "/"
	p.Trades = append([]Choix{{Value: town.TradeAgenda, Text: l.T("ailleurs.agenda")}}, everyTrade(l)...)
	for _, e := range all {
		one := h.elsewhere(l, e)
		switch e.State {
		case town.ExternalAgreed:
			p.Shown = append(p.Shown, one)
		case town.ExternalAsked:
			p.Waiting = append(p.Waiting, one)
		default:
			p.Ended = append(p.Ended, one)
		}
	}
	return h.show(w, r, status, p)
}

// ChangerAilleurs does what the forms of the page ask for.
func (h *Handlers) ChangerAilleurs(w http.ResponseWriter, r *http.Request) error {
	ctx, l, v := r.Context(), h.renderer.Locale(r.Context()), visitorOf(r.Context())
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	p := PageAilleurs{
		Account: form.Get("compte"), Trade: form.Get("metier"), Phone: form.Get("telephone"), Address: form.Get("adresse"),
		Latitude: form.Get("latitude"), Longitude: form.Get("longitude"),
	}
	done, gesture := "", form.Get("geste")
	switch gesture {
	case "chercher", "ajouter": // these ask other servers
		if err := h.limits.accounts.take(v.login.ID.String()); err != nil {
			return err
		}
	}
	switch gesture {
	case "chercher":
		var found *town.FoundExternal
		if found, err = h.config.Externals.Find(ctx, v.author(), p.Account); err == nil {
			p.Found = h.foundElsewhere(l, found)
			if found.Known {
				p.Trade, p.Phone, p.Address = found.Trade, found.Phone, found.Address
			}
			return h.showElsewhere(w, r, http.StatusOK, p)
		}
	case "ajouter":
		done = "ajoute"
		_, err = h.config.Externals.Add(ctx, v.author(), p.listing())
	case "redemander", "retirer":
		err = h.changeListed(r, gesture, form.Get("id"))
		done = map[string]string{"redemander": "redemande", "retirer": "retire"}[gesture]
	default:
		return refusal{status: http.StatusBadRequest, why: "unknown gesture"}
	}
	if all, ok := faults(l, err, fieldName{"account", "compte"}, fieldName{"trade", "metier"}, fieldName{"phone", "telephone"},
		fieldName{"address", "adresse"}, fieldName{"place", "latitude"}); ok {
		p.Errors = all
		if gesture == "ajouter" && all.For("compte") == "" { // nothing that was typed is lost
			if found, err := h.config.Externals.Find(ctx, v.author(), p.Account); err == nil {
				p.Found = h.foundElsewhere(l, found)
			}
		}
		return h.showElsewhere(w, r, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	return h.goTo(w, r, pathMairieAilleurs+"?fait="+done)
}

func (h *Handlers) changeListed(r *http.Request, gesture, typed string) error {
	id, err := uuid.Parse(typed)
	if err != nil {
		return town.ErrNotFound
	}
	by := visitorOf(r.Context()).author()
	if gesture == "redemander" {
		return h.config.Externals.AskAgain(r.Context(), by, id)
	}
	if err := h.config.Externals.Remove(r.Context(), by, id); !errors.Is(err, town.ErrNotFound) {
		return err
	}
	return nil // a second tap
}

// listing is what the form says of an account.
func (p PageAilleurs) listing() town.ExternalListing {
	l := town.ExternalListing{Account: p.Account, Trade: p.Trade, Phone: p.Phone, Address: p.Address}
	if strings.TrimSpace(p.Latitude+p.Longitude) != "" {
		lat, lon := degrees(p.Latitude), degrees(p.Longitude)
		l.Lat, l.Lon = &lat, &lon
	}
	return l
}

// whatElsewhere says in words what an account is and where it lives.
func whatElsewhere(l *locale.Locale, e *town.External) string {
	kind := "ailleurs.person"
	switch e.Type {
	case "Group":
		kind = "ailleurs.group"
	case "Application":
		kind = "ailleurs.agenda_site"
	}
	if software := softwareName(e.Software); software != "" {
		return l.T("ailleurs.what_on", l.T(kind), software)
	}
	return l.T(kind)
}

// softwareName is how people write the name of a server's software; others' names are left out, for anybody may write what he likes there.
func softwareName(software string) string {
	names := map[string]string{
		"mastodon": "Mastodon", "wordpress": "WordPress", "pixelfed": "Pixelfed", "mobilizon": "Mobilizon", "gancio": "Gancio",
		"lemmy": "Lemmy", "gotosocial": "GoToSocial", "misskey": "Misskey", "friendica": "Friendica", "peertube": "PeerTube", "bourg": "Bourg",
	}
	return names[software]
}

func (h *Handlers) foundElsewhere(l *locale.Locale, e *town.FoundExternal) *CompteTrouve {
	found := &CompteTrouve{
		Name: e.Name, Handle: "@" + e.Handle, URL: string(e.URL), Host: e.Host, What: whatElsewhere(l, e.External),
		How: l.T("ailleurs.how_ask"), Action: l.T("ailleurs.ask"),
	}
	switch {
	case e.Linked:
		found.How, found.Action = l.T("ailleurs.how_linked"), l.T("ailleurs.add")
	case !e.MayAsk():
		found.How, found.Action = l.T("ailleurs.how_link", h.base+"/"), l.T("ailleurs.wait")
	}
	if e.Known {
		found.Stands = l.T("ailleurs.stands_" + string(e.State))
		found.Known = e.State == town.ExternalAgreed || (e.State == town.ExternalAsked && !e.Linked)
		if found.Known {
			found.Action, found.How = l.T("ailleurs.change"), ""
		}
	}
	return found
}

// elsewhere is a listed account in words.
func (h *Handlers) elsewhere(l *locale.Locale, e *town.External) CompteAilleurs {
	one := CompteAilleurs{
		ID: e.ID.String(), Name: e.Name, Handle: "@" + e.Handle, URL: string(e.URL), Host: e.Host, What: whatElsewhere(l, e),
		Trade: tradeElsewhere(l, e.Trade), Answer: e.Answer, MayAsk: e.MayAsk() && e.State != town.ExternalEnded, Moved: string(e.MovedTo),
	}
	switch e.State {
	case town.ExternalAsked:
		one.State = &Etat{Soon, l.T("ailleurs.state_asked")}
		one.Link, one.MayRemove, one.Since = true, true, e.Waits
		if e.Asks > 0 {
			one.Notes = append(one.Notes, l.N("ailleurs.asks", e.Asks))
		}
	case town.ExternalAgreed:
		one.State = &Etat{Open, l.T("ailleurs.state_agreed")}
		one.MayRemove, one.Since = true, e.Agreed
		one.Notes = append(one.Notes, l.T("ailleurs.by_"+string(e.AgreedBy)))
		switch e.Following {
		case town.StandingPending:
			one.Notes = append(one.Notes, l.T("ailleurs.follow_pending"))
		case town.StandingExpired:
			one.Notes = append(one.Notes, l.T("ailleurs.follow_expired"))
		}
		if e.Unlinked > 0 {
			one.Notes = append(one.Notes, l.T("ailleurs.link_missing"))
		}
	case town.ExternalRefused:
		one.State, one.Since = &Etat{Closed, l.T("ailleurs.state_refused")}, e.Ended
	case town.ExternalExpired:
		one.State, one.Since = &Etat{Closed, l.T("ailleurs.state_expired")}, e.Waits
	default:
		one.State, one.Since = &Etat{Closed, l.T("ailleurs.state_ended")}, e.Ended
		one.Notes = append(one.Notes, l.T("ailleurs.why_"+string(e.Why)))
	}
	return one
}

// tradeElsewhere is the name of what a listed account does.
func tradeElsewhere(l *locale.Locale, trade string) string {
	if trade == town.TradeAgenda {
		return l.T("ailleurs.agenda")
	}
	return TradeName(l, trade)
}
