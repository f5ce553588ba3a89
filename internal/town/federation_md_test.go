package town

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// root is where FEDERATION.md lies.
const root = "../.."

// FEDERATION.md is a promise to other servers. These tests hold it against the switch over
// what a town receives, against what the domain sends, and against the files it names.

func TestFederationNamesWhatIsReceived(t *testing.T) {
	t.Parallel()
	file := source(t, "receive.go")
	rows := table(t, "Activities that are received")
	if got, want := column(rows, 0, ""), cases(t, file, "Receive"); !slices.Equal(got, want) {
		t.Errorf("FEDERATION.md: got received activities %q, want %q, which receive.go understands", got, want)
	}
	if got, want := column(rows, 1, "Undo"), cases(t, file, "undo"); !slices.Equal(got, want) {
		t.Errorf("FEDERATION.md: got undone activities %q, want %q, which receive.go understands", got, want)
	}
	for _, row := range rows {
		if !sampleOf.MatchString(row[len(row)-1]) {
			t.Errorf("FEDERATION.md: got no sample of %s %s", row[0], row[1])
		}
	}
}

// sampleOf is how samples are named: "`follow` of mastodon, misskey".
var sampleOf = regexp.MustCompile("`([a-z-]+)` of ([a-z]+(?:, [a-z]+)*)")

// What a software sends is named with the activity, and whatever is named is there.
func TestFederationNamesTheSamplesOfEachSoftware(t *testing.T) {
	t.Parallel()
	_, section, _ := strings.Cut(document(t), "\n## Activities that are received\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var named []string
	for _, match := range sampleOf.FindAllStringSubmatch(section, -1) {
		for _, software := range strings.Split(match[2], ", ") {
			named = append(named, software+"/"+match[1])
		}
	}
	received := filepath.Join(root, "federation/testdata/received")
	files, err := filepath.Glob(received + "/*/*.json")
	if err != nil {
		t.Fatal(err)
	}
	var there []string
	for _, f := range files {
		there = append(there, filepath.Base(filepath.Dir(f))+"/"+strings.TrimSuffix(filepath.Base(f), ".json"))
	}
	list, err := os.ReadFile(filepath.Join(received, "recorded.json"))
	if err != nil {
		t.Fatal(err)
	}
	var recorded map[string]map[string]string
	if err := json.Unmarshal(list, &recorded); err != nil {
		t.Fatal(err)
	}
	for software, names := range recorded {
		for name, file := range names {
			there = append(there, software+"/"+name)
			if _, err := os.Stat(filepath.Join(root, "federation/testdata", file)); err != nil {
				t.Errorf("recorded.json: %v", err)
			}
		}
	}
	slices.Sort(named)
	slices.Sort(there)
	if named, there = slices.Compact(named), slices.Compact(there); !slices.Equal(named, there) {
		t.Errorf("FEDERATION.md: got samples %q, want %q, which are there", missing(named, there), missing(there, named))
	}
}

// missing are those of the first list that the second lacks.
func missing(first, second []string) []string {
	return slices.DeleteFunc(slices.Clone(first), func(s string) bool { return slices.Contains(second, s) })
}

func TestFederationNamesWhatIsSent(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var sent []string
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		ast.Inspect(source(t, name), func(n ast.Node) bool {
			if kind := sentType(n); kind != "" {
				sent = append(sent, kind)
			}
			return true
		})
	}
	slices.Sort(sent)
	rows := table(t, "Activities that are sent")
	if got, want := column(rows, 0, ""), slices.Compact(sent); !slices.Equal(got, want) {
		t.Errorf("FEDERATION.md: got sent activities %q, want %q, which the domain makes", got, want)
	}
	for _, row := range rows {
		if !strings.Contains(row[len(row)-1], "`activities/") {
			t.Errorf("FEDERATION.md: got no golden file of %s %s", row[0], row[1])
		}
	}
}

func TestFederationNamesFilesThatExist(t *testing.T) {
	t.Parallel()
	named := regexp.MustCompile("`((?:samples|received|activities)/[^`]+\\.[a-z]+)`").FindAllStringSubmatch(document(t), -1)
	if len(named) == 0 {
		t.Fatal("FEDERATION.md: got no files, want some")
	}
	for _, match := range named {
		if _, err := os.Stat(filepath.Join(root, "federation/testdata", match[1])); err != nil {
			t.Errorf("FEDERATION.md: %v", err)
		}
	}
}

func document(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "FEDERATION.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// table returns the cells of the table below a heading, without its head.
func table(t *testing.T, heading string) [][]string {
	t.Helper()
	_, section, found := strings.Cut(document(t), "\n## "+heading+"\n")
	if !found {
		t.Fatalf("FEDERATION.md: got no section %q", heading)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var rows [][]string
	for line := range strings.Lines(section) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "|") {
			rows = append(rows, strings.Split(strings.Trim(line, "| "), " | "))
		}
	}
	if len(rows) < 3 {
		t.Fatalf("FEDERATION.md: got %d lines of a table below %q, want more", len(rows), heading)
	}
	return rows[2:]
}

// column returns the first words in code of a column, sorted and each once: of all rows,
// or of those that begin with an activity.
func column(rows [][]string, n int, activity string) []string {
	var words []string
	for _, row := range rows {
		if _, rest, found := strings.Cut(row[n], "`"); found && (activity == "" || row[0] == "`"+activity+"`") {
			word, _, _ := strings.Cut(rest, "`")
			words = append(words, word)
		}
	}
	slices.Sort(words)
	return slices.Compact(words)
}

func source(t *testing.T, name string) *ast.File {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// cases returns the strings for which a method's switches over them have a case, sorted.
func cases(t *testing.T, file *ast.File, method string) []string {
	t.Helper()
	var found []string
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || f.Name.Name != method {
			continue
		}
		ast.Inspect(f.Body, func(n ast.Node) bool {
			if clause, ok := n.(*ast.CaseClause); ok {
				for _, expression := range clause.List {
					if text := literal(expression); text != "" {
						found = append(found, text)
					}
				}
			}
			return true
		})
	}
	if len(found) == 0 {
		t.Fatalf("got no cases in %s, want some", method)
	}
	slices.Sort(found)
	return found
}

// sentType returns the Type of an activity that is made here: a federation.Activity without
// an ID, which it gets when it is encoded. One with an ID is somebody else's.
func sentType(n ast.Node) string {
	made, ok := n.(*ast.CompositeLit)
	if !ok {
		return ""
	}
	if selector, ok := made.Type.(*ast.SelectorExpr); !ok || selector.Sel.Name != "Activity" {
		return ""
	}
	kind := ""
	for _, element := range made.Elts {
		pair, ok := element.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		switch pair.Key.(*ast.Ident).Name {
		case "ID":
			return ""
		case "Type":
			kind = literal(pair.Value)
		}
	}
	return kind
}

func literal(e ast.Expr) string {
	basic, ok := e.(*ast.BasicLit)
	if !ok || basic.Kind != token.STRING {
		return ""
	}
	text, err := strconv.Unquote(basic.Value)
	if err != nil {
		return ""
	}
	return text
}
