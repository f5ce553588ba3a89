// Package pagecache keeps the answers to anonymous GETs for as long as nothing has
// changed, because a post that is boosted by a well-known account is fetched by a
// thousand servers and read by their people within a minute.
//
// An answer is kept under everything that it may depend on (see Key) together with the
// generation of the store's content that was read before it was made. It is given again
// only while that generation stands, so nobody is shown what was withdrawn or blocked,
// for a short time only, because pages show the time, and never in another minute than that
// in which it was made, because shops open and close with the minute.
package pagecache

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/singleflight"
)

// Cache keeps answers. Make it with New.
type Cache struct {
	generation func() uint64
	key        Key
	life       time.Duration
	now        func() time.Time
	answers    *otter.Cache[string, *answer]
	making     singleflight.Group
}

// Key names what an answer depends on besides the request's address: language, colours,
// the form that is asked for. ok is false for a request whose answer is its sender's own
// (somebody is signed in), which is passed on.
type Key func(r *http.Request) (key string, ok bool)

// Config is what a Cache is made from.
type Config struct {
	Generation func() uint64 // of the content; it only ever grows
	Key        Key
	Life       time.Duration // how long an answer may be shown
	Bytes      uint64        // how much is kept at most
	Now        func() time.Time
}

// maxAnswer is the size above which an answer is not worth keeping.
const maxAnswer = 512 << 10

// New returns an empty cache.
func New(c Config) (*Cache, error) {
	answers, err := otter.New(&otter.Options[string, *answer]{
		MaximumWeight: c.Bytes,
		Weigher:       func(key string, a *answer) uint32 { return uint32(len(key) + a.body.Len() + 512) },
	})
	if err != nil {
		return nil, err
	}
	return &Cache{generation: c.Generation, key: c.Key, life: c.Life, now: c.Now, answers: answers}, nil
}

// answer is a whole response. It is never changed once it is made.
type answer struct {
	status     int
	header     http.Header
	body       bytes.Buffer
	generation uint64
	made       time.Time
}

// Wrap returns next behind the cache. Requests for the same answer at the same time make it once,
// if it is one that may be kept.
func (c *Cache) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead || r.Header.Get("Range") != "" {
			next.ServeHTTP(w, r)
			return
		}
		extra, ok := c.key(r)
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		key := strings.Join([]string{r.Method, r.Host, r.URL.RequestURI(), extra}, "\x00")
		generation := c.generation()
		if a, found := c.answers.GetIfPresent(key); found && a.generation == generation && c.fresh(a) {
			a.write(w, r)
			return
		}
		// The generation is part of the flight's name: whoever comes after a change waits for no older answer.
		flight := key + "\x00" + strconv.FormatUint(generation, 36)
		own := false
		made, _, _ := c.making.Do(flight, func() (any, error) {
			own = true
			a := &answer{status: http.StatusOK, header: http.Header{}, generation: generation, made: c.now()}
			next.ServeHTTP(a, forEverybody(r))
			if a.keepable() {
				c.answers.Set(key, a)
			}
			return a, nil
		})
		a := made.(*answer)
		if !own && !a.keepable() { // a refusal, for instance, is for the one who asked too much
			next.ServeHTTP(w, r)
			return
		}
		a.write(w, r)
	})
}

// fresh tells whether an answer says what it would say if it were made now.
func (c *Cache) fresh(a *answer) bool {
	now := c.now()
	return now.Sub(a.made) < c.life && now.Truncate(time.Minute).Equal(a.made.Truncate(time.Minute))
}

// keepable tells whether somebody else may be shown the answer.
func (a *answer) keepable() bool {
	private := strings.Contains(a.header.Get("Cache-Control"), "no-store") ||
		strings.Contains(a.header.Get("Cache-Control"), "private") || a.header.Get("Set-Cookie") != ""
	good := a.status == http.StatusOK || a.status == http.StatusSeeOther || a.status == http.StatusGone
	return good && !private && a.body.Len() <= maxAnswer
}

// forEverybody is the request without what concerns its sender alone: others wait for the
// answer too, so the one who asked first may leave, and what that one has already is no matter.
func forEverybody(r *http.Request) *http.Request {
	r = r.Clone(context.WithoutCancel(r.Context()))
	r.Header.Del("If-None-Match")
	r.Header.Del("If-Modified-Since")
	return r
}

// write gives the answer, or says that the one who asks has it already (RFC 9110, section 13.1.2).
func (a *answer) write(w http.ResponseWriter, r *http.Request) {
	maps.Copy(w.Header(), a.header)
	if a.status == http.StatusOK && has(r.Header.Get("If-None-Match"), a.header.Get("ETag")) {
		w.Header().Del("Content-Length")
		w.Header().Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body.Bytes())
}

// has tells whether a list of entity tags names this one.
func has(list, tag string) bool {
	for one := range strings.SplitSeq(list, ",") {
		one = strings.TrimPrefix(strings.TrimSpace(one), "W/")
		if tag != "" && (one == tag || one == "*") {
			return true
		}
	}
	return false
}

// Header, WriteHeader and Write make an answer the http.ResponseWriter of the handler that fills it.
func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }
