package trace

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"weft/api"
	"weft/plan"
	"weft/tables"
)

// localPort is a bridge's own port: to a provider bridge, what is no patch is the wire.
const localPort = 0xfffffffe

// forward asks the switch that the packet is at, and goes where it sends it.
func (k *walk) forward(p place) (place, error) {
	text, err := k.world.Switch(k.ctx, p.host, plan.SwitchQuestion{Bridge: p.bridge, Flow: k.pkt.flow(p)})
	if err != nil {
		return k.end(Unknown, p.host, p.bridge, err.Error(), "see to the host: weft host show "+string(p.host)), nil
	}
	seen, outs := read(text, frame{src: k.pkt.src, dst: k.pkt.dst, vlan: k.pkt.vlan})
	if len(seen) == 0 {
		return k.end(Unknown, p.host, p.bridge, "ovs-vswitchd says nothing about the packet that could be understood", ""), nil
	}
	pl, err := k.plan(p.host)
	if err != nil {
		return place{}, err
	}
	for _, v := range seen {
		k.step(k.tableStep(p.host, pl, v))
	}
	return k.follow(p, seen[len(seen)-1], outs)
}

// tableStep says what a table did, and for whom.
func (k *walk) tableStep(host api.HostID, pl plan.Plan, v visited) Step {
	class := tables.ClassOf(v.bridge)
	s := Step{Host: host, Place: v.bridge, Table: &v.table, TableName: tables.Name(class, tables.ID(v.table)), Rule: v.match}
	s.Does = k.inWords(host, v)
	for _, f := range pl.Flows {
		if f.Bridge == v.bridge && f.Table == v.table && f.Cookie == v.cookie {
			s.Subject = k.subject(f.Subject)
		}
	}
	return s
}

// follow takes the copy of the frame that goes towards its destination.
func (k *walk) follow(p place, last visited, outs []outcome) (place, error) {
	gone := ""
	outs = slices.DeleteFunc(slices.Clone(outs), func(o outcome) bool {
		if o.note != "" {
			gone = missing(o)
		}
		return o.note != "" || o.kind == toWire && o.bridge == p.bridge && p.port == localPort
	})
	for _, o := range outs {
		if b, port, ok := k.behind(p.host, o); ok && (port.MAC == o.frame.dst || len(outs) == 1) {
			return k.arrive(p.host, o, b, port)
		}
	}
	for _, o := range outs {
		if h, ok := k.tunnelEnd(o); ok && (len(outs) == 1 || k.isOn(o.frame, h.ID)) {
			return k.through(p.host, o, h), nil
		}
	}
	for _, o := range outs {
		if o.kind == toWire {
			return k.toWire(p.host, o), nil
		}
	}
	return k.lost(p, last, outs, gone), nil
}

// missing says that a flow names a port that the bridge does not have, if that is why a copy did not leave.
func missing(o outcome) string {
	if !strings.Contains(strings.ToLower(o.note), "nonexistent") {
		return ""
	}
	return fmt.Sprintf("%s has no port %d any more, to which the flow sends it", o.bridge, o.port)
}

// wayBack warns of a packet to which machines outside cannot answer.
func (k *walk) wayBack(n *api.Network) string {
	for sub := range k.at.SubnetsOf(n.ID) {
		if sub.CIDR.Contains(k.pkt.from) {
			return ""
		}
	}
	return fmt.Sprintf("answers come back only if machines outside have a route to %s: else switch on SNAT (weft router set "+
		"--external-gateway NETWORK --enable-snat ROUTER), or give the guest a floating IP", k.pkt.from)
}

// behind finds the port that is plugged in where a copy leaves br-int.
func (k *walk) behind(host api.HostID, o outcome) (b *api.Binding, p *api.Port, ok bool) {
	if o.kind != toPort || o.bridge != tables.BridgeInt {
		return nil, nil, false
	}
	for x := range k.at.BindingsOn(host) {
		port, known := k.at.Port(x.PortID)
		if !known || x.OFPort != o.port || x.Problem != "" {
			continue
		}
		if !ok || port.MAC == o.frame.dst {
			b, p, ok = x, port, true
		}
	}
	return b, p, ok
}

// isOn reports whether the destination of a frame is on a host.
func (k *walk) isOn(f frame, host api.HostID) bool {
	for p := range k.at.PortsWithMAC(f.dst) {
		if h, ok := k.hostOf(p); ok && h == host {
			return true
		}
	}
	return false
}

// tunnelEnd finds the host that a copy is sent to by tunnel.
func (k *walk) tunnelEnd(o outcome) (*api.Host, bool) {
	if o.kind != toPort || o.bridge != tables.BridgeTun || !o.frame.tunnel.IsValid() {
		return nil, false
	}
	for h := range k.at.Hosts() {
		if h.TunnelIP == o.frame.tunnel {
			return h, true
		}
	}
	return nil, false
}

