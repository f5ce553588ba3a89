package web

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"bourg/internal/town"
)

// hostsOnPage is how many servers a page lists.
const hostsOnPage = 25

// MairieReseau shows how other servers take what we send, the worst first, and which are blocked.
func (h *Handlers) MairieReseau(w http.ResponseWriter, r *http.Request) error {
	p, l, query := PageMairieReseau{}, h.renderer.Locale(r.Context()), r.URL.Query()
	switch query.Get("fait") {
	case "bloque":
		p.Done = l.T("reseau.done_blocked")
	case "recu":
		p.Done = l.T("reseau.done_unblocked")
	case "liste":
		if n, err := strconv.Atoi(query.Get("nombre")); err == nil && n >= 0 {
			p.Done = l.N("blocages.done", n)
		}
	case "reessaye":
		if n, err := strconv.Atoi(query.Get("nombre")); err == nil && n >= 0 {
			p.Done = l.N("reseau.done_retry", n)
		}
	}
	return h.showNetwork(w, r, http.StatusOK, p)
}

func (h *Handlers) showNetwork(w http.ResponseWriter, r *http.Request, status int, p PageMairieReseau) error {
	ctx, l, by := r.Context(), h.renderer.Locale(r.Context()), visitorOf(r.Context()).author()
	var after town.HostCursor
	if place := r.URL.Query().Get("apres"); place != "" {
		var err error
		if after, err = town.ParseHostCursor(place); err != nil {
			return badPage()
		}
		p.FirstURL = pathMairieReseau
	}
	t, err := h.config.Directory.Town(ctx)
	if err != nil {
		return err
	}
	blocked, err := h.config.Moderator.Blocked(ctx, by)
	if err != nil {
		return err
	}
	for _, b := range blocked {
		p.Blocked = append(p.Blocked, Bloque{Domain: b.Domain, Reason: b.Reason, Since: b.At})
	}
	totals, err := h.config.Moderator.Totals(ctx, by)
	if err != nil {
		return err
	}
	p.Summary, p.RetryAll = h.queueInWords(l, t, totals), totals.Failing+totals.Parked > 0
	hosts, more, err := h.config.Moderator.Network(ctx, by, after, hostsOnPage)
	if err != nil {
		return err
	}
	for _, q := range hosts {
		p.Hosts = append(p.Hosts, h.otherServer(l, t, q))
	}
	if more {
		p.MoreURL = pathMairieReseau + "?apres=" + url.QueryEscape(hosts[len(hosts)-1].Cursor().String())
	}
	return h.show(w, r, status, p)
}

// Bloquer blocks a server, receives from it again, or sends it at once what waits for it.
func (h *Handlers) Bloquer(w http.ResponseWriter, r *http.Request) error {
	ctx, l, by := r.Context(), h.renderer.Locale(r.Context()), visitorOf(r.Context()).author()
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	p, done := PageMairieReseau{Domain: form.Get("domaine"), Reason: form.Get("raison")}, ""
	switch form.Get("geste") {
	case "bloquer":
		err, done = h.config.Moderator.Block(ctx, by, p.Domain, p.Reason), "bloque"
	case "recevoir":
		if err, done = h.config.Moderator.Unblock(ctx, by, p.Domain), "recu"; errors.Is(err, town.ErrNotFound) {
			err = nil // a second tap
		}
	case "reessayer":
		if err := h.limits.retries.take(by.Login.String()); err != nil {
			return err
		}
		var n int
		n, err = h.config.Moderator.Retry(ctx, by, p.Domain)
		done = "reessaye&nombre=" + strconv.Itoa(n)
	default:
		return refusal{status: http.StatusBadRequest, why: "unknown gesture"}
	}
	if all, ok := faults(l, err, fieldName{"domain", "domaine"}); ok {
		p.Errors = all
		return h.showNetwork(w, r, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	return h.goTo(w, r, pathMairieReseau+"?fait="+done)
}
