package mail_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"net/url"
	"strings"
	"testing"
	"time"

	"bourg/internal/mail"
	"bourg/internal/mail/mailtest"
)

const link = "https://saint-laurent.example/connexion/Zk3-x_9"

func letter() mail.Letter {
	return mail.Letter{
		ID: "mail-7", To: "fournil@merchants.example", Template: "sign_in", Data: map[string]string{"link": link, "name": "Vernède", "domain": "vernede.example"},
		Town: "Saint-Laurent-sur-Cèze", Asked: time.Date(2026, 12, 12, 9, 5, 0, 0, time.UTC),
	}
}

// sender returns a Sender toward the server, with what the test changes of its URL.
func sender(t *testing.T, s *mailtest.Server, change func(*url.URL), with func(*mail.Server)) *mail.Sender {
	t.Helper()
	u, err := url.Parse(s.URL)
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
	sender.Trust(s.Roots)
	return sender
}

// parts reads a letter's header and its two bodies.
func parts(t *testing.T, content string) (header netmail.Header, text, html string) {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(content))
	if err != nil {
		t.Fatalf("read the letter: %v\n%s", err, content)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("got content type %q (%v), want multipart/alternative", kind, err)
	}
	bodies := map[string]string{}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		part, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("read a part: %v", err)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			t.Fatalf("read a part: %v", err)
		}
		bodies[part.Header.Get("Content-Type")] = string(bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n")))
	}
	return m.Header, bodies["text/plain; charset=UTF-8"], bodies["text/html; charset=UTF-8"]
}

func TestSignInLetter(t *testing.T) {
	t.Parallel()
	server := mailtest.Serve(t, "smtp", nil)
	if err := sender(t, server, nil, nil).Send(t.Context(), letter()); err != nil {
		t.Fatal(err)
	}
	taken := server.Taken()
	if len(taken) != 1 {
		t.Fatalf("got %d letters, want 1", len(taken))
	}
	if got := taken[0]; got.From != "FROM:<bourg@saint-laurent.example>" || got.To != "TO:<fournil@merchants.example>" {
		t.Errorf("got envelope %s %s", got.From, got.To)
	}
	header, text, html := parts(t, taken[0].Content)
	var words mime.WordDecoder
	subject, err := words.DecodeHeader(header.Get("Subject"))
	if want := "Votre lien pour entrer – Saint-Laurent-sur-Cèze"; err != nil || subject != want {
		t.Errorf("got subject %q (%v), want %q", subject, err, want)
	}
	from, err := netmail.ParseAddress(header.Get("From"))
	if err != nil || from.Name != "Saint-Laurent-sur-Cèze" || from.Address != "bourg@saint-laurent.example" {
		t.Errorf("got From %v (%v)", from, err)
	}
	for name, want := range map[string]string{
		"To": "<fournil@merchants.example>", "Message-Id": "<mail-7@saint-laurent.example>", "Auto-Submitted": "auto-generated",
		"Content-Language": "fr",
	} {
		if got := header.Get(name); got != want {
			t.Errorf("got %s %q, want %q", name, got, want)
		}
	}
	if _, err := header.Date(); err != nil {
		t.Errorf("Date: %v", err)
	}
	for _, want := range []string{"Saint-Laurent-sur-Cèze", "12/12/2026 à 9 h 05", link, "valable une heure, une seule fois"} {
		if !strings.Contains(text, want) || !strings.Contains(html, want) {
			t.Errorf("got no %q in both bodies:\n%s\n%s", want, text, html)
		}
	}
	if !strings.HasPrefix(text, "Bonjour,") {
		t.Errorf("got text %q, want the subject's line outside", text)
	}
}

