package sim

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"weft/api"
	"weft/pipeline"
	"weft/tables"
)

// SendFrom lets a packet out of a machine in the underlay with an address, through a tunnel to a host.
func (n *Net) SendFrom(a netip.Addr, vni uint32, to api.HostID, p Packet) (Result, error) {
	r := &run{Net: n}
	h, ok := n.hosts[to]
	if !ok {
		return Result{}, fmt.Errorf("send to unknown host %s", to)
	}
	in := h.OFPort(tables.BridgeTun, tables.VXLANPort)
	if in == 0 {
		return Result{}, nil // its switch is not up
	}
	err := r.receive(h, tables.BridgeTun, meta{inPort: in, tunID: vni, tunSrc: a}, p)
	return r.Result, err
}

// SendFromWire lets a packet of a machine on a physical network into one host's provider bridge.
func (n *Net) SendFromWire(physnet string, to api.HostID, p Packet) (Result, error) {
	r := &run{Net: n}
	h, ok := n.hosts[to]
	if !ok || h.BridgeMappings[physnet] == "" {
		return Result{}, fmt.Errorf("host %q is not on %s", to, physnet)
	}
	err := r.receive(h, h.BridgeMappings[physnet], meta{inPort: wirePort, opaque: p.Inner != 0}, p)
	return r.Result, err
}

// learn adds the flow that follows from a packet, in place of an older one.
func learn(b *bridge, a pipeline.Learn, m meta, p Packet) error {
	if p.VLAN == 0 {
		return errors.New("learn from a frame without a tag")
	}
	match := pipeline.Match{pipeline.DlVlan(p.VLAN &^ 0x1000), pipeline.DlDst(p.Src)}
	as := []pipeline.Action{pipeline.PopVlan{}}
	switch a.Way {
	case pipeline.WayBack, pipeline.WayBack6:
		as = append(as, pipeline.Set(pipeline.TunID(m.tunID)), pipeline.Set(pipeline.TunDst(m.tunSrc)), pipeline.Output{Port: m.inPort})
	case pipeline.WayArrived:
		match, as = pipeline.Match{pipeline.Reg(tables.Waiting, m.inPort)}, []pipeline.Action{pipeline.Output{Port: m.inPort}}
	case pipeline.WayNowhere:
		match, as = pipeline.Match{pipeline.InPort(m.inPort)}, nil
	}
	learned := func(f flow) bool { return f.Priority == a.Priority && f.Match.String() == match.String() }
	table := slices.DeleteFunc(slices.Clone(b.tables[a.Table]), learned)
	table = append(table, flow{pipeline.Flow{
		Bridge: b.name, Table: a.Table, Priority: a.Priority, Match: match,
		Actions: as,
	}})
	slices.SortStableFunc(table, func(x, y flow) int { return int(y.Priority) - int(x.Priority) })
	b.tables[a.Table] = table
	return nil
}
