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

// howToJoin tells what to type on a new host.
func howToJoin(o client.Object) string {
	name, token := oneLine(o.Text("name")), oneLine(o.Text("join_token"))
	return fmt.Sprintf(`Host %s is known now. On it, as root, start its agent once with the join token:

  weft agent --name %s --tunnel-ip ADDRESS --join %s

ADDRESS is the host's own address on the network that joins the hosts. If it is to reach external networks, add
--bridge-mapping PHYSICAL_NETWORK:BRIDGE. The token serves one host, once; if it is lost, "weft host set %s --rejoin"
makes a new one.
`, name, name, token, name)
}

// howToRejoin tells what to do with a new join token.
func howToRejoin(o client.Object) string {
	name, token := oneLine(o.Text("name")), oneLine(o.Text("join_token"))
	if token == "" {
		return ""
	}
	return fmt.Sprintf(`The agent of host %s can join anew. On it, as root, end the agent, remove the files of its old certificate
(/var/lib/weft-agent, unless --data-dir says otherwise), and start it once with the new join token:

  weft agent --name %s --tunnel-ip ADDRESS --join %s

Until then the old certificate stays good.
`, name, name, token)
}
