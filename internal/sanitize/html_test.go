package sanitize

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

const relAttr = ` rel="nofollow noopener noreferrer ugc"`

func TestHTML(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		// What peers send.
		{"Mastodon note", `<p>Bonjour <span class="h-card" translate="no"><a href="https://social.fr/@alice" class="u-url mention">@<span>alice</span></a></span>, vive le <a href="https://social.fr/tags/marche" class="mention hashtag" rel="tag">#<span>marché</span></a></p>`,
			`<p>Bonjour <span class="h-card"><a href="https://social.fr/@alice" class="u-url mention"` + relAttr + `>@alice</a></span>, vive le <a href="https://social.fr/tags/marche" class="mention hashtag"` + relAttr + `>#marché</a></p>`},
		{"Mastodon link", `<p><a href="https://www.lemonde.fr/un/tres/long/chemin" target="_blank" rel="nofollow"><span class="invisible">https://www.</span><span class="ellipsis">lemonde.fr/un/tres</span><span class="invisible">/long/chemin</span></a></p>`,
			`<p><a href="https://www.lemonde.fr/un/tres/long/chemin"` + relAttr + `><span class="invisible">https://www.</span><span class="ellipsis">lemonde.fr/un/tres</span><span class="invisible">/long/chemin</span></a></p>`},
		{"heading", `<h2>Titre</h2><p>Texte</p>`, `<p><strong>Titre</strong></p><p>Texte</p>`},
		{"heading with paragraph", `<h1>Un<p>Deux</h1>Trois`, `<p><strong>Un</strong></p><p>Deux</p>Trois`},
		{"list", `<ul><li>un<li>deux<ol><li>trois</ol></ul>`, `<ul><li>un</li><li>deux<ol><li>trois</li></ol></li></ul>`},
		{"list item alone", `<li>un<li>deux`, `<p>un</p><p>deux</p>`},
		{"quotation and code", `<blockquote>cité</blockquote><pre><code>a &lt; b</code></pre>`, `<blockquote>cité</blockquote><pre><code>a &lt; b</code></pre>`},
		{"struck", `<s>a</s><strike>b</strike><del>c</del>`, `<del>a</del><del>b</del><del>c</del>`},
		{"WordPress blocks", `<div class="wp-block"><figure><img src="https://x.fr/a.jpg"></figure><div>un</div><div>deux</div></div>`, `<p>un</p><p>deux</p>`},
		{"table", `<table><tr><td>lundi</td><td>9h</td></tr></table>`, `<p>lundi</p><p>9h</p>`},
		{"line break", `un<br/>deux</br>trois`, `un<br>deuxtrois`},
		{"plain", `a & b < c "d" 'e'`, `a &amp; b &lt; c "d" 'e'`},
		{"mail and telephone", `<a href="mailto:info@fournil.fr?bcc=x@y.fr">écrire</a> <a href="tel:+33 1 23-45.67(89)">appeler</a> <a href="geo:48.5,-2.1;u=3">venir</a>`,
			`<a href="mailto:info@fournil.fr"` + relAttr + `>écrire</a> appeler <a href="geo:48.5,-2.1"` + relAttr + `>venir</a>`},
		{"telephone", `<a href="tel:+33-1.23(45)67">appeler</a>`, `<a href="tel:+331234567"` + relAttr + `>appeler</a>`},
		{"unclosed", `<p><b>gras<a href="https://x.fr/">lien`, `<p><b>gras<a href="https://x.fr/"` + relAttr + `>lien</a></b></p>`},
		{"links do not nest", `<a href="https://x.fr/">un<a href="https://y.fr/">deux</a>trois</a>`, `<a href="https://x.fr/"` + relAttr + `>un</a><a href="https://y.fr/"` + relAttr + `>deux</a>trois`},
		{"stray ends", `</p></ul></a>texte</div></b>`, `texte`},
		{"misnested", `<b><i>un</b>deux</i>`, `<b><i>un</i></b>deux`},
		{"end does not leave the list", `<b><ul><li>un</b></li><li>deux</li></ul></b>`, `<b><ul><li>un</li><li>deux</li></ul></b>`},

		{"X1/script", `a<script>alert(1)</script>b`, `ab`},
		{"X1/img onerror", `<img src=x onerror=alert(1)>a`, `a`},
		{"X1/svg", `a<svg onload=alert(1)><a href="https://x.fr"><text>x</text></a></svg>b`, `ab`},
		{"X1/math mutation", `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">`, ``},
		{"X1/noscript mutation", `<noscript><p title="</noscript><img src=x onerror=alert(1)>">`, `"&gt;`},
		{"X1/style", `<style>*{display:none}</style>a`, `a`},
		{"X1/iframe", `<iframe srcdoc="<script>alert(1)</script>"></iframe>a`, `a`},
		{"X1/form", `<form action="https://x.fr"><input name=p><button>ok</button></form>a`, `a`},
		{"X1/base and meta", `<base href="https://x.fr"><meta http-equiv=refresh content="0;url=https://x.fr">a`, `a`},
		{"X1/comment", `a<!-- <script>alert(1)</script> -->b<!doctype html><![CDATA[<b>c</b>]]>`, `abc]]&gt;`},
		{"X1/handler on a kept element", `<p onclick="alert(1)" onmouseover=x>a</p>`, `<p>a</p>`},
		{"X1/textarea", `<textarea><script>alert(1)</script></textarea>a`, `a`},

		{"X3/javascript", `<a href="javascript:alert(1)">a</a>`, `a`},
		{"X3/case", `<a href="JaVaScRiPt:alert(1)">a</a>`, `a`},
		{"X3/tab inside", "<a href=\"java\tscript:alert(1)\">a</a>", `a`},
		{"X3/newline inside", "<a href=\"java\nscript:alert(1)\">a</a>", `a`},
		{"X3/entity", `<a href="&#106;avascript&colon;alert(1)">a</a>`, `a`},
		{"X3/leading control", "<a href=\"\x01javascript:alert(1)\">a</a>", `a`},
		{"X3/data", `<a href="data:text/html,<script>alert(1)</script>">a</a>`, `a`},
		{"X3/vbscript", `<a href="vbscript:x">a</a>`, `a`},
		{"X3/relative", `<a href="/connexion">a</a><a href="//x.fr/">b</a><a href="#c">c</a>`, `abc`},
		{"X3/with class", `<a class="mention" href="javascript:alert(1)">a</a>`, `a`},
		{"X3/telephone command", `<a href="tel:*%2306%23">a</a>`, `a`},
		{"X3/opaque", `<a href="https:x.fr">a</a><a href="https://">b</a>`, `ab`},

		{"X4/other host", `<a href="https://evil.org/x">https://banque.fr/</a>`, `<a href="https://evil.org/x"` + relAttr + `>https://banque.fr/ (evil.org)</a>`},
		{"X4/hidden host", `<a href="https://evil.org/"><span class="invisible">https://evil.org/</span>banque.fr</a>`, `<a href="https://evil.org/"` + relAttr + `><span class="invisible">https://evil.org/</span>banque.fr (evil.org)</a>`},
		{"X4/split by hidden text", `<a href="https://evil.org/">ban<span class="invisible">evil.org</span>que.fr</a>`, `<a href="https://evil.org/"` + relAttr + `>ban<span class="invisible">evil.org</span>que.fr (evil.org)</a>`},
		{"X4/all hidden", `<a href="https://evil.org/"><span class="invisible">clic</span></a>`, `<a href="https://evil.org/"` + relAttr + `><span class="invisible">clic</span>evil.org</a>`},
		{"X4/picture only", `<a href="https://shop.fr:8443/"><img src="https://x.fr/a"></a>`, `<a href="https://shop.fr:8443/"` + relAttr + `>shop.fr:8443</a>`},
		{"X4/hidden note", `<a href="https://evil.org/">banque.fr<span class="invisible"> (evil.org)</span></a>`, `<a href="https://evil.org/"` + relAttr + `>banque.fr<span class="invisible"> (evil.org)</span> (evil.org)</a>`},
		{"X4/user name", `<a href="https://banque.fr@evil.org/">https://banque.fr@evil.org/</a>`, `<a href="https://evil.org/"` + relAttr + `>https://banque.fr@evil.org/ (evil.org)</a>`},
		{"X4/parent domain", `<a href="https://evil.github.io/">github.io</a>`, `<a href="https://evil.github.io/"` + relAttr + `>github.io (evil.github.io)</a>`},
		{"X4/www", `<a href="https://www.banque.fr/a">banque.fr</a>`, `<a href="https://www.banque.fr/a"` + relAttr + `>banque.fr</a>`},
		{"X4/path", `<a href="https://shop.fr/menu.zip">shop.fr/menu.zip</a>`, `<a href="https://shop.fr/menu.zip"` + relAttr + `>shop.fr/menu.zip</a>`},
		{"X4/file name is no host", `<a href="https://shop.fr/menu.pdf">menu.pdf</a>`, `<a href="https://shop.fr/menu.pdf"` + relAttr + `>menu.pdf</a>`},
		{"X4/in brackets", `<a href="https://shop.fr/">(voir shop.fr).</a>`, `<a href="https://shop.fr/"` + relAttr + `>(voir shop.fr).</a>`},
		{"X4/homoglyph", `<a href="https://bаnque.fr/">bаnque.fr</a>`, `<a href="https://xn--bnque-4ve.fr/"` + relAttr + `>bаnque.fr (xn--bnque-4ve.fr)</a>`},
		{"X4/homoglyph before a host", `<a href="https://evil.org/">bаnque.fr</a>`, `<a href="https://evil.org/"` + relAttr + `>bаnque.fr (evil.org)</a>`},
		{"X4/French name", `<a href="https://café.fr/">Café.fr</a>`, `<a href="https://xn--caf-dma.fr/"` + relAttr + `>Café.fr</a>`},
		{"X4/full-width dot", `<a href="https://evil.org/">banque．fr</a>`, `<a href="https://evil.org/"` + relAttr + `>banque．fr (evil.org)</a>`},
		{"X4/direction", "<a href=\"https://evil.org/\">\u202Erf.euqnab\u202C</a>", `<a href="https://evil.org/"` + relAttr + `>rf.euqnab</a>`},
		{"X4/zero width", "<a href=\"https://evil.org/\">ban\u200Bque.f\u00ADr</a>", `<a href="https://evil.org/"` + relAttr + `>banque.fr (evil.org)</a>`},
		{"X4/address", `<a href="https://10.0.0.1/">192.0.2.1</a>`, `<a href="https://10.0.0.1/"` + relAttr + `>192.0.2.1 (10.0.0.1)</a>`},
		{"X4/mail", `<a href="mailto:a@evil.org">info@banque.fr</a>`, `<a href="mailto:a@evil.org"` + relAttr + `>info@banque.fr (a@evil.org)</a>`},
		{"X4/number", `<a href="tel:0899123456">banque.fr</a>`, `<a href="tel:0899123456"` + relAttr + `>banque.fr (0899123456)</a>`},

		{"X5/style", `<p style="position:fixed;top:0" id="top" class="overlay">a</p>`, `<p>a</p>`},
		{"X5/class list", `<span class="h-card admin">a</span><span class="admin">b</span>`, `<span class="h-card">a</span>b`},
		{"X5/invisible outside a link", `<p>vu<span class="invisible">caché</span></p>`, `<p>vucaché</p>`},

		{"I11/script link of Markdown", `[x](javascript:alert(1))`, `[x](javascript:alert(1))`},
		{"I11/beacon", `<p>a<img src="https://evil.org/beacon.gif" width=1><video src="https://evil.org/v"></video><input type=image src="https://evil.org/i"></p>`, `<p>a</p>`},

		{"invalid UTF-8", "a\xffb\xc3", "a\uFFFDb\uFFFD"},
		{"control characters", "a\x00b\x1b[31mc\u0085d", "ab[31mc\nd"},
		{"empty", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := HTML(tt.in)
			if got != tt.want {
				t.Errorf("HTML(%q)\n got %q\nwant %q", tt.in, got, tt.want)
			}
			check(t, got)
		})
	}
}

