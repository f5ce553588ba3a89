package main_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestBadInput holds the running program to the rows of the table of bad inputs that are
// about connections and not about what they bring.
func TestBadInput(t *testing.T) {
	t.Parallel()
	tw := startTown(t)
	t.Run("D3", func(t *testing.T) { t.Parallel(); slowConnections(t, tw) })
	t.Run("D4", func(t *testing.T) { t.Parallel(); otherProtocols(t, tw) })
	t.Run("D11", func(t *testing.T) { t.Parallel(); tooManyNames(t, tw) })
}

// dial opens a connection to the town and sends the beginning of something.
func dial(t *testing.T, tw *town, begins string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", tw.host)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	t.Cleanup(func() { conn.Close() })
	if _, err := io.WriteString(conn, begins); err != nil {
		t.Fatalf("send: %v", err)
	}
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// slowConnections: whoever holds connections without saying what for is cut off, and
// nobody else waits for them meanwhile.
func slowConnections(t *testing.T, tw *town) {
	var held []net.Conn
	for i := range 200 {
		begins := "GET / HTTP/1.1\r\nHost: " + tw.host + "\r\nX-Slow: "
		if i%2 == 1 {
			begins = "" // not even a method
		}
		held = append(held, dial(t, tw, begins))
	}
	if res, _ := fetch(t, tw.at("/"), ""); res.StatusCode != http.StatusOK {
		t.Errorf("meanwhile: got status %d, want 200", res.StatusCode)
	}
	body := dial(t, tw, "POST /inbox HTTP/1.1\r\nHost: "+tw.host+"\r\nContent-Type: application/activity+json\r\nContent-Length: 1000000\r\n\r\n{")
	for i, conn := range append(held, body) {
		if _, err := io.Copy(io.Discard, conn); err != nil {
			t.Fatalf("connection %d: %v, want its end", i, err)
		}
	}
}

// otherProtocols: HTTP/2 is for the proxy in front. Without TLS it is not spoken here, so
// there are no streams to flood with.
func otherProtocols(t *testing.T, tw *town) {
	settings := "\x00\x00\x00\x04\x00\x00\x00\x00\x00"
	conn := dial(t, tw, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"+settings)
	answer, err := io.ReadAll(conn)
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 4") && !strings.HasPrefix(string(answer), "HTTP/1.1 5") && len(answer) > 0 {
		t.Errorf("HTTP/2: got %.80q, %v, want a refusal and the end", answer, err)
	}
	conn = dial(t, tw, "GET /healthz HTTP/1.1\r\nHost: "+tw.host+"\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n")
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || res.StatusCode != http.StatusOK || res.ProtoMajor != 1 {
		t.Errorf("upgrade: got %v, %v, want an answer in HTTP/1.1", res, err)
	}
}

// tooManyNames: requests whose header alone is a burden are refused.
func tooManyNames(t *testing.T, tw *town) {
	var headers, cookies, query strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&headers, "X-%d: 1\r\n", i)
	}
	for i := range 65 {
		fmt.Fprintf(&cookies, "c%d=1; ", i)
	}
	for i := range 5_000 {
		fmt.Fprintf(&query, "a%d=1&", i)
	}
	for what, c := range map[string]struct {
		path, header string
		want         []int
	}{
		"100,000 headers":              {"/", headers.String(), []int{431}},
		"a cookie of 100 kB":           {"/", "Cookie: a=" + strings.Repeat("x", 100_000) + "\r\n", []int{431}},
		"65 cookies":                   {"/", "Cookie: " + cookies.String() + "\r\n", []int{400}},
		"65 cookies in as many lines":  {"/", strings.Repeat("Cookie: a=1\r\n", 65), []int{400}},
		"5,000 parameters":             {"/recherche?" + query.String(), "", []int{200, 400}},
		"an address of 100 kB":         {"/" + strings.Repeat("x", 100_000), "", []int{431, 414}},
		"5,000 parameters of a finger": {"/.well-known/webfinger?" + query.String(), "", []int{400, 404}},
	} {
		conn := dial(t, tw, "")
		go func() { // the answer may come before all is sent
			_, _ = io.WriteString(conn, "GET "+c.path+" HTTP/1.1\r\nHost: "+tw.host+"\r\nConnection: close\r\n"+c.header+"\r\n")
		}()
		line, err := bufio.NewReader(conn).ReadString('\n')
		var status int
		if _, scanErr := fmt.Sscanf(line, "HTTP/1.1 %d", &status); scanErr != nil {
			t.Errorf("%s: got %q, %v, want an answer", what, line, err)
			continue
		}
		good := false
		for _, want := range c.want {
			good = good || status == want
		}
		if !good {
			t.Errorf("%s: got status %d, want one of %v", what, status, c.want)
		}
	}
}
