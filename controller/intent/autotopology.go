package intent

import (
	"fmt"

	"weft/api"
)

// AutoTopology gives the network that weft made for a project, and makes it if there is none: with a subnet of each default
// subnet pool, behind a router to the default external network.
func (o *Ops) AutoTopology(tx *api.Txn, project string) (*api.Network, error) {
	if n, ok := AutoNetwork(tx.View, project); ok {
		return n, nil
	}
	ext, pools, err := autoParts(tx.View)
	if err != nil {
		return nil, err
	}
	named := func(name string) MetaRequest {
		return MetaRequest{Name: Some("auto_allocated_" + name), ProjectID: Some(project)}
	}
	made, err := o.CreateNetwork(tx, NetworkRequest{MetaRequest: named("network")})
	if err != nil {
		return nil, err
	}
	n := *made
	n.Auto = true
	tx.Put(&n)
	router, err := o.CreateRouter(tx, RouterRequest{
		MetaRequest: named("router"), Gateway: Some(GatewayRequest{NetworkID: ext.ID}),
	})
	if err != nil {
		return nil, err
	}
	r := *router
	r.Auto = true
	tx.Put(&r)
	refs := []api.Ref{n.Ref(), r.Ref()}
	for _, p := range pools {
		s, err := o.CreateSubnet(tx, SubnetRequest{
			MetaRequest: named(fmt.Sprintf("subnet_v%d", p.IPVersion())), NetworkID: n.ID, SubnetPoolID: Some(p.ID),
		})
		if err != nil {
			return nil, err
		}
		if _, err := o.AddRouterInterface(tx, r.ID, InterfaceRequest{SubnetID: s.ID}); err != nil {
			return nil, err
		}
		refs = append(refs, s.Ref())
	}
	for _, ref := range refs {
		if err := o.CheckQuota(tx.View, ref); err != nil {
			return nil, err
		}
	}
	return network(tx.View, n.ID)
}

// AutoNetwork finds the network that weft made for a project.
func AutoNetwork(v api.View, project string) (*api.Network, bool) {
	for x := range v.OfProject(api.KindNetwork, project) {
		if n := x.(*api.Network); n.Auto {
			return n, true
		}
	}
	return nil, false
}

// CheckAutoTopology says what is missing to make a topology for a project.
func CheckAutoTopology(v api.View) error {
	_, _, err := autoParts(v)
	return err
}

func autoParts(v api.View) (*api.Network, []*api.SubnetPool, error) {
	ext, ok := v.DefaultExternalNetwork()
	if !ok {
		return nil, nil, noAuto("No default router:external network")
	}
	var pools []*api.SubnetPool
	for _, version := range [...]int{4, 6} {
		if p, ok := v.DefaultSubnetPool(version); ok {
			pools = append(pools, p)
		}
	}
	if len(pools) == 0 {
		return nil, nil, noAuto("No default subnetpools defined")
	}
	return ext, pools, nil
}

func noAuto(reason string) error {
	return api.Faultf(api.Conflict, "AutoAllocationFailure", "Deployment error: %s.", reason)
}

// DeleteAutoTopology removes what AutoTopology made, if nothing else uses it.
func (o *Ops) DeleteAutoTopology(tx *api.Txn, project string) error {
	n, ok := AutoNetwork(tx.View, project)
	if !ok {
		return nil
	}
	var routers []*api.Router
	for x := range tx.OfProject(api.KindRouter, project) {
		if r := x.(*api.Router); r.Auto {
			routers = append(routers, r)
		}
	}
	for _, r := range routers {
		for _, l := range Legs(tx.View, r.ID) {
			if _, err := o.RemoveRouterInterface(tx, r.ID, InterfaceRequest{SubnetID: l.SubnetID}); err != nil {
				return err
			}
		}
		if err := o.DeleteRouter(tx, r.ID); err != nil {
			return err
		}
	}
	if err := o.Settle(tx); err != nil { // what followed from the routers is on the network
		return err
	}
	return o.DeleteNetwork(tx, n.ID)
}

// setDefault makes a network the default external one, or no longer so. A network that is not external to everyone is none, whatever
// is asked, as in Neutron.
func setDefault(v api.View, n *api.Network, asked Opt[bool]) error {
	n.IsDefault = asked.Or(n.IsDefault) && n.External && !n.ExternalToSome
	if other, ok := v.DefaultExternalNetwork(); ok && n.IsDefault && other.ID != n.ID {
		return api.Faultf(api.Conflict, "DefaultExternalNetworkExists", "A default external network already exists: %s.", other.ID)
	}
	return nil
}
