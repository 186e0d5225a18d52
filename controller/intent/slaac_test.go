package intent_test

import (
	"net/netip"
	"testing"

	"weft/api"
	"weft/controller/intent"
)

func TestPortsOnTheNetworkGetAnAddressOfANewSubnetWithSLAAC(t *testing.T) {
	w := newWorld()
	n := w.network(t, intent.NetworkRequest{})
	first := w.subnet(t, n.ID, "10.0.0.0/24")
	p := w.port(t, intent.PortRequest{NetworkID: n.ID})
	for _, c := range []struct {
		name, cidr string
		req        intent.SubnetRequest
		want       bool
	}{
		{"slaac", "2001:db8:1::/64", intent.SubnetRequest{IPv6RAMode: intent.Some("slaac"), IPv6AddressMode: intent.Some("slaac")}, true},
		{"only-announced", "2001:db8:2::/64", intent.SubnetRequest{IPv6RAMode: intent.Some("slaac")}, true},
		{"stateless", "2001:db8:3::/64", intent.SubnetRequest{IPv6AddressMode: intent.Some("dhcpv6-stateless")}, true},
		{"stateful", "2001:db8:4::/64", intent.SubnetRequest{IPv6RAMode: intent.Some("dhcpv6-stateful")}, false},
		{"neither", "2001:db8:5::/64", intent.SubnetRequest{}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.req.NetworkID, c.req.CIDR, c.req.IPVersion = n.ID, intent.Some(netip.MustParsePrefix(c.cidr)), 6
			s := must(t, w, func(tx *api.Txn) (*api.Subnet, error) { return w.ops.CreateSubnet(tx, c.req) })
			got, ok := w.PortByAddr(s.ID, p.MAC.EUI64(s.CIDR))
			if ok != c.want || ok && (got.ID != p.ID || got.RevisionNumber == p.RevisionNumber) {
				t.Errorf("the port has an address there: %t, want %t", ok, c.want)
			}
		})
	}
	if got, _ := w.Port(p.ID); got.FixedIPs[0].SubnetID != first.ID || len(got.FixedIPs) != 4 {
		t.Errorf("addresses %v", got.FixedIPs)
	}
}