// Each letter says what its reader needs, in both of its bodies.
func TestLettersSayHowLongTheirLinkLives(t *testing.T) {
	t.Parallel()
	for template, want := range map[string]string{
		"sign_in": "valable une heure, une seule fois", "invitation": "valable quatorze jours à partir du 12/12/2026 à 9 h 05, une seule fois",
		"report":    "D'autres signalements reçus dans la demi-heure",
		"neighbour": "Vernède (vernede.example) demande",
	} {
		server := mailtest.Serve(t, "smtp", nil)
		l := letter()
		l.Template = template
		if err := sender(t, server, nil, nil).Send(t.Context(), l); err != nil {
			t.Errorf("%s: %v", template, err)
			continue
		}
		_, text, html := parts(t, server.Taken()[0].Content)
		for _, want := range []string{want, link, l.Town} {
			if !strings.Contains(text, want) || !strings.Contains(html, want) {
				t.Errorf("%s: got no %q in both bodies:\n%s\n%s", template, want, text, html)
			}
		}
	}
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	// I2: nothing that people type begins a line of its own in a header, or reaches another reader.
	t.Run("I2", func(t *testing.T) {
		t.Parallel()
		for _, to := range []string{
			"a@b.example\r\nBcc: c@d.example", "a@b.example\nBcc: c@d.example", "a@b.example, c@d.example", `"a" <b@c.example>`,
			"a@b.example>\r\nRCPT TO:<c@d.example", "a b@c.example", "", "a@b.example\x00", strings.Repeat("a", 260) + "@b.example",
		} {
			server := mailtest.Serve(t, "smtp", nil)
			l := letter()
			l.To = to
			err := sender(t, server, nil, nil).Send(t.Context(), l)
			if refused := (*mail.Refusal)(nil); !errors.As(err, &refused) {
				t.Errorf("%q: got %v, want a refusal", to, err)
			}
			if taken := server.Taken(); len(taken) != 0 {
				t.Errorf("%q: got a letter sent to %s, want none", to, taken[0].To)
			}
		}
		for _, name := range []string{
			"Uzès\r\nBcc: c@d.example", "Uzès\nBcc: c@d.example", "Uzès\r\n\r\n<script>", "Uzès\u2028Bcc: c@d.example", "Uzès\x85Bcc: c@d.example",
			`Uzès" <c@d.example>, "`, strings.Repeat("Uzès ", 300),
		} {
			server := mailtest.Serve(t, "smtp", nil)
			l := letter()
			l.Town, l.ID = name, "7\r\nBcc: c@d.example"
			if err := sender(t, server, nil, nil).Send(t.Context(), l); err != nil {
				t.Errorf("%q: %v", name, err)
				continue
			}
			content := server.Taken()[0].Content
			header, _, _ := parts(t, content)
			if header.Get("Bcc") != "" || len(header["To"]) != 1 || strings.Contains(header.Get("From"), ",") {
				t.Errorf("%q: got header %v", name, header)
			}
			for line := range strings.SplitSeq(content, "\n") {
				if len(line) > 998 {
					t.Errorf("%q: got a line of %d bytes, want 998 at most", name, len(line))
				}
			}
		}
	})
	// I3: what people type is text in HTML too.
	t.Run("I3", func(t *testing.T) {
		t.Parallel()
		server := mailtest.Serve(t, "smtp", nil)
		l := letter()
		l.Town, l.Data = `<img src=x onerror=alert(1)>`, map[string]string{"link": `javascript:alert(1)"><b>`}
		if err := sender(t, server, nil, nil).Send(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		_, text, html := parts(t, server.Taken()[0].Content)
		if strings.Contains(html, "<img") || strings.Contains(html, `href="javascript`) || strings.Contains(html, "<b>") {
			t.Errorf("got HTML with markup of others:\n%s", html)
		}
		if !strings.Contains(text, l.Town) {
			t.Errorf("got text without the name:\n%s", text)
		}
	})
}

func TestUnknownLetterAndMissingData(t *testing.T) {
	t.Parallel()
	server := mailtest.Serve(t, "smtp", nil)
	post := sender(t, server, nil, nil)
	for _, change := range []func(*mail.Letter){
		func(l *mail.Letter) { l.Template = "farewell" },
		func(l *mail.Letter) { l.Data = nil },
	} {
		l := letter()
		change(&l)
		err := post.Send(t.Context(), l)
		if refused := (*mail.Refusal)(nil); !errors.As(err, &refused) || refused.Code != 0 {
			t.Errorf("%+v: got %v, want a refusal without a code", l, err)
		}
	}
	if got := len(server.Taken()); got != 0 {
		t.Errorf("got %d letters, want 0", got)
	}
}

// TestFaults/E1: what the mail server says decides whether to try again.
func TestFaults(t *testing.T) {
	t.Parallel()
	t.Run("E1", func(t *testing.T) {
		t.Parallel()
		for _, tt := range []struct {
			name    string
			answers map[string][]string
			final   bool
			want    string
		}{
			{"busy", map[string][]string{"HELLO": {"421 too busy for you"}}, false, "it answered 421"},
			{"greylisted", map[string][]string{"RCPT": {"451 fournil@merchants.example: come back later"}}, false, "answered 451 to RCPT TO"},
			{"full disk", map[string][]string{".": {"452 no space"}}, false, "answered 452 to content"},
			{"sender refused", map[string][]string{"MAIL": {"550 not you"}}, true, "answered 550 to MAIL FROM"},
			{"no such reader", map[string][]string{"RCPT": {"550 5.1.1 <fournil@merchants.example> unknown"}}, true, "answered 550 to RCPT TO"},
			{"refused as spam", map[string][]string{".": {"554 spam"}}, true, "answered 554 to content"},
			{"DATA refused", map[string][]string{"DATA": {"503 no"}}, true, "answered 503 to DATA"},
			{"gone before the content is taken", map[string][]string{".": {mailtest.HangUp}}, false, "the connection broke"},
			{"gone at once", map[string][]string{"HELLO": {mailtest.HangUp}}, false, "reach the mail server"},
		} {
			t.Run(tt.name, func(t *testing.T) {
				t.Parallel()
				server := mailtest.Serve(t, "smtp", tt.answers)
				post := sender(t, server, nil, nil)
				err := post.Send(t.Context(), letter())
				var refused *mail.Refusal
				if got := errors.As(err, &refused); err == nil || got != tt.final || !strings.Contains(err.Error(), tt.want) {
					t.Fatalf("got %v, final %t, want %q, final %t", err, got, tt.want, tt.final)
				}
				if strings.Contains(err.Error(), "fournil") {
					t.Errorf("the error names the reader: %v", err)
				}
				if got := len(server.Taken()); got != 0 {
					t.Errorf("got %d letters, want 0", got)
				}
				if tt.final {
					return
				}
				if err := post.Send(t.Context(), letter()); err != nil || len(server.Taken()) != 1 {
					t.Errorf("the next try: got %v and %d letters, want the letter taken", err, len(server.Taken()))
				}
			})
		}
	})
	// The server took the letter and then fails: one letter, and no second try.
	t.Run("E1 slow close", func(t *testing.T) {
		t.Parallel()
		for _, bye := range []string{"421 timeout", mailtest.HangUp} {
			server := mailtest.Serve(t, "smtp", map[string][]string{"QUIT": {bye}})
			if err := sender(t, server, nil, nil).Send(t.Context(), letter()); err != nil || len(server.Taken()) != 1 {
				t.Errorf("%s: got %v and %d letters, want none and 1", bye, err, len(server.Taken()))
			}
		}
	})
	t.Run("E1 no server", func(t *testing.T) {
		t.Parallel()
		server := mailtest.Serve(t, "smtp", nil)
		if err := server.Stop(); err != nil {
			t.Fatal(err)
		}
		err := sender(t, server, nil, nil).Send(t.Context(), letter())
		if refused := (*mail.Refusal)(nil); err == nil || errors.As(err, &refused) {
			t.Errorf("got %v, want an error that is not final", err)
		}
	})
}

func TestStopsWithItsContext(t *testing.T) {
	t.Parallel()
	server := mailtest.Serve(t, "smtp", nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := sender(t, server, nil, nil).Send(ctx, letter()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's end", err)
	}
}

func TestPasswordAndTLS(t *testing.T) {
	t.Parallel()
	signIn := func(u *url.URL) { u.User = url.UserPassword("mairie", "s3cret") }
	demandTLS := func(s *mail.Server) { s.Security = mail.StartTLS }
	for _, tt := range []struct {
		scheme string
		with   func(*mail.Server)
		secure bool
	}{
		{"smtp", nil, false}, // on this machine nobody listens
		{"starttls", demandTLS, true},
		{"smtps", nil, true},
	} {
		server := mailtest.Serve(t, tt.scheme, nil)
		if err := sender(t, server, signIn, tt.with).Send(t.Context(), letter()); err != nil {
			t.Errorf("%s: %v", tt.scheme, err)
			continue
		}
		got := server.Taken()[0]
		if got.Secure != tt.secure || got.User != "mairie" || got.Password != "s3cret" {
			t.Errorf("%s: got TLS %t, user %q, want %t and the user", tt.scheme, got.Secure, got.User, tt.secure)
		}
	}

	// A wrong password is for the operator to mend: the letter waits.
	server := mailtest.Serve(t, "smtp", map[string][]string{"AUTH": {"535 5.7.8 mairie, your password is wrong"}})
	err := sender(t, server, signIn, nil).Send(t.Context(), letter())
	if refused := (*mail.Refusal)(nil); err == nil || errors.As(err, &refused) || strings.Contains(err.Error(), "mairie") || !strings.Contains(err.Error(), "535") {
		t.Errorf("got %v, want an error with 535 that is not final and repeats nothing", err)
	}
	// Where STARTTLS is demanded and not offered, nothing is sent.
	server = mailtest.Serve(t, "smtp", nil)
	if err := sender(t, server, signIn, demandTLS).Send(t.Context(), letter()); err == nil || len(server.Taken()) != 0 {
		t.Errorf("got %v and %d letters, want an error and none", err, len(server.Taken()))
	}
	// Nor to a server whose certificate nobody vouches for.
	for _, scheme := range []string{"starttls", "smtps"} {
		server = mailtest.Serve(t, scheme, nil)
		post := sender(t, server, signIn, func(s *mail.Server) {
			if scheme == "starttls" {
				demandTLS(s)
			}
		})
		post.Trust(nil)
		if err := post.Send(t.Context(), letter()); err == nil || len(server.Taken()) != 0 {
			t.Errorf("%s: got %v and %d letters, want an error and none", scheme, err, len(server.Taken()))
		}
	}
}
