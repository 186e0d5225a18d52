package clients

import (
	"context"
	"net/http"
	"testing"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/external"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/layer3/extraroutes"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/layer3/floatingips"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/layer3/routers"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/mtu"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/portsbinding"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/portsecurity"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/provider"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/networks"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/ports"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/subnets"
)

// program is a program written with gophercloud.
type program struct {
	*gophercloud.ServiceClient
	t   *testing.T
	ctx context.Context
}

func newProgram(t *testing.T, flags ...string) program {
	t.Helper()
	c := serve(t, flags...)
	p := &gophercloud.ProviderClient{TokenID: c.token}
	return program{&gophercloud.ServiceClient{ProviderClient: p, Endpoint: c.url + "/", ResourceBase: c.url + "/v2.0/"}, t, t.Context()}
}

// must gives a value, or ends the test.
func must[T any](p program) func(T, error) T {
	return func(v T, err error) T {
		p.t.Helper()
		if err != nil {
			p.t.Fatal(err)
		}
		return v
	}
}

func (p program) ok(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// refused wants an error with an HTTP status.
func (p program) refused(status int, err error) {
	p.t.Helper()
	if !gophercloud.ResponseCodeIs(err, status) {
		p.t.Errorf("got %v, want an error with status %d", err, status)
	}
}

// fullNetwork is a network with the attributes of the extensions.
type fullNetwork struct {
	networks.Network
	provider.NetworkProviderExt
	external.NetworkExternalExt
	mtu.NetworkMTUExt
	portsecurity.PortSecurityExt
}

type fullPort struct {
	ports.Port
	portsbinding.PortsBindingExt
	portsecurity.PortSecurityExt
}

func (p program) network(name string, public bool) fullNetwork {
	p.t.Helper()
	var opts networks.CreateOptsBuilder = networks.CreateOpts{Name: name, AdminStateUp: gophercloud.Enabled}
	opts = external.CreateOptsExt{CreateOptsBuilder: opts, External: &public}
	opts = mtu.CreateOptsExt{CreateOptsBuilder: opts, MTU: 1400}
	opts = portsecurity.NetworkCreateOptsExt{CreateOptsBuilder: opts, PortSecurityEnabled: gophercloud.Enabled}
	var n fullNetwork
	p.ok(networks.Create(p.ctx, p.ServiceClient, opts).ExtractInto(&n))
	if n.Name != name || n.Status != "ACTIVE" || n.External != public || n.MTU != 1400 || n.NetworkType != "vxlan" || !n.PortSecurityEnabled {
		p.t.Errorf("made network %+v", n)
	}
	return n
}

func (p program) subnet(network, cidr string) *subnets.Subnet {
	p.t.Helper()
	return must[*subnets.Subnet](p)(subnets.Create(p.ctx, p.ServiceClient, subnets.CreateOpts{
		NetworkID: network, CIDR: cidr, IPVersion: gophercloud.IPv4, DNSNameservers: []string{"8.8.8.8"},
	}).Extract())
}

func TestProgramWithGophercloudLivesItsLife(t *testing.T) {
	p := newProgram(t)
	inside, outside := p.network("inside", false), p.network("outside", true)
	in, out := p.subnet(inside.ID, "192.168.10.0/24"), p.subnet(outside.ID, "2.2.2.0/24")
	if in.GatewayIP != "192.168.10.1" || len(in.AllocationPools) != 1 || in.DNSNameservers[0] != "8.8.8.8" {
		t.Errorf("made subnet %+v", in)
	}
	r := p.router(outside.ID, in.ID)
	vm := p.guest(inside.ID, in.ID)
	p.floatingIP(outside.ID, vm.ID)
	p.routes(r.ID)
	p.findAgain(inside, vm)
	p.errorsOnTheWay(inside.ID, in.ID, r.ID)

	p.ok(ports.Delete(p.ctx, p.ServiceClient, vm.ID).ExtractErr())
	_, err := routers.RemoveInterface(p.ctx, p.ServiceClient, r.ID, routers.RemoveInterfaceOpts{SubnetID: in.ID}).Extract()
	p.ok(err)
	p.ok(routers.Delete(p.ctx, p.ServiceClient, r.ID).ExtractErr())
	p.ok(subnets.Delete(p.ctx, p.ServiceClient, out.ID).ExtractErr())
	p.ok(networks.Delete(p.ctx, p.ServiceClient, inside.ID).ExtractErr())
	p.ok(networks.Delete(p.ctx, p.ServiceClient, outside.ID).ExtractErr())
	left := must[[]ports.Port](p)(allPorts(p, ports.ListOpts{}))
	if len(left) != 0 {
		t.Errorf("ports that are left: %+v", left)
	}
}

func (p program) router(external, subnet string) *routers.Router {
	p.t.Helper()
	r := must[*routers.Router](p)(routers.Create(p.ctx, p.ServiceClient, routers.CreateOpts{
		Name: "r1", GatewayInfo: &routers.GatewayInfo{NetworkID: external},
	}).Extract())
	if !r.Distributed || len(r.GatewayInfo.ExternalFixedIPs) != 1 {
		p.t.Errorf("made router %+v", r)
	}
	leg := must[*routers.InterfaceInfo](p)(routers.AddInterface(p.ctx, p.ServiceClient, r.ID, routers.AddInterfaceOpts{SubnetID: subnet}).Extract())
	if leg.SubnetID != subnet || leg.ID != r.ID {
		p.t.Errorf("made interface %+v", leg)
	}
	name := "renamed"
	return must[*routers.Router](p)(routers.Update(p.ctx, p.ServiceClient, r.ID, routers.UpdateOpts{Name: name}).Extract())
}

func (p program) guest(network, subnet string) fullPort {
	p.t.Helper()
	var opts ports.CreateOptsBuilder = ports.CreateOpts{
		NetworkID: network, Name: "vm1", DeviceID: "vm-1", DeviceOwner: "compute:nova",
		FixedIPs: []ports.IP{{SubnetID: subnet, IPAddress: "192.168.10.4"}},
	}
	opts = portsbinding.CreateOptsExt{CreateOptsBuilder: opts, HostID: "h1", VNICType: "normal", Profile: map[string]any{"a": "b"}}
	opts = portsecurity.PortCreateOptsExt{CreateOptsBuilder: opts, PortSecurityEnabled: gophercloud.Enabled}
	var vm fullPort
	p.ok(ports.Create(p.ctx, p.ServiceClient, opts).ExtractInto(&vm))
	if vm.HostID != "h1" || vm.VIFType != "binding_failed" || vm.Profile["a"] != "b" || vm.Status != "DOWN" || !vm.PortSecurityEnabled {
		p.t.Errorf("made port %+v; no host h1 has joined", vm)
	}
	pairs := []ports.AddressPair{{IPAddress: "192.168.10.50"}}
	got := must[*ports.Port](p)(ports.Update(p.ctx, p.ServiceClient, vm.ID, ports.UpdateOpts{AllowedAddressPairs: &pairs}).Extract())
	if len(got.AllowedAddressPairs) != 1 || got.AllowedAddressPairs[0].MACAddress != vm.MACAddress {
		p.t.Errorf("pairs %+v", got.AllowedAddressPairs)
	}
	return vm
}

func (p program) floatingIP(external, port string) {
	p.t.Helper()
	f := must[*floatingips.FloatingIP](p)(floatingips.Create(p.ctx, p.ServiceClient, floatingips.CreateOpts{FloatingNetworkID: external}).Extract())
	f = must[*floatingips.FloatingIP](p)(floatingips.Update(p.ctx, p.ServiceClient, f.ID, floatingips.UpdateOpts{PortID: &port}).Extract())
	if f.FixedIP != "192.168.10.4" || f.PortID != port || f.RouterID == "" {
		p.t.Errorf("associated %+v", f)
	}
	none := ""
	f = must[*floatingips.FloatingIP](p)(floatingips.Update(p.ctx, p.ServiceClient, f.ID, floatingips.UpdateOpts{PortID: &none}).Extract())
	if f.PortID != "" || f.FixedIP != "" {
		p.t.Errorf("dissociated %+v", f)
	}
	p.ok(floatingips.Delete(p.ctx, p.ServiceClient, f.ID).ExtractErr())
}

func (p program) routes(router string) {
	p.t.Helper()
	some := []routers.Route{{DestinationCIDR: "172.16.0.0/16", NextHop: "192.168.10.4"}}
	opts := extraroutes.Opts{Routes: &some}
	if r := must[*routers.Router](p)(extraroutes.Add(p.ctx, p.ServiceClient, router, opts).Extract()); len(r.Routes) != 1 {
		p.t.Errorf("routes %+v", r.Routes)
	}
	if r := must[*routers.Router](p)(extraroutes.Remove(p.ctx, p.ServiceClient, router, opts).Extract()); len(r.Routes) != 0 {
		p.t.Errorf("routes %+v", r.Routes)
	}
}

func allPorts(p program, opts ports.ListOpts) ([]ports.Port, error) {
	pages, err := ports.List(p.ServiceClient, opts).AllPages(p.ctx)
	if err != nil {
		return nil, err
	}
	return ports.ExtractPorts(pages)
}

// findAgain lists by what is known of an object, page by page.
func (p program) findAgain(n fullNetwork, vm fullPort) {
	p.t.Helper()
	for _, opts := range []ports.ListOpts{
		{DeviceID: "vm-1"}, {Name: "vm1"}, {MACAddress: vm.MACAddress}, {FixedIPs: []ports.FixedIPOpts{{IPAddress: "192.168.10.4"}}},
		{NetworkID: n.ID, DeviceOwner: "compute:nova", SortKey: "id", SortDir: "desc"},
	} {
		if got := must[[]ports.Port](p)(allPorts(p, opts)); len(got) != 1 || got[0].ID != vm.ID {
			p.t.Errorf("ports by %+v: %+v", opts, got)
		}
	}
	all, paged := must[[]ports.Port](p)(allPorts(p, ports.ListOpts{})), must[[]ports.Port](p)(allPorts(p, ports.ListOpts{Limit: 1}))
	if len(all) < 3 || len(all) != len(paged) {
		p.t.Errorf("%d ports at once, %d page by page", len(all), len(paged))
	}
}

func (p program) errorsOnTheWay(network, subnet, router string) {
	p.t.Helper()
	nobody := "11111111-2222-4333-8444-555555555555"
	p.refused(http.StatusNotFound, networks.Get(p.ctx, p.ServiceClient, nobody).Err)
	p.refused(http.StatusNotFound, ports.Delete(p.ctx, p.ServiceClient, nobody).Err)
	p.refused(http.StatusConflict, networks.Delete(p.ctx, p.ServiceClient, network).Err)
	p.refused(http.StatusConflict, subnets.Delete(p.ctx, p.ServiceClient, subnet).Err)
	p.refused(http.StatusConflict, routers.Delete(p.ctx, p.ServiceClient, router).Err)
	p.refused(http.StatusBadRequest, subnets.Create(p.ctx, p.ServiceClient, subnets.CreateOpts{
		NetworkID: network, CIDR: "192.168.10.0/25", IPVersion: gophercloud.IPv4}).Err)
	p.refused(http.StatusConflict, ports.Create(p.ctx, p.ServiceClient, ports.CreateOpts{
		NetworkID: network, FixedIPs: []ports.IP{{SubnetID: subnet, IPAddress: "192.168.10.4"}}}).Err)
	stale := 0
	name := "late"
	p.refused(http.StatusPreconditionFailed, networks.Update(p.ctx, p.ServiceClient, network,
		networks.UpdateOpts{Name: &name, RevisionNumber: &stale}).Err)
	anybody := *p.ServiceClient
	anybody.ProviderClient = &gophercloud.ProviderClient{TokenID: "wrong"}
	p.refused(http.StatusUnauthorized, networks.Get(p.ctx, &anybody, network).Err)
}
