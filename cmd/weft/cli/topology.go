package cli

import (
	"context"

	"github.com/spf13/cobra"

	"weft/client"
)

var topologies = client.Resource{Singular: "auto_allocated_topology", Path: "/v2.0/auto-allocated-topology"}

const topologyLong = `Let weft make what a project needs to begin: a network with a subnet of the default pool, and a router that leads to the default
external network. It is made once; who asks again gets the same. PROJECT is the token's own one unless it is named.`

func (a *app) topologyCommand() *cobra.Command {
	c := group("auto-allocated-topology", "Make and delete networks with a way out, ready for use")
	c.Long = topologyLong
	create := &cobra.Command{
		Use: "create [PROJECT]", Short: "Make a project's network with a way out, or show the one that it has", Long: topologyLong,
		Args: WantSome(0, "PROJECT"), ValidArgsFunction: cobra.NoFileCompletions,
	}
	create.RunE = a.with(func(ctx context.Context, cl *client.Client, args []string) error {
		o, err := cl.Show(ctx, topologies, projectOf(args))
		if err != nil {
			return err
		}
		return a.printOne(create.OutOrStdout(), o)
	})
	remove := &cobra.Command{
		Use: "delete [PROJECT]", Short: "Delete a project's network that was made so, with its router",
		Args: WantSome(0, "PROJECT"), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: a.with(func(ctx context.Context, cl *client.Client, args []string) error {
			return cl.Delete(ctx, topologies, projectOf(args))
		}),
	}
	c.AddCommand(create, remove)
	return c
}

// projectOf is what the API calls the project of an argument that may be left out.
func projectOf(args []string) string {
	if len(args) == 0 {
		return "None"
	}
	return args[0]
}
