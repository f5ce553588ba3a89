package federation

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// forbiddenAddresses are addresses that nothing on the public Internet has. The comment names
// what a shorter check would let through.
var forbiddenAddresses = []string{
	"127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
	"0.0.0.0", "0.1.2.3", "100.64.0.1", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.7",
	"224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", // not IsPrivate, nor IsLoopback
	"::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:0.0.0.0", // no prefix of IPv4 contains these
	"fe80::1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1",
	"64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::1", "2001::1", "2001:db8::1", "3fff::1",
}

func TestGuard(t *testing.T) {
	t.Parallel()
	g := newGuard(nil)
	for _, address := range forbiddenAddresses {
		to := netip.AddrPortFrom(netip.MustParseAddr(address), 443).String()
		if err := g.checkPublic(t.Context(), "tcp", to, nil); !errors.Is(err, ErrForbiddenAddress) {
			t.Errorf("%s: got %v, want %v", address, err, ErrForbiddenAddress)
		}
	}
	for _, to := range []string{"1.1.1.1:443", "93.184.216.34:443", "[2606:4700::1111]:443", "[::ffff:1.1.1.1]:443"} {
		if err := g.checkPublic(t.Context(), "tcp", to, nil); err != nil {
			t.Errorf("%s: got %v, want no error", to, err)
		}
		if err := g.checkPeer(t.Context(), "tcp", to, nil); !errors.Is(err, ErrForbiddenAddress) {
			t.Errorf("%s as a peer: got %v, want %v", to, err, ErrForbiddenAddress)
		}
	}
	for _, port := range []string{"22", "25", "80", "5432", "6379", "8080", "8443"} {
		if err := g.checkPublic(t.Context(), "tcp", "1.1.1.1:"+port, nil); !errors.Is(err, ErrForbiddenAddress) {
			t.Errorf("port %s: got %v, want %v", port, err, ErrForbiddenAddress)
		}
	}
	inside := newGuard([]netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fd00:1::/32")})
	for _, to := range []string{"10.1.2.3:8080", "[::ffff:10.1.2.3]:80", "[fd00:1::5]:443"} {
		if err := inside.checkPeer(t.Context(), "tcp", to, nil); err != nil {
			t.Errorf("%s inside the peer networks: got %v, want no error", to, err)
		}
	}
	for _, to := range []string{"10.2.0.1:443", "127.0.0.1:443", "[fd00:2::1]:443"} {
		if err := inside.checkPublic(t.Context(), "tcp", to, nil); !errors.Is(err, ErrForbiddenAddress) {
			t.Errorf("%s beside the peer networks: got %v, want %v", to, err, ErrForbiddenAddress)
		}
	}
}

// FuzzGuard compares the guard with a plain reading of the two registries.
func FuzzGuard(f *testing.F) {
	for _, address := range forbiddenAddresses {
		ip := netip.MustParseAddr(address).As16()
		f.Add(ip[:])
	}
	f.Add([]byte{0x26, 0x06, 0x47, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x11, 0x11})
	var special []netip.Prefix
	for _, s := range []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
		"192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
		"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
	} {
		special = append(special, netip.MustParsePrefix(s))
	}
	g := newGuard(nil)
	f.Fuzz(func(t *testing.T, raw []byte) {
		ip, ok := netip.AddrFromSlice(raw)
		if !ok {
			return
		}
		bad := ip.Is6() && !ip.Is4In6() && !netip.MustParsePrefix("2000::/3").Contains(ip)
		for _, p := range special {
			bad = bad || p.Contains(ip.Unmap())
		}
		err := g.checkPublic(context.Background(), "tcp", netip.AddrPortFrom(ip, 443).String(), nil)
		if bad && err == nil {
			t.Errorf("%s is special and was let through", ip)
		}
	})
}