// TestDepthAndLength sends more of everything than anybody reads.
func TestDepthAndLength(t *testing.T) {
	t.Parallel()
	many := func(s string) string { return strings.Repeat(s, 100_000) }
	tests := map[string]string{
		"X6/div":             many("<div>") + "a" + many("</div>"),
		"X6/blockquote":      many("<blockquote>") + "a" + many("</blockquote>"),
		"X6/bold":            many("<b>") + "a" + many("</b>"),
		"X6/lists":           many("<ul><li>") + "a",
		"X6/links":           many(`<a href="https://x.fr/">`) + "a",
		"X6/spans":           many("<span>") + many("</b>"),
		"X6/ends":            "<p><ul>" + many("<span class=x>") + many("</p>"),
		"X6/misnested":       many("<b><i></b><p></i>"),
		"X6/svg":             many("<svg>") + "a",
		"X6/attributes":      "<p " + many("a=b ") + ">a</p>",
		"X6/open angle":      many("<"),
		"X6/comments":        many("<!--"),
		"X6/entities":        many("&"),
		"X6/one long text":   many("é"),
		"X6/escaped text":    many("<p>&lt;&amp;"),
		"X6/long paragraphs": "<blockquote><ul><li><p>" + many("mot &amp; "),
		"X6/text in a link":  `<a href="https://evil.org/">banque.fr ` + many("mot "),
		"D7/hosts":           `<a href="https://evil.org/">` + many("evil.org"),
		"D7/dots":            `<a href="https://evil.org/">` + many("."),
		"D7/brackets":        `<a href="https://evil.org/">` + many("(("),
	}
	for name, in := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, HTML(in))
		})
	}
}

