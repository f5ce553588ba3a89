package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"bourg/web"

	"github.com/google/uuid"
)

// The rows of the table of bad inputs that put words into other languages: SQL, headers, the log, patterns, numbers.

// asked are the names of all fields and parameters that the screens and the answers to
// other servers read, found in their source.
func asked(t *testing.T) []string {
	t.Helper()
	names := map[string]bool{}
	for _, pattern := range []string{"../../web/*.go", "../../federation/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(`(?:form|query|Query\(\)|values)\.(?:Get|Has)\("(\w+)"\)`).FindAllSubmatch(source, -1) {
				names[string(m[1])] = true
			}
		}
	}
	if len(names) < 20 {
		t.Fatalf("got the names %v, want more", names)
	}
	return slices.Sorted(maps.Keys(names))
}

// Signs that mean something to SQL mean nothing in any parameter, field or part of an address.
func badSQL(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	people, expected, names := h.everybody(), h.expectations(), asked(t)
	const meta = `'"; DROP TABLE posts; -- \ 1) OR 1=1 UNION SELECT private_key FROM actor_keys -- %_$1`
	clients := 0
	check := func(what string, rec *httptest.ResponseRecorder) {
		t.Helper()
		if rec.Code >= 500 {
			t.Errorf("%s: got status %d:\n%s", what, rec.Code, words(rec))
		}
		if strings.Contains(rec.Body.String(), "BEGIN PRIVATE KEY") || strings.Contains(rec.Body.String(), "SQLSTATE") {
			t.Errorf("%s: got more than a page", what)
		}
	}
	for _, r := range h.routes() {
		if r.pattern == "/deconnexion" {
			continue
		}
		e := expected[r.method+" "+r.pattern]
		person := people[owner]
		if r.who == web.TownHall {
			person = people[hall]
		}
		send := func(path string, form url.Values) *httptest.ResponseRecorder {
			clients++ // each from an address of its own, or the limits would answer
			person.from = fmt.Sprintf("[2001:db8:%x::1]:1", clients)
			if r.method == http.MethodGet {
				return person.get(path)
			}
			return person.post(path, form)
		}
		path := regexp.MustCompile(`\{\w+\}|\*`).ReplaceAllString(r.pattern, strings.ReplaceAll(url.PathEscape(meta), "$", "%24"))
		check(r.method+" "+path, send(path, url.Values{}))
		for _, name := range names {
			path, form := e.path, url.Values{}
			if e.make != nil {
				path = e.make()
			}
			if e.form != nil {
				form = e.form()
			}
			if r.method == http.MethodGet {
				path, _, _ = strings.Cut(path, "?")
				path += "?" + url.Values{name: {meta}}.Encode()
			} else {
				form.Set(name, meta)
			}
			check(fmt.Sprintf("%s %s with %s", r.method, r.pattern, name), send(path, form))
		}
	}
	if n := h.count(`SELECT count(*) FROM actor_keys WHERE private_key LIKE '%BEGIN PRIVATE KEY%'`); n < 4 {
		t.Errorf("keys: got %d, want those of the shops, the town and the relay", n)
	}
}

// No value of a visitor's begins a header of its own.
func badHeaders(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	served := httptest.NewServer(h.router)
	t.Cleanup(served.Close)
	client := served.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	evil := "x\r\nX-Injected: 1\r\nSet-Cookie: stolen=1\r\n\r\n<script>"
	for _, path := range []string{
		"/connexion?suite=/" + url.QueryEscape(evil), "/espace/publier?" + url.QueryEscape(evil), "/@FOURNIL" + url.PathEscape(evil), "/@" + url.PathEscape(evil),
		"/suivre?retenir=1&qui=fournil&adresse=" + url.QueryEscape("odile@ailleurs.example"+evil), "/suivre?retenir=1&qui=fournil&adresse=" + url.QueryEscape(evil),
		"/actors/" + url.PathEscape(evil), "/.well-known/webfinger?resource=" + url.QueryEscape(evil), "/media/" + url.PathEscape(evil), "/en/" + url.PathEscape(evil),
		"/recherche?q=" + url.QueryEscape(evil), "/static/" + url.PathEscape(evil), "/apparence",
	} {
		for method, body := range map[string]url.Values{"GET": nil, "POST": {"retour": {"/" + evil}, "theme": {evil}, "email": {evil}, "suite": {"/" + evil}}} {
			address := path
			if method == "POST" {
				address = strings.SplitN(path, "?", 2)[0]
			}
			r, err := http.NewRequestWithContext(t.Context(), method, served.URL+address, strings.NewReader(body.Encode()))
			h.must(err)
			r.Header.Set("Origin", houseURL)
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			res, err := client.Do(r)
			h.must(err)
			h.must(res.Body.Close())
			if res.Header.Get("X-Injected") != "" || strings.Contains(strings.Join(res.Header.Values("Set-Cookie"), " "), "stolen") || res.StatusCode >= 500 {
				t.Errorf("%s %q: got status %d and the headers %v", method, path, res.StatusCode, res.Header)
			}
		}
	}
}

