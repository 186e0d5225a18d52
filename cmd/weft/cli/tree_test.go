package cli

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// TestEveryCommandIsComplete holds what a person may rely on anywhere in the tree.
func TestEveryCommandIsComplete(t *testing.T) {
	walk(Root(kinds()), func(c *cobra.Command) {
		at := c.CommandPath()
		if c.Short == "" && !c.Hidden {
			t.Errorf("%s: no words for the help", at)
		}
		if c.RunE == nil || c.Args == nil {
			t.Errorf("%s: does not say what it does with its arguments", at)
		}
		if !c.HasSubCommands() && c.ValidArgsFunction == nil {
			t.Errorf("%s: its arguments do not complete", at)
		}
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if f.Usage == "" {
				t.Errorf("%s: --%s has no words for the help", at, f.Name)
			}
			if _, ok := c.GetFlagCompletionFunc(f.Name); !ok && f.Value.Type() != "bool" && !shared(f.Name) {
				t.Errorf("%s: --%s completes with files", at, f.Name)
			}
		})
	})
}

// shared flags are the same on all commands; a file, a URL or a time is theirs to complete.
func shared(flag string) bool {
	return strings.Contains(" endpoint token-file ca-file timeout column output filter filename ", " "+flag+" ")
}

func TestAnOptionIsDeclaredOncePerCommand(t *testing.T) {
	for _, r := range (&app{kinds: kinds()}).resources() {
		for _, s := range []stage{onCreate, onSet, onUnset} {
			seen := map[string]bool{}
			for _, o := range r.options {
				if o.on&s == 0 {
					continue
				}
				if seen[o.flag] {
					t.Errorf("%s: --%s twice", r.Singular, o.flag)
				}
				seen[o.flag] = true
			}
		}
	}
}
