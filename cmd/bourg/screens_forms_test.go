package main

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"bourg/internal/town"

	"github.com/google/uuid"
)

// A private answer, an unknown post and another shop's are one and the same to a visitor (W6, W7).
func badGuess(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	post := h.publish(h.bakery, "Fournée de seigle.", false)
	reply := h.reply(post, "<p>Mon numéro est le 04 99 00 00 00.</p>", town.ReplyShown)
	h.exec(t, `UPDATE replies SET public = false`)
	answer, err := h.town.publisher.Answer(t.Context(), operator, h.bakery.ID, reply, "Je vous appelle.", uuid.Nil)
	h.must(err)
	unknown := uuid.New()
	for _, edit := range []func(*http.Request){
		func(*http.Request) {},
		func(r *http.Request) { r.Header.Set("Accept-Language", "en") },
		func(r *http.Request) { r.Method = http.MethodHead },
		func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "__Host-bourg", Value: "x"}) },
	} {
		private, none := h.visitor().get("/@fournil/"+answer.ID.String(), edit), h.visitor().get("/@fournil/"+unknown.String(), edit)
		if got, want := strings.ReplaceAll(private.Body.String(), answer.ID.String(), unknown.String()), none.Body.String(); private.Code != http.StatusNotFound || none.Code != http.StatusNotFound || got != want {
			t.Errorf("private and unknown: got status %d and %d, want two equal 404", private.Code, none.Code)
		}
	}
	shows(t, "under another shop", h.visitor().get("/@potager/"+post.ID.String()), http.StatusNotFound)
	if got := words(h.visitor().get("/@fournil/" + post.ID.String())); strings.Contains(got, "04 99") || strings.Contains(got, "Je vous appelle") {
		t.Error("what is private stands on the page")
	}
}

// Forms that are too great, too many or of the wrong kind are refused before they cost anything (U3, D11, A1).
func badForm(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	p := h.enter("fournil@saint-laurent.example")
	huge := io.MultiReader(
		strings.NewReader("--x\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.jpg\"\r\n\r\n\xff\xd8\xff"),
		io.LimitReader(zeros{}, 40<<20))
	parts := strings.Repeat("--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n", 1001) + "--x--\r\n"
	for what, c := range map[string]struct {
		path, kind string
		body       io.Reader
		want       int
	}{
		"a form of a MiB and a byte":      {"/espace/publier", "application/x-www-form-urlencoded", strings.NewReader("texte=" + strings.Repeat("a", 1<<20)), 413},
		"a thousand and one fields":       {"/connexion", "application/x-www-form-urlencoded", strings.NewReader(strings.Repeat("a=1&", 1001)), 400},
		"a photo of 40 MB":                {"/espace/publier", "multipart/form-data; boundary=x", huge, 413},
		"a thousand and one parts":        {"/espace/publier", "multipart/form-data; boundary=x", strings.NewReader(parts), 400},
		"a field of 100 kB":               {"/espace/publier", "multipart/form-data; boundary=x", strings.NewReader("--x\r\nContent-Disposition: form-data; name=\"texte\"\r\n\r\n" + strings.Repeat("a", 100_000) + "\r\n--x--\r\n"), 413},
		"a form without its end":          {"/espace/publier", "multipart/form-data; boundary=x", strings.NewReader("--x\r\nContent-Disposition: form-data; name=\"texte\"\r\n\r\nBonj"), 400},
		"a form without its boundary":     {"/espace/publier", "multipart/form-data", strings.NewReader("--x--"), 400},
		"JSON that says it is text":       {"/connexion", "text/plain", strings.NewReader(`{"email":"fournil@saint-laurent.example"}`), 415},
		"no kind":                         {"/connexion", "", strings.NewReader("email=a"), 415},
		"percent signs that mean nothing": {"/connexion", "application/x-www-form-urlencoded", strings.NewReader("email=%zz"), 400},
	} {
		if got := p.send(http.MethodPost, c.path, c.body, c.kind); got.Code != c.want {
			t.Errorf("%s: got status %d, want %d", what, got.Code, c.want)
		}
	}
	form := news("Sans \x00 ni \xff octet perdu.", "publier")
	leads(t, "bytes that are no text", p.post("/espace/publier", form), newsPages)
	if n := h.count(`SELECT count(*) FROM posts`); n != 1 {
		t.Errorf("posts: got %d, want the last", n)
	}
}

// zeros never ends.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

// Whatever is looked for comes back as words (X15, D8).
func badQuestion(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	for _, q := range []string{`"><svg/onload=alert(1)>`, "%_%_%", "' OR 1=1 --", "\x00\xff", strings.Repeat("a ", 5000), "#pain", "&|!():*"} {
		rec := h.visitor().get("/recherche?q=" + url.QueryEscape(q))
		if rec.Code != http.StatusOK || strings.Contains(rec.Body.String(), "<svg/onload") {
			t.Errorf("%.30q: got status %d, want 200 and harmless words", q, rec.Code)
		}
		if h := rec.Header(); h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%.30q: got headers %v", q, h)
		}
	}
	rec := h.visitor().get(`/%22%3E%3Csvg%2Fonload%3Dalert(1)%3E`)
	if rec.Code != http.StatusNotFound || strings.Contains(rec.Body.String(), "<svg/onload") {
		t.Errorf("in an address: got status %d", rec.Code)
	}
}
