package clients

import (
	"net/http"
	"testing"

	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/rbacpolicies"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/ports"
)

func TestProgramWithGophercloudSharesNetworks(t *testing.T) {
	p := newProgram(t)
	n := p.network("n", false)
	share := func(action rbacpolicies.PolicyAction, target string) (*rbacpolicies.RBACPolicy, error) {
		return rbacpolicies.Create(p.ctx, p.ServiceClient, rbacpolicies.CreateOpts{
			Action: action, ObjectType: "network", ObjectID: n.ID, TargetTenant: target}).Extract()
	}
	blue := must[*rbacpolicies.RBACPolicy](p)(share(rbacpolicies.ActionAccessShared, "blue"))
	if blue.TargetTenant != "blue" || blue.ObjectID != n.ID || blue.Action != rbacpolicies.ActionAccessShared {
		t.Errorf("made policy %+v", blue)
	}
	_, err := share(rbacpolicies.ActionAccessShared, "blue")
	p.refused(http.StatusConflict, err)
	must[*rbacpolicies.RBACPolicy](p)(share(rbacpolicies.ActionAccessExternal, "*"))
	pages, err := rbacpolicies.List(p.ServiceClient, rbacpolicies.ListOpts{ObjectID: n.ID}).AllPages(p.ctx)
	p.ok(err)
	if found := must[[]rbacpolicies.RBACPolicy](p)(rbacpolicies.ExtractRBACPolicies(pages)); len(found) != 2 {
		t.Errorf("policies %+v", found)
	}
	vm := must[*ports.Port](p)(ports.Create(p.ctx, p.ServiceClient, ports.CreateOpts{NetworkID: n.ID, ProjectID: "blue"}).Extract())
	p.refused(http.StatusConflict, rbacpolicies.Delete(p.ctx, p.ServiceClient, blue.ID).Err)
	p.ok(ports.Delete(p.ctx, p.ServiceClient, vm.ID).ExtractErr())
	blue = must[*rbacpolicies.RBACPolicy](p)(rbacpolicies.Update(p.ctx, p.ServiceClient, blue.ID, rbacpolicies.UpdateOpts{TargetTenant: "red"}).Extract())
	if blue.TargetTenant != "red" {
		t.Errorf("changed policy %+v", blue)
	}
	p.ok(rbacpolicies.Delete(p.ctx, p.ServiceClient, blue.ID).ExtractErr())
	p.refused(http.StatusNotFound, rbacpolicies.Get(p.ctx, p.ServiceClient, blue.ID).Err)
}
