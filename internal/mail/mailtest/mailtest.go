// Package mailtest runs a mail server for tests. It stays out of the program.
package mailtest

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
	"slices"
	"strings"
	"sync"
	"testing"
)

// Server is a mail server on this machine that takes everything, unless it is told what to
// answer instead.
type Server struct {
	// URL is its address in the form of BOURG_SMTP_URL.
	URL string
	// Roots trusts its certificate, and no other.
	Roots *x509.CertPool

	listener net.Listener
	starttls *tls.Config // offered where it is not nil

	mu      sync.Mutex
	answers map[string][]string
	letters []Letter
}

// Letter is a letter as the server got it.
type Letter struct {
	From, To       string // what stood behind MAIL and RCPT: "FROM:<a@b.example>"
	Content        string // header and body, with LF at the end of lines
	Secure         bool   // over TLS
	User, Password string // who signed in
}

// HangUp, in place of an answer, closes the connection.
const HangUp = "hang up"

// Serve starts a server, which ends with the test. scheme is "smtp", "starttls" or
// "smtps". answers replaces what it says to a verb, once each, in turn: to "MAIL", "RCPT",
// "DATA", "AUTH" and "QUIT", to "." for the content, and to "HELLO" for the greeting.
func Serve(t testing.TB, scheme string, answers map[string][]string) *Server {
	t.Helper()
	s := &Server{answers: answers}
	// httptest has a certificate of 127.0.0.1 and example.com, and a pool that trusts it.
	certified := httptest.NewTLSServer(nil)
	t.Cleanup(certified.Close)
	s.Roots = x509.NewCertPool()
	s.Roots.AddCert(certified.Certificate())
	config := &tls.Config{Certificates: certified.TLS.Certificates, MinVersion: tls.VersionTLS12}
	var listen net.ListenConfig
	listener, err := listen.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.URL = "smtp://" + listener.Addr().String()
	switch scheme {
	case "smtps":
		listener = tls.NewListener(listener, config)
		s.URL = "smtps://" + listener.Addr().String()
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

// Stop closes the server's door: nobody is let in any more.
func (s *Server) Stop() error { return s.listener.Close() }

// Taken returns the letters that the server has taken on.
func (s *Server) Taken() []Letter {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.letters)
}

// answer returns what the test wants said to a verb, or otherwise.
func (s *Server) answer(verb, otherwise string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if planned := s.answers[verb]; len(planned) > 0 {
		s.answers[verb] = planned[1:]
		return planned[0]
	}
	return otherwise
}

var errHangUp = errors.New(HangUp)

func (s *Server) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	_, secure := conn.(*tls.Conn)
	text := textproto.NewConn(conn)
	say := func(line string) error {
		if line == HangUp {
			return errHangUp
		}
		return text.PrintfLine("%s", line)
	}
	if say(s.answer("HELLO", "220 mail.example ESMTP")) != nil {
		return
	}
	now := Letter{Secure: secure}
	for {
		line, err := text.ReadLine()
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(line, " ")
		switch verb = strings.ToUpper(verb); verb {
		case "EHLO":
			err = say("250-mail.example")
			if s.starttls != nil && !now.Secure {
				err = say("250-STARTTLS")
			}
			if err == nil {
				err = say("250 AUTH PLAIN")
			}
		case "STARTTLS":
			if err = say("220 go on"); err == nil {
				conn = tls.Server(conn, s.starttls)
				text, now.Secure = textproto.NewConn(conn), true
			}
		case "AUTH":
			decoded, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(rest, "PLAIN "))
			parts := strings.Split(string(decoded), "\x00")
			if len(parts) == 3 {
				now.User, now.Password = parts[1], parts[2]
			}
			err = say(s.answer(verb, "235 welcome"))
		case "MAIL":
			now.From = rest
			err = say(s.answer(verb, "250 fine"))
		case "RCPT":
			now.To = rest
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
			now.Content = string(content)
			reply = s.answer(".", "250 taken")
			if strings.HasPrefix(reply, "250") {
				s.mu.Lock()
				s.letters = append(s.letters, now)
				s.mu.Unlock()
			}
			err = say(reply)
		case "QUIT":
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
