package mail_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"net/textproto"
	"net/url"
	"strings"
	"sync"
	"testing"

	"bourg/internal/mail"
)

// smtpServer is a mail server on this machine that takes everything, unless it is told
// what to answer instead.
type smtpServer struct {
	listener net.Listener
	url      string
	roots    *x509.CertPool // of its certificate, where it has TLS
	starttls *tls.Config    // offered where it is not nil

	mu sync.Mutex
	// answers replaces the answer to a verb ("MAIL", "RCPT", "DATA", "." for the content, "AUTH",
	// "HELLO" for the greeting), once each, in turn. "hang up" closes the connection instead.
	answers map[string][]string
	letters []received
	quits   int
}

// received is a letter as the server got it.
type received struct {
	from, to, content string
	secure            bool
	user, password    string
}

func newSMTPServer(t *testing.T, scheme string, answers map[string][]string) *smtpServer {
	t.Helper()
	s := &smtpServer{answers: answers}
	// httptest has a certificate of 127.0.0.1 and example.com, and a pool that trusts it.
	certified := httptest.NewTLSServer(nil)
	t.Cleanup(certified.Close)
	s.roots = x509.NewCertPool()
	s.roots.AddCert(certified.Certificate())
	config := &tls.Config{Certificates: certified.TLS.Certificates, MinVersion: tls.VersionTLS12}
	var listen net.ListenConfig
	listener, err := listen.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.url = "smtp://" + listener.Addr().String()
	switch scheme {
	case "smtps":
		listener = tls.NewListener(listener, config)
		s.url = "smtps://" + listener.Addr().String()
	case "starttls":
		s.starttls = config
	}
	s.listener = listener
	var open sync.WaitGroup
	open.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			open.Go(func() { s.serve(conn) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		open.Wait()
	})
	return s
}

// sender returns a Sender toward the server, with what the test changes of its URL.
func (s *smtpServer) sender(t *testing.T, change func(*url.URL), with func(*mail.Server)) *mail.Sender {
	t.Helper()
	u, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(u)
	}
	server, err := mail.ParseServer(u.String())
	if err != nil {
		t.Fatal(err)
	}
	if with != nil {
		with(&server)
	}
	sender, err := mail.NewSender(server, "saint-laurent.example")
	if err != nil {
		t.Fatal(err)
	}
	sender.Trust(s.roots)
	return sender
}

func (s *smtpServer) taken() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]received(nil), s.letters...)
}

// answer returns what the test wants said to a verb, or otherwise.
func (s *smtpServer) answer(verb, otherwise string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if planned := s.answers[verb]; len(planned) > 0 {
		s.answers[verb] = planned[1:]
		return planned[0]
	}
	return otherwise
}

var errHangUp = errors.New("hang up")

func (s *smtpServer) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	_, secure := conn.(*tls.Conn)
	text := textproto.NewConn(conn)
	say := func(line string) error {
		if line == errHangUp.Error() {
			return errHangUp
		}
		return text.PrintfLine("%s", line)
	}
	if say(s.answer("HELLO", "220 mail.example ESMTP")) != nil {
		return
	}
	now := received{secure: secure}
	for {
		line, err := text.ReadLine()
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(line, " ")
		switch verb = strings.ToUpper(verb); verb {
		case "EHLO":
			err = say("250-mail.example")
			if s.starttls != nil && !now.secure {
				err = say("250-STARTTLS")
			}
			if err == nil {
				err = say("250 AUTH PLAIN")
			}
		case "STARTTLS":
			if err = say("220 go on"); err == nil {
				conn = tls.Server(conn, s.starttls)
				text, now.secure = textproto.NewConn(conn), true
			}
		case "AUTH":
			decoded, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(rest, "PLAIN "))
			parts := strings.Split(string(decoded), "\x00")
			if len(parts) == 3 {
				now.user, now.password = parts[1], parts[2]
			}
			err = say(s.answer(verb, "235 welcome"))
		case "MAIL":
			now.from = rest
			err = say(s.answer(verb, "250 fine"))
		case "RCPT":
			now.to = rest
			err = say(s.answer(verb, "250 fine"))
		case "DATA":
			reply := s.answer(verb, "354 go on")
			if err = say(reply); err != nil || !strings.HasPrefix(reply, "354") {
				break
			}
			content, readErr := io.ReadAll(text.DotReader())
			if readErr != nil {
				return
			}
			now.content = string(content)
			reply = s.answer(".", "250 taken")
			if strings.HasPrefix(reply, "250") {
				s.mu.Lock()
				s.letters = append(s.letters, now)
				s.mu.Unlock()
			}
			err = say(reply)
		case "QUIT":
			s.mu.Lock()
			s.quits++
			s.mu.Unlock()
			_ = say(s.answer(verb, "221 good bye"))
			return
		default:
			err = say(fmt.Sprintf("502 what is %s", verb))
		}
		if err != nil {
			return
		}
	}
}
