package intent

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"unicode"

	"weft/api"
)

// ReportedHost is what an agent says of its host: the whole truth as it sees it, not a change.
type ReportedHost struct {
	TunnelIP       netip.Addr
	TunnelMTU      int // of the device that has the address; 0: not known
	BridgeMappings map[string]string
	BridgeUplinks  map[string]string // of mapped bridges that weft is to make: bridge → device
	NetdevDatapath bool
	Bridges        []api.BridgeState
	Interfaces     []ReportedInterface
	Arrivals       []Arrival
}

// ReportedInterface is an OVS interface on br-int with external_ids:iface-id. OFPort is 0 while the switch has given it
// no number.
type ReportedInterface struct {
	PortID api.PortID
	Name   string
	OFPort uint32
	MAC    api.MAC // of the guest's card, as the hypervisor says; zero: it says nothing
	Fault  string  // why Open vSwitch gives it no number
}

// Arrival says that a guest has sent a frame through an interface that was on standby for it.
type Arrival struct {
	PortID  api.PortID
	Changed api.Revision // of the binding that was on standby: of another one it says nothing
}

// ReportHost takes over what an agent reports; a report that says nothing new changes nothing. What another host has
// already (a tunnel address, a datapath id) is not taken over but named in Host.Problem. Interfaces of ports that weft
// does not know are another tool's.
func (o *Ops) ReportHost(tx *api.Txn, id api.HostID, r ReportedHost) error {
	prev, err := host(tx.View, id)
	if err != nil {
		return err
	}
	h := *prev
	h.NetdevDatapath = r.NetdevDatapath
	takeTunnelMTU(&h, r.TunnelMTU)
	h.BridgeMappings = maps.Clone(r.BridgeMappings)
	h.BridgeUplinks = maps.Clone(r.BridgeUplinks)
	if len(h.BridgeMappings) == 0 {
		h.BridgeMappings = nil
	}
	if len(h.BridgeUplinks) == 0 {
		h.BridgeUplinks = nil
	}
	h.Problem = strings.Join(slices.Concat(takeTunnel(tx, &h, r.TunnelIP), takeBridges(tx, &h, r.Bridges)), "; ")
	if !sameReport(prev, &h) {
		tx.Put(&h)
	}
	o.bind(tx, id, r.Interfaces)
	arrive(tx, id, r.Arrivals)
	return nil
}

func sameReport(a, b *api.Host) bool {
	return a.TunnelIP == b.TunnelIP && a.TunnelMTU == b.TunnelMTU && a.NetdevDatapath == b.NetdevDatapath && a.Problem == b.Problem &&
		maps.Equal(a.BridgeMappings, b.BridgeMappings) && maps.Equal(a.BridgeUplinks, b.BridgeUplinks) &&
		slices.EqualFunc(a.Bridges, b.Bridges, sameBridge)
}

func sameBridge(a, b api.BridgeState) bool {
	return a.Name == b.Name && a.DatapathID == b.DatapathID && maps.Equal(a.Ports, b.Ports)
}

// takeTunnel sets the tunnel address, or says why not.
func takeTunnel(tx *api.Txn, h *api.Host, ip netip.Addr) []string {
	if ip.Is4In6() {
		ip = ip.Unmap()
	}
	if ip == h.TunnelIP {
		return nil
	}
	if ip.IsValid() && !usable(ip) {
		return []string{fmt.Sprintf("tunnel address %s cannot be a host's", ip)}
	}
	for other := range tx.HostsAt(ip) {
		if other.ID != h.ID {
			return []string{fmt.Sprintf("tunnel address %s belongs to host %s; give this host another one", ip, other.ID)}
		}
	}
	for t := range tx.VTEPsAt(ip) {
		return []string{fmt.Sprintf("tunnel address %s belongs to external VTEP %s; delete that or give this host another one", ip, t.ID)}
	}
	h.TunnelIP = ip
	return nil
}

