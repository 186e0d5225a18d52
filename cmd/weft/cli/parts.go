package cli

import (
	"context"

	"github.com/spf13/cobra"

	"weft/client"
)

// portForwardings are declared with Neutron's attributes, for which the openstack client has other words.
func portForwardings() resource {
	return resource{
		Resource: client.Resource{Singular: client.PortForwardings.Singular}, noun: "port forwarding", command: "port forwarding",
		spoken: "floating ip port forwarding",
		about: `Lead ports of a floating IP to ports of guests. A floating IP that stands for no port as a whole can lead ports of TCP, UDP
and SCTP to ports of guests: one, or a range such as 8000:8010 to as many, each to its own, or to one. The gateway host of
their router serves it.`,
		columns: []column{{"ID", "id"}, {"Protocol", "protocol"}, {"External Port", "external_port"}, {"External Port Range", "external_port_range"},
			{"Internal Port ID", "internal_port_id"}, {"Internal IP Address", "internal_ip_address"}, {"Internal Port", "internal_port"},
			{"Internal Port Range", "internal_port_range"}, {"Description", "description"}},
		options: one(
			must(ref("port", "internal_port_id", client.Ports, "port of the network that is the guest's", always)),
			must(numbers("internal-protocol-port", "internal_port", "internal_port_range", "NUMBER[:NUMBER]",
				"port of the guest, or a range of as many as of the floating IP", always)),
			must(numbers("external-protocol-port", "external_port", "external_port_range", "NUMBER[:NUMBER]",
				"port of the floating IP, or a range of them", always)),
			text("internal-ip-address", "internal_ip_address", "IP", "address of the guest (default: its port's only one)", always)),
	}
}

// portBindings are where a port is, and where its guest may move to.
func portBindings() resource {
	host := text("", "host", "HOST", "", onCreate)
	host.names = client.Hosts
	return resource{
		Resource: client.Resource{Singular: client.PortBindings.Singular}, noun: "port binding",
		about: `Bind a port on further hosts, to migrate its guest. A port has one active binding: its traffic goes to that host. A further
one, inactive, makes another host ready for the guest: the port may be plugged there too, and traffic follows the guest at
the first frame that it sends from there, or when the binding is activated, whichever is first.`,
		arg: "HOST", argHelp: "the host to make ready", argument: host,
		columns: []column{{"Host", "host"}, {"Status", "status"}, {"VIF Type", "vif_type"}, {"Plugged", "weft:status"}, {"Profile", "profile"}},
		more:    (*app).activateBinding,
	}
}

func (a *app) activateBinding() []*cobra.Command {
	return []*cobra.Command{{
		Use: "activate PORT HOST", Short: "Let a port's traffic go to a host",
		Args: Want("PORT", "HOST"), ValidArgsFunction: a.completeArgs(client.Ports, client.PortBindings),
		RunE: a.with(func(ctx context.Context, cl *client.Client, args []string) error {
			id, err := cl.ID(ctx, client.Ports, args[0])
			if err != nil {
				return err
			}
			_, err = cl.Action(ctx, client.PortBindings.Under(id), args[1], "activate", nil)
			return err
		}),
	}}
}
