package intent

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"weft/api"
)

const maxRoutes = 30

// CreateRouter makes a distributed router.
func (o *Ops) CreateRouter(tx *api.Txn, req RouterRequest) (*api.Router, error) {
	if req.Routes.Set {
		return nil, api.Faultf(api.BadRequest, "HTTPBadRequest", "Attribute 'routes' not allowed in POST")
	}
	meta, err := o.newMeta(req.MetaRequest)
	if err != nil {
		return nil, err
	}
	r := &api.Router{ID: api.RouterID(o.NewID()), Meta: meta, AdminStateUp: req.AdminStateUp.Or(true), ZoneHints: req.ZoneHints.Or(nil)}
	if err := o.setGateway(tx, r, req.Gateway); err != nil {
		return nil, err
	}
	tx.Put(r)
	return r, o.setLegs(tx, r, req.Legs)
}

// UpdateRouter changes what the request sets.
func (o *Ops) UpdateRouter(tx *api.Txn, id api.RouterID, req RouterRequest) (*api.Router, error) {
	prev, err := router(tx.View, id)
	if err != nil {
		return nil, err
	}
	r := *prev
	if err := applyMeta(&r.Meta, req.MetaRequest); err != nil {
		return nil, err
	}
	r.AdminStateUp = req.AdminStateUp.Or(r.AdminStateUp)
	if err := o.setGateway(tx, &r, req.Gateway); err != nil {
		return nil, err
	}
	if req.Routes.Set {
		r.Routes = maskRoutes(req.Routes.Or(nil))
	}
	if err := o.setLegs(tx, &r, req.Legs); err != nil {
		return nil, err
	}
	if req.Routes.Set || req.Gateway.Set || req.Legs.Set {
		if err := checkRouterRoutes(tx, &r); err != nil {
			return nil, err
		}
	}
	o.save(tx, prev, &r, &r.Meta)
	return &r, nil
}

// DeleteRouter removes a router without legs; its gateway goes with it.
func (o *Ops) DeleteRouter(tx *api.Txn, id api.RouterID) error {
	r, err := router(tx.View, id)
	if err != nil {
		return err
	}
	var legs []api.PortID
	for p := range tx.LegsOf(id) {
		legs = append(legs, p.ID)
	}
	if len(legs) > 0 {
		return api.Faultf(api.Conflict, "RouterInUse", "Router %s has ports still attached: %s", id, listed(legs, ", "))
	}
	dropGateway(tx, r)
	tx.Delete(r)
	return nil
}

func checkRouterRoutes(tx *api.Txn, r *api.Router) error {
	if len(r.Routes) > maxRoutes {
		return api.Faultf(api.BadRequest, "RoutesExhausted",
			"Unable to complete operation for %s. The number of routes exceeds the maximum %d.", r.ID, maxRoutes)
	}
	if err := checkRoutes("routes", r.Routes); err != nil {
		return err
	}
	cidrs, own := attached(tx.View, r)
	for _, route := range r.Routes {
		if slices.Contains(own, route.NextHop) {
			return badRoutes(r.Routes, "the nexthop is used by router")
		}
		if !slices.ContainsFunc(cidrs, func(p netip.Prefix) bool { return p.Contains(route.NextHop) }) {
			return badRoutes(r.Routes, "the nexthop is not connected with router")
		}
	}
	return nil
}

// attached lists the prefixes that a router is on, and its own addresses there.
func attached(v api.View, r *api.Router) (cidrs []netip.Prefix, own []netip.Addr) {
	for _, a := range attachments(v, r) {
		cidrs = append(cidrs, a.subnet.CIDR)
		own = append(own, a.addr)
	}
	return cidrs, own
}

// attachment is one subnet that a router is on.
type attachment struct {
	subnet *api.Subnet
	addr   netip.Addr
}

// attachments lists the subnets of a router's legs and of its gateway, which r names even if it is not stored yet.
func attachments(v api.View, r *api.Router) []attachment {
	ports := slices.Collect(v.LegsOf(r.ID))
	if r.Gateway != nil {
		if p, ok := v.Port(r.Gateway.PortID); ok {
			ports = append(ports, p)
		}
	}
	var out []attachment
	for _, p := range ports {
		for _, f := range p.FixedIPs {
			if s, ok := v.Subnet(f.SubnetID); ok {
				out = append(out, attachment{s, f.Addr})
			}
		}
	}
	return out
}

func badRoutes(rs []api.HostRoute, why string) error {
	var list []string
	for _, r := range rs {
		list = append(list, fmt.Sprintf("{'destination': '%s', 'nexthop': '%s'}", r.Destination, r.NextHop))
	}
	return api.Faultf(api.BadRequest, "InvalidRoutes", "Invalid format for routes: [%s], %s", strings.Join(list, ", "), why)
}

// checkOverlap refuses a subnet that overlaps with one that the router is on, or that it is on already.
func checkOverlap(on []attachment, s *api.Subnet) error {
	for _, a := range on {
		if a.subnet.ID == s.ID {
			return badRequest("router", "Router already has a port on subnet %s", s.ID)
		}
		if a.subnet.CIDR.Overlaps(s.CIDR) {
			return badRequest("router", "Cidr %s of subnet %s overlaps with cidr %s of subnet %s",
				s.CIDR, s.ID, a.subnet.CIDR, a.subnet.ID)
		}
	}
	return nil
}
