package federation

import (
	"compress/gzip"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

var discardLog = log.New(io.Discard, "", 0)

// outKey is the key with which these tests sign.
var outKey = sync.OnceValue(func() *SigningKey {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return &SigningKey{ID: "https://town.example/actors/1#main-key", Owner: "https://town.example/actors/1", Private: private}
})

// verifyCavage checks a signature by the letter of the draft, with none of the code under test.
func verifyCavage(r *http.Request, body []byte, key *SigningKey) error {
	params := map[string]string{}
	for _, m := range regexp.MustCompile(`([a-zA-Z]+)="([^"]*)"`).FindAllStringSubmatch(r.Header.Get("Signature"), -1) {
		params[m[1]] = m[2]
	}
	var lines []string
	for _, name := range strings.Fields(params["headers"]) {
		switch name {
		case "(request-target)":
			lines = append(lines, name+": "+strings.ToLower(r.Method)+" "+r.RequestURI)
		case "host":
			lines = append(lines, "host: "+r.Host)
		default:
			lines = append(lines, name+": "+r.Header.Get(name))
		}
	}
	signature, err := base64.StdEncoding.DecodeString(params["signature"])
	if err != nil {
		return err
	}
	if body != nil {
		sum := sha256.Sum256(body)
		if got, want := r.Header.Get("Digest"), "SHA-256="+base64.StdEncoding.EncodeToString(sum[:]); got != want {
			return fmt.Errorf("digest: got %s, want %s", got, want)
		}
	}
	digest := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return rsa.VerifyPKCS1v15(key.Private.Public().(*rsa.PublicKey), crypto.SHA256, digest[:], signature)
}

func TestFetch(t *testing.T) {
	t.Parallel()
	var accept, agent string
	var signature error
	p := startPeer(t, "127.0.0.2", func(w http.ResponseWriter, r *http.Request) {
		accept, agent = r.Header.Get("Accept"), r.Header.Get("User-Agent")
		signature = verifyCavage(r, nil, outKey())
		w.Header().Set("Content-Type", `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`)
		_, _ = io.WriteString(w, `{"id":"x"}`)
	})
	f, err := closedClient(t, "127.0.0.0/8", nil).Fetch(t.Context(), p.iri("/a%2Fb?q=1#main-key"), outKey())
	if err != nil {
		t.Fatal(err)
	}
	if f.URL != p.iri("/a%2Fb?q=1") || f.ContentType != "application/ld+json" || string(f.Body) != `{"id":"x"}` {
		t.Errorf("got %s, %s, %s", f.URL, f.ContentType, f.Body)
	}
	if want := LDType + ", " + ActivityType; accept != want {
		t.Errorf("Accept: got %q, want %q", accept, want)
	}
	if want := "Bourg/test (+https://town.example/)"; agent != want {
		t.Errorf("User-Agent: got %q, want %q", agent, want)
	}
	if signature != nil {
		t.Errorf("signature: %v", signature)
	}
}

func TestFetchStatus(t *testing.T) {
	t.Parallel()
	p := startPeer(t, "127.0.0.2", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "120")
		w.WriteHeader(http.StatusGone)
	})
	_, err := closedClient(t, "127.0.0.0/8", nil).Fetch(t.Context(), p.iri("/"), nil)
	var status *StatusError
	if !errors.As(err, &status) || status.Status != http.StatusGone || status.RetryAfter != "120" {
		t.Errorf("got %v, want status 410 with Retry-After", err)
	}
}

func TestContentType(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]bool{
		"application/activity+json":                                            true,
		"application/activity+json; charset=utf-8":                             true,
		"Application/Activity+JSON":                                            true,
		`application/ld+json; profile="https://www.w3.org/ns/activitystreams"`: true,
		`application/ld+json; profile="https://www.w3.org/ns/activitystreams https://w3id.org/security"`: true,
		`application/ld+json;profile="https://www.w3.org/ns/activitystreams";charset=utf-8`:              true,
		"application/ld+json": false, // anybody's upload
		`application/ld+json; profile="https://evil.example"`: false,
		"application/json":                     false,
		"text/html":                            false,
		"text/plain":                           false,
		"image/png":                            false,
		"":                                     false,
		"application/activity+json, text/html": false,
	} {
		if got := isActivityStreams(header); got != want {
			t.Errorf("%q: got %v, want %v", header, got, want)
		}
	}
}

