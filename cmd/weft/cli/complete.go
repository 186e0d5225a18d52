package cli

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"weft/client"
)

// completeWithin bounds how long a shell waits for names.
const completeWithin = 3 * time.Second

// complete sets how a flag's value is completed.
func complete(c *cobra.Command, flag string, f cobra.CompletionFunc) {
	_ = c.RegisterFlagCompletionFunc(flag, f) // an error means: no such flag, or twice; tests walk the tree
}

// fixed completes with known words.
func fixed(words ...string) cobra.CompletionFunc {
	return cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)
}

func (a *app) completeOption(c *cobra.Command, o option) {
	switch {
	case o.names.Path != "":
		complete(c, o.flag, a.completeNames(o.names))
	case len(o.words) > 0:
		complete(c, o.flag, fixed(o.words...))
	default:
		complete(c, o.flag, cobra.NoFileCompletions)
	}
}

// completeArgs completes each argument with a name of the resource at its place, the last one again and again.
func (a *app) completeArgs(rs ...client.Resource) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
		r := rs[min(len(args), len(rs)-1)]
		if r.Path == "" {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		names, directive := a.completeNames(r)(cmd, args, begun)
		return slices.DeleteFunc(names, func(n cobra.Completion) bool { return slices.Contains(args, n) }), directive
	}
}

// completeNames asks the controller for names. What cannot be told completes to nothing: a shell is no place for errors.
func (a *app) completeNames(r client.Resource) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
		cfg := a.cfg
		cfg.Timeout = completeWithin
		cl, err := client.New(cfg)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		defer cl.Close()
		label := "name"
		if r == client.FloatingIPs {
			label = "floating_ip_address"
		}
		ctx := cmd.Context()
		if ctx == nil {
			ctx = context.Background()
		}
		objects, err := cl.List(ctx, r, url.Values{"fields": fields(r, label)})
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return names(objects, label, begun), cobra.ShellCompDirectiveNoFileComp
	}
}

func fields(r client.Resource, label string) []string {
	if r.Named {
		return []string{label}
	}
	return []string{label, "id"}
}

// names gives the names that start as what was typed; an object without a name, or with one that another has too, goes
// by its id.
func names(objects []client.Object, label, begun string) []cobra.Completion {
	count := map[string]int{}
	for _, o := range objects {
		count[o.Text(label)]++
	}
	var out []cobra.Completion
	for _, o := range objects {
		n := o.Text(label)
		if n == "" || count[n] > 1 || strings.ContainsFunc(n, isControl) {
			n = o.Text("id")
		}
		if n != "" && strings.HasPrefix(n, begun) {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }
