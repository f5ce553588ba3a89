package web

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"bourg/internal/town"
	"bourg/web/locale"

	"github.com/google/uuid"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// TestBadInput holds the screens to the rows of the table of bad inputs that they answer without a town behind them.
func TestBadInput(t *testing.T) {
	t.Parallel()
	for id, test := range map[string]func(*testing.T){
		"A10": testAddresses, "X4": testPeerNames, "X7": testTrustedHTML, "X14": testNothingInline, "O17": testLookalikes, "U7": testFormulas, "U8": testQuotaOfADay,
	} {
		t.Run(id, test)
	}
}

// testFormulas: a list that is opened in a spreadsheet holds no formula. Nothing imports lists.
func testFormulas(t *testing.T) {
	t.Parallel()
	for handle, want := range map[string]string{
		"odile@ailleurs.example":          "odile@ailleurs.example",
		"=cmd|' /C calc'!A0@evil.example": "https://evil.example/users/1",
		"+1@evil.example":                 "https://evil.example/users/1",
		"-1@evil.example":                 "https://evil.example/users/1",
		"@SUM(A1)@evil.example":           "https://evil.example/users/1",
		"\t=1@evil.example":               "https://evil.example/users/1",
		"":                                "",
	} {
		if got := csvAddress(town.Follower{RemoteActor: town.RemoteActor{ID: "https://evil.example/users/1", Handle: handle}}); got != want {
			t.Errorf("%q: got %q, want %q", handle, got, want)
		}
	}
}

// testPeerNames: names hide nothing, and turn no text around.
func testPeerNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Odile\u202e\u2066":       "Odile",
		"\u202e elido":            "elido",
		"O\u200bdi\ufeffle\u00ad": "Odile",
		"Odile\r\n\tR.":           "Odile R.",
		"\u202e\u200b \n":         "@odile@ailleurs.example",
		"":                        "@odile@ailleurs.example",
		"Zoé 👩‍🍳":                 "Zoé 👩‍🍳",
	} {
		if got := peerName(town.RemoteActor{Name: name, Handle: "odile@ailleurs.example"}); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
	if got, want := peerHandle(town.RemoteActor{Handle: "o\u202edile@ailleurs.example"}), "@odile@ailleurs.example"; got != want {
		t.Errorf("handle: got %q, want %q", got, want)
	}
}

// testTrustedHTML: what the templates must not escape is made in one file, and in one function for telephone numbers.
func testTrustedHTML(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range file.Imports {
			if spec.Path.Value == `"text/template"` {
				t.Errorf("%s imports text/template, which escapes nothing", name)
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if fun, ok := call.Fun.(*ast.SelectorExpr); ok {
				pkg, _ := fun.X.(*ast.Ident)
				if pkg != nil && pkg.Name == "template" && slices.Contains([]string{"HTML", "HTMLAttr", "JS", "JSStr", "CSS", "URL", "Srcset"}, fun.Sel.Name) {
					found = append(found, name+" "+fun.Sel.Name)
				}
			}
			return true
		})
	}
	slices.Sort(found)
	if want := []string{"functions.go URL", "functions.go URL", "trusted.go HTML"}; !slices.Equal(slices.Compact(found), slices.Compact(want)) {
		t.Errorf("conversions past the templates: got %q, want %q", found, want)
	}
	if got, want := string(tel("+33 4 65 \"><script>*#06#;ext=1,,2")), "tel:+334650612"; got != want {
		t.Errorf("telephone: got %q, want %q", got, want)
	}
}

