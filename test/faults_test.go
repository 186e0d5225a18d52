package test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	testForm     = regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9]+)(?:/([a-z-]+))?`")
	functionForm = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
)

// TestDocumentsNameTestsThatThereAre holds the documents that say which test shows what against the code.
func TestDocumentsNameTestsThatThereAre(t *testing.T) {
	have := testsOf(t, "..")
	for _, name := range []string{"faults.md", "dvr-cases.md"} {
		t.Run(name, func(t *testing.T) {
			doc, err := os.ReadFile(filepath.Join("..", "docs", name))
			if err != nil {
				t.Fatal(err)
			}
			namesTests(t, string(doc), have)
		})
	}
}

func namesTests(t *testing.T, doc string, have map[string]string) {
	t.Helper()
	named := testForm.FindAllStringSubmatch(doc, -1)
	if len(named) < 20 {
		t.Errorf("it names %d tests: is it read as it is written?", len(named))
	}
	for _, m := range named {
		switch file, ok := have[m[1]]; {
		case !ok:
			t.Errorf("there is no %s", m[1])
		case m[2] != "" && !strings.Contains(file, `"`+m[2]+`"`):
			t.Errorf("%s has no part %q", m[1], m[2])
		}
	}
}

// testsOf gives the tests under a folder, each with the file that it is in.
func testsOf(t *testing.T, root string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range functionForm.FindAllSubmatch(text, -1) {
			found[string(m[1])] = string(text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
