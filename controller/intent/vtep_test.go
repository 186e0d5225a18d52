package intent_test

import (
	"net/netip"
	"strings"
	"testing"

	"weft/api"
	"weft/controller/intent"
)

func vtepAt(n api.NetworkID, addr string, entries ...api.VTEPEntry) intent.VTEPRequest {
	r := intent.VTEPRequest{NetworkID: n, Addr: intent.Some(netip.MustParseAddr(addr))}
	if entries != nil {
		r.Entries = intent.Some(entries)
	}
	return r
}

func behind(mac, addr string) api.VTEPEntry {
	e := api.VTEPEntry{MAC: api.MustMAC(mac)}
	if addr != "" {
		e.Addr = netip.MustParseAddr(addr)
	}
	return e
}

func (w *world) vtep(t failer, req intent.VTEPRequest) *api.VTEP {
	t.Helper()
	return must(t, w, func(tx *api.Txn) (*api.VTEP, error) { return w.ops.CreateVTEP(tx, req) })
}

func TestVTEPLearnsByDefaultAndSortsItsMachines(t *testing.T) {
	w := newWorld()
	n := w.network(t, intent.NetworkRequest{})
	v := w.vtep(t, vtepAt(n.ID, "10.9.0.1", behind("52:54:00:00:00:02", ""), behind("52:54:00:00:00:01", "10.0.0.9")))
	if !v.Learning || v.LearnLimit != 1000 || v.LearnAge != 300 || v.LearnIdle != 0 || v.Flood != api.FloodAll {
		t.Errorf("defaults: %+v", *v)
	}
	if v.Entries[0] != behind("52:54:00:00:00:01", "10.0.0.9") {
		t.Errorf("entries are %v, want them sorted", v.Entries)
	}
	other := w.network(t, intent.NetworkRequest{})
	w.vtep(t, vtepAt(other.ID, "10.9.0.1", behind("52:54:00:00:00:01", "10.0.0.9"))) // another network: no conflict
	next := must(t, w, func(tx *api.Txn) (*api.VTEP, error) {
		return w.ops.UpdateVTEP(tx, v.ID, intent.VTEPRequest{Learning: intent.Some(false)})
	})
	if next.Learning || len(next.Entries) != 2 || next.RevisionNumber != 2 {
		t.Errorf("after a change of learning: %+v", *next)
	}
}

func TestVTEPRequestsThatAreRefused(t *testing.T) {
	w := newWorld()
	n := w.network(t, intent.NetworkRequest{})
	w.subnet(t, n.ID, "10.0.0.0/24")
	vlan := w.network(t, provider(api.NetworkVLAN, "physnet1", 7))
	p := w.port(t, intent.PortRequest{NetworkID: n.ID})
	w.host(t, "h1")
	w.report(t, "h1", intent.ReportedHost{TunnelIP: netip.MustParseAddr("10.1.1.3")})
	w.vtep(t, vtepAt(n.ID, "10.9.0.1", behind("52:54:00:00:00:01", "10.0.0.200")))
	with := func(change func(*intent.VTEPRequest)) intent.VTEPRequest {
		r := vtepAt(n.ID, "10.9.0.2")
		change(&r)
		return r
	}
	many := make([]api.VTEPEntry, 1025)
	for i := range many {
		many[i].MAC = api.MACFromUint64(0x525400000000 + uint64(i) + 16)
	}
	for _, c := range []struct {
		name string
		req  intent.VTEPRequest
		want string
	}{
		{"no-network", vtepAt("none", "10.9.0.2"), "NetworkNotFound"},
		{"vlan-network", vtepAt(vlan.ID, "10.9.0.2"), "BadRequest"},
		{"address-taken", vtepAt(n.ID, "10.9.0.1"), "VtepAddressInUse"},
		{"address-of-a-host", vtepAt(n.ID, "10.1.1.3"), "VtepAddressInUse"},
		{"multicast-address", vtepAt(n.ID, "239.1.1.1"), "InvalidInput"},
		{"link-local-address", vtepAt(n.ID, "fe80::1"), "InvalidInput"},
		{"multicast-address-of-IPv6", vtepAt(n.ID, "ff02::1"), "InvalidInput"},
		{"no-address", intent.VTEPRequest{NetworkID: n.ID}, "InvalidInput"},
		{"MAC-of-a-port", vtepAt(n.ID, "10.9.0.2", behind(p.MAC.String(), "")), "MacAddressInUse"},
		{"MAC-of-another-VTEP", vtepAt(n.ID, "10.9.0.2", behind("52:54:00:00:00:01", "")), "MacAddressInUse"},
		{"host-MAC", vtepAt(n.ID, "10.9.0.2", behind("fa:16:3f:00:00:01", "")), "InvalidInput"},
		{"group-MAC", vtepAt(n.ID, "10.9.0.2", behind("01:00:5e:00:00:01", "")), "InvalidInput"},
		{"IP-of-a-port", vtepAt(n.ID, "10.9.0.2", behind("52:54:00:00:00:02", p.FixedIPs[0].Addr.String())), "IpAddressInUse"},
		{"IP-of-another-VTEP", vtepAt(n.ID, "10.9.0.2", behind("52:54:00:00:00:02", "10.0.0.200")), "IpAddressInUse"},
		{"IP-twice", vtepAt(n.ID, "10.9.0.2", behind("52:54:00:00:00:02", "10.0.0.201"), behind("52:54:00:00:00:03", "10.0.0.201")), "InvalidInput"},
		{"too-many", vtepAt(n.ID, "10.9.0.2", many...), "InvalidInput"},
		{"no-limit", with(func(r *intent.VTEPRequest) { r.LearnLimit = intent.Some(uint32(0)) }), "InvalidInput"},
		{"limit-too-large", with(func(r *intent.VTEPRequest) { r.LearnLimit = intent.Some(uint32(65537)) }), "InvalidInput"},
		{"no-age", with(func(r *intent.VTEPRequest) { r.LearnAge = intent.Some(uint16(0)) }), "InvalidInput"},
		{"unknown-policy", with(func(r *intent.VTEPRequest) { r.Flood = intent.Some(api.FloodPolicy("drop")) }), "InvalidInput"},
	} {
		t.Run(c.name, func(t *testing.T) {
			refused(t, w, c.want, func(tx *api.Txn) error { _, err := w.ops.CreateVTEP(tx, c.req); return err })
		})
	}
	for range 127 {
		w.vtep(t, vtepAt(n.ID, w.freeAddr()))
	}
	refused(t, w, "OverQuota", func(tx *api.Txn) error { _, err := w.ops.CreateVTEP(tx, vtepAt(n.ID, "10.9.9.9")); return err })
}

