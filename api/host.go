package api

import (
	"hash/fnv"
	"net/netip"
	"time"
)

// Host is a hypervisor: what its administrator said, what its agent reports, and what weft allocated for it.
type Host struct {
	ID HostID `json:"name"`
	Meta
	// JoinHash is the SHA-256 of the secret with which an agent may still join as this host, in hex; "" once used.
	JoinHash string `json:"join_hash,omitempty"`
	// CertHash is the fingerprint of the certificate that the host got last.
	CertHash string `json:"cert_hash,omitempty"`
	// OldCertHash is that of the one with which it asked for a renewal, "" if it joined with CertHash. No third speaks for it.
	OldCertHash string `json:"old_cert_hash,omitempty"`
	// MAC is the source of routed frames that this host sends to others (Neutron's DVR host MAC, fa:16:3f:…).
	MAC MAC `json:"mac_address"`

	// Reported by the agent. Zero until its first report.
	TunnelIP       netip.Addr        `json:"tunnel_ip"`
	TunnelMTU      int               `json:"tunnel_mtu,omitempty"`      // bytes, of the device that has TunnelIP
	BridgeMappings map[string]string `json:"bridge_mappings,omitempty"` // physical network → bridge
	// BridgeUplinks holds, for mapped bridges that weft is to make itself, bridge → the device that joins it to the wire.
	BridgeUplinks  map[string]string `json:"bridge_uplinks,omitempty"`
	Bridges        []BridgeState     `json:"bridges,omitempty"`         // sorted by name
	NetdevDatapath bool              `json:"netdev_datapath,omitempty"` // the userspace datapath

	// NoGuests and NoGateways are what its administrator wants it to take no more of: what is there stays, but for gateways
	// that another host can take.
	NoGuests   bool `json:"no_guests,omitempty"`
	NoGateways bool `json:"no_gateways,omitempty"`

	// Problem says why part of the report was not taken over ("" = all was): the tunnel address of another host, say.
	Problem string `json:"problem,omitempty"`
	// Lack says what the host should have but there is none left of ("" = nothing): local VLANs, addresses for its own
	// ports. It is tried again when something frees.
	Lack string `json:"lack,omitempty"`
	// Down is since when the host counts as dead: neither its agent nor its switches are connected. Zero while it lives.
	Down time.Time `json:"down"`
	// Answers says of a host that counts as dead that its switch answers other hosts through the tunnels: it is only cut off
	// from the controller, and works on with what it was told last.
	Answers bool `json:"answers,omitempty"`
}

// Life is what is known of whether a host works.
type Life uint8

// The lives.
const (
	Connected Life = iota // or not known to be anything else
	CutOff                // not to be reached from the controller, but it works on
	Dead
)

// Life gives what is known of the host.
func (h *Host) Life() Life {
	switch {
	case h.Down.IsZero():
		return Connected
	case h.Answers:
		return CutOff
	}
	return Dead
}

// Alive reports whether the host can be told something.
func (h *Host) Alive() bool { return h.Down.IsZero() }

// Carries reports whether frames of a network can reach the host: through tunnels, or over a mapped provider bridge.
func (h *Host) Carries(n *Network) bool {
	if n.Tunnelled() {
		return h.TunnelIP.IsValid()
	}
	return h.BridgeMappings[n.PhysicalNetwork] != ""
}

// Ref implements Object.
func (h *Host) Ref() Ref { return Ref{KindHost, string(h.ID)} }

// Bridge gives the reported state of a bridge by name.
func (h *Host) Bridge(name string) (BridgeState, bool) {
	for _, b := range h.Bridges {
		if b.Name == name {
			return b, true
		}
	}
	return BridgeState{}, false
}

// OFPort gives the OpenFlow port number of weft's own port on a bridge (a patch or tunnel port); 0 means not there yet.
func (h *Host) OFPort(bridge, port string) uint32 {
	b, _ := h.Bridge(bridge)
	return b.Ports[port]
}

// BridgeState is a bridge as its host's agent sees it.
type BridgeState struct {
	Name       string `json:"name"`
	DatapathID uint64 `json:"datapath_id"`
	// Ports holds weft's own ports (patch and tunnel), name → OpenFlow port number. Guests' ports are Bindings.
	Ports map[string]uint32 `json:"ports,omitempty"`
}

