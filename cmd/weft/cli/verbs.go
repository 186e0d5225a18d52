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
	verbs := "Create, list, show and delete "
	if r.has(onSet) {
		verbs = "Create, list, show, change and delete "
	}
	c := group(r.Singular, verbs+plural(r.noun))
	a.addVerbs(c, r)
	return c
}

// spokenCommand is the same under the two words of the openstack client: "floating ip create". It is not in the help.
func (a *app) spokenCommand(r resource) *cobra.Command {
	first, second, _ := strings.Cut(r.spoken, " ")
	outer, inner := group(first, ""), group(second, "The same as \"weft "+r.Singular+"\"")
	outer.Hidden = true
	a.addVerbs(inner, r)
	outer.AddCommand(inner)
	return outer
}

func (a *app) addVerbs(c *cobra.Command, r resource) {
	c.AddCommand(a.create(r), a.list(r), a.show(r), a.remove(r))
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

func plural(noun string) string { return noun + "s" }

func article(noun string) string { return "a " + noun }

func (a *app) create(r resource) *cobra.Command {
	c := &cobra.Command{
		Use:               "create " + r.arg,
		Short:             "Create " + article(r.noun),
		Long:              fmt.Sprintf("Create %s. %s is %s.", article(r.noun), r.arg, r.argHelp),
		Args:              want(r.arg),
		ValidArgsFunction: a.completeArgs(r.argument.names),
	}
	a.declare(c, r.options, onCreate)
	c.RunE = a.with(func(ctx context.Context, cl *client.Client, args []string) error {
		e := &edit{ctx: ctx, c: cl, attrs: client.Object{}, given: c.Flags().Changed}
		if err := r.argument.apply(e, args); err != nil {
			return err
		}
		if err := e.apply(c.Flags(), r.options, onCreate); err != nil {
			return err
		}
		o, err := cl.Create(ctx, r.Resource, e.attrs)
		var late *client.Unconfirmed
		if err != nil && !errors.As(err, &late) {
			return err
		}
		return errors.Join(a.printCreated(c.OutOrStdout(), r, o), err)
	})
	return c
}

func (a *app) printCreated(w io.Writer, r resource, o client.Object) error {
	if r.created != nil && a.output == formatTable && len(a.columns) == 0 {
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
	case a.output == formatTable && len(a.columns) == 0:
		_, err := io.WriteString(w, words)
		return err
	}
	return a.printOne(w, o)
}

func (a *app) show(r resource) *cobra.Command {
	c := &cobra.Command{
		Use:               "show " + strings.ToUpper(r.Singular),
		Short:             "Show everything about " + article(r.noun),
		Args:              want(strings.ToUpper(r.Singular)),
		ValidArgsFunction: a.completeArgs(r.Resource),
	}
	c.RunE = a.with(func(ctx context.Context, cl *client.Client, args []string) error {
		o, err := cl.Find(ctx, r.Resource, args[0])
		if err != nil {
			return err
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
	c := &cobra.Command{
		Use:               verb + " " + strings.ToUpper(r.Singular),
		Short:             short,
		Args:              want(strings.ToUpper(r.Singular)),
		ValidArgsFunction: a.completeArgs(r.Resource),
	}
	a.declare(c, r.options, s)
	c.RunE = a.with(func(ctx context.Context, cl *client.Client, args []string) error {
		have, err := cl.Find(ctx, r.Resource, args[0])
		if err != nil {
			return err
		}
		e := &edit{ctx: ctx, c: cl, have: have, attrs: client.Object{}, given: c.Flags().Changed}
		if err := e.apply(c.Flags(), r.options, s); err != nil {
			return err
		}
		if len(e.attrs) == 0 {
			return usagef("nothing to change: give at least one option")
		}
		o, err := cl.Update(ctx, r.Resource, r.id(have), e.attrs)
		var late *client.Unconfirmed
		if r.changed == nil || err != nil && !errors.As(err, &late) {
			return err
		}
		return errors.Join(a.printChanged(c.OutOrStdout(), r, o), err)
	})
	return c
}

func (r resource) id(o client.Object) string {
	if r.Named {
		return o.Text("name")
	}
	return o.Text("id")
}

func (a *app) remove(r resource) *cobra.Command {
	arg := strings.ToUpper(r.Singular)
	c := &cobra.Command{
		Use:               "delete " + arg + " [" + arg + "...]",
		Short:             "Delete " + plural(r.noun),
		Long:              "Delete " + plural(r.noun) + ". If one cannot be deleted, the others are all the same.",
		Args:              want(arg, arg+"..."),
		ValidArgsFunction: a.completeArgs(r.Resource),
	}
	c.RunE = a.with(func(ctx context.Context, cl *client.Client, args []string) error {
		var failed failures
		for _, ref := range args {
			id, err := cl.ID(ctx, r.Resource, ref)
			if err == nil {
				err = cl.Delete(ctx, r.Resource, id)
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
	})
	return c
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
		cl, err := a.connect()
		if err != nil {
			return usagef("%w", err)
		}
		defer cl.Close()
		return run(cmd.Context(), cl, args)
	}
}
