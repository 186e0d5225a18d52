package e2e

import (
	"net/netip"
	"testing"

	"weft/lab/pcap"
	"weft/lab/scenario"
)

// The guest a1 sends frames with a MAC and addresses that are not its own. Its neighbour on the same host, one on another
// host, and the tunnels see none of them, and keep their idea of who has which address.
func spoofedFramesAreSeenNowhere(t *testing.T, c *cloud) {
	near := c.guest(t, "a2", "host1")
	liar, far := c.named(t, "a1"), c.named(t, "b1")
	captures := map[string]*scenario.Capture{}
	for name, dev := range map[string]string{"a2": "eth0", "b1": "eth0", "host1": "eth0"} {
		p, err := scenario.StartCapture(t.Context(), c.place(t, name), dev)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Stop() //nolint:errcheck // what it has is read before
		captures[name] = p
	}
	const stolen, foreign = "02:00:00:00:66:66", "10.66.0.199"
	for _, victim := range []string{near.Addresses[0].Addr().String(), far.Addresses[0].Addr().String()} {
		// Somebody else's address: said to be here by ARP, and as the source of packets. The liar's device has a name for
		// it so that the kernel plays along.
		c.in(t, "a1", "ip address add "+foreign+"/24 dev eth0; arping -c2 -w1 -A -I eth0 -s "+foreign+" "+victim+
			"; arping -c2 -w1 -U -I eth0 "+foreign+"; ping -c2 -i0.2 -W1 -I "+foreign+" "+victim+"; ip address del "+foreign+"/24 dev eth0")
		c.in(t, "a1", "ip address add "+victim+"/32 dev eth0; arping -c2 -w1 -U -I eth0 "+victim+"; ip address del "+victim+"/32 dev eth0")
		// Another MAC.
		c.in(t, "a1", "ip link set eth0 address "+stolen+"; ping -c2 -i0.2 -W1 "+victim+"; arping -c2 -w1 -I eth0 "+victim+
			"; ip link set eth0 address "+liar.MAC)
	}
	for name, p := range captures {
		checkUnspoofed(t, c, name, p, stolen, netip.MustParseAddr(foreign))
	}
	if err := c.lab.DeleteGuest(t.Context(), near.Name); err != nil {
		t.Fatal(err)
	}
	if err := c.api.Ports().Delete(t.Context(), near.PortID); err != nil {
		t.Fatal(err)
	}
}

// checkUnspoofed looks at all that came before the liar's first honest packet after the lies. What it captures must hold
// such a packet: a capture that sees nothing at all would prove nothing.
func checkUnspoofed(t *testing.T, c *cloud, name string, p *scenario.Capture, stolen string, foreign netip.Addr) {
	t.Helper()
	liar := c.named(t, "a1")
	to := "b1"
	if name == "a2" {
		to = "a2"
	}
	c.pings(t, "a1", c.named(t, to))
	honest := func(p pcap.Packet) bool {
		p = innermost(p)
		return p.ICMPType == pcap.EchoRequest && p.Proto == pcap.ProtoICMP && p.SrcIP == liar.Addresses[0].Addr()
	}
	seen, err := p.Await(t.Context(), "honest packet of the liar", honest)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range seen {
		in := innermost(s)
		lie := in.SrcMAC.String() == liar.MAC && in.EtherType == pcap.EtherARP && in.SrcIP != liar.Addresses[0].Addr()
		if lie || in.SrcMAC.String() == stolen || in.SrcIP == foreign {
			t.Errorf("at %s: %s", name, s)
		}
	}
}

func innermost(p pcap.Packet) pcap.Packet {
	if p.Inner != nil {
		return *p.Inner
	}
	return p
}
