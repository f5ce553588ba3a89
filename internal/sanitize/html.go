// Package sanitize turns text that strangers wrote into text that is safe to show, and what merchants typed into HTML.
//
// Remote HTML goes through two steps. bluemonday decides what may stay: elements, attributes, schemes of links. It
// works on tokens and leaves the order of tags as it found them, so a second step, the arranger, closes what was left
// open, bounds depth and length, and says where a link really leads. Only what both steps let through is written, and
// everything that is written is escaped anew. The result is a fixed point: sanitising it again changes nothing, and a
// browser's parser builds the same tree from it as was meant here, which is what defeats markup that mutates.
//
// All functions are safe for concurrent use and take time linear in the length of their input.
package sanitize

import (
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
)

const (
	// MaxRunes is the greatest length of what HTML returns, in runes, markup included.
	MaxRunes = 20_000
	// MaxDepth is how deep elements may lie within each other in what HTML returns.
	MaxDepth = 20

	// maxInput is how many bytes of remote HTML are looked at; what follows is dropped.
	maxInput = 256 << 10
	// maxTracked bounds how many open elements are remembered, those that are not written included.
	maxTracked = 100

	// rel is said of each link: it is no recommendation, and neither the page nor its address is handed on.
	rel = "nofollow noopener noreferrer ugc"
)

// HTML returns the harmless part of remote HTML: paragraphs, line breaks, lists, quotations, emphasis, code, and links
// to http, https, mailto, tel and geo addresses. Headings become strong paragraphs; pictures, tables, styles and
// scripts go. The class "invisible" is honoured within links only, and never at the cost of the reader: a link whose
// visible text names another host than the one it leads to gets the real host written after the text. The result is
// well formed, at most MaxDepth deep and MaxRunes long, and HTML(HTML(s)) == HTML(s).
//
// The elements are those that Mastodon keeps (lib/sanitize_ext/sanitize_config.rb) without ruby.
func HTML(s string) string {
	if len(s) > maxInput {
		s = s[:maxInput]
		for len(s) > 0 && !utf8.RuneStart(s[len(s)-1]) {
			s = s[:len(s)-1]
		}
	}
	return arrange(policy().Sanitize(strings.ToValidUTF8(s, "\uFFFD")))
}

// policy is built once: building takes six times as long as using it.
var policy = sync.OnceValue(func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "del", "s", "strike", "pre", "blockquote", "code", "b", "strong", "u", "i", "em", "ul", "ol", "li")
	p.AllowElements("h1", "h2", "h3", "h4", "h5", "h6")
	for name := range containers {
		p.AllowElements(name)
	}
	p.AllowAttrs("class").OnElements("a", "span")
	p.AllowAttrs("href").OnElements("a")
	p.RequireParseableURLs(true)
	p.AllowURLSchemes("http", "https", "mailto", "tel", "geo")
	p.SkipElementsContent("svg", "math", "template", "textarea", "select", "xmp", "plaintext", "audio", "video", "canvas", "button")
	return p
})

// containers are the block elements that do not stay themselves, but whose contents are paragraphs of their own.
var containers = map[string]bool{
	"div": true, "section": true, "article": true, "aside": true, "header": true, "footer": true, "main": true,
	"figure": true, "figcaption": true, "details": true, "summary": true, "address": true,
	"dl": true, "dt": true, "dd": true, "table": true, "caption": true, "tr": true, "td": true, "th": true, "hr": true,
}

// other names elements that are written under another name.
var other = map[string]string{"s": "del", "strike": "del"}

// classes are the ones that stay, by element; the values say whether they mean something within a link only.
var classes = map[string]map[string]bool{
	"a":    {"mention": false, "hashtag": false, "u-url": false},
	"span": {"mention": false, "hashtag": false, "h-card": false, "invisible": true, "ellipsis": true},
}

// An element is open: its start was seen and its end was not.
type element struct {
	name   string
	silent bool // it is not written: too deep, or of no use without its attributes
	hidden bool // a style sheet hides its text
	owed   int  // runes that its end will take at most
}

