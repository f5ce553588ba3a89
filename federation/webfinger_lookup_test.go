package federation

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

// fingerHost answers WebFinger queries: by resource, the subject, the actor and further links.
type fingerHost struct {
	*testPeer
	answers map[string]string
	meta    string
}

func newFingerHost(t *testing.T, address string) *fingerHost {
	h := &fingerHost{answers: map[string]string{}}
	h.testPeer = startPeer(t, address, func(w http.ResponseWriter, r *http.Request) {
		answer := h.answers[r.URL.Query().Get("resource")]
		switch {
		case strings.HasSuffix(r.URL.Path, "/host-meta") && h.meta != "":
			_, _ = io.WriteString(w, h.meta)
		case strings.HasSuffix(r.URL.Path, "/webfinger") && answer != "":
			_, _ = io.WriteString(w, answer)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	})
	return h
}

// name returns the host and port, under which a fingerHost is asked.
func (h *fingerHost) name() string { return strings.TrimPrefix(h.URL, "http://") }

// says sets an answer.
func (h *fingerHost) says(resource, subject string, actor IRI, links ...string) {
	list := append([]string{fmt.Sprintf(`{"rel":"self","type":"application/activity+json","href":%q}`, actor)}, links...)
	h.answers[resource] = fmt.Sprintf(`{"subject":%q,"links":[%s]}`, subject, strings.Join(list, ","))
}

func TestLookup(t *testing.T) {
	t.Parallel()
	town, split := newFingerHost(t, "127.0.0.2"), newFingerHost(t, "127.0.0.3")
	l := &WebFingerLookup{Client: closedClient(t, "127.0.0.0/8", nil)}
	alice := "alice@" + town.name()
	actor := town.iri("/users/1")
	town.says("acct:"+alice, "acct:"+alice, actor, `{"rel":"http://webfinger.net/rel/profile-page","type":"text/html","href":"`+town.URL+`/@alice"}`)
	town.says("acct:ALICE@"+town.name(), "acct:"+alice, actor)
	town.says(town.URL+"/@alice", "acct:"+alice, actor)
	for _, typed := range []string{"@" + alice, alice, "acct:" + alice, " " + alice + "\n", "@ALICE@" + town.name(), town.URL + "/@alice"} {
		f, err := l.Lookup(t.Context(), typed)
		if err != nil {
			t.Errorf("%q: %v", typed, err)
			continue
		}
		if f.Handle != alice || f.Actor != actor {
			t.Errorf("%q: got %s and %s, want %s and %s", typed, f.Handle, f.Actor, alice, actor)
		}
	}
	if f, err := l.Lookup(t.Context(), alice); err != nil || f.Page != town.iri("/@alice") {
		t.Errorf("page: got %v and error %v, want %s", f, err, town.iri("/@alice"))
	}
	if _, err := l.Lookup(t.Context(), "nobody@"+town.name()); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown: got %v, want %v", err, ErrNotFound)
	}

	// A handle at one domain and the actor at another, both of which say so.
	bob := "bob@" + split.name()
	split.says("acct:"+bob, "acct:"+bob, town.iri("/users/2"))
	town.says("acct:"+bob, "acct:"+bob, town.iri("/users/2"))
	if f, err := l.Lookup(t.Context(), bob); err != nil || f.Handle != bob || f.Actor != town.iri("/users/2") {
		t.Errorf("split domain: got %v and error %v, want %s", f, err, bob)
	}
	// Asked by the other name, which only points there.
	town.says("acct:bob@"+town.name(), "acct:"+bob, town.iri("/users/2"))
	for _, claim := range []*Actor{
		{ID: town.iri("/users/2"), PreferredUsername: "bob"},
		{ID: town.iri("/users/2"), PreferredUsername: "bob", WebFinger: bob},
	} {
		if got, err := l.Confirm(t.Context(), claim); err != nil || got != bob {
			t.Errorf("confirming: got %q and error %v, want %s", got, err, bob)
		}
	}
	// WebFinger where host-meta says.
	carol := "carol@" + split.name()
	split.meta = `<?xml version="1.0"?><XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0"><Link rel="lrdd" template="` + town.URL + `/.well-known/webfinger?resource={uri}"/></XRD>`
	town.says("acct:"+carol, "acct:"+carol, town.iri("/users/3"))
	if f, err := l.Lookup(t.Context(), carol); err != nil || f.Actor != town.iri("/users/3") {
		t.Errorf("host-meta: got %v and error %v, want %s", f, err, town.iri("/users/3"))
	}
}

