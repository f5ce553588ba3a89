package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// The addresses on which other servers, operators and checks from outside rely, each with
// what it answers.
func TestFixedAddresses(t *testing.T) {
	t.Parallel()
	tw := startTown(t)
	shop := tw.addMerchant("fournil", "Le Fournil de la Halle", "boulangerie", "--phone", "04 65 71 20 12")
	post := tw.publish("fournil", "Fournée de seigle.", "--image", photoFile(t), "--alt", "Du pain.")
	const activity, browser = `application/activity+json`, `text/html,application/xhtml+xml,*/*;q=0.8`
	handle := "fournil@" + tw.host

	t.Run("documents", func(t *testing.T) {
		for _, c := range []struct {
			path, accept string
			status       int
			kind         string            // beginning of the content type
			holds        string            // in the body
			header       map[string]string // parts of headers
		}{
			{"/.well-known/webfinger?resource=acct:" + handle, "", 200, "application/jrd+json", shop.Actor, cors},
			{"/.well-known/webfinger?resource=acct%3A" + url.QueryEscape(strings.ToUpper(handle[:7])+handle[7:]), "", 200, "application/jrd+json", shop.Actor, cors},
			{"/.well-known/webfinger?resource=" + url.QueryEscape(handle), "", 200, "application/jrd+json", shop.Actor, cors},
			{"/.well-known/webfinger?resource=" + url.QueryEscape(shop.Actor), "", 200, "application/jrd+json", shop.Actor, cors},
			{"/.well-known/webfinger?resource=" + url.QueryEscape(shop.URL), "", 200, "application/jrd+json", shop.Actor, cors},
			{"/.well-known/webfinger?resource=" + url.QueryEscape(tw.at("/")), "", 200, "application/jrd+json", "/actors/", cors},
			{"/.well-known/webfinger?resource=acct:nobody@" + tw.host, "", 404, "", "", cors},
			{"/.well-known/webfinger?resource=acct:fournil@elsewhere.example", "", 404, "", "", cors},
			{"/.well-known/webfinger", "", 400, "", "", cors},
			{"/.well-known/host-meta", "", 200, "application/xrd+xml", "/.well-known/webfinger?resource={uri}", cors},
			{"/.well-known/webfinger?resource=" + url.QueryEscape(tw.url.String()), "", 200, "application/jrd+json", "/actors/", cors},
			{"/.well-known/webfinger?resource=" + tw.host, "", 200, "application/jrd+json", "/actors/", cors},
			{"/.well-known/webfinger?resource=" + url.QueryEscape(shop.URL+"/?utm_source=x"), "", 200, "application/jrd+json", shop.Actor, cors},
			{"/.well-known/host-meta.json", "", 200, "application/json", "/.well-known/webfinger?resource={uri}", cors},
			{"/.well-known/nodeinfo", "", 200, "application/json", tw.at("/nodeinfo/2.1"), cors},
			{"/nodeinfo/2.1", "", 200, "application/json", `"insee":["30273"],"lat":44.17,"lon":4.49`, cors},
			{"/nodeinfo/2.0", "", 200, "application/json", `"version":"2.0"`, cors},
			{"/healthz", "", 200, "", "", nil},
			{"/readyz", "", 200, "", "", nil},
			{path(shop.Actor), activity, 200, "application/activity+json", `"Organization"`, vary},
			{path(shop.Actor), browser, 303, "", "", redirect(shop.URL)},
			{path(shop.URL), activity, 200, "application/activity+json", shop.Actor, vary},
			{path(shop.URL), browser, 200, "text/html", "Le Fournil de la Halle", alternate(shop.Actor)},
			{path(shop.URL), browser, 200, "text/html", `content="@` + handle + `"`, cors},
			{path(shop.URL), activity, 200, "application/activity+json", shop.Actor, cors},
			{"/@FOURNIL?utm_source=x", activity, 200, "application/activity+json", `"id":"` + shop.Actor + `"`, vary},
			{"/@FOURNIL", browser, 303, "", "", redirect("/@fournil")},
			{"/@relay", activity, 200, "application/activity+json", `"Application"`, cors},
			{"/@nobody", activity, 404, "application/json", `{"error":"not_found"}`, vary},
			{path(post.URL) + "x", activity, 404, "application/json", `{"error":"not_found"}`, vary},
			{"/@Fournil/" + path(post.ID)[len("/posts/"):], activity, 200, "application/activity+json", post.ID, vary},
			{"/@nobody/" + path(post.ID)[len("/posts/"):], activity, 404, "application/json", `{"error":"not_found"}`, vary},
			{path(post.ID), activity, 200, "application/activity+json", `"Note"`, vary},
			{path(post.ID), browser, 303, "", "", redirect(post.URL)},
			{path(post.URL), activity, 200, "application/activity+json", post.ID, vary},
			{path(post.URL) + "?utm_source=x", activity, 200, "application/activity+json", post.ID, vary},
			{path(post.URL), browser, 200, "text/html", "Fournée de seigle.", alternate(post.ID)},
			{path(shop.Actor) + "/outbox", activity, 200, "application/activity+json", `"totalItems":1`, nil},
			{path(shop.Actor) + "/followers", activity, 200, "application/activity+json", `"totalItems":0`, nil},
			{path(shop.Actor) + "/following", activity, 200, "application/activity+json", `"totalItems":0`, nil},
			{path(shop.Actor) + "/featured", activity, 200, "application/activity+json", `04 65 71 20 12`, nil},
			{"/posts/0192f3b0-0000-7000-8000-000000000000", activity, 404, "", "", nil},
			{"/actors/0192f3b0-0000-7000-8000-000000000000", activity, 404, "", "", nil},
			{"/@nobody", browser, 404, "text/html", "", nil},
			{"/", browser, 200, "text/html", "Fournée de seigle.", pageHeaders},
			{"/commerces", browser, 200, "text/html", "Le Fournil de la Halle", pageHeaders},
			{"/recherche?q=SEIGLE", browser, 200, "text/html", "Fournée de seigle.", pageHeaders},
			{"/connexion", browser, 200, "text/html", `name="email"`, pageHeaders},
			{"/accessibilite", browser, 200, "text/html", "", pageHeaders},
			{"/mentions-legales", browser, 200, "text/html", "", pageHeaders},
			{"/atom.xml", "", 200, "application/atom+xml", "Fournée de seigle.", nil},
			{"/espace", browser, 303, "", "", redirect("/connexion")},
			{"/espace/publier", browser, 303, "", "", redirect("/connexion")},
			{"/mairie", browser, 303, "", "", redirect("/connexion")},
			{"/media/../../etc/passwd", browser, 404, "", "", nil},
		} {
			checkDocument(t, tw, c.path, c.accept, c.status, c.kind, c.holds, c.header)
		}
	})
	t.Run("the server's own voice", func(t *testing.T) {
		f := newFollower(t)
		self, _, err := fingerResource(f, tw.at("/.well-known/webfinger?resource="+url.QueryEscape(tw.at("/"))))
		if err != nil {
			t.Fatal(err)
		}
		actor, err := f.get(self)
		if err != nil {
			t.Fatal(err)
		}
		if got := text(actor, "type"); got != "Application" {
			t.Errorf("got type %q, want Application", got)
		}
	})
	t.Run("nodeinfo as Fedify reads it", func(t *testing.T) {
		read := startPeer(t, cavage).does("nodeinfo", fields{"url": tw.at("/nodeinfo/2.1")})
		if text(read, "read", "software", "name") != "bourg" || number(read, "read", "usage", "users", "total") != 1 || number(read, "read", "usage", "localPosts") != 1 {
			t.Errorf("got %v, want bourg with one user and one post", read)
		}
	})
	t.Run("uploads", func(t *testing.T) {
		_, body := fetch(t, tw.at(path(post.ID)), activity)
		var note map[string]any
		if err := json.Unmarshal(body, &note); err != nil {
			t.Fatal(err)
		}
		checkPicture(t, text(note, "attachment", "url"))
	})
	t.Run("a sign-in link", func(t *testing.T) {
		for range 3 { // Mail programs and messengers look at links before people do.
			tw.open().visit(shop.SignIn)
		}
		b, page := tw.signIn(shop.SignIn)
		if !strings.HasPrefix(page.url.Path, "/espace") {
			t.Errorf("signing in led to %s, want /espace", page.url)
		}
		b.visit("/espace/publier")
		if again := tw.open().get(shop.SignIn); again.says("Entrer") && len(again.pressable()) > 0 {
			t.Errorf("the link can be used again:\n%s", again.words())
		}
		asked := tw.open().visit("/connexion").mainForm().fill("email", "nobody@saint-laurent.example").press()
		if asked.says("nobody@saint-laurent.example n'") {
			t.Errorf("the page tells who has an account:\n%s", asked.words())
		}
	})
}

