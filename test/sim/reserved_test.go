package sim_test

import (
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"weft/api"
	"weft/test/cloud"
	"weft/test/sim"
)

// What guests say in the name of a switch reaches nobody, whatever the port may do otherwise: no other guest, no tunnel,
// no wire.
func TestFramesOfSwitchesGoNowhere(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := switchOn(rt, cloud.World{T: rt}.Start())
		for n := range b.Networks() {
			for _, from := range guests(b.places(n.ID)) {
				for _, to := range []string{
					"01:80:c2:00:00:00", "01:80:c2:00:00:01", "01:80:c2:00:00:02", "01:80:c2:00:00:0e", // STP, pause, LACP, LLDP
					"01:00:0c:cc:cc:cc", "01:00:0c:cc:cc:cd", "01:00:0c:cd:cd:cd", "01:00:0c:00:00:00", // CDP, PVST+, UplinkFast, ISL
					"00:e0:2b:00:00:00", "00:e0:2b:00:00:04", // EDP, EAPS
				} {
					p := sim.Packet{Src: from.MAC, Dst: api.MustMAC(to), Type: 0x88cc}
					if r := (run{b.send(from, p)}); !r.silent() {
						b.Fatalf("a frame of %s to %s got through: %+v", from.ID, to, r)
					}
				}
			}
		}
	})
}

// Who takes an address first asks whether it is free. If it is used elsewhere against the rules, the user must hear that.
func TestAnOwnersProbeReachesTheWholeNetwork(t *testing.T) {
	everyTwo(t, func(b bench, from, to place) {
		if !from.FixedIPs[0].Addr.Is4() || !b.connected(from.host, to.host, from.NetworkID) {
			return
		}
		probe := request(from, from.FixedIPs[0].Addr)
		probe.Spa = netip.IPv4Unspecified()
		if got := copies(b.send(from, probe)); got[at{to.host.ID, to.ID}] != 1 {
			b.Fatalf("%s probed for its address: %s on %s heard it %d times", from.ID, to.ID, to.host.ID, got[at{to.host.ID, to.ID}])
		}
	})
}
