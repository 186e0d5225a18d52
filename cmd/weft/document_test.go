package main

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/cmd/weft/cli"
)

var update = flag.Bool("update", false, "rewrite docs/cli.md")

// TestTheDocumentOfTheCommandLineIsUpToDate holds docs/cli.md against the commands.
func TestTheDocumentOfTheCommandLineIsUpToDate(t *testing.T) {
	const file = "../../docs/cli.md"
	want := cli.Markdown(newRoot())
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(have)); diff != "" {
		t.Errorf("docs/cli.md is stale; 'go test ./cmd/weft -run Document -update' writes it anew (-want +have):\n%s", diff)
	}
}
