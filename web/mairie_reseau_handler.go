package web

import (
	"errors"
	"net/http"

	"bourg/internal/town"
)

// MairieReseau shows the servers that are blocked and those that do not answer.
func (h *Handlers) MairieReseau(w http.ResponseWriter, r *http.Request) error {
	p := PageMairieReseau{}
	switch l := h.renderer.Locale(r.Context()); r.URL.Query().Get("fait") {
	case "bloque":
		p.Done = l.T("reseau.done_blocked")
	case "recu":
		p.Done = l.T("reseau.done_unblocked")
	}
	return h.showNetwork(w, r, http.StatusOK, p)
}

func (h *Handlers) showNetwork(w http.ResponseWriter, r *http.Request, status int, p PageMairieReseau) error {
	ctx, l, by := r.Context(), h.renderer.Locale(r.Context()), visitorOf(r.Context()).author()
	blocked, err := h.config.Moderator.Blocked(ctx, by)
	if err != nil {
		return err
	}
	for _, b := range blocked {
		p.Blocked = append(p.Blocked, Bloque{Domain: b.Domain, Reason: b.Reason, Since: b.At})
	}
	if p.Hosts, _, err = h.hosts(r, l, by); err != nil {
		return err
	}
	return h.show(w, r, status, p)
}

// Bloquer blocks a server, or receives from it again.
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
