package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"weft/client"
)

// routerInterfaces makes "add subnet", "add port", "remove subnet" and "remove port".
func (a *app) routerInterfaces() []*cobra.Command {
	add := group("add", "Connect a router to a subnet or a port")
	remove := group("remove", "Disconnect a router from a subnet or a port")
	for _, r := range []client.Resource{client.Subnets, client.Ports} {
		add.AddCommand(a.routerInterface(r, "add_router_interface", "Connect a router to a "+r.Singular))
		remove.AddCommand(a.routerInterface(r, "remove_router_interface", "Disconnect a router from a "+r.Singular))
	}
	return []*cobra.Command{add, remove, a.moveGateway()}
}

func (a *app) moveGateway() *cobra.Command {
	return &cobra.Command{
		Use:   "move-gateway ROUTER HOST",
		Short: "Move a router's gateway to another host",
		Long: `Move a router's gateway to another host: guests without a floating IP leave by that host from then on. It stays there
until the host dies, is deleted, or can no longer carry the external network. "weft router show" tells where it is.`,
		Args:              Want("ROUTER", "HOST"),
		ValidArgsFunction: a.completeArgs(client.Routers, client.Hosts),
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			router, err := c.ID(ctx, client.Routers, args[0])
			if err != nil {
				return err
			}
			_, err = c.MoveGateway(ctx, router, args[1])
			return err
		}),
	}
}

func (a *app) routerInterface(to client.Resource, action, short string) *cobra.Command {
	return &cobra.Command{
		Use:               to.Singular + " ROUTER " + strings.ToUpper(to.Singular),
		Short:             short,
		Args:              Want("ROUTER", strings.ToUpper(to.Singular)),
		ValidArgsFunction: a.completeArgs(client.Routers, to),
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			router, err := c.ID(ctx, client.Routers, args[0])
			if err != nil {
				return err
			}
			id, err := c.ID(ctx, to, args[1])
			if err != nil {
				return err
			}
			_, err = c.Action(ctx, client.Routers, router, action, client.Object{to.Singular + "_id": id})
			return err
		}),
	}
}
