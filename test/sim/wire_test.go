package sim_test

import (
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"weft/api"
	"weft/pipeline"
	"weft/test/cloud"
	"weft/test/sim"
)

// machine is one on the wire that weft does not know.
var machine = api.MustMAC("02:00:00:00:00:77")

// Every host's leg has the same MAC and address, and every host hears the wire: each would answer, or route a copy.
func TestWhatAMachineOnTheWireSendsReachesALegOnlyIfItIsAnAnswer(t *testing.T) {
	checked := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		w := cloud.World{T: rt}
		b := switchOn(rt, w.WithSixLegs(w.Start()))
		for n := range b.Networks() {
			for _, leg := range b.places(n.ID) {
				r, _ := b.Router(api.RouterID(leg.DeviceID))
				if n.Tunnelled() || !leg.IsRouterInterface() || !b.mapped(leg.host, n) || leg.host.MAC.IsZero() || !r.AdminStateUp {
					continue // a leg without a router goes with the router
				}
				b.fromMachine(n, leg, checked)
			}
		}
	})
	for _, what := range []string{"unicast", "request", "solicitation", "answer"} {
		if checked[what] == 0 {
			t.Errorf("no %s was sent in any cloud", what)
		}
	}
}

func (b bench) fromMachine(n *api.Network, leg place, checked map[string]int) {
	sends := func(what string, p sim.Packet, want int) {
		checked[what]++
		p.Src = machine
		if n.Type == api.NetworkVLAN {
			p.VLAN = 0x1000 | uint16(n.SegmentationID)
		}
		r, err := b.net.SendFromWire(n.PhysicalNetwork, leg.host.ID, p)
		if err != nil {
			b.Fatal(err)
		}
		if got := copies(r)[at{leg.host.ID, leg.ID}]; got != want {
			b.Fatalf("%s from the wire to leg %s on %s: %d copies, want %d: %+v", what, leg.ID, leg.host.ID, got, want, r)
		}
	}
	for _, f := range leg.FixedIPs {
		if f.Addr.Is6() {
			sends("solicitation", solicit(place{Port: &api.Port{MAC: machine}}, machine.LinkLocal(), f.Addr), 0)
			continue
		}
		ask := sim.Packet{Dst: api.Broadcast, Type: pipeline.EthARP, Op: 1, Sha: machine, Spa: netip.MustParseAddr("192.0.2.77"), Tpa: f.Addr}
		sends("request", ask, 0)
		answer := ask
		answer.Dst, answer.Op, answer.Tha = leg.MAC, 2, leg.MAC
		sends("answer", answer, 1)
		sends("unicast", sim.Packet{Dst: leg.MAC, Type: pipeline.EthIPv4, NwSrc: ask.Spa, NwDst: f.Addr}, 0)
	}
}
