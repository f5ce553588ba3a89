package main_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/textproto"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// browser is a person who reads pages and fills in forms: it keeps cookies, follows
// redirects, sends what a browser without JavaScript sends, and knows a page by its words.
type browser struct {
	t      testing.TB
	tw     *town
	client *http.Client
}

// open starts a browser that has never been to the town.
func (tw *town) open() *browser {
	tw.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		tw.t.Fatalf("make a cookie jar: %v", err)
	}
	return &browser{t: tw.t, tw: tw, client: &http.Client{Jar: jar}}
}

// page is a page as it came.
type page struct {
	b      *browser
	status int
	url    *url.URL
	header http.Header
	body   string
	root   *html.Node
}

// get opens an address or a path of the town.
func (b *browser) get(address string) *page {
	b.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = b.tw.at(address)
	}
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		b.t.Fatalf("open %s: %v", address, err)
	}
	p, err := b.send(req)
	if err != nil {
		b.t.Fatalf("open %s: %v", address, err)
	}
	return p
}

// visit opens an address that must show a page.
func (b *browser) visit(address string) *page {
	b.t.Helper()
	p := b.get(address)
	if p.status != http.StatusOK {
		b.t.Fatalf("open %s: got status %d, want 200\n%s", address, p.status, p.words())
	}
	return p
}

