package federation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"os"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/maypok86/otter/v2"
)

const (
	bodyDeadline = 10 * time.Second // from the headers to the end of the body
	firstRead    = 16 << 10         // bytes that are made room for before a body claims more
)

// InboxConfig is what an Inbox is made from. All fields without a default are needed.
type InboxConfig struct {
	// Origin is this server's base URL without a slash at the end: "https://town.example".
	Origin   string
	Keys     *Keys
	Cache    ActorCache
	Gate     Gate
	Receiver Receiver
	// Failures limits what a client's address may send that is refused, and for how long a
	// stranger at that address is heard after it. Where it is zero: 500, and three more every two seconds.
	Failures Rate
	// PerHost limits the activities of one host, however good they are. Where it is zero:
	// 2000, and 500 more each second.
	PerHost Rate
	// ClientAddr tells where a request comes from, for the limits. nil: the address of the connection.
	ClientAddr func(*http.Request) string
	// Schemes is told of hosts that sign with Ed25519. May be nil.
	Schemes Schemes
	// Followings are compared with what peers know of them (FEP-8fcf). nil where nobody here follows anybody.
	Followings Followings
	// Verified is told of each signature that was verified. It must not block. May be nil.
	Verified func(scheme SignatureScheme)
	// Rejected counts refusals and drops by their codes. May be nil.
	Rejected func(code string)
	Log      *slog.Logger     // nil for slog.Default()
	Now      func() time.Time // nil for time.Now
}

// Inbox answers POSTs to inboxes, the shared one and the actors' own. It refuses what is
// cheap to refuse first, verifies the signature, asks the authority gate, and hands what
// remains to the Receiver, in the order of go-fed's pub.Actor. It answers 202 when the
// activity has had its effect, or rightly has none; else {"error": code}.
type Inbox struct {
	config   InboxConfig
	failures *limiter
	perHost  *limiter
	told     *otter.Cache[string, time.Time] // hosts of which Schemes was told, and when
}

// toldFor is how long Schemes is not told again of a host.
const toldFor = time.Hour

// NewInbox makes an Inbox.
func NewInbox(config InboxConfig) *Inbox {
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Log == nil {
		config.Log = slog.Default()
	}
	if config.ClientAddr == nil {
		config.ClientAddr = remoteAddr
	}
	if config.Verified == nil {
		config.Verified = func(SignatureScheme) {}
	}
	if config.Rejected == nil {
		config.Rejected = func(string) {}
	}
	if config.Failures == (Rate{}) {
		config.Failures = Rate{PerSecond: 1.5, Burst: 500}
	}
	if config.PerHost == (Rate{}) {
		config.PerHost = Rate{PerSecond: 500, Burst: 2000}
	}
	return &Inbox{
		config: config, failures: newLimiter(config.Failures, config.Now), perHost: newLimiter(config.PerHost, config.Now),
		told: otter.Must(&otter.Options[string, time.Time]{MaximumSize: maxSources}),
	}
}

// ServeHTTP answers a POST to an inbox. The router decides which paths are inboxes; the
// path is taken from the request as it came, because it is what was signed.
func (i *Inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d := &delegate{inbox: i, request: r, source: i.config.ClientAddr(r), received: i.config.Now(), budget: NewBudget(FetchesPerActivity)}
	defer func() {
		if p := recover(); p != nil {
			if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(p)
			}
			i.answer(w, d, fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
		}
	}()
	i.answer(w, d, i.receive(w, d))
}

// receive takes one request through all steps. Nothing is fetched before the cheap ones have passed.
func (i *Inbox) receive(w http.ResponseWriter, d *delegate) error {
	if err := checkRequest(d.request); err != nil {
		return err
	}
	var err error
	if d.signature, err = readSignature(d.request, i.config.Origin, d.received); err != nil {
		return err
	}
	if err := i.admit(d); err != nil {
		return err
	}
	d.bodyRead = true
	body, err := readBody(w, d.request)
	if err != nil {
		return err
	}
	if err := d.signature.matchesBody(body); err != nil {
		return err
	}
	if d.doc, err = ParseDocument(body); err != nil {
		return err
	}
	if d.activity, err = DecodeActivity(d.doc); err != nil {
		return err
	}
	if err := i.dismiss(d); err != nil {
		return err
	}
	return i.post(d)
}

// checkRequest looks at what the header says of the body.
func checkRequest(r *http.Request) error {
	if r.Method != http.MethodPost {
		return &Refusal{Status: http.StatusMethodNotAllowed, Code: "method"}
	}
	switch media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); media {
	case ActivityType, "application/ld+json": // some leave the profile out
	default:
		return &Refusal{Status: http.StatusUnsupportedMediaType, Code: "content_type"}
	}
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return &Refusal{Status: http.StatusUnsupportedMediaType, Code: "encoding"}
	}
	if r.ContentLength > MaxDocument {
		return &Refusal{Status: http.StatusRequestEntityTooLarge, Code: "too_large"}
	}
	return nil
}

