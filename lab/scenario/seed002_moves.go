package scenario

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	"weft/client"
	"weft/lab"
	"weft/lab/pcap"
)

// checkMoves takes the floating IP away, under an open ping, and gives it to a guest on another host.
func (d *demo) checkMoves(ctx context.Context) {
	d.Section("Associated with vm2 on the same host, and with vm1 again")
	d.Check(ctx, "an open ping through the floating IP follows", d.openPingFollows)
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

// openPingFollows wants the packets of one open ping at the guest that has the floating IP, at each time. A translation
// that outlived the association would bring them to the other.
func (d *demo) openPingFollows(ctx context.Context) (string, error) {
	p, err := StartPing(ctx, d.place(lab.MachineOutside), d.fipAddr)
	if err != nil {
		return "", err
	}
	defer p.Stop()
	if err := p.AwaitAnswers(ctx, 3); err != nil {
		return "", err
	}
	for _, guest := range []string{"vm2", "vm1"} {
		if err := d.followsTo(ctx, guest); err != nil {
			return "", err
		}
	}
	return "at vm2, then at vm1 again, and answered", p.AwaitAnswers(ctx, 3)
}

// followsTo associates the floating IP with a guest, and waits until the open ping is seen there.
func (d *demo) followsTo(ctx context.Context, guest string) error {
	c, err := StartCapture(ctx, d.place(guest), "eth0")
	if err != nil {
		return err
	}
	defer c.Stop() //nolint:errcheck // Await said what there was to say
	if err := d.associate(ctx, d.ports[guest].ID); err != nil {
		return err
	}
	_, err = c.Await(ctx, "echo request of the open ping", echo(pcap.EchoRequest, d.out, d.addr(guest), 3))
	return err
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