func TestIntent(t *testing.T) {
	t.Parallel()
	const object = "https://town.example/posts/1?a=b&c"
	escaped := url.QueryEscape(object)
	finger := func(templates ...string) *Finger {
		f := &Finger{Handle: "a@home.example", Actor: "https://social.home.example/users/1", hosts: []string{"home.example", "social.home.example"}, templates: map[string]string{}}
		for i := 0; i+1 < len(templates); i += 2 {
			f.offer(descriptorLink{Rel: templates[i], Template: templates[i+1]})
		}
		return f
	}
	guess := "https://social.home.example/authorize_interaction?uri=" + escaped
	for _, c := range []struct {
		name   string
		finger *Finger
		want   string
	}{
		{"its own intent", finger(relIntent+"Follow", "https://home.example/f?o={object}&x={x}", relIntent+"Object", "https://home.example/o?o={object}"), "https://home.example/f?o=" + escaped + "&x="},
		{"any object", finger(relIntent+"Object", "https://home.example/o?o={object}", relSubscribe, "https://home.example/s?u={uri}"), "https://home.example/o?o=" + escaped},
		{"subscribe", finger(relSubscribe, "https://social.home.example/s?u={uri}"), "https://social.home.example/s?u=" + escaped},
		{"nothing", finger(), guess},
		{"I8 another host", finger(relSubscribe, "https://evil.example/s?u={uri}"), guess},
		{"I8 user", finger(relSubscribe, "https://home.example@evil.example/s?u={uri}"), guess},
		{"I8 another scheme", finger(relSubscribe, "javascript://home.example/%0aalert(1)//{uri}"), guess},
		{"I8 no TLS", finger(relSubscribe, "http://home.example/s?u={uri}"), guess},
		{"I8 a placeholder for a host", finger(relSubscribe, "https://{host}/s?u={uri}"), guess},
		{"I8 a script", finger(relIntent+"Follow", "javascript:alert(1)//{object}"), guess},
		{"I8 data", finger(relIntent+"Follow", "data:text/html,{object}"), guess},
		{"I8 a path alone", finger(relIntent+"Follow", "//evil.example/{object}"), guess},
		{"I8 a host below", finger(relIntent+"Follow", "https://home.example.evil.example/{object}"), guess},
		{"I8 a port", finger(relIntent+"Follow", "https://home.example:8443/{object}"), guess},
		{"I8 a backslash", finger(relIntent+"Follow", "https://evil.example\\@home.example/{object}"), guess},
		{"I8 a line end", finger(relIntent+"Follow", "https://home.example/\r\nSet-Cookie: a=b{object}"), guess},
		{"I8 one bad, one good", finger(relIntent+"Follow", "https://evil.example/{object}", relSubscribe, "https://home.example/s?u={uri}"), "https://home.example/s?u=" + escaped},
		{"lower case", finger(relIntent+"follow", "https://home.example/f?o={object}"), "https://home.example/f?o=" + escaped},
		{"the way back is left out", finger(relIntent+"Follow", "https://home.example/f?o={object}&on-success={on-success}&on-cancel={on-cancel}"),
			"https://home.example/f?o=" + escaped + "&on-success=&on-cancel="},
		{"no placeholder", finger(relSubscribe, "https://home.example/s"), guess},
	} {
		if got := string(c.finger.Intent("Follow", object)); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

// Each act has its own intent; a reply is a Create only where that says which post it answers.
func TestIntentOfEachAct(t *testing.T) {
	t.Parallel()
	f := &Finger{Handle: "a@home.example", Actor: "https://home.example/users/1", hosts: []string{"home.example"}, templates: map[string]string{}}
	for _, act := range []string{"Follow", "Like", "Announce", "Object"} {
		f.offer(descriptorLink{Rel: relIntent + act, Href: "https://home.example/" + act + "?o={object}"})
	}
	f.offer(descriptorLink{Rel: relIntent + "Create", Template: "https://home.example/share?t={content}"})
	for act, want := range map[string]string{
		"Follow": "Follow?o=x", "Like": "Like?o=x", "Announce": "Announce?o=x", "Reply": "Object?o=x", "Dislike": "Object?o=x",
	} {
		if got := f.Intent(act, "x"); got != IRI("https://home.example/"+want) {
			t.Errorf("%s: got %s, want %s", act, got, want)
		}
	}
	f.templates[relIntent+"create"] = "https://home.example/share?t={content}&r={inReplyTo}"
	if got, want := f.Intent("Reply", "x"), IRI("https://home.example/share?t=&r=x"); got != want {
		t.Errorf("Reply: got %s, want %s", got, want)
	}
}

// testBadFingers are rows F14, F16, W1 and W3.
func testBadFingers(t *testing.T) {
	t.Run("F14", func(t *testing.T) {
		t.Parallel()
		l := &WebFingerLookup{Client: NewClient(ClientConfig{Resolver: fakeResolver(t, func(name string, _ int) []netip.Addr {
			t.Errorf("the name %q was looked up, want none", name)
			return nil
		})})}
		for _, typed := range []string{
			"a@localhost:1234/x", "a@localhost:1234", "a@b@c", "acct:a@h.example/x", "acct:/x@h.example", "a@h.example?x", "a@h.example#x",
			"", "@", "@@", "a@", "@h.example", "a b@h.example", "a@h .example", "a@127.0.0.1", "a@[::1]", "a@2130706433", "a@h.example:22",
			`a@h.example\x`, "a@%00", "é@h.example", "nonsense", "http://h.example/@a", "https://127.0.0.1/@a", "https://u@h.example/@a",
			"file:///etc/passwd", "a@" + strings.Repeat("h", 3000), strings.Repeat("a", 3000) + "@h.example", "a..b@-h.example",
		} {
			var refusal *Refusal
			if _, err := l.Lookup(t.Context(), typed); !errors.As(err, &refusal) || refusal.Status != 400 {
				t.Errorf("%.60q: got %v, want a refusal with 400", typed, err)
			}
		}
	})
	t.Run("F16", func(t *testing.T) {
		t.Parallel()
		secret := startPeer(t, "127.0.0.1", nil)
		h := newFingerHost(t, "127.0.0.2")
		l := &WebFingerLookup{Client: closedClient(t, "127.0.0.2/32", nil)}
		for _, template := range []string{secret.URL + "/{uri}", "data:application/json,{uri}", "file:///{uri}", "https://10.0.0.1/{uri}", "{uri}", "//127.0.0.1/{uri}"} {
			h.meta = `<XRD><Link rel="lrdd" template="` + template + `"/></XRD>`
			if f, err := l.Lookup(t.Context(), "a@"+h.name()); err == nil {
				t.Errorf("%s: got %v, want an error", template, f)
			}
		}
		h.meta = `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><XRD><Link rel="lrdd" template="&b;{uri}"/></XRD>`
		if f, err := l.Lookup(t.Context(), "a@"+h.name()); err == nil {
			t.Errorf("entities: got %v, want an error", f)
		}
		if got := secret.connections.Load(); got != 0 {
			t.Errorf("%d connections arrived at the forbidden address, want none", got)
		}
	})
	t.Run("W1", func(t *testing.T) {
		t.Parallel()
		evil, victim := newFingerHost(t, "127.0.0.3"), newFingerHost(t, "127.0.0.2")
		l := &WebFingerLookup{Client: closedClient(t, "127.0.0.0/8", nil)}
		ceo := "ceo@" + victim.name()
		evil.says("acct:x@"+evil.name(), "acct:"+ceo, evil.iri("/users/x"))
		lookup := func(why string) {
			t.Helper()
			if f, err := l.Lookup(t.Context(), "x@"+evil.name()); !errors.Is(err, ErrUnconfirmed) {
				t.Errorf("%s: got %v and error %v, want %v", why, f, err, ErrUnconfirmed)
			}
			claim := &Actor{ID: evil.iri("/users/x"), PreferredUsername: "x", WebFinger: ceo}
			if got, err := l.Confirm(t.Context(), claim); err == nil {
				t.Errorf("%s: the handle %s was confirmed", why, got)
			}
		}
		lookup("the victim knows nothing")
		victim.says("acct:"+ceo, "acct:"+ceo, victim.iri("/users/ceo"))
		lookup("the victim names its own actor")
		victim.says("acct:"+ceo, "acct:other@"+victim.name(), evil.iri("/users/x"))
		lookup("the victim names another handle")
		// A handle's host alone does not make an actor of another host its own either.
		victim.says("acct:"+ceo, "acct:"+ceo, evil.iri("/users/y"))
		lookup("the victim names another actor of that host")
		if f, err := l.Lookup(t.Context(), ceo); !errors.Is(err, ErrUnconfirmed) {
			t.Errorf("the actor's host knows nothing: got %v and error %v, want %v", f, err, ErrUnconfirmed)
		}
		victim.says("acct:"+ceo, "acct:"+ceo, evil.iri("/users/x"))
		if f, err := l.Lookup(t.Context(), "x@"+evil.name()); err != nil || f.Handle != ceo {
			t.Errorf("with everybody's consent: got %v and error %v, want %s", f, err, ceo)
		}
	})
	t.Run("W3", func(t *testing.T) {
		t.Parallel()
		h, other := newFingerHost(t, "127.0.0.2"), startPeer(t, "127.0.0.3", nil)
		l := &WebFingerLookup{Client: closedClient(t, "127.0.0.0/8", nil)}
		handle := "a@" + h.name()
		for name, links := range map[string]string{
			"html":           `{"rel":"self","type":"text/html","href":"` + h.URL + `/a"}`,
			"plain ld+json":  `{"rel":"self","type":"application/ld+json","href":"` + h.URL + `/a"}`,
			"no type":        `{"rel":"self","href":"` + h.URL + `/a"}`,
			"another rel":    `{"rel":"alternate","type":"application/activity+json","href":"` + h.URL + `/a"}`,
			"other host":     `{"rel":"self","type":"application/activity+json","href":"` + other.URL + `/a"}`,
			"ftp":            `{"rel":"self","type":"application/activity+json","href":"ftp://` + h.name() + `/a"}`,
			"data":           `{"rel":"self","type":"application/activity+json","href":"data:application/activity+json,{}"}`,
			"outside":        `{"rel":"self","type":"application/activity+json","href":"http://10.0.0.1/a"}`,
			"empty":          `{"rel":"self","type":"application/activity+json","href":""}`,
			"no links":       ``,
			"bad after good": `{"rel":"self","type":"application/activity+json","href":"x"},{"rel":"self","type":"application/activity+json","href":"` + h.URL + `/a"}`,
		} {
			h.answers["acct:"+handle] = `{"subject":"acct:` + handle + `","links":[` + links + `]}`
			if f, err := l.Lookup(t.Context(), handle); err == nil {
				t.Errorf("%s: got %v, want an error", name, f)
			}
		}
		for name, answer := range map[string]string{"no JSON": "<html>", "no subject": `{"links":[]}`, "array": `[]`, "long": strings.Repeat(" ", maxDescriptor+1)} {
			h.answers["acct:"+handle] = answer
			if f, err := l.Lookup(t.Context(), handle); err == nil {
				t.Errorf("%s: got %v, want an error", name, f)
			}
		}
		public := &WebFingerLookup{Client: NewClient(ClientConfig{Resolver: fakeResolver(t, func(string, int) []netip.Addr {
			return []netip.Addr{netip.MustParseAddr("127.0.0.2")}
		})})}
		if _, err := public.Lookup(t.Context(), "a@peer.example"); !errors.Is(err, ErrForbiddenAddress) {
			t.Errorf("a name for a loopback address: got %v, want %v", err, ErrForbiddenAddress)
		}
	})
}
