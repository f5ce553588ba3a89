package web

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"bourg/internal/town"

	"golang.org/x/net/idna"
)

// serverCookie holds the visitor's own server elsewhere, if the visitor wanted it to be remembered.
const serverCookie = "serveur"

// shopsToFollow is how many shops the page about following names.
const shopsToFollow = 30

// Homes finds the way to visitors' own servers.
type Homes interface {
	// Way returns where on the server of the account called address ("@user@host", "user@host", "host" or the address of a
	// page there) an act upon the object is confirmed. It asks that server; ErrNoAddress for what can be no account.
	Way(ctx context.Context, address string, act Geste, object string) (string, error)
}

// ErrNoAddress means that an address can be nobody's account.
var ErrNoAddress = errors.New("no address of an account")

// Suivre tells how to follow a shop, or to answer, share or like a piece of news, from an account elsewhere, and shows a link to
// where the visitor's own server takes such a wish. That server is asked for the way only on behalf of a browser that has
// just sent the form and kept the pass that it got for it: robots, and links that somebody plants, make this server ask
// nobody. Without a pass, the way that Mastodon and its kin have is shown.
func (h *Handlers) Suivre(w http.ResponseWriter, r *http.Request) error {
	l, query := h.renderer.Locale(r.Context()), r.URL.Query()
	p := PageSuivre{
		Who: query.Get("qui"), Object: query.Get("objet"), Act: Geste(query.Get("geste")), Address: strings.TrimSpace(clean(query.Get("adresse"))),
		Remember: query.Get("retenir") != "",
	}
	target, err := h.followed(r, &p)
	if err != nil {
		return err
	}
	if query.Has("adresse") && target != "" {
		if err := h.limits.follows.take(clientKey(r)); err != nil {
			return err
		}
		switch way, err := h.wayHome(r, p, target); {
		case errors.Is(err, ErrNoAddress):
			p.Errors.Add("adresse", l.T("address.wrong"))
		case errors.Is(err, errHere):
			p.Errors.Add("adresse", l.T("address.here"))
		case err != nil:
			return err
		default:
			p.Continue = way
			h.rememberServer(w, r, way.Host, p.Remember)
		}
	} else if c, err := r.Cookie(serverCookie); err == nil {
		if host, ok := ownServer(c.Value); ok {
			p.Address, p.Remember = host, true
		}
	}
	status := http.StatusOK
	if len(p.Errors) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return h.show(w, r, status, p)
}

// AllerAilleurs takes the form of somebody who acts from an account elsewhere, and leads to the page that shows the way
// there, with a pass: a browser that keeps it for two minutes may have its own server asked.
func (h *Handlers) AllerAilleurs(w http.ResponseWriter, r *http.Request) error {
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	if err := h.limits.follows.take(clientKey(r)); err != nil {
		return err
	}
	pass := rand.Text()
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // a town on plain HTTP has no secure cookies
		Name: passCookie, Value: pass, Path: "/", MaxAge: 120, HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: h.secure(),
	})
	query := url.Values{"passe": {pass}}
	for _, name := range []string{"qui", "objet", "geste", "adresse", "retenir"} {
		if form.Has(name) {
			query.Set(name, form.Get(name))
		}
	}
	query.Set("adresse", form.Get("adresse")) // an empty one is a mistake to be shown
	return h.goTo(w, r, pathSuivre+"?"+query.Encode())
}

// passCookie holds what the form's answer handed out.
const passCookie = "passe"

// errHere means that somebody gave an address of this town for one elsewhere.
var errHere = errors.New("an address of this town")

// wayHome finds the visitor's own server: by asking it, where the browser has a pass, by rule otherwise.
func (h *Handlers) wayHome(r *http.Request, p PageSuivre, target string) (*Ailleurs, error) {
	host, known := ownServer(p.Address)
	if known && (host == h.config.Addresses.Base.Hostname() || host == h.config.Addresses.Domain()) {
		return nil, errHere
	}
	if h.mayAsk(r) {
		way, err := h.config.Homes.Way(r.Context(), p.Address, p.Act, target)
		if u, wrong := url.Parse(way); err == nil && wrong == nil {
			return &Ailleurs{Host: u.Host, URL: way}, nil
		}
		if errors.Is(err, ErrNoAddress) {
			return nil, err
		}
	}
	if !known {
		return nil, ErrNoAddress
	}
	return &Ailleurs{Host: host, URL: "https://" + host + "/authorize_interaction?uri=" + url.QueryEscape(target)}, nil
}

// mayAsk tells whether a request has a pass and its client has not had too many answers.
func (h *Handlers) mayAsk(r *http.Request) bool {
	c, err := r.Cookie(passCookie)
	pass := r.URL.Query().Get("passe")
	return err == nil && r.Method == http.MethodGet && pass != "" &&
		subtle.ConstantTimeCompare([]byte(c.Value), []byte(pass)) == 1 &&
		h.limits.lookups.take(clientKey(r)) == nil && h.limits.allLookups.take("") == nil
}

// followed fills in what is to be followed or answered, and returns its id.
func (h *Handlers) followed(r *http.Request, p *PageSuivre) (target string, err error) {
	switch {
	case p.Object != "":
		post, err := h.postAt(r, p.Object)
		if err != nil {
			return "", err
		}
		switch p.Name = post.Merchant.Name; p.Act {
		case GestePartager, GesteAimer:
		default:
			p.Act = GesteRepondre
		}
		p.Handle = string(h.config.Addresses.Page(post.Merchant.Handle, post.ID))
		return string(h.config.Addresses.Post(post.ID)), nil
	case p.Who != "":
		return h.followedOne(r, p)
	}
	return h.followedTown(r, p)
}

