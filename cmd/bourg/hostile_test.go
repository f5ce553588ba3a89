package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"bourg/internal/town"
	"bourg/web"

	"github.com/google/uuid"
)

// TestBadInput holds the program behind its router, with the real store, to the table of
// bad inputs; each row's id is the name of its subtest.
func TestBadInput(t *testing.T) {
	t.Parallel()
	for id, test := range map[string]func(*testing.T){
		"A1": badOrigin, "A2": badSignIn, "A12": badFields, "A13": gateWithoutTheDatabase, "A16": roleThatEndsMeanwhile,
		"D1": badHaste, "D8": badPatience, "I1": badSQL, "I8": badNext, "I9": badHeaders, "I10": badLog, "I12": badPatterns, "I13": badPlaces,
		"U3": badForm, "U9": badPhotoOfAnother, "W6": badGuess, "W8": badCopies, "W9": badLeaks, "X12": badFileNames, "X15": badQuestion, "X16": badKinds,
	} {
		t.Run(id, test)
	}
}

// logLines keeps what the program logs.
type logLines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logLines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logLines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

var crossSite = func(r *http.Request) {
	r.Header.Set("Origin", "https://evil.example")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
}

// Another site signs nobody in, as itself or as the visitor, and nobody out.
func badSignIn(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	victim, link := h.enter("fournil@saint-laurent.example"), h.link("potager@saint-laurent.example")
	leads(t, "a password", h.setPassword(victim, "", goodPassword), `.*`)
	token := victim.cookies["__Host-bourg"].Value
	enter := url.Values{"email": {"fournil@saint-laurent.example"}, "mot_de_passe": {goodPassword}, "geste": {"entrer"}}
	for what, rec := range map[string]*httptest.ResponseRecorder{
		"by a password": victim.post("/connexion", enter, crossSite), "by a link": victim.post(link, nil, crossSite),
		"out": victim.post("/deconnexion", nil, crossSite), "a visitor by a password": h.visitor().post("/connexion", enter, crossSite),
	} {
		if rec.Code != http.StatusForbidden || rec.Header().Get("Set-Cookie") != "" {
			t.Errorf("%s: got status %d and the cookie %q, want 403 and none", what, rec.Code, rec.Header().Get("Set-Cookie"))
		}
	}
	if victim.cookies["__Host-bourg"].Value != token {
		t.Error("the session is another")
	}
	shows(t, "still in", victim.get("/espace/compte"), http.StatusOK)
	leads(t, "the link serves still", h.visitor().post(link, nil), `/espace/publier`)
}

// What a form says beside what it is asked for changes nothing.
func badFields(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	p := h.enter("fournil@saint-laurent.example")
	more := func(form url.Values) url.Values {
		for name, value := range map[string]string{
			"role": "admin", "town_hall": "true", "TownHall": "true", "mairie": "1", "verified": "1", "town_id": "1", "id": h.grocer.ID.String(),
			"merchant": h.grocer.ID.String(), "merchant_id": h.grocer.ID.String(), "commerce": h.grocer.ID.String(), "handle": "mairie",
			"identifiant": "mairie", "email": "moi@evil.example", "epoch": "99", "public": "false", "publie": "1999-01-01", "published_at": "1999-01-01",
			"auteur": "potager", "actor": string(h.town.addresses.Actor(h.grocer.ID)), "private_key": "x", "kind": "answer", "website": "https://evil.example/",
		} {
			if !form.Has(name) {
				form.Set(name, value)
			}
		}
		return form
	}
	before := h.contents()
	form := news("À moi.", "publier")
	leads(t, "publishing", p.post("/espace/publier", more(form)), newsPages)
	leads(t, "the shop's page", p.post("/espace/commerce", more(url.Values{"nom": {h.bakery.Name}, "metier": {"boulangerie"}})), `/espace/commerce.*`)
	p.post("/espace/compte/mot-de-passe", more(url.Values{"nouveau": {"court"}}))
	h.visitor().post("/connexion", more(url.Values{"email": {"fournil@saint-laurent.example"}, "geste": {"lien"}}))
	after := h.contents()
	for _, table := range []string{"logins", "memberships", "town", "photos", "drafts"} {
		if before[table] != after[table] {
			t.Errorf("%s has changed", table)
		}
	}
	if n := h.count(`SELECT count(*) FROM posts p JOIN actors a ON a.id = p.merchant_id WHERE a.handle = 'fournil' AND p.public AND p.kind = 'news' AND p.published_at > '2020-01-01'`); n != 1 {
		t.Errorf("posts of the bakery: got %d, want 1", n)
	}
	if n := h.count(`SELECT count(*) FROM actors WHERE kind = 'merchant' AND handle IN ('fournil', 'potager')`); n != 2 {
		t.Errorf("handles: got %d as they were, want 2", n)
	}
	if n := h.count(`SELECT count(*) FROM merchants WHERE website <> ''`); n != 0 {
		t.Errorf("websites: got %d, want none: no form asks for them", n)
	}
}

