package cli

import (
	"cmp"
	"context"
	"io"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"weft/client"
)

func (a *app) list(r resource) *cobra.Command {
	var g listing
	c := &cobra.Command{
		Use:               strings.Join(append([]string{"list"}, r.args()...), " "),
		Short:             "List " + plural(r.noun),
		Args:              Want(r.args()...),
		ValidArgsFunction: a.completeArgs(r.completing(client.Resource{})...),
	}
	f := c.Flags()
	g.declare(c, r)
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
		if g.limit < 0 {
			return usagef("--limit %d: want a number of objects", g.limit)
		}
		q := url.Values{}
		if err := readFilters(ctx, cl, f, filters, g.more.values, q); err != nil {
			return err
		}
		if g.limit > 0 && len(g.sort) == 0 {
			q.Set("limit", strconv.Itoa(g.limit))
		}
		columns := r.columns
		if g.long || a.output == formatWide {
			columns = slices.Concat(r.columns, r.long)
		}
		return g.show(ctx, a, c, shown{
			read: func(ctx context.Context) ([]client.Object, error) {
				list, err := cl.List(ctx, place, q)
				if err != nil {
					return nil, err
				}
				if err := g.order(columns, list); err != nil || g.limit <= 0 {
					return list, err
				}
				return list[:min(g.limit, len(list))], nil
			},
			print: func(w io.Writer, list []client.Object) error { return a.printList(w, columns, list) },
			row:   a.rowOfCells(columns), id: r.IDOf,
		})
	})
	return c
}

// listing are the flags of list that all resources have.
type listing struct {
	long, descending bool
	watch            *bool
	limit            int
	sort             []string
	more             given
}

func (g *listing) declare(c *cobra.Command, r resource) {
	f := c.Flags()
	f.BoolVar(&g.long, "long", false, "more columns, as -o wide")
	f.IntVar(&g.limit, "limit", 0, "no more than this `NUMBER`")
	f.StringArrayVar(&g.sort, "sort-column", nil, "sort by this `COLUMN`; may be repeated")
	f.BoolVar(&g.descending, "sort-descending", false, "the last one first")
	g.watch = watchFlag(c)
	g.more = given{word: "ATTRIBUTE=VALUE", many: true}
	f.Var(&g.more, "filter", "only those whose attribute has this value; may be repeated")
	complete(c, "limit", cobra.NoFileCompletions)
	var titles []string
	for _, col := range slices.Concat(r.columns, r.long) {
		titles = append(titles, col.title)
	}
	complete(c, "sort-column", fixed(titles...))
}

func (g *listing) show(ctx context.Context, a *app, c *cobra.Command, s shown) error {
	if *g.watch {
		return a.watch(ctx, c, s)
	}
	list, err := s.read(ctx)
	if err != nil {
		return err
	}
	return s.print(c.OutOrStdout(), list)
}

// order sorts by the columns that were asked for. Numbers and addresses sort as such.
func (g *listing) order(columns []column, list []client.Object) error {
	for _, name := range slices.Backward(g.sort) {
		attr, ok := attributeOf(name, columns, list)
		if !ok {
			return usagef("--sort-column %s: there is no such column or attribute", name)
		}
		slices.SortStableFunc(list, func(x, y client.Object) int {
			by := compareCells(x[attr], y[attr])
			if g.descending {
				return -by
			}
			return by
		})
	}
	return nil
}

func compareCells(x, y any) int {
	a, b := cell(x), cell(y)
	m, err := strconv.ParseFloat(a, 64)
	n, err2 := strconv.ParseFloat(b, 64)
	if err == nil && err2 == nil {
		return cmp.Compare(m, n)
	}
	p, err := netip.ParseAddr(a)
	q, err2 := netip.ParseAddr(b)
	if err == nil && err2 == nil {
		return p.Compare(q)
	}
	return cmp.Compare(a, b)
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