var (
	cors        = map[string]string{"Access-Control-Allow-Origin": "*"}
	vary        = map[string]string{"Vary": "Accept"}
	pageHeaders = map[string]string{"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff"}
)

func redirect(to string) map[string]string { return map[string]string{"Location": to} }

// alternate is the header by which Mastodon's search finds the object of a page.
func alternate(id string) map[string]string {
	return map[string]string{"Link": "<" + id + `>; rel="alternate"; type="application/activity+json"`, "Vary": "Accept"}
}

// path returns what stands behind the host.
func path(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "/" // fails where it is used: nothing asked for here answers like the feed
	}
	return u.RequestURI()
}

// pressable returns the buttons of the page's own forms.
func (p *page) pressable() []string {
	var all []string
	for _, m := range elements(p.root, "main") {
		for _, b := range elements(m, "button") {
			all = append(all, words(b))
		}
	}
	return all
}

func fetch(t *testing.T, address, accept string) (*http.Response, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatalf("GET %s: %v", address, err)
	}
	if accept != "" {
		req.Header.Set("Accept", accept)
	}
	res, err := unguided.Do(req)
	if err != nil {
		t.Fatalf("GET %s: %v", address, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("GET %s: %v", address, err)
	}
	return res, body
}

func checkDocument(t *testing.T, tw *town, path, accept string, status int, kind, holds string, header map[string]string) {
	t.Helper()
	res, body := fetch(t, tw.at(path), accept)
	squeezed := strings.ReplaceAll(plain.Replace(string(body)), `": `, `":`)
	var wrong []string
	// A redirect may be any that leads a GET elsewhere and is not kept for ever.
	if res.StatusCode != status && (status != 303 || res.StatusCode != 302 && res.StatusCode != 307) {
		wrong = append(wrong, fmt.Sprintf("status %d, want %d", res.StatusCode, status))
	}
	if got := res.Header.Get("Content-Type"); !strings.HasPrefix(got, kind) {
		wrong = append(wrong, fmt.Sprintf("content type %q, want %q", got, kind))
	}
	if !strings.Contains(squeezed, holds) {
		wrong = append(wrong, fmt.Sprintf("want %q in %.400s", holds, squeezed))
	}
	for name, part := range header {
		if got := strings.Join(res.Header.Values(name), ", "); !strings.Contains(got, part) {
			wrong = append(wrong, fmt.Sprintf("%s %q, want %q in it", name, got, part))
		}
	}
	if len(wrong) > 0 {
		t.Errorf("GET %s with Accept %q: got %s", path, accept, strings.Join(wrong, "; "))
	}
}

