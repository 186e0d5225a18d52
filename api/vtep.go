package api

import (
	"iter"
	"net/netip"
)

// FloodPolicy says what of a network a VTEP hears whose destination no port in particular has.
type FloodPolicy string

// The policies.
const (
	FloodAll       FloodPolicy = "flood"     // broadcast, multicast and unknown unicast
	FloodBroadcast FloodPolicy = "broadcast" // broadcast and multicast; unicast only for MACs that are known to be there
)

// VTEP is the end of a VXLAN tunnel on a machine that weft does not manage, for one network: a Linux bridge, a switch.
type VTEP struct {
	ID VTEPID `json:"id"`
	Meta
	NetworkID NetworkID  `json:"network_id"` // of type vxlan
	Addr      netip.Addr `json:"address"`    // of the tunnel's other end; unique within the network
	// Entries are the machines behind it that weft is told of, sorted by MAC and address.
	Entries []VTEPEntry `json:"entries,omitempty"`
	// Learning makes hosts learn further MACs from its frames: LearnLimit at most, and each for LearnAge seconds after the
	// last frame from it, or, unless that is 0, LearnIdle seconds after the last frame to it.
	Learning   bool        `json:"learning"`
	LearnLimit uint32      `json:"learn_limit,omitempty"`
	LearnAge   uint16      `json:"learn_age,omitempty"`
	LearnIdle  uint16      `json:"learn_idle,omitempty"`
	Flood      FloodPolicy `json:"flood"`
}

// VTEPEntry is a machine behind a VTEP.
type VTEPEntry struct {
	MAC MAC `json:"mac_address"`
	// Addr is the zero Addr if only the MAC is known; then weft does not answer ARP for the machine.
	Addr netip.Addr `json:"ip_address"`
}

// Ref implements Object.
func (t *VTEP) Ref() Ref { return Ref{KindVTEP, string(t.ID)} }

// VTEP finds a VTEP.
func (v View) VTEP(id VTEPID) (*VTEP, bool) { return get[*VTEP](v, KindVTEP, string(id)) }

// VTEPs yields every VTEP.
func (v View) VTEPs() iter.Seq[*VTEP] { return all[*VTEP](v, KindVTEP) }

// VTEPsOf yields the VTEPs of a network, in the order of ids.
func (v View) VTEPsOf(n NetworkID) iter.Seq[*VTEP] {
	return scan[*VTEP](v, KindVTEP, byNetwork, string(n))
}

// VTEPsAt yields the VTEPs with an address.
func (v View) VTEPsAt(a netip.Addr) iter.Seq[*VTEP] {
	return scan[*VTEP](v, KindVTEP, byAddress, a.String())
}

// VTEPByMAC finds the VTEP of a network that was given a MAC.
func (v View) VTEPByMAC(n NetworkID, m MAC) (*VTEP, bool) {
	return first[*VTEP](v, KindVTEP, byMAC, macKey(n, m))
}

// VTEPByIP finds the VTEP of a network that was given a machine's address.
func (v View) VTEPByIP(n NetworkID, a netip.Addr) (*VTEP, bool) {
	return first[*VTEP](v, KindVTEP, byPair, pairKey(n, a.String()))
}

// ReachedFrom reports whether a tunnel can lead from a host to the VTEP: both ends have addresses of one family.
func (t *VTEP) ReachedFrom(h *Host) bool {
	return h.TunnelIP.IsValid() && h.TunnelIP.Is4() == t.Addr.Is4()
}

// RouterHostForVTEP gives the one host on which a router takes packets from a VTEP, "" if the router is on none that it
// reaches. A router is on many hosts with the same MACs and addresses, a VTEP sends a copy to each, and each would forward
// it. A host that works goes before one that does not.
func (v View) RouterHostForVTEP(r RouterID, t *VTEP) HostID {
	var chosen HostID
	lives := false
	for pl := range v.PlacementsOf(r) {
		h, ok := v.Host(pl.HostID)
		if !ok || !t.ReachedFrom(h) {
			continue
		}
		if alive := h.Life() != Dead; chosen == "" || alive && !lives || alive == lives && pl.HostID < chosen {
			chosen, lives = pl.HostID, alive
		}
	}
	return chosen
}

func vtepMACs(t *VTEP) []string {
	keys := make([]string, 0, len(t.Entries))
	for _, e := range t.Entries {
		keys = append(keys, macKey(t.NetworkID, e.MAC))
	}
	return keys
}

func vtepAddrs(t *VTEP) []string {
	var keys []string
	for _, e := range t.Entries {
		if e.Addr.IsValid() {
			keys = append(keys, pairKey(t.NetworkID, e.Addr.String()))
		}
	}
	return keys
}