// The log is one JSON object a line, whatever visitors send, and holds nothing by which
// one could enter: with everything working, and with nothing.
func badLog(t *testing.T) {
	t.Parallel()
	h := openHouse(t, "BOURG_SMTP_URL=smtp://127.0.0.1:1")
	people, expected := h.everybody(), h.expectations()
	p := people[owner]
	const secret = "canari mot de passe 7431"
	link := h.link("potager@saint-laurent.example")
	setUp, err := h.town.accounts.SetUpLink(t.Context())
	h.must(err)
	canaries := map[string]string{
		"link": link[strings.LastIndexByte(link, '/')+1:], "set-up link": setUp[strings.LastIndexByte(setUp, '/')+1:], "password": secret,
		"words": "canari-brouillon", "address": "canari@saint-laurent.example",
	}
	leads(t, "a password", h.setPassword(p, "", secret), `.*`)
	for role, who := range people {
		if c := who.cookies["__Host-bourg"]; c != nil {
			canaries["session of "+roleNames[role]] = c.Value
		}
	}
	ansi := func(r *http.Request) {
		r.Header.Set("User-Agent", "\x1b[31mred\n{\"level\":\"ERROR\"}\r\n"+secret)
		r.Header.Set("Referer", houseURL+link)
		r.Header.Set("X-Forwarded-For", "\n\x1b]0;x\a")
		r.Header.Set("Signature", `keyId="https://evil.example/`+"\n\x1b[2J"+`",signature="`+secret+`"`)
		r.Header.Set("Authorization", "Bearer "+secret)
	}
	all := func() {
		for _, r := range h.routes() {
			if r.pattern == "/deconnexion" {
				continue
			}
			path := expected[r.method+" "+r.pattern].path
			if path == "" {
				path = "/espace/nouvelles/" + uuid.NewString() + "/annuler"
			}
			path = strings.NewReplacer("{token}", canaries["link"]).Replace(path)
			if strings.Contains(r.pattern, "{token}") {
				path = strings.Replace(r.pattern, "{token}", canaries["link"], 1)
			}
			path += "?mot=" + url.QueryEscape(secret+"\n\x1b[31m")
			if r.method == http.MethodGet {
				p.get(path, ansi)
				people[hall].get(path, ansi)
				continue
			}
			form := url.Values{
				"email": {"canari@saint-laurent.example"}, "mot_de_passe": {secret}, "geste": {"entrer"}, "ancien": {secret}, "nouveau": {"x"},
				"texte": {"canari-brouillon"}, "reponse": {"canari-brouillon"}, "commerce": {h.bakery.ID.String()}, "domaine": {"a\nb"},
			}
			if strings.Contains(r.pattern, "{token}") {
				h.visitor().post(path, url.Values{}, crossSite, ansi)
				continue
			}
			p.post(path, form, ansi)
			people[hall].post(path, form, ansi)
		}
		h.visitor().get("/"+canaries["link"]+"%0a%1b[31m", ansi)
		h.visitor().get(link+"?"+url.QueryEscape(secret), ansi)
	}
	all()
	h.town.store.Close()
	all()
	lines := strings.Split(strings.TrimSuffix(h.log.String(), "\n"), "\n")
	if len(lines) < 20 {
		t.Fatalf("got %d lines, want one for each page that failed", len(lines))
	}
	for _, line := range lines {
		if !json.Valid([]byte(line)) || strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 }) {
			t.Errorf("got the line %q, want one JSON object", line)
		}
		for what, canary := range canaries {
			if strings.Contains(line, canary) || strings.Contains(line, url.QueryEscape(canary)) {
				t.Errorf("the %s is in the log: %s", what, line)
			}
		}
	}
}

// Signs of patterns are words without letters: they find nothing, and never everything.
func badPatterns(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.publish(h.bakery, "Fournée de seigle à 100 %.", false)
	for _, q := range []string{"%", "_", "%seigle%", "s_igle", "s.*e", "^", "$", "[a-z]", "(seigle|pain)+", `\`, "seig*", "seigle:*", "!seigle", "<->", "fournée <-> de", "'", `"`, `"seigle`, "-seigle", "or or", "& |"} {
		rec := h.visitor().get("/recherche?q=" + url.QueryEscape(q))
		shows(t, q, rec, http.StatusOK)
		letters := strings.ContainsAny(q, "gf")
		if found := strings.Contains(words(rec), "Fournée de seigle à 100"); found && !letters {
			t.Errorf("%q: found everything", q)
		}
	}
	shows(t, "the word itself", h.visitor().get("/recherche?q=seigle"), http.StatusOK, "Fournée de seigle à 100")
}

// A shop lies on the earth.
func badPlaces(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	p := h.enterTownHall()
	for _, place := range []string{"NaN", "Inf", "-Inf", "1e308", "1e400", "181", "-180.5", "0x1p10", "44,17,1", "nord", "١", "\x00", "4 4"} {
		form := url.Values{"nom": {"Brin de Garrigue"}, "metier": {"fleuriste"}, "latitude": {"44,17"}, "longitude": {place}}
		shows(t, place, p.post("/mairie/commerces", form), http.StatusUnprocessableEntity)
	}
	if n := h.count(`SELECT count(*) FROM merchants`); n != 2 {
		t.Errorf("shops: got %d, want 2", n)
	}
}