// fingerResource asks for whatever resource and returns the actor's id.
func fingerResource(f *follower, address string) (self, subject string, err error) {
	status, _, body, err := f.fetch(address, "application/jrd+json")
	if err != nil || status != http.StatusOK {
		return "", "", fmt.Errorf("GET %s: got status %d, %w", address, status, err)
	}
	var answer map[string]any
	if err := json.Unmarshal(body, &answer); err != nil {
		return "", "", err
	}
	links, _ := answer["links"].([]any)
	for _, l := range links {
		if text(l, "rel") == "self" {
			return text(l, "href"), text(answer, "subject"), nil
		}
	}
	return "", "", fmt.Errorf("GET %s: no link to an actor in %s", address, body)
}

// What the inbox answers to what it must not take, and to what it must.
func TestWhoMaySpeakToTheInbox(t *testing.T) {
	t.Parallel()
	tw := startTown(t)
	shop := tw.addMerchant("fournil", "Le Fournil de la Halle", "boulangerie")
	post := tw.publish("fournil", "Fournée de seigle.")
	f := newFollower(t)
	found := f.discover("fournil@" + tw.host)
	encode := func(activity map[string]any) []byte {
		t.Helper()
		body, err := json.Marshal(activity)
		if err != nil {
			t.Fatal(err)
		}
		return body
	}
	like := func() []byte { return encode(f.act("odile", "Like", post.ID)) }
	odile, now := f.user("odile"), time.Now()
	leaving := f.act("left", "Delete", f.user("left"))

	for name, c := range map[string]struct {
		status int // 2: any 2xx
		send   func(inbox string) int
	}{
		"signed":                   {2, func(i string) int { return f.postBytes(i, like(), odile, cavage, now) }},
		"signed by RFC 9421":       {2, func(i string) int { return f.postBytes(i, like(), odile, rfc9421, now) }},
		"an hour old":              {2, func(i string) int { return f.postBytes(i, like(), odile, cavage, now.Add(-64*time.Minute)) }},
		"an hour ahead":            {2, func(i string) int { return f.postBytes(i, like(), odile, cavage, now.Add(64*time.Minute)) }},
		"two hours old":            {401, func(i string) int { return f.postBytes(i, like(), odile, cavage, now.Add(-2*time.Hour)) }},
		"two hours old, RFC 9421":  {401, func(i string) int { return f.postBytes(i, like(), odile, rfc9421, now.Add(-2*time.Hour)) }},
		"two hours ahead":          {401, func(i string) int { return f.postBytes(i, like(), odile, cavage, now.Add(2*time.Hour)) }},
		"unsigned":                 {401, func(i string) int { return postUnsigned(t, i, like()) }},
		"another body":             {401, func(i string) int { return f.postSwapped(i, like(), encode(f.act("odile", "Follow", shop.Actor))) }},
		"signed by another person": {403, func(i string) int { return f.postBytes(i, like(), f.user("bert"), cavage, now) }},
		"a key that is not there":  {401, func(i string) int { return f.postBytes(i, like(), f.at("/nowhere"), cavage, now) }},
		"no JSON":                  {400, func(i string) int { return f.postBytes(i, []byte("<p>"), odile, cavage, now) }},
		"a duplicate key": {400, func(i string) int {
			return f.postBytes(i, []byte(`{"type":"Like","type":"Follow"}`), odile, cavage, now)
		}},
		"more than a mebibyte": {413, func(i string) int { return f.postBytes(i, bytes.Repeat([]byte(" "), 1<<20+1), odile, cavage, now) }},
		"an unknown type": {2, func(i string) int {
			return f.postBytes(i, encode(f.act("odile", "Dance", post.ID)), odile, cavage, now)
		}},
		"a follow of nobody": {2, func(i string) int {
			return f.postBytes(i, encode(f.act("odile", "Follow", tw.at("/actors/0192f3b0-0000-7000-8000-000000000000"))), odile, cavage, now)
		}},
		"a stranger's farewell": {2, func(i string) int { return f.postBytes(i, encode(leaving), f.user("left"), cavage, now) }},
	} {
		for where, inbox := range map[string]string{"shared": found.SharedInbox, "personal": found.Inbox} {
			got := c.send(inbox)
			if got != c.status && (c.status != 2 || !taken(got)) {
				t.Errorf("%s, %s inbox: got status %d, want %d", name, where, got, c.status)
			}
		}
	}
	note, err := f.get(post.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got := number(note, "likes", "totalItems"); got != 1 {
		t.Errorf("got %d likes by one person, want 1", got)
	}
	if err := followersOf(f, found, 0); err != nil {
		t.Error(err)
	}
}

func postUnsigned(t *testing.T, inbox string, body []byte) int {
	t.Helper()
	res, err := http.Post(inbox, "application/activity+json", bytes.NewReader(body))
	if err != nil {
		t.Fatalf("post to %s: %v", inbox, err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

// postSwapped signs one body and sends another.
func (f *follower) postSwapped(inbox string, signed, sent []byte) int {
	f.t.Helper()
	req, err := http.NewRequestWithContext(f.t.Context(), http.MethodPost, inbox, bytes.NewReader(sent))
	if err != nil {
		f.t.Fatalf("post to %s: %v", inbox, err)
	}
	req.Header.Set("Content-Type", "application/activity+json")
	if err := sign(req, signed, f.user("odile")+"#main-key", f.key, cavage, time.Now()); err != nil {
		f.t.Fatalf("sign: %v", err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		f.t.Fatalf("post to %s: %v", inbox, err)
	}
	defer res.Body.Close()
	return res.StatusCode
}
