package clients

import (
	"net/http"
	"slices"
	"testing"

	"github.com/gophercloud/gophercloud/v2/openstack/common/extensions"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/agents"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/attributestags"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/networkipavailabilities"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/quotas"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/networks"
)

func TestProgramWithGophercloudTags(t *testing.T) {
	p := newProgram(t)
	n := p.network("tagged", false)
	p.network("plain", false)
	tags := must[[]string](p)(attributestags.ReplaceAll(p.ctx, p.ServiceClient, "networks", n.ID, attributestags.ReplaceAllOpts{Tags: []string{"a", "b"}}).Extract())
	if !slices.Equal(tags, []string{"a", "b"}) {
		t.Errorf("tags %v", tags)
	}
	p.ok(attributestags.Add(p.ctx, p.ServiceClient, "networks", n.ID, "c").ExtractErr())
	p.ok(attributestags.Delete(p.ctx, p.ServiceClient, "networks", n.ID, "a").ExtractErr())
	if has := must[bool](p)(attributestags.Confirm(p.ctx, p.ServiceClient, "networks", n.ID, "c").Extract()); !has {
		t.Error("tag c is not there")
	}
	pages, err := networks.List(p.ServiceClient, networks.ListOpts{Tags: "b,c"}).AllPages(p.ctx)
	p.ok(err)
	if found := must[[]networks.Network](p)(networks.ExtractNetworks(pages)); len(found) != 1 || found[0].ID != n.ID {
		t.Errorf("networks with tags b and c: %+v", found)
	}
	p.ok(attributestags.DeleteAll(p.ctx, p.ServiceClient, "networks", n.ID).ExtractErr())
}

func TestProgramWithGophercloudLimitsProjects(t *testing.T) {
	p := newProgram(t)
	one := 1
	q := must[*quotas.Quota](p)(quotas.Update(p.ctx, p.ServiceClient, "demo", quotas.UpdateOpts{Network: &one}).Extract())
	if q.Network != 1 || q.Port != -1 {
		t.Errorf("quota %+v", q)
	}
	create := func() error {
		return networks.Create(p.ctx, p.ServiceClient, networks.CreateOpts{Name: "n", ProjectID: "demo"}).Err
	}
	p.ok(create())
	p.refused(http.StatusConflict, create())
	d := must[*quotas.QuotaDetailSet](p)(quotas.GetDetail(p.ctx, p.ServiceClient, "demo").Extract())
	if d.Network.Limit != 1 || d.Network.Used != 1 {
		t.Errorf("details %+v", d)
	}
	p.ok(quotas.Delete(p.ctx, p.ServiceClient, "demo").ExtractErr())
	p.ok(create())
}

func TestProgramWithGophercloudLooksAround(t *testing.T) {
	p := newProgram(t)
	n := p.network("n", false)
	p.subnet(n.ID, "10.0.0.0/24")
	a := must[*networkipavailabilities.NetworkIPAvailability](p)(networkipavailabilities.Get(p.ctx, p.ServiceClient, n.ID).Extract())
	if a.TotalIPs != "253" || a.UsedIPs != "0" || len(a.SubnetIPAvailabilities) != 1 {
		t.Errorf("availability %+v", a)
	}
	pages, err := agents.List(p.ServiceClient, agents.ListOpts{}).AllPages(p.ctx)
	p.ok(err)
	if found := must[[]agents.Agent](p)(agents.ExtractAgents(pages)); len(found) != 0 {
		t.Errorf("agents of no hosts: %+v", found)
	}
	pages, err = extensions.List(p.ServiceClient).AllPages(p.ctx)
	p.ok(err)
	list := must[[]extensions.Extension](p)(extensions.ExtractExtensions(pages))
	if !slices.ContainsFunc(list, func(e extensions.Extension) bool { return e.Alias == "extraroute-atomic" }) {
		t.Errorf("extensions %+v", list)
	}
	p.refused(http.StatusNotFound, extensions.Get(p.ctx, p.ServiceClient, "no-such-thing").Err)
}
