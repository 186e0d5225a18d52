package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"weft/cmd/weft/cli"
	"weft/lab"
	"weft/lab/machine"
)

// labFlags say which lab is meant.
type labFlags struct {
	cfg lab.Config
}

func newLabCommand() *cobra.Command {
	var f labFlags
	cmd := &cobra.Command{
		Use:   "lab",
		Short: "Build a whole cloud on this machine, out of namespaces",
		Long: `Build a whole cloud on this machine: a controller, hypervisors with real Open vSwitch and the agent,
a router between their networks, and a machine outside of the cloud. All of it is namespaces and goes with
'weft lab down'. It needs root, and no openvswitch kernel module.`,
		Example: `  weft lab up
  eval "$(weft lab env)"
  weft network create blue && weft subnet create --network blue --subnet-range 10.0.0.0/24 blue4
  weft port create --network blue web1
  weft lab guest add web1 --host host1 --port web1
  weft lab exec web1 -- ip address
  weft lab down`,
	}
	cmd.PersistentFlags().StringVar(&f.cfg.Name, "name", "lab", "name of the lab: several can be up")
	cmd.PersistentFlags().StringVar(&f.cfg.Root, "root", lab.DefaultRoot, "folder that holds the labs")
	cmd.AddCommand(f.up(), f.down(), f.status(), f.env(), f.logs(), f.guest(), f.migrate(), f.exec(), f.host(),
		f.service("kill", "End a service, or a whole machine, with SIGKILL", (*lab.Lab).Stop),
		f.service("start", "Start a service, or a whole machine, that was ended", (*lab.Lab).Start),
		f.service("restart", "End a service with SIGKILL and start it again", (*lab.Lab).Restart),
		f.run(), newMachineCommand())
	return cmd
}

// interruptible ends a command's context with the first Ctrl-C.
func interruptible(cmd *cobra.Command) (context.Context, context.CancelFunc) {
	return signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
}

func (f *labFlags) up() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use: "up", Short: "Make the lab, or what is missing of it", Args: cli.Want(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := interruptible(cmd)
			defer stop()
			return f.runUp(ctx, cmd.OutOrStdout(), file)
		},
	}
	cmd.Flags().StringVarP(&file, "file", "f", "", "topology in YAML (default: three hosts in two networks)")
	return cmd
}

func (f *labFlags) runUp(ctx context.Context, out io.Writer, file string) error {
	f.cfg.Out = out
	l, err := lab.New(f.cfg)
	if err != nil {
		return err
	}
	var topology *lab.Topology
	if file != "" {
		t, err := lab.LoadTopology(file)
		if err != nil {
			return err
		}
		topology = &t
	}
	if err := l.Up(ctx, topology); err != nil {
		return err
	}
	fmt.Fprintf(out, "The lab is up. 'eval \"$(%[1]s env)\"' points weft at it, '%[1]s status' shows it, '%[1]s down' removes it.\n",
		f.command())
	return nil
}

// command is how a person calls the lab that the flags name.
func (f *labFlags) command() string {
	c := "weft lab"
	if f.cfg.Name != "lab" {
		c += " --name " + f.cfg.Name
	}
	if f.cfg.Root != lab.DefaultRoot {
		c += " --root " + f.cfg.Root
	}
	return c
}

func (f *labFlags) down() *cobra.Command {
	return &cobra.Command{
		Use: "down", Short: "Remove the lab, whatever state it is in", Args: cli.Want(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.cfg.Out = cmd.OutOrStdout()
			l, err := lab.New(f.cfg)
			if err != nil {
				return err
			}
			return l.Down(cmd.Context())
		},
	}
}

func (f *labFlags) status() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Show what runs", Args: cli.Want(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			l, err := lab.Open(f.cfg)
			if err != nil {
				return err
			}
			printStatus(cmd.OutOrStdout(), l, l.Status(cmd.Context()))
			return nil
		},
	}
}

