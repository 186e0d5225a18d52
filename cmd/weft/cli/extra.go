package cli

import (
	"context"
	"fmt"
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
	return []*cobra.Command{add, remove}
}

func (a *app) routerInterface(to client.Resource, action, short string) *cobra.Command {
	return &cobra.Command{
		Use:               to.Singular + " ROUTER " + strings.ToUpper(to.Singular),
		Short:             short,
		Args:              want("ROUTER", strings.ToUpper(to.Singular)),
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

// howToJoin tells what to type on a new host.
func howToJoin(o client.Object) string {
	name, token := oneLine(o.Text("name")), oneLine(o.Text("join_token"))
	return fmt.Sprintf(`Host %s is known now. On it, as root, start its agent once with the join token:

  weft agent --name %s --tunnel-ip ADDRESS --join %s

ADDRESS is the host's own address on the network that joins the hosts. If it is to reach external networks, add
--bridge-mapping PHYSICAL_NETWORK:BRIDGE. The token serves one host, once; if it is lost, delete the host and create it
again.
`, name, name, token)
}