func (b *browser) send(req *http.Request) (*page, error) {
	req.Header.Set("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
	req.Header.Set("Accept-Language", "fr-FR,fr;q=0.9")
	req.Header.Set("User-Agent", "Mozilla/5.0 (test)")
	res, err := b.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	root, err := html.Parse(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return &page{b: b, status: res.StatusCode, url: res.Request.URL, header: res.Header, body: string(body), root: root}, nil
}

// plain writes typography as it is typed: plain spaces and apostrophes.
var plain = strings.NewReplacer("\u00a0", " ", "\u202f", " ", "’", "'")

func words(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode && d.Parent.Data != "script" && d.Parent.Data != "style" {
			b.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(plain.Replace(b.String())), " ")
}

// raw returns the text of an element as it is written.
func raw(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// words returns what stands on the page.
func (p *page) words() string { return words(p.root) }

// says tells whether these words stand on the page.
func (p *page) says(phrase string) bool { return strings.Contains(p.words(), plain.Replace(phrase)) }

// must fails the test unless these words stand on the page.
func (p *page) must(phrases ...string) *page {
	p.b.t.Helper()
	for _, phrase := range phrases {
		if !p.says(phrase) {
			p.b.t.Fatalf("%s: want %q on the page, got:\n%s", p.url, phrase, p.words())
		}
	}
	return p
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func hasAttribute(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

// elements returns the elements of that name, in their order on the page.
func elements(n *html.Node, name string) []*html.Node {
	var all []*html.Node
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && d.Data == name {
			all = append(all, d)
		}
	}
	return all
}

// pictures returns the addresses of all pictures on the page.
func (p *page) pictures() []string {
	var all []string
	for _, img := range elements(p.root, "img") {
		if src := attribute(img, "src"); src != "" {
			all = append(all, p.resolve(src))
		}
	}
	return all
}

func (p *page) resolve(reference string) string {
	u, err := p.url.Parse(reference)
	if err != nil {
		p.b.t.Fatalf("%s: bad address %q: %v", p.url, reference, err)
	}
	return u.String()
}

// click follows the first link whose words contain these.
func (p *page) click(label string) *page {
	p.b.t.Helper()
	for _, a := range elements(p.root, "a") {
		if strings.Contains(words(a), plain.Replace(label)) && attribute(a, "href") != "" {
			return p.b.visit(p.resolve(attribute(a, "href")))
		}
	}
	p.b.t.Fatalf("%s: no link %q in:\n%s", p.url, label, p.words())
	return nil
}

// form is a form with what is filled in, to be sent with one of its buttons.
type form struct {
	p      *page
	node   *html.Node
	button *html.Node
	values url.Values
	files  []upload
}

type upload struct {
	field, name string
	content     []byte
}

// form finds the form with a button of these words.
func (p *page) form(button string) *form {
	p.b.t.Helper()
	for _, n := range elements(p.root, "form") {
		for _, b := range elements(n, "button") {
			if strings.EqualFold(attribute(b, "type"), "button") || !strings.Contains(words(b), plain.Replace(button)) {
				continue
			}
			return &form{p: p, node: n, button: b, values: filledIn(n)}
		}
	}
	p.b.t.Fatalf("%s: no form with a button %q in:\n%s", p.url, button, p.words())
	return nil
}

// mainForm is the first form of the page's own content: not the search, nor the footer's.
func (p *page) mainForm() *form {
	p.b.t.Helper()
	for _, m := range elements(p.root, "main") {
		for _, n := range elements(m, "form") {
			if buttons := elements(n, "button"); len(buttons) > 0 {
				return &form{p: p, node: n, button: buttons[0], values: filledIn(n)}
			}
		}
	}
	p.b.t.Fatalf("%s: no form in:\n%s", p.url, p.words())
	return nil
}

// filledIn is what a browser would send of a form that nobody has touched.
func filledIn(n *html.Node) url.Values {
	values := url.Values{}
	for d := range n.Descendants() {
		name := attribute(d, "name")
		if d.Type != html.ElementNode || name == "" || hasAttribute(d, "disabled") {
			continue
		}
		switch d.Data {
		case "textarea":
			values.Add(name, strings.TrimPrefix(raw(d), "\n"))
		case "select":
			options := elements(d, "option")
			for i, o := range options {
				if hasAttribute(o, "selected") || (i == len(options)-1 && values.Get(name) == "" && !hasSelected(options)) {
					values.Add(name, optionValue(o))
				}
			}
		case "input":
			switch kind := strings.ToLower(attribute(d, "type")); {
			case kind == "file" || kind == "submit" || kind == "image" || kind == "button":
			case (kind == "radio" || kind == "checkbox") && !hasAttribute(d, "checked"):
			case kind == "checkbox" && attribute(d, "value") == "":
				values.Add(name, "on")
			default:
				values.Add(name, attribute(d, "value"))
			}
		}
	}
	return values
}

func hasSelected(options []*html.Node) bool {
	for _, o := range options {
		if hasAttribute(o, "selected") {
			return true
		}
	}
	return false
}

func optionValue(o *html.Node) string {
	if hasAttribute(o, "value") {
		return attribute(o, "value")
	}
	return words(o)
}

// field finds the control of this name, or the one that a label of these words belongs to.
func (f *form) field(label string) *html.Node {
	f.p.b.t.Helper()
	for _, kind := range []string{"input", "textarea", "select"} {
		for _, c := range elements(f.node, kind) {
			if attribute(c, "name") == label && attribute(c, "type") != "radio" {
				return c
			}
		}
	}
	for _, l := range elements(f.node, "label") {
		if !strings.Contains(strings.ToLower(words(l)), strings.ToLower(plain.Replace(label))) {
			continue
		}
		for _, kind := range []string{"input", "textarea", "select"} {
			for _, c := range elements(f.node, kind) {
				if attribute(l, "for") != "" && attribute(c, "id") == attribute(l, "for") {
					return c
				}
			}
			if inside := elements(l, kind); len(inside) > 0 {
				return inside[0]
			}
		}
	}
	f.p.b.t.Fatalf("%s: no field %q in the form:\n%s", f.p.url, label, words(f.node))
	return nil
}

// fill writes into the field with this name or label; an option is chosen by its value.
func (f *form) fill(label, value string) *form {
	f.p.b.t.Helper()
	f.values.Set(attribute(f.field(label), "name"), value)
	return f
}

// attach puts a file into the form's only file field.
func (f *form) attach(name string, content []byte) *form {
	f.p.b.t.Helper()
	for _, i := range elements(f.node, "input") {
		if attribute(i, "type") == "file" {
			f.files = append(f.files, upload{field: attribute(i, "name"), name: name, content: content})
			return f
		}
	}
	f.p.b.t.Fatalf("%s: no file field in the form:\n%s", f.p.url, words(f.node))
	return nil
}

// request makes what the browser sends when the button is pressed.
func (f *form) request() *http.Request {
	f.p.b.t.Helper()
	values := url.Values{}
	for k, v := range f.values {
		values[k] = v
	}
	if name := attribute(f.button, "name"); name != "" {
		values.Set(name, attribute(f.button, "value"))
	}
	action := attribute(f.node, "action")
	if hasAttribute(f.button, "formaction") {
		action = attribute(f.button, "formaction")
	}
	address := f.p.resolve(action)
	var body bytes.Buffer
	contentType := "application/x-www-form-urlencoded"
	switch {
	case !strings.EqualFold(attribute(f.node, "method"), "post"):
		req, err := http.NewRequestWithContext(f.p.b.t.Context(), http.MethodGet, address+"?"+values.Encode(), nil)
		if err != nil {
			f.p.b.t.Fatalf("%s: %v", address, err)
		}
		return req
	case strings.EqualFold(attribute(f.node, "enctype"), "multipart/form-data"):
		w := multipart.NewWriter(&body)
		f.multipart(w, values)
		contentType = w.FormDataContentType()
	default:
		body.WriteString(values.Encode())
	}
	req, err := http.NewRequestWithContext(f.p.b.t.Context(), http.MethodPost, address, &body)
	if err != nil {
		f.p.b.t.Fatalf("%s: %v", address, err)
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Origin", f.p.url.Scheme+"://"+f.p.url.Host)
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	return req
}

func (f *form) multipart(w *multipart.Writer, values url.Values) {
	f.p.b.t.Helper()
	for name, all := range values {
		for _, v := range all {
			if err := w.WriteField(name, v); err != nil {
				f.p.b.t.Fatalf("write form: %v", err)
			}
		}
	}
	for _, u := range f.files {
		part, err := w.CreatePart(textproto.MIMEHeader{
			"Content-Disposition": {fmt.Sprintf(`form-data; name=%q; filename=%q`, u.field, u.name)},
			"Content-Type":        {"image/jpeg"},
		})
		if err == nil {
			_, err = part.Write(u.content)
		}
		if err != nil {
			f.p.b.t.Fatalf("write form: %v", err)
		}
	}
	if err := w.Close(); err != nil {
		f.p.b.t.Fatalf("write form: %v", err)
	}
}

// press sends the form and returns the page that it leads to, which must be a good one.
func (f *form) press() *page {
	f.p.b.t.Helper()
	p := f.pressAnyway()
	if p.status != http.StatusOK {
		f.p.b.t.Fatalf("%q on %s: got status %d at %s, want 200:\n%s", words(f.button), f.p.url, p.status, p.url, p.words())
	}
	return p
}

// pressAnyway sends the form, whatever comes of it.
func (f *form) pressAnyway() *page {
	f.p.b.t.Helper()
	p, err := f.p.b.send(f.request())
	if err != nil {
		f.p.b.t.Fatalf("%q on %s: %v", words(f.button), f.p.url, err)
	}
	return p
}

// signIn uses up a one-time link and returns the page behind it.
func (tw *town) signIn(link string) (*browser, *page) {
	tw.t.Helper()
	b := tw.open()
	return b, b.visit(link).form("Entrer").press()
}
