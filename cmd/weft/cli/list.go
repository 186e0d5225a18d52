package cli

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"weft/client"
)

func (a *app) list(r resource) *cobra.Command {
	var long bool
	c := &cobra.Command{
		Use:               strings.Join(append([]string{"list"}, r.args()...), " "),
		Short:             "List " + plural(r.noun),
		Args:              want(r.args()...),
		ValidArgsFunction: a.completeArgs(r.completing(client.Resource{})...),
	}
	f := c.Flags()
	f.BoolVar(&long, "long", false, "more columns")
	more := &given{word: "ATTRIBUTE=VALUE", many: true}
	f.Var(more, "filter", "only those whose attribute has this value; may be repeated")
	filters := r.filters
	if name, ok := r.kind.Attribute("name"); ok && name.Filterable {
		filters = slices.Concat([]filter{{flag: "name", attr: "name", help: "only those with this name"}}, r.filters)
	}
	a.declareFilters(c, filters)
	c.RunE = a.with(func(ctx context.Context, cl *client.Client, args []string) error {
		place, _, err := r.at(ctx, cl, args)
		if err != nil {
			return err
		}
		q := url.Values{}
		if err := readFilters(ctx, cl, f, filters, more.values, q); err != nil {
			return err
		}
		objects, err := cl.List(ctx, place, q)
		if err != nil {
			return err
		}
		columns := r.columns
		if long {
			columns = slices.Concat(r.columns, r.long)
		}
		return a.printList(c.OutOrStdout(), columns, objects)
	})
	return c
}

func (a *app) declareFilters(c *cobra.Command, filters []filter) {
	for _, x := range filters {
		if x.value != "" {
			c.Flags().Bool(x.flag, false, x.help)
			continue
		}
		word := strings.ToUpper(x.names.Singular)
		if word == "" {
			word = "VALUE"
		}
		c.Flags().Var(&given{word: word}, x.flag, x.help)
		a.completeOption(c, option{flag: x.flag, names: x.names})
	}
}

func readFilters(ctx context.Context, cl *client.Client, f *pflag.FlagSet, filters []filter, more []string, q url.Values) error {
	for _, x := range filters {
		if !f.Changed(x.flag) {
			continue
		}
		v := x.value
		if v == "" {
			v = f.Lookup(x.flag).Value.String()
		}
		if x.names.Path != "" && !x.names.Named {
			id, err := cl.ID(ctx, x.names, v)
			if err != nil {
				return err
			}
			v = id
		}
		q.Add(x.attr, v)
	}
	for _, m := range more {
		attr, v, ok := strings.Cut(m, "=")
		if !ok {
			return usagef("--filter %s: want ATTRIBUTE=VALUE", m)
		}
		q.Add(attr, v)
	}
	return nil
}
