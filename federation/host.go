package federation

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// CanonicalHost returns the one spelling under which a host is compared, blocked and
// counted: lower case, international names in ASCII by the lookup profile of
// IDNA 2008 (RFC 5891), without a trailing dot, and with a port only where it is not the default of scheme.
// hostport is what stands between "//" and the path of a URL, without user
// information. IPv6 addresses stay in brackets; IPv4 addresses that are mapped into
// IPv6 become IPv4. The answer is "" for what is no host: an empty label, a label too
// long, a port out of range, or an IPv4 address in one of its old spellings (octal,
// hexadecimal, fewer than four parts), which resolvers read in different ways.
func CanonicalHost(scheme, hostport string) string {
	host, port, ok := splitPort(hostport)
	if !ok {
		return ""
	}
	if inner, bracketed := strings.CutPrefix(host, "["); bracketed {
		host = canonicalIPv6(strings.TrimSuffix(inner, "]"))
	} else {
		host = canonicalName(host)
	}
	if host == "" {
		return ""
	}
	if port == "" || (scheme == "https" && port == "443") || (scheme == "http" && port == "80") {
		return host
	}
	return host + ":" + port
}

// splitPort divides "host:port". The port comes back without leading zeros, "" where there is none.
func splitPort(hostport string) (host, port string, ok bool) {
	host = hostport
	if i := strings.LastIndexByte(hostport, ':'); i >= 0 && !strings.HasSuffix(hostport, "]") {
		host, port = hostport[:i], hostport[i+1:]
	}
	if strings.HasPrefix(host, "[") != strings.HasSuffix(host, "]") {
		return "", "", false
	}
	if port == "" {
		return host, "", host != ""
	}
	for i := range len(port) {
		if port[i] < '0' || port[i] > '9' {
			return "", "", false
		}
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return "", "", false
	}
	return host, strconv.FormatUint(n, 10), host != ""
}

func canonicalIPv6(literal string) string {
	ip, err := netip.ParseAddr(literal)
	if err != nil || !ip.Is6() || ip.Zone() != "" {
		return ""
	}
	if ip.Is4In6() {
		return ip.Unmap().String()
	}
	return "[" + ip.String() + "]"
}

// canonicalName returns the canonical spelling of a domain name or of a dotted IPv4 address.
func canonicalName(name string) string {
	name = strings.TrimSuffix(name, ".")
	if strings.HasSuffix(name, ".") {
		return ""
	}
	if !plainName(name) {
		ascii, err := idna.Lookup.ToASCII(name)
		if err != nil || !utf8.ValidString(name) {
			return ""
		}
		name = strings.TrimSuffix(ascii, ".")
		// What was mapped is held to the same rules, and must be the end of the mapping.
		if again, err := idna.Lookup.ToASCII(name); err != nil || again != name || !wellFormedName(name) {
			return ""
		}
	}
	last := name[strings.LastIndexByte(name, '.')+1:]
	if last[0] >= '0' && last[0] <= '9' && numeric(last) {
		ip, err := netip.ParseAddr(name)
		if err != nil {
			return ""
		}
		return ip.String()
	}
	return name
}

// plainName tells whether name is canonical already, which nearly all are: lower-case
// ASCII labels without any that IDNA would have to look into.
func plainName(name string) bool {
	return wellFormedName(name) && !strings.Contains(name, "--")
}

// wellFormedName tells whether name consists of labels of letters, digits and inner
// hyphens within the lengths of RFC 1035, all in lower case.
func wellFormedName(name string) bool {
	if name == "" || len(name) > 253 {
		return false
	}
	start := 0
	for i := 0; i <= len(name); i++ {
		if i < len(name) && name[i] != '.' {
			c := name[i]
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
				return false
			}
			continue
		}
		label := name[start:i]
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		start = i + 1
	}
	return true
}

// numeric tells whether a last label reads as a number to those who parse IPv4
// addresses the old way: digits, or "0x" with hexadecimal digits.
func numeric(label string) bool {
	if hex, ok := strings.CutPrefix(label, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return strings.Trim(label, "0123456789") == ""
}

// RegisteredDomain returns the domain of a host that one owner has registered: "a.b.example.co.uk" and
// "example.co.uk:8443" are both of "example.co.uk". An address, and a host that is registered nowhere, is its own.
func RegisteredDomain(host string) string { return registrable(host) }
