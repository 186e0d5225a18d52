package cli

import (
	"cmp"
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
		if r.Nested() {
			return a.completeNested(rs[0], r)(cmd, args, begun)
		}
		names, directive := a.completeNames(r)(cmd, args, begun)
		return slices.DeleteFunc(names, func(n cobra.Completion) bool { return slices.Contains(args, n) }), directive
	}
}

// completeNames asks the controller for names. What cannot be told completes to nothing: a shell is no place for errors.
func (a *app) completeNames(r client.Resource) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return a.ask(cmd, func(ctx context.Context, cl *client.Client) (client.Resource, error) { return r, nil }, begun)
	}
}

// completeNested asks for the names below the object that the first argument names.
func (a *app) completeNested(parent, r client.Resource) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return a.ask(cmd, func(ctx context.Context, cl *client.Client) (client.Resource, error) {
			id, err := cl.ID(ctx, parent, args[0])
			return r.Under(id), err
		}, begun)
	}
}

func (a *app) ask(cmd *cobra.Command, place func(context.Context, *client.Client) (client.Resource, error), begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	const nothing = cobra.ShellCompDirectiveNoFileComp
	ctx := cmd.Context()
	if ctx == nil {
		ctx = context.Background()
	}
	quick := *a
	quick.cfg.Timeout = completeWithin
	cl, err := quick.Connect(ctx)
	if err != nil {
		return nil, nothing
	}
	defer cl.Close()
	r, err := place(ctx, cl)
	if err != nil {
		return nil, nothing
	}
	objects, err := cl.List(ctx, r, url.Values{"fields": fields(r)})
	if err != nil {
		return nil, nothing
	}
	return names(objects, r, begun), nothing
}

func fields(r client.Resource) []string {
	return slices.Compact([]string{r.CalledBy(), cmp.Or(r.Key, "id")})
}

// names gives the names that start as what was typed; an object without a name, or with one that another has too, goes
// by its id.
func names(objects []client.Object, r client.Resource, begun string) []cobra.Completion {
	label, count := r.CalledBy(), map[string]int{}
	for _, o := range objects {
		count[o.Text(label)]++
	}
	var out []cobra.Completion
	for _, o := range objects {
		n := o.Text(label)
		if n == "" || count[n] > 1 || strings.ContainsFunc(n, isControl) {
			n = r.IDOf(o)
		}
		if n != "" && strings.HasPrefix(n, begun) {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }
