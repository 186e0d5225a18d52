package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"weft/cmd/weft/cli"
	"weft/lab"
	"weft/lab/scenario"
)

func (f *labFlags) run() *cobra.Command {
	var keep, chaos bool
	cmd := &cobra.Command{
		Use: "run EXAMPLE", Short: "Run an example: make its lab, build its cloud, check it with real packets",
		Long: `Run an example, which is a folder such as examples/seed-002: make its lab, build its cloud by REST, check it
with real packets, and print each check with PASS or FAIL and what was seen. The exit status is 0 only if all pass.`,
		Args: cli.Want("EXAMPLE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := interruptible(cmd)
			defer stop()
			f.cfg.Out = cmd.OutOrStdout()
			return f.runExample(ctx, args[0], keep, chaos)
		},
	}
	cmd.Flags().BoolVar(&keep, "keep", false, "leave the cloud running afterwards, to be explored")
	cmd.Flags().BoolVar(&chaos, "chaos", false, "kill the controller and an agent in the middle, and start them again")
	return cmd
}

func (f *labFlags) runExample(ctx context.Context, dir string, keep, chaos bool) error {
	example, err := scenario.Load(dir)
	if err != nil {
		return err
	}
	example.Chaos, example.Keep = chaos, keep
	l, err := lab.New(f.cfg)
	if err != nil {
		return err
	}
	err = example.Run(ctx, l, f.cfg.Out)
	if !keep || errors.Is(ctx.Err(), context.Canceled) {
		return errors.Join(err, l.DownRenewed(context.WithoutCancel(ctx)))
	}
	if err == nil || errors.Is(err, scenario.ErrFailed) {
		fmt.Fprint(f.cfg.Out, f.explore(l, dir))
	}
	return err
}

// explore tells what there is to look at in the cloud that an example leaves.
func (f *labFlags) explore(l *lab.Lab, dir string) string {
	var b strings.Builder
	host, run := l.Topology().Hosts[0].Name, "bin/"+f.command()
	fmt.Fprintf(&b, `
The cloud is running. To look at it:
  eval "$(%[1]s env)"    points bin/weft and other Neutron clients at it, for
      bin/weft network list; bin/weft port list; bin/weft router list; bin/weft floatingip list
      bin/weft flows %[2]s br-tun --explain
  %[1]s status
`, run, host)
	if from, to, ok := neighbours(l.Guests()); ok {
		fmt.Fprintf(&b, "  %s exec %s -- ping -c3 %s\n", run, from.Name, to.Addresses[0].Addr())
	}
	fmt.Fprintf(&b, `  %[1]s host %[2]s -- ip netns
  %[1]s kill %[2]s agent    breaks something, 'start' repairs it
More is in %[3]s. '%[1]s down' (or 'make clean-lab') removes it all.
`, run, host, filepath.Join(dir, "README.md"))
	return b.String()
}

// neighbours finds two guests on one subnet, on different hosts if there are such.
func neighbours(all []lab.Guest) (from, to lab.Guest, found bool) {
	for _, a := range all {
		for _, b := range all {
			if a.Name == b.Name || len(a.Addresses) == 0 || len(b.Addresses) == 0 ||
				a.Addresses[0].Masked() != b.Addresses[0].Masked() {
				continue
			}
			if !found || a.Host != b.Host && from.Host == to.Host {
				from, to, found = a, b, true
			}
		}
	}
	return from, to, found
}