// freeAddr gives an underlay address that nobody has.
func (w *world) freeAddr() string {
	w.ids++
	return netip.AddrFrom4([4]byte{10, 8, byte(w.ids >> 8), byte(w.ids)}).String()
}

func TestWhatAVTEPHasNoPortGets(t *testing.T) {
	w := newWorld()
	n := w.network(t, intent.NetworkRequest{})
	w.subnet(t, n.ID, "10.0.0.0/29") // .1 is the gateway
	w.vtep(t, vtepAt(n.ID, "10.9.0.1", behind("52:54:00:00:00:01", "10.0.0.2"), behind("52:54:00:00:00:02", "10.0.0.3")))
	for range 3 {
		p := w.port(t, intent.PortRequest{NetworkID: n.ID})
		if a := p.FixedIPs[0].Addr.String(); a == "10.0.0.2" || a == "10.0.0.3" {
			t.Errorf("a port got %s, which a machine behind the VTEP has", a)
		}
	}
	create := func(req intent.PortRequest) func(*api.Txn) error {
		req.NetworkID = n.ID
		return func(tx *api.Txn) error { _, err := w.ops.CreatePort(tx, req); return err }
	}
	refused(t, w, "IpAddressGenerationFailure", create(intent.PortRequest{}))
	refused(t, w, "MacAddressInUse", create(intent.PortRequest{MAC: intent.Some(api.MustMAC("52:54:00:00:00:01"))}))
}

func TestAVTEPKeepsItsNetworkAndItsAddress(t *testing.T) {
	w := newWorld()
	n := w.network(t, intent.NetworkRequest{})
	v := w.vtep(t, vtepAt(n.ID, "10.9.0.1"))
	refused(t, w, "NetworkInUse", func(tx *api.Txn) error { return w.ops.DeleteNetwork(tx, n.ID) })
	w.host(t, "h1")
	w.report(t, "h1", intent.ReportedHost{TunnelIP: v.Addr})
	if h, _ := w.Host("h1"); h.TunnelIP.IsValid() || !strings.Contains(h.Problem, "external VTEP") {
		t.Errorf("host with the VTEP's address: tunnel address %s, problem %q", h.TunnelIP, h.Problem)
	}
	refused(t, w, "HTTPBadRequest", func(tx *api.Txn) error {
		_, err := w.ops.UpdateVTEP(tx, v.ID, intent.VTEPRequest{NetworkID: "another"})
		return err
	})
	must(t, w, func(tx *api.Txn) (bool, error) { return true, w.ops.DeleteVTEP(tx, v.ID) })
	must(t, w, func(tx *api.Txn) (bool, error) { return true, w.ops.DeleteNetwork(tx, n.ID) })
	refused(t, w, "VtepNotFound", func(tx *api.Txn) error { return w.ops.DeleteVTEP(tx, v.ID) })
}
