package cli

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Markdown describes a command tree on one page. It is docs/cli.md; flags that all commands share stand once, above.
func Markdown(root *cobra.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# The command line\n\n<!-- Written by `go test ./cmd/weft -run Document -update`. -->\n\n%s\n", paragraph(root.Long))
	b.WriteString("\n## Options of every command that talks to the controller\n\n")
	status, _, _ := root.Find([]string{"status"}) // any of them
	writeFlags(&b, status.PersistentFlags())
	for _, c := range root.Commands() {
		if describable(c) && c.Name() != "completion" {
			writeCommand(&b, c, "##")
		}
	}
	b.WriteString("\n## Completion in the shell\n\nNames of objects complete too: they are asked from the controller.\n\n")
	b.WriteString("```\nsource <(weft completion bash)\nsource <(weft completion zsh)\nweft completion fish | source\n```\n")
	return b.String()
}

func describable(c *cobra.Command) bool {
	return !c.Hidden && c.Name() != "help" && c.Deprecated == ""
}

func writeCommand(b *strings.Builder, c *cobra.Command, level string) {
	fmt.Fprintf(b, "\n%s %s\n\n%s\n", level, c.CommandPath(), paragraph(cmp.Or(c.Long, c.Short+".")))
	if !c.HasAvailableSubCommands() {
		fmt.Fprintf(b, "\n```\n%s\n```\n", c.UseLine())
	}
	if c.Example != "" {
		fmt.Fprintf(b, "\n```\n%s\n```\n", strings.Trim(dedent(c.Example), "\n"))
	}
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Name != "help" && (!sharedFlags[f.Name] || c.GroupID == groupRun) {
			flags.AddFlag(f)
		}
	})
	if flags.HasAvailableFlags() {
		b.WriteString("\n")
		writeFlags(b, flags)
	}
	for _, sub := range c.Commands() {
		if describable(sub) {
			writeCommand(b, sub, "###")
		}
	}
}

// sharedFlags are those that remote gives.
var sharedFlags = map[string]bool{"endpoint": true, "token-file": true, "ca-file": true, "os-cloud": true, "wait": true, "timeout": true, "output": true,
	"column": true}

func writeFlags(b *strings.Builder, flags *pflag.FlagSet) {
	b.WriteString("| option | what it does |\n|---|---|\n")
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		word, help := pflag.UnquoteUsage(f)
		name := "`--" + strings.TrimSpace(f.Name+" "+word) + "`"
		if f.Shorthand != "" {
			name = "`-" + f.Shorthand + "`, " + name
		}
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "[]" && f.DefValue != "0s" && !strings.Contains(help, "(default") {
			help += fmt.Sprintf(" (default `%s`)", f.DefValue)
		}
		fmt.Fprintf(b, "| %s | %s |\n", cellText(name), cellText(help))
	})
}

func cellText(s string) string {
	return strings.NewReplacer("|", "\\|", "\n", " ", "<", "&lt;").Replace(s)
}

func paragraph(s string) string { return strings.ReplaceAll(strings.TrimSpace(s), "<", "&lt;") }

// dedent takes the two spaces off that examples start with in the help.
func dedent(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimPrefix(l, "  ")
	}
	return strings.Join(lines, "\n")
}
