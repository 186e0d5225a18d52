package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"weft/test/page"
)

// Who asks for help with a command is shown how it is typed, and what is shown can be typed.
func TestEveryCommandHasAnExampleThatIsRight(t *testing.T) {
	root := newRoot()
	visit(root, func(c *cobra.Command) {
		if !strings.Contains(c.Example, c.CommandPath()) {
			t.Errorf("%s: no example", c.CommandPath())
		}
		for line := range strings.Lines(c.Example) {
			for _, words := range calls(strings.TrimSpace(line)) {
				exists(t, root, page.Command{Page: c.CommandPath(), Text: line}, words)
				if why := refused(root, words); why != nil {
					t.Errorf("%s: %q: %v", c.CommandPath(), strings.TrimSpace(line), why)
				}
			}
		}
	})
}

// visit comes to every command that people are shown and that does something.
func visit(c *cobra.Command, do func(*cobra.Command)) {
	for _, sub := range c.Commands() {
		if sub.Hidden {
			continue
		}
		if !sub.HasSubCommands() {
			do(sub)
		}
		visit(sub, do)
	}
}

// refused says why the program would not begin with a command line.
func refused(root *cobra.Command, words []string) error {
	for i, w := range words {
		if strings.HasPrefix(w, ">") {
			words = words[:i]
			break
		}
		words[i] = strings.Trim(w, `"'`)
	}
	c, rest, err := root.Find(words)
	if err != nil {
		return err
	}
	c.Flags().VisitAll(func(f *pflag.Flag) { f.Changed = false }) // by the example before
	if err := c.ParseFlags(rest); err != nil {
		return err
	}
	if err := c.ValidateRequiredFlags(); err != nil {
		return err
	}
	if err := c.ValidateFlagGroups(); err != nil {
		return err
	}
	return c.ValidateArgs(c.Flags().Args())
}