// admit decides whether the body is read at all: not from blocked hosts, and from
// strangers only while their address has not sent too much that was refused.
func (i *Inbox) admit(d *delegate) error {
	keyID := d.signature.KeyID
	if err := i.config.Keys.check(keyID); err != nil {
		return err
	}
	ctx := d.request.Context()
	if err := i.config.Gate.Allowed(ctx, keyID.Host()); err != nil {
		return err
	}
	if wait, empty := i.failures.empty(d.source); empty {
		key, err := i.config.Keys.stored(ctx, keyID)
		if err != nil {
			return err
		}
		if key == nil {
			return tooMany("too_many_failures", wait)
		}
	}
	return nil
}

// readBody reads the body within its deadline and limit.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	control := http.NewResponseController(w)
	if err := control.SetReadDeadline(time.Now().Add(bodyDeadline)); err == nil {
		defer func() { _ = control.SetReadDeadline(time.Time{}) }()
	}
	var body bytes.Buffer
	body.Grow(int(min(max(r.ContentLength, 0)+bytes.MinRead, firstRead)))
	_, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, MaxDocument))
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return body.Bytes(), nil
	case errors.As(err, &tooLarge):
		return nil, &Refusal{Status: http.StatusRequestEntityTooLarge, Code: "too_large"}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, &Refusal{Status: http.StatusRequestTimeout, Code: "body_timeout", Err: err}
	default:
		return nil, &Refusal{Status: http.StatusBadRequest, Code: "body", Err: err}
	}
}

// dismiss takes out what needs no verification because it has no effect either way.
func (i *Inbox) dismiss(d *delegate) error {
	a := d.activity
	// Keys and owners share a host, so this signer cannot be the actor.
	if d.signature.KeyID.Host() != a.Actor.Host() {
		return d.mismatch()
	}
	// When an account goes, its server tells everybody. Who was never heard of leaves nothing
	// behind here, and its key cannot be had any more.
	if a.Type == "Delete" || (a.Type == "Update" && a.ObjectID == a.Actor && a.Profile == nil) {
		_, _, err := i.config.Cache.CachedActor(d.request.Context(), a.Actor)
		if errors.Is(err, ErrNotFound) {
			return dropped("unknown_actor")
		}
		if err != nil {
			return fmt.Errorf("looking for actor %s: %w", a.Actor, err)
		}
	}
	return nil
}

// dropped is the way to say that an activity has no effect, and is not to be sent again.
func dropped(code string) *Refusal { return &Refusal{Status: http.StatusAccepted, Code: code} }

// answer is the one place where an outcome becomes a status.
func (i *Inbox) answer(w http.ResponseWriter, d *delegate, err error) {
	var refusal *Refusal
	switch {
	case err == nil, errors.Is(err, ErrDuplicate), errors.Is(err, ErrIgnored):
		w.Header().Set("Accept-Signature", acceptSignature)
		w.WriteHeader(http.StatusAccepted)
		return
	case errors.As(err, &refusal):
	case errors.Is(err, ErrBlocked):
		refusal = forbidden("blocked")
	case errors.Is(err, context.Canceled) && d.request.Context().Err() != nil:
		refusal = &Refusal{Status: http.StatusServiceUnavailable, Code: "client_left"} // which nobody reads
	default:
		i.config.Log.Error("inbox failed", "key", d.keyHost(), "err", err)
		refusal = &Refusal{Status: http.StatusInternalServerError, Code: "internal"}
	}
	if refusal.Status >= 400 && refusal.Status < 500 && refusal.Status != http.StatusTooManyRequests {
		if wait, ok := i.failures.take(d.source); !ok {
			refusal = tooMany("too_many_failures", wait)
		}
	}
	i.config.Rejected(refusal.Code)
	if refusal.Status < 500 || refusal.Code != "internal" {
		i.config.Log.Info("inbox refused", "code", refusal.Code, "status", refusal.Status, "key", d.keyHost())
	}
	if refusal.Status < 300 {
		w.WriteHeader(refusal.Status)
		return
	}
	if !d.bodyRead {
		w.Header().Set("Connection", "close")
	}
	if refusal.Status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", http.MethodPost)
	}
	if refusal.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(refusal.RetryAfter))
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(refusal.Status)
	fmt.Fprintf(w, `{"error":%q}`, refusal.Code)
}

// verified notes how a peer signs.
func (i *Inbox) verified(ctx context.Context, signature *requestSignature, key *peerKey) {
	i.config.Verified(schemeOf(signature, key.Public))
	host, now := key.Owner.ID.Host(), i.config.Now()
	if i.config.Schemes == nil || !knowsEd25519(signature, key.Public) {
		return
	}
	if at, ok := i.told.GetIfPresent(host); ok && now.Sub(at) < toldFor {
		return
	}
	i.told.Set(host, now)
	if err := i.config.Schemes.SchemeWorked(ctx, host, RFC9421Ed25519); err != nil {
		// Nothing is lost: the host goes on getting what it has got until now.
		i.config.Log.Warn("remembering how a host signs", "host", host, "error", err)
	}
}

// remoteAddr returns the address of the connection; of IPv6 the half that names a network,
// for one machine has all of the other half.
func remoteAddr(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	if addr = addr.Unmap(); addr.Is6() {
		if prefix, err := addr.WithZone("").Prefix(64); err == nil {
			return prefix.String()
		}
	}
	return addr.String()
}
