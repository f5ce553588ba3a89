package mail_test

import (
	"strings"
	"testing"

	"bourg/internal/mail"
)

func TestParseServer(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		url  string
		want mail.Server
	}{
		{"smtp://mail.example", mail.Server{Host: "mail.example", Port: 587}},
		{"smtps://mail.example", mail.Server{Host: "mail.example", Port: 465, Security: mail.ImplicitTLS}},
		{"smtp://mail.example:25?tls=none", mail.Server{Host: "mail.example", Port: 25, Security: mail.NoTLS}},
		{"smtp://127.0.0.1:2525/", mail.Server{Host: "127.0.0.1", Port: 2525, Security: mail.NoTLS}},
		{"smtp://[::1]:2525", mail.Server{Host: "::1", Port: 2525, Security: mail.NoTLS}},
		{"smtp://u:p@localhost", mail.Server{Host: "localhost", Port: 587, Security: mail.NoTLS, User: "u", Password: "p"}},
		{
			"smtp://mairie%40uzes.example:s%2Fcret@mail.example",
			mail.Server{Host: "mail.example", Port: 587, User: "mairie@uzes.example", Password: "s/cret", From: "mairie@uzes.example"},
		},
		{
			"smtps://mairie:s3cret@mail.example:4650?from=bourg@uzes.example",
			mail.Server{Host: "mail.example", Port: 4650, Security: mail.ImplicitTLS, User: "mairie", Password: "s3cret", From: "bourg@uzes.example"},
		},
	} {
		got, err := mail.ParseServer(tt.url)
		if err != nil {
			t.Errorf("%s: %v", tt.url, err)
		} else if got != tt.want {
			t.Errorf("%s: got %+v, want %+v", tt.url, got, tt.want)
		}
	}
}

func TestParseServerRefuses(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"mail.example:secret":                              "must be smtp://host",
		"http://mail.example":                              "must be smtp://host",
		"smtp://u:secret@":                                 "must be smtp://host",
		"smtp://u:sec\x01ret@mail.example":                 "must be smtp://host",
		"smtp://mail.example/secret":                       "nothing behind the host",
		"smtp://mail.example:70000":                        "port",
		"smtp://mail.example:0":                            "port",
		"smtp://mail.example?form=a@b.example":             `"form"`,
		"smtp://mail.example?from=mairie":                  "bare address",
		"smtp://mail.example?from=Mairie+<a@b.example>":    "bare address",
		"smtp://mail.example?from=a@b.example%0ABcc:c@d.x": "bare address",
		"smtp://mail.example?from=%zz":                     "query",
		"smtp://mail.example?tls=perhaps":                  "tls=none",
		"smtps://mail.example?tls=none":                    "tls=none",
		"smtp://u:secret@mail.example?tls=none":            "password",
	} {
		_, err := mail.ParseServer(url)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got error %v, want %q", url, err, want)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error repeats the secret: %v", url, err)
		}
	}
}

func TestSendersAddress(t *testing.T) {
	t.Parallel()
	if _, err := mail.NewSender(mail.Server{Host: "localhost", Port: 25}, "uzes example"); err == nil {
		t.Error("got a sender without an address, want an error that asks for one")
	}
}
