package intent_test

import (
	"net/netip"

	"pgregory.net/rapid"

	"weft/api"
	"weft/controller/intent"
)

func (a actor) port() api.PortID { return anID[api.PortID](a, api.KindPort) }

func (a actor) subPorts() []api.SubPort {
	var out []api.SubPort
	for range rapid.IntRange(0, 2).Draw(a.t, "sub-ports") {
		out = append(out, api.SubPort{PortID: a.port(), SegmentationID: rapid.Uint16Range(1, 3).Draw(a.t, "tag")})
	}
	return out
}

// trunks are what can be asked for of trunks.
func (a actor) trunks(ops map[string]func(*api.Txn) error) {
	o := a.w.ops
	trunk := func() api.TrunkID { return anID[api.TrunkID](a, api.KindTrunk) }
	ops["create trunk"] = func(tx *api.Txn) error {
		_, err := o.CreateTrunk(tx, intent.TrunkRequest{PortID: a.port(), SubPorts: intent.Some(a.subPorts())})
		return err
	}
	ops["add sub-ports"] = func(tx *api.Txn) error { _, err := o.AddSubPorts(tx, trunk(), a.subPorts()); return err }
	ops["remove sub-ports"] = func(tx *api.Txn) error {
		_, err := o.RemoveSubPorts(tx, trunk(), []api.PortID{a.port()})
		return err
	}
	ops["update trunk"] = func(tx *api.Txn) error {
		_, err := o.UpdateTrunk(tx, trunk(), intent.TrunkRequest{AdminStateUp: intent.Some(a.maybe("up"))})
		return err
	}
	ops["delete trunk"] = func(tx *api.Txn) error { return o.DeleteTrunk(tx, trunk()) }
}

// forwardings are what can be asked for of port forwardings.
func (a actor) forwardings(ops map[string]func(*api.Txn) error) {
	o := a.w.ops
	floating := func() api.FloatingIPID { return anID[api.FloatingIPID](a, api.KindFloatingIP) }
	ports := func(what string) api.PortRange {
		first := rapid.Uint16Range(1, 6).Draw(a.t, what)
		return api.PortRange{First: first, Last: first + rapid.SampledFrom([]uint16{0, 0, 2}).Draw(a.t, "more")}
	}
	request := func() intent.PortForwardingRequest {
		return intent.PortForwardingRequest{
			Protocol: intent.Some(rapid.SampledFrom(api.ForwardedProtocols()).Draw(a.t, "protocol")), PortID: intent.Some(a.port()),
			External: intent.Some(ports("external")), Internal: intent.Some(ports("internal")),
		}
	}
	// one draws a forwarding of a floating IP.
	one := func(id api.FloatingIPID) string {
		ids := []string{"none"}
		if f, ok := a.w.FloatingIP(id); ok {
			for _, pf := range f.Forwards {
				ids = append(ids, pf.ID)
			}
		}
		return rapid.SampledFrom(ids).Draw(a.t, "forwarding")
	}
	ops["create forwarding"] = func(tx *api.Txn) error { _, err := o.CreatePortForwarding(tx, floating(), request()); return err }
	ops["update forwarding"] = func(tx *api.Txn) error {
		id := floating()
		_, err := o.UpdatePortForwarding(tx, id, one(id), request())
		return err
	}
	ops["delete forwarding"] = func(tx *api.Txn) error {
		id := floating()
		return o.DeletePortForwarding(tx, id, one(id))
	}
}

// vteps are what can be asked for of external VTEPs.
func (a actor) vteps(ops map[string]func(*api.Txn) error) {
	o := a.w.ops
	addr := func() intent.Opt[netip.Addr] {
		return intent.Some(netip.AddrFrom4([4]byte{192, 0, 2, byte(rapid.IntRange(1, 6).Draw(a.t, "vtep"))}))
	}
	ops["create vtep"] = func(tx *api.Txn) error {
		_, err := o.CreateVTEP(tx, intent.VTEPRequest{NetworkID: anID[api.NetworkID](a, api.KindNetwork), Addr: addr()})
		return err
	}
	ops["update vtep"] = func(tx *api.Txn) error {
		_, err := o.UpdateVTEP(tx, anID[api.VTEPID](a, api.KindVTEP), intent.VTEPRequest{Addr: addr(), Learning: intent.Some(a.maybe("learns"))})
		return err
	}
	ops["delete vtep"] = func(tx *api.Txn) error { return o.DeleteVTEP(tx, anID[api.VTEPID](a, api.KindVTEP)) }
}
