package scenario

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"weft/lab"
	"weft/lab/pcap"
)

// devExternal is the wire of the external network on the machine "outside".
const devExternal = "external"

func (d *demo) checkFloatingIP(ctx context.Context) {
	d.Section(fmt.Sprintf("Floating IP %s on vm1 (host1)", d.fipAddr))
	d.Check(ctx, fmt.Sprintf("outside %s → %s", d.out, d.fipAddr), func(ctx context.Context) (string, error) {
		return Ping(ctx, d.place(lab.MachineOutside), d.fipAddr)
	})
	d.Check(ctx, fmt.Sprintf("vm1 → outside %s: the source seen there is %s", d.beyond, d.fipAddr), d.translated)
}

// echo matches the n-th echo request between two addresses.
func echo(kind uint8, from, to netip.Addr, n int) func(pcap.Packet) bool {
	return func(p pcap.Packet) bool {
		if p.Proto != pcap.ProtoICMP || p.ICMPType != kind || p.DstIP != to || (from.IsValid() && p.SrcIP != from) {
			return false
		}
		n--
		return n <= 0
	}
}

func (d *demo) translated(ctx context.Context) (string, error) {
	c, err := StartCapture(ctx, d.place(lab.MachineOutside), devExternal)
	if err != nil {
		return "", err
	}
	defer c.Stop() //nolint:errcheck // Await said what there was to say
	if _, err := Ping(ctx, d.place("vm1"), d.beyond); err != nil {
		return "", err
	}
	all, err := c.Await(ctx, "echo request to outside", echo(pcap.EchoRequest, netip.Addr{}, d.beyond, 3))
	if err != nil {
		return "", err
	}
	requests := pick(all, echo(pcap.EchoRequest, netip.Addr{}, d.beyond, 0))
	for _, p := range requests {
		if p.SrcIP != d.fipAddr {
			return "", fmt.Errorf("a packet from %s", p.SrcIP)
		}
	}
	return fmt.Sprintf("%d requests from %s to %s", len(requests), d.fipAddr, d.beyond), nil
}

// shown is one look into the namespaces of a host.
type shown struct {
	name, netns string
	argv        []string
	want        []string
}

func (d *demo) checkNamespaces(ctx context.Context) {
	host := d.on("vm1").Name
	qrouter, fipns := "qrouter-"+d.router.ID, "fip-"+d.ext.ID
	rfp, fpr := device("rfp-", d.router.ID), device("fpr-", d.router.ID)
	d.Section("In the namespaces of " + host)
	var near, far string
	d.Check(ctx, "rfp- and fpr- are a pair with a /31 of 169.254.0.0/16", func(ctx context.Context) (seen string, err error) {
		near, err = d.pairAddress(ctx, host, qrouter, rfp)
		if err != nil {
			return "", err
		}
		far, err = d.pairAddress(ctx, host, fipns, fpr)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%s %s — %s %s", rfp, near, fpr, far), isPair(near, far)
	})
	d.Check(ctx, "from outside nobody reaches the pair, whoever's router it is", func(ctx context.Context) (string, error) {
		return d.pairIsNobodys(ctx, host, fipns, bare(near))
	})
	fip, fixed := d.fipAddr.String(), d.addr("vm1").String()
	for _, s := range []shown{
		{"the floating IP's /32 leads to the router", fipns, []string{"ip", "route", "show", fip}, []string{"via " + bare(near) + " dev " + fpr}},
		{"what vm1 sends is looked up in table 16", qrouter, []string{"ip", "rule"}, []string{"from " + fixed + " lookup 16"}},
		{"table 16 leads to the floating IP namespace", qrouter, []string{"ip", "route", "show", "table", "16"}, []string{"default via " + bare(far) + " dev " + rfp}},
		{"DNAT to vm1", qrouter, []string{"iptables", "-t", "nat", "-S"}, []string{"-d " + fip + "/32", "-j DNAT --to-destination " + fixed}},
		{"SNAT from vm1", qrouter, []string{"iptables", "-t", "nat", "-S"}, []string{"-s " + fixed + "/32", "-j SNAT --to-source " + fip}},
	} {
		d.Check(ctx, s.name, func(ctx context.Context) (string, error) { return d.show(ctx, host, s) })
	}
}

// pairIsNobodys has the machine outside send to a router's end of its pair by way of the host's own gateway port, while it
// reaches the floating IP that way.
func (d *demo) pairIsNobodys(ctx context.Context, host, fipns, near string) (string, error) {
	out, err := d.run(ctx, host, fipns, "sh", "-ec", "ip -4 -o address show | grep -o 'fg-.* inet [0-9.]*' | grep -o '[0-9.]*$'")
	if err != nil {
		return out, err
	}
	const tries = `ip route replace "$1" via "$0" && ip route replace "$2" via "$0"; ping -n -q -c1 -W5 "$2" >&2 && ping -n -q -c1 -W1 "$1"
		ip route del "$1"; ip route del "$2"`
	out, err = d.run(ctx, lab.MachineOutside, "", "sh", "-c", tries, strings.TrimSpace(out), near, d.fipAddr.String())
	if err != nil {
		return out, err
	}
	return statistics(out), contains("ping "+near, out, "1 packets transmitted, 0 received")
}

// show runs a command in a namespace, and gives the line of its output that has the last of the wanted words.
func (d *demo) show(ctx context.Context, host string, s shown) (string, error) {
	out, err := d.run(ctx, host, s.netns, s.argv...)
	if err != nil {
		return "", err
	}
	if err := contains(strings.Join(s.argv, " "), out, s.want...); err != nil {
		return "", err
	}
	for line := range strings.Lines(out) {
		if strings.Contains(line, s.want[len(s.want)-1]) {
			return strings.TrimSpace(line), nil
		}
	}
	return "", nil
}

// pairAddress is the one IPv4 address of a device.
func (d *demo) pairAddress(ctx context.Context, host, netns, dev string) (string, error) {
	out, err := d.run(ctx, host, netns, "ip", "-4", "-o", "address", "show", "dev", dev)
	if err != nil {
		return "", err
	}
	for f := strings.Fields(out); len(f) > 1; f = f[1:] {
		if f[0] == "inet" {
			return f[1], nil
		}
	}
	return "", fmt.Errorf("%s has no address: %q", dev, out)
}

func isPair(near, far string) error {
	a, errA := netip.ParsePrefix(near)
	b, errB := netip.ParsePrefix(far)
	if err := errors.Join(errA, errB); err != nil {
		return err
	}
	pool := netip.MustParsePrefix("169.254.0.0/16")
	if a.Bits() != 31 || b.Bits() != 31 || a.Masked() != b.Masked() || a == b || !pool.Contains(a.Addr()) {
		return fmt.Errorf("%s and %s are not the two addresses of a /31 in %s", near, far, pool)
	}
	return nil
}

// bare is an address without its length.
func bare(prefix string) string {
	addr, _, _ := strings.Cut(prefix, "/")
	return addr
}
