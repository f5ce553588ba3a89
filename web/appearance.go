package web

import (
	"net/http"
	"strings"
)

// The appearances that a visitor may choose in the footer.
const (
	AppearanceAuto  = "auto" // what the system says
	AppearanceLight = "clair"
	AppearanceDark  = "sombre"
)

// appearanceCookie holds the choice. It serves only what the visitor asked for, so it needs no consent.
const appearanceCookie = "apparence"

// Appearance reads the visitor's choice; anything unknown is AppearanceAuto.
func Appearance(r *http.Request) string {
	c, err := r.Cookie(appearanceCookie)
	if err != nil {
		return AppearanceAuto
	}
	switch c.Value {
	case AppearanceLight, AppearanceDark:
		return c.Value
	}
	return AppearanceAuto
}

// ChooseAppearance answers the form of the footer (POST /apparence: "theme", and "retour", the page that it stands on): it
// keeps the choice for a year and leads back. secure: the town is reached by https, so the cookie never travels without it.
func ChooseAppearance(w http.ResponseWriter, r *http.Request, secure bool) {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	cookie := &http.Cookie{ //nolint:gosec // a colour is no secret, and http is served on closed networks
		Name: appearanceCookie, Path: "/", MaxAge: 365 * 24 * 3600,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: secure,
	}
	switch theme := r.PostFormValue("theme"); theme {
	case AppearanceLight, AppearanceDark:
		cookie.Value = theme
	default:
		cookie.MaxAge = -1
	}
	http.SetCookie(w, cookie)
	http.Redirect(w, r, Href(LanguageOf(r.Context()), LocalPath(r.PostFormValue("retour"))), http.StatusSeeOther) //nolint:gosec // LocalPath keeps it here
}

// LocalPath gives back a path of this town, and "/" for anything that a browser could take for another place.
func LocalPath(path string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") {
		return "/"
	}
	return path
}