// Whoever is not signed in is led away from what is not theirs without any question to the
// database: none would be answered here.
func gateWithoutTheDatabase(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	p, expected := h.visitor(), h.expectations()
	shows(t, "the town is open", p.get("/"), http.StatusOK)
	h.town.store.Close()
	for _, r := range h.routes() {
		if r.who == web.Everyone || r.method != http.MethodGet {
			continue
		}
		leads(t, r.pattern, p.get(expected["GET "+r.pattern].path), `/connexion\?suite=.*`)
	}
}

// meanwhile does something when it is first read: the gate has let the form pass by then.
type meanwhile struct {
	io.Reader
	do func()
}

func (m *meanwhile) Read(b []byte) (int, error) {
	if m.do != nil {
		m.do()
		m.do = nil
	}
	return m.Reader.Read(b)
}

// A right that ends while its form is on the way is worth nothing any more.
func roleThatEndsMeanwhile(t *testing.T) {
	t.Parallel()
	const form = "application/x-www-form-urlencoded"
	for what, c := range map[string]struct {
		enter  func(*house) *person
		path   string
		values url.Values
		ends   string
	}{
		"a member": {
			func(h *house) *person { return h.enter("fournil@saint-laurent.example") }, "/espace/publier",
			news("Trop tard.", "publier"), `DELETE FROM memberships`,
		},
		"a member who is disabled": {
			func(h *house) *person { return h.enter("fournil@saint-laurent.example") }, "/espace/publier",
			news("Trop tard.", "publier"), `UPDATE logins SET disabled_at = now()`,
		},
		"the town hall": {(*house).enterTownHall, "/mairie/reseau", url.Values{"domaine": {"mauvais.example"}, "geste": {"bloquer"}}, `UPDATE logins SET town_hall = false`},
		"the town hall invites": {
			(*house).enterTownHall, "/mairie/commerces", url.Values{"nom": {"Brin"}, "metier": {"fleuriste"}}, `UPDATE logins SET town_hall = false`,
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			h := openHouse(t)
			p := c.enter(h)
			body := &meanwhile{strings.NewReader(c.values.Encode()), func() { h.exec(t, c.ends) }}
			if rec := p.send(http.MethodPost, c.path, body, form); rec.Code != http.StatusForbidden {
				t.Errorf("got status %d, want 403", rec.Code)
			}
			if n := h.count(`SELECT (SELECT count(*) FROM posts) + (SELECT count(*) FROM drafts) + (SELECT count(*) FROM blocked_domains) + (SELECT count(*) FROM merchants)`); n != 2 {
				t.Errorf("got %d posts, drafts, blocks and shops, want the two shops", n)
			}
		})
	}
}

