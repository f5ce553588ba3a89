// Package fold brings text into the form in which it is searched: what people type
// without accents finds what others wrote with them.
package fold

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold returns s in lower case without accents, and with ligatures and other special
// letters spelled out: "Œufs à l'Île" becomes "oeufs a l'ile". Folding what is folded
// changes nothing.
func Fold(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	// Compatibility decomposition also takes "ﬁ" and "①" apart; lowering first and last
	// catches capital letters on either side of it.
	for _, r := range norm.NFKD.String(strings.ToLower(s)) {
		if unicode.Is(unicode.Mn, r) {
			continue
		}
		r = unicode.ToLower(r)
		if spelled, ok := spelling(r); ok {
			b.WriteString(spelled)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// spelling returns how letters are spelled that Unicode does not take apart.
func spelling(r rune) (string, bool) {
	switch r {
	case 'œ':
		return "oe", true
	case 'æ':
		return "ae", true
	case 'ß':
		return "ss", true
	case 'ø':
		return "o", true
	case 'ł':
		return "l", true
	case 'đ', 'ð':
		return "d", true
	case 'þ':
		return "th", true
	case 'ı':
		return "i", true
	case '’', 'ʼ', '‘':
		return "'", true
	}
	return "", false
}

// plain tells whether s is ASCII without capital letters, so that nothing is to be done.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 || (s[i] >= 'A' && s[i] <= 'Z') {
			return false
		}
	}
	return true
}