// testBadAddresses are rows F1 to F7: where this server never connects to.
func testBadAddresses(t *testing.T) {
	t.Run("F1", func(t *testing.T) {
		t.Parallel()
		for _, address := range forbiddenAddresses {
			ip := netip.MustParseAddr(address)
			client := NewClient(ClientConfig{Resolver: fakeResolver(t, func(string, int) []netip.Addr { return []netip.Addr{ip} })})
			if _, err := client.Get(t.Context(), "https://peer.example/", "*/*", 100); !errors.Is(err, ErrForbiddenAddress) {
				t.Errorf("name for %s: got %v, want %v", address, err, ErrForbiddenAddress)
			}
			literal := "https://" + address + "/"
			if ip.Is6() {
				literal = "https://[" + address + "]/"
			}
			if _, err := client.Get(t.Context(), IRI(literal), "*/*", 100); !errors.Is(err, ErrForbiddenAddress) {
				t.Errorf("%s: got %v, want %v", literal, err, ErrForbiddenAddress)
			}
		}
		// No connection arrives: the listener is outside the peer networks, which allow its port.
		inside, outside := startPeer(t, "127.0.0.2", nil), startPeer(t, "127.0.0.1", nil)
		client := closedClient(t, "127.0.0.2/32", nil)
		if _, err := client.Get(t.Context(), outside.iri("/"), "*/*", 100); !errors.Is(err, ErrForbiddenAddress) {
			t.Errorf("outside: got %v, want %v", err, ErrForbiddenAddress)
		}
		if _, err := client.Get(t.Context(), inside.iri("/"), "*/*", 100); err != nil {
			t.Errorf("inside: got %v, want no error", err)
		}
		if got := outside.connections.Load(); got != 0 {
			t.Errorf("%d connections arrived outside, want none", got)
		}
	})
	t.Run("F2", func(t *testing.T) {
		t.Parallel()
		outside := startPeer(t, "127.0.0.1", nil)
		_, port, _ := net.SplitHostPort(outside.Listener.Addr().String())
		both := []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.2")}
		client := closedClient(t, "127.0.0.2/32", fakeResolver(t, func(string, int) []netip.Addr { return both }))
		// Nothing listens on the allowed address, so the dialer is tempted to try the other one.
		if _, err := client.Get(t.Context(), IRI("http://peer.example:"+port+"/"), "*/*", 100); err == nil {
			t.Error("got an answer, want an error")
		}
		if got := outside.connections.Load(); got != 0 {
			t.Errorf("%d connections arrived at the forbidden address, want none", got)
		}
	})
	t.Run("F3", func(t *testing.T) {
		t.Parallel()
		inside := startPeer(t, "127.0.0.2", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Connection", "close") })
		_, port, _ := net.SplitHostPort(inside.Listener.Addr().String())
		outside := startPeerAt(t, "127.0.0.1:"+port, nil)
		var moved atomic.Bool
		client := closedClient(t, "127.0.0.2/32", fakeResolver(t, func(string, int) []netip.Addr {
			if moved.Load() {
				return []netip.Addr{netip.MustParseAddr("127.0.0.1")}
			}
			return []netip.Addr{netip.MustParseAddr("127.0.0.2")}
		}))
		address := IRI("http://peer.example:" + port + "/")
		if _, err := client.Get(t.Context(), address, "*/*", 100); err != nil {
			t.Fatalf("before it moves: got %v, want no error", err)
		}
		moved.Store(true)
		if _, err := client.Get(t.Context(), address, "*/*", 100); !errors.Is(err, ErrForbiddenAddress) {
			t.Errorf("after it moved: got %v, want %v", err, ErrForbiddenAddress)
		}
		if got := outside.connections.Load(); got != 0 {
			t.Errorf("%d connections arrived at the forbidden address, want none", got)
		}
	})
	refused := func(id string, addresses ...string) {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			client := NewClient(ClientConfig{Resolver: fakeResolver(t, func(name string, _ int) []netip.Addr {
				t.Errorf("the name %q was looked up, want none", name)
				return nil
			})})
			for _, address := range addresses {
				_, err := client.Get(t.Context(), IRI(address), "*/*", 100)
				if !errors.Is(err, ErrForbiddenURL) && !errors.Is(err, ErrForbiddenAddress) {
					t.Errorf("GET %q: got %v, want a refusal", address, err)
				}
				_, err = client.Post(t.Context(), IRI(address), []byte("{}"), nil, Cavage)
				if !errors.Is(err, ErrForbiddenURL) && !errors.Is(err, ErrForbiddenAddress) {
					t.Errorf("POST %q: got %v, want a refusal", address, err)
				}
			}
		})
	}
	refused("F5", "http://h.example/", "file:///etc/passwd", "gopher://h.example/", "ftp://h.example/", "data:text/plain,x",
		"unix:///var/run/docker.sock", "javascript:alert(1)", "//h.example/", "/inbox", "h.example", "", "https:", "https://", "https:h.example/")
	refused("F6", "https://h.example:22/", "https://h.example:25/", "https://h.example:80/", "https://h.example:5432/",
		"https://h.example:6379/", "https://h.example:8080/", "https://h.example:0/", "https://h.example:65536/", "http://h.example:443/")
	refused("F7", "https://user:pass@h.example/", "https://user@h.example/", "https://@h.example/", "https://h.example#@evil.example/",
		"https://h.example?@evil.example/", `https://h.example\@evil.example/`, `https:\\h.example/`, "https://h.example/%00", "https://h%00.example/",
		"https://h.example/a b", " https://h.example/", "https://h.example/\n", "https://h\u3002example/", "https://127\uff0e0\uff0e0\uff0e1/",
		"https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/", "https://127.1/", "https://127.0.0.1/", "https://[::1]/",
		"https://[fe80::1%25eth0]/", "https://1.1.1.1/", "https://h..example/", "https://-h.example/", "https://"+strings.Repeat("a", 64)+".example/",
		"https://h.example/"+strings.Repeat("a", 2048))
}

