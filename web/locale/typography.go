package locale

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// NBSP is the non-breaking space that French puts before two-part punctuation and between a number and its unit. The narrow
// one (U+202F) is missing from many system fonts and from the heading font.
const NBSP = "\u00a0"

// French sets a sentence in French typography: non-breaking spaces before : ; ? ! » %, after «, between a number and its unit,
// and around the h of an hour; the curved apostrophe between letters. It adds no space where none was written, so it leaves
// addresses alone, and it changes nothing that it has changed already.
func French(s string) string {
	if !strings.ContainsAny(s, " '") {
		return s
	}
	runes := []rune(s)
	var b strings.Builder
	b.Grow(len(s) + 8)
	for i, r := range runes {
		switch {
		case r == ' ' && bindsSpace(runes, i):
			b.WriteString(NBSP)
		case r == '\'' && i > 0 && i+1 < len(runes) && unicode.IsLetter(runes[i-1]) && unicode.IsLetter(runes[i+1]):
			b.WriteRune('’')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// bindsSpace tells whether the space at i must not break.
func bindsSpace(runes []rune, i int) bool {
	if i == 0 || i+1 >= len(runes) {
		return false
	}
	before, after := runes[i-1], runes[i+1]
	switch {
	case before == '«', before == '°':
		return true
	case strings.ContainsRune(":;?!»%", after):
		return i+2 >= len(runes) || !unicode.IsLetter(runes[i+2]) && !unicode.IsDigit(runes[i+2])
	case unicode.IsDigit(before):
		return isUnit(word(runes, i+1))
	case unicode.IsDigit(after):
		return before == 'h' && i >= 3 && (runes[i-2] == ' ' || string(runes[i-2]) == NBSP) && unicode.IsDigit(runes[i-3])
	}
	return false
}

// word gives the letters and signs from i up to the next space or mark.
func word(runes []rune, i int) string {
	j := i
	for j < len(runes) && (unicode.IsLetter(runes[j]) || runes[j] == '€') {
		j++
	}
	return string(runes[i:j])
}

func isUnit(w string) bool {
	switch w {
	case "€", "h", "km", "m", "kg", "g", "min", "ko", "Mo":
		return true
	}
	return false
}

// LowerFirst gives the text with a small first letter, for a sentence that goes on after a colon. A word in capitals
// (an acronym) keeps them.
func LowerFirst(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if next, _ := utf8.DecodeRuneInString(s[n:]); n == 0 || unicode.IsUpper(next) {
		return s
	}
	return string(unicode.ToLower(r)) + s[n:]
}

// UpperFirst gives the text with a capital first letter.
func UpperFirst(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[n:]
}
