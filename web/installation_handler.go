package web

import (
	"errors"
	"math"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"

	"bourg/internal/sanitize"
	"bourg/internal/town"

	"github.com/go-chi/chi/v5"
)

// Installation shows the form of the first visit to whoever has the link that the log printed.
func (h *Handlers) Installation(w http.ResponseWriter, r *http.Request) error {
	token := chi.URLParam(r, "token")
	if err := h.config.Accounts.LookAtSetUpLink(r.Context(), token); err != nil {
		return err
	}
	return h.show(w, r, http.StatusOK, h.setUpPage(token))
}

func (h *Handlers) setUpPage(token string) PageInstallation {
	return PageInstallation{Action: "/installation/" + url.PathEscape(token), Domain: h.config.Addresses.Domain()}
}

// Installer sets the town up, and lets its administrator in.
func (h *Handlers) Installer(w http.ResponseWriter, r *http.Request) error {
	ctx, l, token := r.Context(), h.renderer.Locale(r.Context()), chi.URLParam(r, "token")
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	p := h.setUpPage(token)
	p.Name, p.INSEE, p.Handle = sanitize.Line(form.Get("nom")), form.Get("insee"), form.Get("identifiant")
	p.Latitude, p.Longitude = form.Get("latitude"), form.Get("longitude")
	p.Email, p.Phone = form.Get("email"), form.Get("telephone")
	link, err := h.config.Directory.SetUpTown(ctx, town.Author{}, token, town.SetUp{
		Name: p.Name, Handle: p.Handle, INSEE: p.INSEE, Lat: degrees(p.Latitude), Lon: degrees(p.Longitude),
		Email: p.Email, HelpPhone: p.Phone,
	})
	if all, ok := faults(l, err,
		fieldName{"name", "nom"}, fieldName{"insee", "insee"}, fieldName{"lat", "latitude"}, fieldName{"lon", "longitude"},
		fieldName{"handle", "identifiant"}, fieldName{"email", "email"}, fieldName{"phone", "telephone"},
	); ok {
		p.Errors = all
		return h.show(w, r, http.StatusUnprocessableEntity, p)
	}
	if errors.Is(err, town.ErrTaken) { // somebody was quicker
		return town.ErrNotFound
	}
	if err != nil {
		return err
	}
	login, err := h.config.Accounts.SignInByLink(ctx, path.Base(link))
	if err != nil {
		return err
	}
	return h.enter(w, r, login, "")
}

// degrees reads a latitude or longitude, with a point or a comma; anything else is no number.
func degrees(s string) float64 {
	f, err := strconv.ParseFloat(strings.Replace(strings.TrimSpace(s), ",", ".", 1), 64)
	if err != nil {
		return math.NaN()
	}
	return f
}
