package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"weft/client"
)

// checkCommand makes "check tunnels" and "check mtu".
func (a *app) checkCommand() *cobra.Command {
	c := group("check", "Try the network between hosts with real packets")
	tunnels := a.tunnelCheck("tunnels", "Try every tunnel, and say which are broken and why", func(t client.TunnelCheck) string {
		return fmt.Sprintf("VXLAN passes, up to %d bytes", t.Size)
	})
	tunnels.Long = `Send packets through the tunnels between hosts, as guests' frames go: VXLAN on UDP 4789, small and of full size. A
broken one is named with the reason: UDP 4789 filtered, no route, or a wrong MTU. The exit status is 0 if all pass, else 1.`
	mtu := a.tunnelCheck("mtu", "Prove that packets of full size pass between hosts", func(t client.TunnelCheck) string {
		return fmt.Sprintf("%d bytes pass unfragmented", t.Size)
	})
	c.AddCommand(tunnels, mtu)
	return c
}

func (a *app) tunnelCheck(use, short string, good func(client.TunnelCheck) string) *cobra.Command {
	var from, to string
	c := &cobra.Command{Use: use, Short: short, Args: Want(), ValidArgsFunction: cobra.NoFileCompletions}
	c.RunE = a.with(func(ctx context.Context, cl *client.Client, _ []string) error {
		found, err := cl.CheckTunnels(ctx, from, to)
		if err != nil {
			return err
		}
		return a.printTunnels(c.OutOrStdout(), found, good)
	})
	c.Flags().StringVar(&from, "from", "", "only from this `HOST`")
	c.Flags().StringVar(&to, "to", "", "only to this `HOST`")
	for _, f := range []string{"from", "to"} {
		a.completeOption(c, option{flag: f, names: client.Hosts})
	}
	return c
}

var tunnelColumns = []column{{"Result", "result"}, {"From", "from"}, {"To", "to"}, {"Way", "way"}, {"Seen", "seen"}}

func (a *app) printTunnels(w io.Writer, found []client.TunnelCheck, good func(client.TunnelCheck) string) error {
	rows := make([]client.Object, len(found))
	failed := false
	for i, t := range found {
		verdict, seen := "PASS", good(t)
		if !t.Full || t.Problem != "" {
			verdict, seen, failed = "FAIL", t.Problem, true
		}
		rows[i] = client.Object{"result": verdict, "from": t.From, "to": t.To, "way": t.FromIP + " → " + t.ToIP, "seen": seen}
	}
	if err := a.printList(w, tunnelColumns, rows); err != nil {
		return err
	}
	if failed {
		return Exit(exitFailure)
	}
	return nil
}
