package scenario

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"weft/lab/machine"
)

// What clients call with what they were told: they print it on one line, and set the device up.
const (
	udhcpcScript = `#!/bin/sh
echo "$1 ip=$ip/$mask mtu=$mtu router=$router dns=$dns hostname=$hostname domain=$domain ntp=$ntpsrv lease=$lease \
routes=$staticroutes server=$serverid boot=$siaddr $boot_file $tftp"
case $1 in deconfig) ip address flush dev "$interface"; ip link set "$interface" up ;;
bound|renew) ip link set "$interface" mtu "$mtu"; ip address replace "$ip/$mask" dev "$interface" ;; esac
`
	dhclientScript = `#!/bin/sh
echo "$reason ip=$new_ip_address/$new_subnet_mask mtu=$new_interface_mtu router=$new_routers dns=$new_domain_name_servers \
hostname=$new_host_name routes=$new_rfc3442_classless_static_routes server=$new_dhcp_server_identifier"
case $reason in PREINIT) ip link set "$interface" up ;;
BOUND|REBOOT) ip link set "$interface" mtu "$new_interface_mtu"
  ip address replace "$new_ip_address/$new_subnet_mask" dev "$interface" ;; esac
`
	dhclientConf = `option rfc3442-classless-static-routes code 121 = array of unsigned integer 8;
request subnet-mask, routers, domain-name-servers, host-name, interface-mtu, rfc3442-classless-static-routes;
initial-interval 1; timeout 20;
`
	dhclientLease = `lease { interface "eth0"; fixed-address %s; option subnet-mask 255.255.255.0; option dhcp-message-type 5;
 option dhcp-server-identifier 192.168.10.1; renew 0 2037/01/01 00:00:00; rebind 0 2037/01/02 00:00:00;
 expire 0 2037/01/03 00:00:00; }
`
)

func (d *dhcpCloud) file(name string) string { return filepath.Join(d.dir, name) }

func (d *dhcpCloud) writeScripts() error {
	for name, text := range map[string]string{
		"udhcpc": udhcpcScript, "dhclient": dhclientScript, "dhclient.conf": dhclientConf,
	} {
		if err := os.WriteFile(d.file(name), []byte(text), 0o755); err != nil { //nolint:gosec // clients run it
			return err
		}
	}
	if err := d.moreScripts(); err != nil {
		return err
	}
	return os.Chmod(d.dir, 0o755) //nolint:gosec // likewise
}

// in runs a command in a guest.
func (d *dhcpCloud) in(ctx context.Context, guest string, argv ...string) (string, error) {
	p, err := d.Lab.Place(guest)
	if err != nil {
		return "", err
	}
	return machine.Run(ctx, p.Process, p.Netns, argv...)
}

// udhcpc asks once, with busybox's client, and gives the line of its script.
func (d *dhcpCloud) udhcpc(guest string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		out, err := d.in(ctx, guest, "sh", "-c", d.udhcpcLine("-n -q -t 8 -T 1")+" 2>&1")
		if err != nil {
			return out, fmt.Errorf("%w\n%s", err, out)
		}
		return toldBy(out, "bound"), nil
	}
}

func (d *dhcpCloud) udhcpcLine(flags string) string {
	return "exec busybox udhcpc -i eth0 -f " + flags + " -O mtu -O staticroutes -O ntpsrv -O hostname -O tftp -O bootfile -s " + d.file("udhcpc")
}

func toldBy(out, word string) string {
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, word) {
			return strings.TrimSpace(line)
		}
	}
	return out
}

// dhclient asks with ISC's client, which remembers an address or none, and gives what it did.
func (d *dhcpCloud) dhclient(guest, remembers string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		leases, pid := d.file(guest+".leases"), d.file(guest+".pid")
		text := ""
		if remembers != "" {
			text = fmt.Sprintf(dhclientLease, remembers)
		}
		if err := os.WriteFile(leases, []byte(text), 0o600); err != nil {
			return "", err
		}
		args := fmt.Sprintf("-4 -cf %s -lf %s -pf %s -sf %s", d.file("dhclient.conf"), leases, pid, d.file("dhclient"))
		out, err := d.in(ctx, guest, "sh", "-c", fmt.Sprintf("dhclient -1 -v %[1]s eth0 >%[2]s 2>&1; s=$?; "+
			"kill $(cat %[3]s); cat %[2]s; exit $s", args, d.file(guest+".out"), pid))
		if err != nil {
			return out, fmt.Errorf("%w\n%s", err, out)
		}
		refused := ""
		if strings.Contains(out, "DHCPNAK") {
			refused = " after a DHCPNAK"
		}
		for _, reason := range []string{"BOUND", "REBOOT"} {
			if line := toldBy(out, reason); line != out {
				return line + refused, nil
			}
		}
		return out, fmt.Errorf("dhclient got no lease:\n%s", out)
	}
}

// renewal lets a client that has its lease renew it, and gives the line of its script.
func (d *dhcpCloud) renewal(ctx context.Context) (string, error) {
	p, err := d.Lab.Place("vm1")
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	pid := d.file("vm1.pid")
	cmd := machine.Cmd(ctx, p.Process, p.Netns, "sh", "-c", d.udhcpcLine("-p "+pid)+" 2>&1")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return "", err
	}
	defer func() { _ = cmd.Wait() }() // it is killed
	defer cancel()
	return d.renewed(ctx, bufio.NewScanner(out), pid)
}

// renewed follows a client: once it is bound it is told to renew.
func (d *dhcpCloud) renewed(ctx context.Context, lines *bufio.Scanner, pid string) (string, error) {
	for lines.Scan() {
		switch line := lines.Text(); {
		case strings.HasPrefix(line, "bound"):
			if out, err := d.in(ctx, "vm1", "sh", "-c", "kill -USR1 $(cat "+pid+")"); err != nil {
				return out, err
			}
		case strings.HasPrefix(line, "renew"):
			return line, nil
		}
	}
	return "", fmt.Errorf("the client ended before it had renewed: %w", context.Cause(ctx))
}

// ownServer runs busybox's DHCP server in the guest "own" while f runs. It gives the one address of the guest "asks".
func (d *dhcpCloud) ownServer(ctx context.Context, f func(context.Context) (string, error)) (string, error) {
	conf, leases := d.file("udhcpd.conf"), d.file("udhcpd.leases")
	text := fmt.Sprintf("start 10.20.0.77\nend 10.20.0.77\ninterface eth0\nlease_file %s\npidfile %s\noption subnet 255.255.255.0\n"+
		"option dns 10.20.0.2\noption lease 600\n", leases, d.file("udhcpd.pid"))
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		return "", err
	}
	if err := os.WriteFile(leases, nil, 0o600); err != nil {
		return "", err
	}
	p, err := d.Lab.Place("own")
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	server := machine.Cmd(ctx, p.Process, p.Netns, "busybox", "udhcpd", "-f", conf)
	if err := server.Start(); err != nil {
		return "", err
	}
	seen, err := f(ctx)
	cancel()
	_ = server.Wait() // it was killed
	return seen, err
}

// havePrograms says which of the clients is missing.
func havePrograms(names ...string) error {
	for _, n := range names {
		if _, err := exec.LookPath(n); err != nil {
			return fmt.Errorf("%s is needed: 'sudo make deps-guests' installs it", n)
		}
	}
	return nil
}
