package dhcp_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/api"
	"weft/dhcp"
	"weft/pipeline"
	"weft/plan"
	"weft/test/cloud"
)

// told gives what the port "p" of a cloud with one guest is told, after a change of the cloud.
func told(t *testing.T, change func(b cloud.Builder, s *api.Subnet, p *api.Port)) (plan.DHCP, []string, bool) {
	t.Helper()
	b := cloud.On(nil)
	b.Host("h", 1)
	b.Network("net", api.NetworkVXLAN, 7, "")
	s := *b.Subnet("sub", "net", "10.0.0.0/24")
	p := *b.Port("p", "fa:16:3e:00:00:01", "sub", "10.0.0.5")
	b.Bind("p", "h")
	if change != nil {
		change(b, &s, &p)
	}
	b.Put(&s)
	b.Put(&p)
	state, _ := b.Done()
	site, _ := pipeline.At(state.View, "h")
	part := dhcp.Guest(site, &p)
	var flows []string
	for _, f := range part.Flows {
		if err := f.Check(); err != nil {
			t.Error(err)
		}
		flows = append(flows, f.String())
	}
	for _, i := range part.Items {
		return i.Spec.(plan.DHCP), flows, true
	}
	return plan.DHCP{}, flows, false
}

func TestAGuestIsToldWhatItsSubnetSays(t *testing.T) {
	d, flows, _ := told(t, nil)
	want := plan.DHCP{
		PortID: "p", OFPort: d.OFPort, MAC: api.MustMAC("fa:16:3e:00:00:01"), Addr: netip.MustParsePrefix("10.0.0.5/24"),
		ServerID: netip.MustParseAddr("10.0.0.1"), ServerMAC: api.MustMAC("fa:16:3f:00:00:01"), MTU: 1450, Lease: 86400,
		Router: netip.MustParseAddr("10.0.0.1"), HostName: "host-10-0-0-5", Domain: "openstacklocal",
	}
	same := cmp.Comparer(func(a, b netip.Addr) bool { return a == b })
	samePrefix := cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })
	if diff := cmp.Diff(want, d, same, samePrefix); diff != "" || d.OFPort == 0 {
		t.Errorf("port %d:\n%s", d.OFPort, diff)
	}
	if len(flows) != 3 || !strings.Contains(strings.Join(flows, "\n"), fmt.Sprintf("controller(id=%d)", plan.AgentController)) {
		t.Errorf("flows:\n%s", strings.Join(flows, "\n"))
	}
}

func TestGuestsThatAreNotAnswered(t *testing.T) {
	for name, change := range map[string]func(cloud.Builder, *api.Subnet, *api.Port){
		"dhcp-off":     func(_ cloud.Builder, s *api.Subnet, _ *api.Port) { s.EnableDHCP = false },
		"no-address":   func(_ cloud.Builder, _ *api.Subnet, p *api.Port) { p.FixedIPs = nil },
		"down":         func(_ cloud.Builder, _ *api.Subnet, p *api.Port) { p.AdminStateUp = false },
		"not-a-guest":  func(_ cloud.Builder, _ *api.Subnet, p *api.Port) { p.DeviceOwner = api.OwnerAgentGateway },
		"not-plugged":  func(b cloud.Builder, _ *api.Subnet, _ *api.Port) { b.Unbind("p") },
		"ipv6-address": func(_ cloud.Builder, _ *api.Subnet, p *api.Port) { p.FixedIPs[0].Addr = netip.MustParseAddr("fd00::5") },
	} {
		t.Run(name, func(t *testing.T) {
			if d, flows, ok := told(t, change); ok || len(flows) > 0 {
				t.Errorf("is told %+v, by the flows %v", d, flows)
			}
		})
	}
}

func TestRoutesAreNeutrons(t *testing.T) {
	route := func(dst, hop string) api.HostRoute {
		return api.HostRoute{Destination: netip.MustParsePrefix(dst), NextHop: netip.MustParseAddr(hop)}
	}
	for _, c := range []struct {
		name           string
		change         func(cloud.Builder, *api.Subnet, *api.Port)
		router, routes string
	}{
		{"gateway-alone", nil, "10.0.0.1", ""},
		{"no-gateway", func(_ cloud.Builder, s *api.Subnet, _ *api.Port) { s.GatewayIP = netip.Addr{} }, "invalid IP", ""},
		{"host-route", func(_ cloud.Builder, s *api.Subnet, _ *api.Port) {
			s.HostRoutes = []api.HostRoute{route("172.16.0.0/12", "10.0.0.9")}
		}, "10.0.0.1", "172.16.0.0/12 via 10.0.0.9, 0.0.0.0/0 via 10.0.0.1"},
		{"default-as-host-route", func(_ cloud.Builder, s *api.Subnet, _ *api.Port) {
			s.GatewayIP, s.HostRoutes = netip.Addr{}, []api.HostRoute{route("0.0.0.0/0", "10.0.0.8")}
		}, "10.0.0.8", ""},
		{"another-subnet", func(b cloud.Builder, _ *api.Subnet, _ *api.Port) {
			b.Subnet("sub2", "net", "10.0.9.0/24")
			b.Subnet("sub6", "net", "fd00::/64")
		}, "10.0.0.1", "10.0.9.0/24 via 0.0.0.0, 0.0.0.0/0 via 10.0.0.1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, _, _ := told(t, c.change)
			if d.Router.String() != c.router || d.Routes != c.routes {
				t.Errorf("router %s, routes %q", d.Router, d.Routes)
			}
		})
	}
}

func TestASubnetWithoutAGatewayHasALinkLocalServer(t *testing.T) {
	d, _, _ := told(t, func(_ cloud.Builder, s *api.Subnet, _ *api.Port) { s.GatewayIP = netip.Addr{} })
	if d.ServerID != netip.MustParseAddr("169.254.169.254") {
		t.Errorf("server %s", d.ServerID)
	}
}

func TestNameserversCanBeForbidden(t *testing.T) {
	for want, list := range map[string][]string{"9.9.9.9 8.8.8.8": {"9.9.9.9", "fd00::1", "8.8.8.8"}, "": {"9.9.9.9", "0.0.0.0"}} {
		d, _, _ := told(t, func(_ cloud.Builder, s *api.Subnet, _ *api.Port) {
			for _, a := range list {
				s.DNSNameservers = append(s.DNSNameservers, netip.MustParseAddr(a))
			}
		})
		if d.DNS != want {
			t.Errorf("%v became %q", list, d.DNS)
		}
	}
}

func TestOptionsOfThePortAreWrittenByNumber(t *testing.T) {
	d, _, _ := told(t, func(_ cloud.Builder, _ *api.Subnet, p *api.Port) {
		for _, o := range [][2]string{{"ntp-server", "10.0.0.7"}, {"router", ""}, {"classless-static-route", "10.8.0.0/16,10.0.0.2"}} {
			p.ExtraDHCPOpts = append(p.ExtraDHCPOpts, api.DHCPOption{Name: o[0], Value: o[1], IPVersion: 4})
		}
	})
	if want := "3= 42=0a000007 121=100a080a000002 249=100a080a000002"; d.Options != want {
		t.Errorf("got %q, want %q", d.Options, want)
	}
}
