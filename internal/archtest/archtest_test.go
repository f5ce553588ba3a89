package archtest_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// imports is a rule on what a package may know.
type imports struct {
	// of is a package, or with "/..." a package and those below it.
	of string
	// except are packages below that the rule leaves alone.
	except []string
	// never lists packages (and those below) that must not be imported.
	never []string
	// indirectly extends never to what the imported packages import.
	indirectly bool
	// only, if it is not nil, lists all packages of this module that may be
	// imported; those below the package itself always may.
	only []string
	why  string
}

// The layers, from the inside out. What is not listed may be imported.
var layers = []imports{
	{
		of: "bourg/federation/...", only: []string{},
		never:      []string{"bourg/internal", "bourg/web", "bourg/cmd", "github.com/jackc/pgx", "github.com/riverqueue", "database/sql", "github.com/microcosm-cc/bluemonday"},
		indirectly: true,
		why:        "federation is public and reusable: server to server, without SQL, HTML or shops",
	},
	{
		of: "bourg/internal/town/...", only: []string{"bourg/federation", "bourg/internal/nearest", "bourg/internal/hours"},
		never: []string{"net/http", "html/template", "database/sql"},
		why:   "the domain decides and neither stores, serves nor draws; it names what it needs in its own interfaces",
	},
	{
		of:         "bourg/internal/town/...",
		never:      []string{"bourg/internal/postgres", "bourg/web", "github.com/jackc/pgx", "github.com/riverqueue"},
		indirectly: true,
		why:        "the domain is tested without a database",
	},
	{
		of: "bourg/internal/postgres/...", except: []string{"bourg/internal/postgres/testdb"},
		only:  []string{"bourg/internal/town", "bourg/federation", "bourg/migrations", "bourg/internal/jobs", "bourg/internal/fold"},
		never: []string{"net/http", "html/template", "github.com/go-fed"},
		why:   "the store keeps what the domain hands it; adapters do not know each other",
	},
	{
		of:    "bourg/web/...",
		never: []string{"bourg/federation", "github.com/go-fed"},
		why:   "a page shows the town's words, not activities; what it may know stands in the domain",
	},
	{
		of:         "bourg/web/...",
		never:      []string{"bourg/internal/postgres", "bourg/internal/localpg", "bourg/internal/config", "bourg/cmd", "github.com/jackc/pgx", "github.com/riverqueue"},
		indirectly: true,
		why:        "a page asks the domain; it is tested with fakes, and no query hides in it",
	},
	{
		of: "bourg/migrations", only: []string{},
		never: []string{"github.com", "database/sql"},
		why:   "migrations are files; who applies them is the store's affair",
	},
	{
		of: "bourg/internal/...", except: []string{"bourg/internal/postgres", "bourg/internal/jobs"},
		never: []string{"bourg/internal/postgres", "bourg/web", "bourg/cmd"},
		why:   "small packages stand alone; only cmd/bourg ties the store and the screens to something",
	},
	{
		of: "bourg/...", except: []string{"bourg/internal/postgres/testdb", "bourg/internal/mail/mailtest", "bourg/federation/federationtest"},
		never:      []string{"bourg/internal/postgres/testdb", "bourg/internal/mail/mailtest", "bourg/federation/federationtest", "testing"},
		indirectly: true,
		why:        "what is made for tests stays out of the program",
	},
}

// files is a rule on which files may import a library.
type files struct {
	library string
	may     []string
	why     string
}

var surfaces = []files{
	{
		library: "github.com/go-fed/activity",
		may:     []string{"federation/codec.go", "federation/codec_test.go", "federation/delegate.go", "federation/delegate_test.go"},
		why:     "the library is no longer maintained and takes minutes to compile: two files touch it, and could be written again",
	},
	{
		library: "github.com/go-fed/httpsig",
		may:     []string{"federation/signature.go", "federation/signature_test.go"},
		why:     "the library checks less than a signature needs; one file adds the rest, and nobody goes around it",
	},
	{
		library: "github.com/microcosm-cc/bluemonday",
		may:     []string{"internal/sanitize/"},
		why:     "foreign HTML becomes safe in one place",
	},
	{
		library: "github.com/jackc/pgx",
		may:     []string{"internal/postgres/", "internal/localpg/", "internal/jobs/", "cmd/bourg/"},
		why:     "SQL is in the store, beside its scan",
	},
	{
		library: "github.com/caarlos0/env",
		may:     []string{"internal/config/"},
		why:     "the environment is read once",
	},
}

// pkg is what `go list` says of a package.
type pkg struct {
	ImportPath   string
	Dir          string
	Imports      []string
	Deps         []string
	GoFiles      []string
	TestGoFiles  []string
	XTestGoFiles []string
}

func TestImports(t *testing.T) {
	t.Parallel()
	for _, p := range list(t) {
		for _, rule := range layers {
			if !within(p.ImportPath, rule.of) || slices.ContainsFunc(rule.except, func(e string) bool { return below(p.ImportPath, e) }) {
				continue
			}
			for _, fault := range rule.faults(p) {
				t.Errorf("%s imports %s: %s", p.ImportPath, fault, rule.why)
			}
		}
	}
}

