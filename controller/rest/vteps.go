package rest

import (
	"net/netip"

	"weft/api"
	"weft/controller/intent"
)

const maxVTEPEntries = 1024

func vteps(ops *intent.Ops) resource {
	type R = intent.VTEPRequest
	type T = *api.VTEP
	meta := func(t T) *api.Meta { return &t.Meta }
	return &noun[T, R]{
		kind: api.KindVTEP, one: "vtep", many: "vteps", prefix: "v1", key: "id", meta: meta,
		example:  row{{"name", "rack7"}, {"network_id", sampleID}, {"address", "192.0.2.7"}},
		identity: [][]string{{"network_id", "address"}},

		who:     onlyAdmins(),
		missing: notFound("VtepNotFound", "VTEP %s could not be found."),
		create:  ops.CreateVTEP,
		update:  byID(ops.UpdateVTEP),
		remove:  dropID(ops.DeleteVTEP),
		near:    near[T]{"network_id": index(api.View.VTEPsOf)},
		attributes: standard(meta, func(r *R) *intent.MetaRequest { return &r.MetaRequest },
			once("network_id", "network of type vxlan that it joins", uuid[api.NetworkID](),
				func(_ scope, t T) api.NetworkID { return t.NetworkID }, func(r *R, v opt[api.NetworkID]) { r.NetworkID = v.V }).need(),
			rw("address", "address of the machine in the underlay, of the IP version of the hosts' tunnel addresses", address(),
				func(_ scope, t T) netip.Addr { return t.Addr }, func(r *R, v opt[netip.Addr]) { r.Addr = v }).need(),
			rw("entries", "machines behind it: frames for them go there, and ARP for their addresses is answered", vtepEntries(),
				func(_ scope, t T) []api.VTEPEntry { return t.Entries }, func(r *R, v opt[[]api.VTEPEntry]) { r.Entries = v }).or(empty()),
			rw("learning", "whether hosts learn further MACs from its frames", boolean(),
				func(_ scope, t T) bool { return t.Learning }, func(r *R, v opt[bool]) { r.Learning = v }).or(true),
			rw("learn_limit", "most MACs that a host learns", number[uint32](1, 65536),
				func(_ scope, t T) uint32 { return t.LearnLimit }, func(r *R, v opt[uint32]) { r.LearnLimit = v }),
			rw("learn_age", "seconds after the last frame from a learned MAC at which it is forgotten", number[uint16](1, 65535),
				func(_ scope, t T) uint16 { return t.LearnAge }, func(r *R, v opt[uint16]) { r.LearnAge = v }),
			rw("learn_idle", "seconds after the last frame to a learned MAC at which it is forgotten; 0: never for that", number[uint16](0, 65535),
				func(_ scope, t T) uint16 { return t.LearnIdle }, func(r *R, v opt[uint16]) { r.LearnIdle = v }).or(0),
			rw("flood", "flood: it gets unicast for unknown MACs too; broadcast: only multicast and broadcast", oneOf(api.FloodAll, api.FloodBroadcast),
				func(_ scope, t T) api.FloodPolicy { return t.Flood }, func(r *R, v opt[api.FloodPolicy]) { r.Flood = v }).or(api.FloodAll),
			read("vni", "VNI of its network", integer(1, 1<<24-1), vniOf),
			read("peers", "tunnel addresses of the hosts that have the network: where it must send its broadcasts", list[string](), peersOf),
			asked(read("script", "commands for a Linux machine at the other end; shown if fields names it", text(1<<20), script)),
			problem[T](),
		),
	}
}

// asked makes an attribute one that is shown only to those who ask for it by name.
func asked[O any](a attribute[O]) attribute[O] {
	a.asked, a.match = true, nil
	return a
}

func vniOf(s scope, t *api.VTEP) int {
	if n, ok := s.view.Network(t.NetworkID); ok {
		return int(n.SegmentationID)
	}
	return 0
}

func peersOf(s scope, t *api.VTEP) []string {
	var out []string
	for seg := range s.view.SegmentsOf(t.NetworkID) {
		if h, ok := s.view.Host(seg.HostID); ok && t.ReachedFrom(h) {
			out = append(out, h.TunnelIP.String())
		}
	}
	return out
}

// vtepEntries are machines behind a VTEP.
func vtepEntries() kind[[]api.VTEPEntry] {
	return listOf("VTEP entry", maxVTEPEntries, toVTEPEntry, func(e api.VTEPEntry) any {
		var ip any
		if e.Addr.IsValid() {
			ip = e.Addr.String()
		}
		return row{{"mac_address", e.MAC.String()}, {"ip_address", ip}}
	}).of(shape(must("mac_address", mac().schema), may("ip_address", address().orNull().schema)))
}

func toVTEPEntry(v any) (e api.VTEPEntry, err error) {
	m, err := fields("VTEP entry", v, []string{"mac_address"}, "ip_address")
	if err != nil {
		return e, err
	}
	if e.MAC, err = toMAC(m["mac_address"]); err != nil {
		return e, err
	}
	if a, ok := m["ip_address"]; ok && a != nil {
		e.Addr, err = toAddr(a)
	}
	return e, err
}
