package web

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"bourg/internal/town"

	"github.com/google/uuid"
)

// testAddresses (A10): what others write into headers about where a request comes from counts for nothing, unless a proxy
// of ours wrote it.
func testAddresses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		connection string
		forwarded  []string
		want, key  string
	}{
		{"192.0.2.7:5000", nil, "192.0.2.7", "192.0.2.7"},
		{"192.0.2.7:5000", []string{"198.51.100.1"}, "192.0.2.7", "192.0.2.7"},
		{"127.0.0.1:5000", []string{"198.51.100.1"}, "198.51.100.1", "198.51.100.1"},
		{"10.0.0.2:5000", []string{"203.0.113.9, 198.51.100.1"}, "198.51.100.1", "198.51.100.1"},
		{"[::1]:5000", []string{"203.0.113.9", "198.51.100.1"}, "198.51.100.1", "198.51.100.1"},
		{"[::1]:5000", []string{"198.51.100.1, rubbish"}, "::1", "::/64"},
		{"127.0.0.1:5000", []string{""}, "127.0.0.1", "127.0.0.1"},
		{"[fd00::2]:5000", []string{"2001:db8:1:2:3::4"}, "2001:db8:1:2:3::4", "2001:db8:1:2::/64"},
		{"[::ffff:192.0.2.7]:5000", nil, "192.0.2.7", "192.0.2.7"},
		{"127.0.0.1:5000", []string{"198.51.100.1:4711"}, "198.51.100.1", "198.51.100.1"},
		{"@", nil, "@", "@"}, // a socket of this machine
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.connection
		for _, f := range c.forwarded {
			r.Header.Add("X-Forwarded-For", f)
		}
		r.Header.Set("Forwarded", "for=203.0.113.250")
		r.Header.Set("X-Real-Ip", "203.0.113.250")
		if got, key := ClientAddr(r), clientKey(r); got != c.want || key != c.key {
			t.Errorf("%s with %q: got %s and the key %s, want %s and %s", c.connection, c.forwarded, got, key, c.want, c.key)
		}
	}
}

// A limit gives way again as time passes, for each key on its own.
func TestLimiter(t *testing.T) {
	t.Parallel()
	clock := time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)
	l := newLimiter(3, 3*time.Minute, func() time.Time { return clock })
	for range 3 {
		if err := l.take("a"); err != nil {
			t.Fatalf("within the limit: got %v", err)
		}
	}
	var refused refusal
	if err := l.take("a"); !errors.As(err, &refused) || refused.status != http.StatusTooManyRequests || refused.after <= 0 {
		t.Errorf("beyond the limit: got %v, want a refusal with 429 and a time to come back", err)
	}
	if err := l.take("b"); err != nil {
		t.Errorf("another key: got %v, want none", err)
	}
	clock = clock.Add(time.Minute)
	if err := l.take("a"); err != nil {
		t.Errorf("a minute later: got %v, want none", err)
	}
	if err := l.take("a"); err == nil {
		t.Error("a minute later, twice: got none, want a refusal")
	}
	for range 3 * maxKeys {
		_ = l.take(uuid.NewString())
	}
	l.buckets.CleanUp()
	if n := l.buckets.EstimatedSize(); n > maxKeys {
		t.Errorf("keys remembered: got %d, want %d at most", n, maxKeys)
	}
}

// What was done is charged even where it is more than there is, and nothing more is allowed until that has been made up for.
func TestCharge(t *testing.T) {
	t.Parallel()
	clock := time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)
	l := newLimiter(100, 100*time.Hour, func() time.Time { return clock })
	steps := []struct {
		charge int
		pass   time.Duration
		want   bool // spent
	}{{0, 0, false}, {99, 0, false}, {1, 0, true}, {0, time.Hour, false}, {250, 0, true}, {0, 249 * time.Hour, true}, {0, time.Hour, false}, {0, 1000 * time.Hour, false}, {100, 0, true}}
	for i, s := range steps {
		l.charge("a", s.charge)
		clock = clock.Add(s.pass)
		if got := l.spent("a"); got != s.want {
			t.Errorf("step %d: got spent %v, want %v", i+1, got, s.want)
		}
	}
	if l.spent("b") {
		t.Error("another key: got spent, want not")
	}
}

func TestDevices(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string]string{
		"Mozilla/5.0 (Linux; Android 14; SM-A156B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile Safari/537.36":               "android chrome",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile Safari/604.1": "iphone safari",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36 Edg/126.0":            "windows edge",
		"Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0":                                                           "linux firefox",
		"": "other other",
	} {
		if got := deviceOf(agent); got != want {
			t.Errorf("%q: got %q, want %q", agent, got, want)
		}
	}
}

// A place in a list comes back as it was written, and nothing else is one.
func TestCursor(t *testing.T) {
	t.Parallel()
	post := &town.Post{ID: uuid.New(), Published: time.Date(2026, 11, 26, 10, 5, 7, 123456000, time.UTC)}
	written := olderThan(post)
	got, err := readCursor(url.Values{"avant": {written}})
	if err != nil || !got.At.Equal(post.Published) || got.ID != post.ID {
		t.Errorf("read back: got %v and %v, want %v", got, err, town.After(post))
	}
	if got, err := readCursor(url.Values{}); err != nil || !got.IsZero() {
		t.Errorf("without a place: got %v and %v, want the newest", got, err)
	}
	for _, bad := range []string{"", "1", written + "A", written[:20], "////////////////////////////////", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"} {
		if _, err := readCursor(url.Values{"avant": {bad}}); err == nil {
			t.Errorf("%q: got no error", bad)
		}
	}
	for bad, want := range map[string]int64{"12": 12, "0": -1, "-1": -1, "9999999999999999999": -1, "NaN": -1, "": -1} {
		n, err := readNumber(url.Values{"avant": {bad}})
		if (err != nil) != (want < 0) || want > 0 && n != want {
			t.Errorf("number %q: got %d and %v", bad, n, err)
		}
	}
}

// A session that cannot be read has ended; one that can comes back whole.
func TestSessionCodec(t *testing.T) {
	t.Parallel()
	want := session{Login: uuid.New(), Epoch: 3, Merchant: uuid.New(), Device: "android chrome", Seen: time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)}
	deadline := want.Seen.Add(sessionLife)
	data, err := sessionCodec{}.Encode(deadline, map[string]any{sessionValue: want})
	if err != nil {
		t.Fatalf("writing: %v", err)
	}
	at, values, err := sessionCodec{}.Decode(data)
	want.Deadline = deadline
	if got := values[sessionValue]; err != nil || !at.Equal(deadline) || got != want {
		t.Errorf("reading: got %v, %v and %v, want %v", at, got, err, want)
	}
	for _, bad := range []string{"", "{}", "gob\x00", `{"login":"me"}`} {
		if _, values, err := (sessionCodec{}).Decode([]byte(bad)); err != nil || len(values) > 0 {
			t.Errorf("%q: got %v and %v, want nothing", bad, values, err)
		}
	}
}