// faults returns what a package imports against the rule.
func (rule imports) faults(p pkg) []string {
	known := p.Imports
	if rule.indirectly {
		known = p.Deps
	}
	var found []string
	for _, path := range known {
		if slices.ContainsFunc(rule.never, func(n string) bool { return below(path, n) }) {
			found = append(found, path)
		}
	}
	if rule.only == nil {
		return found
	}
	own := strings.TrimSuffix(rule.of, "/...")
	for _, path := range p.Imports {
		if below(path, "bourg") && !below(path, own) && !slices.Contains(rule.only, path) {
			found = append(found, path)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// TestRulesFindFaults shows that each kind of rule can fail.
func TestRulesFindFaults(t *testing.T) {
	t.Parallel()
	p := pkg{
		ImportPath: "bourg/web/page",
		Imports:    []string{"bourg/web", "bourg/internal/town", "bourg/internal/mail", "net/http"},
		Deps:       []string{"bourg/internal/town", "github.com/jackc/pgx/v5", "github.com/jackc/pgxtra"},
	}
	for _, tt := range []struct {
		rule imports
		want []string
	}{
		{imports{of: "bourg/web/...", never: []string{"net/http"}}, []string{"net/http"}},
		{imports{of: "bourg/web/...", never: []string{"net"}}, []string{"net/http"}},
		{imports{of: "bourg/web/...", never: []string{"github.com/jackc/pgx"}}, nil},
		{imports{of: "bourg/web/...", never: []string{"github.com/jackc/pgx"}, indirectly: true}, []string{"github.com/jackc/pgx/v5"}},
		{imports{of: "bourg/web/...", only: []string{"bourg/internal/town"}}, []string{"bourg/internal/mail"}},
		{imports{of: "bourg/web/...", only: []string{}}, []string{"bourg/internal/mail", "bourg/internal/town"}},
	} {
		if got := tt.rule.faults(p); !slices.Equal(got, tt.want) {
			t.Errorf("%+v: got %q, want %q", tt.rule, got, tt.want)
		}
	}
	if !within("bourg/web", "bourg/web/...") || within("bourg/webx", "bourg/web/...") || within("bourg/web/x", "bourg/web") {
		t.Error("within: got a wrong match, want whole path elements")
	}
}

func TestRulesAreOfPackagesThatExist(t *testing.T) {
	t.Parallel()
	packages := list(t)
	for _, rule := range layers {
		if !slices.ContainsFunc(packages, func(p pkg) bool { return within(p.ImportPath, rule.of) }) {
			t.Errorf("a rule is of %s, which does not exist", rule.of)
		}
	}
}

func TestSurfaces(t *testing.T) {
	t.Parallel()
	for _, p := range list(t) {
		for _, name := range slices.Concat(p.GoFiles, p.TestGoFiles, p.XTestGoFiles) {
			file := parse(t, p, name, parser.ImportsOnly)
			place := strings.TrimPrefix(p.ImportPath, "bourg/") + "/" + name
			for _, spec := range file.Imports {
				path, err := strconv.Unquote(spec.Path.Value)
				if err != nil {
					t.Fatalf("%s: %v", place, err)
				}
				for _, rule := range surfaces {
					if below(path, rule.library) && !rule.allows(place) {
						t.Errorf("%s imports %s: %s", place, path, rule.why)
					}
				}
			}
		}
	}
}

// allows says whether a file is named, or lies in a folder that is.
func (rule files) allows(place string) bool {
	return slices.ContainsFunc(rule.may, func(m string) bool {
		return m == place || strings.HasSuffix(m, "/") && strings.HasPrefix(place, m)
	})
}

func TestPackagesSayWhatTheyAreFor(t *testing.T) {
	t.Parallel()
	for _, p := range list(t) {
		var comments []string
		var name string
		for _, source := range p.GoFiles {
			file := parse(t, p, source, parser.PackageClauseOnly|parser.ParseComments)
			name = file.Name.Name
			if file.Doc != nil {
				comments = append(comments, file.Doc.Text())
			}
		}
		if len(p.GoFiles) == 0 {
			continue // Tests alone say it by their names.
		}
		want := "Package " + name + " "
		if name == "main" {
			want = "Command " + filepath.Base(p.ImportPath) + " "
		}
		if len(comments) != 1 || !strings.HasPrefix(comments[0], want) {
			t.Errorf("%s: got %d package comments, want one that begins with %q", p.ImportPath, len(comments), want)
		}
	}
}

// list returns the packages of the module.
func list(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e",
		"-json=ImportPath,Dir,Imports,Deps,GoFiles,TestGoFiles,XTestGoFiles", "bourg/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []pkg
	decoder := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p pkg
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("read what go list says: %v", err)
		}
		packages = append(packages, p)
	}
	if len(packages) == 0 {
		t.Fatal("go list names no packages, want those of the module")
	}
	return packages
}

func parse(t *testing.T, p pkg, name string, mode parser.Mode) *ast.File {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, mode)
	if err != nil {
		t.Fatalf("parse: %v", err)
	}
	return file
}

// within says whether a package matches a pattern, as go list matches it.
func within(path, pattern string) bool {
	if parent, ok := strings.CutSuffix(pattern, "/..."); ok {
		return below(path, parent)
	}
	return path == pattern
}

// below says whether a path is the parent or lies below it.
func below(path, parent string) bool {
	return path == parent || strings.HasPrefix(path, parent+"/")
}
