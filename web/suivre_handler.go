package web

import (
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

// Suivre tells how to follow a shop, or to answer a piece of news, from an account elsewhere. The visitor's server is never
// asked for anything: the page shows a link to where servers of this network take such wishes.
func (h *Handlers) Suivre(w http.ResponseWriter, r *http.Request) error {
	l, query := h.renderer.Locale(r.Context()), r.URL.Query()
	p := PageSuivre{
		Who: query.Get("qui"), Object: query.Get("objet"), Address: strings.TrimSpace(clean(query.Get("adresse"))),
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
		host, ok := ownServer(p.Address)
		switch {
		case !ok:
			p.Errors.Add("adresse", l.T("address.wrong"))
		case host == h.config.Addresses.Base.Hostname():
			p.Errors.Add("adresse", l.T("address.here"))
		default:
			p.Continue = &Ailleurs{Host: host, URL: "https://" + host + "/authorize_interaction?uri=" + url.QueryEscape(target)}
			h.rememberServer(w, r, host, p.Remember)
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

// followed fills in what is to be followed or answered, and returns its id; it is empty for the town as a whole, which has no
// account of its own to follow yet.
func (h *Handlers) followed(r *http.Request, p *PageSuivre) (target string, err error) {
	ctx := r.Context()
	switch {
	case p.Object != "":
		post, err := h.postAt(r, p.Object)
		if err != nil {
			return "", err
		}
		p.Answering, p.Name = true, post.Merchant.Name
		p.Handle = string(h.config.Addresses.Page(post.Merchant.Handle, post.ID))
		return string(h.config.Addresses.Post(post.ID)), nil
	case p.Who != "":
		m, err := h.merchantCalled(r, p.Who)
		if err != nil {
			return "", err
		}
		p.Who, p.Name, p.AtomURL = m.Handle, m.Name, "/@"+m.Handle+"/atom.xml"
		if m.Moved != nil { // its followers are elsewhere
			p.Handle, p.AtomURL = "@"+m.Moved.Handle, ""
			return string(m.Moved.ID), nil
		}
		p.Handle = "@" + h.config.Addresses.Handle(m.Handle)
		return string(h.config.Addresses.Actor(m.ID)), nil
	}
	all, err := h.config.Directory.Merchants(ctx, "")
	if err != nil {
		return "", err
	}
	for _, m := range all[:min(len(all), shopsToFollow)] {
		p.Shops = append(p.Shops, Lien{URL: pathSuivre + "?qui=" + m.Handle, Text: m.Name, Note: "@" + m.Handle})
	}
	return "", nil
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
