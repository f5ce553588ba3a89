package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// answerWithin is how long the mail server may take for each of its answers.
const answerWithin = 20 * time.Second

// Refusal is a final no: the mail server answered 5xx to the letter, or the letter cannot
// be written. Sending it again would bring the same.
type Refusal struct {
	// Code is the server's answer, 500 to 599; 0 where the letter never reached it.
	Code int
	// Step is what was answered: "compose", "MAIL FROM", "RCPT TO", "DATA" or "content".
	Step string
	err  error
}

func (r *Refusal) Error() string {
	if r.Code == 0 {
		return r.Step + ": " + r.err.Error()
	}
	return fmt.Sprintf("the mail server answered %d to %s", r.Code, r.Step)
}

func (r *Refusal) Unwrap() error { return r.err }

// Sender sends letters through one server, each on a connection of its own. It is safe
// for concurrent use.
type Sender struct {
	server  Server
	host    string // the town's, in Message-ID and EHLO
	letters letters
	roots   *x509.CertPool // nil: the machine's
}

// NewSender returns a Sender for the town at host. Where the server's URL names no
// address to send from, letters come from bourg@host.
func NewSender(server Server, host string) (*Sender, error) {
	if server.From == "" {
		server.From = "bourg@" + host
	}
	if !isAddress(server.From) {
		return nil, fmt.Errorf("no letter can come from bourg@%s: name an address with ?from=", host)
	}
	parsed, err := parseLetters()
	if err != nil {
		return nil, err
	}
	return &Sender{server: server, host: host, letters: parsed}, nil
}

// Send hands the letter to the mail server. It returns nil once the server has taken it
// on (250 to the content), however the connection ends after that; a *Refusal where
// trying again is of no use; and any other error where it may be.
func (s *Sender) Send(ctx context.Context, l Letter) error {
	message, err := s.letters.compose(l, s.server.From, s.host)
	if err != nil {
		return fmt.Errorf("write the letter %q: %w", l.Template, err)
	}
	var conn net.Conn
	client, err := gomail.NewClient(s.server.Host, s.options(func(ctx context.Context) (net.Conn, error) {
		var err error
		conn, err = s.dial(ctx)
		return conn, err
	})...)
	if err != nil {
		return fmt.Errorf("prepare the connection to the mail server: %w", err)
	}
	session, err := client.DialToSMTPClientWithContext(ctx)
	if conn != nil {
		defer conn.Close()
		// The library heeds the context only until it is connected.
		defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	}
	if err != nil {
		return fmt.Errorf("reach the mail server: %w", quiet(ctx, err))
	}
	err = client.SendWithSMTPClient(session, message)
	if !message.IsDelivered() {
		return fmt.Errorf("send the letter %q: %w", l.Template, verdict(ctx, err))
	}
	// The letter is the server's now. How it says goodbye must not make us send it twice.
	_ = session.Quit()
	return nil
}

func (s *Sender) options(dial func(context.Context) (net.Conn, error)) []gomail.Option {
	options := []gomail.Option{
		gomail.WithPort(s.server.Port),
		gomail.WithHELO(s.host),
		gomail.WithTimeout(answerWithin),
		gomail.WithoutNoop(),
		gomail.WithoutRset(),
		gomail.WithTLSConfig(s.tlsConfig()),
		gomail.WithDialContextFunc(func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) }),
	}
	auth := gomail.SMTPAuthAutoDiscover
	switch s.server.Security {
	case StartTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case ImplicitTLS:
		// dial has made TLS already, inside which no server offers STARTTLS; this makes the
		// library look for it, and find the connection safe for a password.
		options = append(options, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	case NoTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
		auth = gomail.SMTPAuthPlainNoEnc // ParseServer allows it toward this machine only
	}
	if s.server.User != "" {
		options = append(options, gomail.WithSMTPAuth(auth),
			gomail.WithUsername(s.server.User), gomail.WithPassword(s.server.Password))
	}
	return options
}

func (s *Sender) tlsConfig() *tls.Config {
	return &tls.Config{ServerName: s.server.Host, RootCAs: s.roots, MinVersion: tls.VersionTLS12}
}

func (s *Sender) dial(ctx context.Context) (net.Conn, error) {
	var plain net.Dialer
	if s.server.Security == ImplicitTLS {
		dialer := tls.Dialer{NetDialer: &plain, Config: s.tlsConfig()}
		return dialer.DialContext(ctx, "tcp", s.server.address())
	}
	return plain.DialContext(ctx, "tcp", s.server.address())
}

// verdict tells a final no from what may pass, and leaves out what the server said.
func verdict(ctx context.Context, err error) error {
	var failed *gomail.SendError
	if ctx.Err() != nil || !errors.As(err, &failed) {
		return quiet(ctx, err)
	}
	step := map[gomail.SendErrReason]string{
		gomail.ErrSMTPMailFrom: "MAIL FROM", gomail.ErrSMTPRcptTo: "RCPT TO",
		gomail.ErrSMTPData: "DATA", gomail.ErrSMTPDataClose: "content",
	}[failed.Reason]
	switch code := failed.ErrorCode(); {
	case step == "" || code == 0:
		return fmt.Errorf("the connection broke: %s", failed.Reason)
	case code >= 500:
		return &Refusal{Code: code, Step: step, err: errors.New("final answer")}
	default:
		return fmt.Errorf("the mail server answered %d to %s", code, step)
	}
}

// quiet keeps what a server answered to the sign-in out of the log: it may repeat the
// user's name. Its number says what there is to know. Where we broke off ourselves, that
// is the error.
func quiet(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var answer *textproto.Error
	if errors.As(err, &answer) {
		return fmt.Errorf("it answered %d", answer.Code)
	}
	return err
}
