package federation

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime"
	"strings"
	"time"
)

// How much of an answer is read, in bytes after inflation. A document has at most MaxDocument.
const (
	// MaxImage is the largest picture.
	MaxImage = 10 << 20

	maxHeaders   = 64 << 10
	maxAnswer    = 64 << 10 // of the answer to a delivery, which nobody reads: only to use the connection again
	maxRedirects = 3
)

// ActivityType is the media type of everything ActivityPub (ActivityStreams 2.0,
// section 8), and LDType the longer name that means the same.
const (
	ActivityType = "application/activity+json"
	LDType       = `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`
)

// What is wrong with an answer that came.
var (
	// ErrTooLarge: the answer is larger than the limit.
	ErrTooLarge = errors.New("answer too large")
	// ErrRedirects: a redirect that leads nowhere, or too many of them.
	ErrRedirects = errors.New("too many redirects")
	// ErrContentType: a document came that does not claim to be ActivityStreams. It may be
	// anything that a stranger uploaded there, so it says nothing about its host's will.
	ErrContentType = errors.New("not an ActivityStreams document")
)

// StatusError is an answer to a GET with another status than 200.
type StatusError struct {
	Status     int
	RetryAfter string // the header as it came
}

func (e *StatusError) Error() string { return fmt.Sprintf("status %d", e.Status) }

// ClientConfig is what a Client is made from. The zero value is one for the public Internet.
type ClientConfig struct {
	// PeerNetworks are networks that may be spoken to though they are not public, in
	// plain http and on any port too. For closed networks and tests.
	PeerNetworks []netip.Prefix
	// UserAgent names this server: "Bourg/<version> (+https://<domain>/)".
	UserAgent string
	// Timeout bounds a whole request, redirects and the answer's body included; 10 seconds where it is 0.
	Timeout time.Duration
	// Resolver resolves names; nil for the system's.
	Resolver *net.Resolver
	// RootCAs are the authorities that may vouch for peers; nil for the system's.
	RootCAs *x509.CertPool
	// Now is the clock for signatures; nil for time.Now.
	Now func() time.Time
}

// Client is the one way out of this server: every request to a peer is made here.
// It follows no proxy of the environment and keeps no cookies. It may be used by
// many goroutines at once.
type Client struct {
	config  ClientConfig
	guard   *guard
	public  *http.Transport // https on port 443
	closed  *http.Transport // everything else, inside the peer networks only
	signing chan struct{}   // holds as many tokens as signatures may be computed at once
}