func TestPost(t *testing.T) {
	t.Parallel()
	body := []byte(`{"type":"Create"}`)
	var got []byte
	var signature error
	var media string
	p := startPeer(t, "127.0.0.2", func(w http.ResponseWriter, r *http.Request) {
		got, _ = io.ReadAll(r.Body)
		signature, media = verifyCavage(r, body, outKey()), r.Header.Get("Content-Type")
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusAccepted)
	})
	answer, err := closedClient(t, "127.0.0.0/8", nil).Post(t.Context(), p.iri("/inbox"), body, outKey(), Cavage)
	if err != nil {
		t.Fatal(err)
	}
	if answer.Status != 202 || answer.RetryAfter != "7" || answer.Date.IsZero() {
		t.Errorf("got %+v, want 202, 7 and a date", answer)
	}
	if string(got) != string(body) || media != ActivityType {
		t.Errorf("got %s as %s, want %s as %s", got, media, body, ActivityType)
	}
	if signature != nil {
		t.Errorf("signature: %v", signature)
	}
}

// testBadAnswers are rows F4 and F8 to F13, and O18: what a peer answers to wear us down.
func testBadAnswers(t *testing.T) {
	t.Run("F4", func(t *testing.T) {
		t.Parallel()
		secret := startPeer(t, "127.0.0.1", nil)
		client := closedClient(t, "127.0.0.2/31", nil)
		for _, status := range []int{301, 302, 303, 307, 308} {
			for location, want := range map[string]error{
				secret.URL + "/":      ErrForbiddenAddress,
				"https://10.0.0.1/":   ErrForbiddenAddress,
				"//169.254.169.254/":  ErrForbiddenAddress,
				"file:///etc/passwd":  ErrForbiddenURL,
				"ftp://h.example/":    ErrForbiddenURL,
				"gopher://h.example/": ErrForbiddenURL,
				"data:text/plain,x":   ErrForbiddenURL,
				"http://a@127.0.0.2/": ErrForbiddenURL,
				"":                    ErrRedirects,
				"/again":              ErrRedirects,
				"http://%zz/":         ErrRedirects,
			} {
				p := startPeer(t, "127.0.0.2", func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Location", location)
					w.WriteHeader(status)
				})
				if _, err := client.Fetch(t.Context(), p.iri("/"), outKey()); !errors.Is(err, want) {
					t.Errorf("%d to %q: got %v, want %v", status, location, err, want)
				}
			}
		}
		if got := secret.connections.Load(); got != 0 {
			t.Errorf("%d connections arrived at the forbidden address, want none", got)
		}
		// A chain: three redirects are followed, and each request is signed anew; a fourth is not.
		chain := startPeer(t, "127.0.0.3", func(w http.ResponseWriter, r *http.Request) {
			if err := verifyCavage(r, nil, outKey()); err != nil {
				t.Errorf("%s: %v", r.URL, err)
			}
			left := int(r.URL.Path[1] - '0')
			if left > 0 {
				http.Redirect(w, r, fmt.Sprintf("/%d", left-1), http.StatusFound)
				return
			}
			w.Header().Set("Content-Type", ActivityType)
		})
		if f, err := client.Fetch(t.Context(), chain.iri("/3"), outKey()); err != nil || f.URL != chain.iri("/0") {
			t.Errorf("three redirects: got %v and error %v, want %s", f, err, chain.iri("/0"))
		}
		if _, err := client.Fetch(t.Context(), chain.iri("/4"), outKey()); !errors.Is(err, ErrRedirects) {
			t.Errorf("four redirects: got %v, want %v", err, ErrRedirects)
		}
	})
	t.Run("F8", func(t *testing.T) {
		t.Parallel()
		client := closedClient(t, "127.0.0.0/8", nil)
		block := make([]byte, 1<<20)
		endless := startPeer(t, "127.0.0.2", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", ActivityType)
			for range 1024 {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		})
		bomb := startPeer(t, "127.0.0.2", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", ActivityType)
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			for range 1024 {
				if _, err := z.Write(block); err != nil {
					return
				}
			}
		})
		for name, p := range map[string]*testPeer{"endless": endless, "gzip bomb": bomb} {
			if _, err := client.Fetch(t.Context(), p.iri("/"), nil); !errors.Is(err, ErrTooLarge) {
				t.Errorf("%s: got %v, want %v", name, err, ErrTooLarge)
			}
			if answer, err := client.Post(t.Context(), p.iri("/"), []byte("{}"), nil, Cavage); err != nil || answer.Status != 200 {
				t.Errorf("%s as the answer to a delivery: got %v and %v, want 200", name, answer, err)
			}
		}
		exact := startPeer(t, "127.0.0.2", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", ActivityType)
			_, _ = w.Write(block)
		})
		if f, err := client.Fetch(t.Context(), exact.iri("/"), nil); err != nil || len(f.Body) != MaxDocument {
			t.Errorf("a document of exactly 1 MiB: got error %v, want none", err)
		}
		headers := rawPeer(t, func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n")
			for {
				if _, err := fmt.Fprintf(c, "X-Header: %s\r\n", strings.Repeat("x", 1000)); err != nil {
					return
				}
			}
		})
		if _, err := client.Fetch(t.Context(), headers, nil); !errors.Is(err, ErrUnreachable) {
			t.Errorf("endless headers: got %v, want %v", err, ErrUnreachable)
		}
	})
	t.Run("F9", func(t *testing.T) {
		t.Parallel()
		drip := func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: application/activity+json\r\nContent-Length: 1000\r\n\r\n")
			for {
				if _, err := c.Write([]byte(" ")); err != nil {
					return
				}
				time.Sleep(20 * time.Millisecond)
			}
		}
		silent := func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }
		client := NewClient(ClientConfig{PeerNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Timeout: 200 * time.Millisecond})
		for name, serve := range map[string]func(net.Conn){"a byte at a time": drip, "nothing": silent} {
			if _, err := client.Fetch(t.Context(), rawPeer(t, serve), nil); !errors.Is(err, ErrTimeout) {
				t.Errorf("%s: got %v, want %v", name, err, ErrTimeout)
			}
		}
		if _, err := client.Post(t.Context(), rawPeer(t, silent), []byte("{}"), nil, Cavage); !errors.Is(err, ErrTimeout) {
			t.Errorf("delivery: got %v, want %v", err, ErrTimeout)
		}
	})
	t.Run("F10", testBadCertificates)
	t.Run("F11", func(t *testing.T) {
		t.Parallel()
		other := startPeer(t, "127.0.0.3", nil)
		for _, status := range []int{301, 302, 303, 307, 308} {
			p := startPeer(t, "127.0.0.2", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, status) })
			answer, err := closedClient(t, "127.0.0.0/8", nil).Post(t.Context(), p.iri("/inbox"), []byte("{}"), outKey(), Cavage)
			if err != nil || answer.Status != status {
				t.Fatalf("got %v and %v, want %d", answer, err, status)
			}
			result, _ := DefaultRetryPolicy().judge(Delivery{Created: time.Now()}, answer, nil, time.Now(), 0.5)
			if result.Outcome != Retry {
				t.Errorf("%d: got outcome %d, want a retry", status, result.Outcome)
			}
		}
		if got := other.connections.Load(); got != 0 {
			t.Errorf("%d deliveries followed the redirect, want none", got)
		}
	})
	t.Run("F12", func(t *testing.T) {
		t.Parallel()
		var cookies, first, second string
		other := startPeer(t, "127.0.0.3", func(w http.ResponseWriter, r *http.Request) {
			cookies, second = r.Header.Get("Cookie"), r.Header.Get("Signature")
			if err := verifyCavage(r, nil, outKey()); err != nil {
				t.Errorf("the second host: %v", err)
			}
			w.Header().Set("Content-Type", ActivityType)
		})
		p := startPeer(t, "127.0.0.2", func(w http.ResponseWriter, r *http.Request) {
			first = r.Header.Get("Signature")
			http.SetCookie(w, &http.Cookie{Name: "session", Value: "1", Path: "/"})
			http.Redirect(w, r, other.URL+r.URL.Path, http.StatusFound)
		})
		client := closedClient(t, "127.0.0.0/8", nil)
		for range 2 {
			if _, err := client.Fetch(t.Context(), p.iri("/x"), outKey()); err != nil {
				t.Fatal(err)
			}
		}
		if first == "" || second == "" || first == second {
			t.Errorf("signatures: got %q and %q, want one for each host", first, second)
		}
		if cookies != "" {
			t.Errorf("cookies: got %q, want none", cookies)
		}
	})
	t.Run("F13", func(t *testing.T) { // not parallel: it changes the environment
		proxy, p := startPeer(t, "127.0.0.9", nil), startPeer(t, "127.0.0.2", nil)
		for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"} {
			t.Setenv(name, proxy.URL)
		}
		// By name, because a proxy is never asked for a loopback address.
		_, port, _ := net.SplitHostPort(p.Listener.Addr().String())
		client := closedClient(t, "127.0.0.0/8", fakeResolver(t, func(string, int) []netip.Addr {
			return []netip.Addr{netip.MustParseAddr("127.0.0.2")}
		}))
		if _, err := client.Get(t.Context(), IRI("http://peer.example:"+port+"/"), "*/*", 10); err != nil {
			t.Error(err)
		}
		if got := proxy.connections.Load(); got != 0 {
			t.Errorf("%d requests went to the proxy, want none", got)
		}
	})
	t.Run("O18", func(t *testing.T) {
		t.Parallel()
		for _, media := range []string{"text/plain", "application/json", "image/png", "text/html", "application/ld+json", ""} {
			p := startPeer(t, "127.0.0.2", func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Content-Type"] = []string{media}
				_, _ = io.WriteString(w, `{"@context":"https://www.w3.org/ns/activitystreams"}`)
			})
			if _, err := closedClient(t, "127.0.0.0/8", nil).Fetch(t.Context(), p.iri("/"), nil); !errors.Is(err, ErrContentType) {
				t.Errorf("%q: got %v, want %v", media, err, ErrContentType)
			}
		}
	})
}