// TestCutKeepsTheMeaning checks what is left at the place of the cut.
func TestCutKeepsTheMeaning(t *testing.T) {
	t.Parallel()
	got := HTML(`<p><a href="https://evil.org/">banque.fr ` + strings.Repeat("a", 2*MaxRunes) + `</a> suite</p>`)
	if want := "a… (evil.org)</a></p>"; !strings.HasSuffix(got, want) {
		t.Errorf("end of a long link: got %q, want a text that ends with %q", got[len(got)-60:], want)
	}
	if got, want := utf8.RuneCountInString(got), MaxRunes; got > want || got < want-10 {
		t.Errorf("length of a long text: got %d runes, want just below %d", got, want)
	}
	short := "<p>" + strings.Repeat("é", MaxRunes-8) + "</p>"
	if got := HTML(short); got != short {
		t.Errorf("a text of %d runes was changed: got %d runes", utf8.RuneCountInString(short), utf8.RuneCountInString(got))
	}
}

// TestWorkIsLinear compares what n and 2n cost. It counts allocated bytes, for time is not to be relied on.
func TestWorkIsLinear(t *testing.T) {
	inputs := map[string]string{
		"X6/nested":  "<blockquote>",
		"X6/links":   `<a href="https://x.fr/">`,
		"D7/letters": "aaaa",
		"D7/bracket": "((((",
		"D7/address": "https://",
		"D7/hashtag": "#",
		"D7/entity":  "&amp",
	}
	functions := map[string]func(string){
		"HTML":       func(s string) { HTML(s) },
		"Line":       func(s string) { Line(s) },
		"Text":       func(s string) { Text(s) },
		"Paragraphs": func(s string) { Paragraphs(s) },
		"Hashtags":   func(s string) { Hashtags(s) },
	}
	HTML("") // builds the policy
	for name, unit := range inputs {
		for function, f := range functions {
			t.Run(name+"/"+function, func(t *testing.T) {
				n := 60_000 / len(unit)
				once := allocated(func() { f(strings.Repeat(unit, n) + "!") })
				twice := allocated(func() { f(strings.Repeat(unit, 2*n) + "!") })
				if limit := once*5/2 + 1<<20; twice > limit {
					t.Errorf("%d bytes allocated for n, %d for 2n, want at most %d", once, twice, limit)
				}
			})
		}
	}
}

