package cli

import (
	_ "embed" // for the examples
	"strings"

	"github.com/spf13/cobra"
)

// examples are commands as people type them, a line each. The tree itself tells whose they are.
//
//go:embed examples.txt
var examples string

// exemplify gives the commands that have no example of their own the lines that are theirs.
func exemplify(root *cobra.Command) {
	own := map[*cobra.Command]bool{}
	for line := range strings.Lines(examples) {
		line = strings.TrimSpace(line)
		c, _, err := root.Find(strings.Fields(line)[1:])
		if err != nil || c.Example != "" && !own[c] {
			continue
		}
		own[c] = true
		c.Example = strings.TrimPrefix(c.Example+"\n  "+line, "\n")
	}
}
