package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"bourg/federation"
	"bourg/internal/mail"
)

// longestName is the longest name of a town, in letters; the longest of a French
// commune has 45.
const longestName = 100

// parse turns the text of the variables into their values, and collects what is
// wrong with any of them.
func (v variables) parse() (Config, error) {
	var errs []error
	check := func(name string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s %w", name, err))
		}
	}
	c := Config{
		Listen: v.Listen, Data: v.Data, DatabaseURL: v.DatabaseURL, MetricsListen: v.MetricsListen,
		RepliesApproved: v.Replies == "approve", SecureMode: v.SecureMode == "true", SMTPURL: v.SMTPURL,
		Town: Town{Name: strings.TrimSpace(v.TownName), Handle: v.TownHandle, INSEE: v.TownINSEE},
	}
	var err error

	c.URL, err = webURL(v.URL)
	if err == nil && c.URL.Path != "" {
		err = fmt.Errorf("must end after the host (and port), and has the path %q", c.URL.Path)
	}
	check("BOURG_URL", err)
	if c.URL != nil {
		c.HandleDomain, err = handleDomain(c.URL.Scheme, v.HandleDomain)
		check("BOURG_HANDLE_DOMAIN", err)
	}
	check("BOURG_LISTEN", address(v.Listen))
	check("BOURG_DATABASE_URL", databaseURL(v.DatabaseURL))
	c.PeerNetworks, err = networks(v.PeerNetworks)
	check("BOURG_PEER_NETWORKS", err)
	c.UndoWindow, err = duration(v.UndoWindow)
	check("BOURG_UNDO_WINDOW", err)
	check("BOURG_TOWN_NAME", townName(c.Town.Name))
	check("BOURG_TOWN_HANDLE", match(v.TownHandle, `[a-z0-9_]{1,30}`, "must be 1 to 30 of a-z, 0-9 and _"))
	check("BOURG_TOWN_INSEE", match(v.TownINSEE, `([0-9]{2}|2[AB])[0-9]{3}`, "must be an INSEE code of five characters, like 30007 or 2A004"))
	c.Town.Lat, err = degrees(v.TownLat, 90)
	check("BOURG_TOWN_LAT", err)
	c.Town.Lon, err = degrees(v.TownLon, 180)
	check("BOURG_TOWN_LON", err)
	switch {
	case v.TownLat == "" && c.Town.Lon != nil:
		check("BOURG_TOWN_LAT", errors.New("is missing beside BOURG_TOWN_LON"))
	case v.TownLon == "" && c.Town.Lat != nil:
		check("BOURG_TOWN_LON", errors.New("is missing beside BOURG_TOWN_LAT"))
	}
	if v.MetricsListen != "" {
		check("BOURG_METRICS_LISTEN", address(v.MetricsListen))
	}
	if v.MediaURL != "" {
		c.MediaURL, err = webURL(v.MediaURL)
		check("BOURG_MEDIA_URL", err)
	}
	check("BOURG_REPLIES", match(v.Replies, `open|approve`, "must be open or approve"))
	check("BOURG_SECURE_MODE", match(v.SecureMode, `true|false`, "must be true or false"))
	check("BOURG_SMTP_URL", smtpURL(v.SMTPURL))
	if len(errs) > 0 {
		return Config{}, errors.Join(errs...)
	}
	return c, nil
}

// webURL reads an http or https URL in one spelling: the host as federation
// compares it, and no slash at the end.
func webURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("is not a URL: %q", text)
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("must begin with https:// (or http://), got %q", text)
	case u.Hostname() == "":
		return nil, fmt.Errorf("names no host: %q", text)
	case u.User != nil:
		return nil, errors.New("must not have a user name or password")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, fmt.Errorf("must not have a query or fragment: %q", text)
	}
	host := federation.CanonicalHost(u.Scheme, u.Host)
	if host == "" {
		return nil, fmt.Errorf("has a host or port that cannot be: %q", u.Host)
	}
	u.Host = host
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = ""
	return u, nil
}

// handleDomain reads an optional host, with a port where it has one that is not the scheme's own.
func handleDomain(scheme, text string) (string, error) {
	if text == "" {
		return "", nil
	}
	host := federation.CanonicalHost(scheme, text)
	if host == "" || strings.HasPrefix(host, "[") {
		return "", fmt.Errorf("must be a domain like ville.fr, without https:// and @, got %q", text)
	}
	return host, nil
}

// address checks host:port, where the host may be empty (all addresses).
func address(text string) error {
	_, number, err := net.SplitHostPort(text)
	if err != nil {
		return fmt.Errorf("must be host:port, like 127.0.0.1:8080, got %q", text)
	}
	return port(number)
}

func port(number string) error {
	if _, err := strconv.ParseUint(number, 10, 16); err != nil {
		return fmt.Errorf("has a port that is not a number from 0 to 65535: %q", number)
	}
	return nil
}

// databaseURL looks only whether the text can be meant for PostgreSQL: a URL or
// a list of keyword=value. It does not repeat it, because it holds a password.
func databaseURL(text string) error {
	switch {
	case text == "", strings.HasPrefix(text, "postgres://"), strings.HasPrefix(text, "postgresql://"):
		return nil
	case !strings.Contains(text, "://") && strings.Contains(text, "="):
		return nil
	}
	return errors.New("must begin with postgres://, or be a list of keyword=value")
}

// smtpURL checks that mail can be sent by this URL. It does not repeat the text,
// because it holds a password.
func smtpURL(text string) error {
	if text == "" {
		return nil
	}
	_, err := mail.ParseServer(text)
	return err
}

// networks reads CIDRs that stand between commas or spaces.
func networks(text string) ([]netip.Prefix, error) {
	var list []netip.Prefix
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || unicode.IsSpace(r) }) {
		network, err := netip.ParsePrefix(part)
		if err != nil || network.Addr().Is4In6() {
			return nil, fmt.Errorf("must be a list of networks like 10.0.0.0/8,fd00::/8, got %q", part)
		}
		if network != network.Masked() {
			return nil, fmt.Errorf("has bits set behind the network in %q; %s is meant", part, network.Masked())
		}
		list = append(list, network)
	}
	return list, nil
}

func duration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("must be a duration like 60s or 2m, got %q", text)
	}
	if d < 0 {
		return 0, fmt.Errorf("must not be negative, got %q", text)
	}
	return d, nil
}

// degrees reads an optional latitude or longitude.
func degrees(text string, most float64) (*float64, error) {
	if text == "" {
		return nil, nil
	}
	value, err := strconv.ParseFloat(text, 64)
	// Written so that NaN, which is neither above nor below, is refused.
	if inside := value >= -most && value <= most; err != nil || !inside {
		return nil, fmt.Errorf("must be degrees from -%g to %g with a decimal point, got %q", most, most, text)
	}
	return &value, nil
}

func townName(text string) error {
	if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) || utf8.RuneCountInString(text) > longestName {
		return fmt.Errorf("must be a name of at most %d letters in UTF-8", longestName)
	}
	return nil
}

// match checks an optional value against a whole pattern.
func match(text, pattern, want string) error {
	if text == "" || regexp.MustCompile(`^(?:`+pattern+`)$`).MatchString(text) {
		return nil
	}
	return fmt.Errorf("%s, got %q", want, text)
}
