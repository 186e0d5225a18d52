package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"weft/client"
)

// bindingColumns are what list shows of a port's bindings.
var bindingColumns = []column{{"Host", "host"}, {"Status", "status"}, {"VIF Type", "vif_type"}, {"Plugged", "weft:status"}, {"Profile", "profile"}}

// portBindings makes "port binding" with all that it can do.
func (a *app) portBindings() []*cobra.Command {
	c := group("binding", "Bind a port on further hosts, to migrate its guest")
	c.Long = `A port has one active binding: its traffic goes to that host. A further one, inactive, makes another host ready for the
guest: the port may be plugged there too, and traffic follows the guest at the first frame that it sends from there, or
when the binding is activated, whichever is first.`
	create := a.onBinding("create", "Bind a port on one more host, and make that host ready", a.createBinding)
	create.Flags().Var(&given{word: "KEY=VALUE", many: true}, "profile", "for the hypervisor's use; may be repeated")
	a.completeOption(create, option{flag: "profile"})
	c.AddCommand(create,
		a.listBindings(),
		a.onBinding("show", "Show a port's binding on a host", func(ctx context.Context, x boundPort) error {
			o, err := x.Show(ctx, x.bindings, x.host)
			if err != nil {
				return err
			}
			return a.printOne(x.cmd.OutOrStdout(), o)
		}),
		a.onBinding("activate", "Let a port's traffic go to a host", func(ctx context.Context, x boundPort) error {
			_, err := x.Action(ctx, x.bindings, x.host, "activate", nil)
			return err
		}),
		a.onBinding("delete", "Take a port's binding on a host away", func(ctx context.Context, x boundPort) error {
			return x.Delete(ctx, x.bindings, x.host)
		}))
	return []*cobra.Command{c}
}

// boundPort is what a command about a port and a host works with.
type boundPort struct {
	*client.Client
	cmd      *cobra.Command
	bindings client.Resource
	host     string
}

// onBinding makes a command about a port and a host.
func (a *app) onBinding(verb, short string, do func(context.Context, boundPort) error) *cobra.Command {
	c := &cobra.Command{Use: verb + " PORT HOST", Short: short, Args: want("PORT", "HOST"), ValidArgsFunction: a.completeArgs(client.Ports)}
	c.RunE = a.with(func(ctx context.Context, cl *client.Client, args []string) error {
		id, err := cl.ID(ctx, client.Ports, args[0])
		if err != nil {
			return err
		}
		return do(ctx, boundPort{cl, c, client.PortBindings.Under(id), args[1]})
	})
	return c
}

func (a *app) createBinding(ctx context.Context, x boundPort) error {
	attrs := client.Object{"host": x.host}
	if v, ok := x.cmd.Flags().Lookup("profile").Value.(*given); ok && len(v.values) > 0 {
		profile := client.Object{}
		for _, w := range v.values {
			key, value, ok := strings.Cut(w, "=")
			if !ok || key == "" {
				return usagef("--profile %s: want KEY=VALUE", w)
			}
			profile[key] = value
		}
		attrs["profile"] = profile
	}
	o, err := x.Create(ctx, x.bindings, attrs)
	var late *client.Unconfirmed
	if err != nil && !errors.As(err, &late) {
		return err
	}
	return errors.Join(a.printOne(x.cmd.OutOrStdout(), o), err)
}

func (a *app) listBindings() *cobra.Command {
	c := &cobra.Command{
		Use: "list PORT", Short: "List the hosts that a port is bound on", Args: want("PORT"), ValidArgsFunction: a.completeArgs(client.Ports),
	}
	c.RunE = a.with(func(ctx context.Context, cl *client.Client, args []string) error {
		id, err := cl.ID(ctx, client.Ports, args[0])
		if err != nil {
			return err
		}
		all, err := cl.List(ctx, client.PortBindings.Under(id), nil)
		if err != nil {
			return fmt.Errorf("of port %s: %w", args[0], err)
		}
		return a.printList(c.OutOrStdout(), bindingColumns, all)
	})
	return c
}
