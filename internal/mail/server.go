package mail

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Security is how the connection to a mail server is kept from being read.
type Security int

// The kinds of Security.
const (
	// StartTLS begins in plain text and demands STARTTLS before anything is sent (RFC 3207).
	StartTLS Security = iota
	// ImplicitTLS is TLS from the first byte (RFC 8314, section 3.3).
	ImplicitTLS
	// NoTLS is plain text, for a server on this machine or on a closed network.
	NoTLS
)

// Server is the mail server that takes the town's letters.
type Server struct {
	Host     string
	Port     int
	Security Security
	// User and Password sign in; without a User nobody does.
	User, Password string
	// From is the bare address that letters come from; "" where the URL names none.
	From string
}

// ParseServer reads the URL of a mail server:
//
//	smtp://[user:password@]host[:587][?from=address][&tls=none]
//	smtps://[user:password@]host[:465][?from=address]
//
// smtp demands STARTTLS, except toward this machine; tls=none gives it up toward another
// one, and then no password is sent. Without from, letters come from the user, where that
// is an address. Characters that mean something in a URL stand as %XX ("@" is %40). The
// error does not repeat the text, which holds a password.
func ParseServer(text string) (Server, error) {
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "smtp" && u.Scheme != "smtps") || u.Hostname() == "" {
		return Server{}, errors.New("must be smtp://host or smtps://host, with user:password@ and :port where needed")
	}
	if (u.Path != "" && u.Path != "/") || u.Fragment != "" {
		return Server{}, errors.New("must have nothing behind the host and port but ?from= and &tls=")
	}
	s := Server{Host: u.Hostname(), User: u.User.Username()}
	s.Password, _ = u.User.Password()
	if s.Port, err = port(u); err != nil {
		return Server{}, err
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return Server{}, errors.New("has a query that cannot be read; it may have from= and tls=")
	}
	for name := range query {
		if !slices.Contains([]string{"from", "tls"}, name) {
			return Server{}, fmt.Errorf("has the parameter %q, which does not exist; there are from and tls", name)
		}
	}
	if s.Security, err = security(u.Scheme, s.Host, query.Get("tls")); err != nil {
		return Server{}, err
	}
	if s.Security == NoTLS && s.Password != "" && !onThisMachine(s.Host) {
		return Server{}, errors.New("must not have tls=none beside a password, which anybody on the way could read")
	}
	s.From = query.Get("from")
	if s.From == "" && isAddress(s.User) {
		s.From = s.User
	}
	if s.From != "" && !isAddress(s.From) {
		return Server{}, errors.New("must have a bare address behind from=, like mairie@saint-laurent.example")
	}
	return s, nil
}

// port returns the URL's port, or the scheme's own (RFC 8314, sections 7.2 and 7.3).
func port(u *url.URL) (int, error) {
	if u.Port() == "" {
		if u.Scheme == "smtps" {
			return 465, nil
		}
		return 587, nil
	}
	n, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil || n == 0 {
		return 0, errors.New("has a port that is not a number from 1 to 65535")
	}
	return int(n), nil
}

func security(scheme, host, asked string) (Security, error) {
	switch {
	case asked != "" && (asked != "none" || scheme == "smtps"):
		return 0, errors.New("may have tls=none behind smtp:// and no other tls")
	case scheme == "smtps":
		return ImplicitTLS, nil
	case asked == "none" || onThisMachine(host):
		return NoTLS, nil
	default:
		return StartTLS, nil
	}
}

// onThisMachine tells whether what is sent to the host stays here.
func onThisMachine(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func (s Server) address() string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

// isAddress tells whether text is a bare address and nothing else: no name, no comment,
// no second line.
func isAddress(text string) bool {
	a, err := mail.ParseAddress(text)
	return err == nil && a.Address == text && len(text) <= 254 && !strings.ContainsFunc(text, isControl)
}
