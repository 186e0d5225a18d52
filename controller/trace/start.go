package trace

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"weft/api"
	"weft/tables"
)

// start finds where the packet begins its way, and what its sender makes of it.
func (k *walk) start() (place, error) {
	if err := k.check(); err != nil {
		return place{}, err
	}
	k.pkt = packet{to: k.q.To, from: k.q.Source, src: k.q.SourceMAC, dst: k.q.ToMAC, proto: cmp.Or(k.q.Proto, icmp), port: k.q.Port, ttl: startTTL}
	if k.q.From == "" {
		return k.startOutside()
	}
	p, ok := k.at.Port(k.q.From)
	if !ok {
		return place{}, api.Faultf(api.NotFound, "PortNotFound", "Port %s could not be found.", k.q.From)
	}
	if !p.IsGuest() {
		return place{}, api.Faultf(api.BadRequest, "BadRequest",
			"port %s is weft's own (%s): name a guest's port, or an external network from whose wire the packet comes", p.ID, p.DeviceOwner)
	}
	if k.pkt.src.IsZero() {
		k.pkt.src = p.MAC
	}
	if !k.firstHop(p) {
		return place{}, nil
	}
	return k.plugged(p), nil
}

// check refuses a query that no packet could be.
func (k *walk) check() error {
	bad := func(format string, args ...any) error {
		return api.Faultf(api.BadRequest, "BadRequest", format, args...)
	}
	q := k.q
	switch {
	case (q.From == "") == (q.Outside == ""):
		return bad("name either the port that sends the packet or the external network from whose wire it comes")
	case !oneMachine(q.To):
		return bad("'%s' is not an address of one machine", q.To)
	case q.Source.IsValid() && !oneMachine(q.Source):
		return bad("'%s' is not an address of one machine", q.Source)
	case q.Source.IsValid() && q.Source.Is4() != q.To.Is4():
		return bad("%s and %s are not of one IP version", q.Source, q.To)
	case q.Proto != "" && q.Proto != icmp && !hasPorts(q.Proto):
		return bad("'%s' is none of icmp, tcp, udp and sctp", q.Proto)
	case hasPorts(q.Proto) != (q.Port != 0):
		return bad("tcp, udp and sctp need a destination port, icmp has none")
	}
	return nil
}

func hasPorts(proto string) bool { return slices.Contains([]string{"tcp", "udp", "sctp"}, proto) }

// oneMachine reports whether an address is one that others reach a machine by.
func oneMachine(a netip.Addr) bool {
	everybody := netip.AddrFrom4([4]byte{255, 255, 255, 255})
	return a.IsValid() && a.Zone() == "" && !a.IsUnspecified() && !a.IsMulticast() && !a.Is4In6() && !a.IsLoopback() && a != everybody
}

// firstHop finds the sender's address, and the MAC to which it sends. It reports false if the walk ends there.
func (k *walk) firstHop(p *api.Port) bool {
	var on *api.Subnet
	for _, f := range p.FixedIPs {
		if f.Addr == k.pkt.to {
			k.end(Delivered, "", "guest", fmt.Sprintf("%s is the address of %s itself: what a guest sends there never leaves it", f.Addr, k.called(p.Ref())), "")
			return false
		}
		sub, ok := k.at.Subnet(f.SubnetID)
		if !ok || f.Addr.Is4() != k.pkt.to.Is4() {
			continue
		}
		if on == nil || sub.CIDR.Contains(k.pkt.to) {
			on = sub
			if !k.q.Source.IsValid() {
				k.pkt.from = f.Addr
			}
		}
	}
	if on == nil && !k.pkt.from.IsValid() {
		k.end(Dropped, "", "guest", fmt.Sprintf("%s has no address of IPv%d to send from", k.called(p.Ref()), version(k.pkt.to)),
			"give the port an address: weft port set --fixed-ip subnet=SUBNET PORT")
		return false
	}
	hop, how := k.pkt.to, "it is on the link"
	if on != nil && !on.CIDR.Contains(hop) {
		if hop, how = nextHop(on, hop); !hop.IsValid() {
			k.end(Dropped, "", "guest", fmt.Sprintf("subnet %s has no gateway: its guests know no way to %s", on.CIDR, k.pkt.to),
				"give it one: weft subnet set --gateway IP SUBNET, and a router: weft router add subnet ROUTER SUBNET")
			return false
		}
	}
	if k.pkt.dst.IsZero() {
		mac, why, sure := k.owner(p.NetworkID, hop)
		if why != "" && sure {
			k.end(Dropped, "", "guest", why, ownerHint(hop != k.pkt.to, hop))
			return false
		}
		k.pkt.dst = mac
		if why != "" {
			k.pkt.dst = nobody
		}
	}
	k.step(Step{Place: "guest", Does: fmt.Sprintf("sends to %s (%s): %s", hop, k.pkt.dst, how), Subject: k.subject(p.Ref())})
	return true
}

