package operator

import (
	"net/netip"

	"weft/api"
	"weft/controller/intent"
	"weft/controller/rest/access"
	"weft/controller/rest/noun"
	"weft/controller/rest/wire"
)

const maxVTEPEntries = 1024

func vteps(ops *intent.Ops) noun.Resource {
	type R = intent.VTEPRequest
	type T = *api.VTEP
	meta := func(t T) *api.Meta { return &t.Meta }
	return &noun.Noun[T, R]{
		Kind: api.KindVTEP, One: "vtep", Many: "vteps", Prefix: "v1", Key: "id", Meta: meta,
		Example:  wire.Row{{"name", "rack7"}, {"network_id", noun.SampleID}, {"address", "192.0.2.7"}},
		Identity: [][]string{{"network_id", "address"}},

		Who:     access.OnlyAdmins(),
		Missing: wire.NotFound("VtepNotFound", "VTEP %s could not be found."),
		Create:  ops.CreateVTEP,
		Update:  noun.ByID(ops.UpdateVTEP),
		Remove:  noun.DropID(ops.DeleteVTEP),
		Near:    noun.Near[T]{"network_id": noun.Index(api.View.VTEPsOf)},
		Attributes: noun.Standard(meta, func(r *R) *intent.MetaRequest { return &r.MetaRequest },
			noun.Once("network_id", "network of type vxlan that it joins", wire.UUID[api.NetworkID](),
				func(_ noun.Scope, t T) api.NetworkID { return t.NetworkID }, func(r *R, v intent.Opt[api.NetworkID]) { r.NetworkID = v.V }).Need(),
			noun.RW("address", "address of the machine in the underlay, of the IP version of the hosts' tunnel addresses", wire.Address(),
				func(_ noun.Scope, t T) netip.Addr { return t.Addr }, func(r *R, v intent.Opt[netip.Addr]) { r.Addr = v }).Need(),
			noun.RW("entries", "machines behind it: frames for them go there, and ARP for their addresses is answered", vtepEntries(),
				func(_ noun.Scope, t T) []api.VTEPEntry { return t.Entries }, func(r *R, v intent.Opt[[]api.VTEPEntry]) { r.Entries = v }).Or(wire.Empty()),
			noun.RW("learning", "whether hosts learn further MACs from its frames", wire.Boolean(),
				func(_ noun.Scope, t T) bool { return t.Learning }, func(r *R, v intent.Opt[bool]) { r.Learning = v }).Or(true),
			noun.RW("learn_limit", "most MACs that a host learns", wire.Number[uint32](1, 65536),
				func(_ noun.Scope, t T) uint32 { return t.LearnLimit }, func(r *R, v intent.Opt[uint32]) { r.LearnLimit = v }),
			noun.RW("learn_age", "seconds after the last frame from a learned MAC at which it is forgotten", wire.Number[uint16](1, 65535),
				func(_ noun.Scope, t T) uint16 { return t.LearnAge }, func(r *R, v intent.Opt[uint16]) { r.LearnAge = v }),
			noun.RW("learn_idle", "seconds after the last frame to a learned MAC at which it is forgotten; 0: never for that", wire.Number[uint16](0, 65535),
				func(_ noun.Scope, t T) uint16 { return t.LearnIdle }, func(r *R, v intent.Opt[uint16]) { r.LearnIdle = v }).Or(0),
			noun.RW("flood", "flood: it gets unicast for unknown MACs too; broadcast: only multicast and broadcast", wire.OneOf(api.FloodAll, api.FloodBroadcast),
				func(_ noun.Scope, t T) api.FloodPolicy { return t.Flood }, func(r *R, v intent.Opt[api.FloodPolicy]) { r.Flood = v }).Or(api.FloodAll),
			noun.Read("vni", "VNI of its network", wire.Integer(1, 1<<24-1), vniOf),
			noun.Read("peers", "tunnel addresses of the hosts that have the network: where it must send its broadcasts", wire.List[string](), peersOf),
			noun.OnDemand(noun.Read("script", "commands for a Linux machine at the other end; shown if fields names it", wire.Text(1<<20), script)),
			noun.Problem[T](),
		),
	}
}

func vniOf(s noun.Scope, t *api.VTEP) int {
	if n, ok := s.View.Network(t.NetworkID); ok {
		return int(n.SegmentationID)
	}
	return 0
}

func peersOf(s noun.Scope, t *api.VTEP) []string {
	var out []string
	for seg := range s.View.SegmentsOf(t.NetworkID) {
		if h, ok := s.View.Host(seg.HostID); ok && t.ReachedFrom(h) {
			out = append(out, h.TunnelIP.String())
		}
	}
	return out
}

// vtepEntries are machines behind a VTEP.
func vtepEntries() wire.Kind[[]api.VTEPEntry] {
	return wire.ListOf("VTEP entry", maxVTEPEntries, toVTEPEntry, func(e api.VTEPEntry) any {
		var ip any
		if e.Addr.IsValid() {
			ip = e.Addr.String()
		}
		return wire.Row{{"mac_address", e.MAC.String()}, {"ip_address", ip}}
	}).Of(wire.Shape(wire.Must("mac_address", wire.MAC().Schema), wire.May("ip_address", wire.Address().OrNull().Schema)))
}

func toVTEPEntry(v any) (e api.VTEPEntry, err error) {
	m, err := wire.Fields("VTEP entry", v, []string{"mac_address"}, "ip_address")
	if err != nil {
		return e, err
	}
	if e.MAC, err = wire.ToMAC(m["mac_address"]); err != nil {
		return e, err
	}
	if a, ok := m["ip_address"]; ok && a != nil {
		e.Addr, err = wire.ToAddr(a)
	}
	return e, err
}
