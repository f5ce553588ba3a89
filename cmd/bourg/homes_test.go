package main_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// home is a visitor's own server, which offers ways to act there, and counts what it is asked.
type home struct {
	host string

	mu    sync.Mutex
	links []map[string]string
	asked []string // resources
}

func newHome(t *testing.T) *home {
	t.Helper()
	h := &home{host: freeAddress(t)}
	server := &http.Server{Addr: h.host, Handler: h}
	go func() { _ = server.ListenAndServe() }() // ends with the server
	t.Cleanup(func() { _ = server.Close() })
	eventually(t, "the home server listens", func() error {
		res, err := http.Get(h.at("/"))
		if err == nil {
			res.Body.Close()
		}
		return err
	})
	return h
}

func (h *home) at(path string) string { return "http://" + h.host + path }

func (h *home) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/.well-known/webfinger" {
		http.NotFound(w, r)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked = append(h.asked, r.URL.Query().Get("resource"))
	answer := map[string]any{
		"subject": "acct:odile@" + h.host,
		"links":   append([]map[string]string{{"rel": "self", "type": "application/activity+json", "href": h.at("/users/odile")}}, h.links...),
	}
	_ = json.NewEncoder(w).Encode(answer) //nolint:errchkjson // strings only
}

func (h *home) offers(links ...map[string]string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.links, h.asked = links, nil
}

func (h *home) questions() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.asked)
}

// connectedFrom is the address from which a proxy was asked.
type connectedFrom string

func (c connectedFrom) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Forwarded-For", string(c))
	return http.DefaultTransport.RoundTrip(r)
}

// way returns where the page's link to the visitor's own server leads.
func (p *page) way() string {
	for _, a := range elements(p.root, "a") {
		if strings.HasPrefix(words(a), "Continuer sur ") {
			return attribute(a, "href")
		}
	}
	return ""
}

// A visitor follows, answers, shares and likes from an account elsewhere: the town asks that server where it takes
// such a wish, and leads there and nowhere else, whatever the server says.
func TestTheWayHome(t *testing.T) {
	t.Parallel()
	tw := startTown(t)
	shop := tw.addMerchant("fournil", "Le Fournil de la Halle", "boulangerie")
	post := tw.publish("fournil", "Fournée de seigle.")
	h := newHome(t)
	link := func(act, template string) map[string]string {
		return map[string]string{"rel": "https://w3id.org/fep/3b86/" + act, "template": template}
	}
	subscribe := map[string]string{"rel": "http://ostatus.org/schema/1.0/subscribe", "template": h.at("/s?u={uri}")}
	all := []map[string]string{
		link("Follow", h.at("/f?o={object}&back={on-success}")), link("Announce", h.at("/a?o={object}")), link("Like", h.at("/l?o={object}")),
		link("Create", h.at("/c?t={content}&r={inReplyTo}")), link("Object", h.at("/o?o={object}")), subscribe,
	}
	actor, note := url.QueryEscape(shop.Actor), url.QueryEscape(post.ID)
	guess := h.at("/authorize_interaction?uri=")
	for i, c := range []struct {
		what, page, button, address string
		offers                      []map[string]string
		want                        string
	}{
		{"following", "/suivre?qui=fournil", "Suivre", "@odile@" + h.host, all, h.at("/f?o=" + actor + "&back=")},
		{"following, without the @", "/suivre?qui=fournil", "Suivre", "odile@" + h.host, all, h.at("/f?o=" + actor + "&back=")},
		{"following, by a page", "/suivre?qui=fournil", "Suivre", h.at("/@odile"), all, h.at("/f?o=" + actor + "&back=")},
		{"answering", post.URL, "Répondre de chez moi", "@odile@" + h.host, all, h.at("/c?t=&r=" + note)},
		{"sharing", post.URL, "Partager", "@odile@" + h.host, all, h.at("/a?o=" + note)},
		{"liking", post.URL, "Ajouter aux favoris", "@odile@" + h.host, all, h.at("/l?o=" + note)},
		{"what is offered for all", post.URL, "Partager", "@odile@" + h.host, all[4:], h.at("/o?o=" + note)},
		{"the elder way", "/suivre?qui=fournil", "Suivre", "@odile@" + h.host, all[5:], h.at("/s?u=" + actor)},
		{"nothing is offered", "/suivre?qui=fournil", "Suivre", "@odile@" + h.host, nil, guess + actor},
		{"I8 elsewhere", "/suivre?qui=fournil", "Suivre", "@odile@" + h.host, []map[string]string{link("Follow", "https://evil.example/?o={object}")}, guess + actor},
		{"I8 a script", "/suivre?qui=fournil", "Suivre", "@odile@" + h.host, []map[string]string{link("Follow", "javascript:alert('{object}')")}, guess + actor},
		{"I8 a host that looks alike", post.URL, "Partager", "@odile@" + h.host, []map[string]string{link("Announce", "http://"+h.host+"@evil.example/?o={object}")}, guess + note},
	} {
		h.offers(c.offers...)
		b := tw.open()
		b.client.Transport = connectedFrom("203.0.113." + strconv.Itoa(i+1)) // one person each: nobody asks too often
		form := b.visit(c.page).form(c.button)
		form.values.Set("adresse", c.address)
		got := form.press()
		if way := got.way(); way != c.want {
			t.Errorf("%s: got %s, want %s:\n%s", c.what, way, c.want, got.words())
		}
		if !got.says("Votre serveur est " + h.host) {
			t.Errorf("%s: the page does not name the server it leads to", c.what)
		}
	}
}

