package federation

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
)

// maxURL is the longest address that is followed, in bytes: what the application's
// unique indexes can hold.
const maxURL = 2048

// guard decides where connections may go. Outside the peer networks these are the
// addresses of the public Internet only (nothing of IANA's special-purpose
// registries; of IPv6, 2000::/3 only), on port 443. An address is judged when it is
// dialled, after the name was resolved, so that a name whose answer changes between
// two look-ups gains nothing.
type guard struct {
	peers  []netip.Prefix
	public *ssrf.Guardian
}

func newGuard(peers []netip.Prefix) *guard {
	return &guard{peers: peers, public: ssrf.New(ssrf.WithPorts(443))}
}

// isPeer tells whether the address lies inside the peer networks.
func (g *guard) isPeer(addr netip.Addr) bool {
	addr = addr.Unmap()
	for _, p := range g.peers {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// checkPeer is a net.Dialer's ControlContext that lets through the peer networks alone, on any port.
func (g *guard) checkPeer(_ context.Context, network, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || !strings.HasPrefix(network, "tcp") {
		return fmt.Errorf("%w: %s %s", ErrForbiddenAddress, network, address)
	}
	if !g.isPeer(to.Addr()) {
		return fmt.Errorf("%w: %s is outside the peer networks", ErrForbiddenAddress, to)
	}
	return nil
}

// checkPublic is a net.Dialer's ControlContext that lets through the peer networks and the public Internet.
func (g *guard) checkPublic(ctx context.Context, network, address string, c syscall.RawConn) error {
	if g.checkPeer(ctx, network, address, c) == nil {
		return nil
	}
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %s", ErrForbiddenAddress, address)
	}
	// Unmapped, because no IPv4 prefix contains ::ffff:127.0.0.1.
	if err := g.public.SafeAddrPort(netip.AddrPortFrom(to.Addr().Unmap(), to.Port())); err != nil {
		return fmt.Errorf("%w: %w", ErrForbiddenAddress, err)
	}
	return nil
}

// target reads an address that is to be fetched or posted to. onlyPeers tells that
// the connection may go to the peer networks only, because the address has another
// scheme than https or another port than 443. It answers ErrForbiddenURL for
// whatever two parsers might read differently, and ErrForbiddenAddress for an IP
// literal outside the peer networks.
func (g *guard) target(address IRI) (u *url.URL, onlyPeers bool, err error) {
	raw := string(address)
	if len(raw) > maxURL {
		return nil, false, fmt.Errorf("%w: longer than %d bytes", ErrForbiddenURL, maxURL)
	}
	for i := 0; i < len(raw); i++ {
		if raw[i] <= ' ' || raw[i] == 0x7f || raw[i] == '\\' {
			return nil, false, fmt.Errorf("%w: space, control character or backslash", ErrForbiddenURL)
		}
	}
	if strings.Contains(raw, "%00") || strings.ContainsAny(raw, "\u3002\uff0e\uff61") {
		return nil, false, fmt.Errorf("%w: NUL or ideographic full stop", ErrForbiddenURL)
	}
	u, err = url.Parse(raw)
	if err != nil {
		return nil, false, fmt.Errorf("%w: no URL", ErrForbiddenURL)
	}
	if u.Scheme != "https" && u.Scheme != "http" {
		return nil, false, fmt.Errorf("%w: scheme is not https", ErrForbiddenURL)
	}
	if u.User != nil || u.Opaque != "" || (u.Path == "" && (u.RawQuery != "" || u.Fragment != "")) {
		return nil, false, fmt.Errorf("%w: user, or no path after the host", ErrForbiddenURL)
	}
	host := CanonicalHost(u.Scheme, u.Host)
	if host == "" {
		return nil, false, fmt.Errorf("%w: no valid host", ErrForbiddenURL)
	}
	u.Host, u.Fragment, u.RawFragment = host, "", ""

	if literal, err := netip.ParseAddr(u.Hostname()); err == nil && !g.isPeer(literal) {
		return nil, false, fmt.Errorf("%w: IP address %s for a host", ErrForbiddenAddress, literal)
	}
	onlyPeers = u.Scheme != "https" || (u.Port() != "" && u.Port() != "443")
	if onlyPeers && len(g.peers) == 0 {
		return nil, false, fmt.Errorf("%w: only https on port 443", ErrForbiddenURL)
	}
	return u, onlyPeers, nil
}

// Why a request got no answer. A delivery is tried again after each of them but ErrForbiddenURL.
var (
	// ErrForbiddenURL: the address is one that this server never follows.
	ErrForbiddenURL = errors.New("forbidden URL")
	// ErrForbiddenAddress: the host's address lies where this server never connects to.
	ErrForbiddenAddress = errors.New("forbidden address")
	// ErrTimeout: the peer took too long to connect or to answer.
	ErrTimeout = errors.New("timeout")
	// ErrDNS: the host's name could not be resolved.
	ErrDNS = errors.New("DNS failure")
	// ErrTLS: the peer's certificate or its way of speaking TLS is not acceptable.
	ErrTLS = errors.New("TLS failure")
	// ErrUnreachable: the connection was refused, reset or not understood.
	ErrUnreachable = errors.New("unreachable")
)

// dialer returns a net.Dialer whose connections check has judged.
func (c ClientConfig) dialer(check func(context.Context, string, string, syscall.RawConn) error) *net.Dialer {
	return &net.Dialer{
		Timeout:        c.Timeout / 2,
		KeepAlive:      30 * time.Second,
		Resolver:       c.Resolver,
		ControlContext: check,
	}
}
