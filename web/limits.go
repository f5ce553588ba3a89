package web

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/time/rate"
)

// limits are how often people may do what costs much, or what may be done to guess or to annoy.
type limits struct {
	attempts *limiter // to sign in, by account and by client
	mails    *limiter // with a link, by address
	uploads  *limiter // of photos, by merchant
	bytes    *limiter // of photos in a day, by merchant
	searches *limiter // by client: of all pages they cost most
	follows  *limiter // forms to follow from elsewhere, by client
	retries  *limiter // of deliveries, by login
	accounts *limiter // look-ups of accounts elsewhere, by merchant
	towns    *limiter // look-ups of other towns, by login
	lookups  *limiter // of visitors' own servers, by client
	// allLookups are those of all clients together: what a crowd of clients makes this server ask of others.
	allLookups *limiter
}

func newLimits(now func() time.Time) limits {
	return limits{
		attempts:   newLimiter(25, 5*time.Minute, now),
		mails:      newLimiter(5, 30*time.Minute, now),
		uploads:    newLimiter(60, 10*time.Minute, now),
		bytes:      newLimiter(500<<20, 24*time.Hour, now),
		searches:   newLimiter(300, time.Minute, now),
		follows:    newLimiter(60, time.Minute, now),
		retries:    newLimiter(20, 10*time.Minute, now),
		accounts:   newLimiter(30, 10*time.Minute, now),
		towns:      newLimiter(30, 10*time.Minute, now),
		lookups:    newLimiter(10, time.Minute, now),
		allLookups: newLimiter(120, time.Minute, now),
	}
}

// maxKeys bounds how many sources a limiter remembers. The least used are forgotten first.
const maxKeys = 20_000

// limiter keeps a token bucket for each of many keys.
type limiter struct {
	burst   int
	every   time.Duration // one more token
	now     func() time.Time
	buckets *otter.Cache[string, *rate.Limiter]
}

// newLimiter allows n at once, and n more in each period.
func newLimiter(n int, period time.Duration, now func() time.Time) *limiter {
	return &limiter{
		burst: n, every: period / time.Duration(n), now: now,
		buckets: otter.Must(&otter.Options[string, *rate.Limiter]{MaximumSize: maxKeys}),
	}
}

// spent tells whether the key has used up what it has for now, and takes nothing.
func (l *limiter) spent(key string) bool { return l.bucket(key).TokensAt(l.now()) < 1 }

// charge takes n for what has been done already, even if that is more than there is. It never refuses; spent does, until
// enough time has passed.
func (l *limiter) charge(key string, n int) {
	bucket, now := l.bucket(key), l.now()
	for n > 0 { // a reservation is at most a whole bucket
		part := min(n, l.burst)
		bucket.ReserveN(now, part)
		n -= part
	}
}

// take answers a refusal with 429 where the key has had enough for now.
func (l *limiter) take(key string) error {
	if l.bucket(key).AllowN(l.now(), 1) {
		return nil
	}
	return refusal{status: http.StatusTooManyRequests, after: l.every, why: "too many requests"}
}

func (l *limiter) bucket(key string) *rate.Limiter {
	bucket, _ := l.buckets.ComputeIfAbsent(key, func() (*rate.Limiter, bool) {
		return rate.NewLimiter(rate.Every(l.every), l.burst), false
	})
	return bucket
}

// ClientAddr tells where a request comes from: the address of the connection, or, where that is this machine's or a private
// one, which a reverse proxy has, the address that the proxy was asked from, the last of X-Forwarded-For. What others write
// into that header counts for nothing.
func ClientAddr(r *http.Request) string {
	peer := parseAddr(r.RemoteAddr)
	if !peer.IsLoopback() && !peer.IsPrivate() {
		return addrString(peer, r.RemoteAddr)
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	if hop := parseAddr(strings.TrimSpace(hops[len(hops)-1])); hop.IsValid() {
		return hop.String()
	}
	return addrString(peer, r.RemoteAddr)
}

func parseAddr(s string) netip.Addr {
	if host, _, err := net.SplitHostPort(s); err == nil {
		s = host
	}
	addr, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Addr{}
	}
	return addr.Unmap().WithZone("")
}

func addrString(addr netip.Addr, otherwise string) string {
	if addr.IsValid() {
		return addr.String()
	}
	return otherwise
}

// clientKey is the client for limits: an IPv6 customer has a whole /64.
func clientKey(r *http.Request) string {
	client := ClientAddr(r)
	addr, err := netip.ParseAddr(client)
	if err != nil || addr.Is4() {
		return client
	}
	network, err := addr.Prefix(64)
	if err != nil {
		return client
	}
	return network.String()
}
