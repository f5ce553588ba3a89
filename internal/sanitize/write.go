package sanitize

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxTag is the longest hashtag, in runes.
	maxTag = 100
	// shownURL is how much of an address is shown without its scheme, in runes, as on Mastodon.
	shownURL = 30
)

// Paragraphs returns plain text that somebody typed as HTML: an empty line begins a new paragraph, a line break is a
// line break, http and https addresses are links, and everything else is escaped. The result, where it is within
// MaxRunes, is one that HTML leaves as it is. Hashtags stay text; LinkedParagraphs links them.
func Paragraphs(plain string) string { return LinkedParagraphs(plain, nil) }

// LinkedParagraphs is Paragraphs with links on hashtags: tag is called with each one's name (without "#", as it was
// typed) and returns the absolute address of the page that shows posts with it, or nothing to leave it text. The
// link has the classes by which Mastodon knows a hashtag.
func LinkedParagraphs(plain string, tag func(name string) string) string {
	var out strings.Builder
	begun := false // a paragraph is open
	plain = clean(strings.ReplaceAll(strings.ToValidUTF8(plain, "\uFFFD"), "\r\n", "\n"))
	for line := range strings.Lines(plain) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" && begun:
			out.WriteString("</p>")
			begun = false
			continue
		case line == "":
			continue
		case begun:
			out.WriteString("<br>")
		default:
			out.WriteString("<p>")
			begun = true
		}
		scan(line, func(kind piece, s string) {
			switch {
			case kind == pieceURL:
				writeURL(&out, s)
			case kind == pieceTag && tag != nil:
				writeTag(&out, s, tag(s[1:]))
			default:
				out.WriteString(escapeText(s))
			}
		})
	}
	if begun {
		out.WriteString("</p>")
	}
	return out.String()
}

// Hashtags returns the names of the hashtags in plain text, without "#", as they were first typed, each once whatever
// its case. A name has letters, digits, "_" and "·" of any script, at least one letter, and at most a hundred runes.
func Hashtags(plain string) []string {
	var tags []string
	seen := map[string]bool{}
	for line := range strings.Lines(clean(strings.ToValidUTF8(plain, "\uFFFD"))) {
		scan(line, func(kind piece, s string) {
			if key := strings.ToLower(s); kind == pieceTag && !seen[key] {
				seen[key] = true
				tags = append(tags, s[1:])
			}
		})
	}
	return tags
}

// writeURL writes a link to an address as it was typed. A style sheet that knows Mastodon's classes shows the host and
// the beginning of the path.
func writeURL(out *strings.Builder, s string) {
	l, _ := parseLink(s)
	scheme, rest, _ := strings.Cut(s, "://")
	out.WriteString("<a" + l.attributes("") + `><span class="invisible">` + escapeText(scheme) + "://</span>")
	if shown, hidden := split(rest, shownURL); hidden == "" || l.note(shown) != "" {
		out.WriteString(escapeText(rest))
	} else {
		out.WriteString(`<span class="ellipsis">` + escapeText(shown) + `</span><span class="invisible">` + escapeText(hidden) + "</span>")
	}
	out.WriteString("</a>")
}

// split cuts s after n runes.
func split(s string, n int) (head, tail string) {
	for i := range s {
		if n == 0 {
			return s[:i], s[i:]
		}
		n--
	}
	return s, ""
}

// writeTag writes a hashtag as a link, or as text if it leads nowhere.
func writeTag(out *strings.Builder, s, href string) {
	l, ok := parseLink(href)
	if !ok {
		out.WriteString(escapeText(s))
		return
	}
	out.WriteString("<a" + l.attributes("mention hashtag") + ">" + escapeText(s) + "</a>")
}

// A piece is a part of what somebody typed.
type piece int

const (
	pieceText piece = iota
	pieceURL        // an address for which parseLink answers yes
	pieceTag        // "#" and a hashtag's name
)

// scan cuts one line into pieces, which together are the line. It goes through the line once and looks ahead only into
// what it then steps over; it returns how many bytes it looked at, which tests hold to a multiple of the length.
func scan(line string, emit func(piece, string)) (looked int) {
	from := 0 // where the text begins that was not emitted yet
	found := func(kind piece, i, n int) {
		if i > from {
			emit(pieceText, line[from:i])
		}
		emit(kind, line[i:i+n])
		from = i + n
	}
	before := ' '
	for i := 0; i < len(line); {
		r, n := utf8.DecodeRuneInString(line[i:])
		looked += n
		switch {
		case r == '#' && !isTagRune(before) && !strings.ContainsRune("/=#&", before):
			length, ok := tagLength(line[i+1:])
			looked += length
			if n += length; ok {
				found(pieceTag, i, n)
			}
		case (r == 'h' || r == 'H') && !isTagRune(before):
			length := urlLength(line[i:])
			looked += length
			if length == 0 {
				break
			}
			n = length
			if l, ok := parseLink(line[i : i+n]); ok && l.note(line[i:i+n]) == "" {
				found(pieceURL, i, n)
			}
		}
		before, _ = utf8.DecodeLastRuneInString(line[:i+n])
		i += n
	}
	if from < len(line) {
		emit(pieceText, line[from:])
	}
	return looked
}

// tagLength returns the length in bytes of what could be a hashtag's name at the beginning of s, and whether it is one.
func tagLength(s string) (length int, ok bool) {
	letters, runes := 0, 0
	for _, r := range s {
		if !isTagRune(r) {
			break
		}
		if unicode.IsLetter(r) {
			letters++
		}
		runes++
		length += utf8.RuneLen(r)
	}
	return length, letters > 0 && runes <= maxTag
}

func isTagRune(r rune) bool {
	return unicode.In(r, unicode.L, unicode.M, unicode.Nd) || r == '_' || r == '·'
}

// urlLength returns the length in bytes of an http or https address at the beginning of s, 0 if there is none. An
// address ends at white space or a sign that addresses do not have; punctuation at its end belongs to the sentence,
// and so does a closing bracket that was not opened within.
func urlLength(s string) int {
	scheme := ""
	for _, prefix := range []string{"https://", "http://"} {
		if len(s) > len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
			scheme = prefix
		}
	}
	if scheme == "" {
		return 0
	}
	end := strings.IndexFunc(s, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("<>\"«»“”`", r) })
	if end < 0 {
		end = len(s)
	}
	s = s[:end]
	unmatched := strings.Count(s, ")") - strings.Count(s, "(")
	for len(s) > len(scheme) {
		r, n := utf8.DecodeLastRuneInString(s)
		switch {
		case r == ')' && unmatched > 0:
			unmatched--
		case !strings.ContainsRune(".,;:!?'’…]}*", r):
			return len(s)
		}
		s = s[:len(s)-n]
	}
	return len(s)
}

// escapeText escapes text that stands between tags. Quotation marks and apostrophes mean
// nothing there, and « jusqu'à » is to be read as such in the source too.
func escapeText(s string) string { return textEscaper.Replace(s) }

var textEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