// testNothingInline: every page in every state goes without inline scripts, styles and handlers, so that the policy can
// forbid them all, and says so in its header. The one block of data that a page may hold, which no browser runs, is JSON in
// which no word can end it or begin a comment (I6).
func testNothingInline(t *testing.T) {
	t.Parallel()
	r, _ := testRenderer(t, cannedSite())
	for _, c := range cannedPages() {
		res := get(t, r, locale.FR, c)
		policy := res.Header.Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'", "script-src 'self'", "style-src 'self'"} {
			if !slices.Contains(strings.Split(policy, "; "), part) {
				t.Errorf("%s: got the policy %q, want %s in it", c.name, policy, part)
			}
		}
		if regexp.MustCompile(`unsafe|\*|data:|https?:`).MatchString(policy) {
			t.Errorf("%s: the policy %q opens a door", c.name, policy)
		}
		doc, err := html.Parse(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		walk(doc, func(n *html.Node) {
			switch {
			case n.DataAtom == atom.Script && attr(n, "type") == "application/ld+json" && attr(n, "src") == "":
				if data := text(n); !json.Valid([]byte(data)) || strings.ContainsAny(data, "<>&\u2028\u2029") {
					t.Errorf("%s: got the data %q, want JSON without a sign that means something in HTML or in a script", c.name, data)
				}
			case n.DataAtom == atom.Script && (attr(n, "src") == "" || n.FirstChild != nil), n.DataAtom == atom.Style, n.DataAtom == atom.Base:
				t.Errorf("%s: got %s with %q inside", c.name, n.Data, text(n))
			case n.DataAtom == atom.Iframe, n.DataAtom == atom.Object, n.DataAtom == atom.Embed, n.DataAtom == atom.Meta && has(n, "http-equiv"):
				t.Errorf("%s: got %s", c.name, n.Data)
			}
			for _, a := range n.Attr {
				if a.Key == "style" || a.Key == "srcdoc" || strings.HasPrefix(a.Key, "on") {
					t.Errorf("%s: got %s=%q on %s", c.name, a.Key, a.Val, n.Data)
				}
			}
		})
	}
	scripts, err := filepath.Glob("static/*.js")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("got %d scripts, %v", len(scripts), err)
	}
	for _, name := range scripts {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if bad := regexp.MustCompile(`\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write`).Find(source); bad != nil {
			t.Errorf("%s: got %s, want words put in as text", name, bad)
		}
	}
}

// testLookalikes: somebody elsewhere who takes a shop's name is shown with the host on which that one is.
func testLookalikes(t *testing.T) {
	t.Parallel()
	r, _ := testRenderer(t, cannedSite())
	thief := town.RemoteActor{Name: fournil.Name, Handle: "fournil@saint-1aurent.example"}
	entry := Reponse{ID: "1", Author: peerName(thief), Handle: peerHandle(thief), URL: "https://saint-1aurent.example/1", Published: now, Text: paragraph("Fermé.")}
	rec := httptest.NewRecorder()
	if err := r.Render(rec, httptest.NewRequest("GET", "/@fournil/1", nil), 200, PageNouvelle{Entry: seigle(), Replies: []Reponse{entry}, Reach: "everywhere"}); err != nil {
		t.Fatal(err)
	}
	doc, err := html.Parse(rec.Body)
	if err != nil {
		t.Fatal(err)
	}
	if words := text(doc); !strings.Contains(words, "@fournil@saint-1aurent.example") {
		t.Errorf("got no host beside the name in %s", words)
	}
}

// testQuotaOfADay: a merchant's photos of one day are as many bytes as it says, and the other merchants have their own.
func testQuotaOfADay(t *testing.T) {
	t.Parallel()
	clock := time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)
	l := newLimits(func() time.Time { return clock })
	const photo = 10 << 20
	n := 0
	for ; n < 1000 && !l.bytes.spent("thief"); n++ {
		l.bytes.charge("thief", photo)
	}
	if n != 50 {
		t.Errorf("photos of 10 MiB: got %d, want 50", n)
	}
	if l.bytes.spent("baker") {
		t.Error("another merchant may send none")
	}
	clock = clock.Add(24 * time.Hour)
	if l.bytes.spent("thief") {
		t.Error("a day later: got no photo, want one")
	}

	// A form whose photo is too much loses the photo alone.
	h := &Handlers{limits: newLimits(func() time.Time { return clock })}
	v := &visitor{merchant: &town.Merchant{ID: uuid.New()}}
	h.limits.bytes.charge(v.merchant.ID.String(), 500<<20)
	body := "--x\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.jpg\"\r\n\r\n\xff\xd8\xff\r\n" +
		"--x\r\nContent-Disposition: form-data; name=\"texte\"\r\n\r\nBonjour\r\n--x--\r\n"
	r := httptest.NewRequest("POST", "/espace/publier", strings.NewReader(body))
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	form, err := h.readUpload(httptest.NewRecorder(), r, v, "photo")
	if err != nil || form.photo != nil || form.Get("texte") != "Bonjour" {
		t.Fatalf("over the quota: got %+v, %v, want the words without the photo", form, err)
	}
	if key, status, known := photoFault(form.fault); key != "photo.quota" || status != 429 || !known {
		t.Errorf("over the quota: got %q, %d, %v, want the sentence and 429", key, status, known)
	}
}
