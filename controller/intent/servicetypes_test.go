package intent_test

import (
	"net/netip"
	"slices"
	"testing"

	"weft/api"
	"weft/controller/intent"
)

func (w *world) serviceSubnet(t failer, n api.NetworkID, cidr string, types ...string) *api.Subnet {
	t.Helper()
	return must(t, w, func(tx *api.Txn) (*api.Subnet, error) {
		return w.ops.CreateSubnet(tx, intent.SubnetRequest{
			NetworkID: n, CIDR: intent.Some(netip.MustParsePrefix(cidr)), ServiceTypes: intent.Some(types),
		})
	})
}

func TestAPortGetsAddressesOfTheSubnetsForItsOwner(t *testing.T) {
	w := newWorld()
	n := w.network(t, intent.NetworkRequest{})
	w.subnet(t, n.ID, "10.0.0.0/24")
	w.serviceSubnet(t, n.ID, "10.0.1.0/24", "compute:nova")
	w.serviceSubnet(t, n.ID, "10.0.2.0/24", "test:one", "test:two")
	for owner, want := range map[string]string{
		"": "10.0.0.0/24", "compute:nova": "10.0.1.0/24", "compute:az2": "10.0.0.0/24", "test:two": "10.0.2.0/24",
	} {
		p := w.port(t, intent.PortRequest{NetworkID: n.ID, DeviceOwner: intent.Some(owner)})
		if len(p.FixedIPs) != 1 || !netip.MustParsePrefix(want).Contains(p.FixedIPs[0].Addr) {
			t.Errorf("a port of %q got %v, want one of %s", owner, p.FixedIPs, want)
		}
	}
}

func TestANetworkWithoutASubnetForAnOwnerRefusesItsPorts(t *testing.T) {
	w := newWorld()
	n := w.network(t, intent.NetworkRequest{})
	s := w.serviceSubnet(t, n.ID, "10.0.1.0/24", "compute:nova")
	refused(t, w, "IpAddressGenerationFailureNoMatchingSubnet", func(tx *api.Txn) error {
		_, err := w.ops.CreatePort(tx, intent.PortRequest{NetworkID: n.ID})
		return err
	})
	for _, req := range []intent.FixedIPRequest{{SubnetID: s.ID}, {Addr: netip.MustParseAddr("10.0.1.9")}} {
		refused(t, w, "InvalidInput", func(tx *api.Txn) error {
			_, err := w.ops.CreatePort(tx, intent.PortRequest{NetworkID: n.ID, FixedIPs: intent.Some([]intent.FixedIPRequest{req})})
			return err
		})
	}
	dhcp := w.port(t, intent.PortRequest{NetworkID: n.ID, DeviceOwner: intent.Some("network:dhcp")})
	if len(dhcp.FixedIPs) != 1 {
		t.Errorf("a DHCP server's port got %v", dhcp.FixedIPs)
	}
	w.router(t, "", s.ID) // somebody chose the subnet: its gateway address is the router's
}

func TestAddressesStayWhenASubnetBecomesOneForOthers(t *testing.T) {
	w := newWorld()
	n := w.network(t, intent.NetworkRequest{})
	s := w.subnet(t, n.ID, "10.0.0.0/24")
	p := w.port(t, intent.PortRequest{NetworkID: n.ID})
	must(t, w, func(tx *api.Txn) (*api.Subnet, error) {
		return w.ops.UpdateSubnet(tx, s.ID, intent.SubnetRequest{ServiceTypes: intent.Some([]string{"compute:nova"})})
	})
	again := func(reqs ...intent.FixedIPRequest) intent.PortRequest {
		return intent.PortRequest{FixedIPs: intent.Some(reqs)}
	}
	for _, req := range []intent.FixedIPRequest{{SubnetID: s.ID}, {Addr: p.FixedIPs[0].Addr}} {
		got := must(t, w, func(tx *api.Txn) (*api.Port, error) { return w.ops.UpdatePort(tx, p.ID, again(req)) })
		if !slices.Equal(got.FixedIPs, p.FixedIPs) {
			t.Errorf("%v became %v", p.FixedIPs, got.FixedIPs)
		}
	}
	refused(t, w, "InvalidInput", func(tx *api.Txn) error {
		_, err := w.ops.UpdatePort(tx, p.ID, again(intent.FixedIPRequest{Addr: p.FixedIPs[0].Addr}, intent.FixedIPRequest{SubnetID: s.ID}))
		return err
	})
}

func TestAHostsOwnAddressComesFromTheSubnetForIt(t *testing.T) {
	l := newLab(t)
	private := l.serviceSubnet(t, l.ext.ID, "10.99.0.0/24", api.OwnerAgentGateway)
	f := l.floatingIP(t, l.ext.ID, l.guest.ID)
	if private.CIDR.Contains(f.Addr) {
		t.Errorf("the floating IP is %s", f.Addr)
	}
	l.report(t, "h1", intent.ReportedHost{
		TunnelIP: netip.MustParseAddr("192.0.2.1"), BridgeMappings: map[string]string{"physnet1": "br-ex"},
		Interfaces: []intent.ReportedInterface{{PortID: l.guest.ID, Name: "tap", OFPort: 5}},
	})
	found := false
	for p := range l.PortsOf(l.ext.ID) {
		if p.IsAgentGateway() {
			found = true
			if len(p.FixedIPs) != 1 || !private.CIDR.Contains(p.FixedIPs[0].Addr) {
				t.Errorf("the host's own port got %v, want one of %s", p.FixedIPs, private.CIDR)
			}
		}
	}
	if !found {
		t.Error("the host has no port of its own")
	}
}

func TestAServiceTypeIsADeviceOwner(t *testing.T) {
	w := newWorld()
	s := w.subnet(t, w.network(t, intent.NetworkRequest{}).ID, "10.0.0.0/24")
	set := func(types ...string) func(*api.Txn) error {
		return func(tx *api.Txn) error {
			_, err := w.ops.UpdateSubnet(tx, s.ID, intent.SubnetRequest{ServiceTypes: intent.Some(types)})
			return err
		}
	}
	for _, bad := range []string{"", "router", ":x"} {
		refused(t, w, "InvalidSubnetServiceType", set(bad))
	}
	var many []string
	for i := range 33 {
		many = append(many, "compute:"+string(rune('A'+i)))
	}
	refused(t, w, "InvalidInput", set(many...))
	if err := w.do(set("compute:nova", "compute:nova")); err != nil {
		t.Fatal(err)
	}
	if got, _ := w.Subnet(s.ID); !slices.Equal(got.ServiceTypes, []string{"compute:nova"}) {
		t.Errorf("%v", got.ServiceTypes)
	}
}
