package intent

import (
	"cmp"

	"weft/api"
)

// routerOnHost names a router on a host.
type routerOnHost struct {
	host   api.HostID
	router api.RouterID
}

func compareRouterOnHost(a, b routerOnHost) int {
	return cmp.Or(cmp.Compare(a.host, b.host), cmp.Compare(a.router, b.router))
}

// maxLinkLocal is the highest /31 of 169.254.64.0/18.
const maxLinkLocal = 8191

// settlePlacements puts each router on the hosts where a guest behind it is bound or about to arrive, on its gateway host,
// and wherever a router is that routes by way of it, and takes it off the others.
func (s *settler) settlePlacements(tx *api.Txn, t *touched) error {
	w := newWays(tx, t.changes)
	keys := placementsToCheck(tx, t)
	w.follow(keys)
	for _, k := range sortedKeys(keys, compareRouterOnHost) {
		if err := s.excuse(tx, k.host, settlePlacement(tx, w, k)); err != nil {
			return err
		}
	}
	return nil
}

func settlePlacement(tx *api.Txn, w *ways, k routerOnHost) error {
	have, there := tx.Placement(k.host, k.router)
	switch need := w.needs(k); {
	case need && !there:
		n, ok := pickBetween(0, maxLinkLocal, func(n uint32) bool {
			_, used := tx.PlacementByLinkLocal(k.host, uint16(n))
			return used
		})
		if !ok {
			return api.Faultf(api.Conflict, "NoLinkLocalAvailable",
				"Host %s has no free link-local pair for router %s; move guests to another host.", k.host, k.router)
		}
		tx.Put(&api.Placement{HostID: k.host, RouterID: k.router, LinkLocal: uint16(n)})
	case !need && there:
		tx.Delete(have)
	}
	return nil
}

func placementsToCheck(tx *api.Txn, t *touched) set[routerOnHost] {
	out := set[routerOnHost]{}
	for id := range t.ports {
		for _, p := range t.versionsOfPort(tx.View, id) {
			if p.IsRouterInterface() {
				// A router is only where a leg's network is, and can only come to be there.
				for s := range tx.SegmentsOf(p.NetworkID) {
					out[routerOnHost{s.HostID, api.RouterID(p.DeviceID)}] = true
				}
				continue
			}
			hosts := t.hostsOfPort(tx.View, id)
			if p.IsCentralSNAT() {
				for h := range hosts {
					out[routerOnHost{h, api.RouterID(p.DeviceID)}] = true
				}
			}
			for _, f := range p.FixedIPs {
				for leg := range tx.LegsOnSubnet(f.SubnetID) {
					for h := range hosts {
						out[routerOnHost{h, api.RouterID(leg.DeviceID)}] = true
					}
				}
			}
		}
	}
	for r := range versionsOf[*api.Router](t.changes) {
		for pl := range tx.PlacementsOf(r.ID) {
			out[routerOnHost{pl.HostID, r.ID}] = true
		}
	}
	for _, c := range t.changes {
		if h, ok := c.Before.(*api.Host); ok && c.After == nil {
			for p := range tx.PlacementsOn(h.ID) {
				out[routerOnHost{h.ID, p.RouterID}] = true
			}
		}
	}
	return out
}

// serves reports whether a host needs a router for what is there, whatever other routers are.
func serves(tx *api.Txn, k routerOnHost) bool {
	for p := range tx.CentralPortsOf(k.router) {
		if p.HostID == k.host {
			return true // what comes to its sg- from other hosts needs the legs' MACs there
		}
	}
	for leg := range tx.LegsOf(k.router) {
		for p := range tx.PortsExpectedOn(k.host) {
			if p.NetworkID == leg.NetworkID && shareSubnet(p, leg) {
				return true
			}
		}
		for b := range tx.BindingsOnOf(k.host, leg.NetworkID) {
			if p, ok := tx.Port(b.PortID); ok && b.Problem == "" && p.IsGuest() && shareSubnet(p, leg) {
				return true
			}
		}
	}
	return false
}

func shareSubnet(a, b *api.Port) bool {
	for _, f := range a.FixedIPs {
		for _, g := range b.FixedIPs {
			if f.SubnetID == g.SubnetID {
				return true
			}
		}
	}
	return false
}