// Who asks too much is told so and when to come back, and others go on.
func badHaste(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	hasty, calm := h.visitor(), h.visitor()
	calm.from = "198.51.100.7:1"
	refused := 0
	for i := range 400 {
		if rec := hasty.get(fmt.Sprintf("/recherche?q=pain%d", i)); rec.Code == http.StatusTooManyRequests {
			if refused++; rec.Header().Get("Retry-After") == "" {
				t.Error("got no Retry-After")
			}
		} else if rec.Code != http.StatusOK {
			t.Fatalf("got status %d, want 200 or 429", rec.Code)
		}
	}
	if refused < 50 {
		t.Errorf("of 400 searches at once: got %d refused, want some fifty at least", refused)
	}
	shows(t, "somebody else", calm.get("/recherche?q=pain"), http.StatusOK)
	shows(t, "the same one, reading", hasty.get("/"), http.StatusOK)
}

// A search that takes too long is given up with a page that says so, and the town goes on.
func badPatience(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	shows(t, "a long question", h.visitor().get("/recherche?q="+strings.Repeat("pain+", 2000)), http.StatusOK)
	shows(t, "the shops before", h.visitor().get("/commerces"), http.StatusOK)
	tx, err := h.town.store.Pool().Begin(t.Context())
	h.must(err)
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }() // it has changed nothing
	_, err = tx.Exec(t.Context(), `LOCK TABLE posts IN ACCESS EXCLUSIVE MODE`)
	h.must(err)
	rec := h.visitor().get("/recherche?q=pain")
	shows(t, "a search that waits", rec, http.StatusServiceUnavailable, "revient dans un instant")
	if rec.Header().Get("Retry-After") == "" {
		t.Error("got no Retry-After")
	}
	shows(t, "the shops meanwhile", h.visitor().get("/mentions-legales"), http.StatusOK)
}

// What one person sees is kept for nobody else, by us or by a cache between.
func badCopies(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	people, expected := h.everybody(), h.expectations()
	post := h.publish(h.bakery, "Fournée de seigle.", false)
	page := "/@fournil/" + post.ID.String()
	for range 2 {
		own, others := people[owner].get(page), h.visitor().get(page)
		if !strings.Contains(own.Body.String(), "/modifier") || strings.Contains(others.Body.String(), "/modifier") {
			t.Error("the owner's page and everybody's are the same")
		}
	}
	for _, r := range h.routes() {
		if r.method != http.MethodGet {
			continue
		}
		path := expected["GET "+r.pattern].path
		for role, p := range people {
			rec := p.get(path)
			kept, vary := rec.Header().Get("Cache-Control"), strings.Join(rec.Header().Values("Vary"), ", ")
			if rec.Code != http.StatusOK || forMachines(r.pattern) || strings.HasSuffix(r.pattern, ".xml") || strings.HasSuffix(r.pattern, ".ics") {
				continue
			}
			if !strings.Contains(kept, "private") && !strings.Contains(kept, "no-store") && (role != anonymous && role != disabled) {
				t.Errorf("%s as %s: got Cache-Control %q, want it private", path, roleNames[role], kept)
			}
			if !strings.Contains(vary, "Cookie") || !strings.Contains(vary, "Accept") {
				t.Errorf("%s as %s: got Vary %q, want Cookie and Accept in it", path, roleNames[role], vary)
			}
			if role == owner || role == hall {
				if after := h.visitor().get(path); r.who != web.Everyone && after.Code == http.StatusOK {
					t.Errorf("%s: everybody sees what %s saw", path, roleNames[role])
				}
			}
		}
	}
}

