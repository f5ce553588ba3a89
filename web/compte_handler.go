package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"bourg/internal/town"
)

// Compte shows the visitor's account and the browsers in which it is open.
func (h *Handlers) Compte(w http.ResponseWriter, r *http.Request) error {
	v := visitorOf(r.Context())
	p, err := h.accountPage(r, v)
	if err != nil {
		return err
	}
	p.Saved = r.URL.Query().Has("fait")
	return h.show(w, r, http.StatusOK, p)
}

func (h *Handlers) accountPage(r *http.Request, v *visitor) (PageCompte, error) {
	ctx, l := r.Context(), h.renderer.Locale(r.Context())
	p := PageCompte{
		Email: orWords(v.login.Email, v.login.Name), TownHall: v.merchant == nil, Shop: v.merchant != nil, HasPassword: v.login.Password != "",
	}
	stored, err := h.config.Sessions.SessionsOf(ctx, v.login.ID)
	if err != nil {
		return p, err
	}
	current := h.sessionID(ctx)
	for id, data := range stored {
		var s session
		if json.Unmarshal(data, &s) != nil || s.Epoch != v.login.Epoch {
			continue // ended already
		}
		p.Sessions = append(p.Sessions, Session{
			ID: id, Device: deviceName(l, s.Device), LastSeen: s.Seen, Current: id == current,
		})
	}
	slices.SortFunc(p.Sessions, func(a, b Session) int {
		switch {
		case a.Current:
			return -1
		case b.Current:
			return 1
		}
		return b.LastSeen.Compare(a.LastSeen)
	})
	return p, nil
}

// ChangerMotDePasse sets a password. Whoever has one gives it first; every other session ends.
func (h *Handlers) ChangerMotDePasse(w http.ResponseWriter, r *http.Request) error {
	ctx, l, v := r.Context(), h.renderer.Locale(r.Context()), visitorOf(r.Context())
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	refuse := func(all Erreurs) error {
		p, err := h.accountPage(r, v)
		if err != nil {
			return err
		}
		p.Errors = all
		return h.show(w, r, http.StatusUnprocessableEntity, p)
	}
	if v.login.Email == "" {
		return refuse(Erreurs{{"nouveau", l.T("password.no_email")}})
	}
	if v.login.Password != "" {
		if err := h.limits.attempts.take("account " + v.login.Email); err != nil {
			return err
		}
		_, err := h.config.Accounts.SignIn(ctx, v.login.Email, form.Get("ancien"))
		if errors.Is(err, town.ErrWrongPassword) {
			return refuse(Erreurs{{"ancien", l.T("password.old_wrong")}})
		}
		if err != nil {
			return err
		}
	}
	epoch, err := h.config.Accounts.SetPassword(ctx, v.login.ID, form.Get("nouveau"))
	if all, ok := faults(l, err, fieldName{"password", "nouveau"}); ok {
		return refuse(all)
	}
	if err != nil {
		return err
	}
	if err := h.sessions.RenewToken(ctx); err != nil {
		return err
	}
	h.keep(ctx, v, func(s *session) { s.Epoch = epoch })
	return h.goTo(w, r, pathCompte+"?fait=1")
}

// FermerAppareil ends one of the visitor's other sessions.
func (h *Handlers) FermerAppareil(w http.ResponseWriter, r *http.Request) error {
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	if err := h.config.Sessions.EndSession(r.Context(), visitorOf(r.Context()).login.ID, form.Get("appareil")); err != nil {
		return err
	}
	return h.goTo(w, r, pathCompte+"?fait=1")
}
