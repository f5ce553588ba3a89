package archtest_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"testing"
)

// badInputs are the groups of the table of bad inputs: the letter of their ids, how many rows
// each has, numbered from 1, and what they are about.
var badInputs = []struct {
	group string
	rows  int
	about string
}{
	{"S", 30, "signature, digest, date and key of what peers send"},
	{"O", 21, "who may say what"},
	{"J", 18, "JSON and JSON-LD"},
	{"X", 16, "HTML, scripts and media types"},
	{"F", 16, "where this server may be led to connect to"},
	{"W", 12, "what strangers ask, and what they must not learn"},
	{"A", 18, "sessions and accounts"},
	{"U", 10, "files and uploads"},
	{"D", 13, "floods, and inputs that cost more than they should"},
	{"I", 14, "injection into other formats"},
}

// withoutTest are the rows that no test can name today, each with why and what holds instead.
var withoutTest = map[string]string{
	"S29": "There is no switch that turns federation off; a town that wants none does not publish its address, and BOURG_LISTEN keeps it from the net.",
	"A9":  "There is no second factor; links are used once (A17), passwords are limited by account and by client (A5).",
	"A18": "Nobody can be removed from the town hall by a screen or a command; `bourg admin add` lets the operator in again at any time.",
	"U6":  "Nothing unpacks archives: uploads are photos, and a ZIP behind a JPEG's header is gone once it is encoded anew (X9).",
}

// rowName is an id where it names what a test is about: at the beginning of a string, which
// is a subtest's name, a case's or a message's.
var (
	rowName    = regexp.MustCompile(`^([SOJXFWAUDI][1-9][0-9]?)(?:$|[ /:])`)
	rowMention = regexp.MustCompile(`\b([SOJXFWAUDI][1-9][0-9]?)\b`)
)

// TestRowsOfBadInput finds a test for each row of the table, or the sentence that says why
// there is none. A test names its row by a string that begins with the id, or by the
// comment on its function.
func TestRowsOfBadInput(t *testing.T) {
	t.Parallel()
	tests := rowsInTests(t)
	var known []string
	for _, group := range badInputs {
		for n := 1; n <= group.rows; n++ {
			id := group.group + strconv.Itoa(n)
			known = append(known, id)
			reason, excused := withoutTest[id]
			switch places := tests[id]; {
			case len(places) == 0 && !excused:
				t.Errorf("%s (%s): got neither a test that names it nor a reason, want one of them", id, group.about)
			case len(places) > 0 && excused:
				t.Errorf("%s: got a test in %v beside the reason %q, want one of them", id, places, reason)
			}
		}
	}
	for id := range withoutTest {
		if !slices.Contains(known, id) {
			t.Errorf("%s: got a reason for a row that there is not", id)
		}
	}
	if len(known) != 168 {
		t.Errorf("rows: got %d, want the 168 of the table", len(known))
	}
}

// rowsInTests are the places that name each row.
func rowsInTests(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for _, p := range list(t) {
		if p.ImportPath == "bourg/internal/archtest" {
			continue
		}
		for _, name := range slices.Concat(p.TestGoFiles, p.XTestGoFiles) {
			for _, id := range rowsIn(parse(t, p, name, parser.ParseComments)) {
				found[id] = append(found[id], p.ImportPath+"/"+name)
			}
		}
	}
	return found
}

// rowsIn are the rows that a file of tests names, each once.
func rowsIn(file *ast.File) []string {
	var ids []string
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			for _, m := range rowMention.FindAllStringSubmatch(n.Doc.Text(), -1) {
				ids = append(ids, m[1])
			}
		case *ast.BasicLit:
			if text, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING {
				if m := rowName.FindStringSubmatch(text); m != nil {
					ids = append(ids, m[1])
				}
			}
		}
		return true
	})
	slices.Sort(ids)
	return slices.Compact(ids)
}

// TestRowsInFindsNames shows what names a row and what does not.
func TestRowsInFindsNames(t *testing.T) {
	t.Parallel()
	const source = `package x
// TestOne is about a thing (S1, S2).
func TestOne() { f("O3", "O4 as a list", "U5/part", "D6: words", "AA9", "S30x", "in O7 the middle", "W0", "http://S8") }
// S9 stands alone.
var a = 'I'
`
	file, err := parser.ParseFile(token.NewFileSet(), "x_test.go", source, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(rowsIn(file)), "[D6 O3 O4 S1 S2 U5]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