// Drafts, private answers, and what was taken back stand in no page, feed, search or
// document; what still waits to leave, in none that other programs read.
func badLeaks(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	expected := h.expectations()
	p := h.enter("fournil@saint-laurent.example")
	post := h.publish(h.bakery, "Public.", false)
	leads(t, "a draft", p.upload("/espace/publier", news("marquebrouillon", "garder"), "photo", "", nil), `.*`)
	held := h.publish(h.bakery, "marquetenue", true)
	gone := h.publish(h.bakery, "marqueretiree", false)
	h.must(h.town.publisher.Withdraw(t.Context(), operator, gone.ID))
	reply := h.reply(post, "<p>marquemessage</p>", town.ReplyShown)
	h.exec(t, `UPDATE replies SET public = false WHERE content LIKE '%marque%'`)
	answer, err := h.town.publisher.Answer(t.Context(), operator, h.bakery.ID, reply, "marquereponse", uuid.Nil)
	h.must(err)
	shows(t, "what waits to leave", h.visitor().get("/"), http.StatusOK, "marquetenue")
	shows(t, "the shop's own drafts", p.get("/espace/publier"), http.StatusOK, "marquebrouillon")
	shows(t, "the shop's own messages", p.get("/espace/messages/"+reply.String()), http.StatusOK, "marquemessage", "marquereponse")
	h.reply(post, "<p>marqueattente</p>", town.ReplyWaiting)
	h.reply(post, "<p>marquemasquee</p>", town.ReplyHidden)
	paths := []string{"/", "/en/", "/@fournil/" + answer.ID.String(), "/@fournil/" + gone.ID.String(), "/@fournil/" + post.ID.String()}
	for _, word := range []string{"marquebrouillon", "marqueretiree", "marquemessage", "marquereponse", "marqueattente", "marquemasquee"} {
		paths = append(paths, "/recherche?q="+word)
	}
	for _, id := range []uuid.UUID{post.ID, answer.ID, gone.ID, held.ID} {
		for _, what := range []string{"", "/replies", "/context", "/likes", "/shares"} {
			paths = append(paths, "/posts/"+id.String()+what)
		}
		paths = append(paths, "/activities/"+id.String())
	}
	for _, r := range h.routes() {
		if r.method == http.MethodGet && r.who == web.Everyone {
			paths = append(paths, expected["GET "+r.pattern].path)
		}
	}
	for _, path := range append(paths, "/actors/"+h.bakery.ID.String()+"/outbox?page=true") {
		for _, accept := range []string{"text/html", "application/activity+json"} {
			rec := h.visitor().get(path, func(r *http.Request) { r.Header.Set("Accept", accept) })
			body := rec.Body.String()
			if strings.Contains(path, "/recherche?q=marque") { // the question itself is repeated
				body = strings.ReplaceAll(body, path[len("/recherche?q="):], "")
				if strings.Contains(words(rec), "Le Fournil de la Halle") {
					t.Errorf("%s: got something found", path)
				}
			}
			for _, word := range []string{"marquebrouillon", "marqueretiree", "marquemessage", "marquereponse", "marqueattente", "marquemasquee"} {
				if strings.Contains(body, word) {
					t.Errorf("%s as %s: got %s in it", path, accept, word)
				}
			}
			if (accept != "text/html" || strings.HasSuffix(path, "atom.xml")) && strings.Contains(body, "marquetenue") && strings.HasPrefix(rec.Header().Get("Content-Type"), "application/") {
				t.Errorf("%s as %s: got in it what may still be called back", path, accept)
			}
		}
	}
}