// through goes through a tunnel, after trying it.
func (k *walk) through(from api.HostID, o outcome, to *api.Host) place {
	problem, broken := k.world.Tunnel(k.ctx, from, to.ID)
	does := fmt.Sprintf("VXLAN to host %s (%s), VNI %d: packets pass", to.ID, to.TunnelIP, o.frame.vni)
	if problem != "" {
		does = problem
		if !broken {
			k.note(from, "small packets pass, but %s", problem)
		}
	}
	k.step(Step{Host: from, Place: "underlay", Does: does, Subject: k.subject(to.Ref())})
	if broken {
		return k.end(Dropped, from, "underlay", problem, fmt.Sprintf("weft check tunnels --from %s --to %s tries it again", from, to.ID))
	}
	h, ok := k.at.Host(from)
	if !ok {
		return k.end(Unknown, from, "underlay", "the host is not known any more", "")
	}
	k.pkt.src, k.pkt.dst, k.pkt.vlan = o.frame.src, o.frame.dst, o.frame.vlan
	return place{host: to.ID, bridge: tables.BridgeTun, port: to.OFPort(tables.BridgeTun, tables.VXLANPort),
		tunnel: &tunnel{from: h.TunnelIP, vni: o.frame.vni}}
}

// toWire finds who takes a frame that leaves by a provider bridge.
func (k *walk) toWire(from api.HostID, o outcome) place {
	h, _ := k.at.Host(from)
	k.pkt.src, k.pkt.dst, k.pkt.vlan = o.frame.src, o.frame.dst, o.frame.vlan
	for _, physnet := range slices.Sorted(maps.Keys(h.BridgeMappings)) {
		if h.BridgeMappings[physnet] != o.bridge {
			continue
		}
		kind := api.NetworkVLAN
		if o.frame.vlan == 0 {
			kind = api.NetworkFlat
		}
		if n, ok := k.at.NetworkBySegment(kind, physnet, uint32(o.frame.vlan)); ok {
			return k.fromWire(from, n)
		}
	}
	return k.end(Left, from, o.bridge, "it leaves for a wire on which weft knows no network", "")
}

// fromWire brings a frame on a provider network's wire to the host of its destination; from is the host that sent it.
func (k *walk) fromWire(from api.HostID, n *api.Network) place {
	name := k.called(n.Ref())
	p, known := k.at.PortByMAC(n.ID, k.pkt.dst)
	if !known {
		return k.end(Left, from, "wire", fmt.Sprintf("it leaves the cloud by %s with the source %s: %s is a machine outside, or nobody",
			name, k.pkt.from, k.pkt.to), k.wayBack(n))
	}
	host, placed := k.hostOf(p)
	h, ok := k.at.Host(host)
	if !placed || !ok || host == from {
		return k.end(Dropped, from, "wire", "nobody on the wire takes it: "+k.unreachable(n.ID, k.pkt.dst), "")
	}
	bridge := h.BridgeMappings[n.PhysicalNetwork]
	if bridge == "" {
		return k.end(Dropped, host, "wire", fmt.Sprintf("host %s has no bridge on physical network %s", host, n.PhysicalNetwork),
			fmt.Sprintf("start its agent with --bridge-mapping %s:BRIDGE", n.PhysicalNetwork))
	}
	k.step(Step{Host: host, Place: "wire", Does: "comes to host " + string(host), Subject: k.subject(n.Ref())})
	if n.Type == api.NetworkVLAN {
		k.pkt.vlan = uint16(n.SegmentationID)
	}
	return place{host: host, bridge: bridge, port: localPort}
}

// arrive is the end of a guest's packet, or its way into a namespace.
func (k *walk) arrive(host api.HostID, o outcome, b *api.Binding, p *api.Port) (place, error) {
	k.pkt.src, k.pkt.dst, k.pkt.vlan = o.frame.src, o.frame.dst, o.frame.vlan
	if p.IsGuest() {
		if !has(p, k.pkt.to) && k.q.ToMAC.IsZero() && p.PortSecurityEnabled {
			return k.end(Dropped, host, b.Interface, fmt.Sprintf("it comes to %s, which does not have the address %s", k.called(p.Ref()), k.pkt.to), ""), nil
		}
		if !k.isUp(p, b) {
			return place{}, nil
		}
		return k.end(Delivered, host, b.Interface, "it arrives at "+k.called(p.Ref()), ""), nil
	}
	pl, err := k.plan(host)
	if err != nil {
		return place{}, err
	}
	ns, dev, ok := deviceOf(pl, p.ID)
	if !ok {
		return k.end(Dropped, host, b.Interface, "no namespace is planned for "+k.called(p.Ref()), "weft diff "+string(host)), nil
	}
	return place{host: host, ns: ns, dev: dev}, nil
}
