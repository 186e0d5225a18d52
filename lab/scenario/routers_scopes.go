package scenario

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"weft/client"
)

// pool makes a subnet pool of an address scope of its own. Both are called "there" and their IP version.
func (d *rowCloud) pool(ctx context.Context, version int, prefix string, bits int) (id string, err error) {
	name := fmt.Sprint("there", version)
	scope, err := d.Client.Create(ctx, client.AddressScopes, client.Object{"name": name, "ip_version": version})
	if err != nil {
		return "", err
	}
	made, err := d.Client.Create(ctx, client.SubnetPools, client.Object{
		"name": name, "prefixes": []string{prefix}, "default_prefixlen": bits, "address_scope_id": scope.Text("id"),
	})
	return made.Text("id"), err
}

// unscope takes a pool out of its scope.
func (d *rowCloud) unscope(ctx context.Context, name string) error {
	pools, err := d.Client.List(ctx, client.SubnetPools, map[string][]string{"name": {name}})
	if err != nil || len(pools) != 1 {
		return fmt.Errorf("there are subnet pools %v of the name %s: %w", pools, name, err)
	}
	if _, err := d.Client.Update(ctx, client.SubnetPools, pools[0].Text("id"), client.Object{"address_scope_id": nil}); err != nil {
		return err
	}
	return d.Settled(ctx)
}

// scoped makes network c, whose subnet is cut from a pool of an address scope.
func (d *rowCloud) scoped(ctx context.Context) error {
	pool, err := d.pool(ctx, 4, "10.33.0.0/16", 24)
	if err != nil {
		return err
	}
	if d.nets["c"], err = d.Client.Networks().Create(ctx, client.Network{Name: "c"}); err != nil {
		return err
	}
	sub, err := d.Client.Create(ctx, client.Subnets, client.Object{
		"name": "c", "network_id": d.nets["c"].ID, "ip_version": 4, "subnetpool_id": pool, "cidr": "10.33.0.0/24", "enable_dhcp": false,
	})
	d.subs["c"] = client.Subnet{ID: sub.Text("id")}
	return err
}

func (d *rowCloud) checkScopes(ctx context.Context) error {
	d.Section("Network c is of an address scope, a of none")
	d.Check(ctx, "c1 does not reach a1, behind the same router", func(ctx context.Context) (string, error) {
		return NoPing(ctx, d.place("c1"), d.addr("a1"))
	})
	d.Check(ctx, "a1 does not reach c1", func(ctx context.Context) (string, error) { return NoPing(ctx, d.place("a1"), d.addr("c1")) })
	if err := d.unscope(ctx, "there4"); err != nil {
		return err
	}
	d.pings(ctx, [2]string{"c1", "a1"}, [2]string{"a1", "c1"})
	return nil
}

// checkScopes6 gives a and c IPv6 subnets too, of which guests make up their addresses: c's is of a scope, a's of none.
func (d *rowCloud) checkScopes6(ctx context.Context) error {
	d.Section("The same for IPv6")
	pool, err := d.pool(ctx, 6, "fd00:33::/48", 64)
	if err != nil {
		return err
	}
	for n, more := range map[string]client.Object{"a": {"cidr": "fd00:30::/64"}, "c": {"subnetpool_id": pool, "cidr": "fd00:33::/64"}} {
		for k, v := range map[string]any{
			"network_id": d.nets[n].ID, "ip_version": 6, "ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac",
		} {
			more[k] = v
		}
		sub, err := d.Client.Create(ctx, client.Subnets, more)
		if err != nil {
			return err
		}
		if err := d.Client.AddRouterInterface(ctx, d.routers["ra"].ID, sub.Text("id")); err != nil {
			return err
		}
	}
	if err := d.Settled(ctx); err != nil {
		return err
	}
	for _, g := range []string{"a1", "c1"} {
		d.Check(ctx, g+" has made up an address", func(ctx context.Context) (string, error) { return d.made6(ctx, g) })
	}
	ways := [][2]string{{"a1", "c1"}, {"c1", "a1"}}
	for _, w := range ways {
		d.Check(ctx, fmt.Sprintf("%s does not reach %s", w[0], w[1]), func(ctx context.Context) (string, error) {
			return NoPing(ctx, d.place(w[0]), d.six(w[1]))
		})
	}
	if err := d.unscope(ctx, "there6"); err != nil {
		return err
	}
	for _, w := range ways {
		d.Check(ctx, fmt.Sprintf("without the scope %s reaches %s", w[0], w[1]), func(ctx context.Context) (string, error) {
			return Ping(ctx, d.place(w[0]), d.six(w[1]))
		})
	}
	return nil
}

// six is the address that a guest of a or c makes up of its MAC.
func (d *rowCloud) six(guest string) netip.Addr {
	own, err := linkLocal(d.ports[guest].MACAddress)
	if err != nil {
		return netip.Addr{}
	}
	b := netip.MustParseAddr(own).As16()
	copy(b[:8], []byte{0xfd, 0, 0, map[string]byte{"a1": 0x30, "c1": 0x33}[guest], 0, 0, 0, 0})
	return netip.AddrFrom16(b)
}

// made6 waits until a guest's kernel has its address.
func (d *rowCloud) made6(ctx context.Context, guest string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	want := d.six(guest).String()
	return want, until(ctx, func() error {
		out, err := d.in(ctx, guest, "ip", "-6", "address", "show", "dev", "eth0", "-tentative")
		return errors.Join(err, contains("its addresses", out, want+"/64"))
	})
}
