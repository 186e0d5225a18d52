package clients

import (
	"net/http"
	"slices"
	"testing"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/layer3/addressscopes"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/subnetpools"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/subnets"
)

func TestProgramWithGophercloudCutsSubnetsFromAPool(t *testing.T) {
	p := newProgram(t)
	scope := must[*addressscopes.AddressScope](p)(addressscopes.Create(p.ctx, p.ServiceClient, addressscopes.CreateOpts{Name: "realm", IPVersion: 4}).Extract())
	pool := must[*subnetpools.SubnetPool](p)(subnetpools.Create(p.ctx, p.ServiceClient, subnetpools.CreateOpts{
		Name: "pool", Prefixes: []string{"10.0.0.0/16"}, MinPrefixLen: 20, DefaultPrefixLen: 24, MaxPrefixLen: 28, DefaultQuota: 1024,
		AddressScopeID: scope.ID, IsDefault: true,
	}).Extract())
	if pool.MinPrefixLen != 20 || pool.DefaultPrefixLen != 24 || pool.IPversion != 4 || pool.DefaultQuota != 1024 {
		t.Errorf("made pool %+v", pool)
	}
	n := p.network("n", false)
	s := must[*subnets.Subnet](p)(subnets.Create(p.ctx, p.ServiceClient, subnets.CreateOpts{
		NetworkID: n.ID, SubnetPoolID: pool.ID, Prefixlen: 26, IPVersion: gophercloud.IPv4}).Extract())
	if s.CIDR != "10.0.0.0/26" || s.SubnetPoolID != pool.ID || s.GatewayIP != "10.0.0.1" {
		t.Errorf("made subnet %+v", s)
	}
	cut := func(cidr string, length int) error {
		return subnets.Create(p.ctx, p.ServiceClient, subnets.CreateOpts{
			NetworkID: n.ID, SubnetPoolID: pool.ID, CIDR: cidr, Prefixlen: length, IPVersion: gophercloud.IPv4}).Err
	}
	p.refused(http.StatusConflict, cut("10.0.0.32/27", 0))
	p.refused(http.StatusBadRequest, cut("", 29))
	p.refused(http.StatusConflict, cut("", 20)) // more than the quota
	p.refused(http.StatusBadRequest, subnetpools.Delete(p.ctx, p.ServiceClient, pool.ID).Err)
	p.refused(http.StatusConflict, addressscopes.Delete(p.ctx, p.ServiceClient, scope.ID).Err)

	other := must[*addressscopes.AddressScope](p)(addressscopes.Create(p.ctx, p.ServiceClient, addressscopes.CreateOpts{Name: "other", IPVersion: 4}).Extract())
	pool = must[*subnetpools.SubnetPool](p)(subnetpools.Update(p.ctx, p.ServiceClient, pool.ID, subnetpools.UpdateOpts{
		Prefixes: []string{"10.0.0.0/16", "10.9.0.0/16"}, AddressScopeID: &other.ID}).Extract())
	if !slices.Equal(pool.Prefixes, []string{"10.0.0.0/16", "10.9.0.0/16"}) || pool.AddressScopeID != other.ID {
		t.Errorf("changed pool %+v", pool)
	}
	pages, err := subnetpools.List(p.ServiceClient, subnetpools.ListOpts{Name: "pool", IPVersion: 4}).AllPages(p.ctx)
	p.ok(err)
	if found := must[[]subnetpools.SubnetPool](p)(subnetpools.ExtractSubnetPools(pages)); len(found) != 1 || found[0].ID != pool.ID {
		t.Errorf("pools %+v", found)
	}
	p.ok(addressscopes.Delete(p.ctx, p.ServiceClient, scope.ID).ExtractErr())
	p.ok(subnets.Delete(p.ctx, p.ServiceClient, s.ID).ExtractErr())
	p.ok(subnetpools.Delete(p.ctx, p.ServiceClient, pool.ID).ExtractErr())
}
