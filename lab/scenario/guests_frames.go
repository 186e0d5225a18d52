package scenario

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"weft/lab"
	"weft/lab/machine"
	"weft/lab/pcap"
)

// IP protocols of group membership: IGMP, and the hop-by-hop options with which MLD begins.
const (
	protoIGMP = 2
	protoMLD  = 0
)

func (o *ordinary) checkMulticast(ctx context.Context) error {
	o.Section("Multicast within a network, of IPv4 and IPv6")
	o.Check(ctx, "a1 says three words to two groups: members on all hosts hear each once", func(ctx context.Context) (string, error) {
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		c, err := StartCapture(ctx, o.place("a3"), "eth0")
		if err != nil {
			return "", err
		}
		defer c.Stop() //nolint:errcheck // its packets are judged already
		members := map[string]func() (string, error){}
		for _, g := range []string{"near", "a2", "a3"} {
			p := o.place(g)
			if members[g], err = newLines(machine.Cmd(ctx, p.Process, p.Netns, "python3", o.file("guest.py"), "hear")); err != nil {
				return "", err
			}
			if _, err := members[g](); err != nil {
				return "", fmt.Errorf("join groups in %s: %w", g, err)
			}
		}
		if out, err := o.does(ctx, "a1", "say", "one", "two", "three"); err != nil {
			return out, err
		}
		for g, heard := range members {
			const want = "one two three one two three"
			if words, err := heard(); err != nil || words != want {
				return words, errors.Join(err, fmt.Errorf("%s heard %q, want %q", g, words, want))
			}
		}
		return "near, a2, a3", o.reports(ctx, c)
	})
	return nil
}

// reports wants membership reports of another host's guest, which routers and snooping switches of a guest's need.
func (o *ordinary) reports(ctx context.Context, c *Capture) error {
	for what, proto := range map[string]uint8{"IGMP report": protoIGMP, "MLD report": protoMLD} {
		if _, err := c.Await(ctx, what+" of a2", func(p pcap.Packet) bool {
			return p.SrcMAC.String() == o.ports["a2"].MACAddress && p.Proto == proto && p.DstIP.IsMulticast()
		}); err != nil {
			return err
		}
	}
	return nil
}

// reserved are the MACs to which switches speak.
var reserved = [...]string{
	"01:80:c2:00:00:00", "01:80:c2:00:00:01", "01:80:c2:00:00:02", "01:80:c2:00:00:0e", "01:00:0c:cc:cc:cc", "01:00:0c:cc:cc:cd",
}

// checkFrames has guests say what only switches say, and what belongs to VLANs that are not theirs.
func (o *ordinary) checkFrames(ctx context.Context) error {
	o.Section("Frames that guests have no business with: STP, 802.3x, LACP, LLDP, CDP, PVST+, and tagged ones")
	for _, t := range []struct {
		from   string
		nobody netip.Addr
		places [][2]string
	}{
		{"a1", nobody, [][2]string{{"host1", "eth0"}, {"host3", "eth0"}, {"near", "eth0"}, {"a3", "eth0"}}},
		{"wild", netip.MustParseAddr(pool(o.outside.Masked().String(), 200)), [][2]string{{lab.MachineOutside, devExternal}}},
	} {
		var where []string
		for _, p := range t.places {
			where = append(where, p[0])
		}
		o.Check(ctx, t.from+"'s are seen nowhere: "+strings.Join(where, ", "), func(ctx context.Context) (string, error) {
			return o.silently(ctx, t.from, t.nobody, t.places)
		})
	}
	return nil
}

// nobody is an address of network a that no port has.
var nobody = netip.MustParseAddr("10.0.0.200")

// watch captures at several places, by their names.
func (o *ordinary) watch(ctx context.Context, places ...[2]string) (all map[string]*Capture, stop func(), err error) {
	all = map[string]*Capture{}
	stop = func() {
		for _, c := range all {
			c.Stop() //nolint:errcheck // its packets are judged already
		}
	}
	for _, at := range places {
		if all[at[0]], err = StartCapture(ctx, o.place(at[0]), at[1]); err != nil {
			delete(all, at[0])
			stop()
			return nil, nil, err
		}
	}
	return all, stop, nil
}

// asks has a guest ask everybody for an address that nobody has; so its arping ends with 1.
func (o *ordinary) asks(ctx context.Context, from string, addr netip.Addr, times int) error {
	_, err := o.in(ctx, from, "sh", "-c", fmt.Sprintf("arping -q -b -c%d -I eth0 %s || test $? = 1", times, addr))
	return err
}

// asking recognizes such a request, in a tunnel or out of it.
func asking(addr netip.Addr) func(pcap.Packet) bool {
	return func(p pcap.Packet) bool {
		p = inside(p)
		return p.EtherType == pcap.EtherARP && p.ARPOp == pcap.ARPRequest && p.DstIP == addr
	}
}

func inside(p pcap.Packet) pcap.Packet {
	if p.Inner != nil {
		return *p.Inner
	}
	return p
}

// silently captures at places while a guest sends what it should not, and then something honest, to know that all would
// have come.
func (o *ordinary) silently(ctx context.Context, from string, nobody netip.Addr, places [][2]string) (string, error) {
	captures, stop, err := o.watch(ctx, places...)
	if err != nil {
		return "", err
	}
	defer stop()
	if out, err := o.does(ctx, from, append([]string{"frames"}, reserved[:]...)...); err != nil {
		return out, err
	}
	if err := o.asks(ctx, from, nobody, 1); err != nil {
		return "", err
	}
	mac := o.ports[from].MACAddress
	for name, c := range captures {
		seen, err := c.Await(ctx, "honest frame of "+from, asking(nobody))
		if err != nil {
			return "", err
		}
		for _, p := range seen {
			if p = inside(p); p.SrcMAC.String() == mac && p.EtherType != pcap.EtherARP {
				return "", fmt.Errorf("at %s: %s", name, p)
			}
		}
	}
	return fmt.Sprintf("%d frames", 2*len(reserved)), nil
}

// checkDuplicate has a3 use the address of a2.
func (o *ordinary) checkDuplicate(ctx context.Context) error {
	o.Section("a3 takes the address of a2")
	addr, owner, thief := o.addr("a2").String(), o.ports["a2"].MACAddress, o.ports["a3"].MACAddress
	if _, err := o.in(ctx, "a3", "ip", "address", "add", addr+"/24", "dev", "eth0"); err != nil {
		return err
	}
	asked := func(name string) {
		o.Check(ctx, name, func(ctx context.Context) (string, error) {
			out, err := o.in(ctx, "near", "arping", "-c2", "-w30", "-I", "eth0", addr)
			out = strings.ToLower(out)
			return lineWith(out, "reply"), errors.Join(err, contains("arping", out, "["+owner+"]"), lacks("arping", out, thief))
		})
	}
	claim := func() error {
		_, err := o.in(ctx, "a3", "sh", "-c", fmt.Sprintf("arping -q -U -c1 -I eth0 %[1]s; arping -q -A -c1 -I eth0 %[1]s", addr))
		return err
	}
	if err := claim(); err != nil {
		return err
	}
	asked("with port security the owner alone answers who asks")
	o.Check(ctx, "and everybody who knew it still reaches it", func(ctx context.Context) (string, error) {
		return Ping(ctx, o.place("b1"), o.addr("a2"))
	})
	if err := o.secure(ctx, false, "a3"); err != nil {
		return err
	}
	asked("without it, the owner is answered for all the same")
	o.Check(ctx, "and hears of the other when it asks whether its address is free", func(ctx context.Context) (string, error) {
		out, err := o.in(ctx, "a2", "sh", "-c", "arping -D -c2 -w30 -I eth0 "+addr+"; true")
		out = strings.ToLower(out)
		return lineWith(out, "reply"), errors.Join(err, contains("arping -D", out, thief))
	})
	_, err := o.in(ctx, "a3", "ip", "address", "del", addr+"/24", "dev", "eth0")
	return errors.Join(err, o.secure(ctx, true, "a3"))
}
