package scenario

import (
	"context"
	"errors"
	"fmt"

	"weft/api"
	"weft/lab/pcap"
)

func (d *vtepCloud) checkHostMAC(ctx context.Context) {
	d.Check(ctx, "a host's MAC as source is not believed", func(ctx context.Context) (string, error) {
		shown, err := d.Client.Hosts().Show(ctx, d.host("vm2"))
		if err != nil {
			return "", err
		}
		if _, err := api.ParseMAC(shown.MACAddress); err != nil {
			return "", err
		}
		set := func(mac string) error {
			_, err := runAt(ctx, d.place("metal"), "ip", "link", "set", "eth0", "address", mac)
			return err
		}
		ps, err := d.marked(ctx, "vm1", "vm2", "vm1", func() error {
			return errors.Join(set(shown.MACAddress), d.arping(ctx, "metal", "192.168.20.201"), set(metalMAC),
				d.restoreRoute(ctx))
		})
		if err != nil {
			return "", err
		}
		return count(ps, 0, "from metal under that MAC", asksFor("192.168.20.201"))
	})
}

func (d *vtepCloud) checkGateway(ctx context.Context) {
	d.Check(ctx, "nor that the machine has the router's address", func(ctx context.Context) (string, error) {
		const gateway = "192.168.20.1"
		ps, err := d.marked(ctx, "vm1", "vm2", "vm1", func() error {
			_, err := runAt(ctx, d.place("metal"), "sh", "-c", fmt.Sprintf(`ip address add %[1]s/32 dev eth0
				arping -q -c1 -U -I eth0 %[1]s; arping -q -c1 -A -I eth0 %[1]s; ip address del %[1]s/32 dev eth0`, gateway))
			return errors.Join(err, d.restoreRoute(ctx))
		})
		if err != nil {
			return "", err
		}
		return count(ps, 0, "claims of it from metal", func(p pcap.Packet) bool {
			return p.EtherType == pcap.EtherARP && p.SrcIP.String() == gateway && p.SrcMAC.String() == metalMAC
		})
	})
}

// restoreRoute makes metal's default route again, which a change of its MAC may take.
func (d *vtepCloud) restoreRoute(ctx context.Context) error {
	_, err := runAt(ctx, d.place("metal"), "ip", "route", "replace", "default", "via", "192.168.20.1")
	return err
}
