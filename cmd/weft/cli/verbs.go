package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"weft/client"
)

// resourceCommand makes a resource's command with all that it can do.
func (a *app) resourceCommand(r resource) *cobra.Command {
	words := strings.Fields(r.word())
	c := group(words[len(words)-1], r.verbs()+plural(r.noun))
	c.Long = r.about
	a.addVerbs(c, r)
	return c
}

// word is the resource's command: of a nested one, the words below its parent's.
func (r resource) word() string {
	if r.command != "" {
		return r.command
	}
	return strings.ReplaceAll(r.Singular, "_", "-")
}

// verbs says in the help what can be done.
func (r resource) verbs() string {
	verbs := []string{"list", "show"}
	if r.kind.Creatable {
		verbs = slices.Insert(verbs, 0, "create")
	}
	if r.has(onSet) {
		verbs = append(verbs, "change")
	}
	if r.kind.Deletable {
		verbs = append(verbs, "delete")
	}
	last := len(verbs) - 1
	all := strings.Join(verbs[:last], ", ") + " and " + verbs[last] + " "
	return upperFirst(all)
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func (a *app) addVerbs(c *cobra.Command, r resource) {
	if r.kind.Creatable {
		c.AddCommand(a.create(r))
	}
	c.AddCommand(a.list(r), a.show(r))
	if r.kind.Deletable {
		c.AddCommand(a.remove(r))
	}
	if r.has(onSet) {
		c.AddCommand(a.change(r, "set", onSet))
	}
	if r.has(onUnset) {
		c.AddCommand(a.change(r, "unset", onUnset))
	}
	if r.more != nil {
		c.AddCommand(r.more(a)...)
	}
}

func (r resource) has(s stage) bool {
	return slices.ContainsFunc(r.options, func(o option) bool { return o.on&s != 0 })
}

func plural(noun string) string {
	if before, ok := strings.CutSuffix(noun, "y"); ok {
		return before + "ies"
	}
	return noun + "s"
}

func article(noun string) string {
	if strings.ContainsAny(noun[:1], "aeiou") {
		return "an " + noun
	}
	return "a " + noun
}

// at gives the collection that a command works on, and the arguments that are left: the first one of a nested resource
// names its parent.
func (r resource) at(ctx context.Context, cl *client.Client, args []string) (client.Resource, []string, error) {
	if r.parent == nil {
		return r.Resource, args, nil
	}
	id, err := cl.ID(ctx, *r.parent, args[0])
	return r.Resource.Under(id), args[1:], err
}

// args are a command's arguments in the help, after the parent's of a nested resource.
func (r resource) args(own ...string) []string {
	if r.parent != nil {
		return append([]string{argOf(*r.parent)}, own...)
	}
	return own
}

func argOf(r client.Resource) string {
	return strings.ToUpper(strings.ReplaceAll(r.Singular, "_", "-"))
}

func (a *app) create(r resource) *cobra.Command {
	args := r.args()
	long := fmt.Sprintf("Create %s.", article(r.noun))
	if r.arg != "" {
		args = r.args(r.arg)
		long += fmt.Sprintf(" %s is %s.", r.arg, r.argHelp)
	}
	c := &cobra.Command{
		Use:               strings.Join(append([]string{"create"}, args...), " "),
		Short:             "Create " + article(r.noun),
		Long:              long,
		Example:           r.example,
		Args:              Want(args...),
		ValidArgsFunction: a.completeArgs(r.completing(r.argument.names)...),
	}
	a.declare(c, r.options, onCreate)
	c.RunE = a.with(func(ctx context.Context, cl *client.Client, args []string) error {
		place, args, err := r.at(ctx, cl, args)
		if err != nil {
			return err
		}
		e := &edit{ctx: ctx, c: cl, attrs: client.Object{}, given: c.Flags().Changed}
		if len(args) > 0 {
			if err := r.argument.apply(e, args); err != nil {
				return err
			}
		}
		if err := e.apply(c.Flags(), r.options, onCreate); err != nil {
			return err
		}
		o, err := cl.Create(ctx, place, e.attrs)
		var late *client.Unconfirmed
		if err != nil && !errors.As(err, &late) {
			return err
		}
		return errors.Join(a.printCreated(c.OutOrStdout(), r, o), err)
	})
	return c
}

// completing are the resources whose names complete the arguments.
func (r resource) completing(own client.Resource) []client.Resource {
	if r.parent != nil {
		return []client.Resource{*r.parent, own}
	}
	return []client.Resource{own}
}

func (a *app) printCreated(w io.Writer, r resource, o client.Object) error {
	if r.created != nil && a.forPeople() && len(a.columns) == 0 {
		_, err := io.WriteString(w, r.created(o))
		return err
	}
	return a.printOne(w, o)
}

// printChanged says what set has to tell: a secret that is shown once.
func (a *app) printChanged(w io.Writer, r resource, o client.Object) error {
	words := r.changed(o)
	switch {
	case words == "":
		return nil
	case a.forPeople() && len(a.columns) == 0:
		_, err := io.WriteString(w, words)
		return err
	}
	return a.printOne(w, o)
}

func (a *app) show(r resource) *cobra.Command {
	args := r.args(argOf(r.Resource))
	c := &cobra.Command{
		Use:               strings.Join(append([]string{"show"}, args...), " "),
		Short:             "Show everything about " + article(r.noun),
		Args:              Want(args...),
		ValidArgsFunction: a.completeArgs(r.completing(r.Resource)...),
	}
	watch := watchFlag(c)
	c.RunE = a.with(func(ctx context.Context, cl *client.Client, args []string) error {
		place, args, err := r.at(ctx, cl, args)
		if err != nil {
			return err
		}
		o, err := cl.Find(ctx, place, args[0])
		if err != nil {
			return err
		}
		if *watch {
			return a.watch(ctx, c, a.watchedOne(cl, place, place.IDOf(o)))
		}
		return a.printOne(c.OutOrStdout(), o)
	})
	if r.shows != nil {
		r.shows(a, c)
	}
	return c
}

// change makes set or unset.
func (a *app) change(r resource, verb string, s stage) *cobra.Command {
	short := "Change " + article(r.noun)
	if s == onUnset {
		short = "Take something away from " + article(r.noun)
	}
	args := r.args(argOf(r.Resource))
	c := &cobra.Command{
		Use:               strings.Join(append([]string{verb}, args...), " "),
		Short:             short,
		Args:              Want(args...),
		ValidArgsFunction: a.completeArgs(r.completing(r.Resource)...),
	}
	a.declare(c, r.options, s)
	c.RunE = a.with(func(ctx context.Context, cl *client.Client, args []string) error {
		place, args, err := r.at(ctx, cl, args)
		if err != nil {
			return err
		}
		have, err := cl.Find(ctx, place, args[0])
		if err != nil {
			return err
		}
		e := &edit{ctx: ctx, c: cl, have: have, attrs: client.Object{}, given: c.Flags().Changed}
		if err := e.apply(c.Flags(), r.options, s); err != nil {
			return err
		}
		if len(e.attrs) == 0 && e.newTags == nil {
			return usagef("nothing to change: give at least one option")
		}
		id := place.IDOf(have)
		if id == "" { // of what is there without having been made
			id = args[0]
		}
		o, err := e.change(place, id)
		var late *client.Unconfirmed
		if r.changed == nil || err != nil && !errors.As(err, &late) {
			return err
		}
		return errors.Join(a.printChanged(c.OutOrStdout(), r, o), err)
	})
	return c
}

func (a *app) remove(r resource) *cobra.Command {
	arg := argOf(r.Resource)
	c := &cobra.Command{
		Use:               strings.Join(append([]string{"delete"}, r.args(arg, "["+arg+"...]")...), " "),
		Short:             "Delete " + plural(r.noun),
		Long:              "Delete " + plural(r.noun) + ". If one cannot be deleted, the others are all the same.",
		Args:              Want(r.args(arg, arg+"...")...),
		ValidArgsFunction: a.completeArgs(r.completing(r.Resource)...),
	}
	c.RunE = a.with(func(ctx context.Context, cl *client.Client, args []string) error {
		place, args, err := r.at(ctx, cl, args)
		if err != nil {
			return err
		}
		return deleteAll(ctx, cl, place, args)
	})
	return c
}

// deleteAll goes on after an error.
func deleteAll(ctx context.Context, cl *client.Client, r client.Resource, refs []string) error {
	var failed failures
	for _, ref := range refs {
		id, err := cl.ID(ctx, r, ref)
		if err == nil {
			err = cl.Delete(ctx, r, id)
		}
		if err != nil {
			failed = append(failed, err)
		}
		if isUnreachable(err) {
			break // nor will it answer to the rest
		}
	}
	if len(failed) > 0 {
		return failed
	}
	return nil
}

func isUnreachable(err error) bool {
	var gone *client.Unreachable
	return errors.As(err, &gone)
}

// with wraps what talks to the controller: it connects first and closes afterwards.
func (a *app) with(run func(context.Context, *client.Client, []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if err := a.checkOutput(); err != nil {
			return err
		}
		cl, err := a.Connect(cmd.Context())
		if err != nil {
			return err
		}
		defer cl.Close()
		return run(cmd.Context(), cl, args)
	}
}