// NewClient makes a Client.
func NewClient(config ClientConfig) *Client {
	if config.Timeout == 0 {
		config.Timeout = 10 * time.Second
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	g := newGuard(config.PeerNetworks)
	return &Client{
		config:  config,
		guard:   g,
		public:  config.transport(config.dialer(g.checkPublic)),
		closed:  config.transport(config.dialer(g.checkPeer)),
		signing: make(chan struct{}, runtime.GOMAXPROCS(0)),
	}
}

// transport keeps connections for about a thousand hosts: as many as a town's
// followers live on.
func (c ClientConfig) transport(dialer *net.Dialer) *http.Transport {
	return &http.Transport{
		Proxy:                  nil,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{RootCAs: c.RootCAs, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    c.Timeout / 2,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           1024,
		MaxIdleConnsPerHost:    256,
		IdleConnTimeout:        60 * time.Second,
		MaxResponseHeaderBytes: maxHeaders,
	}
}

// CloseIdle closes the connections that nothing is sent over.
func (c *Client) CloseIdle() {
	c.public.CloseIdleConnections()
	c.closed.CloseIdleConnections()
}

// Fetched is the answer to a GET.
type Fetched struct {
	URL         IRI    // where the document was found in the end
	ContentType string // media type without parameters
	Body        []byte
}

// Fetch gets an ActivityStreams document, signed with key by draft-cavage (unsigned where it is nil).
// It answers ErrContentType for one that does not claim to be such a document, and a
// *StatusError where the peer has none to give.
func (c *Client) Fetch(ctx context.Context, address IRI, key *SigningKey) (*Fetched, error) {
	return c.fetch(ctx, address, way{key, Cavage}, nil)
}

// fetch is Fetch with a choice of schemes, within a budget.
func (c *Client) fetch(ctx context.Context, address IRI, signed way, budget *Budget) (*Fetched, error) {
	f, header, err := c.get(ctx, address, want{accept: LDType + ", " + ActivityType, max: MaxDocument}, signed, budget)
	if err != nil {
		return nil, fmt.Errorf("fetching %s: %w", address, err)
	}
	if !isActivityStreams(header) {
		return nil, fmt.Errorf("fetching %s: %w", address, ErrContentType)
	}
	return f, nil
}

// Get gets anything else, unsigned: WebFinger, NodeInfo, pictures. At most max bytes are taken.
func (c *Client) Get(ctx context.Context, address IRI, accept string, max int64) (*Fetched, error) {
	f, _, err := c.get(ctx, address, want{accept: accept, max: max}, way{}, nil)
	if err != nil {
		return nil, fmt.Errorf("fetching %s: %w", address, err)
	}
	return f, nil
}

// want is what a GET asks for.
type want struct {
	accept string // media types
	known  string // the ETag of what is known already (RFC 9110, section 13.1.2); "": nothing is
	max    int64  // bytes
}

func (c *Client) get(ctx context.Context, address IRI, wanted want, signed way, budget *Budget) (*Fetched, string, error) {
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	found := address
	for hop := 0; ; hop++ {
		u, onlyPeers, err := c.guard.target(found)
		if err != nil {
			return nil, "", err
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil) //nolint:gosec // G704: the guard has judged the address
		if err != nil {
			return nil, "", fmt.Errorf("%w: %w", ErrForbiddenURL, err)
		}
		req.Header.Set("Accept", wanted.accept)
		if wanted.known != "" {
			req.Header.Set("If-None-Match", wanted.known)
		}
		if err := budget.take(); err != nil {
			return nil, "", err
		}
		if err := c.sign(req, nil, signed); err != nil {
			return nil, "", err
		}
		res, err := c.send(req, onlyPeers)
		if err != nil {
			return nil, "", err
		}
		if to, ok := redirect(u, res); ok {
			res.Body.Close()
			if to == "" || hop == maxRedirects {
				return nil, "", ErrRedirects
			}
			found = to
			continue
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return nil, "", &StatusError{Status: res.StatusCode, RetryAfter: res.Header.Get("Retry-After")}
		}
		body, err := io.ReadAll(io.LimitReader(res.Body, wanted.max+1))
		if err != nil {
			return nil, "", classify(err)
		}
		if int64(len(body)) > wanted.max {
			return nil, "", fmt.Errorf("%w: more than %d bytes", ErrTooLarge, wanted.max)
		}
		header := res.Header.Get("Content-Type")
		media, _, _ := mime.ParseMediaType(header)
		return &Fetched{URL: found.WithoutFragment(), ContentType: media, Body: body}, header, nil
	}
}

// Location tells where an address leads by one redirect, which is not followed; "" where it leads nowhere else.
func (c *Client) Location(ctx context.Context, address IRI) (IRI, error) {
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	u, onlyPeers, err := c.guard.target(address)
	if err != nil {
		return "", fmt.Errorf("asking where %s leads: %w", address, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, u.String(), nil)
	if err != nil {
		return "", fmt.Errorf("asking where %s leads: %w: %w", address, ErrForbiddenURL, err)
	}
	res, err := c.send(req, onlyPeers)
	if err != nil {
		return "", fmt.Errorf("asking where %s leads: %w", address, err)
	}
	defer res.Body.Close()
	to, _ := redirect(u, res)
	return to, nil
}

// redirect tells whether the answer is a redirect and where it leads; "" where that is nowhere.
func redirect(from *url.URL, res *http.Response) (IRI, bool) {
	switch res.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return "", false
	}
	location := res.Header.Get("Location")
	if location == "" || len(location) > maxURL {
		return "", true
	}
	to, err := from.Parse(location)
	if err != nil {
		return "", true
	}
	return IRI(to.String()), true
}

// isActivityStreams reads a Content-Type header: application/activity+json, or
// application/ld+json with the profile of ActivityStreams.
func isActivityStreams(header string) bool {
	media, params, err := mime.ParseMediaType(header)
	if err != nil {
		return false
	}
	switch media {
	case ActivityType:
		return true
	case "application/ld+json":
		for _, profile := range strings.Fields(params["profile"]) {
			if profile == "https://www.w3.org/ns/activitystreams" {
				return true
			}
		}
	}
	return false
}

// Answer is what a peer said to a delivery.
type Answer struct {
	Status     int
	RetryAfter string    // the header as it came
	Date       time.Time // the peer's clock; zero where it did not tell
	// WantsEd25519: the peer asks to be spoken to in RFC9421Ed25519 from now on.
	WantsEd25519 bool
	Latency      time.Duration // from the signed request to the answer
}

// Post sends an activity to an inbox, signed with key in the given scheme. Redirects
// are not followed. An error means that no answer came.
func (c *Client) Post(ctx context.Context, inbox IRI, body []byte, key *SigningKey, scheme SignatureScheme) (*Answer, error) {
	return c.post(ctx, inbox, body, "", way{key, scheme})
}

// post is Post with a header Collection-Synchronization, where sync is not "".
func (c *Client) post(ctx context.Context, inbox IRI, body []byte, sync string, signed way) (*Answer, error) {
	u, onlyPeers, err := c.guard.target(inbox)
	if err != nil {
		return nil, fmt.Errorf("posting to %s: %w", inbox, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("posting to %s: %w: %w", inbox, ErrForbiddenURL, err)
	}
	req.Header.Set("Content-Type", ActivityType)
	req.Header.Set("Accept", ActivityType+", application/json")
	if sync != "" {
		req.Header.Set(syncHeader, sync)
	}
	if err := c.sign(req, body, signed); err != nil {
		return nil, fmt.Errorf("posting to %s: %w", inbox, err)
	}
	begin := time.Now()
	res, err := c.send(req, onlyPeers)
	if err != nil {
		return nil, fmt.Errorf("posting to %s: %w", inbox, err)
	}
	defer res.Body.Close()
	// Read to the end, so that the connection can be used again; what is longer closes it.
	_, _ = io.CopyN(io.Discard, res.Body, maxAnswer)
	answer := &Answer{Status: res.StatusCode, RetryAfter: res.Header.Get("Retry-After"), Latency: time.Since(begin)}
	answer.WantsEd25519 = answer.Status >= 200 && answer.Status < 300 && wantsEd25519(res.Header)
	if date, err := http.ParseTime(res.Header.Get("Date")); err == nil {
		answer.Date = date
	}
	return answer, nil
}

// send makes a request, by the way that its address may take.
func (c *Client) send(req *http.Request, onlyPeers bool) (*http.Response, error) {
	req.Header.Set("User-Agent", c.config.UserAgent)
	transport := c.public
	if onlyPeers {
		transport = c.closed
	}
	ctx, cancel := context.WithTimeout(req.Context(), c.config.Timeout)
	res, err := transport.RoundTrip(req.WithContext(ctx))
	if err != nil {
		cancel()
		return nil, classify(err)
	}
	res.Body = &cancelBody{res.Body, cancel}
	return res, nil
}

// sign signs a request, where there is a key, as soon as a processor is free for it:
// hundreds of signatures at once would all be late before the first request leaves.
// The wait does not count toward the deadline of a POST.
func (c *Client) sign(req *http.Request, body []byte, signed way) error {
	if signed.key == nil {
		return nil
	}
	select {
	case c.signing <- struct{}{}:
	case <-req.Context().Done():
		return classify(req.Context().Err())
	}
	defer func() { <-c.signing }()
	if err := Sign(req, body, signed.key, signed.scheme, c.config.Now()); err != nil {
		return fmt.Errorf("signing as %s: %w", signed.key.ID, err)
	}
	return nil
}

// cancelBody ends its request's deadline when it is closed.
type cancelBody struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (b *cancelBody) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close()
}

// classify puts an error of net/http under one of the errors of dial.go.
func classify(err error) error {
	var (
		dns       *net.DNSError
		network   net.Error
		verify    *tls.CertificateVerificationError
		record    tls.RecordHeaderError
		alert     tls.AlertError
		hostname  x509.HostnameError
		authority x509.UnknownAuthorityError
	)
	switch {
	case errors.Is(err, ErrForbiddenAddress), errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &dns):
		return fmt.Errorf("%w: %w", ErrDNS, err)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return fmt.Errorf("%w: %w", ErrTimeout, err)
	case errors.As(err, &verify), errors.As(err, &record), errors.As(err, &alert),
		errors.As(err, &hostname), errors.As(err, &authority), strings.Contains(err.Error(), "tls: "):
		return fmt.Errorf("%w: %w", ErrTLS, err)
	default:
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
}
