package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"weft/cmd/weft/cli"
	"weft/lab"
)

func (f *labFlags) guest() *cobra.Command {
	cmd := &cobra.Command{Use: "guest", Short: "Add, list and delete guests"}
	cmd.AddCommand(f.guestAdd(), f.guestList(), f.guestDelete())
	return cmd
}

func (f *labFlags) guestAdd() *cobra.Command {
	var s lab.GuestSpec
	cmd := &cobra.Command{
		Use: "add NAME --host HOST --port PORT", Short: "Plug a guest into a host, as libvirt plugs a virtual machine",
		Args: cli.Want("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			l, err := lab.Open(f.cfg)
			if err != nil {
				return err
			}
			ctx, stop := interruptible(cmd)
			defer stop()
			s.Name = args[0]
			g, err := l.AddGuest(ctx, s)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "guest %s on %s: %s %v\n", g.Name, g.Host, g.MAC, g.Addresses)
			return nil
		},
	}
	cmd.Flags().StringVar(&s.Host, "host", "", "hypervisor")
	cmd.Flags().StringVar(&s.Port, "port", "", "id or name of the port")
	cmd.Flags().BoolVar(&s.Bare, "no-address", false, "leave addresses, routes and MTU to the guest")
	_ = cmd.MarkFlagRequired("host")
	_ = cmd.MarkFlagRequired("port")
	return cmd
}

func (f *labFlags) guestList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the guests", Args: cli.Want(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			l, err := lab.Open(f.cfg)
			if err != nil {
				return err
			}
			printGuests(cmd.OutOrStdout(), l.Guests())
			return nil
		},
	}
}

func (f *labFlags) guestDelete() *cobra.Command {
	return &cobra.Command{
		Use: "delete NAME...", Short: "Unplug guests and remove them", Args: cli.Want("NAME", "NAME..."),
		RunE: func(cmd *cobra.Command, args []string) error {
			l, err := lab.Open(f.cfg)
			if err != nil {
				return err
			}
			var errs []error
			for _, name := range args {
				errs = append(errs, l.DeleteGuest(cmd.Context(), name))
			}
			return errors.Join(errs...)
		},
	}
}

func (f *labFlags) migrate() *cobra.Command {
	return &cobra.Command{
		Use: "migrate GUEST HOST", Short: "Move a guest to another host while it runs", Args: cli.Want("GUEST", "HOST"),
		RunE: func(cmd *cobra.Command, args []string) error {
			l, err := lab.Open(f.cfg)
			if err != nil {
				return err
			}
			ctx, stop := interruptible(cmd)
			defer stop()
			return l.Migrate(ctx, args[0], args[1])
		},
	}
}

func (f *labFlags) exec() *cobra.Command {
	cmd := &cobra.Command{
		Use: "exec GUEST [--] [COMMAND...]", Short: "Run a command, or a shell, in a guest or a machine",
		Long: `Run a command, or a shell, in a guest, or in a machine of the lab (outside, router, controller, a host).
Terminal, signals and exit status are the command's own.`,
		Example: "  weft lab exec web1 -- ping -c3 10.0.0.9\n  weft lab exec outside",
		Args:    cli.Want("GUEST", "COMMAND..."),
		RunE:    func(_ *cobra.Command, args []string) error { return f.become(args, false) },
	}
	cmd.Flags().SetInterspersed(false)
	return cmd
}

func (f *labFlags) host() *cobra.Command {
	cmd := &cobra.Command{
		Use: "host HOST [--] [COMMAND...]", Short: "Run a command, or a shell, on a hypervisor",
		Long: `Run a command, or a shell, inside the namespaces of a hypervisor: ovs-vsctl, ovs-ofctl, ovs-appctl, ip netns
and tcpdump work there as on a real one.`,
		Example: "  weft lab host host1 -- ovs-vsctl show\n  weft lab host host2 -- ip netns",
		Args:    cli.Want("HOST", "COMMAND..."),
		RunE:    func(_ *cobra.Command, args []string) error { return f.become(args, true) },
	}
	cmd.Flags().SetInterspersed(false)
	return cmd
}

// become turns this process into the command of args[1:], in the place that args[0] names.
func (f *labFlags) become(args []string, hostsOnly bool) error {
	l, err := lab.Open(f.cfg)
	if err != nil {
		return err
	}
	if _, ok := l.Topology().Host(args[0]); hostsOnly && !ok {
		return fmt.Errorf("there is no host %q in the lab; 'weft lab exec' reaches guests and other machines", args[0])
	}
	p, err := l.Place(args[0])
	if err != nil {
		return err
	}
	argv := args[1:]
	if len(argv) > 0 && argv[0] == "--" {
		argv = argv[1:]
	}
	if len(argv) == 0 {
		argv = []string{"env", "PS1=[" + p.Name + "] \\w# ", "bash", "--norc"}
	}
	return l.Exec(p, os.Environ(), argv...)
}