// An arranger writes tokens as well-formed HTML. It never writes more than MaxRunes: before each piece it sets aside
// what the ends of all open elements will take, and one rune for the sign that something was cut off.
type arranger struct {
	out       strings.Builder
	used      int // runes written
	owed      int // runes set aside
	depth     int // open elements that are written
	open      []element
	link      *link
	visible   strings.Builder // what a reader sees of the open link's text
	paragraph bool            // a container began or ended: text that follows needs a paragraph of its own
	full      bool
}

// arrange writes the tokens of what bluemonday let through.
func arrange(s string) string {
	var a arranger
	z := html.NewTokenizer(strings.NewReader(s))
	for !a.full {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		t := z.Token()
		switch kind {
		case html.TextToken:
			a.text(clean(t.Data))
		case html.StartTagToken, html.SelfClosingTagToken:
			a.start(t)
		case html.EndTagToken:
			a.end(t.Data)
		}
	}
	a.closeTo(0)
	return a.out.String()
}

// start handles a start tag.
func (a *arranger) start(t html.Token) {
	name := t.Data
	if o, ok := other[name]; ok {
		name = o
	}
	switch name {
	case "br":
		a.lead()
		a.write("<br>", 0)
		a.visible.WriteByte('\n')
	case "h1", "h2", "h3", "h4", "h5", "h6":
		a.block("p")
		a.push("strong", "", element{})
	case "p", "blockquote", "pre", "ul", "ol":
		a.block(name)
	case "li":
		a.item()
	case "a":
		a.lead()
		a.anchor(t.Attr)
	case "span":
		a.lead()
		class := a.class(t)
		hidden := strings.Contains(" "+class+" ", " invisible ")
		a.push("span", attribute("class", class), element{silent: class == "", hidden: hidden})
	case "del", "code", "b", "strong", "u", "i", "em":
		a.lead()
		a.push(name, "", element{})
	default:
		if containers[name] {
			a.separate()
		}
	}
}

// boundary holds the elements out of which the end of something that began outside does not reach. A link's does, for a
// link that stays open swallows what follows.
var boundary = map[string]bool{"ul": true, "ol": true, "li": true, "blockquote": true, "pre": true}

// end handles an end tag; one that closes nothing is ignored.
func (a *arranger) end(name string) {
	if o, ok := other[name]; ok {
		name = o
	}
	switch name {
	case "h1", "h2", "h3", "h4", "h5", "h6":
		name = "p"
	}
	if containers[name] {
		a.separate()
		return
	}
	for i := len(a.open) - 1; i >= 0; i-- {
		e := a.open[i]
		if e.name == name {
			a.closeTo(i)
			return
		}
		if boundary[e.name] && !boundary[name] && name != "a" || name == "li" && (e.name == "ul" || e.name == "ol") {
			return
		}
	}
}

// block opens a block element. As in a browser, that ends an open paragraph.
func (a *arranger) block(name string) {
	a.endParagraph()
	a.paragraph = false
	a.push(name, "", element{})
}

// item opens a list item, and ends the one before it. Outside a list it is a paragraph.
func (a *arranger) item() {
	for i := len(a.open) - 1; i >= 0; i-- {
		switch a.open[i].name {
		case "ul", "ol":
			a.closeTo(i + 1)
			a.paragraph = false
			a.push("li", "", element{silent: a.open[i].silent})
			return
		case "blockquote", "pre":
			a.block("p")
			return
		}
	}
	a.block("p")
}

// anchor opens a link, and ends the one before it: links do not nest. One that leads nowhere is not written.
func (a *arranger) anchor(attrs []html.Attribute) {
	for i, e := range a.open {
		if e.name == "a" {
			a.closeTo(i)
			break
		}
	}
	l, ok := parseLink(value(attrs, "href"))
	if !ok {
		a.push("a", "", element{silent: true})
		return
	}
	class := a.class(html.Token{Data: "a", Attr: attrs})
	if a.push("a", l.attributes(class), element{owed: utf8.RuneCountInString(escapeText(l.label)) + len(" ()")}) {
		a.link = &l
		a.visible.Reset()
	}
}

// endParagraph closes an open paragraph. There is at most one, because each block that opens ends it.
func (a *arranger) endParagraph() {
	for i := len(a.open) - 1; i >= 0; i-- {
		if a.open[i].name == "p" {
			a.closeTo(i)
			return
		}
	}
}

