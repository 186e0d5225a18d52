package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"weft/client"
)

// hostView makes a command about what a host holds.
func (a *app) hostView(use, short string, args cobra.PositionalArgs, run func(context.Context, *client.Client, io.Writer, []string) error) *cobra.Command {
	c := &cobra.Command{
		Use:               use,
		Short:             short,
		Args:              args,
		ValidArgsFunction: a.completeArgs(client.Hosts, client.Resource{}),
	}
	c.RunE = a.with(func(ctx context.Context, cl *client.Client, args []string) error {
		return run(ctx, cl, c.OutOrStdout(), args)
	})
	return c
}

func (a *app) flowsCommand() *cobra.Command {
	var (
		tab     string
		explain bool
	)
	c := a.hostView("flows HOST [BRIDGE]", "Show the flows that a host's switches hold now", WantSome(1, "HOST", "BRIDGE"),
		func(ctx context.Context, cl *client.Client, w io.Writer, args []string) error {
			q := client.FlowQuery{}
			if len(args) > 1 {
				q.Bridge = args[1]
			}
			flows, err := cl.Flows(ctx, args[0], q)
			if err != nil {
				return err
			}
			if tab != "" {
				if flows, err = ofTable(flows, tab); err != nil {
					return err
				}
			}
			return a.printFlows(w, flows, explain)
		})
	c.Long = `Show the flows that a host's switches hold now, read over OpenFlow, in the syntax of
"ovs-ofctl -O OpenFlow13 --no-stats dump-flows", with the names of tables. "ovs-ofctl add-flows" reads it, comments too.`
	c.Flags().StringVar(&tab, "table", "", "only this `TABLE`, by name or number")
	c.Flags().BoolVar(&explain, "explain", false, "say with each flow which object it serves")
	complete(c, "table", cobra.NoFileCompletions)
	return c
}

// ofTable picks the flows of a table. A table that no bridge has a flow in cannot be told from one that does not exist.
func ofTable(flows []client.Flow, tab string) ([]client.Flow, error) {
	out := slices.DeleteFunc(slices.Clone(flows), func(f client.Flow) bool {
		return f.TableName != tab && fmt.Sprint(f.Table) != tab
	})
	if len(out) > 0 || len(flows) == 0 {
		return out, nil
	}
	var known []string
	for _, f := range flows {
		known = append(known, f.TableName)
	}
	slices.Sort(known)
	return nil, usagef("--table %s: there are flows in %s only", tab, strings.Join(slices.Compact(known), ", "))
}

func (a *app) planCommand() *cobra.Command {
	var items, flows, explain bool
	c := a.hostView("plan HOST", "Show what a host should hold", Want("HOST"),
		func(ctx context.Context, cl *client.Client, w io.Writer, args []string) error {
			p, err := cl.Plan(ctx, args[0])
			if err != nil {
				return err
			}
			if items {
				p.Flows = nil
			}
			if flows {
				p.Items = nil
			}
			if a.output == formatJSON || a.output == formatYAML {
				return encode(w, a.output, p)
			}
			fmt.Fprintf(w, "# revision %d\n", p.Revision)
			for _, i := range p.Items {
				printItem(w, i, explain)
			}
			return a.printFlows(w, p.Flows, explain)
		})
	c.Flags().BoolVar(&items, "items", false, "only the host's items: bridges, namespaces, links, addresses, routes, NAT …")
	c.Flags().BoolVar(&flows, "flows", false, "only the flows")
	c.Flags().BoolVar(&explain, "explain", false, "say with each line which object it serves")
	c.MarkFlagsMutuallyExclusive("items", "flows")
	return c
}

func (a *app) diffCommand() *cobra.Command {
	c := a.hostView("diff HOST", "Show the difference between what a host should hold and what it holds", Want("HOST"),
		func(ctx context.Context, cl *client.Client, w io.Writer, args []string) error {
			d, err := cl.Diff(ctx, args[0])
			if err != nil {
				return err
			}
			if a.output == formatJSON || a.output == formatYAML {
				err = encode(w, a.output, d)
			} else {
				printDiff(w, d)
			}
			if err == nil && !d.Empty() {
				return Exit(exitFailure)
			}
			return err
		})
	c.Long = `Show the difference between what a host should hold and what it holds: "+" is missing on the host, "-" should not be
there, "!" does not hold and why. The exit status is 0 if there is none and 1 if there is one.`
	return c
}

