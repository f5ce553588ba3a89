package sanitize

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// MaxLine is the greatest length of what Line returns, in runes: as much as Mastodon lets people write as the
// description of a picture.
const MaxLine = 1500

// Line returns a name, a title or a description as one line of plain text: controls, direction marks and invisible
// characters are removed, white space is folded, and what exceeds MaxLine is cut off. It is not HTML; a template
// escapes it. Line(Line(s)) == Line(s).
func Line(s string) string {
	return Cut(fold(clean(strings.ToValidUTF8(s, "\uFFFD"))), MaxLine)
}

// Cut returns s if it has at most n runes, else its beginning and "…", n runes together.
func Cut(s string, n int) string {
	if len(s) <= n || utf8.RuneCountInString(s) <= n {
		return s
	}
	if n <= 0 {
		return ""
	}
	count := 0
	for i := range s {
		if count++; count == n {
			s = s[:i]
			break
		}
	}
	return strings.TrimRightFunc(s, func(r rune) bool { return unicode.IsSpace(r) || isJoiner(r) }) + "…"
}

// Text returns the plain text of HTML, remote or our own: what HTML keeps of it, paragraphs apart by an empty line,
// lines as lines, list items with a dash. For a title or a mail's subject, pass the result to Line.
func Text(s string) string {
	var t plainText
	z := html.NewTokenizer(strings.NewReader(HTML(s)))
	for {
		switch kind := z.Next(); kind {
		case html.ErrorToken:
			return t.out.String()
		case html.TextToken:
			t.text(string(z.Text()))
		default:
			name, _ := z.TagName()
			t.tag(string(name), kind == html.StartTagToken)
		}
	}
}

// A plainText collects the text of an HTML document as a browser would lay it out.
type plainText struct {
	out    strings.Builder
	breaks int  // newlines owed before the next text
	space  bool // a space is owed before the next text
	item   bool // a dash is owed before the next text
	lists  int  // open lists
	pre    int  // open pre elements
}

// tag handles the start or the end of an element.
func (t *plainText) tag(name string, start bool) {
	step := -1
	if start {
		step = 1
	}
	switch name {
	case "br":
		t.breaks = min(t.breaks+1, 2)
		return
	case "li":
		t.breaks = max(t.breaks, 1)
		t.item = start
		return
	case "ul", "ol":
		t.lists += step
	case "pre":
		t.pre += step
	case "p", "blockquote":
	default:
		return
	}
	if t.lists > 0 {
		t.breaks = max(t.breaks, 1)
	} else {
		t.breaks = 2
	}
}

// text adds text: white space is one space, except within pre, where lines stay.
func (t *plainText) text(s string) {
	for _, r := range s {
		switch {
		case r == '\n' && t.pre > 0:
			t.breaks = min(t.breaks+1, 2)
		case r == ' ' || r == '\t' || r == '\n':
			t.space = true
		default:
			t.owed()
			t.out.WriteRune(r)
		}
	}
}

// owed writes what must stand before the next text. Nothing stands before the first.
func (t *plainText) owed() {
	switch {
	case t.out.Len() == 0:
	case t.breaks > 0:
		t.out.WriteString("\n\n"[:t.breaks])
	case t.space:
		t.out.WriteByte(' ')
	}
	if t.item {
		t.out.WriteString("- ")
	}
	t.breaks, t.space, t.item = 0, false, false
}

// clean removes what cannot be seen and may mislead: control characters other than tab and newline, marks that turn
// the direction of text (U+202E and its kin), zero-width and filler characters, tags. Line separators become newlines.
// A zero-width joiner stays between two pictographs, which it makes one, and between letters of scripts that need it.
func clean(s string) string {
	var (
		out  strings.Builder
		last rune
	)
	for i, r := range s {
		switch {
		case r == '\t' || r == '\n':
		case r == '\r' || r == '\v' || r == '\f' || r == 0x85 || r == 0x2028 || r == 0x2029:
			r = '\n'
		case isJoiner(r):
			next, _ := utf8.DecodeRuneInString(s[i+utf8.RuneLen(r):])
			if !joins(last) || !joins(next) {
				continue
			}
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Cs, unicode.Co, unicode.Noncharacter_Code_Point) || isFiller(r):
			continue
		}
		out.WriteRune(r)
		last = r
	}
	return out.String()
}

// isJoiner says whether r is the zero-width joiner or non-joiner.
func isJoiner(r rune) bool { return r == 0x200C || r == 0x200D }

// joins says whether a joiner beside r has a meaning.
func joins(r rune) bool {
	if r == 0xFE0F || unicode.In(r, unicode.So, unicode.Sk) {
		return true
	}
	return unicode.In(r, unicode.L, unicode.M) &&
		!unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Common, unicode.Inherited)
}

// isFiller says whether r is a letter, a mark or a symbol that is drawn as nothing.
func isFiller(r rune) bool {
	switch r {
	case 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0:
		return true
	}
	return r >= 0x180B && r <= 0x180F
}

// fold makes each run of white space one space, and keeps the no-break spaces that French typography wants before
// some signs.
func fold(s string) string {
	var out strings.Builder
	var space rune
	for _, r := range s {
		if unicode.IsSpace(r) {
			if space == 0 || r == 0xA0 || r == 0x202F {
				if space = r; r != 0xA0 && r != 0x202F {
					space = ' '
				}
			}
			continue
		}
		if space != 0 && out.Len() > 0 {
			out.WriteRune(space)
		}
		space = 0
		out.WriteRune(r)
	}
	return out.String()
}
