package scenario

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"weft/api"
	"weft/lab"
)

// dhclient6Script sets the device up as DHCPv6 says, and prints what it was told. Before it asks, the kernel must have
// made sure of the link-local address.
const dhclient6Script = `#!/bin/sh
echo "$reason ip=$new_ip6_address dns=$new_dhcp6_name_servers domain=$new_dhcp6_domain_search life=$new_max_life"
case $reason in
PREINIT6) ip link set "$interface" up
  until ip -6 address show dev "$interface" scope link | grep -q fe80; do sleep 0.1; done
  while ip -6 address show dev "$interface" scope link | grep -q tentative; do sleep 0.1; done ;;
BOUND6) ip -6 address replace "$new_ip6_address/128" dev "$interface"
  while ip -6 address show dev "$interface" | grep -q tentative; do sleep 0.1; done ;; esac
`

func (d *sixCloud) file(name string) string { return filepath.Join(d.dir, name) }

func (d *sixCloud) writeScript() error {
	if err := os.WriteFile(d.file("script"), []byte(dhclient6Script), 0o755); err != nil { //nolint:gosec // dhclient runs it
		return err
	}
	return os.Chmod(d.dir, 0o755) //nolint:gosec // likewise
}

// linkLocal is the address that a machine with a MAC makes up.
func linkLocal(mac string) (string, error) {
	m, err := api.ParseMAC(mac)
	return m.LinkLocal().String(), err
}

// dhclient asks once by DHCPv6: for an address, or with "-S" for the rest alone.
func (d *sixCloud) dhclient(guest string, flags ...string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		argv := append([]string{"timeout", "25", "dhclient", "-6", "-1", "-sf", d.file("script"), "-lf", d.file(guest + ".leases"),
			"-pf", d.file(guest + ".pid"), "-cf", "/dev/null"}, flags...)
		out, err := d.in(ctx, guest, append(argv, "eth0")...)
		stopped, err2 := d.in(ctx, guest, "sh", "-c", "kill $(cat "+d.file(guest+".pid")+") 2>/dev/null; true")
		if err == nil {
			err = err2
		}
		return out + stopped, err
	}
}

func (d *sixCloud) checkAddresses(ctx context.Context) error {
	d.Section("What guests are told, by advertisements from the router's leg and by DHCPv6, and do")
	for _, g := range d.names("red", "green") {
		d.Check(ctx, fmt.Sprintf("the kernel of %s makes up %s", g, d.six(g)), func(ctx context.Context) (string, error) {
			return d.learns(ctx, g, []string{d.six(g).String() + "/64"}, "ip", "-6", "address", "show", "dev", "eth0", "-tentative")
		})
	}
	for _, g := range d.names("blue") {
		d.Check(ctx, fmt.Sprintf("dhclient in %s gets %s", g, d.six(g)), func(ctx context.Context) (string, error) {
			out, err := d.dhclient(g)(ctx)
			if err != nil {
				return out, err
			}
			return lineWith(out, "BOUND6"), contains("dhclient", out, "ip="+d.six(g).String(), "dns=fd00::53", "domain=openstacklocal", "life=86400")
		})
	}
	for _, n := range []string{"red", "blue"} {
		gateway, err := d.gateway(ctx, n)
		if err != nil {
			return err
		}
		for _, g := range d.names(n) {
			d.Check(ctx, fmt.Sprintf("%s has the leg's link-local address as its router", g), func(ctx context.Context) (string, error) {
				return d.learns(ctx, g, []string{"default via " + gateway + " dev eth0 proto ra"}, "ip", "-6", "route")
			})
			d.Check(ctx, fmt.Sprintf("%s has the MTU of its network", g), func(ctx context.Context) (string, error) {
				return d.learns(ctx, g, []string{fmt.Sprint(d.nets[n].MTU)}, "cat", "/proc/sys/net/ipv6/conf/eth0/mtu")
			})
		}
	}
	return nil
}

// checkAlone looks at a network without a router.
func (d *sixCloud) checkAlone(ctx context.Context) error {
	d.Section("A network without a router: addresses, and nobody to send to")
	d.Check(ctx, "green2 has no default route", func(ctx context.Context) (string, error) {
		out, err := d.in(ctx, "green2", "ip", "-6", "route")
		if err != nil {
			return out, err
		}
		return lineWith(out, "fd00:3::/64"), lacks("ip -6 route", out, "default")
	})
	d.Check(ctx, "dhclient -S in green2 is told the rest", func(ctx context.Context) (string, error) {
		out, err := d.dhclient("green2", "-S")(ctx)
		if err != nil {
			return out, err
		}
		return lineWith(out, "dns="), contains("dhclient", out, "ip= dns=fd00::53 domain=openstacklocal")
	})
	return nil
}