func version(a netip.Addr) int {
	if a.Is4() {
		return 4
	}
	return 6
}

// nextHop is what a guest that follows its subnet's settings takes for a destination elsewhere.
func nextHop(sub *api.Subnet, to netip.Addr) (netip.Addr, string) {
	best := -1
	hop, how := sub.GatewayIP, "the subnet's gateway"
	for _, r := range sub.HostRoutes {
		if r.Destination.Contains(to) && r.Destination.Bits() > best {
			best, hop, how = r.Destination.Bits(), r.NextHop, "the subnet's host route to "+r.Destination.String()
		}
	}
	return hop, how
}

func ownerHint(gateway bool, a netip.Addr) string {
	if gateway {
		return "no router has the gateway's address: weft router add subnet ROUTER SUBNET"
	}
	return fmt.Sprintf("weft port list --filter fixed_ips=ip_address=%s shows on which network the address is", a)
}

// mayBeOutside reports whether machines that weft does not know may be on a network.
func (k *walk) mayBeOutside(id api.NetworkID) bool {
	n, ok := k.at.Network(id)
	if !ok || !n.Tunnelled() {
		return true
	}
	for range k.at.VTEPsOf(id) {
		return true
	}
	for range k.at.LoosePortsOf(id) {
		return true
	}
	return false
}

// plugged is where a guest's frames come in.
func (k *walk) plugged(p *api.Port) place {
	b, bound := k.at.BoundOn(p.ID)
	if !bound || b.OFPort == 0 {
		return k.end(Dropped, "", "guest", k.unplugged(p), "start the guest, or plug it in: weft libvirt xml PORT, weft attach PORT")
	}
	if h, ok := k.at.Host(b.HostID); !ok || !h.Alive() {
		return k.end(Dropped, b.HostID, "guest", k.unplugged(p), "see to the host: weft host show "+string(b.HostID))
	}
	if _, sub, ok := k.at.TrunkOfSubPort(p.ID); ok && b.Parent != "" {
		k.pkt.vlan = sub.SegmentationID
	}
	if !k.sends(p, b) {
		return place{host: b.HostID}
	}
	return place{host: b.HostID, bridge: tables.BridgeInt, port: b.OFPort}
}

// startOutside finds the host to which a packet from an external network's wire comes first.
func (k *walk) startOutside() (place, error) {
	bad := func(format string, args ...any) (place, error) {
		return place{}, api.Faultf(api.BadRequest, "BadRequest", format, args...)
	}
	n, ok := k.at.Network(k.q.Outside)
	if !ok {
		return place{}, api.Faultf(api.NotFound, "NetworkNotFound", "Network %s could not be found.", k.q.Outside)
	}
	name := k.called(n.Ref())
	if n.Tunnelled() {
		return bad("%s is one of tunnels: there is no wire outside of it", name)
	}
	for sub := range k.at.SubnetsOf(n.ID) {
		if sub.CIDR.Contains(k.pkt.to) && !k.pkt.from.IsValid() {
			k.pkt.from = cmp.Or(sub.GatewayIP, sub.CIDR.Addr().Next())
		}
	}
	if !k.pkt.from.IsValid() {
		return bad("%s is in no subnet of %s, so nobody there sends to it; say who does with a source address", k.pkt.to, name)
	}
	k.pkt.src = cmp.Or(k.pkt.src, nobody)
	if k.pkt.dst.IsZero() {
		mac, why, _ := k.owner(n.ID, k.pkt.to)
		if why != "" {
			return k.end(Dropped, "", "wire", why, "weft floatingip list shows what floating IPs stand for"), nil
		}
		k.pkt.dst = mac
	}
	k.step(Step{Place: "wire", Does: fmt.Sprintf("sends to %s (%s)", k.pkt.to, k.pkt.dst), Subject: k.subject(n.Ref())})
	return k.fromWire("", n), nil
}
