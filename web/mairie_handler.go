package web

import (
	"context"
	"net/http"
	"time"

	"bourg/internal/town"
	"bourg/web/locale"
)

// How the desk counts and whom it worries about.
const (
	deskPeriod = 7 * 24 * time.Hour
	longSilent = 60 * 24 * time.Hour
	quietShown = 10
	worstShown = 5
)

// Mairie shows the town hall what waits for it, and how the town is.
func (h *Handlers) Mairie(w http.ResponseWriter, r *http.Request) error {
	ctx, l, by := r.Context(), h.renderer.Locale(r.Context()), visitorOf(r.Context()).author()
	week, err := h.config.Moderator.Since(ctx, by, h.config.Now().Add(-deskPeriod))
	if err != nil {
		return err
	}
	waiting, err := h.config.Moderator.Waiting(ctx, by)
	if err != nil {
		return err
	}
	shops, err := h.config.Moderator.Shops(ctx, by)
	if err != nil {
		return err
	}
	totals, err := h.config.Moderator.Totals(ctx, by)
	if err != nil {
		return err
	}
	worst, _, err := h.config.Moderator.Network(ctx, by, town.HostCursor{}, worstShown)
	if err != nil {
		return err
	}
	_, reports, err := h.config.Reports.Open(ctx, by)
	if err != nil {
		return err
	}
	t, err := h.config.Directory.Town(ctx)
	if err != nil {
		return err
	}
	p := PageMairie{
		Missing: missing(l, t), Shops: len(shops), News: week.News, Replies: week.Replies, Followers: week.Followers, Waiting: totals.Waiting,
		Quiet: h.quiet(l, shops), Reports: reports,
	}
	for _, q := range worst {
		if q.State != town.HostOK && q.State != town.HostBlocked {
			p.Hosts = append(p.Hosts, h.otherServer(l, t, q))
		}
	}
	if err := h.deskNeighbours(ctx, l, &p); err != nil {
		return err
	}
	for _, one := range waiting {
		c := Verification{
			ID: one.Reply.ID.String(), Author: peerName(one.Reply.Actor), Handle: peerHandle(one.Reply.Actor), At: one.Reply.Received,
			Text: warned(h.reply(l, town.ThreadEntry{Reply: one.Reply})),
		}
		if !one.Reply.Updated.IsZero() {
			c.FormerURL = pathMairie + "/reponses/" + one.Reply.ID.String()
		}
		if one.Post != nil {
			c.About = &Lien{URL: pathOf(one.Post), Text: orWords(title(one.Post.Text), one.Post.Merchant.Name)}
		}
		p.Checks = append(p.Checks, c)
	}
	return h.show(w, r, http.StatusOK, p)
}

// neighboursOnDesk is how many neighbours the desk shows, those that ask before the others.
const neighboursOnDesk = 6

// deskNeighbours fills in how the neighbours do.
func (h *Handlers) deskNeighbours(ctx context.Context, l *locale.Locale, p *PageMairie) error {
	o, err := h.config.Console.Overview(ctx, visitorOf(ctx).author())
	if err != nil {
		return err
	}
	p.Received, p.ShopsWait = o.Week.Came, len(o.Waiting)
	var others []VoisineDuBureau
	for _, k := range o.Towns {
		if !h.worthShowing(k) {
			continue
		}
		state, _ := h.standing(l, k, h.zone(o.Here))
		v := VoisineDuBureau{
			Name: townName(k.Neighbour), Domain: k.Domain, Path: pathVoisine(k.Domain), State: &state, Asks: k.Incoming == town.StandingPending,
		}
		if v.Asks {
			p.Neighbours = append(p.Neighbours, v)
		} else {
			others = append(others, v)
		}
	}
	p.Neighbours = append(p.Neighbours, others...)
	p.Neighbours = p.Neighbours[:min(len(p.Neighbours), neighboursOnDesk)]
	return nil
}

// quiet are the shops that may need a hand: those that never came in, and those that have long been silent.
func (h *Handlers) quiet(l *locale.Locale, shops []town.ShopState) []Lien {
	var all []Lien
	for _, s := range shops {
		note := ""
		switch {
		case !s.SignedIn:
			note = l.T("mairie_commerces.invited")
		case s.LastNews.IsZero():
			note = l.T("mairie_commerces.signed_in")
		case h.config.Now().Sub(s.LastNews) > longSilent:
			note = l.T("mairie_commerces.last_news", l.Date(s.LastNews, h.config.Now()))
		}
		if note != "" && len(all) < quietShown {
			all = append(all, Lien{URL: "/@" + s.Merchant.Handle, Text: s.Merchant.Name, Note: note})
		}
	}
	return all
}

// DeciderReponse accepts or hides a reply that waits for approval.
func (h *Handlers) DeciderReponse(w http.ResponseWriter, r *http.Request) error {
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	id, err := readID(form.Get("reponse"))
	if err != nil {
		return err
	}
	state, err := stateOf(form.Get("geste"))
	if err != nil {
		return err
	}
	if err := h.config.Moderator.Decide(r.Context(), visitorOf(r.Context()).author(), id, state); err != nil {
		return err
	}
	return h.goTo(w, r, pathMairie)
}
