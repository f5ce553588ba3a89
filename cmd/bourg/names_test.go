package main_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// townSite is the site of a town at a name of its own, which leads what it is asked about handles to leads, or
// nowhere where that is "".
type townSite struct {
	*httptest.Server
	leads string
}

func openTownSite(t *testing.T) *townSite {
	t.Helper()
	site := &townSite{}
	site.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if site.leads == "" || !strings.HasPrefix(r.URL.Path, "/.well-known/") {
			http.NotFound(w, r)
			return
		}
		http.Redirect(w, r, site.leads+r.URL.RequestURI(), http.StatusFound)
	}))
	t.Cleanup(site.Close)
	return site
}

func (s *townSite) host() string { return strings.TrimPrefix(s.URL, "http://") }

// A shop is known by the town's own name, and lives on a server with another: whoever asks either host ends at the
// same actor, as Mastodon wants it, and everything that shows an address shows the town's name.
func TestHandlesAtTheTownsOwnName(t *testing.T) {
	t.Parallel()
	site := openTownSite(t)
	tw := newTown(t, with("BOURG_HANDLE_DOMAIN", site.host()))
	site.leads = tw.url.String()
	tw.start()
	shop := tw.addMerchant("fournil", "Le Fournil de la Halle", "boulangerie")
	f := newFollower(t)
	handle := "fournil@" + site.host()

	for _, asked := range []string{tw.url.String(), site.URL} {
		for _, resource := range []string{"acct:" + handle, "acct:fournil@" + tw.host, shop.Actor, shop.URL, site.URL + "/@fournil"} {
			res, err := http.Get(asked + "/.well-known/webfinger?resource=" + url.QueryEscape(resource))
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			self, subject, err := fingerResource(f, res.Request.URL.String())
			if err != nil || self != shop.Actor || subject != "acct:"+handle {
				t.Errorf("asking %s for %s: got %s and %s, %v; want %s and acct:%s", asked, resource, self, subject, err, shop.Actor, handle)
			}
		}
	}
	actor, err := f.get(shop.Actor)
	if err != nil {
		t.Fatal(err)
	}
	if got := text(actor, "webfinger"); got != handle {
		t.Errorf("webfinger: got %q, want %q", got, handle)
	}
	if got := text(actor, "id"); !strings.HasPrefix(got, tw.url.String()+"/actors/") {
		t.Errorf("id: got %s, want it on the server's own host", got)
	}
	for _, page := range []string{"/@fournil", "/suivre?qui=fournil"} {
		if got := tw.open().visit(page); !got.says("@" + handle) {
			t.Errorf("%s does not show @%s:\n%s", page, handle, got.words())
		}
	}
	_, body := fetch(t, tw.at("/@fournil"), "text/html")
	if want := `<meta name="fediverse:creator" content="@` + handle + `">`; !strings.Contains(string(body), want) {
		t.Errorf("the shop's page has no %s", want)
	}
	f.follow("odile", f.discover(handle))

	check := func(what, name string, ok bool, found string) {
		t.Helper()
		got := tw.try("doctor")
		if !strings.Contains(got.stdout, fmt.Sprintf(`"name":%q,"ok":%t`, name, ok)) || !strings.Contains(got.stdout, found) {
			t.Errorf("%s: bourg doctor says %s, want %s to be %t and %q", what, got.stdout, name, ok, found)
		}
	}
	check("all is well", "handles", true, "leads here")
	site.leads = ""
	check("the town's site knows nothing", "handles", false, "does not lead here")
	other := startTown(t)
	site.leads = other.url.String()
	check("the town's site leads elsewhere", "handles", false, "lead")
	site.leads = tw.url.String()

	// Somebody changes the name: it is said aloud, and can be taken back.
	tw.stop()
	check("nobody is at home", "handles", true, "nobody can tell")
	tw.env = append(tw.env, "BOURG_HANDLE_DOMAIN=autre.example")
	tw.start()
	if log := tw.log.String(); !strings.Contains(log, "the town's name has changed") || !strings.Contains(log, site.host()) {
		t.Errorf("the log does not warn of another name")
	}
	check("another name", "names", false, "@"+site.host())
}
