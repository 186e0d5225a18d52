package sim

import (
	"errors"
	"fmt"
	"net/netip"

	"weft/api"
	"weft/pipeline"
	"weft/tables"
)

// Delivery is a copy of a packet that came out at a port of br-int behind which somebody is.
type Delivery struct {
	Host   api.HostID
	Port   api.PortID
	Packet Packet
}

// Crossing is a copy of a packet on the underlay or on a provider network's wire.
type Crossing struct {
	From    api.HostID
	To      api.HostID // "" on a wire, and for an external VTEP
	VTEP    netip.Addr // of the external one
	VNI     uint32
	Physnet string
	Packet  Packet
}

// Result is all that became of a packet.
type Result struct {
	Delivered []Delivery
	Underlay  []Crossing
	Wire      []Crossing
	// ToAgent are copies that went up to the agent of a host; Port is where the packet came from.
	ToAgent []Delivery
}

type flow struct{ pipeline.Flow }

// sameActions compares what two flows of one table do, whatever they match.
func (f flow) sameActions(g flow) bool {
	f.Match, g.Match = nil, nil
	return f.String() == g.String()
}

// maxSteps bounds the tables that the copies of one packet may visit.
const maxSteps = 10000

type run struct {
	*Net
	Result
	steps int
}

// Send lets a packet into br-int of a host through an OpenFlow port, as a guest or a router would.
func (n *Net) Send(h api.HostID, ofport uint32, p Packet) (Result, error) {
	r := &run{Net: n}
	hst, ok := n.hosts[h]
	if !ok {
		return Result{}, fmt.Errorf("send from unknown host %s", h)
	}
	err := r.receive(hst, tables.BridgeInt, meta{inPort: ofport, opaque: p.Inner != 0}, p)
	return r.Result, err
}

func (r *run) receive(h *host, br string, m meta, p Packet) error {
	b := h.bridge(br)
	if _, ok := b.ports[m.inPort]; !ok {
		return fmt.Errorf("host %s: packet from port %d of %s, which does not exist", h.ID, m.inPort, br)
	}
	return r.table(h, b, 0, m, p)
}

func (r *run) table(h *host, b *bridge, id tables.ID, m meta, p Packet) error {
	if r.steps++; r.steps > maxSteps {
		return errors.New("the packet loops")
	}
	var hit *flow
	for i, f := range b.tables[id] {
		if hit != nil && f.Priority < hit.Priority {
			break
		}
		if !p.matches(&m, f.Match) {
			continue
		}
		if hit != nil && hit.sameActions(f) {
			continue
		}
		if hit != nil {
			return fmt.Errorf("host %s: two flows of one priority match: %s and %s", h.ID, hit, f)
		}
		hit = &b.tables[id][i]
	}
	if hit == nil {
		return nil
	}
	return r.actions(h, b, hit, m, p)
}

func (r *run) actions(h *host, b *bridge, f *flow, m meta, p Packet) error {
	for _, a := range f.Actions {
		if err := r.action(h, b, a, &m, &p); err != nil {
			return fmt.Errorf("host %s: flow %q: %w", h.ID, f, err)
		}
	}
	return nil
}

// outputElsewhere sends nothing back to where a packet came from.
func (r *run) outputElsewhere(h *host, b *bridge, port uint32, m meta, p Packet) error {
	if port == m.inPort {
		return nil
	}
	return r.output(h, b, port, m, p)
}

