// Package locale holds the words of the screens in French and in English, and writes dates, hours, distances and telephone
// numbers the way a reader of each language expects them.
//
// The words lie in fr.json and en.json, one flat object each: a key names the screen and the thing ("fil.title"), a value is a
// sentence, or an object with the plural forms "one" and "other". A sentence may hold {1}, {2} ... for arguments, and {n} for
// the number that chose the plural. French sentences are written with plain spaces and apostrophes: [French] puts in the
// non-breaking spaces when they are loaded.
//
// Only two languages exist on purpose, so the plural rules are two lines and no catalogue library is needed; everything is read
// once and never changes afterwards.
package locale

import (
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strconv"
	"strings"
)

//go:embed fr.json en.json
var files embed.FS

// Lang is a language of the screens, as a BCP 47 tag.
type Lang string

// The languages of the screens. French is the one without a prefix in addresses.
const (
	FR Lang = "fr"
	EN Lang = "en"
)

// Other gives the language that is not l.
func (l Lang) Other() Lang {
	if l == EN {
		return FR
	}
	return EN
}

// Set is both languages, loaded.
type Set struct {
	french, english *Locale
}

// Load reads the two catalogues that are built into the program. It fails when one is malformed, or when the two do not hold
// the same keys with the same arguments.
func Load() (Set, error) {
	fr, err := load(FR, French)
	if err != nil {
		return Set{}, err
	}
	en, err := load(EN, func(s string) string { return s })
	if err != nil {
		return Set{}, err
	}
	if err := sameKeys(fr, en); err != nil {
		return Set{}, err
	}
	return Set{french: fr, english: en}, nil
}

// For gives the locale of a language; anything but English is French.
func (s Set) For(l Lang) *Locale {
	if l == EN {
		return s.english
	}
	return s.french
}

// Locale is one language: its words, and its way of writing dates and numbers. It is safe for concurrent use.
type Locale struct {
	Lang     Lang
	messages map[string]message
}

// message is a sentence in its plural forms; a sentence without a number has other only.
type message struct {
	one, other sentence
	plural     bool
}

// sentence is a text cut at its arguments. arg is 1 for {1}, 0 for {n}, and -1 for plain text.
type sentence []piece

type piece struct {
	text string
	html string // text, escaped for HTML
	arg  int
}

// Has tells whether the key names a message.
func (l *Locale) Has(key string) bool { _, ok := l.messages[key]; return ok }

// Plural tells whether the key names a message with plural forms.
func (l *Locale) Plural(key string) bool { return l.messages[key].plural }

// Keys lists the keys in order.
func (l *Locale) Keys() []string { return slices.Sorted(maps.Keys(l.messages)) }

// T gives the sentence of a key with its arguments put in. An unknown key comes back as it is.
func (l *Locale) T(key string, args ...any) string {
	m, ok := l.messages[key]
	if !ok {
		return key
	}
	return m.other.write(l, 0, args)
}

// N gives the sentence of a key in the form that the number n wants. French counts none and one alike, English does not.
func (l *Locale) N(key string, n int, args ...any) string {
	m, ok := l.messages[key]
	if !ok {
		return key
	}
	return m.form(l.Lang, n).write(l, n, args)
}

// HTML is T for a sentence that holds markup in its arguments: words and strings are escaped, template.HTML is kept.
func (l *Locale) HTML(key string, args ...any) template.HTML {
	m, ok := l.messages[key]
	if !ok {
		return template.HTML(template.HTMLEscapeString(key)) //nolint:gosec // escaped
	}
	var b strings.Builder
	for _, p := range m.other {
		if p.arg < 0 {
			b.WriteString(p.html)
			continue
		}
		if a := argument(args, p.arg); a != nil {
			if h, ok := a.(template.HTML); ok {
				b.WriteString(string(h))
			} else {
				b.WriteString(template.HTMLEscapeString(l.show(a)))
			}
		}
	}
	return template.HTML(b.String()) //nolint:gosec // every part is escaped, or was HTML already
}