func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// allowed are the attributes that may be in a result, by element.
var allowed = map[string][]string{
	"p": nil, "br": nil, "del": nil, "pre": nil, "blockquote": nil, "code": nil, "b": nil, "strong": nil, "u": nil, "i": nil,
	"em": nil, "ul": nil, "ol": nil, "li": nil, "a": {"href", "class", "rel"}, "span": {"class"},
}

// check holds a result against all that HTML promises. It reads it with the HTML standard's tree builder, which the
// code under test does not use.
func check(t *testing.T, got string) {
	t.Helper()
	if again := HTML(got); again != got {
		t.Errorf("not a fixed point\n once  %.300q\n twice %.300q", got, again)
	}
	if n := utf8.RuneCountInString(got); n > MaxRunes {
		t.Errorf("got %d runes, want at most %d", n, MaxRunes)
	}
	if !utf8.ValidString(got) {
		t.Errorf("got invalid UTF-8 in %.300q", got)
	}
	nodes, err := html.ParseFragment(strings.NewReader(got), &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body})
	if err != nil {
		t.Fatalf("parse the result %.300q: %v", got, err)
	}
	var tree strings.Builder
	for _, n := range nodes {
		walk(t, &tree, n, 1)
	}
	// The builder repairs what is not well formed; where it had nothing to repair, its elements are those of the text.
	var flat strings.Builder
	for z := html.NewTokenizer(strings.NewReader(got)); ; {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		name, _ := z.TagName()
		if kind == html.StartTagToken {
			fmt.Fprintf(&flat, "<%s>", name)
		} else if kind == html.EndTagToken {
			fmt.Fprintf(&flat, "</%s>", name)
		}
	}
	if tree.String() != flat.String() {
		t.Errorf("not well formed: %.300q\n written %.300s\n read    %.300s", got, flat.String(), tree.String())
	}
}

