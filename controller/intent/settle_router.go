package intent

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"weft/api"
)

// settleRouters elects the gateway host of each router that has an external gateway, and gives the router a leg there
// (sg-) on each of its IPv4 subnets.
func (o *Ops) settleRouters(tx *api.Txn, t *touched) error {
	for _, id := range slices.Sorted(maps.Keys(routersToCheck(tx, t))) {
		if err := o.settleRouter(tx, id); err != nil {
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

// routersOfHosts adds those whose gateway host changed, and if a host is there to be elected those without a living one.
func routersOfHosts(tx *api.Txn, t *touched, out set[api.RouterID]) {
	gated := func(h api.HostID) {
		for r := range tx.RoutersGatedOn(h) {
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
		if !h.Alive() {
			gated(h.ID)
		}
	}
}

func sameCandidate(a, b *api.Host) bool {
	return a.Alive() == b.Alive() && a.TunnelIP == b.TunnelIP && maps.Equal(a.BridgeMappings, b.BridgeMappings)
}

func (o *Ops) settleRouter(tx *api.Txn, id api.RouterID) error {
	r, ok := tx.Router(id)
	if !ok || r.Gateway == nil {
		for _, p := range slices.Collect(tx.CentralPortsOf(id)) {
			removePort(tx, p)
		}
		return nil
	}
	gw := *r.Gateway
	var problems []string
	if gw.HostID, ok = elect(tx, r); !ok {
		problems = append(problems, fmt.Sprintf("no host can carry external network %s, so guests without a floating IP cannot "+
			"get out; map its physical network on a host", gw.NetworkID))
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

// settleCentral makes the router's legs on its gateway host those of its IPv4 subnets. Of subnets without a free address
// it says so: guests there cannot get out.
func (o *Ops) settleCentral(tx *api.Txn, r *api.Router, h api.HostID) (lack []string, err error) {
	want := set[api.SubnetID]{}
	for leg := range tx.LegsOf(r.ID) {
		for _, f := range leg.FixedIPs {
			if f.Addr.Is4() {
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

// elect chooses the host of a router's gateway: the one that it has, as long as that lives and can carry the external
// network, so that a host which comes back takes nothing back; else the one with the fewest gateways that lives and, if
// there is such a one, carries the networks behind the router too. A dead host keeps its gateways if nobody can take them.
func elect(tx *api.Txn, r *api.Router) (api.HostID, bool) {
	n, ok := tx.Network(r.Gateway.NetworkID)
	if !ok {
		return "", false
	}
	have, ok := tx.Host(r.Gateway.HostID)
	fits := ok && have.Carries(n)
	if fits && have.Alive() {
		return have.ID, true
	}
	var best *api.Host
	for h := range tx.Hosts() {
		if h.Carries(n) && (best == nil || better(tx, r, h, best)) {
			best = h
		}
	}
	switch {
	case best == nil:
		return "", false
	case fits && !best.Alive():
		return have.ID, true
	}
	return best.ID, true
}

// better reports whether a is a better gateway host than b. Of equal ones the first by name counts.
func better(tx *api.Txn, r *api.Router, a, b *api.Host) bool {
	if a.Alive() != b.Alive() {
		return a.Alive()
	}
	return cmp.Or(
		cmp.Compare(missing(tx, r, a), missing(tx, r, b)),
		cmp.Compare(gateways(tx, a.ID), gateways(tx, b.ID)),
		strings.Compare(string(a.ID), string(b.ID)),
	) < 0
}

// missing counts the networks behind a router that a host cannot carry.
func missing(tx *api.Txn, r *api.Router, h *api.Host) (count int) {
	for leg := range tx.LegsOf(r.ID) {
		if n, ok := tx.Network(leg.NetworkID); ok && !h.Carries(n) {
			count++
		}
	}
	return count
}

func gateways(tx *api.Txn, h api.HostID) (count int) {
	for range tx.RoutersGatedOn(h) {
		count++
	}
	return count
}

// MoveGateway moves a router's gateway to another host, which must live and carry the external network. It stays there.
func (o *Ops) MoveGateway(tx *api.Txn, id api.RouterID, to api.HostID) (*api.Router, error) {
	prev, err := router(tx.View, id)
	if err != nil {
		return nil, err
	}
	h, err := host(tx.View, to)
	if err != nil {
		return nil, err
	}
	if prev.Gateway == nil {
		return nil, badRequest("router", "Router %s has no external gateway", id)
	}
	n, err := network(tx.View, prev.Gateway.NetworkID)
	if err != nil {
		return nil, err
	}
	switch {
	case !h.Alive():
		return nil, api.Faultf(api.Conflict, "GatewayHostUnsuitable", "Host %s is down; choose another host.", to)
	case !h.Carries(n):
		return nil, api.Faultf(api.Conflict, "GatewayHostUnsuitable",
			"Host %s cannot carry external network %s; choose a host that maps its physical network.", to, n.ID)
	}
	r, gw := *prev, *prev.Gateway
	gw.HostID = to
	r.Gateway = &gw
	o.save(tx, prev, &r, &r.Meta)
	return &r, nil
}

// SetAlive notes that hosts count as dead from now on, or live again. Hosts for which that is known already, or that are
// gone, are left alone.
func (o *Ops) SetAlive(tx *api.Txn, alive map[api.HostID]bool) {
	for _, id := range slices.Sorted(maps.Keys(alive)) {
		prev, ok := tx.Host(id)
		if !ok || prev.Alive() == alive[id] {
			continue
		}
		h := *prev
		h.Down = time.Time{}
		if !alive[id] {
			h.Down = o.now()
		}
		tx.Put(&h)
	}
}
