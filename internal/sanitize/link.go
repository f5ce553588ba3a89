package sanitize

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
	"golang.org/x/text/unicode/norm"
)

// maxHref is the longest address that stays a link, in bytes.
const maxHref = 2048

// A link is a checked address.
type link struct {
	href  string // as written: host in ASCII, no user name, no extra header fields of a mail
	host  string // the host that it leads to, without port; empty for tel and geo
	label string // what to call the target: host and port, mail address, number, coordinates
}

// attributes writes the attributes of the link's start tag.
func (l link) attributes(class string) string {
	return attribute("href", l.href) + attribute("class", class) + attribute("rel", rel)
}

// parseLink checks an address. It lets through http and https with a host, and mailto, tel and geo in their plainest
// form: one mail address without header fields, one number of digits, one place.
func parseLink(raw string) (link, bool) {
	raw = strings.TrimSpace(raw)
	if len(raw) > maxHref {
		return link{}, false
	}
	u, err := url.Parse(raw)
	if err != nil {
		return link{}, false
	}
	switch u.Scheme {
	case "http", "https":
		return parseWeb(u)
	case "mailto":
		return parseMail(u.Opaque)
	case "tel":
		return parseTel(u.Opaque)
	case "geo":
		return parseGeo(u.Opaque)
	}
	return link{}, false
}

// parseWeb writes the host in the one form that can be compared, and drops a user name: it only ever misleads, as in
// "https://bank.example@elsewhere.example/" (CVE-2023-36462).
func parseWeb(u *url.URL) (link, bool) {
	host, ok := asciiHost(u.Hostname())
	if !ok || u.Opaque != "" {
		return link{}, false
	}
	u.User = nil
	switch port := u.Port(); {
	case port != "":
		u.Host = net.JoinHostPort(host, port)
	case strings.Contains(host, ":"):
		u.Host = "[" + host + "]"
	default:
		u.Host = host
	}
	return link{href: u.String(), host: host, label: u.Host}, true
}

// names maps and checks host names as for a lookup, and allows the underscore that some sites have.
var names = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.StrictDomainName(false))

// asciiHost returns a host as it is asked for: lower case, A-labels, no dot at the end; or an IP address.
func asciiHost(host string) (string, bool) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.WithZone("").String(), true
	}
	if !utf8.ValidString(host) {
		return "", false
	}
	host, err := names.ToASCII(strings.TrimSuffix(host, "."))
	if err != nil || host == "" || len(host) > 253 || strings.HasSuffix(host, ".") {
		return "", false
	}
	// The mapping accepts some names whose result it refuses.
	if again, err := names.ToASCII(host); err != nil || again != host {
		return "", false
	}
	for _, r := range host {
		if !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '.' || r == '_') {
			return "", false
		}
	}
	return host, true
}

func parseMail(address string) (link, bool) {
	local, domain, ok := strings.Cut(address, "@")
	if !ok || local == "" || len(local) > 64 {
		return link{}, false
	}
	for _, r := range local {
		if r >= 0x80 || !(unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._+-", r)) {
			return link{}, false
		}
	}
	host, ok := asciiHost(domain)
	if !ok || strings.Contains(host, ":") {
		return link{}, false
	}
	return link{href: "mailto:" + local + "@" + host, host: host, label: local + "@" + host}, true
}

// parseTel takes digits only: "*" and "#" are commands to a telephone, not numbers (RFC 3966, section 5.1.4).
func parseTel(number string) (link, bool) {
	number, err := url.PathUnescape(number)
	if err != nil {
		return link{}, false
	}
	var digits strings.Builder
	for i, r := range number {
		switch {
		case r >= '0' && r <= '9', r == '+' && i == 0:
			digits.WriteRune(r)
		case strings.ContainsRune("-.() ", r):
		default:
			return link{}, false
		}
	}
	if n := digits.Len(); n < 2 || n > 20 {
		return link{}, false
	}
	return link{href: "tel:" + digits.String(), label: digits.String()}, true
}