// rawPeer lets serve answer each connection, after the request's first bytes.
func rawPeer(t *testing.T, serve func(net.Conn)) IRI {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, _ = c.Read(make([]byte, 4096))
				serve(c)
			}()
		}
	}()
	return IRI("http://" + listener.Addr().String() + "/")
}

func testBadCertificates(t *testing.T) {
	t.Parallel()
	now := time.Now()
	rootKey, root := makeCertificate(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "root"}, NotAfter: now.Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}, nil, nil)
	pool := x509.NewCertPool()
	pool.AddCert(root)
	local := []net.IP{net.IPv4(127, 0, 0, 2)}
	good := &x509.Certificate{IPAddresses: local, NotAfter: now.Add(time.Hour)}
	for name, c := range map[string]struct {
		template   *x509.Certificate
		selfSigned bool
		maxVersion uint16
		want       error
	}{
		"good":        {template: good},
		"expired":     {template: &x509.Certificate{IPAddresses: local, NotAfter: now.Add(-time.Minute)}, want: ErrTLS},
		"wrong name":  {template: &x509.Certificate{DNSNames: []string{"other.example"}, NotAfter: now.Add(time.Hour)}, want: ErrTLS},
		"self-signed": {template: good, selfSigned: true, want: ErrTLS},
		"TLS 1.0":     {template: good, maxVersion: tls.VersionTLS10, want: ErrTLS},
		"TLS 1.1":     {template: good, maxVersion: tls.VersionTLS11, want: ErrTLS},
	} {
		parent, parentKey := root, rootKey
		if c.selfSigned {
			parent, parentKey = nil, nil
		}
		key, leaf := makeCertificate(t, c.template, parent, parentKey)
		p := unstartedPeer(t, "127.0.0.2:0", func(w http.ResponseWriter, r *http.Request) {
			if c.want != nil {
				t.Errorf("%s: a request arrived", name)
			}
			if r.ProtoMajor != 2 {
				t.Errorf("%s: got %s, want HTTP/2", name, r.Proto)
			}
			w.Header().Set("Content-Type", ActivityType)
		})
		p.TLS = &tls.Config{
			Certificates: []tls.Certificate{{Certificate: [][]byte{leaf.Raw}, PrivateKey: key}},
			MinVersion:   tls.VersionTLS10, MaxVersion: c.maxVersion,
		}
		p.EnableHTTP2 = true
		p.StartTLS()
		client := NewClient(ClientConfig{PeerNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, RootCAs: pool})
		_, err := client.Fetch(t.Context(), p.iri("/"), nil)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
		if err != nil {
			result, about := DefaultRetryPolicy().judge(Delivery{Created: now}, nil, err, now, 0.5)
			if result.Outcome != Retry || about != hostFails {
				t.Errorf("%s: a delivery ends with outcome %d, want a retry", name, result.Outcome)
			}
		}
		client.CloseIdle()
	}
}

// makeCertificate makes a certificate and its key; one without a parent signs itself.
func makeCertificate(t *testing.T, template, parent *x509.Certificate, parentKey crypto.Signer) (crypto.Signer, *x509.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	own := *template
	own.SerialNumber, own.NotBefore = big.NewInt(1), time.Now().Add(-time.Hour)
	if parent == nil {
		parent, parentKey = &own, key
	}
	raw, err := x509.CreateCertificate(rand.Reader, &own, parent, key.Public(), parentKey)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return key, c
}

func TestCancelledFetch(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	p := startPeer(t, "127.0.0.2", func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	if _, err := closedClient(t, "127.0.0.0/8", nil).Fetch(ctx, p.iri("/"), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}
