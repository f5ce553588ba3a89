package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"bourg/internal/town"

	"github.com/google/uuid"
	"golang.org/x/net/html"
)

// documentOf is the JSON that a page shows.
func documentOf(t *testing.T, rec *httptest.ResponseRecorder) map[string]any {
	t.Helper()
	root, err := html.Parse(strings.NewReader(rec.Body.String()))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Data == "code" && n.FirstChild != nil {
			var document map[string]any
			if err := json.Unmarshal([]byte(n.FirstChild.Data), &document); err != nil {
				t.Fatalf("got %v in %s", err, n.FirstChild.Data)
			}
			return document
		}
	}
	t.Fatalf("got no document in %s", words(rec))
	return nil
}

// footOf is the page that the link in the foot of a page names.
func footOf(t *testing.T, rec *httptest.ResponseRecorder) string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(rec.Body.String()))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		for _, a := range n.Attr {
			u, err := url.Parse(a.Val)
			if a.Key == "href" && err == nil && strings.HasSuffix(u.Path, "/envoi") {
				return u.Query().Get("de")
			}
		}
	}
	t.Fatal("the foot does not lead to what the page sends")
	return ""
}

// Everybody can see in the foot of a page what other servers get of it: the same as they get, and never what is not theirs.
func TestWhatAPageSends(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	reader := h.visitor()
	post := h.publish(h.bakery, "Fournée <b>de seigle</b> & </code></pre>.", false)
	from := func(path string) *httptest.ResponseRecorder { return reader.get("/envoi?de=" + url.QueryEscape(path)) }
	for _, path := range []string{"/@fournil", pageOf(post), "/en" + pageOf(post)} {
		if got, want := footOf(t, reader.get(path)), strings.TrimPrefix(path, "/en"); got != want {
			t.Errorf("%s: the foot leads to what %q sends, want %q", path, got, want)
		}
		shown := documentOf(t, from(path))
		accept := func(r *http.Request) { r.Header.Set("Accept", "application/activity+json") }
		var got map[string]any
		h.must(json.Unmarshal(reader.get(strings.TrimPrefix(path, "/en"), accept).Body.Bytes(), &got))
		one, err := json.Marshal(shown)
		h.must(err)
		other, err := json.Marshal(got)
		h.must(err)
		if string(one) != string(other) || shown["id"] == nil {
			t.Errorf("%s: shown\n%s\nsent\n%s", path, one, other)
		}
	}
	if got := footOf(t, reader.get("/commerces")); got != "" {
		t.Errorf("/commerces: the foot leads to what %q sends, want nothing particular", got)
	}
	shows(t, "a page for people", from("/commerces"), http.StatusOK, "elle n'envoie rien")
	if got := documentOf(t, from("/commerces"))["type"]; got != "Application" {
		t.Errorf("a page for people: got a %v, want the server's own document", got)
	}

	held, err := h.town.publisher.Publish(t.Context(), operator, h.bakery.ID, town.Draft{Text: "Trop vite.", Reach: town.ReachTown}, true)
	h.must(err)
	reply := h.reply(post, "<p>Gardez-m’en deux.</p>", town.ReplyShown)
	_, err = h.town.store.Pool().Exec(t.Context(), `UPDATE replies SET public = false`)
	h.must(err)
	private, err := h.town.publisher.Answer(t.Context(), operator, h.bakery.ID, reply, "Entre nous.", uuid.New())
	h.must(err)
	for what, path := range map[string]string{
		"what may be called back": pageOf(held), "a private answer": "/@fournil/" + private.ID.String(), "an unknown shop": "/@personne",
		"something else": "//evil.example/@fournil", "markup": `"><script>alert(1)</script>`, "an unknown id": "/@fournil/" + strings.Repeat("a", 36),
	} {
		page := from(path)
		shows(t, what, page, http.StatusOK, "elle n'envoie rien")
		if body := page.Body.String(); strings.Contains(body, "Trop vite") || strings.Contains(body, "Entre nous") || strings.Contains(body, "alert(1)") {
			t.Errorf("%s: it shows", what)
		}
	}
	if private.Public {
		t.Error("the answer is public: the test looks at nothing")
	}
	h.must(h.town.publisher.Withdraw(t.Context(), operator, post.ID))
	shows(t, "withdrawn", from(pageOf(post)), http.StatusGone)
}
