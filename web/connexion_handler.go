package web

import (
	"errors"
	"net/http"
	"net/url"

	"bourg/internal/town"

	"github.com/go-chi/chi/v5"
)

// Connexion asks who wants to enter.
func (h *Handlers) Connexion(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	next := localNext(query.Get("suite"))
	if v := visitorOf(r.Context()); v != nil {
		return h.goTo(w, r, orWords(next, homeOf(v.login)))
	}
	return h.show(w, r, http.StatusOK, PageConnexion{WithPassword: query.Get("mot_de_passe") != "", Next: next})
}

// SeConnecter sends a one-time link, or lets somebody enter by a password. It answers the same for addresses that nobody
// signs in with.
func (h *Handlers) SeConnecter(w http.ResponseWriter, r *http.Request) error {
	ctx, l := r.Context(), h.renderer.Locale(r.Context())
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	p := PageConnexion{
		Email: town.NormalEmail(form.Get("email")), WithPassword: form.Get("geste") == "entrer", Next: localNext(form.Get("suite")),
	}
	if !town.ValidEmail(p.Email) {
		p.Errors.Add("email", l.T("email.wrong"))
		return h.show(w, r, http.StatusUnprocessableEntity, p)
	}
	if err := h.limits.attempts.take("client " + clientKey(r)); err != nil {
		return err
	}
	if !p.WithPassword {
		if err := h.limits.mails.take(p.Email); err != nil {
			return err
		}
		if err := h.config.Accounts.MailLink(ctx, p.Email); err != nil {
			return err
		}
		return h.show(w, r, http.StatusOK, PageLienEnvoye{Email: p.Email})
	}
	if err := h.limits.attempts.take("account " + p.Email); err != nil {
		return err
	}
	login, err := h.config.Accounts.SignIn(ctx, p.Email, form.Get("mot_de_passe"))
	if errors.Is(err, town.ErrWrongPassword) {
		p.Errors.Add("mot_de_passe", l.T("password.wrong"))
		return h.show(w, r, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	return h.enter(w, r, login, p.Next)
}

// Lien shows the button of a one-time link. It does not use the link up: programs that look at mail open links.
func (h *Handlers) Lien(w http.ResponseWriter, r *http.Request) error {
	token := chi.URLParam(r, "token")
	login, err := h.config.Accounts.LookAtLink(r.Context(), token)
	if errors.Is(err, town.ErrWrongLink) {
		return h.show(w, r, http.StatusGone, PageEntrer{Expired: true})
	}
	if err != nil {
		return err
	}
	name := h.renderer.Locale(r.Context()).T("entrer.townhall")
	if len(login.Merchants) > 0 {
		name = login.Merchants[0].Name
	}
	return h.show(w, r, http.StatusOK, PageEntrer{Name: name, Action: pathConnexion + "/" + url.PathEscape(token)})
}

// EntrerParLien uses a one-time link up.
func (h *Handlers) EntrerParLien(w http.ResponseWriter, r *http.Request) error {
	login, err := h.config.Accounts.SignInByLink(r.Context(), chi.URLParam(r, "token"))
	if errors.Is(err, town.ErrWrongLink) {
		return h.show(w, r, http.StatusGone, PageEntrer{Expired: true})
	}
	if err != nil {
		return err
	}
	return h.enter(w, r, login, "")
}

// SeDeconnecter ends the session of this browser.
func (h *Handlers) SeDeconnecter(w http.ResponseWriter, r *http.Request) error {
	if visitorOf(r.Context()) != nil {
		if err := h.sessions.Destroy(r.Context()); err != nil {
			return err
		}
	}
	return h.goTo(w, r, pathFil)
}

// enter opens a session and leads to where the visitor wanted to go, else to the visitor's own space.
func (h *Handlers) enter(w http.ResponseWriter, r *http.Request, login *town.Login, next string) error {
	if err := h.signIn(r, login); err != nil {
		return err
	}
	return h.goTo(w, r, orWords(next, homeOf(login)))
}

// homeOf is the first page of a login.
func homeOf(l *town.Login) string {
	switch {
	case len(l.Merchants) > 1:
		return pathEspace
	case len(l.Merchants) == 1:
		return pathPublier
	case l.TownHall:
		return pathMairie
	}
	return pathCompte
}

// localNext reads "suite"; it is empty for anything but a path of this town.
func localNext(suite string) string {
	u, err := url.Parse(suite)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || suite == "/" || LocalPath(suite) != suite {
		return ""
	}
	return suite
}
