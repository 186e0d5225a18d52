package pipeline

import (
	"maps"
	"slices"

	"weft/api"
	"weft/plan"
	"weft/tables"
)

// Site is one host in one state: what every function of the program reads.
type Site struct {
	api.View
	Host *api.Host
	// Domain is what names of guests end with whose network has no domain of its own.
	Domain api.Domain

	met, known map[api.HostID]bool // see Meet; nil: not asked for
}

// At stands on a host. It reports false if the snapshot has no such host.
func At(v api.View, h api.HostID) (*Site, bool) {
	host, ok := v.Host(h)
	return &Site{View: v, Host: host}, ok
}

// PatchTun is br-int's port to br-tun, PatchInt the other end, VXLAN the tunnel port. 0 means not there yet.
func (s *Site) PatchTun() uint32 { return s.Host.OFPort(tables.BridgeInt, tables.PatchTun) }
func (s *Site) PatchInt() uint32 { return s.Host.OFPort(tables.BridgeTun, tables.PatchInt) }
func (s *Site) VXLAN() uint32    { return s.Host.OFPort(tables.BridgeTun, tables.VXLANPort) }

// Provider is a provider bridge of the host.
type Provider struct {
	Bridge    string
	IntPort   uint32 // on br-int, towards the bridge; 0 means not there yet
	PatchPort uint32 // on the bridge, towards br-int; likewise
}

// Providers lists the host's provider bridges by name. Weft's own bridges cannot be provider bridges.
func (s *Site) Providers() []Provider {
	names := slices.Sorted(maps.Values(s.Host.BridgeMappings))
	out := make([]Provider, 0, len(names))
	for _, b := range slices.Compact(names) {
		if tables.ClassOf(b) == tables.Phys && b != "" {
			out = append(out, s.provider(b))
		}
	}
	return out
}

func (s *Site) provider(bridge string) Provider {
	return Provider{
		Bridge:    bridge,
		IntPort:   s.Host.OFPort(tables.BridgeInt, tables.IntPatch(bridge)),
		PatchPort: s.Host.OFPort(bridge, tables.PhysPatch(bridge)),
	}
}

// Has reports whether a network is on the host. Nothing of a network is on a host without it.
func (s *Site) Has(id api.NetworkID) bool {
	_, ok := s.Segment(s.Host.ID, id)
	return ok
}

// Local is a network as it is on the host.
type Local struct {
	*api.Network
	VLAN uint16 // its tag on br-int
	// Tagged is its tag there over frames that have guests' own tags; 0: it does not carry these.
	Tagged uint16
	Uplink uint32 // br-int's port towards other hosts; 0 means none
	// Outer is the bridge behind the uplink, br-tun or a provider bridge; "" if a provider network is not mapped here.
	Outer string
	// Patch is Outer's port towards br-int.
	Patch uint32
}

// Local finds a network on the host. It reports false if the network is not there, or is down.
func (s *Site) Local(id api.NetworkID) (Local, bool) {
	n, ok := s.Network(id)
	if !ok || !n.AdminStateUp {
		return Local{}, false
	}
	seg, ok := s.Segment(s.Host.ID, id)
	if !ok || seg.LocalVLAN == 0 {
		return Local{}, false
	}
	l := Local{Network: n, VLAN: seg.LocalVLAN, Tagged: seg.TaggedVLAN}
	if n.Tunnelled() {
		l.Uplink, l.Outer, l.Patch = s.PatchTun(), tables.BridgeTun, s.PatchInt()
		return l, true
	}
	if b := s.Host.BridgeMappings[n.PhysicalNetwork]; b != "" && tables.ClassOf(b) == tables.Phys {
		p := s.provider(b)
		l.Uplink, l.Outer, l.Patch = p.IntPort, b, p.PatchPort
	}
	return l, true
}

// Wire matches the network's frames as they come from a provider network: by its VLAN, or untagged.
func (l Local) Wire() Field {
	if l.Type == api.NetworkFlat {
		return Untagged()
	}
	return DlVlan(uint16(l.SegmentationID))
}

// FromWire gives a frame of the provider network the local VLAN's tag.
func (l Local) FromWire() []Action {
	if l.Type == api.NetworkFlat {
		return TagVlan(l.VLAN)
	}
	return []Action{Set(DlVlan(l.VLAN))}
}