// The name of an uploaded file is used for nothing.
func badFileNames(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	p := h.enter("fournil@saint-laurent.example")
	jpeg := picture(t, 64, 48)
	stored := regexp.MustCompile(`^[0-9a-zA-Z_-]{20,}(-\d+)?\.(jpg|webp)$`)
	for _, name := range []string{
		`a.html`, `x.jpg\"; filename=\"x.html`, `../../../etc/cron.d/x`, `..\\..\\x`, `/etc/passwd`, `CON`, `NUL.jpg`, "a\x00.html", "gnp\u202e.html",
		strings.Repeat("a", 300) + ".jpg", `.htaccess`, `x.php.jpg`, `%2e%2e%2fx`, ` `, `x.jpg::$DATA`, `<svg onload=alert(1)>.jpg`,
	} {
		body := "--x\r\nContent-Disposition: form-data; name=\"texte\"\r\n\r\nFournée.\r\n--x\r\nContent-Disposition: form-data; name=\"geste\"\r\n\r\npublier\r\n" +
			"--x\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"" + name + "\"\r\nContent-Type: text/html\r\n\r\n" + string(jpeg) + "\r\n--x--\r\n"
		rec := p.send(http.MethodPost, "/espace/publier", strings.NewReader(body), "multipart/form-data; boundary=x")
		if rec.Code != http.StatusSeeOther && rec.Code != http.StatusBadRequest {
			t.Errorf("%q: got status %d, want it taken or refused", name, rec.Code)
		}
	}
	files := 0
	h.must(filepath.WalkDir(filepath.Join(h.town.config.Data, "media"), func(path string, entry os.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			if files++; !stored.MatchString(entry.Name()) {
				t.Errorf("got the file %q, want a name of our own", path)
			}
		}
		return err
	}))
	if files < 10 {
		t.Errorf("got %d files, want those of the photos", files)
	}
	if n := h.count(`SELECT count(*) FROM photos WHERE file::text ~ 'html|passwd|php|CON|htaccess|DATA' OR alt <> ''`); n != 0 {
		t.Errorf("photos: got %d that remember a name, want none", n)
	}
	var file string
	h.must(h.town.store.Pool().QueryRow(t.Context(), `SELECT file->'variants'->0->>'file' FROM photos LIMIT 1`).Scan(&file))
	rec := h.visitor().get("/media/" + file)
	if kind, how := rec.Header().Get("Content-Type"), rec.Header().Get("Content-Disposition"); kind != "image/jpeg" || strings.Contains(how, "filename") {
		t.Errorf("got %q and %q, want a JPEG without a name", kind, how)
	}
}

// What is made for programs is no page, however it is opened.
func badKinds(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	expected := h.expectations()
	unknown := uuid.NewString()
	paths := []string{
		"/actors/" + unknown, "/posts/" + unknown, "/posts/<script>alert(1)</script>", "/activities/" + unknown, "/.well-known/webfinger?resource=<svg/onload=alert(1)>",
		"/.well-known/webfinger", "/nodeinfo/9",
	}
	for _, r := range h.routes() {
		if r.method == http.MethodGet && forMachines(r.pattern) {
			paths = append(paths, expected["GET "+r.pattern].path)
		}
	}
	for _, path := range paths {
		for _, accept := range []string{"*/*", "application/json", "application/activity+json"} {
			rec := h.visitor().get(strings.NewReplacer("<", "%3C", ">", "%3E").Replace(path), func(r *http.Request) { r.Header.Set("Accept", accept) })
			kind := rec.Header().Get("Content-Type")
			if rec.Code == http.StatusSeeOther || rec.Body.Len() == 0 {
				continue
			}
			if rec.Header().Get("X-Content-Type-Options") != "nosniff" || kind == "" {
				t.Errorf("%s as %s: got %q and %q, want a kind, and nosniff", path, accept, kind, rec.Header().Get("X-Content-Type-Options"))
			}
			if strings.HasPrefix(kind, "text/html") && !strings.Contains(rec.Header().Get("Content-Security-Policy"), "default-src 'none'") {
				t.Errorf("%s as %s: got a page without a policy", path, accept)
			}
			if strings.Contains(rec.Body.String(), "<script>alert") || strings.Contains(rec.Body.String(), "<svg/onload") {
				t.Errorf("%s as %s: got the markup back", path, accept)
			}
		}
	}
	for what, path := range map[string]string{"an inbox": "/inbox", "an actor's inbox": "/actors/" + h.bakery.ID.String() + "/inbox"} {
		rec := h.visitor().send(http.MethodPost, path, strings.NewReader("{}"), "application/activity+json")
		if got := rec.Header(); got.Get("Content-Type") != "application/json" || got.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: got %v, want JSON with nosniff", what, got)
		}
	}
}