func printDiff(w io.Writer, d client.HostDiff) {
	for _, f := range d.MissingFlows {
		fmt.Fprintf(w, "+ %s%s%s\n", oneLine(f.Bridge), separator(f.Text), oneLine(f.Text)+comment(f.Subject))
	}
	for _, f := range d.ExtraFlows {
		fmt.Fprintf(w, "- %s%s%s\n", oneLine(f.Bridge), separator(f.Text), oneLine(f.Text))
	}
	for _, e := range d.ItemErrors {
		fmt.Fprintf(w, "! %s: %s\n", oneLine(e.Key.String()), oneLine(e.Error))
	}
}

// separator keeps the space that ovs-ofctl's lines start with from becoming two.
func separator(text string) string {
	if strings.HasPrefix(text, " ") {
		return ""
	}
	return " "
}

// printFlows prints flows as ovs-ofctl does, below their bridge's name if there are several bridges.
func (a *app) printFlows(w io.Writer, flows []client.Flow, explain bool) error {
	if a.output == formatJSON || a.output == formatYAML {
		return encode(w, a.output, flows)
	}
	several := slices.ContainsFunc(flows, func(f client.Flow) bool { return f.Bridge != flows[0].Bridge })
	bridge := ""
	for _, f := range flows {
		if several && f.Bridge != bridge {
			bridge = f.Bridge
			fmt.Fprintf(w, "# %s\n", oneLine(bridge))
		}
		line := oneLine(f.Text)
		if explain {
			line += comment(f.Subject)
		}
		fmt.Fprintln(w, line)
	}
	return nil
}

// comment names an object after a line, as a shell's comment.
func comment(s *client.Subject) string {
	if s == nil {
		return "   # not of weft"
	}
	if s.Name == "" || s.Name == s.ID {
		return oneLine(fmt.Sprintf("   # %s %s", s.Kind, s.ID))
	}
	return oneLine(fmt.Sprintf("   # %s %s (%s)", s.Kind, s.Name, s.ID))
}

func printItem(w io.Writer, i client.Item, explain bool) {
	line := i.Kind + " " + cell(map[string]any(i.Spec))
	if explain {
		line += comment(&i.Subject)
	}
	fmt.Fprintln(w, oneLine(line))
}

func (a *app) statusCommand() *cobra.Command {
	c := &cobra.Command{
		Use:               "status",
		Short:             "Show how the controller and its hosts are",
		Args:              Want(),
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	c.RunE = a.with(func(ctx context.Context, cl *client.Client, _ []string) error {
		s, err := cl.Status(ctx)
		if err != nil {
			return err
		}
		return a.printStatus(ctx, cl, c.OutOrStdout(), s)
	})
	return c
}

func (a *app) printStatus(ctx context.Context, cl *client.Client, w io.Writer, s client.Status) error {
	if !a.forPeople() {
		return encode(w, a.output, s)
	}
	hosts, err := cl.List(ctx, client.Hosts, nil)
	if err != nil {
		return err
	}
	ready := "is ready"
	if !s.Ready {
		ready = "is not ready yet"
	}
	fmt.Fprintf(w, "The controller at %s %s, at revision %d; %d of %d hosts are up.\n", cl.Endpoint(), ready, s.Revision,
		s.Hosts.Alive, s.Hosts.Total)
	if len(hosts) == 0 {
		fmt.Fprintln(w, "Make the first host known with \"weft host create NAME\".")
		return nil
	}
	fmt.Fprintln(w)
	return a.printList(w, statusColumns, hosts)
}

var statusColumns = []column{{"Host", "name"}, {"State", "state"}, {"Tunnel IP", "tunnel_ip"}, {"Wanted", "revision_wanted"},
	{"Confirmed", "revision_confirmed"}, {"Problem", "problem"}}