func (m message) form(lang Lang, n int) sentence {
	if m.plural && (n == 1 || (n == 0 && lang == FR)) {
		return m.one
	}
	return m.other
}

func (s sentence) write(l *Locale, n int, args []any) string {
	if len(s) == 1 && s[0].arg < 0 {
		return s[0].text
	}
	var b strings.Builder
	for _, p := range s {
		switch {
		case p.arg < 0:
			b.WriteString(p.text)
		case p.arg == 0:
			b.WriteString(l.Number(n))
		default:
			if a := argument(args, p.arg); a != nil {
				b.WriteString(l.show(a))
			}
		}
	}
	return b.String()
}

func argument(args []any, i int) any {
	if i < 1 || i > len(args) {
		return nil
	}
	return args[i-1]
}

func (l *Locale) show(a any) string {
	switch a := a.(type) {
	case string:
		return a
	case int:
		return l.Number(a)
	default:
		return fmt.Sprint(a)
	}
}

func load(lang Lang, typography func(string) string) (*Locale, error) {
	raw, err := files.ReadFile(string(lang) + ".json")
	if err != nil {
		return nil, fmt.Errorf("reading the words of %q: %w", lang, err)
	}
	l, err := parse(lang, raw, typography)
	if err != nil {
		return nil, fmt.Errorf("reading the words of %q: %w", lang, err)
	}
	return l, nil
}

func parse(lang Lang, raw []byte, typography func(string) string) (*Locale, error) {
	var entries map[string]json.RawMessage
	if err := json.Unmarshal(raw, &entries); err != nil {
		return nil, err
	}
	l := &Locale{Lang: lang, messages: make(map[string]message, len(entries))}
	for key, value := range entries {
		var plain string
		if json.Unmarshal(value, &plain) == nil {
			s, err := cut(typography(plain))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
			l.messages[key] = message{other: s}
			continue
		}
		var forms struct{ One, Other string }
		if err := json.Unmarshal(value, &forms); err != nil || forms.One == "" || forms.Other == "" {
			return nil, fmt.Errorf("%s: want a sentence, or its forms \"one\" and \"other\"", key)
		}
		one, err := cut(typography(forms.One))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		other, err := cut(typography(forms.Other))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		l.messages[key] = message{one: one, other: other, plural: true}
	}
	return l, nil
}

// cut splits a text at {1} ... {9} and {n}.
func cut(text string) (sentence, error) {
	var s sentence
	add := func(t string) {
		if t != "" {
			s = append(s, piece{text: t, html: template.HTMLEscapeString(t), arg: -1})
		}
	}
	rest := text
	for {
		before, after, ok := strings.Cut(rest, "{")
		add(before)
		if !ok {
			return s, nil
		}
		name, tail, ok := strings.Cut(after, "}")
		if !ok {
			return nil, fmt.Errorf("unclosed brace in %q", text)
		}
		arg := 0
		if name != "n" {
			n, err := strconv.Atoi(name)
			if err != nil || n < 1 || n > 9 {
				return nil, fmt.Errorf("unknown argument {%s} in %q", name, text)
			}
			arg = n
		}
		s = append(s, piece{arg: arg})
		rest = tail
	}
}

// arguments gives the set of arguments that a sentence uses.
func (s sentence) arguments() map[int]bool {
	used := map[int]bool{}
	for _, p := range s {
		if p.arg >= 0 {
			used[p.arg] = true
		}
	}
	return used
}

func sameKeys(a, b *Locale) error {
	for _, pair := range [][2]*Locale{{a, b}, {b, a}} {
		for _, key := range pair[0].Keys() {
			mine, theirs := pair[0].messages[key], pair[1].messages[key]
			switch {
			case !pair[1].Has(key):
				return fmt.Errorf("the words of %q lack %q", pair[1].Lang, key)
			case mine.plural != theirs.plural:
				return fmt.Errorf("%q has plural forms in one language only", key)
			case !maps.Equal(mine.other.arguments(), theirs.other.arguments()):
				return fmt.Errorf("%q has other arguments in %q than in %q", key, a.Lang, b.Lang)
			}
		}
	}
	return nil
}