// takeBridges sets the bridges, without those whose datapath id would make it unclear which switch is meant.
func takeBridges(tx *api.Txn, h *api.Host, reported []api.BridgeState) (problems []string) {
	reported = slices.Clone(reported)
	slices.SortStableFunc(reported, func(a, b api.BridgeState) int { return cmp.Compare(a.Name, b.Name) })
	owners := map[uint64]string{}
	h.Bridges = nil
	for i, b := range reported {
		if i > 0 && b.Name == reported[i-1].Name {
			problems = append(problems, fmt.Sprintf("bridge %s was reported twice", b.Name))
			continue
		}
		if owner := datapathOwner(tx, h, b.DatapathID, owners); owner != "" && b.DatapathID != 0 {
			problems = append(problems, fmt.Sprintf("bridge %s has the datapath id %016x of %s; give it another one", b.Name, b.DatapathID, owner))
			continue
		}
		owners[b.DatapathID] = "bridge " + b.Name
		b.Ports = maps.Clone(b.Ports)
		if len(b.Ports) == 0 {
			b.Ports = nil
		}
		h.Bridges = append(h.Bridges, b)
	}
	return problems
}

// datapathOwner names who else has a datapath id: a bridge of this report, or another host.
func datapathOwner(tx *api.Txn, h *api.Host, id uint64, seen map[uint64]string) string {
	if owner, ok := seen[id]; ok {
		return owner
	}
	if other, bridge, ok := tx.BridgeByDatapath(id); ok && other != h.ID {
		return fmt.Sprintf("bridge %s on host %s", bridge, other)
	}
	return ""
}

// bind makes the host's bindings those of the reported interfaces. Which of a port's bindings is good, Settle decides.
func (o *Ops) bind(tx *api.Txn, id api.HostID, reported []ReportedInterface) {
	want := map[api.PortID]ReportedInterface{}
	for _, i := range reported {
		if have, ok := want[i.PortID]; !ok || compareInterfaces(i, have) < 0 {
			want[i.PortID] = i
		}
	}
	for _, b := range slices.Collect(tx.BindingsOn(id)) {
		if _, ok := want[b.PortID]; !ok && !followsParent(tx.View, b.PortID) {
			tx.Delete(b)
			setLeft(tx, b.PortID, id, true)
		}
	}
	for _, pid := range slices.Sorted(maps.Keys(want)) {
		if p, ok := tx.Port(pid); ok && pluggable(p) && !followsParent(tx.View, pid) {
			o.bindOne(tx, id, p, want[pid])
		}
	}
}

// compareInterfaces orders interfaces that claim the same port: the lowest OpenFlow port first, those without one last.
func compareInterfaces(a, b ReportedInterface) int {
	return cmp.Or(cmp.Compare(a.OFPort-1, b.OFPort-1), strings.Compare(a.Name, b.Name)) // 0-1 is the highest number
}

// pluggable reports whether a port is one that interfaces are made for; a floating IP's port only holds its address.
func pluggable(p *api.Port) bool {
	return p.DeviceOwner != api.OwnerFloatingIP
}

func (o *Ops) bindOne(tx *api.Txn, id api.HostID, p *api.Port, i ReportedInterface) {
	prev, ok := tx.Binding(p.ID, id)
	if !ok {
		setLeft(tx, p.ID, id, false)
		prev = &api.Binding{PortID: p.ID, HostID: id, NetworkID: p.NetworkID, Since: o.now(), Changed: tx.Next()}
	}
	b := *prev
	b.OFPort, b.Interface, b.MAC, b.Fault = i.OFPort, i.Name, i.MAC, fault(i)
	if b.OFPort != prev.OFPort || b.Interface != prev.Interface {
		b.Changed = tx.Next()
	}
	if !ok || b != *prev {
		tx.Put(&b)
	}
}

// fault is what Open vSwitch says of an interface without a number, as far as it may be said to people.
func fault(i ReportedInterface) string {
	const most = 200
	if i.OFPort != 0 {
		return ""
	}
	clean := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(i.Fault, "?"))
	if r := []rune(clean); len(r) > most {
		clean = string(r[:most]) + "…"
	}
	return clean
}
