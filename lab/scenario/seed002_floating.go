package scenario

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"weft/client"
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

// checkMoves takes the floating IP away, under an open ping, and gives it to a guest on another host.
func (d *demo) checkMoves(ctx context.Context) {
	d.Section("After disassociation")
	d.Check(ctx, "an open ping through the floating IP stops", d.openPingStops)
	d.Check(ctx, "outside no longer reaches the floating IP", func(ctx context.Context) (string, error) {
		return NoPing(ctx, d.place(lab.MachineOutside), d.fipAddr)
	})
	d.Check(ctx, "vm1 no longer reaches outside", func(ctx context.Context) (string, error) {
		return NoPing(ctx, d.place("vm1"), d.beyond)
	})
	d.Check(ctx, "rule and NAT are gone from the router's namespace", d.unhooked)
	d.Section("Associated with vm3 (host2)")
	d.Check(ctx, fmt.Sprintf("outside %s → %s: answered by host2", d.out, d.fipAddr), d.movedTo)
	d.Check(ctx, "vm3 → outside", func(ctx context.Context) (string, error) {
		return Ping(ctx, d.place("vm3"), d.beyond)
	})
	d.Check(ctx, "vm1 still reaches its own router and vm5", func(ctx context.Context) (string, error) {
		if seen, err := Ping(ctx, d.place("vm1"), netip.MustParseAddr(blueGateway)); err != nil {
			return seen, err
		}
		return Ping(ctx, d.place("vm1"), d.addr("vm5"))
	})
}

func (d *demo) associate(ctx context.Context, port any) error {
	_, err := d.Client.FloatingIPs().Update(ctx, d.fip.ID, client.Object{"port_id": port})
	return err
}

// floatingReady waits until the floating IP is ACTIVE, and until the machine outside has heard the announcement: that
// was sent by then, but may be under way, and would lose a race with a ping.
func (d *demo) floatingReady(ctx context.Context, guest string) (string, error) {
	if err := d.floatingActive(ctx); err != nil {
		return "", err
	}
	gateways, err := d.Client.Ports().List(ctx, map[string][]string{
		"device_owner": {"network:floatingip_agent_gateway"}, "binding:host_id": {d.on(guest).Name},
	})
	if err != nil {
		return "", err
	}
	if len(gateways) != 1 {
		return "", fmt.Errorf("%s has %d gateway ports for floating IPs, want 1", d.on(guest).Name, len(gateways))
	}
	ctx, cancel := context.WithTimeout(ctx, awaitTimeout)
	defer cancel()
	mac := gateways[0].MACAddress
	return fmt.Sprintf("%s is at %s on %s", d.fipAddr, mac, d.on(guest).Name), until(ctx, func() error {
		known, err := d.run(ctx, lab.MachineOutside, "", "ip", "neighbour", "show", d.fipAddr.String())
		if err == nil && strings.Contains(known, "lladdr") && !strings.Contains(known, mac) {
			err = fmt.Errorf("outside still knows %s, not %s of %s", strings.TrimSpace(known), mac, d.on(guest).Name)
		}
		return err
	})
}

// floatingActive waits until the floating IP is ACTIVE. What it needs on a host that had none before follows in later
// revisions than its own: the gateway port's device must be there, and be seen, before the address can be announced.
func (d *demo) floatingActive(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, awaitTimeout)
	defer cancel()
	return until(ctx, func() error {
		f, err := d.Client.FloatingIPs().Show(ctx, d.fip.ID)
		if err == nil && f.Status != "ACTIVE" {
			err = fmt.Errorf("floating IP %s is %s", f.FloatingIPAddress, f.Status)
		}
		return err
	})
}

// openPingStops wants no answer after the disassociation was confirmed, although outside goes on asking.
func (d *demo) openPingStops(ctx context.Context) (string, error) {
	outside := d.place(lab.MachineOutside)
	c, err := StartCapture(ctx, outside, devExternal)
	if err != nil {
		return "", err
	}
	defer c.Stop() //nolint:errcheck // Await said what there was to say
	p, err := StartPing(ctx, outside, d.fipAddr)
	if err != nil {
		return "", err
	}
	defer p.Stop()
	if err := p.AwaitAnswers(ctx, 5); err != nil {
		return "", err
	}
	if err := d.associate(ctx, nil); err != nil {
		return "", err
	}
	sent := len(c.Packets()) // when the controller said that it is done
	before := p.Answers()
	asked := 0
	all, err := c.Await(ctx, "ten more questions of the open ping", func(q pcap.Packet) bool {
		sent--
		if sent < 0 && q.DstIP == d.fipAddr && (q.ICMPType == pcap.EchoRequest || q.ARPOp == pcap.ARPRequest) {
			asked++
		}
		return asked >= 10
	})
	if err != nil {
		return "", err
	}
	// One answer may have been under way when the controller answered.
	if late := p.Answers() - before; late > 1 {
		return "", fmt.Errorf("%d answers came after the disassociation:%s", late, sample(all[max(0, len(all)-12):]))
	}
	return fmt.Sprintf("%d answers before, none to the next 10 questions", before), nil
}

func (d *demo) unhooked(ctx context.Context) (string, error) {
	host, ns := d.on("vm1").Name, "qrouter-"+d.router.ID
	for _, argv := range [][]string{{"ip", "rule"}, {"iptables", "-t", "nat", "-S"}} {
		out, err := d.run(ctx, host, ns, argv...)
		if err != nil {
			return "", err
		}
		if err := lacks(strings.Join(argv, " "), out, d.fipAddr.String()+"/32", d.addr("vm1").String()); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("neither %s nor %s is named there", d.fipAddr, d.addr("vm1")), nil
}

// movedTo wants the answers to come out of host2's cable.
func (d *demo) movedTo(ctx context.Context) (string, error) {
	if err := d.associate(ctx, d.ports["vm3"].ID); err != nil {
		return "", err
	}
	if _, err := d.floatingReady(ctx, "vm3"); err != nil {
		return "", err
	}
	outside := d.place(lab.MachineOutside)
	c, err := StartCapture(ctx, outside, d.on("vm3").Name)
	if err != nil {
		return "", err
	}
	defer c.Stop() //nolint:errcheck // Await said what there was to say
	seen, err := Ping(ctx, outside, d.fipAddr)
	if err != nil {
		return seen, err
	}
	_, err = c.Await(ctx, "echo answer of the floating IP", echo(pcap.EchoReply, d.fipAddr, d.out, 3))
	return seen, err
}
