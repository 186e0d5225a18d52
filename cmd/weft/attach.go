package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"weft/agent/plug"
	"weft/client"
	"weft/cmd/weft/cli"
)

// attachFlags are the flags of "weft attach" and "weft detach".
type attachFlags struct {
	cli.Reach
	ovsdb                       string
	hostSide, namespace, device string
	bare                        bool
}

func newAttachCommand() *cobra.Command {
	var f attachFlags
	cmd := &cobra.Command{
		Use:   "attach PORT --host-side DEVICE | --namespace NAMESPACE",
		Short: "Plug a port into this hypervisor without libvirt",
		Long: `Plug a port into this hypervisor as libvirt would, by adding an interface with the port's id to br-int. It runs as root
where the agent runs.

With --host-side the interface is a device that is there: a tap, or the host's end of a cable. With --namespace a cable
is made into a network namespace that is there, and its end gets the port's MAC, MTU, addresses and default route.`,
		Example: `  ip netns add web1 && weft attach web1 --namespace web1
  weft attach web1 --host-side tap7`,
		Args: cli.Want("PORT"), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.attach(cmd.Context(), args[0]); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "port %s is plugged\n", args[0])
			return nil
		},
	}
	f.shared(cmd)
	cmd.Flags().StringVar(&f.hostSide, "host-side", "", "plug this `DEVICE`")
	cmd.Flags().StringVar(&f.namespace, "namespace", "", "make a cable into this `NAMESPACE`")
	cmd.Flags().StringVar(&f.device, "device", "eth0", "`NAME` of the device in the namespace")
	cmd.Flags().BoolVar(&f.bare, "no-address", false, "leave addresses and routes to the namespace (DHCP)")
	cmd.MarkFlagsMutuallyExclusive("host-side", "namespace")
	cmd.MarkFlagsOneRequired("host-side", "namespace")
	return cmd
}

func newDetachCommand() *cobra.Command {
	var f attachFlags
	cmd := &cobra.Command{
		Use:   "detach PORT",
		Short: "Unplug a port that was attached to this hypervisor",
		Long: `Unplug a port that "weft attach" plugged into this hypervisor. A cable that it made goes too; a device that was there
before stays. A port given by its id is unplugged even if the controller is away, or knows it no more.`,
		Args: cli.Want("PORT"), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error { return f.detach(cmd.Context(), args[0]) },
	}
	f.shared(cmd)
	return cmd
}

func (f *attachFlags) shared(cmd *cobra.Command) {
	f.Flags(cmd)
	cmd.Flags().StringVar(&f.ovsdb, "ovsdb", "unix:/run/openvswitch/db.sock", "socket of Open vSwitch's database")
}

func (f *attachFlags) attach(ctx context.Context, ref string) error {
	port, err := f.describe(ctx, ref)
	if err != nil {
		return err
	}
	p := plug.Plugger{DB: f.ovsdb}
	if f.hostSide != "" {
		return p.HostSide(ctx, port, f.hostSide)
	}
	return p.Namespace(ctx, port, f.namespace, f.device)
}

// describe asks the controller how the port must be.
func (f *attachFlags) describe(ctx context.Context, ref string) (plug.Port, error) {
	c, err := f.Connect(ctx)
	if err != nil {
		return plug.Port{}, err
	}
	defer c.Close()
	port, err := c.Ports().Find(ctx, ref)
	if err != nil {
		return plug.Port{}, err
	}
	network, err := c.Networks().Show(ctx, port.NetworkID)
	if err != nil {
		return plug.Port{}, err
	}
	out := plug.Port{
		ID: port.ID, MAC: port.MACAddress, MTU: network.MTU, VM: uuid.NewString(), Tap: client.TapDevice(port.ID),
	}
	for _, fixed := range port.FixedIPs {
		if f.bare || f.namespace == "" {
			break
		}
		subnet, err := c.Subnets().Show(ctx, fixed.SubnetID)
		if err == nil {
			err = addAddress(&out, fixed, subnet)
		}
		if err != nil {
			return plug.Port{}, err
		}
	}
	return out, nil
}

func addAddress(p *plug.Port, f client.FixedIP, s client.Subnet) error {
	addr, err1 := netip.ParseAddr(f.IPAddress)
	cidr, err2 := netip.ParsePrefix(s.CIDR)
	if err := errors.Join(err1, err2); err != nil {
		return fmt.Errorf("read an address of port %s: %w", p.ID, err)
	}
	p.Addresses = append(p.Addresses, netip.PrefixFrom(addr, cidr.Bits()))
	if gw, err := netip.ParseAddr(s.GatewayIP); err == nil {
		p.Gateways = append(p.Gateways, gw)
	}
	return nil
}

func (f *attachFlags) detach(ctx context.Context, ref string) error {
	id := ref
	if _, err := uuid.Parse(ref); err != nil {
		c, err := f.Connect(ctx)
		if err != nil {
			return err
		}
		defer c.Close()
		if id, err = c.ID(ctx, client.Ports, ref); err != nil {
			return err
		}
	}
	return plug.Plugger{DB: f.ovsdb}.Detach(ctx, id)
}
