package trace

import (
	"errors"
	"fmt"
	"net/netip"

	"weft/api"
	"weft/plan"
	"weft/tables"
)

// deviceOf finds the device in a namespace whose other end is plugged in as a port.
func deviceOf(pl plan.Plan, id api.PortID) (ns, dev string, ok bool) {
	peer := ""
	for _, i := range pl.Items {
		if p, is := i.Spec.(plan.OVSPort); is && p.IfaceID == id {
			peer = p.Dev
		}
	}
	for _, i := range pl.Items {
		if v, is := i.Spec.(plan.Veth); is && v.PeerDev == peer && v.PeerNS == "" && peer != "" {
			return v.NS, v.Dev, true
		}
	}
	return "", "", false
}

// route goes through a namespace: translation of the destination, the kernel's route, filters, translation of the source.
func (k *walk) route(p place) (place, error) {
	pl, err := k.plan(p.host)
	if err != nil {
		return place{}, err
	}
	of := k.namespaceOf(pl, p.ns)
	k.pkt.dnat = false
	in := ruleset{plan: pl, ns: p.ns, six: k.pkt.to.Is6()}
	if by := in.translate(&k.pkt, "PREROUTING", p.dev, ""); by != nil {
		k.step(Step{Host: p.host, Place: p.ns, Rule: by.Spec.(plan.NAT).Rule, Does: fmt.Sprintf("for %s now", k.pkt.destination()), Subject: k.subject(by.Subject)})
	}
	way, err := k.world.Way(k.ctx, p.host, plan.WayQuestion{NS: p.ns, Dev: p.dev, From: k.pkt.from, To: k.pkt.to})
	for _, rule := range way.Foreign {
		k.note(p.host, "somebody has put a rule of their own into %s, which may drop or change packets: %s", p.ns, rule)
	}
	var none NoWay
	switch {
	case errors.As(err, &none):
		k.step(Step{Host: p.host, Place: p.ns, Does: string(none) + ": dropped", Subject: of})
		return k.end(Dropped, p.host, p.ns, string(none), k.routeHint(p, of)), nil
	case err != nil:
		return k.end(Unknown, p.host, p.ns, err.Error(), "see to the host: weft host show "+string(p.host)), nil
	case way.Local:
		k.step(Step{Host: p.host, Place: p.ns, Does: fmt.Sprintf("%s is its own", k.pkt.to), Subject: of})
		return k.local(p), nil
	}
	k.pkt.ttl--
	k.step(Step{Host: p.host, Place: p.ns, Does: wayInWords(way), Subject: of})
	if by := in.refused(k.pkt, p.dev, way.Dev); by != nil {
		rule := by.Spec.(plan.NAT).Rule
		k.step(Step{Host: p.host, Place: p.ns, Rule: rule, Does: "dropped", Subject: k.subject(by.Subject)})
		return k.end(Dropped, p.host, p.ns, "the networks before and behind the router are of different address scopes, between which it "+
			"forwards nothing", "weft subnetpool list --long shows the address scopes; a floating IP leads into another one"), nil
	}
	if by := in.translate(&k.pkt, "POSTROUTING", p.dev, way.Dev); by != nil {
		k.step(Step{Host: p.host, Place: p.ns, Rule: by.Spec.(plan.NAT).Rule, Does: fmt.Sprintf("from %s now", k.pkt.from), Subject: k.subject(by.Subject)})
	}
	return k.leave(p, pl, way), nil
}

// local is the end of what is for a router's own address: it answers ICMP, and has no services.
func (k *walk) local(p place) place {
	if k.pkt.proto == icmp {
		return k.end(Delivered, p.host, p.ns, fmt.Sprintf("the router itself has the address %s, and answers", k.pkt.to), "")
	}
	hint := ""
	for f := range k.at.FloatingIPsWithAddr(k.pkt.to) {
		if len(f.Forwards) > 0 {
			hint = fmt.Sprintf("weft floatingip port forwarding list %s shows which ports it forwards", f.Addr)
		}
	}
	return k.end(Dropped, p.host, p.ns, fmt.Sprintf("the router itself has the address %s, and refuses %s port %d", k.pkt.to, k.pkt.proto, k.pkt.port), hint)
}

