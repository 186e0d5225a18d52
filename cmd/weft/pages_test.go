package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"weft/test/page"
)

// pages are all documents that people read, but the one that is made of the commands themselves.
func pages(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, pattern := range []string{"../../*.md", "../../docs/*.md", "../../docs/adr/*.md", "../../examples/*/README.md"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			raw, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			if name, _ := filepath.Rel("../..", f); name != "docs/cli.md" {
				all[name] = string(raw)
			}
		}
	}
	return all
}

// What a reader types is a command with these flags, also where no test can type it.
func TestEveryCommandOfEveryPageExists(t *testing.T) {
	root, n := newRoot(), 0
	for name, text := range pages(t) {
		for _, c := range slices.Concat(page.Parse(name, text), page.Mentioned(name, text)) {
			for _, words := range calls(c.Text) {
				n++
				exists(t, root, c, words)
			}
		}
	}
	if n < 300 {
		t.Errorf("only %d commands were found in the pages", n)
	}
}

// Who comes from one example to the next finds the same way in.
func TestEveryExampleBeginsInTheSameWay(t *testing.T) {
	examples, err := filepath.Glob("../../examples/*/example.yaml")
	if err != nil || len(examples) < 10 {
		t.Fatalf("examples: %q, %v", examples, err)
	}
	for _, e := range examples {
		dir := filepath.Dir(e)
		found, err := page.Read(filepath.Join(dir, "README.md"))
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, c := range found {
			lines = append(lines, c.Text)
		}
		begin := []string{`export PATH="$PWD/bin:$PATH"`, "weft lab run examples/" + filepath.Base(dir) + " --keep", `eval "$(weft lab env)"`}
		if len(lines) < 4 || !strings.HasPrefix(lines[0], "make build") || !slices.Equal(lines[1:4], begin) {
			t.Errorf("%s begins with %q, want make build and %q", dir, lines[:min(4, len(lines))], begin)
		}
	}
}

var (
	word  = regexp.MustCompile(`'[^']*'|"[^"]*"|\S+`)
	parts = regexp.MustCompile(`\s*(?:&&|\||;)\s*|\$\(|\)`)
)

// calls splits a line into the calls of weft in it, each as its words behind "weft".
func calls(line string) [][]string {
	var found [][]string
	command, _, _ := strings.Cut(line, " -- ") // what runs in a guest is not weft's
	for _, part := range parts.Split(command, -1) {
		words := word.FindAllString(strings.Trim(part, `"`), -1)
		if len(words) > 1 && (words[0] == "weft" || words[0] == "bin/weft") {
			found = append(found, words[1:])
		}
	}
	return found
}

func exists(t *testing.T, root *cobra.Command, at page.Command, words []string) {
	t.Helper()
	if i := slices.IndexFunc(words, func(w string) bool { return strings.HasPrefix(w, ">") }); i >= 0 {
		words = words[:i]
	}
	words = slices.DeleteFunc(slices.Clone(words), func(w string) bool { return w == "…" || w == "..." })
	cmd, rest, err := root.Find(words)
	if err != nil {
		t.Errorf("%s: %v", at, err)
		return
	}
	flags, args := split(cmd, rest)
	for _, f := range flags {
		if !known(cmd, f) {
			t.Errorf("%s: %q has no flag %s", at, cmd.CommandPath(), f)
		}
	}
	if cmd.HasSubCommands() && len(args) > 0 && !strings.Contains(args[0], "|") && args[0] != strings.ToUpper(args[0]) {
		t.Errorf("%s: %q is not a command of %q", at, args[0], cmd.CommandPath())
	}
}

// split tells flags from arguments.
func split(cmd *cobra.Command, words []string) (flags, args []string) {
	for i := 0; i < len(words); i++ {
		w := words[i]
		if len(w) < 2 || w[0] != '-' {
			args = append(args, w)
			continue
		}
		name, _, has := strings.Cut(w, "=")
		flags = append(flags, name)
		if f := flag0(cmd, name); f != nil && !has && f.NoOptDefVal == "" {
			i++
		}
	}
	return flags, args
}

func known(cmd *cobra.Command, name string) bool {
	return name == "--help" || name == "--version" || flag0(cmd, name) != nil
}

func flag0(cmd *cobra.Command, name string) *pflag.Flag {
	cmd.InheritedFlags() // merges the parents'
	if long, ok := strings.CutPrefix(name, "--"); ok {
		return cmd.Flag(long)
	}
	short := strings.TrimPrefix(name, "-")
	if f := cmd.Flags().ShorthandLookup(short); f != nil {
		return f
	}
	return cmd.InheritedFlags().ShorthandLookup(short)
}