func printStatus(out io.Writer, l *lab.Lab, machines []lab.MachineStatus) {
	t := newLabTable(out, "machine", "init", "services", "cloud", "problem")
	for _, m := range machines {
		pid := "ended"
		if m.Running {
			pid = fmt.Sprint(m.PID)
		}
		var services []string
		for _, s := range m.Services {
			state := s.Exit
			if s.Running {
				state = fmt.Sprint(s.PID)
			}
			services = append(services, s.Name+" "+state)
		}
		t.AppendRow(table.Row{m.Name, pid, strings.Join(services, ", "), m.Cloud, m.Problem})
	}
	t.Render()
	printGuests(out, l.Guests())
	fmt.Fprintf(out, "REST API: %s, token in %s\n", l.Endpoint(), l.TokenFile())
}

func printGuests(out io.Writer, guests []lab.Guest) {
	if len(guests) == 0 {
		return
	}
	t := newLabTable(out, "guest", "host", "addresses", "mac", "port")
	for _, g := range guests {
		var addrs []string
		for _, a := range g.Addresses {
			addrs = append(addrs, a.String())
		}
		t.AppendRow(table.Row{g.Name, g.Host, strings.Join(addrs, " "), g.MAC, g.PortID})
	}
	t.Render()
}

func newLabTable(out io.Writer, head ...any) table.Writer {
	t := table.NewWriter()
	t.SetOutputMirror(out)
	t.SetStyle(table.StyleLight)
	t.AppendHeader(head)
	return t
}

func (f *labFlags) env() *cobra.Command {
	return &cobra.Command{
		Use: "env", Short: "Print the settings that point weft, openstack and other clients at the lab", Args: cli.Want(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			l, err := lab.Open(f.cfg)
			if err != nil {
				return err
			}
			token, err := os.ReadFile(l.TokenFile())
			if err != nil {
				return fmt.Errorf("read the token of the REST API: %w", err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "export WEFT_ENDPOINT=%[1]s\nexport WEFT_TOKEN=%[2]s\n"+
				"export OS_AUTH_TYPE=admin_token OS_ENDPOINT=%[1]s OS_TOKEN=%[2]s\n", l.Endpoint(), strings.TrimSpace(string(token)))
			return nil
		},
	}
}

func (f *labFlags) logs() *cobra.Command {
	return &cobra.Command{
		Use: "logs [MACHINE]", Short: "Print what the services of a machine, or of all, have logged", Args: cli.WantSome(0, "MACHINE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			l, err := lab.Open(f.cfg)
			if err != nil {
				return err
			}
			name := strings.Join(args, "")
			files := l.LogFiles(name)
			if len(files) == 0 {
				return fmt.Errorf("there is no machine %q in the lab", name)
			}
			for _, file := range files {
				raw, err := os.ReadFile(file)
				if err != nil || len(raw) == 0 {
					continue // never started, or nothing to say
				}
				fmt.Fprintf(cmd.OutOrStdout(), "==> %s <==\n%s", file, raw)
			}
			return nil
		},
	}
}

func (f *labFlags) service(verb, short string, do func(*lab.Lab, context.Context, string, string) error) *cobra.Command {
	return &cobra.Command{
		Use: verb + " MACHINE [agent|vswitchd|ovsdb|libvirtd|controller]", Short: short, Args: cli.WantSome(1, "MACHINE", "SERVICE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			f.cfg.Out = cmd.OutOrStdout()
			l, err := lab.Open(f.cfg)
			if err != nil {
				return err
			}
			ctx, stop := interruptible(cmd)
			defer stop()
			return do(l, ctx, args[0], strings.Join(args[1:], ""))
		},
	}
}

// newMachineCommand is what the first process of every machine runs.
func newMachineCommand() *cobra.Command {
	var name, dir string
	cmd := &cobra.Command{
		Use: "machine", Hidden: true, Args: cli.Want(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if name == "" || dir == "" {
				return errors.New("this command is run by 'weft lab up' only")
			}
			return machine.Init(cmd.Context(), name, dir)
		},
	}
	cmd.Flags().StringVar(&name, "machine", "", "host name")
	cmd.Flags().StringVar(&dir, "dir", "", "folder")
	return cmd
}
