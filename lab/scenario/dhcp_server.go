package scenario

import (
	"context"
	"fmt"

	"weft/client"
)

// checkOwnServer: on a network without DHCP a guest may be the server, if nobody checks what it sends.
func (d *dhcpCloud) checkOwnServer(ctx context.Context) error {
	d.Section("A guest that is a DHCP server, on a network whose DHCP is off")
	if out, err := d.in(ctx, "own", "ip", "address", "replace", "10.20.0.2/24", "dev", "eth0"); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	d.Check(ctx, "with port security it is not heard on the other host", func(ctx context.Context) (string, error) {
		return d.ownServer(ctx, func(ctx context.Context) (string, error) {
			out, err := d.in(ctx, "asks", "sh", "-c", d.udhcpcLine("-n -q -t 3 -T 1")+" 2>&1")
			if err == nil {
				return out, fmt.Errorf("the client was answered:\n%s", out)
			}
			return "no answer to three requests", contains("the client", out, "no lease, failing")
		})
	})
	_, err := d.Client.Update(ctx, client.Ports, d.ports["own"].ID, client.Object{"port_security_enabled": false})
	if err != nil {
		return err
	}
	if err := d.Settled(ctx); err != nil {
		return err
	}
	d.answered(ctx, "without port security it serves the client on the other host", func(ctx context.Context) (string, error) {
		return d.ownServer(ctx, d.udhcpc("asks"))
	}, "bound ip=10.20.0.77/24", "dns=10.20.0.2 ", "lease=600 ", "server=10.20.0.2")
	on := true
	_, err = d.Client.Update(ctx, client.Subnets, d.ports["asks"].FixedIPs[0].SubnetID, client.Object{"enable_dhcp": on})
	if err != nil {
		return err
	}
	if err := d.Settled(ctx); err != nil {
		return err
	}
	d.answered(ctx, "with the subnet's DHCP on, weft answers, and the guest is not asked", func(ctx context.Context) (string, error) {
		return d.ownServer(ctx, d.udhcpc("asks"))
	}, "bound ip=10.20.0.77/24", "lease=86400 ", "server=10.20.0.1")
	return nil
}