func wayInWords(w plan.Way) string {
	out := "routed by " + w.Dev
	if w.Via.IsValid() {
		out += " to " + w.Via.String()
	}
	if w.Table != 0 && w.Table != 254 {
		out += fmt.Sprintf(" (table %d)", w.Table)
	}
	return out
}

func (p packet) destination() string {
	if p.port == 0 {
		return p.to.String()
	}
	return netip.AddrPortFrom(p.to, p.port).String()
}

// namespaceOf finds the object whose namespace it is.
func (k *walk) namespaceOf(pl plan.Plan, ns string) *Subject {
	for _, i := range pl.Items {
		if n, ok := i.Spec.(plan.Namespace); ok && n.Name == ns {
			return k.subject(i.Subject)
		}
	}
	return nil
}

// routeHint says how a router gets a route.
func (k *walk) routeHint(p place, of *Subject) string {
	if of == nil || of.Kind != api.KindRouter {
		return "weft plan " + string(p.host) + " --items --explain shows its routes"
	}
	r, ok := k.at.Router(api.RouterID(of.ID))
	switch {
	case ok && r.Gateway == nil:
		return "the router has no gateway: weft router set --external-gateway NETWORK ROUTER, or a static route: weft router set --route " +
			"destination=CIDR,gateway=IP ROUTER"
	case ok && r.Gateway.Problem != "":
		return "the router's gateway: " + r.Gateway.Problem
	case ok && !r.Gateway.EnableSNAT:
		return "the router translates nothing (SNAT is off): only guests with a floating IP get out; weft router set --external-gateway NETWORK --enable-snat ROUTER"
	}
	return "weft router show ROUTER shows its gateway and routes"
}

// leave goes out of a namespace by the device of a route.
func (k *walk) leave(p place, pl plan.Plan, way plan.Way) place {
	hop := way.Via
	if !hop.IsValid() {
		hop = k.pkt.to
	}
	for _, i := range pl.Items {
		v, ok := i.Spec.(plan.Veth)
		switch {
		case !ok:
		case v.NS == p.ns && v.Dev == way.Dev && v.PeerNS != "":
			return place{host: p.host, ns: v.PeerNS, dev: v.PeerDev}
		case v.PeerNS == p.ns && v.PeerDev == way.Dev:
			return place{host: p.host, ns: v.NS, dev: v.Dev}
		case v.NS == p.ns && v.Dev == way.Dev:
			return k.toSwitch(p, pl, v, hop)
		}
	}
	return k.end(Unknown, p.host, p.ns, fmt.Sprintf("its kernel leads it to %s, which is not weft's", way.Dev), "")
}

// toSwitch comes back from a namespace to br-int, addressed to the next hop.
func (k *walk) toSwitch(p place, pl plan.Plan, v plan.Veth, hop netip.Addr) place {
	var id api.PortID
	for _, i := range pl.Items {
		if o, ok := i.Spec.(plan.OVSPort); ok && o.Dev == v.PeerDev {
			id = o.IfaceID
		}
	}
	port, known := k.at.Port(id)
	b, bound := k.at.Binding(id, p.host)
	if !known || !bound || !b.Usable() {
		return k.end(Dropped, p.host, v.Dev, "the device "+v.PeerDev+" is not plugged in on br-int", "weft diff "+string(p.host))
	}
	mac, ok := neighbour(pl, p.ns, v.Dev, hop)
	if !ok {
		var why string
		var sure bool
		if mac, why, sure = k.owner(port.NetworkID, hop); why != "" {
			if sure {
				return k.end(Dropped, p.host, p.ns, why, ownerHint(false, hop))
			}
			mac = nobody
		}
	}
	k.pkt.src, k.pkt.dst, k.pkt.vlan = v.MAC, mac, 0
	return place{host: p.host, bridge: tables.BridgeInt, port: b.OFPort}
}

func neighbour(pl plan.Plan, ns, dev string, a netip.Addr) (api.MAC, bool) {
	for _, i := range pl.Items {
		if n, ok := i.Spec.(plan.Neighbour); ok && n.NS == ns && n.Dev == dev && n.Addr == a {
			return n.MAC, true
		}
	}
	return api.MAC{}, false
}