// testPeer is a server that counts the connections that arrive.
type testPeer struct {
	*httptest.Server
	connections atomic.Int64
}

func (p *testPeer) iri(path string) IRI { return IRI(p.URL + path) }

// startPeer starts a server on a loopback address; one without a handler answers 200.
func startPeer(t testing.TB, address string, handler http.HandlerFunc) *testPeer {
	t.Helper()
	return startPeerAt(t, address+":0", handler)
}

func startPeerAt(t testing.TB, address string, handler http.HandlerFunc) *testPeer {
	t.Helper()
	p := unstartedPeer(t, address, handler)
	p.Start()
	return p
}

func unstartedPeer(t testing.TB, address string, handler http.HandlerFunc) *testPeer {
	t.Helper()
	if handler == nil {
		handler = func(http.ResponseWriter, *http.Request) {}
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatalf("starting a peer: %v", err)
	}
	p := &testPeer{Server: httptest.NewUnstartedServer(handler)}
	p.Listener.Close()
	p.Listener = listener
	p.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			p.connections.Add(1)
		}
	}
	p.Config.ErrorLog = discardLog
	t.Cleanup(p.Close)
	return p
}

// closedClient makes a client for a peer network.
func closedClient(t testing.TB, network string, r *net.Resolver) *Client {
	t.Helper()
	c := NewClient(ClientConfig{PeerNetworks: []netip.Prefix{netip.MustParsePrefix(network)}, UserAgent: "Bourg/test (+https://town.example/)", Resolver: r})
	t.Cleanup(c.CloseIdle)
	return c
}

// fakeResolver asks a name server of the test's, which answers each query with what answer
// returns; query counts from 1.
func fakeResolver(t testing.TB, answer func(name string, query int) []netip.Addr) *net.Resolver {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("starting a name server: %v", err)
	}
	t.Cleanup(func() { server.Close() })
	go func() {
		buffer := make([]byte, 1500)
		for query := 1; ; query++ {
			n, from, err := server.ReadFrom(buffer)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buffer[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			q := m.Questions[0]
			m = dnsmessage.Message{
				Header:    dnsmessage.Header{ID: m.ID, Response: true, Authoritative: true, RecursionAvailable: true},
				Questions: m.Questions,
			}
			for _, ip := range answer(strings.TrimSuffix(q.Name.String(), "."), query) {
				header := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}
				switch {
				case ip.Is4() && q.Type == dnsmessage.TypeA:
					m.Answers = append(m.Answers, dnsmessage.Resource{Header: header, Body: &dnsmessage.AResource{A: ip.As4()}})
				case ip.Is6() && q.Type == dnsmessage.TypeAAAA:
					m.Answers = append(m.Answers, dnsmessage.Resource{Header: header, Body: &dnsmessage.AAAAResource{AAAA: ip.As16()}})
				}
			}
			if out, err := m.Pack(); err == nil {
				_, _ = server.WriteTo(out, from)
			}
		}
	}()
	dialer := net.Dialer{Timeout: 5 * time.Second}
	return &net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "udp", server.LocalAddr().String())
		},
	}
}
