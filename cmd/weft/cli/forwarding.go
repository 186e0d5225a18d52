package cli

import (
	"context"
	"errors"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"weft/client"
)

// forwardColumns are what list shows of a floating IP's port forwardings.
var forwardColumns = []column{{"ID", "id"}, {"Protocol", "protocol"}, {"External Port", "external_port"}, {"Internal Port ID", "internal_port_id"},
	{"Internal IP Address", "internal_ip_address"}, {"Internal Port", "internal_port"}, {"Description", "description"}}

// forwardFlags are the attributes of a port forwarding by the openstack client's words.
var forwardFlags = []struct{ flag, attr, value, help string }{
	{"internal-ip-address", "internal_ip_address", "IP", "address of the guest (default: its port's only one)"},
	{"port", "internal_port_id", "PORT", "port of the guest"},
	{"internal-protocol-port", "internal_port", "NUMBER", "TCP or UDP port of the guest"},
	{"external-protocol-port", "external_port", "NUMBER", "TCP or UDP port of the floating IP"},
	{"protocol", "protocol", "PROTOCOL", "tcp or udp"},
	{"description", "description", "TEXT", "words for people"},
}

// portForwardings makes "floatingip port forwarding" with all that it can do.
func (a *app) portForwardings() []*cobra.Command {
	port := group("port", "Ports of floating IPs")
	c := group("forwarding", "Lead ports of a floating IP to ports of guests")
	c.Long = `A floating IP that stands for no port as a whole can lead single TCP and UDP ports to ports of guests. The gateway host of
their router serves it.`
	create := a.onForwards("create FLOATING-IP", "Forward a port", 1, func(ctx context.Context, x forwards) error {
		attrs, err := x.attrs(ctx)
		if err != nil {
			return err
		}
		o, err := x.Create(ctx, x.all, attrs)
		var late *client.Unconfirmed
		if err != nil && !errors.As(err, &late) {
			return err
		}
		return errors.Join(a.printOne(x.cmd.OutOrStdout(), o), err)
	})
	set := a.onForwards("set FLOATING-IP ID", "Change a port forwarding", 2, func(ctx context.Context, x forwards) error {
		attrs, err := x.attrs(ctx)
		if err == nil {
			_, err = x.Update(ctx, x.all, x.id, attrs)
		}
		return err
	})
	for _, cmd := range []*cobra.Command{create, set} {
		for _, f := range forwardFlags {
			cmd.Flags().Var(&given{word: f.value}, f.flag, f.help)
			a.completeOption(cmd, forwardOption(f.flag))
		}
	}
	c.AddCommand(create, set,
		a.listForwards(),
		a.onForwards("show FLOATING-IP ID", "Show a port forwarding", 2, func(ctx context.Context, x forwards) error {
			o, err := x.Show(ctx, x.all, x.id)
			if err != nil {
				return err
			}
			return a.printOne(x.cmd.OutOrStdout(), o)
		}),
		a.onForwards("delete FLOATING-IP ID", "Take a port forwarding away", 2, func(ctx context.Context, x forwards) error {
			return x.Delete(ctx, x.all, x.id)
		}))
	port.AddCommand(c)
	return []*cobra.Command{port}
}

// listForwards makes the command that lists.
func (a *app) listForwards() *cobra.Command {
	return a.onForwards("list FLOATING-IP", "List the port forwardings of a floating IP", 1, func(ctx context.Context, x forwards) error {
		all, err := x.List(ctx, x.all, nil)
		if err != nil {
			return err
		}
		return a.printList(x.cmd.OutOrStdout(), forwardColumns, all)
	})
}

// forwardOption says what completes the value of a flag.
func forwardOption(flag string) option {
	switch flag {
	case "port":
		return option{flag: flag, names: client.Ports}
	case "protocol":
		return option{flag: flag, words: []string{"tcp", "udp"}}
	}
	return option{flag: flag}
}

// forwards is what a command about port forwardings works with.
type forwards struct {
	*client.Client
	cmd *cobra.Command
	all client.Resource // those of the floating IP
	id  string
}

// onForwards makes a command about a floating IP, and with two arguments about one of its port forwardings.
func (a *app) onForwards(use, short string, args int, do func(context.Context, forwards) error) *cobra.Command {
	c := &cobra.Command{
		Use: use, Short: short, Args: want([]string{"FLOATING-IP", "ID"}[:args]...), ValidArgsFunction: a.completeArgs(client.FloatingIPs),
	}
	c.RunE = a.with(func(ctx context.Context, cl *client.Client, args []string) error {
		id, err := cl.ID(ctx, client.FloatingIPs, args[0])
		if err != nil {
			return err
		}
		x := forwards{cl, c, client.PortForwardings.Under(id), ""}
		if len(args) > 1 {
			x.id = args[1]
		}
		return do(ctx, x)
	})
	return c
}

// attrs are the attributes that the flags of a command give.
func (x forwards) attrs(ctx context.Context) (client.Object, error) {
	attrs := client.Object{}
	var errs []error
	x.cmd.Flags().Visit(func(f *pflag.Flag) {
		for _, d := range forwardFlags {
			v, ok := f.Value.(*given)
			if d.flag != f.Name || !ok {
				continue
			}
			value, err := x.value(ctx, d.flag, d.value, v.values[len(v.values)-1])
			attrs[d.attr] = value
			errs = append(errs, err)
		}
	})
	return attrs, errors.Join(errs...)
}

func (x forwards) value(ctx context.Context, flag, kind, v string) (any, error) {
	switch kind {
	case "NUMBER":
		n, err := strconv.Atoi(v)
		if err != nil {
			return nil, usagef("--%s %s: want a whole number", flag, v)
		}
		return n, nil
	case "PORT":
		return x.ID(ctx, client.Ports, v)
	}
	return v, nil
}
