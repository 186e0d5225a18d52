package scenario

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"weft/lab/machine"
	"weft/lab/pcap"
)

const (
	floodRate   = 10_000 // frames a second
	floodLength = 3      // seconds
	fewest      = 5_000  // that a busy machine sends in that time; fewer would be no flood
)

// checkFloods has a1 send as much as it can while its neighbour on the host wants an address and reaches others.
func (o *ordinary) checkFloods(ctx context.Context) error {
	o.Section(fmt.Sprintf("a1 sends %d frames a second", floodRate))
	for _, f := range []struct {
		what  string
		kinds []string
	}{
		{"DHCP discovers", []string{"discover"}},
		{"requests by ARP, for neighbours and routers, to nobody, from others' MACs",
			[]string{"asks_arp", "asks_neighbour", "asks_router", "to_nobody", "from_others"}},
	} {
		o.Check(ctx, f.what+": near is answered by DHCP within a second, and reaches a2", func(ctx context.Context) (string, error) {
			return o.flood(ctx, f.kinds)
		})
	}
	return nil
}

// flood has a1 send kinds of frames, and near do its work meanwhile.
func (o *ordinary) flood(ctx context.Context, kinds []string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	p := o.place("a1")
	argv := append([]string{"python3", o.file("guest.py"), "flood", strconv.Itoa(floodRate), strconv.Itoa(floodLength), o.addr("a1").String()}, kinds...)
	c, err := StartCapture(ctx, o.place("host1"), "tap"+o.ports["a1"].ID[:11])
	if err != nil {
		return "", err
	}
	lines, err := newLines(machine.Cmd(ctx, p.Process, p.Netns, argv...))
	if err != nil {
		return "", err
	}
	_, err = c.Await(ctx, "flood of a1", func(x pcap.Packet) bool { return x.EtherType != 0 })
	if _, stopped := c.Stop(); err != nil || stopped != nil {
		return "", errors.Join(err, stopped)
	}
	seen, err := o.worksMeanwhile(ctx)
	said, ended := lines()
	count, rate, _ := strings.Cut(said, " ")
	if n, _ := strconv.Atoi(count); ended == nil && n < fewest {
		ended = fmt.Errorf("only %s frames were sent", count)
	}
	return fmt.Sprintf("%s; %s frames/s", seen, rate), errors.Join(err, ended)
}

// worksMeanwhile has near ask for its address three times, and reach another host.
func (o *ordinary) worksMeanwhile(ctx context.Context) (string, error) {
	var took []string
	for range 3 {
		d, err := quick(time.Second, func() error {
			_, err := o.in(ctx, "near", "busybox", "udhcpc", "-i", "eth0", "-f", "-n", "-q", "-t", "8", "-T", "1", "-s", "/bin/true")
			return err
		})
		took = append(took, fmt.Sprint(d.Milliseconds()))
		if err != nil {
			return "", fmt.Errorf("dhcp in near, attempts took %v ms: %w", took, err)
		}
	}
	_, err := Ping(ctx, o.place("near"), o.addr("a2"))
	return strings.Join(took, ", ") + " ms", err
}

// checkFlapping has guests without port security send from one MAC, and from that of another guest.
func (o *ordinary) checkFlapping(ctx context.Context) error {
	o.Section("near and a3, without port security, both send from a MAC of nobody, and from that of a2")
	if err := o.secure(ctx, false, "near", "a3"); err != nil {
		return err
	}
	o.Check(ctx, "what is sent to a2 goes to a2, all of it", func(ctx context.Context) (string, error) {
		ended := make(chan error, 2)
		for _, g := range []string{"near", "a3"} {
			go func() {
				_, err := o.does(ctx, g, "poses", "02:00:00:00:66:66", o.ports["a2"].MACAddress)
				ended <- err
			}()
		}
		out, err := o.in(ctx, "a1", "ping", "-n", "-c10", "-i0.2", "-W5", o.addr("a2").String())
		err = errors.Join(err, <-ended, <-ended)
		if err == nil && !strings.Contains(out, "10 packets transmitted, 10 received") {
			err = errors.New(out)
		}
		return statistics(out), err
	})
	return o.secure(ctx, true, "near", "a3")
}

// checkLoop joins two interfaces of one network within a guest, as a bridge without spanning tree does.
func (o *ordinary) checkLoop(ctx context.Context) error {
	o.Section("A guest bridges its two interfaces on one network")
	for _, g := range []string{"loop1", "loop2"} {
		if err := o.plug(ctx, g, "host2", "a", strings.Replace(g, "loop", "2", 1)); err != nil {
			return err
		}
	}
	if err := errors.Join(o.Active(ctx, o.ports["loop1"].ID, o.ports["loop2"].ID), o.Settled(ctx)); err != nil {
		return err
	}
	if _, err := o.in(ctx, "loop1", "sh", "-ec", "ip link add cable type veth peer name cable netns guest-loop2"); err != nil {
		return err
	}
	for _, g := range []string{"loop1", "loop2"} {
		if _, err := o.in(ctx, g, "sh", "-ec", `ip link add bridge type bridge; ip link set eth0 master bridge
			ip link set cable master bridge; ip link set cable up; ip link set bridge up`); err != nil {
			return err
		}
	}
	o.Check(ctx, "a broadcast of a1 is heard once by a3, and comes back to nobody", o.heardOnce)
	for _, g := range []string{"loop1", "loop2"} {
		if err := errors.Join(o.Lab.DeleteGuest(ctx, g), o.Client.Ports().Delete(ctx, o.ports[g].ID)); err != nil {
			return err
		}
		delete(o.ports, g)
	}
	return nil
}

// heardOnce has a1 ask for an address of nobody, which goes through the bridge.
func (o *ordinary) heardOnce(ctx context.Context) (string, error) {
	captures, stop, err := o.watch(ctx, [2]string{"a1", "eth0"}, [2]string{"a3", "eth0"}, [2]string{"loop2", "cable"})
	if err != nil {
		return "", err
	}
	defer stop()
	const times = 3
	last := nobody.Next()
	if err := errors.Join(o.asks(ctx, "a1", nobody, times), o.asks(ctx, "a1", last, 1)); err != nil {
		return "", err
	}
	for g, most := range map[string]int{"a1": times, "a3": times, "loop2": 2 * times} { // the bridge has them from both sides
		seen, err := captures[g].Await(ctx, "request for "+last.String(), asking(last))
		if err != nil {
			return "", err
		}
		if n := len(pick(seen, asking(nobody))); n < times || n > most {
			return "", fmt.Errorf("%d requests at %s, %d were sent", n, g, times)
		}
	}
	return fmt.Sprintf("%d requests", times), nil
}
