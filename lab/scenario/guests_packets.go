package scenario

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"weft/lab"
	"weft/lab/machine"
)

func (o *ordinary) checkTransfers(ctx context.Context) error {
	o.Section("Much TCP, segmented by the guests' kernels as late as they can")
	for _, t := range []struct {
		where, from, to string
		at              netip.Addr
		megabytes       int
	}{
		{"on the same host", "a1", "near", o.addr("near"), 10}, {"to another host", "a1", "a2", o.addr("a2"), 10},
		{"through the router to another host", "a1", "b2", o.addr("b2"), 100},
		{"from outside by floating IP", lab.MachineOutside, "b2", floats(o.fip), 10},
		{"to the outside by the gateway host", "a1", lab.MachineOutside, o.beyond, 10},
	} {
		o.Check(ctx, fmt.Sprintf("%d MB %s arrive whole", t.megabytes, t.where), func(ctx context.Context) (string, error) {
			return o.transfer(ctx, t.from, t.to, t.at, t.megabytes)
		})
	}
	return nil
}

// transfer sends megabytes over TCP, and wants what was sent to be what came.
func (o *ordinary) transfer(ctx context.Context, from, to string, at netip.Addr, megabytes int) (string, error) {
	const port = "5001"
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	p := o.place(to)
	lines, err := newLines(machine.Cmd(ctx, p.Process, p.Netns, "python3", o.file("guest.py"), "receive", port))
	if err != nil {
		return "", err
	}
	if _, err := lines(); err != nil {
		return "", fmt.Errorf("receive at %s: %w", to, err)
	}
	sent, err := o.does(ctx, from, "send", at.String(), port, fmt.Sprint(megabytes))
	if err != nil {
		return "", err
	}
	came, err := lines()
	if err != nil {
		return "", err
	}
	hash, speed, _ := strings.Cut(came, " ")
	if sent != hash {
		err = fmt.Errorf("what was sent has the hash %s, what came %s", sent, hash)
	}
	speed, _, _ = strings.Cut(speed, ".")
	return speed + " Mbit/s", err
}

func (o *ordinary) checkFragments(ctx context.Context) error {
	o.Section("Packets of 4,000 bytes in fragments")
	six := func(guest string) netip.Addr { a, _ := netip.ParseAddr(o.ports[guest].FixedIPs[1].IPAddress); return a }
	for _, t := range []struct {
		where, from string
		to          netip.Addr
	}{
		{"on the same host", "a1", o.addr("near")}, {"on another host", "a1", o.addr("a2")},
		{"through the router", "a1", o.addr("b2")}, {"through the router, of IPv6", "a1", six("b2")},
		{"of IPv6 on another host", "a1", six("a2")}, {"from outside by floating IP", lab.MachineOutside, floats(o.fip)},
		{"to the outside by floating IP", "b2", o.beyond}, {"to the outside by the gateway host", "a1", o.beyond},
	} {
		o.Check(ctx, fmt.Sprintf("%s → %s: %s", t.from, t.to, t.where), func(ctx context.Context) (string, error) {
			out, err := o.in(ctx, t.from, "ping", "-n", "-c2", "-i0.2", "-W5", "-s4000", t.to.String())
			return statistics(out), err
		})
	}
	return nil
}

// checkErrors has routers and guests answer what they cannot forward or take, also through translations.
func (o *ordinary) checkErrors(ctx context.Context) error {
	o.Section("Errors come back to who caused them")
	for _, t := range []struct {
		where, from string
		to          netip.Addr
	}{
		{"through the router", "a3", o.addr("b2")}, {"through a floating IP from outside", lab.MachineOutside, floats(o.fip)},
		{"through a floating IP to the outside", "b2", o.beyond}, {"through the gateway host", "a3", o.beyond},
	} {
		o.Check(ctx, fmt.Sprintf("%s → %s: port unreachable, %s", t.from, t.to, t.where), func(ctx context.Context) (string, error) {
			out, err := o.does(ctx, t.from, "ask", t.to.String(), "4444")
			return out, errors.Join(err, contains("what the sender heard", out, "Connection refused"))
		})
	}
	for _, t := range []struct{ from, to, ttl, by string }{
		{"a1", o.addr("b2").String(), "1", "10.0.0.1"}, {"a3", o.beyond.String(), "1", "10.0.0.1"},
		{"b2", o.beyond.String(), "1", "10.0.1.1"}, {lab.MachineOutside, o.fip.FloatingIPAddress, "2", o.fip.FloatingIPAddress},
	} {
		o.Check(ctx, fmt.Sprintf("%s → %s with TTL %s: exceeded, says %s", t.from, t.to, t.ttl, t.by), func(ctx context.Context) (string, error) {
			out, err := o.in(ctx, t.from, "sh", "-c", fmt.Sprintf("ping -n -c1 -W5 -t%s %s || true", t.ttl, t.to))
			return lineWith(out, "From "), errors.Join(err, contains("ping", out, "From "+t.by+" ", "Time to live exceeded"))
		})
	}
	return o.checkNarrow(ctx)
}

// checkNarrow puts a network behind the machine outside that carries less.
func (o *ordinary) checkNarrow(ctx context.Context) error {
	if _, err := o.in(ctx, lab.MachineOutside, "sh", "-ec", `sysctl -qw net.ipv4.ip_forward=1; ip link add narrow type veth peer name far
		ip link set far up; ip link set narrow mtu 1300 up; ip route add 10.9.9.0/24 dev narrow`); err != nil {
		return err
	}
	for _, t := range []struct{ from, where string }{{"b2", "through a floating IP"}, {"a3", "through the gateway host"}} {
		o.Check(ctx, t.from+" → 10.9.9.9 behind a network of 1,300 bytes: "+t.where+" it hears of that", func(ctx context.Context) (string, error) {
			out, err := o.in(ctx, t.from, "sh", "-c", "ping -n -c1 -W5 -Mdo -s1372 10.9.9.9 || true")
			return lineWith(out, "From "), errors.Join(err, contains("ping", out, "mtu = 1300"))
		})
	}
	return nil
}
