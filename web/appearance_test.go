package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"bourg/web/locale"
)

func TestChooseAppearance(t *testing.T) {
	t.Parallel()
	for i, c := range []struct {
		prefix, theme, back, cookie, location string
		maxAge                                int
	}{
		{"", "sombre", "/commerces?c=1", "sombre", "/commerces?c=1", 365 * 24 * 3600},
		{"/en", "clair", "/commerces", "clair", "/en/commerces", 365 * 24 * 3600},
		{"", "auto", "/", "", "/", -1},
		{"", "<script>", "/", "", "/", -1},
		{"", "clair", "https://elsewhere.example/", "clair", "/", 365 * 24 * 3600},
		{"", "clair", "//elsewhere.example/", "clair", "/", 365 * 24 * 3600},
		{"", "clair", `/\elsewhere.example/`, "clair", "/", 365 * 24 * 3600},
		{"", "clair", "/a\r\nSet-Cookie: x=1", "clair", "/", 365 * 24 * 3600},
		{"", "clair", "", "clair", "/", 365 * 24 * 3600},
	} {
		req := httptest.NewRequest(http.MethodPost, c.prefix+"/apparence", strings.NewReader(url.Values{"theme": {c.theme}, "retour": {c.back}}.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		rec := httptest.NewRecorder()
		secure := i%2 == 0
		Language(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { ChooseAppearance(w, r, secure) })).ServeHTTP(rec, req)
		res := rec.Result()
		if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != c.location {
			t.Errorf("%q: got %d to %q, want 303 to %q", c.back, res.StatusCode, res.Header.Get("Location"), c.location)
		}
		cookies := res.Cookies()
		if len(cookies) != 1 || cookies[0].Name != "apparence" || cookies[0].Value != c.cookie || cookies[0].MaxAge != c.maxAge || cookies[0].Path != "/" || cookies[0].Secure != secure {
			t.Errorf("%q: got cookies %v, want %q for %d s, secure %v", c.theme, cookies, c.cookie, c.maxAge, secure)
		}
	}
}

func TestAppearance(t *testing.T) {
	t.Parallel()
	r, _ := testRenderer(t, cannedSite())
	for value, want := range map[string]string{
		"clair": `<html lang="fr" data-theme="clair">`, "sombre": `<html lang="fr" data-theme="sombre">`,
		"auto": `<html lang="fr">`, "mauve": `<html lang="fr">`, "": `<html lang="fr">`,
	} {
		page := string(body(t, get(t, r, locale.FR, cannedPages()[0], func(req *http.Request) {
			if value != "" {
				req.AddCookie(&http.Cookie{Name: "apparence", Value: value})
			}
		})))
		if !strings.Contains(page, want) {
			t.Errorf("cookie %q: the page lacks %s", value, want)
		}
		if got := strings.Count(page, `aria-pressed="true"`); got != 1 {
			t.Errorf("cookie %q: pressed buttons: got %d, want 1", value, got)
		}
	}
}
