package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"weft/lab"
	"weft/lab/scenario"
)

func (f *labFlags) run() *cobra.Command {
	var keep, chaos bool
	cmd := &cobra.Command{
		Use: "run EXAMPLE", Short: "Run an example: make its lab, build its cloud, check it with real packets",
		Long: `Run an example, which is a folder such as examples/seed-002: make its lab, build its cloud by REST, check it
with real packets, and print each check with PASS or FAIL and what was seen. The exit status is 0 only if all pass.`,
		Args: cobra.ExactArgs(1),
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
	example.Chaos = chaos
	l, err := lab.New(f.cfg)
	if err != nil {
		return err
	}
	err = example.Run(ctx, l, f.cfg.Out)
	if !keep || errors.Is(ctx.Err(), context.Canceled) {
		return errors.Join(err, l.DownRenewed(context.WithoutCancel(ctx)))
	}
	if err == nil || errors.Is(err, scenario.ErrFailed) {
		fmt.Fprintf(f.cfg.Out, explore, f.command(), dir)
	}
	return err
}

const explore = `
The cloud is running. To look at it:
  eval "$(bin/%[1]s env)"    points bin/weft and other Neutron clients at it, for
      bin/weft network list; bin/weft port list; bin/weft router list; bin/weft floatingip list
      bin/weft flows host1 br-tun --explain
  bin/%[1]s status
  bin/%[1]s exec vm1 -- ping -c3 10.10.10.4
  bin/%[1]s exec outside -- ping -c3 2.2.2.100
  bin/%[1]s host host1 -- ip netns
  bin/%[1]s kill host1 agent    breaks something, 'start' repairs it
More is in %[2]s/README.md. 'bin/%[1]s down' (or 'make clean-lab') removes it all.
`