// parseGeo takes latitude and longitude in degrees and drops parameters (RFC 5870).
func parseGeo(place string) (link, bool) {
	place, _, _ = strings.Cut(place, ";")
	lat, lon, ok := strings.Cut(place, ",")
	lon, _, _ = strings.Cut(lon, ",")
	if !ok || !degrees(lat, 90) || !degrees(lon, 180) {
		return link{}, false
	}
	return link{href: "geo:" + lat + "," + lon, label: lat + "," + lon}, true
}

// degrees says whether s is a decimal number between -limit and limit.
func degrees(s string, limit float64) bool {
	v, err := strconv.ParseFloat(s, 64)
	return err == nil && len(s) <= 24 && v >= -limit && v <= limit && strings.Trim(s, "-.0123456789") == ""
}

// note returns what must be written after a link's visible text so that a reader knows where the link leads: nothing
// if the text names no host or the right one, the target's label in brackets if the text names another host, and the
// bare label if there is no text to see.
func (l link) note(visible string) string {
	visible = strings.ReplaceAll(norm.NFKC.String(visible), "。", ".")
	visible = strings.TrimSpace(visible)
	if visible == "" {
		return l.label
	}
	if strings.HasSuffix(visible, "("+norm.NFKC.String(l.label)+")") {
		return ""
	}
	for _, word := range strings.Fields(visible) {
		if !l.honest(word) {
			return " (" + l.label + ")"
		}
	}
	return ""
}

// honest says whether each host that a word names is the one that the link leads to. In an address of that host, what
// comes after the host is a path and names nothing.
func (l link) honest(word string) bool {
	word = strings.TrimLeftFunc(word, func(r rune) bool { return !isHostRune(r) })
	for _, scheme := range []string{"http://", "https://"} {
		if len(word) > len(scheme) && strings.EqualFold(word[:len(scheme)], scheme) {
			word = word[len(scheme):]
		}
	}
	for first := true; word != ""; first = false {
		end := strings.IndexFunc(word, func(r rune) bool { return !isHostRune(r) })
		if end < 0 {
			end = len(word)
		}
		name := strings.Trim(word[:end], ".-_")
		rest := word[end:]
		if namesHost(name) {
			if !l.is(name) {
				return false
			}
			if first && (strings.HasPrefix(rest, "/") || strings.HasPrefix(rest, "?") || strings.HasPrefix(rest, "#")) {
				return true
			}
		}
		word = strings.TrimLeftFunc(rest, func(r rune) bool { return !isHostRune(r) })
	}
	return true
}

func isHostRune(r rune) bool {
	return unicode.In(r, unicode.L, unicode.M, unicode.N) || r == '-' || r == '.' || r == '_'
}

// namesHost says whether readers take s for a host: an IPv4 address, or a name under a top-level domain that exists.
// "menu.pdf" and "12.50" are no hosts.
func namesHost(s string) bool {
	dot := strings.LastIndexByte(s, '.')
	if dot <= 0 {
		return false
	}
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	top, err := names.ToASCII(s[dot+1:])
	if err != nil || top == "" || top[0] >= '0' && top[0] <= '9' {
		return false
	}
	_, exists := publicsuffix.PublicSuffix("a.b." + top)
	return exists
}

// is says whether a name that a reader sees is the link's host, with or without "www.". A name with letters that may
// be others in disguise is not: of those beyond ASCII, only the ones that .fr registers are taken as what they seem.
func (l link) is(name string) bool {
	for _, r := range name {
		if r >= 0x80 && !strings.ContainsRune("àáâãäåæçèéêëìíîïñòóôõöùúûüýÿœß", unicode.ToLower(r)) {
			return false
		}
	}
	ascii, ok := asciiHost(name)
	return ok && strings.TrimPrefix(ascii, "www.") == strings.TrimPrefix(l.host, "www.")
}