// Alive gives the binding through which a port can be reached: it is plugged, and neither it nor its network is down.
// Of a router's leg it is the one on this host.
func (s *Site) Alive(p *api.Port) (*api.Binding, bool) {
	if !s.up(p) {
		return nil, false
	}
	b, ok := s.Bound(p)
	return b, ok && b.Usable()
}

// up reports whether neither a port nor its network is down.
func (s *Site) up(p *api.Port) bool {
	n, ok := s.Network(p.NetworkID)
	return ok && n.AdminStateUp && p.AdminStateUp
}

// elsewhere lists the bindings of a port on other hosts to which what is sent to it must go: where it is, and where its
// guest may arrive.
func (s *Site) elsewhere(p *api.Port) []*api.Binding {
	if p.IsRouterInterface() || !s.up(p) {
		return nil
	}
	var out []*api.Binding
	for b := range s.GoodBindings(p.ID) {
		if b.HostID != s.Host.ID && b.OFPort != 0 {
			out = append(out, b)
		}
	}
	return out
}

// Bound gives the good binding of a port, of a router's leg the one on this host.
func (s *Site) Bound(p *api.Port) (*api.Binding, bool) {
	if p.IsRouterInterface() {
		b, ok := s.Binding(p.ID, s.Host.ID)
		return b, ok && b.Problem == ""
	}
	return s.BoundOn(p.ID)
}

// Here reports whether a port is alive on this very host, and through which OpenFlow port of br-int.
func (s *Site) Here(p *api.Port) (uint32, bool) {
	b, ok := s.Alive(p)
	if !ok || b.HostID != s.Host.ID {
		return 0, false
	}
	return b.OFPort, true
}

// Away gives the other host on which a port is alive, if frames can be sent there through a tunnel.
func (s *Site) Away(p *api.Port) (*api.Host, bool) {
	if p.IsRouterInterface() {
		return nil, false
	}
	b, ok := s.Alive(p)
	if !ok || b.HostID == s.Host.ID {
		return nil, false
	}
	h, ok := s.View.Host(b.HostID)
	return h, ok && s.Joined(h)
}

// RouterOf finds the router that a leg belongs to, if both are up and the router is on the host.
func (s *Site) RouterOf(leg *api.Port) (*api.Router, bool) {
	if !leg.IsRouterInterface() || !leg.AdminStateUp {
		return nil, false
	}
	return s.RouterUp(api.RouterID(leg.DeviceID))
}

// RouterUp finds a router that is up and on the host.
func (s *Site) RouterUp(id api.RouterID) (*api.Router, bool) {
	r, ok := s.Router(id)
	if !ok || !r.AdminStateUp {
		return nil, false
	}
	_, ok = s.Placement(s.Host.ID, id)
	return r, ok
}

// GatewayLeg finds the leg on a subnet whose MAC guests know: the one with the subnet's gateway address, or else the first.
func (s *Site) GatewayLeg(id api.SubnetID) (*api.Port, bool) {
	sub, ok := s.Subnet(id)
	if !ok {
		return nil, false
	}
	var found *api.Port
	for leg := range s.LegsOnSubnet(id) {
		if _, ok := s.RouterOf(leg); !ok {
			continue
		}
		for _, f := range leg.FixedIPs {
			if f.SubnetID == id && f.Addr == sub.GatewayIP {
				return leg, true
			}
		}
		if found == nil {
			found = leg
		}
	}
	return found, found != nil
}

// Joined reports whether a tunnel can lead to another host: both ends have addresses of one family.
func (s *Site) Joined(h *api.Host) bool {
	here, there := s.Host.TunnelIP, h.TunnelIP
	return here.IsValid() && there.IsValid() && here.Is4() == there.Is4()
}

// item wraps the content of a host item; compile fills in the subject.
func item(s plan.Spec) plan.Item { return plan.Item{Spec: s} }

// Put appends host items to the part.
func (p *Part) Put(specs ...plan.Spec) {
	for _, s := range specs {
		p.Items = append(p.Items, item(s))
	}
}

// Flow appends flows to the part.
func (p *Part) Flow(fs ...Flow) { p.Flows = append(p.Flows, fs...) }
