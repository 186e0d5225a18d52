package sim

import (
	"fmt"
	"net/netip"
	"slices"

	"weft/api"
	"weft/controller/ofp/wire"
	"weft/plan"
	"weft/tables"
)

// wirePort is a provider bridge's port to its physical network.
const wirePort = 4000

// Net is a cloud of switches.
type Net struct {
	state *api.Snapshot
	hosts map[api.HostID]*host
	byIP  map[netip.Addr]api.HostID
	vteps map[netip.Addr]bool // that weft does not manage
}

type host struct {
	*api.Host
	bridges map[string]*bridge
}

type bridge struct {
	name   string
	tables map[tables.ID][]flow
	ports  map[uint32]port
}

// port says what is behind a port of a bridge.
type port struct {
	bridge string // the other end of a patch
	peer   uint32
	vxlan  bool
	wire   string // physical network
	guest  api.PortID
	subs   map[uint16]api.PortID // sub-ports behind the guest's interface, by the tag of their frames
}

// New builds a cloud from a state and the plans of its hosts.
func New(s *api.Snapshot, plans []*plan.Plan) (*Net, error) {
	n := &Net{state: s, hosts: map[api.HostID]*host{}, byIP: map[netip.Addr]api.HostID{}, vteps: map[netip.Addr]bool{}}
	for t := range s.VTEPs() {
		n.vteps[t.Addr] = true
	}
	for _, p := range plans {
		h, ok := s.Host(p.Host)
		if !ok {
			return nil, fmt.Errorf("plan of unknown host %s", p.Host)
		}
		n.hosts[h.ID] = &host{Host: h, bridges: map[string]*bridge{}}
		if h.TunnelIP.IsValid() {
			n.byIP[h.TunnelIP] = h.ID
		}
		n.wireUp(n.hosts[h.ID])
		if err := n.load(n.hosts[h.ID], p); err != nil {
			return nil, fmt.Errorf("host %s: %w", h.ID, err)
		}
	}
	return n, nil
}

func (h *host) bridge(name string) *bridge {
	b, ok := h.bridges[name]
	if !ok {
		b = &bridge{name: name, tables: map[tables.ID][]flow{}, ports: map[uint32]port{}}
		h.bridges[name] = b
	}
	return b
}

// wireUp plugs in what the host reports, and the ports that are bound.
func (n *Net) wireUp(h *host) {
	patch := func(a, ap, b, bp string) {
		x, y := h.OFPort(a, ap), h.OFPort(b, bp)
		if x != 0 && y != 0 {
			h.bridge(a).ports[x] = port{bridge: b, peer: y}
			h.bridge(b).ports[y] = port{bridge: a, peer: x}
		}
	}
	patch(tables.BridgeInt, tables.PatchTun, tables.BridgeTun, tables.PatchInt)
	if v := h.OFPort(tables.BridgeTun, tables.VXLANPort); v != 0 {
		h.bridge(tables.BridgeTun).ports[v] = port{vxlan: true}
	}
	for physnet, br := range h.BridgeMappings {
		patch(tables.BridgeInt, tables.IntPatch(br), br, tables.PhysPatch(br))
		h.bridge(br).ports[wirePort] = port{wire: physnet}
	}
	for b := range n.state.BindingsOn(h.ID) {
		if b.OFPort != 0 {
			n.plug(h.bridge(tables.BridgeInt), b)
		}
	}
}

// plug puts a port at its interface, or a sub-port behind that of its parent.
func (n *Net) plug(br *bridge, b *api.Binding) {
	at := br.ports[b.OFPort]
	if _, sub, ok := n.state.TrunkOfSubPort(b.PortID); !ok {
		at.guest = b.PortID
	} else {
		if at.subs == nil {
			at.subs = map[uint16]api.PortID{}
		}
		at.subs[0x1000|sub.SegmentationID] = b.PortID
	}
	br.ports[b.OFPort] = at
}

func (n *Net) load(h *host, p *plan.Plan) error {
	for _, f := range p.Flows {
		d, err := wire.Decode(f)
		if err != nil {
			return err
		}
		b := h.bridge(f.Bridge)
		b.tables[d.Table] = append(b.tables[d.Table], flow{d})
	}
	for _, b := range h.bridges {
		for _, fs := range b.tables {
			slices.SortStableFunc(fs, func(x, y flow) int { return int(y.Priority) - int(x.Priority) })
		}
	}
	return nil
}