// checkSpoof lets a guest use an address that is not its port's.
func (d *sixCloud) checkSpoof(ctx context.Context) error {
	d.Section("A guest may use its port's addresses alone")
	const stolen = "fd00:1::bad"
	d.Check(ctx, "what red2 sends from another address goes nowhere", func(ctx context.Context) (string, error) {
		if out, err := d.in(ctx, "red2", "ip", "-6", "address", "replace", stolen+"/64", "dev", "eth0", "nodad"); err != nil {
			return out, err
		}
		defer d.in(ctx, "red2", "ip", "-6", "address", "del", stolen+"/64", "dev", "eth0") //nolint:errcheck // the next check would say so
		out, err := d.in(ctx, "red2", "ping", "-n", "-c2", "-i0.2", "-W1", "-I", stolen, d.six("red1").String())
		if err == nil {
			return out, fmt.Errorf("red1 answered:\n%s", out)
		}
		return statistics(out), contains("ping", out, "2 packets transmitted, 0 received")
	})
	d.reaches(ctx, [2]string{"red2", "red1"})
	return nil
}

// checkChaos: guests are told while the controller is dead, and traffic goes on while an agent is dead too.
func (d *sixCloud) checkChaos(ctx context.Context) error {
	d.Section("The controller is dead")
	if err := d.Lab.Stop(ctx, lab.MachineController, lab.ServiceController); err != nil {
		return err
	}
	d.Check(ctx, "red1, started anew, is told its prefix and router again", func(ctx context.Context) (string, error) {
		if out, err := d.in(ctx, "red1", "sh", "-ec", "ip link set eth0 down; ip -6 address flush dev eth0; ip link set eth0 up"); err != nil {
			return out, err
		}
		if _, err := d.learns(ctx, "red1", []string{"default via fe80:"}, "ip", "-6", "route"); err != nil {
			return "", err
		}
		return d.learns(ctx, "red1", []string{d.six("red1").String() + "/64"}, "ip", "-6", "address", "show", "dev", "eth0", "-tentative")
	})
	d.reaches(ctx, [2]string{"red1", "blue2"})
	if err := d.Lab.Start(ctx, lab.MachineController, lab.ServiceController); err != nil {
		return err
	}
	if err := d.Settled(ctx); err != nil {
		return err
	}
	return d.Trouble(ctx, "host1", func(ctx context.Context) (string, error) { return Ping(ctx, d.place("red1"), d.six("blue2")) })
}

// checkChange takes the router from a network: its guests are told that it is none any more.
func (d *sixCloud) checkChange(ctx context.Context) error {
	d.Section("A router that goes")
	if err := d.Client.RemoveRouterInterface(ctx, d.router.ID, d.subs["blue"].ID); err != nil {
		return err
	}
	d.Check(ctx, "blue1 loses its default route at once", func(ctx context.Context) (string, error) {
		return "", d.forgets(ctx, "blue1", "default", "ip", "-6", "route")
	})
	d.reaches(ctx, [2]string{"blue1", "blue2"})
	if err := d.Client.AddRouterInterface(ctx, d.router.ID, d.subs["blue"].ID); err != nil {
		return err
	}
	leg, err := d.leg(ctx, "blue")
	if err != nil {
		return err
	}
	if err := errors.Join(d.Active(ctx, leg.Text("id")), d.Settled(ctx)); err != nil {
		return err
	}
	d.Check(ctx, "and has it again when the router is back", func(ctx context.Context) (string, error) {
		return d.learns(ctx, "blue1", []string{"default via fe80:"}, "ip", "-6", "route")
	})
	d.Check(ctx, "blue1 → red2, once both hosts have it", func(ctx context.Context) (string, error) {
		return d.learns(ctx, "blue1", []string{" 0% packet loss"}, // a leg is ACTIVE once one host has it
			"sh", "-c", `ping -n -q -c1 -W1 "$0"; true`, d.six("red2").String())
	})
	return nil
}

// forgets waits until a part is no longer in what a guest's command prints.
func (d *sixCloud) forgets(ctx context.Context, guest, part string, argv ...string) error {
	ctx, cancel := context.WithTimeout(ctx, learnTime)
	defer cancel()
	return until(ctx, func() error {
		out, err := d.in(ctx, guest, argv...)
		if err != nil {
			return err
		}
		return lacks(strings.Join(argv, " "), out, part)
	})
}
