package intent

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"weft/api"
)

// settleRouters elects the gateway host of each router that has an external gateway, and gives the router a leg there
// (sg-) on each of its subnets of an IP version that the gateway has an address of.
func (o *Ops) settleRouters(tx *api.Txn, t *touched) error {
	e := &election{tx: tx, load: map[api.HostID]int{}}
	for _, id := range slices.Sorted(maps.Keys(routersToCheck(tx, t))) {
		if err := o.settleRouter(tx, e, id); err != nil {
			return err
		}
	}
	return nil
}

// routersToCheck lists the routers for which the answer may have changed.
func routersToCheck(tx *api.Txn, t *touched) set[api.RouterID] {
	out := set[api.RouterID]{}
	for r := range versionsOf[*api.Router](t.changes) {
		out[r.ID] = true
	}
	for p := range versionsOf[*api.Port](t.changes) {
		if p.IsRouterInterface() || p.IsCentralSNAT() || p.IsRouterGateway() {
			out[api.RouterID(p.DeviceID)] = true
		}
		for _, f := range p.FixedIPs { // an address may be free now
			short(tx, f.SubnetID, out)
		}
	}
	for s := range versionsOf[*api.Subnet](t.changes) {
		short(tx, s.ID, out)
	}
	routersOfHosts(tx, t, out)
	return out
}

// short adds the routers with a leg on a subnet that are short of something.
func short(tx *api.Txn, s api.SubnetID, out set[api.RouterID]) {
	for leg := range tx.LegsOnSubnet(s) {
		if r, ok := tx.Router(api.RouterID(leg.DeviceID)); ok && r.Gateway != nil && r.Gateway.Problem != "" {
			out[r.ID] = true
		}
	}
}

// routersOfHosts adds those whose gateway host changed, or the one before it, and if a host is there to be elected those
// without a living one.
func routersOfHosts(tx *api.Txn, t *touched, out set[api.RouterID]) {
	gated := func(h api.HostID) {
		for r := range tx.RoutersGatedOn(h) {
			out[r.ID] = true
		}
		for r := range tx.RoutersThatLeft(h) {
			out[r.ID] = true
		}
	}
	changed := false
	for _, c := range t.changes {
		before, _ := c.Before.(*api.Host)
		after, _ := c.After.(*api.Host)
		if before == nil && after == nil || before != nil && after != nil && sameCandidate(before, after) {
			continue
		}
		changed = true
		gated(api.HostID(c.Ref().ID))
	}
	if !changed {
		return
	}
	gated("")
	for h := range tx.Hosts() {
		if !h.Alive() || h.NoGateways {
			gated(h.ID)
		}
	}
}

func sameCandidate(a, b *api.Host) bool {
	return a.Life() == b.Life() && a.NoGateways == b.NoGateways && a.TunnelIP == b.TunnelIP && maps.Equal(a.BridgeMappings, b.BridgeMappings)
}

func (o *Ops) settleRouter(tx *api.Txn, e *election, id api.RouterID) error {
	r, ok := tx.Router(id)
	if !ok || r.Gateway == nil {
		for _, p := range slices.Collect(tx.CentralPortsOf(id)) {
			removePort(tx, p)
		}
		return nil
	}
	gw := *r.Gateway
	var problems []string
	to, ok := e.elect(r)
	handOver(tx.View, &gw, to)
	if !ok {
		problems = append(problems, fmt.Sprintf("no host can carry external network %s, so guests without a floating IP cannot "+
			"get out; map its physical network on a host that takes gateways", gw.NetworkID))
	}
	lack, err := o.settleCentral(tx, r, gw.HostID)
	if err != nil {
		return err
	}
	if p, ok := tx.Port(gw.PortID); ok {
		moveTo(tx, p, gw.HostID)
	}
	gw.Problem = strings.Join(append(problems, lack...), "; ")
	if gw != *r.Gateway {
		next := *r
		next.Gateway = &gw
		tx.Put(&next)
		e.moved(r.Gateway.HostID, gw.HostID)
	}
	return nil
}

// moveTo asks for a port to be on another host. What is plugged elsewhere is no longer it.
func moveTo(tx *api.Txn, p *api.Port, h api.HostID) {
	if p.HostID == h {
		return
	}
	next := *p
	next.HostID = h
	tx.Put(&next)
}

// settleCentral makes the router's legs on its gateway host those of its subnets: those of IPv4, and of IPv6 if it leads
// out by that. Of subnets without a free address it says so: guests there cannot get out.
func (o *Ops) settleCentral(tx *api.Txn, r *api.Router, h api.HostID) (lack []string, err error) {
	want := set[api.SubnetID]{}
	gw, _ := tx.Port(r.Gateway.PortID)
	six := gw != nil && slices.ContainsFunc(gw.FixedIPs, func(f api.FixedIP) bool { return f.Addr.Is6() })
	for leg := range tx.LegsOf(r.ID) {
		for _, f := range leg.FixedIPs {
			if f.Addr.Is4() || six {
				want[f.SubnetID] = true
			}
		}
	}
	for _, p := range slices.Collect(tx.CentralPortsOf(r.ID)) {
		if len(p.FixedIPs) == 1 && want[p.FixedIPs[0].SubnetID] {
			delete(want, p.FixedIPs[0].SubnetID)
			moveTo(tx, p, h)
		} else {
			removePort(tx, p)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(want)) {
		made, err := o.addCentral(tx, r, id, h)
		if err != nil {
			return nil, err
		}
		if !made {
			lack = append(lack, fmt.Sprintf("subnet %s has no free address for the router's gateway host, so its guests without "+
				"a floating IP cannot get out; free one", id))
		}
	}
	return lack, nil
}

func (o *Ops) addCentral(tx *api.Txn, r *api.Router, id api.SubnetID, h api.HostID) (bool, error) {
	s, ok := tx.Subnet(id)
	if !ok {
		return false, nil
	}
	p, err := o.ownPort(tx, s.NetworkID, api.OwnerCentralSNAT, string(r.ID))
	if err != nil {
		return false, err
	}
	a := newAddresses(tx.View, p)
	if !a.fromPool(s) {
		return false, nil
	}
	p.FixedIPs, p.HostID = a.chosen, h
	tx.Put(p)
	return true, nil
}