// Binding says that a port is plugged on a host: an interface there has external_ids:iface-id = the port's id. A guest's
// port has one that carries it at most, and during a migration one on standby; a router's leg has one on each host of the
// router.
type Binding struct {
	PortID    PortID    `json:"port_id"`
	HostID    HostID    `json:"host_id"`
	NetworkID NetworkID `json:"network_id"` // the port's
	OFPort    uint32    `json:"ofport"`     // on br-int; 0 while the switch has not given one (OVSDB's ofport −1 or none)
	Interface string    `json:"interface"`  // the device's name
	Since     time.Time `json:"since"`
	// Changed is the revision at which the binding last changed: the port is ACTIVE once its host confirms it.
	Changed Revision `json:"changed"`
	// Parent is the port whose interface it is, if the port is a sub-port of a trunk; "": it is the port's own.
	Parent PortID `json:"parent,omitempty"`
	// MAC is that of the guest's card, as the hypervisor says; zero: it says nothing. Nothing is planned by it.
	MAC MAC `json:"mac,omitzero"`
	// Fault is why Open vSwitch gives the interface no number, in its words.
	Fault string `json:"fault,omitempty"`
	// Problem says why the interface may not carry the port ("" = it may): bound on another host, say.
	Problem string `json:"problem,omitempty"`
	// Standby says that the port has a further binding here: the guest may arrive, and is not here yet.
	Standby bool `json:"standby,omitempty"`
}

// BindingID is the id of a port's binding on a host.
func BindingID(p PortID, h HostID) string { return string(p) + "@" + string(h) }

// Ref implements Object.
func (b *Binding) Ref() Ref { return Ref{KindBinding, BindingID(b.PortID, b.HostID)} }

// Usable reports whether flows may name the interface.
func (b *Binding) Usable() bool { return b.Problem == "" && b.OFPort != 0 }

// Segment is a network on one host: it exists while something on the host needs the network.
type Segment struct {
	HostID    HostID    `json:"host_id"`
	NetworkID NetworkID `json:"network_id"`
	// LocalVLAN is the network's VLAN id inside the host's br-int, 1…4094, unique on the host and stable.
	LocalVLAN uint16 `json:"local_vlan"`
	// TaggedVLAN is a second one, for frames that have tags of guests' own within; 0 unless the network is transparent to
	// them. Nothing that looks into packets, as answers to ARP or routers do, knows it.
	TaggedVLAN uint16 `json:"tagged_vlan,omitempty"`
}

// Parts is into how many parts the hosts that have a network are divided where they are many.
const Parts = 64

// PartOf is the part that a host is of, the same in all networks.
func PartOf(h HostID) int {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(h)) // it never fails
	n := sum.Sum32()
	return int((n>>16 ^ n) % Parts)
}

// SegmentID is the id of a network's segment on a host.
func SegmentID(h HostID, n NetworkID) string { return string(n) + "@" + string(h) }

// Ref implements Object.
func (s *Segment) Ref() Ref { return Ref{KindSegment, SegmentID(s.HostID, s.NetworkID)} }

// Placement is a router on one host: it exists while a guest behind the router is bound there.
type Placement struct {
	HostID   HostID   `json:"host_id"`
	RouterID RouterID `json:"router_id"`
	// LinkLocal numbers the router's /31 of 169.254.64.0/18 on the host, 0…8191, unique on the host and stable.
	LinkLocal uint16 `json:"link_local"`
}

// PlacementID is the id of a router's placement on a host.
func PlacementID(h HostID, r RouterID) string { return string(r) + "@" + string(h) }

// Ref implements Object.
func (p *Placement) Ref() Ref { return Ref{KindPlacement, PlacementID(p.HostID, p.RouterID)} }

// LinkLocalPool is what the pairs of placements are from.
func LinkLocalPool() netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{169, 254, 64, 0}), 18)
}

// LinkLocalPrefixes gives the two addresses of the placement's pair, each as a /31: the router's end (rfp-, even) and
// the floating IP namespace's end (fpr-, odd).
func (p *Placement) LinkLocalPrefixes() (rfp, fpr netip.Prefix) {
	n := uint16(64<<8) + 2*p.LinkLocal
	even := netip.AddrFrom4([4]byte{169, 254, byte(n >> 8), byte(n)})
	return netip.PrefixFrom(even, 31), netip.PrefixFrom(even.Next(), 31)
}