func walk(t *testing.T, tree *strings.Builder, n *html.Node, depth int) {
	t.Helper()
	switch n.Type {
	case html.TextNode:
		return
	case html.ElementNode:
	default:
		t.Fatalf("got a node of type %d (%q), want elements and text", n.Type, n.Data)
	}
	if depth > MaxDepth {
		t.Fatalf("got depth %d, want at most %d", depth, MaxDepth)
	}
	names, known := allowed[n.Data]
	if !known || n.Namespace != "" {
		t.Errorf("got element %q in namespace %q", n.Data, n.Namespace)
	}
	for _, attr := range n.Attr {
		if !slices.Contains(names, attr.Key) {
			t.Errorf("got attribute %s=%q on %s", attr.Key, attr.Val, n.Data)
		}
		if attr.Key == "href" {
			scheme, _, _ := strings.Cut(attr.Val, ":")
			if !slices.Contains([]string{"http", "https", "mailto", "tel", "geo"}, scheme) {
				t.Errorf("got link to %q", attr.Val)
			}
		}
	}
	if n.Data == "a" && (len(n.Attr) < 2 || value(n.Attr, "href") == "" || n.Attr[len(n.Attr)-1].Val != rel) {
		t.Errorf("got link with attributes %v, want an address and rel=%q", n.Attr, rel)
	}
	fmt.Fprintf(tree, "<%s>", n.Data)
	for c := range n.ChildNodes() {
		walk(t, tree, c, depth+1)
	}
	if n.Data != "br" {
		fmt.Fprintf(tree, "</%s>", n.Data)
	}
}

func FuzzHTML(f *testing.F) {
	for _, s := range []string{
		`<p>a<br>b</p>`, `<a href="https://x.fr/">y.fr</a>`, `<ul><li><p>a<li></ul>`, `<h1><a href="tel:1234"><div>b</h1>`,
		`<svg><script>a</script>`, `<math><mi//xlink:href="data:x,<script>alert(4)</script>">`, `<a href="javascript:x">`,
		`<a href="https://x.fr/"><span class="invisible ellipsis">a</span>`, `<b><p></b><i></p></i>`, "<pre>\n\na</pre>",
		`<a href="mailto:a@b.fr?x=y"><table><td></a>`, `&lt;script&gt;`, `<a href="geo:1,2;u=1">`, `<a href='http://[::1%25eth0]:80/'>`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := HTML(s)
		check(t, got)
		Text(s)
	})
}

func BenchmarkHTML(b *testing.B) {
	s := strings.Repeat(`<p>Bonjour <span class="h-card"><a href="https://social.fr/@alice" class="u-url mention">@<span>alice</span></a></span>, voici le pain.</p>`, 7)
	b.SetBytes(int64(len(s)))
	b.ReportAllocs()
	for b.Loop() {
		HTML(s)
	}
}