func (r *run) action(h *host, b *bridge, a pipeline.Action, m *meta, p *Packet) error {
	switch a := a.(type) {
	case pipeline.Goto:
		return r.table(h, b, a.Table, *m, *p)
	case pipeline.Resubmit:
		return r.table(h, b, a.Table, *m, *p)
	case pipeline.Output:
		return r.outputElsewhere(h, b, a.Port, *m, *p)
	case pipeline.InPortOut:
		return r.output(h, b, m.inPort, *m, *p)
	case pipeline.Normal:
		return r.normal(h, b, *m, *p)
	case pipeline.ToController:
		from := b.ports[m.inPort]
		if sub, ok := from.subs[p.VLAN]; ok { // the agent knows sub-ports by their tags
			from.guest, p.VLAN, p.Inner = sub, p.Inner, 0
		}
		r.ToAgent = append(r.ToAgent, Delivery{h.ID, from.guest, *p})
	case pipeline.PushVlan:
		if p.Inner != 0 {
			return errors.New("push of a third tag")
		}
		p.VLAN, p.Inner = 0x1000, p.VLAN
	case pipeline.PopVlan:
		if p.VLAN == 0 {
			return errors.New("pop of no tag")
		}
		p.VLAN, p.Inner = p.Inner, 0
	case pipeline.SetField:
		v := a.Field.Value
		if old, ok := p.field(m, a.Field.ID); ok && !a.Field.Exact() {
			v.Lo |= old.Lo &^ a.Field.Mask.Lo
		}
		if !p.write(m, a.Field.ID, v) {
			return fmt.Errorf("cannot write %s of this packet", a.Field.ID)
		}
	case pipeline.Learn:
		return learn(b, a, *m, *p)
	case pipeline.Move:
		v, ok := p.field(m, a.Src)
		if !ok || !p.write(m, a.Dst, v) {
			return fmt.Errorf("cannot move %s to %s in this packet", a.Src, a.Dst)
		}
	default:
		return fmt.Errorf("action %T is unknown", a)
	}
	return nil
}

func (r *run) output(h *host, b *bridge, no uint32, m meta, p Packet) error {
	to, ok := b.ports[no]
	switch {
	case !ok:
		return fmt.Errorf("output to port %d of %s, which does not exist", no, b.name)
	case to.vxlan:
		return r.tunnel(h, m, p)
	case to.wire != "":
		return r.onWire(h, to.wire, p)
	case to.bridge != "":
		return r.receive(h, to.bridge, meta{inPort: to.peer, opaque: m.opaque}, p)
	}
	guest := to.guest
	if sub, ok := to.subs[p.VLAN]; ok { // the guest takes the tag off and knows whose frame it is
		guest, p.VLAN, p.Inner = sub, p.Inner, 0
	}
	r.Delivered = append(r.Delivered, Delivery{h.ID, guest, p})
	return nil
}

func (r *run) tunnel(h *host, m meta, p Packet) error {
	if p.VLAN != 0 && (p.Inner != 0 || !r.transparent(m.tunID)) {
		return errors.New("a tag goes into the tunnel")
	}
	if r.vteps[m.tunDst] {
		r.Underlay = append(r.Underlay, Crossing{From: h.ID, VTEP: m.tunDst, VNI: m.tunID, Packet: p})
		return nil
	}
	to, ok := r.byIP[m.tunDst]
	if !ok || to == h.ID {
		return fmt.Errorf("tunnel to %s, which is no other host", m.tunDst)
	}
	r.Underlay = append(r.Underlay, Crossing{From: h.ID, To: to, VNI: m.tunID, Packet: p})
	dst := r.hosts[to]
	in := dst.OFPort(tables.BridgeTun, tables.VXLANPort)
	if in == 0 {
		return nil // its switch is not up
	}
	return r.receive(dst, tables.BridgeTun, meta{inPort: in, tunID: m.tunID, tunSrc: h.TunnelIP}, p)
}

// transparent reports whether the network of a VNI carries guests' own tags.
func (n *Net) transparent(vni uint32) bool {
	net, ok := n.state.NetworkBySegment(api.NetworkVXLAN, "", vni)
	return ok && net.VLANTransparent
}

// normal is OVS's own switch between a provider bridge's patch and its wire. It has learned nothing, so it floods.
func (r *run) normal(h *host, b *bridge, m meta, p Packet) error {
	for no := range b.ports {
		if no != m.inPort {
			if err := r.output(h, b, no, m, p); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *run) onWire(from *host, physnet string, p Packet) error {
	r.Wire = append(r.Wire, Crossing{From: from.ID, Physnet: physnet, Packet: p})
	for _, h := range r.hosts {
		if br := h.BridgeMappings[physnet]; h.ID != from.ID && br != "" {
			if err := r.receive(h, br, meta{inPort: wirePort, opaque: p.Inner != 0}, p); err != nil {
				return err
			}
		}
	}
	return nil
}
