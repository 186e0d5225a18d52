package clients

import (
	"net/http"
	"testing"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/layer3/floatingips"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/layer3/portforwarding"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/layer3/routers"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/trunks"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/vlantransparent"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/networks"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/ports"
)

func (p program) port(network string) *ports.Port {
	p.t.Helper()
	return must[*ports.Port](p)(ports.Create(p.ctx, p.ServiceClient, ports.CreateOpts{NetworkID: network}).Extract())
}

func TestProgramWithGophercloudMakesTrunks(t *testing.T) {
	p := newProgram(t)
	base, red := p.network("base", false), p.network("red", false)
	parent, a, b := p.port(base.ID), p.port(red.ID), p.port(red.ID)
	sub := func(port string, tag int) trunks.Subport {
		return trunks.Subport{PortID: port, SegmentationType: "vlan", SegmentationID: tag}
	}
	made := must[*trunks.Trunk](p)(trunks.Create(p.ctx, p.ServiceClient, trunks.CreateOpts{
		PortID: parent.ID, Name: "t", Subports: []trunks.Subport{sub(a.ID, 100)},
	}).Extract())
	if len(made.Subports) != 1 || made.Status != "DOWN" || made.PortID != parent.ID {
		t.Errorf("made trunk %+v", made)
	}
	add := func(s ...trunks.Subport) (*trunks.Trunk, error) {
		return trunks.AddSubports(p.ctx, p.ServiceClient, made.ID, trunks.AddSubportsOpts{Subports: s}).Extract()
	}
	for _, s := range [][]trunks.Subport{{sub(b.ID, 100)}, {sub(a.ID, 101)}, {sub(parent.ID, 101)}} {
		_, err := add(s...)
		p.refused(http.StatusConflict, err)
	}
	for _, s := range [][]trunks.Subport{{sub(b.ID, 4095)}, {sub(b.ID, 0)}, {sub(b.ID, 200), sub(b.ID, 201)}} {
		_, err := add(s...)
		p.refused(http.StatusBadRequest, err)
	}
	if two := must[*trunks.Trunk](p)(add(sub(b.ID, 200))); len(two.Subports) != 2 {
		t.Errorf("two sub-ports on one network: %+v", two)
	}
	p.refused(http.StatusConflict, ports.Delete(p.ctx, p.ServiceClient, a.ID).Err)
	p.refused(http.StatusConflict, ports.Delete(p.ctx, p.ServiceClient, parent.ID).Err)
	remove := trunks.RemoveSubportsOpts{Subports: []trunks.RemoveSubport{{PortID: a.ID}}}
	must[*trunks.Trunk](p)(trunks.RemoveSubports(p.ctx, p.ServiceClient, made.ID, remove).Extract())
	p.refused(http.StatusNotFound, trunks.RemoveSubports(p.ctx, p.ServiceClient, made.ID, remove).Err)
	if left := must[[]trunks.Subport](p)(trunks.GetSubports(p.ctx, p.ServiceClient, made.ID).Extract()); len(left) != 1 || left[0] != sub(b.ID, 200) {
		t.Errorf("left: %+v", left)
	}
	p.ok(trunks.Delete(p.ctx, p.ServiceClient, made.ID).ExtractErr())
	p.ok(ports.Delete(p.ctx, p.ServiceClient, b.ID).ExtractErr())
}

func TestProgramWithGophercloudCarriesVLANs(t *testing.T) {
	p := newProgram(t)
	var n struct {
		networks.Network
		vlantransparent.TransparentExt
	}
	p.ok(networks.Create(p.ctx, p.ServiceClient, vlantransparent.CreateOptsExt{
		CreateOptsBuilder: networks.CreateOpts{Name: "all"}, VLANTransparent: gophercloud.Enabled,
	}).ExtractInto(&n))
	if !n.VLANTransparent {
		t.Errorf("made network %+v", n)
	}
	_, err := trunks.Create(p.ctx, p.ServiceClient, trunks.CreateOpts{PortID: p.port(n.ID).ID}).Extract()
	p.refused(http.StatusConflict, err)
}

func TestProgramWithGophercloudForwardsPorts(t *testing.T) {
	p := newProgram(t)
	ext, net := p.network("ext", true), p.network("net", false)
	p.subnet(ext.ID, "203.0.113.0/24")
	sub := p.subnet(net.ID, "10.0.0.0/24")
	router := must[*routers.Router](p)(routers.Create(p.ctx, p.ServiceClient, routers.CreateOpts{
		GatewayInfo: &routers.GatewayInfo{NetworkID: ext.ID},
	}).Extract())
	must[*routers.InterfaceInfo](p)(routers.AddInterface(p.ctx, p.ServiceClient, router.ID, routers.AddInterfaceOpts{SubnetID: sub.ID}).Extract())
	port := p.port(net.ID)
	fip := must[*floatingips.FloatingIP](p)(floatingips.Create(p.ctx, p.ServiceClient, floatingips.CreateOpts{FloatingNetworkID: ext.ID}).Extract())
	forward := func(proto string, outside int) (*portforwarding.PortForwarding, error) {
		return portforwarding.Create(p.ctx, p.ServiceClient, fip.ID, portforwarding.CreateOpts{
			InternalPortID: port.ID, InternalIPAddress: port.FixedIPs[0].IPAddress, InternalPort: 80, ExternalPort: outside, Protocol: proto,
		}).Extract()
	}
	made := must[*portforwarding.PortForwarding](p)(forward("tcp", 8080))
	if made.ExternalPort != 8080 || made.InternalPort != 80 || made.InternalPortID != port.ID || made.Protocol != "tcp" {
		t.Errorf("made %+v", made)
	}
	_, err := forward("tcp", 8080)
	p.refused(http.StatusBadRequest, err)
	must[*portforwarding.PortForwarding](p)(forward("udp", 8080))
	_, err = floatingips.Update(p.ctx, p.ServiceClient, fip.ID, floatingips.UpdateOpts{PortID: &port.ID}).Extract()
	p.refused(http.StatusBadRequest, err)
	p.refused(http.StatusConflict, floatingips.Delete(p.ctx, p.ServiceClient, fip.ID).Err)
	p.refused(http.StatusConflict, routers.RemoveInterface(p.ctx, p.ServiceClient, router.ID, routers.RemoveInterfaceOpts{SubnetID: sub.ID}).Err)
	changed := must[*portforwarding.PortForwarding](p)(portforwarding.Update(p.ctx, p.ServiceClient, fip.ID, made.ID,
		portforwarding.UpdateOpts{ExternalPort: 8081}).Extract())
	if changed.ExternalPort != 8081 {
		t.Errorf("changed %+v", changed)
	}
	pages, err := portforwarding.List(p.ServiceClient, portforwarding.ListOpts{Protocol: "tcp"}, fip.ID).AllPages(p.ctx)
	p.ok(err)
	if all := must[[]portforwarding.PortForwarding](p)(portforwarding.ExtractPortForwardings(pages)); len(all) != 1 || all[0].ID != made.ID {
		t.Errorf("listed %+v", all)
	}
	p.ok(portforwarding.Delete(p.ctx, p.ServiceClient, fip.ID, made.ID).ExtractErr())
	p.refused(http.StatusNotFound, portforwarding.Get(p.ctx, p.ServiceClient, fip.ID, made.ID).Err)
	p.ok(ports.Delete(p.ctx, p.ServiceClient, port.ID).ExtractErr())
	p.ok(floatingips.Delete(p.ctx, p.ServiceClient, fip.ID).ExtractErr())
}
