package scenario

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"weft/lab/machine"
)

// What runs dhcpcd and systemd-networkd in a guest, each with folders of its own: they write where the whole machine does.
const (
	dhcpcdHook = `#!/bin/sh
echo "$reason ip=$new_ip_address/$new_subnet_cidr mtu=$new_interface_mtu router=$new_routers dns=$new_domain_name_servers \
hostname=$new_host_name routes=$new_classless_static_routes server=$new_dhcp_server_identifier"
`
	dhcpcdConf = `option classless_static_routes, domain_name_servers, host_name, interface_mtu, routers
noarp
noipv4ll
`
	dhcpcdStart = `echo $$ >%[1]s/dhcpcd.pid; mount -t tmpfs none /var/lib/dhcpcd
mkdir -p /run/dhcpcd; mount -t tmpfs none /run/dhcpcd
exec dhcpcd -4 -B -d -f %[1]s/dhcpcd.conf -c %[1]s/dhcpcd.hook eth0 2>&1`

	networkd     = "/lib/systemd/systemd-networkd"
	networkdConf = `[Match]
Name=eth0
[Network]
DHCP=ipv4
IPv6AcceptRA=no
LinkLocalAddressing=no
[DHCPv4]
UseMTU=yes
`
	networkdStart = `echo $$ >%[1]s/networkd.pid; mount -t tmpfs none /run; mount -o remount,ro,bind /sys
cd /run; mkdir -p systemd/network systemd/netif/links systemd/netif/leases systemd/netif/lldp
chown -R systemd-network systemd/netif; cp %[1]s/eth0.network systemd/network; chmod -R a+rX systemd
exec env SYSTEMD_LOG_TARGET=console SYSTEMD_LOG_LEVEL=debug ` + networkd + ` 2>&1`
)

// daemon is a client that stays in a guest and tells what it does.
type daemon struct {
	guest, pid string
	cmd        *exec.Cmd
	next       func() (string, error)
	end        context.CancelFunc
}

// start runs a client in a guest, in a mount namespace of its own. stop must be called.
func (d *dhcpCloud) start(ctx context.Context, guest, name, script string) (*daemon, error) {
	ctx, cancel := context.WithTimeout(ctx, 4*patience) // it is asked for up to four things
	p := d.place(guest)
	c := &daemon{guest: guest, pid: d.file(name + ".pid"), end: cancel}
	c.cmd = machine.Cmd(ctx, p.Process, p.Netns, "unshare", "-m", "sh", "-ec", fmt.Sprintf(script, d.dir))
	var err error
	if c.next, err = newLines(c.cmd); err != nil {
		cancel()
		return nil, err
	}
	return c, nil
}

func (c *daemon) stop() {
	c.end()
	_ = c.cmd.Wait() // it was killed
}

// await waits for a line with all of some words.
func (c *daemon) await(words ...string) (string, error) {
	for said := ""; ; {
		line, err := c.next()
		if err != nil {
			return "", fmt.Errorf("the client ended without a line with %q: %w\n%s", words, err, said)
		}
		if said += line + "\n"; contains("the line", line, words...) == nil {
			return line, nil
		}
	}
}

// signal sends a client a signal.
func (d *dhcpCloud) signal(ctx context.Context, c *daemon, name string) error {
	_, err := d.in(ctx, c.guest, "sh", "-c", fmt.Sprintf("kill -%s $(cat %s)", name, c.pid))
	return err
}

// checkDhcpcd follows a lease from its beginning to its end.
func (d *dhcpCloud) checkDhcpcd(ctx context.Context) error {
	d.Section("dhcpcd in vm1, which renews, rebinds and gives back what it has; systemd-networkd in vm2")
	c, err := d.start(ctx, "vm1", "dhcpcd", dhcpcdStart)
	if err != nil {
		return err
	}
	defer c.stop()
	const leased = "acknowledged 192.168.10.222 from 192.168.10.1"
	d.Check(ctx, "it is told what it asks for", func(context.Context) (string, error) {
		return c.await("BOUND ip=192.168.10.222/24 ", fmt.Sprintf("mtu=%d", d.blue.MTU), "router=192.168.10.1 ", "dns=9.9.9.9 8.8.8.8 ",
			"hostname=host-192-168-10-222 ", "routes=192.168.11.0/24 0.0.0.0 172.16.0.0/12 192.168.10.9 ", "server=192.168.10.1")
	})
	for _, s := range []struct{ name, signal, begins, ends string }{
		{"it renews by unicast", "USR1", "renewing lease of", leased}, {"it rebinds by broadcast", "HUP", "rebinding lease of", leased},
		{"it releases its lease, and ends", "ALRM", "releasing lease of", "STOPPED"},
	} {
		d.Check(ctx, s.name, func(ctx context.Context) (string, error) {
			if err := d.signal(ctx, c, s.signal); err != nil {
				return "", err
			}
			if line, err := c.await(s.begins); err != nil {
				return line, err
			}
			return c.await(s.ends)
		})
	}
	d.answered(ctx, "what was released stays the guest's", d.udhcpc("vm1"), "bound ip=192.168.10.222/24")
	return d.checkNetworkd(ctx)
}

func (d *dhcpCloud) checkNetworkd(ctx context.Context) error {
	if out, err := d.in(ctx, "vm2", "ip", "address", "flush", "dev", "eth0"); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	c, err := d.start(ctx, "vm2", "networkd", networkdStart)
	if err != nil {
		return err
	}
	defer c.stop()
	d.Check(ctx, "systemd-networkd has its address, MTU and routes", func(ctx context.Context) (string, error) {
		if _, err := c.await("State changed: configuring -> configured"); err != nil {
			return "", err
		}
		out, err := d.in(ctx, "vm2", "sh", "-c", "ip -o address show dev eth0; ip link show dev eth0; ip route")
		return firstLine(strings.TrimSpace(out)), errors.Join(err, contains("vm2", out, "inet 192.168.10.223/24 ",
			fmt.Sprintf("mtu %d ", d.blue.MTU), "default via 192.168.10.1 dev eth0 proto dhcp", "172.16.0.0/12 via 192.168.10.9 ",
			"192.168.11.0/24 dev eth0 proto dhcp scope link"))
	})
	return d.signal(ctx, c, "TERM")
}

// moreScripts are the files of these clients.
func (d *dhcpCloud) moreScripts() error {
	return errors.Join(
		os.WriteFile(d.file("dhcpcd.hook"), []byte(dhcpcdHook), 0o755), //nolint:gosec // dhcpcd runs it
		os.WriteFile(d.file("dhcpcd.conf"), []byte(dhcpcdConf), 0o600),
		os.WriteFile(d.file("eth0.network"), []byte(networkdConf), 0o600),
	)
}
