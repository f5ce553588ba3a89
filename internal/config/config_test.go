package config_test

import (
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"bourg/internal/config"
)

func TestDefaults(t *testing.T) {
	t.Parallel()
	got, err := config.Load([]string{"HOME=/root", "PATH=/bin", "BOURG_TOWN_NAME=", "BOURG_TEST_DATABASE_URL=postgres:///x"})
	if err != nil {
		t.Fatal(err)
	}
	want := config.Config{
		URL:        &url.URL{Scheme: "http", Host: "localhost:8080"},
		Listen:     "127.0.0.1:8080",
		Data:       "./data",
		UndoWindow: time.Minute,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestEverything(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "smtp")
	if err := os.WriteFile(secret, []byte("smtps://mairie:s3cret@mail.example:465\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := config.Load([]string{
		"BOURG_URL=https://Uzès.example:443/",
		"BOURG_HANDLE_DOMAIN=Mairie-Uzès.example:443",
		"BOURG_LISTEN=:9000",
		"BOURG_DATA=/var/lib/bourg/data",
		"BOURG_DATABASE_URL=host=/run/postgresql dbname=bourg",
		"BOURG_PEER_NETWORKS=127.0.0.0/8, fd00::/8",
		"BOURG_UNDO_WINDOW=0s",
		"BOURG_TOWN_NAME=Uzès",
		"BOURG_TOWN_HANDLE=uzes",
		"BOURG_TOWN_INSEE=30334",
		"BOURG_TOWN_LAT=44.0122",
		"BOURG_TOWN_LON=-4.4189",
		"BOURG_METRICS_LISTEN=127.0.0.1:9100",
		"BOURG_MEDIA_URL=https://media.uzes.example/bourg/",
		"BOURG_REPLIES=approve",
		"BOURG_SMTP_URL_FILE=" + secret,
	})
	if err != nil {
		t.Fatal(err)
	}
	lat, lon := 44.0122, -4.4189
	want := config.Config{
		URL:             &url.URL{Scheme: "https", Host: "xn--uzs-7la.example"},
		HandleDomain:    "xn--mairie-uzs-76a.example",
		Listen:          ":9000",
		Data:            "/var/lib/bourg/data",
		DatabaseURL:     "host=/run/postgresql dbname=bourg",
		PeerNetworks:    []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("fd00::/8")},
		Town:            config.Town{Name: "Uzès", Handle: "uzes", INSEE: "30334", Lat: &lat, Lon: &lon},
		MetricsListen:   "127.0.0.1:9100",
		MediaURL:        &url.URL{Scheme: "https", Host: "media.uzes.example", Path: "/bourg"},
		RepliesApproved: true,
		SMTPURL:         "smtps://mairie:s3cret@mail.example:465",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestURLHasOneSpelling(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"http://LOCALHOST:8080":   "http://localhost:8080",
		"http://uzes.example:80/": "http://uzes.example",
		"https://uzes.example:80": "https://uzes.example:80",
		"http://127.0.0.1:3000":   "http://127.0.0.1:3000",
		"https://Uzes.example.":   "https://uzes.example",
		"http://[::1]":            "http://[::1]",
		"http://[::1]:3000/":      "http://[::1]:3000",
	} {
		got, err := config.Load([]string{"BOURG_URL=" + given})
		if err != nil {
			t.Errorf("%s: %v", given, err)
		} else if got.URL.String() != want {
			t.Errorf("%s: got %s, want %s", given, got.URL, want)
		}
	}
}

// TestFaults/R6: whatever is wrong, one sentence names the variable.
func TestFaults(t *testing.T) {
	t.Parallel()
	t.Run("R6", func(t *testing.T) {
		t.Parallel()
		empty := filepath.Join(t.TempDir(), "empty")
		if err := os.WriteFile(empty, []byte("\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct{ environ, want string }{
			{"BOURG_HANDLE_DOMAIN=https://uzes.example", "BOURG_HANDLE_DOMAIN must be a domain"},
			{"BOURG_HANDLE_DOMAIN=@uzes.example", "BOURG_HANDLE_DOMAIN must be a domain"},
			{"BOURG_HANDLE_DOMAIN=uzes.example/bourg", "BOURG_HANDLE_DOMAIN must be a domain"},
			{"BOURG_HANDLE_DOMAIN=[::1]", "BOURG_HANDLE_DOMAIN must be a domain"},
			{"BOURG_URL=uzes.example", "BOURG_URL must begin with https://"},
			{"BOURG_URL=ftp://uzes.example", "BOURG_URL must begin with https://"},
			{"BOURG_URL=https://", "BOURG_URL names no host"},
			{"BOURG_URL=https://:443", "BOURG_URL names no host"},
			{"BOURG_URL=https://uzes.example/bourg", "BOURG_URL must end after the host"},
			{"BOURG_URL=https://maire:secret@uzes.example", "BOURG_URL must not have a user name"},
			{"BOURG_URL=https://uzes.example?x", "BOURG_URL must not have a query"},
			{"BOURG_URL=https://uzes.example#x", "BOURG_URL must not have a query or fragment"},
			{"BOURG_URL=https://uzes.example:99999", "BOURG_URL has a host or port"},
			{"BOURG_URL=https://uzes..example", "BOURG_URL has a host"},
			{"BOURG_URL=https://u_z es", "BOURG_URL is not a URL"},
			{"BOURG_URL=https://-uzes-.example", "BOURG_URL has a host"},
			{"BOURG_LISTEN=8080", "BOURG_LISTEN must be host:port"},
			{"BOURG_LISTEN=127.0.0.1:http2", "BOURG_LISTEN has a port"},
			{"BOURG_LISTEN=127.0.0.1:-1", "BOURG_LISTEN has a port"},
			{"BOURG_METRICS_LISTEN=x", "BOURG_METRICS_LISTEN must be host:port"},
			{"BOURG_DATABASE_URL=mysql://root:secret@db", "BOURG_DATABASE_URL must begin with postgres://"},
			{"BOURG_PEER_NETWORKS=10.0.0.1", "BOURG_PEER_NETWORKS must be a list"},
			{"BOURG_PEER_NETWORKS=10.0.0.1/8", "10.0.0.0/8 is meant"},
			{"BOURG_PEER_NETWORKS=::ffff:10.0.0.0/104", "BOURG_PEER_NETWORKS must be a list"},
			{"BOURG_UNDO_WINDOW=60", "BOURG_UNDO_WINDOW must be a duration"},
			{"BOURG_UNDO_WINDOW=-1s", "BOURG_UNDO_WINDOW must not be negative"},
			{"BOURG_TOWN_NAME=" + strings.Repeat("é", 101), "BOURG_TOWN_NAME must be a name"},
			{"BOURG_TOWN_NAME=Uz\xe8s", "BOURG_TOWN_NAME must be a name"},
			{"BOURG_TOWN_HANDLE=Uzès", "BOURG_TOWN_HANDLE must be"},
			{"BOURG_TOWN_INSEE=3033", "BOURG_TOWN_INSEE must be"},
			{"BOURG_TOWN_INSEE=2C004", "BOURG_TOWN_INSEE must be"},
			{"BOURG_TOWN_LAT=91", "BOURG_TOWN_LAT must be degrees"},
			{"BOURG_TOWN_LAT=44,01", "BOURG_TOWN_LAT must be degrees"},
			{"BOURG_TOWN_LON=NaN", "BOURG_TOWN_LON must be degrees"},
			{"BOURG_TOWN_LON=4.4", "BOURG_TOWN_LAT is missing"},
			{"BOURG_TOWN_LAT=4.4", "BOURG_TOWN_LON is missing"},
			{"BOURG_MEDIA_URL=/media", "BOURG_MEDIA_URL must begin with"},
			{"BOURG_REPLIES=closed", "BOURG_REPLIES must be open or approve"},
			{"BOURG_SMTP_URL=mail.example:secret", "BOURG_SMTP_URL must be smtp://"},
			{"BOURG_SMTP_URL_FILE=/nonexistent", "BOURG_SMTP_URL_FILE cannot be read"},
			{"BOURG_SMTP_URL_FILE=" + empty, "BOURG_SMTP_URL_FILE names an empty file"},
			{"BOURG_LITSEN=:80", "BOURG_LITSEN is unknown; the nearest variable is BOURG_LISTEN"},
			{"BOURG_URL_FILE=/x", "BOURG_URL_FILE is unknown"},
			{"BOURG_MEDIA_S3_BUCKET=photos", "BOURG_MEDIA_S3_BUCKET is unknown"},
		} {
			_, err := config.Load([]string{tt.environ})
			if err == nil {
				t.Errorf("%s: got no error, want %q", tt.environ, tt.want)
				continue
			}
			if got := err.Error(); !strings.Contains(got, tt.want) || strings.Contains(got, "\n") || strings.Contains(got, "secret") {
				t.Errorf("%s: got %q, want one line with %q and no secret", tt.environ, got, tt.want)
			}
		}
	})
}

func TestBothFormsOfASecret(t *testing.T) {
	t.Parallel()
	_, err := config.Load([]string{"BOURG_DATABASE_URL=postgres:///a", "BOURG_DATABASE_URL_FILE=/x"})
	if want := "BOURG_DATABASE_URL and BOURG_DATABASE_URL_FILE are both set"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got error %v, want %q", err, want)
	}
}

func TestAllErrorsAtOnce(t *testing.T) {
	t.Parallel()
	_, err := config.Load([]string{"BOURG_LISTEN=x", "BOURG_REPLIES=y"})
	if err == nil || !strings.Contains(err.Error(), "BOURG_LISTEN") || !strings.Contains(err.Error(), "BOURG_REPLIES") {
		t.Errorf("got error %v, want both variables named", err)
	}
}
