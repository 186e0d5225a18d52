package cli

import (
	"context"
	"fmt"
	"net/url"
	"strconv"

	"github.com/spf13/cobra"

	"weft/client"
)

func (a *app) libvirtCommand() *cobra.Command {
	c := group("libvirt", "Words for libvirt")
	c.AddCommand(a.libvirtXML())
	return c
}

func (a *app) libvirtXML() *cobra.Command {
	var opts client.LibvirtOptions
	c := &cobra.Command{
		Use:   "xml PORT",
		Short: "Print the interface element that plugs a port into a libvirt domain",
		Long: `Print the <interface> element that plugs a port into a libvirt domain: put it below <devices> with "virsh edit", or plug
it into a running domain with "virsh attach-device". The port is bound on whichever host the domain runs on, with nothing
else to do. Of a trunk it is the parent that has an interface: a comment names the sub-ports and their VLAN tags, and the
MTU is that of the widest of their networks.`,
		Example: `  weft libvirt xml web1 >web1.xml && virsh attach-device DOMAIN web1.xml --persistent`,
		Args:    Want("PORT"), ValidArgsFunction: a.completeArgs(client.Ports, client.Resource{}),
	}
	c.RunE = a.with(func(ctx context.Context, cl *client.Client, args []string) error {
		port, err := cl.Ports().Find(ctx, args[0])
		if err != nil {
			return err
		}
		network, err := cl.Networks().Show(ctx, port.NetworkID)
		if err != nil {
			return err
		}
		subs, err := subPortsBehind(ctx, cl, port)
		if err != nil {
			return err
		}
		element, err := client.LibvirtInterface(port, network, opts, subs...)
		if err != nil {
			return err
		}
		_, err = fmt.Fprint(c.OutOrStdout(), element)
		return err
	})
	c.Flags().BoolVar(&opts.Userspace, "userspace", false,
		"for hosts with Open vSwitch's userspace datapath: the guest finishes its checksums itself")
	return c
}

// subPortsBehind lists what a port carries as the parent of a trunk. A sub-port has no interface of its own: that is an error
// which names the one that it is behind.
func subPortsBehind(ctx context.Context, cl *client.Client, port client.Port) ([]client.LibvirtSubPort, error) {
	if port.DeviceOwner == ownerSubPort {
		return nil, behindAnother(ctx, cl, port)
	}
	trunks, err := cl.List(ctx, client.Trunks, url.Values{"port_id": {port.ID}})
	if err != nil {
		return nil, err
	}
	var out []client.LibvirtSubPort
	for _, t := range trunks {
		rows, _ := t["sub_ports"].([]any)
		for _, r := range rows {
			row, _ := r.(map[string]any)
			sub, err := subPortIn(ctx, cl, client.Object(row))
			if err != nil {
				return nil, err
			}
			out = append(out, sub)
		}
	}
	return out, nil
}

// ownerSubPort is the device_owner of sub-ports.
const ownerSubPort = "trunk:subport"

func subPortIn(ctx context.Context, cl *client.Client, row client.Object) (sub client.LibvirtSubPort, err error) {
	if sub.Tag, err = strconv.Atoi(fmt.Sprint(row["segmentation_id"])); err != nil {
		return sub, fmt.Errorf("read the tag of sub-port %s: %w", row.Text("port_id"), err)
	}
	if sub.Port, err = cl.Ports().Show(ctx, row.Text("port_id")); err != nil {
		return sub, err
	}
	sub.Network, err = cl.Networks().Show(ctx, sub.Port.NetworkID)
	return sub, err
}

// behindAnother says which interface a sub-port is behind.
func behindAnother(ctx context.Context, cl *client.Client, port client.Port) error {
	t, err := cl.Show(ctx, client.Trunks, port.DeviceID)
	if err != nil {
		return err
	}
	return fmt.Errorf("port %s is a sub-port of trunk %s and has no interface of its own; it is behind that of the parent: "+
		"weft libvirt xml %s", port.ID, t.Text("id"), t.Text("port_id"))
}
