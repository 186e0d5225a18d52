// Package test holds the laws of the source: who may import whom, and how large things may be.
package test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	root     = ".." // the module
	module   = "weft"
	maxFunc  = 50  // lines
	maxLines = 400 // of a file
)

// layer is one row of the table of docs/ARCHITECTURE.md. A folder that has no row of its own belongs to the nearest one
// above it that has.
type layer struct {
	dir  string
	may  string // what it may import of this module beside what is in its own layer; "*" is everything
	pure bool   // [P]: no I/O, goroutine, clock or log
}

var layers = []layer{
	{dir: "cmd/weft", may: "*"},
	{dir: "cmd/weft/cli", may: "client client/apply client/clouds"},
	{dir: "lab", may: "client api"},
	{dir: "client", may: "api"},
	{dir: "controller", may: "controller/... store plan pipeline tables api"},
	{dir: "controller/rest", may: "controller/rest/... controller/serverlog controller/auth controller/intent store api"},
	{dir: "controller/rest/neutron", may: "controller/rest/request controller/rest/noun controller/rest/access controller/rest/wire controller/intent api"},
	{dir: "controller/rest/operator", may: "controller/rest/request controller/rest/noun controller/rest/access controller/rest/backend controller/rest/wire controller/auth controller/intent controller/trace api"},
	{dir: "controller/rest/request", may: "controller/rest/noun controller/rest/access controller/rest/backend controller/rest/wire controller/auth controller/intent api"},
	{dir: "controller/rest/noun", may: "controller/rest/access controller/rest/backend controller/rest/wire controller/intent api"},
	{dir: "controller/rest/access", may: "controller/rest/wire controller/auth api"},
	{dir: "controller/rest/backend", may: "controller/trace plan api"},
	{dir: "controller/rest/wire", may: "controller/intent api"},
	{dir: "controller/auth", may: ""},
	{dir: "controller/trace", may: "plan tables api"},
	{dir: "controller/nova", may: "store api"},
	{dir: "controller/audit", may: ""},
	{dir: "controller/link", may: "controller/pki controller/serverlog plan api"},
	{dir: "controller/serverlog", may: ""},
	{dir: "controller/pki", may: "api"},
	{dir: "controller/intent", may: "api"},
	{dir: "controller/compile", may: "dhcp dvr fip pipeline plan tables controller/ofp/wire api", pure: true},
	{dir: "controller/ofp", may: "controller/ofp/wire plan pipeline tables"},
	{dir: "controller/ofp/wire", may: "pipeline plan tables api", pure: true},
	{dir: "dvr", may: "pipeline plan tables api", pure: true},
	{dir: "dhcp", may: "pipeline plan tables api", pure: true},
	{dir: "fip", may: "pipeline plan tables api", pure: true},
	{dir: "pipeline", may: "plan tables api", pure: true},
	{dir: "agent", may: "agent/dhcp agent/flows agent/mgmt plan api"},
	{dir: "agent/dhcp", may: "agent/frame agent/mgmt agent/run controller/ofp controller/ofp/wire plan api"},
	{dir: "agent/flows", may: "agent/mgmt agent/run controller/ofp controller/ofp/wire plan tables"},
	{dir: "agent/mgmt", may: "agent/run controller/ofp"},
	{dir: "store", may: "api"},
	{dir: "plan", may: "api", pure: true},
	{dir: "tables", may: "", pure: true},
	{dir: "api", may: "", pure: true},
	{dir: "test", may: "*"},
}

// impure are the packages that a pure one may not import, with all below them. net/netip is a value type.
var impure = []string{"net", "os", "log", "io/ioutil", "syscall", "golang.org/x/sys", "golang.org/x/net",
	"github.com/sirupsen/logrus", "math/rand", "crypto/rand"}

var harmless = []string{"net/netip"}

// impureNames are what pure code may not say of packages that it may import.
var impureNames = map[string]string{"time.Now": "a clock", "time.Since": "a clock", "time.Sleep": "a clock",
	"time.After": "a clock", "fmt.Print": "output", "fmt.Println": "output", "fmt.Printf": "output"}

// source is one file.
type source struct {
	path string // from the root of the module
	fset *token.FileSet
	ast  *ast.File
	text string
}

func (s *source) dir() string { return path.Dir(s.path) }

func (s *source) test() bool { return strings.HasSuffix(s.path, "_test.go") }

func (s *source) at(n ast.Node) string {
	return fmt.Sprintf("%s:%d", s.path, s.fset.Position(n.Pos()).Line)
}

// sources reads every Go file of the module, but not of modules inside it, and nothing that a program wrote.
func sources(t *testing.T) []*source {
	t.Helper()
	var out []*source
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return enter(p, d)
		}
		if filepath.Ext(p) != ".go" {
			return nil
		}
		s, err := read(p)
		if err == nil && !ast.IsGenerated(s.ast) {
			out = append(out, s)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 50 {
		t.Fatalf("found only %d files: the test does not see the module", len(out))
	}
	return out
}

func enter(p string, d fs.DirEntry) error {
	if p == root {
		return nil
	}
	_, err := os.Stat(filepath.Join(p, "go.mod"))
	if err == nil || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") || strings.HasPrefix(d.Name(), "_") {
		return fs.SkipDir
	}
	return nil
}