// separate marks the edge of a container: what follows does not continue what came before.
func (a *arranger) separate() {
	if a.link != nil {
		a.text(" ")
		return
	}
	a.endParagraph()
	a.paragraph = true
}

// lead opens the paragraph that a container promised.
func (a *arranger) lead() {
	if !a.paragraph {
		return
	}
	a.paragraph = false
	if n := len(a.open); n > 0 && (a.open[n-1].name == "ul" || a.open[n-1].name == "ol") {
		return
	}
	a.push("p", "", element{})
}

// push opens an element, and says whether its start tag was written.
func (a *arranger) push(name, attributes string, e element) bool {
	if a.full || len(a.open) >= maxTracked {
		return false
	}
	e.name = name
	if a.depth >= MaxDepth {
		e.silent = true
	}
	if !e.silent {
		e.owed += len("</>") + len(name)
		if !a.write("<"+name+attributes+">", e.owed) {
			return false
		}
		a.owed += e.owed
		a.depth++
	}
	a.open = append(a.open, e)
	return !e.silent
}

// closeTo ends the open elements from the innermost to the one at index i.
func (a *arranger) closeTo(i int) {
	for len(a.open) > i {
		e := a.open[len(a.open)-1]
		a.open = a.open[:len(a.open)-1]
		if e.silent {
			continue
		}
		if e.name == "a" {
			a.put(escapeText(a.link.note(a.visible.String())))
			a.link = nil
		}
		a.put("</" + e.name + ">")
		a.owed -= e.owed
		a.depth--
	}
}

// text writes text, as much as there is room for.
func (a *arranger) text(s string) {
	if s == "" || a.full {
		return
	}
	if strings.Trim(s, " \t\n") != "" {
		a.lead()
		if a.full {
			return
		}
	}
	escaped := escapeText(s)
	if room := a.room(); utf8.RuneCountInString(escaped) > room {
		s = fit(s, room)
		a.see(s)
		a.put(escapeText(s))
		a.cut()
		return
	}
	a.see(s)
	a.put(escaped)
}

// fit returns as much of the beginning of s as takes at most room runes when it is escaped.
func fit(s string, room int) string {
	for i, r := range s {
		room -= utf8.RuneCountInString(escapeText(string(r)))
		if room < 0 {
			return s[:i]
		}
	}
	return s
}

// see notes text of the open link that a reader sees.
func (a *arranger) see(s string) {
	if a.link == nil {
		return
	}
	for _, e := range a.open {
		if e.hidden && !e.silent {
			return
		}
	}
	a.visible.WriteString(s)
}

// room is how many runes may still be written now.
func (a *arranger) room() int { return MaxRunes - a.used - a.owed - len(".") }

// write writes markup if there is room for it and for what it will owe, else it ends the whole text.
func (a *arranger) write(markup string, owes int) bool {
	if a.full {
		return false
	}
	if utf8.RuneCountInString(markup)+owes > a.room() {
		a.cut()
		return false
	}
	a.put(markup)
	return true
}

// cut marks the place where the rest was cut off.
func (a *arranger) cut() {
	a.full = true
	a.see("…")
	a.put("…")
}

// put writes s, for which room was set aside.
func (a *arranger) put(s string) {
	a.out.WriteString(s)
	a.used += utf8.RuneCountInString(s)
}

// class returns the classes of t that stay, each once, in their order.
func (a *arranger) class(t html.Token) string {
	var kept []string
	seen := map[string]bool{}
	for _, c := range strings.Fields(value(t.Attr, "class")) {
		inLinksOnly, known := classes[t.Data][c]
		if known && !seen[c] && (!inLinksOnly || a.link != nil) {
			seen[c] = true
			kept = append(kept, c)
		}
	}
	return strings.Join(kept, " ")
}

// value returns the first attribute of a name, as browsers do.
func value(attrs []html.Attribute, name string) string {
	for _, attr := range attrs {
		if attr.Key == name {
			return attr.Val
		}
	}
	return ""
}

// attribute writes an attribute, and nothing for an empty value.
func attribute(name, value string) string {
	if value == "" {
		return ""
	}
	return ` ` + name + `="` + html.EscapeString(value) + `"`
}
