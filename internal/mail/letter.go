package mail

import (
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"net/mail"
	"strings"
	texttemplate "text/template"
	"time"
	"unicode"

	gomail "github.com/wneessen/go-mail"
)

// Letter is one mail to one person.
type Letter struct {
	// ID tells this letter from every other of the town, and stays when it is sent again,
	// so that who gets it twice may show it once: it is the left side of the Message-ID.
	ID string
	// To is a bare address.
	To string
	// Template names the text: a file templates/<Template>.txt, with the same words in .html.
	Template string
	// Data fills the template.
	Data map[string]string
	// Town is the town's name, as people say it.
	Town string
	// Asked is when the letter was asked for, in the town's time zone. It may be sent hours later.
	Asked time.Time
}

// Each letter is a pair of files: the first line of the .txt is the subject.
//
//go:embed templates
var files embed.FS

// letters are the parsed templates.
type letters struct {
	text *texttemplate.Template
	html *htmltemplate.Template
}

func parseLetters() (letters, error) {
	text, err := texttemplate.New("").Option("missingkey=error").ParseFS(files, "templates/*.txt")
	if err != nil {
		return letters{}, fmt.Errorf("read the letters' text: %w", err)
	}
	html, err := htmltemplate.New("").Option("missingkey=error").ParseFS(files, "templates/*.html")
	if err != nil {
		return letters{}, fmt.Errorf("read the letters' HTML: %w", err)
	}
	return letters{text, html}, nil
}

// compose makes the message. What cannot be written is a *Refusal: another try would
// not help.
func (ls letters) compose(l Letter, from, host string) (*gomail.Msg, error) {
	if !isAddress(l.To) {
		return nil, &Refusal{Step: "compose", err: errors.New("the reader's address is not one")}
	}
	var text, html strings.Builder
	if err := ls.text.ExecuteTemplate(&text, l.Template+".txt", l); err != nil {
		return nil, &Refusal{Step: "compose", err: err}
	}
	if err := ls.html.ExecuteTemplate(&html, l.Template+".html", l); err != nil {
		return nil, &Refusal{Step: "compose", err: err}
	}
	subject, body, _ := strings.Cut(text.String(), "\n")
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	m.FromMailAddress(&mail.Address{Name: line(l.Town), Address: from})
	m.ToMailAddress(&mail.Address{Address: l.To})
	m.Subject(line(subject))
	m.SetDate()
	m.SetMessageIDWithValue(line(l.ID) + "@" + host)
	// RFC 3834, section 5: nobody's absence notice answers.
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.SetGenHeader("Content-Language", "fr")
	m.SetBodyString(gomail.TypeTextPlain, strings.TrimLeft(body, "\n"))
	m.AddAlternativeString(gomail.TypeTextHTML, html.String())
	return m, nil
}

// Date returns the day and the hour at which the letter was asked for, as French people
// write them: "12/12/2026 à 9 h 05".
func (l Letter) Date() string {
	return fmt.Sprintf("%s à %d h %02d", l.Asked.Format("02/01/2006"), l.Asked.Hour(), l.Asked.Minute())
}

// line makes one line of text, fit for a header: whatever could begin a second one is gone.
func line(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if isControl(r) {
			return ' '
		}
		return r
	}, text))
}

// isControl covers what ends a line anywhere: C0 and C1, and Unicode's own separators.
func isControl(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }
