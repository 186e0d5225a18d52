package scenario

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"weft/client"
	"weft/lab/pcap"
)

// learned lists the flows of a host that its switch learned for metal. The machine's own devices may be learned too.
func (d *vtepCloud) learned(ctx context.Context, host string) ([]client.Flow, error) {
	table := uint8(20)
	all, err := d.Client.Flows(ctx, host, client.FlowQuery{Bridge: "br-tun", Table: &table})
	if err != nil {
		return nil, err
	}
	var out []client.Flow
	for _, f := range all {
		if strings.HasPrefix(f.Cookie, "0x6c") && strings.Contains(f.Text, metalMAC) {
			out = append(out, f)
		}
	}
	return out, nil
}

// leadsBack is what a learned flow says of where it leads. Of IPv6 it is an address in two halves.
func (d *vtepCloud) leadsBack() string {
	if d.bare.Is6() {
		return "NXM_NX_TUN_IPV6_DST"
	}
	return d.bare.String()
}

func (d *vtepCloud) checkLearned(ctx context.Context) {
	d.Check(ctx, "each host has learned metal's MAC, in the VTEP's name; no audit objects", func(ctx context.Context) (string, error) {
		seen := ""
		for _, vm := range []string{"vm1", "vm2"} {
			flows, err := d.learned(ctx, d.host(vm))
			if err != nil {
				return "", err
			}
			if len(flows) != 1 || !strings.Contains(flows[0].Actions, d.leadsBack()) || flows[0].Subject == nil || flows[0].Subject.Name != "bare" {
				return "", fmt.Errorf("%s has learned %+v, want one flow for %s of VTEP bare", d.host(vm), flows, metalMAC)
			}
			diff, err := d.Client.Diff(ctx, d.host(vm))
			if err != nil {
				return "", err
			}
			if len(diff.MissingFlows)+len(diff.ExtraFlows) > 0 {
				return "", fmt.Errorf("%s differs from its plan: %+v", d.host(vm), diff)
			}
			seen = flows[0].Text
		}
		return seen, nil
	})
	d.Check(ctx, "it stays while the controller is away, and when it comes back and compares", func(ctx context.Context) (string, error) {
		if err := d.Lab.Stop(ctx, "controller", "controller"); err != nil {
			return "", err
		}
		_, away := Ping(ctx, d.place("vm2"), netip.MustParseAddr(metalAddress))
		if err := d.Lab.Start(ctx, "controller", "controller"); err != nil {
			return "", errors.Join(away, err)
		}
		if err := errors.Join(away, d.Settled(ctx)); err != nil {
			return "", err
		}
		flows, err := d.learned(ctx, d.host("vm2"))
		if err == nil && len(flows) != 1 {
			err = fmt.Errorf("%s has learned %+v, want one flow", d.host("vm2"), flows)
		}
		return fmt.Sprintf("%d learned flow on %s", len(flows), d.host("vm2")), err
	})
}

// marked captures at a place while do runs, up to the first echo request between two machines, which marker makes: what
// was not captured before that was not sent.
func (d *vtepCloud) marked(ctx context.Context, at, from, to string, do func() error) ([]pcap.Packet, error) {
	c, err := StartCapture(ctx, d.place(at), "eth0")
	if err != nil {
		return nil, err
	}
	defer func() { _, _ = c.Stop() }()
	if err := do(); err != nil {
		return nil, err
	}
	src, dst := d.addressOf(from), d.addressOf(to)
	if _, err := Ping(ctx, d.place(from), dst); err != nil {
		return nil, err
	}
	return c.Await(ctx, "echo request of "+from, func(p pcap.Packet) bool {
		if p.Inner != nil {
			p = *p.Inner
		}
		return p.ICMPType == pcap.EchoRequest && p.SrcIP == src && p.DstIP == dst
	})
}

func (d *vtepCloud) addressOf(name string) netip.Addr {
	if name == "metal" {
		return netip.MustParseAddr(metalAddress)
	}
	return d.addr(name)
}

// arping asks once for an address that nobody has to have.
func (d *vtepCloud) arping(ctx context.Context, from string, target string) error {
	p := d.place(from)
	c := "arping -c1 -w1 -I eth0 " + target + " >/dev/null 2>&1 || true"
	_, err := runAt(ctx, p, "sh", "-c", c)
	return err
}

func asksFor(target string) func(pcap.Packet) bool {
	a := netip.MustParseAddr(target)
	return func(p pcap.Packet) bool {
		if p.Inner != nil {
			p = *p.Inner
		}
		return p.EtherType == pcap.EtherARP && p.ARPOp == pcap.ARPRequest && p.DstIP == a
	}
}

// count wants exactly so many of the packets.
func count(ps []pcap.Packet, want int, what string, match func(pcap.Packet) bool) (string, error) {
	got := len(pick(ps, match))
	seen := fmt.Sprintf("%d of %s among %d packets", got, what, len(ps))
	if got != want {
		return seen, fmt.Errorf("%d packets are %s, want %d:%s", got, what, want, sample(ps))
	}
	return seen, nil
}

func (d *vtepCloud) checkBroadcast(ctx context.Context) {
	d.Section("Broadcast and ARP")
	const nobody = "192.168.20.200"
	for _, vm := range []string{"vm1", "vm2"} {
		d.Check(ctx, "a broadcast of metal reaches "+vm+" once", func(ctx context.Context) (string, error) {
			ps, err := d.marked(ctx, vm, "metal", vm, func() error { return d.arping(ctx, "metal", nobody) })
			if err != nil {
				return "", err
			}
			return count(ps, 1, "metal's request", asksFor(nobody))
		})
	}
	d.Check(ctx, "a broadcast of metal does not come back to it from the hosts", func(ctx context.Context) (string, error) {
		ps, err := d.marked(ctx, "bare", "vm1", "metal", func() error { return d.arping(ctx, "metal", nobody) })
		if err != nil {
			return "", err
		}
		return count(ps, len(d.vms), "copies to each host", asksFor(nobody))
	})
	d.Check(ctx, "a broadcast of vm1 reaches metal once", func(ctx context.Context) (string, error) {
		ps, err := d.marked(ctx, "metal", "vm1", "metal", func() error { return d.arping(ctx, "vm1", nobody) })
		if err != nil {
			return "", err
		}
		return count(ps, 1, "vm1's request", asksFor(nobody))
	})
	d.Check(ctx, "vm1 asks for vm2: answered on its host, the machine hears nothing", func(ctx context.Context) (string, error) {
		ps, err := d.marked(ctx, "bare", "vm1", "metal", func() error { return d.arping(ctx, "vm1", d.addr("vm2").String()) })
		if err != nil {
			return "", err
		}
		return count(ps, 0, "requests", asksFor(d.addr("vm2").String()))
	})
}

func (d *vtepCloud) checkStrangers(ctx context.Context) {
	d.Section("Who is let in")
	hosts := d.Lab.Topology().Hosts
	for _, x := range []struct {
		name, netns, local, vm string
		vni                    uint32
		addr                   string
	}{
		{"the VTEP's own address, in a network that it has not joined", "bare", d.bare.String(), "vm3", d.green.SegmentationID, "10.20.20.77"},
		{"the network's VNI, from an address that is no VTEP's", "stranger", d.stranger.String(), "vm1", d.blue.SegmentationID, "192.168.20.77"},
	} {
		d.Check(ctx, x.name+": dropped", func(ctx context.Context) (string, error) {
			host := hosts[x.vm[2]-'1']
			zero := "" // devices with one port must agree in this
			if d.bare.Is6() {
				zero = "udp6zerocsumrx"
			}
			_, err := d.on(ctx, x.netns, fmt.Sprintf(`ip link add vxbad type vxlan id %d dstport 4789 local %s remote %s nolearning %s
				ip address add %s/24 dev vxbad
				ip link set vxbad mtu 1400 up`, x.vni, x.local, host.Address, zero, x.addr))
			if err != nil {
				return "", err
			}
			wire, err := StartCapture(ctx, d.place("router"), host.Name)
			if err != nil {
				return "", err
			}
			defer func() { _, _ = wire.Stop() }()
			marker := map[string]string{"vm1": "vm2", "vm3": "vm1"}[x.vm]
			ps, err := d.marked(ctx, x.vm, marker, x.vm, func() error {
				if _, err := runAt(ctx, d.place(x.netns), "sh", "-c",
					"arping -c2 -w2 -I vxbad "+d.addr(x.vm).String()+" >/dev/null 2>&1 || true"); err != nil {
					return err
				}
				_, err := wire.Await(ctx, "request in VXLAN for "+host.Name, asksFor(d.addr(x.vm).String()))
				return err
			})
			if err != nil {
				return "", err
			}
			foreign := netip.MustParseAddr(x.addr)
			seen, err := count(ps, 0, "from the stranger", func(p pcap.Packet) bool { return p.SrcIP == foreign })
			_, gone := d.on(ctx, x.netns, "ip link del vxbad")
			return seen, errors.Join(err, gone)
		})
	}
}

func (d *vtepCloud) checkAge(ctx context.Context) {
	d.Check(ctx, "what was learned is forgotten 2 s after the last frame (learn_age 2)", func(ctx context.Context) (string, error) {
		if err := d.change(ctx, client.Object{"learn_age": 2}); err != nil {
			return "", err
		}
		if _, err := Ping(ctx, d.place("metal"), d.addr("vm1")); err != nil {
			return "", err
		}
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		begun := time.Now()
		err := until(ctx, func() error {
			flows, err := d.learned(ctx, d.host("vm1"))
			if err == nil && len(flows) > 0 {
				err = fmt.Errorf("%s still has %s", d.host("vm1"), flows[0].Text)
			}
			return err
		})
		return fmt.Sprintf("gone after %.1f s", time.Since(begun).Seconds()), err
	})
	d.Check(ctx, "vm1 finds metal again by flooding", func(ctx context.Context) (string, error) {
		return Ping(ctx, d.place("vm1"), netip.MustParseAddr(metalAddress))
	})
}

func (d *vtepCloud) checkEntries(ctx context.Context) {
	d.Section("Weft is told of metal: weft vtep set bare --mac " + metalMAC + " --ip " + metalAddress)
	d.Check(ctx, "vm1's request for metal is answered on its own host", func(ctx context.Context) (string, error) {
		err := d.change(ctx, client.Object{"entries": []client.Object{{"mac_address": metalMAC, "ip_address": metalAddress}}})
		if err != nil {
			return "", err
		}
		ps, err := d.marked(ctx, "bare", "vm1", "metal", func() error {
			_, err := runAt(ctx, d.place("vm1"), "arping", "-c1", "-w3", "-I", "eth0", metalAddress)
			return err
		})
		if err != nil {
			return "", err
		}
		return count(ps, 0, "requests for metal", asksFor(metalAddress))
	})
	d.Check(ctx, "another machine with metal's MAC or address is refused", func(ctx context.Context) (string, error) {
		for _, port := range []client.Port{
			{NetworkID: d.blue.ID, MACAddress: metalMAC},
			{NetworkID: d.blue.ID, FixedIPs: []client.FixedIP{{IPAddress: metalAddress}}},
		} {
			p, err := d.Client.Ports().Create(ctx, port)
			if err == nil {
				return "", fmt.Errorf("port %s was made with MAC %s and addresses %v", p.ID, p.MACAddress, p.FixedIPs)
			}
		}
		return "409 both times", nil
	})
}

func (d *vtepCloud) checkRouted(ctx context.Context, title string) {
	d.Section(title)
	for _, x := range [][2]string{{"vm3", "metal"}, {"metal", "vm3"}} {
		d.Check(ctx, x[0]+" → "+x[1]+", each request answered once", func(ctx context.Context) (string, error) {
			out, err := runAt(ctx, d.place(x[0]), "ping", "-n", "-c5", "-i0.2", "-W2", d.addressOf(x[1]).String())
			if err == nil && strings.Contains(out, "DUP") {
				err = errors.New("some answers came twice:\n" + out)
			}
			return statistics(out), err
		})
	}
}

func (d *vtepCloud) checkTold(ctx context.Context) {
	d.Section("Nothing is learned: weft vtep set bare --no-learning, and the script again for the other end")
	d.Check(ctx, "what was learned is gone from every host at once", func(ctx context.Context) (string, error) {
		if err := d.change(ctx, client.Object{"learning": false}); err != nil {
			return "", err
		}
		for _, vm := range []string{"vm1", "vm2"} {
			if flows, err := d.learned(ctx, d.host(vm)); err != nil || len(flows) > 0 {
				return "", errors.Join(err, fmt.Errorf("%s has %+v", d.host(vm), flows))
			}
		}
		return "no learned flow", nil
	})
	d.Check(ctx, "metal ↔ vm2, and the machine's own proxy answers ARP", func(ctx context.Context) (string, error) {
		if _, err := d.on(ctx, "bare", fmt.Sprintf("ip link del vxlan%d", d.blue.SegmentationID)); err != nil {
			return "", err
		}
		if err := d.script(ctx); err != nil {
			return "", err
		}
		ps, err := d.marked(ctx, "bare", "metal", "vm2", func() error {
			_, err := runAt(ctx, d.place("metal"), "ip", "neigh", "flush", "dev", "eth0")
			return err
		})
		if err != nil {
			return "", err
		}
		seen, err := count(ps, 0, "requests in VXLAN", func(p pcap.Packet) bool { return tunnelledARP(p) })
		if err != nil {
			return seen, err
		}
		return Ping(ctx, d.place("vm2"), netip.MustParseAddr(metalAddress))
	})
}

func (d *vtepCloud) checkGone(ctx context.Context) error {
	d.Section("The VTEP is deleted")
	if err := d.Client.Delete(ctx, client.VTEPs, d.vtep.Text("id")); err != nil {
		return err
	}
	if err := d.Settled(ctx); err != nil {
		return err
	}
	d.Check(ctx, "metal reaches nobody", func(ctx context.Context) (string, error) {
		// A switch that has confirmed a change may forward by what its datapath has cached for a moment more.
		ctx, cancel := context.WithTimeout(ctx, awaitTimeout)
		defer cancel()
		var seen string
		err := until(ctx, func() (err error) {
			seen, err = NoPing(ctx, d.place("metal"), d.addr("vm1"))
			return err
		})
		return seen, err
	})
	d.Check(ctx, "no switch has a flow that names it", func(ctx context.Context) (string, error) {
		for _, h := range d.Lab.Topology().Hosts {
			flows, err := d.Flows(ctx, h.Name)
			if err != nil {
				return "", err
			}
			if err := lacks("the flows of "+h.Name, strings.Join(flows, "\n"), d.bare.String(), metalMAC, "learn("); err != nil {
				return "", err
			}
		}
		return fmt.Sprintf("%d hosts", len(d.Lab.Topology().Hosts)), nil
	})
	return nil
}
