// Package config reads what an operator sets: environment variables whose names
// begin with BOURG_, once, at the start. Everything else is decided in the
// town hall's screens and lies in the database.
//
// A wrong value, and a variable that does not exist, is an error of one
// sentence that names the variable and never repeats a secret.
package config

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"bourg/internal/nearest"
)

// Config is the configuration of one process. It is not changed after Load.
type Config struct {
	// URL is the public base URL, without a path: scheme, host in lower
	// case and ASCII, and the port where it is not the scheme's own.
	URL *url.URL
	// HandleDomain is what stands behind the "@" of handles, in the spelling in which hosts
	// are compared; "" for URL's host. Once handles are in use it must not change.
	HandleDomain string
	// Listen is the address (host:port) to listen on.
	Listen string
	// Data is the folder of the media and of the private PostgreSQL.
	Data string
	// DatabaseURL names the PostgreSQL to use; empty: a private one.
	DatabaseURL string
	// PeerNetworks are addresses, else forbidden, to which federation is allowed.
	PeerNetworks []netip.Prefix
	// UndoWindow is how long a post from the screens waits before it leaves.
	UndoWindow time.Duration
	// Town is the town as the operator names it, if at all.
	Town Town
	// MetricsListen is the address of /metrics; empty: there is none.
	MetricsListen string
	// MediaURL is another base URL of uploads, or nil: they are served under URL.
	MediaURL *url.URL
	// RepliesApproved says that replies wait for approval.
	RepliesApproved bool
	// SecureMode says that other servers are answered only where they sign what they ask.
	SecureMode bool
	// SMTPURL is how mail goes out, as mail.ParseServer reads it
	// (smtp://user:password@host:587?from=address); empty: links are printed to the log.
	SMTPURL string
	// Now is the clock of the whole program; nil for time.Now. No variable sets it.
	Now func() time.Time
}

// Town is what the environment says of the town. Without a Name, the first
// visit asks for everything.
type Town struct {
	Name   string
	Handle string
	INSEE  string
	// Lat and Lon are degrees (WGS 84), both set or both nil.
	Lat, Lon *float64
}

// variables are the environment variables as they stand there. A field whose
// tag says secret may also come from a file, which the variable with the
// suffix _FILE names.
type variables struct {
	URL           string `env:"BOURG_URL" envDefault:"http://localhost:8080"`
	HandleDomain  string `env:"BOURG_HANDLE_DOMAIN"`
	Listen        string `env:"BOURG_LISTEN" envDefault:"127.0.0.1:8080"`
	Data          string `env:"BOURG_DATA" envDefault:"./data"`
	DatabaseURL   string `env:"BOURG_DATABASE_URL" secret:"yes"`
	PeerNetworks  string `env:"BOURG_PEER_NETWORKS"`
	UndoWindow    string `env:"BOURG_UNDO_WINDOW" envDefault:"60s"`
	TownName      string `env:"BOURG_TOWN_NAME"`
	TownHandle    string `env:"BOURG_TOWN_HANDLE"`
	TownINSEE     string `env:"BOURG_TOWN_INSEE"`
	TownLat       string `env:"BOURG_TOWN_LAT"`
	TownLon       string `env:"BOURG_TOWN_LON"`
	MetricsListen string `env:"BOURG_METRICS_LISTEN"`
	MediaURL      string `env:"BOURG_MEDIA_URL"`
	Replies       string `env:"BOURG_REPLIES" envDefault:"open"`
	SecureMode    string `env:"BOURG_SECURE_MODE" envDefault:"false"`
	SMTPURL       string `env:"BOURG_SMTP_URL" secret:"yes"`
}

const (
	prefix     = "BOURG_"
	fileSuffix = "_FILE"
	// testPrefix marks what the tests read, not the program.
	testPrefix = "BOURG_TEST_"
)

// Load reads the configuration from an environment in the form of os.Environ.
// Its error joins one sentence per wrong variable. An empty variable counts as
// one that is not set.
func Load(environ []string) (Config, error) {
	set := make(map[string]string)
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, prefix) && !strings.HasPrefix(name, testPrefix) && value != "" {
			set[name] = value
		}
	}
	if err := errors.Join(refuseUnknown(set), readFiles(set)); err != nil {
		return Config{}, err
	}
	v, err := env.ParseAsWithOptions[variables](env.Options{Environment: set})
	if err != nil {
		return Config{}, fmt.Errorf("read the environment: %w", err)
	}
	return v.parse()
}

// names returns the variables that exist: all, or those that may come from a file.
func names(secretOnly bool) []string {
	var list []string
	for _, field := range reflect.VisibleFields(reflect.TypeFor[variables]()) {
		if !secretOnly || field.Tag.Get("secret") != "" {
			list = append(list, field.Tag.Get("env"))
		}
	}
	return list
}

// refuseUnknown finds the misspelt variable, which would otherwise be a setting
// that silently has no effect.
func refuseUnknown(set map[string]string) error {
	known := names(false)
	for _, name := range names(true) {
		known = append(known, name+fileSuffix)
	}
	var errs []error
	for name := range set {
		if !slices.Contains(known, name) {
			errs = append(errs, fmt.Errorf("%s is unknown; the nearest variable is %s", name, nearest.To(name, known)))
		}
	}
	return errors.Join(errs...)
}

// readFiles replaces X_FILE by X with what the file says.
func readFiles(set map[string]string) error {
	var errs []error
	for _, name := range names(true) {
		path, there := set[name+fileSuffix]
		if !there {
			continue
		}
		if set[name] != "" {
			errs = append(errs, fmt.Errorf("%s and %s are both set; set one", name, name+fileSuffix))
			continue
		}
		content, err := os.ReadFile(path)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s cannot be read: %w", name+fileSuffix, err))
			continue
		}
		value := strings.TrimSpace(string(content))
		if value == "" {
			errs = append(errs, fmt.Errorf("%s names an empty file, %s", name+fileSuffix, path))
			continue
		}
		set[name] = value
		delete(set, name+fileSuffix)
	}
	return errors.Join(errs...)
}
