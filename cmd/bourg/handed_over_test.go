package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Another site hands a text over (FEP-3b86 Create): it waits in the composer, cut to what a piece of news holds, nothing
// is kept or published, and somebody who is not signed in is led there through the door.
func TestTextHandedOver(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	before := h.contents()["posts"] + h.contents()["drafts"]
	path := "/espace/publier?texte=" + url.QueryEscape("À lire <b>ici</b> : https://ailleurs.example/ "+strings.Repeat("é", 3000))
	rec := h.enter("fournil@saint-laurent.example").get(path)
	body := rec.Body.String()
	if rec.Code != http.StatusOK || !strings.Contains(body, "À lire &lt;b&gt;ici&lt;/b&gt; : https://ailleurs.example/") || strings.Contains(body, strings.Repeat("é", 1501)) {
		t.Errorf("the composer: got status %d, want the text, escaped and cut", rec.Code)
	}
	if after := h.contents()["posts"] + h.contents()["drafts"]; after != before {
		t.Error("a text that was only handed over is kept")
	}
	away := h.visitor().get("/espace/publier?texte=Bonjour")
	if got := away.Header().Get("Location"); away.Code != http.StatusSeeOther || !strings.Contains(got, url.QueryEscape("/espace/publier?texte=Bonjour")) {
		t.Errorf("somebody who is not signed in: got status %d to %q, want the door, and the way back", away.Code, got)
	}
}