// Robots, links that somebody plants and forms of other sites make the town ask nobody (F15, D13), and who does
// ask, asks ten times a minute at most.
func TestTheWayHomeIsAskedForPeopleOnly(t *testing.T) {
	t.Parallel()
	tw := startTown(t)
	tw.addMerchant("fournil", "Le Fournil de la Halle", "boulangerie")
	h := newHome(t)
	h.offers()
	query := "/suivre?qui=fournil&adresse=" + url.QueryEscape("@odile@"+h.host)
	fields := url.Values{"qui": {"fournil"}, "adresse": {"@odile@" + h.host}}
	send := func(method, address string, header ...string) *http.Response {
		t.Helper()
		body := strings.NewReader("")
		if method == http.MethodPost {
			body = strings.NewReader(fields.Encode())
		}
		req, err := http.NewRequestWithContext(t.Context(), method, tw.at(address), body)
		if err != nil {
			t.Fatal(err)
		}
		if method == http.MethodPost {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		for i := 0; i+1 < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		res, err := unguided.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res
	}
	own := []string{"Origin", tw.url.String()}
	send("GET", query)
	send("HEAD", query+"&passe=x", "Cookie", "passe=x")
	send("GET", query+"&passe=x")
	send("GET", query+"&passe=x", "Cookie", "passe=y")
	send("GET", query+"&passe=", "Cookie", "passe=")
	if got := send("POST", "/suivre").StatusCode; got != http.StatusForbidden {
		t.Errorf("a POST of no browser: got status %d, want 403", got)
	}
	if got := send("POST", "/suivre", "Origin", "https://evil.example").StatusCode; got != http.StatusForbidden {
		t.Errorf("a POST from another site: got status %d, want 403", got)
	}
	posted := send("POST", "/suivre", own...)
	send("GET", posted.Header.Get("Location")) // a client that keeps no cookies
	if got := h.questions(); got != 0 {
		t.Fatalf("the visitor's server was asked %d times, want never", got)
	}
	asked := 0
	for range 15 {
		posted := send("POST", "/suivre", own...)
		cookie, _, _ := strings.Cut(posted.Header.Get("Set-Cookie"), ";")
		res := send("GET", posted.Header.Get("Location"), "Cookie", cookie)
		if res.StatusCode == http.StatusOK {
			asked++
		}
	}
	if got := h.questions(); got != 10 || asked != 10 {
		t.Errorf("fifteen forms in a row: the server was asked %d times and %d pages showed the way, want 10", got, asked)
	}
}
