package cli

import (
	"context"
	"fmt"

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
else to do.`,
		Example: `  weft libvirt xml web1 >web1.xml && virsh attach-device DOMAIN web1.xml --persistent`,
		Args:    want("PORT"), ValidArgsFunction: a.completeArgs(client.Ports, client.Resource{}),
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
		element, err := client.LibvirtInterface(port, network, opts)
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
