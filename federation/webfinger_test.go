package federation

import (
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// fingered asks a WebFinger for a resource and further parameters.
func fingered(t *testing.T, f *WebFinger, resource, more string) (status int, d resourceDescriptor) {
	t.Helper()
	w := httptest.NewRecorder()
	f.ServeHTTP(w, httptest.NewRequest("GET", "/.well-known/webfinger?resource="+url.QueryEscape(resource)+more, nil))
	if w.Code == 200 {
		if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil {
			t.Fatalf("%s: %v in %s", resource, err, w.Body)
		}
	}
	return w.Code, d
}

// Handles at the town's own name, its server below it: whichever of the two is asked, and however, the answer
// names the handle at the town's name, so that Mastodon's two steps end at the same actor.
func TestHandlesAtAnotherDomain(t *testing.T) {
	t.Parallel()
	f := &WebFinger{Base: testBase, Domain: "ville.example", Actors: published{}, Log: slog.New(slog.DiscardHandler)}
	for resource, want := range map[string]struct {
		subject string
		actor   IRI
	}{
		"acct:boulangerie@ville.example":         {"acct:boulangerie@ville.example", testBase + "/actors/1"},
		"acct:boulangerie@town.example":          {"acct:boulangerie@ville.example", testBase + "/actors/1"},
		"Boulangerie@VILLE.example":              {"acct:boulangerie@ville.example", testBase + "/actors/1"},
		"https://ville.example/@boulangerie":     {"acct:boulangerie@ville.example", testBase + "/actors/1"},
		"https://town.example/actors/1":          {"acct:boulangerie@ville.example", testBase + "/actors/1"},
		"https://ville.example":                  {"acct:relay@town.example", testBase + "/actors/relay"},
		"https://town.example/":                  {"acct:relay@town.example", testBase + "/actors/relay"},
		"acct:ville.example@ville.example":       {"acct:relay@town.example", testBase + "/actors/relay"},
		"acct:town.example@town.example":         {"acct:relay@town.example", testBase + "/actors/relay"},
		"acct:nobody@ville.example":              {},
		"acct:boulangerie@town.ville.example":    {},
		"acct:boulangerie@elsewhere.example":     {},
		"https://elsewhere.example/@boulangerie": {},
	} {
		status, d := fingered(t, f, resource, "")
		if want.subject == "" {
			if status != 404 {
				t.Errorf("%s: got %d, want 404", resource, status)
			}
			continue
		}
		self := ""
		for _, l := range d.Links {
			if l.Rel == relSelf {
				self = l.Href
			}
		}
		if status != 200 || d.Subject != want.subject || self != string(want.actor) {
			t.Errorf("%s: got %d, %s and %s, want %s and %s", resource, status, d.Subject, self, want.subject, want.actor)
		}
	}
}

// What a merchant may begin here from another site is offered with the merchant, and not with the server.
func TestWebFingerOffersIntents(t *testing.T) {
	t.Parallel()
	const template = "https://town.example/publish?text={content}"
	f := &WebFinger{
		Base: testBase, Domain: "town.example", Actors: published{}, Log: slog.New(slog.DiscardHandler),
		Intents: []Intent{{"Create", template}},
	}
	for resource, want := range map[string]string{"acct:boulangerie@town.example": template, "https://town.example": ""} {
		_, d := fingered(t, f, resource, "")
		got := ""
		for _, l := range d.Links {
			if l.Rel == "https://w3id.org/fep/3b86/Create" {
				got = l.Template
			}
		}
		if got != want {
			t.Errorf("%s: got the template %q, want %q", resource, got, want)
		}
	}
}

func TestWebFingerRelations(t *testing.T) {
	t.Parallel()
	f := &WebFinger{Base: testBase, Domain: "town.example", Actors: published{}, Log: slog.New(slog.DiscardHandler)}
	for more, want := range map[string]string{
		"":                    "profile-page self avatar",
		"&rel=self":           "self",
		"&rel=self&rel=other": "self",
		"&rel=other":          "",
		"&rel=self&rel=http%3A%2F%2Fwebfinger.net%2Frel%2Favatar": "self avatar",
	} {
		_, d := fingered(t, f, "acct:boulangerie@town.example", more)
		var got []string
		for _, l := range d.Links {
			got = append(got, l.Rel[strings.LastIndexByte(l.Rel, '/')+1:])
		}
		if strings.Join(got, " ") != want || d.Links == nil || d.Subject == "" {
			t.Errorf("%q: got the links %v, want %q", more, got, want)
		}
	}
}