// followedOne fills in the shop, or the page that gathers several, whose handle is p.Who.
func (h *Handlers) followedOne(r *http.Request, p *PageSuivre) (target string, err error) {
	p.Act = GesteSuivre
	if p.Groups, err = h.toFollow(r.Context(), town.GroupTown); err != nil {
		return "", err
	}
	m, err := h.merchantCalled(r, p.Who)
	if errors.Is(err, town.ErrNotFound) {
		g, err := h.groupCalled(r, p.Who)
		if err == nil && !g.On { // nobody can begin to follow it
			err = town.ErrGone
		}
		if err != nil {
			return "", err
		}
		p.Name = g.Name
		return h.followedGroup(g, p), nil
	}
	if err != nil {
		return "", err
	}
	p.Who, p.Name, p.AtomURL = m.Handle, m.Name, "/@"+m.Handle+"/atom.xml"
	if m.Moved != nil { // its followers are elsewhere
		p.Handle, p.AtomURL = "@"+m.Moved.Handle, ""
		return string(m.Moved.ID), nil
	}
	p.Handle, p.PageURL = "@"+h.config.Addresses.Handle(m.Handle), string(h.config.Addresses.Profile(m.Handle))
	return string(h.config.Addresses.Actor(m.ID)), nil
}

// followedTown fills in the whole town, what else can be followed in the place of single shops, and some shops.
func (h *Handlers) followedTown(r *http.Request, p *PageSuivre) (target string, err error) {
	all, err := h.config.Directory.Merchants(r.Context(), "")
	if err != nil {
		return "", err
	}
	for _, m := range all[:min(len(all), shopsToFollow)] {
		p.Shops = append(p.Shops, Lien{URL: pathSuivre + "?qui=" + m.Handle, Text: m.Name, Note: "@" + m.Handle})
	}
	groups, err := h.config.Groups.List(r.Context())
	if err != nil {
		return "", err
	}
	p.Act = GesteSuivre
	for _, g := range groups {
		if g.Kind == town.GroupTown {
			target = h.followedGroup(g, p)
			p.Who, p.AtomURL, p.ICSURL = "", "", pathCalendar // the addresses that stand on posters
		} else {
			p.Groups = append(p.Groups, h.suivie(g))
		}
	}
	return target, nil
}

// followedGroup fills in a page that gathers several shops, and returns its id.
func (h *Handlers) followedGroup(g *town.Group, p *PageSuivre) string {
	page := h.suivie(g)
	p.Who, p.Handle, p.PageURL = g.Handle, page.Handle, string(h.config.Addresses.Profile(g.Handle))
	p.AtomURL, p.ICSURL = page.URL+"/atom.xml", page.URL+calendarFile
	return string(h.config.Addresses.Actor(g.ID))
}

// postAt finds a post by the path of its page.
func (h *Handlers) postAt(r *http.Request, path string) (*town.Post, error) {
	handle, last, ok := strings.Cut(strings.TrimPrefix(path, "/@"), "/")
	if !ok || !strings.HasPrefix(path, "/@") {
		return nil, town.ErrNotFound
	}
	id, err := readID(last)
	if err != nil {
		return nil, err
	}
	post, _, err := h.config.Timeline.Post(r.Context(), id)
	if err != nil {
		return nil, err
	}
	if post.Merchant.Handle != handle {
		return nil, town.ErrNotFound
	}
	return post, nil
}

// rememberServer keeps the visitor's server in the visitor's browser for a year, or forgets it.
func (h *Handlers) rememberServer(w http.ResponseWriter, r *http.Request, host string, remember bool) {
	cookie := &http.Cookie{ //nolint:gosec // a town on plain HTTP has no secure cookies
		Name: serverCookie, Value: host, Path: "/", MaxAge: 365 * 24 * 3600,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: h.secure(),
	}
	if !remember {
		if _, err := r.Cookie(serverCookie); err != nil {
			return
		}
		cookie.Value, cookie.MaxAge = "", -1
	}
	http.SetCookie(w, cookie)
}

var hostPattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$`)

// ownServer finds the server in an address as people type it: "@odile@mastodon.example", "odile@mastodon.example",
// "mastodon.example", or a page there. The host comes back in ASCII. Addresses of machines, ports and names without a dot
// are refused: no one has an account there.
func ownServer(address string) (host string, ok bool) {
	s := strings.TrimPrefix(strings.TrimSpace(address), "acct:")
	if strings.Contains(s, "://") {
		u, err := url.Parse(s)
		if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.User != nil || u.Port() != "" {
			return "", false
		}
		s = u.Hostname()
	} else if name, rest, found := strings.Cut(strings.TrimPrefix(s, "@"), "@"); found {
		if name == "" {
			return "", false
		}
		s = rest
	} else if strings.HasPrefix(s, "@") {
		return "", false
	}
	host, err := idna.Lookup.ToASCII(strings.TrimSuffix(s, "."))
	if err != nil || len(host) > 253 || net.ParseIP(host) != nil || !hostPattern.MatchString(host) {
		return "", false
	}
	if last := host[strings.LastIndexByte(host, '.')+1:]; strings.Trim(last, "0123456789") == "" {
		return "", false // an address of a machine in an odd spelling
	}
	return host, true
}