func read(p string) (*source, error) {
	b, err := os.ReadFile(p)
	if err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, p, b, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	rel, err := filepath.Rel(root, p)
	return &source{path: filepath.ToSlash(rel), fset: fset, ast: f, text: string(b)}, err
}

// layerOf finds the row that a folder belongs to.
func layerOf(dir string) (layer, bool) {
	for d := dir; d != "."; d = path.Dir(d) {
		if i := slices.IndexFunc(layers, func(l layer) bool { return l.dir == d }); i >= 0 {
			return layers[i], true
		}
	}
	return layer{}, false
}

// allows reports whether code of the layer may import a folder of the module.
func (l layer) allows(dir string) bool {
	if of, ok := layerOf(dir); ok && of.dir == l.dir {
		return true
	}
	for _, m := range strings.Fields(l.may) {
		below, whole := strings.CutSuffix(m, "/...")
		if m == "*" || m == dir || whole && strings.HasPrefix(dir, below+"/") {
			return true
		}
	}
	return false
}

func imports(s *source) []*ast.ImportSpec { return s.ast.Imports }

func imported(i *ast.ImportSpec) string { return strings.Trim(i.Path.Value, `"`) }

func TestPackagesImportOnlyWhatTheArchitectureAllows(t *testing.T) {
	for _, s := range sources(t) {
		l, ok := layerOf(s.dir())
		if !ok {
			t.Errorf("%s: folder %s has no row in docs/ARCHITECTURE.md and in this test", s.path, s.dir())
			continue
		}
		if s.test() {
			continue
		}
		for _, i := range imports(s) {
			dir, ours := strings.CutPrefix(imported(i), module+"/")
			if ours && !l.allows(dir) {
				t.Errorf("%s: %s may not import %s; it may import: %s (docs/ARCHITECTURE.md)", s.at(i), s.dir(), dir, l.may)
			}
		}
	}
}

func TestPurePackagesDoNoIO(t *testing.T) {
	for _, s := range sources(t) {
		if l, ok := layerOf(s.dir()); !ok || !l.pure || s.test() || s.ast.Name.Name == "main" {
			continue
		}
		for _, i := range imports(s) {
			if p := imported(i); within(impure, p) && !within(harmless, p) {
				t.Errorf("%s: %s is pure: it may not import %s", s.at(i), s.dir(), p)
			}
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				t.Errorf("%s: %s is pure: it may not start a goroutine", s.at(n), s.dir())
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && impureNames[x.Name+"."+n.Sel.Name] != "" {
					name := x.Name + "." + n.Sel.Name
					t.Errorf("%s: %s is pure: %s is %s", s.at(n), s.dir(), name, impureNames[name])
				}
			}
			return true
		})
	}
}

func within(list []string, p string) bool {
	return slices.ContainsFunc(list, func(l string) bool { return p == l || strings.HasPrefix(p, l+"/") })
}

func TestEachPackageIsDescribedOnceInItsDocFile(t *testing.T) {
	described := map[string][]string{}
	for _, s := range sources(t) {
		if s.test() {
			continue
		}
		if described[s.dir()] == nil {
			described[s.dir()] = []string{}
		}
		if s.ast.Doc != nil {
			described[s.dir()] = append(described[s.dir()], path.Base(s.path))
		}
	}
	for dir, files := range described {
		want := "doc.go"
		if slices.Equal(files, []string{"main.go"}) { // a command's words belong to its main
			want = "main.go"
		}
		if !slices.Equal(files, []string{want}) {
			t.Errorf("%s: the package is described in %v, want in doc.go alone", dir, files)
		}
	}
}

// TestFunctionsAndFilesStaySmall counts what has to be followed: a table of data inside a function counts as one line,
// and a function inside such a table on its own.
func TestFunctionsAndFilesStaySmall(t *testing.T) {
	for _, s := range sources(t) {
		if n := strings.Count(s.text, "\n"); n > maxLines {
			t.Errorf("%s: %d lines, at most %d: split it by what it is about", s.path, n, maxLines)
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			name, body := "the function literal", (*ast.BlockStmt)(nil)
			switch f := n.(type) {
			case *ast.FuncDecl:
				name, body = f.Name.Name, f.Body
			case *ast.FuncLit:
				body = f.Body
			}
			if body == nil {
				return true
			}
			if lines := s.lines(n) - s.dataLines(body); lines > maxFunc {
				t.Errorf("%s: %s has %d lines, at most %d: give its parts names", s.at(n), name, lines, maxFunc)
			}
			return true
		})
	}
}

func (s *source) lines(n ast.Node) int {
	return s.fset.Position(n.End()).Line - s.fset.Position(n.Pos()).Line + 1
}

// dataLines counts the lines of composite literals beyond the first of each.
func (s *source) dataLines(body ast.Node) (lines int) {
	ast.Inspect(body, func(n ast.Node) bool {
		c, ok := n.(*ast.CompositeLit)
		if ok {
			lines += s.lines(c) - 1
		}
		return !ok
	})
	return lines
}

// TestTheArchitectureDocumentHasEachLayer keeps the table that people read and the one that is enforced together.
func TestTheArchitectureDocumentHasEachLayer(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(root, "docs", "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range layers {
		row := "| `" + l.dir + "`"
		if l.pure {
			row += " [P]"
		}
		if l.dir != "test" && !strings.Contains(string(b), row+" |") {
			t.Errorf("docs/ARCHITECTURE.md has no row %q", row)
		}
	}
}
